"""Lists that people uploaded: sealed as they arrive, opened into memory only."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guestlist.errors import UnknownName
from guestlist.ports import Held, HeldList
from guestlist.store import memory, schema
from guestlist.store.database import Database, upsert
from guestlist.store.files import Files
from guestlist.store.rows import load
from guestlist.store.sealed_files import FRAME, SealedReader, SealedWriter

_table = schema.uploads


@dataclass(frozen=True)
class Upload:
    """One row; columns are explained in ``schema.uploads``."""

    id: int
    name: str
    file_name: str
    format: str
    size: int
    rows: int
    columns: int
    file_id: int
    uploaded_at: float
    uploaded_by: str


class Arriving:
    """An upload under way. What was written is nobody's list until ``Uploads.keep`` is told of it."""

    def __init__(self, file_id: int, path: Path, writer: SealedWriter, key: bytes) -> None:
        self.file_id, self.path, self.key = file_id, path, key
        self._writer = writer
        self.size = 0

    def write(self, data: bytes) -> None:
        """Add bytes; they are sealed before they reach a disk."""
        self._writer.write(data)
        self.size += len(data)


class Uploads:
    """An upload of a name that is there already takes its place."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database, self._files = database, files

    @contextmanager
    def arriving(self, by: str) -> Iterator[Arriving]:
        """A sealed file to write into; when the block ends it is whole and durable. Without ``keep`` it goes again.
        SourceError: this machine could not open it without writing it to a disk.
        """
        memory.check()
        file_id = self._files.reserve("uploads", f"upload by {by}")
        with self._files.workspace(f"upload by {by}") as folder:
            path, key = folder / "list.sealed", AESGCM.generate_key(256)
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                writer = SealedWriter(out, key)
                arriving = Arriving(file_id, path, writer, key)
                yield arriving
                writer.finish()
            self._files.publish(file_id, path, 0, key=key)

    def keep(
        self,
        file_id: int,
        name: str,
        file_name: str,
        format_: str,
        counts: tuple[int, int, int],
        by: str,
        now: float,
    ) -> Upload:
        """Make a file that arrived the list of this name. ``counts``: its bytes, rows and columns."""
        size, rows, columns = counts
        values = {
            "file_name": file_name, "format": format_, "size": size, "rows": rows, "columns": columns,
            "file_id": file_id, "uploaded_at": now, "uploaded_by": by,
        }  # fmt: skip
        before = self.get(name)
        with self._database.write() as connection:
            upsert(connection, _table, {"name": name}, values)
            if before is not None:
                self._files.retire(before.file_id)
        return self.known(name)

    def get(self, name: str) -> Upload | None:
        """None: nobody uploaded one."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_table).where(_table.c.name == name)).mappings().first()
        return None if row is None else load(Upload, row)

    def known(self, name: str) -> Upload:
        """UnknownName: nobody uploaded one."""
        found = self.get(name)
        if found is None:
            raise UnknownName(f"There is no uploaded list '{name}': upload it first.")
        return found

    def all(self) -> list[Upload]:
        """By name."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(_table).order_by(_table.c.name)).mappings().all()
        return [load(Upload, row) for row in rows]

    def delete(self, name: str) -> bool:
        """Whether there was one. Its bytes are gone within an hour."""
        found = self.get(name)
        if found is None:
            return False
        with self._database.write() as connection:
            connection.execute(sa.delete(_table).where(_table.c.id == found.id))
            self._files.retire(found.file_id)
        return True

    def opened(self, name: str) -> HeldList:
        """Its plain content in memory, as a path for processes of this user. UnknownName, StoreError."""
        upload = self.known(name)
        return held(upload.file_name, upload.format, self._files.plain(upload.file_id), upload.uploaded_at)

    def begun(self, name: str) -> HeldList:
        """The same with no more in memory than is asked of ``held.fill``. UnknownName, StoreError."""
        upload = self.known(name)
        return begun(upload.file_name, upload.format, *self._files.begun(upload.file_id), upload.uploaded_at)

    def looked_at(self, file_id: int, file_name: str, format_: str) -> HeldList:
        """As ``begun``, of a file that arrived and is nobody's list yet."""
        return begun(file_name, format_, *self._files.begun(file_id), 0.0)


def held(file_name: str, format_: str, content: Iterator[bytes], written: float) -> HeldList:
    """Plain content in memory. ``written``: epoch seconds, what tells it from another of that name. SourceError: it
    does not fit, or nothing could hold it.
    """
    descriptor, size = memory.opened(), 0
    try:
        for block in content:
            memory.put(descriptor, block, size)
            size += len(block)
        moment = _marked(descriptor, written)
    except BaseException:
        os.close(descriptor)
        raise
    return HeldList(memory.path(descriptor), file_name, format_, size, moment, Held(lambda: os.close(descriptor)))


def begun(file_name: str, format_: str, sealed: SealedReader, close: Callable[[], None], written: float) -> HeldList:
    """As ``held``, as large at once, with nothing in it but what is filled in."""
    try:
        descriptor = memory.opened()
    except BaseException:
        close()
        raise
    there = set[int]()

    def fill(begin: int, end: int) -> None:
        for number in range(max(begin, 0) // FRAME, -(-min(end, sealed.size) // FRAME)):
            if number not in there:
                memory.put(descriptor, sealed.frame(number), number * FRAME)
                there.add(number)
        _marked(descriptor, written)

    def closed() -> None:
        os.close(descriptor)
        close()

    kept = Held(closed, fill)
    os.truncate(descriptor, sealed.size)
    return HeldList(memory.path(descriptor), file_name, format_, sealed.size, _marked(descriptor, written), kept)


def _marked(descriptor: int, written: float) -> int:
    moment = int(written * 1e9)
    os.utime(descriptor, ns=(moment, moment))
    return moment
