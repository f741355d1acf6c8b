"""The end of a run: changes and what became of them -> one ledger delta. And merging and asking ledgers."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from guestlist.core.identity import IdType
from guestlist.core.membership import Op, State
from guestlist.planner import answers, sql
from guestlist.planner.answers import ACCEPTED, REFUSED, VOID
from guestlist.planner.changes import opened, stream
from guestlist.planner.connection import Session
from guestlist.planner.ledger import INSIDE, LEDGER, SMALL, STORED, full_value, kept_value, now_kind, open_ledger
from guestlist.ports import Changes, Delta, FoldRequest, Known, LedgerPart

_FEW = 64  # ranges that are better compared one by one than joined


def fold(session: Session, request: FoldRequest) -> Delta:
    """See ``ports.Planner.fold``."""
    known = open_ledger(session, request.ledger)
    kind = now_kind(session)
    session.run(f"CREATE OR REPLACE TEMP VIEW rows AS {_rows(session, request.changes)}")
    session.run(f"CREATE OR REPLACE TEMP VIEW answered AS {_answered(session, request)}")
    session.create("shaken", _shaken() if request.changes.removes else "SELECT NULL::UUID AS grp LIMIT 0")
    session.run(f"CREATE OR REPLACE TEMP VIEW told AS {_told(request, kind)}")
    selects = [_late() if request.late else "FROM told"]
    if request.changes.labels:
        session.create("relabelled", _relabelled(request, kind))
        selects.append("FROM relabelled")
    small = request.changes.path is None
    whole = " UNION ALL BY NAME ".join(selects)
    delta = _delta(session, f"SELECT {STORED} FROM ({whole})", request.folder, small)
    return replace(delta, members_in=_gained(session, delta, known))


# ── what became of each row ──────────────────────────────────────────────────────────────────────────────────────
def _rows(session: Session, changes: Changes) -> str:
    """The changes with their positions."""
    columns = "op, t, v, was, more, owner, grp, fp"
    if changes.path is not None:
        file = f"read_parquet({sql.text(changes.path)}, file_row_number=true)"
        return f"SELECT file_row_number AS position, {columns} FROM {file}"
    table = opened(changes)
    session.register("few", table.append_column("position", pa.array(range(table.num_rows), pa.int64())))
    return f"SELECT position, {columns} FROM few"


def _answered(session: Session, request: FoldRequest) -> str:
    """The rows with ``result`` and ``reason`` (LinkedIn's, of a refusal); what nobody names never left."""
    ranges, exact = answers.ranges(request), answers.exact(request)
    session.register("exact", _integers(("position", "result", "reason"), [(p, *r) for p, r in exact.items()]))
    session.register("ranges", _integers(("first", "past", "result"), ranges))
    if len(ranges) <= _FEW:
        cases = " ".join(
            f"WHEN rows.position >= {first} AND rows.position < {past} THEN {r}" for first, past, r in ranges
        )
        within, source = f"CASE {cases} ELSE {VOID} END" if cases else f"{VOID}", "rows"
    else:
        within = f"CASE WHEN rows.position < ranges.past THEN ranges.result ELSE {VOID} END"
        source = "rows ASOF LEFT JOIN ranges ON rows.position >= ranges.first"
    if not exact:
        return f"SELECT rows.*, ({within})::INTEGER AS result, 0 AS reason FROM {source}"
    return f"""
        SELECT rows.*, coalesce(exact.result, {within}, {VOID})::INTEGER AS result, coalesce(exact.reason, 0) AS reason
        FROM {source} LEFT JOIN exact ON exact.position = rows.position"""


def _integers(names: Sequence[str], rows: Sequence[tuple[int, ...]]) -> pa.Table:
    return pa.table({name: pa.array([row[n] for row in rows], pa.int64()) for n, name in enumerate(names)})


def _shaken() -> str:
    """Groups of which a removal was sent."""
    removes = _identifiers(f"SELECT * FROM answered WHERE op = {Op.REMOVE:d} AND result <> {VOID}")
    return f"SELECT DISTINCT grp FROM ({removes})"


def _identifiers(rows: str) -> str:
    """One row per identifier, with its key; owner and group filled."""
    key = (
        f"CASE WHEN t = {sql.PRIMARY} OR op = {Op.LABEL:d} THEN v::UUID "
        f"WHEN t IN {sql.DIGESTS} THEN array_slice(v, 1, 16)::UUID "
        f"WHEN t IN {sql.OPAQUE} THEN owner "  # such an element is told in its own name
        f"ELSE left(sha256((t::VARCHAR || ':')::BLOB || v), 32)::UUID END"
    )
    more = "SELECT * EXCLUDE (x) REPLACE (x.t AS t, x.v AS v, x.was AS was)"
    filled = "coalesce(owner, id) AS owner, coalesce(grp, owner, id) AS grp"
    return f"""
        WITH keyed AS NOT MATERIALIZED (SELECT *, {key} AS id FROM ({rows})),
        whole AS NOT MATERIALIZED (SELECT * REPLACE ({filled}) FROM keyed)
        SELECT * EXCLUDE (more) FROM whole
        UNION ALL
        SELECT * REPLACE ({key} AS id) FROM (
            {more} FROM (SELECT * EXCLUDE (more), unnest(more) AS x FROM whole WHERE more IS NOT NULL))"""


# ── the delta ────────────────────────────────────────────────────────────────────────────────────────────────────
def _told(request: FoldRequest, kind: int) -> str:
    """Rows of the ledger for what was sent. An addition that never left leaves none, unless a removal of its group
    was sent, which may have removed the person behind it.
    """
    sent = f"result <> {VOID} OR (was IN {sql.MAY_BE_IN} AND grp IN (FROM shaken))"
    inside = f"CASE WHEN op = {Op.ADD:d} THEN {State.IN:d} ELSE {State.OUT:d} END"
    state = (
        f"CASE WHEN t = {sql.PRIMARY} THEN {State.NONE:d} WHEN result = {ACCEPTED} THEN {inside} "
        f"WHEN result = {REFUSED} THEN was ELSE {State.UNSURE:d} END"
    )
    refused = f"CASE WHEN t <> {sql.PRIMARY} AND result = {REFUSED} THEN reason ELSE 0 END"
    return f"""
        SELECT id, t, {state} AS state, {refused} AS refused, owner, grp, fp, {kind} AS kind,
            {int(request.now * 1e6)} AS answered, {request.run} AS run, {kept_value("v", "t")} AS v
        FROM ({_identifiers("FROM answered")}) WHERE op <> {Op.LABEL:d} AND ({sent})"""


def _relabelled(request: FoldRequest, kind: int) -> str:
    """What the ledger says, under other labels or with a doubt; what was told of the same identifier wins."""
    labels = f"SELECT * FROM ({_identifiers('FROM answered')}) WHERE op = {Op.LABEL:d}"
    return f"""
        WITH labels AS MATERIALIZED ({labels}), known AS (SELECT * FROM {LEDGER} WHERE id IN (SELECT id FROM labels))
        SELECT labels.id, labels.t, coalesce(l.refused, 0) AS refused,
            CASE WHEN labels.was = {State.UNSURE:d} THEN labels.was ELSE coalesce(l.state, labels.was) END AS state,
            labels.owner, labels.grp, CASE WHEN labels.fp <> 0 THEN labels.fp ELSE coalesce(l.fp, 0) END AS fp,
            CASE WHEN labels.fp <> 0 THEN {kind} ELSE coalesce(l.kind, {kind}) END AS kind,
            coalesce(l.answered, {int(request.now * 1e6)}) AS answered, coalesce(l.run, {request.run}) AS run, l.v
        FROM labels LEFT JOIN known AS l ON l.id = labels.id
        WHERE (l.id IS NOT NULL OR labels.t = {sql.PRIMARY}) AND labels.id NOT IN (SELECT id FROM told)"""


def _late() -> str:
    """An answer that came after others took over: unsure, and whatever is known beside that stays known, also when a
    removal was refused: the day after which it is tried again does not start anew.
    """
    return f"""
        SELECT told.id, told.t, CASE WHEN told.t = {sql.PRIMARY} THEN {State.NONE:d} ELSE {State.UNSURE:d} END AS state,
            coalesce(l.refused, 0) AS refused, coalesce(l.owner, told.owner) AS owner, coalesce(l.grp, told.grp) AS grp,
            coalesce(l.fp, told.fp) AS fp, coalesce(l.kind, told.kind) AS kind,
            coalesce(l.answered, told.answered) AS answered, told.run, told.v
        FROM told LEFT JOIN (SELECT * FROM {LEDGER} WHERE id IN (SELECT id FROM told)) AS l ON l.id = told.id"""


def _delta(session: Session, select: str, folder: str, small: bool) -> Delta:
    """Few rows travel as they are; many go to a file, written as they come."""
    if small:
        table = session.table(select)
        if table.num_rows <= SMALL:
            session.register("delta", table)
            return Delta(table.num_rows, 0, data=stream(table))
    path = str(Path(folder) / f"ledger-{uuid.uuid4().hex}.parquet")
    session.run(f"COPY ({select}) TO {sql.text(path)} (FORMAT parquet, COMPRESSION zstd)")
    os.chmod(path, 0o600)
    rows, file = pq.read_metadata(path).num_rows, f"read_parquet({sql.text(path)})"
    if rows > SMALL:
        return Delta(rows, 0, path=path)
    few = session.table(f"FROM {file}")
    os.unlink(path)
    session.register("delta", few)
    return Delta(rows, 0, data=stream(few))


# ── how many are in ──────────────────────────────────────────────────────────────────────────────────────────────
def _gained(session: Session, delta: Delta, known: int) -> int:
    """How many members more are in with the delta: of those it says anything about, before and after."""
    new = "delta" if delta.path is None else f"read_parquet({sql.text(delta.path)})"
    if not known or not delta.rows:
        return _members_in(session, f"SELECT id, state, fp, coalesce(owner, id) AS owner FROM {new}")
    session.create("fresh", f"SELECT id, coalesce(owner, id) AS owner, {INSIDE} AS inside FROM {new}")
    before = f"SELECT id, owner, {INSIDE} AS inside FROM {LEDGER}"
    session.create("before", f"{before} WHERE id IN (SELECT id FROM fresh) OR owner IN (SELECT owner FROM fresh)")
    left = "SELECT owner FROM before EXCEPT SELECT owner FROM fresh"  # told in another element now: look at all of it
    if session.number(f"SELECT count(*) FROM ({left})"):
        more = f"{before} WHERE owner IN ({left}) AND id NOT IN (SELECT id FROM before)"
        session.run(f"INSERT INTO before {more}")
    return session.number("""
        SELECT count(*) FILTER (WHERE after) - count(*) FILTER (WHERE was) FROM (
            SELECT bool_or(was) AS was, bool_or(inside) AS after FROM (
                SELECT owner, inside AS was, inside AND id NOT IN (SELECT id FROM fresh) AS inside FROM before
                UNION ALL SELECT owner, false, inside FROM fresh) GROUP BY owner)""")


def _members_in(session: Session, rows: str) -> int:
    """Of all members. Most identifiers are told by themselves and need no counting apart."""
    inside = f"FROM ({rows}) WHERE {INSIDE}"
    by_itself = f"{inside} AND owner = id"
    apart = f"SELECT DISTINCT owner {inside} AND owner <> id AND owner NOT IN (SELECT id {by_itself})"
    return session.number(f"SELECT count(*) FROM ({apart})") + session.number(f"SELECT count(*) {by_itself}")


# ── ledgers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def merge(session: Session, ledger: Sequence[LedgerPart], folder: str) -> Delta:
    """See ``ports.Planner.merge``."""
    rows = open_ledger(session, ledger)
    merged = _delta(session, f"SELECT {STORED} FROM {LEDGER}", folder, small=rows <= SMALL)
    return replace(merged, members_in=_members_in(session, f"FROM {LEDGER}"))


def find(
    session: Session,
    ledger: Sequence[LedgerPart],
    ids: Sequence[bytes],
    owners: Sequence[bytes],
    groups: Sequence[bytes],
    sample: int,
) -> list[Known]:
    """See ``ports.Planner.find``."""
    open_ledger(session, ledger)
    for name, keys in (("asked", ids), ("asked_owners", owners), ("asked_groups", groups)):
        session.register(name, pa.table({"id": pa.array(list(keys), pa.uuid())}))
    columns = f"id::BLOB, t, state, owner::BLOB, grp::BLOB, refused, answered, run, {full_value()}"
    some = f"SELECT owner FROM {LEDGER} WHERE state = {State.IN:d} ORDER BY owner LIMIT {sample:d}"
    hit = "id IN (FROM asked) OR owner IN (FROM asked_owners) OR grp IN (FROM asked_groups)"
    if sample:
        hit += f" OR owner IN ({some})"
    rows = session.rows(f"SELECT {columns} FROM {LEDGER} WHERE {hit} ORDER BY t, id")
    return [
        Known(id16, IdType(t), State(state), owner, grp, refused, at / 1e6, run, value or b"")
        for id16, t, state, owner, grp, refused, at, run, value in rows
    ]
