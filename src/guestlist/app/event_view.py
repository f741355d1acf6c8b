"""What became of events: counts that add up, latencies, samples; and what still waits to be folded."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from functools import reduce

import msgspec

from guestlist.app.context import App
from guestlist.app.results import EventEnd, EventSample, EventsReport, EventsRow, Stretch
from guestlist.core.mapping import nearest
from guestlist.core.text import masked
from guestlist.errors import UnknownName
from guestlist.events.outcomes import BUCKET, Outcome, bucket, percentile
from guestlist.events.pipeline import LOST
from guestlist.store.event_counts import NOBODY

STRETCHES = 48  # of a chart
KEPT = 14 * 86_400.0  # seconds that can be looked back
NEW = -1  # of an activation that has no record yet
NO_ACTIVATION = ""  # the name under which events are shown that concern no activation


def events(
    app: App, activation: str | None, since: float, until: float | None = None, declared: Iterable[str] = ()
) -> EventsReport:
    """Everything received since ``since`` and before ``until`` (epoch seconds; whole five minutes). UnknownName.
    ``declared``: activations that there may be without any event or sync.
    """
    names = _names(app)
    if activation is not None and activation in declared and activation not in names.values():
        names[NEW] = activation
    chosen = _chosen(names, activation)
    found: dict[int, list[EventEnd]] = defaultdict(list)
    for (number, outcome, code), count in sorted(app.store.event_counts.totals(since, chosen, until).items()):
        found[number].append(EventEnd(Outcome(outcome), code, count))
    rows = [
        EventsRow(names.get(number, "?"), _p95(app, since, number, until), tuple(sorted(ended, key=_order)))
        for number, ended in sorted(found.items(), key=lambda pair: names.get(pair[0], "?"))
    ]
    samples = tuple(
        EventSample(
            names.get(each.activation_id, "?"), each.outcome, each.code, each.at, msgspec.json.decode(each.data)
        )
        for each in app.store.event_counts.samples(chosen, since, until)
    )
    backlog = app.store.inbox.backlog()
    oldest = None if backlog.oldest is None else max(app.clock.now() - backlog.oldest, 0.0)
    return EventsReport(tuple(rows), samples, backlog.events, oldest)


def of_some(app: App, activations: Collection[str], since: float, until: float | None = None) -> EventsReport:
    """The same of some activations; those that were never synced have none."""
    report = events(app, None, since, until)
    rows = tuple(each for each in report.activations if each.activation in activations)
    return replace(
        report, activations=rows, samples=tuple(each for each in report.samples if each.activation in activations)
    )


def over_time(app: App, activation: str, since: float, until: float) -> list[Stretch]:
    """Events received in at most ``STRETCHES`` stretches of equal length, oldest first. UnknownName."""
    chosen = _chosen(_names(app), activation) or NOBODY
    since = max(since, app.clock.now() - KEPT - BUCKET, 0.0)
    first, last = bucket(since), max(bucket(until - 1e-6), bucket(since))
    width = -(-(last - first + 1) // STRETCHES)
    counts = app.store.event_counts.over_time(since, until, chosen, width)
    found = []
    for nth in range(-(-(last - first + 1) // width)):
        ends = {outcome: n for (which, outcome), n in counts.items() if which == nth}
        lost = sum(n for outcome, n in ends.items() if outcome in LOST)
        found.append(
            Stretch(float((first + nth * width) * BUCKET), sum(ends.values()), ends.get(Outcome.DELIVERED, 0), lost)
        )
    return found


def over_time_of(app: App, activations: Collection[str], since: float, until: float) -> list[Stretch]:
    """The same of some activations together; none where none of them was ever synced."""
    there = {name for number, name in _names(app).items() if number != NOBODY}
    stretches = (over_time(app, each, since, until) for each in activations if each in there)
    return [reduce(_and, at_once) for at_once in zip(*stretches, strict=True)]


def _and(one: Stretch, other: Stretch) -> Stretch:
    return Stretch(
        one.at,
        one.received + other.received,
        one.delivered + other.delivered,
        one.not_delivered + other.not_delivered,
    )


def ends(app: App) -> Counter[tuple[str, str]]:
    """(activation, outcome) -> events, of all that is kept."""
    names = _names(app)
    found: Counter[tuple[str, str]] = Counter()
    for (number, outcome, _), count in app.store.event_counts.totals(0.0).items():
        found[names.get(number, "?"), outcome] += count
    return found


def latencies(app: App) -> dict[str, float]:
    """Activation -> P95 latency in seconds of what was received within the last hour."""
    since = app.clock.now() - 3600.0
    found = {name: _p95(app, since, number) for number, name in _names(app).items()}
    return {name: seconds for name, seconds in found.items() if seconds is not None}


def p95(app: App, activations: Collection[str], since: float, until: float | None = None) -> float | None:
    """Latency in seconds that 95 of 100 events of all of these together did not exceed; None: none was delivered."""
    slots: Counter[int] = Counter()
    for number, name in _names(app).items():
        if name in activations and number != NOBODY:
            slots.update(app.store.event_counts.latencies(since, number, until))
    return percentile(slots, 0.95)


def _names(app: App) -> dict[int, str]:
    return {each.id: each.name for each in app.store.activations.all()} | {NOBODY: NO_ACTIVATION}


def _chosen(names: dict[int, str], activation: str | None) -> int | None:
    if activation is None:
        return None
    for number, name in names.items():
        if name == activation and number != NOBODY:
            return number
    known = [name for number, name in names.items() if number != NOBODY]
    raise UnknownName(f"There is no activation '{masked(activation)}'{nearest(activation, known)}.")


def _p95(app: App, since: float, number: int, until: float | None = None) -> float | None:
    return percentile(app.store.event_counts.latencies(since, number, until), 0.95) if number != NOBODY else None


_ORDER = {outcome: place for place, outcome in enumerate(Outcome)}


def _order(end: EventEnd) -> tuple[int, int]:
    return _ORDER[Outcome(end.outcome)], -end.events
