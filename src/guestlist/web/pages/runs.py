"""Runs of an activation, and the rows that were not sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response, StreamingResponse

from guestlist.app import overview
from guestlist.app.results import Reached, RunRow
from guestlist.core.permissions import Permission
from guestlist.errors import UnknownName
from guestlist.web import spreadsheets
from guestlist.web.pages import activation
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole
from guestlist.web.pages.lists import listed
from guestlist.web.pages.states import state
from guestlist.web.pages.templates import moment

book = Book()
SIZE = 20
LOOKED = 500  # runs that are looked through where not simply the newest are shown
ENDED = ("done", "waiting", "parked", "pending", "failed", "syncing")
LEAST = 3  # fewer make no chart
NEWEST = "-started"
_COLUMNS = {
    "started": lambda row: (row.started, row.run),
    "state": lambda row: row.result.state,
    "received": lambda row: row.reached.received,
    "activated": lambda row: row.reached.activated,
    "excluded": lambda row: row.reached.excluded,
    "failed": lambda row: row.reached.failed,
    "rate": lambda row: row.reached.rate,
    "took": lambda row: row.result.seconds,
}


@book.get("/activations/{name}/runs", *LOOK)
def runs(call: Call) -> Response:
    """Newest first, as Adobe counts them, or sorted as the address says; ``only=failures``: those of which something
    failed; ``state``: those that ended so; ``run``: that one.
    """
    shown, query = activation.shown(call), call.query
    kept = {each: query.get(each, "") for each in ("only", "state", "before")}
    before, failures = whole(kept["before"]), kept["only"] == "failures"
    ended = kept["state"] if kept["state"] in ENDED else ""
    newest = query.get("sort", NEWEST) == NEWEST and not (failures or ended or query.get("q"))
    # an hour of a stream is hundreds of flushes
    most = SIZE if newest or shown["of_events"] else LOOKED
    one = whole(query.get("run", ""))
    found = _runs(call, before, most + 1) if one is None else [overview.run(call.app, call.part("name"), one)]
    rows = [each for each in found[:most] if _is_looked_for(each, failures, ended)]
    page = listed(call, rows, _COLUMNS, NEWEST, _said, kept)
    total = Reached()
    for each in page.rows:
        total = total.and_(each.reached)
    return call.show(
        "activation_runs.html",
        **shown,
        listing=page,
        one=one,
        total=total,
        ended=ended,
        states=ENDED,
        failures=failures,
        before=before,
        following=found[most - 1].run if len(found) > most else None,
        looked=0 if newest else most,
        chart=_chart(page.rows),
    )


def _said(run: RunRow) -> str:
    return f"{run.run} {state(run.result.state).text} {run.result.reason}"


def _is_looked_for(run: RunRow, failures: bool, ended: str) -> bool:
    failed = run.reached.failed or run.result.state == "failed"
    return (not failures or bool(failed)) and ended in ("", run.result.state)


def _runs(call: Call, before: int | None, most: int) -> list[RunRow]:
    try:
        return overview.runs(call.app, call.part("name"), most, before)
    except UnknownName:  # it was never synced
        return []


def _chart(runs: Sequence[RunRow]) -> dict[str, Any] | None:
    """What became of each run's identities, the oldest first; None: there is nothing to compare."""
    told = [each for each in sorted(runs, key=lambda run: run.run) if each.reached.received]
    if len(told) < LEAST:
        return None
    series = {
        name.capitalize(): [getattr(each.reached, name) for each in told]
        for name in ("activated", "excluded", "failed")
    }
    return {
        "kind": "bar",
        "stack": True,
        "x": [moment(each.started)[5:16] for each in told],
        "series": series,
        "colours": ["green", "grey", "red"],
    }


@book.get("/activations/{name}/rejected.csv", *LOOK, Permission.VIEW_PROFILES)
def rejected(call: Call) -> Response:
    """Every row that was not sent, with its reason; an e-mail that is a key is masked."""
    name = call.part("name")
    rows = overview.rejected(call.app, overview.known(call.app, name).name)
    headers = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
    lines = ((each.row, each.key, each.reason, moment(each.since)) for each in rows)
    pieces = spreadsheets.pieces("row,key,reason,since", lines)
    return StreamingResponse(pieces, headers=headers, media_type="text/csv; charset=utf-8")
