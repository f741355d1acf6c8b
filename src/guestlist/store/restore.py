"""Restoring a backup into an empty store, on either kind of database.

Nothing a restored ledger says is sure: people may have been told and removed since the backup was made. So every part
is read as ``unsure`` and every run that was open is to be closed with all its batches unsure; the next sync tells
everybody again, whichever way they are wanted. A snapshot that was under way is told once more from its beginning: its
list is nowhere else. A *copy* lives beside the original: it gets an identity of its own and none of the original's
segments, so that nobody is in and nobody has to be removed; its snapshots are taken anew.
"""

from __future__ import annotations

import base64
import io
import json
import secrets
import shutil
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Literal

import sqlalchemy as sa

from guestlist.errors import ConfigError, StoreError
from guestlist.ports import Clock
from guestlist.store import migrate, schema
from guestlist.store.backup import MAGIC, backup_key
from guestlist.store.database import Database
from guestlist.store.locks import Locks
from guestlist.store.meta import new_store_id
from guestlist.store.places import Place, private_folder
from guestlist.store.rotate import reseal
from guestlist.store.sealed_files import opened_frames
from guestlist.store.store import DATABASE, Store, SystemClock, home_folder, open_locks, open_place, open_store
from guestlist.store.vault import KEY_FILE, Vault, key_file_secrets, open_vault, split_keys, write_key_file

Mode = Literal["move", "copy"]


def restore(
    path: Path | str,
    home: Path | str,
    mode: Mode,
    *,
    passphrase: str | None = None,
    secret_key: str | None = None,
    database_url: str | None = None,
    data_url: str | None = None,
    clock: Clock | None = None,
) -> Store:
    """Restore ``path`` into the empty store at ``home`` (and ``database_url``, ``data_url``) and open it.

    ``move``: the original is gone, or will never run again; ``copy``: both will run. ``secret_key`` is the value of
    GUESTLIST_SECRET_KEY: needed when the original had its keys from there; when the original had a key file, its keys
    are in the backup, and everything is sealed anew with ``secret_key`` where that is given. ConfigError when the
    backup does not open, StoreError when the store is not empty or the backup is damaged or of a newer version.
    """
    home, clock = home_folder(home), clock or SystemClock()
    database = Database(database_url or f"sqlite:///{home / DATABASE}")
    try:
        locks = open_locks(database, home)
        with locks.hold("restore"):
            vault = _restore(Path(path), home, mode, database, locks, _Given(passphrase, secret_key, data_url), clock)
    finally:
        database.close()
    return open_store(database_url, home, data_url, vault, clock)


@dataclass(frozen=True)
class _Given:
    passphrase: str | None
    secret_key: str | None
    data_url: str | None


def _restore(
    path: Path, home: Path, mode: Mode, database: Database, locks: Locks, given: _Given, clock: Clock
) -> Vault:
    if not path.is_file():
        raise StoreError(f"There is no backup {path}.")
    migrate.upgrade(database, locks)
    if not _is_empty(database):
        raise StoreError("The store is not empty: restore into a new GUESTLIST_HOME and database.")
    here = split_keys(given.secret_key) or key_file_secrets(home)
    backup = Backup(path, given.passphrase, here)
    folder = private_folder(home / "work" / f"restore-{secrets.token_hex(4)}")
    try:
        backup.unpack(folder, open_place(given.data_url, home))
        vault = _vault(backup, home, given.secret_key, here)
        revision = str(backup.manifest["revision"])
        migrate.check_known(revision)
        _clear(database)
        migrate.upgrade(database, locks, to=revision)
        _load(database, folder, mode, clock.now())
        migrate.upgrade(database, locks)
        if vault.from_environment and backup.keys:
            reseal(database, Vault((*vault.secrets, *backup.keys)))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return vault


