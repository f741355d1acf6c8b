"""What LinkedIn would be told of the first rows of a list, masked: so that a mapping can be seen to be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from guestlist.app.context import App
from guestlist.app.event_trial import masked
from guestlist.app.streams import FIELD
from guestlist.config import Config
from guestlist.core import text
from guestlist.core.identity import Element, IdType, Kind, company, person
from guestlist.errors import ConfigError, SourceError, StoreError

ROWS = 50  # that are looked at
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


def of_list(app: App, config: Config, audience: str, mapping: Mapping[str, Sequence[str]]) -> Shown:
    """Nothing of a person is shown but first characters; companies are no persons."""
    wanted = config.audiences[audience]
    try:
        scan = app.sources(wanted, config.folder).open()
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
            found.setdefault("email", f"{each.text[:8]}…{each.text[-4:]}")
        elif each.type in FIELD:
            found.setdefault(FIELD[each.type], _hidden(kind, FIELD[each.type], each.text))
    return found


def _hidden(kind: Kind, name: str, value: str) -> str:
    if "@" in value:
        return text.masked(value) if text.masked(value) != value else masked(value)
    if kind is Kind.COMPANIES or name == "country":
        return value[:60]
    return masked(value)
