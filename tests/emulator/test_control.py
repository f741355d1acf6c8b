from typing import Any

import httpx2
import msgspec
import pytest

from linkedin_emulator.emulator import Emulator
from tests.emulator.kit import ACCOUNT, NOW, LinkedIn, digest, shown, user


def control(http: httpx2.Client, method: str, path: str, body: Any = None) -> Any:
    reply = http.request(method, f"/_emulator/{path}", json=body)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_clock_is_read_moved_set_and_stopped(http: httpx2.Client) -> None:
    assert control(http, "GET", "clock") == {"now": NOW, "frozen": True, "pending_effects": 0}
    assert control(http, "POST", "clock", {"advance": 60})["now"] == NOW + 60
    assert control(http, "POST", "clock", {"now": NOW + 100})["now"] == NOW + 100
    running = control(http, "POST", "clock", {"frozen": False})
    assert not running["frozen"]
    assert NOW + 100 <= running["now"] < NOW + 200
    assert control(http, "POST", "clock", {"frozen": True})["frozen"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "clock", {"advance": -1}, 400),
        ("POST", "clock", {"tomorrow": 1}, 400),
        ("POST", "config", {"colour": "red"}, 400),
        ("POST", "config", {"removal": "both"}, 400),
        ("POST", "seed", {"planets": []}, 400),
        ("POST", "seed", {"roles": [{"account": 7, "member": "AbC123xyz", "role": "VIEWER"}]}, 400),
        ("POST", "seed", {"roles": [{"account": 516848833, "member": "nobody", "role": "VIEWER"}]}, 400),
        ("POST", "faults", {"effect": {"kind": "earthquake"}}, 400),
        ("POST", "tokens", {"member": "nobody"}, 400),
        ("POST", "tokens/expire", {"token": "nonsense"}, 404),
        ("POST", "segments/1/ripen", {}, 404),
        ("POST", "config", [], 400),
        ("GET", "nothing", None, 404),
        ("GET", "segments/1", None, 404),
        ("GET", "requests?since=yesterday", None, 400),
    ],
)
def test_what_makes_no_sense_is_refused(http: httpx2.Client, method: str, path: str, body: Any, status: int) -> None:
    reply = http.request(method, f"/_emulator/{path}", json=body)
    assert reply.status_code == status
    assert reply.json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "reset", {"apps": [{"client_id": "two", "client_secret": "s"}]}),
        ("DELETE", "faults", {"apps": []}),
        ("GET", "faults?apps=1", None),
        ("POST", "faults", {"apps": []}),
        ("GET", "segments?apps=1", None),
        ("GET", "overlaps?apps=1", None),
        ("GET", "requests?apps=1", None),
        ("POST", "tokens/expire", {"apps": []}),
        ("POST", "tokens/revoke", {"apps": []}),
        ("POST", "refresh_tokens/expire", {"apps": []}),
        ("POST", "config", {"apps": []}),
        ("POST", "clock", {"apps": []}),
        ("POST", "tokens", {"apps": []}),
    ],
)
def test_nothing_that_is_asked_for_is_ignored(http: httpx2.Client, method: str, path: str, body: Any) -> None:
    reply = http.request(method, f"/_emulator/{path}", json=body)
    assert reply.status_code == 400
    assert "apps" in reply.json()["error"]


def test_applications_are_seeded_over_http(http: httpx2.Client) -> None:
    app = {"client_id": "two", "client_secret": "s", "name": "Another", "scopes": ["rw_ads"]}
    control(http, "POST", "seed", {"apps": [app]})
    assert control(http, "POST", "tokens", {"client_id": "two"})["scope"] == "rw_ads"


def test_a_segment_is_seeded_with_users_or_with_companies(http: httpx2.Client) -> None:
    company = {"action": "ADD", "organizationUrn": "urn:li:organization:1"}
    both = {"account": 516848833, "name": "x", "users": [user("a@example.com")], "companies": [company]}
    reply = http.post("/_emulator/seed", json={"segments": [both]})
    assert (reply.status_code, "one of them" in reply.json()["error"]) == (400, True)


