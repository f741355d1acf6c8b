"""Lists inside cells (jsonl, Parquet): each entry is read as if it stood in a source column of its own."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from guestlist.planner import scan as scans
from guestlist.planner.connection import Session
from guestlist.planner.shape import source_columns
from guestlist.ports import PlanRequest, Scan

MOST = 20  # entries of one cell that are read; every row has room for as many as the longest list


def told_apart(session: Session, request: PlanRequest, filter_sql: str | None) -> tuple[PlanRequest, int]:
    """The request with entries in the place of mapped columns that hold lists; and how many wanted rows hold more
    entries than are read. A list of one-value cells is not read for it, unless it is jsonl with a bracket in it.
    """
    if request.scan.format not in scans.WITH_LISTS:
        return request, 0
    with scans.unchanged(request.scan):
        columns = scans.list_columns(session, request.scan, source_columns(request))
        if not columns:
            return request, 0
        lengths = scans.cells(_with_lengths(request.scan, columns), [_length(c) for c in columns], filter_sql)
        cells = [f"c{n}" for n, _ in enumerate(columns, 1)]
        longest = ", ".join(f"max({cell}::INTEGER)" for cell in cells)
        longer = " OR ".join(f"coalesce({cell}::INTEGER > {MOST}, false)" for cell in cells)
        *widths, cut_short = session.row(f"SELECT {longest}, count(*) FILTER ({longer}) FROM ({lengths}) WHERE kept")
    found = {
        column: min(max(width, 1), MOST) for column, width in zip(columns, widths, strict=True) if width is not None
    }
    return _opened(request, found), cut_short


def _length(column: str) -> str:
    return f"length of {column}"


def _with_lengths(scan: Scan, columns: Sequence[str]) -> Scan:
    return replace(scan, entries={_length(column): (column, scans.LENGTH) for column in columns})


def _opened(request: PlanRequest, widths: Mapping[str, int]) -> PlanRequest:
    taken = {column.casefold() for column in request.scan.columns}
    names = {column: tuple(_free(column, width, taken)) for column, width in widths.items()}
    entries = {name: (column, n) for column, found in names.items() for n, name in enumerate(found, 1)}
    mapping = {
        field: tuple(name for source in sources for name in names.get(source, (source,)))
        for field, sources in request.mapping.items()
    }
    return replace(request, mapping=mapping, scan=replace(request.scan, entries=entries))


def _free(column: str, width: int, taken: set[str]) -> Iterator[str]:
    """Names that no column of the list has."""
    for n in range(1, width + 1):
        name = f"{column}[{n}]"
        while name.casefold() in taken:
            name += "'"
        yield name
