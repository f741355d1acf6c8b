"""Signing in and out, links that let somebody choose a password, and how pages look."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import users
from guestlist.errors import ConfigError
from guestlist.web import sessions
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call

book = Book()
THEMES = ("light", "dark")
_YEAR = 31_536_000
_OVER = "This link was used already or is over: ask an Administrator for a new one."


@book.get("/sign-in", public=True)
def ask(call: Call) -> Response:
    """Name and password."""
    to = sessions.own_path(call.query.get("next", ""))
    if call.asker.person is not None:
        return call.go(to)
    return call.show("sign_in.html", to=to, begun=call.app.store.users.any())


@book.post("/sign-in", public=True)
def sign_in(call: Call) -> Response:
    """A session of its own for every sign-in; the one before is over."""
    to = sessions.own_path(call.form["next"])
    try:
        session = users.sign_in(call.app, call.form["name"].strip(), call.form["password"])
    except ConfigError as error:
        return call.again("sign_in.html", error, "password", to=to, begun=True)
    return _signed_in(call, session, to)


@book.post("/sign-out", public=True)
def sign_out(call: Call) -> Response:
    """The session is over, here and in the store."""
    users.sign_out(call.app, call.asker.session)
    response = call.go("/sign-in", "You are signed out.")
    sessions.drop(call.desk, call.request, response)
    return response


@book.get("/setup/{token}", public=True)
def invited(call: Call) -> Response:
    """Choose a password; the first administrator a name too."""
    whose = users.link_is_for(call.app, call.part("token"))
    if whose is None:
        return call.show("error.html", 404, title="This link does not work", sentence=_OVER)
    return call.show("setup.html", whose=whose)


@book.post("/setup/{token}", public=True)
def choose(call: Call) -> Response:
    """From now on this is their password, and they are signed in."""
    token = call.part("token")
    whose = users.link_is_for(call.app, token)
    if whose is None:
        return call.show("error.html", 404, title="This link does not work", sentence=_OVER)
    try:
        session = users.use_link(call.app, token, call.form["name"].strip(), call.form["password"])
    except ConfigError as error:
        return call.again("setup.html", error, "password", whose=whose)
    return _signed_in(call, session, "/")


@book.post("/theme", public=True)
def look(call: Call) -> Response:
    """Light, dark, or as the system has it."""
    response = call.go(sessions.own_path(call.form["next"]))
    if call.form["theme"] in THEMES:
        secure = sessions.is_secure(call.desk, call.request)
        response.set_cookie("guestlist_theme", call.form["theme"], _YEAR, path="/", secure=secure, samesite="lax")
    else:
        response.delete_cookie("guestlist_theme", path="/")
    return response


def _signed_in(call: Call, session: str, to: str) -> Response:
    if call.asker.session:
        users.sign_out(call.app, call.asker.session)
    response = call.go(to)
    sessions.keep(call.desk, call.request, response, session)
    return response
