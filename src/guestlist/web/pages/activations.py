"""Activations: how each stands here and at LinkedIn, and what may be done with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from starlette.responses import Response, StreamingResponse

from guestlist.app import declared, jobs, overview
from guestlist.app.results import RejectedRow, RunRow
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.errors import ConfigError, UnknownName
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import listed
from guestlist.web.pages.templates import moment, path

book = Book()
LOOK = (Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS)
RUNS = 20
_COLUMNS = {
    "name": lambda row: row.activation.casefold(),
    "state": lambda row: row.state,
    "told": lambda row: row.told,
    "matched": lambda row: row.matched,
    "size": lambda row: row.audience_size,
    "run": lambda row: row.last_run,
}


@book.get("/activations", *LOOK)
def all_of(call: Call) -> Response:
    """Every one, also those that are described nowhere any more."""
    rows = overview.status(call.app, call.config)
    shown = listed(call, rows, _COLUMNS, "name", lambda row: f"{row.activation} {row.destination} {row.state}")
    return call.show("activations.html", listing=shown, config=call.config)


@book.get("/activations/{name}", *LOOK)
def one(call: Call) -> Response:
    """How it stands, its runs, and which rows were not sent."""
    name = call.part("name")
    row = next((each for each in overview.status(call.app, call.config) if each.activation == name), None)
    if row is None:
        raise UnknownName(f"There is no activation '{name}'.")
    wanted = call.config.activations.get(name)
    return call.show(
        "activation.html",
        row=row,
        wanted=wanted,
        members=call.config.audiences[wanted.audience].members if wanted is not None else "people",
        declaration=declared.get(call.app, call.desk.configuration, "activations", name) if wanted else None,
        runs=_runs(call, name),
        rejected=overview.rejected_by_reason(call.app, name),
        job=jobs.latest(call.app, name),
        file=call.config.path,
    )


def _runs(call: Call, name: str) -> list[RunRow]:
    try:
        return overview.runs(call.app, name, RUNS)
    except ConfigError:  # it was never synced
        return []


@book.get("/activations/{name}/rejected.csv", *LOOK, Permission.VIEW_PROFILES)
def rejected(call: Call) -> Response:
    """Every row that was not sent, with its reason; an e-mail that is a key is masked."""
    name = call.part("name")
    rows = overview.rejected(call.app, overview.known(call.app, name).name)
    headers = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
    return StreamingResponse(_csv(rows), headers=headers, media_type="text/csv; charset=utf-8")


def _csv(rows: Iterable[RejectedRow]) -> Iterator[str]:
    yield "row,key,reason,since\r\n"
    for each in rows:
        line = io.StringIO()
        csv.writer(line).writerow((each.row, _harmless(each.key), _harmless(each.reason), moment(each.since)))
        yield line.getvalue()


def _harmless(text: str | None) -> str | None:
    """A spreadsheet would take a cell that begins so for a formula."""
    return f"'{text}" if text and text[0] in "=+-@\t\r" else text


# ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────
@book.post("/activations/{name}/run", *ACTIVATE)
def run(call: Call) -> Response:
    """As soon as a worker is free."""
    job = jobs.ask_sync(call.app, call.config, call.part("name"))
    return call.go(path("jobs", job.id))


@book.post("/activations/{name}/plan", *ACTIVATE)
def plan(call: Call) -> Response:
    """What a run would do; nothing is sent."""
    job = jobs.ask_plan(call.app, call.config, call.part("name"))
    return call.go(path("jobs", job.id))


@book.post("/activations/{name}/pause", *ACTIVATE)
def pause(call: Call) -> Response:
    """Nothing is sent for it, nothing is lost."""
    return _switched(call, enabled=False)


@book.post("/activations/{name}/resume", *ACTIVATE)
def resume(call: Call) -> Response:
    """It goes on where it was."""
    return _switched(call, enabled=True)


@book.post("/activations/{name}/take-over", *ACTIVATE)
def take_over(call: Call) -> Response:
    """From now on pages change it, and what the file says of it counts no more."""
    name = call.part("name")
    declared.take_over(call.app, call.desk.configuration, "activations", name)
    return call.go(path("activations", name), f"{name} is changed on these pages from now on.")


def _switched(call: Call, *, enabled: bool) -> Response:
    name, configuration = call.part("name"), call.desk.configuration
    found = declared.get(call.app, configuration, "activations", name)
    version = int(call.form["version"]) if call.form["version"].isdecimal() else found.version or 0
    body = {key: value for key, value in found.body.items() if key != "enabled"} | (
        {} if enabled else {"enabled": False}
    )
    declared.change(call.app, configuration, "activations", name, body, version, call.person)
    return call.go(path("activations", name), f"{name} goes on." if enabled else f"{name} is paused: nothing is sent.")
