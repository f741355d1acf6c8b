"""What became of the events of an activation, in a stretch of time that people choose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from guestlist.app import event_view
from guestlist.app.results import EventsReport, EventsRow, Stretch, alike
from guestlist.core.permissions import Permission
from guestlist.errors import UnknownName
from guestlist.events.pipeline import Left
from guestlist.web.pages import activation, flow
from guestlist.web.pages.activation import LOOK
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import moment
from guestlist.web.pages.lists import Place, listed
from guestlist.web.pages.states import OUTCOMES

book = Book()
DAY = 86_400.0
SPANS = {
    "10m": ("10 minutes", 600.0), "1h": ("1 hour", 3600.0), "24h": ("24 hours", DAY), "7d": ("7 days", 7 * DAY),
    "14d": ("2 weeks", 14 * DAY),
}  # fmt: skip
USUAL = "24h"
_LEFT = {
    "stage": lambda row: row[0],
    "code": lambda row: row[1].code.casefold(),
    "means": lambda row: row[1].means.casefold(),
    "events": lambda row: row[1].events,
    "share": lambda row: row[1].events,
}
_TYPED = "%Y-%m-%dT%H:%M"  # as browsers send a moment, here always UTC


@dataclass(frozen=True)
class Period:
    """``span``: one of SPANS, "" chosen by its ends (epoch seconds). ``fault``: why what was typed is none."""

    span: str
    since: float
    until: float
    fault: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """As they are typed."""
        return {
            "from": f"{datetime.fromtimestamp(self.since, UTC):{_TYPED}}",
            "to": f"{datetime.fromtimestamp(self.until, UTC):{_TYPED}}",
        }


@book.get("/activations/{name}/delivery", *LOOK)
def delivery(call: Call) -> Response:
    """Delivered, Not Delivered, P95 Latency, and the way between."""
    shown, name = activation.shown(call), call.part("name")
    period = period_of(call)
    try:
        report = event_view.events(call.app, name, period.since, period.until)
        stretches = event_view.over_time(call.app, name, period.since, period.until)
    except UnknownName:  # no event ever came for it
        report, stretches = EventsReport((), (), 0, None), []
    found = next(iter(report.activations), EventsRow(name, None, ()))
    left = [(nth, each) for nth, stage in enumerate(found.stages) for each in stage.left]
    kept = {each: call.query.get(each, "") for each in ("span", "from", "to")}
    return call.show(
        "activation_delivery.html",
        **shown,
        period=period,
        spans=SPANS,
        found=found,
        waiting=report.waiting,
        listing=listed(call, left, _LEFT, "stage", _said, Place(kept=kept)),
        picture=flow.drawn(found.stages),
        samples=alike(report.samples) if call.person.may(Permission.VIEW_PROFILES) else (),
        chart=_chart(stretches),
    )


def _said(row: tuple[int, Left]) -> str:
    _, left = row
    return f"{OUTCOMES.get(left.outcome, left.outcome)} {left.code} {left.means}"


def period_of(call: Call) -> Period:
    """What the address asks for, within what is kept."""
    now, span = call.app.clock.now(), call.query.get("span", "")
    ends = now + 1.0  # what comes this very moment is part of it
    usual = Period(USUAL, now - SPANS[USUAL][1], ends)
    if span in SPANS:
        return Period(span, now - SPANS[span][1], ends)
    if not call.query.get("from") and not call.query.get("to"):
        return usual
    since, until = moment(call.query.get("from", "")), moment(call.query.get("to", ""))
    if since is None or until is None or since >= until:
        fault = "Say from when to when, the earlier first, like 2026-05-28T09:00."
        return Period(usual.span, usual.since, usual.until, fault)
    if until < now - event_view.KEPT:
        return Period(usual.span, usual.since, usual.until, "What became of events is kept for two weeks.")
    return Period("", max(since, now - event_view.KEPT), min(until, now + 60.0))


def _chart(stretches: list[Stretch]) -> dict[str, Any] | None:
    """None: nothing came."""
    if not any(each.received for each in stretches):
        return None
    others = [each.received - each.delivered - each.not_delivered for each in stretches]
    return {
        "kind": "bar",
        "stack": True,
        "x": [f"{datetime.fromtimestamp(each.at, UTC):%m-%d %H:%M}" for each in stretches],
        "series": {
            "Delivered": [each.delivered for each in stretches],
            "Not Delivered": [each.not_delivered for each in stretches],
            "Nothing to deliver": others,
        },
        "colours": ["green", "red", "grey"],
    }
