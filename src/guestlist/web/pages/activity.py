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
from guestlist.web.pages.forms import moment, whole

if TYPE_CHECKING:
    from guestlist.store.audit import Entry

book = Book()
SIZE = 50
NEWEST = "-at"
PERIOD = ("from", "to")


@book.get("/activity", Permission.VIEW_USER_ACTIVITY_LOG)
def look(call: Call) -> Response:
    """Newest first, or sorted as the address says; each page says where the next begins."""
    return call.show("activity.html", kinds=activity.kinds(call.app), **page_of(call, activity.entries, "subject"))


def page_of(call: Call, read: Callable[..., list[Entry]], *more: str) -> dict[str, Any]:
    """What ``read`` finds of what the address asks for (who, what, from when to when, and ``more``), a page of it: see
    ``look``.
    """
    asked = {each: call.query.get(each, "").strip() for each in ("who", "what", *more, *PERIOD)}
    since, until = (moment(asked[each]) for each in PERIOD)
    fault = _fault(asked, since, until)
    sort = call.query.get("sort", "")
    sort = sort if sort.removeprefix("-") in activity.COLUMNS else NEWEST
    begun = whole(call.query.get("after" if sort != NEWEST else "before", ""))
    named: dict[str, Any] = {key: value or None for key, value in asked.items() if key not in PERIOD}
    named |= {} if fault else {"period": (since, until)}
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
        "fault": fault,
    }


def _fault(asked: dict[str, str], since: float | None, until: float | None) -> str:
    """Why what was typed is no time; "": it is one, or nothing was."""
    unread = any(asked[each] and found is None for each, found in zip(PERIOD, (since, until), strict=True))
    if unread or (since is not None and until is not None and since >= until):
        return "Say from when to when, the earlier first, like 2026-05-28T09:00; all is shown meanwhile."
    return ""
