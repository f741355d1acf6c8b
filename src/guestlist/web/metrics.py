"""Numbers for Prometheus; the names of the series are part of the interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from guestlist.errors import StoreError
from guestlist.ports import Clock, Postbox
from guestlist.web.visits import Visit

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """A registry of its own for each server; ``more`` are shown beside what the server counts."""

    def __init__(self, more: Iterable[Collector] = ()) -> None:
        self.registry = CollectorRegistry()
        for each in more:
            self.registry.register(each)
        of, to = ["path", "status"], self.registry
        self._requests = Counter("guestlist_requests", "Requests answered.", of, registry=to)
        self._seconds = Histogram(
            "guestlist_request_seconds",
            "From a request's headers to its answer.",
            ["path"],
            registry=to,
            buckets=_SECONDS,
        )
        self._events = Counter("guestlist_events_received", "Events acknowledged.", ["door"], registry=to)
        self._failed = Counter("guestlist_events_failed", "Events not taken.", ["door", "reason"], registry=to)
        self._commits = Histogram("guestlist_commit_seconds", "One commit of events.", registry=to, buckets=_SECONDS)
        self._bytes = Counter("guestlist_commit_bytes", "Bytes of events committed.", registry=to)

    def answered(self, path: str, status: int, seconds: float, visit: Visit) -> None:
        """Count a request. ``path``: that of the route, so that there are only a few."""
        self._requests.labels(path, str(status)).inc()
        self._seconds.labels(path).observe(seconds)
        if visit.door:
            self._events.labels(visit.door).inc(visit.events)
            for reason, number in visit.failed.items():
                self._failed.labels(visit.door, reason).inc(number)

    def committed(self, events: int, size: int, seconds: float) -> None:
        """Count a commit (``app.intake.Committed``)."""
        self._commits.observe(seconds)
        self._bytes.inc(size)

    def add(self, more: Collector) -> None:
        """Show this too."""
        self.registry.register(more)

    def text(self) -> bytes:
        """Prometheus's text format; asks the database, so not in the event loop."""
        return generate_latest(self.registry)


class Waiting(Collector):
    """What waits in the inbox, read when somebody asks."""

    def __init__(self, postbox: Postbox, clock: Clock) -> None:
        self._postbox, self._clock = postbox, clock

    def collect(self) -> Iterator[Metric]:
        """No numbers at all when the database cannot be asked."""
        try:
            backlog = self._postbox.backlog()
        except StoreError:
            return
        age = self._clock.now() - backlog.oldest if backlog.oldest is not None else 0.0
        yield GaugeMetricFamily("guestlist_inbox_rows", "Commits that wait to be folded.", backlog.rows)
        yield GaugeMetricFamily("guestlist_inbox_events", "Events that wait to be folded.", backlog.events)
        yield GaugeMetricFamily("guestlist_inbox_bytes", "Bytes that wait to be folded.", backlog.size)
        yield GaugeMetricFamily("guestlist_inbox_oldest_seconds", "How long the oldest has waited.", max(age, 0.0))

    def describe(self) -> Iterator[Metric]:
        """Nothing: registering must not ask the database."""
        return iter(())


class Ends(Collector):
    """What became of events within the last two weeks, read when somebody asks. ``ends``: (activation, outcome) -> how
    many; ``p95``: activation -> seconds.
    """

    def __init__(
        self, ends: Callable[[], Mapping[tuple[str, str], int]], p95: Callable[[], Mapping[str, float]]
    ) -> None:
        self._ends, self._p95 = ends, p95

    def collect(self) -> Iterator[Metric]:
        """No numbers at all when the database cannot be asked."""
        try:
            ends, p95 = self._ends(), self._p95()
        except StoreError:
            return
        shown = GaugeMetricFamily(
            "guestlist_events", "Events by what became of them.", labels=["activation", "outcome"]
        )
        for (activation, outcome), count in ends.items():
            shown.add_metric([activation, outcome], count)
        yield shown
        latency = GaugeMetricFamily(
            "guestlist_delivery_p95_seconds",
            "From receipt to LinkedIn's answer, within the hour.",
            labels=["activation"],
        )
        for activation, seconds in p95.items():
            latency.add_metric([activation], seconds)
        yield latency

    def describe(self) -> Iterator[Metric]:
        """Asked while registering; the names cannot be taken twice."""
        return iter(())
