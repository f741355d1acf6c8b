"""Audiences: who, and the list or the events they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from guestlist.app import audiences, declared, drafts, last_events, samples
from guestlist.app.audiences import AudienceRow, Live
from guestlist.app.declared import Declaration
from guestlist.app.drafts import Wanted
from guestlist.core.text import contains
from guestlist.web.api import described
from guestlist.web.api.described import Described, IfGiven, IfMatch, NamePath, NewName, Origin, Patch, Settings, Strict
from guestlist.web.api.openapi import MODEL
from guestlist.web.api.paging import Page, Paged, Search
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking
from guestlist.web.pages import states

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["audiences"])

_Model = Annotated[Settings, Field(json_schema_extra={MODEL: "AudienceConfig"})]


class Audience(Described):
    """An audience, and what uses it."""

    activations: list[str] = Field(description="Names of the activations that send it somewhere.")
    status: AudienceRow | None = Field(description="How many are in it, and where they come from.")


class NewAudience(Strict):
    """An audience to make. Only an Administrator may name a file of the server."""

    name: NewName
    settings: _Model


class AudienceSettings(Strict):
    """All it says from now on."""

    settings: _Model


class Sample(BaseModel):
    """The first of an audience."""

    masked: bool = Field(description="Not as they stand there: whole values are for those who hold View Profiles.")
    columns: list[str]
    rows: list[list[str]] = Field(description="Of each row its cells in the order of `columns`; empty: none.")


class Columns(BaseModel):
    """What the list of an audience looks like."""

    columns: list[str]
    mapping: dict[str, list[str]] = Field(description="How they would be mapped: LinkedIn field, columns.")
    read: Mapping[str, str] = Field(
        description="LinkedIn field -> what stands there first, masked; only for those who hold View Profiles."
    )
    told: Mapping[str, str] = Field(description="LinkedIn field -> what LinkedIn would be told of it, likewise.")


class MappingTrial(Strict):
    """A mapping to be looked at."""

    mapping: dict[str, list[Any]] | None = Field(
        None, description="LinkedIn field -> where it is taken from; null: as it is suggested."
    )


class Tried(BaseModel):
    """What it does."""

    mapping: dict[str, list[Any]]
    read: Mapping[str, str] = Field(description="LinkedIn field -> what stands there first, masked.")
    told: Mapping[str, str] = Field(description="LinkedIn field -> what LinkedIn would be told of it, likewise.")
    problem: str = Field(description="Why there is nothing to look at; empty: there is.")


class LastEvent(BaseModel):
    """An event that came."""

    event: dict[str, Any]


def shown(asking: Asking, found: Declaration) -> Audience:
    """An audience as it stands."""
    return _shown(asking, found, audiences.one(asking.app, asking.config, found.name))


def _shown(asking: Asking, found: Declaration, row: AudienceRow | None) -> Audience:
    activations = [name for name, each in asking.config.activations.items() if each.audience == found.name]
    return Audience(**described.facts(found), activations=activations, status=row)


@router.get("/audiences", summary="List audiences")
def list_audiences(
    asking: Asked,
    paging: Paged,
    origin: Origin | None = None,
    members: Literal["people", "companies"] | None = None,
    search: Search = "",
) -> Page[Audience]:
    """By name."""
    found = declared.all_of(asking.app, asking.configuration, "audiences").values()
    rows = {
        row.name: row
        for row in audiences.all_of(asking.app, asking.config)
        if contains(f"{audiences.words(row)} {row.state} {states.audience(row.state).text}", search)
    }
    there = (each for each in found if each.name in rows and members in (None, each.body.get("members")))
    wanted = [_shown(asking, each, rows[each.name]) for each in there]
    items, following = paging.by_name(
        [each for each in wanted if origin in (None, each.origin)], lambda each: each.name
    )
    return Page(items=items, next=following)


@router.post("/audiences", status_code=201, summary="Make an audience")
def make_audience(asking: Asked, body: NewAudience, response: Response) -> Audience:
    """Nothing is sent before an activation sends it. A file of the server has to be one that can be read."""
    made = audiences.create(asking.app, asking.configuration, body.name, body.settings, asking.person)
    return shown(asking, described.made(made, response))


@router.get("/audiences/{name}", summary="One audience")
def get_audience(asking: Asked, name: NamePath, response: Response) -> Audience:
    """With its ETag, which an edit has to send back."""
    return shown(asking, described.got(asking, "audiences", name, response))


@router.get("/audiences/{name}/sample", summary="The first of an audience")
def get_sample(asking: Asked, name: NamePath) -> Sample:
    """The columns and the first ten who are in: of the first rows of a list as it is now those that the filter keeps,
    of events whoever is in. Nobody who was forgotten is among them. Without View Profiles
    they are masked.
    """
    declared.get(asking.app, asking.configuration, "audiences", name)
    rows = samples.beginning(asking.app, asking.config, name, members=asking.sees_members)
    return Sample(masked=rows.masked, columns=list(rows.columns), rows=[list(each) for each in rows.rows])


@router.put("/audiences/{name}", summary="Change an audience")
def put_audience(
    asking: Asked, name: NamePath, body: AudienceSettings, response: Response, if_match: IfMatch = None
) -> Audience:
    """`settings` takes the place of all it said. Another file of the server has to be one that can be read."""
    return shown(asking, described.changed(asking, "audiences", name, body.settings, if_match, response))


@router.patch("/audiences/{name}", summary="Change some of an audience")
def patch_audience(
    asking: Asked, name: NamePath, body: Patch, response: Response, if_match: IfMatch = None
) -> Audience:
    """A few keys of `settings`. Another file of the server has to be one that can be read."""
    return shown(asking, described.patched(asking, "audiences", name, body.settings, if_match, response))


@router.delete("/audiences/{name}", status_code=204, summary="Delete an audience")
def delete_audience(asking: Asked, name: NamePath, if_match: IfMatch = None) -> None:
    """Not while an activation sends it. Its uploaded list goes with it, unless another audience has that as its source
    too.
    """
    described.deleted(asking, "audiences", name, if_match)


@router.post("/audiences/{name}/take-over", summary="Take an audience over from the file")
def take_audience_over(asking: Asked, name: NamePath, response: Response, if_match: IfGiven = None) -> Audience:
    """From now on it is edited here; what the file says of it counts no more."""
    return shown(asking, described.taken_over(asking, "audiences", name, if_match, response))


# ── looking at what comes in ─────────────────────────────────────────────────────────────────────────────────────
@router.get("/audiences/{name}/live", summary="Who is in an audience of events now")
def get_live(asking: Asked, name: NamePath) -> Live:
    """By audience key: how many are in, how many were ever heard of; and what came of the last hour's events."""
    audiences.write_keys_of(asking.config, name)
    return audiences.live(asking.app, asking.config, name)


