"""Wizards that somebody left before their end."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.vault import Vault

_table = schema.drafts


@dataclass(frozen=True)
class Draft:
    """One row; columns are explained in ``schema.drafts``."""

    id: int
    user_id: int
    what: str
    body: Mapping[str, Any]
    changed_at: float


class Drafts:
    """Bodies rest sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    def begin(self, user_id: int, what: str, body: Mapping[str, Any], now: float) -> int:
        """A new one; its number."""
        values = {"user_id": user_id, "what": what, "body": self._sealed(body), "changed_at": now}
        with self._database.write() as connection:
            return int(connection.execute(sa.insert(_table).values(values).returning(_table.c.id)).scalar_one())

    def get(self, draft_id: int) -> Draft | None:
        """By its number; None: there is none."""
        found = self._some(_table.c.id == draft_id)
        return found[0] if found else None

    def of(self, user_id: int, what: str) -> list[Draft]:
        """A user's, the last changed first."""
        return self._some((_table.c.user_id == user_id) & (_table.c.what == what))

    def all(self, what: str) -> list[Draft]:
        """Everybody's, the last changed first."""
        return self._some(_table.c.what == what)

    def save(self, draft_id: int, body: Mapping[str, Any], now: float) -> bool:
        """Put it in place of what was there; False: it is gone."""
        values = {"body": self._sealed(body), "changed_at": now}
        with self._database.write() as connection:
            return connection.execute(sa.update(_table).where(_table.c.id == draft_id).values(values)).rowcount == 1

    def delete(self, draft_id: int) -> bool:
        """Whether there was one."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(_table).where(_table.c.id == draft_id)).rowcount == 1

    def forget_before(self, moment: float) -> int:
        """Delete those that nobody touched since; how many."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(_table).where(_table.c.changed_at < moment)).rowcount

    def _some(self, condition: sa.ColumnElement[bool]) -> list[Draft]:
        query = sa.select(_table).where(condition).order_by(_table.c.changed_at.desc(), _table.c.id.desc())
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        return [Draft(**{**row, "body": json.loads(self._vault.open(row["body"]))}) for row in rows]

    def _sealed(self, body: Mapping[str, Any]) -> bytes:
        return self._vault.seal(json.dumps(body).encode())
