"""Settings: who may sign in, and what they are."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import users
from guestlist.core.permissions import HOLDS, Role
from guestlist.errors import ConfigError
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import listed

book = Book()
_COLUMNS = {
    "name": lambda row: row.name,
    "role": lambda row: row.role,
    "state": lambda row: row.state,
    "signed_in": lambda row: row.signed_in,
}


@book.get("/settings")
def settings(call: Call) -> Response:
    """The first of its tabs that they may see."""
    return call.go("/settings/users" if call.person.is_administrator else "/settings/password")


@book.get("/settings/users", administrator=True)
def all_of(call: Call) -> Response:
    """Everybody, and a form for one more."""
    return call.show("users.html", **_shown(call))


@book.post("/settings/users", administrator=True)
def create(call: Call) -> Response:
    """One more; the link that lets them choose a password is shown only now."""
    name = call.form["name"].strip()
    try:
        row = users.create(call.app, name, _role(call))
        link = users.invite(call.app, row.name)
    except ConfigError as error:
        return call.again("users.html", error, "name", **_shown(call))
    return _with_link(call, row.name, link)


@book.post("/settings/users/{name}/link", administrator=True)
def invite(call: Call) -> Response:
    """Another link, for somebody who lost theirs or their password."""
    return _with_link(call, call.part("name"), users.invite(call.app, call.part("name")))


@book.post("/settings/users/{name}/role", administrator=True)
def change_role(call: Call) -> Response:
    """From their next request on."""
    row = users.change_role(call.app, call.part("name"), _role(call))
    return call.go("/settings/users", f"{row.name} is {row.role} now.")


@book.post("/settings/users/{name}/disable", administrator=True)
def disable(call: Call) -> Response:
    """They are signed out at once."""
    row = users.disable(call.app, call.part("name"))
    return call.go("/settings/users", f"{row.name} cannot sign in any more.")


@book.post("/settings/users/{name}/enable", administrator=True)
def enable(call: Call) -> Response:
    """They can sign in again."""
    row = users.disable(call.app, call.part("name"), disabled=False)
    return call.go("/settings/users", f"{row.name} can sign in again.")


def _with_link(call: Call, name: str, link: str) -> Response:
    address = f"{call.desk.address}/setup/{link}"
    return call.show("secret.html", kind="users", name=name, secret=address, back="/settings/users")


def _shown(call: Call) -> dict[str, Any]:
    rows = listed(call, users.all_of(call.app), _COLUMNS, "name", lambda row: f"{row.name} {row.role} {row.state}")
    return {"listing": rows, "roles": list(Role), "holds": HOLDS}


def _role(call: Call) -> Role:
    try:
        return Role(call.form["role"])
    except ValueError:
        raise ConfigError("Choose one of the roles.", ("role",)) from None
