"""How long to wait before the next request: pure, smooth, and never over the limit in any minute.

Slots of a key (a member and an endpoint) are ``60 / (rate - burst)`` seconds apart; whoever asks gets the next free
one and waits for it (GCRA). ``ahead`` lets some ask for a slot that is due that many slots later and go at once: more
urgent turns get more of it, and the others wait a little longer in return. Because the interval leaves room for the
whole ``burst``, no window of 60 seconds ever sees more than ``rate`` requests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Turn = Literal["stream", "removal", "bulk"]
SHARE: dict[Turn, float] = {"stream": 1.0, "removal": 0.5, "bulk": 0.0}  # of the burst that a turn may run ahead
CLOCK_MOVED = 600.0  # a slot further away than this was not earned by waiting


@dataclass(frozen=True)
class Pace:
    """``slot``: when the next request is due; ``closed_until``: nobody sends before (after a 429)."""

    slot: float = 0.0
    closed_until: float = 0.0


def reserve(pace: Pace, rate: float, now: float, burst: int = 1, turn: Turn = "bulk") -> tuple[Pace, float]:
    """Take the next slot; how many seconds to wait before using it.

    ``rate``: requests a minute that LinkedIn allows. ``burst`` (at least 1): how many may follow one another at once
    after an idle time. A ``stream`` may use all of it, a ``removal`` half, ``bulk`` none: each waits its interval.
    """
    interval = 60.0 / max(rate - burst, 1.0)
    slot = max(pace.slot, now) if pace.slot - now <= CLOCK_MOVED else now
    start = max(slot - interval * int(SHARE[turn] * (burst - 1)), now)
    return replace(pace, slot=slot + interval), max(start, pace.closed_until) - now


def penalise(pace: Pace, until: float) -> Pace:
    """LinkedIn said 429: nobody goes before ``until``, and slots go on from there."""
    return Pace(max(pace.slot, until), max(pace.closed_until, until))
