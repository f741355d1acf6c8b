"""Segment's mapping directives. Inside one a text is that text, not a path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from guestlist.errors import ConfigError
from guestlist.events import segment_paths
from guestlist.events.fql_functions import text_of
from guestlist.events.paths import Event, Getter
from guestlist.events.quoting import shown
from guestlist.events.reading import Expression, at, constant, several, united

_PLACEHOLDER = re.compile(r"\{\{\{(.*?)\}\}\}|\{\{(.*?)\}\}", re.DOTALL)


def value(source: Any) -> Expression:
    """A constant, a list of values, or a directive. ConfigError names what of it Guestlist cannot do."""
    if isinstance(source, Mapping):
        return _directive(source)
    if isinstance(source, list):
        return several([value(each) for each in source])
    return constant(source)


def _directive(source: Mapping[str, Any]) -> Expression:
    names = [str(name) for name in source]
    if len(names) != 1 or not names[0].startswith("@"):
        found = shown(", ".join(names))
        raise ConfigError(f'An object in a mapping is one directive such as {{"@path": ...}}, not {{{found}}}.')
    read = _DIRECTIVES.get(names[0])
    if read is None:
        raise ConfigError(f"{shown(names[0], 40)} cannot be used in a mapping; there are {', '.join(_DIRECTIVES)}.")
    return read(source[names[0]])


def _path(source: Any) -> Expression:
    if isinstance(source, list) and source and all(isinstance(key, str) for key in source):
        return at(source)
    steps = segment_paths.steps_of(source) if isinstance(source, str) else None
    if steps is None:
        found = f', not "{shown(source)}"' if isinstance(source, str) else ""
        raise ConfigError(f"@path holds a path such as $.traits.email{found}.")
    return at(steps)


def _if(source: Any) -> Expression:
    if not isinstance(source, Mapping) or not source.keys() <= {"exists", "blank", "then", "else"}:
        raise ConfigError("@if holds exists or blank, and then, else or both.")
    tests = [word for word in ("exists", "blank") if word in source]
    if len(tests) != 1 or not source.keys() & {"then", "else"}:
        raise ConfigError("@if needs one of exists and blank, and at least one of then and else.")
    test, then, other = (value(source.get(word)) for word in (tests[0], "then", "else"))
    get, yes, no = test.get, then.get, other.get

    def exists(event: Event) -> Any:
        return yes(event) if get(event) is not None else no(event)

    def filled(event: Event) -> Any:
        return yes(event) if get(event) not in (None, "") else no(event)

    # Segment's "blank" means the opposite of its name: then is taken when there is something.
    return Expression(exists if tests == ["exists"] else filled, united([test, then, other]))


def _template(source: Any) -> Expression:
    if not isinstance(source, str):
        raise ConfigError("@template holds a text with {{paths}}.")
    parts: list[Expression] = []
    end = 0
    for placeholder in _PLACEHOLDER.finditer(source):
        parts.append(constant(source[end : placeholder.start()]))
        steps = segment_paths.steps_of(placeholder[1] or placeholder[2] or "")
        if steps is None:
            raise ConfigError(
                f"@template, column {placeholder.start() + 1}: only paths can stand in {{{{ }}}}, no Liquid tags."
            )
        parts.append(at(steps))
        end = placeholder.end()
    if "{{" in source[end:] or "{%" in source:
        raise ConfigError("@template can hold paths in {{ }} only, no Liquid tags.")
    parts.append(constant(source[end:]))
    getters = [part.get for part in parts]
    return Expression(lambda event: "".join(_printed(get, event) for get in getters), united(parts))


def _printed(get: Getter, event: Event) -> str:
    text = text_of(get(event))
    return text if isinstance(text, str) else ""


def _case(source: Any) -> Expression:
    changes: dict[str, Callable[[str], str]] = {"lower": str.lower, "upper": str.upper}
    if not isinstance(source, Mapping) or source.keys() != {"operator", "value"} or source["operator"] not in changes:
        raise ConfigError("@case holds an operator (lower or upper) and a value.")
    change, inner = changes[source["operator"]], value(source["value"])
    get = inner.get

    def changed(event: Event) -> Any:
        found = get(event)
        return change(found) if isinstance(found, str) else found

    return Expression(changed, inner.paths)


_DIRECTIVES: dict[str, Callable[[Any], Expression]] = {
    "@path": _path, "@if": _if, "@literal": value, "@template": _template, "@case": _case,
}  # fmt: skip
