"""What an activation would do with one event, before there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from guestlist.app import event_trial
from guestlist.app.event_trial import Trial
from guestlist.core.identity import Kind
from guestlist.web.api.described import Settings, Strict
from guestlist.web.api.openapi import MODEL
from guestlist.web.api.route import PREFIX, ApiRoute, Asked

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["activations"])


class NewTrial(Strict):
    """An event, and what is to be done with such."""

    members: Literal["people", "companies"] = "people"
    settings: Annotated[Settings, Field(json_schema_extra={MODEL: "ActivationConfig"})] = Field(
        default_factory=dict, description="Of them `trigger`, `audience_key`, `action` and `mapping` count."
    )
    event: dict[str, Any] = Field(description="As an SDK or a webhook sends it.")


@dataclass(frozen=True)
class EventTrial(Trial):
    """What would come of it; and the trigger as FQL and as conditions. ``conditions`` null: they cannot say it."""

    fql: str = ""
    conditions: Mapping[str, Any] | None = None


class SampleEvent(BaseModel):
    """An event to try an activation with."""

    event: dict[str, Any] = Field(description="As Segment Engage sends it.")


@router.get("/event-trials/sample", summary="An event to try with")
def get_sample_event(
    asking: Asked,
    members: Literal["people", "companies"] = "people",
    audience_key: Annotated[str, Query(max_length=200, description="Of the activation; left out: any.")] = "",
) -> SampleEvent:
    """The one that the pages offer: somebody enters the audience of this key. Nobody of it is real."""
    return SampleEvent(event=msgspec.json.decode(event_trial.sample(_kind(members), audience_key)))


def _kind(members: str) -> Kind:
    return Kind.PEOPLE if members == "people" else Kind.COMPANIES


@router.post("/event-trials", summary="Try an event")
def try_event(asking: Asked, body: NewTrial) -> EventTrial:
    """Whether somebody would enter or leave, and what LinkedIn would be told, masked. Nothing is sent or kept."""
    found = event_trial.trial(_kind(body.members), body.settings, msgspec.json.encode(body.event).decode())
    trigger = body.settings.get("trigger") or event_trial.DEFAULT
    return EventTrial(**vars(found), fql=event_trial.as_text(trigger), conditions=event_trial.as_conditions(trigger))
