"""Notices: what somebody was told already, so that the same thing is sent at most once a day."""

from __future__ import annotations

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, insert_missing

DAY = 24 * 3600.0

_table = schema.notices


class Notices:
    """Keys name an event and its subject; several processes may ask at once, one of them is told to send."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key: str, now: float) -> bool:
        """The thing is so now. True: send the notice (it is new, or a day has passed since the last one)."""
        with self._database.write() as connection:
            if insert_missing(connection, _table, key=key, open=True, since=now, sent_at=now):
                return True
            since = sa.case((_table.c.open, _table.c.since), else_=now)
            connection.execute(self._of(key).values(open=True, since=since))
            due = self._of(key).where(_table.c.sent_at <= now - DAY)
            return connection.execute(due.values(sent_at=now)).rowcount == 1

    def over(self, key: str) -> bool:
        """The thing is over. True: it was on until now and somebody heard of it, so send that it is over."""
        with self._database.write() as connection:
            heard = self._of(key).where(_table.c.open, _table.c.sent_at >= _table.c.since)
            said = connection.execute(heard.values(open=False)).rowcount == 1
            connection.execute(self._of(key).values(open=False))
            return said

    def unsent(self, key: str) -> None:
        """Sending failed: the next ``begin`` says True again."""
        with self._database.write() as connection:
            connection.execute(self._of(key).values(sent_at=0.0))

    def rename(self, old: str, new: str) -> None:
        """What was told under one key was told under another; what was told under that before is nobody's."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.key == new))
            connection.execute(self._of(old).values(key=new))

    def heard(self) -> list[str]:
        """What is on now and was sent."""
        on = sa.select(_table.c.key).where(_table.c.open, _table.c.sent_at >= _table.c.since)
        query = on.order_by(_table.c.key)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars().all())

    def _of(self, key: str) -> sa.Update:
        return sa.update(_table).where(_table.c.key == key)
