"""What streams promise beside being in step: ties, modes, the day of the guard, companies, what rests, what is seen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from guestlist.app import activations, event_view
from guestlist.app.fold import KEPT
from guestlist.events.outcomes import Outcome, percentile
from tests.app.kit import KEY, Source, entered, exited
from tests.world import World, digest

DAY = 86_400.0
PERSONAS = {"computation_class": "audience", "computation_id": "aud_1", "computation_key": KEY, "space_id": "spa_1"}


@pytest.fixture
def source(world: World) -> Source:
    return Source(world)


def people(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


# ── order ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_ties_go_by_arrival_then_by_place(source: Source, world: World) -> None:
    at = source.now() - 60
    into, out = entered("u1", at, email="ann@example.com"), exited("u1", at)
    source.post(out, into)
    source.settle()
    assert world.told() == people("ann")
    source.post(into, out)
    source.settle()
    assert world.told() == set()
    source.post(out)
    source.post(into)
    source.settle()
    assert world.told() == people("ann")


def test_an_event_that_claims_to_be_of_tomorrow_pins_nobody(source: Source, world: World) -> None:
    source.post(entered("u1", source.now() + DAY, email="ann@example.com"))
    source.settle()
    world.clock.sleep(1.0)
    source.post(exited("u1", source.now()))
    source.settle()
    assert world.told() == set()


# ── everybody, whatever changes ──────────────────────────────────────────────────────────────────────────────────
def test_a_changed_mode_gets_everybody(source: Source, world: World) -> None:
    source.post(*(entered(each, source.now(), email=f"{each}@example.com") for each in ("ann", "bob", "cem")))
    source.settle()
    world.activation("main", mode="add_only")
    source.post(exited("ann", source.now()), entered("dan", source.now(), email="dan@example.com"))
    source.fold()
    world.sync()
    assert world.told() == people("ann", "bob", "cem", "dan")
    world.activation("main", mode="stream")
    source.settle()
    assert world.told() == people("bob", "cem", "dan")


def test_a_resync_tells_everybody_again(source: Source, world: World) -> None:
    source.post(*(entered(each, source.now(), email=f"{each}@example.com") for each in ("ann", "bob")))
    source.settle()
    before = world.sent()
    world.sync(resend=True)
    assert world.sent() == before + 1
    assert world.told() == people("ann", "bob")


def test_the_guard_counts_a_day_and_then_lets_more_go(source: Source, world: World) -> None:
    world.activation("main", max_removals=6)
    now = source.now()
    source.post(*(entered(f"p{n}", now, email=f"p{n}@example.com") for n in range(20)))
    source.settle()
    source.post(*(exited(f"p{n}", now + 1) for n in range(6)))
    source.settle()
    source.post(exited("p6", now + 2))
    source.settle()
    assert world.told() == people(*(f"p{n}" for n in range(6, 20)))
    world.clock.sleep(DAY + 60)
    source.settle()
    assert world.told() == people(*(f"p{n}" for n in range(7, 20)))
    assert world.open().status("main")[0].state == "in step"
    assert source.outcomes() == {Outcome.DELIVERED: 27}


# ── golden events ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_computed_trait_is_no_audience(source: Source, world: World) -> None:
    """SEGMENT-42."""
    trait = {
        "type": "track",
        "event": "Trait Computed",
        "userId": "u1",
        "properties": {"trait_key": KEY, KEY: 12},
        "context": {
            "personas": {**PERSONAS, "computation_class": "trait", "computation_id": "tra_1"},
            "traits": {"email": "ann@example.com"},
        },
    }
    source.post(trait)
    source.settle()
    assert source.outcomes() == {Outcome.FILTERED: 1}
    world.activation("main", trigger='type = "track"')
    source.post(trait)
    source.settle()
    assert source.outcomes() == {Outcome.FILTERED: 1, Outcome.REJECTED: 1}
    assert world.sent() == 0


def test_journeys_and_identify_calls_end_in_linkedin(source: Source, world: World) -> None:
    """SEGMENT-41, 43."""
    world.activation("main", trigger='event = "Audience Entered" or event = "Audience Exited" or type = "identify"')
    step = entered("ann", source.now(), email="ann@example.com")
    step["properties"] = {}
    step["context"]["personas"] = {**PERSONAS, "computation_class": "journey_step", "computation_id": "j_o_1"}
    said: dict[str, Any] = {"type": "identify", "userId": "bob", "context": {"personas": PERSONAS}}
    source.post(step, {**said, "traits": {KEY: True, "email": "bob@example.com"}})
    source.settle()
    assert world.told() == people("ann", "bob")
    source.post({**said, "traits": {KEY: False}})
    source.settle()
    assert world.told() == people("ann")


def test_each_address_of_a_member_comes_in_an_event_of_its_own(source: Source, world: World) -> None:
    """SEGMENT-46: several addresses are several events, and a new one is told."""
    source.post(*(entered("u1", source.now(), email=f"{each}@example.com") for each in ("ann", "work")))
    source.settle()
    assert world.told() == people("ann", "work")
    source.post(entered("u1", source.now(), email="third@example.com"))
    source.settle()
    assert world.told() == people("ann", "work", "third")
    source.post(exited("u1", source.now(), email="ann@example.com"))
    source.settle()
    assert world.told() == set()


# ── companies ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_companies_come_and_go_by_the_same_rules(source: Source, world: World) -> None:
    """SEGMENT-35, 52, and the plain API."""
    world.yaml["audiences"]["people"]["members"] = "companies"
    world.activation("main", trigger='type = "group" or type = "track"')
    track = entered("", source.now())
    track["properties"] |= {"company_domain": "Track.example"}
    group = {"type": "group", "userId": "u1", "groupId": "g1", "timestamp": track["timestamp"]}
    source.post(track, {**group, "traits": {KEY: True, "company_domain": "group.example", "linkedin_company_id": 1337}})
    plain = {"companyWebsiteDomain": "plain.example", "companyName": "Plain"}
    source.post({"action": "add", "member": plain}, door="members", audience="people")
    source.settle()
    told = str(sorted(world.told()))
    assert all(each in told for each in ("track.example", "group.example", "plain.example", "1337"))
    source.post({**group, "traits": {KEY: False}, "timestamp": None})
    source.post({"action": "remove", "member": plain}, door="members", audience="people")
    source.settle()
    told = str(sorted(world.told()))
    assert "track.example" in told
    assert not any(each in told for each in ("group.example", "1337", "plain.example"))


# ── what rests, what is seen ─────────────────────────────────────────────────────────────────────────────────────
def test_what_events_say_rests_sealed_and_the_inbox_is_emptied(source: Source, world: World) -> None:
    world.activation("main", trigger='type = "track"')
    said = entered("crm-number-4711", source.now(), email="ann@secret.example.com", lastName="Lovelace")
    source.post(said, {**said, "event": "Subscribed", "properties": {"audience_key": KEY}, "userId": "crm-number-4712"})
    seen = resting(world)
    source.settle()
    seen += resting(world)
    store = world.open().app.store
    assert store.inbox.backlog().rows == 0
    assert source.outcomes() == {Outcome.DELIVERED: 1, Outcome.REJECTED: 1}
    assert KEY.encode() in seen  # what is no secret is found
    for secret in (b"Lovelace", b"ann@secret", b"crm-number"):
        assert secret not in seen


def resting(world: World) -> bytes:
    """Every byte under home."""
    return b"".join(each.read_bytes() for each in Path(world.folder / "home").rglob("*") if each.is_file())


def test_ten_samples_of_an_error_are_kept_for_a_day(source: Source, world: World) -> None:
    world.activation("main", trigger='type = "track"')
    for number in range(15):
        source.post({**entered(f"u{number}", source.now(), email=f"p{number}@example.com"), "event": "Subscribed"})
        source.fold()
    door = world.open()
    kept = door.events("main").samples
    assert len(kept) == 10
    sent = [each.data["sent"] for each in kept]
    assert {each["event"] for each in sent} == {"Subscribed"}
    assert {each["context"]["traits"]["email"] for each in sent} == {"p***@example.com"}
    world.clock.sleep(DAY + 60)
    now = door.app.clock.now()
    door.app.store.event_counts.forget_before(now - 15 * DAY, now - DAY)
    assert door.events("main").samples == ()
    assert source.outcomes() == {Outcome.REJECTED: 15}


def test_a_refusal_of_linkedin_is_a_failed_event_with_its_request_and_response(source: Source, world: World) -> None:
    refuse = {"kind": "refuse_elements", "identifiers": [digest("cem@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    source.post(*(entered(each, source.now(), email=f"{each}@example.com") for each in ("ann", "bob", "cem")))
    source.settle()
    assert source.outcomes() == {Outcome.DELIVERED: 2, Outcome.FAILED: 1}
    (row,) = world.open().events("main").activations
    assert row.p95_seconds is not None
    (end,) = [each for each in row.ends if each.outcome == Outcome.FAILED]
    assert "Invalid element" in end.code
    (kept,) = [each for each in world.open().events("main").samples if each.outcome == Outcome.FAILED]
    assert kept.data["sent"]["event"] == "Audience Entered"
    assert kept.data["sent"]["context"]["traits"]["email"] == "c***@example.com"
    assert kept.data["request"]["action"] == "ADD"
    assert kept.data["response"]["status"] == 400
    assert digest("cem@example.com").partition(":")[2] not in str(kept.data)


def test_of_many_events_at_once_a_refusal_is_shown_with_one_that_was_kept(source: Source, world: World) -> None:
    everybody = [f"p{number}" for number in range(6 * KEPT)]
    refused = [digest(f"{each}@example.com") for each in everybody[::10]]
    refuse = {"kind": "refuse_elements", "identifiers": refused, "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    source.post(*(entered(each, source.now(), email=f"{each}@example.com") for each in everybody[::-1]))
    source.settle()
    samples = [each for each in world.open().events("main").samples if each.outcome == Outcome.FAILED]
    assert len(samples) == 3
    assert all(each.data["sent"]["type"] == "track" for each in samples)
    assert b"p7@example.com" not in resting(world)


def test_p95_is_from_receipt_to_linkedins_answer(source: Source, world: World) -> None:
    source.post(*(entered(f"p{n}", source.now(), email=f"p{n}@example.com") for n in range(20)))
    received = source.now()
    world.clock.sleep(10.0)
    source.settle()
    (row,) = world.open().events("main").activations
    assert row.p95_seconds is not None
    assert 10.0 <= row.p95_seconds <= (source.now() - received) * 1.15  # a slot is that wide


def test_an_answer_counts_when_it_comes_not_when_its_run_ends(source: Source, world: World) -> None:
    """SEGMENT-91: of one run, removals are answered at once, and additions only once LinkedIn's minute has passed."""
    world.activation("main", max_removals="100%")
    source.post(*(entered(f"p{n}", source.now(), email=f"p{n}@example.com") for n in range(20)))
    source.settle()
    store, now = world.open().app.store, source.now()
    before = Counter(store.event_counts.latencies(0.0))
    busy = {"kind": "status", "status": 429, "headers": {"Retry-After": "40"}}
    world.emulator.control.fault(busy, path="/users$", nth=2)
    source.post(*(exited(f"p{n}", now, email=f"p{n}@example.com") for n in range(20)))
    source.post(entered("late", now, email="late@example.com"))
    source.settle()
    took = Counter(store.event_counts.latencies(0.0)) - before
    assert took.total() == 21
    assert (percentile(took, 0.95) or 99.0) < 10.0
    assert (percentile(took, 1.0) or 0.0) > 30.0


def test_p95_of_several_is_of_all_their_events_together(source: Source, world: World) -> None:
    """SEGMENT-91."""
    world.activation("other", mode="stream", audience_key="other")
    app, now = source.world.open().app, source.now()
    main, other = (activations.ensure(app, world.open().config, name).id for name in ("main", "other"))
    app.store.event_counts.took(main, [(now - 1.0, now)] * 99)
    app.store.event_counts.took(other, [(now - 500.0, now)])
    alone = event_view.p95(app, {"other"}, now - 3600.0)
    assert alone is not None
    assert alone >= 500.0
    together = event_view.p95(app, {"main", "other"}, now - 3600.0)
    assert together == event_view.p95(app, {"main"}, now - 3600.0)
    assert together is not None
    assert together < 2.0
    assert event_view.p95(app, {"nobody"}, now - 3600.0) is None
