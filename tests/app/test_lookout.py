"""Between runs: LinkedIn is asked how its audiences are, seldom enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestlist import worker
from guestlist.app import lookout
from guestlist.app.lookout import Lookout
from guestlist.store.segments import Segment
from tests.app.working import DAY, HOUR, run_for
from tests.world import World, emails

BUILDING = Segment(1, 1, 1, 1, "9", "s", "n", "live", 1000.0, "BUILDING", None, None, None, None, 5000.0)


@pytest.fixture(autouse=True)
def long_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "NAP", HOUR / 4)


def test_what_linkedin_works_on_is_looked_at_soon_and_the_rest_seldom() -> None:
    assert lookout.next_look(BUILDING) == 5000.0 + lookout.SOON
    assert lookout.next_look(replace(BUILDING, as_of=None, linkedin_status="")) == 1000.0 + lookout.SOON
    for status in ("READY", "ARCHIVED", "EXPIRED"):
        assert lookout.next_look(replace(BUILDING, linkedin_status=status)) == 5000.0 + lookout.SELDOM


def test_an_audience_becomes_ready_without_another_run(world: World) -> None:
    world.write(emails(*(f"p{n}" for n in range(400))))
    world.sync()
    (row,) = world.open().status("main")
    assert row.linkedin_status == "BUILDING"
    before, asked = world.sent(), len(world.emulator.control.requests())
    run_for(world, 2.5 * DAY)
    (row,) = world.open().status("main")
    assert row.linkedin_status == "READY"
    assert row.matched
    assert world.sent() == before
    looks = len(world.emulator.control.requests()) - asked
    assert 2 * DAY / lookout.SOON * 0.4 < looks < 2.5 * DAY / lookout.SOON


def test_nobody_is_asked_for_what_is_off_or_waits_for_a_person(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.clock.sleep(DAY)
    asked = len(world.emulator.control.requests())
    door = world.open()
    door.app.store.destinations.park("acme", "Refresh Token Expired", "sign in again")
    Lookout().look(door.app, door.config)
    door.app.store.destinations.unpark("acme")
    world.activation(enabled=False)
    door = world.open()
    Lookout().look(door.app, door.config)
    assert len(world.emulator.control.requests()) == asked


def test_linkedin_is_not_pressed_for_an_answer(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.clock.sleep(DAY)
    world.emulator.control.fault({"kind": "status", "status": 503}, path="/dmpSegments/", times=0)
    asked, door, watching = len(world.emulator.control.requests()), world.open(), Lookout()
    for _ in range(5):
        watching.look(door.app, door.config)
    assert len(world.emulator.control.requests()) == asked + 1
