"""Secrets with names: shown once, kept as digests, revoked by name. A revoked name may be used again."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa

from guestlist.store.database import Database, insert_missing


def digest(secret: str) -> bytes:
    """What is stored of one. They have at least 192 random bits, so plain SHA-256 gives nothing away and finding one by
    its digest tells no time.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def keep(database: Database, table: sa.Table, name: str, **values: Any) -> bool:
    """A new row, or in place of a revoked one of that name; False: the name is in use."""
    values = {**values, "revoked_at": None}
    with database.write() as connection:
        if insert_missing(connection, table, name=name, **values):
            return True
        free = sa.update(table).where(table.c.name == name, table.c.revoked_at.is_not(None))
        return connection.execute(free.values(values)).rowcount == 1


def revoke(database: Database, table: sa.Table, name: str, now: float) -> bool:
    """It opens nothing any more; False: it is not in use."""
    used = sa.update(table).where(table.c.name == name, table.c.revoked_at.is_(None))
    with database.write() as connection:
        return connection.execute(used.values(revoked_at=now)).rowcount == 1
