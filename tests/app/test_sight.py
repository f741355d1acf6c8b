"""A segment is gone once neither GET nor the finder showed it at two looks that are far enough apart; a sync believes
one look if it is not fresh.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestlist.app import segments
from guestlist.app.lookout import Lookout
from guestlist.app.sight import FINDER_LAG, PAUSE
from guestlist.core.identity import Kind
from guestlist.ports import SegmentStatus
from guestlist.store.segments import DELETED
from tests.app.kit import Source, entered
from tests.world import World, digest, emails

NOT_FOUND = {"kind": "status", "status": 404, "body": {"status": 404, "message": "Not Found"}}
TELLING = "/users$"
MINUTES = 600.0  # until a segment that is gone was found out and its successor filled


def told(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


class Lists:
    """An activation whose list is synced."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.names: list[str] = []

    def add(self, name: str) -> Any:
        self.names.append(name)
        self.world.write(emails(*self.names))
        return self.world.sync()


class Streams:
    """An activation that events feed; the segment is looked at once an hour."""

    def __init__(self, world: World) -> None:
        self.world, self.source = world, Source(world)

    def add(self, name: str) -> Any:
        self.source.post(entered(name, self.source.now(), email=f"{name}@example.com"))
        for _ in range(3):
            result = self.source.settle()
            if result.state != "pending":
                break
        return result


Fed = Lists | Streams


@pytest.fixture(params=[Lists, Streams])
def fed(world: World, request: pytest.FixtureRequest) -> Fed:
    """It has told LinkedIn of "ann", was seen there, and is no longer new."""
    made: Fed = request.param(world)
    assert made.add("ann").state == "done"
    world.clock.sleep(2 * 3_600)
    assert made.add("bob").state == "done"
    world.clock.sleep(2 * 3_600)
    return made


@pytest.fixture
def fresh(world: World) -> Lists:
    """It has told LinkedIn of "ann" a moment ago, and was seen there."""
    made = Lists(world)
    assert made.add("ann").state == "done"
    assert world.open().status("main", live=True)[0].as_of is not None
    return made


# ── lists and streams ────────────────────────────────────────────────────────────────────────────────────────────
def test_what_linkedin_does_not_show_for_a_while_is_not_made_again(fresh: Lists, world: World) -> None:
    there = world.segment()["record"]["id"]
    world.hide_segments(3)
    began = world.clock.now()
    assert fresh.add("cem").state == "done"
    assert [each["id"] for each in world.emulator.control.segments()] == [there]
    assert world.told() == told("ann", "cem")
    assert 3 * PAUSE <= world.clock.now() - began < MINUTES


def test_what_refuses_to_be_told_while_linkedin_does_not_show_it_is_not_made_again(fresh: Lists, world: World) -> None:
    there = world.segment()["record"]["id"]
    world.emulator.control.fault(NOT_FOUND, path=TELLING, times=2)
    left = [3]
    world.hooks.before = lambda: world.hide_segments(left.pop()) if left else None
    assert fresh.add("dan").state == "done"
    assert [each["id"] for each in world.emulator.control.segments()] == [there]
    assert world.told() == told("ann", "dan")


def test_what_get_and_finder_agree_on_is_believed_of_one_that_is_not_fresh(fed: Fed, world: World) -> None:
    world.open().app.door.destination("acme").delete_segment(str(world.segment()["record"]["id"]))
    began = world.clock.now()
    assert fed.add("cem").state == "done"
    assert world.clock.now() - began < FINDER_LAG
    assert world.told() >= told("ann", "bob", "cem")


@pytest.mark.parametrize("noticed", ["at a look", "while it is told"])
def test_what_is_gone_is_made_again_within_minutes_and_once_a_day(fed: Fed, world: World, noticed: str) -> None:
    if noticed == "while it is told":
        fed.add("cem")
    began, gone = world.clock.now(), world.segment()["record"]["id"]
    world.open().app.door.destination("acme").delete_segment(str(gone))
    assert fed.add("dan").state == "done"
    assert world.clock.now() - began < MINUTES
    (there,) = world.emulator.control.segments()
    assert there["id"] != gone
    assert world.told() >= told("ann", "bob", "dan")
    world.clock.sleep(2 * 3_600)
    world.open().app.door.destination("acme").delete_segment(str(there["id"]))
    again = fed.add("eve")
    assert (again.state, again.label) == ("parked", "Segment lost")
    assert world.emulator.control.segments() == []


def test_a_telling_that_is_taken_says_that_it_is_there(world: World) -> None:
    """A stream looks once an hour: what it is told between two looks that found nothing counts too."""
    fed = Streams(world)
    fed.add("ann")
    world.clock.sleep(2 * 3_600)
    fed.add("bob")
    there = world.segment()["record"]["id"]
    world.hide_segments(1)
    assert "does not show this audience just now" in world.open().status("main", live=True)[0].reason
    world.clock.sleep(FINDER_LAG)
    assert fed.add("cem").state == "done"
    world.hide_segments(1)
    assert "does not show this audience just now" in world.open().status("main", live=True)[0].reason
    assert [each["id"] for each in world.emulator.control.segments()] == [there]


