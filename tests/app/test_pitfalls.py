"""Sequences of steps that broke earlier designs of this line, by name: each was found in a model before it was a test.

C: the invariant itself. H: what is easily built wrongly. SEGMENT: what a peer does wrongly. What is random is in
``test_line_machine``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

import pytest

from guestlist.app import activations, delivery, forget, runs, sync
from guestlist.core.identity import IdType
from guestlist.errors import ConfigError, UnknownName
from guestlist.store.forgetting import Blocked
from tests.world import Crash, World, digest, emails

DAY = 86_400.0
TELLING = "/users$"
TWO = {"email": ["email"], "googleAdvertisingId": "gaid", "primaryId": "key"}
GAID = "cdda802e-fb9c-47ad-9866-0794d394c912"


def address(name: str) -> str:
    return f"{name}@example.com"


def shown(*names: str) -> set[str]:
    return {digest(address(name)) for name in names}


def lose_authorisation(world: World) -> None:
    world.emulator.control.revoke_tokens()


def once(act: Callable[[], object]) -> Callable[[], None]:
    """``act`` at the first call, nothing at any other."""
    left = [act]

    def called() -> None:
        if left:
            left.pop()()

    return called


def crash() -> None:
    raise Crash


def crash_at(world: World, moment: str, nth: int = 1) -> None:
    """The process ends just ``before`` or ``after`` its ``nth`` telling."""
    count = iter(range(1, 1000))
    world.hooks.__dict__[moment] = lambda: crash() if next(count) == nth else None
    with pytest.raises(Crash):
        world.sync()
    world.hooks.__dict__[moment] = lambda: None
    world.close()


def one_person(world: World, *names: str, reading: str = "member") -> None:
    """LinkedIn finds one and the same person through these addresses."""
    control = world.emulator.control
    control.seed({"directory": [{"id": "m", "identifiers": sorted(shown(*names))}]})
    control.config(removal=reading, match_fraction=0.0)


def in_step(world: World, *names: str) -> None:
    """LinkedIn holds these, nothing is left to say, and nobody was ever told two things at once."""
    world.clock.sleep(121)
    world.sync()
    sent = world.sent()
    again = world.sync()
    assert (again.added, again.changed, again.removed, world.sent()) == (0, 0, 0, sent)
    assert world.told() == shown(*names)
    assert world.emulator.control.overlaps() == []


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two elements a request, so that a phase has several."""
    monkeypatch.setattr(runs, "BATCH_SIZE", 2)


# ── C1: what was claimed may have been told ──────────────────────────────────────────────────────────────────────
LOST = [
    {"kind": "reset", "when": "after"},
    {"kind": "truncate"},
    {"kind": "status", "status": 500, "after": True},
    {"kind": "status", "status": 504, "after": True},
    {"kind": "timeout", "lands_after": 30.0},
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}")
def test_c1_an_addition_that_was_not_answered_is_taken_back_when_the_list_changes_its_mind(
    world: World, fault: dict[str, Any]
) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    world.emulator.control.fault(fault, path=TELLING, times=8)
    assert world.sync().state == "failed"
    world.write(emails("ann"))
    in_step(world, "ann")


@pytest.mark.parametrize("alone", [False, True], ids=["beside others", "alone"])
def test_c1_a_refusal_does_not_end_the_doubt_about_an_earlier_telling(world: World, alone: bool) -> None:
    """The first telling arrives and its reply is lost; the second is refused: they are in, and must be known to be."""
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob") if alone else emails("ann", "bob", "cem"))
    refusal = {"kind": "refuse_elements", "identifiers": sorted(shown("bob"))}
    world.emulator.control.fault({"kind": "status", "status": 503, "after": True}, path=TELLING)
    world.emulator.control.fault(refusal, path=TELLING, nth=2)
    world.sync()
    assert digest(address("bob")) in world.told()
    world.write(emails("ann"))
    in_step(world, "ann")


def test_c1_what_was_refused_in_doubt_and_again_is_a_rejection(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob", "cem"))
    refusal = {"kind": "refuse_elements", "identifiers": sorted(shown("bob")), "message": "Invalid element"}
    world.emulator.control.fault({"kind": "status", "status": 503, "after": True}, path=TELLING)
    world.emulator.control.fault(refusal, path=TELLING, nth=2, times=0)
    world.sync()
    assert world.sync().rejected == 1
    sent = world.sent()
    assert (world.sync().rejected, world.sent()) == (1, sent)
    assert [row.reason for row in world.open().rejected("main")] == ["refused by LinkedIn: 400: Invalid element"]
    world.emulator.control.clear_faults()
    world.write(emails("ann", "cem"))
    in_step(world, "ann", "cem")


def test_c1_whoever_was_forgotten_while_a_request_was_repeated_may_have_been_told(world: World) -> None:
    """The row stays a member by another identifier, which the repeated request no longer holds."""
    ann, bob = address("ann"), address("bob")
    world.activation(mapping=TWO)
    world.write([{"email": ann, "gaid": "", "key": "1"}, {"email": bob, "gaid": GAID, "key": "2"}])
    world.emulator.control.fault({"kind": "status", "status": 503, "after": True}, path=TELLING)

    def meanwhile() -> None:
        store, now = world.open().app.store, world.clock.now()
        key = bytes.fromhex(digest(bob)[-64:])[:16]
        block = [Blocked(key, IdType.SHA256_EMAIL, key)]
        store.suppressions.add(store.receipts.create([], [], now).id, block, now)

    world.hooks.after = once(meanwhile)
    world.sync()
    world.write([{"email": ann, "gaid": "", "key": "1"}])
    in_step(world, "ann")


def test_c1_a_removal_that_was_not_answered_is_taken_back_too(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    world.write(emails("ann"))
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path=TELLING, times=8)
    assert world.sync().state == "failed"
    world.write(emails("ann", "bob"))
    in_step(world, "ann", "bob")


@pytest.mark.parametrize(
    "fault", [{"kind": "timeout", "lands_after": None}, {"kind": "status", "status": 504}], ids=str
)
def test_c1_what_was_not_answered_and_never_arrived_is_not_taken_as_told(world: World, fault: dict[str, Any]) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("bob"))
    world.emulator.control.fault(fault, path=TELLING, times=8)
    assert world.sync().state == "failed"
    assert world.told() == shown("ann")
    world.clock.sleep(121)
    world.emulator.control.fault(fault, path=TELLING, nth=2, times=8)
    assert world.sync().state == "failed"
    assert world.told() == set()
    in_step(world, "bob")


