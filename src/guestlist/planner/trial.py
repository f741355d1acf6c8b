"""A filter tried on the first rows of a list, before anything depends on it. Nothing is decided by it."""
# ruff: noqa: S608 - names and values come from sql.py and checked filters

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import duckdb

from guestlist.errors import ConfigError, SourceError
from guestlist.planner import scan as scans
from guestlist.planner.beginning import MEMORY
from guestlist.planner.connection import Session, connect
from guestlist.planner.filtering import fitting
from guestlist.ports import Scan


def kept(scan: Scan, rows: Sequence[Mapping[str, str]], expression: str) -> list[bool]:
    """Of each of its first rows (column -> text, as they were read) whether a filter keeps it. ConfigError: the filter
    does not fit the list; SourceError: the list cannot be read.
    """
    typed = scan.format == "parquet"  # its cells are compared as what they are, so they are read there
    tried = replace(scan, paths=scan.paths[:1]) if typed else replace(scan, format="xlsx", paths=())
    try:
        with connect(None, tried.paths, MEMORY, threads=1) as session:
            if not typed:
                scans.hold(session, scan.columns, [[row.get(each) for each in scan.columns] for row in rows])
            return _kept(session, tried, fitting(session, tried, expression), len(rows))
    except RecursionError:
        raise ConfigError("The filter holds too much within brackets.") from None
    except duckdb.Error:
        raise SourceError("The list cannot be read, so the filter cannot be tried.") from None


def _kept(session: Session, scan: Scan, filter_sql: str, most: int) -> list[bool]:
    cells = scans.cells(scan, scan.columns[:1], filter_sql)
    return [keeps for (keeps,) in session.rows(f"SELECT kept FROM ({cells}) LIMIT {most:d}")]
