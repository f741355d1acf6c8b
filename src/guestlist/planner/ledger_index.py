"""A ledger kept ready for questions about a few identifiers: each part indexed once, the newest part wins.

A part is its columns as they stand and three sorted lists of keys with the rows they stand in: identifiers, owners and
groups (the last two only where a row names them). The lists hold the first 8 bytes of a key; whatever is found by them
is checked by all 16.
"""

from __future__ import annotations

import os
from array import array
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

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


# ── one part ─────────────────────────────────────────────────────────────────────────────────────────────────────
class Keys:
    """Keys that are asked for."""

    def __init__(self, keys: Iterable[bytes]) -> None:
        self.all = frozenset(keys)
        words = array("Q", b"".join(self.all))[::2]  # as _words reads them
        self.words = pa.array(sorted(set(words)), pa.uint64())


class Sorted:
    """Where keys stand: their first words in order, and the row of each."""

    def __init__(self, keys: pa.Array) -> None:
        """``keys``: 16 bytes or null for each row."""
        rows = None
        if keys.null_count:
            rows = pc.indices_nonzero(keys.is_valid()).cast(pa.uint32())
            keys = keys.take(rows)
        words = _words(keys)
        order = pc.sort_indices(words).cast(pa.uint32())
        self._words = words.take(order)
        self._rows = order if rows is None else rows.take(order)

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

    def __init__(self, columns: dict[str, pa.Array]) -> None:
        """``columns``: those of a ledger part, one array each; a column of nulls may be missing."""
        self._columns = columns
        self._ids = Sorted(columns["id"])
        self._ties = [Sorted(columns[name]) for name in ("owner", "grp") if name in columns]

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


# ── all parts ────────────────────────────────────────────────────────────────────────────────────────────────────
Layers = Sequence[tuple[PartIndex, str]]  # the newest first, each with how it is to be read now


def standings(layers: Layers, ids: Collection[bytes]) -> dict[bytes, Standing]:
    """What is known of these identifiers."""
    found: dict[bytes, Standing] = {}
    asked = Keys(ids)
    for part, read_as in layers if ids else ():
        rows = {id16: row for id16, row in part.rows(asked).items() if id16 not in found}
        if rows:
            found |= zip(rows, part.read(rows.values(), read_as), strict=True)
    return found


def relatives(layers: Layers, ids: Collection[bytes]) -> dict[bytes, Standing]:
    """What is known of these identifiers and of whatever hangs together with them by owners and groups."""
    found: dict[bytes, Standing] = {}
    seen: set[bytes] = set()
    fresh = set(ids)
    while fresh:
        seen |= fresh
        asked, more = Keys(fresh), set[bytes]()
        maybe = fresh.union(*(part.tied(asked) for part, _ in layers)) - found.keys()
        for id16, standing in standings(layers, maybe).items():
            owner, group = standing.told.owner, standing.told.group
            # What an older part ties to these may be tied to others by now.
            if id16 in fresh or owner in fresh or group in fresh:
                found[id16] = standing
                more |= {id16, owner, group}
        fresh = more - seen
    return found


# ── loading, and keeping ─────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class _Kept:
    """An index, loaded or about to be, and the bytes that it was made of."""

    data: bytes | None
    index: Future[PartIndex]


class Shelf:
    """Indexes of parts, kept while they are used: at most ``memory`` bytes beside those of the last ledger asked."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._kept: OrderedDict[Any, _Kept] = OrderedDict()
        self._lock = Lock()

    def layers(self, ledger: Sequence[LedgerPart]) -> Layers:
        """The parts of a ledger, the newest first; StoreError when one is missing or damaged."""
        parts = sorted((part for part in ledger if part.rows), key=lambda part: part.seq, reverse=True)
        layers = [(self._index(part), part.read_as) for part in parts]
        self._make_room(len(parts))
        return layers

    def forget(self, ledger: Sequence[LedgerPart]) -> None:
        """Others stand where these parts were."""
        with self._lock:
            for part in ledger:
                with suppress(StoreError):  # it may be gone
                    self._kept.pop(_name(part), None)

    def _index(self, part: LedgerPart) -> PartIndex:
        name = _name(part)
        with self._lock:
            kept, mine = self._kept.get(name), False
            if kept is None or kept.data != part.data:
                kept, mine = _Kept(part.data, Future()), True
            self._kept[name] = kept
            self._kept.move_to_end(name)
        if mine:
            self._fill(name, kept, part)
        return kept.index.result()

    def _fill(self, name: Any, kept: _Kept, part: LedgerPart) -> None:
        try:
            kept.index.set_result(_load(part))
        except BaseException as error:
            with self._lock:
                self._kept.pop(name, None)
            kept.index.set_exception(error)

    def _make_room(self, used: int) -> None:
        with self._lock:
            while len(self._kept) > used and self.nbytes > self._memory:
                self._kept.popitem(last=False)

    @property
    def nbytes(self) -> int:
        """Memory that is used now."""
        return sum(kept.index.result().nbytes for kept in self._kept.values() if kept.index.done())


def _name(part: LedgerPart) -> Any:
    """What a part is. Bytes are compared as a whole besides: their name is only a sample of them."""
    if part.data is not None:
        return part.seq, part.rows, len(part.data), part.data[::4_099]
    try:
        stat = os.stat(part.path or "")
    except OSError:
        raise _broken(part) from None
    return part.path, part.rows, stat.st_size, stat.st_mtime_ns


def _broken(part: LedgerPart) -> StoreError:
    return StoreError(f"{called(part)} is damaged or missing; restore a backup before anything is sent.")


def _load(part: LedgerPart) -> PartIndex:
    try:
        columns = _read(part)
    except (pa.ArrowException, OSError, KeyError):
        raise _broken(part) from None
    if len(columns["id"]) != part.rows:
        rows = len(columns["id"])
        raise StoreError(f"{called(part)} has {rows} rows where {part.rows} are on record; restore a backup.")
    index = PartIndex(columns)
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
