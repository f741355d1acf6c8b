"""LinkedIn, asked patiently: what will pass by itself is waited for, for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from guestlist.app.context import App
from guestlist.core.delivery import Answer, backoff
from guestlist.core.identity import Kind
from guestlist.errors import OAUTH_REFRESH_FAILED, NeedsReauthorization, TokenOutage, TryAgain
from guestlist.ports import Account, Destination, Reachable, SegmentSpec, SegmentStatus

T = TypeVar("T")
TRIES = 8
WAITING = "waiting for LinkedIn"  # what people are shown meanwhile


class Patient:
    """A ``ports.Destination`` whose questions are asked again after TryAgain. ``tell`` and ``create_segment`` pass
    through: whoever calls them has to look before trying twice.
    """

    def __init__(self, app: App, destination: Destination) -> None:
        self._app, self._inner = app, destination

    def check(self) -> Account:
        """See ``ports.Destination``."""
        return self._ask(self._inner.check)

    def reachable(self) -> list[Reachable]:
        """See ``ports.Destination``."""
        return self._ask(self._inner.reachable)

    def find_segments(self, account: str, source_segment_id: str | None = None) -> list[SegmentStatus]:
        """See ``ports.Destination``."""
        return self._ask(lambda: self._inner.find_segments(account, source_segment_id))

    def create_segment(self, spec: SegmentSpec) -> str:
        """Once."""
        return self._inner.create_segment(spec)

    def get_segment(self, segment_id: str) -> SegmentStatus | None:
        """See ``ports.Destination``."""
        return self._ask(lambda: self._inner.get_segment(segment_id))

    def rename_segment(self, segment_id: str, name: str) -> None:
        """See ``ports.Destination``."""
        self._ask(lambda: self._inner.rename_segment(segment_id, name))

    def delete_segment(self, segment_id: str) -> bool:
        """See ``ports.Destination``; a lost reply may make it say that the segment was gone already."""
        return self._ask(lambda: self._inner.delete_segment(segment_id))

    def tell(self, segment_id: str, members: Kind, body: bytes, count: int) -> Answer:
        """Once."""
        return self._inner.tell(segment_id, members, body, count)

    def _ask(self, question: Callable[[], T]) -> T:
        tries = 1
        while True:
            try:
                return question()
            except TryAgain as trouble:
                if tries == TRIES or self._app.stop.is_set():
                    if isinstance(trouble, TokenOutage):
                        raise NeedsReauthorization(str(trouble), OAUTH_REFRESH_FAILED) from trouble
                    raise
                self._app.progress(WAITING, 0, 0)
                self._app.clock.sleep(max(trouble.after, backoff(tries, self._app.dice.random())))
                tries += 1
