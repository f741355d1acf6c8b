"""Elements of a run, read where the planner left them and written in LinkedIn's words (``ports.Elements``)."""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from guestlist.core import templates
from guestlist.core.delivery import BATCH_SIZE
from guestlist.core.identity import IdType, Kind, key16
from guestlist.errors import StoreError
from guestlist.linkedin import wire
from guestlist.planner import changes as planned
from guestlist.planner import rejected
from guestlist.ports import (
    Changes,
    Encoded,
    Known,
    Lists,
    Op,
    Refusals,
    RejectedLine,
    RejectedWish,
    Scan,
    State,
    Why,
)
from guestlist.sources import linkedin_csv

_PART = 20_000  # rows of a list that are written at once
_NOT_TRAITS = frozenset({"op", "why", "t", "v", "was", "more", "owner", "grp", "fp", "row", "key"})


_MORE = pa.list_(pa.struct([("t", pa.uint8()), ("was", pa.uint8()), ("v", pa.binary())]))
_SCHEMA = pa.schema(
    [("op", pa.uint8()), ("why", pa.uint8()), ("t", pa.uint8()), ("v", pa.binary()), ("was", pa.uint8())]
    + [("more", _MORE), ("owner", pa.uuid()), ("grp", pa.uuid()), ("fp", pa.uint64())]
    + [("row", pa.int64()), ("key", pa.string())]
    + [(trait, pa.string()) for trait in ("firstName", "lastName", "title", "company", "country")]
)


class PlannedElements:
    """Reads with the planner, writes with ``linkedin.wire``. ``open_sealed`` opens values of names-only elements."""

    def __init__(self, open_sealed: Callable[[bytes], bytes]) -> None:
        self._open_sealed = open_sealed

    def encode(
        self, members: Kind, changes: Changes, positions: Sequence[int], suppressed: frozenset[bytes] = frozenset()
    ) -> Encoded:
        """The body for these positions, without ``changes.skip`` and without ADDs that carry a suppressed key16."""
        rows, at = _rows(changes, positions)
        skipped = set(changes.skip) & set(at) if changes.skip else set()
        skip = {place for place, position in enumerate(at) if position in skipped} | _suppressed(rows, suppressed)
        body, told = wire.elements(rows, members, self._open_sealed, skip)
        if len(told) + len(skip) != len(at):  # never pass over somebody in silence
            raise StoreError("The changes of a run hold elements that name nobody: they are damaged.")
        return Encoded(body, tuple(at[place] for place in told))

    def keep(self, changes: Changes, positions: Sequence[int]) -> Changes:
        """The same rows as a small value of their own."""
        rows, _ = _rows(changes, positions)
        removes = rows.column("op").to_pylist().count(int(Op.REMOVE))
        return Changes(removes, rows.num_rows - removes, 0, data=_ipc(rows))

    def refusals(self, changes: Changes, reasons: Mapping[int, str]) -> Refusals:
        """The source rows behind refused positions."""
        rows, at = _rows(changes, sorted(reasons))
        why = rows.column("why").to_pylist()
        named = zip(at, rows.column("row").to_pylist(), rows.column("key").to_pylist(), strict=True)
        removed = sum(each in (Why.LEFT, Why.SHED) for each in why)
        return Refusals(
            added=why.count(int(Why.NEW)),
            changed=len(why) - why.count(int(Why.NEW)) - removed,
            removed=removed,
            rows=tuple((row, key, reasons[position]) for position, row, key in named),
        )

    def add_rejected(self, before: str | None, refusals: Refusals, since: float, folder: Path) -> Path:
        """A new file of rejected rows: those of ``before`` and the refused ones."""
        fields = [("row", pa.int64()), ("key", pa.string()), ("reason", pa.string()), ("since", pa.float64())]
        columns = [[row for row, _, _ in refusals.rows], [key for _, key, _ in refusals.rows]]
        columns += [[reason for *_, reason in refusals.rows], [since] * len(refusals.rows)]
        table = pa.table(columns, schema=pa.schema(fields))
        if before is not None:
            old = pq.read_table(before, columns=[name for name, _ in fields]).cast(table.schema)
            table = pa.concat_tables([old, table])
        path = folder / "rejected.parquet"
        pq.write_table(table, path, compression="zstd")
        return path

    def some_rejected(self, path: str, wish: RejectedWish) -> tuple[list[RejectedLine], int]:
        """Some of a file of rejected rows, and how many the wish fits."""
        return rejected.some(path, wish)

    def rejected(self, path: str) -> Iterator[RejectedLine]:
        """A file of rejected rows."""
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=["row", "key", "reason", "since"]):
                yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)

    def removals(self, elements: Sequence[Sequence[Known]], doubtful: Sequence[Known] = ()) -> Changes:
        """Changes made of one REMOVE each, and a LABEL row that says UNSURE for each doubtful relative."""
        rows = [*map(_removal, elements), *map(_doubt, doubtful)]
        return Changes(len(elements), 0, len(doubtful), data=_ipc(pa.Table.from_pylist(rows, schema=_SCHEMA)))

    def write_members(
        self, widths: Mapping[str, int], rows: Iterable[Mapping[str, Sequence[str]]], folder: Path
    ) -> tuple[Scan, dict[str, tuple[str, ...]]]:
        """Rows as a list in ``folder``: a column for each value of a field, in parts that fit into memory."""
        mapping = {name: tuple(f"{name}_{n}" for n in range(1, width + 1)) for name, width in widths.items()}
        columns = [column for each in mapping.values() for column in each]
        schema = pa.schema([(column, pa.string()) for column in columns])
        path, rest = folder / "members.parquet", iter(rows)
        with open(path, "xb", opener=_private) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
            while part := list(islice(rest, _PART)):
                arrays = [
                    pa.array([_at(row.get(name, ()), n) for row in part], pa.string())
                    for name, width in widths.items()
                    for n in range(width)
                ]
                writer.write_table(pa.table(arrays, schema=schema))
        stat = path.stat()
        identity = ((str(path), stat.st_size, stat.st_mtime_ns),)
        return Scan("parquet", (str(path),), tuple(columns), identity), mapping

    def write_lists(self, members: Kind, changes: Changes, folder: Path, name: str) -> Lists:
        """LinkedIn's own list template filled with the ADD rows."""
        without: Counter[Kind] = Counter()
        files = linkedin_csv.write(_template_rows(members, changes, without), members, folder, name)
        return Lists(tuple(files), without[members])


