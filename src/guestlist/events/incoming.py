"""An event as it came -> an event with its own time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from guestlist.events.posting import Posting

Event = Mapping[str, Any]

_decode = msgspec.json.Decoder(dict[str, Any]).decode
FORWARDED = ("segment", "rudderstack", "file")  # doors whose events carry the receipt of whoever forwards them
_LATEST = 253_402_300_799.0  # the end of year 9999: what is later is no time


@dataclass(frozen=True)
class Incoming:
    """``at``: microseconds, when it happened by a clock that can be trusted. ``message``: the client's id, "" none."""

    event: Event
    at: int
    message: str


def read(raw: bytes, posting: Posting, common: Event | None = None) -> Incoming | None:
    """None: it is no JSON object."""
    try:
        event = _decode(raw)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors; so is a number beyond all measure
        return None
    if common:
        event = {**common, **{key: value for key, value in event.items() if value is not None}}
    message = event.get("messageId")
    return Incoming(event, event_time(event, posting), message if isinstance(message, str) else "")


def common_of(posting: Posting) -> Event | None:
    """What holds for every event of a posting that says nothing else."""
    try:
        return _decode(posting.common) if posting.common else None
    except (ValueError, RecursionError):
        return None


def event_time(event: Event, posting: Posting) -> int:
    """Microseconds: receivedAt - (sentAt - timestamp), never later than its receipt.

    The difference takes the error of the client's clock out (the Segment specification's rule). An event that was
    forwarded is judged by the receipt that its forwarder wrote into it: its ``timestamp`` is corrected already where an
    ``originalTimestamp`` stands beside it. An event of a file without a receipt happened when it says.
    """
    received = posting.received_at
    happened = seconds(event.get("timestamp"))
    if posting.door in FORWARDED and (theirs := seconds(event.get("receivedAt"))) is not None:
        corrected = event.get("originalTimestamp") is not None
        at = happened if corrected else _corrected(theirs, seconds(event.get("sentAt")), happened)
        at = theirs if at is None else at
    elif posting.door == "file":
        at = happened
    else:
        sent = seconds(event.get("sentAt")) if posting.sent_at == "" else seconds(posting.sent_at)
        at = _corrected(received, sent, happened)
    return int(min(received if at is None else at, received) * 1e6)


def _corrected(received: float, sent: float | None, happened: float | None) -> float | None:
    if happened is None:
        return received
    return happened if sent is None else received - (sent - happened)


def seconds(value: object) -> float | None:
    """Epoch seconds of an ISO 8601 text (without a zone: UTC) or of a number (milliseconds where it is too large for
    seconds); None: neither.
    """
    if isinstance(value, str):
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return None
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LATEST * 1000.0:
        return value / 1000.0 if abs(value) > 1e11 else float(value)
    return None
