"""What is known: the base, the deltas after it, and how each of them is to be read now."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from guestlist.core.identity import IdType
from guestlist.core.membership import State
from guestlist.errors import StoreError
from guestlist.planner import sql
from guestlist.planner.connection import Session
from guestlist.ports import LedgerPart

LEDGER = "ledger"  # id, t, state, refused, owner, grp (both filled), fp, kind, answered, run, v
SMALL = 5_000  # rows that travel as Arrow and never touch the file system

EMPTY = pa.schema([
    ("id", pa.uuid()), ("t", pa.uint8()), ("state", pa.uint8()), ("refused", pa.uint32()), ("owner", pa.uuid()),
    ("grp", pa.uuid()), ("fp", pa.uint64()), ("kind", pa.uint8()), ("at", pa.int64()), ("run", pa.int64()),
    ("v", pa.binary()),
]).empty_table()  # fmt: skip

_TOLD = f"({State.IN:d}, {State.OUT:d}, {State.UNSURE:d})"
_READ_AS = {
    "as_is": "state",
    "not_told": f"CASE WHEN state IN {sql.MAY_BE_IN} THEN {State.NOT_TOLD:d} ELSE state END",
    "unsure": f"CASE WHEN state IN {_TOLD} THEN {State.UNSURE:d} ELSE state END",
    "again": f"CASE WHEN state = {State.IN:d} THEN {State.UNSURE:d} ELSE state END",
}
# Told in and not told out since, answered or not: that stays true however a part is read, until nobody was told.
INSIDE = f"(state IN {sql.MAY_BE_IN} AND fp <> 0)"
# As the parts hold them: null stands for "itself" and "its owner", which most rows are.
STORED = (
    "id, t::UTINYINT AS t, state::UTINYINT AS state, refused::UINTEGER AS refused, nullif(owner, id) AS owner, "
    "nullif(grp, owner) AS grp, fp::UBIGINT AS fp, kind::UTINYINT AS kind, "
    'answered::BIGINT AS "at", run::BIGINT AS run, v'
)


def paths(parts: Iterable[LedgerPart]) -> list[str]:
    """The files a session must be able to read."""
    return [part.path for part in parts if part.path is not None]


def open_ledger(session: Session, parts: Sequence[LedgerPart]) -> int:
    """The view LEDGER over all parts; how many rows they hold together (at least as many as identifiers)."""
    ordered = sorted((part for part in parts if part.rows), key=lambda part: part.seq)
    for part in ordered:
        _register(session, part)
    selects = [_select(part, ordered[n + 1 :]) for n, part in enumerate(ordered)]
    if not selects:
        session.register("part_0", EMPTY)
        selects = [_select(LedgerPart(0, 0), ())]
    session.run(f"CREATE OR REPLACE TEMP VIEW {LEDGER} AS {sql.union(selects)}")
    return sum(part.rows for part in ordered)


def _register(session: Session, part: LedgerPart) -> None:
    try:
        rows = _load(session, part)
    except (pa.ArrowException, OSError):
        raise StoreError(f"{called(part)} is damaged or missing; restore a backup before anything is sent.") from None
    if rows != part.rows:
        raise StoreError(f"{called(part)} has {rows} rows where {part.rows} are on record; restore a backup.")


def _load(session: Session, part: LedgerPart) -> int:
    if part.data is not None:
        table = pa.ipc.open_stream(part.data).read_all()
        session.register(f"part_{part.seq}", table)
        return int(table.num_rows)
    return int(pq.read_metadata(part.path).num_rows)


def called(part: LedgerPart) -> str:
    """The part's name for people."""
    return f"The record {os.path.basename(part.path) if part.path else part.seq} of what LinkedIn was told"


def _source(part: LedgerPart) -> str:
    return f"read_parquet({sql.text(part.path)})" if part.data is None and part.path else f"part_{part.seq}"


def _select(part: LedgerPart, newer: Sequence[LedgerPart]) -> str:
    """The rows of a part that no newer one replaces."""
    refused = "0::UINTEGER" if part.read_as == "not_told" else "refused"
    columns = (
        f"id, t, ({_READ_AS[part.read_as]})::UTINYINT AS state, {refused} AS refused, coalesce(owner, id) AS owner, "
        f'coalesce(grp, owner, id) AS grp, fp, kind, "at" AS answered, run, v'
    )
    select = f"SELECT {columns} FROM {_source(part)} AS part"
    if newer:
        ids = sql.union(f"SELECT id FROM {_source(n)}" for n in newer)
        select += f" WHERE NOT EXISTS (FROM ({ids}) AS newer WHERE newer.id = part.id)"
    return select


def full_value(v: str = "v", key: str = "id", id_type: str = "t") -> str:
    """The value an identifier was told with: of a digest only the rest is kept beside the key."""
    return f"CASE WHEN {id_type} IN {sql.DIGESTS} THEN {key}::BLOB || {v} ELSE {v} END"


def kept_value(v: str, id_type: str) -> str:
    """What to keep of a value beside its key."""
    rest = f"({v})[17:]"
    return (
        f"CASE WHEN {id_type} IN {sql.DIGESTS} THEN {rest} WHEN {id_type} = {IdType.PRIMARY:d} THEN NULL ELSE {v} END"
    )


KIND = "SELECT hash('guestlist 1', '00112233-4455-6677-8899-aabbccddeeff'::UUID, NULL::VARCHAR) % 255 + 1"


def now_kind(session: Session) -> int:
    """The kind of hash that fingerprints are made of: it tells itself when DuckDB's ``hash`` ever changes."""
    return session.number(KIND)
