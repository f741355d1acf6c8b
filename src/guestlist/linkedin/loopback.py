"""The way back from LinkedIn's consent page: one request to a listener on this machine, or the address pasted."""

from __future__ import annotations

import hmac
import html
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from guestlist.errors import ConfigError, GuestlistError, NeedsPerson, Refused
from guestlist.linkedin.replies import masked

DEFAULT_REDIRECT = "http://127.0.0.1:8765/callback"
"""Registered with the LinkedIn app exactly like this (Developer Portal > your app > Auth > redirect URLs)."""

_LOCAL = {"127.0.0.1", "localhost", "::1"}
_CANCELLED = {
    "user_cancelled_login": "the sign-in to LinkedIn was cancelled",
    "user_cancelled_authorize": "the consent was cancelled on LinkedIn's page",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Guestlist</title>
<body style="font:16px/1.5 system-ui;max-width:32rem;margin:20vh auto;padding:0 1rem">
<h1 style="font-size:1.3rem">{title}</h1><p>{text}</p></body></html>"""


class NotOurs(Refused):
    """An address that does not belong to this authorisation: neither code nor error, or another state."""


def parse_redirect(url: str, state: str) -> str:
    """The code in the address LinkedIn sent the browser to (``?code=...&state=...``).

    Refused when the person cancelled or the address belongs to another attempt; NeedsPerson when LinkedIn says that
    the application may not ask for these scopes.
    """
    fields = {name: values[0] for name, values in parse_qs(urlsplit(url.strip()).query).items()}
    if not fields.keys() & {"code", "error"}:
        raise NotOurs("this address carries neither a code nor an error: paste the whole address the browser shows")
    if not hmac.compare_digest(fields.get("state", "").encode(), state.encode()):
        raise NotOurs("this answer belongs to another authorisation (its state differs): start again", "state")
    if "error" in fields:
        raise _explained(fields)
    return fields["code"]


def _explained(fields: Mapping[str, str]) -> GuestlistError:
    error = fields["error"]
    if error in _CANCELLED:
        return Refused(f"{_CANCELLED[error]}: nothing was changed", error)
    if "scope" in error:
        text = (
            "LinkedIn does not let this application ask for these scopes: it must be approved for the Advertising "
            "API and the Audiences program (Developer Portal > your app > Products)"
        )
        return NeedsPerson(text, "approval")
    return Refused(f"LinkedIn's consent page answered {masked(error)}: {masked(fields.get('error_description', ''))}")


class Loopback:
    """Listens at ``redirect_url`` until the browser comes back; a context manager, used once.

    Requests with a wrong state are answered and not believed: another page on this machine could have sent them.
    """

    def __init__(self, state: str, redirect_url: str = DEFAULT_REDIRECT) -> None:
        self._state = state
        self._came = threading.Event()
        self._code = ""
        self._error: GuestlistError | None = None
        target = urlsplit(redirect_url)
        if target.scheme != "http" or target.hostname not in _LOCAL:
            raise ConfigError(
                f"Guestlist can listen only at http://127.0.0.1:PORT/...: use --paste with {redirect_url}"
            )
        self._path = target.path or "/"
        try:
            port = 80 if target.port is None else target.port
            self._server = ThreadingHTTPServer((target.hostname, port), _handler(self._answer))
        except OSError as error:
            text = f"{target.hostname}:{port} is in use: free it, or use --redirect-url or --paste"
            raise ConfigError(text) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        """Where it listens (of interest when the address said port 0)."""
        return self._server.server_port

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, timeout: float = 300.0) -> str:
        """The code; raises what ``parse_redirect`` raises, and Refused when nobody came back in time."""
        if not self._came.wait(timeout):
            raise Refused(f"nobody came back from LinkedIn's page within {timeout:g} seconds: start again", "timeout")
        if self._error is not None:
            raise self._error
        return self._code

    def _answer(self, path: str) -> tuple[int, str]:
        """The page for the person; the first redirect with our state decides."""
        if urlsplit(path).path != self._path:
            return 404, _page("Nothing here", "This address is not part of the authorisation.")
        try:
            code = parse_redirect(path, self._state)
        except NotOurs as error:
            return 400, _page("Not connected", str(error))
        except GuestlistError as error:
            self._decide("", error)
            return 400, _page("Not connected", str(error))
        self._decide(code, None)
        return 200, _page("LinkedIn answered", "You can close this page; Guestlist goes on in the terminal.")

    def _decide(self, code: str, error: GuestlistError | None) -> None:
        if not self._came.is_set():
            self._code, self._error = code, error
            self._came.set()


def _page(title: str, text: str) -> str:
    return _PAGE.format(title=html.escape(title), text=html.escape(text))


def _handler(answer: Callable[[str], tuple[int, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            status, page = answer(self.path)
            body = page.encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Referrer-Policy", "no-referrer")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Say nothing: the address holds the code."""

    return Handler
