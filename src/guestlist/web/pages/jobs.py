"""Long work that somebody asked for: how far it is, then what came of it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from guestlist.app import jobs
from guestlist.app.jobs import JobRow
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.errors import GuestlistError, UnknownName
from guestlist.web.pages import templates
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole

book = Book()
TICK = 0.5  # seconds between two looks
LASTS = 25.0  # seconds of one stream; the browser asks again
OVER = ("done", "failed")
_TITLES = {
    "sync": "Run of",
    "plan": "Plan of",
    "check": "Check of",
    "forget": "Forgetting",
    "survey": "Reading a list",
    "seal": "Sealing again",
}


@book.get("/jobs/{number}", Permission.VIEW_DESTINATIONS)
def one(call: Call) -> Response:
    """Progress; without JavaScript there is a link to look again."""
    job = _job(call)
    return call.show("job.html", job=job, title=f"{_TITLES.get(job.kind, job.kind)} {job.subject}".strip())


@book.get("/jobs/{number}/events", Permission.VIEW_DESTINATIONS)
def events(call: Call) -> Response:
    """The same as it changes, as server-sent events."""
    _job(call)
    return StreamingResponse(_told(call), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _told(call: Call) -> AsyncIterator[str]:
    """A piece of the page whenever it is another, then ``done``."""
    before, ends = "", time.monotonic() + LASTS
    while True:
        try:
            job = await run_in_threadpool(_job, call)
        except GuestlistError:
            return
        values = {"job": job, "now": call.desk.app.clock.now(), "call": call}
        piece = await run_in_threadpool(templates.render, "job_progress.html", values)
        if piece != before:
            yield _event("progress", piece)
            before = piece
        if job.state in OVER:
            yield _event("done", "")
            return
        if time.monotonic() > ends:
            return
        await anyio.sleep(TICK)


def _event(name: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n"


def _job(call: Call) -> JobRow:
    """What somebody wants forgotten is only for those who may ask for it."""
    number = whole(call.part("number"))
    if number is None:
        raise UnknownName("There is no such job; what ended is kept for a week.")
    job = jobs.get(call.app, number)
    if job.kind in jobs.OF_PEOPLE:
        call.person.need(*ACTIVATE)
    return job
