"""CSV lists: generateUploadUrl and dmpSegments/{id}/listUploads."""

import base64

from linkedin_emulator import errors, schema
from linkedin_emulator.lists import read_list
from linkedin_emulator.resources.dmp_segments import segment_key
from linkedin_emulator.resources.replies import created, sponsored_account
from linkedin_emulator.routing import ROUTER, Call
from linkedin_emulator.schema import Field
from linkedin_emulator.wire import Reply, json_reply
from linkedin_emulator.world import World

OWNER = (Field("owner", required=True, urn="sponsoredAccount"),)
INPUT = (Field("inputFile", required=True),)
MEDIA = "urn:li:media:"


@ROUTER.route("dmpSegments", "ACTION", "generateUploadUrl", scopes="rw_dmp_segments")
def generate_upload_url(world: World, call: Call) -> Reply:
    """200 with the URL to post the CSV to."""
    data = schema.parse(call.request.body, "ACTION")
    problems = schema.problems(data, OWNER)
    if problems:
        raise errors.schema_invalid(problems)
    account = sponsored_account(data["owner"], "owner")
    world.accounts.require_manager(account, call.member)
    name = "AAYA" + base64.urlsafe_b64encode(world.dice.randbytes(24)).decode() + ".csv"
    world.uploads.owners[name] = account
    return json_reply(200, {"value": f"{_site(call)}/ambry/{name}"})


def _site(call: Call) -> str:
    host = call.request.headers.get("host", "www.linkedin.com")
    return "https://www.linkedin.com" if host.endswith("linkedin.com") else f"http://{host}"


@ROUTER.route("dmpSegments/listUploads", "CREATE", scopes="rw_dmp_segments rw_ads")
def create(world: World, call: Call) -> Reply:
    """Attach an uploaded file; it replaces what the segment held. A file that cannot be read fails while building."""
    segment = world.segments.open(world.config, segment_key(call.keys[0]))
    world.accounts.require_manager(segment.account, call.member)
    data = schema.parse(call.request.body, "CREATE")
    problems = schema.problems(data, INPUT)
    if problems:
        raise errors.schema_invalid(problems)
    if not segment.type.endswith("_LIST_UPLOAD"):
        raise errors.coded(400, "INVALID_VALUE_FOR_FIELD", f"type can't be set to {segment.type}")
    path = data["inputFile"].removeprefix(MEDIA)
    content = world.uploads.files.get(path)
    if content is None or world.uploads.owners.get(path[1:]) != segment.account:
        raise errors.coded(400, "FIELD_VALUE_DOES_NOT_EXIST", f"inputFile value {data['inputFile']} doesn't exist")
    now = world.clock.now()
    changes = read_list(content, world.config, companies=segment.type == "COMPANY_LIST_UPLOAD")
    segment.audience.replace(changes or [], now)
    segment.list_failed, segment.list_file = changes is None, path
    segment.touch(now)
    segment.set_status("BUILDING", now)
    reply = created(world, call, str(len(world.uploads.files)))
    return reply if world.config.list_upload_status == "201" else Reply(200, reply.headers)
