"""dmpSegments/{id}/users and /companies: telling LinkedIn who is in and who is out."""

from collections.abc import Sequence
from typing import Any

import msgspec

from linkedin_emulator import errors, identifiers, schema
from linkedin_emulator.audience import Change
from linkedin_emulator.elements import COMPANIES, Shape, is_lenient, users_of
from linkedin_emulator.resources.dmp_segments import segment_key
from linkedin_emulator.routing import ROUTER, Call
from linkedin_emulator.segments import TERMINAL, Segment
from linkedin_emulator.wire import Json, Reply, json_reply
from linkedin_emulator.world import World

SCOPE = "rw_dmp_segments"
GOOD = b'{"status":201}'
WHOLE_BATCHES_UNTIL = "202502"
Refusals = dict[int, tuple[int, str]]
"""A status and a message by position."""


@ROUTER.route("dmpSegments/users", "BATCH_CREATE", scopes=SCOPE)
def create_users(world: World, call: Call) -> Reply:
    """Up to 5,000 people, each ADD or REMOVE; HTTP 200 with one verdict per element."""
    return _batch(world, call, users_of(world.config), "USER")


@ROUTER.route("dmpSegments/companies", "BATCH_CREATE", scopes=SCOPE)
def create_companies(world: World, call: Call) -> Reply:
    """Up to 5,000 companies."""
    return _batch(world, call, COMPANIES, "COMPANY")


@ROUTER.route("dmpSegments/users", "CREATE", scopes=SCOPE)
def create_user(world: World, call: Call) -> Reply:
    """One person: 201 with an empty body."""
    return _single(world, call, users_of(world.config), "USER")


@ROUTER.route("dmpSegments/companies", "CREATE", scopes=SCOPE)
def create_company(world: World, call: Call) -> Reply:
    """One company: 201 with an empty body."""
    return _single(world, call, COMPANIES, "COMPANY")


def _target(world: World, call: Call, kind: str) -> Segment:
    segment = world.segments.open(world.config, segment_key(call.keys[0]))
    world.accounts.require_manager(segment.account, call.member)
    if segment.type == kind:
        return segment
    if world.config.wrong_kind == "404":
        raise errors.segment_not_found(segment.id)
    raise errors.coded(400, "INVALID_VALUE_FOR_FIELD", f"type can't be set to {segment.type}")


def _accepting(world: World, segment: Segment) -> None:
    if segment.status in TERMINAL and world.config.terminal_add == "refuse":
        text = f"DMP segment {segment.id} is {segment.status} and cannot be updated"
        raise errors.coded(400, "INVALID_VALUE_FOR_FIELD", text)


def _single(world: World, call: Call, shape: Shape, kind: str) -> Reply:
    segment = _target(world, call, kind)
    data = schema.parse(call.request.body, "CREATE")
    call.told = 1
    problems = schema.problems(data, shape.fields)
    if problems:
        raise errors.schema_invalid(problems)
    _accepting(world, segment)
    changes, refused = _judged(world, call, shape, [msgspec.convert(data, shape.element)])
    for status, message in refused.values():
        raise errors.LinkedInError(status, {"status": status, "message": message})
    _tell(world, call, segment, changes)
    return Reply(201)


def _batch(world: World, call: Call, shape: Shape, kind: str) -> Reply:
    segment = _target(world, call, kind)
    elements, broken = _elements(call.request.body, shape)
    call.told = len(elements)
    _check_size(world, len(elements))
    if world.config.schema_errors == "batch_422":
        _refuse_whole(broken)
    _accepting(world, segment)
    changes, refused = _judged(world, call, shape, elements)
    refused |= broken
    if call.version < WHOLE_BATCHES_UNTIL:
        _refuse_whole(refused)
    _tell(world, call, segment, changes)
    return _verdicts(world, call, len(elements), refused)


def _check_size(world: World, count: int) -> None:
    limit = world.config.batch_limit
    if count <= limit:
        return
    text = f"Batch size {count} exceeds the maximum of {limit}"
    if world.config.batch_over_limit == "413":
        raise errors.LinkedInError(413, {"status": 413, "message": text})
    raise errors.coded(400, "BATCH_SIZE_EXCEEDED", text)


