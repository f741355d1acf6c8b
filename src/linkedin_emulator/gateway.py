"""The edge of the API: what is checked before a resource ever sees a call."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from linkedin_emulator import errors, restli, versions
from linkedin_emulator.faults import UNTOUCHED, Elements
from linkedin_emulator.oauth import Token
from linkedin_emulator.restli import Protocol
from linkedin_emulator.routing import ROUTER, Call, Param, Route
from linkedin_emulator.tellings import Arrival
from linkedin_emulator.tunnel import untunnelled
from linkedin_emulator.wire import Reply, Request, json_reply
from linkedin_emulator.world import World

URL_LIMIT, QUERY_LIMIT, SEGMENT_LIMIT, HEAD_LIMIT = 8_192, 4_096, 4_096, 28_672
JSON = "application/json"
SINGLE = ("me", "userinfo")
RESERVED = ("q", "action")


def admit(world: World, request: Request, arrival: Arrival, elements: Elements = UNTOUCHED) -> Call:
    """Check a request in the order no header, version, token, method, scope, limit; raise what LinkedIn answers."""
    check_sizes(world, request)
    request = untunnelled(request)
    bearer = bearer_of(request)
    if bearer is None:
        raise errors.empty_token()
    if world.config.gateway_order == "token_first":
        valid_token(world, bearer)
    version = version_of(world, request)
    token = valid_token(world, bearer)
    check_body(world, request)
    call = route_call(request, arrival, token, version, elements)
    authorize(world, call)
    world.limits.count(world.config, call.app, call.member, call.route.resource)
    return call


def carry_out(world: World, call: Call) -> Reply:
    """Let the resource answer."""
    reply = call.route.handler(world, call)
    headers = {"x-restli-protocol-version": call.protocol, **reply.headers}
    return Reply(reply.status, headers, reply.body)


def check_sizes(world: World, request: Request) -> None:
    """414: raw URL 8 KB, query 4 KB, a path segment 4 KB, headers and URI 28 KB; 413 for a body, when limited."""
    url = len(request.path) + len(request.query) + 1
    head = url + sum(len(name) + len(value) + 4 for name, value in request.headers.items())
    longest = max(map(len, request.path.split("/")))
    if url > URL_LIMIT or len(request.query) > QUERY_LIMIT or longest > SEGMENT_LIMIT or head > HEAD_LIMIT:
        raise errors.LinkedInError(414, {"status": 414, "message": "Request URI Too Long"})
    largest = world.config.largest_body
    if largest is not None and len(request.body) > largest:
        raise errors.LinkedInError(413, {"status": 413, "message": "Request Entity Too Large"})


def check_body(world: World, request: Request) -> None:
    """411 for an empty POST without a Content-Length, 415 for a body that is no JSON, 406 for an Accept without it."""
    headers = request.headers
    if request.method == "POST" and not request.body and not {"content-length", "transfer-encoding"} & headers.keys():
        raise errors.LinkedInError(411, {"status": 411, "message": "Length Required"})
    kind = headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if request.body and kind != JSON and world.config.foreign_content_type == "415":
        raise errors.framework(415, f"Unsupported Content-Type '{kind}'")
    accept = headers.get("accept", "*/*")
    if not any(kind in accept for kind in ("*/*", "application/*", "json")):
        raise errors.framework(406, f"None of the values in the request's 'Accept' header are supported: '{accept}'")


def bearer_of(request: Request) -> str | None:
    """The token of the Authorization header."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    return text.strip() if kind.lower() == "bearer" and text.strip() else None


def version_of(world: World, request: Request) -> str:
    """The month of the requested version; there is no default under /rest/, and no version under /v2/."""
    if request.path.startswith("/v2/"):
        return ""
    asked = request.headers.get("linkedin-version", "").strip()
    if not asked:
        raise errors.version_missing()
    month = versions.month_of(asked)
    if month is None:
        raise errors.version_missing() if world.config.malformed_version == "400" else errors.nonexistent_version(asked)
    listed = world.config.active_versions
    active = versions.is_active(month, world.clock.now()) if listed is None else month in listed
    if not active:
        raise errors.nonexistent_version(month)
    return month


def valid_token(world: World, text: str) -> Token:
    """The token, or the 401 for what is wrong with it."""
    token = world.oauth.access.get(text)
    if token is None:
        raise errors.invalid_token()
    now = world.clock.now()
    if token.revoked or 0 <= now - token.created_at < world.config.token_propagation_seconds:
        raise errors.revoked_token()
    if token.expires_at <= now:
        raise errors.expired_token()
    return token


