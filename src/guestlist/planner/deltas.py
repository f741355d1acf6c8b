"""The end of a small run: its changes and what became of them -> one ledger delta, in memory. ``folding`` in Python."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from guestlist.core.identity import IdType, key16
from guestlist.core.membership import MAY_BE_IN, Op, State
from guestlist.planner import answers
from guestlist.planner.answers import ACCEPTED, REFUSED, VOID
from guestlist.planner.changes import opened, stream
from guestlist.planner.ledger import EMPTY
from guestlist.ports import Delta, FoldRequest, Standing

_DIGESTS = (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)
Known = Callable[[Collection[bytes], Collection[bytes]], dict[bytes, Standing]]


class _Entry(NamedTuple):
    """One identifier of a row of the changes; ``owner`` and ``group`` filled."""

    position: int
    op: int
    id16: bytes
    id_type: int
    value: bytes
    was: int
    owner: bytes
    group: bytes
    fp: int


class _Row(NamedTuple):
    """A row of the ledger, in its columns' order; ``owner`` and ``group`` filled."""

    id16: bytes
    id_type: int
    state: int
    refused: int
    owner: bytes
    group: bytes
    fp: int
    kind: int
    at: int
    run: int
    value: bytes | None


def delta(request: FoldRequest, known: Known, kind: int) -> Delta:
    """See ``ports.Planner.fold``. ``known``: what the ledger says of identifiers, and of the elements they are told in
    or that are named besides; ``kind``: of hashes made now.
    """
    entries = list(_entries(opened(request.changes)))
    told = _told(entries, request, kind)
    ledger = known({entry.id16 for entry in entries}, {entry.owner for entry in entries})
    rows = list(_late(told, ledger)) if request.late else told
    rows += _relabelled(entries, {row.id16 for row in told}, request, ledger, kind)
    return _delta(rows, _gained(rows, ledger))


# ── what the changes say ─────────────────────────────────────────────────────────────────────────────────────────
def _entries(table: pa.Table) -> Iterator[_Entry]:
    names = ("op", "t", "v", "was", "fp")
    op, t, v, was, fp = (table.column(name).to_pylist() for name in names)
    owner, grp = (table.column(name).combine_chunks().storage.to_pylist() for name in ("owner", "grp"))
    others = _more(table.column("more").combine_chunks())
    for n in range(table.num_rows):
        by = owner[n] or _key(op[n], t[n], v[n], owner[n])
        for id_type, value, before in ((t[n], v[n], was[n]), *others.get(n, ())):
            id16 = _key(op[n], id_type, value, by)
            yield _Entry(n, op[n], id16, id_type, value, before, by, grp[n] or by, fp[n])


def _more(lists: pa.Array) -> dict[int, list[tuple[int, bytes, int]]]:
    """Position -> type, value and state of its further identifiers."""
    flat = pc.list_flatten(lists)
    found: dict[int, list[tuple[int, bytes, int]]] = {}
    columns = (pc.list_parent_indices(lists), *(flat.field(name) for name in ("t", "v", "was")))
    for n, *each in zip(*(column.to_pylist() for column in columns), strict=True):
        found.setdefault(n, []).append(tuple(each))
    return found


def _key(op: int, id_type: int, value: bytes, owner: bytes) -> bytes:
    """Labels are their own key; a sealed value does not tell it, and such an element is told in its own name."""
    if op == Op.LABEL or id_type == IdType.PRIMARY:
        return value
    return owner if id_type == IdType.NAMES else key16(IdType(id_type), value)


# ── what the ledger will say ─────────────────────────────────────────────────────────────────────────────────────
def _told(entries: Sequence[_Entry], request: FoldRequest, kind: int) -> list[_Row]:
    """Rows for what was sent. An addition that never left leaves none, unless a removal of its group was sent, which
    may have removed the person behind it.
    """
    results = answers.each(request, entries[-1].position + 1 if entries else 0)
    shaken = {e.group for e in entries if e.op == Op.REMOVE and results[e.position][0] != VOID}
    rows = []
    for e in entries:
        result, reason = results[e.position]
        if e.op == Op.LABEL or (result == VOID and not (e.was in MAY_BE_IN and e.group in shaken)):
            continue
        state = _state(e, result)
        refused = reason if result == REFUSED and e.id_type != IdType.PRIMARY else 0
        at, run, kept = int(request.now * 1e6), request.run, _kept(e.id_type, e.value)
        rows.append(_Row(e.id16, e.id_type, state, refused, e.owner, e.group, e.fp, kind, at, run, kept))
    return rows


