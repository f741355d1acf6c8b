"""Streams beside one another, behind one another, held back, replayed and late: everybody is told, and counted once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from guestlist.app import fold, messages, runs, streams
from guestlist.app.fold import Fold
from guestlist.app.streams import listeners
from guestlist.errors import ConfigError
from guestlist.events.outcomes import Outcome
from tests.app.kit import KEY, Source, entered, exited, iso
from tests.world import World, digest

NAMES = ("firstName", "lastName", "company", "email")
DAY = 86_400.0


@pytest.fixture
def source(world: World) -> Source:
    return Source(world)


def told(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


def ends(source: Source, activation: str = "main") -> dict[Any, int]:
    return {outcome: events for outcome, events in source.outcomes(activation).items() if events}


def second_account(world: World, **more: Any) -> None:
    """Another ad account that the same key feeds."""
    world.yaml["destinations"]["second"] = {"ad_account": 516848834}
    role = {"account": 516848834, "member": "AbC123xyz", "role": "CAMPAIGN_MANAGER"}
    world.emulator.control.seed({"accounts": [{"id": 516848834, "name": "Second"}], "roles": [role]})
    world.open().connect_token("second", world.emulator.control.token())
    world.activation("later", destination="second", mode="stream", audience_key=KEY, **more)


def test_what_a_slower_stream_has_not_looked_at_is_kept_for_it(source: Source, world: World) -> None:
    world.activation("main", batch={"max_size": 1})
    second_account(world)
    source.post(entered("u0", source.now(), email="p0@example.com"))
    source.settle()
    source.settle("later")
    for number in range(1, 8):
        source.post(entered(f"u{number}", source.now(), email=f"p{number}@example.com"))
        source.fold()
    source.settle("later")
    source.settle()
    everybody = told(*(f"p{number}" for number in range(8)))
    assert (world.told("later"), world.told()) == (everybody, everybody)
    assert ends(source) == ends(source, "later") == {"delivered": 8}


def test_a_sync_after_a_long_stop_ends_the_events_of_the_run_before(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.emulator.control.revoke_tokens()
    source.post(entered("u2", source.now(), email="bob@example.com"))
    source.settle()
    world.clock.sleep(DAY + 3600)
    world.open().connect_token("acme", world.emulator.control.token())
    world.sync()
    source.settle()
    world.clock.sleep(DAY + 3600)
    source.settle()
    assert ends(source) == {"delivered": 2}
    assert world.told() == told("ann", "bob")


def test_an_audience_lost_in_the_middle_of_a_sync_counts_nothing_twice(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    second_account(world)
    source.settle("later")
    source.post(entered("u2", source.now(), email="bob@example.com"))
    source.fold()
    segments = [int(world.open().status("main")[0].segment_id or 0)]

    def expires() -> None:
        if segments:
            world.emulator.control.ripen(segments.pop(), "EXPIRED")

    world.hooks.before = expires
    world.sync()
    world.hooks.before = lambda: None
    source.settle()
    assert not segments
    assert world.told() == told("ann", "bob")
    assert ends(source) == {"delivered": 2}


def test_what_a_lost_audience_was_never_told_is_delivered_by_the_one_that_takes_its_place(
    source: Source, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody is compared, and before the second of several requests LinkedIn lets go of the audience."""
    source.post(entered("u0", source.now(), email="ann@example.com"))
    source.settle()
    world.clock.sleep(3600)
    monkeypatch.setattr(runs, "BATCH_SIZE", 1)
    names = ["bob", "cem", "dan"]
    source.post(*(entered(name, source.now(), email=f"{name}@example.com") for name in names), exited("u0", 0.0))
    source.fold()
    before, left = int(world.segment()["record"]["id"]), [lambda: None, lambda: lost(world, before)]
    world.hooks.before = lambda: left.pop(0)() if left else None
    world.sync()
    source.settle()
    assert not left
    assert int(world.segment()["record"]["id"]) != before
    assert world.told() == told("ann", *names)
    assert ends(source) == {"delivered": 4, "superseded": 1}


def lost(world: World, segment: int) -> None:
    """LinkedIn lets go of the audience while it is told."""
    world.emulator.control.ripen(segment, "EXPIRED")
    gone = {"kind": "status", "status": 404, "body": {"status": 404, "message": "Not Found"}}
    world.emulator.control.fault(gone, path="/users$")


