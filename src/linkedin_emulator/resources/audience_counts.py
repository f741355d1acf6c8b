"""audienceCounts: how many members a targeting would reach."""

from typing import Any

from linkedin_emulator import errors
from linkedin_emulator.directory import MemberId
from linkedin_emulator.resources.ad_segments import by_ad_segment
from linkedin_emulator.routing import ROUTER, Call, Param
from linkedin_emulator.segments import TERMINAL, USER_TYPES, reported_size
from linkedin_emulator.wire import Reply, json_reply
from linkedin_emulator.world import World

FACETS = ("urn:li:adTargetingFacet:audienceMatchingSegments", "urn:li:adTargetingFacet:dynamicSegments")
SILENT = ("BUILDING", "ARCHIVED", *TERMINAL)
NAME = "targetingCriteria"
Weighed = dict[MemberId, int]


@ROUTER.route("audienceCounts", "FINDER", "targetingCriteriaV2", params=(Param(NAME, "record", required=True),))
def count(world: World, call: Call) -> Reply:
    """`total` is approximate and 0 below 300; any member's token will do."""
    criteria = call.params[NAME]
    include = criteria.get("include")
    every = include.get("and") if isinstance(include, dict) else None
    if not isinstance(every, list) or not every:
        raise errors.param_invalid(NAME)
    first, *others = [_either(world, clause) for clause in every]
    reached = {member: weight for member, weight in first.items() if all(member in other for other in others)}
    for member in _either(world, criteria["exclude"]) if "exclude" in criteria else {}:
        reached.pop(member, None)
    total = reported_size(sum(reached.values()), rounded=world.config.round_audience)
    return json_reply(
        200, {"elements": [{"active": 0, "total": total}], "paging": {"start": 0, "count": 10, "links": []}}
    )


def _either(world: World, clause: Any) -> Weighed:
    facets = clause.get("or") if isinstance(clause, dict) else None
    if not isinstance(facets, dict) or not facets.keys() <= set(FACETS):
        raise errors.param_invalid(NAME)
    reached: Weighed = {}
    for urns in facets.values():
        for urn in urns if isinstance(urns, list) else []:
            reached |= _members(world, str(urn))
    return reached


def _members(world: World, urn: str) -> Weighed:
    segment = by_ad_segment(world, urn.removeprefix("urn:li:adSegment:"))
    if segment is None:
        raise errors.param_invalid(NAME)
    if segment.status in SILENT:
        return {}
    companies = segment.type not in USER_TYPES
    return {member: world.directory.weight(member, companies) for member in segment.audience.present()}
