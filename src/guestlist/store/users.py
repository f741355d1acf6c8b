"""Users of the pages, and the links that let somebody choose a password."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from guestlist.errors import ChangedMeanwhile, ConfigError
from guestlist.store import schema
from guestlist.store.database import Database, insert_missing
from guestlist.store.named_secrets import digest
from guestlist.store.rows import load

_table, _links = schema.users, schema.links


@dataclass(frozen=True)
class User:
    """One row; columns are explained in ``schema.users``."""

    id: int
    name: str
    role: str
    password: str | None
    fails: int
    locked_until: float | None
    created_at: float
    created_by: str
    signed_in_at: float | None
    disabled_at: float | None


class Users:
    """Names are compared without regard to case."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, role: str, password: str | None, by: str, now: float) -> User:
        """A new user; ConfigError when the name is taken."""
        values = {"role": role, "password": password, "created_by": by, "created_at": now, "fails": 0}
        with self._database.write() as connection:
            if not insert_missing(connection, _table, name=name.casefold(), **values):
                raise ChangedMeanwhile(f"There is a user '{name}' already: choose another name.")
            found = self.get(name)
        if found is None:  # pragma: no cover - it was made in this very transaction
            raise ConfigError(f"The user '{name}' could not be made.")
        return found

    def get(self, name: str) -> User | None:
        """By name; None: there is none."""
        return self._one(_table.c.name == name.casefold())

    def by_id(self, user_id: int) -> User | None:
        """By number; None: there is none."""
        return self._one(_table.c.id == user_id)

    def all(self) -> list[User]:
        """By name, disabled ones included."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table).order_by(_table.c.name)).mappings().all()
        return [load(User, row) for row in rows]

    def any(self) -> bool:
        """Whether there is a user at all."""
        with self._database.read() as connection:
            return connection.execute(sa.select(_table.c.id).limit(1)).first() is not None

    def update(self, user_id: int, **values: object) -> None:
        """Set columns."""
        with self._database.write() as connection:
            connection.execute(sa.update(_table).where(_table.c.id == user_id).values(**values))

    def failed(self, user_id: int) -> int:
        """Count a wrong password; how many in a row it is."""
        more = sa.update(_table).where(_table.c.id == user_id).values(fails=_table.c.fails + 1)
        with self._database.write() as connection:
            return int(connection.execute(more.returning(_table.c.fails)).scalar_one())

    # ── links ────────────────────────────────────────────────────────────────────────────────────────────────────
    def invite(self, user_id: int | None, ends_at: float) -> str:
        """What a link ends in: it works once. Earlier links of the same user stop working."""
        token = secrets.token_urlsafe(32)
        with self._database.write() as connection:
            connection.execute(sa.delete(_links).where(_of(user_id)))
            connection.execute(sa.insert(_links).values(digest=digest(token), user_id=user_id, ends_at=ends_at))
        return token

    def invited(self, token: str, now: float) -> tuple[int | None] | None:
        """Whose link it is (None in it: the first administrator's); None: it is not known, used or over."""
        query = sa.select(_links.c.user_id).where(_links.c.digest == digest(token), _links.c.ends_at > now)
        with self._database.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row[0],)

    def spend(self, token: str, now: float) -> bool:
        """Use a link up; False: somebody else was faster."""
        gone = sa.delete(_links).where(_links.c.digest == digest(token), _links.c.ends_at > now)
        with self._database.write() as connection:
            return connection.execute(gone).rowcount == 1

    def _one(self, condition: sa.ColumnElement[bool]) -> User | None:
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(condition)).mappings().first()
        return None if row is None else load(User, row)


def _of(user_id: int | None) -> sa.ColumnElement[bool]:
    return _links.c.user_id.is_(None) if user_id is None else _links.c.user_id == user_id
