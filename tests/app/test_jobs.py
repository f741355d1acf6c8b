"""Long work asked for elsewhere and done by a worker."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guestlist import job_worker
from guestlist.app import jobs
from guestlist.app.context import App
from guestlist.app.sync import Wish
from guestlist.errors import ConfigError, SourceError, UnknownName
from tests.world import World, digest, emails


def work(world: World, number: int | None = None) -> jobs.JobRow:
    """Take up what waits, as the worker would; the last of it."""
    door = world.open()
    done = [job for job in door.app.store.jobs.open() if number in (None, job.id)]
    assert all(job_worker.take_up(door.app, lambda: door.config, job) for job in done)
    return jobs.get(door.app, done[-1].id)


def app_of(world: World) -> App:
    return replace(world.open().app, who="ann")


def test_a_sync_is_asked_for_and_done(world: World) -> None:
    world.write(emails("a", "b"))
    door = world.open()
    asked = jobs.ask_sync(app_of(world), door.config, "main")
    assert (asked.kind, asked.subject, asked.state, asked.asked_by, asked.result) == (
        "sync",
        "main",
        "waiting",
        "ann",
        None,
    )
    done = work(world)
    assert (done.id, done.state, done.reason) == (asked.id, "done", "")
    assert (done.result["added"], done.result["state"]) == (2, "done")
    assert world.told() == {digest("a@example.com"), digest("b@example.com")}
    assert jobs.latest(door.app, "main", "sync") == jobs.latest(door.app, "main") == done
    assert jobs.latest(door.app, "main", "plan") is None


def test_a_plan_sends_nothing(world: World) -> None:
    world.write(emails("a"))
    jobs.ask_plan(app_of(world), world.open().config, "main")
    assert work(world).result["adds"] == 1
    assert world.sent() == 0


def test_a_check(world: World) -> None:
    jobs.ask_check(app_of(world), world.open().config, "acme")
    (report,) = work(world).result
    assert (report["destination"], report["problems"]) == ("acme", [])


def test_forgetting_names_people_nowhere(world: World) -> None:
    world.write(emails("a", "b"))
    world.sync()
    app = app_of(world)
    with pytest.raises(ConfigError, match="cannot be forgotten"):
        jobs.ask_forget(app, ["nobody at all"])
    with pytest.raises(ConfigError, match="Nothing to forget"):
        jobs.ask_forget(app, [])
    asked = jobs.ask_forget(app, ["a@example.com"])
    done = work(world)
    assert done.result["state"] == "complete"
    assert "a@example.com" not in repr((asked, done))
    assert world.told() == {digest("b@example.com")}
    assert not app.store.jobs.get(asked.id).options  # type: ignore[union-attr]
    assert next(each.who for each in app.store.audit.latest() if each.what == "forget") == "ann"


@pytest.mark.parametrize("ask", [jobs.ask_sync, jobs.ask_plan, jobs.ask_check])
def test_what_is_not_there_is_not_asked_for(world: World, ask: Any) -> None:
    with pytest.raises(UnknownName, match="nobody"):
        ask(app_of(world), world.open().config, "nobody")
    assert world.open().app.store.jobs.open() == []


def test_allowed_removals_are_written_down(world: World) -> None:
    app = app_of(world)
    jobs.ask_sync(app, world.open().config, "main", Wish(allow_removals=7))
    entry = app.store.audit.latest(1)[0]
    before, after = {"removals_allowed": "as configured"}, {"removals_allowed": 7}
    assert (entry.who, entry.what, entry.subject) == ("ann", "allow removals", "main")
    assert entry.details == {"before": before, "after": after, "removals_waiting": None}


def test_a_job_that_fails_says_why(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_of(world)
    jobs.ask_plan(app, world.open().config, "main")  # there is no list
    failed = work(world)
    assert failed.state == "failed"
    assert "people.csv" in failed.reason

    def broken(*_: Any) -> Any:
        raise RuntimeError("ada@example.com")

    monkeypatch.setattr(jobs, "do", broken)
    jobs.ask_plan(app, world.open().config, "main")
    assert work(world).reason == "a fault of Guestlist's own (RuntimeError); the worker's log says more"


def test_a_job_is_done_once_and_not_begun_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    door, app = world.open(), app_of(world)
    asked = jobs.ask_plan(app, door.config, "main")
    job = app.store.jobs.get(asked.id)
    assert job is not None
    with app.store.lock(jobs.lock_of(job.id)):
        assert not job_worker.take_up(app, lambda: door.config, job)

    class Died(BaseException):
        pass

    def dies(*_: Any) -> Any:
        raise Died

    monkeypatch.setattr(jobs, "do", dies)
    for _ in range(jobs.STARTS):
        with pytest.raises(Died):
            job_worker.take_up(app, lambda: door.config, job)
    assert job_worker.take_up(app, lambda: door.config, job)
    failed = jobs.get(app, job.id)
    assert (failed.state, "three times" in failed.reason) == ("failed", True)
    assert not job_worker.take_up(app, lambda: door.config, job)


def test_a_mistake_in_the_configuration_fails_the_job(world: World) -> None:
    app = app_of(world)
    asked = jobs.ask_plan(app, world.open().config, "main")

    def mistaken() -> Any:
        raise SourceError("it cannot be read")

    job = app.store.jobs.get(asked.id)
    assert job is not None
    assert job_worker.take_up(app, mistaken, job)
    assert jobs.get(app, asked.id).reason == "it cannot be read"


def test_how_far_it_is(world: World) -> None:
    app = app_of(world)
    asked = jobs.ask_plan(app, world.open().config, "main")
    job = app.store.jobs.get(asked.id)
    assert job is not None
    note = jobs._noting(app, job)
    note("sending", 1, 9)
    note("sending", 2, 9)  # too soon to be noted
    assert jobs.get(app, asked.id).progress == {"what": "sending", "done": 1, "of": 9}
    world.clock.sleep(1)
    note("sending", 3, 9)
    assert jobs.get(app, asked.id).progress == {"what": "sending", "done": 3, "of": 9}


def test_jobs_without_some_kinds(world: World) -> None:
    app, config = app_of(world), world.open().config
    jobs.ask_forget(app, ["a@example.com"])
    first, second = jobs.ask_plan(app, config, "main"), jobs.ask_sync(app, config, "main")
    assert [each.id for each in jobs.newest(app, 9, without=("forget",))] == [second.id, first.id]
    assert [each.id for each in jobs.newest(app, 1, before=second.id)] == [first.id]
    with pytest.raises(UnknownName, match="There is no job 99"):
        jobs.get(app, 99)
