"""A ledger kept ready for questions about a few identifiers: each part indexed once, the newest part wins."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Collection, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from guestlist.errors import StoreError
from guestlist.planner.index_child import load
from guestlist.planner.part_index import Keys, PartIndex, broken
from guestlist.ports import LedgerPart, Standing

_GONE = 256  # parts that were merged lately
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


def elements(layers: Layers, ids: Collection[bytes], owners: Collection[bytes]) -> dict[bytes, Standing]:
    """What is known of these identifiers, of all that are told in the same elements, and in elements of ``owners``."""
    found = standings(layers, ids)
    wanted = {standing.told.owner for standing in found.values()}.union(owners)
    asked = Keys(wanted)
    others = wanted.union(*(part.tied(asked) for part, _ in layers)).difference(ids)
    in_them = {key: each for key, each in standings(layers, others).items() if each.told.owner in wanted}
    return found | in_them


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
        self._leaving: set[Any] = set()
        self._gone: OrderedDict[Any, None] = OrderedDict()
        self._lock = Lock()

    def layers(self, ledger: Sequence[LedgerPart]) -> Layers:
        """The parts of a ledger, the newest first; StoreError when one is missing or damaged."""
        parts = sorted((part for part in ledger if part.rows), key=lambda part: part.seq, reverse=True)
        layers = [(self._index(part), part.read_as) for part in parts]
        self._make_room(len(parts))
        return layers

    def forget(self, ledger: Sequence[LedgerPart]) -> None:
        """Others stand where these parts were. They are kept until this is said of the next ones, since somebody may be
        at work with them; from then on they are read anew by whoever asks, and not kept.
        """
        names = set[Any]()
        for part in ledger:
            with suppress(StoreError):  # it may be gone
                names.add(_name(part))
        with self._lock:
            for name in self._leaving:
                self._kept.pop(name, None)
                self._gone[name] = None
            while len(self._gone) > _GONE:
                self._gone.popitem(last=False)
            self._leaving = names

    def _index(self, part: LedgerPart) -> PartIndex:
        name = _name(part)
        with self._lock:
            gone = name in self._gone
        if gone:
            return load(part)
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
            kept.index.set_result(load(part))
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
        raise broken(part) from None
    return part.path, part.rows, stat.st_size, stat.st_mtime_ns
