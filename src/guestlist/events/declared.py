"""What an activation declares about its events: read once, refused where it cannot work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guestlist.core import mapping as mappings
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError
from guestlist.events import conditions, defaults
from guestlist.events.expressions import Expression, compile_expression
from guestlist.events.fql import compile as compile_fql
from guestlist.events.fql import parse
from guestlist.events.incoming import Event
from guestlist.events.rules import IDENTIFYING, Action, Rule

_NOT_LITERAL = re.compile(r"^\$\.|[{}]|\|\||^(properties|traits|context)\.")


class Mistake(Exception):
    """One sentence, and the key of the activation it is about; never leaves reading a file."""

    def __init__(self, place: tuple[str, ...], sentence: str) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True)
class Declared:
    """``trigger``: canonical FQL; ``parts``: what it was written as, if that was a list of conditions. ``mapping``:
    LinkedIn field -> sources as written, defaults filled in.
    """

    members: Kind
    key: str
    trigger: str
    action: Action
    mapping: Mapping[str, tuple[Any, ...]]
    parts: Mapping[str, Any] | None = None

    def rule(self, others: Iterator[Declared] | tuple[Declared, ...] = ()) -> Rule:
        """The rule of the audience key; ``others`` share it and may want further traits."""
        traits: dict[str, tuple[Expression, ...]] = {}
        for each in (self, *others):
            traits |= {label: _compiled(sources) for label, sources in each.traits().items()}
        identifiers = {field: _compiled(sources) for field, sources in self.identifying().items()}
        written = compile_fql(parse(self.trigger)) if self.parts is None else conditions.compile(self.parts)
        predicate: Callable[[Event], bool] = written
        default = self.trigger == parse(defaults.TRIGGER).text()
        return Rule(self.key, self.members, self.action, predicate, default, identifiers, traits)

    def identifying(self) -> dict[str, tuple[Any, ...]]:
        """The part of the mapping that says who somebody is: the same for all that share the key."""
        names = {*IDENTIFYING[self.members], "primaryId"}
        return {field: sources for field, sources in self.mapping.items() if field in names}

    def traits(self) -> dict[str, tuple[Any, ...]]:
        """Label -> sources of everything else; the label names both, so that activations may differ."""
        names = {*IDENTIFYING[self.members], "primaryId"}
        return {label(field, sources): sources for field, sources in self.mapping.items() if field not in names}

    def differs(self, other: Declared) -> Iterator[str]:
        """What of an activation must be equal where the key is shared, and is not."""
        if self.trigger != other.trigger:
            yield "trigger"
        if self.action != other.action:
            yield "action"
        if self.identifying() != other.identifying():
            yield "mapping"

    def stored(self) -> dict[str, Any]:
        """What the members were made with, as JSON."""
        kept = {field: [repr(each) for each in sources] for field, sources in sorted(self.identifying().items())}
        return {"trigger": self.trigger, "action": self.action, "identifiers": kept}


def label(field: str, sources: tuple[Any, ...]) -> str:
    """The name under which a trait of a member is kept."""
    return f"{field}={'|'.join(each if isinstance(each, str) else repr(each) for each in sources)}"


def declared(
    members: Kind,
    trigger: str | Mapping[str, Any],
    audience_key: str | None,
    action: Action,
    mapping: Mapping[str, tuple[Any, ...]] | None,
) -> Declared:
    """Raises Mistake: no key, a key that is a path or template, FQL or an expression that cannot be read, a mapping
    that LinkedIn cannot use.
    """
    if audience_key is None:
        raise Mistake(("audience_key",), "audience_key is required where the source is events")
    if _NOT_LITERAL.search(audience_key):
        raise Mistake(
            ("audience_key",),
            "audience_key must be the key itself, not a path or template, so that events of one audience stay together",
        )
    chosen = dict(mapping) if mapping else {field: (path,) for field, path in defaults.MAPPING[members].items()}
    _check_mapping(members, chosen)
    parts = None if isinstance(trigger, str) else trigger
    return Declared(members, audience_key, _trigger(trigger), action, chosen, parts)


def _trigger(trigger: str | Mapping[str, Any]) -> str:
    try:
        return parse(trigger if isinstance(trigger, str) else conditions.to_fql(trigger)).text()
    except ConfigError as error:
        raise Mistake(("trigger",), f"trigger: {error}") from None


def _check_mapping(members: Kind, chosen: Mapping[str, tuple[Any, ...]]) -> None:
    try:
        mappings.check(members, {field: tuple(str(each) for each in sources) for field, sources in chosen.items()})
    except ConfigError as error:
        known = next((field for field in chosen if f'"{field}"' in str(error)), "")
        raise Mistake(("mapping", known), f"mapping: {error}") from None
    for field, sources in chosen.items():
        try:
            _compiled(sources)
        except ConfigError as error:
            raise Mistake(("mapping", field), f"mapping.{field}: {error}") from None


def _compiled(sources: tuple[Any, ...]) -> tuple[Expression, ...]:
    return tuple(compile_expression(each) for each in sources)
