"""Segments: LinkedIn's containers that this store made, and what LinkedIn last said of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from guestlist.errors import StoreError
from guestlist.ports import SegmentStatus
from guestlist.store import schema
from guestlist.store.database import Database, insert_one
from guestlist.store.ledgers import Ledgers
from guestlist.store.rows import load

_runs, _batches = schema.runs, schema.batches
_table, _ledgers = schema.segments, schema.ledgers

DELETED = "DELETED"  # our own among LinkedIn's words for a status: its finder does not list it any more


@dataclass(frozen=True)
class Segment:
    """One row; columns are explained in ``schema.segments``."""

    id: int
    activation_id: int
    ledger_id: int
    epoch: int
    linkedin_id: str | None
    source_segment_id: str
    name: str
    state: Literal["intent", "live", "dead"]
    created_at: float
    linkedin_status: str
    input: int | None
    matched: int | None
    audience_size: int | None
    ad_segment: str | None
    as_of: float | None
    unseen_since: float | None = None


class Segments:
    """Intent before POST, live once LinkedIn confirmed, dead when replaced or gone."""

    def __init__(self, database: Database, ledgers: Ledgers) -> None:
        self._database, self._ledgers = database, ledgers

    def by_id(self, segment_id: int) -> Segment:
        """By its number here; StoreError when there is none."""
        found = self._select(_table.c.id == segment_id)
        if not found:
            raise StoreError(f"Segment number {segment_id} is not in the store.")
        return found[0]

    def current(self, ledger_id: int) -> Segment | None:
        """The one the ledger speaks of now, intent or live; None: none yet."""
        speaks_of = sa.select(_ledgers.c.segment_id).where(_ledgers.c.id == ledger_id).scalar_subquery()
        return next(iter(self._select(_table.c.id == speaks_of)), None)

    def currents(self, ledger_ids: Collection[int]) -> dict[int, Segment]:
        """The same of several ledgers, by ledger; those that have none are left out."""
        speak_of = sa.select(_ledgers.c.segment_id).where(_ledgers.c.id.in_(ledger_ids))
        return {each.ledger_id: each for each in self._select(_table.c.id.in_(speak_of))}

    def all(self, *, live: bool = False) -> list[Segment]:
        """Every segment this store ever made, oldest first; ``live``: only those that can be told something."""
        return self._select(_table.c.state == "live" if live else sa.true())

    def of_activation(self, activation_id: int) -> list[Segment]:
        """Those of before a rebuild included, oldest first."""
        return self._select(_table.c.activation_id == activation_id)

    def begin(self, activation_id: int, ledger_id: int, source: str, name: str, now: float) -> Segment:
        """Write the intent of a new segment: commit this before POST.

        A new segment knows nobody, so in the same transaction the ledger gets a new epoch, all its parts are read as
        ``not_told``, and a segment it had before is dead. ``source`` is the sourceSegmentId of the first segment; one
        that is taken (by an earlier epoch, or by an activation of that name before) gets ``@2``, ``@3`` ...
        StoreError while a run of the ledger is open that may have told the old segment something: close it first.
        """
        with self._database.write() as connection:
            if connection.execute(_told_and_open(ledger_id)).first() is not None:
                raise StoreError("A run that told the old segment is still open; it must be closed before a new one.")
            epoch = self._ledgers.next_epoch(ledger_id)
            dead = sa.update(_table).where(_table.c.ledger_id == ledger_id, _table.c.state != "dead")
            connection.execute(dead.values(state="dead"))
            row = {"activation_id": activation_id, "ledger_id": ledger_id, "epoch": epoch, "name": name}
            row |= {"source_segment_id": self._free(source), "state": "intent", "created_at": now}
            made = insert_one(connection, _table, {**row, "linkedin_status": ""})
            connection.execute(sa.update(_ledgers).where(_ledgers.c.id == ledger_id).values(segment_id=made))
            return self.by_id(made)

    def _free(self, source: str) -> str:
        """A foreign key that was never used: a finder may still list dead segments under the others. Its "~" is no "@":
        whoever watches what leaves this machine looks for addresses by that.
        """
        like = _table.c.source_segment_id == source
        with self._database.read() as connection:
            number = 1
            while connection.execute(sa.select(_table.c.id).where(like)).first() is not None:
                number += 1
                like = _table.c.source_segment_id == f"{source}~{number}"
        return source if number == 1 else f"{source}~{number}"

    def asked(self, segment_id: int, now: float) -> None:
        """LinkedIn is about to be asked to make it: from now on a finder may come to show it."""
        self._move(segment_id, "intent", created_at=now)

    def confirm(self, segment_id: int, linkedin_id: str) -> bool:
        """intent -> live with LinkedIn's id; False when it was not an intent any more."""
        return self._move(segment_id, "intent", state="live", linkedin_id=linkedin_id)

    def bury(self, segment_id: int) -> None:
        """LinkedIn does not have it any more, or we deleted it. The ledger keeps naming it until ``begin``."""
        self._move(segment_id, None, state="dead")

    def rename(self, segment_id: int, name: str) -> None:
        """LinkedIn accepted a new name."""
        self._move(segment_id, None, name=name)

    def observed(self, segment_id: int, status: SegmentStatus, now: float) -> None:
        """Keep what LinkedIn said."""
        facts = {"input": status.input, "matched": status.matched, "audience_size": status.audience_size}
        said = {"linkedin_status": status.status, "ad_segment": status.ad_segment}
        self._move(segment_id, None, as_of=now, unseen_since=None, **facts, **said)

    def unseen(self, segment_id: int, now: float) -> float:
        """LinkedIn was asked and does not show it; since when it did not at any look (epoch seconds)."""
        with self._database.write() as connection:
            first = (_table.c.id == segment_id) & _table.c.unseen_since.is_(None)
            connection.execute(sa.update(_table).where(first).values(unseen_since=now))
            since = self.by_id(segment_id).unseen_since
        return now if since is None else since

    def seen(self, segment_id: int) -> None:
        """LinkedIn shows it, or takes what it is told."""
        self._move(segment_id, None, unseen_since=None)

    def missed(self, segment_id: int, now: float) -> None:
        """LinkedIn was asked often enough and does not have it any more."""
        self._move(segment_id, None, linkedin_status=DELETED, as_of=now)

    def before(self, segment: Segment) -> Segment | None:
        """The one that the same ledger fed before; None: this is its first."""
        earlier = (_table.c.ledger_id == segment.ledger_id) & (_table.c.id < segment.id)
        return next(iter(self._select(earlier)[-1:]), None)

    def _move(self, segment_id: int, from_state: str | None, **values: object) -> bool:
        statement = sa.update(_table).where(_table.c.id == segment_id).values(**values)
        if from_state is not None:
            statement = statement.where(_table.c.state == from_state)
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def _select(self, where: sa.ColumnElement[bool]) -> list[Segment]:
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table).where(where).order_by(_table.c.id)).mappings().all()
        return [load(Segment, row) for row in rows]


def _told_and_open(ledger_id: int) -> sa.Select[tuple[int]]:
    told = sa.or_(_batches.c.unsure, _batches.c.state.in_(("claimed", "settled", "split")))
    of_ledger = (_runs.c.ledger_id == ledger_id) & _runs.c.state.not_in(("closed", "failed", "void"))
    return sa.select(_runs.c.id).join(_batches, _batches.c.run_id == _runs.c.id).where(of_ledger, told).limit(1)
