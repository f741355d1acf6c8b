"""Webhooks: Segment's three webhook destinations, RudderStack's webhooks and records."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from guestlist.web import splitting
from guestlist.web.gate import Gate
from guestlist.web.refusals import answer, unauthorized
from guestlist.web.signatures import is_signed

LARGEST = 16 << 20  # bytes of a request: a batch may have 4,000 events
SMALL = 32 << 10  # bytes of a request that only names an audience


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


async def segment_audience(gate: Gate, request: Request) -> Response:
    """``/hooks/segment/audience``: before Webhook Audiences sends anything of an audience, it asks here for the id of a
    new one or of one that it knows. It sends neither headers nor a signature, so nothing is looked up or kept: an
    audience's id is its name.
    """
    async with gate.bodies.read(request, SMALL) as body:
        return answer({"externalId": splitting.named(body)})


async def rudderstack(gate: Gate, request: Request) -> Response:
    """``/hooks/rudderstack``."""
    name = await gate.sender(request)
    async with gate.bodies.read(request, LARGEST) as body:
        return await gate.keep(request, name, "rudderstack", splitting.hooked(splitting.listed(body), "rudderstack"))
