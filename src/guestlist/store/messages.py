"""Messages that decided lately, a row for each helping of the fold that brought some."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, insert_one

_table = schema.event_messages


@dataclass(frozen=True)
class MessagesRow:
    """Of one helping; see ``app.messages`` for ``data``."""

    id: int
    messages: int
    data: bytes


class Messages:
    """Whoever adds rows holds the lock of the fold."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, number: int) -> list[MessagesRow]:
        """The rows that came after this one, oldest first."""
        query = sa.select(_table.c.id, _table.c.messages, _table.c.data).where(_table.c.id > number)
        with self._database.read() as connection:
            return [MessagesRow(*row) for row in connection.execute(query.order_by(_table.c.id))]

    def add(self, data: bytes, messages: int, drop: int) -> int:
        """Keep a helping's, in the transaction that folds it, and forget those up to number ``drop``; its number."""
        with self._database.write() as connection:
            if drop:
                connection.execute(sa.delete(_table).where(_table.c.id <= drop))
            return insert_one(connection, _table, {"messages": messages, "data": data})
