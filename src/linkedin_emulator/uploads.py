"""The upload target of CSV lists, `/ambry/…`."""

from linkedin_emulator import errors, gateway
from linkedin_emulator.wire import Reply, Request
from linkedin_emulator.world import World

LARGEST = 20 * 2**20


def answer(world: World, request: Request) -> Reply:
    """Take the raw bytes of a list; its media path comes back in `location`. No LinkedIn-Version is needed."""
    bearer = gateway.bearer_of(request)
    if bearer is None:
        raise errors.empty_token()
    gateway.valid_token(world, bearer)
    name = request.path.removeprefix("/ambry/")
    if request.method != "POST" or name not in world.uploads.owners:
        raise errors.not_found()
    if len(request.body) > LARGEST:
        raise errors.coded(400, "FIELD_LENGTH_TOO_LONG", "The list is larger than 20 MB")
    world.uploads.files[f"/{name}"] = request.body
    whole = "urn:li:media:" if world.config.media_location == "urn" else ""
    return Reply(201, {"location": f"{whole}/{name}", "content-length": "0"})
