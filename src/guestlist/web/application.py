"""The ASGI application: which path leads where, and what becomes of errors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from guestlist.errors import GuestlistError
from guestlist.version import __version__
from guestlist.web import description, hooks, members, probes, statics, tracking
from guestlist.web.api.api import add_api, describe
from guestlist.web.api.openapi import BEARER
from guestlist.web.api.problems import Problem
from guestlist.web.api.route import PREFIX
from guestlist.web.bodies import Gone
from guestlist.web.description import Json
from guestlist.web.desk import Desk
from guestlist.web.entrance import Entrance
from guestlist.web.gate import Gate
from guestlist.web.metrics import Metrics
from guestlist.web.refusals import INTERNAL, NO_SUCH_METHOD, NO_SUCH_PATH, Refusal, refusal_of

if TYPE_CHECKING:
    from guestlist.web.pages.mounting import Pages

Answering = Callable[[Request], Awaitable[Response]]


class _Plain(APIRoute):
    """The endpoint is given the request and reads its body itself: nothing is parsed, copied or written for it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        return self.endpoint


class _Silence(Response):
    """For a client that is gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Nothing."""


def make_app(gate: Gate, metrics: Metrics, desk: Desk | None = None) -> ASGIApp:
    """The server over what ``gate`` holds, and pages and API over ``desk``: without one only doors for events. There
    are no CORS headers: a write key in a web page would let any visitor change a paid audience.
    """
    app = FastAPI(
        title="Guestlist",
        version=__version__,
        summary="Lists and events in: people and companies enter and leave LinkedIn audiences.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    _add_doors(app, gate)
    _add(app, "GET", "/healthz", probes.healthz, "Whether the process lives", _probe("application/json"))
    ready = partial(probes.readyz, gate.postbox)
    _add(app, "GET", "/readyz", ready, "Whether events can be kept", _probe("application/json", may_fail=True))
    _add(app, "GET", "/metrics", partial(probes.metrics, metrics), "Numbers for Prometheus", _probe("text/plain"))
    if desk is not None:
        add_api(app, desk, gate.bodies)
    pages = _add_pages(app, desk) if desk is not None else None
    _add_refusals(app, pages)
    _describe(app)
    return Entrance(app, metrics)


def _add_doors(app: FastAPI, gate: Gate) -> None:
    batch = description.taking(description.ref("Batch"), key_in_body=True)
    for path in ("/v1/batch", "/v1/b"):
        _add(app, "POST", path, partial(tracking.batch, gate), "Several calls of an SDK", batch)
    single = description.taking(description.ref("Event"), key_in_body=True)
    for path, kind in tracking.SINGLE.items():
        _add(app, "POST", path, partial(tracking.single, gate), f"One {kind} call", single)
    one = description.taking(description.one_or_several("Event"))
    _add(app, "POST", "/hooks/segment", partial(hooks.segment, gate), "Segment's webhook destinations", one)
    path = "/hooks/segment/audience"
    _add(
        app,
        "POST",
        path,
        partial(hooks.segment_audience, gate),
        "The id of an audience, for Segment",
        description.naming(),
    )
    either = description.taking(description.one_or_several("Event", "Record"))
    _add(app, "POST", "/hooks/rudderstack", partial(hooks.rudderstack, gate), "RudderStack's webhooks", either)
    change = description.taking(description.ref("Members"), parameters=(description.AUDIENCE,))
    path = "/api/v1/audiences/{name}/members"
    _add(app, "POST", path, partial(members.change, gate), "Members that enter and leave an audience", change)


def _add_pages(app: FastAPI, desk: Desk) -> Pages:
    """Pages and what they load; neither is part of the API."""
    from guestlist.web.pages.mounting import Pages  # noqa: PLC0415 - only where there are pages

    async def static(request: Request) -> Response:
        return statics.answer(request, str(request.path_params["name"]))

    pages = Pages(desk)
    routes: list[tuple[str, str, Answering]] = [("GET", "/static/{name:path}", static)]
    routes += [(page.method, page.path, endpoint) for page, endpoint in pages.endpoints()]
    for method, path, endpoint in routes:
        options: Json = {"include_in_schema": False, "response_class": Response, "route_class_override": _Plain}
        methods = [method, "HEAD"] if method == "GET" else [method]
        app.router.add_api_route(path, endpoint, methods=methods, **options)
    return pages


def _add(app: FastAPI, method: str, path: str, answering: Answering, summary: str, described: Json) -> None:
    async def endpoint(request: Request) -> Response:
        return await answering(request)

    app.router.add_api_route(
        path,
        endpoint,
        methods=[method],
        summary=summary,
        operation_id=f"{method.lower()}{path.translate(_NO_SIGNS)}",
        response_class=Response,
        openapi_extra=described,
        route_class_override=_Plain,
    )
    if method == "GET":  # as load balancers ask
        app.router.add_api_route(
            path,
            endpoint,
            methods=["HEAD"],
            include_in_schema=False,
            response_class=Response,
            route_class_override=_Plain,
        )


_NO_SIGNS = str.maketrans({"/": "_", "{": None, "}": None})


def _add_refusals(app: FastAPI, pages: Pages | None) -> None:
    async def refused(request: Request, error: Exception) -> Response:
        if isinstance(error, Refusal):
            return _told(request, error)
        return await pages.no_such(request, 500) if pages and pages.wants(request) else _told(request, INTERNAL)

    async def failed(request: Request, error: Exception) -> Response:
        return _told(request, refusal_of(error) if isinstance(error, GuestlistError) else INTERNAL)

    async def no_such(request: Request, error: Exception) -> Response:
        known = {404: NO_SUCH_PATH, 405: NO_SUCH_METHOD}
        status: int = getattr(error, "status_code", 500)
        if pages and status in known and pages.wants(request):
            return await pages.no_such(request, status)
        return _told(request, known.get(status, INTERNAL))

    async def left(_request: Request, _error: Exception) -> Response:
        return _Silence()

    app.add_exception_handler(Exception, refused)  # Starlette raises it again for the entrance, which logs it
    app.add_exception_handler(Gone, left)
    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(GuestlistError, failed)
    app.add_exception_handler(HTTPException, no_such)


def _told(request: Request, refusal: Refusal) -> Response:
    """In the way of the API, where that was asked; senders of events know another one."""
    path = request.url.path
    if getattr(request.app.state, "desk", None) is None or not path.startswith(PREFIX) or path.endswith("/members"):
        return refusal.response()
    return Problem(refusal.status, refusal.message, refusal.headers).response(request)


def _describe(app: FastAPI) -> None:
    written = app.openapi

    def openapi() -> Json:
        document = written()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(description.SCHEMAS)
        components["securitySchemes"] = description.SECURITY
        if getattr(app.state, "desk", None) is not None:
            components["securitySchemes"] = {**description.SECURITY, "bearer": BEARER}
            describe(document)
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _probe(media_type: str, *, may_fail: bool = False) -> Json:
    return description.probing(media_type, may_fail=may_fail)
