"""Locks freed by the kernel when their holder dies: ``flock`` beside SQLite, session advisory locks on PostgreSQL.

They are held across network calls and minutes of planning, so they are never database transactions. Taking over from
a killed process is immediate; a stopped process (SIGSTOP) keeps its lock, and ``holder`` names its pid.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from guestlist.errors import StoreError
from guestlist.store.database import Database

_POLL = 0.02  # seconds between tries while a lock with a time-out is awaited
_held: set[int] = set()  # descriptors that hold a lock: a forked child must not keep them open


class Locks(Protocol):
    """What both kinds of locks do."""

    def hold(self, name: str, wait: bool = True, timeout: float | None = None) -> AbstractContextManager[bool]:
        """Yields whether the lock is held; always when it waits without ``timeout`` (seconds)."""

    def holder(self, name: str) -> str | None:
        """Who holds the lock now (``pid 123`` or ``host pid``), None: nobody."""


class FileLocks:
    """One file a lock under ``folder``. Each holder has its own open file, so threads exclude each other too."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, name: str, wait: bool = True, timeout: float | None = None) -> Iterator[bool]:
        """Hold the lock; yields False when it could not be had."""
        descriptor = os.open(self._path(name), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        _held.add(descriptor)
        try:
            got = _flock(descriptor, wait, timeout)
            if got:
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, b"%d\n" % os.getpid(), 0)
            yield got
        finally:
            if descriptor in _held:  # else: a forked child, where it was closed and its number may be another file's
                _held.discard(descriptor)
                os.close(descriptor)

    def holder(self, name: str) -> str | None:
        """The pid that the holder wrote; None when the lock is free."""
        try:
            descriptor = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return f"pid {os.read(descriptor, 32).decode().strip() or '?'}"
        else:
            return None
        finally:
            os.close(descriptor)

    def _path(self, name: str) -> Path:
        safe = quote(name, safe="")
        return self._folder / (safe if len(safe) < 120 else hashlib.sha256(name.encode()).hexdigest())


class AdvisoryLocks:
    """PostgreSQL session locks, each on a connection of its own that ends with its holder.

    When the connection is lost while its holder lives, nobody tells the holder: whatever locks protect is changed by
    compare-and-set besides.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def hold(self, name: str, wait: bool = True, timeout: float | None = None) -> Iterator[bool]:
        """Hold the lock; yields False when it could not be had."""
        connection = self._connect()
        descriptor: int = connection.pgconn.socket
        _held.add(descriptor)
        try:
            yield _advise(connection, _number(name), wait, timeout)
        finally:
            if descriptor in _held:  # else: a forked child, where it was closed
                _held.discard(descriptor)
                _let_go(connection)

    def holder(self, name: str) -> str | None:
        """What the holder's connection calls itself; None when the lock is free."""
        number = _number(name) & 0xFFFFFFFFFFFFFFFF
        query = sa.text(
            "select a.application_name from pg_locks l join pg_stat_activity a on a.pid = l.pid"
            " join pg_database d on d.oid = l.database and d.datname = current_database()"
            " where l.locktype = 'advisory' and l.granted and l.classid = :high and l.objid = :low and l.objsubid = 1"
        )
        with self._database.read() as connection:
            row = connection.execute(query, {"high": number >> 32, "low": number & 0xFFFFFFFF}).first()
        return None if row is None else str(row[0]).removeprefix("guestlist ")

    def _connect(self) -> Any:
        try:
            raw = self._database.engine.raw_connection()
        except SQLAlchemyError as error:
            raise StoreError("The database cannot be reached to take a lock.") from error
        connection: Any = raw.driver_connection
        raw.detach()
        connection.rollback()
        connection.autocommit = True
        # A holder whose machine vanished is noticed by the server within half a minute.
        connection.execute("select set_config('tcp_keepalives_idle', '15', false)")
        connection.execute("select set_config('tcp_keepalives_interval', '5', false)")
        connection.execute("select set_config('tcp_keepalives_count', '3', false)")
        return connection


def _flock(descriptor: int, wait: bool, timeout: float | None) -> bool:
    if wait and timeout is None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return True
    return _until(lambda: _try_flock(descriptor), timeout if wait and timeout is not None else 0.0)


def _try_flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _until(attempt: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not attempt():
        if time.monotonic() >= end:
            return False
        time.sleep(_POLL)
    return True


def _advise(connection: Any, number: int, wait: bool, timeout: float | None) -> bool:
    if wait and timeout is None:
        connection.execute("select pg_advisory_lock(%s)", (number,))
        return True

    def attempt() -> bool:
        return bool(connection.execute("select pg_try_advisory_lock(%s)", (number,)).fetchone()[0])

    return _until(attempt, timeout if wait and timeout is not None else 0.0)


def _let_go(connection: Any) -> None:
    """Unlock, then close: the server notices a closed connection only a moment later."""
    with suppress(Exception):  # a broken connection holds nothing
        connection.execute("select pg_advisory_unlock_all()")
    connection.close()


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(b"guestlist lock " + name.encode()).digest()[:8], "big", signed=True)


def _forget_in_child() -> None:
    for descriptor in _held:
        with suppress(OSError):
            os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)
