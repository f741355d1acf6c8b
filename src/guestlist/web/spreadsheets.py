"""Rows for people's spreadsheets, as CSV in pieces."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

AT_ONCE = 500  # lines of a piece: each costs a way to the event loop and back
_FORMULA = re.compile(  # what a spreadsheet would carry out, also one that parts cells elsewhere or knows wide signs
    r"^(?=[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])|(?<=[;\t\r\n])(?=[=+\-@\uff1d\uff0b\uff0d\uff20])"
)


def pieces(header: str, rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The header, then the rows; no text among them is a formula."""
    yield f"{header}\r\n"
    rest = iter(rows)
    while some := list(islice(rest, AT_ONCE)):
        lines = io.StringIO()
        csv.writer(lines).writerows([_harmless(value) for value in row] for row in some)
        yield lines.getvalue()


def _harmless(value: object) -> object:
    return _FORMULA.sub("'", value) if isinstance(value, str) else value
