"""A first sync of a large list hashes it once: its rows are written as they will be told while they are read.

Nothing is known of such a list, so every row that shares nothing with another is told as it stands. The draft has keys
and numbers beside the columns of a changes file; who is who is settled on those. Mostly the draft then is the changes
file; rows that turn out to share something are left out of it and told as their members are.
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import os

from guestlist.core.identity import Kind
from guestlist.planner import desired, scan, sql, telling
from guestlist.planner.connection import Session
from guestlist.planner.reference import read_slow_rows
from guestlist.planner.rows import Rows
from guestlist.planner.shape import ACCEPTED, SLOW, Shape, fingerprint
from guestlist.ports import PlanRequest

LARGE = 1 << 24  # bytes of a list; a smaller one never touches the file system


def worth_it(request: PlanRequest, rows: Rows) -> bool:
    """Whether to write while reading: for people whose rows have numbers, when anything is written at all."""
    size = sum(size for _, size, _ in request.scan.identity)
    return request.write and request.members is Kind.PEOPLE and rows.numbered and size >= LARGE


def stage(session: Session, rows: Rows) -> None:
    """Fill ``plain`` as ``desired.stage`` does, and the view DRAFT."""
    path, shape = str(session.scratch / telling.DRAFT_FILE), rows.shape
    written = telling.first(shape, rows.accepted(), beside=_beside(shape))
    session.run(f"COPY ({written}) TO {sql.text(path)} ({telling.AS_PARQUET})")
    os.chmod(path, 0o600)
    session.run(f"CREATE OR REPLACE TEMP VIEW {telling.DRAFT} AS SELECT * FROM read_parquet({sql.text(path)})")
    session.create("plain", _keys(shape))
    if session.number("SELECT count(*) FROM plain") < scan.total(session, rows.request.scan):
        _add_rest(session, rows)


def _beside(shape: Shape) -> list[str]:
    """A single e-mail's key begins its value; other keys are written too."""
    keys = shape.ids if shape.slots > 1 else ()
    return ["notes", *keys, *(["ip"] if shape.primary else [])]


def _keys(shape: Shape) -> str:
    first = [] if shape.slots > 1 else ["array_slice(v, 1, 16)::UUID AS i1"]
    drafted = f"SELECT *, {', '.join([*first, f'{ACCEPTED}::UTINYINT AS verdict'])} FROM {telling.DRAFT}"
    columns = ", ".join(["row", "verdict", "notes", *shape.ids, *(["ip"] if shape.primary else [])])
    return f"SELECT {columns}, {fingerprint(shape.ids, 'fp')} AS th FROM ({drafted})"


def _add_rest(session: Session, rows: Rows) -> None:
    """Rows that were not written: rejected, not kept, or to be read by the reference."""
    rest = rows.but(f"row NOT IN (SELECT row FROM {telling.DRAFT})")
    session.run(f"INSERT INTO plain {desired.keys(rows.shape, rest.all())}")
    if session.number(f"SELECT count(*) FROM plain WHERE verdict = {SLOW}"):
        read_slow_rows(session, rest)
        rows.by_reference = True
        desired.add_slow_rows(session, rows)
