"""dmpSegments: the containers of audiences."""

from typing import Any

from linkedin_emulator import errors, restli, schema
from linkedin_emulator.config import Config
from linkedin_emulator.resources.replies import collection, created, entity, number, sponsored_account
from linkedin_emulator.routing import PAGING, ROUTER, Call, Param
from linkedin_emulator.schema import Field
from linkedin_emulator.segments import Segment
from linkedin_emulator.wire import Json, Reply, json_reply
from linkedin_emulator.wordings import reworded
from linkedin_emulator.world import World

SCOPE = "rw_dmp_segments"
TYPES = ("USER", "COMPANY", "USER_LIST_UPLOAD", "COMPANY_LIST_UPLOAD")
MUTABLE = {
    "name": "name",
    "description": "description",
    "sourceSegmentId": "source_segment_id",
    "accessPolicy": "access_policy",
}
DESTINATION = Field("", "record", fields=(Field("destination", required=True, symbols=("LINKEDIN",)),))


def fields_of(config: Config) -> tuple[Field, ...]:
    """The writable schema; the platforms are those LinkedIn has given to the application."""
    policy = (Field("accessPolicy", symbols=("PRIVATE",)),) if config.access_policy == "accept" else ()
    return (
        Field("account", required=True, urn="sponsoredAccount"),
        Field("name", required=True),
        Field("type", required=True, symbols=TYPES),
        Field("sourcePlatform", required=True, symbols=config.source_platforms),
        Field("sourceSegmentId"),
        Field("description"),
        *policy,
        Field("destinations", "array", item=DESTINATION),
    )


def segment_key(key: Any) -> int:
    """The bare number in the path."""
    value = number(key)
    if value is None:
        raise errors.framework(400, f"Key parameter value {key} must be of type 'java.lang.Long'")
    return value


@ROUTER.route("dmpSegments", "CREATE", scopes=SCOPE)
def create(world: World, call: Call) -> Reply:
    """201, no body, the id in a header; names and source ids may repeat."""
    data = schema.parse(call.request.body, "CREATE")
    problems = schema.problems(data, fields_of(world.config))
    if problems:
        raise errors.schema_invalid(problems)
    account = sponsored_account(data["account"], "account")
    world.accounts.require_manager(account, call.member)
    _check_room(world, account, data)
    _check_texts(world, account, data)
    segment = world.segments.create(
        world.config, account=account, name=data["name"], kind=data["type"], platform=data["sourcePlatform"]
    )
    _change(segment, data)
    if data.get("destinations"):
        world.segments.add_destination(segment)
    return created(world, call, str(segment.id))


def _check_room(world: World, account: int, data: Json) -> None:
    if world.accounts.by_id[account].test:
        text = "Segments cannot be created on test ad accounts"
        raise errors.coded(400, "SEGMENT_CREATION_NOT_ALLOWED_FOR_TEST_ACCOUNTS", text)
    existing = [segment for segment in world.segments.by_id.values() if segment.account == account]
    limit = world.config.segments_per_account
    if len(existing) >= limit:
        text = f"The sponsored account has reached the maximum of {limit} DMP segments"
        raise errors.coded(429, "SEGMENT_LIMIT_EXCEEDED", text)
    source = data.get("sourceSegmentId")
    taken = source and any(one.source_segment_id == source and one.type == data["type"] for one in existing)
    if taken and world.config.duplicate_source_segment_id == "conflict":
        raise errors.coded(409, "CONFLICT", "Write Conflict")


def _check_texts(world: World, account: int, data: Json, own: Segment | None = None) -> None:
    """What the constants of LinkedIn's error list say about texts; which of them apply is a guess."""
    config, name = world.config, data.get("name")
    if name is not None and not name.strip() and config.blank_name == "refuse":
        raise errors.coded(400, "INVALID_VALUE_BLANK_FIELD", "name can't be blank")
    limits = {
        "name": config.longest_name,
        "description": config.longest_description,
        "sourceSegmentId": config.longest_source_segment_id,
    }
    for field, longest in limits.items():
        length = len(data.get(field) or "")
        if longest is not None and length > longest:
            text = f"{field} length {length} can't exceeded maximum {longest} length"
            raise errors.coded(400, "FIELD_LENGTH_TOO_LONG", text)
    others = (one for one in world.segments.by_id.values() if one is not own and one.account == account)
    if config.duplicate_name == "refuse" and any(one.name == name for one in others):
        raise errors.coded(400, "ENTITY_WITH_SAME_KEY_ALREADY_EXISTS", "An entity with the same name already exists")


def _change(segment: Segment, data: Json) -> None:
    for name, attribute in MUTABLE.items():
        if name in data:
            setattr(segment, attribute, data[name])


def _visible(world: World, call: Call, key: Any) -> Segment:
    segment = world.segments.find(world.config, segment_key(key))
    world.accounts.require_reader(segment.account, call.member)
    return segment


