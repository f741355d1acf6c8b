"""When an activation is due."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from cronsim import CronSim

from guestlist.app.context import App
from guestlist.config import Config, ScheduleConfig
from guestlist.store.activations import Activation
from guestlist.store.runs import Run

NOW = 0.0  # long due: it was never synced
RETRY = 900.0  # after a failure, unless the schedule is shorter


def next_run(app: App, config: Config, name: str, tried: float = NOW) -> float | None:
    """When an activation is due (epoch seconds); None: only when asked. ``tried``: when it was last tried: a sync that
    finds its destination parked makes no run.
    """
    if _schedule(config, name) is None:
        return None
    found = app.store.activations.get(name)
    last = next(iter(app.store.runs.latest(found.id, 1)), None) if found is not None else None
    return due(app, config, name, found, last, tried)


def due(
    app: App, config: Config, name: str, found: Activation | None, last: Run | None, tried: float = NOW
) -> float | None:
    """The same of an activation and its latest run that were looked up before."""
    schedule = _schedule(config, name)
    if schedule is None or _is_over(found, last):
        return None
    at, begins = _due(app, schedule, found, last, tried), beginning(schedule)
    return max(at, begins) if begins > app.clock.now() else at  # what is due since long before is due now


def _is_over(found: Activation | None, last: Run | None) -> bool:
    """Whether a snapshot was sent, all of it: it is sent once, however often its schedule comes round."""
    return found is not None and found.frozen and not found.state and last is not None and last.ended is not None


def _due(app: App, schedule: ScheduleConfig, found: Activation | None, last: Run | None, tried: float) -> float:
    """The same whenever the schedule begins."""
    began = max(tried, last.started if last is not None else NOW)
    if found is None or began == NOW:
        return NOW if began == NOW else following(schedule, began)
    if found.state == "pending" and found.wait_until is not None and found.wait_until > began:
        return found.wait_until
    if found.state == "parked" and (mended := _authorised(app, found)) > began:
        return mended
    scheduled = following(schedule, began)
    return min(scheduled, began + RETRY) if found.state == "failed" else scheduled


def _schedule(config: Config, name: str) -> ScheduleConfig | None:
    """None: it runs only when asked, or not at all."""
    wanted = config.activations[name]
    return wanted.schedule if wanted.enabled and config.destinations[wanted.destination].enabled else None


def _authorised(app: App, found: Activation) -> float:
    """When a person last gave the destination a credential."""
    known = app.store.destinations.get(found.destination_id)
    return (known.authorised_at if known is not None else None) or NOW


def beginning(schedule: ScheduleConfig) -> float:
    """When its first day begins, epoch seconds; ``NOW``: long ago."""
    if schedule.start is None:
        return NOW
    return datetime.combine(schedule.start, time(), ZoneInfo(schedule.timezone)).timestamp()


def following(schedule: ScheduleConfig, after: float) -> float:
    """The first time of a schedule after ``after``; both epoch seconds."""
    if schedule.every is not None:
        return after + schedule.every
    zone = ZoneInfo(schedule.timezone)
    start = datetime.fromtimestamp(after, UTC).astimezone(zone)
    return float(next(CronSim(schedule.cron or "", start)).timestamp())
