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
    if not gate.is_audience(audience):
        raise Refusal(404, "unknown_audience", "No audience of this name takes events here.")
    async with gate.bodies.read(request, LARGEST) as body:
        return await gate.keep(request, key, "members", splitting.members(body), audience)
