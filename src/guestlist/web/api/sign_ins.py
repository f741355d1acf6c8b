"""Signing in to LinkedIn before an ad account is chosen: for a destination that is still to be made."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from guestlist.app import connection, declared, setting_up
from guestlist.ports import Reachable
from guestlist.web.api import described
from guestlist.web.api.destinations import (
    Authorization,
    Code,
    Consent,
    Destination,
    NewDestination,
    SignIn,
    accounts,
    shown,
)
from guestlist.web.api.paging import Page, Paged, Search
from guestlist.web.api.problems import in_body
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["destinations"])

Handle = Annotated[str, Path(max_length=200)]


class SignedIn(BaseModel):
    """A sign-in that waits for an ad account to be chosen."""

    sign_in: str = Field(description="What to go on with; only for this token.")
    ends: float = Field(description="Epoch seconds.")


def _waiting(asking: Asking, handle: str, response: Response) -> SignedIn:
    response.headers["Location"] = f"{PREFIX}/sign-ins/{described.quoted(handle)}"
    return SignedIn(sign_in=handle, ends=asking.app.clock.now() + setting_up.KEPT)


@router.post("/sign-ins", status_code=201, summary="Begin to sign in to LinkedIn")
def begin_sign_in(asking: Asked, body: Consent) -> Authorization:
    """Open `address` in a browser; LinkedIn sends it back to `redirect_url` with `code` and `state`."""
    address, state = connection.begin(asking.app, body.redirect_url)
    return Authorization(address=address, state=state, ends=asking.app.clock.now() + connection.CONSENT)


@router.post("/sign-ins/code", status_code=201, summary="Sign in with the code LinkedIn gave")
def finish_sign_in(asking: Asked, body: Code, response: Response) -> SignedIn:
    """It is kept for an hour, for an ad account to be chosen."""
    handle, _ = setting_up.arrive(asking.app, body.code, body.state, body.redirect_url)
    return _waiting(asking, handle, response)


@router.post("/sign-ins/reuse", status_code=201, summary="Go on with a sign-in that is there")
def reuse_sign_in(asking: Asked, body: SignIn, response: Response) -> SignedIn:
    """That of a destination, through the same LinkedIn app."""
    with in_body("destination"):
        handle = setting_up.reuse(asking.app, asking.config, body.destination)
    return _waiting(asking, handle, response)


@router.get("/sign-ins/{handle}", summary="The ad accounts of a sign-in")
def get_sign_in(asking: Asked, handle: Handle, paging: Paged, search: Search = "") -> Page[Reachable]:
    """With the role on each, asked of LinkedIn now, by number; an account that is not among them can be named all the
    same.
    """
    return accounts(paging, setting_up.choices(asking.app, handle), search)


@router.post("/sign-ins/{handle}/destinations", status_code=201, summary="Make a destination and connect it")
def make_connected(asking: Asked, handle: Handle, body: NewDestination, response: Response) -> Destination:
    """Token, scopes, ad account and role are checked at once; nothing is made or kept unless all is well."""
    setting_up.finish(asking.app, asking.configuration, handle, body.name, body.settings, asking.person)
    made = declared.get(asking.app, asking.configuration, "destinations", body.name)
    return shown(asking, described.made(made, response))
