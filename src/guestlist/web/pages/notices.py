"""Settings: who hears when something waits for a person, and what may be asked for at most."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import declared, notices
from guestlist.errors import ConfigError
from guestlist.web.pages import setting
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call

book = Book()


@book.get("/settings/notices", administrator=True)
def show(call: Call) -> Response:
    """The address is a secret: it is never shown again."""
    return call.show("notices.html", **_shown(call), untold="")


@book.post("/settings/notices", administrator=True)
def save(call: Call) -> Response:
    """Another address."""
    return _put(call, "notify", {"url": call.form["url"].strip()}, "url", "Notices go to that address from now on.")


@book.post("/settings/notices/off", administrator=True)
def off(call: Call) -> Response:
    """Nobody hears any more."""
    found = declared.of_pages(call.app, call.desk.configuration, "settings", "notify")
    declared.delete(call.app, call.desk.configuration, "settings", "notify", found.version or 0)
    return call.go("/settings/notices", "No notice is sent any more.")


@book.post("/settings/notices/test", administrator=True, form="/settings/notices")
def test(call: Call) -> Response:
    """Send one now."""
    try:
        notices.test(call.app, call.config)
    except ConfigError as error:
        return call.show("notices.html", 422, **_shown(call), untold=str(error))
    return call.go("/settings/notices", "It arrived.")


@book.post("/settings/limits", administrator=True, form="/settings/notices")
def limits(call: Call) -> Response:
    """How many activations may feed one destination."""
    body = {"mappings_per_destination": call.form["mappings_per_destination"].strip()}
    return _put(call, "limits", body, "mappings_per_destination", "The limit was saved.")


def _put(call: Call, name: str, body: dict[str, Any], at: str, text: str) -> Response:
    try:
        declared.put_setting(call.app, call.desk.configuration, name, body, call.person)
    except ConfigError as error:
        return call.again("notices.html", error, at, **_shown(call), untold="")
    return call.go("/settings/notices", text)


def _shown(call: Call) -> dict[str, Any]:
    config = call.config
    return {
        "notified": config.notify is not None,
        "ours": config.from_pages("settings", "notify"),
        "still_in_file": "notify" in call.desk.configuration.of_file("settings"),
        "most": config.limits.mappings_per_destination,
        **setting.of_file(call),
    }
