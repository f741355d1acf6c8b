"""Streams: events in, segments in step, through the real store, planner, client and emulator."""

from __future__ import annotations

import pytest

from guestlist.app import overview
from guestlist.app.delivery import RATE, pace_key
from guestlist.app.event_ends import EventEnds
from guestlist.app.results import RunRow
from guestlist.app.sight import FINDER_LAG
from guestlist.core.identity import Identifier, IdType, Kind
from guestlist.errors import ConfigError
from guestlist.events.outcomes import Outcome
from tests.app.kit import KEY, Source, entered, exited
from tests.app.working import run_for
from tests.world import Crash, World, digest

DAY = 86_400.0
DEVICE = "11111111-fb9c-47ad-9866-0794d394c912"


@pytest.fixture
def source(world: World) -> Source:
    return Source(world)


def ann(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


def test_people_enter_and_leave(source: Source, world: World) -> None:
    now = source.now()
    source.post(entered("u1", now, email="ann@example.com"), entered("u2", now, email="bob@example.com"))
    assert source.settle().state == "done"
    assert world.told() == ann("ann", "bob")
    assert world.open().status("main")[0].segment_name == KEY  # SEGMENT-21: the display name is the key

    source.post(exited("u1", source.now()), entered("u3", source.now(), email="cem@example.com"))
    source.settle()
    assert world.told() == ann("bob", "cem")
    assert source.outcomes() == {Outcome.DELIVERED: 4}


def test_a_flush_asks_nothing_of_linkedin_but_to_tell(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    before = len(world.emulator.control.requests())
    source.post(entered("u2", source.now(), email="bob@example.com"))
    source.settle()
    assert len(world.emulator.control.requests()) == before + 1


def test_what_is_told_already_is_not_told_again(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    sent = world.sent()
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.post(exited("u1", source.now()), entered("u1", source.now() + 1, email="ann@example.com"))
    source.settle()
    assert world.sent() == sent  # a flap in one window costs no request
    assert source.outcomes() == {Outcome.DELIVERED: 1, Outcome.IN_STEP: 1, Outcome.SUPERSEDED: 2}


def test_the_order_of_arrival_never_matters(source: Source, world: World) -> None:
    now = source.now() - 60
    source.post(exited("u1", now + 2), entered("u2", now, email="bob@example.com"))
    source.settle()
    source.post(entered("u1", now + 1, email="ann@example.com"))
    source.settle()
    assert world.told() == ann("bob")
    assert source.outcomes()[Outcome.SUPERSEDED] == 1


def test_an_exit_removes_every_identifier_known(source: Source, world: World) -> None:
    """SEGMENT-47."""
    now = source.now() - 60
    source.post(entered("u1", now, email="ann@example.com"), entered("u1", now + 1, email="ann@home.example.com"))
    source.settle()
    assert len(world.told()) == 2
    source.post(exited("u1", now + 2))
    source.settle()
    assert world.told() == set()


def test_a_late_event_that_decides_nothing_may_bring_an_identifier(source: Source, world: World) -> None:
    now = source.now() - 60
    source.post(entered("u1", now + 2, email="ann@example.com"))
    source.settle()
    source.post(entered("u1", now + 1, email="ann@home.example.com"))
    source.settle()
    assert world.told() == {digest("ann@example.com"), digest("ann@home.example.com")}
    assert source.outcomes() == {Outcome.DELIVERED: 1, Outcome.SUPERSEDED: 1}


def test_a_shared_device_stays_while_somebody_who_is_in_has_it(source: Source, world: World) -> None:
    now = source.now() - 60
    world.activation("main", mapping={"email": "context.traits.email", "googleAdvertisingId": "context.traits.gaid"})
    source.post(
        entered("u1", now, email="ann@example.com", gaid=DEVICE),
        entered("u2", now, email="bob@example.com", gaid=DEVICE),
    )
    source.settle()
    source.post(exited("u1", now + 1))
    source.settle()
    assert world.told() == {digest("bob@example.com"), f"GOOGLE_AID:{DEVICE}"}


def test_an_activation_added_later_gets_everybody(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.yaml["destinations"]["second"] = {"ad_account": 516848834}
    account, member = 516848834, "AbC123xyz"
    role = {"account": account, "member": member, "role": "CAMPAIGN_MANAGER"}
    world.emulator.control.seed({"accounts": [{"id": account, "name": "Second"}], "roles": [role]})
    world.open().connect_token("second", world.emulator.control.token())
    world.activation("later", destination="second", mode="stream", audience_key=KEY)
    source.settle("later")
    assert world.told("later") == ann("ann")


def test_a_segment_that_is_lost_is_filled_with_everybody(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.emulator.control.ripen(int(world.open().status("main")[0].segment_id or 0), "EXPIRED")
    world.clock.sleep(2 * 3600)
    source.post(entered("u2", source.now(), email="bob@example.com"))
    source.settle()
    assert world.told() == ann("ann", "bob")


def test_a_young_segment_that_linkedin_showed_once_is_missed_when_it_is_gone(source: Source, world: World) -> None:
    """A 404 means "not there yet" only until then."""
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    door = world.open()
    door.app.door.destination("acme").delete_segment(door.status("main")[0].segment_id or "")
    began = source.now()
    source.post(entered("u2", source.now(), email="bob@example.com"))
    assert source.settle().reason == "the LinkedIn audience is made again"
    source.settle()
    assert world.told() == ann("ann", "bob")
    assert FINDER_LAG <= source.now() - began < 2 * FINDER_LAG


def test_a_lost_answer_is_told_again_and_counted_once(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.emulator.control.fault({"kind": "status", "status": 503, "after": True}, path="/users$", times=20)
    source.post(exited("u1", source.now()))
    source.settle()
    assert source.outcomes()[Outcome.PENDING_RETRY] == 1
    world.emulator.control.clear_faults()
    world.clock.sleep(200)
    source.settle()
    assert world.told() == set()
    assert source.outcomes() == {Outcome.DELIVERED: 2}


def test_removals_wait_for_a_person_while_additions_go_on(source: Source, world: World) -> None:
    now = source.now() - 60
    world.activation("main", max_removals=6)
    source.post(*(entered(f"u{i}", now, email=f"p{i}@example.com") for i in range(20)))
    source.settle()
    source.post(*(exited(f"u{i}", now + 1) for i in range(6)))
    source.settle()
    assert len(world.told()) == 14
    source.post(exited("u10", now + 2), entered("new", now + 2, email="new@example.com"))
    waiting = source.settle()
    assert digest("new@example.com") in world.told()
    assert digest("p10@example.com") in world.told()
    assert world.open().status("main")[0].state == "waiting"
    assert waiting.state == "done"
    assert source.outcomes()[Outcome.PENDING] == 1
    held = world.sync()
    assert (held.state, held.reason) == ("waiting", world.open().status("main")[0].reason)
    assert "--allow-removals 1" in held.reason
    assert world.open().runs("main")[0].result.state == "waiting"
    assert world.sync(allow_removals=1).state == "done"
    assert digest("p10@example.com") not in world.told()
    assert world.open().status("main")[0].state == "in step"
    assert source.outcomes() == {Outcome.DELIVERED: 28}


def test_the_forgotten_do_not_come_back(source: Source, world: World) -> None:
    source.post(
        entered("u1", source.now(), email="ann@example.com"), entered("u2", source.now(), email="bob@example.com")
    )
    source.settle()
    world.open().forget(["ann@example.com"])
    source.post(entered("u1", source.now() + 1, email="ann@example.com"))
    source.settle()
    assert world.told() == ann("bob")


def about(world: World, *users: str) -> list[bytes]:
    """What the member table says of them: primaryId and traits."""
    store = world.open().app.store
    key = store.event_members.key(KEY)
    assert key is not None
    names = [Identifier(IdType.PRIMARY, user.encode()).key16 for user in users]
    found = store.event_members.some(key.id, names)
    return [found[name].person for name in names]


def test_what_events_said_of_the_forgotten_rests_nowhere(source: Source, world: World) -> None:
    """Traits and primaryId go with the wish itself, also of a second member with the address; the block stays."""
    now, last = source.now() - 60, "Lovelace"
    source.post(
        entered("u1", now, email="ann@example.com", lastName=last),
        entered("crm-1", now, email="ann@example.com", lastName=last),
        entered("u2", now, email="bob@example.com", lastName="Babbage"),
    )
    source.settle()
    assert [b"Lovelace" in each for each in about(world, "u1", "crm-1")] == [True, True]
    world.open().forget(["ann@example.com"])
    assert about(world, "u1", "crm-1") == [b"", b""]
    assert b"Babbage" in about(world, "u2")[0]

    source.post(entered("u1", now + 1, email="ann@example.com", lastName=last), entered("u1", now + 2, lastName=last))
    source.post(entered("u2", now + 2, email="ann@example.com", lastName="Babbage"))  # the address is his, too
    source.settle()
    assert about(world, "u1", "crm-1", "u2") == [b"", b"", b""]
    assert world.told() == set()

    world.open().unforget(["ann@example.com"])
    source.post(entered("u1", now + 3, lastName=last))
    source.settle()
    assert b"Lovelace" in about(world, "u1")[0]
    assert about(world, "crm-1") == [b""]
    assert world.told() >= ann("ann")


def test_whoever_is_no_longer_forgotten_is_told_without_another_event(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.open().forget(["ann@example.com"])
    source.settle()
    assert world.told() == set()
    world.open().unforget(["ann@example.com"])
    source.settle()
    assert world.told() == ann("ann")


def test_a_toggle_that_is_switched_off_takes_its_identifiers_out(source: Source, world: World) -> None:
    world.activation("main", mapping={"email": "context.traits.email", "googleAdvertisingId": "context.traits.gaid"})
    source.post(entered("u1", source.now(), email="ann@example.com", gaid=DEVICE))
    source.settle()
    world.yaml["destinations"]["acme"]["send_google_advertising_id"] = False
    source.settle()
    assert world.told() == ann("ann")


def test_a_key_belongs_to_one_audience_for_ever(source: Source, world: World) -> None:
    """SEGMENT-49."""
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.open().remove("main")
    world.yaml["audiences"]["other"] = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
    world.yaml["activations"] = {
        "next": {"audience": "other", "destination": "acme", "mode": "stream", "audience_key": KEY}
    }
    with pytest.raises(ConfigError, match="belongs to audience 'people' for ever"):
        source.settle("next")


def test_every_event_has_exactly_one_end(source: Source, world: World) -> None:
    now = source.now() - 60
    source.post(
        entered("u1", now, email="ann@example.com"),
        entered("u1", now + 5, key="another", email="ann@example.com"),
        entered("", now),
        {"type": "page", "userId": "u1"},
        {**entered("u2", now, email="bob@example.com"), "integrations": {"LinkedIn Audiences": False}},
        {**entered("u3", now, email="cem@example.com"), "messageId": "m1", "integrations": {"All": False}},
        {**entered("u3", now, email="cem@example.com"), "messageId": "m1"},
        entered("u4", now, email="no address"),
    )
    source.settle()
    assert sum(source.outcomes().values()) == source.received["main"]
    assert source.outcomes() == {
        Outcome.DELIVERED: 2,
        Outcome.FILTERED: 3,
        Outcome.REJECTED: 2,
        Outcome.DUPLICATE: 1,
    }
    report = world.open().events("main")
    assert {end.code for row in report.activations for end in row.ends if end.outcome == Outcome.REJECTED} == {
        "no identifier",
        "not an e-mail address",
    }
    assert "example.com" not in str([each.data for each in report.samples]).replace("***@example.com", "")


def test_the_plain_api_names_linkedins_fields(source: Source, world: World) -> None:
    add = {"action": "add", "member": {"email": "ann@example.com", "firstName": "Ann", "primaryId": "crm-1"}}
    source.post(add, {"action": "add", "member": {"email": "bob@example.com"}}, door="members", audience="people")
    source.settle()
    assert world.told() == ann("ann", "bob")
    source.post({"action": "remove", "member": {"primaryId": "crm-1"}}, door="members", audience="people")
    source.settle()
    assert world.told() == ann("bob")


def test_rudderstacks_records_say_what_happened_to_a_row(source: Source, world: World) -> None:
    def record(action: str, email: str) -> dict[str, object]:
        return {"type": "record", "action": action, "identifiers": {"userId": email[:3]}, "fields": {"email": email}}

    source.post(record("insert", "ann@example.com"), record("update", "bob@example.com"), door="rudderstack")
    source.settle()
    assert world.told() == ann("ann", "bob")
    source.post(record("delete", "ann@example.com"), door="rudderstack")
    source.settle()
    assert world.told() == ann("bob")


def test_names_alone_are_enough(source: Source, world: World) -> None:
    world.activation("main", mapping={"firstName": "context.traits.firstName", "lastName": "context.traits.lastName"})
    source.post(entered("u1", source.now(), firstName="Ann", lastName="Smith"))
    source.settle()
    assert world.segment()["identifier_count"] == 1
    source.post(exited("u1", source.now()))
    source.settle()
    assert source.outcomes() == {Outcome.DELIVERED: 2}


def test_an_hour_of_flushes_is_shown_as_one_run(source: Source, world: World) -> None:
    """ADOBE-51: streaming runs are hourly windows."""
    source.post(entered("u0", source.now(), email="p0@example.com"))
    source.settle()
    for number in range(1, 4):
        source.post(entered(f"u{number}", source.now(), email=f"p{number}@example.com"))
        source.settle()
    flushes, first = world.open().runs("main")
    assert (first.result.added, flushes.result.added, flushes.result.requests) == (1, 3, 3)
    assert len(world.open().runs("main", limit=1)) == 1


def test_an_hour_is_whole_on_whichever_page_it_stands(source: Source, world: World) -> None:
    """Two streams take turns within the hour, so that flushes of one lie between those of the other."""
    world.activation("other", mode="stream", audience_key="other", segment_name="other")
    for number in range(4):
        for name, key in (("main", KEY), ("other", "other")):
            source.post(entered(f"u{number}", source.now(), key, email=f"p{number}@example.com"))
            source.settle(name)
    app = world.open().app
    whole = overview.runs(app, None, 100)
    assert [row.result.requests for row in whole[:2]] == [3, 3]  # the first of each was no flush
    for size in (1, 2, 3):
        found: list[RunRow] = []
        while page := overview.runs(app, None, size, found[-1].run if found else None):
            found += page
        assert found == whole


def test_events_of_a_run_that_nobody_lived_to_count_are_counted_next(
    source: Source, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()

    def gone(*_: object, **__: object) -> None:
        raise Crash

    monkeypatch.setattr(EventEnds, "count", gone)
    source.post(entered("u2", source.now(), email="bob@example.com"))
    with pytest.raises(Crash):
        source.settle()
    world.close()
    monkeypatch.undo()
    assert source.outcomes()[Outcome.PENDING] == 1
    source.settle()
    assert source.outcomes() == {Outcome.DELIVERED: 2}


# ── turns ────────────────────────────────────────────────────────────────────────────────────────────────────────
def push_back(world: World, seconds: float) -> None:
    """Others have taken the slots of the next ``seconds``."""
    store = world.open().app.store
    known = store.destinations.get("acme")
    assert known is not None
    key = pace_key(known.member, Kind.PEOPLE)
    while store.pace.wait(key, RATE[Kind.PEOPLE], world.clock.now()) < seconds:
        store.pace.reserve(key, RATE[Kind.PEOPLE], world.clock.now())


def test_h12_a_flush_takes_along_what_came_while_it_waited_for_its_turn(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    sent, sleep = len(world.tellings()), world.clock.sleep
    source.post(entered("u2", source.now(), email="bob@example.com"))
    source.fold()
    push_back(world, 3.0)
    late = [entered("u3", source.now(), email="cem@example.com")]

    def sleeping(seconds: float) -> None:
        while late:
            source.post(late.pop())
            source.fold()
        sleep(seconds)

    world.clock.sleep = sleeping  # type: ignore[method-assign]
    source.flush()
    (telling,) = world.tellings()[sent:]
    assert set(telling["adds"]) == ann("bob", "cem")


def test_a_flush_that_is_behind_tells_several_batches_none_larger_than_asked(source: Source, world: World) -> None:
    world.activation("main", mode="stream", audience_key=KEY, batch={"max_size": 2})
    source.settle()
    for name in "abcdefghi":  # a fold each: whole folds are compared
        source.post(entered(name, source.now(), email=f"{name}@example.com"))
        source.fold()
    source.settle()
    assert [len(each["adds"]) for each in world.tellings()] == [2, 2, 2, 2, 1]
    app = world.open().app
    flushes = [each for each in app.store.runs.latest(1, 99) if each.kind == "flush"]
    assert sorted(each.adds for each in flushes) == [1, 8]  # the first takes four times what is told at once
    assert source.outcomes() == {Outcome.DELIVERED: 9}


def test_h12_streams_come_before_bulk(source: Source, world: World) -> None:
    """Of requests that wait for a slot, those of a stream leave sooner than their own would be due."""
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    push_back(world, 0.4)
    now = source.now()
    source.post(entered("u2", now, email="bob@example.com"))
    source.settle()
    assert source.now() - now < 0.1
    push_back(world, 0.4)
    now = source.now()
    source.post(entered("u3", now, email="cem@example.com"))
    source.fold()
    world.sync("main")  # compares everybody: bulk
    assert source.now() - now >= 0.2


def test_events_that_nobody_listens_to_do_not_stay(world: World) -> None:
    source = Source(world)
    source.post(entered("u1", source.now(), email="ann@example.com"))
    world.yaml["audiences"]["people"]["source"] = {"file": "people.csv"}
    world.yaml["activations"] = {}
    backlog = world.open().app.store.inbox.backlog
    for _ in range(100):  # the fold has a thread of its own, which may be slow to start
        run_for(world, 3.0)
        if not backlog().events:
            break
    assert backlog().events == 0
