"""A clock that stands still until somebody sleeps."""

from __future__ import annotations

from dataclasses import dataclass

NOW = 1_780_000_000.0
EARLY = 1_000_000.0  # of tests that write their times down


@dataclass
class Clock:
    time: float = NOW

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
