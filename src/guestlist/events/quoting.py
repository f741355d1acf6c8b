"""What somebody wrote, as it may stand in a sentence: short, and without anybody's address."""

from __future__ import annotations

import re

from guestlist.core.text import masked

_ADDRESS = re.compile(r"[\w.+'-]@\w")  # JMESPath and directives have an @ of their own


def shown(text: str, most: int = 80) -> str:
    """The text, cut, with e-mail addresses masked."""
    sound = masked(text) if _ADDRESS.search(text) else text
    return sound if len(sound) <= most else f"{sound[:most]}..."
