"""Settings: write keys, for senders of events."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import write_keys
from guestlist.errors import ConfigError
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import listed
from guestlist.web.pages.states import key as key_state

book = Book()
_COLUMNS = {"name": lambda row: row.name, "created": lambda row: row.created, "revoked": lambda row: row.revoked or 0.0}


@book.get("/settings/keys", administrator=True)
def all_of(call: Call) -> Response:
    """All of them without the keys themselves, and a form for one more."""
    return call.show("keys.html", **_shown(call))


@book.post("/settings/keys", administrator=True)
def create(call: Call) -> Response:
    """The key is shown only now."""
    name = call.form["name"].strip()
    try:
        key = write_keys.create(call.app, name)
    except ConfigError as error:
        return call.again("keys.html", error, "name", **_shown(call))
    return call.show("secret.html", kind="keys", name=name, secret=key, back="/settings/keys")


@book.post("/settings/keys/{name}/revoke", administrator=True)
def revoke(call: Call) -> Response:
    """Nothing more is taken with it."""
    return call.go("/settings/keys", write_keys.revoke(call.app, call.part("name")))


def _shown(call: Call) -> dict[str, Any]:
    rows = listed(
        call, write_keys.all_of(call.app), _COLUMNS, "name", lambda row: f"{row.name} {key_state(row.revoked).text}"
    )
    return {"listing": rows, "address": call.desk.address}
