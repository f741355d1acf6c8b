"""Activating: which column, or which place in an event, is told LinkedIn as what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from guestlist.app import drafts, event_trial, samples
from guestlist.app.drafts import Draft, Wanted
from guestlist.app.samples import Shown
from guestlist.core.fields import FIELDS, FieldSpec
from guestlist.core.identity import Kind
from guestlist.core.permissions import Permission
from guestlist.errors import ConfigError
from guestlist.web.pages import wizard
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.wizard import MAY

book = Book()
ATTRIBUTES, IDENTITY = "attributes", "identity"
_XDM = ("accountKey.", "accountOrganization.")
_PAIRS = {"companyName": "accountName", "primaryId": "accountKey.sourceKey"}


@dataclass(frozen=True)
class Row:
    """One LinkedIn field. ``sources``: what is mapped to it; ``told``: what LinkedIn will receive of it; ``pair``: the
    column that has to be mapped to it, "" none has to.
    """

    spec: FieldSpec
    sources: tuple[str, ...]
    told: str
    pair: str


@book.get("/activate/{number}/mapping/{place}", *MAY)
def one(call: Call) -> Response:
    """Its two tabs."""
    draft = wizard.going_on(call)
    place, wanted = wizard.one_of(call, draft)
    return call.show("activate_mapping.html", **_shown(call, draft, place, wanted, call.query.get("tab", ATTRIBUTES)))


@book.post("/activate/{number}/mapping/{place}", *MAY)
def choose(call: Call) -> Response:
    """What was chosen is kept whichever button is pressed, and judged before it goes on."""
    draft = wizard.going_on(call)
    place, wanted = wizard.one_of(call, draft)
    tab, button = call.form["tab"], call.form["do"]
    wanted = wanted.with_(mapping=_typed(call, draft, wanted, tab))
    drafts.may_send_identities(wanted, call.person)
    draft = draft.with_one(place, wanted)
    drafts.save(call.app, call.person, draft)
    here = f"mapping/{place + 1}"
    if button in (ATTRIBUTES, IDENTITY):
        return call.go(f"{wizard.at(draft, here)}?tab={button}")
    if button != "back":
        columns, problem = drafts.columns_of(call.app, call.config, wanted.audience)
        try:
            drafts.check_mapping(call.config, draft, wanted, None if problem else columns, call.person)
        except ConfigError as error:
            return _refused(call, draft, place, wanted, error)
    return wizard.onward(call, draft, here)


def _refused(call: Call, draft: Draft, place: int, wanted: Wanted, error: ConfigError) -> Response:
    """At its field, on the tab that has it; what concerns none stands above all."""
    target = error.place[1] if len(error.place) > 1 else ""
    tab = IDENTITY if target == "primaryId" and call.person.may(Permission.VIEW_IDENTITY_GRAPH) else ATTRIBUTES
    at = f"s-{target}" if target in FIELDS[draft.kind] else "mapping"
    values = _shown(call, draft, place, wanted, tab)
    return call.again("activate_mapping.html", ConfigError(str(error)), at, **values)


def _typed(call: Call, draft: Draft, wanted: Wanted, tab: str) -> dict[str, list[str]] | None:
    """The mapping with what the fields of this tab hold; None: as it is by itself, of events."""
    before = dict(_current(draft, wanted, of_events=(of_events := wizard.is_of_events(call, wanted))))
    for name in FIELDS[draft.kind]:
        if (name == "primaryId") is not (tab == IDENTITY):
            continue
        sources = list(dict.fromkeys(each.strip() for each in call.form.all(f"s-{name}") if each.strip()))
        before[name] = sources
    kept = {name: sources for name, sources in before.items() if sources}
    return None if of_events and kept == _defaults(draft.kind) else kept


def _current(draft: Draft, wanted: Wanted, *, of_events: bool) -> dict[str, list[str]]:
    mapping = wanted.body.get("mapping")
    if mapping is None:
        return _defaults(draft.kind) if of_events else {}
    return {name: [str(each) for each in sources] for name, sources in mapping.items()}


def _defaults(kind: Kind) -> dict[str, list[str]]:
    return {name: [where] for name, where in event_trial.PATHS[kind].items()}


def _shown(call: Call, draft: Draft, place: int, wanted: Wanted, tab: str) -> dict[str, Any]:
    of_events = wizard.is_of_events(call, wanted)
    mapping = _current(draft, wanted, of_events=of_events)
    seen = Shown() if of_events else samples.of_list(call.app, call.config, wanted.audience, mapping)
    columns = seen.columns
    tab = IDENTITY if tab == IDENTITY and call.person.may(Permission.VIEW_IDENTITY_GRAPH) else ATTRIBUTES
    rows = [
        Row(spec, tuple(mapping.get(name, ())), _told(spec), _pair(name, columns, draft.kind))
        for name, spec in FIELDS[draft.kind].items()
        if (name == "primaryId") is (tab == IDENTITY)
    ]
    return wizard.shown(
        call,
        draft,
        f"mapping/{place + 1}",
        wanted=wanted,
        place=place,
        tab=tab,
        rows=rows,
        columns=columns,
        seen=seen,
        of_events=of_events,
        has_pairs=any(each.pair for each in rows) or bool(_pair("primaryId", columns, draft.kind)),
    )


def _told(spec: FieldSpec) -> str:
    if not spec.sent:
        return "Nothing: it stays here."
    if spec.hashed:
        return "A SHA-256 digest of it, in lower case and without blanks; a digest as it is."
    if spec.name == "country":
        return "Two letters, like DE."
    return f"As it is, at most {spec.limit} characters." if spec.limit else "As it is."


def _pair(name: str, columns: tuple[str, ...], kind: Kind) -> str:
    """With Adobe's account paths two pairs have to be there."""
    if kind is not Kind.COMPANIES or not any(each == "accountName" or each.startswith(_XDM) for each in columns):
        return ""
    return _PAIRS.get(name, "")
