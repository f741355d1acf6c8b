"""Lists that people upload: sealed as they come, then an audience, or another list for one."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from guestlist.app import audiences
from guestlist.errors import ChangedMeanwhile, ConfigError, SourceError
from guestlist.web.pages import arrivals
from guestlist.web.pages.arrivals import Arrived
from guestlist.web.pages.audiences import CHANGE, choices
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.templates import path

book = Book()


@book.post_file("/audiences/new/upload", *CHANGE)
def create(call: Call) -> Response:
    """A new audience."""
    came = arrivals.received(call)
    name = came.form["name"].strip()
    try:
        members = came.form["members"] if came.form["members"] in ("people", "companies") else ""
        audiences.take_in(call.app, call.desk.configuration, came.chosen(), name, came.file_name, members, call.person)
    except (ConfigError, SourceError) as error:
        return _refused(call, came, error)
    return arrivals.answered(call, path("audiences", name), f"{name} is there: activate it when you are ready.")


@book.post_file("/audiences/{name}/upload", *CHANGE)
def replace(call: Call) -> Response:
    """Another list in place of the one that was uploaded; the next run tells LinkedIn the difference."""
    came, name = arrivals.received(call), call.part("name")
    try:
        misfits = audiences.replace_list(call.app, call.desk.configuration, came.chosen(), name, came.file_name)
    except (ConfigError, SourceError) as error:
        if arrivals.asks_for_json(call):
            return JSONResponse({"fault": str(error)}, 422)
        return call.show("error.html", 422, title="This cannot be", sentence=str(error))
    if misfits:
        warning = f"Waiting for you: the list is replaced, but {' '.join(misfits)}"
        return arrivals.answered(call, path("audiences", name), warning=warning)
    return arrivals.answered(call, path("audiences", name), "The list is replaced.")


def _refused(call: Call, came: Arrived, error: ConfigError | SourceError) -> Response:
    if arrivals.asks_for_json(call):
        return JSONResponse({"fault": str(error)}, 422)
    place = error.place if isinstance(error, ConfigError) else ("file",)
    at = "name" if "name" in place or isinstance(error, ChangedMeanwhile) else "file"
    form = came.form.refused(ConfigError(str(error)), at)
    return call.show("audience_new.html", 422, form=form, **choices(call))
