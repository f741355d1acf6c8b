"""Which expressions can find anything in an event: a mapping names many fields, and most events have two of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from guestlist.events.paths import Event, getter
from guestlist.events.reading import Expression


class Presence:
    """Of named expressions; those that are not only ways of keys always may."""

    def __init__(self, expressions: Mapping[str, Iterable[Expression]]) -> None:
        self._always: set[str] = set()
        leaves: dict[tuple[str, ...], dict[str, set[str]]] = {}
        for name, each in expressions.items():
            for expression in each:
                if expression.keys is None:
                    self._always.add(name)
                for *way, leaf in expression.keys or ():
                    leaves.setdefault(tuple(way), {}).setdefault(leaf, set()).add(name)
        self._holders = [(_holder(way), names) for way, names in leaves.items()]

    def names(self, event: Event) -> set[str]:
        """The expressions that are worth asking; of the others none would find anything."""
        found = set(self._always)
        for holder, leaves in self._holders:
            value = holder(event)
            if isinstance(value, dict):
                for key in value.keys() & leaves.keys():
                    found |= leaves[key]
        return found


def _holder(way: tuple[str, ...]) -> Callable[[Event], Any]:
    return getter(way) if way else lambda event: event
