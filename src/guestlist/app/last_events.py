"""The last event that came: on its way into the store, where every server finds it, and out again to be looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from guestlist.app import retention
from guestlist.app.context import App
from guestlist.config import Config
from guestlist.core.identity import Identifier, email_digests, google_advertising_id, primary_id
from guestlist.errors import ConfigError
from guestlist.events.incoming import Event, common_of, read
from guestlist.events.posting import Posting, decode, encode
from guestlist.store import Store

EVERY = 3.0  # seconds between two writings: receiving must not feel it
_HOUR = 3600.0
_DEEPEST = 64  # objects within objects

Latest = Callable[[Collection[str]], Posting | None]  # the last posting with any of these write keys


# ── in ───────────────────────────────────────────────────────────────────────────────────────────────────────────
class Newest:
    """What one server took last of each write key. One thread tells it, any thread may ask.

    It is written beside what is taken, at most every few seconds, and what came in between rests in memory until then.
    """

    def __init__(self, store: Store, every: float = EVERY) -> None:
        self._store, self._every = store, every
        self._waiting: dict[str, Posting] = {}
        self._due = time.monotonic()

    def came(self, postings: Sequence[Posting]) -> None:
        """These were kept, in this order."""
        self._waiting |= {each.write_key: each for each in postings if each.door != "members"}

    def waits(self) -> float | None:
        """Seconds until something has to be written; None: nothing waits for it."""
        return max(self._due - time.monotonic(), 0.0) if self._waiting else None

    def write(self, *, at_once: bool = False) -> None:
        """Write what waits, if it is time for that. StoreError: then it waits on."""
        if not self._waiting or (time.monotonic() < self._due and not at_once):
            return
        self._due = time.monotonic() + self._every
        written = self._waiting
        keep(self._store, list(written.values()))
        self._waiting = {}

    def latest(self, write_keys: Collection[str]) -> Posting | None:
        """The last that came with one of these, here or at another server."""
        here = [each for name, each in list(self._waiting.items()) if name in write_keys]
        kept = self._store.last_events.newest(write_keys)
        return max(
            (*here, *(decode(kept) if kept is not None else ())), key=lambda each: each.received_at, default=None
        )


def keep(store: Store, postings: Sequence[Posting]) -> None:
    """The last event of each, for every server; none that speaks of somebody forgotten. StoreError."""
    for each in sorted(postings, key=lambda each: each.write_key):  # two servers wait for each other in one order
        last = msgspec.structs.replace(each, events=each.events[-1:])
        found = event_of(last)
        if found is not None:
            with store.transaction():
                store.last_events.hold()
                if not speaks_of_forgotten(store, found):
                    store.last_events.keep(each.write_key, each.received_at, encode([last]))


# ── out ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def last(app: App, config: Config, audience: str, write_keys: Collection[str], latest: Latest) -> Event:
    """ConfigError: none came lately, or it speaks of somebody forgotten."""
    kept = retention.samples(app, config)
    posting = latest(write_keys)
    found = event_of(posting) if posting is not None and posting.received_at >= app.clock.now() - kept else None
    if found is None:
        raise ConfigError(
            f"No event of the last {kept / _HOUR:.0f} hours is kept for '{audience}': send one.", ("event",)
        )
    if speaks_of_forgotten(app.store, found):
        raise ConfigError("The last event is of somebody who was forgotten: wait for another one.", ("event",))
    return found


def event_of(posting: Posting) -> Event | None:
    """The last of a posting; None: it cannot be read, or nobody could look at it."""
    found = read(posting.events[-1], posting, common_of(posting)) if posting.events else None
    return found.event if found is not None and _texts(found.event) is not None else None


def speaks_of_forgotten(store: Store, event: Event) -> bool:
    """Whether any text in it could name somebody who was forgotten."""
    named: set[bytes] = set()
    for text in _texts(event) or ():
        made = (primary_id(text), google_advertising_id(text), *email_digests(text))
        named |= {each.key16 for each in made if isinstance(each, Identifier)}
    return store.suppressions.holds(list(named))


def _texts(event: Event) -> set[str] | None:
    """Every text and number in it; None: it is deeper than anything that people or encoders would look at."""
    found: set[str] = set()
    level: list[Any] = [event]
    for _ in range(_DEEPEST):
        found |= {str(each) for each in level if isinstance(each, str | int) and not isinstance(each, bool)}
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return found
    return None


def _inside(value: Any) -> Collection[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list) else ()
