"""The plain way in: people or companies that enter or leave an audience."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from guestlist.web import splitting
from guestlist.web.gate import Gate
from guestlist.web.refusals import Refusal

LARGEST = 4 << 20


async def change(gate: Gate, request: Request) -> Response:
    """``POST /api/v1/audiences/{name}/members``."""
    key = await gate.sender(request)
    audience: str = request.path_params["name"]
    heard = gate.write_keys_of(audience)
    if heard is None:
        raise Refusal(404, "unknown_audience", "No audience of this name takes events here.")
    if key not in heard:
        raise Refusal(403, "write_key", "Nothing that comes with this write key counts for the audience.")
    async with gate.bodies.read(request, LARGEST) as body:
        return await gate.keep(request, key, "members", splitting.members(body), audience)
