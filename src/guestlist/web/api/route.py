"""A route of the API: who asks, whether they may, what they send, once; then the endpoint; then what went wrong."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from guestlist.app import api_tokens, repeating
from guestlist.core.permissions import Permission, Person
from guestlist.core.text import masked
from guestlist.web.api import openapi
from guestlist.web.api.needs import NEEDS
from guestlist.web.api.problems import Problem, problem_of

if TYPE_CHECKING:
    from guestlist.app.context import App
    from guestlist.config import Config
    from guestlist.configuration import Configuration
    from guestlist.web.bodies import Bodies
    from guestlist.web.desk import Desk

PREFIX = "/api/v1"
LARGEST = 4 << 20  # bytes of a body
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_CREATED = (201, 202)
_KEPT_HEADERS = ("content-type", "etag", "location")
_ALWAYS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}  # some of them hold secrets
_JSON = re.compile(r"application/(?:[a-z0-9.-]+\+)?json")
_YAML = re.compile(r"(?:application|text)/(?:x-)?yaml|text/plain")

Inner = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Asking:
    """Somebody who may ask for this, and what they ask it of."""

    desk: Desk
    person: Person

    @cached_property
    def app(self) -> App:
        """The audit log names them."""
        return self.desk.for_(self.person)

    @property
    def configuration(self) -> Configuration:
        """Where objects are declared."""
        return self.desk.configuration

    @cached_property
    def config(self) -> Config:
        """As it is now; ConfigError while it has a mistake."""
        return self.desk.configuration.current_or_empty()

    @property
    def sees_members(self) -> bool:
        """Whether they may look at single members, masked as they are."""
        return self.person.may(Permission.VIEW_PROFILES)


async def _asking(request: Request) -> Asking:
    found: Asking = request.state.asking
    return found


Asked = Annotated[Asking, Depends(_asking)]


class ApiRoute(APIRoute):
    """Everything that all operations have in common happens here, before anything of a body is looked at."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        (method,) = options["methods"]
        self.needs = NEEDS[f"{method} {path.removeprefix(PREFIX)}"]
        options["response_model_exclude_none"] = False
        options["operation_id"] = f"{method.lower()}{re.sub(r'[^a-z0-9]+', '_', path.lower()).rstrip('_')}"
        super().__init__(path, endpoint, **options)
        self._query = tuple(_asked_in_query(self.dependant))
        openapi.complete(self, method, self.needs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint with all of that around it."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await self._answer(request, inner)
            except Exception as error:
                problem = problem_of(error, request)
                if problem is None:
                    raise
                response = problem.response(request)
            response.headers.update(_ALWAYS)
            return response

        return handle

    async def _answer(self, request: Request, inner: Inner) -> Response:
        desk: Desk = request.app.state.desk
        asking = Asking(desk, await run_in_threadpool(_person, desk.app, request.headers.get("authorization", "")))
        self.needs.check(asking.person)
        _check_texts(request)
        self._check_query(request)
        request.state.asking = asking
        if self.body_field is None:
            return await _once(asking, request, b"", inner)
        bodies: Bodies = request.app.state.bodies
        async with bodies.read(request, LARGEST) as body:
            _check_body(request, body, str(getattr(self.body_field.field_info, "media_type", "application/json")))
            return await _once(asking, Request(request.scope, _replayed(body)), body, inner)

    def _check_query(self, request: Request) -> None:
        """What nobody reads would be left out silently: a filter that is written wrongly, and all is shown."""
        unknown = next((key for key in request.query_params if key not in self._query), None)
        if unknown is not None:
            known = f"it takes {', '.join(self._query)}" if self._query else "it takes none"
            raise Problem(422, f"The query has a parameter '{masked(unknown)}' that this does not take; {known}.")


def _asked_in_query(dependant: Dependant) -> Iterator[str]:
    yield from (each.alias for each in dependant.query_params)
    for each in dependant.dependencies:
        yield from _asked_in_query(each)


def _person(app: App, authorization: str) -> Person:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Problem(
            401,
            "Send an API token: `Authorization: Bearer TOKEN`. `guestlist tokens create NAME --role ROLE` makes one.",
            {"WWW-Authenticate": 'Bearer realm="guestlist"'},
        )
    person = api_tokens.bearer(app, token.strip())
    if person is None:
        raise Problem(
            401,
            "This API token is not known here, or it was revoked, or is over.",
            {"WWW-Authenticate": 'Bearer realm="guestlist", error="invalid_token"'},
        )
    return person


def _check_texts(request: Request) -> None:
    """No database takes a NUL."""
    if any("\0" in value for value in request.path_params.values()):
        raise Problem(404, "There is nothing of this name here.")
    if any("\0" in value for value in request.query_params.values()):
        raise Problem(422, "The query holds a NUL character, which no text here may have.")


def _check_body(request: Request, body: bytes, expected: str) -> None:
    """What a reader of JSON lets pass and nothing behind it can take: NUL, half letters, numbers without end."""
    if not body:
        return
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    takes_json = _JSON.fullmatch(expected) is not None
    if not (_JSON if takes_json else _YAML).fullmatch(given):
        raise Problem(415, f"The body has to be {expected}, and its Content-Type has to say so.")
    if b"\0" in body or (takes_json and b"\\u0000" in body):
        raise Problem(400, "The body holds a NUL character, which no text here may have.")
    if takes_json:
        try:
            msgspec.json.decode(body)
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            raise Problem(400, "The body is no JSON.") from None


def _replayed(body: bytes) -> Callable[[], Awaitable[Message]]:
    """A body that was read already, inflated, as the endpoint reads it."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


# ── the same request twice ───────────────────────────────────────────────────────────────────────────────────────
async def _once(asking: Asking, request: Request, body: bytes, inner: Inner) -> Response:
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or key is None:
        return await inner(request)
    if not _KEY.fullmatch(key):
        raise Problem(400, "An Idempotency-Key has 1 to 200 characters without blanks, like a UUID.")
    asked = b"\n".join((request.url.path.encode(), request.url.query.encode(), body))
    earlier = await run_in_threadpool(repeating.begin, asking.app, key, asked)
    if earlier is not None:
        headers = {**earlier["headers"], "Idempotency-Replayed": "true"}
        return Response(earlier["body"].encode(), earlier["status"], headers)
    try:
        response = await inner(request)
    except Exception:
        await run_in_threadpool(repeating.drop, asking.app, key)
        raise
    if response.status_code in _CREATED:
        headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
        answer = {"status": response.status_code, "headers": headers, "body": bytes(response.body).decode()}
        await run_in_threadpool(repeating.end, asking.app, key, answer)
    else:
        await run_in_threadpool(repeating.drop, asking.app, key)
    return response
