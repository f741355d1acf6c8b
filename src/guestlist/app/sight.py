"""Whether LinkedIn still shows a segment: its GET may answer 404 and its finder may lag, also for one that is there."""

from __future__ import annotations

from collections.abc import Callable

from guestlist.app.context import App
from guestlist.ports import Destination, SegmentStatus

FINDER_LAG = 120.0  # seconds in which a finder may not list a segment (observed by peers of fresh ones)
PAUSE = 30.0  # seconds between two looks at what is not shown
AWAITED = "waiting until LinkedIn would show the audience again"


def look(destination: Destination, account: str, segment_id: str, source: str) -> SegmentStatus | None:
    """What GET says of it, else the finder. None: neither shows it, and one look proves nothing."""
    status = destination.get_segment(segment_id)
    if status is not None:
        return status
    listed = destination.find_segments(account, source)
    return next((each for each in listed if each.segment_id == segment_id), None)


def is_gone(app: App, number: int) -> bool:
    """Note that a segment of ours was not shown just now; whether that was so ``FINDER_LAG`` ago already, and at no
    look since otherwise.
    """
    now = app.clock.now()
    return now - app.store.segments.unseen(number, now) >= FINDER_LAG


def sought(
    app: App, number: int, looks: Callable[[], SegmentStatus | None], *, believed: float = FINDER_LAG
) -> SegmentStatus | None:
    """What ``looks`` finds of a segment of ours, asked again for as long as LinkedIn may lag. None: it is gone; or we
    were asked to stop (``app.stop``), and nobody knows. ``believed``: how old it has to be (seconds) for one look to be
    enough.
    """
    made = app.store.segments.by_id(number).created_at
    while (found := looks()) is None:
        gone = is_gone(app, number) or app.clock.now() - made >= believed
        if gone or app.stop.is_set():
            return None
        app.progress(AWAITED, 0, 0)
        app.clock.sleep(PAUSE)
    app.store.segments.seen(number)
    return found
