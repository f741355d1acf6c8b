"""The loop: what is due? Sync it, tell people, tidy up, wait."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim

from guestlist.app import notices
from guestlist.app.context import App
from guestlist.app.sync import sync
from guestlist.config import Config, ScheduleConfig
from guestlist.errors import GuestlistError

NAP = 30.0  # longest sleep: a changed file and a stop signal are noticed that soon
RETRY = 900.0  # after a failure, unless the schedule is shorter
TIDY = 3600.0
LATE = 3600.0  # a schedule that was not kept for this long (and a whole period) is told

log = structlog.get_logger("guestlist.worker")


def work(app: App, read_config: Callable[[], Config]) -> None:
    """Keep syncing on every activation's schedule until asked to stop. Errors of one activation stop no other."""
    tidied = 0.0
    while not app.stop.is_set():
        config, now = read_config(), app.clock.now()
        if now - tidied > TIDY:
            tidied = now
            app.store.files.collect()
            notices.calendar(app, config)
        times = {name: next_run(app, config, name) for name in config.activations}
        due = [name for name, at in times.items() if at is not None and at <= now]
        for name in due:
            if not app.stop.is_set():
                _sync(app, config, name)
        if not due:
            soonest = min((at for at in times.values() if at is not None), default=now + NAP)
            app.clock.sleep(min(max(soonest - now, 0.1), NAP))


def _sync(app: App, config: Config, name: str) -> None:
    at = next_run(app, config, name)
    late = app.clock.now() - at if at is not None else 0.0
    activation = app.store.activations.get(name)
    if activation is not None and late > LATE:
        notices.missed(app, config, name, f"its sync was due {late / 3600:.0f} hours ago")
    try:
        result = sync(app, config, name)
    except GuestlistError as error:
        log.warning("sync failed", activation=name, reason=str(error))
    else:
        log.info(
            "synced", activation=name, **{key: value for key, value in result.json().items() if key != "activation"}
        )


def next_run(app: App, config: Config, name: str) -> float | None:
    """When an activation is due (epoch seconds); None: only when asked, or it waits for a person."""
    wanted = config.activations[name]
    if wanted.schedule is None or not wanted.enabled or not config.destinations[wanted.destination].enabled:
        return None
    found = app.store.activations.get(name)
    last = next(iter(app.store.runs.latest(found.id, 1)), None) if found is not None else None
    if found is None or last is None:
        return app.clock.now()
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
