"""The emulator's own time: runs with the machine's, can be moved and stopped."""

import time


class Clock:
    """Epoch seconds that tests may advance, set or freeze; nothing in the emulator reads another clock."""

    def __init__(self, *, frozen: bool = False) -> None:
        self._offset = 0.0
        self._frozen_at: float | None = time.time() if frozen else None

    @property
    def frozen(self) -> bool:
        """Whether time stands still until it is advanced."""
        return self._frozen_at is not None

    def now(self) -> float:
        """The current time in epoch seconds."""
        return time.time() + self._offset if self._frozen_at is None else self._frozen_at

    def now_ms(self) -> int:
        """The current time as LinkedIn prints it: epoch milliseconds."""
        return int(self.now() * 1000)

    def advance(self, seconds: float) -> None:
        """Move time; backwards is not possible."""
        if seconds < 0:
            raise ValueError("time cannot be turned back; set `now` after a reset instead")
        self.set(self.now() + seconds)

    def set(self, now: float) -> None:
        """Make it `now`, and let time go on (or stand still) from there."""
        if self._frozen_at is None:
            self._offset = now - time.time()
        else:
            self._frozen_at = now

    def freeze(self, frozen: bool) -> None:
        """Stop time where it is, or let it run on from there."""
        now = self.now()
        self._frozen_at = now if frozen else None
        if not frozen:
            self._offset = now - time.time()
