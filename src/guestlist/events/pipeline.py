"""The way of events from received to delivered: how many came to each stage, and how many ended before the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from guestlist.events import outcomes
from guestlist.events.outcomes import Outcome

_STAGES: tuple[tuple[str, tuple[Outcome, ...]], ...] = (
    ("Received", (Outcome.FAILED_ON_INGEST,)),
    ("Read", (Outcome.FILTERED,)),
    ("Meant for it", (Outcome.REJECTED,)),
    ("Names somebody", (Outcome.DUPLICATE, Outcome.SUPERSEDED, Outcome.IN_STEP)),
    ("News to LinkedIn", (Outcome.PENDING, Outcome.PENDING_RETRY)),
    ("Answered", (Outcome.FAILED,)),
    ("Delivered", ()),
)
SAID = {  # code -> why, and what to do
    outcomes.NO_MATCHING_MAPPING: "The trigger does not match: look at it, and test it, under Trigger.",
    outcomes.FILTERED_AT_MAPPING: "It is about another audience key.",
    outcomes.FILTERED_BY_INTEGRATIONS_OBJECT: "The sender's integrations object switches LinkedIn Audiences off.",
    outcomes.ACTIVATION_STOOD_STILL: "The activation was off or stuck for long; everybody is compared when it goes on.",
    outcomes.INTERNAL: "A fault of Guestlist's own: its log says more.",
    outcomes.ACTION_MISSING: (
        "It does not say whether somebody enters or leaves: either the names of the enter and exit events were changed "
        "in Segment, or it comes from another kind of audience (Linked Audiences). Choose Add or Remove under Trigger."
    ),
}
_MEANS = {
    Outcome.FAILED_ON_INGEST: "It could not be read: too large, or no event.",
    Outcome.FILTERED: "It is not meant for this activation.",
    Outcome.REJECTED: "LinkedIn can be told of nobody by it.",
    Outcome.DUPLICATE: "The very same message came before.",
    Outcome.SUPERSEDED: "A later event of the same person or company counted.",
    Outcome.IN_STEP: "LinkedIn has it so already.",
    Outcome.PENDING: "It is told with the next request.",
    Outcome.PENDING_RETRY: "LinkedIn did not answer: it is told again by itself.",
    Outcome.FAILED: "LinkedIn refused it: these are its words.",
}
WAITING = (Outcome.PENDING, Outcome.PENDING_RETRY)
LOST = (Outcome.FAILED_ON_INGEST, Outcome.REJECTED, Outcome.FAILED)


@dataclass(frozen=True)
class Left:
    """Events that went no further. ``code``: a discard code, a reason, LinkedIn's words, "" none; ``means``: why, and
    what to do.
    """

    outcome: str
    code: str
    events: int
    means: str


@dataclass(frozen=True)
class Stage:
    """``events`` came so far; those that ``left`` did not come to the next stage."""

    name: str
    events: int
    left: tuple[Left, ...] = field(default=())


def pipeline(ends: Iterable[tuple[str, str, int]]) -> tuple[Stage, ...]:
    """From (outcome, code, events). What came to a stage is what left there and what came to the next, always."""
    found: dict[Outcome, list[Left]] = {}
    for outcome, code, events in ends:
        kind = Outcome(outcome)
        found.setdefault(kind, []).append(Left(kind.value, code, events, SAID.get(code, _MEANS.get(kind, ""))))
    rest = sum(each.events for lefts in found.values() for each in lefts)
    stages: list[Stage] = []
    for name, ending in _STAGES:
        left = sorted((each for outcome in ending for each in found.get(outcome, ())), key=lambda each: -each.events)
        stages.append(Stage(name, rest, tuple(left)))
        rest -= sum(each.events for each in left)
    return tuple(stages)
