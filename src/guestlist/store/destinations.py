"""Destinations: an ad account, who authorised it, and what parks it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypedDict, Unpack

import sqlalchemy as sa

from guestlist.errors import ConfigError, StoreError
from guestlist.ports import Token
from guestlist.store import schema
from guestlist.store.database import Database, insert_missing
from guestlist.store.rows import load
from guestlist.store.vault import Vault

_table, _activations = schema.destinations, schema.activations
Which = str | int  # its name now, or its number, which stays through renames
_BLANK: dict[str, Any] = {
    "former": [], "member": "", "account_name": "", "role": "", "state": "", "reason": "", "authorised_by": "",
    "waits": {}, "version": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Destination:
    """One row; columns are explained in ``schema.destinations``."""

    id: int
    name: str
    former: Sequence[str]
    ad_account: str
    member: str
    account_name: str
    role: str
    state: str
    reason: str
    authorised_at: float | None
    authorised_by: str
    first_consent_at: float | None
    waits: Mapping[str, float]
    version: int


@dataclass(frozen=True)
class Credential:
    """LinkedIn's grant and, when they were given with it, the app's own client id and secret."""

    token: Token
    client_id: str | None = None
    client_secret: str | None = None


class Described(Protocol):
    """A destination as a configuration has it."""

    @property
    def ad_account(self) -> str:
        """Its urn."""


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
    """Every destination that was ever connected or synced to. What is under way goes by its number: it may be renamed
    meanwhile.
    """

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def get(self, which: Which) -> Destination | None:
        """The destination, None: never seen."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_is(which))).mappings().first()
        return None if row is None else load(Destination, row)

    def all(self) -> list[Destination]:
        """By name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table).order_by(_table.c.name)).mappings().all()
        return [load(Destination, row) for row in rows]

    def formerly(self, name: str) -> Destination | None:
        """The one that had this name before it was renamed; None: none had."""
        return next((each for each in self.all() if name in each.former), None)

    def meant(self, name: str, described: Mapping[str, Described]) -> Destination | None:
        """The one that a configuration means by a name: that is called so, or was before it was renamed and still is
        this ad account, unless the configuration speaks of it by its name of now too. None: never seen.
        """
        wanted = described.get(name)
        return self._meant(name, wanted.ad_account if wanted is not None else "", described)

    def _meant(self, name: str, ad_account: str, beside: Collection[str]) -> Destination | None:
        if (known := self.get(name)) is not None:
            return known
        renamed = self.formerly(name)
        if renamed is None or renamed.name in beside or renamed.ad_account != ad_account:
            return None
        return renamed

    def ensure(self, name: str, ad_account: str, beside: Collection[str] = ()) -> Destination:
        """The destination as ``meant`` finds it, made now if it is new; ``beside``: what else is spoken of. An existing
        one keeps its account: comparing is the caller's.
        """
        if (known := self._meant(name, ad_account, beside)) is not None:
            return known
        with self._database.write() as connection:
            insert_missing(connection, _table, name=name, ad_account=ad_account, **_BLANK)
            return self._required(name)

    def rename(self, old: str, new: str) -> None:
        """Everything stays but the name; nothing happens where it was never seen. ConfigError: ``new`` is another's, or
        was, and activations (removed ones count) or a credential are still kept under it.
        """
        with self._database.write() as connection:
            there = self.get(new)
            if there is not None and not self._is_blank(there):
                raise ConfigError(
                    f"The name {new!r} is another destination's, or was until it was taken out: choose a new one.",
                    ("name",),
                )
            if there is not None:
                connection.execute(sa.delete(_table).where(_is(there.id)))
            self.release(new)
            self.release(old)  # who had it before that means this one by now
            if (found := self.get(old)) is not None:
                former = [*(each for each in found.former if each != new), old]
                self._set(found.id, name=new, former=former)

    def release(self, name: str) -> None:
        """It is to be somebody else's name: nobody means by it who had it before."""
        with self._database.write():
            for each in self.all():
                if name in each.former:
                    self._set(each.id, former=[one for one in each.former if one != name])

    def retire(self, name: str) -> None:
        """It was taken out: nobody means it by a name that it had before. Its row stays, for forgetting."""
        if (found := self.get(name) or self.formerly(name)) is not None:
            self._set(found.id, former=[])

    def _is_blank(self, found: Destination) -> bool:
        query = sa.select(_activations.c.id).where(_activations.c.destination_id == found.id).limit(1)
        with self._database.read() as connection:
            used = connection.execute(query).first() is not None
        return not used and self.credential(found.id)[0] is None

    def update(self, which: Which, **changes: Unpack[DestinationChanges]) -> None:
        """Set these columns; StoreError when there is no such destination."""
        with self._database.write() as connection:
            if connection.execute(sa.update(_table).where(_is(which)).values(**changes)).rowcount == 0:
                raise StoreError(f"The destination {which!r} is not in the store.")

    def park(self, which: Which, label: str, reason: str) -> None:
        """Nothing is sent until someone acts on ``label``."""
        self.update(which, state=label, reason=reason)

    def unpark(self, which: Which) -> None:
        """Sending goes on."""
        self.update(which, state="", reason="")

    def wait(self, which: Which, endpoint: str, until: float | None) -> None:
        """LinkedIn's day limit for ``endpoint`` (users, companies, ...) is used up until then; None: it is not."""
        with self._database.write():
            waits = {key: value for key, value in self._required(which).waits.items() if key != endpoint}
            if until is not None:
                waits[endpoint] = until
            self._set(which, waits=waits)

    def credential(self, which: Which) -> tuple[Credential | None, int]:
        """The credential (None: not connected) and the version to hand to ``save_token``."""
        query = sa.select(_table.c.credential, _table.c.version).where(_is(which))
        with self._database.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None, 0
        return (None if row[0] is None else _opened(self._vault.open_token(row[0]))), row[1]

    def connect(self, which: Which, credential: Credential, now: float, by: str = "") -> int:
        """Keep what a person (``by``) just authorised, whatever was there before, and unpark; the new version."""
        with self._database.write():
            before = self._required(which)
            token = credential.token
            self._set(
                which,
                credential=self._sealed(credential),
                version=before.version + 1,
                authorised_at=now,
                authorised_by=by,
                first_consent_at=token.first_consent_at if token.first_consent_at is not None else now,
                state="",
                reason="",
            )
            return before.version + 1

    def save_token(self, which: Which, token: Token, expected_version: int) -> bool:
        """Replace the token only if nobody did since ``expected_version`` was read; False: read again."""
        with self._database.write() as connection:
            now_there, version = self.credential(which)
            if version != expected_version:
                return False
            client = (None, None) if now_there is None else (now_there.client_id, now_there.client_secret)
            statement = (
                sa.update(_table)
                .where(_is(which), _table.c.version == expected_version)
                .values(credential=self._sealed(Credential(token, *client)), version=expected_version + 1)
            )
            return connection.execute(statement).rowcount == 1

    def _required(self, which: Which) -> Destination:
        query = sa.select(_table).where(_is(which)).with_for_update()
        with self._database.write() as connection:
            row = connection.execute(query).mappings().first()
        if row is None:
            raise StoreError(f"The destination {which!r} is not in the store.")
        return load(Destination, row)

    def _set(self, which: Which, **values: object) -> None:
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_is(which)).values(**values))

    def _sealed(self, credential: Credential) -> bytes:
        return self._vault.seal_token(json.dumps(asdict(credential)).encode())


def _is(which: Which) -> sa.ColumnElement[bool]:
    return _table.c.id == which if isinstance(which, int) else _table.c.name == which


def _opened(plain: bytes) -> Credential:
    found = json.loads(plain)
    return Credential(Token(**found.pop("token")), **found)
