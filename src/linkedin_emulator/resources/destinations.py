"""dmpSegments/{id}/destinations: where a segment goes; LINKEDIN is the only place."""

from linkedin_emulator import errors, schema
from linkedin_emulator.resources.dmp_segments import DESTINATION, segment_key
from linkedin_emulator.resources.replies import collection, created, entity
from linkedin_emulator.routing import PAGING, ROUTER, Call
from linkedin_emulator.segments import Segment
from linkedin_emulator.wire import Reply
from linkedin_emulator.world import World

SCOPE = "rw_dmp_segments"


def _segment(world: World, call: Call) -> Segment:
    segment = world.segments.open(world.config, segment_key(call.keys[0]))
    world.accounts.require_reader(segment.account, call.member)
    return segment


@ROUTER.route("dmpSegments/destinations", "CREATE", scopes=SCOPE)
def create(world: World, call: Call) -> Reply:
    """Give a segment its destination; a second time is a conflict (a guess)."""
    segment = _segment(world, call)
    world.accounts.require_manager(segment.account, call.member)
    problems = schema.problems(schema.parse(call.request.body, "CREATE"), DESTINATION.fields)
    if problems:
        raise errors.schema_invalid(problems)
    if segment.ad_segment is not None:
        if world.config.destination_twice == "conflict":
            raise errors.coded(409, "CONFLICT", "Write Conflict")
        text = "An entity with the same destination already exists"
        raise errors.coded(400, "ENTITY_WITH_SAME_KEY_ALREADY_EXISTS", text)
    world.segments.add_destination(segment)
    return created(world, call, "LINKEDIN")


@ROUTER.route("dmpSegments/destinations", "GET_ALL", scopes=SCOPE, params=PAGING)
def get_all(world: World, call: Call) -> Reply:
    """The destinations, at most one."""
    segment = _segment(world, call)
    found = [] if segment.ad_segment is None else [segment.destination(world.config, world.clock.now())]
    return collection(world, call, found)


@ROUTER.route("dmpSegments/destinations", "GET", scopes=SCOPE)
def get(world: World, call: Call) -> Reply:
    """One destination, with the same fields as in the segment."""
    segment = _segment(world, call)
    if segment.ad_segment is None or call.keys[1] != "LINKEDIN":
        raise errors.not_found()
    return entity(call, segment.destination(world.config, world.clock.now()))
