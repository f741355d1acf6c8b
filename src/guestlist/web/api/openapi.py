"""What /openapi.json says of every operation beside its own: who may, what can go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from guestlist.web.api.problems import MEDIA_TYPE

if TYPE_CHECKING:
    from fastapi.routing import APIRoute

    from guestlist.web.api.needs import Needs

Json = dict[str, Any]

MODEL = "x-model"  # a schema with this is that of one of the configuration's models

PROBLEM: Json = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence: what, to what, why, what to do next."},
        "instance": {"type": "string"},
        "place": {"type": "array", "items": {"type": "string"}, "description": "The keys that lead to a wrong value."},
        "permission": {"type": "string", "description": "403: what is missing."},
        "label": {"type": "string", "description": "409: what waits for a person, as docs/errors.md explains it."},
        "code": {"type": "string", "description": "LinkedIn's own."},
        "until": {"type": "number"},
    },
    "required": ["type", "title", "status", "detail", "instance"],
}
BEARER: Json = {"type": "http", "scheme": "bearer", "description": "An API token."}

_MEANINGS = {
    400: "The body, or a header, cannot be read.",
    401: "The token is missing, unknown, revoked or over.",
    403: "The token may not do this.",
    404: "There is nothing of this name or number.",
    408: "The body did not come in time.",
    409: "The name is taken, another request is at it, or a person must act at LinkedIn first (`label`).",
    412: "It was changed since it was read.",
    413: "Too large.",
    415: "Another Content-Type is needed.",
    422: "What is asked for cannot be; `place` says where.",
    428: "An edit needs If-Match.",
    429: "Too much is being received at once.",
    500: "A fault of Guestlist's own; its log says where.",
    503: "The database, or LinkedIn, does not answer; try again.",
}
_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[\x21-\x7e]+$"},
    "description": "The same key and the same request within a day: the same answer, and nothing is made twice.",
}


_ASKING_BEFORE = "/destinations/{name}"  # another ad account is kept
_ASKING_LINKEDIN = ("/ad-accounts", "/sign-ins/{handle}")  # so that a person may have to act first


def complete(route: APIRoute, method: str, needs: Needs) -> None:
    """Add to a route's description what follows from the table and its path."""
    headers = {each.alias for each in route.dependant.header_params}
    statuses = {401, 403, 408, 413, 422, 429, 500, 503}
    if route.body_field is not None or "requestBody" in (route.openapi_extra or {}):
        statuses |= {400, 415}
    if "{" in route.path or method == "DELETE":
        statuses.add(404)
    if method == "POST":
        statuses |= {400, 409}
    if method in ("PUT", "PATCH") and route.path.endswith(_ASKING_BEFORE):
        statuses.add(409)
    if method == "DELETE" or (method == "GET" and route.path.endswith(_ASKING_LINKEDIN)):
        statuses.add(409)
    if "if-match" in headers:
        statuses |= {412} if method == "POST" else {412, 428}
    parameters = [_KEY] if method == "POST" and route.status_code in (201, 202) else []
    responses = {**_headers(route), **_answers(statuses)}
    extra: Json = {"security": [{"bearer": []}], "x-needs": str(needs), "responses": responses}
    route.description = f"{route.description}\n\nNeeds {needs}.".strip()
    route.openapi_extra = {**extra, **({"parameters": parameters} if parameters else {}), **(route.openapi_extra or {})}


def _headers(route: APIRoute) -> Json:
    """Of what is sent where all is well: routes that set any are given the answer to set them on."""
    if route.dependant.response_param_name is None:
        return {}
    found: Json = {}
    if route.status_code in (201, 202):
        found["Location"] = {"schema": {"type": "string"}, "description": "Where it is."}
    if route.status_code != 202:
        found["ETag"] = {"schema": {"type": "string"}, "description": "What an edit sends back as If-Match."}
    return {str(route.status_code or 200): {"headers": found}}


def _answers(statuses: set[int]) -> Json:
    found: Json = {}
    for status in sorted(statuses):
        schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
        found[str(status)] = {"description": _MEANINGS[status], "content": {MEDIA_TYPE: schema}}
        if status in (429, 503):
            found[str(status)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return found


def resolved(document: Json, models: Json) -> None:
    """Put the configuration's models where a schema names one, and what every problem looks like."""
    schemas = document["components"]["schemas"]
    _replace(document, models)
    for methods in document["paths"].values():
        for operation in methods.values():
            _only_problems(operation["responses"])
    schemas.update(models)
    schemas["Problem"] = PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)


def _only_problems(responses: Json) -> None:
    """What FastAPI says of 422 beside ours is not what is answered."""
    for answer in responses.values():
        if MEDIA_TYPE in answer.get("content", {}):
            answer["content"] = {MEDIA_TYPE: answer["content"][MEDIA_TYPE]}


def _replace(value: Any, models: Json) -> None:
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if isinstance(each, dict) and "prefixItems" in each:  # all of ours are of one kind; many readers know no others
            each["items"] = each.pop("prefixItems")[0]
        if isinstance(each, dict) and each.get(MODEL) in models:
            name = each[MODEL]
            each.clear()
            each["$ref"] = f"#/components/schemas/{name}"
        _replace(each, models)
