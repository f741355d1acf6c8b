"""What /openapi.json says of bodies and answers; the endpoints read bodies themselves."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_ID = {"type": ["string", "integer", "null"]}
_OBJECT = {"type": ["object", "null"]}
_REJECTED = {
    "type": "object",
    "properties": {
        "index": {"type": "integer", "description": "Its place in the list."},
        "list": {"type": "string", "enum": ["add", "remove"], "description": "Members only."},
        "reason": {"type": "string"},
    },
    "required": ["index", "reason"],
}

SCHEMAS: Json = {
    "Event": {
        "type": "object",
        "description": "A call as Segment's and RudderStack's SDKs send it, 32 KB at most. More fields are kept.",
        "properties": {
            "type": {"type": "string", "enum": ["track", "identify", "group", "page", "screen", "alias"]},
            "event": {"type": ["string", "null"]},
            "userId": _ID,
            "anonymousId": _ID,
            "groupId": _ID,
            "messageId": {"type": ["string", "null"]},
            "timestamp": {"type": ["string", "null"]},
            "properties": _OBJECT,
            "traits": _OBJECT,
            "context": _OBJECT,
            "integrations": _OBJECT,
        },
    },
    "Record": {
        "type": "object",
        "properties": {
            "type": {"const": "record"},
            "action": {"type": "string", "enum": ["insert", "update", "delete"]},
            "identifiers": _OBJECT,
            "fields": _OBJECT,
        },
        "required": ["type", "action"],
    },
    "Batch": {
        "type": "object",
        "properties": {
            "batch": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}},
            "sentAt": {"type": "string"},
            "writeKey": {"type": "string"},
            "context": _OBJECT,
            "integrations": _OBJECT,
        },
        "required": ["batch"],
    },
    "Members": {
        "type": "object",
        "properties": {
            "add": {"type": "array", "items": {"$ref": "#/components/schemas/Member"}},
            "remove": {"type": "array", "items": {"$ref": "#/components/schemas/Member"}},
        },
        "additionalProperties": False,
    },
    "Member": {
        "type": "object",
        "description": "LinkedIn's field names, and primaryId.",
        "examples": [{"email": "ada@example.com", "firstName": "Ada"}],
    },
    "Accepted": {
        "type": "object",
        "properties": {"success": {"const": True}, "rejected": {"type": "array", "items": _REJECTED}},
        "required": ["success"],
    },
    "Refusal": {
        "type": "object",
        "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
        "required": ["code", "message"],
    },
}

SECURITY: Json = {
    "basic": {"type": "http", "scheme": "basic", "description": "The write key as user, no password."},
    "header": {"type": "apiKey", "in": "header", "name": "X-Write-Key"},
}

_MEANINGS = {
    400: "The body cannot be read.",
    401: "The write key is missing, unknown or revoked; the signature is missing or wrong.",
    403: "What comes with this write key does not count for the audience.",
    404: "No such audience.",
    405: "Not with this method.",
    408: "The body did not come in time.",
    413: "Too large.",
    429: "More comes in than can be worked through; nothing was kept.",
    503: "The database takes nothing; nothing was kept.",
}


def _refusal(status: int) -> Json:
    described: Json = {
        "description": _MEANINGS[status],
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}},
    }
    if status in (429, 503):
        described["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}}
    return described


def taking(body: Json, *, key_in_body: bool = False, parameters: tuple[Json, ...] = ()) -> Json:
    """An operation that takes events. ``body``: its schema."""
    statuses = [400, 401, 408, 413, 429, 503, *([403, 404] if parameters else [])]
    accepted = {"application/json": {"schema": {"$ref": "#/components/schemas/Accepted"}}}
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "Everything not named in `rejected` is durable.", "content": accepted},
            **{str(status): _refusal(status) for status in sorted(statuses)},
        },
        "security": [{"basic": []}, {"header": []}, *([{}] if key_in_body else [])],
        **({"parameters": list(parameters)} if parameters else {}),
    }


def naming() -> Json:
    """An operation that tells Segment the id of an audience; it is asked without a write key."""
    name: Json = {"type": "string", "minLength": 1, "maxLength": 200}
    either = [{"properties": {each: name}, "required": [each]} for each in ("audienceName", "externalId")]
    told: Json = {"type": "object", "properties": {"externalId": name}, "required": ["externalId"]}
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object", "anyOf": either}}},
        },
        "responses": {
            "200": {"description": "Its id: its name.", "content": {"application/json": {"schema": told}}},
            **{str(status): _refusal(status) for status in (400, 408, 413, 429)},
        },
        "security": [],
    }


def probing(media_type: str, *, may_fail: bool = False) -> Json:
    """An operation that answers a machine."""
    found: Json = {"200": {"description": "So it is.", "content": {media_type: {"schema": {}}}}}
    return {"responses": {**found, **({"503": _refusal(503)} if may_fail else {})}}


def ref(name: str) -> Json:
    """A schema by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def one_or_several(*names: str) -> Json:
    """An object or a list of them."""
    each: Json = ref(names[0]) if len(names) == 1 else {"anyOf": [ref(name) for name in names]}
    return {"anyOf": [each, {"type": "array", "items": each}]}


AUDIENCE = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
