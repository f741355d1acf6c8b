"""DMP segments: what Campaign Manager shows as Matched Audiences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from guestlist.core.identity import Kind
from guestlist.errors import NeedsPerson, Refused, TryAgain
from guestlist.linkedin.client import Client
from guestlist.linkedin.replies import of_reply
from guestlist.linkedin.restli import Value, bare_id, encode
from guestlist.ports import SegmentSpec, SegmentStatus

PAGE = 100
TEST_ACCOUNT = "test account"
_TYPES = {Kind.PEOPLE: "USER", Kind.COMPANIES: "COMPANY"}


def find(
    client: Client, account: str, source_segment_id: str | None = None, source_platform: str | None = None
) -> list[SegmentStatus]:
    """The only finder there is: by account, narrowed by ``sourceSegmentId`` and ``sourcePlatform``.

    The last page is the one with fewer elements than ``count`` (documented). What LinkedIn makes of a large ``count``
    is unknown, so the reply's own ``paging.count`` and ``total`` are believed too, and a reply that holds all
    segments at once (documented for requests without paging) ends the search as well: a page that brings nothing new
    is the last.
    """
    wanted: dict[str, Value] = {
        "q": "account",
        "account": account,
        "sourcePlatform": source_platform or "",
        "sourceSegmentId": source_segment_id or "",
    }
    found: dict[str, SegmentStatus] = {}
    start = 0
    while True:
        parameters = {**wanted, "start": start, "count": PAGE}
        record = client.call("GET", "/dmpSegments", parameters, restli_method="FINDER").record()
        page = [status_of(element) for element in _elements(record)]
        new = {status.segment_id: status for status in page if status.segment_id not in found}
        found |= new
        start += len(page)
        if not new or not _more(record, len(page), start):
            break
    return [status for status in found.values() if source_segment_id in (None, "", status.source_segment_id)]


def get(client: Client, segment_id: str) -> SegmentStatus | None:
    """None: 404, which is also what a segment answers for a while after its creation (seen: up to two minutes)."""
    reply = client.call("GET", _path(segment_id), passing=(404,))
    return status_of(reply.record()) if reply.status != 404 else None


def create(client: Client, spec: SegmentSpec) -> str:
    """The id of a new segment. Not idempotent, and ``sourceSegmentId`` is not unique: two creations make two.

    Without a destination LinkedIn makes no ad segment out of it (documented).
    """
    fields = {
        "name": spec.name,
        "type": _TYPES[spec.members],
        "sourcePlatform": spec.source_platform,
        "sourceSegmentId": spec.source_segment_id,
        "description": spec.description,
        "account": spec.account,
        "destinations": [{"destination": "LINKEDIN"}],
    }
    body = msgspec.json.encode({key: value for key, value in fields.items() if value})
    try:
        reply = client.call("POST", "/dmpSegments", body=body, passing=(409,))
    except Refused as error:
        raise _creation_refused(error, spec) from None
    if reply.status == 409:
        raise TryAgain(f"{of_reply(reply).said}: looking the audience up again", 2.0 * (0.5 + client.dice()))
    segment_id = bare_id(reply.created_id())
    if not segment_id:
        raise TryAgain("LinkedIn created an audience without saying its id: looking it up", 2.0)
    return segment_id


def rename(client: Client, segment_id: str, name: str) -> None:
    """A partial update; ``name``, ``description`` and ``sourceSegmentId`` can change, the rest cannot (second hand)."""
    body = msgspec.json.encode({"patch": {"$set": {"name": name}}})
    client.call("POST", _path(segment_id), body=body, restli_method="PARTIAL_UPDATE")


def delete(client: Client, segment_id: str) -> bool:
    """Deletes its ad segment too. False: it was gone already (404; second hand)."""
    return client.call("DELETE", _path(segment_id), passing=(404,)).status != 404


def status_of(record: Mapping[str, Any]) -> SegmentStatus:
    """A segment's facts. Everything status-like is inside ``destinations[]``; ``inputCount`` is on the segment.
    Counts are absent while LinkedIn builds the audience (documented sample).
    """
    destination = _linkedin(record)
    kind = _text(record.get("type"))
    return SegmentStatus(
        segment_id=bare_id(str(record.get("id", ""))),
        name=_text(record.get("name")),
        source_segment_id=_text(record.get("sourceSegmentId")),
        source_platform=_text(record.get("sourcePlatform")),
        members=Kind.PEOPLE if kind.startswith("USER") else Kind.COMPANIES if kind.startswith("COMPANY") else None,
        status=_text(destination.get("status")),
        input=_count(record.get("inputCount")),
        matched=_count(destination.get("matchedCount")),
        audience_size=_count(destination.get("audienceSize")),
        ad_segment=_text(destination.get("destinationSegmentId")) or None,
    )


def _more(record: Mapping[str, Any], size: int, seen: int) -> bool:
    paging = record.get("paging")
    paging = paging if isinstance(paging, Mapping) else {}
    total, count = _count(paging.get("total")), _count(paging.get("count")) or PAGE
    if total is not None and seen < total:
        return True
    return size >= min(count, PAGE)


def _elements(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    elements = record.get("elements")
    return [one for one in elements if isinstance(one, Mapping)] if isinstance(elements, list) else []


def _linkedin(record: Mapping[str, Any]) -> Mapping[str, Any]:
    destinations = record.get("destinations")
    listed = [one for one in destinations if isinstance(one, Mapping)] if isinstance(destinations, list) else []
    return next((one for one in listed if one.get("destination") == "LINKEDIN"), listed[0] if listed else {})


def _creation_refused(error: Refused, spec: SegmentSpec) -> Refused | NeedsPerson:
    if error.code == "SEGMENT_CREATION_NOT_ALLOWED_FOR_TEST_ACCOUNTS":
        text = f"{bare_id(spec.account)} is a test ad account: LinkedIn keeps no audiences on those"
        return NeedsPerson(f"{text}. Connect a real ad account", TEST_ACCOUNT)
    if "sourcePlatform" in str(error):
        hint = "set GUESTLIST_LINKEDIN_SOURCE_PLATFORM to the symbol LinkedIn gave your application"
        return Refused(f"{error} (sourcePlatform {spec.source_platform}: {hint})", error.code)
    return error


def _path(segment_id: str) -> str:
    return f"/dmpSegments/{encode(segment_id)}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
