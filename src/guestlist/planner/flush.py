"""The small planner, in this process and in memory: what touched members need, by the reference itself.

``core.membership`` decides, over the part of the ledger that hangs together with them; only its prints are DuckDB's, so
that this and a plan over the whole list agree.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from guestlist.core import membership
from guestlist.core.identity import Element, Identifier, IdType
from guestlist.core.members import Prints
from guestlist.core.membership import MAY_BE_IN, Change, Decided, Op, identifiers
from guestlist.core.text import masked
from guestlist.errors import GuestlistError
from guestlist.planner import changes, deltas, ledger_index
from guestlist.planner.duck import DuckDBPlanner
from guestlist.planner.ledger_index import Shelf
from guestlist.planner.prints import TRAITS, Hashes
from guestlist.planner.reference import sealed
from guestlist.ports import (
    Changes,
    Counts,
    Delta,
    Flush,
    FlushRequest,
    FoldRequest,
    LedgerPart,
    Plan,
    Rejected,
    Standing,
)

_ORDER = (Op.REMOVE, Op.ADD, Op.LABEL)


class InProcessFlusher:
    """Implements ``ports.Flusher``. Keeps indexes of ledgers in ``memory`` bytes; that of the one in use always."""

    def __init__(self, memory: int = 1 << 30) -> None:
        self._shelf = Shelf(memory)
        self._hashes = Hashes()

    @property
    def held(self) -> int:
        """Bytes of the indexes that it keeps."""
        return self._shelf.nbytes

    def relatives(self, ledger: Sequence[LedgerPart], ids: Collection[bytes]) -> dict[bytes, Standing]:
        """See ``ports.Flusher``."""
        return ledger_index.relatives(self._shelf.layers(ledger), ids)

    def forget(self, ledger: Sequence[LedgerPart]) -> None:
        """See ``ports.Flusher``."""
        self._shelf.forget(ledger)

    def pour(self, ledger: Sequence[LedgerPart], folder: str) -> Delta:
        """See ``ports.Flusher``. To start a process would take longer."""
        return DuckDBPlanner().merge(ledger, folder)

    def plan(self, request: FlushRequest) -> Flush:
        """See ``ports.Flusher``."""
        started = time.monotonic()
        prints = self._hashes.of(request.members, request.rows)
        ledger = {id16: standing.told for id16, standing in request.known.items()}
        decided = membership.plan(request.rows, ledger, now=request.now, prints=prints, removals=request.removals)
        told = sorted(decided.changes, key=lambda change: _ORDER.index(change.op))
        removes, adds, labels = (sum(change.op is op for change in told) for op in _ORDER)
        data = changes.stream(_Writer(request, prints).table(told))
        plan = Plan(
            counts=_counts(request.rows, decided),
            changes=Changes(removes, adds, labels, data=data),
            rejected=Rejected({}, {}),
            notes=Counter(str(note) for row in request.rows for note in row.notes),
            seconds=time.monotonic() - started,
        )
        return Flush(plan, _positions(told), decided.removed + decided.held)

    def fold(self, request: FoldRequest) -> Delta:
        """See ``ports.Flusher``."""
        if request.changes.path is not None:
            raise GuestlistError("A run in a file was given to the planner of small runs; nothing was changed.")
        layers = self._shelf.layers(request.ledger)
        return deltas.delta(request, partial(ledger_index.elements, layers), self._hashes.kind)


def _counts(rows: Sequence[Element], decided: Decided) -> Counts:
    return Counts(
        rows=len(rows),
        added=decided.added,
        changed=decided.changed,
        unchanged=decided.unchanged,
        duplicates=decided.duplicates,
        rejected=decided.refused,
        removed=decided.removed,
        removed_before=decided.removed_before,
        known=decided.known,
        refused=decided.refused,
    )


def _positions(told: Iterable[Change]) -> dict[bytes, tuple[int, ...]]:
    found: dict[bytes, tuple[int, ...]] = defaultdict(tuple)
    for position, change in enumerate(told):
        if change.op is not Op.LABEL:
            for id16 in identifiers(change):
                found[id16] += (position,)
    return dict(found)


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
class _Writer:
    """Changes as the rows of a changes file."""

    def __init__(self, request: FlushRequest, prints: Prints) -> None:
        self._request = request
        every = (identifier for row in request.rows for identifier in row.identifiers)
        self._wanted = {i.key16: i for i in sorted(every, key=lambda i: i.value, reverse=True)}  # the smallest spelling
        self._keys = _keys(request.rows, prints)

    def table(self, told: Sequence[Change]) -> pa.Table:
        """A row for each, in this order."""
        columns = changes.schema(self._request.members)
        firsts = [change.ids[0] for change in told]
        made = {
            "op": [change.op for change in told],
            "why": [change.why for change in told],
            "t": [id_type for _, id_type, _ in firsts],
            "v": [self._value(change, id16, id_type) for change, (id16, id_type, _) in zip(told, firsts, strict=True)],
            "was": [was for _, _, was in firsts],
            "more": self._more(told, columns.field("more").type),
            "owner": [None if _names_itself(change) else change.owner for change in told],
            "grp": [None if change.group == change.owner else change.group for change in told],
            "fp": [change.fp for change in told],
            "row": [None] * len(told),
            "key": [self._keys.get(change.owner) if change.op is Op.ADD else None for change in told],
        }
        made |= {name: [change.traits.get(name) for change in told] for name in TRAITS[self._request.members]}
        arrays = [_array(made[field.name], field.type) for field in columns]
        return pa.Table.from_arrays(arrays, schema=columns)

    def _value(self, change: Change, id16: bytes, id_type: IdType) -> bytes:
        """What it is told with. What is removed is named as it was told; a spelling that was told stays for that."""
        if change.op is Op.LABEL or id_type is IdType.PRIMARY:
            return id16
        wanted, known = self._wanted.get(id16), self._request.known.get(id16)
        stays = id_type is IdType.COMPANY_NAME and known is not None and known.told.state in MAY_BE_IN
        if known is not None and (wanted is None or stays):
            return known.value
        value = self._wanted[id16].value
        return sealed(value, self._request.key) if id_type is IdType.NAMES else value

    def _more(self, told: Sequence[Change], kind: pa.DataType) -> pa.Array:
        ends, rest = [0], []
        for change in told:
            rest += [(change, *each) for each in change.ids[1:]]
            ends.append(len(rest))
        values = {
            "t": pa.array([id_type for _, _, id_type, _ in rest], pa.uint8()),
            "was": pa.array([was for *_, was in rest], pa.uint8()),
            "v": pa.array([self._value(change, id16, id_type) for change, id16, id_type, _ in rest], pa.binary()),
        }
        nothing = pa.array([len(change.ids) == 1 for change in told], pa.bool_())
        structs = pa.StructArray.from_arrays(
            [values[field.name] for field in kind.value_type], fields=list(kind.value_type)
        )
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), structs, type=kind, mask=nothing)


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    return values if isinstance(values, pa.Array) else pa.array(values, kind)


def _names_itself(change: Change) -> bool:
    """Whether the first value tells the owner; one that is sealed, or told as it is spelled, does not tell its key."""
    id16, id_type, _ = change.ids[0]
    return change.owner == id16 and id_type not in (IdType.NAMES, IdType.COMPANY_NAME)


def _keys(rows: Iterable[Element], prints: Prints) -> Mapping[bytes, str]:
    """Member -> the primaryId, masked, of the row whose traits count."""
    best: dict[bytes, tuple[int, Identifier | None]] = {}
    for row in rows:
        strongest, mark = row.identifiers[0].key16, prints.traits(row.traits)
        if strongest not in best or mark < best[strongest][0]:
            best[strongest] = mark, row.primary
    return {strongest: masked(primary.text) for strongest, (_, primary) in best.items() if primary}
