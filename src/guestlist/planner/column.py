"""One column of a list, from its first row to its last."""
# ruff: noqa: S608 - names come from sql.py

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from guestlist.errors import ConfigError, SourceError
from guestlist.planner import scan as scans
from guestlist.planner.connection import connect
from guestlist.ports import Scan


def texts(scan: Scan, column: str) -> Iterator[str]:
    """Its cells as text; "" where there is nothing. ConfigError: there is no such column; SourceError, naming the file
    as it is known to people: the list cannot be read, or is another by now.
    """
    if column not in scan.columns:
        raise ConfigError(f'The list has no column "{column}".', ("column",))
    try:
        with connect(None, scan.paths) as session, scans.unchanged(scan):
            scans.load(session, scan)
            for batch in session.reader(f"SELECT c1 FROM ({scans.cells(scan, [column], None)})"):
                for value in batch.column(0).to_pylist():
                    yield value or ""
    except SourceError as error:
        raise SourceError(_for_people(str(error), scan)) from None


def _for_people(sentence: str, scan: Scan) -> str:
    """With the file's name instead of where its content is held; nothing was to be planned."""
    name = Path(scan.paths[0]).name
    known_as = Path(scan.identity[0][0]).name
    said = known_as + sentence.removeprefix(name) if sentence.startswith(name) else sentence
    return said.replace("nothing was planned", "nothing was done")
