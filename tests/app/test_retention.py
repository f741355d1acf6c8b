"""Old rows go, and whoever asks afterwards hears the same."""

from __future__ import annotations

from guestlist.app import schedule
from tests.world import World, digest, emails

DAY = 86_400.0


def test_nothing_that_people_or_the_line_need_goes(world: World) -> None:
    """A refused row, a removal that was never answered, a schedule: asked for a hundred days later."""
    world.emulator.control.config(expire_after_days=300.0)
    world.activation(schedule={"every": "300d"})
    world.write(emails("ann", "bob", "cem"))
    refuse = {"kind": "refuse_elements", "identifiers": [digest("cem@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    world.sync()
    world.write(emails("ann", "cem"))
    world.emulator.control.clear_faults()
    world.emulator.control.fault({"kind": "reset", "when": "before"}, path="/users$", times=8)
    assert world.sync().state == "failed"
    world.emulator.control.clear_faults()
    door = world.open()

    def seen() -> list[object]:
        told = [door.explain("main", f"{name}@example.com").told for name in ("ann", "bob", "cem")]
        runs = [(each.run, each.started, each.result) for each in door.runs("main")]
        due = schedule.next_run(door.app, door.config, "main")
        return [told, runs, list(door.rejected("main")), door.status("main"), due]

    before = seen()
    world.clock.sleep(100 * DAY)
    door.app.store.collect()
    assert [door.app.store.batches.of_run(each.run) for each in door.runs("main")] == [[], []]
    assert seen() == before
    assert world.sync().removed == 1
    assert world.told() == {digest("ann@example.com")}


def test_a_promise_is_kept_however_late(world: World) -> None:
    world.emulator.control.config(expire_after_days=300.0)
    world.write(emails("ann", "bob"))
    world.sync()
    world.emulator.control.revoke_tokens()
    assert world.open().forget(["ann@example.com"]).state == "incomplete"
    world.clock.sleep(100 * DAY)
    world.open().app.store.collect()
    world.connect()
    world.sync()
    assert world.told() == {digest("bob@example.com")}
    assert world.open().receipts()[0].state == "complete"
