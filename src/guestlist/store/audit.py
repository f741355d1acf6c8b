"""Who did what, when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.rows import load

_table = schema.audit


@dataclass(frozen=True)
class Entry:
    """One row; columns are explained in ``schema.audit``."""

    id: int
    at: float
    who: str
    what: str
    subject: str
    details: Mapping[str, Any]


class Audit:
    """Entries are only ever added: the database refuses to change or delete one. Details hold nothing readable about
    members.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, who: str, what: str, subject: str, now: float, **details: Any) -> None:
        """Record it, in the transaction that does it."""
        row = {"at": now, "who": who, "what": what, "subject": subject, "details": details}
        with self._database.write() as connection:
            connection.execute(sa.insert(_table).values(row))

    def latest(
        self,
        limit: int = 100,
        *,
        before: int | None = None,
        after: int | None = None,
        who: str | None = None,
        what: str | None = None,
        subject: str | None = None,
        subjects: Collection[str] | None = None,
        among: Collection[str] | None = None,
    ) -> list[Entry]:
        """Newest first; ``before``: only those of a lower number, so that one page follows another; ``after``: those
        of a higher number, the oldest first. ``subjects``, ``among``: any of these, of what was done any of those.
        """
        query = sa.select(_table).order_by(_table.c.id.desc() if after is None else _table.c.id).limit(limit)
        for column, value in ((_table.c.who, who), (_table.c.what, what), (_table.c.subject, subject)):
            query = query if value is None else query.where(column == value)
        for column, values in ((_table.c.subject, subjects), (_table.c.what, among)):
            query = query if values is None else query.where(column.in_(values))
        query = query if before is None else query.where(_table.c.id < before)
        query = query if after is None else query.where(_table.c.id > after)
        with self._database.read() as connection:
            return [load(Entry, row) for row in connection.execute(query).mappings().all()]

    def kinds(self) -> list[str]:
        """All that was ever done, by name."""
        query = sa.select(_table.c.what).distinct().order_by(_table.c.what)
        with self._database.read() as connection:
            return [str(each) for each in connection.execute(query).scalars()]
