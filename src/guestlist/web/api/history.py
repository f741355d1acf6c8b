"""What happened: runs, rejected rows, events, and why somebody is or is not in an audience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from guestlist.app import destinations, event_view, home, overview
from guestlist.app.explain import explain
from guestlist.app.home import Due, Need
from guestlist.app.results import EventSample, EventsReport, Explanation, RejectedRow, RunRow, Stretch, SyncResult
from guestlist.core.counting import Reading
from guestlist.errors import UnknownName
from guestlist.events.pipeline import Stage
from guestlist.ports import RejectedWish
from guestlist.web import spreadsheets
from guestlist.web.api.described import NamePath, Strict
from guestlist.web.api.jobs import Number
from guestlist.web.api.paging import MOST, Page, Paged, Paging, Since, next_cursor, period
from guestlist.web.api.problems import Problem
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["history"])

HOUR = 3_600.0
FIRST = 50  # of what waits and of what ends, where both stand
CSV = "text/csv"

_Since = Annotated[
    float | None, Query(ge=0, le=MOST, description="Received since (epoch seconds); left out: within the last hour.")
]


_Until = Annotated[float | None, Query(ge=0, le=MOST, description="Received before (epoch seconds); left out: now.")]


@dataclass(frozen=True)
class Run(SyncResult):
    """A run: what was done by it, its number, and when it began (epoch seconds). `received` = `activated` + `excluded`
    + `failed`, always; `activation_rate` is the share of the first two, null where nobody was received.
    """

    run: int = 0
    started: float = 0.0
    received: int = 0
    activated: int = 0
    excluded: int = 0
    failed: int = 0
    activation_rate: float | None = None


class EventsOf(BaseModel):
    """The events of one activation ("": those that concern none)."""

    activation: str
    received: int = Field(description="The sum of all ends, always.")
    delivered: int = Field(description="LinkedIn took them.")
    not_delivered: int = Field(description="They were meant to be told and never will be.")
    stages: list[Stage] = Field(description="The way from received to delivered, and what left it at each stage.")
    p95_seconds: float | None = Field(description="From receipt to LinkedIn's answer.")
    outcomes: dict[str, int]
    ends: list[dict[str, Any]] = Field(description="`outcome`, `code` (why) and `events`.")


class Events(BaseModel):
    """What became of events."""

    activations: list[EventsOf]
    p95_seconds: float | None = Field(description="Of all of these activations together.")
    samples: list[EventSample] = Field(description="Masked; only for those who hold View Profiles.")
    waiting: int = Field(description="Acknowledged and not looked at yet.")
    oldest_seconds: float | None
    over_time: list[Stretch] = Field(
        description="Of one activation or one destination: at most 48 stretches of equal length."
    )


class Issue(BaseModel):
    """What stands in the way of deliveries."""

    label: str = Field(description="As docs/errors.md explains what waits for a person.")
    reason: str
    remedy: str = Field(description="What to do, where more is known than the label says.")


class Delivery(Events):
    """What became of the events of all activations that feed a destination."""

    issues: list[Issue] = Field(description="Delivery issues; empty: nothing stands in the way.")


class Delivered(BaseModel):
    """One hour."""

    hour: float = Field(description="When it began, epoch seconds.")
    elements: int = Field(description="People or companies that LinkedIn answered for.")


class Home(BaseModel):
    """What a person should see first."""

    needs: list[Need] = Field(description="At most 50: GET /needs lists all that waits for a person.")
    calendar: list[Due] = Field(description="At most 50: GET /dates lists all ends of tokens and of the API version.")
    delivered: list[Delivered] = Field(description="The last 24 hours, oldest first.")


class Question(Strict):
    """Whom to explain."""

    value: str = Field(
        min_length=1, max_length=1_000, description="An address, a digest, a domain, primaryId:VALUE ..."
    )
    show: bool = Field(False, description="Show the value in the steps instead of masking it.")


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _run(asking: Asking, row: RunRow) -> Run:
    run = Run(**row.json())
    return run if asking.sees_members else replace(run, who=())


def _runs(asking: Asking, paging: Paging, rows: Sequence[RunRow]) -> Page[Run]:
    """``rows``: one more than the page holds."""
    items, following = paging.by_number(rows, lambda row: row.run)
    return Page(items=[_run(asking, row) for row in items], next=following)


@router.get("/runs", summary="List runs")
def list_runs(asking: Asked, paging: Paged) -> Page[Run]:
    """Of all activations, newest first; what a stream sent within an hour is one run."""
    return _runs(asking, paging, overview.runs(asking.app, None, paging.limit + 1, paging.after(int)))


@router.get("/runs/{number}", summary="One run")
def get_run(asking: Asked, number: Number) -> Run:
    """By itself, also where it is part of an hour in the list. `state` is syncing while it is under way."""
    return _run(asking, overview.run(asking.app, None, number))


@router.get("/activations/{name}/runs", summary="List the runs of an activation")
def list_runs_of(asking: Asked, name: NamePath, paging: Paged) -> Page[Run]:
    """Newest first; what a stream sent within an hour is one run."""
    if not _was_synced(asking, name):
        return Page(items=[], next=None)
    return _runs(asking, paging, overview.runs(asking.app, name, paging.limit + 1, paging.after(int)))


@router.get("/destinations/{name}/runs", summary="List the runs of a destination")
def list_runs_to(asking: Asked, name: NamePath, paging: Paged) -> Page[Run]:
    """Of all activations that feed it, newest first; what a stream sent within an hour is one run."""
    destinations.one(asking.app, asking.config, name)
    feeding = destinations.fed_by(asking.app, asking.config, name)
    return _runs(asking, paging, overview.latest_of(asking.app, feeding, paging.limit + 1, paging.after(int)))


def _was_synced(asking: Asking, name: str) -> bool:
    """UnknownName where there is no such activation at all."""
    try:
        overview.known(asking.app, name)
    except UnknownName:
        if name not in asking.config.activations:
            raise
        return False
    return True


@router.get("/home", summary="What a person should see first")
def get_home(asking: Asked) -> Home:
    """The first of what waits and of what comes up; what was delivered in the last 24 hours."""
    app, config = asking.app, asking.config
    delivered = [Delivered(hour=hour, elements=count) for hour, count in home.delivered_per_hour(app)]
    needs, calendar = home.needs(app, config)[:FIRST], home.calendar(app, config)[:FIRST]
    return Home(needs=needs, calendar=calendar, delivered=delivered)


@router.get("/needs", summary="List what waits for a person")
def list_needs(asking: Asked, paging: Paged) -> Page[Need]:
    """The most pressing first."""
    items, following = paging.by_place(home.needs(asking.app, asking.config))
    return Page(items=items, next=following)


@router.get("/dates", summary="List what ends")
def list_dates(asking: Asked, paging: Paged) -> Page[Due]:
    """Tokens and the API version, the next first."""
    items, following = paging.by_place(home.calendar(asking.app, asking.config))
    return Page(items=items, next=following)


@router.get("/activations/{name}/growth", summary="How an activation's audience grew")
def get_growth(asking: Asked, name: NamePath, paging: Paged, since: Since = None) -> Page[Reading]:
    """What LinkedIn said of it over time, oldest first."""
    _was_synced(asking, name)
    items, following = paging.by_place(home.growth(asking.app, name, since or 0.0).readings)
    return Page(items=items, next=following)


# ── rejected rows ────────────────────────────────────────────────────────────────────────────────────────────────
@router.get(
    "/activations/{name}/rejected",
    summary="List the rejected rows of an activation",
    response_model=Page[RejectedRow],
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
def list_rejected(
    asking: Asked,
    name: NamePath,
    paging: Paged,
    reason: Annotated[str, Query(max_length=1_000, description="Only those of this reason.")] = "",
    search: Annotated[str, Query(max_length=200, description="A part of row, key or reason.")] = "",
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Page[RejectedRow] | Response:
    """Those of its last run, in the order of the list. With `Accept: text/csv` all of them as one file."""
    number = overview.rejected_in(asking.app, name) if _was_synced(asking, name) else 0
    if accept.partition(";")[0].strip().lower() == CSV:
        rows = overview.rejected(asking.app, name) if number else ()
        name_of_file = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
        lines = ((each.row, each.key, each.reason, each.since) for each in rows)
        pieces = spreadsheets.pieces("row,key,reason,since", lines)
        return StreamingResponse(pieces, media_type=CSV, headers=name_of_file)
    run, skip = paging.after(tuple[int, int]) or (number, 0)
    if run != number or not 0 <= skip <= MOST:
        raise Problem(422, "There was another run meanwhile, which has rejected rows of its own: begin without cursor.")
    found, total = overview.some_rejected(asking.app, name, RejectedWish(paging.limit, skip, reason, search))
    more = total > skip + paging.limit
    return Page(items=found, next=next_cursor((number, skip + paging.limit)) if more else None)


# ── one person, and events ───────────────────────────────────────────────────────────────────────────────────────
@router.post("/activations/{name}/explain", summary="Explain one value")
def explain_value(asking: Asked, name: NamePath, body: Question) -> Explanation:
    """Each step from the value to what LinkedIn is told, and what it was told."""
    return explain(asking.app, name, body.value, show=body.show)


def _period(asking: Asking, since: float | None, until: float | None) -> tuple[float, float]:
    """The beginning and the end, where one is said. Problem."""
    now = asking.app.clock.now()
    first, last = now - HOUR if since is None else since, now if until is None else until
    if until is not None:
        period(first, last)
    return first, last


def _seen(asking: Asking, report: EventsReport, p95: float | None, over_time: list[Stretch]) -> dict[str, Any]:
    """The fields of ``Events``."""
    return {
        "activations": [EventsOf.model_validate(row.json()) for row in report.activations],
        "p95_seconds": p95,
        "samples": list(report.samples) if asking.sees_members else [],
        "waiting": report.waiting,
        "oldest_seconds": report.oldest_seconds,
        "over_time": over_time,
    }


def _events(asking: Asking, activation: str | None, since: float | None, until: float | None) -> Events:
    first, last = _period(asking, since, until)
    report = event_view.events(asking.app, activation, first, until)
    over_time = [] if activation is None or first >= last else event_view.over_time(asking.app, activation, first, last)
    p95 = event_view.p95(asking.app, {row.activation for row in report.activations}, first, until)
    return Events(**_seen(asking, report, p95, over_time))


@router.get("/events", summary="What became of events")
def get_events(asking: Asked, since: _Since = None, until: _Until = None) -> Events:
    """Of all activations."""
    return _events(asking, None, since, until)


@router.get("/activations/{name}/events", summary="What became of the events of an activation")
def get_events_of(asking: Asked, name: NamePath, since: _Since = None, until: _Until = None) -> Events:
    """Received is the sum of all outcomes, always."""
    if not _was_synced(asking, name):
        nothing = EventsReport((), (), 0, None)
        return Events(**_seen(asking, nothing, None, []))
    return _events(asking, name, since, until)


@router.get("/destinations/{name}/events", summary="What became of the events of a destination")
def get_delivery(asking: Asked, name: NamePath, since: _Since = None, until: _Until = None) -> Delivery:
    """Of all activations that feed it, and what stands in the way of deliveries."""
    app, (first, last) = asking.app, _period(asking, since, until)
    found, row = (
        destinations.delivery(app, asking.config, name, first, until),
        destinations.one(app, asking.config, name),
    )
    over_time = event_view.over_time_of(app, found.activations, first, last) if first < last else []
    issues = [Issue(label=row.issue, reason=row.reason, remedy=row.remedy)] if row.issue else []
    return Delivery(**_seen(asking, found.report, found.p95, over_time), issues=issues)
