"""Privacy: forgetting people, with receipts, and explaining what LinkedIn was told of somebody."""

from __future__ import annotations

import re
from typing import Any

from starlette.responses import Response

from guestlist.app import explain as explaining
from guestlist.app import forget as forgetting
from guestlist.app import jobs, overview
from guestlist.app.results import Receipt
from guestlist.core import words
from guestlist.core.identity import Kind
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.errors import ConfigError, GuestlistError
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole
from guestlist.web.pages.lists import Place, listed
from guestlist.web.pages.states import receipt
from guestlist.web.pages.templates import path

book = Book()
LOOK = (Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS, Permission.VIEW_PROFILES)
_BETWEEN = re.compile(r"[\s,;]+")
_LABEL = "primaryId:"
_COLUMNS = {
    "number": lambda row: row.id,
    "created": lambda row: row.created,
    "state": lambda row: receipt(row.state).text,
    "who": lambda row: ", ".join(row.values).casefold(),
    "segments": lambda row: ", ".join(activation for activation, *_ in row.segments).casefold() or None,
}
_TOLD = {
    "what": lambda one: (one.id_type, one.value),
    "now": lambda one: one.state,
    "at": lambda one: one.at,
    "run": lambda one: one.run,
}


@book.get("/privacy", *LOOK)
def privacy(call: Call) -> Response:
    """Both forms, and every receipt."""
    return call.show("privacy.html", **shown(call))


@book.post("/privacy/forget", *LOOK, *ACTIVATE)
def forget(call: Call) -> Response:
    """Out of every LinkedIn audience of people, and never added again; a worker tells LinkedIn."""
    values = _values(call.form["values"])
    try:
        forgetting.read(values)
    except ConfigError as error:
        return call.again("privacy.html", error, "values", **shown(call))
    return call.go(path("jobs", jobs.ask_forget(call.app, values).id))


@book.post("/privacy/undo", *LOOK, *ACTIVATE)
def undo(call: Call) -> Response:
    """Their lists may add them again."""
    try:
        count = forgetting.undo(call.app, _values(call.form["undo"]))
    except ConfigError as error:
        return call.again("privacy.html", error, "undo", **shown(call))
    return call.go(
        "/privacy",
        f"{words.counted(count, 'identifier')} may be added again by their lists." if count else _NOT_FORGOTTEN,
    )


@book.post("/privacy/receipts/{number}/undo", *LOOK, *ACTIVATE)
def undo_receipt(call: Call) -> Response:
    """Everybody that one receipt is about."""
    count = forgetting.undo_receipt(call.app, whole(call.part("number")) or 0)
    return call.go("/privacy", f"{words.counted(count, 'identifier')} may be added again by their lists.")


_NOT_FORGOTTEN = "Nobody of that name was forgotten, so nothing changed."


@book.post("/privacy/explain", *LOOK)
def explain(call: Call) -> Response:
    """Answered here and now: what was typed stands in no address and in no log."""
    try:
        found = explaining.explain(call.app, call.form["activation"], call.form["value"])
    except GuestlistError as error:
        refused = ConfigError(str(error), ("value",))
        return call.again("privacy.html", refused, "value", **shown(call))
    told = listed(call, found.told, _TOLD, "what", lambda one: one.value, Place("/privacy", posted=True))
    return call.show("privacy.html", 200, **{**shown(call), "explanation": found, "told": told})


def _values(text: str) -> list[str]:
    """One a line, or with commas between; a primaryId may hold blanks and commas, and so has a line of its own. A line
    with something that nobody is known by stays whole, to be found again by whoever typed it.
    """
    found: list[str] = []
    for line in map(str.strip, text.splitlines()):
        apart = [each for each in _BETWEEN.split(line) if each]
        is_one = line.startswith(_LABEL) or not all(explaining.read_value(Kind.PEOPLE, each)[0] for each in apart)
        found += [line] if is_one else apart
    return found


def _words(row: Receipt) -> str:
    """As they stand on the page."""
    names = " ".join(activation for activation, *_ in row.segments)
    return f"{row.id} {receipt(row.state).text} {' '.join(row.values)} {names}"


def shown(call: Call) -> dict[str, Any]:
    """What the page shows."""
    rows = forgetting.receipts(call.app)
    return {
        "receipts": listed(call, rows, _COLUMNS, "-number", _words, Place("/privacy")),
        "activations": overview.at_linkedin(call.app),
        "explanation": None,
        "told": None,
        "may_forget": call.person.may(*ACTIVATE),
    }
