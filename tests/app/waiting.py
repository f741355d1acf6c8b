"""Threads that wait for each other at the locks of ledgers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Semaphore, Thread, current_thread
from typing import Any

import pytest

from guestlist.store import Store


class Locked:
    """What becomes of the locks of ledgers, in order: (ledger, thread, asks | has | ends)."""

    def __init__(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[tuple[str, str, str]] = []
        self.asked = Semaphore(0)
        self._lock = store.lock
        monkeypatch.setattr(store, "lock", self.lock)

    @contextmanager
    def lock(self, name: str, *args: Any, **kwargs: Any) -> Iterator[bool]:
        if not name.startswith("ledger-"):
            with self._lock(name, *args, **kwargs) as held:
                yield held
            return
        self._note(name, "asks")
        self.asked.release()
        with self._lock(name, *args, **kwargs) as held:
            self._note(name, "has")
            yield held
            self._note(name, "ends")

    def _note(self, name: str, what: str) -> None:
        self.seen.append((name, current_thread().name, what))

    def one_by_one(self) -> bool:
        """Whether nobody had a lock that somebody else had not let go of."""
        for ledger in {name for name, _, _ in self.seen}:
            turns = [(thread, what) for name, thread, what in self.seen if name == ledger and what != "asks"]
            had, ended = turns[::2], turns[1::2]
            if [(each, "ends") for each, _ in had] != ended:
                return False
        return True

    def waits(self, threads: Sequence[Thread]) -> None:
        """Begin these, and go on once each asks for a lock."""
        while self.asked.acquire(blocking=False):
            pass
        for each in threads:
            each.start()
        for _ in threads:
            assert self.asked.acquire(timeout=30)
