"""API tokens: who may use the REST API. Only digests are stored; the token itself is shown once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from guestlist.errors import ChangedMeanwhile
from guestlist.store import named_secrets, schema
from guestlist.store.database import Database
from guestlist.store.named_secrets import digest
from guestlist.store.rows import load

PREFIX = "glt_"

_table = schema.api_tokens


@dataclass(frozen=True)
class ApiToken:
    """One row without its digest; columns are explained in ``schema.api_tokens``."""

    name: str
    role: str
    scopes: Sequence[str] | None
    created_by: str
    created_at: float
    ends_at: float | None
    seen_at: float | None
    revoked_at: float | None


class ApiTokens:
    """A token has 256 random bits, so its plain SHA-256 gives nothing away."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, name: str, role: str, scopes: Sequence[str] | None, by: str, now: float, ends_at: float | None
    ) -> str:
        """A new token, to be shown once. A revoked name may be used again; ChangedMeanwhile while it is in use."""
        token = PREFIX + secrets.token_urlsafe(32)
        values = {
            "digest": digest(token), "role": role, "scopes": None if scopes is None else list(scopes),
            "created_by": by, "created_at": now, "ends_at": ends_at, "seen_at": None,
        }  # fmt: skip
        if not named_secrets.keep(self._database, _table, name, **values):
            raise ChangedMeanwhile(f"There is a token '{name}' already: revoke it first, or take another name.")
        return token

    def find(self, token: str) -> ApiToken | None:
        """By the token itself, revoked and expired ones too; None: nobody made it."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.digest == digest(token))).mappings().first()
        return None if row is None else load(ApiToken, row)

    def seen(self, name: str, now: float) -> None:
        """It is used."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.name == name).values(seen_at=now))

    def all(self) -> list[ApiToken]:
        """By name, revoked ones included."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table).order_by(_table.c.name)).mappings().all()
        return [load(ApiToken, row) for row in rows]

    def revoke(self, name: str, now: float) -> bool:
        """It stands for nobody any more; False: it is not in use."""
        return named_secrets.revoke(self._database, _table, name, now)
