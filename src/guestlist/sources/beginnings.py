"""The first rows of a list, for people to see what stands in its columns. Nothing is decided by them."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from guestlist.core.text import of_value
from guestlist.errors import SourceError, StoreError
from guestlist.ports import CsvDialect, Scan
from guestlist.sources.text import sample

_ENOUGH = 1 << 20  # bytes of a text file

Row = Mapping[str, str]


def first_rows(scan: Scan, most: int) -> list[Row]:
    """Column -> text, of at most ``most`` rows of its first file; what is empty is left out. None where they cannot be
    read: whoever reads the whole list says why. Not of Parquet, whose pages may be far larger than they seem: that is
    the planner's to read.
    """
    path = Path(scan.paths[0])
    columns = scan.orders.get(scan.paths[0], scan.columns)
    try:
        return list(itertools.islice(_READERS[scan.format](path, columns, scan), most))
    except (SourceError, StoreError, OSError, ValueError, csv.Error, RecursionError):
        return []


def _csv(path: Path, columns: tuple[str, ...], scan: Scan) -> Iterator[Row]:
    dialect = scan.dialect or CsvDialect(",")
    lines = io.StringIO(sample(path, _ENOUGH).text, newline="")
    for _ in range(dialect.header_rows):
        lines.readline()
    for cells in csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True):
        yield {column: cell for column, cell in zip(columns, cells, strict=False) if cell}


def _jsonl(path: Path, _columns: tuple[str, ...], _scan: Scan) -> Iterator[Row]:
    for line in sample(path, _ENOUGH).text.split("\n"):
        if line.strip():
            row = json.loads(line)
            yield in_one(row if isinstance(row, dict) else {})


def _xlsx(path: Path, columns: tuple[str, ...], scan: Scan) -> Iterator[Row]:
    try:
        import python_calamine  # noqa: PLC0415 - an extra
    except ImportError:
        return
    try:
        sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
    except python_calamine.CalamineError:
        return
    rows = sheet.to_python(skip_empty_area=False)[scan.dialect.header_rows if scan.dialect else 1 :]
    for row in rows:
        yield {column: text for column, cell in zip(columns, row, strict=False) if (text := of_value(cell))}


def in_one(row: Mapping[str, Any]) -> Row:
    """A row with fields inside of others."""
    return dict(_texts(row))


def _texts(row: Mapping[str, Any], outer: str = "") -> Iterator[tuple[str, str]]:
    """Fields inside of others as ``outer.inner``."""
    for name, value in row.items():
        if isinstance(value, dict):
            yield from _texts(value, f"{outer}{name}.")
        elif text := of_value(value):
            yield f"{outer}{name}", text


_READERS: dict[str, Callable[[Path, tuple[str, ...], Scan], Iterator[Row]]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
}
