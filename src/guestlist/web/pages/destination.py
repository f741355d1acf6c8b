"""One destination: its settings and who authorised it, its activations, what was delivered, its runs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.responses import Response

from guestlist.app import connection, declared, destinations, jobs, overview, renaming
from guestlist.app.destinations import DestinationRow
from guestlist.app.results import EventEnd, alike
from guestlist.core.permissions import CONNECT, Permission
from guestlist.errors import ConfigError, DeliveryError, Overtaken, TryAgain
from guestlist.ports import Reachable
from guestlist.web.pages import lists, runs
from guestlist.web.pages.activations import COLUMNS
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.connect import UNNAMED, at_account, offered, settings_of
from guestlist.web.pages.forms import Form
from guestlist.web.pages.lists import Place, listed
from guestlist.web.pages.states import OUTCOMES, state
from guestlist.web.pages.templates import path

book = Book()
LOOK = (Permission.VIEW_DESTINATIONS,)
LOOK_AT_ACTIVATIONS = (Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS)  # as at an activation itself
_ENDS = {
    "activation": lambda row: row.activation.casefold(),
    "ended": lambda row: row.ended.casefold(),
    "why": lambda row: row.end.code.casefold(),
    "events": lambda row: row.end.events,
    "received": lambda row: row.received,
}
AGAIN = "Try again in a minute, or type the number of the ad account."
_TEXTS = ("version", "name", "description", "ad_account", "other")
_TICKS = ("send_email", "send_google_advertising_id", "enabled")
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
    form = _typed(call)
    return call.show("destination_settings.html", **_settings(call, form), form=form)


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
def ran(call: Call) -> Response:
    """Those of all its activations."""
    row = _row(call)
    names = destinations.fed_by(call.app, call.config, row.name)
    found = runs.looked_through(call, partial(overview.latest_of, call.app, names))
    return call.show("destination_runs.html", row=row, tab="runs", **found)


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
@book.post("/destinations/{name}", *CONNECT)
def save(call: Call) -> Response:
    """Put what was typed in place of what there was, its name too; or on to other ad accounts to choose from."""
    name, form, configuration = call.part("name"), call.form, call.desk.configuration
    if form["accounts"] and (form["page_to"] or lists.looks(form)):
        typed = {each: form[each] for each in (*_TEXTS, *_TICKS)}
        return call.go(path("destinations", name, accounts=1, **typed, q=form["q"].strip(), page=form["page_to"]))
    new, before = form["name"].strip(), declared.get(call.app, configuration, "destinations", name)
    body = {**before.body, **settings_of(form), "enabled": bool(form["enabled"])}
    try:
        if not new:
            raise ConfigError(UNNAMED, ("name",))
        found = renaming.saved(call.app, configuration, name, new, body, form.version, call.person)
    except Overtaken as error:
        return call.overtaken("destination_settings.html", error, **_settings(call, Form()))
    except (ConfigError, DeliveryError) as error:
        return call.again("destination_settings.html", at_account(error), "ad_account", **_settings(call, form))
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
        return call.overtaken("destination_settings.html", error, **_settings(call, Form()))
    return call.go("/destinations", f"{name} was taken out; what LinkedIn holds stays there.")


def _typed(call: Call) -> Form:
    """What was typed before other ad accounts were looked for, as the address says it."""
    query = call.query
    if "version" not in query:
        return Form()
    texts = [(each, query.get(each, "")) for each in _TEXTS]
    return Form([*texts, *((each, "yes") for each in _TICKS if query.get(each))])


def _settings(call: Call, form: Form) -> dict[str, Any]:
    row = _row(call)
    accounts, problem = _accounts(call)
    picked = form["ad_account"] or row.ad_account.rpartition(":")[2]
    return {
        **offered(call, accounts, picked, path("destinations", row.name)),
        "problem": problem,
        "row": row,
        "tab": "settings",
        "wanted": call.config.destinations[row.name],
        "declaration": declared.get(call.app, call.desk.configuration, "destinations", row.name),
        "file": call.config.path,
        "authorised_by": connection.authorised_by(call.app, call.config, row.name),
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
        said = str(error)
        return [], f"{said.rstrip('.')}. {AGAIN}" if isinstance(error, TryAgain) else said
    return found, "" if found else "LinkedIn lists no ad account: at its Development tier that is normal."


def _row(call: Call) -> DestinationRow:
    return destinations.one(call.app, call.config, call.part("name"))
