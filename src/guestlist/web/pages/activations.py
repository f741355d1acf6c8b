"""Activations: how each stands here and at LinkedIn, and what may be done with it."""

from __future__ import annotations

from functools import partial

from starlette.responses import Response

from guestlist.app import connection, counts, declared, jobs, overview, progress
from guestlist.app.results import StatusRow
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.web.pages import activation, growth, templates
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Place, beside, listed
from guestlist.web.pages.states import state
from guestlist.web.pages.streaming import streamed
from guestlist.web.pages.templates import path

book = Book()
COLUMNS = {
    "name": lambda row: row.activation.casefold(),
    "state": lambda row: state(row.state).text,
    "linkedin": lambda row: row.linkedin_status,
    "told": lambda row: row.told,
    "matched": lambda row: row.matched,
    "size": lambda row: row.audience_size,
    "run": lambda row: row.last_run,
}
_REASONS = {"reason": lambda row: row[0].casefold(), "rows": lambda row: row[1]}


@book.get("/activations", *LOOK)
def all_of(call: Call) -> Response:
    """Every one, also those that are described nowhere any more."""
    rows = overview.status(call.app, call.config)
    shown = listed(call, rows, COLUMNS, "name", partial(_words, call))
    return call.show("activations.html", listing=shown, config=call.config)


def _words(call: Call, row: StatusRow) -> str:
    """As they stand on the page."""
    return f"{overview.words(call.config, row)} {state(row.state).text}"


@book.get("/activations/{name}", *LOOK)
def one(call: Call) -> Response:
    """How it stands here and at LinkedIn, and which rows were not sent."""
    name = call.part("name")
    reasons = overview.rejected_by_reason(call.app, name)
    shown = activation.shown(call)
    row: StatusRow = shown["row"]
    return call.show(
        "activation_overview.html",
        **shown,
        authorization=connection.stands(call.app, call.config, row.destination),
        counted_there=counts.of_activation(call.app, name),
        growth=growth.of(call, name, shown["members"], Place(kept=beside(call, ""), name="growth")),
        rejected=listed(
            call, list(reasons.items()), _REASONS, "-rows", lambda row: row[0], Place(kept=beside(call, "growth"))
        ),
        not_sent=sum(reasons.values()),
        stopped=overview.rejected_samples(call.app, name) if call.person.may(Permission.VIEW_PROFILES) else {},
        file=call.config.path,
    )


@book.get("/activations/{name}/live", *LOOK)
def live(call: Call) -> Response:
    """How far what is under way is, as server-sent events."""
    overview.status(call.app, call.config, (call.part("name"),))
    return streamed(lambda: _piece(call))


def _piece(call: Call) -> tuple[str, bool]:
    found = progress.of_activation(call.app, call.part("name"))
    values = {"live": found, "now": call.desk.app.clock.now(), "call": call}
    return templates.render("activation_live.html", values), found is None


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
    declared.take_over(call.app, call.desk.configuration, "activations", name, call.person)
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
    return call.go(path("activations", name), _told(call, name, enabled=enabled))


def _told(call: Call, name: str, *, enabled: bool) -> str:
    if not enabled:
        return f"{name} is paused: nothing is sent."
    destination = call.config.activations[name].destination
    if not call.config.destinations[destination].enabled:
        return f"{name} is not paused any more; it goes on once somebody switches {destination} on."
    return f"{name} goes on."
