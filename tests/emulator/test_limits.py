from typing import Any

import pytest

from tests.emulator.kit import LinkedIn, user

COMPANY = {"action": "ADD", "companyName": "Acme"}


@pytest.mark.parametrize(("kind", "to", "limit"), [("USER", "users", 600), ("COMPANY", "companies", 300)])
def test_the_minute_limit_rolls(linkedin_api: LinkedIn, kind: str, to: str, limit: int) -> None:
    number = linkedin_api.segment(kind=kind)
    control = linkedin_api.emulator.control
    for _ in range(limit):
        assert linkedin_api.tell(number, to=to).status_code == 200
    control.clock(advance=59)
    reply = linkedin_api.tell(number, to=to)
    text = "Resource level throttle APPLICATION_AND_MEMBER MINUTE limit for calls to this resource is reached."
    assert (reply.status_code, reply.json()) == (429, {"serviceErrorCode": 101, "message": text, "status": 429})
    assert "retry-after" not in reply.headers
    control.clock(advance=1)
    assert linkedin_api.tell(number, to=to).status_code == 200


def test_a_refused_call_changes_nothing(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(users_per_minute=0)
    number = linkedin_api.segment()
    assert linkedin_api.tell(number, user("a")).status_code == 429
    assert linkedin_api.inside(number) == []


def test_members_and_endpoints_have_their_own_minute(linkedin_api: LinkedIn, with_scopes: Any) -> None:
    control = linkedin_api.emulator.control
    control.config(users_per_minute=1, companies_per_minute=1)
    control.seed(
        {
            "members": [{"id": "Bob456"}],
            "roles": [{"account": 516848833, "member": "Bob456", "role": "CREATIVE_MANAGER"}],
        }
    )
    people, companies = linkedin_api.segment(), linkedin_api.segment(kind="COMPANY")
    assert [linkedin_api.tell(people).status_code for _ in range(2)] == [200, 429]
    assert linkedin_api.tell(companies, COMPANY, to="companies").status_code == 200
    assert with_scopes("rw_dmp_segments", member="Bob456").tell(people).status_code == 200


@pytest.mark.parametrize(
    ("switch", "scope"), [("member_calls_per_day", "APPLICATION_AND_MEMBER"), ("app_calls_per_day", "APPLICATION")]
)
def test_the_day_limit_starts_anew_at_midnight_utc(linkedin_api: LinkedIn, switch: str, scope: str) -> None:
    control = linkedin_api.emulator.control
    control.config(**{switch: 2})
    assert [linkedin_api.get("/rest/me").status_code for _ in range(3)] == [200, 200, 429]
    message = linkedin_api.get("/rest/me").json()["message"]
    assert message == f"Resource level throttle {scope} DAY limit for calls to this resource is reached."
    assert linkedin_api.get("/rest/adAccounts?q=search").status_code == 200, "every endpoint has its own counter"
    now = control.clock()["now"]
    control.clock(now=(now // 86_400 + 1) * 86_400)
    assert linkedin_api.get("/rest/me").status_code == 200


def test_a_retry_after_can_be_sent(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(users_per_minute=1, retry_after=True, member_calls_per_day=0)
    assert int(linkedin_api.get("/rest/me").headers["retry-after"]) <= 86_401
    linkedin_api.emulator.control.config(member_calls_per_day=None)
    number = linkedin_api.segment()
    linkedin_api.tell(number)
    linkedin_api.emulator.control.clock(advance=20)
    assert linkedin_api.tell(number).headers["retry-after"] == "41"


def test_the_words_of_a_429_can_differ(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(member_calls_per_day=0, throttle_code=True, throttle_text="documented")
    message = "Resource level throttle limit for calls to this resource is reached."
    expected = {"serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS", "message": message, "status": 429}
    assert linkedin_api.get("/rest/me").json() == expected


def test_no_reply_says_anything_about_limits(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(member_calls_per_day=1)
    for reply in (linkedin_api.get("/rest/me"), linkedin_api.get("/rest/me")):
        assert not [name for name in reply.headers if "ratelimit" in name or name == "retry-after"]