def _vault(backup: Backup, home: Path, secret_key: str | None, here: Sequence[str]) -> Vault:
    if not backup.keys and not secret_key:
        raise ConfigError("The store that was backed up had its key in GUESTLIST_SECRET_KEY: set it here too.")
    if not secret_key:
        write_key_file(home / KEY_FILE, tuple(dict.fromkeys((*backup.keys, *here))))
    return open_vault(home, secret_key)


class Backup:
    """An opened backup; ``unpack`` gives its parts."""

    def __init__(self, path: Path, passphrase: str | None, keys_here: Sequence[str]) -> None:
        self._path, self._passphrase, self._keys_here = path, passphrase, keys_here
        self.manifest: dict[str, Any] = {}
        self.keys: tuple[str, ...] = ()

    def unpack(self, folder: Path, place: Place) -> None:
        """Read it all: tables into ``folder``, files into ``place``. StoreError when it is damaged or does not open."""
        try:
            with self._path.open("rb") as source:
                header = _header(source)
                start = source.tell()
                with tarfile.open(fileobj=_Source(source, self._key(header, source, start)), mode="r|") as tar:
                    for member in tar:
                        self._take(member.name, tar.extractfile(member), folder, place)
        except tarfile.TarError as error:
            raise StoreError("The backup is damaged.") from error
        except OSError as error:
            raise StoreError(f"The backup {self._path} could not be restored: {error.strerror}.") from error
        if not self.manifest:
            raise StoreError("The backup is damaged: it has no manifest.")

    def _take(self, name: str, content: Any, folder: Path, place: Place) -> None:
        kind, _, rest = name.partition("/")
        if ".." in PurePosixPath(rest).parts or content is None:
            raise StoreError("The backup is damaged: it names a file outside of itself.")
        if name == "manifest.json":
            self.manifest = json.load(content)
        elif name == "keys":
            self.keys = tuple(content.read().decode().split("\n"))
        else:
            temporary = folder / PurePosixPath(rest).name
            with temporary.open("wb") as out:
                shutil.copyfileobj(content, out, 1 << 20)
            if kind == "files":
                place.put(temporary, rest)

    def _key(self, header: dict[str, Any], source: BinaryIO, start: int) -> bytes:
        if header["key"] == "passphrase" and self._passphrase is None:
            raise ConfigError("The backup was made with a passphrase; give it.")
        tries = (self._passphrase or "",) if header["key"] == "passphrase" else self._keys_here
        for secret in tries:
            key = backup_key(header, secret)
            source.seek(start)
            try:
                next(opened_frames(source, key))
            except StoreError:
                continue
            source.seek(start)
            return key
        if header["key"] == "passphrase":
            raise ConfigError("The backup does not open: it was made with another passphrase, or it is cut short.")
        raise ConfigError("The backup does not open: put the key of the store that made it into GUESTLIST_SECRET_KEY.")


def _is_empty(database: Database) -> bool:
    """Whether nothing would be lost here; call it on a database whose schema exists."""
    with database.read() as connection:
        tables = (schema.activations, schema.destinations, schema.runs, schema.receipts)
        return not any(connection.execute(sa.select(sa.literal(1)).select_from(t).limit(1)).first() for t in tables)


def _clear(database: Database) -> None:
    """Drop an empty schema, so that the backup's own revision can be made."""
    with database.write() as connection:
        schema.metadata.drop_all(connection)
        connection.execute(sa.text("drop table if exists alembic_version"))


def _load(database: Database, folder: Path, mode: Mode, now: float) -> None:
    """Insert the rows that ``unpack`` left in ``folder`` into a schema of the backup's revision, in one transaction,
    and say that nothing is sure.
    """
    tables = sa.MetaData()
    with database.write() as connection:
        tables.reflect(connection, only=lambda name, _: (folder / name).exists())
        for table in tables.sorted_tables:
            _insert(connection, table, folder / table.name)
        _nothing_is_sure(connection, mode, now)
        if mode == "copy":
            _become_another(connection)
        values = {"at": now, "who": "", "what": "restore", "subject": mode, "details": {}}
        connection.execute(sa.insert(tables.tables["audit"]).values(values))


