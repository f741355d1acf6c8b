"""Events from a file: a replay or a backfill, through the same inbox as everything else."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from guestlist.app import last_events
from guestlist.app.context import App
from guestlist.app.fold import LOCK
from guestlist.config import Config
from guestlist.errors import ConfigError, SourceError
from guestlist.events import acceptance, repairs
from guestlist.events.incoming import read
from guestlist.events.outcomes import Outcome, bucket
from guestlist.events.posting import Posting, encode
from guestlist.store.event_counts import NOBODY, Ends

LOT = 1_000  # events in one row of the inbox
ROOM = 50_000  # events that may wait while somebody decides on them: what comes live waits behind them
NAP = 0.5  # seconds


def write_key(config: Config, named: str | None) -> str:
    """The write key whose events they are: the one of the file, if it has one only. ConfigError."""
    known = {
        key
        for audience in config.audiences.values()
        if audience.source.events
        for key in audience.source.events.write_keys
    }
    if named is not None and named in known:
        return named
    if named is None and len(known) == 1:
        return next(iter(known))
    listed = ", ".join(sorted(known)) or "none: give an audience `source: {events: {write_keys: [NAME]}}`"
    what = f"No audience listens to write key '{named}'" if named is not None else "Say with --write-key whose they are"
    raise ConfigError(f"{what}; the file has {listed}.")


def ingest(app: App, config: Config, file: Path, named: str | None) -> tuple[int, int]:
    """Take in a file of JSON lines, one event each; how many were taken, and how many could not be (counted as failed
    on ingest). Durable when it returns; read again from the start after a crash, which changes nothing twice.
    """
    key = write_key(config, named)
    taken, faults = 0, 0
    lot: list[bytes] = []
    last = b""
    ends: Ends = Counter()
    try:
        with file.open("rb") as lines:
            for line in lines:
                event = repairs.repaired(line.removeprefix(BOM_UTF8).strip())
                if not event:
                    continue
                if fault := _fault(app, key, event):
                    ends[NOBODY, bucket(app.clock.now()), Outcome.FAILED_ON_INGEST, fault] += 1
                    faults += 1
                    continue
                lot.append(event)
                last = event
                taken += 1
                if len(lot) >= LOT:
                    _make_room(app)
                    _keep(app, key, lot, ends)
                    app.progress("taking events in", taken, 0)
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}.") from error
    _keep(app, key, lot, ends)
    last_events.keep(app.store, [_posting(app, key, [last])] if last else [])
    return taken, faults


def _make_room(app: App) -> None:
    """A backfill is slower than a worker. Where none is at work nobody waits for anything."""
    while app.store.inbox.backlog().events >= ROOM and app.store.lock_holder(LOCK) and not app.stop.is_set():
        app.progress("waiting until what came before is decided", 0, 0)
        app.clock.sleep(NAP)


def _fault(app: App, key: str, event: bytes) -> str | None:
    """Nothing has looked at a line before, unlike at what was split off a list."""
    if len(event) <= acceptance.LARGEST and read(event, _posting(app, key, [event])) is None:
        return acceptance.NO_OBJECT
    return acceptance.fault(event, "rudderstack" if b'"record"' in event else "track")


def _keep(app: App, key: str, lot: list[bytes], ends: Ends) -> None:
    now = app.clock.now()
    with app.store.transaction():
        if lot:
            app.store.inbox.append(encode([_posting(app, key, lot)]), len(lot), now)
        app.store.event_counts.add(ends)
    lot.clear()
    ends.clear()


def _posting(app: App, key: str, events: Sequence[bytes]) -> Posting:
    return Posting(key, "file", app.clock.now(), "", b"", tuple(events))
