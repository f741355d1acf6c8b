"""Who did what with one activation."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from guestlist.app import activity
from guestlist.core.permissions import Permission
from guestlist.web.pages import activation
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.activity import page_of
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call

book = Book()


@book.get("/activations/{name}/activity", *LOOK, Permission.VIEW_USER_ACTIVITY_LOG)
def look(call: Call) -> Response:
    """Also what was done under a name that it had before; sorted, filtered and paged as the whole log is."""
    shown = activation.shown(call)
    found = page_of(call, partial(activity.of_activation, name=call.part("name")))
    return call.show("activation_activity.html", **shown, **found, kinds=sorted(activity.OF_ACTIVATIONS))
