"""Jobs: long work that was asked for, as far as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from guestlist.app import jobs, progress
from guestlist.app.jobs import JobRow, Kind
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.errors import UnknownName
from guestlist.web.api.paging import MOST, Page, Paged
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["jobs"])

Number = Annotated[int, Path(ge=1, le=MOST)]


@dataclass(frozen=True)
class Job(JobRow):
    """A job as far as it is. Times are epoch seconds. ``result``: what the command line prints as JSON, once done.
    ``run``: of a sync, where its run is to be found, from when there is one.
    """

    run: str | None = None


def accepted(row: JobRow, response: Response) -> Job:
    """A job that was asked for; the answer says where it can be followed."""
    response.headers["Location"] = f"{PREFIX}/jobs/{row.id}"
    return Job(**vars(row))


@router.get("/jobs", summary="List jobs")
def list_jobs(asking: Asked, paging: Paged, subject: Annotated[str | None, Query(max_length=100)] = None) -> Page[Job]:
    """Newest first; what ended is kept for a week. `subject`: of one activation or destination. Those of activations
    need View Segments too.
    """
    person = asking.person
    hidden: tuple[Kind, ...] = () if person.may(*ACTIVATE) else jobs.OF_PEOPLE
    hidden += () if person.may(Permission.VIEW_SEGMENTS) else jobs.OF_ACTIVATIONS
    rows = jobs.newest(asking.app, paging.limit + 1, before=paging.after(int), subject=subject, without=hidden)
    items, following = paging.by_number(rows, lambda row: row.id)
    return Page(items=[_seen(asking, row) for row in items], next=following)


@router.get("/jobs/{number}", summary="One job")
def get_job(asking: Asked, number: Number) -> Job:
    """`state` is waiting, working, done or failed. `result` is what the command line prints as JSON; `run` leads to
    the run of a sync. One of an activation needs View Segments too.
    """
    row = jobs.get(asking.app, number)
    if row.kind in jobs.OF_ACTIVATIONS:
        asking.person.need(Permission.VIEW_SEGMENTS)
    if row.kind in jobs.OF_PEOPLE and not asking.person.may(*ACTIVATE):
        raise UnknownName(f"There is no job {number}; what ended is kept for a week.")
    return _seen(asking, row)


def _seen(asking: Asking, row: JobRow) -> Job:
    """Single members, masked as they are, only for those who may see any."""
    run = progress.run_of(asking.app, row)
    shown = Job(**vars(row), run=None if run is None else f"{PREFIX}/runs/{run}")
    return shown if asking.sees_members else replace(shown, result=_without_members(row.result))


def _without_members(result: Any) -> Any:
    if isinstance(result, list):
        return [_without_members(each) for each in result]
    if not isinstance(result, dict):
        return result
    return {key: [] if key == "who" else _without_members(each) for key, each in result.items()}
