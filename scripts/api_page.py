"""docs/api.md: the REST API as /openapi.json describes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI

from guestlist.web.api.api import add_routes, describe

INTRO = """\
Everything that the pages do, for programs. `guestlist serve` describes it at `/openapi.json` (OpenAPI 3.1), for
clients and their generators.

```bash
curl -H "Authorization: Bearer $TOKEN" https://guestlist.example.com/api/v1/activations
```

* **Tokens.** An Administrator makes them, with a role and, if wanted, fewer permissions than that role holds. Each
  operation below says what it needs; without it the answer is 403 and says who can grant it.
* **Versions.** What can be edited comes with an `ETag`. An edit sends it back as `If-Match`: 428 without, 412 when
  somebody else was faster. `PUT` takes the place of all `settings`, `PATCH` changes some of them (JSON merge patch).
  A `POST` that changes something or decides about it (pause, resume, rename, sync, take over, authorise) takes
  `If-Match` too, and may leave it out.
* **Once.** A `POST` that makes something takes an `Idempotency-Key`: for a day the same key and the same request get
  the same answer, and nothing is made twice. Another request with that key is 422, one at the same time 409.
* **Long work.** 202, and `Location` names the job to follow until its `state` is `done` or `failed`; that of a sync
  leads to its run (`run`) from when there is one. An activation says what is under way for it (`progress`), whoever
  began it.
* **Lists** come in pages: `?limit=`, and `?cursor=` with what `next` said; `next` is null on the last page. Those whose
  length is fixed come whole: `/roles`, `/settings`, `/retention`, and what a file changed (`/configuration/apply`).
* **Times** are seconds since 1970 (UTC).
* **Mistakes** are `application/problem+json` (RFC 9457): `detail` is one sentence that says what happened, to what,
  why, and what to do. `place` leads to the wrong value, `permission` is what is missing, `label` what waits for a
  person ([explained](errors.md#what-waits-for-a-person)).
* **Any** operation may answer 401 (no token), 403 (not allowed), 408 and 413 (the body is too slow or too large), 422
  (what is asked cannot be), 429 and 503 (later, with `Retry-After`) and 500 (a fault of ours); others stand with it.
* **The file.** What guestlist.yaml says has `"origin": "file"` and is read-only here until it is taken over.
  `settings` are those of [guestlist.yaml](configuration.md).

What only people have is on the pages alone:

* **Drafts** of the wizard. A program makes the activation at once with `"enabled": false` in its `settings`, looks at
  it (`POST /plans` even before it is there) and resumes it.
* **One's own password.** A token belongs to a role, not to a person. An Administrator's makes users, gives them
  another role, shuts them out, and makes the link at which they choose a password.

Events come in by other doors and with write keys: see [events](events.md).
"""

USUAL = ("401", "403", "408", "413", "422", "429", "500", "503")
_METHODS = ("get", "post", "put", "patch", "delete")


def document() -> dict[str, Any]:
    """What /openapi.json says of the API, without a server."""
    app = FastAPI(title="Guestlist", version="1", telemetry={"tracing": False, "metrics": False, "logs": False})
    add_routes(app)
    found = app.openapi()
    describe(found)
    return found


def page(head: str) -> str:
    """The whole page."""
    found = document()
    schemas: Mapping[str, Any] = found["components"]["schemas"]
    sections: dict[str, list[str]] = {}
    for path, methods in found["paths"].items():
        for method in sorted(methods, key=_METHODS.index):
            operation = methods[method]
            sections.setdefault(operation["tags"][0], []).append("".join(_operation(path, method, operation, schemas)))
    parts = ["# The REST API\n", head, INTRO]
    for tag, operations in sections.items():
        parts += [f"## {tag[0].upper()}{tag[1:]}\n", *operations]
    parts += ["## Objects\n", *_objects(schemas, _used(found["paths"], schemas))]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _operation(path: str, method: str, operation: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[str]:
    yield f"### {operation['summary']}\n\n`{method.upper()} {path}`\n\n{operation['description']}\n"
    rows = [row for each in operation.get("parameters", ()) if (row := _parameter(each, schemas))]
    if "requestBody" in operation:
        content = operation["requestBody"]["content"]
        rows += [f"| body | {_kind(media['schema'])} | {kind} |\n" for kind, media in content.items()]
    for status, answer in operation["responses"].items():
        if status < "400":
            content = answer.get("content", {})
            rows += [f"| {status} | {_kind(media['schema'])} | {kind} |\n" for kind, media in content.items()]
            rows += [] if content else [f"| {status} | nothing | |\n"]
    failures = ", ".join(sorted(status for status in operation["responses"] if status >= "400" and status not in USUAL))
    rows += [f"| refused | {failures} | |\n"] if failures else []
    yield f"\n| | | |\n| --- | --- | --- |\n{''.join(rows)}"


def _parameter(parameter: Mapping[str, Any], schemas: Mapping[str, Any]) -> str:
    if parameter["in"] == "path":
        return ""
    where = "?" if parameter["in"] == "query" else ""
    name = f"{where}{parameter['name']}" if where else parameter["name"].title()
    return f"| `{name}` | {_kind(parameter['schema'])} | {parameter.get('description', '')} |\n"


def _kind(schema: Mapping[str, Any]) -> str:
    """In a few words."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rsplit("/", 1)[-1]
        return f"[{_title(name)}](#{_title(name).lower().replace(' ', '-')})"
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(_kind(each) for each in schema[several])
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        items = schema.get("items") or {}
        return f"list of {_kind(items)}" if items else "list"
    kind = schema.get("type", "anything")
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _title(name: str) -> str:
    """``Page_Destination_`` is called Page of Destination."""
    paged = re.fullmatch(r"Page_(\w+)_", name)
    return f"Page of {paged[1]}" if paged else name


def _used(value: Any, schemas: Mapping[str, Any]) -> set[str]:
    """Every schema that is named, and what those name."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            name = str(each.get("$ref", "")).rsplit("/", 1)[-1]
            if name and name not in found:
                found.add(name)
                waiting.append(schemas[name])
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found


def _objects(schemas: Mapping[str, Any], used: set[str]) -> Iterator[str]:
    for name in sorted(used, key=_title):
        schema = schemas[name]
        about = " ".join(str(schema.get("description", "")).split()).replace("``", "`")
        yield f"### {_title(name)}\n\n{about}\n"
        needed = schema.get("required", ())
        rows = [
            f"| `{key}` | {_kind(value)} | {_about(value, key in needed)} |\n"
            for key, value in schema.get("properties", {}).items()
        ]
        if rows:
            yield f"| field | kind | meaning |\n| --- | --- | --- |\n{''.join(rows)}"
        elif "enum" in schema:
            yield f"{_kind(schema)}\n"


def _about(schema: Mapping[str, Any], needed: bool) -> str:
    text = " ".join(str(schema.get("description", "")).split()).replace("|", "\\|").replace("``", "`")
    default = schema.get("default")
    said = f" Default `{default}`." if not needed and default not in (None, "", [], {}) else ""
    return f"{text}{said}".strip()
