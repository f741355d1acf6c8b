"""Long work that somebody asked for: how far it is, then what came of it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from guestlist.app import drafts, jobs
from guestlist.app.jobs import JobRow
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.errors import UnknownName
from guestlist.web.pages import templates
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole
from guestlist.web.pages.streaming import streamed
from guestlist.web.pages.templates import path

book = Book()
_TITLES = {
    "sync": "Run of",
    "plan": "Plan of",
    "preview": "Plan of first runs",
    "check": "Check of",
    "forget": "Forgetting",
    "survey": "Reading a list",
    "seal": "Sealing again",
}


@book.get("/jobs/{number}", Permission.VIEW_DESTINATIONS)
def one(call: Call) -> Response:
    """Progress; without JavaScript there is a link to look again."""
    job = _job(call)
    if job.kind == "preview" and (draft := drafts.of_job(call.app, call.person, job.id)) is not None:
        return call.go(path("activate", draft.id, "review"))
    title = f"{_TITLES.get(job.kind, job.kind)} {job.subject}".strip()
    return call.show("job.html", title=title, **_shown(call, job))


@book.get("/jobs/{number}/events", Permission.VIEW_DESTINATIONS)
def events(call: Call) -> Response:
    """The same as it changes, as server-sent events."""
    _job(call)
    return streamed(lambda: _piece(call))


def _piece(call: Call) -> tuple[str, bool]:
    job = _job(call)
    values = {"now": call.desk.app.clock.now(), "call": call, **_shown(call, job)}
    return templates.render("job_progress.html", values), job.state not in jobs.OPEN


def _shown(call: Call, job: JobRow) -> dict[str, Any]:
    person = call.person
    may = {"may_see_runs": person.may(*LOOK), "may_confirm": person.may(*ACTIVATE)}
    return {"job": job, "is_worked": jobs.is_worked(call.app), **may}


def _job(call: Call) -> JobRow:
    """What somebody wants forgotten is only for those who may ask for it."""
    number = whole(call.part("number"))
    if number is None:
        raise UnknownName("There is no such job; what ended is kept for a week.")
    job = jobs.get(call.app, number)
    if job.kind in jobs.OF_PEOPLE:
        call.person.need(*ACTIVATE)
    return job