def route_call(request: Request, arrival: Arrival, token: Token, version: str, elements: Elements) -> Call:
    """Find the operation and decode its keys and parameters."""
    protocol = protocol_of(request)
    segments = request.path.split("/")[2:]
    resource, raw_keys, at_key = ROUTER.locate(segments)
    if resource not in SINGLE if request.path.startswith("/v2/") else resource == "userinfo":
        raise errors.no_such_resource(segments)
    parameters = restli.pairs(request.query)
    names = {name: unquote(raw) for name, raw in parameters}
    method = ROUTER.method(request, at_key or resource in SINGLE, {name.partition("[")[0]: "" for name in names})
    route = ROUTER.find(request, resource, method, names.get("action" if method == "ACTION" else "q", ""))
    try:
        keys = [restli.read_key(raw, protocol) for raw in raw_keys]
    except restli.SyntaxProblem as problem:
        raise errors.framework(400, f"Invalid key in path '{request.path}': {problem}") from problem
    params = decode_params(route, parameters, protocol)
    grant = token.grant
    return Call(
        request, route, arrival, protocol, version, grant.client_id, grant.person, grant.scopes, keys, params, elements
    )


def protocol_of(request: Request) -> Protocol:
    """`X-Restli-Protocol-Version`; without it the old protocol 1.0.0 applies."""
    asked = request.headers.get("x-restli-protocol-version", "1.0.0")
    if asked not in ("1.0.0", "2.0.0"):
        raise errors.framework(400, f"Rest.li protocol version {asked} used by the client is not supported!")
    return "2.0.0" if asked == "2.0.0" else "1.0.0"


def decode_params(route: Route, parameters: list[tuple[str, str]], protocol: Protocol) -> Mapping[str, Any]:
    """Values by name; every unknown name and every value that cannot be read is reported."""
    known = {"ids": Param("ids", "list"), **route.params} if route.method.startswith("BATCH_") else dict(route.params)
    decoded: dict[str, Any] = {}
    problems: list[tuple[str, str, str]] = []
    for full_name, raw in parameters:
        name = full_name.partition("[")[0].partition(".")[0]
        if name in RESERVED:
            continue
        if name not in known:
            problems.append((name, "QUERY_PARAM_NOT_ALLOWED", f"Query parameter {name} is not allowed"))
            continue
        try:
            decoded[name] = _decode(known[name], raw, parameters, protocol)
        except restli.SyntaxProblem:
            problems.append((name, "PARAM_INVALID", "Invalid value for param; wrong type or other syntax error"))
    if problems:
        raise errors.invalid_input(problems)
    for param in known.values():
        if param.required and param.name not in decoded:
            raise errors.framework(400, f"Parameter '{param.name}' is required")
    return decoded


def _decode(param: Param, raw: str, parameters: list[tuple[str, str]], protocol: Protocol) -> Any:
    if param.name == "fields":
        return restli.checked_projection(raw)
    if param.shape == "text":
        return restli.read_text(raw, protocol)
    if protocol == "1.0.0":
        return restli.read_old(parameters, param.name, param.shape)
    return restli.read_structured(raw, param.shape)


def authorize(world: World, call: Call) -> None:
    """403 when no granted scope fits, or when the application lacks the Audiences program."""
    resource = call.route.resource
    allowed = not call.route.scopes or any(choice <= call.scopes for choice in call.route.scopes)
    if resource.startswith("dmpSegments"):
        app = world.oauth.apps[call.app]
        allowed = allowed and app.audiences_program and world.config.audiences_program
    if not allowed:
        raise errors.access_denied(call.permission)


def error_reply(request: Request, error: errors.LinkedInError) -> Reply:
    """An error as it leaves the edge: the framework's own carry a header, named by protocol, and echo that."""
    if not error.by_framework:
        return json_reply(error.status, error.body, error.headers)
    protocol = "2.0.0" if request.headers.get("x-restli-protocol-version") == "2.0.0" else "1.0.0"
    name = "x-restli-error-response" if protocol == "2.0.0" else "x-linkedin-error-response"
    headers = {"x-restli-protocol-version": protocol, **error.headers, name: "true"}
    return json_reply(error.status, error.body, headers)
