"""The outermost layer: request ids, the log, the numbers, and an answer whatever happens inside."""

from __future__ import annotations

import re
import secrets
import time
import traceback
from pathlib import PurePath

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guestlist.web.metrics import Metrics
from guestlist.web.refusals import INTERNAL
from guestlist.web.visits import Visit, begin

LEFT = 499  # no answer: the client was gone before its request had come
_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")

log = structlog.get_logger("guestlist.web")


class Entrance:
    """An ASGI application around another one."""

    def __init__(self, inside: ASGIApp, metrics: Metrics) -> None:
        self._inside, self._metrics = inside, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Requests; whatever else there is passes through."""
        if scope["type"] != "http":
            await self._inside(scope, receive, send)
            return
        began, visit = time.perf_counter(), Visit(_request_id(scope))
        begin(scope, visit)
        sending = _Sending(send, visit.request_id)
        try:
            await self._inside(scope, receive, sending)
        except Exception as error:
            where = {"error": type(error).__name__, "at": _place(error)}
            log.error("an error of ours", request_id=visit.request_id, **where)  # noqa: TRY400 - its text may hold data
            if not sending.status:
                await INTERNAL.response()(scope, receive, sending)
        self._tell(scope, sending.status or LEFT, time.perf_counter() - began, visit)

    def _tell(self, scope: Scope, status: int, seconds: float, visit: Visit) -> None:
        path = getattr(scope.get("route"), "path", "other")  # what nobody knows may hold anything
        self._metrics.answered(path, status, seconds, visit)
        log.info(
            "request",
            method=scope["method"] if scope["method"] in _METHODS else "other",
            path=path,
            status=status,
            ms=round(seconds * 1000, 1),
            events=visit.events,
            request_id=visit.request_id,
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Sending:
    """Notes the status and adds the id to the answer."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send, self._id = send, request_id.encode()
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", self._id)]}
        await self._send(message)


def _request_id(scope: Scope) -> str:
    """The client's, where it is one that can stand in a log; else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value):
            return str(value, "ascii")
    return secrets.token_hex(8)


def _place(error: BaseException) -> str:
    """Where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
