"""A restored store is sure of nothing, and does not take what happened long ago for news (pitfall H8)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from guestlist.app import runs
from guestlist.settings import read
from guestlist.store.restore import restore
from tests.world import World, digest, emails

STAY, LEFT = [f"stays{n}" for n in range(40)], [f"left{n}" for n in range(30)]


def shown(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


def restored(world: World, mode: Literal["move", "copy"]) -> World:
    """The same yaml and list beside a new home, filled from a backup of the old one."""
    world.open().backup(world.folder / "backup", "correct horse")
    folder = world.folder / mode
    folder.mkdir()
    (folder / "people.csv").write_bytes((world.folder / "people.csv").read_bytes())
    made = World(folder, emulator=world.emulator, yaml=world.yaml)
    settings = read(made.environ())
    key, home = settings.secret_key, Path(settings.home)
    restore(world.folder / "backup", home, mode, passphrase="correct horse", secret_key=key, clock=world.clock).close()
    return made


@pytest.fixture
def aged(world: World) -> World:
    """Forty people are in; thirty left long ago, when a person allowed it."""
    world.write(emails(*STAY, *LEFT))
    world.sync()
    world.write(emails(*STAY))
    assert world.sync(allow_removals=30).removed == 30
    return world


def test_h8_whoever_left_long_ago_is_told_again_and_is_no_news_for_the_guard(aged: World) -> None:
    moved = restored(aged, "move")
    (plan,) = moved.open().plan("main")
    assert plan.state == "done"
    assert plan.guard is not None
    assert (plan.guard.known, plan.guard.removals, plan.removes) == (40, 0, 30)
    sent = len(moved.tellings())
    assert moved.sync().state == "done"
    assert {each for telling in moved.tellings()[sent:] for each in telling["removes"]} == shown(*LEFT)
    assert moved.told() == shown(*STAY)


def test_h8_the_guard_still_stops_whoever_would_leave_now(aged: World) -> None:
    moved = restored(aged, "move")
    moved.write(emails(*STAY[:20]))
    stopped = moved.sync()
    assert stopped.state == "waiting"
    assert "20 of 40" in stopped.reason
    assert moved.sync(allow_removals=20).state == "done"
    assert moved.told() == shown(*STAY[:20])


def test_h8_a_removal_that_was_not_answered_needs_no_second_permission(world: World) -> None:
    world.write(emails(*STAY))
    world.sync()
    world.write(emails(*STAY[:20]))
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path="/users$", times=8)
    assert world.sync(allow_removals=20).state == "failed"
    assert world.sync().state == "done"
    assert world.told() == shown(*STAY[:20])


def test_h8_a_copy_has_nobody_to_remove(aged: World) -> None:
    original = aged.segment()["record"]["id"]
    aged.write(emails(*STAY[:35]))
    copy = restored(aged, "copy")
    (plan,) = copy.open().plan("main")
    assert plan.guard is not None
    assert (plan.adds, plan.removes, plan.guard.known) == (35, 0, 0)
    sent = len(copy.tellings())
    assert copy.sync().state == "done"
    assert not any(each["removes"] for each in copy.tellings()[sent:])
    assert copy.segment()["record"]["id"] != original
    assert copy.told() == shown(*STAY[:35])
    assert aged.told() == shown(*STAY)


def test_h8_what_was_under_way_to_the_original_is_not_in_the_copy(world: World) -> None:
    """The backup is made while half of a run waits; the list then loses everybody of it."""
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob", "cem"))
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path="/users$")
    world.hooks.after = world.emulator.control.revoke_tokens
    assert world.sync().state == "parked"
    world.hooks.after = lambda: None
    world.write(emails("ann"))
    copy = restored(world, "copy")
    copy.connect()
    sent = len(copy.tellings())
    assert copy.sync().state == "done"
    assert [each["adds"] for each in copy.tellings()[sent:]] == [list(shown("ann"))]
    assert not any(each["removes"] for each in copy.tellings()[sent:])


@pytest.mark.parametrize("mode", ["move", "copy"])
def test_h8_a_snapshot_under_way_is_told_whole(
    world: World, mode: Literal["move", "copy"], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move goes on with the list of the first sync; a copy takes a snapshot of its own."""
    monkeypatch.setattr(runs, "BATCH_SIZE", 2)
    world.activation(mode="snapshot")
    world.write(emails("ann", "bob", "cem"))
    world.hooks.after = world.emulator.control.revoke_tokens
    assert world.sync().state == "parked"
    world.hooks.after = lambda: None
    world.write(emails("dan"))
    other = restored(world, mode)
    other.connect()
    assert other.sync().state in ("done", "frozen")
    assert other.told() == shown(*(["ann", "bob", "cem"] if mode == "move" else ["dan"]))
    assert other.sync().state == "frozen"