@ROUTER.route("dmpSegments", "GET", scopes=SCOPE)
def get(world: World, call: Call) -> Reply:
    """One segment."""
    return entity(call, world.segments.read(world.config, _visible(world, call, call.keys[0])))


@ROUTER.route("dmpSegments", "BATCH_GET", scopes=SCOPE)
def batch_get(world: World, call: Call) -> Reply:
    """Several segments; those that cannot be had are in `errors`, not in `results`."""
    results: Json = {}
    statuses: Json = {}
    failed: Json = {}
    for key in call.params["ids"]:
        try:
            record = world.segments.read(world.config, _visible(world, call, key))
        except errors.LinkedInError as error:
            statuses[key], failed[key] = error.status, reworded(world.config, error, call.permission).body
        else:
            results[key] = restli.project(record, call.fields) if call.fields else record
            statuses[key] = 200
    return json_reply(200, {"results": results, "statuses": statuses, "errors": failed})


@ROUTER.route(
    "dmpSegments",
    "FINDER",
    "account",
    scopes=SCOPE,
    params=(Param("account", required=True), Param("sourcePlatform"), Param("sourceSegmentId"), *PAGING),
)
def find_by_account(world: World, call: Call) -> Reply:
    """The segments of an account, oldest first; without `start` and `count` all of them in one reply."""
    account = sponsored_account(call.params["account"], "account")
    platform, source = call.params.get("sourcePlatform"), call.params.get("sourceSegmentId")
    if world.accounts.role(account, call.member) is None:
        if account in world.accounts.by_id:
            _refuse_unseen(world, call, account)
        return collection(world, call, [], unpaged=world.config.all_in_one_finder)
    found = [
        segment
        for segment in world.segments.of_account(world.config, account)
        if (not platform or segment.source_platform == platform) and (not source or segment.source_segment_id == source)
    ]
    render = lambda segment: world.segments.read(world.config, segment)  # noqa: E731
    return collection(world, call, found, render=render, unpaged=world.config.all_in_one_finder)


def _refuse_unseen(world: World, call: Call, account: int) -> None:
    if world.config.unseen_account_finder == "forbidden":
        world.accounts.require_reader(account, call.member)
    if world.config.unseen_account_finder == "not_found":
        raise errors.not_found()


@ROUTER.route("dmpSegments", "PARTIAL_UPDATE", scopes=SCOPE)
def partial_update(world: World, call: Call) -> Reply:
    """204; name, description, sourceSegmentId and accessPolicy may change."""
    segment = world.segments.find(world.config, segment_key(call.keys[0]))
    world.accounts.require_manager(segment.account, call.member)
    values, gone = _patch(schema.parse(call.request.body, "PARTIAL_UPDATE").get("patch"))
    _check_mutable(world.config, [*values, *gone])
    if "name" in gone:
        raise errors.coded(400, "MISSING_FIELD", "name is required but missing")
    problems = schema.problems(values, tuple(field for field in fields_of(world.config) if field.name in values))
    if problems:
        raise errors.schema_invalid(problems)
    _check_texts(world, segment.account, values, segment)
    _change(segment, {**values, **dict.fromkeys(gone)})
    segment.touch(world.clock.now())
    return Reply(204)


def _patch(patch: object) -> tuple[Json, list[str]]:
    if isinstance(patch, dict) and patch.keys() <= {"$set", "$delete"}:
        values, gone = patch.get("$set", {}), patch.get("$delete", [])
        if isinstance(values, dict) and isinstance(gone, list) and all(isinstance(name, str) for name in gone):
            return values, gone
    raise errors.framework(400, "Error parsing entity body: a patch with $set or $delete is expected")


def _check_mutable(config: Config, names: list[str]) -> None:
    known = [field.name for field in fields_of(config)]
    for name in names:
        if name in MUTABLE and name in known:
            continue
        if config.immutable_update == "400":
            raise errors.coded(400, "FIELD_NOT_EDITABLE", f"{name} can't be edited")
        raise errors.schema_invalid([f"ERROR :: /{name} :: CreateOnly field present in a partial_update request"])


@ROUTER.route("dmpSegments", "DELETE", scopes=SCOPE)
def delete(world: World, call: Call) -> Reply:
    """204, then 404; the ad segment and the list attached to it go with it."""
    _delete(world, call, call.keys[0])
    return Reply(204)


@ROUTER.route("dmpSegments", "BATCH_DELETE", scopes=SCOPE)
def batch_delete(world: World, call: Call) -> Reply:
    """Several at once: a 204 or an error each."""
    results: Json = {}
    failed: Json = {}
    for key in call.params["ids"]:
        try:
            _delete(world, call, key)
        except errors.LinkedInError as error:
            failed[key] = reworded(world.config, error, call.permission).body
        else:
            results[key] = {"status": 204}
    return json_reply(200, {"results": results, "errors": failed})


def _delete(world: World, call: Call, key: Any) -> None:
    segment = world.segments.find(world.config, segment_key(key))
    world.accounts.require_manager(segment.account, call.member)
    del world.segments.by_id[segment.id]
    world.uploads.files.pop(segment.list_file, None)
