"""How the audience of an activation grew, as a chart and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guestlist.app import home
from guestlist.core.counting import Reading
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Listing, Place, listed
from guestlist.web.pages.states import linkedin
from guestlist.web.pages.templates import moment

LEAST = 2  # readings: fewer make no chart
_COLUMNS = {
    "at": lambda row: row.at,
    "status": lambda row: linkedin(row.status).text,
    "told": lambda row: row.told,
    "matched": lambda row: row.matched,
    "size": lambda row: row.audience_size,
}


@dataclass(frozen=True)
class Grown:
    """``readings``: the latest first, or as the address sorts them. ``chart``: what LinkedIn said over time, and what
    was sent by then; None: too little to draw a line.
    """

    activation: str
    readings: Listing[Reading]
    chart: dict[str, Any] | None


def of(call: Call, activation: str, members: str, place: Place) -> Grown:
    """Nothing of an activation that was never synced."""
    readings = home.growth(call.app, activation).readings
    shown = listed(call, readings, _COLUMNS, "-at", _words, place)
    return Grown(activation, shown, _chart(readings, members) if len(readings) >= LEAST else None)


def _words(row: Reading) -> str:
    return f"{moment(row.at)} {linkedin(row.status).text}"


def _chart(readings: Sequence[Reading], members: str) -> dict[str, Any]:
    """``members`` companies: those who work there are a thousand times as many, and have an axis of their own."""
    size = "Audience size" if members == "people" else "People who work there (right)"
    return {
        "time": True,
        "x": [round(each.at * 1000) for each in readings],
        "series": {
            "Sent so far": [each.told for each in readings],
            "Matched in seven days": [each.matched for each in readings],
            size: [each.audience_size for each in readings],
        },
        **({} if members == "people" else {"right": [size]}),
    }
