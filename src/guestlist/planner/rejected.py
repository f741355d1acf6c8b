"""Rows that are not told: why, how many, and which."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path

from guestlist.planner import sql
from guestlist.planner.compare import Task
from guestlist.planner.connection import Session, connect
from guestlist.planner.rows import Rows
from guestlist.planner.scan import unchanged
from guestlist.planner.shape import ACCEPTED, REASONS, REJECTED
from guestlist.ports import PlanRequest, Rejected, RejectedLine, RejectedWish

SAMPLES = 10
_MEMORY = "256MB"  # to look through a file of them
_WRITTEN = {"row": "row", "key": "lower(key)", "reason": "lower(reason)", "since": "since"}  # as they are sorted


def answer(refused: int, request: PlanRequest) -> str:
    """LinkedIn's words for a refusal."""
    return request.refused.get(refused) or f"refused by LinkedIn ({refused})"


def rejected(session: Session, task: Task, rows: Rows, counted: Mapping[str, int]) -> Rejected:
    """``counted``: how many by reason. Only when there are any is the list read once more, with row numbers."""
    if not counted:
        return Rejected({}, {})
    found, strongest = str(session.scratch / "rejected.parquet"), rows.shape.strongest
    wanted = f"verdict {REJECTED} OR {strongest} IN (SELECT owner FROM refused_members)"
    picked = rows.pick(session, f"SELECT row FROM plain WHERE {wanted}").with_numbers()
    with unchanged(task.request.scan):
        session.run(f"COPY ({_found(session, task, picked)}) TO {sql.text(found)} (FORMAT parquet)")
    path = _kept(session, task, found) if task.request.write else None
    return Rejected(dict(counted), _samples(session, found), path)


def _found(session: Session, task: Task, rows: Rows) -> str:
    """Rows that cannot be told, and one row of each member that LinkedIn refused as it is."""
    texts = " ".join(f"WHEN {n} THEN {sql.text(reason)}" for n, reason in enumerate(REASONS, 1))
    numbers = [number for (number,) in session.rows("SELECT DISTINCT refused FROM refused_members")]
    said = " ".join(f"WHEN {n} THEN {sql.text(answer(n, task.request))}" for n in numbers) or "WHEN 0 THEN ''"
    numbered = f"({rows.all()})"
    picked = f"verdict {REJECTED} OR verdict = {ACCEPTED} AND s IN (SELECT owner FROM refused_members)"
    return f"""
        WITH lines AS MATERIALIZED (
            SELECT * FROM (SELECT row, key, verdict, {rows.shape.strongest} AS s FROM {numbered}) WHERE {picked})
        SELECT row, key, CASE verdict {texts} END AS reason, NULL::DOUBLE AS answered
        FROM lines WHERE verdict <> {ACCEPTED}
        UNION ALL
        SELECT min(row), arg_min(key, row), CASE any_value(refused) {said} END, any_value(m.answered / 1e6)
        FROM lines JOIN refused_members AS m ON m.owner = lines.s WHERE verdict = {ACCEPTED} GROUP BY lines.s"""


def _kept(session: Session, task: Task, found: str) -> str:
    """All of them in a file, each with the time since when."""
    path = str(Path(task.request.folder) / f"rejected-{uuid.uuid4().hex}.parquet")
    since = f"coalesce(before, answered, {task.request.now!r})::DOUBLE AS since"
    listed = f"SELECT row, key, reason, {since} FROM ({_before(task, found)})"
    session.run(f"COPY ({listed}) TO {sql.text(path)} (FORMAT parquet, COMPRESSION zstd)")
    os.chmod(path, 0o600)
    return path


def _before(task: Task, found: str) -> str:
    """A row known by its key, else by its number, that was rejected for the same reason keeps its time."""
    source = f"read_parquet({sql.text(found)})"
    if task.request.rejected_before is None:
        return f"SELECT *, NULL::DOUBLE AS before FROM {source}"
    old, name = f"read_parquet({sql.text(task.request.rejected_before)})", "coalesce(key, row::VARCHAR)"
    known = f"SELECT {name} AS name, reason, min(since) AS before FROM {old} GROUP BY ALL"
    return f"""
        SELECT now.*, known.before FROM (SELECT *, {name} AS name FROM {source}) AS now
        LEFT JOIN ({known}) AS known ON known.name = now.name AND known.reason = now.reason"""


def _samples(session: Session, found: str) -> dict[str, tuple[tuple[int | None, str | None], ...]]:
    first = f"arg_min({{'row': row, 'key': key}}, coalesce(row, 0), {SAMPLES})"
    picked = session.rows(f"SELECT reason, {first} FROM read_parquet({sql.text(found)}) GROUP BY reason")
    return {reason: tuple((one["row"], one["key"]) for one in some) for reason, some in picked}


# ── looking at them ──────────────────────────────────────────────────────────────────────────────────────────────
def some(path: str, wish: RejectedWish) -> tuple[list[RejectedLine], int]:
    """Of a file of them, and how many the wish fits. The same order each time, so that one page follows another."""
    found = f"FROM read_parquet({sql.text(path)}) WHERE {_fits(wish)}"
    way = f"{_WRITTEN[wish.sort]} {'DESC' if wish.descending else 'ASC'} NULLS LAST"
    ordered = f"{way}, row NULLS LAST, key NULLS LAST, reason, since"
    page = f"SELECT row, key, reason, since {found} ORDER BY {ordered} LIMIT {wish.limit:d} OFFSET {wish.skip:d}"
    with connect(None, [path], _MEMORY, threads=2) as session:
        rows = [(row, key, reason, since) for row, key, reason, since in session.rows(page)]
        return rows, session.number(f"SELECT count(*) {found}")


def _fits(wish: RejectedWish) -> str:
    of_reason = f"reason = {sql.text(wish.reason)}" if wish.reason else "true"
    sought = sql.text(wish.search.lower())
    said = "concat_ws(' ', 'row ' || row, key, reason)"
    return f"{of_reason} AND contains(lower({said}), {sought})" if wish.search else of_reason
