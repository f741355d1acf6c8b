"""Bodies of requests: read into memory and never to disk, within bounds for each and for all together."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from guestlist.errors import TryAgain
from guestlist.web.refusals import Refusal, busy, too_large, unreadable

PATIENCE = 30.0  # seconds until a body must have come whole
MOST = 64 << 20  # bytes of all requests under way
_GZIP = 31  # zlib: a gzip header, the largest window


class Gone(Exception):
    """The client left before its body had come."""


class Bodies:
    """``read`` counts what all requests of one event loop hold."""

    def __init__(self, most: int = MOST, patience: float = PATIENCE) -> None:
        self._most, self._patience = most, patience
        self._held = 0

    @asynccontextmanager
    async def read(self, request: Request, limit: int) -> AsyncIterator[bytes]:
        """The body as text that may be JSON, inflated; Refusal when it is above ``limit`` bytes or no UTF-8."""
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > limit:
            raise _above(limit)
        parts: list[bytes] = []
        try:
            await self._patiently(request, parts, limit)
            yield _checked(_inflated(request, b"".join(parts), limit))
        finally:
            self._held -= sum(map(len, parts))

    async def _patiently(self, request: Request, parts: list[bytes], limit: int) -> None:
        try:
            async with asyncio.timeout(self._patience):
                await self._collect(request, parts, limit)
        except TimeoutError:
            raise Refusal(408, "timeout", "The body did not come in time.") from None

    async def _collect(self, request: Request, parts: list[bytes], limit: int) -> None:
        size, more = 0, True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise Gone
            part = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise _above(limit)
            self._held += len(part)
            parts.append(part)
            if self._held > self._most:
                raise busy(TryAgain("Too much is being received at once; send it again in a moment.", 1.0))
            more = message.get("more_body", False)


def _inflated(request: Request, data: bytes, limit: int) -> bytes:
    encoding = request.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return data
    if encoding not in ("gzip", "x-gzip"):
        raise unreadable("The body may be plain or gzip; no other Content-Encoding is understood.")
    inflater = zlib.decompressobj(_GZIP)
    try:
        whole = inflater.decompress(data, limit + 1)
    except zlib.error:
        raise unreadable("The body is no gzip, though its Content-Encoding says so.") from None
    if len(whole) > limit:
        raise _above(limit)
    if not inflater.eof or inflater.unused_data:
        raise unreadable("The gzip body is not whole, or something follows it.")
    return whole


def _checked(body: bytes) -> bytes:
    if not body.isascii():  # what a reader of JSON skips it does not check
        try:
            body.decode()
        except UnicodeDecodeError:
            raise unreadable("The body is no UTF-8 text.") from None
    return body


def _above(limit: int) -> Refusal:
    return too_large(f"The body is larger than {limit >> 10} KB, the most for one request.")
