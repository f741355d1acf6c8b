"""What became of events, counted: per activation, five minutes of receipt, outcome and code."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, add_to

Counted = tuple[int, int, str, str]  # activation (0: none, or all of them), bucket, outcome, code

_table = schema.event_counts


class EventCounts:
    """Numbers are added in the transaction that makes them true."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, counts: Mapping[Counted, int]) -> None:
        """Count these, whoever else counts at the same time."""
        with self._database.write() as connection:
            for (activation, bucket, outcome, code), events in sorted(counts.items()):
                key = {"activation_id": activation, "bucket": bucket, "outcome": str(outcome), "code": code}
                add_to(connection, _table, key, {"events": events})

    def since(self, bucket: int) -> dict[Counted, int]:
        """All counts of this bucket and of later ones."""
        columns = (_table.c.activation_id, _table.c.bucket, _table.c.outcome, _table.c.code, _table.c.events)
        with self._database.read() as connection:
            rows = connection.execute(sa.select(*columns).where(_table.c.bucket >= bucket)).all()
        return {(activation, at, outcome, code): events for activation, at, outcome, code, events in rows}
