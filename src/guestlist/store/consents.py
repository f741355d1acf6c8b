"""Consents that somebody was sent to LinkedIn for: what has to come back, once, and to whom."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from guestlist.ports import Token
from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.named_secrets import digest
from guestlist.store.rows import load
from guestlist.store.vault import Vault

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

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

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

    def arrived(self, handle: str, token: Token, asked_by: str, ends_at: float) -> None:
        """Keep what a consent brought until an ad account is chosen for it; ``handle`` as random as a state."""
        sealed = self._vault.seal_token(json.dumps(asdict(token)).encode())
        row = {"digest": digest(handle), "destination": "", "redirect_url": "", "asked_by": asked_by}
        with self._database.write() as connection:
            connection.execute(sa.insert(_table).values(**row, ends_at=ends_at, token=sealed))

    def brought(self, handle: str, asked_by: str, now: float) -> Token | None:
        """What it was; None: it is not known, is over, or somebody else brought it."""
        this = (_table.c.digest == digest(handle)) & (_table.c.asked_by == asked_by) & (_table.c.ends_at > now)
        with self._database.read() as connection:
            sealed = connection.execute(sa.select(_table.c.token).where(this)).scalar()
        return None if sealed is None else Token(**json.loads(self._vault.open_token(sealed)))

    def rename(self, old: str, new: str) -> None:
        """Those that are under way for a destination come back to its new name."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.destination == old).values(destination=new))

    def forget(self, handle: str) -> None:
        """It was used, or is not wanted any more."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.digest == digest(handle)))
