"""Segment's mappings of a LinkedIn Audiences destination, as its Public API lists them, turned into ``guestlist.yaml``.

The reply is that of ``GET /destinations/{id}/subscriptions``: ``data.subscriptions[]`` of ``{id, name, actionSlug,
modelId, enabled, trigger, settings}``, where ``settings`` holds the action's fields, each a constant or a directive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guestlist.core.identity import Kind
from guestlist.core.mapping import identifies
from guestlist.errors import ConfigError
from guestlist.events import conditions, defaults, fql, rewriting
from guestlist.events.expressions import Source, compile_expression
from guestlist.events.quoting import shown

_PEOPLE = {
    "email": "email", "google_advertising_id": "googleAdvertisingId", "first_name": "firstName",
    "last_name": "lastName", "title": "title", "company": "company", "country": "country",
}  # fmt: skip
_COMPANY_IDS = {
    "companyName": "companyName", "companyDomain": "companyWebsiteDomain", "companyEmailDomain": "companyEmailDomain",
    "linkedInCompanyId": "organizationUrn", "companyPageUrl": "companyPageUrl",
}  # fmt: skip
_COMPANY_TRAITS = {
    name: name for name in ("industries", "city", "state", "country", "postalCode", "stockSymbol")
}  # fmt: skip
_OBJECTS = {"identifiers": _COMPANY_IDS, "company_traits": _COMPANY_TRAITS}

# Read elsewhere, or how Segment sends rather than what.
_HANDLED = {
    "personas_audience_key", "computation_key", "dmp_segment_name", "segment_name", "dmp_user_action",
    "dmp_company_action", "action", "audience_source", "send_company_traits", "enable_batching", "batch_size",
    "batch_keys", "computation_class", "props", "traits_or_props",
}  # fmt: skip
_FROM_THE_EVENT = {"source_segment_id", "event_name"}
_KEY_PATHS = {"properties.audience_key", "context.personas.computation_key"}
_ACTIONS = {"AUTO": "auto", "ADD": "add", "REMOVE": "remove"}
_ENTERED, _EXITED = 'event = "Audience Entered"', 'event = "Audience Exited"'


class _Left(Exception):
    """Why a subscription is not carried over."""


@dataclass(frozen=True)
class _Stream:
    """One subscription, read."""

    label: str
    kind: Kind
    key: str
    action: str
    trigger: str
    enabled: bool
    mapping: Mapping[str, Source]
    segment_name: str | None
    notes: Sequence[str] = field(default_factory=tuple)


def from_subscriptions(
    reply: Mapping[str, Any] | Sequence[Any],
    destination: str = "linkedin",
    write_keys: Sequence[str] = ("engage",),
) -> dict[str, Any]:
    """``{audiences, activations, notes}``: two sections of ``guestlist.yaml``, a sentence for all that is left out.

    ``reply``: the whole reply or its list alone. ``destination``: the name of the destination in the yaml.
    ConfigError: it is no such reply.
    """
    subscriptions, notes = _listed(reply)
    streams: list[_Stream] = []
    for number, subscription in enumerate(subscriptions, start=1):
        label = _label(subscription, number)
        try:
            stream = _stream(label, subscription)
        except _Left as reason:
            notes.append(f"{label} was left out: {reason}.")
        else:
            streams.append(stream)
    kept, doubles = _one_for_each_key(streams)
    notes += [f"{stream.label}: {note}." for stream in kept for note in stream.notes] + doubles
    names = _names(kept)
    return {
        "audiences": {names[stream.key]: _audience(stream, write_keys) for stream in kept},
        "activations": {names[stream.key]: _activation(stream, names[stream.key], destination) for stream in kept},
        "notes": notes,
    }


# ── the reply ────────────────────────────────────────────────────────────────────────────────────────────────────
def _listed(reply: Any) -> tuple[list[Any], list[str]]:
    notes: list[str] = []
    while isinstance(reply, Mapping) and "data" in reply:
        reply = reply["data"]
    if isinstance(reply, Mapping):
        pages = reply.get("pagination")
        if isinstance(pages, Mapping) and pages.get("next"):
            notes.append("The reply is one page of several: fetch the others too (pagination.next) and import them.")
        reply = reply.get("subscriptions")
    if not isinstance(reply, list):
        raise ConfigError(
            "This is no list of subscriptions: give the JSON that Segment's Public API answers to "
            "GET /destinations/{id}/subscriptions."
        )
    return reply, notes


def _label(subscription: Any, number: int) -> str:
    name = subscription.get("name") if isinstance(subscription, Mapping) else None
    return f'Mapping {number} "{shown(name, 60)}"' if isinstance(name, str) and name else f"Mapping {number}"


def _stream(label: str, subscription: Any) -> _Stream:
    if not isinstance(subscription, Mapping) or not isinstance(settings := subscription.get("settings"), Mapping):
        raise _Left("it has no settings")
    kind = _kind(subscription, settings)
    if subscription.get("modelId"):
        raise _Left("it reads a Reverse ETL model, not events; give Guestlist that list as a file")
    trigger = _trigger(subscription.get("trigger"))
    action = _action(settings, trigger)
    mapping, notes = _mapping(kind, settings)
    stream = _Stream(
        label=label,
        kind=kind,
        key=_audience_key(settings, trigger, action),
        action=action,
        trigger=trigger.text(),
        enabled=bool(subscription.get("enabled", False)),
        mapping=mapping,
        segment_name=rewriting.literal(settings.get("dmp_segment_name")),
        notes=[*notes, *_doubts(settings, trigger, action)],
    )
    return stream if stream.segment_name != stream.key else replace(stream, segment_name=None)


def _kind(subscription: Mapping[str, Any], settings: Mapping[str, Any]) -> Kind:
    slug = str(subscription.get("actionSlug") or "")
    if "company" in slug.lower() or "identifiers" in settings:
        return Kind.COMPANIES
    if settings.keys() & {"personas_audience_key", "dmp_segment_name", "dmp_user_action"}:
        return Kind.PEOPLE
    raise _Left("it is no mapping of the LinkedIn Audiences destination")


# ── its parts ────────────────────────────────────────────────────────────────────────────────────────────────────
def _trigger(text: Any) -> fql.Fql:
    """Segment compares fields with texts and numbers by their text: that is written out where it matters."""
    if not isinstance(text, str):
        raise _Left("it has no trigger")
    try:
        return conditions.textual(fql.parse(text))
    except ConfigError as error:
        raise _Left(f"its trigger cannot be read ({str(error).rstrip('.')})") from None


def _action(settings: Mapping[str, Any], trigger: fql.Fql) -> str:
    for name in ("dmp_user_action", "dmp_company_action", "action"):
        if settings.get(name) is not None:
            action = _ACTIONS.get(str(rewriting.literal(settings[name])).upper())
            if action is None:
                raise _Left(f"its {name} is not one of Auto Detect, Add and Remove")
            return action
    return "auto"


def _audience_key(settings: Mapping[str, Any], trigger: fql.Fql, action: str) -> str:
    key = settings.get("personas_audience_key")
    if rewriting.literal(settings.get("audience_source")) == "CONNECTIONS" and action != "auto":
        key = settings.get("segment_name")  # these events carry no audience key, the mapping's name is its identity
    if key is None:
        key = rewriting.literal(settings.get("computation_key")) or _key_in(trigger)
    if key is None or key == "":
        raise _Left("it has no audience key of its own; write one activation for each audience, with its audience_key")
    found = rewriting.literal(key)
    if found is None:
        raise _Left("its audience key is read from the event; write it out, one activation for each audience")
    return found


def _key_in(trigger: fql.Fql) -> str | None:
    """The key a trigger asks for, as older mappings had to: ``properties.audience_key = "k"``."""
    form = conditions.from_fql(trigger.text()) or {}
    for line in form.get("all", ()):
        field = f"{'properties' if line['on'] == 'property' else line['on']}.{line.get('path', '')}"
        if line["op"] == "is" and field in _KEY_PATHS:
            return str(line["value"])
    return None


def _mapping(kind: Kind, settings: Mapping[str, Any]) -> tuple[dict[str, Source], list[str]]:
    mapping: dict[str, Source] = {}
    notes: list[str] = []
    for name, target, value in _fields(kind, settings):
        if target is None:
            notes.append(f'its field "{shown(name, 60)}" has no counterpart and was left out')
            continue
        try:
            source = rewriting.source(value)
            compile_expression(source)
        except ConfigError as error:
            notes.append(f'its field "{name}" was left out: {str(error).rstrip(".")}')
        else:
            if source is not None:
                mapping[target] = source
    if not identifies(kind, dict.fromkeys(mapping, ("x",))):
        notes.append("nothing that is left in its mapping identifies anybody; complete the mapping before use")
    return mapping, notes


def _fields(kind: Kind, settings: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Any]]:
    """Name of the setting, LinkedIn field or None when it is not known, its value."""
    for name, value in settings.items():
        if name in _HANDLED | _FROM_THE_EVENT or value is None:
            continue
        if kind is Kind.PEOPLE:
            yield name, _PEOPLE.get(name), value
        elif name not in _OBJECTS or not isinstance(value, Mapping) or any(str(key)[:1] == "@" for key in value):
            yield name, None, value
        elif name == "identifiers" or settings.get("send_company_traits") is True:
            yield from ((f"{name}.{inner}", _OBJECTS[name].get(inner), value[inner]) for inner in value)


def _doubts(settings: Mapping[str, Any], trigger: fql.Fql, action: str) -> Iterator[str]:
    for name in ("source_segment_id", "event_name"):
        paths = _KEY_PATHS if name == "source_segment_id" else {"event"}
        if settings.get(name) is not None and not _reads_only(settings[name], paths):
            yield f'its own "{name}" was left out: Guestlist reads it from the event as Segment does by default'
    title = settings.get("dmp_segment_name")
    if title not in (None, "") and rewriting.literal(title) is None and not _reads_only(title, _KEY_PATHS):
        yield "its display name is read from the event and was left out; the audience key is used"
    wrong = {"add": "Audience Exited", "remove": "Audience Entered"}.get(action)
    if wrong and fql.compile(trigger)({"type": "track", "event": wrong}):
        yield f'its action is {action} and its trigger lets "{wrong}" through, as it does in Segment; check both'


def _reads_only(value: Any, paths: set[str]) -> bool:
    try:
        read = set(compile_expression(value).paths) if isinstance(value, Mapping) else set()
    except ConfigError:
        return False
    return bool(read) and read <= paths


# ── as yaml ──────────────────────────────────────────────────────────────────────────────────────────────────────
def _one_for_each_key(streams: Sequence[_Stream]) -> tuple[list[_Stream], list[str]]:
    """A key belongs to one audience and, on one destination, to one activation."""
    kept: dict[str, _Stream] = {}
    notes: list[str] = []
    for stream in streams:
        first = kept.get(stream.key)
        if first is None:
            kept[stream.key] = stream
        elif both := _both_ways(first, stream):
            kept[stream.key] = both
            notes.append(f"{first.label} and {stream.label} became one activation: one adds, the other removes.")
        else:
            notes.append(
                f'{stream.label} was left out: {first.label} has the same audience key "{shown(stream.key)}", and a '
                "key belongs to one activation of a destination; write their triggers and mappings as one."
            )
    return list(kept.values()), notes


def _both_ways(one: _Stream, other: _Stream) -> _Stream | None:
    if (one.action, other.action) == ("remove", "add"):
        one, other = other, one
    if (one.action, one.trigger, other.action, other.trigger) != ("add", _ENTERED, "remove", _EXITED):
        return None
    if (one.kind, one.mapping, one.enabled) != (other.kind, other.mapping, other.enabled):
        return None
    return replace(one, action="auto", trigger=defaults.TRIGGER, notes=[*one.notes, *other.notes])


def _names(streams: Sequence[_Stream]) -> dict[str, str]:
    """For each key the name of its audience and activation: the key, as far as a name may look like it."""
    names: dict[str, str] = {}
    for stream in streams:
        name = re.sub(r"[/\\\x00-\x1f\x7f]", "-", stream.key).strip()[:90].strip() or "audience"
        taken, number = set(names.values()), 2
        while name in taken:
            name, number = f"{name.removesuffix(f' {number - 1}')} {number}", number + 1
        names[stream.key] = name
    return names


def _audience(stream: _Stream, write_keys: Sequence[str]) -> dict[str, Any]:
    members = "people" if stream.kind is Kind.PEOPLE else "companies"
    return {"members": members, "source": {"events": {"write_keys": list(write_keys)}}}


def _activation(stream: _Stream, audience: str, destination: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "audience": audience,
        "destination": destination,
        "enabled": stream.enabled,
        "mode": "stream",
        "trigger": stream.trigger,
        "audience_key": stream.key,
        "action": stream.action,
        "mapping": dict(stream.mapping),
    }
    return found | ({"segment_name": stream.segment_name} if stream.segment_name else {})
