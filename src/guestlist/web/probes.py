"""What machines ask a server: whether it lives, whether it can take anything, its numbers."""

from __future__ import annotations

import asyncio

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from guestlist.ports import Postbox
from guestlist.web.metrics import Metrics
from guestlist.web.refusals import answer


async def healthz(_request: Request) -> Response:
    """The process answers."""
    return answer({"status": "ok"})


async def readyz(postbox: Postbox, _request: Request) -> Response:
    """The database answers too; 503 when it does not."""
    await asyncio.to_thread(postbox.backlog)
    return answer({"status": "ready"})


async def metrics(numbers: Metrics, _request: Request) -> Response:
    """For Prometheus."""
    return Response(await asyncio.to_thread(numbers.text), media_type=CONTENT_TYPE_LATEST)
