"""The segment an activation feeds: looked up or made once, rebuilt when LinkedIn has let go of it."""

from __future__ import annotations

from guestlist.app import patience, sight
from guestlist.app.context import App
from guestlist.app.delivery import GONE
from guestlist.app.sight import FINDER_LAG
from guestlist.errors import NeedsPerson, TryAgain
from guestlist.ports import Destination, SegmentSpec, SegmentStatus
from guestlist.store.activations import Activation
from guestlist.store.segments import Segment

REBUILD_EVERY = 86_400.0
TRIES = 8
NEVER_ASKED = 0.0  # when an intent was asked of LinkedIn: not yet
SETTLE = 5.0  # LinkedIn asks to wait that long after a creation: what is told sooner may be lost (documented)
CLOCK_PAUSE = 5.0
MAKING = "making the LinkedIn audience"


def ensure(app: App, activation: Activation, destination: Destination, spec: SegmentSpec) -> Segment:
    """The live segment of the activation's ledger; makes it when there is none.

    Serialised by a lock, since LinkedIn's creation is not idempotent. An intent is written before the request, and
    when it was asked, so that a crash or a lost reply is followed by looking up, not by a second segment.
    ``spec.source_segment_id`` is without the epoch. Raises what ``ports.Destination`` raises.
    """
    with app.store.lock(f"segment-{activation.ledger_id}"):
        current = app.store.segments.current(activation.ledger_id)
        if current is not None and current.state == "live":
            return current
        if current is None or current.state == "dead":
            source = spec.source_segment_id
            current = app.store.segments.begin(activation.id, activation.ledger_id, source, spec.name, NEVER_ASKED)
        app.progress(MAKING, 0, 0)
        spec = SegmentSpec(
            spec.account, spec.name, spec.members, current.source_segment_id, spec.source_platform, spec.description
        )
        linkedin_id = _find_or_create(app, destination, spec, current)
        app.store.segments.confirm(current.id, linkedin_id)
        app.progress(patience.WAITING, 0, 0)
        app.clock.sleep(SETTLE)
        return app.store.segments.by_id(current.id)


def _find_or_create(app: App, destination: Destination, spec: SegmentSpec, intent: Segment) -> str:
    """Look up, and create once it is sure that no earlier request may still appear in the finder."""
    asked = intent.created_at
    for tries in range(1, TRIES + 1):
        while (found := _ours(destination.find_segments(spec.account, spec.source_segment_id), spec)) is None:
            if app.clock.now() - asked > FINDER_LAG:
                break
            app.progress("waiting until LinkedIn's finder would show an audience made earlier", 0, 0)
            app.clock.sleep(CLOCK_PAUSE)
        if found is not None:
            return found.segment_id
        asked = app.clock.now()
        app.store.segments.asked(intent.id, asked)
        try:
            return destination.create_segment(spec)
        except TryAgain as trouble:
            if tries == TRIES or app.stop.is_set():
                raise
            app.progress(patience.WAITING, 0, 0)
            app.clock.sleep(max(trouble.after, 1.0))
            app.progress(MAKING, 0, 0)
    raise AssertionError("unreachable")


def _ours(found: list[SegmentStatus], spec: SegmentSpec) -> SegmentStatus | None:
    """The oldest one that is usable and that this store made: the source id says so."""
    usable = [
        each
        for each in found
        if each.source_segment_id == spec.source_segment_id
        and each.status not in GONE
        and each.members in (None, spec.members)
    ]
    return min(usable, key=lambda each: (len(each.segment_id), each.segment_id), default=None)


def watch(app: App, destination: Destination, segment: Segment, account: str) -> SegmentStatus | None:
    """Ask LinkedIn for the segment's state and keep it; None when LinkedIn does not show the segment. It counts as
    deleted once two looks say so that are far enough apart; a fresh one is not missed.
    """
    status = sight.look(destination, account, segment.linkedin_id or "", segment.source_segment_id)
    if status is not None:
        now = app.clock.now()
        with app.store.transaction():
            app.store.segments.observed(segment.id, status, now)
            app.store.readings.note(segment.id, status, told(app, segment.ledger_id), now)
    elif not is_young(app, segment) and sight.is_gone(app, segment.id):
        app.store.segments.missed(segment.id, app.clock.now())
    return status


def told(app: App, ledger_id: int) -> int | None:
    """Members LinkedIn was told in and not told out since; None: a restore left it to the next sync to count them."""
    return app.store.ledgers.members_in([ledger_id]).get(ledger_id)


def is_young(app: App, segment: Segment) -> bool:
    """Whether LinkedIn may simply not show it yet: it never did."""
    return segment.as_of is None and app.clock.now() - segment.created_at < 5 * FINDER_LAG


def rebuild(app: App, activation: Activation, segment: Segment, reason: str) -> None:
    """Let go of a segment that takes nobody any more; the next one is filled with everybody (a new epoch).

    At most once a day, then it waits for a person: a segment that dies at once would march to LinkedIn's 1,000.
    Raises NeedsPerson.
    """
    now = app.clock.now()
    if activation.last_rebuild_at is not None and now - activation.last_rebuild_at < REBUILD_EVERY:
        raise NeedsPerson(
            f"{reason}, for the second time in a day: look at the audience in Campaign Manager; a new one is made "
            "a day after the last",
            "Segment lost",
        )
    let_go(app, activation, segment)


def let_go(app: App, activation: Activation, segment: Segment) -> None:
    """LinkedIn lost it, so that the next sync makes another; the time is kept, since people are told."""
    app.store.segments.bury(segment.id)
    app.store.activations.update(activation.id, last_rebuild_at=app.clock.now())
