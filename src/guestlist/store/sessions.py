"""Sessions of signed-in users: they live here, so any server can answer any request."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.named_secrets import digest
from guestlist.store.rows import load

_table = schema.sessions


@dataclass(frozen=True)
class Session:
    """One row without its digest; columns are explained in ``schema.sessions``."""

    user_id: int
    created_at: float
    seen_at: float
    ends_at: float


class Sessions:
    """The cookie's value has 256 random bits; only its SHA-256 is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, user_id: int, now: float, ends_at: float) -> str:
        """A new session; the cookie's value. Sessions that are over go."""
        token = secrets.token_urlsafe(32)
        row = {"digest": digest(token), "user_id": user_id, "created_at": now, "seen_at": now, "ends_at": ends_at}
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.ends_at <= now))
            connection.execute(sa.insert(_table).values(row))
        return token

    def get(self, token: str) -> Session | None:
        """What a cookie's value stands for; None: nothing."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.digest == digest(token))).mappings().first()
        return None if row is None else load(Session, row)

    def seen(self, token: str, now: float) -> None:
        """It is used."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.digest == digest(token)).values(seen_at=now))

    def end(self, token: str) -> None:
        """It stands for nothing any more."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.digest == digest(token)))

    def end_all(self, user_id: int) -> None:
        """The same with all of a user."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.user_id == user_id))
