"""Privacy: a whole list of people to be forgotten. It is looked at first, then they are, as if each had been typed."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from guestlist.app import jobs, suppression
from guestlist.app.jobs import JobRow
from guestlist.core.permissions import ACTIVATE
from guestlist.errors import ConfigError, SourceError, UnknownName
from guestlist.web.pages import arrivals, privacy
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole
from guestlist.web.pages.privacy import LOOK
from guestlist.web.pages.templates import path

book = Book()
MAY = (*LOOK, *ACTIVATE)


@book.post_file("/privacy/lists", *MAY)
def upload(call: Call) -> Response:
    """Nobody is forgotten yet; a worker reads it."""
    came = arrivals.received(call)
    try:
        found = suppression.keep(call.app, came.chosen(), came.file_name)
    except (ConfigError, SourceError) as error:
        if arrivals.asks_for_json(call):
            return JSONResponse({"fault": str(error)}, 422)
        form = came.form.refused(ConfigError(str(error)), "file")
        return call.show("privacy.html", 422, **{**privacy.shown(call), "form": form})
    jobs.ask_survey(call.app, found.id, found.chosen)
    return arrivals.answered(call, path("privacy", "lists", found.id))


@book.get("/privacy/lists/{number}", *MAY)
def look(call: Call) -> Response:
    """Which column says who, and what stands in it."""
    return call.show("suppression.html", **_shown(call, _number(call)))


@book.get("/privacy/lists/{number}/survey", *MAY)
def piece(call: Call) -> Response:
    """How far that is, as a piece of the page."""
    return call.show("suppression_survey.html", **_shown(call, _number(call)))


@book.post("/privacy/lists/{number}/column", *MAY)
def choose(call: Call) -> Response:
    """Another column; a worker reads that."""
    number = _number(call)
    try:
        jobs.ask_survey(call.app, number, call.form["column"])
    except ConfigError as error:
        return call.again("suppression.html", error, "column", **_shown(call, number))
    return call.go(path("privacy", "lists", number))


@book.post("/privacy/lists/{number}/forget", *MAY)
def forget(call: Call) -> Response:
    """Everybody that the column names."""
    number = _number(call)
    column = call.form["column"] or suppression.get(call.app, number).chosen
    try:
        job = jobs.ask_forget_list(call.app, number, column)
    except ConfigError as error:
        return call.again("suppression.html", error, "column", **_shown(call, number))
    return call.go(path("jobs", job.id))


@book.post("/privacy/lists/{number}/discard", *MAY)
def discard(call: Call) -> Response:
    """Nobody of it is forgotten."""
    suppression.discard(call.app, _number(call))
    return call.go("/privacy", "The list is thrown away; nobody of it was forgotten.")


def _number(call: Call) -> int:
    number = whole(call.part("number"))
    if number is None:
        raise UnknownName("There is no such suppression list.")
    return number


def _shown(call: Call, number: int) -> dict[str, Any]:
    found = suppression.get(call.app, number)
    job, is_worked = _job(call, found.job_id), jobs.is_worked(call.app)
    return {"list": found, "job": job, "is_worked": is_worked, "most": suppression.MOST}


def _job(call: Call, job_id: int | None) -> JobRow | None:
    try:
        return None if job_id is None else jobs.get(call.app, job_id)
    except UnknownName:
        return None
