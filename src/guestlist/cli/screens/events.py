"""What became of events."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from guestlist.app.results import EventsReport, EventsRow, alike
from guestlist.cli.screens import parts
from guestlist.core.words import NOTHING, counted, duration, number
from guestlist.events.pipeline import SAID

_NOBODY = "(no activation)"
_BAR = 24
_COLOURS = {
    "delivered": parts.GOOD,
    "in step already": parts.GOOD,
    "pending": parts.WAITS,
    "pending retry": parts.WAITS,
    "rejected": parts.BAD,
    "failed": parts.BAD,
    "failed on ingest": parts.BAD,
}
_WRONG = ("rejected", "failed", "failed on ingest")
_PARTS = (("you sent", "sent"), ("request to LinkedIn", "request"), ("response", "response"))


def screen(report: EventsReport, now: float) -> Group:
    """For each activation how its events ended, as numbers and as a bar; what waits; samples of what went wrong."""
    if not report.activations and not report.waiting:
        return Group(
            Text("No event came in that time. Point an SDK or a webhook at `guestlist serve`, or take in a file:"),
            parts.unbroken("  guestlist ingest FILE"),
        )
    return Group(
        *_waiting(report), *(line for row in report.activations for line in _activation(row)), *_samples(report)
    )


def _waiting(report: EventsReport) -> Iterator[RenderableType]:
    if report.waiting:
        since = f", the oldest for {duration(report.oldest_seconds)}" if report.oldest_seconds is not None else ""
        yield parts.text(f"{counted(report.waiting, 'event')} wait to be decided on{since}", parts.WAITS)
        yield Text()


def _activation(row: EventsRow) -> Iterator[RenderableType]:
    p95 = duration(row.p95_seconds) if row.p95_seconds is not None else NOTHING
    head = Text(style=parts.STRONG)
    head.append_text(parts.text(row.activation or _NOBODY))
    head.append(f"  {counted(row.received, 'event')} received, P95 latency {p95}", style="not bold")
    yield head
    made = parts.table(["Outcome", "Events", "", "Code"], right=["Events"], wide="Code")
    for end in row.ends:
        share = end.events / row.received if row.received else 0.0
        bar = "█" * max(round(share * _BAR), 1 if end.events else 0)
        colour = _COLOURS.get(end.outcome, "")
        made.add_row(parts.text(end.outcome, colour), number(end.events), Text(bar, style=colour), parts.text(end.code))
    yield made
    for code in dict.fromkeys(end.code for end in row.ends if end.code in SAID):
        yield parts.indented(parts.text(f"{code}: {SAID[code]}", parts.FAINT))
    yield Text()


def _samples(report: EventsReport) -> Iterator[RenderableType]:
    told = alike(each for each in report.samples if each.outcome in _WRONG)
    if told:
        yield Text("Samples", style=parts.STRONG)
    for group in told:
        yield parts.text(f"{group.outcome}, {group.code}", parts.BAD)
        for each in group.samples:
            yield parts.indented(parts.text(each.activation or _NOBODY))
            for title, key in _PARTS:
                if (part := each.data.get(key)) is not None:
                    yield parts.indented(parts.text(f"{title}: {part}", parts.FAINT))
