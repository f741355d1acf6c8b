from typing import Any

import httpx2
import pytest

from linkedin_emulator.transport import EmulatorTransport
from tests.emulator.kit import LinkedIn, shown, user


@pytest.fixture
def segment(linkedin_api: LinkedIn) -> int:
    return linkedin_api.segment()


def fault(linkedin: LinkedIn, effect: dict[str, Any], **match: Any) -> None:
    linkedin.emulator.control.fault(effect, **({"path": "/users$"} | match))


def test_a_status_comes_instead_of_the_effect(linkedin_api: LinkedIn, segment: int) -> None:
    effect = {"kind": "status", "status": 503, "body": {"status": 503, "code": "UNDER_MAINTENANCE"}}
    fault(linkedin_api, effect | {"headers": {"x-li-uuid": "1"}})
    reply = linkedin_api.tell(segment, user("a"))
    assert (reply.status_code, reply.json()["code"], reply.headers["x-li-uuid"]) == (503, "UNDER_MAINTENANCE", "1")
    assert linkedin_api.inside(segment) == []
    assert linkedin_api.tell(segment, user("a")).status_code == 200


def test_a_status_may_hide_an_effect(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "status", "status": 500, "after": True, "body": "oops"})
    assert linkedin_api.tell(segment, user("a")).text == "oops"
    assert linkedin_api.inside(segment) == [shown("a")]


def test_a_status_needs_no_body(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "status", "status": 504})
    assert linkedin_api.tell(segment, user("a")).content == b""


def test_matching_counts_and_picks(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "status", "status": 500}, nth=2, times=2, method="POST", restli_method="BATCH_CREATE")
    linkedin_api.post(f"/rest/dmpSegments/{segment}/users", user("a"))
    linkedin_api.get("/rest/me")
    assert [linkedin_api.tell(segment).status_code for _ in range(4)] == [200, 500, 500, 200]


def test_zero_times_is_always_until_cleared(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "status", "status": 500}, times=0)
    assert {linkedin_api.tell(segment).status_code for _ in range(5)} == {500}
    linkedin_api.emulator.control.clear_faults()
    assert linkedin_api.tell(segment).status_code == 200


def test_a_body_can_be_matched(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "status", "status": 400}, body=shown("b").split(":")[1], times=0)
    assert linkedin_api.tell(segment, user("a")).status_code == 200
    assert linkedin_api.tell(segment, user("b")).status_code == 400


@pytest.mark.parametrize(("when", "inside"), [("before", []), ("after", [shown("a")])])
def test_a_reset_is_a_read_error(linkedin_api: LinkedIn, segment: int, when: str, inside: list[str]) -> None:
    fault(linkedin_api, {"kind": "reset", "when": when})
    with pytest.raises(httpx2.ReadError):
        linkedin_api.tell(segment, user("a"))
    assert linkedin_api.inside(segment) == inside


def test_a_truncated_reply_is_a_protocol_error(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "truncate"})
    with pytest.raises(httpx2.RemoteProtocolError):
        linkedin_api.tell(segment, user("a"))
    assert linkedin_api.inside(segment) == [shown("a")]


@pytest.mark.parametrize(("seconds", "late"), [(1, False), (60, True)])
def test_a_delay_beyond_the_read_timeout_is_a_read_timeout(
    linkedin_api: LinkedIn, segment: int, seconds: float, late: bool
) -> None:
    fault(linkedin_api, {"kind": "delay", "seconds": seconds})
    if late:
        with pytest.raises(httpx2.ReadTimeout):
            linkedin_api.tell(segment, user("a"))
    else:
        assert linkedin_api.tell(segment, user("a")).status_code == 200
    assert linkedin_api.inside(segment) == [shown("a")]


def test_a_short_delay_is_left_to_the_transport(linkedin_api: LinkedIn) -> None:
    waited: list[float] = []
    transport = EmulatorTransport(linkedin_api.emulator, sleep=waited.append)
    fault(linkedin_api, {"kind": "delay", "seconds": 2}, path="/me$")
    with httpx2.Client(transport=transport, base_url="https://anywhere.example") as client:
        assert client.get("/rest/me").status_code == 401
    assert waited == [2]


def test_an_effect_lands_late_on_the_virtual_clock(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "timeout", "lands_after": 30})
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"))
    control = linkedin_api.emulator.control
    assert control.clock(advance=29)["pending_effects"] == 1
    assert linkedin_api.inside(segment) == []
    assert control.clock(advance=1)["pending_effects"] == 0
    assert linkedin_api.inside(segment) == [shown("a")]


def test_an_effect_lands_late_on_the_real_clock(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "timeout", "lands_after": 0, "clock": "real"})
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"))
    assert linkedin_api.inside(segment) == [shown("a")]


def test_late_effects_land_in_the_order_of_their_times(linkedin_api: LinkedIn, segment: int) -> None:
    for seconds, action in ((20, "ADD"), (10, "REMOVE")):
        fault(linkedin_api, {"kind": "timeout", "lands_after": seconds})
        with pytest.raises(httpx2.ReadTimeout):
            linkedin_api.tell(segment, user("a", action))
    linkedin_api.emulator.control.clock(advance=60)
    assert linkedin_api.inside(segment) == [shown("a")]


