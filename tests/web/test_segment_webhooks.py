"""Segment's three webhook destinations, from their requests to LinkedIn.

``segment/*.http`` are requests as its destinations' code and documents say that they are sent, written by Node's own
``JSON.stringify`` and ``createHmac``: whole events of Engage, audiences of people and of accounts, one by one and in
batches. ``...-as-before``: signed over the first event only, as long as "Use X-Segment-Signature Header" is off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from guestlist.bootstrap import open_web
from guestlist.events.outcomes import Outcome
from tests.app.kit import Source
from tests.clock import Clock
from tests.web.kit import AUDIENCE, Site
from tests.world import World, digest

RECORDED = Path(__file__).parent / "segment"
SECRET = "a shared secret"
ACCOUNTS = "target_accounts"
KINDS = ["classic", "actions", "audiences"]
BATCHING = ["actions", "audiences"]


@pytest.fixture
def source(world: World) -> Source:
    """One key feeds an audience of people, another one an audience of companies."""
    made = Source(world)
    everybody = {"mode": "stream", "max_removals": "100%"}
    engage = 'event = "Audience Entered" or event = "Audience Exited" or type = "identify"'
    world.activation("main", audience_key=AUDIENCE, trigger=engage, **everybody)
    world.yaml["audiences"]["accounts"] = {"members": "companies", "source": {"events": {"write_keys": ["engage"]}}}
    groups = {"audience": "accounts", "audience_key": ACCOUNTS, "trigger": 'type = "group"'}
    world.activation("accounts", **groups, **everybody)
    return made


def site_over(world: World, secret: str | None) -> Iterator[Site]:
    app = world.open().app
    key = app.store.write_keys.create("engage", app.clock.now())
    web = open_web(replace(app, settings=replace(app.settings, segment_secret=secret)), lambda _: False)
    try:
        yield Site(web, app.store, Clock(), key)
    finally:
        web.close()


@pytest.fixture
def site(source: Source, world: World) -> Iterator[Site]:
    yield from site_over(world, SECRET)


@pytest.fixture
def unsigned_site(source: Source, world: World) -> Iterator[Site]:
    yield from site_over(world, None)


def send(site: Site, name: str, *, without: str = "", **more: str) -> httpx2.Response:
    """A recorded request, with the write key in a header that people set up there."""
    head, _, body = (RECORDED / f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    request, *lines = head.decode().split("\r\n")
    headers = {key: value for key, _, value in (line.partition(": ") for line in lines) if key != without}
    path = request.split(" ")[1]
    return site.send(path, body, key=None, **{"x-write-key": site.key, **headers, **more})


def taken(site: Site, source: Source, *names: str) -> None:
    """They are acknowledged, and everything they brought is told."""
    for name in names:
        answer = send(site, name)
        assert (answer.status_code, answer.json()) == (200, {"success": True}), name
    source.fold()
    source.settle("main")
    source.settle("accounts")


def people(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


def companies(world: World) -> str:
    return str(sorted(world.told("accounts")))


# ── one by one ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", KINDS)
def test_people_enter_and_leave_by_track_and_by_identify(site: Site, source: Source, world: World, kind: str) -> None:
    """SEGMENT-40, 41, 44, 45."""
    taken(site, source, f"{kind}-track-entered", f"{kind}-identify-entered")
    assert world.told() == people("ann", "bob")
    taken(site, source, f"{kind}-track-exited")
    assert world.told() == people("bob")
    taken(site, source, f"{kind}-identify-exited")
    assert world.told() == set()
    assert source.outcomes() == {Outcome.DELIVERED: 4}


@pytest.mark.parametrize("kind", KINDS)
def test_accounts_enter_and_leave_by_group(site: Site, source: Source, world: World, kind: str) -> None:
    """SEGMENT-35, 52."""
    taken(site, source, f"{kind}-group-entered")
    assert "initech.example" in companies(world)
    assert "1337" in companies(world)
    taken(site, source, f"{kind}-group-exited")
    assert world.told("accounts") == set()
    assert source.outcomes("accounts") == {Outcome.DELIVERED: 2}
    assert source.outcomes("main") == {Outcome.FILTERED: 2}


def test_rows_of_reverse_etl_come_and_go_by_two_mappings(site: Site, source: Source, world: World) -> None:
    """A row has none of an event's ids and times: what stands there is what people chose as data."""
    taken(site, source, "actions-row-added")
    assert world.told() == people("eva")
    world.clock.sleep(1.0)
    taken(site, source, "actions-row-deleted")
    assert world.told() == set()


