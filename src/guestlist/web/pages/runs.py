"""Runs of an activation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from typing import Any

from starlette.responses import Response

from guestlist.app import overview
from guestlist.app.results import Reached, RunRow
from guestlist.errors import UnknownName
from guestlist.web.pages import activation
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import whole
from guestlist.web.pages.lists import Place, listed
from guestlist.web.pages.states import state
from guestlist.web.pages.templates import moment

book = Book()
SIZE = 20
LOOKED = 500  # runs that are looked through where not simply the newest are shown
ENDED = ("done", "waiting", "parked", "pending", "failed", "syncing")
LEAST = 3  # fewer make no chart
NEWEST = "-started"
Read = Callable[[int, int | None], list[RunRow]]
_COLUMNS = {
    "started": lambda row: (row.started, row.run),
    "state": lambda row: row.result.state,
    "received": lambda row: row.reached.received,
    "activated": lambda row: row.reached.activated,
    "excluded": lambda row: row.reached.excluded,
    "failed": lambda row: row.reached.failed,
    "rate": lambda row: row.reached.rate,
    "took": lambda row: row.result.seconds,
    "run": lambda row: row.run,
}
_OF_SEVERAL = {
    **{each: _COLUMNS[each] for each in ("started", "state", "took", "run")},
    "activation": lambda row: row.result.activation.casefold(),
    "added": lambda row: row.result.added,
    "changed": lambda row: row.result.changed,
    "removed": lambda row: row.result.removed,
    "rejected": lambda row: row.result.rejected,
    "requests": lambda row: row.result.requests,
}


@dataclass(frozen=True)
class Wish:
    """What the address asks for: runs before that one, those of which something failed, those that ended so, one alone.
    ``newest``: simply the newest; else some are looked through.
    """

    before: int | None
    failures: bool
    ended: str
    one: int | None
    newest: bool

    def fits(self, run: RunRow) -> bool:
        """Whether a run is one of them."""
        failed = run.reached.failed or run.result.state == "failed"
        return (not self.failures or bool(failed)) and self.ended in ("", run.result.state)


@book.get("/runs", *LOOK)
def all_of(call: Call) -> Response:
    """Those of every activation, newest first or sorted as the address says; ``state``: those that ended so."""
    return call.show("runs.html", **looked_through(call, partial(overview.runs, call.app, None)))


def looked_through(call: Call, read: Read) -> dict[str, Any]:
    """What the page of a list of runs of several activations shows. ``read``: so many of them before one."""
    wish = _wish(call)
    return {"wish": wish, "states": ENDED, **_page(call, wish, read, _OF_SEVERAL, _said_of_several, LOOKED)}


def _page(
    call: Call,
    wish: Wish,
    read: Read,
    columns: Mapping[str, Callable[[RunRow], Any]],
    said: Callable[[RunRow], str],
    most: int,
) -> dict[str, Any]:
    """Simply the newest, or what fits of the ``most`` that come next; ``following``: where those after them begin."""
    most = SIZE if wish.newest else most
    found = read(most + 1, wish.before)
    kept = {each: call.query.get(each, "") for each in ("only", "state", "before")}
    listing = listed(call, [each for each in found[:most] if wish.fits(each)], columns, NEWEST, said, Place(kept=kept))
    return {
        "listing": listing,
        "following": found[most - 1].run if len(found) > most else None,
        "looked": 0 if wish.newest else most,
    }


@book.get("/activations/{name}/runs", *LOOK)
def runs(call: Call) -> Response:
    """Newest first, as Adobe counts them, or sorted as the address says; ``only=failures``: those of which something
    failed; ``state``: those that ended so; ``run``: that one.
    """
    shown, wish = activation.shown(call), _wish(call)
    # an hour of a stream is hundreds of flushes
    page = _page(call, wish, partial(_found, call, wish), _COLUMNS, _said, SIZE if shown["of_events"] else LOOKED)
    there = page["listing"].rows
    return call.show(
        "activation_runs.html",
        **shown,
        **page,
        wish=wish,
        total=reduce(Reached.and_, (each.reached for each in there), Reached()),
        states=ENDED,
        chart=_chart(there),
    )


def _wish(call: Call) -> Wish:
    query = call.query
    ended = query.get("state", "") if query.get("state") in ENDED else ""
    failures = query.get("only") == "failures"
    newest = query.get("sort", NEWEST) == NEWEST and not (failures or ended or query.get("q"))
    return Wish(whole(query.get("before", "")), failures, ended, whole(query.get("run", "")), newest)


def _found(call: Call, wish: Wish, most: int, before: int | None) -> list[RunRow]:
    name = call.part("name")
    if wish.one is not None:
        return [overview.run(call.app, name, wish.one)]
    try:
        return overview.runs(call.app, name, most, before)
    except UnknownName:  # it was never synced
        return []


def _said(run: RunRow) -> str:
    return f"{run.run} {state(run.result.state).text} {run.result.reason}"


def _said_of_several(run: RunRow) -> str:
    return f"{run.result.activation} {_said(run)}"


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
