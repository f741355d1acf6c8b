"""What a person decides about an activation: removals that wait, telling everybody again, a new snapshot."""

from __future__ import annotations

from starlette.responses import Response

from guestlist.app import jobs
from guestlist.app.sync import Wish
from guestlist.core.permissions import ACTIVATE
from guestlist.errors import ConfigError
from guestlist.web.pages import activation
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.templates import path

book = Book()


@book.get("/activations/{name}/confirm", *ACTIVATE)
def look(call: Call) -> Response:
    """The plan that was stopped, and some of those who would leave."""
    return call.show("activation_confirm.html", **activation.shown(call))


@book.post("/activations/{name}/confirm", *ACTIVATE)
def confirm(call: Call) -> Response:
    """Let so many leave, this one time: those of the plan that was shown, so that a list that changed again asks
    again. ChangedMeanwhile: so does whoever was not the first.
    """
    removals = call.form.number("removals", digits=11)
    if removals is None:
        raise ConfigError("Look at the activation again: nothing waits to be confirmed by this.")
    name, planned = call.part("name"), call.form["planned"]
    return call.go(path("jobs", jobs.ask_removals(call.app, call.config, name, removals, planned).id))


@book.post("/activations/{name}/resend", *ACTIVATE)
def resend(call: Call) -> Response:
    """Tell LinkedIn everybody again."""
    return _run(call, Wish(resend=True))


@book.post("/activations/{name}/new-snapshot", *ACTIVATE)
def new_snapshot(call: Call) -> Response:
    """A second LinkedIn audience of the same name, of the list as it is now; the first stays."""
    return _run(call, Wish(new_snapshot=True))


def _run(call: Call, wish: Wish) -> Response:
    return call.go(path("jobs", jobs.ask_sync(call.app, call.config, call.part("name"), wish).id))
