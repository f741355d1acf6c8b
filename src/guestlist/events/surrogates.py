"""Halves of characters: JavaScript cuts a text in the middle of an emoji and writes what is left as ``\\ud83d``.

JSON allows it, no UTF-8 can hold it, and decoders refuse it: with it would go whatever else came in the same body.
"""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def replaced(text: bytes) -> bytes:
    """The same JSON, as long as it was, with U+FFFD in place of every half."""
    return _ESCAPES.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], text)
