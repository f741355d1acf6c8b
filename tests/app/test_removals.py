"""Who would leave is known before anybody lets them, whichever way the removals came to wait."""

from __future__ import annotations

from guestlist.app import overview
from guestlist.app.results import Removals
from tests.app.kit import Source, entered, exited
from tests.world import World, digest, emails


def waiting(world: World) -> Removals:
    found = overview.leaving(world.open().app, "main")
    assert found is not None
    return found


def short(*names: str) -> set[str]:
    return {digest(f"{name}@example.com").split(":")[1][:12] + "…" for name in names}


def test_of_a_list_the_whole_plan_is_known(world: World) -> None:
    world.write(emails(*(f"p{n}" for n in range(60))))
    world.sync()
    assert overview.leaving(world.open().app, "main") is None
    world.write([*emails("p0", "p1", "new"), {"email": "nobody"}])
    world.sync()
    found = waiting(world)
    assert (found.removals, found.known, found.allowed) == (58, 60, 12)
    assert (found.adds, found.unchanged, found.rejected) == (1, 2, 1)
    assert len(found.who) == 50
    assert set(found.who) < short(*(f"p{n}" for n in range(2, 60)))
    assert found.at == world.clock.now()


def test_of_a_stream_those_are_known_whose_events_said_so(world: World) -> None:
    source = Source(world)
    names = [f"p{n}" for n in range(30)]
    source.post(*(entered("", source.now(), email=f"{name}@example.com") for name in names))
    source.settle()
    for some in (names[:10], names[10:14]):
        world.clock.sleep(60)
        source.post(*(exited("", source.now(), email=f"{name}@example.com") for name in some))
        source.settle()
    found = waiting(world)
    assert found.removals == 14
    assert set(found.who) == short(*names[:14])
    world.sync()  # everybody compared finds the same
    assert waiting(world).removals == 14
    assert set(waiting(world).who) == short(*names[:14])
    assert world.sync(allow_removals=14).state == "done"
    assert overview.leaving(world.open().app, "main") is None
