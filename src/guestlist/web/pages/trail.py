"""Who did what with one activation."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import activity
from guestlist.core.permissions import Permission
from guestlist.web.pages import activation
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole

book = Book()
SIZE = 50


@book.get("/activations/{name}/activity", *LOOK, Permission.VIEW_USER_ACTIVITY_LOG)
def look(call: Call) -> Response:
    """Newest first, also what was done under a name that it had before."""
    shown = activation.shown(call)
    before = whole(call.query.get("before", ""))
    entries = activity.of_activation(call.app, call.part("name"), SIZE + 1, before=before)
    following = entries[SIZE - 1].id if len(entries) > SIZE else None
    return call.show("activation_activity.html", **shown, entries=entries[:SIZE], following=following, before=before)