def _insert(connection: sa.Connection, table: sa.Table, file: Path) -> None:
    for column in table.c:
        if isinstance(column.type, sa.JSON):
            column.type = sa.JSON(none_as_null=True)
    blobs = {column.name for column in table.c if isinstance(column.type, sa.LargeBinary)}
    with file.open() as lines:
        rows = (_decoded(json.loads(line), blobs) for line in lines)
        while some := list(islice(rows, 500)):
            connection.execute(sa.insert(table), some)
    if connection.dialect.name == "postgresql" and [key.name for key in table.primary_key] == ["id"]:
        sequence = sa.func.pg_get_serial_sequence(table.name, "id")
        highest = sa.select(sa.func.max(table.c.id)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sequence, highest)).where(highest.is_not(None)))


def _decoded(row: dict[str, Any], blobs: set[str]) -> dict[str, Any]:
    return {key: base64.b64decode(value) if key in blobs and value is not None else value for key, value in row.items()}


def _nothing_is_sure(connection: sa.Connection, mode: Mode, now: float) -> None:
    runs, batches, ledgers = schema.runs, schema.batches, schema.ledgers
    connection.execute(sa.update(schema.ledger_parts).values(read_as="unsure"))
    connection.execute(sa.update(schema.streams).values(behind="the store was restored"))
    connection.execute(sa.update(ledgers).values(version=ledgers.c.version + 1, members_in=None))
    was_open = ("planned", "delivering", "waiting", "closing")
    stays = runs.c.sealed & (runs.c.state != "closing") if mode == "move" else sa.false()
    for which, batch, run in ((stays, "ready", "waiting"), (~stays, "void", "closing")):
        these = runs.c.state.in_(was_open) & which
        of_these = batches.c.run_id.in_(sa.select(runs.c.id).where(these))
        told = {"state": batch, "unsure": True, "outcome": None, "claim": None, "claim_until": None, "not_before": 0.0}
        connection.execute(sa.update(batches).where(of_these, batches.c.state != "split").values(told))
        connection.execute(sa.update(runs).where(these).values(state=run, reason="restored"))
    given_up = {"state": "void", "reason": "restored", "ended": now}
    connection.execute(sa.update(runs).where(runs.c.state == "planning").values(given_up))
    connection.execute(sa.delete(schema.pace))
    connection.execute(sa.delete(schema.last_events))  # of somebody, perhaps, who was forgotten since


def _become_another(connection: sa.Connection) -> None:
    meta = schema.meta
    connection.execute(sa.update(meta).where(meta.c.key == "store_id").values(value=new_store_id()))
    connection.execute(sa.update(schema.segments).values(state="dead"))
    connection.execute(sa.update(schema.ledgers).values(segment_id=None))
    connection.execute(sa.update(schema.ledger_parts).values(read_as="not_told"))
    connection.execute(sa.update(schema.activations).values(frozen=False))


def _header(source: BinaryIO) -> dict[str, Any]:
    if source.read(len(MAGIC)) != MAGIC:
        raise StoreError("This is not a backup of guestlist, or one of a newer version.")
    try:
        header: dict[str, Any] = json.loads(source.readline())
    except ValueError:
        raise StoreError("The backup is damaged.") from None
    return header


class _Source(io.RawIOBase):
    """What ``tarfile`` reads from."""

    def __init__(self, source: BinaryIO, key: bytes) -> None:
        self._frames: Iterator[bytes] = opened_frames(source, key)
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        while size < 0 or len(self._left) < size:
            frame = next(self._frames, None)
            if frame is None:
                break
            self._left += frame
        cut = len(self._left) if size < 0 else size
        taken, self._left = self._left[:cut], self._left[cut:]
        return taken
