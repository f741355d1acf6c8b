"""Answers that are no success, as problem+json (RFC 9457): ``detail`` is the sentence that people get everywhere."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import msgspec
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from guestlist.core.text import masked
from guestlist.errors import (
    ChangedMeanwhile,
    ConfigError,
    DeliveryError,
    GuestlistError,
    NeedsPerson,
    PermissionMissing,
    Refused,
    SourceError,
    TryAgain,
    UnknownName,
    WaitsForLinkedIn,
)
from guestlist.web.refusals import Refusal, unavailable

MEDIA_TYPE = "application/problem+json"
LATER = 60  # seconds after which LinkedIn may be asked again, where nobody knows better


class Problem(Exception):
    """Ends a request with this answer; ``more``: further members of it."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.more = status, detail, headers, more or {}

    def response(self, request: Request) -> Response:
        """``type``, ``title``, ``status``, ``detail``, ``instance``."""
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": sentence(self.detail),
            "instance": request.url.path,
            **self.more,
        }
        return Response(msgspec.json.encode(body), self.status, self.headers, MEDIA_TYPE)


def sentence(text: str) -> str:
    """With a capital where it begins with a word (not with a name or a place), and a full stop."""
    first = text.split(" ", 1)[0]
    begun = text[0].upper() + text[1:] if first.isalpha() and first.islower() else text
    return begun if begun.endswith((".", "!", "?", "`")) else f"{begun}."


def problem_of(error: Exception, request: Request) -> Problem | None:
    """What an error is to a client; None: a fault of ours."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Refusal):
        return Problem(error.status, error.message, error.headers)
    if isinstance(error, RequestValidationError):
        return _invalid(error.errors())
    if isinstance(error, GuestlistError):
        return _of_ours(error, request)
    return Problem(400, "The body is nested too deeply.") if isinstance(error, RecursionError) else None


def _of_ours(error: GuestlistError, request: Request) -> Problem:
    match error:
        case PermissionMissing():
            return Problem(403, str(error), more={"permission": error.permission})
        case UnknownName() if request.method == "POST" and not request.path_params:  # only a body can have named it
            return Problem(422, str(error))
        case UnknownName():
            return Problem(404, str(error))
        case ChangedMeanwhile():
            return Problem(412 if "if-match" in request.headers else 409, str(error))
        case ConfigError():
            return Problem(
                422, str(error), more={"place": [masked(each) for each in error.place]} if error.place else None
            )
        case SourceError():
            return Problem(422, str(error))
        case DeliveryError():
            return _of_linkedin(error)
    found = unavailable()  # what a database says is for the log
    return Problem(found.status, found.message, found.headers)


@contextmanager
def in_body(*place: str) -> Iterator[None]:
    """What a body names at ``place`` and is not there is a mistake in it, where the address names something too."""
    try:
        yield
    except UnknownName as error:
        raise ConfigError(str(error), place) from None


def _of_linkedin(error: DeliveryError) -> Problem:
    match error:
        case TryAgain():
            return Problem(503, str(error), {"Retry-After": str(max(1, math.ceil(error.after)))})
        case WaitsForLinkedIn():
            return Problem(503, str(error), {"Retry-After": str(LATER)}, {"until": error.until})
        case NeedsPerson():
            return Problem(409, str(error), more={"label": error.label})
        case Refused():
            return Problem(422, str(error), more={"code": error.code} if error.code else None)
    return Problem(503, str(error), {"Retry-After": str(LATER)})


def _invalid(errors: Sequence[Any]) -> Problem:
    """The first mistake as a sentence that quotes nothing of what was sent."""
    first = errors[0]
    where, *steps = (str(each) for each in first["loc"])
    if where == "path":
        return Problem(404, "There is nothing of this name or number here.")
    place = [masked(step)[:100] for step in steps]
    what = {"body": "the body", "query": "the query", "header": "the headers"}.get(where, "the request")
    message = str(first["msg"]).removeprefix("Value error, ")
    said = f"{'.'.join(place)} in {what}: {message[:1].lower()}{message[1:]}" if place else f"{what}: {message.lower()}"
    return Problem(422, f"{said[:1].upper()}{said[1:]}", more={"place": place} if where == "body" and place else None)
