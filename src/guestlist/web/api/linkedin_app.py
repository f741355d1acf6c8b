"""The LinkedIn app that people consent to."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from guestlist.app import api_version, linkedin_app
from guestlist.app.linkedin_app import LinkedInAppRow
from guestlist.web.api import described
from guestlist.web.api.described import IfMatch, Strict
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["settings"])

_Word = Annotated[str, Field(min_length=1, max_length=200)]


class LinkedInApp(BaseModel):
    """The app, never its secret."""

    client_id: str | None
    origin: Literal["environment", "pages"] | None = Field(description="Who says so; null: nobody yet.")
    redirect_url: str = Field(description="To be entered in LinkedIn's developer portal, for the pages.")
    scopes: list[str] = Field(description="What people are asked to allow.")
    api_version: str
    api_version_ends: float = Field(description="Epoch seconds: from then on LinkedIn refuses this version.")


class LinkedInAppToEnter(Strict):
    """As LinkedIn's developer portal shows it."""

    client_id: _Word
    client_secret: Annotated[str | None, Field(max_length=200, description="Null: the one that is there stays.")] = None


def _shown(asking: Asking) -> LinkedInApp:
    row, version = linkedin_app.shown(asking.app), api_version.spoken(asking.app)
    return LinkedInApp(
        client_id=row.client_id,
        origin=row.origin,
        redirect_url=asking.desk.redirect_url,
        scopes=list(row.scopes),
        api_version=version.version,
        api_version_ends=version.ends,
    )


def _tag(row: LinkedInAppRow) -> str:
    return described.tag_of(row.client_id, row.origin, row.version)


@router.get("/linkedin-app", summary="The LinkedIn app")
def get_linkedin_app(asking: Asked, response: Response) -> LinkedInApp:
    """`client_id` is null until there is one. With its ETag, which an edit has to send back."""
    response.headers["ETag"] = _tag(linkedin_app.shown(asking.app))
    return _shown(asking)


@router.put("/linkedin-app", summary="Enter the LinkedIn app")
def put_linkedin_app(
    asking: Asked, body: LinkedInAppToEnter, response: Response, if_match: IfMatch = None
) -> LinkedInApp:
    """Destinations that were connected with another one keep that until they are authorised again. Not where the
    environment says it.
    """
    secret = body.client_secret or ""
    row = linkedin_app.enter(
        asking.app, body.client_id, secret, lambda there: described.check_tag(if_match, _tag(there))
    )
    response.headers["ETag"] = _tag(row)
    return _shown(asking)


@router.delete("/linkedin-app", status_code=204, summary="Take the LinkedIn app out")
def delete_linkedin_app(asking: Asked, if_match: IfMatch = None) -> None:
    """Nobody can sign in to LinkedIn then; what is connected goes on."""
    linkedin_app.take_out(asking.app, lambda there: described.check_tag(if_match, _tag(there)))