def test_an_activation_keeps_its_key(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.activation("main", audience_key="another")
    door = world.open()
    with pytest.raises(ConfigError, match="had audience_key high_intent and now has another"):
        streams.ensure(door.app, door.config, "main")


def test_a_changed_key_holds_up_nobody_else_and_loses_nothing(source: Source, world: World) -> None:
    """What it was and what it should be are both heard until somebody decides; all others go on."""
    world.activation("other", mode="stream", audience_key="second")
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.activation("main", audience_key="another")
    source.post(
        entered("u2", source.now(), email="bob@example.com"),
        entered("u3", source.now(), "second", email="cem@example.com"),
        entered("u4", source.now(), "another", email="dan@example.com"),
    )
    assert source.fold() == 3
    source.settle("other")
    assert world.told("other") == told("cem")
    rows = {each.activation: each for each in world.open().status()}
    assert (rows["main"].state, rows["other"].state) == ("failed", "in step")
    assert "had audience_key high_intent and now has another" in rows["main"].reason
    assert source.outcomes()[Outcome.PENDING] == 1
    world.activation("third", mode="stream", audience_key="another")  # what came meanwhile was kept
    world.activation("main", audience_key=KEY)
    source.settle()
    source.settle("third")
    assert (world.told(), world.told("third")) == (told("ann", "bob"), told("dan"))


def test_a_renamed_audience_loses_nothing_and_holds_up_nobody(source: Source, world: World) -> None:
    """Its key is the former's for ever, so nothing is told until somebody decides; its events are kept."""
    world.activation("other", mode="stream", audience_key="second")
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    people = world.yaml["audiences"]["people"]
    world.yaml["audiences"]["renamed"] = people
    world.activation("main", audience="renamed")
    world.activation("other", mode="stream", audience="renamed", audience_key="second")
    world.activation("fresh", mode="stream", audience="renamed", audience_key="third")
    del world.yaml["audiences"]["people"]
    source.post(
        entered("u2", source.now(), email="bob@example.com"),
        entered("u3", source.now(), "third", email="cem@example.com"),
    )
    assert source.fold() == 2
    source.settle("fresh")
    assert world.told("fresh") == told("cem")
    with pytest.raises(ConfigError, match="had audience people and now has renamed"):
        world.sync()
    world.yaml["audiences"]["people"] = people
    world.activation("main", audience="people")
    source.settle()
    assert world.told() == told("ann", "bob")


def test_a_key_of_another_audience_is_not_taken_by_whoever_was_never_told(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    world.yaml["audiences"]["thieves"] = {"members": "people", "source": {"events": {"write_keys": ["stolen"]}}}
    del world.yaml["activations"]["main"]
    world.activation("thief", audience="thieves", mode="stream", audience_key=KEY)
    door = world.open()
    assert listeners(door.app, door.config) == []


@pytest.mark.parametrize("change", ["its own", "of another audience"])
def test_a_plan_refuses_a_key_as_a_sync_does_and_claims_none(source: Source, world: World, change: str) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    if change == "its own":
        world.activation("main", audience_key="another")
        name, sentence = "main", "had audience_key high_intent and now has another"
    else:
        world.yaml["audiences"]["thieves"] = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
        world.activation("thief", audience="thieves", mode="stream", audience_key="fresh")
        assert world.open().plan("thief")[0].adds == 0
        assert world.open().app.store.event_members.key("fresh") is None
        world.yaml["activations"]["main"]["enabled"] = False
        world.yaml["activations"].pop("main")
        world.activation("thief", audience="thieves", mode="stream", audience_key=KEY)
        name, sentence = "thief", "belongs to audience 'people' for ever"
    with pytest.raises(ConfigError, match=sentence):
        world.open().plan(name)
    with pytest.raises(ConfigError, match=sentence):
        world.sync(name)


def test_what_said_nothing_may_be_sent_again_once_the_mapping_is_mended(source: Source, world: World) -> None:
    said = entered("", source.now())
    event = {**said, "messageId": "m1", "properties": {"audience_key": KEY, "mail": "ann@example.com"}}
    source.post(event)
    source.settle()
    world.activation("main", mapping={"email": "properties.mail"})
    source.post(event)
    source.post(event)
    source.settle()
    assert world.told() == told("ann")
    assert ends(source) == {"rejected": 1, "delivered": 1, "duplicate": 1}


def again(event: dict[str, Any], source: Source, message: str) -> dict[str, Any]:
    """As an SDK sends it once more: the same message, sent now."""
    return {**event, "messageId": message, "sentAt": iso(source.now())}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_message_that_comes_again_changes_nothing(source: Source, world: World, restarted: bool) -> None:
    """It was longer on its way than the first time, so that it looks later than what came in between."""
    now = source.now() - 60
    into, out = entered("u1", now, email="ann@example.com"), exited("u1", now + 1)
    source.post(again(into, source, "m1"))
    source.settle()
    source.post(again(out, source, "m2"))
    source.settle()
    if restarted:
        world.close()
    repeated = again(into, source, "m1")
    world.clock.sleep(5.0)
    source.post(repeated)
    source.settle()
    assert world.told() == set()
    assert ends(source)["duplicate"] == 1
    assert sum(ends(source).values()) == 3


@pytest.mark.parametrize("bound", ["RECENT", "ROWS"])
def test_only_so_many_messages_are_known_again(
    source: Source, world: World, monkeypatch: pytest.MonkeyPatch, bound: str
) -> None:
    monkeypatch.setattr(messages, bound, 3)
    said = [again(entered(f"u{n}", source.now() - 60, email=f"p{n}@example.com"), source, f"m{n}") for n in range(9)]
    for each in said:
        source.post(each)
        source.fold()
    source.settle()
    source.post(said[8], said[7], said[6], said[0])
    source.settle()
    assert ends(source) == {"delivered": 9, "duplicate": 3, "in step already": 1}
    rows = world.open().app.store.messages.after(0)
    assert [each.messages for each in rows] == [1, 1, 1]
    world.close()
    source.post(said[8], said[1])
    source.settle()
    assert ends(source) == {"delivered": 9, "duplicate": 4, "in step already": 2}


def test_a_fold_that_takes_over_knows_what_another_one_folded(source: Source, world: World) -> None:
    door = world.open()
    one, other = Fold(door.app), Fold(door.app)
    said = [again(entered(f"u{n}", source.now(), email=f"p{n}@example.com"), source, f"m{n}") for n in range(2)]
    for folding, event in ((one, said[0]), (other, said[1]), (one, said[1]), (other, said[0])):
        source.post(event)
        folding.step(lambda: listeners(door.app, door.config))
    source.settle()
    assert ends(source) == {"delivered": 2, "duplicate": 2}


def test_a_late_event_that_says_who_somebody_is_tells_them(source: Source, world: World) -> None:
    now = source.now() - 60
    world.activation("main", mapping={name: f"context.traits.{name}" for name in NAMES})
    source.post(entered("u0", now, email="ann@example.com"))
    source.settle()
    source.post(entered("u1", now + 2))
    source.settle()
    before = world.sent()
    source.post(entered("u1", now + 1, firstName="Ann", lastName="Lee", company="Acme"))
    source.settle()
    assert world.sent() - before == 1


def test_events_count_for_those_who_listened_when_they_were_folded(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="ann@example.com"))
    source.settle()
    door = world.open()
    before = listeners(door.app, door.config)
    second_account(world)
    door = world.open()
    streams.ensure(door.app, door.config, "later")  # another process made it meanwhile
    source.post(entered("u2", source.now(), email="bob@example.com"))
    fold = Fold(door.app)
    while fold.step(lambda: before):
        pass
    source.settle("later")
    assert world.told("later") == told("ann", "bob")
    assert ends(source, "later") == {}


def test_whose_removal_waits_is_counted_once(source: Source, world: World) -> None:
    now = source.now() - 60
    world.activation("main", max_removals=6)
    source.post(*(entered(f"u{number}", now, email=f"p{number}@example.com") for number in range(20)))
    source.settle()
    source.post(*(exited(f"u{number}", now + 1) for number in range(6)))
    source.settle()
    for later in range(3):
        source.post(exited("u10", now + 2 + later))
        source.fold()
        source.flush()
    found = world.open().app.store.activations.get("main")
    assert found is not None
    assert (found.waiting or {})["removals"] == 1


def test_what_waits_to_leave_costs_a_later_flush_nothing(
    source: Source, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = source.now() - 60
    world.activation("main", max_removals=1)
    source.post(*(entered(f"u{number}", now, email=f"p{number}@example.com") for number in range(400)))
    source.settle()
    store = world.open().app.store

    def written(*users: str) -> int:
        """Bytes that the flush writes or asks for."""
        source.post(*(exited(user, now + 1) for user in users))
        source.fold()
        sizes: list[int] = []

        def count(*given: Any) -> None:
            sizes.append(sum(len(each) for each in flat(given[3]) if isinstance(each, bytes | memoryview)))

        with monkeypatch.context() as patched:
            patched.setattr(store.waiting_events, "all", lambda _: pytest.fail("all that waits was read"))
            sa.event.listen(store.database.engine, "before_cursor_execute", count)
            source.flush()
            sa.event.remove(store.database.engine, "before_cursor_execute", count)
        return sum(sizes)

    written(*(f"u{number}" for number in range(20)))  # from here on removals wait
    few = written("u20")
    written(*(f"u{number}" for number in range(21, 300)))
    assert few > 0
    assert written("u300") == pytest.approx(few, rel=0.1)
    assert sorted(row.waiting["removals"] for row in store.activations.all() if row.waiting) == [301]
    world.sync(allow_removals=400)
    source.settle()
    assert world.told() == told(*(f"p{number}" for number in range(301, 400)))
    assert ends(source) == {"delivered": 701}


def test_for_an_activation_that_was_removed_nothing_waits(source: Source, world: World) -> None:
    world.activation("main", max_removals=1)
    source.post(*(entered(f"u{number}", source.now() - 60, email=f"p{number}@example.com") for number in range(20)))
    source.settle()
    source.post(*(exited(f"u{number}", source.now()) for number in range(20)))
    source.settle()
    door = world.open()
    (stream,) = door.app.store.streams.due(1e12)
    assert len(door.app.store.waiting_events.all(stream.activation_id)) == 20
    door.remove("main")
    assert door.app.store.waiting_events.all(stream.activation_id) == []


def flat(values: Any) -> Iterator[Any]:
    for each in values.values() if isinstance(values, dict) else values:
        if isinstance(each, list | tuple | dict):
            yield from flat(each)
        else:
            yield each


def test_a_removal_told_twice_is_one_that_left(source: Source, world: World) -> None:
    now = source.now() - 60
    source.post(*(entered(f"u{number}", now, email=f"p{number}@example.com") for number in range(20)))
    source.settle()
    world.emulator.control.fault({"kind": "status", "status": 503, "after": True}, path="/users$", times=20)
    source.post(exited("u1", now + 1))
    source.settle()
    world.emulator.control.clear_faults()
    world.clock.sleep(200)
    source.settle()
    app = world.open().app
    found = app.store.activations.get("main")
    assert found is not None
    assert app.store.runs.removed_since(found.id, 0.0) == 1


@pytest.mark.parametrize("step", ["read", "judged"])
def test_an_event_that_trips_a_fault_of_ours_holds_up_nobody(
    source: Source, world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    works = getattr(fold, step)

    def tripped(*given: Any) -> Any:
        if any("trap" in str(each) for each in given):
            raise OverflowError
        return works(*given)

    monkeypatch.setattr(fold, step, tripped)
    source.post({**entered("u1", source.now(), email="ann@example.com"), "trap": True})
    source.post(entered("u2", source.now(), email="bob@example.com"))
    source.settle()
    assert world.told() == told("bob")
    counts = source.world.open().app.store.event_counts.totals(0.0)
    assert {code: n for (_, outcome, code), n in counts.items() if outcome == Outcome.REJECTED} == {"INTERNAL": 1}


def test_an_event_whose_time_is_beyond_all_measure_holds_up_nobody(source: Source, world: World) -> None:
    source.post({**entered("u1", source.now(), email="ann@example.com"), "timestamp": 10**400})
    source.post(entered("u2", source.now(), email="bob@example.com"))
    source.settle()
    assert world.told() == told("ann", "bob")
