"""What becomes of an event: every one ends in exactly one outcome, for each activation that it could concern."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from enum import StrEnum

BUCKET = 300  # seconds of receipt that are counted together


class Outcome(StrEnum):
    """The order is that of the way an event takes. Values are stored and shown."""

    FAILED_ON_INGEST = "failed on ingest"  # never acknowledged as good: unreadable, too large, of no known kind
    FILTERED = "filtered"  # not meant for the activation; code: a discard code
    REJECTED = "rejected"  # meant for it, and nobody can be told of it; code: the reason
    DUPLICATE = "duplicate"  # the very same message came before
    SUPERSEDED = "superseded"  # a later event of the member came first
    IN_STEP = "in step already"  # LinkedIn has it so
    PENDING = "pending"  # decided, to be told
    PENDING_RETRY = "pending retry"  # told without an answer: told again
    DELIVERED = "delivered"
    FAILED = "failed"  # LinkedIn refused it; code: LinkedIn's


# Discard codes of the field, as an event's `code` where its outcome is FILTERED
FILTERED_BY_INTEGRATIONS_OBJECT = "FILTERED_BY_INTEGRATIONS_OBJECT"
NO_MATCHING_MAPPING = "NO_MATCHING_MAPPING"  # the trigger does not match, or nothing listens to the write key
FILTERED_AT_MAPPING = "FILTERED_AT_MAPPING"  # another audience's key
ACTIVATION_STOOD_STILL = "ACTIVATION_STOOD_STILL"  # disabled or stuck for long: everybody is compared when it goes on

# Reasons, as an event's `code` where its outcome is REJECTED
INTERNAL = "INTERNAL"  # a fault of ours
ACTION_MISSING = "Action :: field is required but not found"

# Upper ends of the slots of latency, seconds: a tenth of their size is precise enough for a percentile
SLOTS = tuple(round(0.05 * 1.15**n, 4) for n in range(100))


def bucket(received_at: float) -> int:
    """Which five minutes a receipt (epoch seconds) is counted in."""
    return int(received_at // BUCKET)


def slot(seconds: float) -> int:
    """Which slot of the histogram a latency falls in."""
    return min(bisect.bisect_left(SLOTS, seconds), len(SLOTS) - 1)


def percentile(slots: Mapping[int, int], share: float) -> float | None:
    """The latency (seconds, an upper end) that ``share`` of the counted events did not exceed; None: none counted."""
    total = sum(slots.values())
    if not total:
        return None
    seen = 0
    for number in sorted(slots):
        seen += slots[number]
        if seen >= share * total:
            return SLOTS[number]
    return SLOTS[max(slots)]
