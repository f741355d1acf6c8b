"""What LinkedIn counts of an activation's audience, judged beside what it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guestlist.app import segments
from guestlist.app.context import App
from guestlist.core import counting
from guestlist.core.counting import Rates, Reading, Sent, Verdict, Wait
from guestlist.core.identity import Kind
from guestlist.store.activations import Activation
from guestlist.store.segments import Segment


@dataclass(frozen=True)
class Counted:
    """``rates`` and ``verdict`` of the numbers that LinkedIn gave last; ``wait``: how long its status may last."""

    rates: Rates
    verdict: Verdict
    wait: Wait | None


def of_activation(app: App, name: str) -> Counted:
    """Nothing is asked of LinkedIn. Of an activation without an audience nothing is known."""
    found = app.store.activations.get(name)
    segment = app.store.segments.current(found.ledger_id) if found is not None else None
    if found is None or segment is None or segment.as_of is None or not segment.linkedin_status:
        return Counted(Rates(), counting.NOTHING, None)
    readings = _readings(app, found, segment)
    people = found.members is Kind.PEOPLE
    verdict = counting.judge(readings, _sent(app, segment.id, readings[-1]), people=people)
    since = _since(segment, readings)
    wait = counting.wait(segment.linkedin_status, since, app.clock.now())
    return Counted(counting.rates(readings[-1], people=people), verdict, wait)


def _readings(app: App, found: Activation, segment: Segment) -> list[Reading]:
    """Those of this audience, oldest first; what it says now is the last."""
    numbers = (segment.linkedin_status, segment.input, segment.matched, segment.audience_size)
    return [
        *app.store.readings.of([segment.id]),
        Reading(segment.as_of or 0.0, *numbers, segments.told(app, found.ledger_id)),
    ]


def _since(segment: Segment, readings: Sequence[Reading]) -> float:
    """When LinkedIn was first seen to say what it says now."""
    since = readings[-1].at
    for each in reversed(readings):
        if each.status != segment.linkedin_status:
            return since
        since = each.at
    return segment.created_at if segment.linkedin_status == "BUILDING" else since


def _sent(app: App, segment_id: int, now: Reading) -> Sent:
    """What LinkedIn's seven days must hold, whichever moment of the last 48 hours they end at."""
    last = app.store.runs.last_sent(segment_id)
    first = now.at - counting.WINDOW
    at_least = app.store.runs.largest_told(segment_id, first, now.at - counting.LATE)
    begins = min(now.at, last if last is not None else now.at) - counting.WINDOW - counting.LATE
    known = begins >= app.clock.now() - counting.KEPT
    return Sent(at_least, app.store.runs.told_since(segment_id, begins) if known else None)
