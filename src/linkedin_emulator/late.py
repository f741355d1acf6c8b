"""Effects that land after the caller has given up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from linkedin_emulator.clock import Clock

ClockName = Literal["virtual", "real"]


@dataclass(slots=True)
class Pending:
    """An effect under way; `due` is unknown until the caller gives up."""

    effect: Callable[[], None]
    seconds: float
    clock: ClockName
    due: float | None = None


class LateEffects:
    """Holds effects until their time; looked at whenever the emulator is spoken to or its clock is moved."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._pending: list[Pending] = []

    def hold(self, effect: Callable[[], None], seconds: float, clock: ClockName) -> Pending:
        """Keep an effect until `seconds` after it is released.

        On a frozen clock no time passes while the caller waits, so its seconds count from now.
        """
        pending = Pending(effect, seconds, clock)
        self._pending.append(pending)
        if clock == "virtual" and self._clock.frozen:
            self.release(pending)
        return pending

    def release(self, pending: Pending) -> None:
        """The caller has given up: the seconds begin to count."""
        if pending.due is None:
            pending.due = self._now(pending.clock) + pending.seconds

    def land_due(self) -> None:
        """Let every effect happen whose time has come, in the order of their times."""
        while True:
            due = [p for p in self._pending if p.due is not None and p.due <= self._now(p.clock)]
            if not due:
                return
            first = min(due, key=lambda p: p.due or 0.0)
            self._pending.remove(first)
            first.effect()

    def __len__(self) -> int:
        return len(self._pending)

    def _now(self, clock: ClockName) -> float:
        return self._clock.now() if clock == "virtual" else time.monotonic()
