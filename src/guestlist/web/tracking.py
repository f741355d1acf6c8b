"""What SDKs send: /v1/batch and one path for each kind of call, with their short forms."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from guestlist.web import splitting
from guestlist.web.gate import Gate, key_of
from guestlist.web.splitting import Brought

LARGEST = 500 << 10  # bytes of a request, inflated
SINGLE = {
    "/v1/track": "track",
    "/v1/t": "track",
    "/v1/identify": "identify",
    "/v1/i": "identify",
    "/v1/group": "group",
    "/v1/g": "group",
    "/v1/page": "page",
    "/v1/p": "page",
    "/v1/screen": "screen",
    "/v1/s": "screen",
    "/v1/alias": "alias",
    "/v1/a": "alias",
}


async def batch(gate: Gate, request: Request) -> Response:
    """``/v1/batch``, ``/v1/b``."""
    return await _take(gate, request, splitting.batch)


async def single(gate: Gate, request: Request) -> Response:
    """All others; the path says what kind of call it is."""
    kind = SINGLE[request.url.path]
    return await _take(gate, request, lambda body: splitting.single(body, kind))


async def _take(gate: Gate, request: Request, split: Callable[[bytes], Brought]) -> Response:
    name = await gate.sender(request) if key_of(request) else ""  # who has no right to be read is not read
    async with gate.bodies.read(request, LARGEST) as body:
        brought = split(body)
        name = name or await gate.sender(request, brought.write_key)
        return await gate.keep(request, name, "track", brought)
