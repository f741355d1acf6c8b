"""Who did what, when, before and after."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import activity
from guestlist.core.permissions import Permission
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole

book = Book()
SIZE = 50


@book.get("/activity", Permission.VIEW_USER_ACTIVITY_LOG)
def look(call: Call) -> Response:
    """Newest first, or the oldest (``sort=at``); each page says where the next begins."""
    wanted = {each: call.query.get(each, "").strip() for each in ("who", "what", "subject")}
    oldest = call.query.get("sort") == "at"
    begun = whole(call.query.get("after" if oldest else "before", ""))
    before, after = (None, begun or 0) if oldest else (begun, None)
    named = {key: value or None for key, value in wanted.items()}
    entries = activity.entries(call.app, SIZE + 1, before=before, after=after, **named)
    following = entries[SIZE - 1].id if len(entries) > SIZE else None
    return call.show(
        "activity.html",
        entries=entries[:SIZE],
        following=following,
        begun=begun is not None,
        sort="at" if oldest else "",
        kinds=activity.kinds(call.app),
        **wanted,
    )
