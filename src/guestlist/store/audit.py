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


Period = tuple[float | None, float | None]
ALWAYS: Period = (None, None)
SORTED = ("at", "who", "what", "subject")


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
        sort: str = "-at",
        beyond: int | None = None,
        who: str | None = None,
        what: str | None = None,
        subjects: Collection[str] | None = None,
        among: Collection[str] | None = None,
        period: Period = ALWAYS,
    ) -> list[Entry]:
        """Newest first, or by one of SORTED ("-": the other way round), the latest of the same first. ``beyond``: the
        number of the last one of the page before. ``subjects``, ``among``: any of these, of what was done any of those.
        ``period``: since, and before (epoch seconds).
        """
        query = _sorted(sort.removeprefix("-"), sort.startswith("-"), beyond).limit(limit)
        for column, value in ((_table.c.who, who), (_table.c.what, what)):
            query = query if value is None else query.where(column == value)
        for column, values in ((_table.c.subject, subjects), (_table.c.what, among)):
            query = query if values is None else query.where(column.in_(values))
        since, until = period
        query = query if since is None else query.where(_table.c.at >= since)
        query = query if until is None else query.where(_table.c.at < until)
        with self._database.read() as connection:
            return [load(Entry, row) for row in connection.execute(query).mappings().all()]

    def kinds(self) -> list[str]:
        """All that was ever done, by name."""
        query = sa.select(_table.c.what).distinct().order_by(_table.c.what)
        with self._database.read() as connection:
            return [str(each) for each in connection.execute(query).scalars()]


def _sorted(name: str, descending: bool, beyond: int | None) -> sa.Select[Any]:
    """``beyond`` is a place in any order, for an entry stays as it is."""
    column, number = _table.c.id if name == "at" else _table.c[name], _table.c.id
    query = sa.select(_table).order_by(column.desc() if descending else column, number.desc())
    if beyond is None:
        return query
    if name == "at":
        return query.where(number < beyond if descending else number > beyond)
    of_last = _table.alias("of_last")
    last = sa.select(of_last.c[name]).where(of_last.c.id == beyond).scalar_subquery()
    return query.where((column < last if descending else column > last) | ((column == last) & (number < beyond)))
