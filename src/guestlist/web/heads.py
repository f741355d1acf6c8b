"""HTTP as uvicorn and httptools speak it, with bounds for what comes before a body: neither has any."""

from __future__ import annotations

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST = 64 << 10  # bytes of headers, beside what comes in one piece
PATIENCE = 30.0  # seconds until they must have come whole


class BoundedHeads(HttpToolsProtocol):
    """Closes connections whose headers do not end, and new ones that say nothing."""

    _moved = False  # a part of a request came whole: its headers, a piece of its body, its end
    _size = 0  # bytes since then
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """As one that was kept alive and waits for its next request."""
        super().connection_made(cast("asyncio.Transport", transport))
        after = self.timeout_keep_alive
        self.timeout_keep_alive_task = self.loop.call_later(after, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes) -> None:
        """Bytes of requests."""
        self._moved = False
        super().data_received(data)
        if self._moved:
            self._size = 0
            self._forget_deadline()
            return
        self._size += len(data)
        if self._size > LARGEST:
            self.transport.close()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(PATIENCE, self.transport.close)

    def connection_lost(self, error: Exception | None) -> None:
        """The client left, or was sent away."""
        self._forget_deadline()
        super().connection_lost(error)

    def on_headers_complete(self) -> None:
        """The parser's word."""
        self._moved = True
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """The parser's word."""
        self._moved = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The parser's word."""
        self._moved = True
        super().on_message_complete()

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