def test_an_unknown_status_is_refused(linkedin_api: LinkedIn) -> None:
    path = f"/_emulator/segments/{linkedin_api.segment()}/ripen"
    assert linkedin_api.http.post(path, json={"status": "RIPE"}).status_code == 400


def test_switches_are_read_and_turned(http: httpx2.Client) -> None:
    assert control(http, "GET", "config")["removal"] == "identifier"
    assert control(http, "POST", "config", {"removal": "member", "match_fraction": 1})["match_fraction"] == 1
    assert control(http, "GET", "config")["removal"] == "member"


def test_reset_restores_everything_but_time_stays_frozen(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    linkedin_api.segment()
    control(http, "POST", "config", {"removal": "member"})
    control(http, "POST", "faults", {"effect": {"kind": "reset"}, "match": {"path": "/me$"}})
    assert control(http, "POST", "reset") == {"reset": True}
    assert control(http, "GET", "segments") == {"segments": []}
    assert control(http, "GET", "config")["removal"] == "identifier"
    assert control(http, "GET", "faults") == {"faults": []}
    assert control(http, "GET", "clock")["frozen"]
    assert linkedin_api.get("/rest/me").json()["code"] == "INVALID_ACCESS_TOKEN"


def test_switches_of_the_start_survive_a_reset() -> None:
    emulator = Emulator(switches={"removal": "member", "match_fraction": 1})
    emulator.control.config(removal="identifier")
    emulator.control.reset()
    switches = emulator.control.config()
    assert (switches["removal"], switches["match_fraction"]) == ("member", 1)


def test_an_unknown_switch_of_the_start_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="colour"):
        Emulator(switches={"colour": "red"})


