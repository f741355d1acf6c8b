"""What a person should see first: what needs them, how audiences grow, what was delivered, which dates come up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from guestlist.app import home, overview
from guestlist.app.home import Growth
from guestlist.core.permissions import ACTIVATE, Permission
from guestlist.web.pages import mending
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Listing, Place, beside, listed
from guestlist.web.pages.states import linkedin, plain, state
from guestlist.web.pages.templates import moment, path

if TYPE_CHECKING:
    from guestlist.app.results import RunRow
    from guestlist.core.counting import Reading

book = Book()
DAYS = 30  # of growth
HOURS = 24  # of deliveries
MOST = 6  # lines of one chart, and runs at once
NEEDS = 10  # things that need somebody at once
LOOKED = 60  # runs that are looked through; all of them have a page of their own
LISTS = ("needs", "runs", "dates")
_NEEDS = {
    "place": lambda line: line.place,
    "what": lambda line: (line.title, line.place),
    "subject": lambda line: line.need.subject.casefold(),
    "why": lambda line: line.why.casefold(),
}
_RUNS = {
    "started": lambda row: (row.started, row.run),
    "activation": lambda row: row.result.activation.casefold(),
    "state": lambda row: row.result.state,
    "added": lambda row: row.result.added,
    "changed": lambda row: row.result.changed,
    "removed": lambda row: row.result.removed,
    "rejected": lambda row: row.result.rejected,
}


def follows(row: home.Due) -> str:
    """What comes of a date."""
    if row.ended:
        return "Somebody has to authorize again."
    if row.renews:
        return "It is renewed by itself."
    if row.what == "API version":
        return f"LinkedIn switches it off: upgrade Guestlist {'before' if row.days > 0 else 'now'}."
    return "Somebody has to authorize again before."


_DATES = {
    "at": lambda due: (not due.ended, due.at),
    "what": lambda due: (due.what, due.subject.casefold()),
    "follows": follows,
}
_LARGER = "Map more fields that LinkedIn matches by, or put more into the audience."
_TITLES = {
    "reauthorise": "Authorize again",
    "mend": "Put it right",
    "confirm": "Confirm removals",
    "look": "Look at it",
    "too small": "Too small",
    "expired": "Expired",
    "archived": "Archived by LinkedIn",
    "lost": "Lost at LinkedIn",
    "upgrade": "Upgrade",
}


@dataclass(frozen=True)
class Line:
    """Something that needs somebody. ``place``: among all, the most pressing is 0; ``why``: as a sentence; ``at``:
    where more is said of it; ``to``: where it is mended, behind a link called ``label``.
    """

    place: int
    title: str
    need: home.Need
    why: str
    at: str
    to: str = ""
    label: str = ""


@book.get("/")
def look(call: Call) -> Response:
    """Those who may not view destinations see where they may go."""
    if not call.person.may(Permission.VIEW_DESTINATIONS):
        return call.show("home.html", growth=None, sent=None, delivered=None)
    app, config = call.app, call.config
    grown = [home.growth(app, name) for name in home.largest(app, config, MOST)]
    return call.show(
        "home.html",
        begun=bool(config.activations),
        connected=bool(config.destinations),
        needs=_needs(call),
        may_act=call.person.may(*ACTIVATE),
        **_runs(call),
        dates=_dates(call),
        follows=follows,
        growth=_growth(grown, lambda reading: reading.audience_size, app.clock.now()),
        sent=_growth(grown, lambda reading: reading.told, app.clock.now()),
        delivered=_delivered(home.delivered_per_hour(app, HOURS)),
    )


def _needs(call: Call) -> Listing[Line]:
    found = enumerate(home.needs(call.app, call.config))
    lines = [_line(call, place, each) for place, each in found]
    return listed(call, lines, _NEEDS, "place", _said, _place(call, "needs", NEEDS))


def _line(call: Call, place: int, need: home.Need) -> Line:
    title, at = _TITLES[need.wants], _where(need)
    if need.mistake is None:
        return Line(place, title, need, _why(call, need), at)
    mend = mending.of(call, need.subject, need.mistake)
    return Line(place, title, need, mend.text, at, mend.to, mend.label)


def _said(line: Line) -> str:
    return f"{line.title} {line.need.subject} {line.why}"


def _why(call: Call, need: home.Need) -> str:
    wanted = call.config.activations.get(need.subject)
    once = wanted is not None and wanted.mode == "snapshot"
    if need.wants == "expired":
        return linkedin("EXPIRED", once=once).meaning
    lost = "New snapshot makes another LinkedIn audience and fills it." if once else state("lost").meaning
    more = {"lost": lost, "too small": _LARGER}.get(need.wants)
    return plain(need.text) + (f" {more}" if more else "")


def _runs(call: Call) -> dict[str, Any]:
    rows = overview.runs(call.app, None, LOOKED + 1)
    shown = listed(call, rows[:LOOKED], _RUNS, "-started", _ended, _place(call, "runs", MOST))
    return {"runs": shown, "looked": LOOKED if len(rows) > LOOKED else 0}


def _ended(row: RunRow) -> str:
    return f"{row.result.activation} {state(row.result.state).text}"


def _dates(call: Call) -> Listing[home.Due]:
    rows = home.calendar(call.app, call.config)
    return listed(call, rows, _DATES, "at", _due, _place(call, "dates"))


def _due(row: home.Due) -> str:
    return f"{row.what} {row.subject} {follows(row)}"


def _place(call: Call, name: str, size: int = 0) -> Place:
    """Of one of the lists, beside which the others stay as they are."""
    return Place(kept=beside(call, *(each for each in LISTS if each != name)), name=name, size=size)


def _where(need: home.Need) -> str:
    if need.wants == "upgrade":
        return ""
    return path("destinations" if need.wants == "reauthorise" else "activations", need.subject)


def _growth(grown: Sequence[Growth], of: Callable[[Reading], int | None], now: float) -> dict[str, Any] | None:
    """Members at the end of each day; None: too little is known to draw a line."""
    ends = [now - (DAYS - 1 - n) * home.DAY for n in range(DAYS)]
    series: dict[str, list[int | None]] = {}
    for each in grown:
        sizes = [(reading.at, of(reading)) for reading in each.readings]
        line = [next((size for at, size in reversed(sizes) if at <= end), None) for end in ends]
        if any(size for size in line):
            series[each.activation] = line
    known = [n for n in range(DAYS) if any(line[n] is not None for line in series.values())]
    if len(known) <= 1:
        return None
    shown = range(known[0], DAYS)
    return {
        "x": [moment(ends[n])[5:10] for n in shown],
        "series": {name: [line[d] for d in shown] for name, line in series.items()},
    }


def _delivered(hours: Sequence[tuple[float, int]]) -> dict[str, Any] | None:
    if not any(count for _, count in hours):
        return None
    series = {"Answered by LinkedIn": [count for _, count in hours]}
    return {"kind": "bar", "x": [moment(at)[11:16] for at, _ in hours], "series": series}