def _refuse_whole(refused: Refusals) -> None:
    """422 for the whole batch, in the framework's words."""
    if refused:
        lines = (f"Index: {position}, {refused[position][1]}" for position in sorted(refused))
        raise errors.framework(422, "".join(lines))


def _elements(body: bytes, shape: Shape) -> tuple[list[Any], Refusals]:
    """The elements (nothing where one does not fit its schema) and what is wrong with those."""
    if shape.quick is not None:
        try:
            return shape.quick.decode(body).elements, {}
        except msgspec.DecodeError:
            pass  # something does not fit: look at each element
    raw = schema.parse(body, "BATCH_CREATE").get("elements")
    if not isinstance(raw, list):
        raise errors.framework(400, "Error parsing entity body: elements is missing or not an array")
    elements: list[Any] = []
    broken: Refusals = {}
    for position, one in enumerate(raw):
        lines = shape.problems(one)
        elements.append(None if lines else msgspec.convert(one, shape.element))
        if lines:
            broken[position] = 400, "".join(f"{line}\n" for line in lines)
    return elements, broken


def _judged(world: World, call: Call, shape: Shape, elements: Sequence[Any]) -> tuple[list[Change], Refusals]:
    """The changes to make, and the refusals of elements that fit their schema."""
    config = world.config
    refused: Refusals = {}
    changes: list[Change] = []
    lenient = is_lenient(config) and call.elements.refuse is None
    for position, element in enumerate(elements):
        if element is None:
            continue
        keys = element.keys(config)
        problem = None if lenient and keys else _problem(world, call, shape, position, element)
        if problem is None:
            changes.append((element.action == "ADD", keys))
        else:
            refused[position] = problem
    return changes, refused


def _problem(world: World, call: Call, shape: Shape, position: int, element: Any) -> tuple[int, str] | None:
    """What is wrong with an element that fits its schema: a status and a message."""
    keys = element.keys(world.config)
    forced = _forced(call, position, keys)
    if forced is not None:
        return forced
    complaint = element.complaint(world.config) if keys else shape.nobody
    return (400, complaint) if complaint else None


def _forced(call: Call, position: int, keys: Sequence[identifiers.Key]) -> tuple[int, str] | None:
    fault = call.elements.refuse
    if fault is None:
        return None
    named = {identifiers.read(text) for text in fault.identifiers}
    if position in fault.positions or named.intersection(keys):
        return fault.status, fault.message
    return None


def _tell(world: World, call: Call, segment: Segment, changes: list[Change]) -> None:
    now = world.clock.now()
    drop = call.elements.drop
    if drop is not None and not drop.applied:
        changes = changes[: max(0, len(changes) - drop.count)]
    if changes:
        segment.receive(_ordered(world, changes), now)
        world.tellings.land(call.arrival, now, segment.id, changes)


def _ordered(world: World, changes: list[Change]) -> list[Change]:
    """The order in which a batch takes effect: as it came, or such that one of the two actions has the last word."""
    choice = world.config.same_batch
    return changes if choice == "in_order" else sorted(changes, key=lambda one: one[0] is (choice == "add_wins"))


def _verdicts(world: World, call: Call, count: int, refused: Refusals) -> Reply:
    """`{"elements":[{"status":201},…]}` in the order of the request."""
    verdicts = [GOOD] * count
    for position, (status, message) in refused.items():
        verdicts[position] = msgspec.json.encode(_verdict(world, position, status, message))
    if call.elements.drop is not None:
        verdicts = verdicts[: max(0, count - call.elements.drop.count)]
    body = b'{"elements":[' + b",".join(verdicts) + b"]}"
    return Reply(200, json_reply(200, {}).headers, body)


def _verdict(world: World, position: int, status: int, message: str) -> Json:
    """One refused element; where `batchIndex` is found, and what else the error says, is unknown."""
    place, form = world.config.batch_index, world.config.element_error
    error: Json = {"message": message} if form == "message" else {"status": status, "message": message}
    if form == "detailed":
        error = {**error, "code": "FIELD_INVALID", **errors.detailed([("elements", "FIELD_INVALID", message)])}
    if place == "error":
        error["batchIndex"] = position
    if place == "details":
        error["errorDetails"] = {**error.get("errorDetails", {}), "batchIndex": position}
    verdict: Json = {"status": status, "error": error}
    return {**verdict, "batchIndex": position} if place == "element" else verdict
