"""The first of an audience; and what LinkedIn would be told of its first rows or the last event, masked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, compress, islice
from typing import Any

import msgspec

from guestlist.app import last_events
from guestlist.app.context import App
from guestlist.app.event_trial import masked
from guestlist.app.explain import read_value
from guestlist.app.last_events import Latest
from guestlist.app.streams import FIELD
from guestlist.config import Config
from guestlist.core import text
from guestlist.core.fields import FIELDS
from guestlist.core.identity import Element, Identifier, IdType, Kind, company, person
from guestlist.core.mapping import guess
from guestlist.errors import ConfigError, SourceError, StoreError
from guestlist.events.expressions import Expression, compile_expression
from guestlist.events.incoming import Event
from guestlist.events.rules import field_of, texts
from guestlist.ports import Scan
from guestlist.store.event_members import EventMember

ROWS = 50  # that are looked at
FIRST = 10  # that are shown as they stand there
LOOKED_THROUGH = 1_000  # for those that are shown, where a filter does not keep all
PATHS = 60  # places in an event that are offered
WHOLE = 1_000  # characters of a value that is shown as it stands there
DEEPEST = 6  # objects within objects where they are looked for
_DIGEST = "a digest"  # in place of a field's name
_DIGESTS = (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)


@dataclass(frozen=True)
class Shown:
    """``columns``: of the list, or places in an event. ``read`` and ``told``: LinkedIn field -> what stands there
    first, and what becomes of it. ``problem``: why there is nothing.
    """

    columns: tuple[str, ...] = ()
    read: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""


@dataclass(frozen=True)
class Rows:
    """The first who are in an audience. ``columns``: all of its list, or what events said; ``rows``: of each of them
    its cells in that order, "" where nothing stands; ``masked``: not as they stand there.
    """

    masked: bool
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def beginning(app: App, config: Config, audience: str, *, members: bool) -> Rows:
    """``members``: False for who may not look at single members: only what a company is known by, and the country of a
    person, stands there in clear then. ConfigError, SourceError, StoreError: the list cannot be read, or its filter
    does not fit it.
    """
    wanted = config.audiences[audience]
    if wanted.source.events is not None:
        return _heard_of(app, config, audience, members=members)
    scan = app.sources(wanted, config.folder).begin()
    known = {column: name for name, sources in guess(wanted.kind, scan.columns).items() for column in sources}
    show = _whole if members else _cell
    rows = tuple(
        tuple(show(wanted.kind, known.get(each, ""), row.get(each, "")) for each in scan.columns)
        for row in islice(_inside(app, config, audience, scan), FIRST)
    )
    return Rows(not members, scan.columns, rows)


def _inside(app: App, config: Config, audience: str, scan: Scan) -> Iterator[Mapping[str, str]]:
    """Of the first rows of a list those that its filter keeps, without whoever was forgotten."""
    wanted = config.audiences[audience]
    blocked = app.store.suppressions.keys() if wanted.kind is Kind.PEOPLE else frozenset()
    rows = app.first_rows(scan, LOOKED_THROUGH if wanted.filter or blocked else FIRST)
    if wanted.filter:
        rows = list(compress(rows, app.kept(scan, rows, wanted.filter)))
    used = [each.mapping for each in config.activations.values() if each.audience == audience]
    mappings = [guess(wanted.kind, scan.columns), *filter(None, used)]
    return (row for row in rows if not blocked or blocked.isdisjoint(_carried(row, mappings)))


def _carried(row: Mapping[str, str], mappings: Sequence[Mapping[str, Sequence[Any]]]) -> Iterator[bytes]:
    """The key16 of all that a row of people may be known by, whichever column holds it."""
    for mapping in mappings:
        read = person({name: tuple(row[each] for each in found if each in row) for name, found in mapping.items()})
        found = read.identifiers if isinstance(read, Element) else ()
        yield from (each.key16 for each in (*found, *((read.primary,) if read.primary else ())))
    for cell in row.values():
        yield from (each.key16 for each in read_value(Kind.PEOPLE, cell)[0])


def _heard_of(app: App, config: Config, audience: str, *, members: bool) -> Rows:
    """The first of who is in by what events said."""
    used = [each.audience_key for each in config.activations.values() if each.audience == audience]
    keys = [app.store.event_members.key(each) for each in dict.fromkeys(used) if each]
    kind = config.audiences[audience].kind
    with app.store.snapshot():
        inside = chain.from_iterable(app.store.event_members.wanted(each.id) for each in keys if each is not None)
        found = [_said(kind, each, _whole if members else _shown) for each in islice(inside, FIRST)]
        del inside  # what it reads from ends before the snapshot does
    columns = tuple(name for name in FIELDS[kind] if any(name in each for each in found))
    return Rows(not members, columns, tuple(tuple(each.get(name, "") for name in columns) for each in found))


def _said(kind: Kind, member: EventMember, show: Callable[[Kind, str, str], str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for id_type, value in sorted(member.ids.values()):
        text = Identifier(id_type, value).text
        found.setdefault(FIELD[id_type], show(kind, _DIGEST if id_type in _DIGESTS else FIELD[id_type], text))
    about: dict[str, Any] = msgspec.json.decode(member.person) if member.person else {}
    if primary := about.get("p"):
        found["primaryId"] = show(Kind.PEOPLE, "primaryId", primary)
    for label, said in about.get("t", {}).items():
        found.setdefault(field_of(label), show(kind, field_of(label), said[0]))
    return found


def _whole(_kind: Kind, _name: str, value: str) -> str:
    return value if len(value) <= WHOLE else f"{value[:WHOLE]}…"


def _shown(kind: Kind, name: str, value: str) -> str:
    return _digest(value) if name == _DIGEST else _hidden(kind, name, value)


def _digest(text: str) -> str:
    return f"{text[:8]}…{text[-4:]}"


def _cell(kind: Kind, name: str, value: str) -> str:
    return _hidden(kind, name, value) if name or "@" in value else masked(value)


def of_mapping(
    app: App, config: Config, audience: str, mapping: Mapping[str, Sequence[Any]], latest: Latest, *, members: bool
) -> Shown:
    """What a mapping reads, of the first rows of a list or of the last event that came. ``members``: False for who may
    not look at single members: no values then. Nothing of a person is shown but first characters; companies are no
    persons.
    """
    events = config.audiences[audience].source.events
    try:
        if events is None:
            seen = _of_list(app, config, audience, mapping)
        else:
            event = last_events.last(app, config, audience, events.write_keys, latest)
            seen = _of_event(config.audiences[audience].kind, mapping, event)
    except (ConfigError, SourceError, StoreError) as error:
        return Shown(problem=str(error))
    return seen if members else Shown(seen.columns)


def _of_list(app: App, config: Config, audience: str, mapping: Mapping[str, Sequence[Any]]) -> Shown:
    wanted = config.audiences[audience]
    scan = app.sources(wanted, config.folder).begin()
    rows = app.first_rows(scan, ROWS)
    known = {name: [each for each in sources if each in scan.columns] for name, sources in mapping.items()}
    cells = ({name: tuple(row[each] for each in found if each in row) for name, found in known.items()} for row in rows)
    return _seen(wanted.kind, scan.columns, cells)


def _of_event(kind: Kind, mapping: Mapping[str, Sequence[Any]], event: Event) -> Shown:
    cells = {name: texts(_readable(sources), event) for name, sources in mapping.items()}
    return _seen(kind, tuple(islice(_paths(event), PATHS)), [cells])


def _readable(sources: Sequence[Any]) -> tuple[Expression, ...]:
    """What cannot be read yet is said where it is typed, not here."""
    found: list[Expression] = []
    for each in sources:
        with suppress(ConfigError, RecursionError):
            found.append(compile_expression(each))
    return tuple(found)


def _paths(value: Mapping[str, Any], *above: str) -> Iterator[str]:
    """Where texts and numbers stand in an event, as far as that can be written without quotes."""
    for key, inner in value.items():
        if not key.isidentifier() or not key.isascii() or len(above) > DEEPEST:
            continue
        if isinstance(inner, Mapping):
            yield from _paths(inner, *above, key)
        elif isinstance(inner, str | int | float) and not isinstance(inner, bool):
            yield ".".join((*above, key))


def _seen(kind: Kind, columns: tuple[str, ...], rows: Iterable[Mapping[str, tuple[str, ...]]]) -> Shown:
    """``rows``: LinkedIn field -> what stands there."""
    read: dict[str, str] = {}
    told: dict[str, str] = {}
    for cells in rows:
        for name, found in cells.items():
            if found:
                read.setdefault(name, _hidden(Kind.PEOPLE if name == "primaryId" else kind, name, found[0]))
        element = person(cells) if kind is Kind.PEOPLE else company(cells)
        if isinstance(element, Element):
            for name, said in _told(kind, element).items():
                if name in cells:
                    told.setdefault(name, said)
    return Shown(columns, read, told)


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
