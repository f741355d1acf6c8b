"""What the log and the numbers say of one request; never its body, its key or its query."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

_KEY = "guestlist.visit"


@dataclass
class Visit:
    """Filled in while the request is answered. ``failed``: reason -> how many events could not be taken."""

    request_id: str
    door: str = ""
    events: int = 0
    failed: Mapping[str, int] = field(default_factory=dict)

    def kept(self, door: str, events: int, failed: Mapping[str, int]) -> None:
        """So many are durable now."""
        self.door, self.events, self.failed = door, events, failed


def begin(scope: MutableMapping[str, Any], made: Visit) -> None:
    """Keep it with the request."""
    scope[_KEY] = made


def visit(scope: MutableMapping[str, Any]) -> Visit:
    """That of this request."""
    found: Visit = scope[_KEY]
    return found
