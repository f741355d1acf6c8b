"""Settings: API tokens, for programs that act as somebody with a role."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import api_tokens
from guestlist.app.api_tokens import TokenRow
from guestlist.core.permissions import HOLDS, Permission, Role
from guestlist.errors import ConfigError
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import listed

book = Book()
DAY = 86_400.0
_COLUMNS = {
    "name": lambda row: row.name,
    "role": lambda row: row.role,
    "scopes": lambda row: _in_words(row).casefold(),
    "created": lambda row: row.created,
    "seen": lambda row: row.seen,
    "ends": lambda row: row.ends,
}


@book.get("/settings/tokens", administrator=True)
def all_of(call: Call) -> Response:
    """All of them without the tokens themselves, and a form for one more."""
    return call.show("tokens.html", **_shown(call))


@book.post("/settings/tokens", administrator=True)
def create(call: Call) -> Response:
    """The token is shown only now."""
    name = call.form["name"].strip()
    try:
        token = api_tokens.create(call.app, name, _role(call), _scopes(call), _end(call))
    except ConfigError as error:
        return call.again("tokens.html", error, "name", **_shown(call))
    return call.show("secret.html", kind="tokens", name=name, secret=token, back="/settings/tokens")


@book.post("/settings/tokens/{name}/revoke", administrator=True)
def revoke(call: Call) -> Response:
    """It opens nothing any more."""
    return call.go("/settings/tokens", api_tokens.revoke(call.app, call.part("name")))


def _shown(call: Call) -> dict[str, Any]:
    rows = listed(call, api_tokens.all_of(call.app), _COLUMNS, "name", _words)
    return {"listing": rows, "scopes": _in_words, "roles": list(Role), "permissions": list(Permission), "holds": HOLDS}


def _words(row: TokenRow) -> str:
    return f"{row.name} {row.role} {_in_words(row)}"


def _in_words(row: TokenRow) -> str:
    """Its scopes, as they stand on the page."""
    return "all of the role" if row.scopes is None else ", ".join(row.scopes)


def _role(call: Call) -> Role:
    try:
        return Role(call.form["role"])
    except ValueError:
        raise ConfigError("Choose one of the roles.", ("role",)) from None


def _scopes(call: Call) -> list[Permission] | None:
    """None ticked: all that the role holds."""
    try:
        return [Permission(each) for each in call.form.all("scope")] or None
    except ValueError:
        raise ConfigError("Choose among the permissions.", ("scope",)) from None


def _end(call: Call) -> float | None:
    days = call.form["days"].strip()
    if not days:
        return None
    if not days.isdecimal() or not 1 <= int(days[:6]) <= 3650:
        raise ConfigError("Days are a number from 1 to 3650, or nothing for a token without an end.", ("days",))
    return call.app.clock.now() + int(days) * DAY
