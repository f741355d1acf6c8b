"""Asking LinkedIn how its audiences are between runs: one becomes READY without being told anything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from guestlist.app import notices, segments
from guestlist.app.context import App
from guestlist.config import Config
from guestlist.errors import GuestlistError
from guestlist.store.activations import Activation
from guestlist.store.segments import Segment

SOON = 900.0  # seconds between two looks while LinkedIn is at work on it
SELDOM = 6 * 3600.0  # and while it rests
_AT_WORK = frozenset({"", "BUILDING", "UPDATING"})


def next_look(segment: Segment) -> float:
    """When to ask for it again, epoch seconds."""
    at_work = segment.linkedin_status in _AT_WORK
    return (segment.as_of or segment.created_at) + (SOON if at_work else SELDOM)


@dataclass
class Lookout:
    """``asked``: when each segment was asked for in vain; LinkedIn is not pressed for an answer."""

    asked: dict[int, float] = field(default_factory=dict)

    def look(self, app: App, config: Config) -> None:
        """Ask for all whose time has come. What stands in the way is the next run's to say."""
        now = app.clock.now()
        for found, segment in _watched(app, config):
            if app.stop.is_set():
                return
            if max(next_look(segment), self.asked.get(segment.id, 0.0) + SOON) > now:
                continue
            self.asked[segment.id] = now
            with suppress(GuestlistError):
                segments.watch(app, app.door.destination(found.destination_id), segment, found.ad_account)
                notices.after_look(app, config, found)


def _watched(app: App, config: Config) -> Iterator[tuple[Activation, Segment]]:
    """What is switched on, at destinations that wait for nobody."""
    for found in app.store.activations.all(removed=False):
        wanted = config.activations.get(found.name)
        known = app.store.destinations.get(found.destination_id)
        if wanted is None or not wanted.enabled or known is None or known.state:
            continue
        segment = app.store.segments.current(found.ledger_id)
        if segment is not None and segment.activation_id == found.id and segment.state == "live":
            yield found, segment
