"""Connections and transactions: the only file that knows which database it is.

A transaction belongs to the thread that opened it: every repository call made inside ``with database.write():`` joins
it (as a savepoint), so that use cases put several repositories into one commit without handing connections around.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from guestlist.errors import ConfigError, StoreError
from guestlist.store.turns import Turns

BUSY_SECONDS = 30.0
WAL_PAGES = 16_000  # 64 MB: from then on whoever commits copies them into the database and waits for the disk
_WORTH_IT = 4 << 20  # bytes of a WAL that are worth copying before that
_BRIEFLY = 50  # milliseconds that writers wait for readers then
_LARGE = 32 << 20  # bytes from which writers wait until all of it is copied, so that it begins anew
_WRITES = "guestlist_writes"
_left_behind: list[sa.Engine] = []  # of a parent process: closing them here would speak on the parent's sockets


class Database:
    """SQLite (WAL, ``synchronous=FULL``, BEGIN IMMEDIATE for all that writes) or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = _parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._engine: sa.Engine | None = None
        self._pid = os.getpid()
        self._making = threading.Lock()
        self._local = threading.local()
        self._turns = self._new_turns()

    @property
    def engine(self) -> sa.Engine:
        """This process's engine; one inherited over a fork is left behind unused."""
        with self._making:
            if self._engine is not None and self._pid != os.getpid():
                _left_behind.append(self._engine)
                self._engine, self._local, self._turns = None, threading.local(), self._new_turns()
            if self._engine is None:
                self._engine, self._pid = _make_engine(self.url, self.is_sqlite), os.getpid()
            return self._engine

    @property
    def in_transaction(self) -> bool:
        """Whether this thread is inside ``read`` or ``write``."""
        return getattr(self._local, "connection", None) is not None

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that writes; inside another one: a savepoint of it, undone alone when it raises."""
        outer: sa.Connection | None = getattr(self._local, "connection", None)
        if outer is None:
            with _translated(), self._turned(), self._opened({_WRITES: True}) as connection:
                yield connection
        elif not outer.get_execution_options().get(_WRITES):
            raise RuntimeError("a transaction that began by reading must not write")
        else:
            with outer.begin_nested():
                yield outer

    @contextmanager
    def _turned(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        engine, turns = self.engine, self._turns
        if not turns.take(BUSY_SECONDS):
            raise StoreError(f"The database {engine.url.database} was busy for {BUSY_SECONDS:.0f} seconds; try again.")
        try:
            yield
        finally:
            turns.give()

    def _new_turns(self) -> Turns:
        return Turns(Path(f"{self.url.database}-turn"))

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent snapshot; inside another transaction: that one."""
        outer: sa.Connection | None = getattr(self._local, "connection", None)
        if outer is not None:
            yield outer
            return
        options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with _translated(), self._opened(options) as connection:
            yield connection

    @contextmanager
    def _opened(self, options: Mapping[str, Any]) -> Iterator[sa.Connection]:
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            self._local.connection = connection
            try:
                yield connection
            finally:
                self._local.connection = None

    def keep_wal(self) -> None:
        """Switch a SQLite file to WAL: kept in the file, impossible inside a transaction."""
        connection = self.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode=WAL").close()
        finally:
            connection.close()

    def checkpoint(self) -> None:
        """Copy what was committed from SQLite's WAL into its database, so that those who commit need not: many wait for
        them. Call it every now and then where much is written.
        """
        wal = Path(f"{self.url.database}-wal")
        if not self.is_sqlite or not wal.exists() or wal.stat().st_size < _WORTH_IT:
            return
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            with closing(cursor):  # before somebody else has the connection: what is not read to its end is under way
                cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                if wal.stat().st_size > _LARGE:  # somebody wrote all the while: else it would grow for ever
                    cursor.execute(f"PRAGMA busy_timeout={_BRIEFLY}").fetchall()  # whoever reads for long is let be
                    cursor.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
                    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}").fetchall()
        finally:
            connection.close()

    def close(self) -> None:
        """Close every connection of this process."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
            self._engine = None
            self._turns.close()


def update_any(database: Database, table: sa.Table, where: sa.ColumnElement[bool], **values: Any) -> int:
    """UPDATE; how many rows. It looks first, for there is mostly none and then nobody has to wait for a turn."""
    with database.read() as connection:
        if connection.execute(sa.select(sa.literal(1)).select_from(table).where(where).limit(1)).first() is None:
            return 0
    with database.write() as connection:
        return connection.execute(sa.update(table).where(where).values(**values)).rowcount


def insert_one(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> int:
    """INSERT a row that gets a number; the number."""
    return int(connection.execute(sa.insert(table).values(row).returning(table.c.id)).scalar_one())


def insert_missing(connection: sa.Connection, table: sa.Table, **values: Any) -> bool:
    """INSERT ... ON CONFLICT DO NOTHING; whether the row is new."""
    statement = _insert(connection, table).values(**values).on_conflict_do_nothing().returning(sa.literal(1))
    return connection.execute(statement).first() is not None


def upsert(connection: sa.Connection, table: sa.Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Write the one row that ``key`` (a primary key) names."""
    statement = _insert(connection, table).values(**key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=dict(values)))


