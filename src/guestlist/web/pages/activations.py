"""Activations: how each stands here and at LinkedIn, and what may be done with it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Any

from starlette.responses import Response, StreamingResponse

from guestlist.app import declared, home, jobs, overview
from guestlist.app.declared import Declaration
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
AT_ONCE = 500  # lines of a download: each piece costs a way to the event loop and back
LEAST_RUNS = 3  # fewer make no chart
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
    config = call.config
    wanted, runs = config.activations.get(name), _runs(call, name)
    if wanted is None and name not in {each.name for each in call.app.store.activations.all(removed=False)}:
        raise UnknownName(f"There is no activation '{name}'.")
    row = overview.status(call.app, config, name)[0]
    return call.show(
        "activation.html",
        row=row,
        wanted=wanted,
        members=config.audiences[wanted.audience].members if wanted is not None else "people",
        declaration=_declaration(call, name),
        runs=runs,
        chart=_chart(runs),
        growth=_growth(call, name),
        leaving=overview.leaving(call.app, name),
        rejected=overview.rejected_by_reason(call.app, name),
        job=jobs.latest(call.app, name),
        file=config.path,
    )


def _declaration(call: Call, name: str) -> Declaration | None:
    """What the pages keep of it; None: a file describes it, or nobody does any more."""
    if not call.config.from_pages("activations", name):
        return None
    return declared.get(call.app, call.desk.configuration, "activations", name)


def _runs(call: Call, name: str) -> list[RunRow]:
    try:
        return overview.runs(call.app, name, RUNS)
    except ConfigError:  # it was never synced
        return []


def _growth(call: Call, name: str) -> dict[str, Any] | None:
    """What LinkedIn said of the audience over time; None: it said too little to draw a line."""
    readings = home.growth(call.app, name).readings
    if len(readings) < LEAST_RUNS:
        return None
    series = {
        "Audience size": [each.audience_size for each in readings],
        "Matched": [each.matched for each in readings],
    }
    return {"x": [moment(each.at)[5:16] for each in readings], "series": series}


def _chart(runs: list[RunRow]) -> dict[str, Any] | None:
    """What each run did, the oldest first; None: there is nothing to compare."""
    if len(runs) < LEAST_RUNS:
        return None
    ordered = runs[::-1]
    series = {
        "Added": [each.result.added for each in ordered],
        "Changed": [each.result.changed for each in ordered],
        "Removed": [each.result.removed for each in ordered],
    }
    return {"kind": "bar", "stack": True, "x": [moment(each.started)[5:16] for each in ordered], "series": series}


@book.get("/activations/{name}/rejected.csv", *LOOK, Permission.VIEW_PROFILES)
def rejected(call: Call) -> Response:
    """Every row that was not sent, with its reason; an e-mail that is a key is masked."""
    name = call.part("name")
    rows = overview.rejected(call.app, overview.known(call.app, name).name)
    headers = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
    return StreamingResponse(_csv(rows), headers=headers, media_type="text/csv; charset=utf-8")


def _csv(rows: Iterator[RejectedRow]) -> Iterator[str]:
    yield "row,key,reason,since\r\n"
    while some := list(islice(rows, AT_ONCE)):
        lines = io.StringIO()
        csv.writer(lines).writerows(
            (each.row, _harmless(each.key), _harmless(each.reason), moment(each.since)) for each in some
        )
        yield lines.getvalue()


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
    asked = call.form.number("version")
    version = asked if asked is not None else found.version or 0
    body = {key: value for key, value in found.body.items() if key != "enabled"} | (
        {} if enabled else {"enabled": False}
    )
    declared.change(call.app, configuration, "activations", name, body, version, call.person)
    return call.go(path("activations", name), f"{name} goes on." if enabled else f"{name} is paused: nothing is sent.")
