"""What is promised in one sentence and shown nowhere else."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from guestlist.app import delivery, results
from guestlist.app.results import worst_exit
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError
from tests.world import ACCOUNT, World, digest, emails

DAY = 86_400.0
GAID = "cdda802e-fb9c-47ad-9866-0794d394c912"


def segments(world: World) -> list[dict[str, Any]]:
    return [dict(world.emulator.control.segment(each["id"])) for each in world.emulator.control.segments()]


def held(world: World) -> list[set[str]]:
    """Who is in each LinkedIn audience of the account, the oldest first."""
    return [set(each["identifiers"]) for each in segments(world)]


# ── exit codes ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("codes", "said"),
    [([], 0), ([0, 0], 0), ([0, 4], 4), ([4, 5, 0], 5), ([5, 4, 3], 3), ([3, 0, 1, 5], 1)],
)
def test_of_several_activations_the_first_that_applies_of_1_3_5_4(codes: list[int], said: int) -> None:
    assert worst_exit(codes) == said
    assert (results.EXIT_FAILED, results.EXIT_PERSON, results.EXIT_LINKEDIN, results.EXIT_REJECTED) == (1, 3, 5, 4)


# ── plan ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_plan_says_what_it_costs_what_leaves_in_clear_and_how_many_linkedin_wants(world: World) -> None:
    clear = {"firstName": "Ann", "lastName": "Lee", "title": "CEO", "company": "Acme", "country": "DE"}
    world.write([emails("ann")[0] | clear])
    (planned,) = world.open().plan("main")
    assert planned.in_clear == tuple(clear)
    assert (planned.requests, planned.seconds_at_limit) == (1, 0.1)
    assert "needs 300 matched people" in planned.advice
    assert "advises 10,000" in planned.advice
    assert world.sent() == 0


# ── snapshots ────────────────────────────────────────────────────────────────────────────────────────────────────
def frozen_twice(world: World) -> None:
    world.activation(mode="snapshot", segment_name="Guests")
    world.write(emails("ann", "bob"))
    world.sync()
    world.write(emails("bob", "cem"))
    world.sync(new_snapshot=True)


def test_a_new_snapshot_is_a_second_audience_of_the_same_name_and_leaves_the_first(world: World) -> None:
    frozen_twice(world)
    assert [each["record"]["name"] for each in segments(world)] == ["Guests", "Guests"]
    first, second = held(world)
    assert first == {digest("ann@example.com"), digest("bob@example.com")}
    assert second == {digest("bob@example.com"), digest("cem@example.com")}
    assert world.sync().state == "frozen"


def test_forgetting_reaches_every_snapshot(world: World) -> None:
    frozen_twice(world)
    assert world.open().forget(["bob@example.com"]).state == "complete"
    assert held(world) == [{digest("ann@example.com")}, {digest("cem@example.com")}]


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────
ANN = b"ann@example.com"
SHA512 = hashlib.sha512(b"bob@example.com").hexdigest()


@pytest.mark.parametrize(
    ("value", "left"),
    [
        (" Ann@Example.com", [{f"SHA512_EMAIL:{SHA512}"}, set()]),
        (hashlib.sha256(ANN).hexdigest().upper(), [{f"SHA512_EMAIL:{SHA512}"}, set()]),
        (GAID.upper(), [{f"SHA512_EMAIL:{SHA512}"}, {digest("ann@example.com")}]),
        (SHA512, [{digest("ann@example.com"), f"GOOGLE_AID:{GAID}"}, {digest("ann@example.com")}]),
        ("primaryId:1", [{f"SHA512_EMAIL:{SHA512}"}, set()]),
    ],
    ids=["address", "digest", "Google id", "SHA-512", "primaryId"],
)
def test_whatever_names_somebody_forgets_them_everywhere_and_for_good(
    world: World, value: str, left: list[set[str]]
) -> None:
    """Told to every people segment, also where nobody of that name is known."""
    mapping = {"email": ["email"], "googleAdvertisingId": "gaid", "primaryId": "key"}
    world.yaml["audiences"]["others"] = {"members": "people", "source": {"file": "others.csv"}}
    world.activation("main", mapping=mapping, max_removals="100%")
    world.activation("other", audience="others")
    world.write([{"email": "ann@example.com", "gaid": GAID, "key": "1"}, {"email": SHA512, "gaid": "", "key": "2"}])
    world.write(emails("ann"), "others.csv")
    for name in ("main", "other"):
        world.sync(name)
    assert world.open().forget([value]).state == "complete"
    assert sum(bool(telling["removes"]) for telling in world.tellings()) == 2
    for name in ("main", "other"):
        world.sync(name)
    assert held(world) == left


def test_undoing_a_primary_id_lets_its_addresses_come_back(world: World) -> None:
    world.activation(mapping={"email": ["email"], "primaryId": "key"})
    world.write([{"email": "ann@example.com", "key": "1"}, {"email": "bob@example.com", "key": "2"}])
    world.sync()
    world.open().forget(["primaryId:1"])
    world.write([{"email": "ann@example.com", "key": ""}, {"email": "bob@example.com", "key": "2"}])
    assert world.sync().rejected == 1
    assert world.told() == {digest("bob@example.com")}
    assert world.open().unforget(["primaryId:1"]) == 2
    assert world.sync().added == 1


# ── what stays what it was ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("what", ["audience", "destination", "members"])
def test_what_a_synced_activation_is_made_of_is_refused_to_change(world: World, what: str) -> None:
    world.write(emails("ann"))
    world.sync()
    if what == "members":
        world.yaml["audiences"]["people"]["members"] = "companies"
    else:
        world.yaml["audiences"]["others"] = world.yaml["audiences"]["people"]
        world.yaml["destinations"]["others"] = {"ad_account": ACCOUNT}
        world.activation(**{what: "others"})
    with pytest.raises(ConfigError, match=f"had {what} .* `guestlist remove main`.* `guestlist rename main NEW`"):
        world.sync()
    assert held(world) == [{digest("ann@example.com")}]


def test_a_guessed_mapping_is_fixed_at_the_first_sync(world: World) -> None:
    """A column that would be guessed later is left alone."""
    world.write([{"email": "ann@example.com"}])
    assert world.open().plan("main")[0].mapping == {"email": ("email",)}
    world.sync()
    world.write([{"email": "ann@example.com", "firstName": "Ann", "lastName": "Lee", "googleAdvertisingId": GAID}])
    sent = world.sent()
    assert world.sync().unchanged == 1
    assert world.sent() == sent
    assert dict(world.open().plan("main")[0].mapping) == {"email": ("email",)}


def test_the_source_segment_id_names_the_store_and_the_activation(world: World) -> None:
    """So that staging never finds production's."""
    world.write(emails("ann"))
    world.sync()
    (mine,) = segments(world)
    assert mine["record"]["sourceSegmentId"] == f"guestlist-{world.open().app.store.store_id}-main"


