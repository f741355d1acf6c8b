"""Runs as Adobe counts them: received, activated, excluded, failed, and that they add up (ADOBE-52, ADOBE-54)."""

from __future__ import annotations

import pytest

from guestlist.app import runs
from guestlist.app.results import Reached, RunRow
from guestlist.app.runs import Answers
from guestlist.ports import Outcome
from tests.world import World, digest, emails


def newest(world: World) -> RunRow:
    return world.open().runs("main")[0]


def test_a_run_reconciles_with_what_linkedin_took(world: World) -> None:
    world.write([*emails("ann", "bob", "cem", "old"), {"email": "nobody"}])
    world.sync()
    assert newest(world).reached == Reached(activated=4, excluded=1, failed=0)
    refuse = {"kind": "refuse_elements", "identifiers": [digest("dee@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    world.write([*emails("ann", "bob", "cem", "dee", "eve"), {"email": "nobody"}, {"email": "no one"}])
    before = len(world.tellings())
    result = world.sync()
    asked = world.tellings()[before:]
    run = newest(world)
    assert sum(len(each["adds"]) + len(each["removes"]) for each in asked) == 3  # dee and eve come, old goes
    assert run.reached == Reached(activated=2, excluded=2, failed=1)
    assert run.json()["received"] == 5
    assert run.json()["activation_rate"] == pytest.approx(4 / 5)
    assert (run.result.added, run.result.rejected) == (result.added, result.rejected)


def test_a_run_with_nothing_to_tell_received_nobody(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.sync()
    assert newest(world).reached == Reached()
    assert newest(world).reached.rate is None


def test_what_has_no_answer_yet_is_not_failed(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    world.write(emails("ann", "bob", "cem"))
    body = {"status": 429, "message": "Resource level throttle APPLICATION DAY limit for calls to this resource"}
    world.emulator.control.fault({"kind": "status", "status": 429, "body": body}, path="/users$")
    assert world.sync().state == "pending"
    run = newest(world)
    assert (run.result.pending, run.reached) == (1, Reached())


def test_every_position_of_a_run_is_counted_once() -> None:
    outcomes = (
        Outcome("accepted", 0, 10, refused={3: 1, 99: 1}, open=(4,)),
        Outcome("void", 10, 5),
        Outcome("unsure", positions=(15, 17)),
        Outcome("void", positions=(16,)),
    )
    found = runs.answers(outcomes, skip=(12, 16))
    assert found == Answers(accepted=8, refused=1, skipped=2, unanswered=7)
    assert found.accepted + found.refused + found.skipped + found.unanswered == 18
