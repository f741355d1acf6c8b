"""A list, opened and read once: its rows as keys in the table ``plain``."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import pyarrow as pa

from guestlist.planner import desired, draft, filtering, lists, people, scan
from guestlist.planner.connection import Session
from guestlist.planner.reference import read_slow_rows
from guestlist.planner.rows import SUPPRESSED, Rows
from guestlist.planner.shape import SLOW, shape_of
from guestlist.ports import PlanRequest


def opened(session: Session, request: PlanRequest, keeps_out: bool = False) -> Rows:
    """What queries need besides the list: countries, forgotten identifiers, the filter; lists in cells told apart.

    ``keeps_out``: the table of ``exclusion`` holds somebody. One list at a time: what it needs is known by fixed names.
    """
    spellings = people.country_table()
    table = pa.table({"spelling": list(spellings), "code": list(spellings.values())})
    session.register(people.COUNTRIES, table)
    session.register(SUPPRESSED, pa.table({"id": pa.array(list(request.suppressed), pa.uuid())}))
    scan.load(session, request.scan)
    filter_sql = filtering.bound(session, request)
    request, cut_short = lists.told_apart(session, request, filter_sql)
    return Rows(request, shape_of(request), filter_sql, cut_short, keeps_out)


def stage(session: Session, rows: Rows, as_draft: bool = False) -> None:
    """One pass over the list, and the reference over rows that SQL does not read."""
    if as_draft:
        draft.stage(session, rows)
        return
    desired.stage(session, rows)
    if session.number(f"SELECT count(*) FROM plain WHERE verdict = {SLOW}"):
        read_slow_rows(session, rows)
        desired.add_slow_rows(session, rows)
