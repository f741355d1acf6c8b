"""What LinkedIn would be told of the first rows of a list, masked: so that a mapping can be seen to be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import msgspec

from guestlist.app.context import App
from guestlist.app.event_trial import masked
from guestlist.app.streams import FIELD
from guestlist.config import Config
from guestlist.core import text
from guestlist.core.fields import FIELDS
from guestlist.core.identity import Element, Identifier, IdType, Kind, company, person
from guestlist.core.mapping import guess
from guestlist.errors import ConfigError, SourceError, StoreError
from guestlist.events.rules import field_of
from guestlist.store.event_members import EventMember

ROWS = 50  # that are looked at
FIRST = 10  # that are shown as they stand there
_DIGESTS = (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)


@dataclass(frozen=True)
class Shown:
    """``columns``: of the list. ``read`` and ``told``: LinkedIn field -> what stands there first, and what becomes of
    it. ``problem``: why there is nothing.
    """

    columns: tuple[str, ...] = ()
    read: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Rows:
    """The first of an audience. ``columns``: all of its list, or what events said; ``rows``: of each of the first rows
    its cells in that order, masked, "" where nothing stands.
    """

    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def beginning(app: App, config: Config, audience: str, *, members: bool) -> Rows:
    """``members``: False for who may not look at single members: no row then. Only what a company is known by, and the
    country of a person, stands there in clear. ConfigError, SourceError, StoreError: the list cannot be read.
    """
    wanted = config.audiences[audience]
    if wanted.source.events is not None:
        return _heard_of(app, config, audience) if members else Rows()
    scan = app.sources(wanted, config.folder).begin()
    if not members:
        return Rows(scan.columns)
    known = {column: name for name, sources in guess(wanted.kind, scan.columns).items() for column in sources}
    hidden = tuple(
        tuple(_cell(wanted.kind, known.get(each, ""), row.get(each, "")) for each in scan.columns)
        for row in app.first_rows(scan, FIRST)
    )
    return Rows(scan.columns, hidden)


def _heard_of(app: App, config: Config, audience: str) -> Rows:
    """The first of who is in by what events said."""
    used = [each.audience_key for each in config.activations.values() if each.audience == audience]
    keys = [app.store.event_members.key(each) for each in dict.fromkeys(used) if each]
    kind = config.audiences[audience].kind
    with app.store.snapshot():
        inside = chain.from_iterable(app.store.event_members.wanted(each.id) for each in keys if each is not None)
        found = [_said(kind, each) for each in islice(inside, FIRST)]
        del inside  # what it reads from ends before the snapshot does
    columns = tuple(name for name in FIELDS[kind] if any(name in each for each in found))
    return Rows(columns, tuple(tuple(each.get(name, "") for name in columns) for each in found))


def _said(kind: Kind, member: EventMember) -> dict[str, str]:
    found: dict[str, str] = {}
    for id_type, value in sorted(member.ids.values()):
        text = Identifier(id_type, value).text
        found.setdefault(FIELD[id_type], _digest(text) if id_type in _DIGESTS else _hidden(kind, FIELD[id_type], text))
    about: dict[str, Any] = msgspec.json.decode(member.person) if member.person else {}
    if primary := about.get("p"):
        found["primaryId"] = _hidden(Kind.PEOPLE, "primaryId", primary)
    for label, texts in about.get("t", {}).items():
        found.setdefault(field_of(label), _hidden(kind, field_of(label), texts[0]))
    return found


def _digest(text: str) -> str:
    return f"{text[:8]}…{text[-4:]}"


def _cell(kind: Kind, name: str, value: str) -> str:
    return _hidden(kind, name, value) if name or "@" in value else masked(value)


def of_list(app: App, config: Config, audience: str, mapping: Mapping[str, Sequence[str]]) -> Shown:
    """Nothing of a person is shown but first characters; companies are no persons."""
    wanted = config.audiences[audience]
    try:
        scan = app.sources(wanted, config.folder).begin()
        rows = app.first_rows(scan, ROWS)
    except (ConfigError, SourceError, StoreError) as error:
        return Shown(problem=str(error))
    read: dict[str, str] = {}
    told: dict[str, str] = {}
    for row in rows:
        cells = {name: tuple(row[each] for each in sources if each in row) for name, sources in mapping.items()}
        for name, found in cells.items():
            if found:
                read.setdefault(name, _hidden(wanted.kind, name, found[0]))
        element = person(cells) if wanted.kind is Kind.PEOPLE else company(cells)
        if isinstance(element, Element):
            for name, said in _told(wanted.kind, element).items():
                told.setdefault(name, said)
    return Shown(scan.columns, read, {name: said for name, said in told.items() if name in mapping})


def _told(kind: Kind, element: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in element.traits.items():
        found[name] = _hidden(kind, name, value if isinstance(value, str) else value[0])
    for each in element.identifiers:
        if each.type in _DIGESTS:
            found.setdefault("email", _digest(each.text))
        elif each.type in FIELD:
            found.setdefault(FIELD[each.type], _hidden(kind, FIELD[each.type], each.text))
    return found


def _hidden(kind: Kind, name: str, value: str) -> str:
    if "@" in value:
        return text.masked(value) if text.masked(value) != value else masked(value)
    if kind is Kind.COMPANIES or name == "country":
        return value[:60]
    return masked(value)
