"""One part of a ledger, indexed: its columns as they stand and three sorted lists of keys with the rows they stand in,
identifiers, owners and groups (the last two only where a row names them). The lists hold the first 8 bytes of a key;
whatever is found by them is checked by all 16.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from guestlist.core.identity import IdType
from guestlist.core.membership import State, Told
from guestlist.errors import StoreError
from guestlist.planner.ledger import EMPTY, called
from guestlist.ports import LedgerPart, Standing

_IN, _OUT, _UNSURE, _NOT_TOLD = State.IN, State.OUT, State.UNSURE, State.NOT_TOLD
_READ_AS: dict[str, dict[State, State]] = {
    "as_is": {},
    "not_told": {_IN: _NOT_TOLD, _UNSURE: _NOT_TOLD},
    "unsure": {_IN: _UNSURE, _OUT: _UNSURE},
    "again": {_IN: _UNSURE},
}
_TYPES = {int(id_type): id_type for id_type in IdType}
_DIGESTS = (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)


class Keys:
    """Keys that are asked for."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self.all = frozenset(keys)
        words = array("Q", b"".join(self.all))[::2]  # as _words reads them
        self.words = pa.array(sorted(set(words)), pa.uint64())


class Sorted:
    """Where keys stand: their first words in order, and the row of each."""

    def __init__(self, words: pa.Array, rows: pa.Array) -> None:
        self._words, self._rows = words, rows

    @classmethod
    def of(cls, keys: pa.Array) -> Sorted:
        """``keys``: 16 bytes or null for each row."""
        rows = None
        if keys.null_count:
            rows = pc.indices_nonzero(keys.is_valid()).cast(pa.uint32())
            keys = keys.take(rows)
        words = _words(keys)
        order = pc.sort_indices(words).cast(pa.uint32())
        return cls(words.take(order), order if rows is None else rows.take(order))

    @property
    def table(self) -> pa.Table:
        """All there is."""
        return pa.table({"words": self._words, "rows": self._rows})

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return int(self._words.nbytes + self._rows.nbytes)

    def find(self, words: pa.Array) -> pa.Array:
        """Rows that may hold one of these, each once."""
        if not len(self._words) or not len(words):
            return self._rows[:0]
        near = pc.min_element_wise(pc.search_sorted(self._words, words), len(self._words) - 1)
        hits = words.filter(pc.equal(self._words.take(near), words))  # most parts have few of what is asked
        ends = (pc.search_sorted(self._words, hits, side=side) for side in ("left", "right"))
        spans = zip(*map(_numbers, ends), strict=True)
        positions = [position for first, past in spans for position in range(first, past)]
        return self._rows.take(pa.array(positions, pa.uint32()))


# Values as Python has them, a great deal faster than Arrow's own way. None of these may be null.
_CODES = {pa.uint8(): "B", pa.uint32(): "I", pa.uint64(): "Q", pa.int64(): "q"}


def _bytes(values: pa.Array) -> memoryview:
    width, start = values.type.bit_width // 8, values.offset
    whole = memoryview(values.buffers()[1] or b"").cast("B")
    return whole[width * start : width * (start + len(values))]


def _words(keys: pa.Array) -> pa.Array:
    """The first 8 bytes of each key, as this machine reads them."""
    every = _bytes(keys).cast("Q")[::2].tobytes() if len(keys) else b""
    return pa.Array.from_buffers(pa.uint64(), len(keys), [None, pa.py_buffer(every)])


def _numbers(values: pa.Array) -> list[int]:
    numbers = array(_CODES[values.type])
    numbers.frombytes(_bytes(values))
    return numbers.tolist()


def _keys(values: pa.Array) -> list[bytes]:
    every = bytes(_bytes(values))
    return [every[n : n + 16] for n in range(0, len(every), 16)]


