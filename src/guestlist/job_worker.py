"""The loop that does what people asked for on the pages and through the API."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

import structlog

from guestlist.app import jobs
from guestlist.app.context import App
from guestlist.app.sync import ReadConfig
from guestlist.errors import GuestlistError
from guestlist.store.jobs import Job

TICK = 0.25  # seconds between two looks
WIDTH = 2  # jobs at once: a long sync does not hold up a plan

log = structlog.get_logger("guestlist.jobs")


def start(app: App, read_config: ReadConfig) -> list[Thread]:
    """Take up jobs in a thread of its own until the app is asked to stop."""
    thread = Thread(target=_run, args=(app, read_config), name="jobs", daemon=True)
    thread.start()
    return [thread]


def _run(app: App, read_config: ReadConfig) -> None:
    busy: set[int] = set()
    with ThreadPoolExecutor(WIDTH, "job") as pool:
        while not app.stop.is_set():
            try:
                there = app.store.jobs.open() if app.store.jobs.any_open() else []
                waiting = [job for job in there if job.id not in busy][: WIDTH - len(busy)]
            except GuestlistError as error:
                log.warning("jobs wait", reason=str(error))
                waiting = []
            for job in waiting:
                busy.add(job.id)
                pool.submit(_take_up, app, read_config, job, busy)
            app.stop.wait(TICK)


def _take_up(app: App, read_config: ReadConfig, job: Job, busy: set[int]) -> None:
    try:
        take_up(app, read_config, job)
    finally:
        busy.discard(job.id)


def take_up(app: App, read_config: ReadConfig, job: Job) -> bool:
    """Do a job, unless somebody else is at it; one whose worker ended is begun again. Whether it was ours."""
    with app.store.lock(jobs.lock_of(job.id), wait=False) as mine:
        seen = app.store.jobs.get(job.id) if mine else None
        if seen is None or seen.state not in ("waiting", "working") or not app.store.jobs.start(seen, app.clock.now()):
            return False
        if seen.starts >= jobs.STARTS:
            _end(app, job, reason="the worker ended while it was at it, three times: look at its log")
            return True
        try:
            result = jobs.do(app, read_config, seen)
        except GuestlistError as error:
            _end(app, job, reason=str(error))
        except Exception as error:
            log.exception("a job failed", job=job.id, kind=job.kind)
            _end(app, job, reason=f"a fault of Guestlist's own ({type(error).__name__}); the worker's log says more")
        else:
            app.store.jobs.end(job.id, "done", app.clock.now(), result)
        return True


def _end(app: App, job: Job, reason: str) -> None:
    app.store.jobs.end(job.id, "failed", app.clock.now(), reason=reason)