@pytest.mark.parametrize(("rename", "name"), [("keep", "Readers"), ("propagate", "Guests")])
def test_a_changed_name_is_kept_or_propagated(world: World, rename: str, name: str) -> None:
    world.activation(segment_name="Readers", rename=rename)
    world.write(emails("ann"))
    world.sync()
    world.activation(segment_name="Guests")
    world.sync()
    assert world.segment()["record"]["name"] == name


# ── when who is told ─────────────────────────────────────────────────────────────────────────────────────────────
def test_refresh_tells_everybody_again_that_often(world: World) -> None:
    world.activation(refresh="30d")
    world.write(emails("ann", "bob"))
    world.sync()
    for days, told in ((29, 1), (2, 2), (1, 2), (30, 3)):
        world.clock.sleep(days * DAY)
        world.sync()
        assert world.sent() == told


def test_consent_that_is_withdrawn_is_a_removal_and_none_is_not_kept(world: World) -> None:
    world.yaml["audiences"]["people"]["filter"] = "consent = 'yes'"
    for said in ("yes", "yes", "yes"), ("yes", "no", ""):
        rows = zip(("ann", "bob", "cem"), said, strict=True)
        world.write([{"email": f"{name}@example.com", "consent": consent} for name, consent in rows])
        result = world.sync()
    assert (result.removed, result.rejected) == (2, 0)
    assert held(world) == [{digest("ann@example.com")}]


def test_a_permission_to_remove_lets_one_run_pass(world: World) -> None:
    names = [f"p{n}" for n in range(40)]
    world.write(emails(*names))
    world.sync()
    world.write(emails(*names[:30]))
    assert world.open().plan("main")[0].exit_code() == world.sync().exit_code() == 3
    assert world.sync(allow_removals=10).removed == 10
    world.write(emails(*names[:20]))
    assert world.sync().exit_code() == 3
    assert len(held(world)[0]) == 30


def test_a_member_is_told_once_in_each_phase_of_a_run(world: World) -> None:
    """Also one whom several rows name, and one whose relative is removed."""
    mapping = {"email": ["email"], "googleAdvertisingId": "gaid", "primaryId": "key"}
    world.activation(mapping=mapping, max_removals="100%")
    ann = {"email": "ann@example.com", "gaid": GAID, "key": "1"}
    world.write([ann, ann, {"email": "bob@example.com", "gaid": "", "key": "2"}])
    world.sync()
    world.write([ann | {"gaid": ""}, ann | {"gaid": ""}, {"email": "cem@example.com", "gaid": "", "key": "2"}])
    world.sync()
    for telling in world.tellings():
        for told in (telling["adds"], telling["removes"]):
            assert len(told) == len(set(told))
    adds = [one for telling in world.tellings()[1:] for one in telling["adds"]]
    assert len(adds) == len(set(adds)) == 2


# ── pace ─────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("kind", "limit"), [("people", 600), ("companies", 300)])
def test_the_pace_is_linkedins_and_that_of_the_authorised_member(
    world: World, kind: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every request takes its turn from the store that all workers share."""
    world.yaml["audiences"]["people"]["members"] = kind
    world.write([{"email": "ann@example.com"} if kind == "people" else {"Website": "https://acme.example"}])
    paces = world.open().app.store.pace
    taken: list[tuple[str, int]] = []
    reserve = paces.reserve

    def noting(key: str, per_minute: int, *more: Any) -> float:
        taken.append((key, per_minute))
        return reserve(key, per_minute, *more)

    monkeypatch.setattr(paces, "reserve", noting)
    world.sync()
    ((key, per_minute),) = taken
    assert per_minute == limit == delivery.RATE[Kind[kind.upper()]]
    assert key.startswith("urn:li:person:")
    assert key.endswith({"people": "/users", "companies": "/companies"}[kind])
