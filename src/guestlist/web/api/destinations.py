"""Destinations: connected LinkedIn ad accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from guestlist.app import connection, declared, destinations, jobs, renaming, setting_up
from guestlist.app.declared import Declaration
from guestlist.app.results import CheckReport, Connection
from guestlist.core.text import contains
from guestlist.ports import Reachable
from guestlist.web.api import described
from guestlist.web.api.described import Described, IfGiven, IfMatch, NamePath, NewName, Origin, Patch, Settings, Strict
from guestlist.web.api.jobs import Job, accepted
from guestlist.web.api.openapi import MODEL
from guestlist.web.api.paging import Page, Paged, Paging, Search
from guestlist.web.api.problems import in_body
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking
from guestlist.web.pages import states

router = APIRouter(prefix=PREFIX, route_class=ApiRoute, tags=["destinations"])

_Model = Annotated[Settings, Field(json_schema_extra={MODEL: "DestinationConfig"})]
Redirect = Annotated[
    str,
    Field(
        pattern=r"^https?://[^\s/]+(/\S*)?$",
        max_length=1_000,
        description="Where LinkedIn sends the browser back to; registered with your LinkedIn app.",
    ),
]


_Secret = Annotated[str, Field(pattern=r"^[\x21-\x7e]+$", max_length=10_000)]
_Seconds = Annotated[int, Field(ge=0, le=10**10)]


class Destination(Described):
    """A destination, and how it is connected."""

    connection: Connection
    authorised_by: str | None = Field(description="Who of us connected it or authorised it anew the last time.")
    activations: list[str] = Field(description="Names of what feeds it.")


class NewDestination(Strict):
    """A destination to make."""

    name: NewName
    settings: _Model


class DestinationSettings(Strict):
    """All it says from now on."""

    settings: _Model


class Rename(Strict):
    """Another name."""

    name: NewName


class Consent(Strict):
    """Where somebody comes back to."""

    redirect_url: Redirect


class Authorization(BaseModel):
    """Where somebody allows it, and what has to come back."""

    address: str = Field(description="Open it in a browser.")
    state: str = Field(description="Comes back with the code; works once, for this token, within ten minutes.")
    ends: float = Field(description="Epoch seconds.")


class Code(Strict):
    """What LinkedIn sent the browser back with."""

    code: _Secret
    state: str = Field(min_length=1, max_length=200)
    redirect_url: Redirect


class SignIn(Strict):
    """A sign-in at LinkedIn that is there already."""

    destination: str = Field(min_length=1, max_length=100, description="The one that somebody signed in for.")


class TokenResponse(BaseModel):
    """LinkedIn's token response, as it came."""

    model_config = ConfigDict(extra="allow")

    access_token: _Secret
    expires_in: _Seconds | None = None
    refresh_token: _Secret | None = None
    refresh_token_expires_in: _Seconds | None = None
    scope: str | None = None


def shown(asking: Asking, found: Declaration) -> Destination:
    """A destination as it stands."""
    activations = [name for name, each in asking.config.activations.items() if each.destination == found.name]
    stands, facts = connection.stands(asking.app, asking.config, found.name), described.facts(found)
    by = connection.authorised_by(asking.app, asking.config, found.name) if stands.authorised is not None else None
    return Destination(**facts, connection=stands, authorised_by=by or None, activations=activations)


def _words(row: destinations.DestinationRow) -> str:
    shown = states.destination(row.state, soon=row.connection.soon).text
    return f"{destinations.words(row)} {row.state} {shown}"


# ── what there is ────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/destinations", summary="List destinations")
def list_destinations(
    asking: Asked,
    paging: Paged,
    origin: Origin | None = None,
    state: Annotated[str | None, Query(max_length=100)] = None,
    search: Search = "",
) -> Page[Destination]:
    """By name. `state`: that of the connection."""
    found = declared.all_of(asking.app, asking.configuration, "destinations").values()
    there = destinations.all_of(asking.app, asking.config)
    fits = {row.name for row in there if contains(_words(row), search)}
    rows = [shown(asking, each) for each in found if each.name in fits]
    wanted = [each for each in rows if origin in (None, each.origin) and state in (None, each.connection.state)]
    items, following = paging.by_name(wanted, lambda each: each.name)
    return Page(items=items, next=following)


@router.post("/destinations", status_code=201, summary="Make a destination")
def make_destination(asking: Asked, body: NewDestination, response: Response) -> Destination:
    """It is connected with `/authorization` or `/token`."""
    return shown(asking, described.created(asking, "destinations", body.name, body.settings, response))


@router.get("/destinations/{name}", summary="One destination")
def get_destination(asking: Asked, name: NamePath, response: Response) -> Destination:
    """With its ETag, which an edit has to send back."""
    return shown(asking, described.got(asking, "destinations", name, response))


