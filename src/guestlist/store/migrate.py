"""Brings a database to the schema of this program; alembic is imported only when there is something to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from guestlist.errors import StoreError
from guestlist.store import schema
from guestlist.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

    from guestlist.store.locks import Locks

SCRIPTS = Path(__file__).parent / "migrations"
HEAD = schema.REVISIONS[-1]


def upgrade(database: Database, locks: Locks, to: str = HEAD) -> None:
    """Bring the schema to ``to``, once however many processes start together; StoreError when it is newer."""
    if revision(database) == to:
        return
    with locks.hold("schema"):
        found = revision(database)
        if found != to:
            _upgrade(database, found, to)


def revision(database: Database) -> str | None:
    """The schema's revision, None: empty. StoreError when this program does not know it."""
    found = _recorded(database)
    if found is not None:
        check_known(found)
    return found


def check_known(found: str) -> None:
    """StoreError when a store or a backup is of a newer version."""
    if found not in schema.REVISIONS:
        raise StoreError(
            f"It was written by a newer version of guestlist (schema {found}, this one knows {HEAD}): "
            "install that version or restore an older backup."
        )


def alembic_config(database: Database) -> Config:
    """What alembic needs to know of our scripts."""
    from alembic.config import Config  # noqa: PLC0415 - takes 0.4 s

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["engine"] = database.engine
    return config


def _recorded(database: Database) -> str | None:
    query = sa.text("select version_num from alembic_version")
    try:
        with database.engine.connect() as connection, connection.begin():
            return connection.execute(query).scalar()
    except sa.exc.DBAPIError as error:
        # SQLite: OperationalError "no such table"; PostgreSQL: undefined_table. Anything else is a real failure.
        if "no such table" in str(error) or getattr(error.orig, "sqlstate", None) == "42P01":
            return None
        raise StoreError(f"The database cannot be opened: {str(error.orig).strip().splitlines()[0]}.") from error


def _upgrade(database: Database, found: str | None, to: str) -> None:
    from alembic import command  # noqa: PLC0415 - takes 0.4 s

    if found is not None and schema.REVISIONS.index(found) > schema.REVISIONS.index(to):
        raise StoreError(f"The schema is {found} already, which is newer than {to}.")
    try:
        if database.is_sqlite:
            database.keep_wal()
        command.upgrade(alembic_config(database), to)
    except SQLAlchemyError as error:
        raise StoreError("The store's schema could not be brought up to date.") from error
