"""White space, lengths and masks: what every value goes through before anything is made of it."""

from __future__ import annotations

import re
from datetime import date, datetime

INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"  # byte order mark, zero-width characters, word joiner
_DROP_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))
_CONTROLS_TO_SPACE = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " ")
_AT, _DOT = "@\uff20\ufe6b", ".\u3002\uff0e\uff61"
# In squeezed text: an at sign between two characters, or before something with a dot; not that of "VP @ Acme".
# RE2 reads it alike.
ADDRESS = rf"[^ ][{_AT}][^ ]|[{_AT}] ?[^ {_AT}]+[{_DOT}][^ ]"
_ADDRESS = re.compile(ADDRESS)
_ADDRESS_LIKE = re.compile(rf"([^\s{_AT}]?)[^\s{_AT}]*[{_AT}]([^\s{_AT}]*)")


def of_value(value: object) -> str:
    """What a cell of a spreadsheet or a field of a file reads as: 4711.0 is 4711, dates are ISO 8601, nothing is ""."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def contains(text: str, search: str) -> bool:
    """Whether a text that people see has what somebody looks for in it, letters large or small."""
    return search.strip().casefold() in text.casefold()


def unspaced(raw: str) -> str:
    """Without any white space (``str.isspace``) and without invisible characters."""
    return "".join(raw.split()).translate(_DROP_INVISIBLE)


def squeezed(raw: str) -> str:
    """Trimmed, inner white space and control characters collapsed to one space; "" when nothing is left.

    Zero-width characters stay inside a word (Persian names and emoji need them) and go at both ends. Lone surrogates,
    which no UTF-8 file can carry, are dropped.
    """
    sound = raw if raw.isascii() else raw.encode("utf-8", "ignore").decode()
    return " ".join(sound.translate(_CONTROLS_TO_SPACE).split()).strip(" " + INVISIBLE)


def cut(text: str, limit: int) -> str:
    """At most ``limit`` UTF-16 units of squeezed text: how LinkedIn's servers (Java) count, and never more than code
    points would be.
    """
    if len(text) <= limit // 2:
        return text
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore").rstrip(" " + INVISIBLE)


def has_address(text: str) -> bool:
    """Whether squeezed text holds what could be an e-mail address, so that it must neither rest nor leave in clear."""
    return _ADDRESS.search(text) is not None


def masked(text: str) -> str:
    """For people's eyes: whatever looks like an e-mail address keeps its first character and its domain."""
    return _ADDRESS_LIKE.sub(r"\1***@\2", text)
