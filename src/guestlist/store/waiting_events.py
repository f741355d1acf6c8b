"""Events whose end the next comparison of everybody finds: told without an answer, or a removal that is held back.

Rows of their own, so that a flush writes and reads what it brings, however many wait.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

import sqlalchemy as sa

from guestlist.events.touched import Told
from guestlist.store import lookups, schema
from guestlist.store.database import Database, add_many

_table = schema.waiting_events


class WaitingEvents:
    """Of each activation; whoever asks or changes holds the lock of its ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, activation_id: int, events: Iterable[Told]) -> None:
        """These wait too."""
        waiting = Counter((each.member, each.received, each.retried) for each in events)
        if not waiting:
            return
        names = ("activation_id", "member", "received", "retried", "events")
        rows = [dict(zip(names, (activation_id, *key, n), strict=True)) for key, n in sorted(waiting.items())]
        with self._database.write() as connection:
            add_many(connection, _table, rows, "events")

    def all(self, activation_id: int) -> list[Told]:
        """Every one."""
        columns = (_table.c.received, _table.c.member, _table.c.retried, _table.c.events)
        query = sa.select(*columns).where(_table.c.activation_id == activation_id)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(_table.c.member, _table.c.received))
            return [told for at, member, retried, n in found for told in [Told(at, member, (), bool(retried))] * n]

    def drop(self, activation_id: int) -> None:
        """They go on elsewhere; part of the transaction that says where."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.activation_id == activation_id))

    def among(self, activation_id: int, members: Collection[bytes]) -> set[bytes]:
        """Which of these members an event waits for."""
        column = _table.c.member
        with self._database.read() as connection:
            found = lookups.rows(connection, (column,), _table.c.activation_id, activation_id, column, members)
            return {member for (member,) in found}
