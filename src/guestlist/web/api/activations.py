"""Activations: one audience kept in step on one destination."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from guestlist.app import copies, counts, declared, drafts, ending, jobs, overview, progress, remapping
from guestlist.app.declared import Declaration
from guestlist.app.drafts import Wanted
from guestlist.app.results import Removals, StatusRow
from guestlist.app.sync import Wish
from guestlist.core.counting import Drift, Wait
from guestlist.core.text import contains
from guestlist.errors import UnknownName
from guestlist.web.api import described
from guestlist.web.api.described import Described, IfGiven, IfMatch, NamePath, NewName, Origin, Patch, Settings, Strict
from guestlist.web.api.jobs import Job, accepted
from guestlist.web.api.openapi import MODEL
from guestlist.web.api.paging import MOST, Page, Paged, Search
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking
from guestlist.web.pages import states

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["activations"])

_Model = Annotated[Settings, Field(json_schema_extra={MODEL: "ActivationConfig"})]
_Filter = Annotated[str | None, Query(max_length=100)]
_GONE = '"not described"'  # the ETag of what only the store knows
SEVERAL = 100  # activations that are made at once


class Activation(Described):
    """An activation, and how it stands."""

    status: StatusRow = Field(description="As `guestlist status` shows it; docs/errors.md explains the states.")


class UnderWay(BaseModel):
    """How far something is, as the pages show it."""

    job: int | None = Field(description="What somebody asked for; null: a run that the schedule or a worker began.")
    run: str | None = Field(description="Where its run is to be found, from when there is one.")
    state: Literal["waiting", "working"] = Field(description="waiting: for its turn.")
    what: str = Field(description='Like "sending to LinkedIn"; empty: it was only begun.')
    done: int
    of: int = Field(description="0: nobody knows of how many.")


class ActivationNow(Activation):
    """An activation, how it stands, what is done with it at this moment, and what was not sent."""

    not_sent: Mapping[str, int] = Field(
        description="Rows of its last run by the reason why they were not sent or were refused, most first."
    )
    progress: UnderWay | None = Field(description="A sync or a plan that is under way; null: none is.")


class Counts(BaseModel):
    """What LinkedIn counts beside what was sent. Its counts are up to 48 hours late, rounded, and 0 below 300."""

    of_sent: float | None = Field(description="Audience size as a share (0..1) of the people sent so far.")
    seven_days: float | None = Field(description="LinkedIn's own match rate (0..1), of what was sent in seven days.")
    drift: Drift = Field(description="Between what was sent and what LinkedIn counts.")
    text: str = Field(description="Why, and what to do.")
    wait: Wait | None = Field(description="How long the status may last; null: nobody has to wait.")


class NewActivation(Strict):
    """An activation to make."""

    name: NewName
    settings: _Model


class NewActivations(Strict):
    """Several activations to make."""

    activations: list[NewActivation] = Field(min_length=1, max_length=SEVERAL)
    run: bool = Field(False, description="Sync at once those that are switched on and that no events feed.")


class MadeActivations(BaseModel):
    """All of them, in the order they were named."""

    items: list[Activation]


class ActivationSettings(Strict):
    """All it says from now on."""

    settings: _Model


class Rename(Strict):
    """Another name."""

    name: NewName
    propagate: bool = Field(False, description="The LinkedIn audience is called so too, from the next sync on.")


class Duplicate(Strict):
    """What is another about the copy."""

    name: NewName
    destination: str | None = Field(None, max_length=100, description="Left out: the same.")


class MappingInEffect(BaseModel):
    """LinkedIn field -> where it is taken from."""

    mapping: dict[str, list[Any]]
    chosen: bool = Field(description="false: by itself, from the header of the list or where events usually have it.")


class NewMapping(Strict):
    """LinkedIn field -> where it is taken from; empty: by itself again."""

    mapping: dict[str, list[Any]]


class SyncWish(Strict):
    """What this sync may do beside the ordinary."""

    allow_removals: int | None = Field(None, ge=0, le=MOST, description="Up to so many members may leave, this time.")
    resend: bool = Field(False, description="Send everybody again.")
    new_snapshot: bool = Field(False, description="Send a snapshot once more, to a second LinkedIn audience.")


def shown(asking: Asking, found: Declaration) -> Activation:
    """An activation as it stands."""
    (row,) = overview.status(asking.app, asking.config, (found.name,))
    return Activation(**described.facts(found), status=_seen(asking, row))


def _seen(asking: Asking, row: StatusRow) -> StatusRow:
    return row if asking.sees_members else replace(row, who=())


def _all(asking: Asking) -> Iterable[tuple[Declaration | None, StatusRow]]:
    there = declared.all_of(asking.app, asking.configuration, "activations")
    rows = overview.status(asking.app, asking.config)
    return ((there.get(row.activation), row) for row in sorted(rows, key=lambda row: row.activation))


def _shown(asking: Asking, found: Declaration | None, row: StatusRow) -> Activation:
    blank = {"name": row.activation, "origin": None, "version": None, "changed": None, "changed_by": ""}
    facts: dict[str, Any] = {**blank, "settings": None} if found is None else described.facts(found)
    return Activation(**facts, status=_seen(asking, row))


# ── what there is ────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/activations", summary="List activations")
def list_activations(
    asking: Asked,
    paging: Paged,
    origin: Origin | None = None,
    audience: _Filter = None,
    destination: _Filter = None,
    mode: Literal["mirror", "stream", "add_only", "remove_only", "snapshot"] | None = None,
    state: _Filter = None,
    search: Search = "",
) -> Page[Activation]:
    """By name, those included that nothing describes any more. `state`: that of the status."""
    described_here = asking.config.activations

    def wanted(row: StatusRow) -> bool:
        entry = described_here.get(row.activation)
        return (
            state in (None, row.state)
            and destination in (None, row.destination)
            and audience in (None, entry.audience if entry else None)
            and mode in (None, entry.mode if entry else None)
            and contains(f"{overview.words(asking.config, row)} {row.state} {states.state(row.state).text}", search)
        )

    rows = [_shown(asking, found, row) for found, row in _all(asking) if wanted(row)]
    items, following = paging.by_name([row for row in rows if origin in (None, row.origin)], lambda each: each.name)
    return Page(items=items, next=following)


@router.post("/activations", status_code=201, summary="Make an activation")
def make_activation(asking: Asked, body: NewActivation, response: Response) -> Activation:
    """Mapping `primaryId` needs View Identity Graph too. Nothing is sent before a sync; a plan shows it."""
    return shown(asking, described.created(asking, "activations", body.name, body.settings, response))


@router.post("/activation-sets", status_code=201, summary="Make several activations at once")
def make_activations(asking: Asked, body: NewActivations) -> MadeActivations:
    """All of them or none; `place` says which cannot be. Mapping `primaryId` needs View Identity Graph too."""
    wanted = [Wanted(each.name, each.settings) for each in body.activations]
    made = drafts.make(asking.app, asking.configuration, asking.person, wanted, run=body.run)
    now = Asking(asking.desk, asking.person)
    return MadeActivations(items=[shown(now, each) for each in made])


@router.get("/activations/{name}", summary="One activation")
def get_activation(asking: Asked, name: NamePath, response: Response) -> ActivationNow:
    """With its ETag, which an edit has to send back, and how far a sync is that is under way."""
    (row,) = overview.status(asking.app, asking.config, (name,))
    try:
        found: Declaration | None = described.got(asking, "activations", name, response)
    except UnknownName:
        found = None
        response.headers["ETag"] = _GONE
    reasons, under_way = overview.rejected_by_reason(asking.app, name), _under_way(asking, name)
    return ActivationNow(**dict(_shown(asking, found, row)), not_sent=reasons, progress=under_way)


def _under_way(asking: Asking, name: str) -> UnderWay | None:
    found = progress.of_activation(asking.app, name)
    if found is None:
        return None
    job, run = found.job, None if found.run is None else f"{PREFIX}/runs/{found.run}"
    waits = job is not None and job.state == "waiting"
    return UnderWay(
        job=job.id if job is not None else None,
        run=run,
        state="waiting" if waits else "working",
        what=found.what,
        done=found.done,
        of=found.of,
    )


@router.put("/activations/{name}", summary="Change an activation")
def put_activation(
    asking: Asked, name: NamePath, body: ActivationSettings, response: Response, if_match: IfMatch = None
) -> Activation:
    """`settings` takes the place of all it said."""
    return shown(asking, described.changed(asking, "activations", name, body.settings, if_match, response))


@router.patch("/activations/{name}", summary="Change some of an activation")
def patch_activation(
    asking: Asked, name: NamePath, body: Patch, response: Response, if_match: IfMatch = None
) -> Activation:
    """A few keys of `settings`."""
    return shown(asking, described.patched(asking, "activations", name, body.settings, if_match, response))


@router.delete("/activations/{name}", status_code=204, summary="End an activation")
def delete_activation(
    asking: Asked,
    name: NamePath,
    if_match: IfMatch = None,
    delete_segment: Annotated[
        bool | None, Query(description="Whether the LinkedIn audience goes too; left out: what `on_delete` says.")
    ] = None,
) -> None:
    """For good. What LinkedIn was told is remembered, so that forgetting reaches it."""
    try:
        found = declared.get(asking.app, asking.configuration, "activations", name)
        version, current = found.version, described.tag(found)
    except UnknownName:
        overview.known(asking.app, name)
        version, current = None, _GONE
    described.check_tag(if_match, current)
    ending.withdraw(asking.app, asking.configuration, name, version, delete_segment=delete_segment)


@router.post("/activations/{name}/take-over", summary="Take an activation over from the file")
def take_activation_over(asking: Asked, name: NamePath, response: Response, if_match: IfGiven = None) -> Activation:
    """From now on it is edited here; what the file says of it counts no more."""
    return shown(asking, described.taken_over(asking, "activations", name, if_match, response))


@router.get("/activations/{name}/counts", summary="What LinkedIn counts beside what was sent")
def get_counts(asking: Asked, name: NamePath) -> Counts:
    """As LinkedIn said it last; nothing is asked of it now."""
    overview.status(asking.app, asking.config, (name,))
    found = counts.of_activation(asking.app, name)
    rates, verdict = found.rates, found.verdict
    return Counts(
        of_sent=rates.of_sent, seven_days=rates.seven_days, drift=verdict.drift, text=verdict.text, wait=found.wait
    )


@router.get("/activations/{name}/removals", summary="Removals that wait to be confirmed")
def get_removals(asking: Asked, name: NamePath) -> Removals:
    """The plan that was stopped, and up to fifty of those who would leave. A sync with `allow_removals` lets them."""
    overview.status(asking.app, asking.config, (name,))
    return overview.leaving(asking.app, name) or Removals(name, 0, 0, 0)


@router.get("/activations/{name}/mapping", summary="The mapping of an activation")
def get_mapping(asking: Asked, name: NamePath) -> MappingInEffect:
    """As it counts now: chosen, fixed by the first sync, guessed from the header, or where events usually have it."""
    in_effect = remapping.in_effect(asking.app, asking.config, name)
    found = {field: list(sources) for field, sources in in_effect.items()}
    return MappingInEffect(mapping=found, chosen=asking.config.activations[name].mapping is not None)


@router.put("/activations/{name}/mapping", summary="Change the mapping of an activation")
def put_mapping(
    asking: Asked, name: NamePath, body: NewMapping, response: Response, if_match: IfMatch = None
) -> Activation:
    """Checked against the columns of the list. Mapping `primaryId` needs View Identity Graph too."""
    before = declared.get(asking.app, asking.configuration, "activations", name)
    described.check_tag(if_match, described.tag(before))
    version = before.version or 0  # of the file: it is told so
    found = remapping.change(asking.app, asking.configuration, name, body.mapping, version, asking.person)
    response.headers["ETag"] = described.tag(found)
    return shown(Asking(asking.desk, asking.person), found)


@router.post("/activations/{name}/duplicates", status_code=201, summary="Duplicate an activation")
def duplicate_activation(asking: Asked, name: NamePath, body: Duplicate, response: Response) -> Activation:
    """The same choices under another name, off until it is resumed; no `primaryId` without View Identity Graph."""
    found = copies.make(asking.app, asking.configuration, name, body.name, asking.person, body.destination)
    response.headers["ETag"] = described.tag(found)
    response.headers["Location"] = f"{PREFIX}/activations/{described.quoted(found.name)}"
    return shown(Asking(asking.desk, asking.person), found)


# ── what is done with it ─────────────────────────────────────────────────────────────────────────────────────────
@router.post("/activations/{name}/pause", summary="Pause an activation")
def pause_activation(asking: Asked, name: NamePath, response: Response, if_match: IfGiven = None) -> Activation:
    """Nothing is sent, nothing is lost."""
    return shown(asking, described.enabled(asking, name, if_match, response, on=False))


@router.post("/activations/{name}/resume", summary="Resume an activation")
def resume_activation(asking: Asked, name: NamePath, response: Response, if_match: IfGiven = None) -> Activation:
    """It goes on where it was."""
    return shown(asking, described.enabled(asking, name, if_match, response, on=True))


@router.post("/activations/{name}/rename", summary="Rename an activation")
def rename_activation(
    asking: Asked, name: NamePath, body: Rename, response: Response, if_match: IfGiven = None
) -> Activation:
    """Its LinkedIn audience and all that is known of it stay."""
    app, configuration = asking.app, asking.configuration
    check = described.as_given(if_match)
    found = declared.rename(app, configuration, name, body.name, propagate=body.propagate, check=check)
    described.made(found, response)
    return shown(Asking(asking.desk, asking.person), found)


@router.post("/plans", status_code=202, summary="Plan the first sync of an activation that is not there yet")
def plan_new_activation(asking: Asked, body: NewActivation, response: Response) -> Job:
    """What it would do; nothing is made, nothing is sent. Follow the job: its result has the plan under the name, or a
    `problem`, a sentence that says why nobody knows.
    """
    declared.check_new(asking.app, asking.configuration, "activations", body.name, body.settings, asking.person)
    return accepted(jobs.ask_preview(asking.app, {body.name: body.settings}), response)


@router.post("/activations/{name}/plans", status_code=202, summary="Plan a sync")
def plan_activation(asking: Asked, name: NamePath, response: Response) -> Job:
    """What a sync would do now; nothing is sent. Follow the job: its result is the plan."""
    return accepted(jobs.ask_plan(asking.app, asking.config, name), response)


@router.post("/activations/{name}/syncs", status_code=202, summary="Sync an activation")
def sync_activation(
    asking: Asked, name: NamePath, response: Response, body: SyncWish | None = None, if_match: IfGiven = None
) -> Job:
    """As soon as a worker is free. Follow the job: its result is what was done, `run` where to read it. Of a snapshot
    that was sent only a new snapshot does anything: the state `frozen` says that nothing was to do.
    """
    described.unchanged(asking, "activations", name, if_match)
    wish = Wish(body.allow_removals, body.resend, body.new_snapshot) if body is not None else Wish()
    return accepted(jobs.ask_sync(asking.app, asking.config, name, wish), response)
