"""What became of events, counted in buckets of five minutes of their receipt; their latencies; samples of each end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from guestlist.events.outcomes import BUCKET, Outcome, bucket, slot
from guestlist.ports import Vault
from guestlist.store import schema
from guestlist.store.database import Database, add_many, insert_one

_counts, _latency, _samples, _told = (
    schema.event_counts,
    schema.event_latency,
    schema.event_samples,
    schema.run_events,
)
SAMPLES = 10  # kept of each outcome and code
NOBODY = 0  # the activation of events that concern none

Ends = Counter[tuple[int, int, str, str]]  # (activation, bucket, outcome, code) -> events


@dataclass(frozen=True)
class Sample:
    """One event that ended so. ``data``: JSON of what was sent, requested and answered, masked."""

    activation_id: int
    outcome: str
    code: str
    at: float
    data: bytes


class EventCounts:
    """Counters of the store; every change is part of the transaction that makes it true."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def add(self, ends: Mapping[tuple[int, int, str, str], int]) -> None:
        """Count (negative: take back, when an event goes on from one outcome to the next)."""
        names = ("activation_id", "bucket", "outcome", "code", "events")
        rows = [dict(zip(names, (*key, n), strict=True)) for key, n in sorted(ends.items()) if n]
        with self._database.write() as connection:
            add_many(connection, _counts, rows, "events")

    def took(self, activation_id: int, events: Iterable[tuple[float, float]]) -> None:
        """Latencies of events that LinkedIn accepted: when each was received and when it was answered."""
        slots = Counter((bucket(at), slot(max(answered - at, 0.0))) for at, answered in events)
        rows = [
            {"activation_id": activation_id, "bucket": five, "slot": which, "events": n}
            for (five, which), n in slots.items()
        ]
        with self._database.write() as connection:
            add_many(connection, _latency, rows, "events")

    def since(self, first: int) -> dict[tuple[int, int, str, str], int]:
        """(activation, bucket, outcome, code) -> events of this bucket of receipt and of later ones."""
        columns = (_counts.c.activation_id, _counts.c.bucket, _counts.c.outcome, _counts.c.code, _counts.c.events)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).where(_counts.c.bucket >= first)).all()
        return {(activation, five, outcome, code): int(n) for activation, five, outcome, code, n in rows}

    def totals(
        self, at: float, activation_id: int | None = None, until: float | None = None
    ) -> Counter[tuple[int, str, str]]:
        """(activation, outcome, code) -> events received since ``at`` and before ``until`` (whole buckets)."""
        rows = self._rows(at, activation_id, until)
        return Counter({(row.activation_id, row.outcome, row.code): int(row.n) for row in rows if row.n})

    def over_time(self, at: float, until: float, activation_id: int, width: int) -> dict[tuple[int, str], int]:
        """(which of the stretches of ``width`` buckets since ``at``, outcome) -> events received in it."""
        since = _counts.c.bucket - bucket(at)
        nth = ((since - since % width) / width).label("nth")
        query = sa.select(nth, _counts.c.outcome, sa.func.sum(_counts.c.events)).where(
            _counts.c.activation_id == activation_id, _within(_counts, at, until)
        )
        with self._database.read() as connection:
            rows = connection.execute(query.group_by("nth", _counts.c.outcome))
            return {(int(which), outcome): int(n) for which, outcome, n in rows}

    def _rows(self, at: float, activation_id: int | None, until: float | None) -> list[Any]:
        query = sa.select(
            _counts.c.activation_id, _counts.c.outcome, _counts.c.code, sa.func.sum(_counts.c.events).label("n")
        ).where(_within(_counts, at, until))
        if activation_id is not None:
            query = query.where(_counts.c.activation_id == activation_id)
        with self._database.read() as connection:
            found = connection.execute(query.group_by(*query.selected_columns[:3]))
            return list(found)

    def latencies(self, at: float, activation_id: int | None = None, until: float | None = None) -> dict[int, int]:
        """Slot -> events delivered, of those received since ``at`` and before ``until``."""
        query = sa.select(_latency.c.slot, sa.func.sum(_latency.c.events)).where(_within(_latency, at, until))
        if activation_id is not None:
            query = query.where(_latency.c.activation_id == activation_id)
        with self._database.read() as connection:
            return {which: int(n) for which, n in connection.execute(query.group_by(_latency.c.slot))}

    # ── samples ──────────────────────────────────────────────────────────────────────────────────────────────────
    def sample(self, activation_id: int, outcome: Outcome, code: str, at: float, data: bytes) -> None:
        """Keep one, the latest few of its kind."""
        kind = (_samples.c.activation_id == activation_id) & (_samples.c.outcome == outcome) & (_samples.c.code == code)
        newest = sa.select(_samples.c.id).where(kind).order_by(_samples.c.id.desc()).limit(SAMPLES).subquery()
        row = {"activation_id": activation_id, "outcome": str(outcome), "code": code, "at": at}
        with self._database.write() as connection:
            insert_one(connection, _samples, row | {"data": self._vault.seal(data)})
            connection.execute(sa.delete(_samples).where(kind, _samples.c.id.not_in(sa.select(newest.c.id))))

    def samples(self, activation_id: int | None = None, since: float = 0.0, until: float | None = None) -> list[Sample]:
        """Newest first."""
        query = sa.select(_samples).where(_samples.c.at >= since).order_by(_samples.c.id.desc())
        query = query if until is None else query.where(_samples.c.at < until)
        if activation_id is not None:
            query = query.where(_samples.c.activation_id == activation_id)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [Sample(r.activation_id, r.outcome, r.code, r.at, self._vault.open(r.data)) for r in rows]

    def forget_before(self, at: float, samples_before: float) -> None:
        """Buckets and samples that are too old to be looked at."""
        with self._database.write() as connection:
            for table in (_counts, _latency):
                connection.execute(sa.delete(table).where(table.c.bucket < bucket(at)))
            connection.execute(sa.delete(_samples).where(_samples.c.at < samples_before))

    # ── events of a run ──────────────────────────────────────────────────────────────────────────────────────────
    def told_by(self, run_id: int, data: bytes, sent: bytes = b"") -> None:
        """A run tells these events (``events.touched.pack_told``), of which a few were kept (``pack_sent``)."""
        sealed = self._vault.seal(sent) if sent else None
        with self._database.write() as connection:
            connection.execute(sa.insert(_told).values(run_id=run_id, data=data, sent=sealed))

    def sent_by(self, run_id: int) -> bytes:
        """The few events of a run that were kept, until they are counted; b"" none."""
        with self._database.read() as connection:
            sealed = connection.execute(sa.select(_told.c.sent).where(_told.c.run_id == run_id)).scalar()
        return self._vault.open(sealed) if sealed else b""

    def of_run(self, run_id: int) -> bytes | None:
        """The events a run tells; None: it tells none, or they were counted already."""
        with self._database.read() as connection:
            return connection.execute(sa.select(_told.c.data).where(_told.c.run_id == run_id)).scalar()

    def uncounted(self, activation_id: int) -> list[int]:
        """Closed runs whose events nobody lived to count."""
        runs = schema.runs
        query = sa.select(_told.c.run_id).join(runs, runs.c.id == _told.c.run_id)
        query = query.where(runs.c.activation_id == activation_id, runs.c.state == "closed").order_by(runs.c.id)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def counted(self, run_id: int) -> bool:
        """They were counted; False: somebody else had counted them."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(_told).where(_told.c.run_id == run_id)).rowcount == 1


def _within(table: sa.Table, at: float, until: float | None) -> sa.ColumnElement[bool]:
    """Whole buckets: that of ``at`` included, and that of ``until`` if any of it lies before."""
    since = table.c.bucket >= bucket(at)
    return since if until is None else since & (table.c.bucket * BUCKET < until)
