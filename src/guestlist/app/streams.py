"""Activations that are fed by events: which there are, their rules, and the elements of their members."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from guestlist.app import activations, planning
from guestlist.app.context import App
from guestlist.app.planning import Case
from guestlist.config import ActivationConfig, AudienceConfig, Config
from guestlist.core.fields import FIELDS
from guestlist.core.identity import Element, Identifier, IdType, Kind, Rejection, company, person
from guestlist.errors import ConfigError
from guestlist.events import declared
from guestlist.events.rules import Rule, field_of
from guestlist.ports import Scan
from guestlist.store.activations import Activation
from guestlist.store.event_members import AudienceKey, EventMember
from guestlist.store.streams import Stream

FIELD = {
    IdType.SHA256_EMAIL: "email",
    IdType.SHA512_EMAIL: "email",
    IdType.GOOGLE_AID: "googleAdvertisingId",
    IdType.ORGANIZATION_URN: "organizationUrn",
    IdType.COMPANY_PAGE_URL: "companyPageUrl",
    IdType.COMPANY_WEBSITE_DOMAIN: "companyWebsiteDomain",
    IdType.COMPANY_EMAIL_DOMAIN: "companyEmailDomain",
}
CHANGED = "the file says something else of it"
_decode = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass
class Listener:
    """One audience key at work: its rule, the write keys it listens to, the activations that it feeds."""

    key_id: int
    audience: str
    rule: Rule
    write_keys: frozenset[str]
    activations: list[int] = field(default_factory=list)


def is_stream(config: Config, wanted: ActivationConfig) -> bool:
    """Whether events feed it, however often it is told."""
    return config.audiences[wanted.audience].source.events is not None


def declaration(wanted: ActivationConfig, audience: AudienceConfig) -> declared.Declared:
    """What an activation declares about its events."""
    return declared.declared(audience.kind, wanted.trigger, wanted.audience_key, wanted.action, wanted.mapping)


def of_key(config: Config, key: str) -> Iterator[declared.Declared]:
    """What the activations of the file that share an audience key declare."""
    for wanted in config.activations.values():
        if wanted.audience_key == key and is_stream(config, wanted):
            yield declaration(wanted, config.audiences[wanted.audience])


def ensure(app: App, config: Config, name: str) -> Stream:
    """The records of a stream activation, made when they are new. ConfigError: its key is another audience's."""
    found, wanted = activations.ensure(app, config, name), config.activations[name]
    key = _claimed(app, config, wanted)
    stream = app.store.streams.ensure(found.id, key.id)
    if stream.key_id != key.id:
        activations.refuse_another_key(app.store.event_members.by_id(stream.key_id), name, key.key)
    return stream


def recognise(app: App, config: Config, name: str) -> None:
    """Where a stream or what the file says of it is new, everybody is compared next. ConfigError: see ``ensure``."""
    stream = ensure(app, config, name)
    if stream.made_with and stream.made_with != made_with(planning.case(config, name)):
        app.store.streams.update(stream.activation_id, behind=CHANGED)


def _claimed(app: App, config: Config, wanted: ActivationConfig) -> AudienceKey:
    kind = config.audiences[wanted.audience].kind
    return app.store.event_members.claim_key(wanted.audience_key or "", wanted.audience, kind, app.clock.now())


def key_of(app: App, case: Case, found: Activation | None) -> AudienceKey | None:
    """The key that a sync of an activation would read, None while it is new; nothing is written. ConfigError as
    ``ensure``. ``found``: its record.
    """
    written = case.wanted.audience_key or ""
    key = app.store.event_members.own_key(written, case.wanted.audience, case.members)
    if found is not None and (stream := app.store.streams.get(found.id)) is not None:
        activations.refuse_another_key(app.store.event_members.by_id(stream.key_id), case.name, written)
    return key


def made_with(case: Case) -> dict[str, Any]:
    """Everything that decides how members become elements: when it changes, everybody is compared again."""
    wanted, said = case.wanted, declaration(case.wanted, case.audience)
    toggles = [case.destination.send_email, case.destination.send_google_advertising_id, wanted.derive]
    return {**said.stored(), "traits": sorted(said.traits()), "toggles": toggles, "mode": wanted.mode}


def listeners(app: App, config: Config) -> list[Listener]:
    """Every audience key of the file. An activation that the file may not change so is told nothing until that is
    mended; both what it was and what it should be are heard meanwhile.
    """
    found: dict[str, Listener] = {}
    refused: list[str] = []
    for name, wanted in config.activations.items():
        if is_stream(config, wanted):
            try:
                own = _listener(config, wanted, _claimed(app, config, wanted), found)
                own.activations.append(ensure(app, config, name).activation_id)
            except ConfigError:
                refused.append(name)
    for name in refused:
        if (stream := _known(app, name)) is not None:
            key = app.store.event_members.by_id(stream.key_id)
            if (former := _as_it_was(config, config.activations[name], key)) is not None:
                _listener(config, former, key, found).activations.append(stream.activation_id)
    return list(found.values())


