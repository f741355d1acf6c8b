from typing import Any

import pytest

from linkedin_emulator.emulator import Emulator
from linkedin_emulator.wire import Request
from tests.emulator.kit import ACCOUNT, NOW, LinkedIn, shown, user

ME = "/rest/me"


def test_a_call_without_a_token_is_empty_access_token(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.get(ME, headers={"Authorization": None})
    assert reply.status_code == 401
    expected = {"status": 401, "serviceErrorCode": 65604, "code": "EMPTY_ACCESS_TOKEN"}
    assert reply.json() == {**expected, "message": "Empty oauth2 access token"}


def test_an_unknown_token_is_invalid_access_token(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.get(ME, headers={"Authorization": "Bearer nonsense"})
    assert reply.status_code == 401
    expected = {"status": 401, "serviceErrorCode": 65600, "code": "INVALID_ACCESS_TOKEN"}
    assert reply.json() == {**expected, "message": "Invalid access token"}


def test_a_revoked_token_is_revoked_access_token(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.revoke_tokens()
    body = linkedin_api.get(ME).json()
    assert (body["serviceErrorCode"], body["code"]) == (65601, "REVOKED_ACCESS_TOKEN")
    assert body["message"] == "The token used in the request has been revoked by the user"


def test_an_expired_token_is_expired_access_token(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.clock(advance=60 * 86_400)
    body = linkedin_api.get(ME).json()
    assert (body["status"], body["serviceErrorCode"], body["code"]) == (401, 65602, "EXPIRED_ACCESS_TOKEN")
    assert body["message"] == "The token used in the request has expired"


def test_a_fresh_token_may_be_refused_while_it_propagates(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(token_propagation_seconds=5)
    assert linkedin_api.get(ME).json()["serviceErrorCode"] == 65601
    linkedin_api.emulator.control.clock(advance=5)
    assert linkedin_api.get(ME).status_code == 200


def test_a_call_without_a_version_is_version_missing(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.get(ME, headers={"LinkedIn-Version": None})
    assert (reply.status_code, reply.json()["code"]) == (400, "VERSION_MISSING")
    text = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
    assert reply.json()["message"] == text
    assert "x-restli-gateway-error" in reply.headers


@pytest.mark.parametrize("version", ["202509", "202512", "202612", "202701", "202401"])
def test_a_sunset_future_or_unpublished_version_is_426(linkedin_api: LinkedIn, version: str) -> None:
    reply = linkedin_api.get(ME, headers={"LinkedIn-Version": version})
    assert reply.status_code == 426
    message = f"Requested version {version}01 is not active"
    assert reply.json() == {"status": 426, "code": "NONEXISTENT_VERSION", "message": message}


@pytest.mark.parametrize("version", ["202510", "202511", "202601", "202609", "202609.01"])
def test_a_version_lives_for_at_least_a_year(linkedin_api: LinkedIn, version: str) -> None:
    assert linkedin_api.get(ME, headers={"LinkedIn-Version": version}).status_code == 200


def test_a_version_dies_on_its_announced_day(linkedin_api: LinkedIn) -> None:
    control = linkedin_api.emulator.control
    linkedin_api.token = control.token(expires_in=10**9)["access_token"]
    for now, status in ((1_794_700_000, 200), (1_794_787_200, 426)):  # 2026-11-15 and 16
        control.clock(now=now)
        assert linkedin_api.get(ME, headers={"LinkedIn-Version": "202511"}).status_code == status


@pytest.mark.parametrize(("choice", "status"), [("426", 426), ("400", 400)])
def test_a_malformed_version_is_refused(linkedin_api: LinkedIn, choice: str, status: int) -> None:
    linkedin_api.emulator.control.config(malformed_version=choice)
    assert linkedin_api.get(ME, headers={"LinkedIn-Version": "latest"}).status_code == status


def test_the_list_of_active_versions_can_be_fixed(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(active_versions=["203001"])
    assert linkedin_api.get(ME, headers={"LinkedIn-Version": "203001"}).status_code == 200
    assert linkedin_api.get(ME).status_code == 426


def test_the_edge_checks_header_then_version_then_token(linkedin_api: LinkedIn) -> None:
    nothing = {"Authorization": None, "LinkedIn-Version": None}
    assert linkedin_api.get(ME, headers=nothing).json()["code"] == "EMPTY_ACCESS_TOKEN"
    wrong = {"Authorization": "Bearer nonsense", "LinkedIn-Version": None}
    assert linkedin_api.get(ME, headers=wrong).json()["code"] == "VERSION_MISSING"
    old = {"Authorization": "Bearer nonsense", "LinkedIn-Version": "202401"}
    assert linkedin_api.get(ME, headers=old).json()["code"] == "NONEXISTENT_VERSION"


@pytest.mark.parametrize(
    ("method", "path", "permission"),
    [
        ("POST", "/rest/dmpSegments", "partnerApiDmpSegments.CREATE.20260701"),
        ("GET", f"/rest/dmpSegments?q=account&account={ACCOUNT}", "partnerApiDmpSegments.FINDER-account.20260701"),
        ("GET", "/rest/me", "partnerApiMe.GET.20260701"),
        ("GET", "/v2/me", "GET /me"),
        ("GET", "/v2/userinfo", "userinfo.GET.NO_VERSION"),
    ],
)
def test_a_missing_scope_names_the_permission(with_scopes: Any, method: str, path: str, permission: str) -> None:
    reply = with_scopes("rw_ads").call(method, path, json={} if method == "POST" else None)
    assert reply.status_code == 403
    message = f"Not enough permissions to access: {permission}"
    assert reply.json() == {"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": message}


def test_without_the_audiences_program_a_scope_is_not_enough(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(audiences_program=False)
    reply = linkedin_api.get(f"/rest/dmpSegments?q=account&account={ACCOUNT}")
    assert (reply.status_code, reply.json()["code"]) == (403, "ACCESS_DENIED")
    assert linkedin_api.get("/rest/adAccounts?q=search").status_code == 200


def test_unknown_resources_and_sub_resources_are_404(linkedin_api: LinkedIn) -> None:
    for path in ("/rest/campaignz", "/rest/dmpSegments/1/people", "/rest/dmpSegments/1/users/2/more"):
        assert linkedin_api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "header", "message"),
    [
        ("PUT", "/rest/dmpSegments", "", "Method 'PUT' is not supported for URI '/rest/dmpSegments'"),
        (
            "GET",
            "/rest/dmpSegments?q=foo",
            "",
            "GET operation named foo not supported on resource 'dmpSegments' URI: '/rest/dmpSegments'",
        ),
        (
            "POST",
            "/rest/dmpSegments",
            "PARTIAL_UPDATE",
            "POST operation not supported for URI: '/rest/dmpSegments' with X-RestLi-Method: 'PARTIAL_UPDATE'",
        ),
        (
            "POST",
            "/rest/dmpSegments/1/users",
            "batch_create",
            "POST operation not supported for URI: '/rest/dmpSegments/1/users' with X-RestLi-Method: 'batch_create'",
        ),
    ],
)
def test_the_framework_refuses_what_is_no_operation(
    linkedin_api: LinkedIn, method: str, path: str, header: str, message: str
) -> None:
    reply = linkedin_api.call(method, path, json={}, headers={"X-RestLi-Method": header or None})
    assert (reply.status_code, reply.json()) == (400, {"status": 400, "message": message})
    assert reply.headers["x-restli-error-response"] == "true"


def test_an_empty_post_without_a_length_is_411(linkedin_api: LinkedIn) -> None:
    headers = {"authorization": f"Bearer {linkedin_api.token}", "linkedin-version": "202607"}
    assert linkedin_api.emulator.handle(Request("POST", "/rest/dmpSegments", "", headers)).status == 411
    with_length = {**headers, "content-length": "0"}
    reply = linkedin_api.emulator.handle(Request("POST", "/rest/dmpSegments", "", with_length))
    assert reply.status == 400
    assert b"Empty entity body is not allowed for CREATE method request" in reply.body


def test_an_accept_header_without_json_is_406(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get(ME, headers={"Accept": "text/csv"}).status_code == 406


def test_a_url_that_is_too_long_is_414(linkedin_api: LinkedIn) -> None:
    ids = ",".join(str(number) for number in range(10**6, 10**6 + 600))
    assert linkedin_api.get(f"/rest/dmpSegments?ids=List({ids})").status_code == 414


def test_a_long_query_may_travel_in_a_post(linkedin_api: LinkedIn) -> None:
    ids = ",".join(str(number) for number in range(10**6, 10**6 + 600))
    headers = {"X-HTTP-Method-Override": "GET", "Content-Type": "application/x-www-form-urlencoded"}
    reply = linkedin_api.call("POST", "/rest/dmpSegments", content=f"ids=List({ids})", headers=headers)
    assert reply.status_code == 200
    assert len(reply.json()["errors"]) == 600


def test_a_tunnelled_query_may_bring_a_body(linkedin_api: LinkedIn) -> None:
    body = (
        "--xyz\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\naction=generateUploadUrl\r\n"
        f'--xyz\r\nContent-Type: application/json\r\n\r\n{{"owner":"{ACCOUNT}"}}\r\n--xyz--'
    )
    headers = {"X-HTTP-Method-Override": "POST", "Content-Type": "multipart/mixed; boundary=xyz"}
    reply = linkedin_api.call("POST", "/rest/dmpSegments", content=body, headers=headers)
    assert reply.json()["value"].startswith("https://www.linkedin.com/ambry/")


def test_replies_echo_the_protocol_version(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get(ME).headers["x-restli-protocol-version"] == "2.0.0"
    old = linkedin_api.get(ME, headers={"X-Restli-Protocol-Version": None})
    assert old.headers["x-restli-protocol-version"] == "1.0.0"


def test_a_path_that_is_nothing_is_404(emulator: Emulator, linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get("/nothing/here").status_code == 404
    assert emulator.control.clock()["now"] == NOW


def test_every_reply_of_the_api_has_the_ids_that_support_asks_for(linkedin_api: LinkedIn) -> None:
    replies = [linkedin_api.get(ME), linkedin_api.get(ME), linkedin_api.get(ME, headers={"Authorization": None})]
    for name in ("x-li-fabric", "x-li-pop", "x-li-proto", "x-li-request-id"):
        assert all(reply.headers[name] for reply in replies)
    assert len({reply.headers["x-li-uuid"] for reply in replies}) == 3
    assert "x-li-uuid" not in linkedin_api.http.post("/oauth/v2/accessToken").headers


@pytest.mark.parametrize(
    ("choice", "code"), [("version_first", "VERSION_MISSING"), ("token_first", "INVALID_ACCESS_TOKEN")]
)
def test_the_token_may_be_looked_at_before_the_version(linkedin_api: LinkedIn, choice: str, code: str) -> None:
    linkedin_api.emulator.control.config(gateway_order=choice)
    wrong = {"Authorization": "Bearer nonsense", "LinkedIn-Version": None}
    assert linkedin_api.get(ME, headers=wrong).json()["code"] == code
    assert linkedin_api.get(ME, headers={"LinkedIn-Version": None}).json()["code"] == "VERSION_MISSING"


def test_401_had_other_bodies_once(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(bodies_of_401="older")
    empty = linkedin_api.get(ME, headers={"Authorization": None})
    assert empty.json() == {"serviceErrorCode": 401, "message": "Empty oauth2 access token", "status": 401}
    linkedin_api.emulator.control.expire_tokens()
    expired = linkedin_api.get(ME)
    assert expired.json() == {"status": 401, "code": "UNAUTHORIZED", "message": "Expired access token"}
    assert (empty.status_code, expired.status_code) == (401, 401)


def test_a_fault_is_worded_like_the_real_thing(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(bodies_of_401="older")
    linkedin_api.emulator.control.fault({"kind": "expired_token"})
    assert linkedin_api.get(ME).json()["code"] == "UNAUTHORIZED"


@pytest.mark.parametrize(("choice", "status"), [("400", 400), ("405", 405)])
def test_a_wrong_verb_may_be_405(linkedin_api: LinkedIn, choice: str, status: int) -> None:
    linkedin_api.emulator.control.config(wrong_verb=choice)
    reply = linkedin_api.call("PUT", "/rest/dmpSegments", json={})
    message = "Method 'PUT' is not supported for URI '/rest/dmpSegments'"
    assert (reply.status_code, reply.json()) == (status, {"status": status, "message": message})


def test_marketing_resources_are_gone_from_v2(linkedin_api: LinkedIn) -> None:
    for path in ("/v2/dmpSegments?q=account", "/v2/adAccounts?q=search", "/rest/userinfo"):
        reply = linkedin_api.get(path)
        assert (reply.status_code, reply.json()["code"]) == (404, "RESOURCE_NOT_FOUND")
    assert linkedin_api.http.post("/media/upload?media_type=ad_segments").status_code == 404


@pytest.mark.parametrize(
    "url", ["/rest/dmpSegments/" + "1" * 4_100, "/rest/" + "a/" * 4_100, "/rest/me?fields=" + "a" * 4_100]
)
def test_every_part_of_a_url_has_its_limit(linkedin_api: LinkedIn, url: str) -> None:
    assert linkedin_api.get(url).status_code == 414


def test_headers_and_url_together_have_a_limit(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get(ME, headers={"X-Long": "x" * 27_000}).status_code == 200
    assert linkedin_api.get(ME, headers={"X-Long": "x" * 28_000}).status_code == 414


@pytest.mark.parametrize(("choice", "status"), [("415", 415), ("accept", 201)])
def test_a_body_that_is_not_called_json_is_refused(linkedin_api: LinkedIn, choice: str, status: int) -> None:
    linkedin_api.emulator.control.config(foreign_content_type=choice)
    body = {"account": ACCOUNT, "name": "x", "type": "USER", "sourcePlatform": "DIRECT_API"}
    assert linkedin_api.post("/rest/dmpSegments", body, headers={"Content-Type": "text/plain"}).status_code == status
    charset = {"Content-Type": "application/json; charset=UTF-8"}
    assert linkedin_api.post("/rest/dmpSegments", body, headers=charset).status_code == 201


def test_a_body_may_be_too_large(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    linkedin_api.emulator.control.config(largest_body=200)
    assert linkedin_api.tell(number, user("a")).status_code == 200
    assert linkedin_api.tell(number, user("a"), user("b")).status_code == 413
    assert linkedin_api.inside(number) == [shown("a")]


def test_the_frameworks_refusals_echo_the_protocol(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.post("/rest/dmpSegments", {}).headers["x-restli-protocol-version"] == "2.0.0"


def test_an_entity_is_patched_without_the_method_header(linkedin_api: LinkedIn) -> None:
    path = f"/rest/dmpSegments/{linkedin_api.segment()}"
    assert linkedin_api.post(path, {"patch": {"$set": {"name": "New"}}}).status_code == 204
    assert linkedin_api.get(path).json()["name"] == "New"
