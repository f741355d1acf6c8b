"""Activating: which column, or which place in an event, is told LinkedIn as what."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import drafts, samples
from guestlist.app.drafts import Draft, Wanted
from guestlist.core.identity import Kind
from guestlist.core.permissions import Permission
from guestlist.errors import ConfigError
from guestlist.web.pages import pickers, wizard
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.pickers import Focus
from guestlist.web.pages.templates import path
from guestlist.web.pages.wizard import MAY

book = Book()


@book.get("/activate/{number}/mapping/{place}", *MAY)
def one(call: Call) -> Response:
    """Its rows, and where one was touched last."""
    draft = wizard.going_on(call)
    place, wanted = wizard.one_of(call, draft)
    focus = pickers.focus_of(call.query, draft.kind)
    return call.show("activate_mapping.html", **_shown(call, draft, place, wanted, focus))


@book.post("/activate/{number}/mapping/{place}", *MAY)
def choose(call: Call) -> Response:
    """What was chosen is kept whichever button is pressed, and judged before it goes on."""
    draft = wizard.going_on(call)
    place, wanted = wizard.one_of(call, draft)
    button, here = call.form["do"], f"mapping/{place + 1}"
    found = pickers.typed(call, draft.kind, _current(draft, wanted, of_events=wizard.is_of_events(call, wanted)))
    draft = _kept(call, draft, place, found)
    try:
        if pickers.is_help(button):
            suggested = drafts.suggested(call.app, call.config, wanted.audience, call.person)
            found, focus = pickers.helped(call, draft.kind, found, suggested)
            return call.go(wizard.at(_kept(call, draft, place, found), here) + path(**focus.query)[1:])
        if button != "back":
            pickers.check_nothing_picked(call.form)
            columns, problem = drafts.columns_of(call.app, call.config, wanted.audience)
            drafts.check_mapping(call.config, draft.wanted[place], None if problem else columns, call.person)
    except ConfigError as error:
        at, values = pickers.place_of(call, error, draft.kind), _shown(call, draft, place, draft.wanted[place], Focus())
        return call.again("activate_mapping.html", ConfigError(str(error)), at, **values)
    return wizard.onward(call, draft, here)


def _kept(call: Call, draft: Draft, place: int, found: dict[str, list[Any]]) -> Draft:
    """The draft with this mapping; with none, of events that are mapped as they are by themselves."""
    wanted = draft.wanted[place]
    by_itself = wizard.is_of_events(call, wanted) and found == _defaults(draft.kind)
    wanted = wanted.with_(mapping=None if by_itself else found)
    drafts.may_send_identities(wanted, call.person)
    draft = draft.with_one(place, wanted)
    drafts.save(call.app, call.person, draft)
    return draft


def _current(draft: Draft, wanted: Wanted, *, of_events: bool) -> dict[str, list[Any]]:
    mapping = wanted.body.get("mapping")
    if mapping is None:
        return _defaults(draft.kind) if of_events else {}
    return {name: list(sources) for name, sources in mapping.items()}


def _defaults(kind: Kind) -> dict[str, list[Any]]:
    return {name: [where] for name, where in drafts.PATHS[kind].items()}


def _shown(call: Call, draft: Draft, place: int, wanted: Wanted, focus: Focus) -> dict[str, Any]:
    of_events = wizard.is_of_events(call, wanted)
    mapping, members = _current(draft, wanted, of_events=of_events), call.person.may(Permission.VIEW_PROFILES)
    seen = samples.of_mapping(call.app, call.config, wanted.audience, mapping, call.desk.latest, members=members)
    suggested = drafts.suggested(call.app, call.config, wanted.audience, call.person)
    return wizard.shown(
        call,
        draft,
        f"mapping/{place + 1}",
        wanted=wanted,
        place=place,
        **pickers.shown(call, draft.kind, mapping, seen, suggested, focus, of_events=of_events),
    )