def upsert_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows with all their columns; whoever has the primary key already is replaced. None: nothing happens."""
    key = [column.name for column in table.primary_key]
    _many(connection, table, rows, lambda new: {c.name: new[c.name] for c in table.c if c.name not in key})


def add_many(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]], counter: str) -> None:
    """Add to the column ``counter`` of rows named by their primary key; missing ones begin at nothing."""
    _many(connection, table, rows, lambda new: {counter: table.c[counter] + new[counter]})


def _many(
    connection: sa.Connection,
    table: sa.Table,
    rows: Sequence[Mapping[str, Any]],
    changes: Callable[[Any], dict[str, Any]],
) -> None:
    """Values go to the driver as they are (bytes, numbers, texts): preparing each costs more than writing it."""
    if not rows:
        return
    statement = _insert(connection, table).values({column.name: sa.bindparam(column.name) for column in table.c})
    key = [column.name for column in table.primary_key]
    written = statement.on_conflict_do_update(index_elements=key, set_=changes(statement.excluded))
    compiled = written.compile(dialect=connection.dialect)
    order = compiled.positiontup
    values: Any = [tuple(row[name] for name in order) for row in rows] if order is not None else [dict(r) for r in rows]
    connection.exec_driver_sql(str(compiled), values)


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    """The dialect's own INSERT; PostgreSQL's costs 0.1 s to import, so not where it is not spoken."""
    if connection.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite  # noqa: PLC0415

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # noqa: PLC0415

    return postgresql.insert(table)


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except SQLAlchemyError:
        raise ConfigError("The database URL cannot be read; it looks like postgresql://user@host/name.") from None
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    raise ConfigError(f"The database {parsed.drivername!r} is not supported: use a SQLite file or postgresql://...")


def _make_engine(url: sa.URL, is_sqlite: bool) -> sa.Engine:
    if not is_sqlite:
        names = {"application_name": f"guestlist {os.uname().nodename} {os.getpid()}"}
        try:
            return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=names)
        except ImportError:
            raise ConfigError("PostgreSQL needs the extra: pip install 'guestlist[postgres]'.") from None
    make_private(Path(url.database or ""))
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    sa.event.listen(engine, "connect", _on_connect)
    sa.event.listen(engine, "begin", _on_begin)
    return engine


def make_private(file: Path) -> None:
    """Create the file as 0600 before anything else can; SQLite gives its -wal and -shm the same mode."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        file.chmod(0o600)
    except OSError as error:
        raise StoreError(f"The database file {file} cannot be opened: {error.strerror}.") from error


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver starts no transaction of its own: _on_begin does
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={WAL_PAGES}")
    connection.execute("PRAGMA foreign_keys=ON")


def _on_begin(connection: sa.Connection) -> None:
    # A deferred BEGIN that reads and then writes fails at once when another process wrote meanwhile.
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
        raise StoreError(f"The database did not do what was asked: {cause}.") from error
