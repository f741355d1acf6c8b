"""The requests the emulator has seen, without secrets."""

import re
from collections import deque
from typing import Any

import msgspec

from linkedin_emulator.wire import Reply, Request

SECRET = re.compile(rb"(^|&)(client_secret|refresh_token|code|token)=[^&]*")
MASK = rb"\1\2=***"
KEPT = 20_000
BODY_BYTES = 32 * 2**20


class Seen(msgspec.Struct, kw_only=True):
    """One request as it came, and what became of it."""

    number: int
    at: float
    method: str
    path: str
    query: str
    headers: dict[str, str]
    status: int
    fault: str = ""
    delivery: str = ""
    member: str = ""
    elements: int | None = None
    body: bytes = b""


class RequestLog:
    """The latest requests; bodies only as far as memory allows, oldest dropped first."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=KEPT)
        self._bodies: deque[Seen] = deque()
        self._bytes = 0
        self.total = 0

    def add(self, request: Request, reply: Reply, **facts: Any) -> None:
        """Remember a request; the bearer token and OAuth secrets are left out."""
        self.total += 1
        headers = {name: value for name, value in request.headers.items() if name != "authorization"}
        if "authorization" in request.headers:
            headers["authorization"] = f"{request.headers['authorization'].split(' ')[0]} …"
        body = SECRET.sub(MASK, request.body) if request.path.startswith("/oauth/") else request.body
        query = SECRET.sub(MASK, request.query.encode()).decode() if "oauth" in request.path else request.query
        seen = Seen(
            number=self.total,
            method=request.method,
            path=request.path,
            query=query,
            headers=headers,
            status=reply.status,
            delivery=reply.fault,
            body=body,
            **facts,
        )
        self._seen.append(seen)
        self._keep_body(seen)

    def _keep_body(self, seen: Seen) -> None:
        self._bodies.append(seen)
        self._bytes += len(seen.body)
        while self._bytes > BODY_BYTES:
            oldest = self._bodies.popleft()
            self._bytes -= len(oldest.body)
            oldest.body = b""
        if len(self._bodies) > KEPT:
            self._bytes -= len(self._bodies.popleft().body)

    def shown(self, *, bodies: bool, since: int = 0) -> list[dict[str, Any]]:
        """The list as JSON, oldest first: those numbered above `since`."""
        shown: list[dict[str, Any]] = []
        for seen in self._seen:
            if seen.number <= since:
                continue
            record: dict[str, Any] = msgspec.structs.asdict(seen)
            body = record.pop("body").decode(errors="replace")
            shown.append({**record, "body": body} if bodies else record)
        return shown
