"""Rotation: everything sealed in SQL is sealed again with the vault's first key, a few rows a transaction.

It may be interrupted and started again: what is sealed with the first key already is left alone.
"""

from __future__ import annotations

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.vault import HEADER, Vault

STEP = 100


def reseal(database: Database, vault: Vault) -> int:
    """How many values were sealed again."""
    count = 0
    for table in schema.metadata.sorted_tables:
        for column in table.c:
            if column.info.get("sealed") == "blob":
                while done := _reseal_some(database, vault, table, column):
                    count += done
            elif column.info.get("sealed") == "token":
                count += _reseal_tokens(database, vault, table, column)
    return count


def _reseal_some(database: Database, vault: Vault, table: sa.Table, column: sa.Column[bytes]) -> int:
    begins = sa.func.substr(column, 1, HEADER, type_=sa.LargeBinary())
    old = (sa.func.length(column) > 0) & (begins != vault.header)
    keys = list(table.primary_key)
    query = sa.select(column, *keys).where(old).limit(STEP).with_for_update()
    with database.write() as connection:
        rows = connection.execute(query).all()
        for sealed, *key in rows:
            this = sa.and_(*(part == value for part, value in zip(keys, key, strict=True)))
            connection.execute(sa.update(table).where(this).values({column: vault.seal(vault.open(sealed))}))
    return len(rows)


def _reseal_tokens(database: Database, vault: Vault, table: sa.Table, column: sa.Column[bytes]) -> int:
    # Fernet names no key, and there are only a few: all are sealed again each time.
    (key,) = table.primary_key
    with database.write() as connection:
        rows = connection.execute(sa.select(key, column).where(column.is_not(None)).with_for_update()).all()
        for value, sealed in rows:
            plain = vault.open_token(sealed)
            connection.execute(sa.update(table).where(key == value).values({column: vault.seal_token(plain)}))
    return len(rows)
