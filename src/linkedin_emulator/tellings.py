"""Watches whether two different tellings of one identifier were ever open at the same time."""

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec

from linkedin_emulator.audience import Change
from linkedin_emulator.identifiers import Key, shown

KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request that has come in and whose effect may be still to come."""

    number: int
    at: float


@dataclass(frozen=True)
class Landed:
    """A batch of tellings from its arrival to its effect."""

    arrival: Arrival
    ended: int
    at: float
    segment: int
    changes: Sequence[Change]

    @cached_property
    def kinds(self) -> set[bool]:
        """Which of the two actions it has: one, mostly, and then there is nothing to look for among its like."""
        return {adds for adds, _ in self.changes}

    @cached_property
    def added(self) -> set[Key]:
        """The identifiers told with ADD."""
        return {key for adds, keys in self.changes if adds for key in keys}

    @cached_property
    def removed(self) -> set[Key]:
        """The identifiers told with REMOVE."""
        return {key for adds, keys in self.changes if not adds for key in keys}


class Overlap(msgspec.Struct, frozen=True):
    """Two tellings of one identifier, ADD and REMOVE, that were open together."""

    segment: int
    identifier: str
    first_began: float
    first_ended: float
    second_began: float
    second_ended: float
    same_request: bool


class Tellings:
    """Pairs every landed batch with those that were open beside it.

    A telling is open from the arrival of its request until its effect. Whoever waits for an answer before saying
    something else never has two open; whoever gives up waiting, or speaks twice at once, may.
    """

    def __init__(self) -> None:
        self._sequence = itertools.count(1)
        self._open: dict[int, Arrival] = {}
        self._recent: list[Landed] = []
        self.overlaps: list[Overlap] = []
        self.count = 0

    def begin(self, at: float) -> Arrival:
        """A request has come in."""
        arrival = Arrival(next(self._sequence), at)
        self._open[arrival.number] = arrival
        return arrival

    def finish(self, arrival: Arrival) -> None:
        """Its effect has happened, or never will."""
        self._open.pop(arrival.number, None)
        oldest = min(list(self._open), default=None)
        self._recent = [] if oldest is None else [landed for landed in self._recent if landed.ended > oldest]

    def land(self, arrival: Arrival, at: float, segment: int, changes: Sequence[Change]) -> None:
        """Its tellings take effect now."""
        landed = Landed(arrival, next(self._sequence), at, segment, changes)
        if len(landed.kinds) == 2:
            self._report(landed, landed, landed.added & landed.removed)
        for earlier in self._recent:
            if earlier.segment == segment and earlier.ended > arrival.number:
                self._compare(earlier, landed)
        if len(self._open) > 1:
            self._recent.append(landed)

    def _compare(self, first: Landed, second: Landed) -> None:
        """Both tell an identifier, and not the same of it."""
        if len(first.kinds | second.kinds) == 2:
            told_by_both = (first.added | first.removed) & (second.added | second.removed)
            differently = (first.added ^ second.added) | (first.removed ^ second.removed)
            self._report(first, second, told_by_both & differently)

    def _report(self, first: Landed, second: Landed, keys: Collection[Key]) -> None:
        self.count += len(keys)
        for key in sorted(shown(key) for key in keys)[: KEPT - len(self.overlaps)]:
            times = (first.arrival.at, first.at, second.arrival.at, second.at)
            self.overlaps.append(Overlap(first.segment, key, *times, first is second))
