"""One in-memory DuckDB per call, locked before anybody's data or filter comes near it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from guestlist.errors import GuestlistError, SourceError, StoreError
from guestlist.planner import sql

TOO_LITTLE = "Planning needs more memory (or temporary space) than it was given; nothing was changed."
_LINE = re.compile(r"Line: (\d+)|line (\d+)")


class Session:
    """A connection that answers plain values and Arrow."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, scratch: Path) -> None:
        self._connection = connection
        self.scratch = scratch  # 0700, gone with the session

    def run(self, query: str) -> None:
        """Execute to the end."""
        self._connection.execute(query).fetchall()  # an unfetched result leaves the connection busy

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._connection.execute(query).fetchall()

    def row(self, query: str) -> tuple[Any, ...]:
        """The only row."""
        (row,) = self.rows(query)
        return row

    def number(self, query: str) -> int:
        """The only value, 0 for null."""
        return int(self.row(query)[0] or 0)

    def table(self, query: str) -> pa.Table:
        """All rows as Arrow."""
        return self._connection.sql(query).to_arrow_table()

    def reader(self, query: str, size: int = 20_000) -> pa.RecordBatchReader:
        """The rows as they come, as Arrow."""
        return self._connection.sql(query).to_arrow_reader(size)

    def register(self, name: str, data: pa.Table) -> None:
        """Let queries see an Arrow table."""
        self._connection.register(name, data)

    def create(self, name: str, query: str) -> None:
        """A temporary table."""
        self.run(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")


@contextmanager
def connect(
    folder: str | None,
    readable: Sequence[str],
    memory_limit: str = "1500MB",
    *,
    joins_as_written: bool = False,
    threads: int = 8,
) -> Iterator[Session]:
    """A session that reads only ``readable`` (files) and writes only below ``folder`` (None: it only answers, and what
    it spills is keys and numbers); its spill files vanish with it.

    ``joins_as_written``: the right side of every join is the one held in memory. DuckDB takes every text file for a
    short one, and would rather hold (and spill) all of a list than a table of countries.

    The temporary folder is made fresh with mode 0700, whatever the process's umask is.
    """
    if folder is not None:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(Path(folder))
    scratch = Path(tempfile.mkdtemp(prefix=f"{_SCRATCH}{os.getpid()}-", dir=folder))
    home = scratch if folder is None else Path(folder)
    try:
        with duckdb.connect(":memory:", config=_CONFIG) as connection:
            optimizers = ["disabled_optimizers = 'build_side_probe_side,join_order'"] if joins_as_written else []
            for setting in [*optimizers, *_settings(home, scratch, readable, memory_limit, threads)]:
                connection.execute(f"SET {setting}").fetchall()
            yield Session(connection, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """What killed processes left behind: keys and numbers, but space."""
    for left in folder.glob(f"{_SCRATCH}*-*"):
        pid = left.name.removeprefix(_SCRATCH).partition("-")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


_SCRATCH = ".planner-"
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


def _settings(home: Path, scratch: Path, readable: Sequence[str], memory_limit: str, threads: int) -> list[str]:
    """The last two shut the door: no file but these, and no way back."""
    return [
        f"memory_limit = {sql.text(memory_limit)}",
        f"threads = {min(os.cpu_count() or 1, threads)}",
        # Blocks are spilled with whatever their memory held before, pieces of the list among it. The wheel's own
        # cipher has a poor source of randomness, hence its name; against reading what a killed process left, it does.
        "force_mbedtls_unsafe = true",
        "temp_file_encryption = true",
        f"temp_directory = {sql.text(str(scratch))}",
        f"allowed_directories = {sql.texts([str(home)])}",
        f"allowed_paths = {sql.texts(readable)}",
        *_LOCKED,
    ]


_LOCKED = (
    "preserve_insertion_order = true",  # row numbers are those of the list
    "arrow_lossless_conversion = true",
    "enable_progress_bar = false",
    "enable_external_access = false",
    "lock_configuration = true",
)


def calculating() -> duckdb.DuckDBPyConnection:
    """A connection that stays, computes on what it is handed in the order it is handed, and reaches no file."""
    connection = duckdb.connect(":memory:", config=_CONFIG)
    for setting in ("threads = 1", "memory_limit = '256MB'", "temp_directory = ''", *_LOCKED):
        connection.execute(f"SET {setting}").fetchall()
    return connection


@contextmanager
def reading_list(paths: Sequence[str]) -> Iterator[None]:
    """DuckDB quotes data in its errors; ours name the file and the line, nothing else."""
    shown = Path(paths[0]).name + (f" (and {len(paths) - 1} more)" if len(paths) > 1 else "")
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise GuestlistError(TOO_LITTLE) from None
    except (duckdb.InvalidInputException, duckdb.ConversionException, OSError) as error:  # Arrow's readers: OSError
        raise SourceError(f"{shown} cannot be read{_where(str(error))}; nothing was planned.") from None
    except duckdb.Error:
        raise SourceError(f"{shown} cannot be read or was damaged; nothing was planned.") from None


def _where(message: str) -> str:
    found = _LINE.search(message)
    line = f" at line {found[1] or found[2]}" if found else ""
    if "Expected Number of Columns" in message:
        return f"{line}: that line has another number of fields than the header"
    if "unicode" in message.lower() or "utf-8" in message.lower():
        return f"{line}: it is not UTF-8"
    if "quote" in message.lower():
        return f"{line}: a quoted field does not end"
    return f"{line}: it is not what the first lines promise"


@contextmanager
def reading_ledger() -> Iterator[None]:
    """A ledger part that cannot be read is an error of ours, never an empty ledger."""
    try:
        yield
    except duckdb.OutOfMemoryException:
        raise GuestlistError(TOO_LITTLE) from None
    except duckdb.Error:
        raise StoreError("A part of the ledger is damaged; restore a backup before anything is sent.") from None
