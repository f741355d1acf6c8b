"""A snapshot: the list as it is at the first sync, sent once, whatever crashes between and however long it waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Event, Thread, current_thread
from typing import Any

import pytest

from guestlist import worker
from guestlist.app import forget, progress
from guestlist.app.results import SyncResult
from guestlist.app.sync import sync
from guestlist.app.turn import turn
from guestlist.errors import ConfigError
from guestlist.facade import Guestlist
from guestlist.planner.duck import DuckDBPlanner
from tests.app.waiting import Locked
from tests.world import Crash, World, digest

PEOPLE = 5_100  # more than stays in SQL: the changes are a file


def names(world: World) -> list[bytes]:
    """Every file at rest, read."""
    return [path.read_bytes() for path in (world.folder / "home").rglob("*") if path.is_file()]


def listed(first: int) -> list[dict[str, str]]:
    return [
        {"email": f"p{number}@example.com", "firstName": "Zebedeusx", "lastName": f"Quartermaine{number}"}
        for number in range(first, first + PEOPLE)
    ]


def test_a_new_snapshot_of_a_list_that_cannot_be_read_leaves_the_former(world: World) -> None:
    world.activation(mode="snapshot")
    world.write(listed(0)[:20])
    world.sync()
    there = world.segment()["record"]["id"]
    world.write([{"nothing": "known"}])
    with pytest.raises(ConfigError, match="no column"):
        world.sync(new_snapshot=True)
    (row,) = world.open().status("main")
    assert (row.state, row.told, int(row.segment_id or 0)) == ("failed", 20, there)
    assert world.sync().state == "frozen"
    world.write(listed(100)[:10])
    assert world.sync(new_snapshot=True).added == 10
    assert world.segment()["record"]["id"] != there


def test_c8_the_first_list_is_sent_whole_after_days_of_waiting_and_nothing_readable_rests(world: World) -> None:
    """Pitfall C8: the token is dead for two days in the middle of a large snapshot, and the list moves on."""
    world.activation(mode="snapshot")
    world.write(listed(0))
    world.emulator.control.fault({"kind": "revoked_token"}, path="/users$", times=0)
    parked = world.sync()
    assert parked.state == "parked"
    world.write(listed(50_000))
    world.clock.sleep(2 * 86_400)
    at_rest = names(world)
    assert not any(b"Zebedeusx" in content or b"Quartermaine" in content for content in at_rest)
    assert not any(b"@example.com" in content for content in at_rest)
    world.emulator.control.clear_faults()
    world.connect()
    done = world.sync()
    assert (done.added, done.state) == (PEOPLE, "done")
    assert world.told() == {digest(f"p{number}@example.com") for number in range(PEOPLE)}
    assert world.sync().state == "frozen"


@pytest.mark.parametrize("step", [12, 25, 40])
def test_crashes_between_never_change_what_was_frozen(world: World, step: int) -> None:
    world.activation(mode="snapshot")
    world.write(listed(0)[:20])
    world.fuse.left = step
    frozen_already = True
    try:
        world.sync()
    except Crash:
        world.close()
        found = world.open().app.store.activations.get("main")
        frozen_already = found is not None and found.frozen
    world.fuse.left = None
    world.write(listed(900)[:20])
    world.clock.sleep(200)
    world.sync()
    first = 0 if frozen_already else 900
    assert world.told() == {digest(f"p{number}@example.com") for number in range(first, first + 20)}


# ── a new one ────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def a_new_snapshot_under_way(world: World) -> Iterator[tuple[Guestlist, list[SyncResult]]]:
    """Somebody asked for one, and its first request does not leave as long as the block lasts."""
    world.activation(mode="snapshot")
    world.write(listed(0)[:20])
    assert world.sync().state == "done"
    world.write(listed(100)[:30])
    door, leaving, go, results = world.open(), Event(), Event(), list[SyncResult]()

    def held() -> None:
        if current_thread().name == "new":
            leaving.set()
            assert go.wait(30)

    world.hooks.before = held
    new = Thread(target=lambda: results.extend(door.sync("main", new_snapshot=True)), name="new")
    new.start()
    try:
        assert leaving.wait(30)
        yield door, results
    finally:
        go.set()
        new.join(30)


def test_a_new_snapshot_is_running_while_it_runs(world: World) -> None:
    with a_new_snapshot_under_way(world) as (door, _):
        app = door.app
        assert [each.state for each in door.status()] == ["syncing"]
        assert [each.result.state for each in door.runs()] == ["syncing", "done"]
        under_way = progress.of_activation(app, "main")
        assert under_way is not None
        assert (under_way.what, under_way.done, under_way.of) == ("sending to LinkedIn", 0, 30)
    assert [each.state for each in door.status()] == ["frozen"]
    assert [each.result.state for each in door.runs()] == ["done", "done"]
    assert progress.of_activation(app, "main") is None


def test_a_new_snapshot_is_running_while_it_is_planned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.activation(mode="snapshot")
    world.write(listed(0)[:20])
    world.sync()
    door, states = world.open(), list[str]()
    plan = DuckDBPlanner.plan

    def planned(*args: Any) -> Any:
        states.extend(each.state for each in door.status())
        return plan(*args)

    monkeypatch.setattr(DuckDBPlanner, "plan", planned)
    assert door.sync("main", new_snapshot=True)[0].added == 20
    assert states == ["syncing"]


def test_nobody_is_at_a_new_snapshot_beside_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another sync, the worker's round, forgetting and removing wait until it was told."""
    with a_new_snapshot_under_way(world) as (door, results):
        app, read = door.app, door.configuration.current
        ledger = app.store.activations.get("main")
        assert ledger is not None
        with app.store.lock(f"ledger-{ledger.ledger_id}", wait=False) as free:
            assert not free
        locked, ends, sent = Locked(app.store, monkeypatch), list[SyncResult](), world.sent()
        others = [
            Thread(target=lambda: ends.append(sync(app, read, "main")), name="second"),
            Thread(target=worker._sync, args=(app, read, "main", 0.0), name="worker"),
            Thread(target=lambda: forget.forget(app, ["p100@example.com"]), name="forget"),
        ]
        locked.waits(others)
        assert [what for _, _, what in locked.seen] == ["asks"] * 3
        assert world.sent() == sent
    for each in others:
        each.join(30)
    assert [(each.state, each.added) for each in results] == [("done", 30)]
    assert [each.state for each in ends] == ["frozen"]
    assert locked.one_by_one(), locked.seen
    assert [len(each["adds"]) for each in world.tellings() if each["adds"]] == [20, 30]
    assert world.told() == {digest(f"p{number}@example.com") for number in range(101, 130)}


def test_who_waits_behind_the_former_ledger_waits_for_the_new_one_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It asked for its turn before the new snapshot began."""
    world.activation(mode="snapshot")
    world.write(listed(0)[:20])
    world.sync()
    door, had = world.open(), list[int]()
    app, found = door.app, door.app.store.activations.get("main")
    assert found is not None
    with ExitStack() as first:
        mine = first.enter_context(turn(app, found))
        locked = Locked(app.store, monkeypatch)

        def second() -> None:
            with turn(app, found) as behind:
                had.append(behind.activation.ledger_id)

        waiting = Thread(target=second, name="second")
        locked.waits([waiting])
        mine.begin_ledger()
        began = app.store.activations.by_id(found.id).ledger_id
        assert began != found.ledger_id
        assert had == []
    waiting.join(30)
    assert had == [began]
    assert [name for name, _, what in locked.seen if what == "has"][-1] == f"ledger-{began}"
