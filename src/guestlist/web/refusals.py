"""Answers that are no success: each a status, a constant code and a constant sentence; nothing of the request in it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
from starlette.responses import Response

from guestlist.errors import GuestlistError, TryAgain


class Refusal(Exception):
    """Ends a request with this answer."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers

    def response(self) -> Response:
        """``{"code": ..., "message": ...}``."""
        return answer({"code": self.code, "message": self.message}, self.status, self.headers)


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """JSON."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def unreadable(message: str) -> Refusal:
    """400: the body cannot be read."""
    return Refusal(400, "unreadable", message)


def too_large(message: str) -> Refusal:
    """413."""
    return Refusal(413, "too_large", message)


def unauthorized(message: str) -> Refusal:
    """401."""
    return Refusal(401, "unauthorized", message, {"WWW-Authenticate": 'Basic realm="guestlist"'})


def busy(error: TryAgain) -> Refusal:
    """429, with the seconds to wait."""
    return Refusal(429, "too_many_requests", str(error), {"Retry-After": str(max(1, math.ceil(error.after)))})


def unavailable() -> Refusal:
    """503: the database cannot be reached, so nothing can be kept."""
    message = "The database does not take anything at the moment; nothing was kept, send it again."
    return Refusal(503, "unavailable", message, {"Retry-After": "5"})


def refusal_of(error: GuestlistError) -> Refusal:
    """What an error of the product is to a client."""
    return busy(error) if isinstance(error, TryAgain) else unavailable()


INTERNAL = Refusal(500, "internal", "Something unexpected happened; the server's log says where.")
NO_SUCH_PATH = Refusal(404, "not_found", "There is nothing under this path; /openapi.json lists what there is.")
NO_SUCH_METHOD = Refusal(405, "method_not_allowed", "This path is not used with this method.")
