"""What goes in and out of the emulator: plain requests and replies, free of any framework."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

Json = dict[str, Any]
Fault = Literal["", "reset", "truncate"]


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: `path` and `query` raw (still percent-encoded), header names in lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply and what happens to it on its way.

    `delay` is how long the caller waits for it. `fault` "reset" closes the connection without any reply, "truncate"
    announces the whole length, sends half of it and closes. Whoever carries the reply calls `abandoned`, when there
    is one, as soon as the caller has given up waiting (or the delay is over): only then does a late effect start to
    count its seconds.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    fault: Fault = ""
    abandoned: Callable[[], None] | None = None


def json_reply(status: int, body: object, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with a JSON body."""
    return Reply(status, {"content-type": "application/json", **(headers or {})}, msgspec.json.encode(body))


def html_reply(status: int, page: str) -> Reply:
    """A reply with an HTML page."""
    return Reply(status, {"content-type": "text/html; charset=utf-8"}, page.encode())


def form(text: str) -> dict[str, str]:
    """The fields of a form-encoded body or query; the last of a repeated name wins."""
    return dict(parse_qsl(text, keep_blank_values=True))
