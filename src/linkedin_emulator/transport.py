"""An httpx2 transport that talks to an emulator without a socket."""

from collections.abc import Callable

import httpx2

from linkedin_emulator.emulator import Emulator
from linkedin_emulator.wire import Reply, Request


def _no_wait(seconds: float) -> None:
    """In process, a delay takes no time by default."""


class EmulatorTransport(httpx2.BaseTransport):
    """`httpx2.Client(transport=EmulatorTransport(emulator), base_url="https://api.linkedin.com")`; any host will do.

    A cut connection is a `ReadError`, a truncated reply a `RemoteProtocolError`. A delay longer than the request's
    read timeout is a `ReadTimeout` at once; a shorter one is given to `sleep`, which by default does not wait.
    """

    def __init__(self, emulator: Emulator, *, sleep: Callable[[float], object] = _no_wait) -> None:
        self._emulator = emulator
        self._sleep = sleep

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request to the emulator."""
        body = request.read()
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self._emulator.handle(Request(request.method, path, query, headers, body))
        self._wait(request, reply)
        if reply.fault == "reset":
            raise httpx2.ReadError("[Errno 104] Connection reset by peer", request=request)
        if reply.fault == "truncate":
            text = f"peer closed connection without sending complete message body ({len(reply.body) // 2} bytes)"
            raise httpx2.RemoteProtocolError(text, request=request)
        return httpx2.Response(reply.status, headers=dict(reply.headers), content=reply.body, request=request)

    def _wait(self, request: httpx2.Request, reply: Reply) -> None:
        read = request.extensions.get("timeout", {}).get("read")
        gives_up = read is not None and reply.delay > read
        if reply.delay and not gives_up:
            self._sleep(reply.delay)
        if reply.abandoned is not None:
            reply.abandoned()
        if gives_up:
            raise httpx2.ReadTimeout("The read operation timed out", request=request)
