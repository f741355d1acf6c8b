"""Activating: which column, or which place in an event, is told LinkedIn as what."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import drafts, samples
from guestlist.app.drafts import Draft, Wanted
from guestlist.app.samples import Shown
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError
from guestlist.web.pages import pickers, wizard
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.pickers import ATTRIBUTES, IDENTITY
from guestlist.web.pages.wizard import MAY

book = Book()


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
    button = call.form["do"]
    wanted = wanted.with_(mapping=_typed(call, draft, wanted))
    drafts.may_send_identities(wanted, call.person)
    draft = draft.with_one(place, wanted)
    drafts.save(call.app, call.person, draft)
    here = f"mapping/{place + 1}"
    if button in (ATTRIBUTES, IDENTITY):
        return call.go(f"{wizard.at(draft, here)}?tab={button}")
    if button != "back":
        columns, problem = drafts.columns_of(call.app, call.config, wanted.audience)
        try:
            drafts.check_mapping(call.config, wanted, None if problem else columns, call.person)
        except ConfigError as error:
            return _refused(call, draft, place, wanted, error)
    return wizard.onward(call, draft, here)


def _refused(call: Call, draft: Draft, place: int, wanted: Wanted, error: ConfigError) -> Response:
    """At its field, on the tab that has it; what concerns none stands above all."""
    tab, at = pickers.refused(call, error, draft.kind)
    values = _shown(call, draft, place, wanted, tab)
    return call.again("activate_mapping.html", ConfigError(str(error)), at, **values)


def _typed(call: Call, draft: Draft, wanted: Wanted) -> dict[str, list[Any]] | None:
    """The mapping with what the fields of this tab hold; None: as it is by itself, of events."""
    of_events = wizard.is_of_events(call, wanted)
    found = pickers.typed(call.form, draft.kind, _current(draft, wanted, of_events=of_events))
    return None if of_events and found == _defaults(draft.kind) else found


def _current(draft: Draft, wanted: Wanted, *, of_events: bool) -> dict[str, list[Any]]:
    mapping = wanted.body.get("mapping")
    if mapping is None:
        return _defaults(draft.kind) if of_events else {}
    return {name: list(sources) for name, sources in mapping.items()}


def _defaults(kind: Kind) -> dict[str, list[Any]]:
    return {name: [where] for name, where in drafts.PATHS[kind].items()}


def _shown(call: Call, draft: Draft, place: int, wanted: Wanted, tab: str) -> dict[str, Any]:
    of_events = wizard.is_of_events(call, wanted)
    mapping = _current(draft, wanted, of_events=of_events)
    seen = Shown() if of_events else samples.of_list(call.app, call.config, wanted.audience, mapping)
    return wizard.shown(
        call,
        draft,
        f"mapping/{place + 1}",
        wanted=wanted,
        place=place,
        **pickers.shown(call, draft.kind, mapping, seen, tab, of_events=of_events),
    )
