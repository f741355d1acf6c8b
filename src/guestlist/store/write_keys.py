"""Write keys: who may send events. Only digests are stored; the key itself is shown once, when it is made."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from guestlist.errors import ChangedMeanwhile
from guestlist.store import named_secrets, schema
from guestlist.store.database import Database
from guestlist.store.named_secrets import digest
from guestlist.store.rows import load

PREFIX = "gl_"

_table = schema.write_keys


@dataclass(frozen=True)
class WriteKey:
    """One row without its digest; columns are explained in ``schema.write_keys``."""

    name: str
    created_at: float
    revoked_at: float | None


class WriteKeys:
    """A key has 192 random bits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, now: float) -> str:
        """A new key, to be shown once. A revoked name may be used again; ChangedMeanwhile while it is in use."""
        key = PREFIX + secrets.token_urlsafe(24)
        if not named_secrets.keep(self._database, _table, name, digest=digest(key), created_at=now):
            raise ChangedMeanwhile(f"There is a write key '{name}' already: revoke it first, or take another name.")
        return key

    def name_of(self, key: str) -> str | None:
        """The name of a key that may be used; None: nobody made it, or it was revoked."""
        return self.names().get(digest(key))

    def names(self) -> dict[bytes, str]:
        """Digest -> name of every key that may be used."""
        query = sa.select(_table.c.digest, _table.c.name).where(_table.c.revoked_at.is_(None))
        with self._database.read() as connection:
            return {bytes(each): name for each, name in connection.execute(query)}

    def all(self) -> list[WriteKey]:
        """By name, revoked ones included."""
        query = sa.select(_table).order_by(_table.c.name)
        with self._database.read() as connection:
            return [load(WriteKey, row) for row in connection.execute(query).mappings().all()]

    def revoke(self, name: str, now: float) -> bool:
        """Nothing more is taken with it; False: it is not in use."""
        return named_secrets.revoke(self._database, _table, name, now)
