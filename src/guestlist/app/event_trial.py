"""What an activation would do with one event, before it is switched on; and its trigger as conditions and as FQL."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from guestlist import config as configs
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError
from guestlist.events import conditions, declared, defaults, outcomes
from guestlist.events.incoming import Event
from guestlist.events.rules import Decided, Filtered, Rejected, field_of

Conditions = Mapping[str, Any]  # {"all": [...]} or {"any": [...]}

_COUNTED = ("trigger", "audience_key", "action", "mapping")
_WHY = {
    outcomes.FILTERED_BY_INTEGRATIONS_OBJECT: "its `integrations` switch LinkedIn Audiences off",
    outcomes.NO_MATCHING_MAPPING: "the trigger does not match",
    outcomes.FILTERED_AT_MAPPING: "it is about another audience key",
    outcomes.ACTION_MISSING: (
        "it does not say whether somebody enters or leaves: either the names of the enter and exit events were "
        "changed, or it comes from another kind of audience (Linked Audiences); choose Add or Remove as the action"
    ),
}


@dataclass(frozen=True)
class Trial:
    """``told``: (LinkedIn field, what LinkedIn would be told, masked)."""

    verdict: Literal["enters", "leaves", "ignored", "rejected"]
    sentence: str
    told: tuple[tuple[str, str], ...] = ()


def trial(members: Kind, wanted: Mapping[str, Any], text: str) -> Trial:
    """``wanted``: an activation in the yaml's shape; ``text``: JSON of an event. ConfigError: either cannot be read."""
    event = _event(text)
    read = configs.some_of_activation({key: wanted[key] for key in _COUNTED if wanted.get(key)})
    key = read.audience_key if wanted.get("audience_key") else None if wanted.get("audience_key") is None else ""
    try:
        said = declared.declared(members, read.trigger, key, read.action, read.mapping)
    except declared.Mistake as mistake:
        raise ConfigError(str(mistake), mistake.place) from None
    verdict = said.rule().judge(event, "rudderstack" if event.get("type") == "record" else "track")
    match verdict:
        case Filtered(code=code):
            return Trial("ignored", f"Nothing happens: {_WHY.get(code, code)}.")
        case Rejected(reason=reason):
            return Trial("rejected", f"It counts, but LinkedIn cannot be told of anybody: {_WHY.get(reason, reason)}.")
    return _decided(verdict)


def _decided(verdict: Decided) -> Trial:
    told = [(each.type.name.lower(), _short(each.text)) for each in verdict.identifiers]
    about = msgspec.json.decode(verdict.person) if verdict.person else {}
    told += [(field_of(label), masked(found[0])) for label, found in about.get("t", {}).items()]
    if verdict.unusable:
        sentence = f"Somebody {'enters' if verdict.wanted else 'leaves'}, but this event alone identifies nobody"
        return Trial("rejected", f"{sentence}: {verdict.unusable}.", tuple(told))
    if verdict.wanted:
        return Trial("enters", "They enter: LinkedIn is told to add them.", tuple(told))
    return Trial("leaves", "They leave: LinkedIn is told to remove them.", tuple(told))


def masked(text: str) -> str:
    """The first character of a personal value."""
    return f"{text[:1]}{'•' * min(max(len(text) - 1, 0), 6)}"


def _short(text: str) -> str:
    return f"{text[:8]}…{text[-4:]}" if len(text) > 24 else text


def _event(text: str) -> dict[str, Any]:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        event = None
    if isinstance(event, list) and event:
        event = event[0]
    if not isinstance(event, dict):
        raise ConfigError("Paste one event: a JSON object like the sample.", ("event",))
    return event


# ── triggers ─────────────────────────────────────────────────────────────────────────────────────────────────────
def as_text(trigger: str | Conditions) -> str:
    """FQL. ConfigError: the conditions cannot be read."""
    return trigger if isinstance(trigger, str) else conditions.to_fql(trigger)


def as_conditions(trigger: str | Conditions) -> Conditions | None:
    """Conditions; None: they cannot say it, or it is no FQL."""
    if not isinstance(trigger, str):
        return trigger
    try:
        return conditions.from_fql(trigger)
    except ConfigError:
        return None


def joined(word: str, lines: Sequence[Mapping[str, str]]) -> Conditions:
    """What stands in the rows of a form; empty ones do not count. ConfigError: there is none."""
    kept = [{key: value for key, value in line.items() if value} for line in lines if line.get("on")]
    if not kept:
        raise ConfigError("There is no condition: choose what to look at in at least one row.", ("trigger",))
    return {"any" if word == "any" else "all": kept}


def same(text: str, other: Conditions) -> bool:
    """Whether FQL says what conditions say."""
    try:
        return as_text(other).strip() == text.strip()
    except ConfigError:
        return False


def written(event: Event) -> str:
    """An event that came, as JSON to test with."""
    return json.dumps(event, indent=2, ensure_ascii=False)


def sample(members: Kind, key: str) -> str:
    """An event as Segment Engage sends it."""
    traits = {"email": "ann@example.com", "firstName": "Ann", "lastName": "Lee"}
    properties: dict[str, Any] = {"audience_key": key or "your_audience_key", key or "your_audience_key": True}
    if members is Kind.COMPANIES:
        properties |= {"company_domain": "example.com", "company_name": "Example"}
        traits = {}
    event = {"type": "track", "event": "Audience Entered", "userId": "u1", "properties": properties}
    return json.dumps({**event, "context": {"traits": traits}}, indent=2)


def with_key(event: str, key: str) -> str:
    """A sample that was offered before its key was typed, with the key; any other event as it is."""
    return next((sample(each, key) for each in Kind if is_sample(event, each, "")), event)


def is_sample(event: str, members: Kind, key: str) -> bool:
    """Whether it is the one that was offered, however it is written."""
    return is_same(event, sample(members, key))


def is_same(event: str, other: str) -> bool:
    """Whether two are one event, however they are written."""
    try:
        return bool(json.loads(event) == json.loads(other))
    except (ValueError, RecursionError):
        return False


def digest(event: str) -> str:
    """What tells one that came from others, to be kept sealed."""
    return hashlib.sha256(event.encode()).hexdigest()


ON = ("event_name", "event_type", "property", "trait", "context")
OPS = (
    "is", "is_not", "contains", "does_not_contain", "starts_with", "ends_with", "less_than", "less_than_or_equal_to",
    "greater_than", "greater_than_or_equal_to", "exists", "does_not_exist", "is_true", "is_false",
)  # fmt: skip
DEFAULT = defaults.TRIGGER
PATHS = defaults.MAPPING
