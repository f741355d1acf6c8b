"""The list as DuckDB sees it: a relation of its columns as text, and whether it is still the list that was opened."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from guestlist.core.text import of_value
from guestlist.errors import SourceError
from guestlist.planner import sql
from guestlist.planner.connection import Session, reading_list
from guestlist.ports import Scan

_SHEET = "sheet"
_LONGEST_LINE = 1 << 22
_BUFFER = 1 << 23
_SMALL_LIST = 1 << 26
_BLOCK = 1 << 20

WITH_LISTS = ("jsonl", "parquet")  # formats whose cells may hold lists
OF_UNKNOWN_LENGTH = ("csv", "jsonl")  # DuckDB does not know how many rows they have
LENGTH = 0  # in ``Scan.entries``: not an entry, but how many there are


@contextmanager
def unchanged(scan: Scan) -> Iterator[None]:
    """One pass over the list: SourceError when it is not, before and after, the one that was opened."""
    _check(scan)
    with reading_list(scan.paths):
        yield
    _check(scan)


def _check(scan: Scan) -> None:
    for path, (known_as, size, mtime_ns) in zip(scan.paths, scan.identity, strict=True):
        name = Path(known_as).name
        try:
            now = os.stat(path)
        except OSError:
            raise SourceError(f"{name} is gone; nothing was planned.") from None
        if (now.st_size, now.st_mtime_ns) != (size, mtime_ns):
            raise SourceError(f"{name} was replaced while it was read; nothing was planned.")


def cells(scan: Scan, columns: Sequence[str], filter_sql: str | None, numbered: bool = False) -> str:
    """``columns`` as texts ``c1``.., ``kept`` (what the filter says; NULL is no), ``row`` (1 is the first) if wanted.

    The filter sees the columns as the file has them: Parquet keeps its types. A row it fails on is not kept.
    """
    kept = f"coalesce(TRY(({filter_sql})::BOOLEAN), false)" if filter_sql else "true"
    picked = [f"{sql.name(column)}::VARCHAR AS c{n}" for n, column in enumerate(columns, 1)]
    number = f"{_number(scan)} AS row" if numbered else "NULL::BIGINT AS row"
    reader = _reader(scan, numbered, filter_sql is not None)
    return f"SELECT {', '.join([*picked, f'{kept} AS kept', number])} FROM ({reader})"


def verdicts(scan: Scan, filter_sql: str) -> str:
    """What a filter says of each row, in the type it says it."""
    return f"SELECT {filter_sql} AS kept FROM ({_reader(scan, numbered=False, filtered=True)})"


def _reader(scan: Scan, numbered: bool, filtered: bool) -> str:
    if scan.format == "csv":
        # DuckDB moves casts of a column into its CSV reader, TRY_CAST too, which then fails for the whole list.
        guarded = ", ".join(f"nullif({sql.name(c)}, '') AS {sql.name(c)}" for c in scan.columns)
        return f"SELECT {guarded if filtered else '*'} FROM {_csv(scan)}"
    if scan.format == "jsonl":
        return _jsonl(scan)
    if scan.format == "xlsx":
        return f"SELECT * FROM {_SHEET}"
    return _parquet(scan, numbered)


def numbers_are_cheap(scan: Scan) -> bool:
    """Parquet knows its row numbers; elsewhere one thread has to count, which is nothing for a small list."""
    return scan.format == "parquet" or sum(size for _, size, _ in scan.identity) < _SMALL_LIST


def total(session: Session, scan: Scan) -> int:
    """Rows of the list."""
    if scan.format == "parquet":
        return sum(pq.read_metadata(path).num_rows for path in scan.paths)
    return session.number(f"SELECT count(*) FROM ({_reader(scan, numbered=False, filtered=False)})")


def _number(scan: Scan) -> str:
    if scan.format != "parquet":
        return "row_number() OVER ()"
    if len(scan.paths) == 1:
        return "(file_row_number + 1)"
    before, cases = 0, []
    for path in scan.paths:
        cases.append(f"WHEN file_name = {sql.text(path)} THEN {before}")
        before += pq.read_metadata(path).num_rows
    return f"(file_row_number + 1 + CASE {' '.join(cases)} END)"


def _csv(scan: Scan) -> str:
    """Files in the order of their names, so that row numbers are those of the list; neighbours that are written alike
    share a reader.
    """
    alike = itertools.groupby(scan.paths, key=lambda path: scan.orders.get(path, scan.columns))
    readers = [_read_csv(scan, list(paths), columns) for columns, paths in alike]
    if len(readers) == 1:
        return readers[0]
    return f"({' UNION ALL BY NAME '.join(f'SELECT * FROM {reader}' for reader in readers)})"


def _read_csv(scan: Scan, paths: Sequence[str], names: Sequence[str]) -> str:
    if scan.dialect is None:
        raise SourceError("A text table needs its dialect.")
    dialect, columns = scan.dialect, ", ".join(f"{sql.text(c)}: 'VARCHAR'" for c in names)
    return (
        f"read_csv({sql.texts(paths)}, auto_detect=false, header=false, "
        f"skip={dialect.header_rows:d}, delim={sql.text(dialect.delimiter)}, quote={sql.text(dialect.quote)}, "
        f"escape={sql.text(dialect.quote)}, columns={{{columns}}}, nullstr='', strict_mode=true, encoding='utf-8', "
        f"max_line_size={_LONGEST_LINE}, buffer_size={_BUFFER})"
    )


def _jsonl(scan: Scan) -> str:
    picked = [f"{_json_field(column)} AS {sql.name(column)}" for column in scan.columns]
    picked += [f"{_json_entry(column, n)} AS {sql.name(name)}" for name, (column, n) in scan.entries.items()]
    return f"SELECT {', '.join(picked)} FROM read_ndjson_objects({sql.texts(scan.paths)})"


def _json_field(column: str) -> str:
    return _first_of(f"json ->> {sql.text(path)}" for path in _json_paths(column))


def _json_entry(column: str, which: int) -> str:
    """A cell of one value is the first entry."""
    paths = _json_paths(column)
    arrays = " OR ".join(f"coalesce(json_type(json, {sql.text(path)}) = 'ARRAY', false)" for path in paths)
    if which == LENGTH:
        length = _first_of(f"json_array_length(json, {sql.text(path)})" for path in paths)
        return f"CASE WHEN {arrays} THEN {length} END"
    entry = _first_of(f"json ->> {sql.text(f'{path}[{which - 1}]')}" for path in paths)
    return entry if which > 1 else f"CASE WHEN {arrays} THEN {entry} ELSE {_json_field(column)} END"


def _first_of(values: Iterable[str]) -> str:
    return f"coalesce({', '.join(values)}, NULL)"


def _json_paths(column: str) -> list[str]:
    """``outer.inner`` is a field of that very name, or one inside the other."""
    return [_json_path([column]), *([_json_path(column.split("."))] if "." in column else [])]


def _json_path(keys: Sequence[str]) -> str:
    quoted = ['"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"' for key in keys]
    return "$." + ".".join(quoted)


def _parquet(scan: Scan, numbered: bool) -> str:
    option = ", file_row_number=true, filename='file_name'" if numbered else ""
    top = set(pq.read_schema(scan.paths[0]).names)
    picked = [f"{_parquet_field(column, top)} AS {sql.name(column)}" for column in scan.columns]
    picked += [f"{_parquet_entry(column, n, top)} AS {sql.name(name)}" for name, (column, n) in scan.entries.items()]
    picked += ["file_row_number", "file_name"] if numbered else []
    return (
        f"SELECT {', '.join(picked)} FROM read_parquet({sql.texts(scan.paths)}, binary_as_string=true{option}) AS file"
    )


def _parquet_field(column: str, top: set[str]) -> str:
    if column in top:
        return f"file.{sql.name(column)}"
    return "file." + ".".join(sql.name(part) for part in column.split("."))


def _parquet_entry(column: str, which: int, top: set[str]) -> str:
    cell = _parquet_field(column, top)
    return f"len({cell})" if which == LENGTH else f"({cell})[{which:d}]"


# ── lists inside cells ───────────────────────────────────────────────────────────────────────────────────────────
def list_columns(session: Session, scan: Scan, columns: Sequence[str]) -> list[str]:
    """Those of the columns that may hold lists: in Parquet their type says so, in jsonl no line without a bracket."""
    if scan.format == "parquet":
        reader = _reader(scan, numbered=False, filtered=False)
        types = {name: kind for name, kind, *_ in session.rows(f"DESCRIBE {reader}")}
        return [column for column in columns if types[column].endswith("]")]
    return list(columns) if any(map(_has_bracket, scan.paths)) else []


def _has_bracket(path: str) -> bool:
    with open(path, "rb") as file:
        return any(b"[" in block for block in iter(lambda: file.read(_BLOCK), b""))


# ── spreadsheets ─────────────────────────────────────────────────────────────────────────────────────────────────
def load(session: Session, scan: Scan) -> None:
    """A spreadsheet is small and read once, into memory; other formats DuckDB reads itself, as often as needed."""
    if scan.format == "xlsx":
        hold(session, scan.columns, [row for path in scan.paths for row in _sheet(path, scan)])


def hold(session: Session, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> None:
    """Let queries see rows that are in memory as those of a spreadsheet."""
    texts = {column: pa.array([row[n] for row in rows], pa.string()) for n, column in enumerate(columns)}
    session.register(_SHEET, pa.table(texts))


def _sheet(path: str, scan: Scan) -> Iterator[list[str | None]]:
    """The rows below the header that hold anything."""
    try:
        import python_calamine  # noqa: PLC0415 - an extra: only for spreadsheets
    except ImportError:
        raise SourceError(f"{Path(path).name}: to read xlsx, install guestlist[xlsx].") from None
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError):
        raise SourceError(f"{Path(path).name} is no Excel workbook (xlsx), or a damaged one.") from None
    order = scan.orders.get(path, scan.columns)
    places = [order.index(column) for column in scan.columns]
    for row in rows[scan.dialect.header_rows if scan.dialect else 1 :]:
        texts = [of_value(row[place]) or None if place < len(row) else None for place in places]
        if any(texts):
            yield texts