def test_equal_seeds_make_equal_tokens() -> None:
    first, second, other = (Emulator(seed=seed).control.token()["access_token"] for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_seeding_plants_a_small_world(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    planted = control(
        http,
        "POST",
        "seed",
        {
            "members": [{"id": "Bob456", "first_name": "Bob"}],
            "accounts": [{"id": 600, "name": "Other"}],
            "roles": [{"account": 600, "member": "AbC123xyz", "role": "ACCOUNT_BILLING_ADMIN"}],
            "directory": [{"id": "ada", "identifiers": [shown("a"), digest("b")], "opted_out": True}],
            "segments": [
                {"account": 600, "name": "Old", "sourceSegmentId": "crm-1", "status": "READY", "users": [user("a")]}
            ],
        },
    )
    [number] = planted["segments"]
    record = linkedin_api.record(number)
    assert (record["account"], record["sourceSegmentId"], record["inputCount"]) == (
        "urn:li:sponsoredAccount:600",
        "crm-1",
        1,
    )
    assert record["destinations"][0]["status"] == "READY"
    seen = control(http, "GET", f"segments/{number}")
    assert (seen["identifiers"], seen["reading"], seen["status"]) == ([shown("a")], "identifier", "READY")
    counted = control(http, "GET", f"segments/{number}?listed=0")
    assert counted["identifier_count"] == 1
    assert "identifiers" not in counted
    assert len(control(http, "GET", "segments")["segments"]) == 1


def test_segments_are_ripened_and_put_into_campaigns(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(ready=False)
    assert control(http, "POST", f"segments/{number}/ripen", {})["destinations"][0]["status"] == "READY"
    control(http, "POST", f"segments/{number}/campaign", {"active": True})
    assert control(http, "GET", f"segments/{number}")["in_campaign"]


def test_tokens_are_made_without_a_browser(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    tokens = control(http, "POST", "tokens", {"scopes": ["rw_ads"], "expires_in": 60})
    assert (tokens["scope"], tokens["expires_in"], tokens["token_type"]) == ("rw_ads", 60, "Bearer")
    assert tokens["refresh_token_expires_in"] == 31_536_000
    plain = control(http, "POST", "tokens", {"refresh": False})
    assert "refresh_token" not in plain
    assert linkedin_api.get("/rest/me").status_code == 200, "earlier tokens stay valid"
    control(http, "POST", "tokens", {"scopes": ["rw_ads"], "supersede": True})
    assert linkedin_api.get("/rest/me").json()["code"] == "REVOKED_ACCESS_TOKEN"


@pytest.mark.parametrize(("what", "code"), [("expire", "EXPIRED_ACCESS_TOKEN"), ("revoke", "REVOKED_ACCESS_TOKEN")])
def test_tokens_are_expired_and_revoked(http: httpx2.Client, linkedin_api: LinkedIn, what: str, code: str) -> None:
    other = control(http, "POST", "tokens", {})["access_token"]
    control(http, "POST", f"tokens/{what}", {"token": other})
    assert linkedin_api.get("/rest/me").status_code == 200
    control(http, "POST", f"tokens/{what}", {})
    assert linkedin_api.get("/rest/me").json()["code"] == code


def test_refresh_tokens_are_expired(http: httpx2.Client) -> None:
    token = control(http, "POST", "tokens", {})["refresh_token"]
    assert control(http, "POST", "refresh_tokens/expire", {}) == {"expired": 1}
    form = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "86emulator"}
    reply = http.post("/oauth/v2/accessToken", data={**form, "client_secret": "emulator-secret"})
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


def test_requests_are_remembered_without_secrets(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    linkedin_api.tell(number, user("a"), user("b"))
    http.post("/oauth/v2/accessToken", data={"grant_type": "x", "client_secret": "emulator-secret", "code": "abc"})
    *_, telling, oauth = control(http, "GET", "requests?bodies=1")["requests"]
    assert (telling["method"], telling["path"]) == ("POST", f"/rest/dmpSegments/{number}/users")
    assert (telling["status"], telling["elements"], telling["member"]) == (200, 2, "AbC123xyz")
    assert telling["headers"]["x-restli-method"] == "BATCH_CREATE"
    assert telling["headers"]["authorization"] == "Bearer …"
    assert digest("a") in telling["body"]
    assert "emulator-secret" not in oauth["body"]
    assert "abc" not in oauth["body"]
    assert "grant_type=x" in oauth["body"]
    assert "body" not in control(http, "GET", "requests")["requests"][0]
    [latest] = control(http, "GET", f"requests?since={telling['number']}")["requests"]
    assert latest["number"] == oauth["number"]


def test_faults_are_queued_over_http(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    fault = {"effect": {"kind": "status", "status": 500}, "match": {"path": "/me$"}}
    queued = control(http, "POST", "faults", {"faults": [fault, fault]})["faults"]
    assert [one["effect"]["kind"] for one in queued] == ["status", "status"]
    assert linkedin_api.get("/rest/me").status_code == 500
    assert [one["fired"] for one in control(http, "GET", "faults")["faults"]] == [1, 0]
    assert control(http, "DELETE", "faults") == {"faults": []}
    assert linkedin_api.get("/rest/me").status_code == 200
    assert [one["fault"] for one in control(http, "GET", "requests")["requests"]] == ["status", ""]


def test_overlaps_are_shown_over_http(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    linkedin_api.tell(linkedin_api.segment(), user("a"), user("a", "REMOVE"))
    [overlap] = control(http, "GET", "overlaps")["overlaps"]
    assert overlap["identifier"] == shown("a")


def test_accounts_of_a_segment_need_not_exist_beforehand(http: httpx2.Client) -> None:
    planted = control(
        http, "POST", "seed", {"segments": [{"account": int(ACCOUNT[-9:]), "name": "a", "type": "COMPANY"}]}
    )
    assert len(planted["segments"]) == 1
