"""Arrears: members that events touched and a stream did not look at for long, because it is disabled or stands still.

They are written off: everybody is compared once the stream goes on, and until then nothing piles up for it.
"""

from __future__ import annotations

from collections import Counter

from guestlist.app import planning
from guestlist.app.context import App
from guestlist.app.event_ends import EventEnds
from guestlist.app.stream_sync import COMPARE
from guestlist.app.streams import is_stream
from guestlist.app.turn import lock_of
from guestlist.config import Config
from guestlist.events.outcomes import ACTIVATION_STOOD_STILL, Outcome
from guestlist.store.event_counts import Ends
from guestlist.store.retention import DETAILS
from guestlist.store.streams import Stream

DISABLED = COMPARE  # seconds: for longer than that everybody is compared anyway
ENABLED = DETAILS  # LinkedIn or a person may take that long; what became of events is kept a little longer
PAGE = 100_000  # members in one transaction


def write_off(app: App, config: Config) -> None:
    """Let go of what is too old, for every stream of the store, be it in the file or not."""
    now, names = app.clock.now(), _names(app, config)
    for key_id, folded in app.store.event_members.folds().items():
        streams = app.store.streams.of_key(key_id)
        for stream in streams:
            name = names.get(stream.activation_id)
            sends = name is not None and planning.case(config, name).sends
            last = app.store.event_members.last_fold(key_id, now - (ENABLED if sends else DISABLED))
            if last > stream.seen:
                _write_off(app, stream, last, counted=name is not None)
        seen = [each.seen for each in app.store.streams.of_key(key_id)]
        app.store.event_members.drop_touched(key_id, min(seen, default=folded))


def _names(app: App, config: Config) -> dict[int, str]:
    streams = [name for name, wanted in config.activations.items() if is_stream(config, wanted)]
    return {found.id: name for name in streams if (found := app.store.activations.get(name)) is not None}


def _write_off(app: App, stream: Stream, last: int, *, counted: bool) -> None:
    """``counted``: events count for its activation; of one that is not in the file they do not."""
    ledger_id = app.store.activations.by_id(stream.activation_id).ledger_id
    with app.store.lock(lock_of(ledger_id), wait=False) as mine:
        seen = stream.seen
        while mine and seen < last:  # not ours: it is being synced, so it stands still no longer
            with app.store.transaction():
                seen = _page(app, stream, last, counted=counted)


def _page(app: App, stream: Stream, last: int, *, counted: bool) -> int:
    current = app.store.streams.get(stream.activation_id) or stream
    seen, lists = app.store.event_members.touched(stream.key_id, current.seen, PAGE, last)
    ends: Ends = Counter()
    events = EventEnds(app, stream)
    for received in events.latest(lists, ends).values():
        if received:
            events.move(ends, received, Outcome.PENDING, Outcome.FILTERED, ACTIVATION_STOOD_STILL)
    if counted:
        app.store.event_counts.add(ends)
    if lists:
        app.store.streams.update(stream.activation_id, seen=seen, behind="it stood still for long")
    return seen if lists else last
