"""The segment an activation feeds: looked up or made once, rebuilt when LinkedIn has let go of it."""

from __future__ import annotations

from guestlist.app.context import App
from guestlist.app.delivery import GONE
from guestlist.errors import NeedsPerson, TryAgain
from guestlist.ports import Destination, SegmentSpec, SegmentStatus
from guestlist.store.activations import Activation
from guestlist.store.segments import Segment

FINDER_LAG = 120.0  # seconds in which a finder may not list a segment yet (observed by peers)
REBUILD_EVERY = 86_400.0
TRIES = 8


def source_segment_id(store_id: str, activation: str, epoch: int) -> str:
    """LinkedIn's foreign key for a segment of ours; the store is in it, so staging never finds production's."""
    plain = f"guestlist-{store_id}-{activation}"
    return plain if epoch == 1 else f"{plain}@{epoch}"


def ensure(app: App, activation: Activation, destination: Destination, spec: SegmentSpec) -> Segment:
    """The live segment of the activation's epoch; makes it when there is none.

    Serialised by a lock, since LinkedIn's creation is not idempotent. An intent is written before the request, so
    that a crash or a lost reply is followed by looking up, not by a second segment.
    """
    with app.store.lock(f"segment-{activation.ledger_id}"):
        current = app.store.segments.current(activation.name)
        if current is not None and current.linkedin_id is not None:
            return current
        fresh = current is None
        intent = current or app.store.segments.intend(
            activation.name, activation.ledger_id, activation.epoch, spec.source_segment_id, spec.name, app.clock.now()
        )
        linkedin_id = _find_or_create(app, destination, spec, intent, fresh=fresh)
        return app.store.segments.made(intent.id, linkedin_id, app.clock.now())


def _find_or_create(app: App, destination: Destination, spec: SegmentSpec, intent: Segment, *, fresh: bool) -> str:
    for attempt in range(1, TRIES + 1):
        try:
            found = _ours(destination.find_segments(spec.account, spec.source_segment_id), spec)
            if found is not None:
                return found.segment_id
            if fresh or app.clock.now() - intent.created_at > FINDER_LAG:
                fresh = False
                app.store.segments.touch(intent.id, app.clock.now())
                return destination.create_segment(spec)
            app.clock.sleep(5.0)
        except TryAgain as trouble:
            if attempt == TRIES:
                raise
            app.clock.sleep(max(trouble.after, 1.0))
    raise TryAgain(f"LinkedIn has not shown the segment '{spec.name}' yet; run it again in some minutes", FINDER_LAG)


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


def watch(app: App, destination: Destination, activation: Activation, spec_account: str) -> SegmentStatus | None:
    """Ask LinkedIn for the segment's state and keep it; None when LinkedIn no longer has the segment.

    A 404 alone is not believed: a fresh segment answers so too. "Deleted" is what the finder says.
    """
    segment = app.store.segments.current(activation.name)
    if segment is None or segment.linkedin_id is None:
        return None
    status = destination.get_segment(segment.linkedin_id)
    if status is None:
        listed = destination.find_segments(spec_account, segment.source_segment_id)
        status = next((each for each in listed if each.segment_id == segment.linkedin_id), None)
        young = app.clock.now() - segment.created_at < FINDER_LAG * 5
        if status is None and young:
            return SegmentStatus(
                segment.linkedin_id,
                segment.name,
                segment.source_segment_id,
                "",
                None,
                "BUILDING",
                None,
                None,
                None,
                None,
            )
    if status is not None:
        app.store.segments.saw(segment.id, status, app.clock.now())
    return status


def needs_rebuild(status: SegmentStatus | None) -> bool:
    """Whether nothing can be added to it any more."""
    return status is None or status.status in GONE


def rebuild(app: App, activation: Activation, reason: str) -> Activation:
    """A new epoch: identifiers stay, nobody counts as told; the next plan fills a new segment.

    At most once a day, then it waits for a person: a segment that dies at once would march to LinkedIn's 1,000.
    """
    now = app.clock.now()
    if activation.last_rebuild_at is not None and now - activation.last_rebuild_at < REBUILD_EVERY:
        raise NeedsPerson(
            f"{activation.name}: {reason}, for the second time in a day; look at the audience in Campaign Manager, "
            "then run `guestlist sync` tomorrow",
            "Segment lost",
        )
    return app.store.activations.new_epoch(activation.name, now)
