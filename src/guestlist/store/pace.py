"""The pace of all workers of a store, in one row a key; the arithmetic is ``core.pace``."""

from __future__ import annotations

import sqlalchemy as sa

from guestlist.core import pace as core
from guestlist.store import schema
from guestlist.store.database import Database, insert_missing

_table = schema.pace


class Paces:
    """Keys name an authorised member and an endpoint: that is what LinkedIn limits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, key: str, rate_per_minute: float, now: float, burst: int = 1, turn: core.Turn = "bulk") -> float:
        """Take the next slot for one request; seconds to wait before sending it (0: go). See ``core.pace.reserve``."""
        with self._database.write() as connection:
            pace, wait = core.reserve(self._locked(connection, key), rate_per_minute, now, burst, turn)
            self._save(connection, key, pace)
            return wait

    def wait(self, key: str, rate_per_minute: float, now: float, burst: int = 1, turn: core.Turn = "bulk") -> float:
        """Seconds that ``reserve`` would say now; nothing is taken."""
        query = sa.select(_table.c.slot, _table.c.closed_until).where(_table.c.key == key)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return core.reserve(core.Pace(*row) if row else core.Pace(), rate_per_minute, now, burst, turn)[1]

    def penalise(self, key: str, until: float) -> None:
        """After a 429: nobody sends before ``until``. Who waits for a slot already should ask ``closed`` again."""
        with self._database.write() as connection:
            self._save(connection, key, core.penalise(self._locked(connection, key), until))

    def closed(self, key: str, now: float) -> float:
        """Seconds for which the key is closed by a penalty; 0: open."""
        query = sa.select(_table.c.closed_until).where(_table.c.key == key)
        with self._database.read() as connection:
            return max((connection.execute(query).scalar() or 0.0) - now, 0.0)

    @staticmethod
    def _locked(connection: sa.Connection, key: str) -> core.Pace:
        insert_missing(connection, _table, key=key, slot=0.0, closed_until=0.0)
        query = sa.select(_table.c.slot, _table.c.closed_until).where(_table.c.key == key).with_for_update()
        return core.Pace(*connection.execute(query).one())

    @staticmethod
    def _save(connection: sa.Connection, key: str, pace: core.Pace) -> None:
        values = {"slot": pace.slot, "closed_until": pace.closed_until}
        connection.execute(sa.update(_table).where(_table.c.key == key).values(values))
