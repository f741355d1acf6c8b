"""How many were sent so far: members that LinkedIn was told in and not told out since, whatever lists say by now."""

from __future__ import annotations

import pytest

from guestlist.app import audiences
from guestlist.settings import read
from guestlist.store.restore import restore
from tests.app.kit import Source, entered, exited
from tests.world import Crash, World, digest, emails

TEN = [f"user{n}" for n in range(10)]


@pytest.fixture
def world(world: World) -> World:
    world.activation(max_removals="100%")
    world.write(emails(*TEN))
    return world


def sent_so_far(world: World) -> int | None:
    return world.open().status("main")[0].told


def listed(world: World) -> int | None:
    door = world.open()
    (row,) = audiences.all_of(door.app, door.config)
    return row.wanted


def test_nobody_is_known_of_before_the_first_sync(world: World) -> None:
    assert sent_so_far(world) is None
    world.sync()
    assert sent_so_far(world) == len(world.told()) == 10


def test_who_left_an_add_only_list_was_sent_all_the_same(world: World) -> None:
    world.activation(mode="add_only")
    world.sync()
    world.write(emails(*TEN[:4], "new"))
    world.sync()
    assert sent_so_far(world) == len(world.told()) == 11


def test_whom_linkedin_refused_is_not_in(world: World) -> None:
    refuse = {"kind": "refuse_elements", "identifiers": [digest("user3@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    world.sync()
    assert sent_so_far(world) == len(world.told()) == 9


def test_forgetting_takes_people_out_and_hides_no_number(world: World) -> None:
    world.sync()
    for name in TEN[:6]:
        world.open().forget([f"{name}@example.com"])
    assert sent_so_far(world) == len(world.told()) == 4
    assert listed(world) == 10, "the list was not compared again"


def test_sending_everybody_again_takes_nobody_out(world: World) -> None:
    world.sync()
    world.emulator.control.fault({"kind": "status", "status": 400}, path="/users$", times=0)
    world.sync(resend=True)
    assert sent_so_far(world) == 10
    world.emulator.control.clear_faults()
    world.sync(resend=True)
    assert sent_so_far(world) == len(world.told()) == 10


def test_a_crash_between_answer_and_books_counts_nobody_twice(world: World) -> None:
    world.open()
    for step in range(1, 60):
        world.fuse.left = step
        try:
            world.sync()
        except Crash:
            world.close()
        world.open()
        world.fuse.left = None
    world.clock.sleep(90_000)
    world.sync()
    assert sent_so_far(world) == len(world.told()) == 10


def test_a_restored_store_counts_with_its_first_sync(world: World) -> None:
    world.sync()
    world.open().backup(world.folder / "backup", "correct horse")
    folder = world.folder / "moved"
    folder.mkdir()
    (folder / "people.csv").write_bytes((world.folder / "people.csv").read_bytes())
    moved = World(folder, emulator=world.emulator, yaml=world.yaml)
    settings = read(moved.environ())
    home = moved.folder / "home"
    made = restore(
        world.folder / "backup", settings.home or home, "move", passphrase="correct horse",
        secret_key=settings.secret_key, clock=world.clock,
    )  # fmt: skip
    made.close()
    assert sent_so_far(moved) is None
    moved.write(emails(*TEN[:7]))
    moved.sync(allow_removals=10)
    assert sent_so_far(moved) == len(moved.told()) == 7


def test_events_that_wait_were_not_sent(world: World) -> None:
    source = Source(world)
    source.post(*(entered(f"u{n}", source.now(), email=f"{name}@example.com") for n, name in enumerate(TEN)))
    source.settle()
    assert sent_so_far(world) == 10
    world.activation(enabled=False)
    source.post(exited("u1", source.now()), entered("u77", source.now(), email="late@example.com"))
    source.post(exited("u2", source.now()))
    source.fold()
    assert (sent_so_far(world), listed(world)) == (10, 9)
    world.activation(enabled=True)
    source.settle()
    assert sent_so_far(world) == len(world.told()) == 9


def test_rows_that_cannot_be_sent_are_not_counted(world: World) -> None:
    source = Source(world)
    source.post(entered("u1", source.now(), email="ann@example.com"), entered("u2", source.now(), email="no address"))
    source.settle()
    assert sent_so_far(world) == len(world.told()) == 1
