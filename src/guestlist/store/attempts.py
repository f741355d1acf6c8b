"""Attempts: one try of a batch with its answer, and answers that came too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from guestlist.core.delivery import Answer
from guestlist.ports import Changes, Delta, Vault
from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.ledgers import Ledgers
from guestlist.store.rows import load

_table, _late, _runs, _batches = schema.attempts, schema.late_attempts, schema.runs, schema.batches


@dataclass(frozen=True)
class Attempt:
    """One row; columns are explained in ``schema.attempts``."""

    id: int
    batch_id: int
    run_id: int
    started: float
    ended: float
    kind: str
    status: int | None
    code: str
    text: str
    elements: int
    decision: str


@dataclass(frozen=True)
class LateAttempt:
    """An answer whose claim was lost; ``changes`` are the batch's rows, REMOVEs first."""

    id: int
    ledger_id: int
    epoch: int
    run_id: int
    batch_id: int
    at: float
    changes: Changes


class Attempts:
    """What happened to every request."""

    def __init__(self, database: Database, vault: Vault, ledgers: Ledgers) -> None:
        self._database, self._vault, self._ledgers = database, vault, ledgers

    def add(self, run_id: int, batch_id: int, answer: Answer, elements: int, decision: str) -> None:
        """Record one, in the transaction that settles; a request that may have reached LinkedIn counts in the run."""
        row = {"run_id": run_id, "batch_id": batch_id, "elements": elements, "decision": decision}
        row |= {"started": answer.started_at, "ended": answer.ended_at, "kind": answer.kind, "status": answer.status}
        row |= {"code": answer.code, "text": answer.text.replace("\0", "")[:300]}
        with self._database.write() as connection:
            connection.execute(sa.insert(_table).values(row))
            if answer.kind in {"answered", "unanswered", "over"}:
                sent = sa.update(_runs).where(_runs.c.id == run_id)
                connection.execute(sent.values(requests=_runs.c.requests + 1))

    def of_run(self, run_id: int, limit: int = 1000) -> list[Attempt]:
        """Newest first."""
        return self._select(_table.c.run_id == run_id, limit)

    def of_batch(self, batch_id: int) -> list[Attempt]:
        """Newest first."""
        return self._select(_table.c.batch_id == batch_id, 1000)

    def last_unanswered(self, ledger_id: int, other_than: int | None = None) -> float | None:
        """When the last request ended that told this ledger's segment something and was never answered; None: none.
        ``other_than``: those of this phase in a run that is still open do not count (there the same is told again).
        """
        telling = sa.select(sa.func.max(_table.c.ended)).join(_batches, _batches.c.id == _table.c.batch_id)
        query = telling.join(_runs, _runs.c.id == _table.c.run_id).where(
            _runs.c.ledger_id == ledger_id, _table.c.kind == "unanswered"
        )
        if other_than is not None:
            query = query.where(sa.or_(_batches.c.phase != other_than, _runs.c.state.in_(("closed", "failed", "void"))))
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def answered_per_hour(self, since: float) -> dict[float, int]:
        """Beginning of an hour (epoch seconds) -> elements of requests that LinkedIn answered in it."""
        near = sa.cast(_table.c.ended / 3600.0, sa.Integer)  # SQLite cuts off, PostgreSQL rounds
        hour = (near - sa.case((near * 3600.0 > _table.c.ended, 1), else_=0)).label("hour")
        query = sa.select(hour, sa.func.sum(_table.c.elements)).where(
            _table.c.ended >= since, _table.c.kind == "answered", _table.c.decision == "Settle"
        )
        with self._database.read() as connection:
            return {float(at) * 3600.0: int(elements) for at, elements in connection.execute(query.group_by("hour"))}

    def late(self, run_id: int, batch_id: int, changes: Changes, now: float) -> None:
        """An answer came after its claim was lost (or its run had closed): keep the batch's rows (``changes.data``),
        so that the next plan can make their identifiers unsure.
        """
        if changes.data is None:
            raise ValueError("a late attempt keeps its rows as data")
        row = {"run_id": run_id, "batch_id": batch_id, "at": now, "changes": self._vault.seal(changes.data)}
        of_run = sa.select(_runs.c.ledger_id, _runs.c.epoch).where(_runs.c.id == run_id)
        with self._database.write() as connection:
            ledger_id, epoch = connection.execute(of_run).one()
            row |= {"ledger_id": ledger_id, "epoch": epoch, "removes": changes.removes, "adds": changes.adds}
            connection.execute(sa.insert(_late).values(row))

    def late_ones(self, ledger_id: int) -> list[LateAttempt]:
        """Not folded yet and told to the ledger's segment of now, oldest first. Fold them before planning."""
        epoch = self._ledgers.get(ledger_id).epoch
        query = sa.select(_late).where(
            _late.c.ledger_id == ledger_id, _late.c.epoch == epoch, _late.c.folded_at.is_(None)
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_late.c.id)).mappings().all()
        return [self._opened(row) for row in rows]

    def fold_late(
        self, ledger_id: int, expected_version: int, ids: Sequence[int], delta: Delta, file_id: int | None, now: float
    ) -> bool:
        """Their delta is appended and they are done, in one transaction; False as in ``ledgers.append``."""
        with self._database.write() as connection:
            if not self._ledgers.append(ledger_id, expected_version, delta, file_id):
                return False
            connection.execute(sa.update(_late).where(_late.c.id.in_(ids)).values(folded_at=now, changes=b""))
            return True

    def _opened(self, row: sa.RowMapping) -> LateAttempt:
        changes = Changes(row["removes"], row["adds"], 0, data=self._vault.open(row["changes"]))
        return load(LateAttempt, {**row, "changes": changes})

    def _select(self, where: sa.ColumnElement[bool], limit: int) -> list[Attempt]:
        query = sa.select(_table).where(where).order_by(_table.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [load(Attempt, row) for row in rows]
