"""Destinations: an ad account, who authorised it, and what parks it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TypedDict, Unpack

import sqlalchemy as sa

from guestlist.errors import StoreError
from guestlist.ports import Token
from guestlist.store import schema
from guestlist.store.database import Database, insert_missing
from guestlist.store.rows import load
from guestlist.store.vault import Vault

_table = schema.destinations


@dataclass(frozen=True)
class Destination:
    """One row; columns are explained in ``schema.destinations``."""

    name: str
    ad_account: str
    member: str
    account_name: str
    role: str
    state: str
    reason: str
    authorised_at: float | None
    first_consent_at: float | None
    waits: Mapping[str, float]
    version: int


@dataclass(frozen=True)
class Credential:
    """LinkedIn's grant and, when they were given with it, the app's own client id and secret."""

    token: Token
    client_id: str | None = None
    client_secret: str | None = None


class DestinationChanges(TypedDict, total=False):
    """What ``update`` may change."""

    ad_account: str
    member: str
    account_name: str
    role: str
    state: str
    reason: str
    authorised_at: float | None
    first_consent_at: float | None


class Destinations:
    """Every destination that was ever connected or synced to."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def get(self, name: str) -> Destination | None:
        """The destination, None: never seen."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.name == name)).mappings().first()
        return None if row is None else load(Destination, row)

    def all(self) -> list[Destination]:
        """By name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table).order_by(_table.c.name)).mappings().all()
        return [load(Destination, row) for row in rows]

    def ensure(self, name: str, ad_account: str) -> Destination:
        """The destination, made now if it is new. An existing one keeps its account: comparing is the caller's."""
        blank = {"member": "", "account_name": "", "role": "", "state": "", "reason": "", "waits": {}, "version": 0}
        if (known := self.get(name)) is not None:
            return known
        with self._database.write() as connection:
            insert_missing(connection, _table, name=name, ad_account=ad_account, **blank)
            return self._required(name)

    def update(self, name: str, **changes: Unpack[DestinationChanges]) -> None:
        """Set these columns; StoreError when there is no such destination."""
        with self._database.write() as connection:
            if connection.execute(sa.update(_table).where(_table.c.name == name).values(**changes)).rowcount == 0:
                raise StoreError(f"The destination {name!r} is not in the store.")

    def park(self, name: str, label: str, reason: str) -> None:
        """Nothing is sent until someone acts on ``label``."""
        self.update(name, state=label, reason=reason)

    def unpark(self, name: str) -> None:
        """Sending goes on."""
        self.update(name, state="", reason="")

    def wait(self, name: str, endpoint: str, until: float | None) -> None:
        """LinkedIn's day limit for ``endpoint`` (users, companies, ...) is used up until then; None: it is not."""
        with self._database.write():
            waits = {key: value for key, value in self._required(name).waits.items() if key != endpoint}
            if until is not None:
                waits[endpoint] = until
            self._set(name, waits=waits)

    def credential(self, name: str) -> tuple[Credential | None, int]:
        """The credential (None: not connected) and the version to hand to ``save_token``."""
        query = sa.select(_table.c.credential, _table.c.version).where(_table.c.name == name)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None, 0
        return (None if row[0] is None else _opened(self._vault.open_token(row[0]))), row[1]

    def connect(self, name: str, credential: Credential, now: float) -> int:
        """Keep what a person just authorised, whatever was there before, and unpark; the new version."""
        with self._database.write():
            before = self._required(name)
            token = credential.token
            self._set(
                name,
                credential=self._sealed(credential),
                version=before.version + 1,
                authorised_at=now,
                first_consent_at=token.first_consent_at if token.first_consent_at is not None else now,
                state="",
                reason="",
            )
            return before.version + 1

    def save_token(self, name: str, token: Token, expected_version: int) -> bool:
        """Replace the token only if nobody did since ``expected_version`` was read; False: read again."""
        with self._database.write() as connection:
            now_there, version = self.credential(name)
            if version != expected_version:
                return False
            client = (None, None) if now_there is None else (now_there.client_id, now_there.client_secret)
            statement = (
                sa.update(_table)
                .where(_table.c.name == name, _table.c.version == expected_version)
                .values(credential=self._sealed(Credential(token, *client)), version=expected_version + 1)
            )
            return connection.execute(statement).rowcount == 1

    def disconnect(self, name: str) -> None:
        """Forget the credential."""
        with self._database.write():
            self._set(name, credential=None, version=self._required(name).version + 1)

    def _required(self, name: str) -> Destination:
        query = sa.select(_table).where(_table.c.name == name).with_for_update()
        with self._database.write() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise StoreError(f"The destination {name!r} is not in the store.")
        return load(Destination, row)

    def _set(self, name: str, **values: object) -> None:
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.name == name).values(**values))

    def _sealed(self, credential: Credential) -> bytes:
        return self._vault.seal_token(json.dumps(asdict(credential)).encode())


def _opened(plain: bytes) -> Credential:
    found = json.loads(plain)
    return Credential(Token(**found.pop("token")), **found)
