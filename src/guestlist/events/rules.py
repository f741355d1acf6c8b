"""Who an event is about and what it decides: the rule of one audience key, and its verdicts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import msgspec

from guestlist.core import identity
from guestlist.core.identity import Element, Identifier, Kind, Reason, Result, company, person, primary_id
from guestlist.events import outcomes
from guestlist.events.expressions import Expression
from guestlist.events.incoming import Event
from guestlist.events.posting import Door
from guestlist.events.presence import Presence

Action = Literal["auto", "add", "remove"]
ENTERED, EXITED = "Audience Entered", "Audience Exited"
RECORDING: tuple[Door, ...] = ("rudderstack", "file")  # doors that take records
OURS = ("LinkedIn Audiences", "Linkedin Audiences")  # what `integrations` of an event may call us

READERS: Mapping[Kind, Mapping[str, Callable[[str], Result]]] = {
    Kind.PEOPLE: {"email": identity.email, "googleAdvertisingId": identity.google_advertising_id},
    Kind.COMPANIES: {
        "organizationUrn": identity.organization_urn,
        "companyPageUrl": identity.company_page_url,
        "companyWebsiteDomain": identity.company_website_domain,
        "companyEmailDomain": identity.company_email_domain,
    },
}
IDENTIFYING: Mapping[Kind, tuple[str, ...]] = {kind: tuple(readers) for kind, readers in READERS.items()}
_WRITTEN = {"true": True, "false": False}  # as journeys write it
_TEXT_LIMIT = 300  # characters of a trait that are kept: LinkedIn takes fewer
_encode = msgspec.json.Encoder(order="sorted").encode


@dataclass(frozen=True)
class Filtered:
    """It is not meant for this audience; ``code`` is a discard code of ``outcomes``."""

    code: str


@dataclass(frozen=True)
class Rejected:
    """It is meant for this audience, and nobody can be told of it."""

    reason: str


@dataclass(frozen=True)
class Decided:
    """``member`` is in (or not) from now on. ``person``: JSON of the primaryId (``p``) and traits (``t``: label ->
    texts), b"" where the event brings neither. ``unusable``: why the event itself identifies nobody, "" it does.
    """

    wanted: bool
    member: bytes
    identifiers: tuple[Identifier, ...]
    person: bytes
    unusable: str = ""


Verdict = Filtered | Rejected | Decided


@dataclass(frozen=True)
class Rule:
    """What the activations that share an audience key agree on, and the traits that any of them wants.

    ``identifiers``: LinkedIn field -> expressions, ``primaryId`` among them if it is mapped. ``traits``: label (which
    names field and expressions) -> expressions.
    """

    key: str
    members: Kind
    action: Action
    trigger: Callable[[Event], bool]
    default_trigger: bool
    identifiers: Mapping[str, tuple[Expression, ...]]
    traits: Mapping[str, tuple[Expression, ...]] = field(default_factory=dict)

    @cached_property
    def _presence(self) -> Presence:
        return Presence({**self.identifiers, **self.traits})

    def judge(self, event: Event, door: Door) -> Verdict:
        """What the event says. Never raises, whatever the event is."""
        if switched_off(event):
            return Filtered(outcomes.FILTERED_BY_INTEGRATIONS_OBJECT)
        is_record = event.get("type") == "record"
        if not (is_record and self.default_trigger and door in RECORDING) and not self.trigger(event):
            return Filtered(outcomes.NO_MATCHING_MAPPING)
        if self.action != "auto":
            return self.decided(event, wanted=self.action == "add")
        wanted = recorded(event) if is_record else None
        if wanted is None and (code := self._of_other_audience(event)):
            return Filtered(code)
        wanted = self.says(event) if wanted is None else wanted
        return Rejected(outcomes.ACTION_MISSING) if wanted is None else self.decided(event, wanted=wanted)

    def _of_other_audience(self, event: Event) -> str:
        """In auto the event's audience key must be ours; one that has none must name our key as a trait."""
        found = key_of(event)
        if found == self.key or (found is None and self.key in {**traits_of(event), **part(event, "properties")}):
            return ""
        return outcomes.FILTERED_AT_MAPPING

    def says(self, event: Event) -> bool | None:
        """Entered or exited by the event's name, else by the audience key as a trait; None: it does not say."""
        kind, name = event.get("type"), event.get("event")
        if kind == "track" and name in (ENTERED, EXITED):
            return bool(name == ENTERED)
        value = (traits_of(event) if kind in ("identify", "group") else part(event, "properties")).get(self.key)
        said = _WRITTEN.get(value) if isinstance(value, str) else value
        return said if isinstance(said, bool) else None

    def decided(self, event: Event, *, wanted: bool) -> Verdict:
        """Who it is about."""
        there = self._presence.names(event)
        cells = {name: texts(sources, event) for name, sources in self.identifiers.items() if name in there}
        primary = cells.pop("primaryId", None) or default_primary(event)
        traits = {
            label: found
            for label, sources in self.traits.items()
            if label in there and (found := texts(sources, event))
        }
        return decision(self.members, cells, primary, traits, wanted=wanted)


