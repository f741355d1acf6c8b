"""Runs: one planning pass of an activation, the batches it made, and its close.

``planning -> planned -> delivering <-> waiting -> closing -> closed``, or ``planning -> failed | void``. Every step is
one guarded UPDATE; the two that matter are ``stop`` (from then on no batch can change) and ``close`` (the delta is in
the ledger, and nothing of the run is needed any more).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Unpack

import sqlalchemy as sa

from guestlist.errors import StoreError
from guestlist.ports import Changes, Counts, Delta, Outcome, Vault
from guestlist.store import schema
from guestlist.store.activations import ActivationChanges
from guestlist.store.batches import Batches, Piece
from guestlist.store.database import Database, insert_one, update_any
from guestlist.store.files import Files
from guestlist.store.ledgers import Ledgers
from guestlist.store.rows import load, pack, unpack

RunState = Literal["planning", "planned", "delivering", "waiting", "closing", "closed", "failed", "void"]
ANSWERED = "answered"  # in ``plan``, once a run came to its end: what became of its elements
PAGE = 200  # runs read at a time
OPEN = ("planned", "delivering", "waiting", "closing")
ENDED = ("closed", "failed", "void")  # nothing of them is open

_table, _activations = schema.runs, schema.activations
SYNCED = (_table.c.kind == "sync", _table.c.state == "closed")  # all was compared, and that is over


@dataclass(frozen=True)
class Run:
    """One row; columns are explained in ``schema.runs``. Its changes are read with ``Runs.changes``."""

    id: int
    activation_id: int
    ledger_id: int
    segment_id: int | None
    epoch: int
    kind: str
    state: RunState
    reason: str
    started: float
    ended: float | None
    counts: Mapping[str, int]
    plan: Mapping[str, Any]
    mapping: Mapping[str, Sequence[str]] | None
    removes: int
    adds: int
    labels: int
    changes_file_id: int | None
    sealed: bool
    allow_removals: int | None
    requests: int


@dataclass(frozen=True)
class Planned:
    """What ``commit`` makes durable. ``file_id``: the published file of ``changes`` when that is not data."""

    counts: Counts
    changes: Changes
    batches: Sequence[Piece]
    file_id: int | None = None
    plan: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, Sequence[str]] | None = None
    sealed: bool = False
    allow_removals: int | None = None


class _Conflict(Exception):
    """Somebody was faster: undoes the transaction, never leaves this module."""


class Runs:
    """Every run of the store; numbers only grow."""

    def __init__(self, database: Database, vault: Vault, files: Files, ledgers: Ledgers, batches: Batches) -> None:
        self._database, self._vault = database, vault
        self._files, self._ledgers, self._batches = files, ledgers, batches

    def begin(self, activation_id: int, kind: str, now: float, ledger_id: int | None = None) -> Run:
        """Take a number (``planning``) for a plan of the activation's ledger as it is now, or of another one it had."""
        own = sa.select(_activations.c.ledger_id).where(_activations.c.id == activation_id)
        blank = {"reason": "", "counts": {}, "plan": {}, "removed": 0, "removes": 0, "adds": 0, "labels": 0}
        with self._database.write() as connection:
            ledger = self._ledgers.get(ledger_id or connection.execute(own).scalar() or 0)
            row = {"activation_id": activation_id, "ledger_id": ledger.id, "kind": kind}
            row |= {"epoch": ledger.epoch, "segment_id": ledger.segment_id}
            row |= {"state": "planning", "started": now, "sealed": False, "requests": 0, **blank}
            return self.get(insert_one(connection, _table, row))

    def commit(self, run_id: int, planned: Planned) -> None:
        """planning -> planned: the durable border. Changes and batches in one transaction; StoreError when the run is
        not being planned any more.
        """
        changes = planned.changes
        if changes.data is None and planned.file_id is None and changes.removes + changes.adds + changes.labels:
            raise ValueError("changes are either data or a published file")
        values = {
            "state": "planned",
            "counts": asdict(planned.counts),
            "plan": dict(planned.plan),
            "mapping": planned.mapping,
            "removed": planned.counts.removed - planned.counts.removed_before if changes.removes else 0,
            "removes": changes.removes,
            "adds": changes.adds,
            "labels": changes.labels,
            "changes": None if changes.data is None else self._vault.seal(changes.data),
            "changes_file_id": planned.file_id,
            "skip": pack(changes.skip) if changes.skip else None,
            "sealed": planned.sealed,
            "allow_removals": planned.allow_removals,
        }
        with self._database.write():
            if not self._move(run_id, ("planning",), **values):
                raise StoreError(f"Run {run_id} was given up while it was planned.")
            self._batches.add(run_id, planned.batches)

    def give_up(self, run_id: int, state: Literal["failed", "void"], reason: str, now: float) -> bool:
        """planning -> failed (an error) or void (nothing to do, or its process died)."""
        return self._move(run_id, ("planning",), state=state, reason=reason, ended=now)

    def sweep(self, activation_id: int, now: float) -> None:
        """Void what a killed process was planning; call it under the activation's lock."""
        mine = (_table.c.activation_id == activation_id) & (_table.c.state == "planning")
        update_any(self._database, _table, mine, state="void", reason="interrupted while planning", ended=now)

    def attach(self, run_id: int, segment_id: int, epoch: int) -> None:
        """Say which segment a planned run feeds, when it was made after planning and before the first claim."""
        if not self._move(run_id, ("planned", "waiting"), segment_id=segment_id, epoch=epoch):
            raise StoreError(f"Run {run_id} has begun already; it cannot be sent to another segment.")

    def wait(self, run_id: int, reason: str) -> bool:
        """planned or delivering -> waiting (for a person, a limit); the next claim makes it delivering again."""
        return self._move(run_id, ("planned", "delivering", "waiting"), state="waiting", reason=reason)

    def stop(self, run_id: int) -> bool:
        """planned, delivering or waiting -> closing: batches nobody claimed are void, claimed ones are void and
        *unsure*. No answer is accepted after it (``batches.settle`` returns False), so that the outcomes are final.
        """
        with self._database.write():
            if not self._move(run_id, ("planned", "delivering", "waiting"), state="closing"):
                return False
            self._batches.stop(run_id)
            return True

    def outcomes(self, run_id: int) -> tuple[Outcome, ...]:
        """What became of every position; final once the run is closing."""
        return self._batches.outcomes(run_id)

    def close(
        self,
        run_id: int,
        expected_version: int,
        delta: Delta | None,
        now: float,
        file_id: int | None = None,
        answered: Mapping[str, int] | None = None,
        **activation: Unpack[ActivationChanges],
    ) -> bool:
        """closing -> closed in one transaction: the delta appended to the ledger, the changes gone, the activation's
        fields set. False (and nothing happened): another process closed it, or the ledger changed since
        ``expected_version``: throw the delta away and look again. The delta of a run of another epoch is not
        appended: its segment is gone. A published ``file_id`` that was not used is dead. ``answered``: what became of
        its elements; that stays when its batches go.
        """
        try:
            with self._database.write():
                self._close(run_id, expected_version, delta, file_id, now, answered)
                self._update_activation(self.get(run_id).activation_id, run_id, activation)
        except _Conflict:
            if file_id is not None:
                self._files.retire(file_id)
            return False
        return True

    def _close(
        self,
        run_id: int,
        version: int,
        delta: Delta | None,
        file_id: int | None,
        now: float,
        answered: Mapping[str, int] | None,
    ) -> None:
        run = self.get(run_id)
        values: dict[str, Any] = {"state": "closed", "ended": now, "changes": None, "skip": None}
        if answered is not None:
            values["plan"] = {**run.plan, ANSWERED: dict(answered)}
        if not self._move(run_id, ("closing",), changes_file_id=None, **values):
            raise _Conflict
        same_segment = run.epoch == self._ledgers.get(run.ledger_id).epoch
        if delta is not None and same_segment and not self._ledgers.append(run.ledger_id, version, delta, file_id):
            raise _Conflict
        for dead in (run.changes_file_id, None if same_segment else file_id):
            if dead is not None:
                self._files.retire(dead)

    def changes(self, run_id: int) -> Changes:
        """The changes as the planner wrote them: blob opened, or the path of the file (checked; a sealed file is not
        readable: use ``store.files.opened(run.changes_file_id)`` and ``dataclasses.replace``).
        """
        query = sa.select(_table.c.changes, _table.c.skip).where(_table.c.id == run_id)
        with self._database.read() as connection:
            run = self.get(run_id)
            blob, skip = connection.execute(query).one()
        made = Changes(run.removes, run.adds, run.labels, skip=unpack(skip))
        if blob is not None:
            return replace(made, data=self._vault.open(blob))
        if run.changes_file_id is None:
            return made
        return replace(made, path=str(self._files.open(run.changes_file_id)))

    def update(self, run_id: int, *, plan: Mapping[str, Any] | None = None, reason: str | None = None) -> None:
        """What people see of it."""
        values = {key: value for key, value in {"plan": plan, "reason": reason}.items() if value is not None}
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.id == run_id).values(values))

    def get(self, run_id: int) -> Run:
        """By its number; StoreError when there is none."""
        found = self._select(_table.c.id == run_id)
        if not found:
            raise StoreError(f"Run {run_id} is not in the store.")
        return found[0]

    def open_run(self, activation_id: int) -> Run | None:
        """The run that is planned and not closed yet; None: plan anew."""
        return next(iter(self._select((_table.c.activation_id == activation_id) & _table.c.state.in_(OPEN))), None)

    def open_runs(self, ledger_id: int | None = None) -> list[Run]:
        """All planned and not closed ones, newest first; only those of one ledger where given."""
        of = sa.true() if ledger_id is None else _table.c.ledger_id == ledger_id
        return self._select(_table.c.state.in_(OPEN) & of)

    def removed_since(self, activation_id: int, at: float) -> int:
        """Members that runs of the activation planned since ``at`` removed."""
        lately = (_table.c.activation_id == activation_id) & (_table.c.started >= at)
        query = sa.select(sa.func.sum(_table.c.removed)).where(lately)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar() or 0)

    def told_since(self, segment_id: int, at: float) -> int:
        """Elements that runs planned since ``at`` told a segment, or meant to."""
        lately = (_table.c.segment_id == segment_id) & (_table.c.started >= at)
        query = sa.select(sa.func.sum(_table.c.removes + _table.c.adds)).where(lately)
        with self._database.read() as connection:
            return int(connection.execute(query).scalar() or 0)

    def largest_told(self, segment_id: int, since: float, until: float) -> int:
        """Additions of the run with most of them that began since ``since`` and ended before ``until``, as far as
        LinkedIn took them: members that are surely different ones.
        """
        closed = (_table.c.segment_id == segment_id) & (_table.c.state == "closed")
        when = (_table.c.started >= since) & (_table.c.ended <= until)
        found = next(iter(self._select(closed & when, 1, _table.c.adds.desc())), None)
        if found is None:
            return 0
        accepted = int(found.plan.get(ANSWERED, {}).get("accepted", 0))
        return max(min(found.adds, accepted - found.removes), 0)

    def last_sent(self, segment_id: int) -> float | None:
        """When the last run that told the segment something began; None: none did."""
        told = (_table.c.segment_id == segment_id) & (_table.c.requests > 0)
        with self._database.read() as connection:
            found: float | None = connection.execute(sa.select(sa.func.max(_table.c.started)).where(told)).scalar()
        return found

    def latest(self, activation_id: int | None = None, limit: int = 20) -> list[Run]:
        """Newest first."""
        of = sa.true() if activation_id is None else _table.c.activation_id == activation_id
        return self._select(of, limit)

    def newest(
        self, activation_ids: Collection[int] | None = None, first: int = PAGE, before: int | None = None
    ) -> Iterator[Run]:
        """Those of a lower number than ``before``, newest first, a page at a time; ``first``: how many are probably
        enough.
        """
        of, before = _of(activation_ids), (1 << 62 if before is None else before)
        while page := self._select(of & (_table.c.id < before), first):
            yield from page
            before, first = page[-1].id, PAGE

    def first_flushes(self, activation_ids: Collection[int] | None, since: int) -> list[Run]:
        """Of each activation the first flush whose number is ``since`` or higher."""
        flushes = _of(activation_ids) & (_table.c.kind == "flush") & (_table.c.id >= since)
        first = sa.select(sa.func.min(_table.c.id)).where(flushes).group_by(_table.c.activation_id)
        return self._select(_table.c.id.in_(first))

    def some(self, numbers: Collection[int]) -> list[Run]:
        """By their numbers, newest first; those that are gone by now are left out."""
        return self._select(_table.c.id.in_(numbers))

    def last_of_each(self, activation_ids: Collection[int], *, synced: bool = False) -> dict[int, Run]:
        """Activation -> its latest run, however it stands; ``synced``: the latest that compared all and was closed."""
        mine = sa.select(sa.func.max(_table.c.id)).where(_table.c.activation_id.in_(activation_ids))
        mine = mine.where(*SYNCED) if synced else mine
        found = self._select(_table.c.id.in_(mine.group_by(_table.c.activation_id)))
        return {run.activation_id: run for run in found}

    def _update_activation(self, activation_id: int, run_id: int, changes: ActivationChanges) -> None:
        values = {"last_run": run_id, **changes}
        with self._database.write() as connection:
            connection.execute(sa.update(_activations).where(_activations.c.id == activation_id).values(values))

    def _move(self, run_id: int, states: tuple[RunState, ...], **values: Any) -> bool:
        there = (_table.c.id == run_id) & _table.c.state.in_(states)
        with self._database.write() as connection:
            return connection.execute(sa.update(_table).where(there).values(values)).rowcount == 1

    def _select(
        self, where: sa.ColumnElement[bool], limit: int | None = None, order: sa.ColumnElement[Any] | None = None
    ) -> list[Run]:
        columns = [column for column in _table.c if column.name not in {"changes", "skip"}]
        first = [] if order is None else [order]
        query = sa.select(*columns).where(where).order_by(*first, _table.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [load(Run, row) for row in rows]


def _of(activation_ids: Collection[int] | None) -> sa.ColumnElement[bool]:
    return sa.true() if activation_ids is None else _table.c.activation_id.in_(activation_ids)
