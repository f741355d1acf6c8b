"""adAccountUsers: roles on ad accounts."""

from typing import Any

import msgspec

from linkedin_emulator import errors, schema
from linkedin_emulator.accounts import ROLES, AccountUser
from linkedin_emulator.resources.replies import collection, entity, person, sponsored_account
from linkedin_emulator.routing import PAGING, ROUTER, Call, Param
from linkedin_emulator.schema import Field
from linkedin_emulator.wire import Reply
from linkedin_emulator.world import World

SCOPES = "rw_ads r_ads"
WRITE = "rw_ads"
FIELDS = (
    Field("account", required=True, urn="sponsoredAccount"),
    Field("user", required=True, urn="person"),
    Field("role", required=True, symbols=ROLES),
)


@ROUTER.route("adAccountUsers", "FINDER", "authenticatedUser", scopes=SCOPES, params=PAGING)
def mine(world: World, call: Call) -> Reply:
    """The member's own roles."""
    users = world.accounts.of_member(call.member)
    return collection(world, call, users, render=AccountUser.record, unpaged=True, unpaged_count=2_147_483_647)


@ROUTER.route(
    "adAccountUsers", "FINDER", "accounts", scopes=SCOPES, params=(Param("accounts", "list", required=True), *PAGING)
)
def of_accounts(world: World, call: Call) -> Reply:
    """The users of accounts the member can reach."""
    asked = [sponsored_account(urn, "accounts") for urn in call.params["accounts"]]
    for account in asked:
        if world.accounts.role(account, call.member) is None:
            raise errors.not_found()
    users = [user for (account, _), user in sorted(world.accounts.users.items()) if account in asked]
    return collection(world, call, users, render=AccountUser.record, unpaged=True, unpaged_count=2_147_483_647)


@ROUTER.route("adAccountUsers", "GET", scopes=SCOPES)
def get(world: World, call: Call) -> Reply:
    """One role; an account the member cannot reach is not there."""
    return entity(call, _user(world, call).record())


@ROUTER.route("adAccountUsers", "UPDATE", scopes=WRITE)
def put(world: World, call: Call) -> Reply:
    """Give a member a role."""
    account, member = _key(call.keys[0])
    _manage(world, call, account)
    data = schema.parse(call.request.body, "UPDATE")
    problems = schema.problems(data, FIELDS)
    if problems:
        raise errors.schema_invalid(problems)
    created = world.clock.now_ms()
    user = AccountUser(account=account, member=member, role=data["role"], created=created)
    world.accounts.users[account, member] = user
    return Reply(204)


@ROUTER.route("adAccountUsers", "PARTIAL_UPDATE", scopes=WRITE)
def partial_update(world: World, call: Call) -> Reply:
    """Change a role."""
    user = _user(world, call)
    _manage(world, call, user.account)
    patch = schema.parse(call.request.body, "PARTIAL_UPDATE").get("patch")
    values = patch.get("$set") if isinstance(patch, dict) else None
    if not isinstance(values, dict):
        raise errors.framework(400, "Error parsing entity body: a patch with $set is expected")
    problems = schema.problems(values, FIELDS[2:])
    if problems:
        raise errors.schema_invalid(problems)
    world.accounts.users[user.account, user.member] = msgspec.structs.replace(user, role=values["role"])
    return Reply(204)


@ROUTER.route("adAccountUsers", "DELETE", scopes=WRITE)
def delete(world: World, call: Call) -> Reply:
    """Take a role away."""
    user = _user(world, call)
    _manage(world, call, user.account)
    del world.accounts.users[user.account, user.member]
    return Reply(204)


def _manage(world: World, call: Call, account: int) -> None:
    everybody = world.config.role_managers == "every_role"
    if world.accounts.role(account, call.member) not in (ROLES if everybody else ROLES[:2]):
        raise errors.no_permission(f"to manage users of sponsoredAccount {account}")


def _user(world: World, call: Call) -> AccountUser:
    account, member = _key(call.keys[0])
    user = world.accounts.users.get((account, member))
    if user is None or world.accounts.role(account, call.member) is None:
        raise errors.not_found()
    return user


def _key(key: Any) -> tuple[int, str]:
    if not isinstance(key, dict) or key.keys() != {"account", "user"}:
        raise errors.framework(400, "Invalid key: account and user are expected")
    return sponsored_account(key["account"], "account"), person(key["user"], "user")
