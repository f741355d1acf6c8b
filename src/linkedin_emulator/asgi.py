"""The emulator over HTTP: an ASGI application, and a server that can also cut connections."""

import asyncio
import contextlib

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from linkedin_emulator.emulator import Emulator
from linkedin_emulator.protocol import ReachableProtocol, reset, transport_of
from linkedin_emulator.wire import Reply, Request

LARGEST_BODY = 32 * 2**20


class _Endpoint:
    """One ASGI application for every path."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _body(receive)
        if body is None:
            await _send(send, Reply(413, {"connection": "close"}), whole=True)
            return
        reply = await run_in_threadpool(self._emulator.handle, _request(scope, body))
        if reply.delay:
            await _silence(receive, reply.delay)
        if reply.abandoned is not None:
            await run_in_threadpool(reply.abandoned)
        transport = transport_of(scope)
        if reply.fault == "reset" and transport is not None:
            reset(transport)
            await _gone(receive)
            return
        truncated = reply.fault == "truncate" and transport is not None
        await _send(send, reply, whole=not truncated)
        if transport is not None and truncated:
            transport.close()
            await _gone(receive)


def _request(scope: Scope, body: bytes) -> Request:
    path = scope.get("raw_path", scope["path"].encode()).decode("ascii").partition("?")[0]
    path = path.removeprefix(scope.get("root_path", ""))
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    return Request(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)


async def _body(receive: Receive) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > LARGEST_BODY:
            return None
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _silence(receive: Receive, seconds: float) -> None:
    """Say nothing for so long, or until the caller hangs up."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _gone(receive)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, reply: Reply, *, whole: bool) -> None:
    headers = {"content-length": str(len(reply.body)), **reply.headers}
    if reply.status == 204:
        del headers["content-length"]
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status or 502, "headers": raw})
    body = reply.body if whole else reply.body[: len(reply.body) // 2]
    await send({"type": "http.response.body", "body": body, "more_body": not whole})


def create_app(emulator: Emulator) -> Starlette:
    """The emulator as an ASGI application; it can be mounted under any path."""
    return Starlette(routes=[Route("/{path:path}", _Endpoint(emulator))])


def create_server(emulator: Emulator) -> uvicorn.Server:
    """A server that can also cut connections and truncate replies."""
    config = uvicorn.Config(
        create_app(emulator),
        http=ReachableProtocol,
        loop="asyncio",  # another loop, where it is installed, would hide the connection from the protocol
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    return uvicorn.Server(config)
