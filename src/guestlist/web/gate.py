"""What every endpoint that takes events is given, and the way from a body to the inbox."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from guestlist.events.posting import Door, Posting
from guestlist.ports import Clock, Postbox
from guestlist.web.bodies import Bodies
from guestlist.web.refusals import answer, unauthorized
from guestlist.web.splitting import Brought
from guestlist.web.visits import visit

_SUCCESS = b'{"success":true}'


class Keys(Protocol):
    """Which write keys may be used; see ``app.keyring``."""

    def name_of(self, key: str) -> str | None:
        """Looks at memory only."""

    def due(self, key: str) -> bool:
        """Whether to refresh before trusting ``name_of``."""

    def refresh(self) -> None:
        """Reads the store: not in the event loop."""


@dataclass(frozen=True)
class Gate:
    """``write_keys_of``: names of the write keys that may add members to an audience, None where there is no such
    audience. ``segment_secret``: what Segment signs its webhooks with; None: they are not signed.
    """

    postbox: Postbox
    keys: Keys
    clock: Clock
    write_keys_of: Callable[[str], Collection[str] | None]
    segment_secret: str | None = field(default=None, repr=False)
    bodies: Bodies = field(default_factory=Bodies)

    async def sender(self, request: Request, in_body: str = "") -> str:
        """The name of the write key a request came with; Refusal (401)."""
        key = key_of(request) or in_body
        if not key:
            raise unauthorized("Send a write key: as the user of Basic authorization, or as X-Write-Key.")
        if self.keys.due(key):
            await asyncio.to_thread(self.keys.refresh)
        name = self.keys.name_of(key)
        if name is None:
            raise unauthorized("This write key is not known here, or it was revoked.")
        return name

    async def keep(self, request: Request, name: str, door: Door, brought: Brought, audience: str = "") -> Response:
        """Make it durable, then say so; what could not be taken is named, since no SDK sends a refused batch again."""
        posting = Posting(name, door, self.clock.now(), brought.sent_at, brought.common, brought.events, audience)
        if brought.events or brought.rejected:
            await asyncio.wrap_future(self.postbox.submit(posting, brought.failed))
        visit(request.scope).kept(door, len(brought.events), brought.failed)
        if brought.rejected:
            return answer({"success": True, "rejected": brought.rejected})
        return Response(_SUCCESS, media_type="application/json")


def key_of(request: Request) -> str:
    """The write key in a request's headers; "" when there is none."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, _ = base64.b64decode(given.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            return ""
        return user
    return request.headers.get("x-write-key", "").strip()