def _state(entry: _Entry, result: int) -> int:
    if entry.id_type == IdType.PRIMARY:
        return State.NONE
    if result == ACCEPTED:
        return State.IN if entry.op == Op.ADD else State.OUT
    return entry.was if result == REFUSED else State.UNSURE


def _kept(id_type: int, value: bytes) -> bytes | None:
    """What to keep of a value beside its key."""
    if id_type == IdType.PRIMARY:
        return None
    return value[16:] if id_type in _DIGESTS else value


def _late(told: Iterable[_Row], ledger: Mapping[bytes, Standing]) -> Iterator[_Row]:
    """An answer that came after others took over: unsure, and whatever is known beside that stays known."""
    for row in told:
        state = State.NONE if row.id_type == IdType.PRIMARY else State.UNSURE
        if row.id16 not in ledger:
            yield row._replace(state=state, refused=0)
            continue
        known = ledger[row.id16].told
        yield row._replace(
            state=state,
            refused=known.refused,
            owner=known.owner,
            group=known.group,
            fp=known.fp,
            kind=known.kind,
            at=round(known.at * 1e6),  # the day after which a refused removal is tried again does not start anew
        )


def _relabelled(
    entries: Iterable[_Entry],
    told: Collection[bytes],
    request: FoldRequest,
    ledger: Mapping[bytes, Standing],
    kind: int,
) -> Iterator[_Row]:
    """What the ledger says, under other labels or with a doubt; what was told of the same identifier wins."""
    labels = [e for e in entries if e.op == Op.LABEL and e.id16 not in told]
    now = int(request.now * 1e6)
    for label in labels:
        if label.id16 in ledger:
            yield _under_label(label, ledger[label.id16], kind)
        elif label.id_type == IdType.PRIMARY:
            yield _Row(
                label.id16,
                label.id_type,
                label.was,
                0,
                label.owner,
                label.group,
                label.fp,
                kind,
                now,
                request.run,
                None,
            )


def _under_label(label: _Entry, standing: Standing, kind: int) -> _Row:
    told = standing.told
    return _Row(
        label.id16,
        label.id_type,
        State.UNSURE if label.was == State.UNSURE else told.state,
        told.refused,
        label.owner,
        label.group,
        label.fp or told.fp,
        kind if label.fp else told.kind,
        round(told.at * 1e6),
        standing.run,
        _kept(told.id_type, standing.value),
    )


# ── how many are in ──────────────────────────────────────────────────────────────────────────────────────────────
def _gained(rows: Sequence[_Row], ledger: Mapping[bytes, Standing]) -> int:
    """How many members more are in with these rows. ``ledger``: all that was told in the elements they speak of."""
    fresh = {row.id16 for row in rows}
    there = [(id16, each.told) for id16, each in ledger.items() if each.told.fp and each.told.state in MAY_BE_IN]
    before = {told.owner for _, told in there}
    stays = {told.owner for id16, told in there if id16 not in fresh}
    after = {row.owner for row in rows if row.fp and row.state in MAY_BE_IN}
    return len(after | stays) - len(before)


def _delta(rows: Sequence[_Row], gained: int) -> Delta:
    columns: dict[str, list[Any]] = {field: [row[n] for row in rows] for n, field in enumerate(EMPTY.column_names)}
    columns["owner"] = [None if row.owner == row.id16 else row.owner for row in rows]
    columns["grp"] = [None if row.group == row.owner else row.group for row in rows]
    return Delta(len(rows), gained, data=stream(pa.table(columns, schema=EMPTY.schema)))