# ── whoever else looks ───────────────────────────────────────────────────────────────────────────────────────────
def test_forgetting_lets_go_of_nothing_that_is_there(fed: Fed, world: World) -> None:
    """LinkedIn would keep them in an audience that nobody tells anything any more."""
    there = world.segment()["record"]["id"]
    world.emulator.control.fault(NOT_FOUND, path=TELLING)
    world.hide_segments(2)
    assert world.open().forget(["ann@example.com"]).state == "complete"
    assert world.told() == told("bob")
    assert [each["id"] for each in world.emulator.control.segments()] == [there]


def test_a_person_who_looks_hears_that_linkedin_may_lag(fed: Fed, world: World) -> None:
    world.open().app.door.destination("acme").delete_segment(str(world.segment()["record"]["id"]))
    said = []
    for seconds in (0.0, FINDER_LAG - 1.0, 1.0):
        world.clock.sleep(seconds)
        (row,) = world.open().status("main", live=True)
        said.append((row.reason, row.linkedin_status == DELETED))
    lags = ("LinkedIn does not show this audience just now: it may lag, look again in a few minutes", False)
    assert said == [lags, lags, ("LinkedIn no longer has this audience; the next sync makes it again", True)]


def test_the_worker_misses_it_at_its_second_look(fed: Fed, world: World) -> None:
    world.open().app.door.destination("acme").delete_segment(str(world.segment()["record"]["id"]))
    world.clock.sleep(86_400)
    lookout, seen = Lookout(), []
    for _ in range(2):
        door = world.open()
        lookout.look(door.app, door.config)
        seen.append(door.status("main")[0].linkedin_status)
        world.clock.sleep(3_600)
    assert seen[0] != DELETED
    assert seen[1] == DELETED


def test_whoever_is_asked_to_stop_while_it_waits_makes_nothing_again(fresh: Lists, world: World) -> None:
    fed = fresh
    world.hide_segments(9)
    door = world.open()

    def shown(what: str, done: int, of: int) -> None:
        if "would show" in what:
            door.app.stop.set()

    result = door.sync("main", progress=shown)[0]
    assert (result.state, result.label) == ("failed", "Interrupted")
    door.app.stop.clear()
    world.emulator.control.clear_faults()
    assert fed.add("bob").state == "done"
    assert len(world.emulator.control.segments()) == 1


# ── any order of looks ───────────────────────────────────────────────────────────────────────────────────────────
class Shows:
    """A LinkedIn that shows what it is told to."""

    def __init__(self) -> None:
        self.by_get = self.by_finder = True

    def get_segment(self, segment_id: str) -> SegmentStatus | None:
        return self._shown(segment_id) if self.by_get else None

    def find_segments(self, account: str, source: str | None = None) -> list[SegmentStatus]:
        return [self._shown("77")] if self.by_finder else []

    def _shown(self, segment_id: str) -> SegmentStatus:
        return SegmentStatus(segment_id, "n", "s", "p", Kind.PEOPLE, "READY", 1, 1, 1, None)


looks = st.lists(
    st.tuples(st.sampled_from([1.0, 59.0, 60.0, 119.0, 120.0, 4_000.0]), st.booleans(), st.booleans()), max_size=12
)


def gone_at(taken: list[tuple[float, bool, bool]]) -> list[bool]:
    """After each look: the first and the last of those since it was shown are far enough apart."""
    found, now, since = [], 0.0, None
    for seconds, by_get, by_finder in taken:
        now += seconds
        since = None if by_get or by_finder else now if since is None else since
        found.append(since is not None and now - since >= FINDER_LAG)
    return found


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(looks)
def test_it_counts_as_deleted_after_two_looks_far_enough_apart(
    world: World, taken: list[tuple[float, bool, bool]]
) -> None:
    app, linkedin = world.open().app, Shows()
    made = app.store.activations.get("main") or _synced(world)
    app.store.segments.begin(made.id, made.ledger_id, "s", "n", app.clock.now())
    number = app.store.segments.current(made.ledger_id).id  # type: ignore[union-attr]
    app.store.segments.confirm(number, "77")
    segments.watch(app, linkedin, app.store.segments.by_id(number), "a")  # type: ignore[arg-type]
    found = []
    for seconds, linkedin.by_get, linkedin.by_finder in taken:
        world.clock.sleep(seconds)
        segments.watch(app, linkedin, app.store.segments.by_id(number), "a")  # type: ignore[arg-type]
        found.append(app.store.segments.by_id(number).linkedin_status == DELETED)
    assert found == gone_at(taken)


def _synced(world: World) -> Any:
    world.write(emails("ann"))
    world.sync()
    return world.open().app.store.activations.get("main")