@router.get("/audiences/{name}/columns", summary="The columns of an audience's list")
def get_columns(asking: Asked, name: NamePath) -> Columns:
    """As its list is now, how they would be mapped, and what LinkedIn would be told of the first rows."""
    looked = audiences.looked_at(asking.app, asking.config, name)
    seen = _seen(asking, name, looked.mapping)
    chosen = {field: list(sources) for field, sources in looked.mapping.items()}
    return Columns(columns=list(looked.columns), mapping=chosen, read=seen.read, told=seen.told)


@router.post("/audiences/{name}/mapping-trials", summary="Try a mapping")
def try_mapping(asking: Asked, name: NamePath, body: MappingTrial) -> Tried:
    """What it reads in the first rows of a list, or in the last event that came, and what LinkedIn would be told of it,
    masked. Nothing is sent or kept. A mapping that LinkedIn could find nobody by is refused; `primaryId` needs View
    Identity Graph.
    """
    wanted = audiences.described(asking.config, name)
    mapping = body.mapping
    if mapping is None:
        mapping = drafts.suggested(asking.app, asking.config, name, asking.person)
    else:
        drafts.may_send_identities(Wanted(name, {"mapping": mapping}), asking.person)
        columns, problem = drafts.columns_of(asking.app, asking.config, name)
        drafts.check_fits(wanted, mapping, None if problem else columns)
    seen = _seen(asking, name, mapping)
    return Tried(mapping=mapping, read=seen.read, told=seen.told, problem=seen.problem)


def _seen(asking: Asking, name: str, mapping: Mapping[str, Sequence[Any]]) -> samples.Shown:
    latest, members = asking.desk.latest, asking.sees_members
    return samples.of_mapping(asking.app, asking.config, name, mapping, latest, members=members)


@router.get("/audiences/{name}/last-event", summary="The last event that came for an audience")
def get_last_event(asking: Asked, name: NamePath) -> LastEvent:
    """To try an activation with, whichever server took it; never one of somebody forgotten."""
    keys = audiences.write_keys_of(asking.config, name)
    return LastEvent(event=dict(last_events.last(asking.app, asking.config, name, keys, asking.desk.latest)))
