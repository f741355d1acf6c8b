"""Settings: one's own password."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import users
from guestlist.errors import ConfigError
from guestlist.web import sessions
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call

book = Book()


@book.get("/settings/password")
def ask(call: Call) -> Response:
    """The old one and the new one."""
    return call.show("password.html")


@book.post("/settings/password")
def change(call: Call) -> Response:
    """Every session of theirs is over; this browser gets a new one."""
    name, new = call.person.name, call.form["new"]
    try:
        users.change_password(call.app, name, call.form["old"], new)
        session = users.sign_in(call.app, name, new)
    except ConfigError as error:
        return call.again("password.html", error, "new")
    response = call.go("/settings/password", "Your password was changed; other browsers were signed out.")
    sessions.keep(call.desk, call.request, response, session)
    return response
