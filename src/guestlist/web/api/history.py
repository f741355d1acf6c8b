"""What happened: runs, rejected rows, events, and why somebody is or is not in an audience."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from guestlist.app import event_view, home, overview
from guestlist.app.explain import explain
from guestlist.app.home import Due, Growth, Need
from guestlist.app.results import EventSample, EventsRow, Explanation, RejectedRow, Stretch, SyncResult
from guestlist.errors import UnknownName
from guestlist.events.pipeline import Stage
from guestlist.web import spreadsheets
from guestlist.web.api.described import NamePath, Strict
from guestlist.web.api.paging import MOST, Page, Paged, Paging, next_cursor
from guestlist.web.api.problems import Problem
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["history"])

HOUR = 3_600.0
CSV = "text/csv"

_Since = Annotated[
    float | None, Query(ge=0, le=MOST, description="Received since (epoch seconds); left out: within the last hour.")
]


_Until = Annotated[float | None, Query(ge=0, le=MOST, description="Received before (epoch seconds); left out: now.")]
_From = Annotated[float | None, Query(ge=0, le=MOST, description="Since (epoch seconds); left out: all.")]


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
    samples: list[EventSample] = Field(description="Masked; only for those who hold View Profiles.")
    waiting: int = Field(description="Acknowledged and not looked at yet.")
    oldest_seconds: float | None
    over_time: list[Stretch] = Field(description="Of one activation: at most 48 stretches of equal length.")


class Delivered(BaseModel):
    """One hour."""

    hour: float = Field(description="When it began, epoch seconds.")
    elements: int = Field(description="People or companies that LinkedIn answered for.")


class Home(BaseModel):
    """What a person should see first."""

    needs: list[Need] = Field(description="What waits for a person, the most pressing first.")
    calendar: list[Due] = Field(description="Ends of tokens and of the API version, the next first.")
    delivered: list[Delivered] = Field(description="The last 24 hours, oldest first.")


class Question(Strict):
    """Whom to explain."""

    value: str = Field(
        min_length=1, max_length=1_000, description="An address, a digest, a domain, primaryId:VALUE ..."
    )
    show: bool = Field(False, description="Show the value in the steps instead of masking it.")


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def _runs(asking: Asking, paging: Paging, name: str | None) -> Page[Run]:
    rows = overview.runs(asking.app, name, paging.limit + 1, paging.after(int))
    items, following = paging.by_number(rows, lambda row: row.run)
    shown = [Run(**row.json()) for row in items]
    return Page(items=shown if asking.sees_members else [replace(run, who=()) for run in shown], next=following)


@router.get("/runs", summary="List runs")
def list_runs(asking: Asked, paging: Paged) -> Page[Run]:
    """Of all activations, newest first; what a stream sent within an hour is one run."""
    return _runs(asking, paging, None)


@router.get("/activations/{name}/runs", summary="List the runs of an activation")
def list_runs_of(asking: Asked, name: NamePath, paging: Paged) -> Page[Run]:
    """Newest first; what a stream sent within an hour is one run."""
    return _runs(asking, paging, name) if _was_synced(asking, name) else Page(items=[], next=None)


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
    """What waits, what comes up, what was delivered."""
    app, config = asking.app, asking.config
    delivered = [Delivered(hour=hour, elements=count) for hour, count in home.delivered_per_hour(app)]
    return Home(needs=home.needs(app, config), calendar=home.calendar(app, config), delivered=delivered)


@router.get("/activations/{name}/growth", summary="How an activation's audience grew")
def get_growth(asking: Asked, name: NamePath, since: _From = None) -> Growth:
    """What LinkedIn said of it over time, oldest first."""
    _was_synced(asking, name)
    return home.growth(asking.app, name, since or 0.0)


# ── rejected rows ────────────────────────────────────────────────────────────────────────────────────────────────
@router.get(
    "/activations/{name}/rejected",
    summary="List the rejected rows of an activation",
    response_model=Page[RejectedRow],
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
def list_rejected(
    asking: Asked, name: NamePath, paging: Paged, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> Page[RejectedRow] | Response:
    """Those of its last run. With `Accept: text/csv` all of them as one file."""
    number, rows = 0, iter(list[RejectedRow]())
    if _was_synced(asking, name):
        number, rows = overview.rejected_in(asking.app, name), overview.rejected(asking.app, name)
    if accept.partition(";")[0].strip().lower() == CSV:
        name_of_file = {"Content-Disposition": 'attachment; filename="rejected.csv"'}
        lines = ((each.row, each.key, each.reason, each.since) for each in rows)
        pieces = spreadsheets.pieces("row,key,reason,since", lines)
        return StreamingResponse(pieces, media_type=CSV, headers=name_of_file)
    run, skip = paging.after(tuple[int, int]) or (number, 0)
    if run != number or not 0 <= skip <= MOST:
        raise Problem(422, "There was another run meanwhile, which has rejected rows of its own: begin without cursor.")
    found = list(islice(rows, skip, skip + paging.limit + 1))
    more = len(found) > paging.limit
    return Page(items=found[: paging.limit], next=next_cursor((number, skip + paging.limit)) if more else None)


# ── one person, and events ───────────────────────────────────────────────────────────────────────────────────────
@router.post("/activations/{name}/explain", summary="Explain one value")
def explain_value(asking: Asked, name: NamePath, body: Question) -> Explanation:
    """Each step from the value to what LinkedIn is told, and what it was told."""
    return explain(asking.app, name, body.value, show=body.show)


def _events(asking: Asking, activation: str | None, since: float | None, until: float | None) -> Events:
    now = asking.app.clock.now()
    first, last = now - HOUR if since is None else since, now if until is None else until
    if until is not None and first >= last:
        raise Problem(422, "`since` has to be before `until`.")
    report = event_view.events(asking.app, activation, first, until)
    over_time = [] if activation is None or first >= last else event_view.over_time(asking.app, activation, first, last)
    samples = list(report.samples) if asking.sees_members else []
    rows = [_events_of(row) for row in report.activations]
    return Events(
        activations=rows,
        samples=samples,
        waiting=report.waiting,
        oldest_seconds=report.oldest_seconds,
        over_time=over_time,
    )


def _events_of(row: EventsRow) -> EventsOf:
    return EventsOf.model_validate(row.json())


@router.get("/events", summary="What became of events")
def get_events(asking: Asked, since: _Since = None, until: _Until = None) -> Events:
    """Of all activations."""
    return _events(asking, None, since, until)


@router.get("/activations/{name}/events", summary="What became of the events of an activation")
def get_events_of(asking: Asked, name: NamePath, since: _Since = None, until: _Until = None) -> Events:
    """Received is the sum of all outcomes, always."""
    if not _was_synced(asking, name):
        return Events(activations=[], samples=[], waiting=0, oldest_seconds=None, over_time=[])
    return _events(asking, name, since, until)
