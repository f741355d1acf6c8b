"""When an activation is due."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim

from guestlist.app.context import App
from guestlist.config import Config, ScheduleConfig

NOW = 0.0  # long due: it was never synced
RETRY = 900.0  # after a failure, unless the schedule is shorter


def next_run(app: App, config: Config, name: str) -> float | None:
    """When an activation is due (epoch seconds); None: only when asked, or it waits for a person."""
    wanted = config.activations[name]
    if wanted.schedule is None or not wanted.enabled or not config.destinations[wanted.destination].enabled:
        return None
    found = app.store.activations.get(name)
    last = next(iter(app.store.runs.latest(found.id, 1)), None) if found is not None else None
    if found is None or last is None:
        return NOW
    if found.state == "pending" and found.wait_until is not None:
        return found.wait_until
    scheduled = following(wanted.schedule, last.started)
    if found.state == "failed":
        return min(scheduled, last.started + RETRY)
    return scheduled


def following(schedule: ScheduleConfig, after: float) -> float:
    """The first time of a schedule after ``after``; both epoch seconds."""
    if schedule.every is not None:
        return after + schedule.every
    zone = ZoneInfo(schedule.timezone)
    start = datetime.fromtimestamp(after, UTC).astimezone(zone)
    return float(next(CronSim(schedule.cron or "", start)).timestamp())
