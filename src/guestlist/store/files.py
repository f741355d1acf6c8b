"""Immutable files: a row before the first byte, published whole and synced, checked on every opening.

SQL says which files there are; folders are never listed to find out. A file is *pending* from ``reserve`` on, *live*
once ``publish`` returned, *dead* when nothing names it any more, and gone an hour later.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import sqlalchemy as sa

from guestlist.errors import StoreError
from guestlist.ports import Clock
from guestlist.store import schema
from guestlist.store.database import Database, insert_one
from guestlist.store.locks import Locks
from guestlist.store.places import Place
from guestlist.store.rows import load
from guestlist.store.sealed_files import SealedReader, open_file, opened_frames, seal_file
from guestlist.store.vault import Vault

DEAD_SECONDS = 3600.0  # a dead file stays this long for whoever looked it up just before
ORPHAN_SECONDS = 24 * 3600.0  # a pending file without a run belongs to a process that is gone by then
COLLECTING = "collect"  # the lock under which files are deleted
Folder = Literal["changes", "ledgers", "rejected", "uploads"]

_table, _runs = schema.files, schema.runs


@dataclass(frozen=True)
class File:
    """One row; columns are explained in ``schema.files``."""

    id: int
    path: str
    state: Literal["pending", "live", "dead"]
    owner: str
    run_id: int | None
    rows: int | None
    bytes: int | None
    created_at: float
    died_at: float | None


class Files:
    """The files of a store, wherever ``place`` keeps their bytes."""

    def __init__(self, database: Database, vault: Vault, place: Place, work: Path, locks: Locks, clock: Clock) -> None:
        self._database, self._vault, self._place = database, vault, place
        self._work, self._locks, self._clock = work, locks, clock

    def reserve(self, folder: Folder, owner: str, run_id: int | None = None) -> int:
        """The number of a new file; committed, so call it before anything is written and outside transactions."""
        if self._database.in_transaction:
            raise RuntimeError("reserve commits: it cannot be part of a larger transaction")
        return self._add(f"{folder}/{secrets.token_hex(8)}.parquet", owner, run_id)

    @contextmanager
    def workspace(self, owner: str, run_id: int | None = None) -> Iterator[Path]:
        """An empty folder under home (0700) for temporary files; gone afterwards, also when this process is killed
        (then at the next ``collect`` after its run has closed, or a day later).
        """
        if self._database.in_transaction:
            raise RuntimeError("a workspace outlives transactions: open it outside of them")
        name = secrets.token_hex(8)
        file_id = self._add(f"work/{name}", owner, run_id)
        folder = self._work / name
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self._delete_row(file_id)

    def publish(
        self, file_id: int, temporary: Path | str, rows: int, *, seal: bool = False, key: bytes | None = None
    ) -> Path:
        """Make the finished ``temporary`` file durable under its own name, then live; returns where it can be read.

        Synced, renamed, its folder synced, and only then SQL: rows and bytes. ``seal`` encrypts it with a key of its
        own (then open it with ``opened``); ``key``: it is sealed with this one already. StoreError when the row is not
        pending any more: it was collected.
        """
        source, row = Path(temporary), self.get(file_id)
        if seal:
            sealed = source.with_suffix(".sealed")
            key = seal_file(source, sealed)
            source.unlink()
            source = sealed
        size = source.stat().st_size
        path = self._place.put(source, row.path)
        values = {"state": "live", "rows": rows, "bytes": size, "key": self._vault.seal(key) if key else None}
        pending = sa.update(_table).where(_table.c.id == file_id, _table.c.state == "pending")
        with self._database.write() as connection:
            if connection.execute(pending.values(values)).rowcount != 1:
                raise StoreError(f"File number {file_id} was given up before it was published.")
        return path

    def open(self, file_id: int) -> Path:
        """A local path to a live file (or one that died within the hour), its size checked; StoreError otherwise."""
        row = self.get(file_id)
        if row.state == "pending" or row.bytes is None:
            raise StoreError(f"File {row.path} was never finished.")
        return self._place.get(row.path, row.bytes)

    @contextmanager
    def opened(self, file_id: int) -> Iterator[Path]:
        """As ``open``, for sealed files too: their plain content is in a workspace while the block runs."""
        key, path = self._key(file_id), self.open(file_id)
        if key is None:
            yield path
            return
        with self.workspace(f"sealed file {file_id}") as folder:
            plain = folder / path.name
            open_file(path, plain, key)
            yield plain

    def plain(self, file_id: int) -> Iterator[bytes]:
        """The content of a sealed file, piece by piece; StoreError at what is damaged."""
        key, path = self._key(file_id), self.open(file_id)
        if key is None:
            raise StoreError(f"File number {file_id} is not sealed.")
        with path.open("rb") as sealed:
            yield from opened_frames(sealed, key)

    def begun(self, file_id: int) -> tuple[SealedReader, Callable[[], None]]:
        """A sealed file whose frames are opened as they are asked for, and what closes it; StoreError as ``plain``."""
        key, path = self._key(file_id), self.open(file_id)
        if key is None:
            raise StoreError(f"File number {file_id} is not sealed.")
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # no file object: whoever keeps it may end in a cycle
        try:
            return SealedReader(descriptor, key), partial(os.close, descriptor)
        except BaseException:
            os.close(descriptor)
            raise

    def _key(self, file_id: int) -> bytes | None:
        with self._database.read() as connection:
            sealed = connection.execute(sa.select(_table.c.key).where(_table.c.id == file_id)).scalar()
        return None if sealed is None else self._vault.open(sealed)

    def get(self, file_id: int) -> File:
        """The row; StoreError when there is none."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.id == file_id)).mappings().first()
        if row is None:
            raise StoreError(f"File number {file_id} is not in the store.")
        return load(File, row)

    def live(self) -> list[File]:
        """All that can be opened, oldest first."""
        return self._select(_table.c.state == "live")

    def retire(self, file_id: int) -> None:
        """Nothing names it any more: pending or live -> dead."""
        statement = sa.update(_table).where(_table.c.id == file_id, _table.c.state != "dead")
        with self._database.write() as connection:
            connection.execute(statement.values(state="dead", died_at=self._clock.now()))

    def shred(self, file_id: int) -> None:
        """Delete a file now, for names that must not rest: only for whoever holds the lock of all its readers."""
        self._collect(self.get(file_id))

    def collect(self) -> int:
        """Delete files that died an hour ago and pending ones that nobody will publish (their run is over, or they
        are a day old); how many. Live ones that nothing names after a day (their process was killed before it could
        say what they are for) die. Reads rows, never listings; does nothing during a backup. Not in a transaction.
        """
        with self._locks.hold(COLLECTING, wait=False) as mine:
            return self._collect_all(self._clock.now()) if mine else 0

    def _collect_all(self, now: float) -> int:
        for row in self._select(_nameless() & (_table.c.created_at <= now - ORPHAN_SECONDS)):
            self.retire(row.id)
        over = sa.select(_runs.c.id).where(_runs.c.state.in_(("closed", "failed", "void")))
        died = (_table.c.state == "dead") & (_table.c.died_at <= now - DEAD_SECONDS)
        given_up = _table.c.run_id.in_(over) | (_table.c.created_at <= now - ORPHAN_SECONDS)
        gone = self._select(died | ((_table.c.state == "pending") & given_up))
        for row in gone:
            self._collect(row)
        return len(gone)

    def _collect(self, row: File) -> None:
        # A pending row dies first, so that whoever still meant to publish it is refused.
        self.retire(row.id)
        if row.path.startswith("work/"):
            shutil.rmtree(self._work / row.path.removeprefix("work/"), ignore_errors=True)
        else:
            self._place.delete(row.path)
        self._delete_row(row.id)

    def _add(self, path: str, owner: str, run_id: int | None) -> int:
        row = {"path": path, "owner": owner, "run_id": run_id, "created_at": self._clock.now(), "state": "pending"}
        with self._database.write() as connection:
            return insert_one(connection, _table, row)

    def _delete_row(self, file_id: int) -> None:
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.id == file_id))

    def _select(self, where: sa.ColumnElement[bool]) -> list[File]:
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table).where(where).order_by(_table.c.id)).mappings().all()
        return [load(File, row) for row in rows]


def _nameless() -> sa.ColumnElement[bool]:
    """Live, and named by no row that could want to open it."""
    names = (
        schema.ledger_parts.c.file_id,
        schema.runs.c.changes_file_id,
        schema.rejected.c.file_id,
        schema.uploads.c.file_id,
    )
    named = [sa.select(column).where(column == _table.c.id).exists() for column in names]
    return (_table.c.state == "live") & ~sa.or_(*named)
