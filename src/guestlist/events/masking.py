"""An event as people may look at it: its shape stays, what it says of a person does not."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

import msgspec

from guestlist.core.text import masked
from guestlist.events.incoming import Event

_OPEN = frozenset({"type", "event", "action", "timestamp", "sentAt", "receivedAt", "originalTimestamp", "messageId"})
_KEYS = frozenset({"audience_key", "computation_key", "computation_class", "computation_id", "namespace", "space_id"})
_DEEPEST = 8
_MOST = 40  # entries of an object or a list that are shown


def shown(event: Event) -> dict[str, Any]:
    """What decides stays readable (type, event, keys, booleans); every other text keeps its first character."""
    return _object(event, 1)


def sample(sent: Event | bytes | None, request: object = None, response: object = None) -> bytes:
    """JSON of what was sent to us (bytes: as ``kept``), what we asked of LinkedIn, and what it answered."""
    event = msgspec.Raw(sent) if isinstance(sent, bytes) else None if sent is None else shown(sent)
    return msgspec.json.encode({"sent": event, "request": request, "response": response})


def kept(event: Event) -> bytes:
    """JSON of what is ``shown`` of an event, for a sample that is made later."""
    return msgspec.json.encode(shown(event))


def _object(value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    """Names stay, but for addresses that somebody made names of."""
    return {masked(str(key)): _value(str(key), each, depth) for key, each in islice(value.items(), _MOST)}


def _value(key: str, value: object, depth: int) -> Any:
    if isinstance(value, dict):
        return {} if depth >= _DEEPEST else _object(value, depth + 1)
    if isinstance(value, list):
        return [] if depth >= _DEEPEST else [_value(key, each, depth + 1) for each in value[:_MOST]]
    if isinstance(value, str):
        return masked(value) if key in _OPEN or key in _KEYS else hidden(value)
    return value if isinstance(value, bool) or value is None else "#"


def hidden(text: str) -> str:
    """``a***`` of a text; of an address also its domain."""
    return masked(text) if "@" in text else f"{text[:1]}***" if text else ""
