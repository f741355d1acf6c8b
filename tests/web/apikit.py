"""The API of a world without sockets: tokens, requests, a worker that takes up what was asked for."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx2

from guestlist import job_worker
from guestlist.app import api_tokens
from guestlist.bootstrap import Web, open_web
from guestlist.core.permissions import Permission, Role
from guestlist.facade import Guestlist
from tests.world import World

BACK = "http://127.0.0.1:8000/callback"
EVENTS = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
STREAM = {"audience": "leads", "destination": "acme", "mode": "stream", "audience_key": "leads"}


@dataclass
class Api:
    """Asks as a program with a token would; ``admin`` unless another is given."""

    world: World
    door: Guestlist = field(init=False)
    web: Web = field(init=False)
    token: str = field(init=False)

    def __post_init__(self) -> None:
        self.door = self.world.open()
        self.web = open_web(
            self.door.app, lambda _: False, configuration=self.door.configuration, address="https://guests.example"
        )
        self.token = self.make_token("admin", Role.ADMINISTRATOR)

    def make_token(self, name: str, role: Role, scopes: list[Permission] | None = None) -> str:
        return api_tokens.create(self.door.app, name, role, scopes)

    def __call__(
        self, method: str, path: str, body: Any = None, *, token: str | None = "", **headers: str
    ) -> httpx2.Response:
        """``body``: bytes as they are, anything else as JSON. ``token``: "" the administrator's, None: none."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            given.setdefault("authorization", f"Bearer {token or self.token}")
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if content is not None and not isinstance(body, bytes):
            given.setdefault("content-type", "application/json")

        async def ask() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.web.asgi)
            async with httpx2.AsyncClient(transport=transport, base_url="http://guestlist") as client:
                return await client.request(method, f"/api/v1{path}", content=content, headers=given)

        return asyncio.run(ask())

    def get(self, path: str, **more: Any) -> Any:
        """The JSON of what must be there."""
        done = self("GET", path, **more)
        assert done.status_code == 200, done.text
        return done.json()

    def make(self, section: str, name: str, settings: dict[str, Any], **more: Any) -> httpx2.Response:
        done = self("POST", f"/{section}", {"name": name, "settings": settings}, **more)
        assert done.status_code == 201, done.text
        return done

    def tag(self, path: str) -> str:
        return str(self("GET", path).headers["etag"])

    def work(self) -> None:
        """The worker does everything that waits."""
        for job in self.door.app.store.jobs.open():
            assert job_worker.take_up(self.door.app, self.door.configuration.current, job)

    def finished(self, accepted: httpx2.Response, **more: Any) -> Any:
        """The job of an answer 202, once the worker was at it."""
        assert accepted.status_code == 202, accepted.text
        self.work()
        return self.get(accepted.headers["location"].removeprefix("/api/v1"), **more)

    def close(self) -> None:
        self.web.close()


def problem(done: httpx2.Response, status: int) -> Any:
    """A refusal in the one shape they all have."""
    assert done.status_code == status, done.text
    assert done.headers["content-type"] == "application/problem+json"
    body = done.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(body)
    assert body["status"] == status
    first = body["detail"].split(" ", 1)[0]
    assert first[0].isupper() or not first.isalpha(), "it is a sentence, or begins with a name or a place"
    return body
