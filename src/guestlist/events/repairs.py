"""What SDKs write that is nearly JSON. Decoders refuse it, and with it would go whatever else came in the same body.

JavaScript cuts a text in the middle of an emoji and writes the half that is left as ``\\ud83d``; Python writes ``NaN``
and ``Infinity``, for which JavaScript has ``null``.
"""

from __future__ import annotations

import re

_MARKS = (rb"\u", b"NaN", b"Infinity")  # without any of these there is nothing to repair
# A text without its end counts as one up to the end of the body, and nothing is given back (``*+``): else each quote in
# it would be tried as a beginning.
_WRITTEN = re.compile(rb'("[^"\\]*+(?:\\.[^"\\]*+)*+"?)|(?<![\w.])(?:NaN|-?Infinity)(?![\w.])', re.DOTALL)
_ESCAPES = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def repaired(text: bytes) -> bytes:
    """The same with U+FFFD for every half of a character and ``null`` for what is no number."""
    if not any(mark in text for mark in _MARKS):
        return text
    return _WRITTEN.sub(lambda part: _whole(part[1]) if part[1] else b"null", text)


def _whole(quoted: bytes) -> bytes:
    return _ESCAPES.sub(lambda escape: rb"\ufffd" if escape[1] else escape[0], quoted)
