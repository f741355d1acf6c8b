"""Batches: ranges of positions that are claimed, sent and settled; every transition is one guarded UPDATE.

``ready -> claimed -> settled | ready (retry) | split | parked``, ``parked -> ready``, and anything open -> ``void``
when the run stops. Whoever claimed a batch shows its token with each change; a False answer means the claim was lost:
record a late attempt (``store.attempts.late``) and touch nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from guestlist.errors import StoreError
from guestlist.ports import Outcome
from guestlist.store import schema
from guestlist.store.database import Database, update_any
from guestlist.store.rows import Exceptions, load, pack, unpack

BatchState = Literal["ready", "claimed", "settled", "split", "parked", "void"]
REMOVE_PHASE, ADD_PHASE = 1, 2

_table, _runs = schema.batches, schema.runs


@dataclass(frozen=True)
class Piece:
    """Positions for a new batch: [first, first + count), or exactly ``positions``. Children have its phase."""

    first: int = 0
    count: int = 0
    positions: tuple[int, ...] | None = None
    phase: int = 0
    not_before: float = 0.0


@dataclass(frozen=True)
class Batch:
    """One row; columns are explained in ``schema.batches``."""

    id: int
    run_id: int
    phase: int
    first: int
    count: int
    positions: tuple[int, ...] | None
    state: BatchState
    tries: int
    splits: int
    parent_id: int | None
    not_before: float
    claim: str | None
    claimed_at: float | None
    claim_until: float | None
    unsure: bool
    settled_at: float | None
    outcome: Exceptions

    def covers(self) -> Sequence[int]:
        """Its positions in the changes, in order."""
        return range(self.first, self.first + self.count) if self.positions is None else self.positions


@dataclass(frozen=True)
class BatchCount:
    """How many batches of a phase are in a state, and elements in them (those handed on to children not counted)."""

    phase: int
    state: BatchState
    batches: int
    elements: int
    unsure: int


class Batches:
    """The batches of all runs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, run_id: int, pieces: Sequence[Piece]) -> None:
        """New ``ready`` batches (``runs.commit`` calls this)."""
        rows = [_row(run_id, piece, piece.phase, 0, None, unsure=False) for piece in pieces]
        if rows:
            with self._database.write() as connection:
                connection.execute(sa.insert(_table), rows)

    def next_due(self, run_id: int, phase: int, now: float) -> Batch | None:
        """The first batch of the phase that can be claimed now: ready and due, or claimed by someone whose claim ran
        out. None: ``next_at`` says when to look again.
        """
        query = sa.select(_table).where(_table.c.run_id == run_id, _table.c.phase == phase, _claimable(now))
        with self._database.read() as connection:
            row = connection.execute(query.order_by(_table.c.id).limit(1)).mappings().first()
        return None if row is None else _loaded(row)

    def next_at(self, run_id: int, phase: int) -> float | None:
        """When the next batch of the phase can be claimed (also in the past); None: none is ready or claimed."""
        when = sa.case((_table.c.state == "ready", _table.c.not_before), else_=_table.c.claim_until)
        query = sa.select(sa.func.min(when)).where(
            _table.c.run_id == run_id, _table.c.phase == phase, _table.c.state.in_(("ready", "claimed"))
        )
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def claim(self, batch_id: int, token: str, until: float, now: float) -> bool:
        """ready (and due) -> claimed, run -> delivering. A claim that ran out may be claimed again: that batch was
        perhaps sent, so it is *unsure* from then on.
        """
        return self._claim(batch_id, _claimable(now), token, until, now)

    def take_over(self, batch_id: int, old_token: str, token: str, until: float, now: float) -> bool:
        """claimed -> claimed by us, at once: the caller holds the lock that the former holder's death freed."""
        return self._claim(batch_id, _held_by(old_token), token, until, now)

    def settle(self, batch_id: int, token: str, outcome: Exceptions, now: float, again: Sequence[Piece] = ()) -> bool:
        """claimed -> settled: answered; all positions accepted but those in ``outcome``. ``again``: positions that
        were sent and not answered, to be told again as new batches (they are not this batch's any more).
        """
        values = {"state": "settled", "settled_at": now, "outcome": outcome.packed(), "unsure": False}
        return self._release(batch_id, token, values, again, again_unsure=True)

    def retry(
        self, batch_id: int, token: str, not_before: float, *, burn: bool = True, unsure: bool | None = None
    ) -> bool:
        """claimed -> ready from ``not_before`` on. ``burn`` counts a try; ``unsure`` True: it was sent and not
        answered; None leaves that as it was.
        """
        values: dict[str, Any] = {"tries": _table.c.tries + (1 if burn else 0), "not_before": not_before}
        if unsure is not None:
            values["unsure"] = unsure
        return self._release(batch_id, token, {**values, "state": "ready"})

    def split(self, batch_id: int, token: str, children: Sequence[Piece]) -> bool:
        """claimed -> split: the children cover all its positions and carry on, one split deeper, as unsure as it."""
        return self._release(batch_id, token, {"state": "split"}, children)

    def park(self, batch_id: int, token: str, *, unsure: bool | None = None) -> bool:
        """claimed -> parked: waits for a person, burns nothing."""
        values = {} if unsure is None else {"unsure": unsure}
        return self._release(batch_id, token, {**values, "state": "parked"})

    def unpark(self, run_id: int, not_before: float = 0.0) -> int:
        """parked -> ready, all of a run; how many."""
        parked = (_table.c.run_id == run_id) & (_table.c.state == "parked")
        return update_any(self._database, _table, parked, state="ready", not_before=not_before)

    def void_unclaimed(self, run_id: int, phase: int | None = None) -> int:
        """ready or parked -> void (those that may have been told stay *unsure*); how many. Claimed ones go on."""
        return self._void(run_id, ("ready", "parked"), phase)

    def stop(self, run_id: int) -> None:
        """ready, parked, claimed -> void; claimed ones are *unsure* (``runs.stop`` calls this)."""
        self._void(run_id, ("ready", "parked", "claimed"), None)

    def get(self, batch_id: int) -> Batch:
        """By its number; StoreError when there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.id == batch_id)).mappings().first()
        if row is None:
            raise StoreError(f"Batch {batch_id} is not in the store.")
        return _loaded(row)

    def of_run(self, run_id: int) -> list[Batch]:
        """All, in the order they were made."""
        with self._database.read() as connection:
            query = sa.select(_table).where(_table.c.run_id == run_id).order_by(_table.c.id)
            rows = connection.execute(query).mappings().all()
        return [_loaded(row) for row in rows]

    def claimed(self, run_id: int) -> list[Batch]:
        """Those somebody may be sending."""
        return [batch for batch in self.of_run(run_id) if batch.state == "claimed"]

    def counts(self, run_id: int) -> list[BatchCount]:
        """By phase and state; split batches, whose children count, are left out."""
        child = _table.alias()
        in_children = sa.select(child.c.parent_id, sa.func.sum(child.c.count).label("elements"))
        handed_on = in_children.where(child.c.run_id == run_id).group_by(child.c.parent_id).subquery()
        elements = sa.func.sum(_table.c.count - sa.func.coalesce(handed_on.c.elements, 0))
        query = (
            sa.select(_table.c.phase, _table.c.state, sa.func.count(), elements, sa.func.sum(_one_if(_table.c.unsure)))
            .outerjoin(handed_on, handed_on.c.parent_id == _table.c.id)
            .where(_table.c.run_id == run_id, _table.c.state != "split")
            .group_by(_table.c.phase, _table.c.state)
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.phase, _table.c.state)).all()
        return [BatchCount(phase, state, *(int(number) for number in rest)) for phase, state, *rest in rows]

    def outcomes(self, run_id: int) -> tuple[Outcome, ...]:
        """What became of every position that was in a batch, each position once."""
        batches = self.of_run(run_id)
        handed_on: dict[int, set[int]] = {}
        for batch in batches:
            if batch.parent_id is not None:
                handed_on.setdefault(batch.parent_id, set()).update(batch.covers())
        kept = [batch for batch in batches if batch.state != "split"]
        return tuple(outcome for batch in kept for outcome in _outcomes(batch, handed_on.get(batch.id, set())))

    def _claim(self, batch_id: int, may: sa.ColumnElement[bool], token: str, until: float, now: float) -> bool:
        perhaps_sent = sa.or_(_table.c.unsure, _table.c.state == "claimed")
        values = {"state": "claimed", "claim": token, "claimed_at": now, "claim_until": until, "unsure": perhaps_sent}
        statement = sa.update(_table).where(_table.c.id == batch_id, may).values(values).returning(_table.c.run_id)
        with self._database.write() as connection:
            run_id = connection.execute(statement).scalar()
            if run_id is None:
                return False
            begun = sa.update(_runs).where(_runs.c.id == run_id, _runs.c.state.in_(("planned", "waiting")))
            connection.execute(begun.values(state="delivering", reason=""))
            return True

    def _release(
        self,
        batch_id: int,
        token: str,
        values: Mapping[str, Any],
        children: Sequence[Piece] = (),
        *,
        again_unsure: bool = False,
    ) -> bool:
        free = {"claim": None, "claimed_at": None, "claim_until": None, **values}
        statement = sa.update(_table).where(_table.c.id == batch_id, _held_by(token)).values(free).returning(_table)
        with self._database.write() as connection:
            row = connection.execute(statement).mappings().first()
            if row is None:
                return False
            unsure = again_unsure or bool(row["unsure"])
            rows = [_row(row["run_id"], c, row["phase"], row["splits"] + 1, batch_id, unsure=unsure) for c in children]
            if rows:
                connection.execute(sa.insert(_table), rows)
            return True

    def _void(self, run_id: int, states: Sequence[BatchState], phase: int | None) -> int:
        open_ones = (_table.c.run_id == run_id) & _table.c.state.in_(states)
        if phase is not None:
            open_ones &= _table.c.phase == phase
        perhaps_sent = sa.or_(_table.c.unsure, _table.c.state == "claimed")
        values = {"state": "void", "unsure": perhaps_sent, "claim": None, "claim_until": None}
        with self._database.write() as connection:
            return connection.execute(sa.update(_table).where(open_ones).values(values)).rowcount


def _claimable(now: float) -> sa.ColumnElement[bool]:
    due = (_table.c.state == "ready") & (_table.c.not_before <= now)
    return due | ((_table.c.state == "claimed") & (_table.c.claim_until <= now))


def _one_if(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.case((condition, 1), else_=0)


def _held_by(token: str) -> sa.ColumnElement[bool]:
    return (_table.c.state == "claimed") & (_table.c.claim == token)


def _row(
    run_id: int, piece: Piece, phase: int, splits: int, parent_id: int | None, *, unsure: bool
) -> Mapping[str, Any]:
    listed = piece.positions
    return {
        "run_id": run_id,
        "phase": phase,
        "first": piece.first if listed is None else min(listed, default=0),
        "count": piece.count if listed is None else len(listed),
        "positions": None if listed is None else pack(listed),
        "state": "ready",
        "tries": 0,
        "splits": splits,
        "parent_id": parent_id,
        "not_before": piece.not_before,
        "unsure": unsure,
    }


def _loaded(row: sa.RowMapping) -> Batch:
    positions = None if row["positions"] is None else unpack(row["positions"])
    return load(Batch, {**row, "positions": positions, "outcome": Exceptions.unpacked(row["outcome"])})


def _outcomes(batch: Batch, handed_on: set[int]) -> Iterator[Outcome]:
    """A batch that is still ready or claimed counts as it would if the run stopped now."""
    result: Literal["accepted", "unsure", "void"] = "accepted"
    if batch.state != "settled":
        result = "unsure" if batch.unsure or batch.state == "claimed" else "void"
    at = batch.settled_at if result == "accepted" else None
    refused, missing, void = batch.outcome.refused, batch.outcome.open, batch.outcome.void
    if void:
        yield Outcome("void", positions=void)
    left_out = handed_on.union(void)
    if batch.positions is None and not left_out:
        yield Outcome(result, batch.first, batch.count, refused=refused, open=missing, at=at)
    elif listed := tuple(position for position in batch.covers() if position not in left_out):
        yield Outcome(result, positions=listed, refused=refused, open=missing, at=at)
