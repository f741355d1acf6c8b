"""The worker: every activation on its schedule, one's trouble never the others', people told once."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from guestlist import worker
from guestlist.app import schedule
from guestlist.config import ScheduleConfig
from tests.app.working import DAY, HOUR, run_for
from tests.world import ACCOUNT, World, emails


@pytest.fixture(autouse=True)
def long_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "NAP", HOUR / 2)


def test_every_hour_means_every_hour(world: World) -> None:
    world.activation(schedule={"every": "1h"})
    world.write(emails("ann"))
    run_for(world, 3.5 * HOUR)
    assert len(world.open().runs("main", 50)) == 4


def test_a_snapshot_on_a_schedule_is_sent_once(world: World) -> None:
    """It goes on after an interruption, and is never due again once all of it was sent."""
    world.activation(mode="snapshot", schedule={"every": "1h"})
    world.write(emails("ann"))
    world.emulator.control.fault({"kind": "revoked_token"}, path="/users$", times=0)
    assert world.sync().state == "parked"
    door = world.open()
    assert schedule.next_run(door.app, door.config, "main") is not None
    world.emulator.control.clear_faults()
    world.connect()
    run_for(world, 3.5 * HOUR)
    door = world.open()
    assert len(world.told()) == 1
    assert schedule.next_run(door.app, door.config, "main") is None
    (row,) = door.status()
    assert (row.state, row.next_run) == ("frozen", None)


def test_a_schedule_begins_when_its_first_day_does(world: World) -> None:
    """DYN and Adobe: a start date."""
    world.write(emails("ann"))
    now = world.clock.now()
    tomorrow = datetime.fromtimestamp(now, ZoneInfo("Asia/Tokyo")).date() + timedelta(days=1)
    begins = datetime.combine(tomorrow, time(), ZoneInfo("Asia/Tokyo")).timestamp()
    for wanted in ({"every": "1h"}, {"cron": "*/10 * * * *"}):
        world.activation(schedule={**wanted, "start": tomorrow.isoformat(), "timezone": "Asia/Tokyo"})
        door = world.open()
        assert schedule.next_run(door.app, door.config, "main") == begins
    world.sync()  # whoever asks is not kept waiting
    world.write(emails("ann", "bob"))
    run_for(world, begins - world.clock.now() - 1.0)
    assert len(world.told()) == 1
    run_for(world, 60.0)
    assert len(world.told()) == 2
    world.activation(schedule={"every": "1h", "start": "2020-01-01"})
    door = world.open()
    due = schedule.next_run(door.app, door.config, "main")
    assert due is not None
    assert 0 < due - world.clock.now() <= HOUR


def test_without_a_schedule_nothing_happens(world: World) -> None:
    world.write(emails("ann"))
    run_for(world, DAY)
    assert world.sent() == 0


def test_one_activation_in_trouble_does_not_stop_another(world: World) -> None:
    world.activation(schedule={"every": "1h"})
    world.yaml["audiences"]["gone"] = {"members": "people", "source": {"file": "gone.csv"}}
    world.activation("broken", audience="gone", schedule={"every": "1h"})
    world.write(emails("ann"))
    run_for(world, 2.5 * HOUR)
    assert len(world.told()) == 1
    assert len(world.open().runs("main", 50)) == 3


@pytest.mark.parametrize("what", ["removed", "switched off", "destination switched off"])
def test_what_ended_while_another_was_told_is_not_synced_any_more(world: World, what: str) -> None:
    world.yaml["audiences"]["more"] = {"members": "people", "source": {"file": "more.csv"}}
    world.yaml["destinations"]["second"] = {"ad_account": ACCOUNT}
    world.activation(schedule={"every": "1h"})
    world.activation("other", audience="more", destination="second", schedule={"every": "1h"})
    world.write(emails("ann"))
    world.write(emails("bob"), "more.csv")
    world.open().connect_token("second", world.emulator.control.token())
    other = world.yaml["activations"]["other"]

    def meanwhile() -> None:
        world.hooks.before = lambda: None
        if what == "removed":
            del world.yaml["activations"]["other"]
        elif what == "switched off":
            other["enabled"] = False
        else:
            world.yaml["destinations"]["second"]["enabled"] = False
        world.open()  # which writes the file

    world.hooks.before = meanwhile
    run_for(world, 60.0)
    assert world.sent() == 1
    assert world.open().app.store.activations.get("other") is None


def test_a_parked_destination_is_looked_at_on_schedule_and_at_once_when_mended(world: World) -> None:
    world.activation(schedule={"every": "1h"})
    world.write(emails("ann"))
    run_for(world, 1.0)
    world.emulator.control.revoke_tokens()
    world.write(emails("ann", "bob"))
    asked = len(world.emulator.control.requests())
    world.fuse.left = 500  # steps; a loop that never waits would not end by itself
    run_for(world, 5.5 * HOUR)
    world.fuse.left = None
    assert len(world.emulator.control.requests()) - asked <= 6 * 3
    world.connect()
    run_for(world, 60.0)
    assert len(world.told()) == 2


def test_a_destination_that_was_never_connected_is_no_reason_to_spin(world: World) -> None:
    world.yaml["destinations"]["other"] = {"ad_account": 516848834}
    world.activation(destination="other", schedule={"every": "1h"})
    world.write(emails("ann"))
    world.fuse.left = 200
    run_for(world, 5.5 * HOUR)
    world.fuse.left = None


def test_cron_knows_time_zones() -> None:
    six_in_berlin = ScheduleConfig.model_validate({"cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"})
    friday_noon_utc = 1_798_804_800.0  # 2027-01-01 12:00 UTC
    assert schedule.following(six_in_berlin, friday_noon_utc) == 1_799_038_800.0  # Monday 05:00 UTC
