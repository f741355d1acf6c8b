"""How the audience of an activation grew, as a chart and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guestlist.app import home
from guestlist.app.context import App
from guestlist.core.counting import Reading

LEAST = 2  # readings: fewer make no chart


@dataclass(frozen=True)
class Grown:
    """``readings``: oldest first. ``chart``: what LinkedIn said over time, and what was sent by then; None: too little
    to draw a line.
    """

    activation: str
    readings: Sequence[Reading]
    chart: dict[str, Any] | None


def of(app: App, activation: str) -> Grown:
    """Nothing of an activation that was never synced."""
    readings = home.growth(app, activation).readings
    return Grown(activation, readings, _chart(readings) if len(readings) >= LEAST else None)


def _chart(readings: Sequence[Reading]) -> dict[str, Any]:
    return {
        "time": True,
        "x": [round(each.at * 1000) for each in readings],
        "series": {
            "Sent so far": [each.told for each in readings],
            "Matched in seven days": [each.matched for each in readings],
            "Audience size": [each.audience_size for each in readings],
        },
    }
