"""What became of events: counts that add up, latencies, samples; and what still waits to be folded."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from guestlist.app.context import App
from guestlist.app.results import EventEnd, EventSample, EventsReport, EventsRow
from guestlist.core.mapping import nearest
from guestlist.errors import ConfigError
from guestlist.events.outcomes import Outcome, percentile
from guestlist.store.event_counts import NOBODY

NO_ACTIVATION = ""  # the name under which events are shown that concern no activation


def events(app: App, activation: str | None, since: float) -> EventsReport:
    """Everything received since ``since`` (epoch seconds; its whole five minutes). ConfigError: an unknown name."""
    names = {each.id: each.name for each in app.store.activations.all()} | {NOBODY: NO_ACTIVATION}
    chosen = _chosen(names, activation)
    ends: dict[int, list[EventEnd]] = defaultdict(list)
    for (number, outcome, code), count in sorted(app.store.event_counts.totals(since, chosen).items()):
        ends[number].append(EventEnd(Outcome(outcome), code, count))
    rows = [
        EventsRow(names.get(number, "?"), _p95(app, since, number), tuple(sorted(found, key=_order)))
        for number, found in sorted(ends.items(), key=lambda pair: names.get(pair[0], "?"))
    ]
    samples = tuple(
        EventSample(
            names.get(each.activation_id, "?"), each.outcome, each.code, each.at, msgspec.json.decode(each.data)
        )
        for each in app.store.event_counts.samples(chosen, since)
    )
    backlog = app.store.inbox.backlog()
    oldest = None if backlog.oldest is None else max(app.clock.now() - backlog.oldest, 0.0)
    return EventsReport(tuple(rows), samples, backlog.events, oldest)


def _chosen(names: dict[int, str], activation: str | None) -> int | None:
    if activation is None:
        return None
    for number, name in names.items():
        if name == activation and number != NOBODY:
            return number
    known = [name for number, name in names.items() if number != NOBODY]
    raise ConfigError(f"There is no activation '{activation}'{nearest(activation, known)}.")


def _p95(app: App, since: float, number: int) -> float | None:
    return percentile(app.store.event_counts.latencies(since, number), 0.95) if number != NOBODY else None


_ORDER = {outcome: place for place, outcome in enumerate(Outcome)}


def _order(end: EventEnd) -> tuple[int, int]:
    return _ORDER[Outcome(end.outcome)], -end.events
