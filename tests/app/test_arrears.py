"""A stream that stands still for long piles nothing up, and is in step again when it goes on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from guestlist import worker
from guestlist.app import arrears
from guestlist.events.outcomes import Outcome
from guestlist.store import schema
from tests.app.kit import KEY, Source, entered, exited
from tests.app.working import HOUR, run_for
from tests.world import World, digest

DAY = 86_400.0


@pytest.fixture
def source(world: World) -> Source:
    world.emulator.control.config(expire_after_days=300.0)
    return Source(world)


def write_off(world: World) -> None:
    door = world.open()
    arrears.write_off(door.app, door.config)


def kept(world: World) -> int:
    with world.open().app.store.database.read() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(schema.event_touched)).scalar_one())


def second_account(world: World) -> None:
    world.yaml["destinations"]["other"] = {"ad_account": 516848834}
    role = {"account": 516848834, "member": "AbC123xyz", "role": "CAMPAIGN_MANAGER"}
    world.emulator.control.seed({"accounts": [{"id": 516848834, "name": "Other"}], "roles": [role]})
    world.open().connect_token("other", world.emulator.control.token())


def day(source: Source, number: int) -> None:
    """One enters a second time, one is new, one of the day before leaves."""
    now = source.now()
    source.post(
        entered("u0", now, email="p0@example.com"),
        entered(f"u{number}", now, email=f"p{number}@example.com"),
        *([exited(f"u{number - 1}", now)] if number > 1 else []),
    )
    source.fold()


def test_a_disabled_stream_keeps_a_day_and_is_in_step_when_it_goes_on(source: Source, world: World) -> None:
    day(source, 1)
    source.settle()
    world.activation("main", enabled=False)
    for number in range(2, 60):
        world.clock.sleep(DAY / 2)
        day(source, number)
        write_off(world)
        assert kept(world) <= 3
        assert sum(source.outcomes().values()) == source.received["main"]
    assert world.told() == {digest("p0@example.com"), digest("p1@example.com")}
    world.activation("main", enabled=True, max_removals="100%")
    assert source.settle().state == "done"
    assert world.told() == {digest("p0@example.com"), digest("p59@example.com")}
    assert kept(world) == 0
    ends = source.outcomes()
    assert sum(ends.values()) == source.received["main"]
    assert ends[Outcome.PENDING] == 0
    assert 0 < ends[Outcome.DELIVERED] < 10
    assert ends[Outcome.FILTERED] > 100


def test_one_that_stands_still_does_not_hold_another_of_its_key_up(source: Source, world: World) -> None:
    world.activation("main", max_removals="100%")
    world.activation("late", mode="stream", audience_key=KEY, destination="other", max_removals="100%")
    second_account(world)
    day(source, 1)
    source.settle("main")
    source.settle("late")
    world.activation("late", enabled=False)
    for number in (2, 3, 4):
        world.clock.sleep(DAY)
        day(source, number)
        source.settle("main")
        write_off(world)
        assert kept(world) <= 2
    assert source.outcomes("main")[Outcome.FILTERED] == 0
    world.activation("late", enabled=True)
    source.settle("late")
    wanted = {digest("p0@example.com"), digest("p4@example.com")}
    assert (world.told("main"), world.told("late")) == (wanted, wanted)


def test_what_waits_for_an_enabled_stream_waits_for_two_weeks(source: Source, world: World) -> None:
    day(source, 1)
    world.clock.sleep(13 * DAY)
    write_off(world)
    assert (kept(world), source.outcomes()) == (1, {Outcome.PENDING: 2})
    world.clock.sleep(DAY)
    write_off(world)
    assert (kept(world), source.outcomes()) == (0, {Outcome.FILTERED: 2})
    source.settle()
    assert world.told() == {digest("p0@example.com"), digest("p1@example.com")}


def test_a_stream_that_left_the_file_keeps_nothing_and_counts_nothing(source: Source, world: World) -> None:
    world.activation("gone", mode="stream", audience_key=KEY, destination="other")
    second_account(world)
    day(source, 1)
    source.settle()
    source.settle("gone")
    said = world.yaml["activations"].pop("gone")
    before = source.outcomes("gone")
    day(source, 2)
    source.settle()
    assert kept(world) == 1
    world.clock.sleep(DAY)
    write_off(world)
    assert (kept(world), source.outcomes("gone")) == (0, before)
    world.yaml["activations"]["gone"] = said | {"max_removals": "100%"}
    source.settle("gone")
    assert world.told("gone") == {digest("p0@example.com"), digest("p2@example.com")}


def test_the_worker_writes_off_but_not_at_once(source: Source, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that waited because nobody worked has an hour to go on."""
    monkeypatch.setattr(worker, "NAP", HOUR / 2)
    world.activation("main", enabled=False)
    day(source, 1)
    world.clock.sleep(2 * DAY)
    run_for(world, HOUR / 2)
    assert kept(world) == 1
    run_for(world, 2 * HOUR)
    assert kept(world) == 0
