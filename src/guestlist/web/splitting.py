"""Bodies split into events, which stay the JSON they came as: nothing is decoded that need not be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from guestlist.events import repairs
from guestlist.events.acceptance import LARGEST, TOO_LARGE, fault
from guestlist.events.posting import Door
from guestlist.web.refusals import too_large, unreadable

Raw = msgspec.Raw
_NOTHING = Raw()


@dataclass(frozen=True)
class Brought:
    """What a body brought. ``rejected``: what the answer says of each event that cannot be taken, with its reason."""

    events: tuple[bytes, ...]
    rejected: tuple[dict[str, Any], ...] = ()
    sent_at: str = ""
    common: bytes = b""
    write_key: str = ""

    @property
    def failed(self) -> Counter[str]:
        """Reason -> how many."""
        return Counter(each["reason"] for each in self.rejected)


class _Batch(msgspec.Struct, rename="camel"):
    batch: list[Raw]
    sent_at: Raw = _NOTHING
    write_key: Raw = _NOTHING
    context: Raw = _NOTHING
    integrations: Raw = _NOTHING


class _Members(msgspec.Struct, forbid_unknown_fields=True):
    add: list[Raw] = []
    remove: list[Raw] = []


class _Named(msgspec.Struct, rename="camel"):
    audience_name: Raw = _NOTHING
    external_id: Raw = _NOTHING


_batch = msgspec.json.Decoder(_Batch).decode
_members = msgspec.json.Decoder(_Members).decode
_named = msgspec.json.Decoder(_Named).decode
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_list = msgspec.json.Decoder(list[Raw]).decode
_string = msgspec.json.Decoder(str).decode
_raw = msgspec.json.Decoder(Raw).decode
_encode = msgspec.json.encode


def batch(body: bytes) -> Brought:
    """``{"batch": [event, ...], "sentAt": ..., "writeKey": ..., "context": ..., "integrations": ...}``."""
    read = _read(_batch, body, "The body is no JSON object with a list `batch`.")
    shared = {name: value for name in ("context", "integrations") if _is_object(value := getattr(read, name))}
    common = _encode(shared) if shared else b""
    if len(common) > LARGEST:
        raise too_large("`context` and `integrations` of a batch may have 32 KB together.")
    events, rejected = _sorted(read.batch, "track")
    return Brought(events, rejected, _text(read.sent_at), common, _text(read.write_key))


def single(body: bytes, kind: str) -> Brought:
    """One event whose ``type`` the path tells; its write key does not stay in it."""
    read = _read(_object, body, "The body is no JSON object.")
    key = _text(read.pop("writeKey", _NOTHING))
    event = _encode({**read, "type": kind})
    if fault(event, "track") == TOO_LARGE:
        raise too_large("An event may have 32 KB.")
    return Brought((event,), sent_at=_text(read.get("sentAt", _NOTHING)), write_key=key)


def listed(body: bytes) -> list[Raw]:
    """The one event or the list of events that a webhook sends, unchecked."""
    shape = "The body is neither a JSON object nor a list of them."
    begin = body.lstrip()[:1]
    if begin == b"[":
        read: list[Raw] = _read(_list, body, shape)
        return read
    if begin == b"{":
        return [_read(_raw, body, shape)]
    raise unreadable(shape)


def named(body: bytes) -> str:
    """The audience of ``{"audienceName": ...}`` (a new one) or ``{"externalId": ...}``, whatever stands beside it."""
    shape = "The body is no JSON object with an `audienceName` or `externalId` of at most 200 characters."
    read = _read(_named, body, shape)
    name = _text(read.audience_name) or _text(read.external_id)
    if not name:
        raise unreadable(shape)
    return name


def hooked(given: Iterable[Raw], door: Door) -> Brought:
    """Events of a webhook. Their times were set right already by whoever sends them."""
    events, rejected = _sorted(given, door)
    return Brought(events, rejected)


def members(body: bytes) -> Brought:
    """``{"add": [member, ...], "remove": [...]}`` as events of the door ``members``."""
    read = _read(_members, body, "The body is no JSON object with lists `add` and `remove` of JSON objects.")
    events: list[bytes] = []
    rejected: list[dict[str, Any]] = []
    for action, given in (("add", read.add), ("remove", read.remove)):
        kept, refused = _sorted(given, "members")
        events += (b'{"action":"%s","member":%s}' % (action.encode(), each) for each in kept)
        rejected += ({"list": action, **each} for each in refused)
    return Brought(tuple(events), tuple(rejected))


def _sorted(given: Iterable[Raw], door: Door) -> tuple[tuple[bytes, ...], tuple[dict[str, Any], ...]]:
    events: list[bytes] = []
    rejected: list[dict[str, Any]] = []
    for index, event in enumerate(map(bytes, given)):
        if (reason := fault(event, door)) is None:
            events.append(event)
        else:
            rejected.append({"index": index, "reason": reason})
    return tuple(events), tuple(rejected)


def _read(decode: Callable[[bytes], Any], body: bytes, shape: str) -> Any:
    try:
        return decode(body)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        whole = repairs.repaired(body)
        if whole == body:
            raise unreadable(shape) from None
    return _read(decode, whole, shape)


def _is_object(value: Raw) -> bool:
    return bytes(value).startswith(b"{")


def _text(value: Raw) -> str:
    """A JSON string of reasonable length; "" where it is anything else."""
    try:
        text = _string(value)
    except ValueError:
        return ""
    return text if len(text) <= 200 else ""
