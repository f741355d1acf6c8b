"""One destination: its settings and who authorised it, its activations, what was delivered, its runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from guestlist.app import connection, declared, destinations, jobs, overview, renaming
from guestlist.app.destinations import DestinationRow
from guestlist.app.results import EventEnd, alike
from guestlist.core.permissions import CONNECT, Permission
from guestlist.errors import ConfigError, DeliveryError, Overtaken
from guestlist.ports import Reachable
from guestlist.web.pages.activations import COLUMNS
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.connect import UNNAMED, settings_of
from guestlist.web.pages.lists import Place, listed
from guestlist.web.pages.states import OUTCOMES, state
from guestlist.web.pages.templates import path

book = Book()
LOOK = (Permission.VIEW_DESTINATIONS,)
LOOK_AT_ACTIVATIONS = (Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS)  # as at an activation itself
RUNS = 100  # that are looked through; each activation shows all of its own
_RUNS = {
    "run": lambda row: row.run,
    "activation": lambda row: row.result.activation.casefold(),
    "state": lambda row: row.result.state,
    "added": lambda row: row.result.added,
    "removed": lambda row: row.result.removed,
    "rejected": lambda row: row.result.rejected,
    "requests": lambda row: row.result.requests,
    "took": lambda row: row.result.seconds,
}
_ENDS = {
    "activation": lambda row: row.activation.casefold(),
    "ended": lambda row: row.ended.casefold(),
    "why": lambda row: row.end.code.casefold(),
    "events": lambda row: row.end.events,
    "received": lambda row: row.received,
}
DAY = 86_400.0
SPANS = {"1h": 3600.0, "24h": DAY, "7d": 7 * DAY}  # what became of events is kept for fifteen days


@dataclass(frozen=True)
class Ended:
    """One way that events of an activation ended. ``ended``: in words; ``received``: all of its events."""

    activation: str
    ended: str
    end: EventEnd
    received: int


@book.get("/destinations/{name}", *LOOK)
def settings(call: Call) -> Response:
    """What it may be told, and the connection."""
    return call.show("destination_settings.html", **_settings(call))


@book.get("/destinations/{name}/activations", *LOOK_AT_ACTIVATIONS)
def activations(call: Call) -> Response:
    """Which audiences feed it."""
    row = _row(call)
    fed = destinations.fed_by(call.app, call.config, row.name)
    rows = overview.status(call.app, call.config, fed)
    shown = listed(call, rows, COLUMNS, "name", lambda each: f"{each.activation} {state(each.state).text}")
    return call.show("destination_activations.html", row=row, tab="activations", listing=shown)


@book.get("/destinations/{name}/delivery", *LOOK_AT_ACTIVATIONS)
def delivery(call: Call) -> Response:
    """Event delivery as Segment shows it: delivered, not delivered, latency, and what stands in the way."""
    row, span = _row(call), call.query.get("span", "24h")
    span = span if span in SPANS else "24h"
    found = destinations.delivery(call.app, call.config, row.name, call.app.clock.now() - SPANS[span])
    events = found.report.activations
    ends = [Ended(row.activation, _in_words(end), end, row.received) for row in events for end in row.ends]
    kept = {"span": call.query.get("span", "")}
    return call.show(
        "destination_delivery.html",
        row=row,
        tab="delivery",
        span=span,
        spans=list(SPANS),
        slow=found.p95,
        events=events,
        listing=listed(call, ends, _ENDS, "activation", _said, Place(kept=kept)),
        samples=alike(found.report.samples) if call.person.may(Permission.VIEW_PROFILES) else (),
    )


def _in_words(end: EventEnd) -> str:
    return OUTCOMES.get(end.outcome, str(end.outcome).capitalize())


def _said(row: Ended) -> str:
    return f"{row.activation} {row.ended} {row.end.code}"


@book.get("/destinations/{name}/runs", *LOOK_AT_ACTIVATIONS)
def runs(call: Call) -> Response:
    """The latest of all its activations."""
    row = _row(call)
    names = set(destinations.fed_by(call.app, call.config, row.name))
    found = overview.latest_of(call.app, names, RUNS)
    shown = listed(call, found, _RUNS, "-run", lambda each: f"{each.result.activation} {state(each.result.state).text}")
    return call.show(
        "destination_runs.html", row=row, tab="runs", listing=shown, most=RUNS if len(found) == RUNS else 0
    )


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
@book.post("/destinations/{name}", *CONNECT)
def save(call: Call) -> Response:
    """Put what was typed in place of what there was, its name too."""
    name, new, configuration = call.part("name"), call.form["name"].strip(), call.desk.configuration
    before = declared.get(call.app, configuration, "destinations", name)
    body = {**before.body, **settings_of(call.form), "enabled": bool(call.form["enabled"])}
    try:
        if not new:
            raise ConfigError(UNNAMED, ("name",))
        found = renaming.saved(call.app, configuration, name, new, body, call.form.version, call.person)
    except Overtaken as error:
        return call.overtaken("destination_settings.html", error, **_settings(call))
    except ConfigError as error:
        return call.again("destination_settings.html", error, "ad_account", **_settings(call))
    said = f"{name} was saved." if found.name == name else f"{name} is called {found.name} now."
    return call.go(path("destinations", found.name), said)


@book.post("/destinations/{name}/check", *CONNECT)
def check(call: Call) -> Response:
    """Ask LinkedIn: token, scopes, ad account, role, version."""
    return call.go(path("jobs", jobs.ask_check(call.app, call.config, call.part("name")).id))


@book.post("/destinations/{name}/take-over", *CONNECT)
def take_over(call: Call) -> Response:
    """From now on pages change it, and what the file says of it counts no more."""
    name = call.part("name")
    declared.take_over(call.app, call.desk.configuration, "destinations", name, call.person)
    return call.go(path("destinations", name), f"{name} is changed on these pages from now on.")


@book.post("/destinations/{name}/delete", *CONNECT)
def delete(call: Call) -> Response:
    """Nothing is deleted at LinkedIn; its activations have to be removed first."""
    name = call.part("name")
    try:
        declared.delete(call.app, call.desk.configuration, "destinations", name, call.form.version)
    except Overtaken as error:
        return call.overtaken("destination_settings.html", error, **_settings(call))
    return call.go("/destinations", f"{name} was taken out; what LinkedIn holds stays there.")


def _settings(call: Call) -> dict[str, Any]:
    row = _row(call)
    accounts, problem = _accounts(call)
    return {
        "accounts": accounts,
        "problem": problem,
        "row": row,
        "tab": "settings",
        "wanted": call.config.destinations[row.name],
        "declaration": declared.get(call.app, call.desk.configuration, "destinations", row.name),
        "file": call.config.path,
        "authorised_by": connection.authorised_by(call.app, row.name),
        "may_change": call.person.may(*CONNECT),
    }


def _accounts(call: Call) -> tuple[list[Reachable], str]:
    """Those that LinkedIn lists, where they are asked for; and why there are none."""
    asked = call.query.get("accounts") or call.form["accounts"]
    if not asked or not call.person.may(*CONNECT):
        return [], ""
    try:
        found = connection.accounts(call.app, call.config, call.part("name"))
    except DeliveryError as error:
        return [], str(error)
    return found, "" if found else "LinkedIn lists no ad account: at its Development tier that is normal."


def _row(call: Call) -> DestinationRow:
    return destinations.one(call.app, call.config, call.part("name"))