@router.put("/destinations/{name}", summary="Change a destination")
def put_destination(
    asking: Asked, name: NamePath, body: DestinationSettings, response: Response, if_match: IfMatch = None
) -> Destination:
    """`settings` takes the place of all it said."""
    return shown(asking, described.changed(asking, "destinations", name, body.settings, if_match, response))


@router.patch("/destinations/{name}", summary="Change some of a destination")
def patch_destination(
    asking: Asked, name: NamePath, body: Patch, response: Response, if_match: IfMatch = None
) -> Destination:
    """A few keys of `settings`."""
    return shown(asking, described.patched(asking, "destinations", name, body.settings, if_match, response))


@router.delete("/destinations/{name}", status_code=204, summary="Delete a destination")
def delete_destination(asking: Asked, name: NamePath, if_match: IfMatch = None) -> None:
    """Not while an activation feeds it."""
    described.deleted(asking, "destinations", name, if_match)


@router.post("/destinations/{name}/take-over", summary="Take a destination over from the file")
def take_destination_over(asking: Asked, name: NamePath, response: Response, if_match: IfGiven = None) -> Destination:
    """From now on it is edited here; what the file says of it counts no more."""
    return shown(asking, described.taken_over(asking, "destinations", name, if_match, response))


@router.post("/destinations/{name}/rename", summary="Rename a destination")
def rename_destination(
    asking: Asked, name: NamePath, body: Rename, response: Response, if_match: IfGiven = None
) -> Destination:
    """Its credential, its activations and all that LinkedIn was told stay; whatever names it follows."""
    app, configuration = asking.app, asking.configuration
    check = described.as_given(if_match)
    found = renaming.destination(app, configuration, name, body.name, check=check)
    described.made(found, response)
    return shown(Asking(asking.desk, asking.person), found)


@router.get("/destinations/{name}/ad-accounts", summary="The ad accounts to choose from")
def list_accounts(asking: Asked, name: NamePath, paging: Paged, search: Search = "") -> Page[Reachable]:
    """Those that LinkedIn lists now for who authorised it, with their role; none before somebody did, and none at
    LinkedIn's Development tier. By number.
    """
    return accounts(paging, connection.accounts(asking.app, asking.config, name), search)


def accounts(paging: Paging, found: Sequence[Reachable], search: str) -> Page[Reachable]:
    """One page of those that fit; LinkedIn is asked for all of them each time."""
    fits = [each for each in found if contains(connection.words(each), search)]
    items, following = paging.by_name(sorted(fits, key=lambda each: each.account), lambda each: each.account)
    return Page(items=items, next=following)


# ── connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
@router.post("/destinations/{name}/authorization", status_code=201, summary="Begin to connect")
def begin_authorization(asking: Asked, name: NamePath, body: Consent) -> Authorization:
    """Open `address` in a browser; LinkedIn sends it back to `redirect_url` with `code` and `state`."""
    address, state = connection.begin_consent(asking.app, asking.config, name, body.redirect_url)
    return Authorization(address=address, state=state, ends=asking.app.clock.now() + connection.CONSENT)


@router.post("/destinations/{name}/authorization/code", summary="Connect with the code LinkedIn gave")
def finish_authorization(asking: Asked, name: NamePath, body: Code, if_match: IfGiven = None) -> CheckReport:
    """Token, scopes, ad account and role are checked at once; nothing is kept unless all is well. Syncs that waited for
    it go on.
    """
    described.unchanged(asking, "destinations", name, if_match)
    app, config = asking.app, asking.config
    back = (body.code, body.state, body.redirect_url)
    return setting_up.going_on(app, config, name, lambda: connection.finish_consent(app, config, name, *back))


@router.post("/destinations/{name}/authorization/reuse", summary="Connect with a sign-in that is there")
def reuse_authorization(asking: Asked, name: NamePath, body: SignIn, if_match: IfGiven = None) -> CheckReport:
    """That of another destination, through the same LinkedIn app. Checked as any other."""
    described.unchanged(asking, "destinations", name, if_match)
    app, config = asking.app, asking.config
    connection.described(config, name)
    with in_body("destination"):
        return setting_up.going_on(
            app, config, name, lambda: connection.connect_again(app, config, name, body.destination)
        )


@router.post("/destinations/{name}/token", summary="Connect with LinkedIn's token response")
def connect_with_token(asking: Asked, name: NamePath, body: TokenResponse, if_match: IfGiven = None) -> CheckReport:
    """The same with a token that was made elsewhere."""
    described.unchanged(asking, "destinations", name, if_match)
    app, config = asking.app, asking.config
    response: Mapping[str, Any] = body.model_dump(exclude_none=True)
    return setting_up.going_on(app, config, name, lambda: connection.connect_token(app, config, name, response))


@router.post("/destinations/{name}/checks", status_code=202, summary="Check a connection")
def check_destination(asking: Asked, name: NamePath, response: Response) -> Job:
    """Token, scopes, ad account, role, API version, asked of LinkedIn; follow the job."""
    return accepted(jobs.ask_check(asking.app, asking.config, name), response)