def test_c1_the_token_dies_for_a_day_after_a_lost_reply(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path=TELLING)
    world.hooks.after = once(lambda: lose_authorisation(world))
    assert world.sync().state == "parked"
    assert world.told() == shown("ann", "bob")
    world.clock.sleep(25 * 3_600)
    world.write(emails("ann"))
    world.connect()
    in_step(world, "ann")


def test_c1_a_run_that_waited_over_a_day_is_planned_anew(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    world.hooks.before = once(lambda: lose_authorisation(world))
    assert world.sync().state == "parked"
    world.clock.sleep(25 * 3_600)
    world.write(emails("ann"))
    world.connect()
    sent = len(world.tellings())
    world.sync()
    assert not any(digest(address("bob")) in each["adds"] for each in world.tellings()[sent:])
    in_step(world, "ann")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_c1_a_process_that_ended_in_the_middle_of_a_telling(world: World, moment: str) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    crash_at(world, moment)
    world.clock.sleep(25 * 3_600)  # too old to be gone on with
    world.write(emails("ann"))
    in_step(world, "ann")


def test_c1_the_halves_of_a_batch_in_doubt_are_in_doubt(world: World) -> None:
    """A lost reply, then a refusal of the whole batch: its children may have been told."""
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob", "cem"))
    control = world.emulator.control
    control.fault({"kind": "reset", "when": "after"}, path=TELLING)
    control.fault({"kind": "status", "status": 400, "body": {"message": "no"}}, path=TELLING, nth=2)
    world.hooks.after = calls(lambda: None, lambda: lose_authorisation(world))
    assert world.sync().state == "parked"
    world.clock.sleep(25 * 3_600)
    world.write(emails("ann"))
    world.connect()
    in_step(world, "ann")


def calls(*acts: Callable[[], object]) -> Callable[[], None]:
    """The first act at the first call, and so on, then nothing."""
    left = list(acts)

    def called() -> None:
        if left:
            left.pop(0)()

    return called


@pytest.mark.parametrize("applied", [True, False])
def test_c1_elements_that_the_reply_does_not_name_are_told_again(world: World, applied: bool) -> None:
    world.write(emails("ann", "bob", "cem"))
    world.emulator.control.fault({"kind": "drop_elements", "count": 2, "applied": applied}, path=TELLING)
    result = world.sync()
    assert (result.state, result.added) == ("done", 3)
    first, second = world.tellings()
    assert (len(first["adds"]), len(second["adds"])) == (3, 2)
    in_step(world, "ann", "bob", "cem")


def test_c1_elements_that_were_never_named_are_in_doubt(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob", "cem"))
    control = world.emulator.control
    control.fault({"kind": "drop_elements", "count": 1, "applied": True}, path=TELLING)
    world.hooks.after = once(lambda: lose_authorisation(world))
    assert world.sync().state == "parked"
    assert world.told() == shown("ann", "bob", "cem")
    world.clock.sleep(25 * 3_600)
    world.write(emails("ann"))
    world.connect()
    in_step(world, "ann")


# ── C2: no two different tellings of one identifier at once ──────────────────────────────────────────────────────
def test_c2_additions_do_not_overtake_a_removal_that_is_tried_again(world: World) -> None:
    """Under the reading that REMOVE takes out the person, an addition that overtook it would be undone."""
    one_person(world, "work", "home")
    world.activation(mapping=TWO)
    world.write([{"key": "K1", "email": address("work"), "gaid": ""}])
    world.sync()
    world.write([{"key": "K1", "email": address("home"), "gaid": ""}])
    world.emulator.control.fault({"kind": "status", "status": 503}, path=TELLING)
    assert world.sync().state == "done"
    assert [bool(each["removes"]) for each in world.tellings()[1:]] == [True, True, False]
    assert world.segment()["members"] == ["m"]


@pytest.mark.parametrize("again", [True, False], ids=["the same is told again at once", "a new process"])
def test_c2_additions_wait_until_no_removal_can_still_arrive(world: World, again: bool) -> None:
    """The removal lands 90 s after it was given up, long after its repetition was answered."""
    one_person(world, "work", "home")
    world.activation(mapping=TWO)
    world.write([{"key": "K1", "email": address("work"), "gaid": ""}])
    world.sync()
    world.write([{"key": "K1", "email": address("home"), "gaid": ""}])
    world.emulator.control.fault({"kind": "timeout", "lands_after": 90.0}, path=TELLING)
    if not again:
        crash_at(world, "after" if again else "before", 2)
    world.sync()
    _, first, *_, last = world.tellings()
    assert first["removes"]
    assert last["adds"]
    assert last["at"] - first["at"] >= 120.0
    world.clock.sleep(121)
    assert world.segment()["members"] == ["m"]
    assert world.emulator.control.overlaps() == []


def test_c2_whoever_takes_over_waits_for_what_the_dead_process_may_have_sent(world: World) -> None:
    one_person(world, "work", "home")
    world.activation(mapping=TWO)
    world.write([{"key": "K1", "email": address("work"), "gaid": ""}])
    world.sync()
    world.write([{"key": "K1", "email": address("home"), "gaid": ""}])
    crash_at(world, "before", 1)
    died = world.clock.now()
    world.sync()
    assert world.tellings()[-1]["adds"]
    assert world.tellings()[-1]["at"] - died >= 120.0


def test_c2_a_zombie_that_wakes_up_and_sends_is_noticed_and_healed(world: World) -> None:
    """Worker A stops in the middle of an addition and its lock is lost (a database that restarted); B takes over,
    then the list loses the person; A wakes up, and LinkedIn hears the old addition last.
    """
    world.write(emails("ann"))
    world.sync()
    assert world.app is not None
    world.app.store.lock = lambda name, wait=True: nullcontext(True)  # type: ignore[method-assign, assignment]
    world.write(emails("ann", "bob"))
    other = World(world.folder, emulator=world.emulator)

    def meanwhile() -> None:
        assert other.sync().state == "done"
        other.write(emails("ann"))
        assert other.sync().removed == 1
        assert other.told() == shown("ann")

    world.hooks.before = once(meanwhile)
    world.sync()
    assert world.told() == shown("ann", "bob")  # nobody could stop that
    world.close()
    assert other.sync().removed == 1
    assert other.told() == shown("ann")
    sent = other.sent()
    assert other.sync().removed == 0
    assert other.sent() == sent
    other.close()


def test_c2_a_zombies_answer_changes_nothing_that_others_settled(world: World) -> None:
    """B has closed A's run: A's refusal of everybody is not believed any more."""
    world.write(emails("ann", "bob"))
    assert world.open()
    assert world.app is not None
    world.app.store.lock = lambda name, wait=True: nullcontext(True)  # type: ignore[method-assign, assignment]
    other = World(world.folder, emulator=world.emulator)

    def meanwhile() -> None:
        other.sync()
        refusal = {"kind": "refuse_elements", "positions": [0, 1]}
        world.emulator.control.fault(refusal, path=TELLING)

    world.hooks.before = once(meanwhile)
    world.sync()
    world.close()
    result = other.sync()
    assert (result.state, result.rejected) == ("done", 0)
    assert other.told() == shown("ann", "bob")
    other.close()


def test_c2_a_late_answer_to_a_dead_segment_doubts_nobody_in_the_new_one(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    assert world.app is not None
    world.app.store.lock = lambda name, wait=True: nullcontext(True)  # type: ignore[method-assign, assignment]
    world.write(emails("ann", "bob"))
    other = World(world.folder, emulator=world.emulator)

    def meanwhile() -> None:
        world.emulator.control.ripen(other.segment()["record"]["id"], "EXPIRED")
        assert other.sync().state == "done"

    world.hooks.before = once(meanwhile)
    world.sync()
    world.close()
    sent = other.sent()
    assert other.sync().changed == 0
    assert other.sent() == sent
    assert other.told() == shown("ann", "bob")
    other.close()


# ── C3: a ledger belongs to a segment ────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("moment", "mode"), [("before", "mirror"), ("after", "add_only"), ("settled", "mirror")])
def test_c3_what_an_old_segment_was_told_counts_nothing_in_the_new_one(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str, mode: str
) -> None:
    """The process ends with batches in flight, or answered and not closed; then the segment expires."""
    world.activation(mode=mode)
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    if moment == "settled":
        with monkeypatch.context() as patched:
            patched.setattr(runs, "close", lambda *_, **__: crash())
            with pytest.raises(Crash):
                world.sync()
        world.close()
    else:
        crash_at(world, moment)
    world.emulator.control.ripen(world.segment()["record"]["id"], "EXPIRED")
    result = world.sync()
    assert result.state == "done"
    assert world.segment()["record"]["sourceSegmentId"].endswith("~2")
    in_step(world, "ann", "bob")


def test_c3_everybody_is_told_again_to_a_new_segment(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    world.emulator.control.ripen(world.segment()["record"]["id"], "FAILED")
    world.write(emails("bob", "cem"))
    world.sync()
    in_step(world, "bob", "cem")


def test_c3_deleted_is_what_the_finder_says_never_a_404_alone(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    first = world.segment()["record"]["id"]
    world.clock.sleep(3_600)
    world.write(emails("ann", "bob"))
    gone = {"kind": "status", "status": 404, "body": {"status": 404, "message": "Not Found"}}
    world.emulator.control.fault(gone, path=TELLING, times=2)
    world.emulator.control.fault(gone, path=r"/dmpSegments/\d+$", method="GET")
    result = world.sync()
    assert (result.state, result.segment_id) == ("done", str(first))
    assert len(world.emulator.control.segments()) == 1
    in_step(world, "ann", "bob")


def test_c3_a_segment_lost_in_mid_run_is_replaced_and_filled_in_the_same_sync(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.clock.sleep(3_600)
    world.write(emails("ann", "bob"))
    segment = world.segment()["record"]["id"]

    def deleted() -> None:
        world.emulator.control.ripen(segment, "EXPIRED")
        gone = {"kind": "status", "status": 404, "body": {"status": 404, "message": "Not Found"}}
        world.emulator.control.fault(gone, path=TELLING)

    world.hooks.before = once(deleted)
    assert world.sync().state == "done"
    assert world.segment()["record"]["id"] != segment
    in_step(world, "ann", "bob")


def test_c3_a_segment_that_expires_while_it_is_told_is_replaced_and_filled_in_the_same_sync(world: World) -> None:
    """It refuses everybody alike, which is neither a row's fault nor the request's."""
    world.write(emails("ann", "bob"))
    world.sync()
    old = world.segment()["record"]["id"]
    world.clock.sleep(700)
    world.write(emails("ann", "bob", "cem"))
    world.hooks.before = once(lambda: world.emulator.control.ripen(old, "EXPIRED"))
    result = world.sync()
    assert (result.state, result.rejected) == ("done", 0)
    assert world.segment()["record"]["id"] != old
    in_step(world, "ann", "bob", "cem")


# ── C6, C7: who is who, under both readings ──────────────────────────────────────────────────────────────────────
def test_c6_an_identifier_stays_with_the_element_it_was_told_in(world: World) -> None:
    """rows {e1, g}, {e2, g}: whose g it is does not depend on the order of the rows, today or tomorrow."""
    world.activation(mapping=TWO)
    first, second = ({"key": "", "email": address(name), "gaid": GAID} for name in ("ann", "bob"))
    world.write([first])
    world.sync()
    for rows in ([second, first], [first, second]):
        world.write(rows)
        world.sync()
    told = [each["adds"] for each in world.tellings()]
    assert [f"GOOGLE_AID:{GAID}" in each for each in told] == [True, False]


@pytest.mark.parametrize("reading", ["identifier", "member"])
def test_c7_a_changed_address_of_one_primary_id(world: World, reading: str) -> None:
    one_person(world, "work", "home", reading=reading)
    world.activation(mapping=TWO)
    for name in ("work", "home", "work"):
        world.write([{"key": "K1", "email": address(name), "gaid": ""}])
        world.sync()
        assert world.told() == shown(name)
        assert reading == "identifier" or world.segment()["members"] == ["m"]


@pytest.mark.parametrize("stays", [0, 1])
@pytest.mark.parametrize("together", [True, False], ids=["in one row", "by primaryId"])
def test_c7_a_relative_of_a_removal_is_told_again(world: World, together: bool, stays: int) -> None:
    """Two addresses that were ever joined; one leaves: LinkedIn may have removed the person behind both."""
    one_person(world, "work", "home")
    world.activation(mapping={"email": ["email", "second"], "primaryId": "key"})
    both = {"key": "K1", "email": address("work"), "second": address("home")}
    left, right = ({"key": "K1", "email": address(name), "second": ""} for name in ("work", "home"))
    world.write([both] if together else [left, right])
    world.sync()
    world.write([(left, right)[stays]])
    world.sync()
    assert world.segment()["members"] == ["m"]
    assert world.told() == shown(("work", "home")[stays])


@pytest.mark.parametrize("stays", [0, 1])
def test_c7_relatives_are_remembered_when_they_were_joined_long_ago(world: World, stays: int) -> None:
    """The row that joined them is gone, each lives in a row of its own; then one leaves, whoever named the group."""
    one_person(world, "work", "home")
    world.activation(mapping={"email": ["email", "second"], "primaryId": "key"}, max_removals="100%")
    left, right = ({"key": "", "email": address(name), "second": ""} for name in ("work", "home"))
    world.write([{"key": "", "email": address("work"), "second": address("home")}])
    world.sync()
    world.write([left, right])
    world.sync()
    world.clock.sleep(DAY)
    world.write([(left, right)[stays]])
    world.sync()
    assert world.segment()["members"] == ["m"]


@pytest.mark.parametrize("trouble", ["parked", "crash"])
def test_c7_a_relative_whose_addition_never_left_is_told_later(world: World, trouble: str) -> None:
    """The removal was answered, the addition was not sent, and the run was closed: the doubt has to stay."""
    one_person(world, "work", "home")
    world.activation(mapping={"email": ["email", "second"], "primaryId": "key"})
    left, right = ({"key": "K1", "email": address(name), "second": ""} for name in ("work", "home"))
    world.write([left, right])
    world.sync()
    world.write([right])
    if trouble == "crash":
        world.hooks.after = once(lambda: setattr(world.fuse, "left", 6))
        with pytest.raises(Crash):
            world.sync()
        world.close()
        world.clock.sleep(25 * 3_600)
    else:
        refused = {"kind": "status", "status": 413, "body": {"status": 413, "message": "no"}}
        world.emulator.control.fault(refused, path=TELLING, nth=2)
        assert world.sync().state == "parked"
    assert world.segment()["members"] == []
    world.sync()
    assert world.segment()["members"] == ["m"]


# ── C8: a snapshot is the list of its first sync ─────────────────────────────────────────────────────────────────
def test_c8_a_snapshot_that_waited_for_a_day_is_still_the_first_list(world: World, small: None) -> None:
    world.activation(mode="snapshot")
    world.write(emails("ann", "bob", "cem", "dee"))
    world.hooks.after = once(lambda: lose_authorisation(world))
    assert world.sync().state == "parked"
    world.write(emails("eve"))
    world.clock.sleep(25 * 3_600)
    world.connect()
    world.sync()
    assert world.told() == shown("ann", "bob", "cem", "dee")
    assert world.sync().state == "frozen"
    assert world.told() == shown("ann", "bob", "cem", "dee")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_c8_a_snapshot_survives_crashes_in_the_middle(world: World, small: None, moment: str) -> None:
    world.activation(mode="snapshot")
    world.write(emails("ann", "bob", "cem"))
    crash_at(world, moment, 2)
    world.write(emails("eve"))
    world.sync()
    assert world.told() == shown("ann", "bob", "cem")
    assert world.sync().state == "frozen"


# ── H4: a ledger is changed by compare-and-set ───────────────────────────────────────────────────────────────────
def test_h4_a_ledger_that_changed_while_a_run_was_folded_is_folded_into_anew(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    inner, store = world.planner.fold, world.open() and world.app
    assert store is not None
    folded: list[int] = []

    def fold(request: Any) -> Any:
        folded.append(request.run)
        delta = inner(request)
        if len(folded) == 1:
            store.store.ledgers.overlay(1, "again")
        return delta

    world.planner.fold = fold  # type: ignore[method-assign]
    assert world.sync().added == 1
    assert len(folded) == 2
    in_step(world, "ann", "bob")


# ── H6: refusals ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_h6_a_refused_update_does_not_forget_that_the_member_is_in(world: World) -> None:
    ann, bob = ({**row, "firstName": "A"} for row in emails("ann", "bob"))
    world.write([ann, bob])
    world.sync()
    refusal = {"kind": "refuse_elements", "identifiers": [digest(address("bob"))]}
    world.emulator.control.fault(refusal, path=TELLING)
    world.write([ann, {**bob, "firstName": "B"}])
    result = world.sync()
    assert (result.changed, result.rejected) == (0, 1)
    world.write([ann])
    assert world.sync().removed == 1
    in_step(world, "ann")


def test_h6_a_refused_removal_is_tried_once_a_day(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    refusal = {"kind": "refuse_elements", "identifiers": [digest(address("bob"))]}
    world.emulator.control.fault(refusal, path=TELLING, times=2)
    world.write(emails("ann"))
    world.sync()
    sent = world.sent()
    world.sync()
    assert world.sent() == sent
    for _ in range(2):
        world.clock.sleep(DAY + 1)
        world.sync()
    assert world.sent() == sent + 2
    assert world.told() == shown("ann")


# ── H7: who is to blame ──────────────────────────────────────────────────────────────────────────────────────────
def bad_row(world: World, name: str, place: int | None = None, why: str | None = None) -> None:
    """LinkedIn refuses every request that holds it as a whole, and may say at which place it stands."""
    text = digest(address(name)).split(":")[1]
    named = "" if place is None else f"Index: {place}, "
    message = f"{named}ERROR :: /userIds/0/idType :: {why or f'of {name}'}"
    body = {"status": 422, "message": message}
    world.emulator.control.fault({"kind": "status", "status": 422, "body": body}, path=TELLING, body=text, times=0)


def test_h7_one_bad_row_is_found_and_the_others_get_in(world: World) -> None:
    names = [f"p{n}" for n in range(20)]
    world.write(emails(*names))
    bad_row(world, "p7")
    result = world.sync()
    assert (result.state, result.added, result.rejected) == ("done", 19, 1)
    assert world.sent() <= 11
    sent = world.sent()
    world.sync()
    assert world.sent() == sent, "a refused row is not sent again until it changes"
    assert world.told() == shown(*(name for name in names if name != "p7"))


def test_h7_two_bad_rows_in_both_halves_are_not_taken_for_our_fault(world: World) -> None:
    names = [f"p{n}" for n in range(8)]
    world.write(emails(*names))
    bad_row(world, "p1")
    bad_row(world, "p6")
    result = world.sync()
    assert (result.state, result.added, result.rejected) == ("done", 6, 2)
    in_step(world, *(name for name in names if name not in ("p1", "p6")))


@pytest.mark.parametrize(
    ("count", "bad"),
    [(3, (0, 1)), (4, (0, 3)), (4, (0, 1, 2)), (8, (0, 7)), (40, (3, 30)), (40, (3, 12, 30)), (40, range(8))],
    ids=str,
)
def test_h7_bad_rows_refused_with_one_text_are_found_one_by_one(world: World, count: int, bad: Iterable[int]) -> None:
    """Both halves fail alike, with a text that names nobody; something within them is taken all the same."""
    world.activation(max_removals="100%")
    names = [f"p{n}" for n in range(count)]
    world.write(emails(*names))
    for place in bad:
        bad_row(world, f"p{place}", why="is not an enum symbol")
    result = world.sync()
    refused = len(list(bad))
    assert (result.state, result.added, result.rejected) == ("done", count - refused, refused)
    assert world.told() == shown(*(name for place, name in enumerate(names) if place not in bad))


def test_h7_a_fault_that_begins_in_mid_run_condemns_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those taken before it began do not vouch for a batch of which nothing is taken."""
    monkeypatch.setattr(runs, "BATCH_SIZE", 8)
    names = [f"p{n}" for n in range(16)]
    world.write(emails(*names))
    wrong = {"kind": "status", "status": 400, "body": {"status": 400, "message": "wrong header"}}
    world.emulator.control.fault(wrong, path=TELLING, nth=2, times=0)
    assert world.sync().state == "parked"
    assert world.sent() == 8
    world.emulator.control.clear_faults()
    result = world.sync()
    assert (result.state, result.rejected) == ("done", 0)
    in_step(world, *names)


def test_h7_a_fault_of_ours_parks_and_condemns_nobody(world: World) -> None:
    names = [f"p{n}" for n in range(30)]
    world.write(emails(*names))
    wrong = {"kind": "status", "status": 400, "body": {"status": 400, "message": "wrong header"}}
    world.emulator.control.fault(wrong, path=TELLING, times=0)
    assert world.sync().state == "parked"
    assert world.sent() == 7, "the list, its halves, their halves"
    world.emulator.control.clear_faults()
    result = world.sync()
    assert (result.state, result.rejected) == ("done", 0)
    in_step(world, *names)


OURS = [
    {"status": 400, "code": "VERSION_MISSING", "message": "A version must be present."},
    {"status": 400, "code": "INVALID_VALUE_FOR_FIELD", "message": "type can't be set to COMPANY"},
    {"status": 422, "message": "ERROR :: /elements :: field is required but not found and has no default value"},
]


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("body", OURS, ids=lambda body: str(body.get("code", body["status"])))
def test_h7_a_fault_of_ours_condemns_no_short_list(world: World, body: dict[str, Any], count: int) -> None:
    """The same for everybody: the only row of a list, two, three."""
    names = ["ann", "bob", "cem"][:count]
    world.write(emails(*names))
    wrong = {"kind": "status", "status": body["status"], "body": body}
    world.emulator.control.fault(wrong, path=TELLING, times=0)
    parked = world.sync()
    assert (parked.state, parked.rejected) == ("parked", 0)
    assert list(world.open().rejected("main")) == []
    assert world.sent() == 2 * count - 1
    world.emulator.control.clear_faults()
    assert world.sync().state == "done"
    in_step(world, *names)


def test_h7_what_was_removed_does_not_vouch_for_what_is_added(world: World) -> None:
    """Removals are taken; every addition is refused for a field that all of them have."""
    world.write(emails("ann"))
    world.sync()
    world.write(emails("bob"))
    wrong = {"kind": "status", "status": 400, "body": {"status": 400, "message": "unknown field country"}}
    world.emulator.control.fault(wrong, path=TELLING, body='"ADD"', times=0)
    parked = world.sync()
    assert (parked.state, parked.rejected) == ("parked", 0)
    assert world.told() == set()
    world.emulator.control.clear_faults()
    in_step(world, "bob")


def test_h7_a_removal_that_nobody_names_is_not_taken_for_refused(world: World) -> None:
    """The receipt of a forgetting stays incomplete, and goes on when the fault is mended."""
    world.write(emails("ann", "bob"))
    world.sync()
    wrong = {"kind": "status", "status": 400, "body": OURS[0]}
    world.emulator.control.fault(wrong, path=TELLING, times=0)
    assert world.open().forget([address("ann")]).state == "incomplete"
    world.emulator.control.clear_faults()
    in_step(world, "bob")
    assert world.open().receipts()[0].state == "complete"


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("reading", ["element", "batch_422"])
def test_h7_a_bad_row_of_a_short_list_is_refused_by_name(world: World, reading: str, count: int) -> None:
    """LinkedIn judges each element, or refuses the batch and names the element: both are survived."""
    names = ["ann", "bob", "cem"][:count]
    world.write(emails(*names))
    if reading == "element":
        refusal = {"kind": "refuse_elements", "identifiers": sorted(shown("ann")), "message": "not an enum symbol"}
        world.emulator.control.fault(refusal, path=TELLING, times=0)
    else:
        bad_row(world, "ann", place=0)
    result = world.sync()
    assert (result.state, result.rejected, result.added) == ("done", 1, count - 1)
    assert [row.row for row in world.open().rejected("main")] == [1]
    sent = world.sent()
    world.sync()
    assert world.sent() == sent
    assert world.told() == shown(*names[1:])


@pytest.mark.parametrize("bad", ["ann", "bob", "cem"])
def test_h7_a_bad_row_that_nobody_names_is_found_beside_one_that_is_taken(world: World, bad: str) -> None:
    names = ["ann", "bob", "cem"]
    world.write(emails(*names))
    bad_row(world, bad)
    result = world.sync()
    assert (result.state, result.rejected, result.added) == ("done", 1, 2)
    assert world.sent() <= 6
    assert world.told() == shown(*(name for name in names if name != bad))


def test_h7_the_last_batch_alone_is_judged_by_those_before(world: World, small: None) -> None:
    world.write(emails("ann", "bob", "cem"))
    bad_row(world, "cem")
    result = world.sync()
    assert (result.state, result.rejected, result.added) == ("done", 1, 2)


def test_h7_a_fifth_refused_parks_keeps_who_is_in_and_condemns_nobody(world: World) -> None:
    names = [f"p{n}" for n in range(60)]
    world.write(emails(*names))
    refusal = {"kind": "refuse_elements", "identifiers": sorted(shown(*names[:25]))}
    world.emulator.control.fault(refusal, path=TELLING)
    parked = world.sync()
    assert (parked.state, parked.rejected) == ("parked", 0)
    assert world.told() == shown(*names[25:])
    again = world.sync()
    assert (again.state, again.added, again.rejected) == ("done", 25, 0)
    in_step(world, *names)


@pytest.fixture
def at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Four threads and no pace: a telling waits a moment for a second one to be in the air beside it."""
    world.threads = 4
    world.close()
    monkeypatch.setattr(delivery.Delivery, "_reserve", lambda *_: 0.0)
    first, second = threading.Event(), threading.Event()

    def before() -> None:
        if first.is_set():
            second.set()
        first.set()
        second.wait(0.3)

    world.hooks.before = before
    return second


def test_h7_the_first_batch_of_a_run_flies_alone(world: World, small: None, at_once: threading.Event) -> None:
    names = [f"p{n}" for n in range(12)]
    world.write(emails(*names))
    wrong = {"kind": "status", "status": 403, "body": {"status": 403, "message": "Not enough permissions"}}
    world.emulator.control.fault(wrong, path=TELLING, times=0)
    assert world.sync().state == "parked"
    assert world.sent() == 1
    assert not at_once.is_set()
    world.emulator.control.clear_faults()
    assert world.sync().state == "done"
    assert at_once.is_set()
    in_step(world, *names)


def test_h7_several_requests_in_the_air_are_all_waited_for(world: World, small: None, at_once: threading.Event) -> None:
    names = [f"p{n}" for n in range(16)]
    world.write(emails(*names))
    world.sync()
    world.emulator.control.fault({"kind": "status", "status": 503, "after": True}, path=TELLING, nth=3, times=3)
    world.activation(max_removals="100%")
    world.write(emails(*names[8:], "new"))
    result = world.sync()
    assert (result.state, result.removed, result.added) == ("done", 8, 1)
    assert at_once.is_set()
    in_step(world, *names[8:], "new")


# ── H8: one segment, whatever is lost ────────────────────────────────────────────────────────────────────────────
EMPTY_PAGE = {"elements": [], "paging": {"start": 0, "count": 10, "total": 0, "links": []}}
CREATION = r"/dmpSegments$"


def test_h8_a_lost_reply_to_the_creation_makes_no_second_segment(world: World) -> None:
    world.write(emails("ann"))
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path=CREATION, method="POST")
    world.sync()
    world.sync()
    assert len(world.emulator.control.segments()) == 1
    in_step(world, "ann")


@pytest.mark.parametrize("steps", range(4))
def test_h8_a_crash_about_the_creation_makes_no_second_segment_though_the_finder_lags(world: World, steps: int) -> None:
    """The finder does not show for two minutes what was made: whoever comes after a crash looks that long."""
    world.write(emails("ann"))
    at: list[int] = []
    inner = world.emulator.handle

    def handle(request: Any) -> Any:
        if request.method == "POST" and request.path.endswith("/dmpSegments") and not at:
            at.append(1)
            world.fuse.left = steps
        return inner(request)

    world.emulator.handle = handle  # type: ignore[method-assign]
    with pytest.raises(Crash):
        world.sync()
    world.close()
    empty = {"kind": "status", "status": 200, "body": EMPTY_PAGE}
    world.emulator.control.fault(empty, path=CREATION, method="GET", times=10)
    world.sync()
    assert len(world.emulator.control.segments()) == 1
    in_step(world, "ann")


def test_h8_a_segment_of_somebody_else_is_never_filled(world: World) -> None:
    """Same name, same account, another store (staging): each has its own."""
    world.write(emails("ann"))
    world.sync()
    other = World(world.folder / "other", emulator=world.emulator)
    other.folder.mkdir()
    other.write(emails("bob"))
    other.connect()
    other.sync()
    assert world.told() == shown("ann")
    assert other.told() == shown("bob")
    other.close()


# ── H9: remove_only, toggles, add_only ───────────────────────────────────────────────────────────────────────────
def test_h9_remove_only_sends_nothing_twice(world: World) -> None:
    world.activation(mode="add_only")
    world.yaml["audiences"]["gone"] = {"members": "people", "source": {"file": "gone.csv"}}
    world.activation("thin", audience="gone", mode="remove_only", segment_of="main")
    world.write(emails("ann", "bob"))
    world.write(emails("bob", "zoe"), "gone.csv")
    world.sync()
    assert world.sync("thin").removed == 1
    sent = world.sent()
    assert world.sync("thin").removed == 0
    assert world.sent() == sent
    assert world.told() == shown("ann")


def test_h9_a_toggle_that_goes_off_names_the_identifier_a_last_time_and_is_no_removal(world: World) -> None:
    world.activation(mapping=TWO)
    devices = [f"{n:08d}-fb9c-47ad-9866-0794d394c912" for n in range(20)]
    world.write([{"key": "", "email": address(f"p{n}"), "gaid": gaid} for n, gaid in enumerate(devices)])
    world.sync()
    world.yaml["destinations"]["acme"]["send_google_advertising_id"] = False
    result = world.sync()
    assert (result.state, result.removed, result.changed) == ("done", 0, 20)
    in_step(world, *(f"p{n}" for n in range(20)))


def test_h9_add_only_keeps_the_former_address(world: World) -> None:
    world.activation(mode="add_only", mapping=TWO)
    for name in ("work", "home"):
        world.write([{"key": "K1", "email": address(name), "gaid": ""}])
        world.sync()
    assert not any(each["removes"] for each in world.tellings())
    in_step(world, "work", "home")


# ── H10: forgetting ──────────────────────────────────────────────────────────────────────────────────────────────
def test_h10_an_addition_that_waits_in_an_unsent_batch_is_not_told_any_more(world: World, small: None) -> None:
    world.write(emails("ann", "bob", "cem", "dee"))
    world.hooks.after = once(lambda: lose_authorisation(world))
    assert world.sync().state == "parked"
    left = {"ann", "bob", "cem", "dee"}
    forgotten = min(name for name in left if digest(address(name)) not in world.told())
    assert world.open().forget([address(forgotten)]).state == "incomplete"
    sent = len(world.tellings())
    world.connect()
    world.sync()
    assert not any(digest(address(forgotten)) in each["adds"] for each in world.tellings()[sent:])
    assert world.open().receipts()[0].state == "complete"
    in_step(world, *(left - {forgotten}))


def test_h10_forgetting_does_not_wait_for_a_delivery_that_is_on_its_way(
    world: World, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is forgotten after the first batch left; the ADD in a later one is not told any more."""
    world.write(emails("ann", "bob", "cem", "dan", "eve"))
    door = world.open()
    committed, tell = threading.Event(), forget._tell

    def told(*args: Any) -> None:
        committed.set()
        tell(*args)

    monkeypatch.setattr(forget, "_tell", told)
    other = threading.Thread(target=lambda: door.forget([address("eve")]))

    def meanwhile() -> None:
        other.start()
        assert committed.wait(30)

    world.hooks.after = once(meanwhile)
    world.sync()
    other.join()
    assert not any(digest(address("eve")) in each["adds"] for each in world.tellings())
    assert world.open().receipts()[0].state == "complete"
    in_step(world, "ann", "bob", "cem", "dan")


def test_h10_whoever_was_passed_over_is_not_taken_as_told(world: World, small: None) -> None:
    """The addition waits in a run whose process ended; forgotten, passed over, and then wanted again."""
    world.activation(mode="add_only")
    world.write(emails("ann", "bob", "cem", "dee"))
    crash_at(world, "before", 2)
    forgotten = min(name for name in ("ann", "bob", "cem", "dee") if digest(address(name)) not in world.told())
    world.open().forget([address(forgotten)])
    world.clock.sleep(121)
    world.sync()
    assert digest(address(forgotten)) not in world.told()
    world.open().unforget([address(forgotten)])
    assert world.sync().changed == 1, "the process that ended may have told it: unsure, so no news"
    in_step(world, "ann", "bob", "cem", "dee")


def test_h10_what_was_told_in_the_same_element_goes_too(world: World) -> None:
    """Forgetting an address takes out the device that was told with it."""
    world.activation(mode="add_only", mapping=TWO)
    world.write([{"key": "", "email": address("ann"), "gaid": GAID}, {"key": "", "email": address("bob"), "gaid": ""}])
    world.sync()
    world.open().forget([address("ann")])
    in_step(world, "bob")


@pytest.mark.parametrize("mode", ["mirror", "add_only"])
def test_h10_a_relative_of_somebody_forgotten_is_told_again(world: World, mode: str) -> None:
    one_person(world, "work", "home")
    world.activation(mode=mode, mapping={"email": "email", "primaryId": "key"})
    world.write([{"key": "K1", "email": address(name)} for name in ("work", "home")])
    world.sync()
    world.open().forget([address("work")])
    world.sync()
    assert world.told() == shown("home")
    assert world.segment()["members"] == ["m"]


@pytest.mark.parametrize("answered", [True, False])
def test_h10_add_only_does_not_bring_back_somebody_forgotten_into_a_new_segment(world: World, answered: bool) -> None:
    """Nor a device that was told with them, also when the old segment was gone before it could answer."""
    world.activation(mode="add_only", mapping=TWO)
    world.write([{"key": "", "email": address("ann"), "gaid": GAID}, {"key": "", "email": address("bob"), "gaid": ""}])
    world.sync()
    segment = world.segment()["record"]["id"]
    if not answered:
        lose_authorisation(world)
    assert world.open().forget([address("ann")]).state == ("complete" if answered else "incomplete")
    world.emulator.control.ripen(segment, "EXPIRED")
    world.connect()
    world.sync()
    assert world.segment()["record"]["id"] != segment
    in_step(world, "bob")
    world.open().forget([address("zoe")])
    assert {each.state for each in world.open().receipts()} == {"complete"}


def test_h10_a_removed_activation_is_reached_and_the_guard_and_a_pause_do_not_hold_it(world: World) -> None:
    world.activation(max_removals=0)
    world.activation("second", mode="add_only")
    world.write(emails("ann", "bob"))
    world.sync()
    world.sync("second")
    segment = int(world.open().status("second")[0].segment_id or 0)
    world.open().remove("second")
    del world.yaml["activations"]["second"]
    world.activation(enabled=False)
    assert world.open().forget([address("ann")]).state == "complete"
    assert world.told() == shown("bob")
    assert set(world.emulator.control.segment(segment)["identifiers"]) == shown("bob")


@pytest.mark.parametrize("delete", [False, True])
def test_what_was_removed_while_a_sync_waited_for_its_turn_is_told_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, delete: bool
) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    ensure, door = activations.ensure, world.open()

    def ensured(*args: Any) -> Any:
        monkeypatch.undo()
        found = ensure(*args)
        door.remove("main", delete_segment=delete)
        return found

    monkeypatch.setattr(activations, "ensure", ensured)
    sent, there = world.sent(), len(world.emulator.control.segments())
    with pytest.raises(UnknownName, match="was removed meanwhile: nothing was sent"):
        sync.sync(door.app, door.configuration.current, "main")
    assert (world.sent(), len(world.emulator.control.segments())) == (sent, there - delete)


def test_h10_both_digests_and_strangers_are_named(world: World) -> None:
    """Whoever was uploaded by hand is told to go though the ledger has never heard of them."""
    world.write(emails("ann", "bob"))
    world.sync()
    world.open().forget([address("zoe")])
    removed = world.tellings()[-1]["removes"]
    assert {one.split(":")[0] for one in removed} == {"SHA256_EMAIL", "SHA512_EMAIL"}
    assert digest(address("zoe")) in removed


@pytest.mark.parametrize("steps", [1, 2, 4, 6, 9, 12, 15, 17])
def test_h10_a_receipt_is_completed_whatever_crashed(world: World, steps: int) -> None:
    """``forget`` is killed between two steps; asking again completes all there is."""
    world.activation(mode="add_only")
    world.write(emails("ann", "bob"))
    world.sync()
    world.open()
    world.fuse.left = steps
    try:
        world.open().forget([address("ann")])
    except Crash:
        world.close()
    world.fuse.left = None
    world.open().forget([address("ann")])
    assert {each.state for each in world.open().receipts()} == {"complete"}
    in_step(world, "bob")


@pytest.mark.parametrize("fault", [LOST[0], {"kind": "timeout", "lands_after": None}], ids=lambda fault: fault["kind"])
def test_h10_a_removal_that_was_not_answered_leaves_the_receipt_incomplete(world: World, fault: dict[str, Any]) -> None:
    world.activation(mode="add_only")
    world.write(emails("ann", "bob"))
    world.sync()
    world.emulator.control.fault(fault, path=TELLING, times=8)
    assert world.open().forget([address("ann")]).state == "incomplete"
    world.clock.sleep(25 * 3_600)
    world.sync()
    assert world.open().receipts()[0].state == "complete"
    in_step(world, "bob")


def test_h10_nothing_is_forgotten_where_one_value_cannot_be_used(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    with pytest.raises(ConfigError):
        world.open().forget([address("ann"), "no address"])
    assert world.told() == shown("ann")
    assert world.open().receipts() == []


# ── waiting for LinkedIn, and for a person ───────────────────────────────────────────────────────────────────────
def test_a_day_limit_is_waited_for_until_midnight_utc(world: World, small: None) -> None:
    world.write(emails("ann", "bob", "cem"))
    body = {"status": 429, "message": "Resource level throttle APPLICATION DAY limit for calls to this resource"}
    world.emulator.control.fault({"kind": "status", "status": 429, "body": body}, path=TELLING, nth=2)
    waits = world.sync()
    assert (waits.state, waits.exit_code(), waits.added, waits.pending) == ("pending", 5, 3, 1)
    assert world.open().runs("main")[0].result.state == "pending"
    requests = len(world.emulator.control.requests())
    assert world.sync().state == "pending"
    assert len(world.emulator.control.requests()) == requests, "nothing is asked before midnight"
    world.clock.sleep(DAY - world.clock.now() % DAY + 1)
    rest = world.sync()
    assert (rest.state, rest.added, rest.unchanged, rest.continued) == ("done", 0, 3, 1)
    assert {each.result.state for each in world.open().runs("main")} == {"done"}
    in_step(world, "ann", "bob", "cem")


def test_a_parked_destination_is_only_looked_at_until_somebody_mends_it(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    lose_authorisation(world)
    world.write(emails("ann", "bob"))
    world.sync()
    sent = world.sent()
    assert world.sync().state == "parked"
    assert world.sent() == sent
    world.connect()
    assert world.sync().state == "done"
    in_step(world, "ann", "bob")


def test_a_role_that_was_lost_and_given_back_needs_no_new_authorisation(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    denied = {"kind": "status", "status": 403, "body": {"status": 403, "message": "Not enough permissions"}}
    world.emulator.control.fault(denied, path=TELLING)
    world.hooks.before = once(lambda: world.emulator.control.fault(denied, times=0))
    assert world.sync().state == "parked"
    sent = world.sent()
    again = world.sync()
    assert again.state == "parked"
    assert again.label
    assert again.reason.startswith(f"{again.label}: ")
    assert world.sent() == sent
    world.emulator.control.clear_faults()
    assert world.sync().state == "done"
    in_step(world, "ann", "bob")


def test_one_refresh_serves_every_request_that_noticed_the_end(
    world: World, small: None, at_once: threading.Event
) -> None:
    names = [f"p{n}" for n in range(12)]
    world.write(emails(*names))
    world.clock.sleep(3_600)  # a younger token would be waited for, not refreshed
    both = threading.Barrier(2, timeout=10)
    world.hooks.before = calls(lambda: None, both.wait, both.wait)
    world.hooks.after = once(world.emulator.control.expire_tokens)
    assert world.sync().state == "done"
    refreshes = [each for each in world.emulator.control.requests() if each["path"].endswith("/accessToken")]
    assert len(refreshes) == 1
    in_step(world, *names)


def test_resend_tells_everybody_once_more(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    sent = world.sent()
    assert world.sync(resend=True).changed == 2
    assert world.sent() == sent + 1
    in_step(world, "ann", "bob")


def test_h9_whoever_is_related_to_what_remove_only_took_out_is_told_again(world: World) -> None:
    """LinkedIn may have removed the person behind both addresses; the segment's own activation tells the other one."""
    one_person(world, "work", "home")
    world.yaml["audiences"]["gone"] = {"members": "people", "source": {"file": "gone.csv"}}
    world.activation(mode="add_only", mapping={"email": "email", "primaryId": "key"})
    world.activation("thin", audience="gone", mode="remove_only", segment_of="main", mapping={"email": "email"})
    world.write([{"key": "K1", "email": address(name)} for name in ("work", "home")])
    world.write(emails("work"), "gone.csv")
    world.sync()
    world.write([{"key": "K1", "email": address("home")}])
    assert world.sync("thin").removed == 1
    world.sync()
    assert world.told() == shown("home")
    assert world.segment()["members"] == ["m"]


def test_a_receipt_is_answered_by_a_sync_when_nobody_lived_to_write_it_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.write(emails("ann", "bob"))
    world.sync()

    def gone(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(runs, "answer_receipts", gone)
    with pytest.raises(Crash):
        world.open().forget(["ann@example.com"])
    world.close()
    monkeypatch.undo()
    assert [each.state for each in world.open().receipts()] == ["incomplete"]
    world.sync()
    assert [each.state for each in world.open().receipts()] == ["complete"]
    assert world.told() == {digest("bob@example.com")}
