"""How far something is that is under way for an activation."""

from __future__ import annotations

from dataclasses import dataclass

from guestlist.app import jobs
from guestlist.app.context import App
from guestlist.app.jobs import JobRow
from guestlist.app.turn import holder
from guestlist.store.runs import Run

LATELY = 10  # jobs that are looked through: a destination may have the same name


@dataclass(frozen=True)
class Progress:
    """``job``: what somebody asked for; None: a run that the schedule began. ``run``: its number, once it has one.
    ``what``: what is done now, "" nothing yet; ``of`` 0: nobody knows of how many.
    """

    job: JobRow | None
    run: int | None = None
    what: str = ""
    done: int = 0
    of: int = 0


def of_activation(app: App, name: str) -> Progress | None:
    """None: nothing is under way."""
    for job in jobs.newest(app, LATELY, subject=name):
        if job.kind in ("sync", "plan") and job.state in jobs.OPEN:
            return Progress(job, run_of(app, job), **(job.progress or {}))
    run = open_run(app, name)
    if run is None:
        return None
    told = sum(each.elements for each in app.store.batches.counts(run.id) if each.state == "settled")
    return Progress(None, run.id, "sending to LinkedIn", told, run.removes + run.adds)


def open_run(app: App, name: str) -> Run | None:
    """The run that somebody is at now; None: nobody is at any."""
    known = app.store.activations.get(name)
    if known is None:
        return None
    own = (run for run in app.store.runs.open_runs() if run.activation_id == known.id)
    return next((run for run in own if holder(app, run.ledger_id)), None)


def run_of(app: App, job: JobRow) -> int | None:
    """The number of the run that a job began, or goes on with; None: it has none, or none yet."""
    if job.kind != "sync":
        return None
    if job.state == "working":
        run = open_run(app, job.subject)
        return run.id if run is not None else None
    found = job.result.get("run") if isinstance(job.result, dict) else None
    return int(found) if found is not None else None
