"""Rows that are not told: why, how many, and which."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path

from guestlist.planner import sql
from guestlist.planner.compare import Task
from guestlist.planner.connection import Session
from guestlist.planner.rows import Rows
from guestlist.planner.scan import unchanged
from guestlist.planner.shape import ACCEPTED, FILTERED, REASONS
from guestlist.ports import Rejected

SAMPLES = 10
_REASONS = "reasons"  # (verdict, text), registered
_ANSWERS = "answers"  # (number, text), registered


def reason_of(refused: int, known: Mapping[int, str]) -> str:
    """LinkedIn's words for a refusal."""
    return known.get(refused) or f"refused by LinkedIn ({refused})"


def rejected(session: Session, task: Task, rows: Rows, counted: Mapping[str, int]) -> Rejected:
    """``counted``: how many by reason. Only when there are any is the list read once more, with row numbers."""
    if not counted:
        return Rejected({}, {})
    found = str(session.scratch / "rejected.parquet")
    with unchanged(task.request.scan):
        session.run(f"COPY ({_found(task, rows)}) TO {sql.text(found)} (FORMAT parquet)")
    listed = f"SELECT row, key, reason, coalesce(before, answered, {task.request.now!r})::DOUBLE AS since FROM ({_before(task, found)})"
    path = None
    if task.request.write:
        path = str(Path(task.request.folder) / f"rejected-{uuid.uuid4().hex}.parquet")
        session.run(f"COPY ({listed}) TO {sql.text(path)} (FORMAT parquet, COMPRESSION zstd)")
        os.chmod(path, 0o600)
    return Rejected(dict(counted), _samples(session, found), path)


def _found(task: Task, rows: Rows) -> str:
    """Rows that cannot be told, and one row of each member that LinkedIn refused as it is."""
    texts = " ".join(f"WHEN {n} THEN {sql.text(reason)}" for n, reason in enumerate(REASONS, 1))
    numbered = rows.all(numbered=True)
    answers = {n: text for n, text in task.request.refused.items()}
    said = " ".join(f"WHEN {n} THEN {sql.text(text)}" for n, text in answers.items())
    named = (
        f"CASE refused {said} ELSE 'refused by LinkedIn (' || refused || ')' END"
        if said
        else "'refused by LinkedIn (' || refused || ')'"
    )
    lines = f"SELECT row, key, verdict, {rows.shape.strongest} AS s FROM ({numbered}) WHERE verdict <> {FILTERED}"
    return f"""
        WITH lines AS MATERIALIZED (
            SELECT * FROM ({lines}) WHERE verdict <> {ACCEPTED} OR s IN (SELECT owner FROM refused_members))
        SELECT row, key, CASE verdict {texts} END AS reason, NULL::DOUBLE AS answered FROM lines WHERE verdict <> {ACCEPTED}
        UNION ALL
        SELECT min(row), arg_min(key, row), any_value({named}), any_value(m.answered / 1e6)
        FROM lines JOIN refused_members AS m ON m.owner = lines.s WHERE verdict = {ACCEPTED} GROUP BY lines.s"""


def _before(task: Task, found: str) -> str:
    """Since when: a row known by its key, else by its number, that was rejected before for the same reason."""
    source = f"read_parquet({sql.text(found)})"
    if task.request.rejected_before is None:
        return f"SELECT *, NULL::DOUBLE AS before FROM {source}"
    old = f"read_parquet({sql.text(task.request.rejected_before)})"
    known = f"SELECT coalesce(key, row::VARCHAR) AS name, reason, min(since) AS before FROM {old} GROUP BY ALL"
    return f"""
        SELECT now.*, known.before FROM {source} AS now
        LEFT JOIN ({known}) AS known ON known.name = coalesce(now.key, now.row::VARCHAR) AND known.reason = now.reason"""


def _samples(session: Session, found: str) -> dict[str, tuple[tuple[int | None, str | None], ...]]:
    picked = "list({'row': row, 'key': key} ORDER BY row, key)"
    first = f"SELECT * FROM read_parquet({sql.text(found)}) QUALIFY row_number() OVER (PARTITION BY reason ORDER BY row) <= {SAMPLES}"
    found_ = session.rows(f"SELECT reason, {picked} FROM ({first}) GROUP BY reason")
    return {reason: tuple((one["row"], one["key"]) for one in some) for reason, some in found_}
