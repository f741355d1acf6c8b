"""The application on a socket: uvicorn, told to stop by whoever hears the signals."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from guestlist.errors import ConfigError
from guestlist.web.heads import BoundedHeads

DRAIN = 2  # seconds for requests that are being answered when it stops
KEEP_ALIVE = 75  # seconds: longer than SDKs pause, so that no connection is closed under a request


class Server:
    """``run`` returns when ``stop`` was called and the requests under way are answered."""

    def __init__(self, asgi: Callable[..., Awaitable[None]], listening: socket.socket) -> None:
        self._listening = listening
        self._server = _Quiet(
            uvicorn.Config(
                asgi,
                http=BoundedHeads,
                loop="uvloop",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE,
                timeout_graceful_shutdown=DRAIN,
            )
        )

    def run(self) -> None:
        """Answer requests."""
        self._server.run(sockets=[self._listening])

    def stop(self) -> None:
        """Take no more connections and let ``run`` return; may be called from a signal handler."""
        self._server.should_exit = True

    @property
    def started(self) -> bool:
        """Whether requests are answered now."""
        return self._server.started


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0: a free one. ConfigError when the address cannot be had."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise ConfigError(f"Cannot listen on {host} port {port}: {error.strerror}.") from None


def address_of(listening: socket.socket) -> str:
    """``http://host:port``."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Quiet(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[Any]:
        """Signals are heard by the command line."""
        yield
