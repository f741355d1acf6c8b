"""dmpSegments/{id}/users and /companies: telling LinkedIn who is in and who is out."""

from collections.abc import Sequence
from typing import Any

import msgspec

from linkedin_emulator import errors, identifiers, schema
from linkedin_emulator.audience import Change
from linkedin_emulator.elements import COMPANIES, USERS, Shape
from linkedin_emulator.resources.dmp_segments import segment_key
from linkedin_emulator.routing import ROUTER, Call
from linkedin_emulator.segments import TERMINAL, Segment
from linkedin_emulator.wire import Json, Reply, json_reply
from linkedin_emulator.world import World

SCOPE = "rw_dmp_segments"
GOOD = b'{"status":201}'
Verdict = tuple[list[Change], dict[int, Json]]


@ROUTER.route("dmpSegments/users", "BATCH_CREATE", scopes=SCOPE)
def create_users(world: World, call: Call) -> Reply:
    """Up to 5,000 people, each ADD or REMOVE; HTTP 200 with one verdict per element."""
    return _batch(world, call, USERS, "USER")


@ROUTER.route("dmpSegments/companies", "BATCH_CREATE", scopes=SCOPE)
def create_companies(world: World, call: Call) -> Reply:
    """Up to 5,000 companies."""
    return _batch(world, call, COMPANIES, "COMPANY")


@ROUTER.route("dmpSegments/users", "CREATE", scopes=SCOPE)
def create_user(world: World, call: Call) -> Reply:
    """One person: 201 with an empty body."""
    return _single(world, call, USERS, "USER")


@ROUTER.route("dmpSegments/companies", "CREATE", scopes=SCOPE)
def create_company(world: World, call: Call) -> Reply:
    """One company: 201 with an empty body."""
    return _single(world, call, COMPANIES, "COMPANY")


def _target(world: World, call: Call, kind: str) -> Segment:
    segment = world.segments.open(world.config, segment_key(call.keys[0]))
    world.accounts.require_manager(segment.account, call.member)
    if segment.type != kind:
        raise errors.coded(400, "INVALID_VALUE_FOR_FIELD", f"type can't be set to {segment.type}")
    return segment


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
    changes, refused = _judge(world, call, shape, [msgspec.convert(data, shape.element)], {})
    if refused:
        raise errors.LinkedInError(refused[0]["status"], refused[0])
    _tell(world, call, segment, changes)
    return Reply(201)


def _batch(world: World, call: Call, shape: Shape, kind: str) -> Reply:
    segment = _target(world, call, kind)
    elements, broken = _elements(world, call.request.body, shape)
    call.told = len(elements)
    if len(elements) > world.config.batch_limit:
        text = f"Batch size {len(elements)} exceeds the maximum of {world.config.batch_limit}"
        raise errors.coded(400, "BATCH_SIZE_EXCEEDED", text)
    _accepting(world, segment)
    changes, refused = _judge(world, call, shape, elements, broken)
    _tell(world, call, segment, changes)
    return _verdicts(world, call, len(elements), refused)


def _elements(world: World, body: bytes, shape: Shape) -> tuple[list[Any], dict[int, str]]:
    """The elements (nothing where one does not fit its schema) and what is wrong with those, by position."""
    try:
        return shape.batch.decode(body).elements, {}
    except msgspec.DecodeError:
        raw = schema.parse(body, "BATCH_CREATE").get("elements")
    if not isinstance(raw, list):
        raise errors.framework(400, "Error parsing entity body: elements is missing or not an array")
    found = [schema.problems(one, shape.fields) for one in raw]
    broken = {position: "".join(f"{line}\n" for line in lines) for position, lines in enumerate(found) if lines}
    if broken and world.config.schema_errors == "batch_422":
        raise errors.framework(422, "".join(f"Index: {position}, {text}" for position, text in broken.items()))
    return [
        None if lines else msgspec.convert(one, shape.element) for one, lines in zip(raw, found, strict=True)
    ], broken


def _judge(world: World, call: Call, shape: Shape, elements: Sequence[Any], broken: dict[int, str]) -> Verdict:
    """The changes to make, and the refused positions with their errors."""
    config = world.config
    refused = {position: _refusal(world, position, 400, text) for position, text in broken.items()}
    changes: list[Change] = []
    plain = not config.strict_id_values and call.elements.refuse is None
    for position, element in enumerate(elements):
        if element is None:
            continue
        keys = element.keys(config)
        problem = None if plain and keys else _problem(world, call, shape, position, element)
        if problem is None:
            changes.append((element.action == "ADD", keys))
        else:
            refused[position] = _refusal(world, position, *problem)
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


def _refusal(world: World, position: int, status: int, message: str) -> Json:
    error: Json = {"status": status, "message": message}
    if world.config.batch_index == "error":
        error["batchIndex"] = position
    elif world.config.batch_index == "details":
        error["errorDetails"] = {"batchIndex": position}
    return error


def _tell(world: World, call: Call, segment: Segment, changes: list[Change]) -> None:
    now = world.clock.now()
    drop = call.elements.drop
    if drop is not None and not drop.applied:
        changes = changes[: max(0, len(changes) - drop.count)]
    if changes:
        segment.receive(changes, now)
        world.tellings.land(call.arrival, now, segment.id, changes)


def _verdicts(world: World, call: Call, count: int, refused: dict[int, Json]) -> Reply:
    """`{"elements":[{"status":201},…]}` in the order of the request."""
    verdicts = [GOOD] * count
    for position, error in refused.items():
        verdict: Json = {"status": error["status"], "error": error}
        if world.config.batch_index == "element":
            verdict["batchIndex"] = position
        verdicts[position] = msgspec.json.encode(verdict)
    if call.elements.drop is not None:
        verdicts = verdicts[: max(0, count - call.elements.drop.count)]
    body = b'{"elements":[' + b",".join(verdicts) + b"]}"
    return Reply(200, json_reply(200, {}).headers, body)