def test_the_order_of_arrival_does_not_matter(site: Site, source: Source, world: World) -> None:
    taken(site, source, "actions-track-exited", "actions-identify-entered", "actions-track-entered")
    assert world.told() == people("bob")
    assert source.outcomes() == {Outcome.DELIVERED: 1, Outcome.IN_STEP: 1, Outcome.SUPERSEDED: 1}


def test_the_same_request_again_changes_nothing(site: Site, source: Source, world: World) -> None:
    """Segment tries again for hours where it heard no answer."""
    taken(site, source, *["classic-track-entered"] * 3)
    assert world.told() == people("ann")
    assert source.outcomes() == {Outcome.DELIVERED: 1, Outcome.DUPLICATE: 2}


def test_a_deletion_request_is_answered_so_that_it_is_not_sent_again(site: Site) -> None:
    answer = send(site, "classic-delete")
    assert answer.status_code == 200
    assert answer.json() == {"success": True, "rejected": [{"index": 0, "reason": "unknown type"}]}


# ── in batches ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_batch_that_is_signed_as_a_whole(site: Site, source: Source, world: World) -> None:
    taken(site, source, "audiences-batch-entered")
    assert world.told() == people("cem", "dan")
    assert "initech.example" in companies(world)
    taken(site, source, "audiences-batch-exited")
    assert world.told() == world.told("accounts") == set()


@pytest.mark.parametrize("name", ["actions-batch-entered", "actions-batch-exited", "audiences-batch-entered-as-before"])
def test_a_batch_whose_signature_covers_its_first_event_only_proves_nothing(site: Site, name: str) -> None:
    answer = send(site, name)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert site.kept() == []


@pytest.mark.parametrize("kind", BATCHING)
def test_batches_where_nothing_is_signed(unsigned_site: Site, source: Source, world: World, kind: str) -> None:
    taken(unsigned_site, source, f"{kind}-batch-entered")
    assert world.told() == people("cem", "dan")
    assert "initech.example" in companies(world)
    taken(unsigned_site, source, f"{kind}-batch-exited")
    assert world.told() == world.told("accounts") == set()


def test_the_largest_batch_that_segment_makes(unsigned_site: Site) -> None:
    """Webhooks (Actions) takes up to 4,000 as batch size; events carry the traits that people add to them."""
    _, _, body = (RECORDED / "actions-track-entered.http").read_bytes().partition(b"\r\n\r\n")
    event: dict[str, Any] = json.loads(body)
    event["properties"] |= {f"trait_{number}": "x" * 40 for number in range(50)}
    batch = b"[%s]" % b",".join([json.dumps(event).encode()] * 4_000)
    assert len(batch) > 12 << 20
    assert unsigned_site.send("/hooks/segment", batch).status_code == 200
    assert len(unsigned_site.events()) == 4_000


# ── Webhook Audiences asks first ─────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("asked", [{"audienceName": AUDIENCE}, {"externalId": AUDIENCE}])
def test_an_audience_has_an_id_before_its_events_come(site: Site, asked: dict[str, str]) -> None:
    """It names neither a write key nor a secret there; what people added to every request stands beside the name."""
    answer = site.send("/hooks/segment/audience", {"team": "growth", **asked}, key=None, user_agent="Segment (Actions)")
    assert (answer.status_code, answer.json()) == (200, {"externalId": AUDIENCE})
    assert site.kept() == []


@pytest.mark.parametrize(
    "asked", [{}, [], {"audienceName": ""}, {"audienceName": 7}, {"externalId": None}, {"audienceName": "x" * 201}]
)
def test_what_names_no_audience_has_no_id(site: Site, asked: Any) -> None:
    answer = site.send("/hooks/segment/audience", asked, key=None)
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
    assert site.send("/hooks/segment/audience", b"x" * (33 << 10), key=None).status_code == 413


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("name", sorted(each.stem for each in RECORDED.iterdir()))
def test_nothing_is_taken_without_its_signature_or_its_write_key(site: Site, name: str) -> None:
    for left_out in ({"without": "x-signature"}, {"without": "x-segment-signature"}, {"x-write-key": "wrong"}):
        lacks = left_out.get("without")
        if lacks and f"\r\n{lacks}: ".encode() not in (RECORDED / f"{name}.http").read_bytes():
            continue
        assert send(site, name, **left_out).status_code == 401  # type: ignore[arg-type]
    assert site.kept() == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_that_was_changed_on_its_way_is_refused(site: Site, kind: str) -> None:
    whole = (RECORDED / f"{kind}-track-exited.http").read_bytes()
    head, _, body = whole.partition(b"\r\n\r\n")
    name, _, value = head.decode().split("\r\n")[-1].partition(": ")
    turned = body.replace(b"Audience Exited", b"Audience Entered")
    answer = site.send("/hooks/segment", turned, key=None, **{"x-write-key": site.key, name: value})
    assert answer.status_code == 401
