"""The shapes of Rest.li replies."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from linkedin_emulator import errors, restli
from linkedin_emulator.routing import Call
from linkedin_emulator.wire import Json, Reply, json_reply
from linkedin_emulator.world import World

ACCOUNT_URN = re.compile(r"urn:li:sponsoredAccount:(\d+)")
MEMBER_URN = re.compile(r"urn:li:person:([\w-]+)")


def sponsored_account(urn: object, name: str) -> int:
    """The number in an account's URN."""
    match = ACCOUNT_URN.fullmatch(urn) if isinstance(urn, str) else None
    if match is None:
        raise errors.param_invalid(name)
    return int(match[1])


def person(urn: object, name: str) -> str:
    """The id in a member's URN."""
    match = MEMBER_URN.fullmatch(urn) if isinstance(urn, str) else None
    if match is None:
        raise errors.param_invalid(name)
    return match[1]


def created(world: World, call: Call, key: str) -> Reply:
    """201 with an empty body; the id is in `x-restli-id` (protocol 2.0.0) or `x-linkedin-id` (1.0.0)."""
    encoded = restli.write_text(key)
    path = call.request.path.removeprefix("/rest")
    headers = {"location": f"{path}/{encoded}"}
    both = world.config.id_headers == "both"
    if both or call.protocol == "2.0.0":
        headers["x-restli-id"] = encoded
    if both or call.protocol == "1.0.0":
        headers["x-linkedin-id"] = encoded
    return Reply(201, headers)


def entity(call: Call, record: Json) -> Reply:
    """200 with one record, projected when asked."""
    return json_reply(200, restli.project(record, call.fields) if call.fields else record)


def window(world: World, call: Call) -> tuple[int, int]:
    """`start` (0) and `count` (10), the latter cut to the largest page."""
    try:
        start, count = int(call.params.get("start", 0)), int(call.params.get("count", 10))
    except ValueError as error:
        raise errors.framework(400, "Invalid (non-integer) start/count parameters") from error
    if start < 0 or count < 0:
        raise errors.framework(400, "start/count parameters must be non-negative")
    largest = world.config.largest_count
    return start, count if largest is None else min(count, largest)


def number(text: object) -> int | None:
    """A plain number of ASCII digits, else nothing."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else None


def collection(
    world: World,
    call: Call,
    found: Sequence[Any],
    *,
    render: Callable[[Any], Json] = lambda one: one,
    unpaged: bool = False,
    unpaged_count: int = 10,
) -> Reply:
    """200 with a page of elements; with `unpaged`, a request without start and count gets everything."""
    start, count = window(world, call)
    whole = unpaged and not {"start", "count"} & call.params.keys()
    page = found if whole else found[start : start + count]
    elements = [render(one) for one in page]
    if call.fields:
        elements = [restli.project(record, call.fields) for record in elements]
    links: list[Json] = []
    if not whole and world.config.paging_links == "framework":
        links = _links(call, start, count, len(page), len(found))
    shown = unpaged_count if whole else count
    paging = {"start": start, "count": shown, "links": links, "total": len(found)}
    return json_reply(200, {"paging": paging, "elements": elements})


def _links(call: Call, start: int, count: int, size: int, total: int) -> list[Json]:
    links: list[Json] = []
    if start > 0:
        links.append(_link(call, "prev", max(0, start - count), count))
    if start + size < total or (size and size == count):
        links.append(_link(call, "next", start + count, count))
    return links


def _link(call: Call, rel: str, start: int, count: int) -> Json:
    kept = [part for part in call.request.query.split("&") if part and part.split("=")[0] not in ("start", "count")]
    query = "&".join([*kept, f"start={start}", f"count={count}"])
    return {"rel": rel, "href": f"{call.request.path}?{query}", "type": "application/json"}
