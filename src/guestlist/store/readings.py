"""What LinkedIn said of segments over time."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from guestlist.core.counting import Reading
from guestlist.ports import SegmentStatus
from guestlist.store import schema
from guestlist.store.database import Database, upsert
from guestlist.store.rows import load

EVERY = 86_400.0  # seconds after which the same is noted again, so that a line has points

_table = schema.readings


class Readings:
    """Rows are only ever added: a row a day is little."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, segment_id: int, said: SegmentStatus, told: int | None, now: float) -> None:
        """Keep it if it is news, or the last is a day old."""
        values = {
            "status": said.status, "input": said.input, "matched": said.matched,
            "audience_size": said.audience_size, "told": told,
        }  # fmt: skip
        last = sa.select(_table).where(_table.c.segment_id == segment_id).order_by(_table.c.at.desc()).limit(1)
        with self._database.write() as connection:
            row = connection.execute(last).mappings().first()
            same = row is not None and all(row[key] == value for key, value in values.items())
            if not same or row is None or now - row["at"] >= EVERY:
                upsert(connection, _table, {"segment_id": segment_id, "at": now}, values)

    def of(self, segment_ids: Collection[int], since: float = 0.0) -> list[Reading]:
        """Of some segments, oldest first."""
        query = sa.select(_table).where(_table.c.segment_id.in_(segment_ids), _table.c.at >= since)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(_table.c.at)).mappings().all()
        return [load(Reading, row) for row in rows]
