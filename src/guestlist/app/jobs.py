"""Long work that somebody asked for on a page or through the API: asked here, done by a worker, looked at here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from guestlist.app import connection, encryption, forget, orders, overview, preview, suppression
from guestlist.app.activations import entry
from guestlist.app.context import App
from guestlist.app.sync import ReadConfig, Wish, sync
from guestlist.config import Config
from guestlist.errors import ChangedMeanwhile, UnknownName
from guestlist.store.jobs import Job

Kind = Literal["sync", "plan", "preview", "check", "forget", "survey", "seal"]
OPEN = ("waiting", "working")
OF_PEOPLE: tuple[Kind, ...] = ("forget", "survey")  # only for those who may see members
OF_ACTIVATIONS: tuple[Kind, ...] = ("sync", "plan", "preview")
KEPT = 7 * 86_400.0  # seconds after it ended
STARTS = 3  # workers that may end over one job before it counts as failed
PLACES = 512  # names of locks: files beside SQLite
SHOWN_EVERY = 0.5  # seconds between two notes of how far it is


@dataclass(frozen=True)
class JobRow:
    """A job as people see it. Times are epoch seconds. ``result``: what the command line prints as JSON, once done."""

    id: int
    kind: str
    subject: str
    state: str
    asked_by: str
    asked: float
    started: float | None
    ended: float | None
    progress: Mapping[str, Any] | None
    result: Any
    reason: str


# ── asking ───────────────────────────────────────────────────────────────────────────────────────────────────────
def ask_sync(app: App, config: Config, activation: str, wish: Wish | None = None) -> JobRow:
    """Sync it as soon as a worker is free. ConfigError: there is no such activation."""
    entry(config, activation)
    wish = wish or Wish()
    with app.store.transaction():
        if not orders.given(app, activation, wish):
            app.store.audit.add(app.who, "run", activation, app.clock.now())
        return _asked(app, "sync", activation, asdict(wish))


def ask_removals(app: App, config: Config, activation: str, removals: int, planned: str = "") -> JobRow:
    """Sync it and let leave who waits to, as somebody saw it: so many, by the plan of then (``Removals.at`` as text,
    "" any). ChangedMeanwhile: somebody let them leave already, or others wait by now. ConfigError as ``ask_sync``.
    """
    with app.store.lock("removals"):  # of two people one is first
        if (before := _letting(app, activation)) is not None:
            raise ChangedMeanwhile(f"Somebody ({before.asked_by}) let them leave already: job {before.id} is at it.")
        waits = overview.leaving(app, activation)
        if waits is None:
            raise ChangedMeanwhile("Nobody waits to leave any more: somebody allowed it already, or the list changed.")
        if waits.removals != removals or planned not in ("", str(waits.at)):
            raise ChangedMeanwhile("It was planned again meanwhile: look who would leave now, then decide.")
        return ask_sync(app, config, activation, Wish(allow_removals=removals))


def _letting(app: App, activation: str) -> Job | None:
    """What is asked for already and not over, and lets members of it leave."""
    there = (job for job in app.store.jobs.open() if job.kind == "sync" and job.subject == activation)
    return next((job for job in there if job.options.get("allow_removals") is not None), None)


def ask_plan(app: App, config: Config, activation: str) -> JobRow:
    """What a sync would do. ConfigError: there is no such activation."""
    entry(config, activation)
    return _asked(app, "plan", activation, {})


def ask_preview(app: App, wanted: Mapping[str, Mapping[str, Any]]) -> JobRow:
    """What first syncs would do of activations that nobody made yet: name -> in the yaml's shape."""
    return _asked(app, "preview", "", {"wanted": wanted})


def ask_check(app: App, config: Config, destination: str) -> JobRow:
    """Token, scopes, ad account, role, API version. ConfigError: there is no such destination."""
    connection.described(config, destination)
    return _asked(app, "check", destination, {})


def ask_forget(app: App, values: list[str]) -> JobRow:
    """REMOVE these people everywhere, and never add them again. ConfigError: a value cannot be used."""
    forget.read(values)
    return _asked(app, "forget", "", {"values": values})


def ask_survey(app: App, number: int, column: str) -> JobRow:
    """Read a column of a suppression list. UnknownName; ConfigError: it has no such column."""
    found = suppression.get(app, number)
    suppression.check_column(found, column)
    with app.store.transaction():
        asked = _asked(app, "survey", "", {"list": number, "column": column})
        app.store.suppression_lists.choose(number, column, asked.id)
    return asked


