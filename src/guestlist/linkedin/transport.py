"""The network as an httpx2 transport with a real deadline.

httpcore2's network backend is a public seam: every connect, TLS handshake, write and read passes through it. This one
gives each of them no more time than the request has left, whichever phase it is in and however many reads it takes.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

_WRITE = 16 * 1024  # one TLS record: the deadline is looked at between two of them
_TRANSLATED: tuple[tuple[type[Exception], type[httpx2.TransportError]], ...] = (
    (httpcore2.ConnectTimeout, httpx2.ConnectTimeout),
    (httpcore2.ReadTimeout, httpx2.ReadTimeout),
    (httpcore2.WriteTimeout, httpx2.WriteTimeout),
    (httpcore2.PoolTimeout, httpx2.PoolTimeout),
    (httpcore2.TimeoutException, httpx2.ReadTimeout),
    (httpcore2.ConnectError, httpx2.ConnectError),
    (httpcore2.ReadError, httpx2.ReadError),
    (httpcore2.WriteError, httpx2.WriteError),
    (httpcore2.NetworkError, httpx2.ReadError),
    (httpcore2.ProxyError, httpx2.ProxyError),
    (httpcore2.UnsupportedProtocol, httpx2.UnsupportedProtocol),
    (httpcore2.LocalProtocolError, httpx2.LocalProtocolError),
    (httpcore2.RemoteProtocolError, httpx2.RemoteProtocolError),
)


class Deadline:
    """How long a request may still take, all phases together."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Seconds that are left, 0 at least."""
        return max(0.0, self._end - self._monotonic())


class _Current(threading.local):
    """The deadline of the request that this thread is making."""

    deadline: Deadline | None = None

    def left(self, asked: float | None, late: type[Exception]) -> float | None:
        if self.deadline is None:
            return asked
        left = self.deadline.left()
        if left <= 0:
            raise late("deadline")
        return left if asked is None else min(left, asked)


class _Stream(httpcore2.NetworkStream):
    """A connection whose every operation ends when the current request's deadline does."""

    def __init__(self, inner: httpcore2.NetworkStream, current: _Current) -> None:
        self._inner = inner
        self._current = current

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._current.left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITE):
            left = self._current.left(timeout, httpcore2.WriteTimeout)
            self._inner.write(buffer[start : start + _WRITE], left)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._current.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._current)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.SyncBackend):
    def __init__(self, current: _Current) -> None:
        self._current = current

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Address after address within one deadline. Looking the name up has the system's own limit."""
        error: Exception = httpcore2.ConnectError("no address")
        for address in self._addresses(host, port):
            left = self._current.left(timeout, httpcore2.ConnectTimeout)
            try:
                stream = super().connect_tcp(address, port, left, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failed:
                error = failed
                continue
            return _Stream(stream, self._current)
        raise error

    @staticmethod
    def _addresses(host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise httpcore2.ConnectError("name not found") from None
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Body(httpx2.SyncByteStream):
    def __init__(self, inner: Iterable[bytes]) -> None:
        self._inner = inner

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._inner
        except Exception as error:  # translated or passed on
            raise _httpx_error(error) from None

    def close(self) -> None:
        close = getattr(self._inner, "close", None)
        if close is not None:
            close()


class NetworkTransport(httpx2.BaseTransport):
    """HTTP/1.1 with keep-alive over real sockets, bounded by the request's ``deadline`` extension.

    ``proxy`` is an ``http://`` address of a forward proxy. Idle connections are dropped after ``keep_alive`` seconds
    (0: none is kept), before LinkedIn's edge does it under our hands (public clients report "socket hang up").
    """

    def __init__(self, proxy: str | None = None, *, keep_alive: float = 10.0, max_connections: int = 20) -> None:
        self._proxy = proxy
        self._keep_alive = keep_alive
        self._max_connections = max_connections
        self._current = _Current()
        self._lock = threading.Lock()
        self._pool: httpcore2.ConnectionPool | None = None

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; the reply's body is read by the caller in the same thread, under the same deadline."""
        self._current.deadline = request.extensions.get("deadline")
        url = request.url
        try:
            reply = self._opened().handle_request(
                httpcore2.Request(
                    method=request.method,
                    url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except Exception as error:  # translated or passed on
            raise _httpx_error(error) from None
        assert isinstance(reply.stream, Iterable)  # noqa: S101 - a synchronous pool gives synchronous streams
        return httpx2.Response(reply.status, headers=reply.headers, stream=_Body(reply.stream))

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            if self._pool is not None:
                self._pool.close()

    def _opened(self) -> httpcore2.ConnectionPool:
        """The pool; made at the first request, since reading the system's certificates takes its time."""
        with self._lock:
            if self._pool is None:
                self._pool = self._new_pool()
            return self._pool

    def _new_pool(self) -> httpcore2.ConnectionPool:
        context = httpx2.create_ssl_context()
        backend = _Backend(self._current)
        kept = self._max_connections if self._keep_alive else 0
        if self._proxy:
            return httpcore2.HTTPProxy(
                proxy_url=self._proxy,
                ssl_context=context,
                max_connections=self._max_connections,
                max_keepalive_connections=kept,
                keepalive_expiry=self._keep_alive,
                network_backend=backend,
            )
        return httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=self._max_connections,
            max_keepalive_connections=kept,
            keepalive_expiry=self._keep_alive,
            network_backend=backend,
        )


def system_proxy(url: str) -> str | None:
    """The forward proxy that the environment (HTTPS_PROXY, NO_PROXY, or the system's settings) names for a URL."""
    target = urlsplit(url)
    host = target.hostname or ""
    if host in ("localhost", "127.0.0.1", "::1") or proxy_bypass(host):
        return None
    proxy = getproxies().get(target.scheme)
    return proxy if proxy and "://" in proxy else f"http://{proxy}" if proxy else None


def _httpx_error(error: Exception) -> Exception:
    for theirs, ours in _TRANSLATED:
        if isinstance(error, theirs):
            return ours(type(error).__name__)
    return error
