"""Whom a remove_only activation took out of the segment stays out of it, as long as its list names them.

The reference is ``core.membership.plan``: of the identifiers that those lists name, those count that LinkedIn was last
told to remove. Rows that carry one are not wanted.
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from dataclasses import replace

from guestlist.planner import scan, sql, staging
from guestlist.planner.connection import Session, reading_ledger
from guestlist.planner.desired import unnested, valid_rows
from guestlist.planner.ledger import LEDGER
from guestlist.planner.rows import KEPT_OUT
from guestlist.ports import Exclusion, PlanRequest


def keep_out(session: Session, request: PlanRequest) -> bool:
    """Fill KEPT_OUT (id), before the list itself is opened; whether it holds anybody."""
    named = [_named(session, request, each, f"named_{n}") for n, each in enumerate(request.excluded)]
    session.create(KEPT_OUT, sql.union(named) if named else "SELECT NULL::UUID AS id LIMIT 0")
    return session.number(f"SELECT count(*) FROM {KEPT_OUT}") > 0


def _named(session: Session, request: PlanRequest, each: Exclusion, table: str) -> str:
    listed = replace(
        request,
        scan=each.scan,
        mapping=each.mapping,
        filter=each.filter,
        derive=each.derive,
        suppressed=(),
        excluded=(),
    )
    rows = staging.opened(session, listed)
    with scan.unchanged(listed.scan):
        staging.stage(session, rows)
    removed = "" if each.always else f"WHERE id IN (SELECT id FROM {LEDGER} WHERE fp = 0)"
    ids = f"SELECT DISTINCT id FROM ({unnested(rows.shape, valid_rows(), primary=False)})"
    with reading_ledger():
        session.create(table, f"SELECT id FROM ({ids}) {removed}")
    return f"FROM {table}"
