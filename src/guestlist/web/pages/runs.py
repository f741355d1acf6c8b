"""Runs of an activation, and the rows that were not sent."""

from __future__ import annotations

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
from guestlist.web.pages.templates import moment

book = Book()
SIZE = 20
LOOKED = 500  # runs that are looked through for failures
ENDED = ("done", "waiting", "parked", "pending", "failed", "syncing")
LEAST = 3  # fewer make no chart


@book.get("/activations/{name}/runs", *LOOK)
def runs(call: Call) -> Response:
    """Newest first, as Adobe counts them; ``only=failures``: those of which something failed;
    ``state``: those that ended so.
    """
    shown = activation.shown(call)
    before, failures = whole(call.query.get("before", "")), call.query.get("only") == "failures"
    ended = call.query.get("state", "")
    ended = ended if ended in ENDED else ""
    if failures or ended:
        most = SIZE + 1 if shown["of_events"] else LOOKED  # an hour of a stream is hundreds of flushes
        found = [each for each in _runs(call, before, most) if _is_looked_for(each, failures, ended)]
    else:
        found = _runs(call, before, SIZE + 1)
    following = found[SIZE - 1].run if len(found) > SIZE else None
    rows = found[:SIZE]
    total = Reached()
    for each in rows:
        total = total.and_(each.reached)
    listed = {
        "ended": ended,
        "states": ENDED,
        "runs": rows,
        "total": total,
        "before": before,
        "following": following,
        "failures": failures,
    }
    return call.show("activation_runs.html", **shown, **listed, chart=_chart(rows))


def _is_looked_for(run: RunRow, failures: bool, ended: str) -> bool:
    failed = run.reached.failed or run.result.state == "failed"
    return (not failures or bool(failed)) and ended in ("", run.result.state)


def _runs(call: Call, before: int | None, most: int) -> list[RunRow]:
    try:
        return overview.runs(call.app, call.part("name"), most, before)
    except UnknownName:  # it was never synced
        return []


def _chart(runs: list[RunRow]) -> dict[str, Any] | None:
    """What became of each run's identities, the oldest first; None: there is nothing to compare."""
    told = [each for each in runs[::-1] if each.reached.received]
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
