"""Activating begins: a card and an ad account, then audiences. Whoever leaves finds it again."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import audiences, destinations, drafts
from guestlist.app.destinations import DestinationRow
from guestlist.app.drafts import Draft
from guestlist.errors import ConfigError
from guestlist.web.pages import lists, wizard
from guestlist.web.pages.audiences import COLUMNS
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Listing, Place, listed
from guestlist.web.pages.states import audience
from guestlist.web.pages.templates import path
from guestlist.web.pages.wizard import MAY

book = Book()
DRAFTS = 5  # at once
_DRAFTS = {
    "left": lambda draft: draft.changed,
    "audiences": lambda draft: _names(draft).casefold(),
    "destination": lambda draft: draft.destination.casefold(),
}
CARDS = {"people": "LinkedIn Matched Audiences", "companies": "(Companies) LinkedIn Matched Audiences"}


@book.get("/activate", *MAY)
def new(call: Call) -> Response:
    """What was left, and the first step of another."""
    return call.show("activate.html", **_choices(call, None))


@book.post("/activate", *MAY)
def begin(call: Call) -> Response:
    """A new draft; who came from an audience has chosen it."""
    if look := _look_for(call):
        return call.go(look)
    try:
        destination, members = _chosen(call)
    except ConfigError as error:
        return call.again("activate.html", error, "destination", **_choices(call, None))
    draft = drafts.begin(call.app, call.person, destination, members)
    if call.form["audience"] not in drafts.fitting(call.config, members):
        return call.go(wizard.at(draft, "audiences"))
    draft = drafts.with_audiences(call.app, call.config, draft, [call.form["audience"]], call.person)
    drafts.save(call.app, call.person, draft)
    return call.go(wizard.at(draft, "mapping/1"))


@book.get("/activate/{number}", *MAY)
def destination(call: Call) -> Response:
    """The first step again."""
    return call.show("activate.html", **_choices(call, wizard.draft_of(call)))


@book.post("/activate/{number}", *MAY)
def choose_destination(call: Call) -> Response:
    """Another ad account; the card stays, for its audiences do."""
    draft = wizard.draft_of(call)
    if look := _look_for(call):
        return call.go(look)
    try:
        chosen, members = _chosen(call)
        if draft.wanted and members != draft.members:
            raise ConfigError(f"Its audiences are made of {draft.members}: begin another draft.", ("card",))
    except ConfigError as error:
        return call.again("activate.html", error, "destination", **_choices(call, draft))
    draft = drafts.with_destination(draft, chosen)
    drafts.save(call.app, call.person, draft)
    return wizard.onward(call, draft, "")


@book.get("/activate/{number}/audiences", *MAY)
def select(call: Call) -> Response:
    """Only those that fit the card."""
    return call.show("activate_audiences.html", **_audiences(call, wizard.going_on(call)))


@book.post("/activate/{number}/audiences", *MAY)
def choose_audiences(call: Call) -> Response:
    """What was chosen before stays as it was."""
    draft, do = wizard.going_on(call), call.form["do"]
    look, ticked = _look(call, draft), call.form.all("audiences")
    try:
        if look and not ticked:
            draft = drafts.without_audiences(draft)
        else:
            draft = drafts.with_audiences(call.app, call.config, draft, ticked, call.person)
    except ConfigError as error:
        if look:
            return call.go(look)
        if do == "back":
            return wizard.onward(call, draft, "audiences")
        return call.again("activate_audiences.html", error, "audiences", **_audiences(call, draft))
    drafts.save(call.app, call.person, draft)
    return call.go(look) if look else wizard.onward(call, draft, "audiences")


def _look_for(call: Call) -> str:
    """Where the list of destinations goes on as a button of it asks, or Enter in its field; "": the step is left."""
    form = call.form
    if not (form["page_to"] or lists.looks(form)):
        return ""
    chosen = {"kind": form["card"], "destination": form["destination"], "audience": form["audience"]}
    return call.request.url.path + path(**chosen, q=form["q"].strip(), page=form["page_to"])[1:]


def _look(call: Call, draft: Draft) -> str:
    """Where the list goes on as a button of it asks; "": the step is left."""
    by, page = call.form["sort_by"], call.form["page_to"]
    if not (by or page or call.form["do"] == "look"):
        return ""
    return wizard.at(draft, "audiences") + path(q=call.form["q"].strip(), sort=by or call.form["sort"], page=page)[1:]


@book.post("/activate/{number}/discard", *MAY)
def discard(call: Call) -> Response:
    """Nothing of it is kept."""
    drafts.discard(call.app, call.person, wizard.draft_of(call).id)
    return call.go("/activate", "The draft is gone.")


def _chosen(call: Call) -> tuple[str, str]:
    name, members = call.form["destination"], call.form["card"]
    if members not in CARDS:
        raise ConfigError("Choose what the audiences are made of.", ("card",))
    rows = {each.name: each for each in destinations.all_of(call.app, call.config)}
    if name not in rows or rows[name].connection.authorised is None:
        raise ConfigError("Choose a destination that is connected.", ("destination",))
    return name, members


def _choices(call: Call, draft: Draft | None) -> dict[str, Any]:
    rows = destinations.all_of(call.app, call.config)
    usable = [each.name for each in rows if each.connection.authorised is not None]
    asked = call.query.get("destination", "")
    destination = call.form["destination"] or (
        asked if asked in usable else draft.destination if draft else usable[0] if len(usable) == 1 else ""
    )
    known = {
        "rows": rows,
        "listing": listed(call, rows, {"given": rows.index}, "given", _about),
        "chosen": [row for row in rows if row.name == destination],
        "cards": CARDS,
        "card": call.form["card"] or call.query.get("kind", "") or (draft.members if draft else ""),
        "destination": destination,
        "audience": call.form["audience"] or call.query.get("audience", ""),
        "mine": _mine(call) if draft is None else None,
        "there": {each.name for each in rows},
    }
    if draft is not None:
        return wizard.shown(call, draft, "", **known)
    return {"draft": None, "steps": [], "to": "/activate", **known}


def _about(row: DestinationRow) -> str:
    return f"{row.name} {row.description} {row.connection.account_name} {row.ad_account}"


def _mine(call: Call) -> Listing[Draft]:
    kept = {key: call.query[key] for key in ("kind", "destination", "audience", "q", "page") if key in call.query}
    place = Place(at="/activate", kept=kept, name="drafts", size=DRAFTS)
    return listed(call, drafts.mine(call.app, call.person), _DRAFTS, "-left", _said, place)


def _said(draft: Draft) -> str:
    return f"{_names(draft)} {draft.members} {draft.destination}"


def _names(draft: Draft) -> str:
    return ", ".join(each.audience for each in draft.wanted)


def _audiences(call: Call, draft: Draft) -> dict[str, Any]:
    chosen = [each.audience for each in draft.wanted]
    rows = [each for each in audiences.all_of(call.app, call.config) if each.members == draft.members]
    activated = {
        each.audience: name for name, each in call.config.activations.items() if each.destination == draft.destination
    }
    fitting = {each.name for each in rows}  # what was ticked and is gone by now must not be ticked for ever
    shown = listed(call, rows, COLUMNS, "name", lambda row: f"{row.name} {row.source} {audience(row.state).text}")
    return wizard.shown(
        call,
        draft,
        "audiences",
        listing=shown,
        chosen=chosen,
        fitting=fitting,
        activated=activated,
        card=CARDS[draft.members],
    )
