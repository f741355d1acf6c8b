"""adAccounts: the ad accounts the member can reach."""

from typing import Any

from linkedin_emulator import errors, restli
from linkedin_emulator.accounts import Account
from linkedin_emulator.resources.replies import entity
from linkedin_emulator.routing import ROUTER, Call, Param
from linkedin_emulator.wire import Json, Reply, json_reply
from linkedin_emulator.world import World

SCOPES = "rw_ads r_ads"
LISTS = ("id", "name", "reference", "status", "type")


@ROUTER.route("adAccounts", "GET", scopes=SCOPES)
def get(world: World, call: Call) -> Reply:
    """One account; without a role on it there is none."""
    account = world.accounts.by_id.get(_number(call.keys[0]))
    if account is None or world.accounts.role(account.id, call.member) is None:
        raise errors.not_found()
    return entity(call, account.record())


@ROUTER.route(
    "adAccounts",
    "FINDER",
    "search",
    scopes=SCOPES,
    params=(Param("search", "record"), Param("sortOrder"), Param("sortField"), Param("pageSize"), Param("pageToken")),
)
def search(world: World, call: Call) -> Reply:
    """Every account the member can reach, cursor-paged; `search` narrows it."""
    reached = [world.accounts.by_id[user.account] for user in world.accounts.of_member(call.member)]
    wanted = [account for account in reached if _matches(account, call.params.get("search", {}))]
    if call.params.get("sortOrder") == "DESCENDING":
        wanted.reverse()
    size, start = _integer(call, "pageSize", 100), _integer(call, "pageToken", 0)
    if not 1 <= size <= 1000:
        raise errors.param_invalid("pageSize")
    page: list[Json] = [account.record() for account in wanted[start : start + size]]
    if call.fields:
        page = [restli.project(record, call.fields) for record in page]
    token = str(start + size) if start + size < len(wanted) else None
    return json_reply(200, {"elements": page, "metadata": {"nextPageToken": token}})


def _matches(account: Account, search: Json) -> bool:
    for name, condition in search.items():
        if name == "test":
            if str(condition) not in ("true", "false"):
                raise errors.param_invalid("search")
            if account.test != (condition == "true"):
                return False
        elif name not in LISTS or not isinstance(condition, dict) or not isinstance(condition.get("values"), list):
            raise errors.param_invalid("search")
        elif _value(account, name) not in condition["values"]:
            return False
    return True


def _value(account: Account, name: str) -> str:
    return account.urn if name == "id" else str(getattr(account, name))


def _integer(call: Call, name: str, default: int) -> int:
    text: Any = call.params.get(name, str(default))
    if not text.isdigit():
        raise errors.param_invalid(name)
    return int(text)


def _number(key: Any) -> int:
    if not isinstance(key, str) or not key.isdigit():
        raise errors.framework(400, f"Key parameter value {key} must be of type 'java.lang.Long'")
    return int(key)