def _at(values: Sequence[str], n: int) -> str | None:
    return values[n] if n < len(values) else None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


def _removal(element: Sequence[Known]) -> dict[str, Any]:
    """A REMOVE that is refused leaves a doubt, so that it is told again."""
    first, *others = element
    more = [{"t": int(each.id_type), "was": int(State.UNSURE), "v": each.value} for each in others]
    return _row(Op.REMOVE, Why.LEFT, first, first.value) | {"more": more or None}


def _doubt(relative: Known) -> dict[str, Any]:
    return _row(Op.LABEL, Why.AGAIN, relative, relative.id16)


def _row(op: Op, why: Why, of: Known, value: bytes) -> dict[str, Any]:
    told = {"op": int(op), "why": int(why), "t": int(of.id_type), "v": value, "was": int(State.UNSURE)}
    return told | {"owner": of.owner16, "grp": of.group16, "fp": 0}


def _template_rows(members: Kind, changes: Changes, without: Counter[Kind]) -> Iterator[Mapping[str, str]]:
    """Rows of the template; those it has no column for are counted in ``without``."""
    end = changes.removes + changes.adds
    for first in range(changes.removes, end, BATCH_SIZE):
        rows, at = _rows(changes, range(first, min(first + BATCH_SIZE, end)))
        skipped = set(changes.skip)
        for position, row in zip(at, rows.to_pylist(), strict=True):
            if position not in skipped:
                made = templates.rows(members, _ids(row), _traits(row))
                without[members] += not made
                yield from made


def _ids(row: Mapping[str, Any]) -> dict[IdType, list[bytes]]:
    ids: dict[IdType, list[bytes]] = {}
    for kind, value in [(row["t"], row["v"]), *((each["t"], each["v"]) for each in row["more"] or ())]:
        ids.setdefault(IdType(kind), []).append(value)
    return ids


def _traits(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _NOT_TRAITS and value is not None}


def _rows(changes: Changes, positions: Sequence[int]) -> tuple[pa.Table, list[int]]:
    """The rows at these positions (ascending), and the positions."""
    at = sorted(positions)
    if not at:
        return planned.read(changes, 0, 0), []
    first, count = at[0], at[-1] - at[0] + 1
    rows = planned.read(changes, first, count)
    if count != len(at):
        rows = rows.take(pa.array([position - first for position in at], pa.int64()))
    return rows, at


def _suppressed(rows: pa.Table, suppressed: frozenset[bytes]) -> set[int]:
    """Places of ADD rows that carry a forgotten identifier."""
    if not suppressed or rows.num_rows == 0:
        return set()
    found = set()
    columns = (rows.column(name).to_pylist() for name in ("op", "t", "v", "more"))
    for place, (op, kind, value, more) in enumerate(zip(*columns, strict=True)):
        ids = [(kind, value), *((each["t"], each["v"]) for each in more or ())]
        if op == Op.ADD and any(_key(each, v) in suppressed for each, v in ids if v is not None):
            found.add(place)
    return found


def _key(kind: int, value: bytes) -> bytes:
    """Labels are their own key; sealed names have none that could be told from them."""
    return value if kind in (IdType.PRIMARY, IdType.NAMES) else key16(IdType(kind), value)


def _ipc(table: pa.Table) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table)
    return out.getvalue()
