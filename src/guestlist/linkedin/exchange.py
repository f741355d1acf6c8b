"""One request and its whole reply within one deadline: the border at which network errors become ours.

httpx's time-outs are per phase and per read, so a server that dribbles one byte a second is never cut. Here one
``Deadline`` covers connecting, writing and reading: it is handed to the transport as the extension ``deadline``
(``guestlist.linkedin.transport`` shrinks every socket time-out to what is left) and checked after every chunk read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Literal

import httpx2

from guestlist.errors import TryAgain
from guestlist.linkedin.replies import Reply
from guestlist.linkedin.transport import Deadline
from guestlist.ports import Clock
from guestlist.version import __version__

MAX_REPLY = 16 * 1024 * 1024
"""Bytes of a reply that are read at most; 5,000 element errors are about 1 MB."""

_NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.InvalidURL,
    httpx2.LocalProtocolError,
)
_MAY_STILL_ACT = (408, 502, 504)


class NoReply(TryAgain):
    """There is no whole reply. ``kind`` as in ``core.delivery.Answer``; ``status`` where its first line was read."""

    def __init__(
        self,
        kind: Literal["not_sent", "unanswered", "over"],
        text: str,
        started_at: float,
        ended_at: float,
        status: int | None = None,
    ) -> None:
        super().__init__(text, after=2.0)
        self.kind = kind
        self.started_at = started_at
        self.ended_at = ended_at
        self.status = status


class Exchange:
    """Sends requests through a transport (httpx2's one-method seam). Threads may share it; connections are kept."""

    def __init__(
        self,
        clock: Clock,
        timeout: float,
        transport: httpx2.BaseTransport,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.timeout = timeout
        self._clock = clock
        self._monotonic = monotonic
        self._transport = transport

    def deadline(self) -> Deadline:
        """A new deadline, ``timeout`` from now."""
        return Deadline(self.timeout, self._monotonic)

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        deadline: Deadline | None = None,
    ) -> Reply:
        """The whole reply, whatever its status; NoReply when there is none. Redirects are not followed."""
        deadline = deadline or self.deadline()
        started = self._clock.now()
        status: list[int] = []
        try:
            return self._read(self._request(method, url, headers, body, deadline), deadline, started, status)
        except NoReply:
            raise
        except Exception as error:  # the border: whatever a transport throws is translated here, and only here
            raise self._translated(error, started, status) from None

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def _request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, deadline: Deadline
    ) -> httpx2.Request:
        left = deadline.left()
        return httpx2.Request(
            method,
            url,
            headers={
                "User-Agent": f"guestlist/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
                **headers,
            },
            content=body,
            extensions={
                "timeout": {"connect": left, "read": left, "write": left, "pool": left},
                "deadline": deadline,
            },
        )

    def _read(self, request: httpx2.Request, deadline: Deadline, started: float, status: list[int]) -> Reply:
        if deadline.left() <= 0:
            raise httpx2.PoolTimeout("no time left")
        response = self._transport.handle_request(request)
        body = bytearray()
        try:
            status.append(response.status_code)
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MAX_REPLY:
                    raise httpx2.RemoteProtocolError("too long")
                if deadline.left() <= 0:
                    raise httpx2.ReadTimeout("too slow")
        finally:
            response.close()
        self._check_length(response, len(body))
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, headers, bytes(body), started, self._clock.now())

    @staticmethod
    def _check_length(response: httpx2.Response, got: int) -> None:
        announced = response.headers.get("content-length", "")
        if "content-encoding" not in response.headers and announced.isdigit() and got < int(announced):
            raise httpx2.RemoteProtocolError("truncated")

    def _translated(self, error: Exception, started: float, status: list[int]) -> NoReply:
        """The text names the kind of error only: an httpx message may quote addresses or headers."""
        ended = self._clock.now()
        if isinstance(error, _NEVER_LEFT):
            return NoReply("not_sent", f"LinkedIn cannot be reached ({_words(error)})", started, ended)
        if isinstance(error, httpx2.TimeoutException):
            text = f"LinkedIn did not answer within {self.timeout:g} seconds"
            return NoReply("unanswered", text, started, ended, status[0] if status else None)
        cut_short = isinstance(error, httpx2.RemoteProtocolError) and "message body" in str(error)
        if (status and status[0] not in _MAY_STILL_ACT) or (not status and cut_short):
            return NoReply("over", "LinkedIn's reply broke off", started, ended, status[0] if status else None)
        text = f"the connection to LinkedIn was lost before it answered ({_words(error)})"
        return NoReply("unanswered", text, started, ended, status[0] if status else None)


def _words(error: Exception) -> str:
    return type(error).__name__
