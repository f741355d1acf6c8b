"""Forgetting: receipts of what was asked and answered, and the identifiers that must not come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from guestlist.core.identity import IdType
from guestlist.errors import StoreError
from guestlist.store import schema
from guestlist.store.database import Database, insert_one
from guestlist.store.rows import load

_receipts, _targets, _table = schema.receipts, schema.receipt_targets, schema.suppressions


@dataclass(frozen=True)
class Target:
    """One segment that a receipt reaches; columns are explained in ``schema.receipt_targets``."""

    ledger_id: int
    activation: str
    segment: str
    run_id: int | None = None
    answered_at: float | None = None


@dataclass(frozen=True)
class Blocked:
    """An identifier that is blocked, and the key16 of the value that was given for it."""

    id16: bytes
    id_type: IdType
    given16: bytes


@dataclass(frozen=True)
class Receipt:
    """What was asked to be forgotten (masked) and where it was told."""

    id: int
    asked: Sequence[Any]
    state: Literal["incomplete", "complete"]
    created: float
    completed: float | None
    targets: tuple[Target, ...]


class Receipts:
    """``incomplete`` until every target has answered."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, asked: Sequence[Any], targets: Sequence[Target], now: float) -> Receipt:
        """``asked``: JSON values free of anything readable. Without targets it is complete at once. Put the
        suppressions into the same transaction.
        """
        row = {"asked": list(asked), "state": "incomplete", "created": now}
        with self._database.write() as connection:
            made = insert_one(connection, _receipts, row)
            rows = [{"receipt_id": made, **target.__dict__} for target in targets]
            if rows:
                connection.execute(sa.insert(_targets), rows)
            self._complete(made, now)
            return self.get(made)

    def telling(self, receipt_id: int, ledger_id: int, run_id: int) -> None:
        """The run that tells this target."""
        self._update(receipt_id, ledger_id, run_id=run_id)

    def answered(self, receipt_id: int, ledger_id: int, now: float) -> None:
        """LinkedIn answered for this target; the last one completes the receipt."""
        with self._database.write():
            self._update(receipt_id, ledger_id, answered_at=now)
            self._complete(receipt_id, now)

    def get(self, receipt_id: int) -> Receipt:
        """By its number; StoreError when there is none."""
        found = self._select(_receipts.c.id == receipt_id)
        if not found:
            raise StoreError(f"Receipt {receipt_id} is not in the store.")
        return found[0]

    def all(self) -> list[Receipt]:
        """Newest first."""
        return self._select(sa.true())

    def incomplete(self) -> list[Receipt]:
        """Those that still wait for an answer, newest first."""
        return self._select(_receipts.c.state == "incomplete")

    def _update(self, receipt_id: int, ledger_id: int, **values: object) -> None:
        target = (_targets.c.receipt_id == receipt_id) & (_targets.c.ledger_id == ledger_id)
        with self._database.write() as connection:
            if connection.execute(sa.update(_targets).where(target).values(values)).rowcount == 0:
                raise StoreError(f"Receipt {receipt_id} does not reach ledger {ledger_id}.")

    def _complete(self, receipt_id: int, now: float) -> None:
        unanswered = sa.select(_targets.c.receipt_id).where(
            _targets.c.receipt_id == receipt_id, _targets.c.answered_at.is_(None)
        )
        done = (_receipts.c.id == receipt_id) & (_receipts.c.state == "incomplete") & ~unanswered.exists()
        with self._database.write() as connection:
            connection.execute(sa.update(_receipts).where(done).values(state="complete", completed=now))

    def _select(self, where: sa.ColumnElement[bool]) -> list[Receipt]:
        with self._database.read() as connection:
            rows = (
                connection.execute(sa.select(_receipts).where(where).order_by(_receipts.c.id.desc())).mappings().all()
            )
            return [load(Receipt, {**row, "targets": self._targets_of(row["id"])}) for row in rows]

    def _targets_of(self, receipt_id: int) -> tuple[Target, ...]:
        query = sa.select(_targets).where(_targets.c.receipt_id == receipt_id).order_by(_targets.c.ledger_id)
        with self._database.read() as connection:
            return tuple(load(Target, row) for row in connection.execute(query).mappings().all())


class Suppressions:
    """Identifiers that were forgotten: rows that carry one are rejected, waiting ones are skipped when read."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, receipt_id: int, identifiers: Sequence[Blocked], now: float) -> None:
        """Block these."""
        fixed = {"receipt_id": receipt_id, "created": now}
        rows = [
            {"id16": each.id16, "id_type": int(each.id_type), "given16": each.given16, **fixed} for each in identifiers
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(sa.insert(_table), rows)

    def active(self) -> tuple[bytes, ...]:
        """Every key16 that is blocked, sorted."""
        query = sa.select(_table.c.id16).where(_table.c.undone_at.is_(None)).distinct().order_by(_table.c.id16)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars().all())

    def holds(self, keys: Sequence[bytes]) -> bool:
        """Whether one of these few is blocked."""
        query = sa.select(_table.c.id).where(_table.c.id16.in_(list(keys)), _table.c.undone_at.is_(None)).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).first() is not None

    def keys(self) -> frozenset[bytes]:
        """The same, to look up in."""
        return frozenset(self.active())

    def version(self) -> tuple[int, int]:
        """Another one after every change, and cheaper than the keys: look before each batch."""
        query = sa.select(sa.func.coalesce(sa.func.max(_table.c.id), 0), sa.func.count(_table.c.undone_at))
        with self._database.read() as connection:
            newest, undone = connection.execute(query).one()
        return int(newest), int(undone)

    def unblock(self, keys: Sequence[bytes], now: float) -> int:
        """Unblock these key16s and whatever they led to, whichever receipts blocked them; how many identifiers."""
        led_to = sa.select(_table.c.id16).where(_table.c.given16.in_(list(keys)), _table.c.undone_at.is_(None))
        with self._database.write() as connection:
            all_of_them = {*keys, *connection.execute(led_to).scalars()}
            these = _table.c.id16.in_(list(all_of_them)) & _table.c.undone_at.is_(None)
            blocked = len(set(connection.execute(sa.select(_table.c.id16).where(these)).scalars()))
            connection.execute(sa.update(_table).where(these).values(undone_at=now))
            return blocked

    def undone(self, receipt_id: int) -> bool:
        """Whether nothing that the receipt blocked is blocked any more."""
        still = (_table.c.receipt_id == receipt_id) & _table.c.undone_at.is_(None)
        query = sa.select(sa.func.count()).where(_table.c.receipt_id == receipt_id)
        with self._database.read() as connection:
            blocked = connection.execute(query).scalar_one()
            return blocked > 0 and connection.execute(sa.select(_table.c.id16).where(still).limit(1)).first() is None

    def undo(self, receipt_id: int, now: float) -> int:
        """Unblock what one receipt blocked; how many identifiers. Those another receipt blocks too stay blocked."""
        of_receipt = (_table.c.receipt_id == receipt_id) & _table.c.undone_at.is_(None)
        with self._database.write() as connection:
            return connection.execute(sa.update(_table).where(of_receipt).values(undone_at=now)).rowcount
