"""Webhooks: Segment's three webhook destinations, RudderStack's webhooks and records."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from guestlist.web import splitting
from guestlist.web.gate import Gate
from guestlist.web.refusals import unauthorized
from guestlist.web.signatures import is_signed

LARGEST = 4 << 20  # bytes of a request: they batch by the thousand


async def segment(gate: Gate, request: Request) -> Response:
    """``/hooks/segment``."""
    name = await gate.sender(request)
    async with gate.bodies.read(request, LARGEST) as body:
        events, secret = splitting.listed(body), gate.segment_secret
        if secret is not None and not is_signed(secret, request.headers, body, events):
            raise unauthorized(
                "The signature is missing or wrong. X-Segment-Signature covers a whole body, X-Signature one event."
            )
        return await gate.keep(request, name, "segment", splitting.hooked(events, "segment"))


async def rudderstack(gate: Gate, request: Request) -> Response:
    """``/hooks/rudderstack``."""
    name = await gate.sender(request)
    async with gate.bodies.read(request, LARGEST) as body:
        return await gate.keep(request, name, "rudderstack", splitting.hooked(splitting.listed(body), "rudderstack"))
