"""Event delivery of one activation, as a page and through the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from guestlist.core.permissions import Permission, Role
from guestlist.core.words import duration
from tests.app.kit import Source, entered
from tests.web.apikit import Api
from tests.web.installed import Installed, installed
from tests.web.test_activation_pages import charts, numbers
from tests.world import ACCOUNT, World, digest

DAY = 86_400.0
AT = "/activations/main/delivery"


@pytest.fixture
def source(world: World) -> Source:
    return Source(world)


@pytest.fixture
def fed(source: Source, logged: list[Any]) -> Iterator[Installed]:
    """Six events: two are delivered, one is refused, one names nobody, two are meant for others."""
    world, now = source.world, source.now()
    refuse = {"kind": "refuse_elements", "identifiers": [digest("cid@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    for name in ("ann", "bob", "cid"):
        source.post(entered("", now, email=f"{name}@example.com"))
    source.post(entered("", now, firstName="Dee"), entered("", now, key="another", email="eve@example.com"))
    source.post({"type": "track", "event": "Viewed", "properties": {"audience_key": "high_intent"}})
    source.settle()
    made = installed(world)
    yield made
    made.web.close()


def test_the_way_from_received_to_delivered_adds_up(fed: Installed) -> None:
    """SEGMENT-90, SEGMENT-91, SEGMENT-93, SEGMENT-94."""
    browser = fed.signed_in(Role.MARKETER).get("/activations/main").click("Event Delivery")
    assert browser.location == AT
    assert numbers(browser.response.text)[:2] == ["2", "2"]
    assert re.fullmatch(r"[0-9.]+ s", numbers(browser.response.text)[2])
    (said,) = re.findall(r'aria-label="(Received: [^"]*)"', browser.response.text)
    counts = [int(each) for each in re.findall(r": (\d+)\.", said)]
    assert (counts[0], counts[-1]) == (6, 2)
    assert counts == sorted(counts, reverse=True)
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", browser.response.text)
    lost = {re.sub("<[^>]*>", "|", row) for row in rows}
    assert any("NO_MATCHING_MAPPING" in row for row in lost)
    assert any("FILTERED_AT_MAPPING" in row for row in lost)
    assert any("Invalid element" in row for row in lost)
    (chart,) = charts(browser.response.text)
    assert {name: sum(values) for name, values in chart["series"].items()} == {
        "Delivered": 2, "Not Delivered": 2, "Nothing to deliver": 2,
    }  # fmt: skip


def test_samples_are_masked_and_for_those_who_may_see_members(fed: Installed) -> None:
    browser = fed.signed_in(Role.MARKETER).get(AT)
    assert "You Sent" in browser.text
    assert "Response from Destination" in browser.text
    for secret in ("cid@", "eve@", "Dee"):
        assert secret not in browser.text
    analyst = fed.signed_in(Role.ANALYST).get(AT)
    assert "You Sent" not in analyst.text
    assert "View Profiles" in analyst.text


def test_samples_of_a_destination_are_for_those_who_may_see_members_too(fed: Installed) -> None:
    at = "/destinations/acme/delivery"
    assert "Samples, masked" in fed.signed_in(Role.MARKETER).get(at).text
    analyst = fed.signed_in(Role.ANALYST).get(at)
    assert "Samples, masked" not in analyst.text
    assert "View Profiles" in analyst.text


def test_samples_stand_under_how_their_events_ended_in_three_parts(fed: Installed) -> None:
    """SEGMENT-94."""
    source = Source(fed.world)
    source.post(*(entered("", source.now(), firstName=f"Dee{n}") for n in range(12)))
    source.settle()
    shown = fed.signed_in(Role.MARKETER).get(AT).response.text
    heads = re.findall(r"<li><strong>([^<]*)</strong>(?: <code>([^<]*)</code>)?", shown)
    assert len(heads) == len(set(heads)) > 2
    groups = dict(zip((name for name, _ in heads), shown.split("<li><strong>")[1:], strict=True))
    assert groups["Names nobody"].count("<summary>") > 1
    for part in ("You Sent", "Request to Destination", "Response from Destination"):
        assert part in groups["Refused by LinkedIn"]
    everywhere = fed.signed_in(Role.MARKETER).get("/destinations/acme/delivery").response.text
    assert everywhere.count("Response from Destination") == shown.count("Response from Destination")


def test_the_time_is_picked_by_a_span_or_by_its_ends(fed: Installed) -> None:
    """SEGMENT-92."""
    fed.world.clock.sleep(2 * DAY)
    browser = fed.signed_in(Role.MARKETER)
    assert "No events in this time" in browser.get(AT).text
    browser.click("7 days")
    assert browser.location == f"{AT}?span=7d"
    assert numbers(browser.response.text)[0] == "2"
    form = dict(browser.form("Show").fields)
    assert form["to"] > form["from"]
    browser.submit("Show", to=form["from"], **{"from": form["to"]})
    assert "the earlier first" in browser.text
    browser.get(f"{AT}?from={form['from']}&to={form['to']}")
    assert numbers(browser.response.text)[0] == "2"
    for odd in (
        "from=x&to=y",
        "span=century",
        "from=9999-12-31T23:59&to=0001-01-01T00:00",
        "from=1990-01-01T00:00&to=1990-01-02T00:00",
    ):
        assert browser.get(f"{AT}?{odd}").status == 200, odd


def test_an_activation_of_a_list_has_no_such_tab(pages: Installed) -> None:
    browser = pages.signed_in().get("/activations/main")
    assert "Event Delivery" not in [said for said, _ in browser.seen.links]
    assert browser.get(AT).status == 200


def test_the_api_says_the_same(source: Source, logged: list[Any]) -> None:
    source.post(entered("", source.now(), email="ann@example.com"), entered("", source.now(), key="x"))
    source.settle()
    api = Api(source.world)
    (found,) = api.get("/activations/main/events")["activations"]
    assert (found["received"], found["delivered"], found["not_delivered"]) == (2, 1, 0)
    assert found["stages"][0]["events"] == 2
    assert found["stages"][-1] == {"name": "Delivered", "events": 1, "left": []}
    assert sum(each["received"] for each in api.get("/activations/main/events")["over_time"]) == 2
    until = api.world.clock.now() - DAY
    assert api.get(f"/activations/main/events?since=0&until={until}")["activations"] == []
    assert api("GET", "/activations/main/events?since=5&until=4").status_code == 422
    api.close()


def test_the_api_says_of_a_destination_what_its_page_says(fed: Installed) -> None:
    """SEGMENT-90, SEGMENT-91: both tabs of a destination, also of several activations together."""
    fed.world.activation("other", mode="stream", audience_key="another")
    source = Source(fed.world)
    source.post(entered("", source.now(), key="another", email="fay@example.com"))
    fed.world.clock.sleep(400.0)
    source.settle()
    source.settle("other")
    fed.world.activation("elsewhere", destination="beta", mode="stream", audience_key="third")
    fed.world.yaml["destinations"]["beta"] = {"ad_account": ACCOUNT}
    page = fed.signed_in(Role.MARKETER).get("/destinations/acme/delivery")
    api = Api(fed.world)
    found = api.get("/destinations/acme/events")
    sums = [sum(each[key] for each in found["activations"]) for key in ("delivered", "not_delivered")]
    assert [str(each) for each in sums] == numbers(page.response.text)[:2]
    assert {each["activation"] for each in found["activations"]} == {"main", "other"}
    slowest = max(each["p95_seconds"] for each in found["activations"])
    assert found["p95_seconds"] == slowest > 400.0
    assert duration(found["p95_seconds"]) == numbers(page.response.text)[2]
    assert sum(each["received"] for each in found["over_time"]) == sum(e["received"] for e in found["activations"])
    assert {each["activation"] for each in found["samples"]} == {"main"}
    assert found["issues"] == []
    assert [each["activation"] for each in api.get("/destinations/acme/runs?limit=1")["items"]] == ["other"]
    first = api.get("/destinations/acme/runs?limit=1")
    rest = api.get(f"/destinations/acme/runs?cursor={first['next']}")
    assert [each["activation"] for each in (*first["items"], *rest["items"])] == ["other", "main"]
    for what in ("events", "runs"):
        assert api.get(f"/destinations/beta/{what}")["activations" if what == "events" else "items"] == []
        assert api("GET", f"/destinations/nobody/{what}").status_code == 404
    assert api.get("/destinations/beta/events")["p95_seconds"] is None
    assert api("GET", "/destinations/acme/events?since=5&until=4").status_code == 422
    looks = api.make_token("looks", Role.ANALYST, [Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS])
    assert api.get("/destinations/acme/events", token=looks)["samples"] == []
    assert api("GET", "/destinations/acme/runs", token=looks).status_code == 200
    api.close()


@pytest.mark.parametrize("label", ["Refresh Token Expired", "Oauth Refresh Failed"])
def test_delivery_issues_come_with_their_remedy(api: Api, label: str) -> None:
    api.door.app.store.destinations.park("acme", label, "sign in again")
    (issue,) = api.get("/destinations/acme/events")["issues"]
    assert (issue["label"], issue["reason"]) == (label, "sign in again")
    assert "sign in to LinkedIn again" in issue["remedy"].replace("\n", " ")
