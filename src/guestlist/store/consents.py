"""Consents that somebody was sent to LinkedIn for: what has to come back, once, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.rows import load
from guestlist.store.write_keys import digest

_table = schema.consents


@dataclass(frozen=True)
class Consent:
    """One row without its digest; columns are explained in ``schema.consents``."""

    destination: str
    redirect_url: str
    asked_by: str
    ends_at: float


class Consents:
    """A state has 192 random bits; only its SHA-256 is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, state: str, consent: Consent, now: float) -> None:
        """Keep it until it comes back. Those that never did go."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.ends_at <= now))
            connection.execute(sa.insert(_table).values(digest=digest(state), **consent.__dict__))

    def take(self, state: str, now: float) -> Consent | None:
        """What a state stands for, this one time; None: it is not known, was used, or is over."""
        this = _table.c.digest == digest(state)
        with self._database.write() as connection:
            row = connection.execute(sa.delete(_table).where(this).returning(*_table.c)).mappings().first()
        return None if row is None or row["ends_at"] <= now else load(Consent, row)
