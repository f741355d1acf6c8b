"""What is kept, and how long: the one place that says so, and sweeps."""

from __future__ import annotations

from dataclasses import dataclass

from guestlist.app import drafts, jobs, suppression
from guestlist.app.context import App
from guestlist.config import Config

DAY = 86_400.0
COUNTS = 15 * DAY  # what became of events can be looked at for two weeks


@dataclass(frozen=True)
class Kept:
    """``stays``: seconds, null: for ever. ``since``: from when that counts. ``setting``: the key of ``retention`` that
    says it, "": nobody can. ``environment``: the variable that says it now instead.
    """

    what: str
    stays: float | None
    since: str = ""
    setting: str = ""
    environment: str = ""


def samples(app: App, config: Config) -> float:
    """Seconds that samples of events stay: the environment is asked first."""
    return app.settings.samples_kept or config.retention.samples


def stands(app: App, config: Config) -> list[Kept]:
    """All of it."""
    wanted = config.retention
    said = "GUESTLIST_SAMPLES_KEPT" if app.settings.samples_kept else ""
    return [
        Kept("What LinkedIn was told, receipts of forgetting, who is blocked, the activity log", None),
        Kept(
            "Runs with their counts", wanted.runs, "after they ended; the latest 20 of each activation for ever", "runs"
        ),
        Kept(
            "Each answer of LinkedIn", wanted.answers, "after its run ended; then only how many there were", "answers"
        ),
        Kept(
            "Samples of events, and the last one that came with each write key",
            samples(app, config),
            "after the event",
            "samples",
            said,
        ),
        Kept("What became of events, counted", COUNTS, "after they came"),
        Kept("Traits of people that events brought", None, "until they are forgotten"),
        Kept("Jobs with their results", jobs.KEPT, "after they ended"),
        Kept("Drafts of activations", drafts.KEPT, "after somebody last touched them"),
        Kept("Suppression lists", suppression.KEPT, "after they came, or until their people are forgotten"),
        Kept("Rejected rows", None, "those of the latest run of each activation"),
        Kept("Answers to requests with an idempotency key", DAY, "after they were given"),
    ]


def collect(app: App, config: Config) -> None:
    """Rows about requests that are old enough, and files that nobody names any more."""
    app.store.collect(config.retention.answers, config.retention.runs)


def sweep(app: App, config: Config) -> None:
    """All that is old enough goes."""
    now = app.clock.now()
    collect(app, config)
    app.store.event_counts.forget_before(now - COUNTS, now - samples(app, config))
    app.store.last_events.forget_before(now - samples(app, config))
    app.store.jobs.forget_before(now - jobs.KEPT)
    app.store.drafts.forget_before(now - drafts.KEPT)
    app.store.suppression_lists.forget_before(now - suppression.KEPT)
