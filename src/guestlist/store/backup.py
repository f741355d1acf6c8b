"""Backups: one SQL snapshot as rows, the files it names and the keys, in one encrypted file for any database.

``GUESTLIST BACKUP 1``, a line of JSON that says how the key is made, then a sealed tar (``sealed_files``):
``manifest.json``, ``keys`` (unless they come from the environment), ``tables/NAME`` (a JSON row a line) and
``files/PATH``. LinkedIn cannot list an audience's members: the ledgers in here are the only record of them.
"""

from __future__ import annotations

import base64
import io
import json
import os
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from guestlist.errors import StoreError
from guestlist.store import schema
from guestlist.store.database import Database
from guestlist.store.files import File, Files
from guestlist.store.sealed_files import SealedWriter
from guestlist.store.vault import Vault, derive, root_of, sync_folder

MAGIC = b"GUESTLIST BACKUP 1\n"
FORMAT = 1


def write_backup(
    database: Database, vault: Vault, files: Files, path: Path, passphrase: str | None, now: float
) -> None:
    """Write the backup whole and durably (0600); what was there under that name stays until then."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            _write(out, database, vault, files, passphrase, now)
            out.flush()
            os.fsync(out.fileno())
        temporary.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"The backup {path} could not be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def backup_key(header: dict[str, Any], secret: str) -> bytes:
    """The key of a backup from a passphrase or from one of the store's secrets, as its header says."""
    salt = base64.b64decode(header["salt"])
    if header["key"] == "passphrase":
        return Scrypt(salt=salt, length=32, n=2**16, r=8, p=1).derive(secret.encode())
    return derive(root_of(secret), b"guestlist backup " + salt)


def _write(out: BinaryIO, database: Database, vault: Vault, files: Files, passphrase: str | None, now: float) -> None:
    salt = base64.b64encode(os.urandom(16)).decode()
    header = {"key": "store" if passphrase is None else "passphrase", "salt": salt}
    out.write(MAGIC + json.dumps(header).encode() + b"\n")
    writer = SealedWriter(out, backup_key(header, vault.secrets[0] if passphrase is None else passphrase))
    with tarfile.open(fileobj=_Sink(writer), mode="w|") as tar, files.workspace("backup") as folder:
        live = _dump(database, folder)
        manifest = {"format": FORMAT, "revision": schema.REVISIONS[-1], "at": now, "files": len(live)}
        _add(tar, "manifest.json", json.dumps(manifest).encode())
        if not vault.from_environment:
            _add(tar, "keys", "\n".join(vault.secrets).encode())
        for table in schema.metadata.sorted_tables:
            tar.add(folder / table.name, f"tables/{table.name}")
        for file in live:
            tar.add(files.open(file.id), f"files/{file.path}")
    writer.finish()


def _dump(database: Database, folder: Path) -> list[File]:
    """Every table as of one moment, and the files that are live then."""
    with database.read() as connection:
        for table in schema.metadata.sorted_tables:
            with (folder / table.name).open("w") as out:
                out.writelines(json.dumps(row) + "\n" for row in _rows(connection, table))
        rows = connection.execute(sa.select(schema.files).where(schema.files.c.state == "live")).mappings().all()
        return [File(**{key: value for key, value in row.items() if key != "key"}) for row in rows]


def _rows(connection: sa.Connection, table: sa.Table) -> Iterator[dict[str, Any]]:
    query = sa.select(table)
    if table is schema.files:
        query = query.where(table.c.state == "live")  # others have no bytes here, and nothing names them
    for row in connection.execution_options(yield_per=500).execute(query).mappings():
        yield {key: _plain(value) for key, value in row.items()}


def _plain(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


class _Sink(io.RawIOBase):
    """What ``tarfile`` writes to."""

    def __init__(self, writer: SealedWriter) -> None:
        self._writer = writer

    def write(self, data: Any) -> int:
        self._writer.write(data)
        return len(data)
