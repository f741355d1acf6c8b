"""The few words of SQL that every query needs: names and texts quoted, once and for all."""

from __future__ import annotations

from collections.abc import Iterable

from guestlist.core.identity import IdType
from guestlist.core.membership import State

# Values that do not tell their key to SQL: sealed, or folded by Python's rules. Nothing else is in their element.
OPAQUE = f"({IdType.NAMES:d}, {IdType.COMPANY_NAME:d})"
DIGESTS = f"({IdType.SHA256_EMAIL:d}, {IdType.SHA512_EMAIL:d})"
MAY_BE_IN = f"({State.IN:d}, {State.UNSURE:d})"
PRIMARY = f"{IdType.PRIMARY:d}"


def name(text: str) -> str:
    """An identifier, quoted."""
    return '"' + text.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text literal."""
    return "'" + value.replace("'", "''") + "'"


def texts(values: Iterable[str]) -> str:
    """A list of text literals."""
    return "[" + ", ".join(text(value) for value in values) + "]"


def key16(id_type: str, value: str) -> str:
    """``core.identity.key16`` of a type and a value given as text (hex of a digest) as UUID."""
    hashed = f"left(sha256({id_type} || ':' || {value}), 32)"
    return f"(CASE WHEN {id_type} IN {DIGESTS} THEN left({value}, 32) ELSE {hashed} END)::UUID"


def union(selects: Iterable[str]) -> str:
    """Rows of all, in this order."""
    return "\nUNION ALL\n".join(selects)
