import httpx2
import pytest

from linkedin_emulator.running import RunningEmulator
from tests.emulator.kit import VERSION, LinkedIn, shown, user


@pytest.fixture
def live(linkedin: RunningEmulator) -> LinkedIn:
    client = httpx2.Client(base_url=linkedin.url, timeout=5)
    with client:
        yield LinkedIn(client, linkedin.emulator, linkedin.token())


def test_the_server_answers_like_the_transport(live: LinkedIn) -> None:
    number = live.segment()
    assert live.tell(number, user("a")).json() == {"elements": [{"status": 201}]}
    assert live.inside(number) == [shown("a")]


def test_a_reset_after_the_effect_cuts_the_connection(live: LinkedIn) -> None:
    number = live.segment()
    live.emulator.control.fault({"kind": "reset", "when": "after"}, path="/users$")
    with pytest.raises(httpx2.ReadError):
        live.tell(number, user("a"))
    assert live.inside(number) == [shown("a")]


def test_a_reset_before_the_effect_leaves_nothing_behind(live: LinkedIn) -> None:
    number = live.segment()
    live.emulator.control.fault({"kind": "reset", "when": "before"}, path="/users$")
    with pytest.raises(httpx2.ReadError):
        live.tell(number, user("a"))
    assert live.inside(number) == []


def test_a_truncated_reply_announces_more_than_it_sends(live: LinkedIn) -> None:
    number = live.segment()
    live.emulator.control.fault({"kind": "truncate"}, path="/users$")
    with pytest.raises(httpx2.RemoteProtocolError):
        live.tell(number, user("a"))
    assert live.inside(number) == [shown("a")]


def test_a_late_effect_lands_after_the_caller_has_given_up(live: LinkedIn) -> None:
    number = live.segment()
    live.emulator.control.clock(frozen=True)
    live.emulator.control.fault({"kind": "timeout", "lands_after": 10}, path="/users$")
    with pytest.raises(httpx2.ReadTimeout):
        live.post(f"/rest/dmpSegments/{number}/users", {"elements": [user("a")]}, "BATCH_CREATE", timeout=0.2)
    assert live.inside(number) == []
    live.emulator.control.clock(advance=11)
    assert live.inside(number) == [shown("a")]


def test_a_delayed_reply_holds_nobody_else(live: LinkedIn) -> None:
    live.emulator.control.fault({"kind": "delay", "seconds": 3600}, path="/me$")
    with pytest.raises(httpx2.ReadTimeout):
        live.get("/rest/me", timeout=0.05)
    assert live.get("/rest/me").status_code == 200


def test_keys_reach_the_emulator_as_they_were_sent(live: LinkedIn) -> None:
    key = "(account:urn%3Ali%3AsponsoredAccount%3A516848833,user:urn%3Ali%3Aperson%3AAbC123xyz)"
    assert live.get(f"/rest/adAccountUsers/{key}").json()["role"] == "CAMPAIGN_MANAGER"


def test_a_body_that_is_too_large_is_refused(linkedin: RunningEmulator) -> None:
    reply = httpx2.post(f"{linkedin.api_url}/me", content=bytes(33 * 2**20), headers={"LinkedIn-Version": VERSION})
    assert reply.status_code == 413
