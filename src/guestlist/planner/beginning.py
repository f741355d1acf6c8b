"""The first rows of a Parquet list, within bounded memory: a few bytes of one may stand for gigabytes."""
# ruff: noqa: S608 - names come from sql.py

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from guestlist.errors import StoreError
from guestlist.planner import sql
from guestlist.planner.connection import connect
from guestlist.ports import Scan

MEMORY = "256MB"

Row = Mapping[str, str]


def first_rows(scan: Scan, most: int, in_one: Callable[[Mapping[str, Any]], Row]) -> list[Row]:
    """At most ``most`` of its first file; none where they cannot be read, or only with more memory. ``in_one``: a row
    with fields inside of others, as texts.
    """
    path = scan.paths[0]
    try:
        _fill(scan, path, most)
        with connect(None, [path], MEMORY, threads=1) as session:
            found = session.table(f"SELECT * FROM read_parquet({sql.text(path)}) LIMIT {most:d}")
        return [in_one(row) for row in found.to_pylist()]
    except (StoreError, OSError, ValueError, duckdb.Error, pa.ArrowException):
        return []


def _fill(scan: Scan, path: str, most: int) -> None:
    """With the groups that hold the first rows."""
    if scan.held is None:
        return
    there = pq.read_metadata(path)
    rows = 0
    for number in range(there.num_row_groups):
        group = there.row_group(number)
        scan.held.fill(*_extent(group))
        rows += group.num_rows
        if rows >= most:
            return


def _extent(group: Any) -> tuple[int, int]:
    """Where the columns of a group of rows begin and end."""
    columns = [group.column(n) for n in range(group.num_columns)]
    begins = [min(filter(None, (each.dictionary_page_offset, each.data_page_offset)), default=0) for each in columns]
    ends = [begin + each.total_compressed_size for begin, each in zip(begins, columns, strict=True)]
    return min(begins, default=0), max(ends, default=0)
