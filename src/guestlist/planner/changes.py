"""The changes file: REMOVE rows, then ADD rows, then LABEL rows; how it is written, and how ranges of it are read."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from guestlist.core.identity import Kind
from guestlist.errors import GuestlistError, StoreError
from guestlist.planner import sql, telling
from guestlist.planner.compare import Task
from guestlist.planner.connection import Session
from guestlist.planner.ledger import SMALL
from guestlist.planner.rows import Rows
from guestlist.planner.scan import unchanged
from guestlist.planner.shape import COMPANY_TRAITS, PEOPLE_TRAITS
from guestlist.ports import Changes


def schema(kind: Kind) -> pa.Schema:
    """The columns of a changes file, in order."""
    told = [("t", pa.uint8()), ("was", pa.uint8()), ("v", pa.binary())]
    head = [
        ("op", pa.uint8()), ("why", pa.uint8()), ("t", pa.uint8()), ("v", pa.binary()), ("was", pa.uint8()),
        ("more", pa.list_(pa.struct(told))), ("owner", pa.uuid()), ("grp", pa.uuid()), ("fp", pa.uint64()),
        ("row", pa.int64()), ("key", pa.string()),
    ]  # fmt: skip
    traits = PEOPLE_TRAITS if kind is Kind.PEOPLE else COMPANY_TRAITS
    return pa.schema([*head, *((t, pa.list_(pa.string()) if t == "industries" else pa.string()) for t in traits)])


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────
def write(session: Session, task: Task, rows: Rows) -> Changes:
    """What the comparison found; where anything is added, with the values and traits of a second pass over the list."""
    numbers = telling.numbers(session, task)
    selects = telling.selects(session, task, rows, numbers)
    if not numbers.tell:
        return _written(session, task, selects, numbers)
    with unchanged(task.request.scan):
        return _written(session, task, selects, numbers)


def counted(session: Session, task: Task) -> Changes:
    """How many there would be."""
    numbers = telling.numbers(session, task)
    return Changes(numbers.removes, numbers.adds, numbers.labels)


def _written(session: Session, task: Task, selects: list[str], numbers: telling.Numbers) -> Changes:
    columns = schema(task.shape.kind)
    if numbers.all <= SMALL:
        tables = [session.table(select).cast(columns) for select in selects]
        table = pa.concat_tables([columns.empty_table(), *tables])
        _check(table.num_rows, numbers)
        return Changes(numbers.removes, numbers.adds, numbers.labels, data=stream(table))
    path = str(Path(task.request.folder) / f"changes-{uuid.uuid4().hex}.parquet")
    _check(_write(session, task, selects, path, numbers), numbers)
    return Changes(numbers.removes, numbers.adds, numbers.labels, path=path)


def _check(rows: int, numbers: telling.Numbers) -> None:
    if rows != numbers.all:
        raise GuestlistError(f"The plan found {numbers.all} changes and wrote {rows}; nothing is sent.")


def _write(session: Session, task: Task, selects: list[str], path: str, numbers: telling.Numbers) -> int:
    drafted = session.scratch / telling.DRAFT_FILE
    whole = task.draft and not session.number("SELECT count(*) FROM close")
    if whole and pq.read_metadata(drafted).num_rows == numbers.all:
        os.rename(drafted, path)  # as it stands; it has columns of its own after the contract's
        return numbers.all
    if numbers.adds == numbers.all:
        return _copy(session, selects, path)
    return _append(session, selects, path, schema(task.shape.kind))


def _copy(session: Session, selects: list[str], path: str) -> int:
    """The fast way, where any order of rows will do."""
    session.run(
        f"COPY ({sql.union(f'FROM ({select})' for select in selects)}) TO {sql.text(path)} ({telling.AS_PARQUET})"
    )
    os.chmod(path, 0o600)
    return int(pq.read_metadata(path).num_rows)


def _append(session: Session, selects: list[str], path: str, columns: pa.Schema) -> int:
    """One after the other, so that the phases of a run are ranges; DuckDB's own writer would mix them."""
    rows = 0
    with open(path, "xb", opener=_private) as file, pq.ParquetWriter(file, columns, compression="zstd") as writer:
        for select in selects:
            for batch in _row_groups(session, select):
                table = pa.Table.from_batches([batch]).cast(columns)
                writer.write_table(table, row_group_size=telling.ROW_GROUP)
                rows += table.num_rows
    return rows


def _row_groups(session: Session, select: str) -> Iterator[pa.RecordBatch]:
    yield from session.reader(select, telling.ROW_GROUP)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def stream(table: pa.Table) -> bytes:
    """Arrow IPC stream bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def read(changes: Changes, first: int, count: int) -> pa.Table:
    """The rows at positions [first, first + count), as many of them as there are."""
    if changes.data is not None:
        return _opened(changes.data).slice(first, count)
    if changes.path is None:
        raise StoreError("A run has neither rows nor a changes file.")
    try:
        stat = os.stat(changes.path)
        return _range(_file(changes.path, stat.st_mtime_ns, stat.st_size), first, count)
    except (OSError, pa.ArrowException):
        raise StoreError(f"The changes file {Path(changes.path).name} is missing or damaged; plan anew.") from None


def opened(changes: Changes) -> pa.Table:
    """The rows of a small run."""
    return schema(Kind.PEOPLE).empty_table() if changes.data is None else _opened(changes.data)


@lru_cache(maxsize=4)
def _opened(data: bytes) -> pa.Table:
    return pa.ipc.open_stream(data).read_all()


@lru_cache(maxsize=8)
def _file(path: str, mtime_ns: int, size: int) -> _RowGroups:
    return _RowGroups(path)


class _RowGroups:
    """A Parquet file kept open, with where each of its row groups starts."""

    def __init__(self, path: str) -> None:
        self.file = pq.ParquetFile(path, memory_map=True)
        kind = Kind.PEOPLE if "firstName" in self.file.schema_arrow.names else Kind.COMPANIES
        self.schema = schema(kind)
        metadata = self.file.metadata
        self.starts = [0]
        for n in range(metadata.num_row_groups):
            self.starts.append(self.starts[-1] + metadata.row_group(n).num_rows)


def _range(groups: _RowGroups, first: int, count: int) -> pa.Table:
    end = min(first + count, groups.starts[-1])
    wanted = [n for n in range(len(groups.starts) - 1) if groups.starts[n] < end and groups.starts[n + 1] > first]
    if not wanted:
        return groups.schema.empty_table()
    table = groups.file.read_row_groups(wanted, columns=groups.schema.names, use_threads=False)
    return table.slice(first - groups.starts[wanted[0]], end - first).cast(groups.schema)
