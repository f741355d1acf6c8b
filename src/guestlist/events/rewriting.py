"""Segment's directives as a person would write them: paths, ``a || b`` and constants, wherever that says the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from guestlist.errors import ConfigError
from guestlist.events import segment_paths
from guestlist.events.expressions import Source
from guestlist.events.paths import Numeral


def literal(value: Any) -> str | None:
    """The text of a constant, however it is wrapped; None of anything read from the event."""
    if isinstance(value, Mapping) and len(value) == 1:
        [(directive, inside)] = value.items()
        if directive == "@template" and isinstance(inside, str) and "{{" not in inside and "{%" not in inside:
            return inside
        return literal(inside) if directive == "@literal" and not isinstance(inside, Mapping) else None
    return value if isinstance(value, str) else None


def source(value: Any) -> Source:
    """A directive as one writes it by hand: a path, ``a || b``, a constant in quotes; else the directive itself."""
    constant = literal(value)
    if constant is not None:
        return _constant(constant)
    if isinstance(value, bool | int | float):
        return f"`{str(value).lower()}`"
    if not isinstance(value, Mapping):
        raise ConfigError("it is neither a constant nor a directive")
    return _path(value) or _coalesced(value) or dict(value)


def _constant(text: str) -> Source:
    if not text.strip():
        return None
    return {"@literal": text} if set(text) & set("'\\") else f"'{text}'"


def _path(value: Mapping[str, Any]) -> str | None:
    path = value.get("@path")
    alone = re.fullmatch(r"\s*\{\{\{?([^{}]*)\}?\}\}\s*", str(value.get("@template", "")))
    if alone:
        path = alone[1]
    steps = segment_paths.steps_of(path) if isinstance(path, str) else None
    if not steps or len(value) != 1 or any(isinstance(step, Numeral) for step in steps):
        return None
    return segment_paths.shown(steps)


def _coalesced(value: Mapping[str, Any]) -> str | None:
    """``@if`` something is there, then take it, else another: what ``||`` says."""
    choice = value.get("@if")
    if len(value) != 1 or not isinstance(choice, Mapping):
        return None
    tests = [choice[word] for word in ("exists", "blank") if word in choice]
    if len(tests) != 1 or not isinstance(tests[0], Mapping) or tests[0] != choice.get("then"):
        return None
    first, other = source(tests[0]), choice.get("else")
    second = None if other is None else source(other)
    if not isinstance(first, str) or not isinstance(second, str | None):
        return None
    return f"{first} || {second}" if second else first
