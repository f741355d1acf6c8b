"""Rotation: everything sealed in SQL is sealed again with the vault's first key, a few rows a transaction.

It may be interrupted and started again: what is sealed with the first key already is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.vault import HEADER, Vault

STEP = 100

_Place = tuple[sa.Table, sa.Column[bytes]]


def sealed_with(database: Database, vault: Vault) -> dict[str, int]:
    """Fingerprint of a key (one that is not here too) -> how many values it seals."""
    found = Counter[str]()
    with database.read() as connection:
        for _, column in _places("blob"):
            begins = sa.func.substr(column, 1, HEADER, type_=sa.LargeBinary()).label("begins")
            counted = sa.select(begins, sa.func.count()).where(sa.func.length(column) > 0).group_by(sa.text("begins"))
            for header, number in connection.execute(counted):
                found[bytes(header)[1:].hex()] += number
        for _, column in _places("token"):
            for (sealed,) in connection.execute(sa.select(column).where(column.is_not(None))):
                found[vault.seals_token(sealed)] += 1
    return dict(found)


def reseal(database: Database, vault: Vault, sealed: Callable[[int], object] = lambda _: None) -> int:
    """How many values were sealed again; ``sealed`` hears how many were, step by step."""
    count = 0
    for place in _places("blob"):
        while done := _reseal_some(database, vault, *place):
            count += done
            sealed(count)
    for place in _places("token"):
        count += _reseal_tokens(database, vault, *place)
        sealed(count)
    return count


def _places(kind: str) -> Iterator[_Place]:
    for table in schema.metadata.sorted_tables:
        for column in table.c:
            if column.info.get("sealed") == kind:
                yield table, column


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
    # Fernet names no key, and there are only a few: each is tried.
    (key,) = table.primary_key
    first = vault.fingerprints[0]
    with database.write() as connection:
        rows = connection.execute(sa.select(key, column).where(column.is_not(None)).with_for_update()).all()
        old = [(value, sealed) for value, sealed in rows if vault.seals_token(sealed) != first]
        for value, sealed in old:
            plain = vault.open_token(sealed)
            connection.execute(sa.update(table).where(key == value).values({column: vault.seal_token(plain)}))
    return len(old)
