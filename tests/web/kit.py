"""A server without sockets over a real store, and events as senders write them."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from guestlist import settings as environment
from guestlist.bootstrap import Web, open_app, open_web
from guestlist.events.posting import Posting, decode
from guestlist.store import Store
from tests.clock import Clock

AUDIENCE = "high_intent_accounts"


@dataclass
class Site:
    """``key`` opens it. ``send`` asks as a client would."""

    web: Web
    store: Store
    clock: Clock
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def send(
        self, path: str, body: Any = None, *, method: str = "POST", key: str | None = "", **headers: str
    ) -> httpx2.Response:
        """``body``: bytes as they are, anything else as JSON. ``key``: "" the right one, None: none."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            given = {"authorization": basic(key or self.key), **given}

        async def ask() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.web.asgi)
            async with httpx2.AsyncClient(transport=transport, base_url="http://guestlist") as client:
                return await client.request(method, path, content=content, headers=given)

        return asyncio.run(ask())

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.send(path, b"", method="GET", key=None, **headers)

    def kept(self) -> list[Posting]:
        """What the inbox holds, in order."""
        return [posting for row in self.store.inbox.take(1 << 30) for posting in decode(row.data)]

    def events(self) -> list[Any]:
        return [json.loads(event) for posting in self.kept() for event in posting.events]


@contextmanager
def opened(
    folder: Path,
    database_url: str,
    write_keys_of: Callable[[str], Collection[str] | None] = {"accounts": {"engage"}}.get,
    collectors: Iterable[Any] = (),
    **environ: str,
) -> Iterator[Site]:
    settings = environment.read(
        {
            "GUESTLIST_HOME": str(folder / "home"),
            "GUESTLIST_DATABASE_URL": database_url,
            "GUESTLIST_SECRET_KEY": "a key for tests that nobody needs to guess",
            **environ,
        }
    )
    clock = Clock()
    app = open_app(settings, clock=clock)
    key = app.store.write_keys.create("engage", clock.now())
    web = open_web(app, write_keys_of, collectors)
    try:
        yield Site(web, app.store, clock, key)
    finally:
        web.close()
        app.door.close()
        app.store.close()


def basic(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def zipped(value: Any) -> bytes:
    return gzip.compress(value if isinstance(value, bytes) else json.dumps(value).encode(), mtime=0)


def entered(user: str = "u1", **more: Any) -> dict[str, Any]:
    """SEGMENT-40."""
    return {
        "type": "track",
        "event": "Audience Entered",
        "userId": user,
        "anonymousId": None,
        "messageId": f"message-{user}",
        "timestamp": "2026-05-28T20:26:39.000Z",
        "properties": {"audience_key": AUDIENCE, AUDIENCE: True},
        "context": {
            "personas": {"computation_class": "audience", "computation_id": "aud_1", "computation_key": AUDIENCE},
            "traits": {"email": f"{user}@example.com"},
        },
        **more,
    }
