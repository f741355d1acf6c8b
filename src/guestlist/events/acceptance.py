"""What is looked at before an event is acknowledged: little, since whatever is sent must be taken in fast."""

from __future__ import annotations

import msgspec

from guestlist.events.posting import Door

LARGEST = 32 << 10  # bytes of an event, as the SDKs limit it
CALLS = frozenset({"track", "identify", "group", "page", "screen", "alias"})
RECORDS = frozenset({"insert", "update", "delete"})  # what happened to a `record` of a warehouse

# Reasons, as an event's `code` where its outcome is FAILED_ON_INGEST, and in the answer to the sender
TOO_LARGE = "larger than 32 KB"
NO_OBJECT = "not a JSON object"
NO_TYPE = "no type"
UNKNOWN_TYPE = "unknown type"
UNKNOWN_ACTION = "unknown action of a record"


class _Head(msgspec.Struct):
    """The rest is skipped, yet must be JSON."""

    type: str | None = None
    action: msgspec.Raw = msgspec.Raw()


_head = msgspec.json.Decoder(_Head).decode
_text = msgspec.json.Decoder(str).decode


def fault(event: bytes, door: Door) -> str | None:
    """Why an event of this door cannot be taken; None: it can. ``event``: JSON that was split off a list."""
    if len(event) > LARGEST:
        return TOO_LARGE
    if event[:1] != b"{":
        return NO_OBJECT
    if door == "members":
        return None
    try:
        head = _head(event)
    except ValueError:
        return NO_TYPE
    return None if head.type in CALLS else _fault_of(head, door)


def _fault_of(head: _Head, door: Door) -> str | None:
    if head.type == "record" and door == "rudderstack":
        return None if _action(head) in RECORDS else UNKNOWN_ACTION
    return UNKNOWN_TYPE if head.type else NO_TYPE


def _action(head: _Head) -> str:
    try:
        return _text(head.action)
    except ValueError:
        return ""
