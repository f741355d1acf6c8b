"""A piece of a page told again whenever it is another, as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from guestlist.errors import GuestlistError

TICK = 0.5  # seconds between two looks
LASTS = 25.0  # seconds of one stream; the browser asks again

Look = Callable[[], tuple[str, bool]]  # the piece as it is now, and whether it is the last


def streamed(look: Look) -> StreamingResponse:
    """Events called ``progress``, then one called ``done``."""
    return StreamingResponse(_told(look), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _told(look: Look) -> AsyncIterator[str]:
    before, ends = "", time.monotonic() + LASTS
    while True:
        try:
            piece, over = await run_in_threadpool(look)
        except GuestlistError:
            return
        if piece != before:
            yield _event("progress", piece)
            before = piece
        if over:
            yield _event("done", "")
            return
        if time.monotonic() > ends:
            return
        await anyio.sleep(TICK)


def _event(name: str, text: str) -> str:
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