def test_a_timeout_may_have_no_effect(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "timeout"})
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"))
    linkedin_api.emulator.control.clock(advance=10**6)
    assert linkedin_api.inside(segment) == []


def test_a_request_that_would_be_refused_lands_never(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "timeout", "lands_after": 1})
    linkedin_api.token = "nonsense"
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"))
    assert linkedin_api.emulator.control.clock(advance=2)["pending_effects"] == 0
    assert linkedin_api.inside(segment) == []


def test_a_late_effect_may_find_its_segment_gone(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "timeout", "lands_after": 1})
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"))
    linkedin_api.call("DELETE", f"/rest/dmpSegments/{segment}")
    assert linkedin_api.emulator.control.clock(advance=2)["pending_effects"] == 0


@pytest.mark.parametrize(("kind", "number"), [("expired_token", 65602), ("revoked_token", 65601)])
def test_a_token_may_fail_once(linkedin_api: LinkedIn, segment: int, kind: str, number: int) -> None:
    fault(linkedin_api, {"kind": kind})
    reply = linkedin_api.tell(segment, user("a"))
    assert (reply.status_code, reply.json()["serviceErrorCode"]) == (401, number)
    assert linkedin_api.tell(segment, user("a")).status_code == 200


@pytest.mark.parametrize(("error", "number"), [("revoked", 65601), ("expired", 65602)])
def test_young_tokens_may_be_refused(linkedin_api: LinkedIn, error: str, number: int) -> None:
    fault(linkedin_api, {"kind": "propagation", "seconds": 30, "error": error}, path="^/rest/", times=0)
    assert linkedin_api.get("/rest/me").json()["serviceErrorCode"] == number
    linkedin_api.emulator.control.clock(advance=30)
    assert linkedin_api.get("/rest/me").status_code == 200


def test_elements_are_refused_by_position_and_by_identifier(linkedin_api: LinkedIn, segment: int) -> None:
    effect = {"kind": "refuse_elements", "positions": [0], "identifiers": [shown("c")], "status": 429, "message": "no"}
    fault(linkedin_api, effect)
    reply = linkedin_api.tell(segment, user("a"), user("b"), user("c"))
    refused = {"status": 429, "error": {"status": 429, "message": "no"}}
    assert reply.json() == {"elements": [refused, {"status": 201}, refused]}
    assert linkedin_api.inside(segment) == [shown("b")]


@pytest.mark.parametrize("applied", [True, False])
def test_trailing_elements_may_be_missing_from_the_reply(linkedin_api: LinkedIn, segment: int, applied: bool) -> None:
    fault(linkedin_api, {"kind": "drop_elements", "count": 2, "applied": applied})
    assert linkedin_api.tell(segment, user("a"), user("b"), user("c")).json() == {"elements": [{"status": 201}]}
    assert len(linkedin_api.inside(segment)) == (3 if applied else 1)


def test_token_requests_can_fail_too(linkedin_api: LinkedIn) -> None:
    fault(linkedin_api, {"kind": "reset"}, path="/oauth/v2/accessToken")
    with pytest.raises(httpx2.ReadError):
        linkedin_api.http.post("/oauth/v2/accessToken", data={"grant_type": "x"})


def test_whoever_just_waits_has_no_overlaps(linkedin_api: LinkedIn, segment: int) -> None:
    for action in ("ADD", "REMOVE", "ADD"):
        linkedin_api.tell(segment, user("a", action))
    assert linkedin_api.emulator.control.overlaps() == []


def test_different_tellings_that_were_open_together_are_reported(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "timeout", "lands_after": 30})
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"), user("b"))
    linkedin_api.tell(segment, user("a", "REMOVE"), user("c", "REMOVE"))
    assert linkedin_api.emulator.control.overlaps() == []
    linkedin_api.emulator.control.clock(advance=30)
    [overlap] = linkedin_api.emulator.control.overlaps()
    assert (overlap["segment"], overlap["identifier"], overlap["same_request"]) == (segment, shown("a"), False)


def test_the_same_telling_twice_is_no_overlap(linkedin_api: LinkedIn, segment: int) -> None:
    fault(linkedin_api, {"kind": "timeout", "lands_after": 30})
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"))
    linkedin_api.tell(segment, user("a"))
    linkedin_api.emulator.control.clock(advance=31)
    linkedin_api.tell(segment, user("a", "REMOVE"))
    assert linkedin_api.emulator.control.overlaps() == []


def test_both_actions_in_one_batch_are_an_overlap(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.tell(segment, user("a"), user("b"), user("a", "REMOVE"))
    [overlap] = linkedin_api.emulator.control.overlaps()
    assert (overlap["identifier"], overlap["same_request"]) == (shown("a"), True)


def test_segments_do_not_overlap_each_other(linkedin_api: LinkedIn, segment: int) -> None:
    other = linkedin_api.segment()
    fault(linkedin_api, {"kind": "timeout", "lands_after": 30})
    with pytest.raises(httpx2.ReadTimeout):
        linkedin_api.tell(segment, user("a"))
    linkedin_api.tell(other, user("a", "REMOVE"))
    linkedin_api.emulator.control.clock(advance=30)
    assert linkedin_api.emulator.control.overlaps() == []