def decision(
    members: Kind,
    cells: Mapping[str, tuple[str, ...]],
    primary: tuple[str, ...],
    traits: Mapping[str, tuple[str, ...]],
    *,
    wanted: bool,
) -> Verdict:
    """The member of these identifiers (LinkedIn field -> texts), or why there is none.

    A member is its primaryId, else its strongest identifier. Names identify nobody here: they are only known once all
    traits are. Rejected when there is neither.
    """
    found, reason = identified(members, cells)
    named = next((each for text in primary if (each := primary_id(text))), None)
    anchor = names_of(members, traits) if not found and not named else None
    member = named.key16 if named else found[0].key16 if found else anchor
    if member is None:
        return Rejected(reason or str(Reason.NO_IDENTIFIER))
    unusable = "" if found else reason or str(Reason.NO_IDENTIFIER)
    about = {key: value for key, value in (("p", named.text if named else ""), ("t", traits)) if value}
    return Decided(wanted, member, found, _encode(about) if about else b"", unusable)


def identified(members: Kind, cells: Mapping[str, tuple[str, ...]]) -> tuple[tuple[Identifier, ...], str]:
    """The identifiers among the texts of LinkedIn fields, the strongest first, and why a text is none."""
    found: list[Identifier] = []
    reason = ""
    for name, read in READERS[members].items():
        for text in cells.get(name, ()):
            result = read(text)
            if isinstance(result, Identifier):
                found.append(result)
            elif result is not None:
                reason = reason or str(result)
    if len(found) > 1:
        found = sorted(dict.fromkeys(found), key=lambda each: each.type)
    return tuple(found), reason


def names_of(members: Kind, traits: Mapping[str, tuple[str, ...]]) -> bytes | None:
    """key16 of somebody known by names alone, where the traits say enough."""
    cells = {field_of(label): found for label, found in traits.items()}
    read = person(cells) if members is Kind.PEOPLE else company(cells, derive=False)
    return read.identifiers[0].key16 if isinstance(read, Element) else None


def field_of(label: str) -> str:
    """The LinkedIn field of a trait's label."""
    return label.partition("=")[0]


def texts(expressions: tuple[Expression, ...], event: Event) -> tuple[str, ...]:
    """The values of expressions as texts, in order: lists are several, numbers are written out, the rest is nothing."""
    found: list[str] = []
    for expression in expressions:
        value = expression.get(event)
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, str) and each:
                found.append(each[:_TEXT_LIMIT])
            elif isinstance(each, int | float) and not isinstance(each, bool):
                found.append(str(each))
    return tuple(found)


def default_primary(event: Event) -> tuple[str, ...]:
    """``userId``, of a Group call ``groupId``; a record's userId stands among its identifiers."""
    name = "groupId" if event.get("type") == "group" else "userId"
    value = event.get(name)
    if value is None:
        value = part(event, "identifiers").get(name)
    return (str(value),) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else ()


def recorded(event: Event) -> bool | None:
    """What RudderStack's record event does; None: nothing we know."""
    return {"insert": True, "update": True, "delete": False}.get(str(event.get("action")).lower())


def key_of(event: Event) -> str | None:
    """The audience key an event names."""
    value = part(event, "properties").get("audience_key")
    if value is None:
        value = part(part(event, "context"), "personas").get("computation_key")
    return value if isinstance(value, str) else None


def traits_of(event: Event) -> Mapping[str, Any]:
    """Traits that a call brings. RudderStack's SDKs put those of an identify call into its context."""
    if event.get("type") != "identify":
        return part(event, "traits")
    return {**part(part(event, "context"), "traits"), **part(event, "traits")}


def switched_off(event: Event) -> bool:
    """``integrations`` counts only where it names us: ``"All": false`` stands on everything that Engage sends."""
    named = part(event, "integrations")
    return any(named.get(name) is False for name in OURS)


def part(event: Event, name: str) -> Mapping[str, Any]:
    """An object inside an event; {} where there is none."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}
