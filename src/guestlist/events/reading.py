"""What reads a value of an event, and how several such readers become one. None of them ever raises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from guestlist.events import segment_paths
from guestlist.events.paths import Event, Step, getter


@dataclass(frozen=True)
class Expression:
    """``get`` reads a value of an event decoded from JSON, or None; ``paths`` are the fields it looks at. ``keys``: the
    ways of keys that it goes; in an event that has none of them it finds nothing. None: that cannot be said.
    """

    get: Callable[[Event], Any | None]
    paths: tuple[str, ...] = ()
    keys: tuple[tuple[str, ...], ...] | None = None


def at(steps: Sequence[Step]) -> Expression:
    """The value at the end of a path."""
    keys = tuple(step for step in steps if isinstance(step, str))
    return Expression(
        getter(steps), (segment_paths.shown(steps),), (keys,) if keys and len(keys) == len(steps) else None
    )


def constant(value: Any) -> Expression:
    """The same value for every event."""
    return Expression(lambda _: value)


def first_of(choices: Sequence[Expression]) -> Expression:
    """JMESPath's ``||``: the first that finds something, else what the last one finds."""
    first, *others = choices
    if not others:
        return first
    paths, keys = united(choices), _ways(choices)
    get = first.get
    if len(others) == 1:
        other = others[0].get

        def either(event: Event) -> Any:
            value = get(event)
            return value if value or _is_zero(value) else other(event)

        return Expression(either, paths, keys)
    getters, last = [each.get for each in choices[:-1]], choices[-1].get

    def first_found(event: Event) -> Any:
        for each in getters:
            value = each(event)
            if value or _is_zero(value):
                return value
        return last(event)

    return Expression(first_found, paths, keys)


def _is_zero(value: Any) -> bool:
    """Of what Python takes for false only a number is a value in JMESPath."""
    return type(value) in (int, float)


def several(each: Sequence[Expression]) -> Expression:
    """All values that are found, lists taken apart; None when there are none."""
    getters = [expression.get for expression in each]

    def values(event: Event) -> list[Any] | None:
        found: list[Any] = []
        for get in getters:
            value = get(event)
            found.extend(value if isinstance(value, list) else [value])
        return [value for value in found if value is not None] or None

    return Expression(values, united(each), _ways(each))


def united(expressions: Sequence[Expression]) -> tuple[str, ...]:
    """Their paths, each once."""
    return tuple(dict.fromkeys(path for expression in expressions for path in expression.paths))


def _ways(expressions: Sequence[Expression]) -> tuple[tuple[str, ...], ...] | None:
    ways: list[tuple[str, ...]] = []
    for each in expressions:
        if each.keys is None:
            return None
        ways += each.keys
    return tuple(dict.fromkeys(ways))
