"""Who may do what, and what was done: users, tokens, write keys, the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from guestlist.app import activity, api_tokens, users, write_keys
from guestlist.app.api_tokens import TokenRow
from guestlist.app.results import KeyRow
from guestlist.app.users import UserRow
from guestlist.core.permissions import HOLDS, Permission, Role
from guestlist.errors import UnknownName
from guestlist.web.api import described
from guestlist.web.api.described import IfGiven, IfMatch, NamePath, Strict, quoted
from guestlist.web.api.paging import MOST, Page, Paged, Since, Until, period
from guestlist.web.api.route import PREFIX, ApiRoute, Asked, Asking

router = APIRouter(prefix=PREFIX, route_class=ApiRoute)

LINK = "/setup/"  # of the pages: where somebody chooses a password
_Text = Annotated[str | None, Query(max_length=200)]
_Name = Annotated[str, Field(min_length=1, max_length=100)]


class NewUser(Strict):
    """Somebody to let in."""

    name: _Name
    role: Role


class Invited(BaseModel):
    """A user, and the address where they choose a password."""

    user: UserRow
    link: str = Field(description="Works once, within a day; told only now.")


class UserChanges(Strict):
    """What of a user is to be another from now on."""

    role: Role | None = None
    disabled: bool | None = Field(None, description="They cannot sign in, and their sessions end at once.")


class RoleRow(BaseModel):
    """A role, and what who has it may do."""

    role: Role
    permissions: list[Permission]


class NewToken(Strict):
    """A token to make."""

    name: _Name
    role: Role
    scopes: list[Permission] | None = Field(None, description="Narrowed down to these; null: all its role may do.")
    ends: float | None = Field(None, ge=0, le=MOST, description="Epoch seconds; null: when it is revoked.")


class MadeToken(BaseModel):
    """A token, told only now."""

    name: str
    token: str


class NewKey(Strict):
    """A write key to make."""

    name: _Name


class MadeKey(BaseModel):
    """A write key, told only now."""

    name: str
    write_key: str


class Entry(BaseModel):
    """Who did what, when."""

    id: int
    at: float = Field(description="Epoch seconds.")
    who: str
    what: str
    subject: str
    details: Mapping[str, Any] = Field(description="Before and after, secrets masked.")


# ── users ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _user(asking: Asking, name: str) -> UserRow:
    found = next((row for row in users.all_of(asking.app) if row.name == name.casefold()), None)
    if found is None:
        raise UnknownName("There is no user of this name.")
    return found


def _tag(row: UserRow) -> str:
    return described.tag_of(row.name, row.role, row.state == "disabled")


def _invited(asking: Asking, row: UserRow) -> Invited:
    return Invited(user=row, link=f"{asking.desk.address}{LINK}{users.invite(asking.app, row.name)}")


@router.get("/users", summary="List users", tags=["users"])
def list_users(asking: Asked, paging: Paged) -> Page[UserRow]:
    """By name."""
    items, following = paging.by_name(users.all_of(asking.app), lambda row: row.name)
    return Page(items=items, next=following)


@router.post("/users", status_code=201, summary="Make a user", tags=["users"])
def make_user(asking: Asked, body: NewUser, response: Response) -> Invited:
    """They choose a password at `link`."""
    row = users.create(asking.app, body.name, body.role)
    response.headers["Location"] = f"{PREFIX}/users/{quoted(row.name)}"
    response.headers["ETag"] = _tag(row)
    return _invited(asking, row)


@router.get("/users/{name}", summary="One user", tags=["users"])
def get_user(asking: Asked, name: NamePath, response: Response) -> UserRow:
    """`state` is works, invited, locked or disabled. With its ETag, which an edit has to send back."""
    row = _user(asking, name)
    response.headers["ETag"] = _tag(row)
    return row


@router.patch("/users/{name}", summary="Change a user", tags=["users"])
def change_user(
    asking: Asked, name: NamePath, body: UserChanges, response: Response, if_match: IfMatch = None
) -> UserRow:
    """One Administrator always stays."""
    with asking.app.store.transaction():
        described.check_tag(if_match, _tag(_user(asking, name)))
        if body.role is not None:
            users.change_role(asking.app, name, body.role)
        if body.disabled is not None:
            users.disable(asking.app, name, disabled=body.disabled)
        row = _user(asking, name)
    response.headers["ETag"] = _tag(row)
    return row


@router.post("/users/{name}/link", status_code=201, summary="Make a link to choose a password", tags=["users"])
def invite_user(asking: Asked, name: NamePath, if_match: IfGiven = None) -> Invited:
    """Earlier ones stop working."""
    with asking.app.store.transaction():
        row = _user(asking, name)
        described.check_given(if_match, _tag(row))
        return _invited(asking, row)


@router.get("/roles", summary="List roles", tags=["users"])
def list_roles(asking: Asked) -> list[RoleRow]:
    """What each may do."""
    return [RoleRow(role=role, permissions=sorted(HOLDS[role])) for role in Role]


# ── tokens and keys ──────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/tokens", summary="List API tokens", tags=["tokens"])
def list_tokens(asking: Asked, paging: Paged) -> Page[TokenRow]:
    """By name, revoked ones included; never the tokens themselves."""
    items, following = paging.by_name(api_tokens.all_of(asking.app), lambda row: row.name)
    return Page(items=items, next=following)


@router.post("/tokens", status_code=201, summary="Make an API token", tags=["tokens"])
def make_token(asking: Asked, body: NewToken) -> MadeToken:
    """It is shown only now."""
    token = api_tokens.create(asking.app, body.name, body.role, body.scopes, body.ends)
    return MadeToken(name=body.name, token=token)


@router.delete("/tokens/{name}", status_code=204, summary="Revoke an API token", tags=["tokens"])
def revoke_token(asking: Asked, name: NamePath) -> None:
    """At once."""
    api_tokens.revoke(asking.app, name)


@router.get("/write-keys", summary="List write keys", tags=["write keys"])
def list_keys(asking: Asked, paging: Paged) -> Page[KeyRow]:
    """By name, revoked ones included; never the keys themselves."""
    items, following = paging.by_name(write_keys.all_of(asking.app), lambda row: row.name)
    return Page(items=items, next=following)


@router.post("/write-keys", status_code=201, summary="Make a write key", tags=["write keys"])
def make_key(asking: Asked, body: NewKey) -> MadeKey:
    """Whoever has it may send events. It is shown only now."""
    return MadeKey(name=body.name, write_key=write_keys.create(asking.app, body.name))


@router.delete("/write-keys/{name}", status_code=204, summary="Revoke a write key", tags=["write keys"])
def revoke_key(asking: Asked, name: NamePath) -> None:
    """Servers refuse it within five seconds."""
    write_keys.revoke(asking.app, name)


# ── the log ──────────────────────────────────────────────────────────────────────────────────────────────────────
@router.get("/audit", summary="Who did what", tags=["audit"])
def list_entries(
    asking: Asked,
    paging: Paged,
    who: _Text = None,
    what: _Text = None,
    subject: _Text = None,
    since: Since = None,
    until: Until = None,
) -> Page[Entry]:
    """Newest first; nothing is ever taken out."""
    before, wanted = paging.after(int), period(since, until)
    rows = activity.entries(
        asking.app, paging.limit + 1, beyond=before, who=who, what=what, subject=subject, period=wanted
    )
    items, following = paging.by_number(rows, lambda row: row.id)
    return Page(items=[Entry.model_validate(row.__dict__) for row in items], next=following)


@router.get("/activations/{name}/audit", summary="List what was done with an activation", tags=["activations"])
def list_entries_of(
    asking: Asked,
    name: NamePath,
    paging: Paged,
    who: _Text = None,
    what: _Text = None,
    since: Since = None,
    until: Until = None,
) -> Page[Entry]:
    """Newest first, also what was done under a name that it had before."""
    before, wanted = paging.after(int), period(since, until)
    rows = activity.of_activation(asking.app, name, paging.limit + 1, beyond=before, who=who, what=what, period=wanted)
    items, following = paging.by_number(rows, lambda row: row.id)
    return Page(items=[Entry.model_validate(row.__dict__) for row in items], next=following)
