"""Who did what, when, before and after."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from guestlist.app import activity
from guestlist.core.permissions import Permission
from guestlist.web.pages import entries
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole

if TYPE_CHECKING:
    from guestlist.store.audit import Entry

book = Book()
SIZE = 50
NEWEST = "-at"


@book.get("/activity", Permission.VIEW_USER_ACTIVITY_LOG)
def look(call: Call) -> Response:
    """Newest first, or sorted as the address says; each page says where the next begins."""
    return call.show("activity.html", kinds=activity.kinds(call.app), **page_of(call, activity.entries, "subject"))


def page_of(call: Call, read: Callable[..., list[Entry]], *more: str) -> dict[str, Any]:
    """What ``read`` finds of what the address asks for (who, what, and ``more``), a page of it: see ``look``."""
    asked = {each: call.query.get(each, "").strip() for each in ("who", "what", *more)}
    sort = call.query.get("sort", "")
    sort = sort if sort.removeprefix("-") in activity.COLUMNS else NEWEST
    begun = whole(call.query.get("after" if sort != NEWEST else "before", ""))
    named = {key: value or None for key, value in asked.items()}
    found = read(call.app, limit=SIZE + 1, sort=sort, beyond=begun, **named)
    return {
        "entries": found[:SIZE],
        "changes": entries.changes,
        "more": entries.more,
        "following": found[SIZE - 1].id if len(found) > SIZE else None,
        "begun": begun is not None,
        "sort": sort,
        "newest": NEWEST,
        "asked": asked,
    }
