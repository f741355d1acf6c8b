"""What LinkedIn does with an audience, judged by what it last said of it."""

from __future__ import annotations

from guestlist.store.segments import DELETED, Segment

NEEDED = 300  # matched members without which LinkedIn serves nobody
SERVES = frozenset({"READY", "UPDATING"})
EXPIRED, ARCHIVED = "EXPIRED", "ARCHIVED"
_LOST = frozenset({EXPIRED, "FAILED", "ERROR", ARCHIVED, DELETED})


def is_judged(segment: Segment) -> bool:
    """Whether LinkedIn has made up its mind about how many there are."""
    return segment.linkedin_status == "READY"


def too_small(segment: Segment) -> str:
    """A sentence; "": it is large enough, or nobody knows yet."""
    if not is_judged(segment) or (segment.audience_size or 0) >= NEEDED:
        return ""
    return f"LinkedIn shows fewer than {NEEDED} people, so the audience is not served"


def lost(segment: Segment) -> str:
    """A sentence; "": it is there. Archived is what comes back."""
    if segment.linkedin_status == ARCHIVED:
        audience = f"audience {segment.linkedin_id}"
        return f"LinkedIn archived {audience}: a change of who is in it, or a campaign, brings it back within 48 hours"
    return gone(segment) if segment.linkedin_status in _LOST else ""


def gone(segment: Segment) -> str:
    """What became of one that another took the place of, or that is lost."""
    audience = f"audience {segment.linkedin_id}"
    if segment.linkedin_status in _LOST - {DELETED}:
        return f"LinkedIn says {segment.linkedin_status} of {audience}"
    return f"{audience} is no longer at LinkedIn"
