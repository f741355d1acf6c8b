"""A setting that the file says: which they are, and taking one over."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import declared
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call

book = Book()
_AT = {"limits": "/settings/notices", "notify": "/settings/notices", "retention": "/settings/retention"}


@book.post("/settings/{name}/take-over", administrator=True)
def take_over(call: Call) -> Response:
    """From now on pages change it, and what the file says of it counts no more."""
    name = call.part("name")
    declared.take_over(call.app, call.desk.configuration, "settings", name, call.person)
    return call.go(_AT[name], f"{name} is changed on these pages from now on.")


@book.get("/settings/{name}/take-over", administrator=True)
def taking_over(call: Call) -> Response:
    """On the page that shows the setting."""
    return call.go(_AT.get(call.part("name"), "/settings"))


def of_file(call: Call) -> dict[str, Any]:
    """For pages: the settings that are read-only here (``of_file``), and the file that says them."""
    found = declared.all_of(call.app, call.desk.configuration, "settings")
    return {"of_file": {each.name for each in found.values() if each.version is None}, "file": call.config.path}
