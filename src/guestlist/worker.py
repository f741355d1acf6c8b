"""The loop: what is due? Sync it, look how LinkedIn is getting on, tell people, tidy up, wait."""

from __future__ import annotations

import structlog

from guestlist import job_worker, logs, stream_worker
from guestlist.app import arrears, notices, retention
from guestlist.app.context import App
from guestlist.app.lookout import Lookout
from guestlist.app.schedule import NOW, next_run
from guestlist.app.sync import ReadConfig, sync
from guestlist.errors import ConfigError, GuestlistError

NAP = 30.0  # longest sleep: a changed file and a stop signal are noticed that soon
TIDY = 3600.0
LATE = 3600.0  # a schedule that was not kept for this long is told

log = structlog.get_logger("guestlist.worker")


def work(app: App, read_config: ReadConfig, folds: stream_worker.Beside | None = None) -> None:
    """Keep syncing on every activation's schedule until asked to stop. Errors of one activation stop no other.
    ``folds``: a process for events, started when there are any; None: they are folded in this one.
    """
    logs.configure()
    tidied, tried, lookout = 0.0, dict[str, float](), Lookout()
    beside = [*stream_worker.start(app, read_config, folds), *job_worker.start(app, read_config)]
    while not app.stop.is_set():
        try:
            config = read_config()
        except ConfigError as error:
            log.warning("the file cannot be used", reason=str(error))
            app.clock.sleep(NAP)
            continue
        now = app.clock.now()
        if now - tidied > TIDY:
            if tidied:  # streams that stood still because nobody worked have had their hour
                arrears.write_off(app, config)
            tidied = now
            retention.sweep(app, config)
            notices.calendar(app, config)
        times = {name: next_run(app, config, name, tried.get(name, NOW)) for name in config.activations}
        due = [name for name, at in times.items() if at is not None and at <= now]
        for name in due:
            if _still_due(app, read_config, name):  # a long list was told meanwhile
                tried[name] = app.clock.now()
                _sync(app, read_config, name, times[name] or NOW)
        if not due:
            lookout.look(app, config)
            soonest = min((at for at in times.values() if at is not None), default=now + NAP)
            app.clock.sleep(min(max(soonest - app.clock.now(), 0.1), NAP))
    for thread in beside:
        thread.join()


def _still_due(app: App, read_config: ReadConfig, name: str) -> bool:
    """Whether the configuration of this moment still has the activation on a schedule."""
    if app.stop.is_set():
        return False
    try:
        config = read_config()
    except ConfigError:
        return False  # the next round says so
    return name in config.activations and next_run(app, config, name) is not None


def _sync(app: App, read_config: ReadConfig, name: str, at: float) -> None:
    late = app.clock.now() - at if at > NOW else 0.0
    try:
        if late > LATE:
            notices.missed(app, read_config(), name, f"its sync was due {late / 3600:.0f} hours ago")
        result = sync(app, read_config, name)
    except GuestlistError as error:
        log.warning("sync failed", activation=name, reason=str(error))
    else:
        log.info(
            "synced", activation=name, **{key: value for key, value in result.json().items() if key != "activation"}
        )
