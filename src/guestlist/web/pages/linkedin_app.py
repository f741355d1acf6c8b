"""Settings: the LinkedIn app that people consent to."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import api_version, linkedin_app
from guestlist.errors import ConfigError
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call

book = Book()
_SCOPES = {
    "rw_dmp_segments": "Make and fill Matched Audiences.",
    "rw_ads": "See the ad accounts and the roles on them.",
    "r_basicprofile": "See who signed in.",
}


@book.get("/settings/linkedin", administrator=True)
def look(call: Call) -> Response:
    """The secret is never shown again."""
    return call.show("linkedin_app.html", **_shown(call))


@book.post("/settings/linkedin", administrator=True)
def save(call: Call) -> Response:
    """Another app, or another secret of it."""
    try:
        linkedin_app.enter(call.app, call.form["client_id"].strip(), call.form["client_secret"].strip())
    except ConfigError as error:
        return call.again("linkedin_app.html", error, "client_id", **_shown(call))
    return call.go("/settings/linkedin", "The LinkedIn app was saved: sign in to LinkedIn under Destinations.")


@book.post("/settings/linkedin/take-out", administrator=True)
def take_out(call: Call) -> Response:
    """Nobody can sign in to LinkedIn any more."""
    linkedin_app.take_out(call.app)
    return call.go("/settings/linkedin", "The LinkedIn app was taken out.")


def _shown(call: Call) -> dict[str, Any]:
    row = linkedin_app.shown(call.app)
    return {
        "row": row,
        "scopes": [(each, _SCOPES.get(each, "")) for each in row.scopes],
        "redirect_url": call.desk.redirect_url,
        "version": api_version.spoken(call.app),
    }
