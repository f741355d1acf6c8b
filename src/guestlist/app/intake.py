"""Taking events in: whatever waits is committed together, and only then is it acknowledged."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from guestlist.app.last_events import EVERY, Newest
from guestlist.errors import TryAgain
from guestlist.events.outcomes import Outcome, bucket
from guestlist.events.posting import Posting, encode
from guestlist.ports import Backlog, Clock
from guestlist.store import Store

LOOK = 1.0  # seconds: how old what is known of the backlog may be
LONGEST = 30.0  # seconds that somebody is asked to wait
_NO_ACTIVATION = 0
_NONE: Mapping[str, int] = MappingProxyType({})

Committed = Callable[[int, int, float], None]  # (events, bytes, seconds) of a commit


@dataclass(frozen=True)
class Limits:
    """Beyond these nothing is taken until it is better. Bytes; ``lag`` in seconds, from receipt to fold."""

    lag: float = 60.0
    backlog: int = 512 << 20
    waiting: int = 32 << 20  # for their commit, in memory
    commit: int = 4 << 20


@dataclass(frozen=True)
class _Waiting:
    posting: Posting
    failed: Mapping[str, int]
    size: int
    done: Future[None]


class Intake:
    """``ports.Postbox``: one thread, one transaction and one row of the inbox for all that wait. Close it to flush."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        limits: Limits | None = None,
        committed: Committed | None = None,
        last_every: float = EVERY,
    ) -> None:
        self._store, self._clock, self._limits = store, clock, limits or Limits()
        self._committed = committed
        self._changed = threading.Condition()
        self._waiting: deque[_Waiting] = deque()
        self._size = 0  # of all that wait
        self._closed = False
        self._pause: float | None = None  # the fold is too far behind: how long to wait
        self._looked: float | None = None
        self._newest = Newest(store, last_every)
        self._thread = threading.Thread(target=self._work, name="intake", daemon=True)
        self._thread.start()

    def submit(self, posting: Posting, failed: Mapping[str, int] = _NONE) -> Future[None]:
        """See ``ports.Postbox``."""
        if self._pause is not None and not self._must_look():
            raise _too_far_behind(self._pause)
        size = sum(map(len, posting.events)) + len(posting.common)
        waiting = _Waiting(posting, failed, size, Future())
        waiting.done.set_running_or_notify_cancel()  # whoever stops waiting for it does not undo it
        with self._changed:
            if self._closed:
                raise TryAgain("This server is ending; send it again in a moment.", 1.0)
            if self._waiting and self._size + size > self._limits.waiting:
                raise TryAgain("More comes in than the disk takes; send it again in a moment.", 1.0)
            self._waiting.append(waiting)
            self._size += size
            self._changed.notify()
        return waiting.done

    def backlog(self) -> Backlog:
        """What waits to be folded; StoreError."""
        return self._store.inbox.backlog()

    def latest(self, write_keys: Collection[str]) -> Posting | None:
        """The last that came with one of these write keys, to any server of the store; StoreError."""
        return self._newest.latest(write_keys)

    def close(self) -> None:
        """Commit what waits, then take nothing more."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while (together := self._next()) is not None:
            if together:
                self._take(together)
            self._write_newest()
        self._write_newest(at_once=True)

    def _take(self, together: Sequence[_Waiting]) -> None:
        try:
            self._look()
            self._commit([each.posting for each in together], [each.failed for each in together])
        except Exception as error:  # every one of them must hear of it
            for each in together:
                each.done.set_exception(error)
        else:
            for each in together:
                each.done.set_result(None)

    def _write_newest(self, *, at_once: bool = False) -> None:
        with suppress(Exception):  # nobody waits for it, and it is tried again; taking events goes on whatever it is
            self._newest.write(at_once=at_once)

    def _next(self) -> list[_Waiting] | None:
        """All that wait, in the order they came, as far as they fit into one commit; [] when only the newest event is
        to be written, None when there will be no more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed, self._newest.waits())
            if self._closed and not self._waiting:
                return None
            together: list[_Waiting] = []
            size = 0
            while self._waiting and (not together or size + self._waiting[0].size <= self._limits.commit):
                each = self._waiting.popleft()
                together.append(each)
                size += each.size
            self._size -= size
            return together

    def _commit(self, postings: Sequence[Posting], failed: Sequence[Mapping[str, int]]) -> None:
        began = time.perf_counter()
        kept = [each for each in postings if each.events]
        data, events = encode(kept), sum(len(each.events) for each in kept)
        counts: Counter[tuple[int, int, str, str]] = Counter()
        for posting, reasons in zip(postings, failed, strict=True):
            for reason, number in reasons.items():
                counts[_NO_ACTIVATION, bucket(posting.received_at), Outcome.FAILED_ON_INGEST, reason] += number
        with self._store.transaction():
            if kept:
                self._store.inbox.append(data, events, min(each.received_at for each in kept))
            if counts:
                self._store.event_counts.add(counts)
        self._newest.came(kept)
        if self._committed is not None:
            self._committed(events, len(data), time.perf_counter() - began)

    def _must_look(self) -> bool:
        return self._looked is None or not 0 <= self._clock.now() - self._looked < LOOK

    def _look(self) -> None:
        """TryAgain when the fold is too far behind: who is told so sends it again, and nothing is lost."""
        if self._must_look():
            self._looked = now = self._clock.now()
            self._pause = _pause(self._store.inbox.backlog(), self._limits, now)
        if self._pause is not None:
            raise _too_far_behind(self._pause)


def _pause(backlog: Backlog, limits: Limits, now: float) -> float | None:
    """None: there is room. Else as long as it is late, within reason."""
    late = now - backlog.oldest - limits.lag if backlog.oldest is not None else 0.0
    return min(max(late, 1.0), LONGEST) if late > 0 or backlog.size > limits.backlog else None


def _too_far_behind(pause: float) -> TryAgain:
    return TryAgain("Events come in faster than they are worked through; send it again later.", pause)
