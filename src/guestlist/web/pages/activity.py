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
    """Newest first; each page says where the next begins."""
    wanted = {each: call.query.get(each, "").strip() for each in ("who", "what", "subject")}
    before = whole(call.query.get("before", ""))
    entries = activity.entries(call.app, SIZE + 1, before=before, **{k: v or None for k, v in wanted.items()})
    following = entries[SIZE - 1].id if len(entries) > SIZE else None
    return call.show(
        "activity.html",
        entries=entries[:SIZE],
        following=following,
        before=before,
        kinds=activity.kinds(call.app),
        **wanted,
    )
