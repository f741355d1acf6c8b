"""Who am I, and what may I do on this ad account? Everything that can be missing is named at once, in words."""

from __future__ import annotations

from collections.abc import Callable

from guestlist.core import words
from guestlist.errors import NeedsPerson
from guestlist.linkedin.client import Client
from guestlist.linkedin.replies import split_scope
from guestlist.linkedin.restli import Value, bare_id, encode
from guestlist.linkedin.segments import TEST_ACCOUNT
from guestlist.ports import Account, Reachable

ROLES = ("ACCOUNT_BILLING_ADMIN", "ACCOUNT_MANAGER", "CAMPAIGN_MANAGER", "CREATIVE_MANAGER")
"""Roles that may manage audiences (documented); the fifth, VIEWER, may not."""

_NEEDED = (
    ({"rw_dmp_segments"}, "rw_dmp_segments (audiences)"),
    ({"rw_ads", "r_ads"}, "rw_ads (ad accounts and roles)"),
    ({"r_basicprofile", "profile"}, "r_basicprofile (who signed in)"),
)
_ONE_BY_ONE = 50  # ad accounts whose names are looked up so
_AT_ONCE, _PAGES = 1000, 50  # where there are more
_WHERE = "in Campaign Manager > Account settings > Manage access"

Scopes = Callable[[], tuple[str, ...]]


def check(client: Client, account: str, introspected: Scopes | None = None) -> Account:
    """Token, scopes, role and ad account, in this order; NeedsPerson names the first that is missing.

    ``introspected`` asks LinkedIn for the token's scopes where the token response did not list them.
    """
    scopes = split_scope(client.token.scope) or (introspected() if introspected else ())
    _check_scopes(scopes)
    member = _me(client)
    role = _role(client, account, member)
    if role not in ROLES:
        raise NeedsPerson(
            f"whoever signed in to LinkedIn is {words.role(role) or 'without a role'} on ad account "
            f"{bare_id(account)}; audiences need one of {', '.join(map(words.role, ROLES))}. Change it {_WHERE}",
            "role",
        )
    return Account(member, account, _name(client, account), role, scopes)


def reachable(client: Client) -> list[Reachable]:
    """Every ad account the member has a role on, by name. LinkedIn answers all at once (a count of 2147483647 was
    seen); names are asked for one by one, or a thousand at a time where there are many.
    """
    parameters: dict[str, Value] = {"q": "authenticatedUser"}
    record = client.call("GET", "/adAccountUsers", parameters, restli_method="FINDER").record()
    listed = record.get("elements")
    roles = [
        (bare_id(str(each.get("account", ""))), str(each.get("role", "")))
        for each in (listed if isinstance(listed, list) else ())
    ]
    roles = [(number, role) for number, role in roles if number.isdecimal()]
    names = _named(client) if len(roles) > _ONE_BY_ONE else {number: _shown(client, number) for number, _ in roles}
    found: list[Reachable] = []
    for number, role in roles:
        name, test = names.get(number, ("", False))
        found.append(Reachable(f"urn:li:sponsoredAccount:{number}", name, role, role in ROLES and not test, test))
    return sorted(found, key=lambda each: (not each.usable, each.name.casefold(), each.account))


def _named(client: Client) -> dict[str, tuple[str, bool]]:
    """The same as ``_shown`` of all that the member can reach."""
    found: dict[str, tuple[str, bool]] = {}
    parameters: dict[str, Value] = {"q": "search", "pageSize": _AT_ONCE}
    for _ in range(_PAGES):
        reply = client.call("GET", "/adAccounts", parameters, restli_method="FINDER", passing=(403, 404))
        record = reply.record() if reply.status == 200 else {}
        listed, metadata = record.get("elements"), record.get("metadata")
        for each in listed if isinstance(listed, list) else ():
            found[bare_id(str(each.get("id", "")))] = str(each.get("name", "")), each.get("test") is True
        token = metadata.get("nextPageToken") if isinstance(metadata, dict) else None
        if not token:
            break
        parameters["pageToken"] = str(token)
    return found


def _shown(client: Client, number: str) -> tuple[str, bool]:
    """An ad account's name, and whether it is a test account; who may not look at it sees neither."""
    reply = client.call("GET", f"/adAccounts/{encode(number)}", passing=(403, 404))
    record = reply.record() if reply.status == 200 else {}
    return str(record.get("name", "")), record.get("test") is True


def missing_scopes(scopes: tuple[str, ...]) -> list[str]:
    """The scopes that are lacking; none where nothing is known of the token's scopes."""
    return [words for any_of, words in _NEEDED if scopes and not any_of & set(scopes)]


def _check_scopes(scopes: tuple[str, ...]) -> None:
    missing = missing_scopes(scopes)
    if missing:
        raise NeedsPerson(
            f"the token lacks {', '.join(missing)}. LinkedIn grants rw_dmp_segments only to applications approved for "
            "the Audiences program. Authorise again with all of them: `guestlist connect`",
            "scope",
        )


def _me(client: Client) -> str:
    """``/me`` needs r_basicprofile; ``/v2/userinfo`` answers tokens with openid and profile instead."""
    reply = client.call("GET", "/me", passing=(403,))
    person = reply.record().get("id") if reply.status != 403 else None
    if person is None:
        person = client.call("GET", "/v2/userinfo", passing=(403,)).record().get("sub")
    if not isinstance(person, str) or not person:
        raise NeedsPerson("LinkedIn does not say whose token this is: authorise with r_basicprofile", "scope")
    return f"urn:li:person:{bare_id(person)}"


def _role(client: Client, account: str, member: str) -> str:
    """404: LinkedIn knows no such account, or the member may not see it (seen by a public client)."""
    reply = client.call("GET", f"/adAccountUsers/{encode({'account': account, 'user': member})}", passing=(404,))
    if reply.status == 404:
        raise NeedsPerson(
            f"Invalid LinkedIn Ad Account id {bare_id(account)}: there is no such account, or whoever signed in "
            f"to LinkedIn has no role on it. Check the account's number, or give them a role {_WHERE}",
            "ad account",
        )
    role = reply.record().get("role")
    return role if isinstance(role, str) else ""


def _name(client: Client, account: str) -> str:
    record = client.call("GET", f"/adAccounts/{encode(bare_id(account))}", passing=(404,)).record()
    if record.get("test") is True:
        raise NeedsPerson(
            f"{bare_id(account)} is a test ad account: LinkedIn keeps no audiences on those. Connect a real ad account",
            TEST_ACCOUNT,
        )
    name = record.get("name")
    return name if isinstance(name, str) else ""
