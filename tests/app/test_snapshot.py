"""A snapshot: the list as it is at the first sync, sent once, whatever crashes between and however long it waits."""

from __future__ import annotations

import pytest

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
