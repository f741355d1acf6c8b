"""POST /api/v1/audiences/{name}/members."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clock import NOW
from tests.web.kit import Site

PATH = "/api/v1/audiences/accounts/members"
ADA = {"email": "ada@example.com", "firstName": "Ada", "primaryId": "1"}
BOB = {"email": "bob@example.com"}


def test_members_enter_and_leave(site_on_both: Site) -> None:
    done = site_on_both.send(PATH, {"add": [ADA], "remove": [BOB, ADA]})
    assert (done.status_code, done.json()) == (200, {"success": True})
    (posting,) = site_on_both.kept()
    assert (posting.door, posting.audience, posting.write_key) == ("members", "accounts", "engage")
    assert site_on_both.events() == [
        {"action": "add", "member": ADA},
        {"action": "remove", "member": BOB},
        {"action": "remove", "member": ADA},
    ]


def test_one_list_is_enough_and_none_is_nothing(site: Site) -> None:
    assert site.send(PATH, {"remove": [ADA]}).json() == {"success": True}
    assert site.send(PATH, {}).json() == {"success": True}
    assert len(site.events()) == 1


def test_what_is_no_member_is_named(site: Site) -> None:
    done = site.send(PATH, {"add": [1, ADA, {"x": "y" * (32 << 10)}], "remove": [[]]})
    assert done.json()["rejected"] == [
        {"list": "add", "index": 0, "reason": "not a JSON object"},
        {"list": "add", "index": 2, "reason": "larger than 32 KB"},
        {"list": "remove", "index": 0, "reason": "not a JSON object"},
    ]
    assert site.events() == [{"action": "add", "member": ADA}]


@pytest.mark.parametrize("body", [{"adds": [ADA]}, {"add": ADA}, {"add": None}, [], None, [{"add": []}]])
def test_a_body_of_another_shape(site: Site, body: Any) -> None:
    assert site.send(PATH, body).json()["code"] == "unreadable"
    assert site.kept() == []


@pytest.mark.parametrize("name", ["nobody", "accounts2", "%00", "é"])
def test_an_audience_that_is_not_there(site: Site, name: str) -> None:
    done = site.send(f"/api/v1/audiences/{name}/members", {"add": [ADA]})
    assert (done.status_code, done.json()["code"]) == (404, "unknown_audience")
    assert site.kept() == []


def test_a_key_that_does_not_count_for_the_audience_hears_so(site: Site) -> None:
    other = site.store.write_keys.create("other", NOW)
    site.clock.time += 1.0
    done = site.send(PATH, {"add": [ADA]}, key=other)
    assert (done.status_code, done.json()["code"]) == (403, "write_key")
    assert site.kept() == []


def test_the_write_key_is_asked_first(site: Site) -> None:
    assert site.send("/api/v1/audiences/nobody/members", {"add": [ADA]}, key=None).status_code == 401
    assert site.send(PATH, {"add": [ADA], "writeKey": site.key}, key=None).status_code == 401
    assert site.send(PATH, {"add": [ADA]}, key=None, x_write_key=site.key).status_code == 200
