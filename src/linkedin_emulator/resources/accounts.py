"""adAccounts: the ad accounts the member can reach."""

from linkedin_emulator import errors, restli
from linkedin_emulator.accounts import Account
from linkedin_emulator.resources.replies import entity, number
from linkedin_emulator.routing import ROUTER, Call, Param
from linkedin_emulator.wire import Json, Reply, json_reply
from linkedin_emulator.world import World

SCOPES = "rw_ads r_ads"
LISTS = ("id", "name", "reference", "status", "type")


@ROUTER.route("adAccounts", "GET", scopes=SCOPES)
def get(world: World, call: Call) -> Reply:
    """One account; without a role on it there is none."""
    key = number(call.keys[0])
    if key is None:
        raise errors.framework(400, f"Key parameter value {call.keys[0]} must be of type 'java.lang.Long'")
    found = [account for account in _reached(world, call) if account.id == key]
    if not found:
        raise errors.not_found()
    return entity(call, record(world, found[0]))


@ROUTER.route(
    "adAccounts",
    "FINDER",
    "search",
    scopes=SCOPES,
    params=(Param("search", "record"), Param("sortOrder"), Param("sortField"), Param("pageSize"), Param("pageToken")),
)
def search(world: World, call: Call) -> Reply:
    """Every account the member can reach, cursor-paged; `search` narrows it."""
    wanted = [account for account in _reached(world, call) if _matches(account, call.params.get("search", {}))]
    if call.params.get("sortOrder") == "DESCENDING":
        wanted.reverse()
    size, start = _integer(call, "pageSize", 100), _integer(call, "pageToken", 0)
    if not 1 <= size <= 1000:
        raise errors.param_invalid("pageSize")
    page = [record(world, account) for account in wanted[start : start + size]]
    if call.fields:
        page = [restli.project(record, call.fields) for record in page]
    token = str(start + size) if start + size < len(wanted) else None
    return json_reply(200, {"elements": page, "metadata": {"nextPageToken": token}})


def _reached(world: World, call: Call) -> list[Account]:
    """The accounts on which the member has a role; in the Development tier, those mapped to the application."""
    mapped = world.oauth.apps[call.app].ad_accounts
    numbers = [user.account for user in world.accounts.of_member(call.member)]
    return [world.accounts.by_id[one] for one in numbers if mapped is None or one in mapped]


def record(world: World, account: Account) -> Json:
    """The record of an account; some replies give its `id` as a URN."""
    fields = account.record()
    return {**fields, "id": account.urn} if world.config.account_ids == "urn" else fields


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
    value = number(call.params.get(name, str(default)))
    if value is None:
        raise errors.param_invalid(name)
    return value
