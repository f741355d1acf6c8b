"""adSegments: what campaigns target, made from DMP segments."""

from typing import Any

from linkedin_emulator import errors
from linkedin_emulator.resources.replies import collection, entity, sponsored_account
from linkedin_emulator.routing import PAGING, ROUTER, Call, Param
from linkedin_emulator.segments import Segment
from linkedin_emulator.wire import Json, Reply
from linkedin_emulator.world import World

SCOPES = "rw_ads r_ads"


def record(world: World, segment: Segment) -> Json:
    """The ad segment of a DMP segment: MARKET_AUTOMATION when streamed, BULK when uploaded as a list."""
    stamp = {"actor": "urn:li:unknown:0"}
    fields: Json = {
        "id": segment.ad_segment,
        "account": f"urn:li:sponsoredAccount:{segment.account}",
        "name": segment.name,
        "status": segment.status,
        "type": "BULK" if segment.type.endswith("_LIST_UPLOAD") else "MARKET_AUTOMATION",
        "approximateMemberCount": segment.audience_size(rounded=world.config.round_audience),
        "created": {**stamp, "time": int(segment.destination_created * 1000)},
        "lastModified": {**stamp, "time": int(segment.last_modified * 1000)},
        "versionTag": "1",
    }
    return fields if segment.description is None else {**fields, "description": segment.description}


@ROUTER.route(
    "adSegments", "FINDER", "accounts", scopes=SCOPES, params=(Param("accounts", "list", required=True), *PAGING)
)
def of_accounts(world: World, call: Call) -> Reply:
    """The ad segments of accounts; any role will do."""
    found: list[Segment] = []
    for urn in call.params["accounts"]:
        account = sponsored_account(urn, "accounts")
        world.accounts.require_reader(account, call.member)
        found += [one for one in world.segments.of_account(world.config, account) if one.ad_segment is not None]
    return collection(world, call, found, render=lambda segment: record(world, segment))


@ROUTER.route("adSegments", "GET", scopes=SCOPES)
def get(world: World, call: Call) -> Reply:
    """One ad segment."""
    segment = by_ad_segment(world, call.keys[0])
    if segment is None:
        raise errors.not_found()
    world.accounts.require_reader(segment.account, call.member)
    return entity(call, record(world, segment))


def by_ad_segment(world: World, key: Any) -> Segment | None:
    """The DMP segment behind an ad segment's number."""
    for segment in world.segments.by_id.values():
        if str(segment.ad_segment) == key:
            world.segments.live(world.config, segment)
            return segment
    return None