def _listener(config: Config, wanted: ActivationConfig, key: AudienceKey, found: dict[str, Listener]) -> Listener:
    audience = config.audiences[wanted.audience]
    if key.key not in found and audience.source.events is not None:
        rule = declaration(wanted, audience).rule(tuple(of_key(config, key.key)))
        found[key.key] = Listener(key.id, wanted.audience, rule, frozenset(audience.source.events.write_keys))
    return found[key.key]


def _known(app: App, name: str) -> Stream | None:
    found = app.store.activations.get(name)
    return None if found is None or found.removed_at is not None else app.store.streams.get(found.id)


def _as_it_was(config: Config, wanted: ActivationConfig, key: AudienceKey) -> ActivationConfig | None:
    """With the key and the audience that it feeds on; None: the file has nothing that could be that audience. One that
    is gone was probably renamed.
    """
    for name in (key.audience, wanted.audience):
        audience = config.audiences.get(name)
        if audience is not None and audience.source.events is not None and audience.kind is key.members:
            return wanted.model_copy(update={"audience": name, "audience_key": key.key})
    return None


# ── members -> elements ──────────────────────────────────────────────────────────────────────────────────────────
class Rows:
    """The elements of an activation's members: its toggles, its traits."""

    def __init__(self, case: Case) -> None:
        self.members = case.members
        self.labels = {field_of(each): each for each in declaration(case.wanted, case.audience).traits()}
        self._derive = case.wanted.derive
        self._toggles = case.destination.send_email, case.destination.send_google_advertising_id

    def element(self, member: EventMember) -> Element | Rejection:
        """What LinkedIn is told of a member, by the same rules as a row of a list."""
        cells = self.cells(member)
        if self.members is Kind.PEOPLE:
            return person(cells, *self._toggles)
        return company(cells, self._derive)

    def cells(self, member: EventMember) -> dict[str, tuple[str, ...]]:
        """LinkedIn field -> texts, as a list would have them."""
        cells: dict[str, tuple[str, ...]] = {}
        for kind, value in sorted(member.ids.values()):
            name = FIELD[kind]
            cells[name] = (*cells.get(name, ()), Identifier(kind, value).text)
        about = _decode(member.person) if member.person else {}
        if primary := about.get("p"):
            cells["primaryId"] = (primary,)
        kept: Mapping[str, Sequence[str]] = about.get("t", {})
        for label, found in kept.items():
            name = field_of(label)
            if label in (self.labels.get(name), f"{name}="):
                cells.setdefault(name, tuple(found))
        return cells


def keys_of(members: Iterable[EventMember]) -> set[bytes]:
    """Every key16 that these members may be known by in a ledger."""
    return {id16 for each in members for id16 in (each.member, *each.ids)}


def told_rows(
    rows: Rows, members: Iterable[EventMember], suppressed: frozenset[bytes]
) -> Iterator[tuple[EventMember, Element]]:
    """The elements of those who are in, without the forgotten and those that nothing identifies."""
    for member in members:
        if not member.wanted or forgotten(member, suppressed):
            continue
        element = rows.element(member)
        if isinstance(element, Element) and suppressed.isdisjoint(i.key16 for i in element.identifiers):
            yield member, element


# ── everybody ────────────────────────────────────────────────────────────────────────────────────────────────────
def exported(app: App, case: Case, key_id: int, folder: Path) -> tuple[Scan, dict[str, tuple[str, ...]]]:
    """Everybody who is in, as a list for the planner in ``folder``, and its mapping. Inside ``store.snapshot()``: as
    of one moment.
    """
    rows, suppressed = Rows(case), app.store.suppressions.keys()
    widths: dict[str, int] = dict.fromkeys(["primaryId", *rows.labels, *SINGLE[case.members]], 1) | {"industries": 3}
    for kind, most in app.store.event_members.most_ids(key_id).items():
        widths[FIELD[kind]] = widths.get(FIELD[kind], 0) + most
    known = {name: widths[name] for name in FIELDS[case.members] if widths.get(name)}
    wanted = app.store.event_members.wanted(key_id)
    shown = (rows.cells(member) for member in wanted if not forgotten(member, suppressed))
    return app.elements.write_members(known, shown, folder)


SINGLE: Mapping[Kind, tuple[str, ...]] = {
    kind: tuple(name for name, spec in FIELDS[kind].items() if not spec.several) for kind in Kind
}


def forgotten(member: EventMember, suppressed: frozenset[bytes]) -> bool:
    """Whether a member is, or ever carried, one of these key16s."""
    return member.member in suppressed or not suppressed.isdisjoint(member.ids)
