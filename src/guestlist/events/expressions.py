"""Mapping expressions: what of an event is told as a field. Compiled once; reading an event never raises.

A text is a path in JMESPath, or as Segment writes paths (``$.context.traits.email``); ``||`` takes the next one when
nothing, an empty text, list or object, or false was found. ``'US'``, a number, true and ``{"@literal": ...}`` are
constants; other objects are directives of Segment's; a list gives several values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestlist.events import directives, jmespaths
from guestlist.events.reading import Expression, several

__all__ = ["Expression", "Source", "compile_expression"]

Source = str | int | float | bool | Mapping[str, Any] | list[Any] | None


def compile_expression(source: Source) -> Expression:
    """What reads the source's value. ConfigError: one sentence with the text, the column and what is wrong."""
    if isinstance(source, str):
        return jmespaths.expression(source)
    if isinstance(source, list):
        return several([compile_expression(each) for each in source])
    return directives.value(source)
