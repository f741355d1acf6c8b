"""The inbox: events that were acknowledged and are not folded yet, one sealed row per group commit.

Rows are taken and deleted by id and never by "all up to": on PostgreSQL a row may appear after one with a larger id,
and is then simply taken the next time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from guestlist.ports import Backlog
from guestlist.store import schema
from guestlist.store.database import Database, insert_one
from guestlist.store.vault import Vault

STEP = 500  # ids in one statement

_table = schema.inbox


@dataclass(frozen=True)
class InboxRow:
    """One group commit. ``received_at``: of its oldest event; ``data``: opened, see ``events.posting.decode``."""

    id: int
    received_at: float
    events: int
    data: bytes = field(repr=False)


class Inbox:
    """Whoever takes rows holds a lock: two who take at once get the same ones."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def append(self, data: bytes, events: int, received_at: float) -> int:
        """Keep what one commit brought; the row's number. Durable when the transaction is committed."""
        sealed = self._vault.seal(_packed(data))
        row = {"received_at": received_at, "events": events, "size": len(data), "data": sealed}
        with self._database.write() as connection:
            return insert_one(connection, _table, row)

    def take(self, limit_bytes: int) -> list[InboxRow]:
        """The oldest rows, together not above ``limit_bytes``, but one at least where there is any. They stay."""
        with self._database.read() as connection:
            ids = _up_to(connection, limit_bytes)
            query = sa.select(_table.c.id, _table.c.received_at, _table.c.events, _table.c.size, _table.c.data)
            rows = connection.execute(query.where(_table.c.id.in_(ids)).order_by(_table.c.id)).all()
        return [
            InboxRow(id_, at, events, _unpacked(self._vault.open(data), size)) for id_, at, events, size, data in rows
        ]

    def delete(self, ids: Sequence[int]) -> int:
        """Forget these rows, in the transaction that folds them; how many were still there."""
        count = 0
        with self._database.write() as connection:
            for start in range(0, len(ids), STEP):
                these = sa.delete(_table).where(_table.c.id.in_(ids[start : start + STEP]))
                count += connection.execute(these).rowcount
        return count

    def backlog(self) -> Backlog:
        """How much waits, and since when."""
        total = sa.func.coalesce
        query = sa.select(
            sa.func.count(),
            total(sa.func.sum(_table.c.events), 0),
            total(sa.func.sum(_table.c.size), 0),
            sa.func.min(_table.c.received_at),
        ).select_from(_table)
        with self._database.read() as connection:
            rows, events, size, oldest = connection.execute(query).one()
        return Backlog(int(rows), int(events), int(size), oldest)


def _up_to(connection: sa.Connection, limit_bytes: int) -> list[int]:
    """Numbers and sizes come first: a row that is too many is not read."""
    query = sa.select(_table.c.id, _table.c.size).order_by(_table.c.id).limit(STEP)
    ids: list[int] = []
    for id_, size in connection.execute(query):
        limit_bytes -= size
        if ids and limit_bytes < 0:
            break
        ids.append(id_)
    return ids


def _packed(data: bytes) -> bytes:
    """Events are a tenth of their size then: less to write, and to write again at a checkpoint."""
    import pyarrow  # noqa: PLC0415 - slow to import, and only who takes or folds events needs it

    return bytes(pyarrow.compress(data, codec="zstd", asbytes=True))


def _unpacked(packed: bytes, size: int) -> bytes:
    import pyarrow  # noqa: PLC0415

    return bytes(pyarrow.decompress(packed, size, codec="zstd", asbytes=True))
