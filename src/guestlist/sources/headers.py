"""The columns of one file, whatever its format, and the sentence for a file that has none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from guestlist.core.text import masked, squeezed
from guestlist.errors import SourceError
from guestlist.ports import CsvDialect
from guestlist.sources import workbooks
from guestlist.sources.text import Sample, dialect_of, sample

Format = Literal["csv", "parquet", "jsonl", "xlsx"]

_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_DIGEST = re.compile(r"\s*([0-9a-fA-F]{64}|[0-9a-fA-F]{128})\s*")


@dataclass(frozen=True)
class Header:
    """The columns of one file in their order; fields inside of others as ``outer.inner``. ``dialect``: csv and xlsx
    (of xlsx only ``header_rows`` says something). ``rows``: how many stand below, where the file says so.
    """

    columns: tuple[str, ...]
    dialect: CsvDialect | None = None
    rows: int | None = None


def read_header(path: Path, file_format: Format) -> Header:
    """Raises SourceError when the file is empty, damaged, wrongly encoded or its header cannot name columns."""
    if path.stat().st_size == 0:
        raise SourceError(f"{path} is empty (0 bytes).")
    header = _READERS[file_format](path)
    _check_names(path, header.columns)
    return header


def _csv(path: Path) -> Header:
    found = sample(path)
    dialect, names = dialect_of(path, found)
    return Header(tuple(squeezed(name) for name in names), dialect)


def _parquet(path: Path) -> Header:
    import pyarrow  # noqa: PLC0415 - slow to load
    import pyarrow.parquet  # noqa: PLC0415

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
        names = [name for field in schema for name in _leaves(field.name, field.type, pyarrow.types.is_struct)]
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError):  # the last: a name may be any bytes
        raise SourceError(f"{path} is no Parquet file, or not a whole one.") from None
    return Header(tuple(names), rows=rows)


def _leaves(name: str, arrow_type: Any, is_struct: Callable[[Any], bool]) -> Iterator[str]:
    """The fields of structs as dotted names, everything else as it is."""
    if not is_struct(arrow_type):
        yield name
        return
    for i in range(arrow_type.num_fields):
        inner = arrow_type.field(i)
        yield from _leaves(f"{name}.{inner.name}", inner.type, is_struct)


def _jsonl(path: Path) -> Header:
    found: Sample = sample(path)
    names: dict[str, None] = {}
    lines = found.text.split("\n")
    for number, line in enumerate(lines if found.whole else lines[:-1], 1):
        if line.strip():
            names |= dict.fromkeys(_keys(_parsed(path, line, number)))
    if not names:
        raise SourceError(f"{path} has no rows, so that its columns are not known.")
    return Header(tuple(names))


def _parsed(path: Path, line: str, number: int) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise SourceError(f"{path}, line {number}: no JSON object; jsonl has one on each line.")
    return row


def _keys(row: Mapping[str, object], outer: str = "") -> Iterator[str]:
    for key, value in row.items():
        if isinstance(value, dict) and value:
            yield from _keys(value, f"{outer}{key}.")
        else:
            yield f"{outer}{key}"


def _xlsx(path: Path) -> Header:
    """The first row of the first sheet that has a cell; what is empty on its right does not count."""
    try:
        import python_calamine  # noqa: PLC0415 - an extra
    except ImportError:
        raise SourceError(f"{path}: to read xlsx, install guestlist[xlsx].") from None
    workbooks.check(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError):
        raise SourceError(f"{path} is no Excel workbook (xlsx), or a damaged or protected one.") from None
    used = [number for number, row in enumerate(rows, 1) if any(cell != "" for cell in row)]
    if not used:
        raise SourceError(f"{path} is empty: its first sheet has no cells.")
    width = max(i for row in rows for i, cell in enumerate(row, 1) if cell != "")
    header = rows[used[0] - 1][:width]
    names = tuple(squeezed(_cell(cell)) for cell in header)
    return Header(names, CsvDialect(",", header_rows=used[0]), len(used) - 1)


def _cell(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


_READERS: dict[Format, Callable[[Path], Header]] = {
    "csv": _csv,
    "parquet": _parquet,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
}


def _check_names(path: Path, names: Sequence[str]) -> None:
    """Names must be there, be names, and differ by more than case (SQL knows no case). Never prints what looks like
    a person's data.
    """
    for number, name in enumerate(names, 1):
        if _ADDRESS.search(name) or _DIGEST.fullmatch(name):
            what = "an e-mail address" if _ADDRESS.search(name) else "a digest"
            raise SourceError(
                f"{path} seems to have no header: column {number} of its first row holds {what}; put names there."
            )
    seen: dict[str, int] = {}
    for number, name in enumerate(names, 1):
        if not name.strip():
            raise SourceError(f"{path}: column {number} of the header has no name.")
        first = seen.setdefault(name.casefold(), number)
        if first != number:
            raise SourceError(f'{path}: the header names "{masked(name)}" twice (columns {first} and {number}).')
