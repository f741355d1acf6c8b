"""What can be connected, and what is."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import destinations
from guestlist.core.permissions import ACTIVATE, CONNECT, Permission
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import listed
from guestlist.web.pages.states import destination


def _state(row: destinations.DestinationRow) -> str:
    return destination(row.state, soon=row.connection.soon).text


def _words(row: destinations.DestinationRow) -> str:
    """As they stand on the page."""
    return f"{destinations.words(row)} {_state(row)}"


book = Book()
_COLUMNS = {
    "name": lambda row: row.name.casefold(),
    "account": lambda row: row.ad_account,
    "state": _state,
    "authorised": lambda row: row.connection.authorised,
    "ends": lambda row: 0.0 if row.connection.ended else row.connection.works_until,
    "activations": lambda row: row.activations,
}


@book.get("/destinations", Permission.VIEW_DESTINATIONS)
def all_of(call: Call) -> Response:
    """The two cards, and below them the connected ad accounts."""
    rows = destinations.all_of(call.app, call.config)
    shown = listed(call, rows, _COLUMNS, "name", _words)
    return call.show(
        "destinations.html",
        listing=shown,
        connected=any(row.connection.authorised is not None for row in rows),
        may_connect=call.person.may(*CONNECT),
        may_activate=call.person.may(*ACTIVATE),
    )