def ask_forget_list(app: App, number: int, column: str) -> JobRow:
    """REMOVE everybody in a column of a suppression list everywhere, and never add them again. UnknownName;
    ConfigError: it has no such column.
    """
    suppression.check_column(suppression.get(app, number), column)
    return _asked(app, "forget", "", {"list": number, "column": column})


def ask_seal(app: App, *, new_key: bool) -> JobRow:
    """Seal everything again with the first key, or with a new one. ConfigError: the environment says the keys."""
    encryption.check(app, new_key=new_key)
    first = "" if new_key else app.store.vault.fingerprints[0]
    return _asked(app, "seal", "", {"new_key": new_key, "first": first})


def _asked(app: App, kind: Kind, subject: str, options: Mapping[str, Any]) -> JobRow:
    job_id = app.store.jobs.ask(kind, subject, options, app.who, app.clock.now())
    return get(app, job_id)


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
def get(app: App, job_id: int) -> JobRow:
    """UnknownName: there is none, or it ended long ago."""
    job = app.store.jobs.get(job_id)
    if job is None:
        raise UnknownName(f"There is no job {job_id}; what ended is kept for a week.")
    return row(job)


def newest(
    app: App, limit: int, *, before: int | None = None, subject: str | None = None, without: Sequence[Kind] = ()
) -> list[JobRow]:
    """Newest first, without some kinds; ``before``: the number of the last one of the page before this."""
    return [row(job) for job in app.store.jobs.newest(limit, before=before, subject=subject, without=without)]


def latest(app: App, subject: str, kind: Kind | None = None) -> JobRow | None:
    """The newest about an activation or a destination."""
    job = app.store.jobs.latest(subject, kind)
    return None if job is None else row(job)


def lock_of(job_id: int) -> str:
    """What whoever is at a job holds."""
    return f"job-{job_id % PLACES}"


def is_worked(app: App) -> bool:
    """Whether a worker is at any of them now: one whose worker ended says so too, and nobody holds it."""
    return any(job.state == "working" and app.store.lock_holder(lock_of(job.id)) for job in app.store.jobs.open())


def row(job: Job) -> JobRow:
    """Without its options, which may name people."""
    return JobRow(
        job.id, job.kind, job.subject, job.state, job.asked_by, job.asked_at, job.started_at, job.ended_at,
        job.progress, job.result, job.reason,
    )  # fmt: skip


def follow(app: App, old: str, new: str) -> None:
    """A destination was renamed: what is asked of it, and what waits to be planned for it, says the new name."""
    app.store.jobs.rename("check", old, new)
    for job in app.store.jobs.open():
        if job.kind == "preview":
            wanted = {
                name: {**body, "destination": new} if body.get("destination") == old else body
                for name, body in job.options["wanted"].items()
            }
            app.store.jobs.reword(job.id, {**job.options, "wanted": wanted})


# ── doing ────────────────────────────────────────────────────────────────────────────────────────────────────────
def do(app: App, read_config: ReadConfig, job: Job) -> Any:
    """Carry it out; its result as JSON. Raises what the use case raises."""
    config = read_config()
    noted = replace(app, who=job.asked_by, progress=_noting(app, job))
    match job.kind:
        case "sync":
            return sync(noted, read_config, job.subject, Wish(**job.options)).json()
        case "plan":
            return preview.plan(noted, config, job.subject).json()
        case "preview":
            return preview.plans(noted, config, job.options["wanted"])
        case "check":
            return [report.json() for report in connection.check(noted, config, job.subject)]
        case "survey":
            return suppression.survey(noted, job.options["list"], job.options["column"]).json()
        case "forget" if "list" in job.options:
            return suppression.forget_list(noted, job.options["list"], job.options["column"])
        case "forget":
            return forget.forget(noted, job.options["values"]).json()
        case "seal":
            return {"records": encryption.seal_again(noted, **job.options)}
    raise UnknownName(f"There is no kind of job called '{job.kind}'.")


def _noting(app: App, job: Job) -> Callable[[str, int, int], None]:
    """A progress that is written down now and then."""
    last: dict[str, float] = {}

    def note(what: str, done: int, of: int) -> None:
        now = app.clock.now()
        if now - last.get(what, 0.0) >= SHOWN_EVERY:
            last.clear()
            last[what] = now
            app.store.jobs.proceed(job.id, {"what": what, "done": done, "of": of})

    return note
