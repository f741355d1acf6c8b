"""Ways into an event as decoded from JSON: a path becomes a closure that answers a value or None, and never raises."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Event = Mapping[str, Any]
Getter = Callable[[Event], Any]


@dataclass(frozen=True)
class Numeral:
    """A step written ``.0``: the key "0" of an object or the place 0 of a list, as JavaScript takes it."""

    text: str


Step = str | int | Numeral  # str: a key of an object; int: a place in a list, from its end when negative


def getter(steps: Sequence[Step]) -> Getter:
    """What reads the path. A step into something else than its step asks for, or that is missing, gives None."""
    if steps and all(isinstance(step, str) for step in steps):
        return _keys([str(step) for step in steps])
    takes = [_taker(step) for step in steps]

    def walk(event: Event) -> Any:
        value: Any = event
        for take in takes:
            value = take(value)
        return value

    return walk


def _keys(keys: Sequence[str]) -> Getter:
    """Only keys, nearly every path there is: one closure without a loop for the usual depths."""
    match keys:
        case [first]:
            return lambda event: event.get(first)
        case [first, second]:

            def two(event: Event) -> Any:
                inner = event.get(first)
                return inner.get(second) if isinstance(inner, dict) else None

            return two
        case [first, second, third]:

            def three(event: Event) -> Any:
                inner = event.get(first)
                if not isinstance(inner, dict):
                    return None
                inner = inner.get(second)
                return inner.get(third) if isinstance(inner, dict) else None

            return three
    first, *others = keys

    def many(event: Event) -> Any:
        value = event.get(first)
        for key in others:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value

    return many


def _taker(step: Step) -> Callable[[Any], Any]:
    if isinstance(step, int):
        return lambda value: _place(value, step)
    if isinstance(step, str):
        return lambda value: value.get(step) if isinstance(value, Mapping) else None
    key, place = step.text, int(step.text)
    return lambda value: value.get(key) if isinstance(value, Mapping) else _place(value, place)


def _place(value: Any, place: int) -> Any:
    if isinstance(value, list) and -len(value) <= place < len(value):
        return value[place]
    return None
