"""Facts about the store itself."""

from __future__ import annotations

import base64
import secrets
from functools import cached_property

import sqlalchemy as sa

from guestlist.errors import StoreError
from guestlist.ports import Vault
from guestlist.store import schema
from guestlist.store.database import Database, insert_missing, upsert
from guestlist.store.vault import KEY_FILE

_table = schema.meta
_ANOTHER_KEY = (
    "This store was sealed with a key that is not here: set GUESTLIST_SECRET_KEY to the one of the machine that made "
    f"it (where none was set, the file {KEY_FILE} in its GUESTLIST_HOME holds it)."
)


class Meta:
    """Keys and values; secret ones are sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def get(self, key: str) -> str | None:
        """The value, None: never set."""
        with self._database.read() as connection:
            return connection.execute(sa.select(_table.c.value).where(_table.c.key == key)).scalar()

    def set(self, key: str, value: str) -> None:
        """Keep the value."""
        with self._database.write() as connection:
            upsert(connection, _table, {"key": key}, {"value": value})

    def secret(self, key: str) -> tuple[str, bytes] | None:
        """The value and what is sealed beside it; None: never set."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table.c.value, _table.c.secret).where(_table.c.key == key)).first()
        return None if row is None or row[1] is None else (row[0], self._vault.open(row[1]))

    def set_secret(self, key: str, value: str, secret: bytes) -> None:
        """Keep a value and, sealed, what must not be read."""
        with self._database.write() as connection:
            upsert(connection, _table, {"key": key}, {"value": value, "secret": self._vault.seal(secret)})

    def unset(self, key: str) -> bool:
        """Whether there was one."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(_table).where(_table.c.key == key)).rowcount == 1

    @cached_property
    def store_id(self) -> str:
        """Eight lower-case base32 characters, made at first open; part of every sourceSegmentId."""
        found = self.get("store_id")
        if found is None:
            raise StoreError("The store has no identity; it was not opened completely.")
        return found

    @cached_property
    def names_key(self) -> bytes:
        """32 bytes that seal names-only values inside ledger files. Not the vault's key: immutable files cannot be
        sealed anew when that one is rotated, so this one is kept sealed instead.
        """
        with self._database.read() as connection:
            sealed = connection.execute(sa.select(_table.c.secret).where(_table.c.key == "names_key")).scalar()
        if sealed is None:
            raise StoreError("The store has no key for names; it was not opened completely.")
        return self._vault.open(sealed)

    def check_key(self) -> None:
        """StoreError: this machine's key does not open what is sealed here, and so must not seal anything either."""
        try:
            _ = self.names_key
        except StoreError:
            raise StoreError(_ANOTHER_KEY) from None

    def make_identity(self) -> None:
        """Give a new store its id and its key for names; the first one stays."""
        with self._database.read() as connection:
            if connection.execute(sa.select(_table.c.key).where(_table.c.key == "names_key")).first():
                return
        with self._database.write() as connection:
            insert_missing(connection, _table, key="store_id", value=new_store_id())
            sealed = self._vault.seal(secrets.token_bytes(32))
            insert_missing(connection, _table, key="names_key", value="", secret=sealed)


def new_store_id() -> str:
    """Forty random bits as base32."""
    return base64.b32encode(secrets.token_bytes(5)).decode().lower()
