"""What needs a person, and how much there is."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import overview
from guestlist.core.permissions import Permission
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call

book = Book()
NEEDS_SOMEBODY = ("waiting", "parked", "failed", "lost")


@book.get("/")
def home(call: Call) -> Response:
    """Empty for those who may look at nothing."""
    rows = overview.status(call.app, call.config) if call.person.may(Permission.VIEW_DESTINATIONS) else []
    waiting = [row for row in rows if row.state in NEEDS_SOMEBODY]
    return call.show("home.html", rows=rows, waiting=waiting, config=call.config)
