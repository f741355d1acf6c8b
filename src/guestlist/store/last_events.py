"""The last event that came with each write key: to try activations with, and to see what a mapping reads."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database, insert_missing
from guestlist.store.vault import Vault

_table, _meta = schema.last_events, schema.meta


class LastEvents:
    """One of each write key, sealed: it names people in clear."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def hold(self) -> None:
        """Until the transaction ends, whoever keeps one and whoever erases them wait for each other: neither overlooks
        what the other is about to write.
        """
        query = sa.select(_meta.c.key).where(_meta.c.key == "store_id").with_for_update()
        with self._database.write() as connection:
            connection.execute(query)

    def keep(self, write_key: str, at: float, data: bytes) -> bool:
        """``data``: see ``events.posting.encode``. False: a later one is there already."""
        older = (_table.c.write_key == write_key) & (_table.c.at <= at)
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(older))
            return insert_missing(connection, _table, write_key=write_key, at=at, data=self._vault.seal(data))

    def newest(self, write_keys: Collection[str]) -> bytes | None:
        """The last one with any of these; None: there is none."""
        query = sa.select(_table.c.data).where(_table.c.write_key.in_(list(write_keys)))
        with self._database.read() as connection:
            sealed = connection.execute(query.order_by(_table.c.at.desc()).limit(1)).scalar()
        return None if sealed is None else self._vault.open(sealed)

    def erase(self) -> None:
        """All of them, whoever they speak of. Put the suppressions into the same transaction."""
        with self._database.write() as connection:
            self.hold()
            connection.execute(sa.delete(_table))

    def forget_before(self, moment: float) -> None:
        """Those that are too old to be looked at."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.at < moment))
