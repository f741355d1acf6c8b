"""Which Rest.li method a request is, and which handler answers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linkedin_emulator import errors
from linkedin_emulator.restli import Protocol, Shape
from linkedin_emulator.tellings import Arrival
from linkedin_emulator.wire import Reply, Request

if TYPE_CHECKING:
    from linkedin_emulator.faults import Elements
    from linkedin_emulator.world import World

V2_PERMISSIONS = {"me": "GET /me", "userinfo": "userinfo.GET.NO_VERSION"}
METHODS: Mapping[tuple[str, bool, str], tuple[str, ...]] = {
    ("GET", True, ""): ("GET",),
    ("GET", False, "ids"): ("BATCH_GET",),
    ("GET", False, "q"): ("FINDER",),
    ("GET", False, ""): ("GET_ALL",),
    ("POST", False, ""): ("CREATE", "BATCH_CREATE"),
    ("POST", True, ""): ("PARTIAL_UPDATE",),
    ("POST", False, "ids"): ("BATCH_PARTIAL_UPDATE",),
    ("POST", False, "action"): ("ACTION",),
    ("POST", True, "action"): ("ACTION",),
    ("PUT", True, ""): ("UPDATE",),
    ("DELETE", True, ""): ("DELETE",),
    ("DELETE", False, "ids"): ("BATCH_DELETE",),
}
"""By verb, whether the path ends in a key, and the telling parameter. The first is meant without X-RestLi-Method."""


@dataclass(frozen=True)
class Param:
    """A query parameter of a route."""

    name: str
    shape: Shape = "text"
    required: bool = False


@dataclass(frozen=True)
class Route:
    """One operation of one resource: who may call it, with which parameters, and what it does."""

    resource: str
    method: str
    name: str
    params: Mapping[str, Param]
    scopes: Sequence[frozenset[str]]
    handler: "Handler"

    def permission(self, version: str) -> str:
        """How LinkedIn names it in a 403, for example `partnerApiDmpSegments.FINDER-account.20260701`."""
        parts = "/".join(part[0].upper() + part[1:] for part in self.resource.split("/"))
        method = f"{self.method}-{self.name}" if self.name else self.method
        return f"partnerApi{parts}.{method}.{version}01"


@dataclass(slots=True)
class Call:
    """An admitted request, ready to be carried out."""

    request: Request
    route: Route
    arrival: Arrival
    protocol: Protocol
    version: str
    app: str
    member: str
    scopes: frozenset[str]
    keys: Sequence[Any]
    params: Mapping[str, Any]
    elements: "Elements"
    told: int | None = None

    @property
    def permission(self) -> str:
        """How a 403 names what was asked for."""
        if self.version:
            return self.route.permission(self.version)
        return V2_PERMISSIONS.get(self.route.resource, self.route.permission("NO_VERSION"))

    @property
    def fields(self) -> str | None:
        """The projection, if any."""
        return self.params.get("fields")


Handler = Callable[["World", Call], Reply]
COMMON = (Param("fields"),)
PAGING = (Param("start"), Param("count"))


class Router:
    """The operations the emulator offers."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str, str], Route] = {}

    def route(
        self, resource: str, method: str, name: str = "", *, scopes: str = "", params: Sequence[Param] = ()
    ) -> Callable[[Handler], Handler]:
        """Register a handler; `scopes` is a choice, `rw_ads r_ads`, of what is needed, `openid+profile`."""

        def register(handler: Handler) -> Handler:
            known = {param.name: param for param in (*params, *COMMON)}
            choice = [frozenset(one.split("+")) for one in scopes.split()]
            self.routes[resource, method, name] = Route(resource, method, name, known, choice, handler)
            return handler

        return register

    def resources(self) -> set[str]:
        """Every resource, sub-resources as `dmpSegments/users`."""
        return {resource for resource, _, _ in self.routes}

    def locate(self, segments: Sequence[str]) -> tuple[str, list[str], bool]:
        """The resource a path leads to, the raw keys on its way, and whether the path ends in a key."""
        known = self.resources()
        if not segments or segments[0] not in known:
            raise errors.no_such_resource(segments)
        resource = "/".join(segments[::2])
        if resource not in known or len(segments) > 4:
            raise errors.no_such_resource(segments, "sub-resource")
        return resource, list(segments[1::2]), len(segments) % 2 == 0

    def method(self, request: Request, at_key: bool, names: Mapping[str, str]) -> str:
        """The Rest.li method: the header, checked against verb, path and query, or what these mean without it."""
        telling = next((name for name in ("action", "q", "ids") if name in names), "")
        possible = METHODS.get((request.method, at_key, telling), ())
        header = request.headers.get("x-restli-method", "")
        if header and header in possible:
            return header
        if possible and not header:
            return possible[0]
        if header:
            text = (
                f"{request.method} operation not supported for URI: '{request.path}' with X-RestLi-Method: '{header}'"
            )
            raise errors.framework(400, text)
        raise self.unsupported(request)

    def find(self, request: Request, resource: str, method: str, name: str) -> Route:
        """The route, or the framework's refusal."""
        route = self.routes.get((resource, method, name))
        if route is not None:
            return route
        if name:
            text = f"{request.method} operation named {name} not supported on resource '{resource}'"
            raise errors.framework(400, f"{text} URI: '{request.path}'")
        raise self.unsupported(request)

    @staticmethod
    def unsupported(request: Request) -> errors.LinkedInError:
        """The verb has no meaning here."""
        return errors.framework(400, f"Method '{request.method}' is not supported for URI '{request.path}'")


ROUTER = Router()