class PartIndex:
    """One immutable part, as it is stored."""

    def __init__(self, columns: dict[str, pa.Array], ids: Sorted, ties: list[Sorted]) -> None:
        """``columns``: those of a ledger part, one array each; a column of nulls may be missing."""
        self._columns, self._ids, self._ties = columns, ids, ties

    @classmethod
    def of(cls, columns: dict[str, pa.Array]) -> PartIndex:
        """Sort what is looked for."""
        ties = [Sorted.of(columns[name]) for name in ("owner", "grp") if name in columns]
        return cls(columns, Sorted.of(columns["id"]), ties)

    @classmethod
    def on(cls, tables: Iterable[pa.Table]) -> PartIndex:
        """One that ``tables`` came from; what they stand on is not copied."""
        columns, ids, *ties = ({name: table[name].chunk(0) for name in table.column_names} for table in tables)
        return cls(columns, Sorted(**ids), [Sorted(**tie) for tie in ties])

    @property
    def tables(self) -> list[pa.Table]:
        """All there is: the columns, then the sorted lists."""
        return [pa.table(self._columns), self._ids.table, *(tie.table for tie in self._ties)]

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return sum(column.nbytes for column in (*self._columns.values(), self._ids, *self._ties))

    def rows(self, asked: Keys) -> dict[bytes, int]:
        """Identifier -> row, of those that are here."""
        rows = self._ids.find(asked.words)
        found = zip(_keys(self._columns["id"].take(rows)), _numbers(rows), strict=True)
        return {id16: row for id16, row in found if id16 in asked.all}

    def tied(self, asked: Keys) -> set[bytes]:
        """Identifiers that may have one of these as their owner or group."""
        return {id16 for tie in self._ties for id16 in _keys(self._columns["id"].take(tie.find(asked.words)))}

    def read(self, rows: Collection[int], read_as: str) -> list[Standing]:
        """What these rows say."""
        at = pa.array(list(rows), pa.uint32())
        taken = {name: column.take(at) for name, column in self._columns.items()}
        states = [_READ_AS[read_as].get(state, state) for state in State]
        numbers = (_numbers(taken[name]) for name in ("t", "state", "fp", "kind", "refused", "at", "run"))
        nothing = [None] * len(at)
        others = (taken[name].to_pylist() if name in taken else nothing for name in ("owner", "grp", "v"))
        forget, found = read_as == "not_told", []
        for id16, own, grp, v, t, state, fp, kind, reason, when, run in zip(
            _keys(taken["id"]), *others, *numbers, strict=True
        ):
            id_type, owner, refused = _TYPES[t], own or id16, 0 if forget else reason
            told = Told(id_type, states[state], owner, grp or owner, fp, kind, refused, when / 1e6)
            found.append(Standing(told, run, id16 + v if id_type in _DIGESTS else v or b""))
        return found


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def broken(part: LedgerPart) -> StoreError:
    """What is said of a part that cannot be read."""
    return StoreError(f"{called(part)} is damaged or missing; restore a backup before anything is sent.")


def load(part: LedgerPart) -> PartIndex:
    """Read and indexed; StoreError when it is missing or damaged."""
    try:
        columns = _read(part)
    except (pa.ArrowException, OSError, KeyError):
        raise broken(part) from None
    if len(columns["id"]) != part.rows:
        rows = len(columns["id"])
        raise StoreError(f"{called(part)} has {rows} rows where {part.rows} are on record; restore a backup.")
    index = PartIndex.of(columns)
    if part.path is not None:
        pa.default_memory_pool().release_unused()  # reading and sorting took as much again for a moment
    return index


def _read(part: LedgerPart) -> dict[str, pa.Array]:
    if part.data is not None:
        return _columns(pa.ipc.open_stream(part.data).read_all().column)
    with pq.ParquetFile(part.path) as file:
        return _columns(lambda name: file.read(columns=[name]).column(0))


def _columns(read: Callable[[str], pa.ChunkedArray]) -> dict[str, pa.Array]:
    """One after the other, so that no more than one is in memory twice; columns of nulls are left out."""
    columns: dict[str, pa.Array] = {}
    for field in EMPTY.schema:
        column = read(field.name)
        if field.name == "id" or column.null_count < len(column):
            columns[field.name] = _plain(column, field.type)
    return columns


def _plain(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """One array of what Arrow stores such values as; binary ones together may be more than 2 GB."""
    whole = column.cast(pa.large_binary() if kind == pa.binary() else kind).combine_chunks()
    return whole.storage if isinstance(whole, pa.ExtensionArray) else whole
