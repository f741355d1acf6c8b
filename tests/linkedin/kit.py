from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pyarrow as pa

from guestlist.errors import NeedsReauthorization
from guestlist.linkedin.client import Client
from guestlist.ports import Token
from tests.clock import Clock

NOW = 1_790_000_000.0  # 2026-09-21
VERSION = "202607"
ACCOUNT = "urn:li:sponsoredAccount:516848833"
API = "https://api.linkedin.com/rest"
OAUTH = "https://www.linkedin.com/oauth/v2"
CLIENT_ID, CLIENT_SECRET = "86emulator", "emulator-secret"

MORE = pa.list_(pa.struct([("t", pa.uint8()), ("was", pa.uint8()), ("v", pa.binary())]))
PEOPLE = ("firstName", "lastName", "title", "company", "country")
COMPANIES = ("companyName", "stockSymbol", "city", "state", "country", "postalCode")


@dataclass
class EmulatorClock:
    """The emulator's own clock, so that both sides agree what time it is."""

    control: Any

    def now(self) -> float:
        return float(self.control.clock()["now"])

    def sleep(self, seconds: float) -> None:
        self.control.clock(advance=seconds)


@dataclass
class FakeTokens:
    """A credential that may be refreshed a given number of times."""

    token: Token
    fresh: list[Token] = field(default_factory=list)
    error: Exception | None = None
    refreshed: list[Token] = field(default_factory=list)

    def current(self) -> Token:
        return self.token

    def refresh(self, stale: Token) -> Token:
        self.refreshed.append(stale)
        if self.error is not None:
            raise self.error
        if not self.fresh:
            raise NeedsReauthorization("nothing left to refresh with", "Refresh Token Expired")
        self.token = self.fresh.pop(0)
        return self.token


def old_token(text: str = "old-secret-token", **fields: Any) -> Token:
    return Token(text, **{"expires_at": NOW + 1e6, "minted_at": NOW - 1e6, "refresh_token": "refresh-secret", **fields})


Handler = Callable[[httpx2.Request], httpx2.Response]


@dataclass
class App(httpx2.BaseTransport):
    """A tiny LinkedIn: replies in order, the last one for ever; requests are kept."""

    replies: list[Any]
    seen: list[httpx2.Request] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.seen.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        if callable(reply):
            return reply(request)
        status, body, *headers = reply
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return httpx2.Response(status, content=content, headers=headers[0] if headers else {})


def client(
    transport: httpx2.BaseTransport, tokens: Any = None, clock: Any = None, timeout: float = 60.0, **options: Any
) -> Client:
    return Client(
        options.pop("api_url", API),
        options.pop("version", VERSION),
        tokens or FakeTokens(old_token()),
        clock or Clock(NOW),
        timeout=timeout,
        transport=transport,
        dice=lambda: 0.5,
        **options,
    )


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def row(op: int, t: int, v: bytes, more: list[tuple[int, bytes]] | None = None, **traits: Any) -> dict[str, Any]:
    entries = None if more is None else [{"t": kind, "was": 0, "v": value} for kind, value in more]
    return {"op": op, "why": 1, "t": t, "v": v, "was": 0, "more": entries, **traits}


def rows(*entries: dict[str, Any], traits: tuple[str, ...] = PEOPLE) -> pa.Table:
    """A changes table as the planner writes it."""
    fields = [("op", pa.uint8()), ("why", pa.uint8()), ("t", pa.uint8()), ("v", pa.binary()), ("was", pa.uint8())]
    fields += [("more", MORE), *((name, pa.string()) for name in traits)]
    if "companyName" in traits:
        fields.append(("industries", pa.list_(pa.string())))
    return pa.Table.from_pylist(list(entries), schema=pa.schema(fields))


def companies(*entries: dict[str, Any]) -> pa.Table:
    return rows(*entries, traits=COMPANIES)


def told(body: bytes) -> list[dict[str, Any]]:
    return json.loads(body)["elements"]


def no_lock() -> Any:
    return nullcontext(True)
