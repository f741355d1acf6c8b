from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest

from linkedin_emulator.emulator import Emulator
from tests.emulator.kit import NOW, LinkedIn

SCOPES = "r_basicprofile rw_ads rw_dmp_segments"
BACK = "http://127.0.0.1:8000/callback"
APP = {"client_id": "86emulator", "client_secret": "emulator-secret"}
YEAR, DAY = 31_536_000, 86_400


def asked(**fields: str) -> dict[str, str]:
    base = {"response_type": "code", "client_id": "86emulator", "redirect_uri": BACK, "scope": SCOPES, "state": "s1"}
    return {name: value for name, value in {**base, **fields}.items() if value}


def authorize(http: httpx2.Client, decision: str = "allow", **fields: str) -> dict[str, str]:
    reply = http.post("/oauth/v2/authorization", data={**asked(**fields), "decision": decision})
    assert reply.status_code == 302, reply.text
    return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["location"]).query).items()}


def exchange(http: httpx2.Client, granted: str, **fields: str) -> httpx2.Response:
    form = {"grant_type": "authorization_code", "code": granted, "redirect_uri": BACK, **APP, **fields}
    return http.post("/oauth/v2/accessToken", data={name: value for name, value in form.items() if value})


def refresh(http: httpx2.Client, token: str, **fields: str) -> httpx2.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token, **APP, **fields}
    return http.post("/oauth/v2/accessToken", data={name: value for name, value in form.items() if value})


def signed_in(http: httpx2.Client, **fields: str) -> dict[str, Any]:
    reply = exchange(http, authorize(http, **fields)["code"])
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_the_consent_page_names_the_application_and_its_scopes(http: httpx2.Client) -> None:
    page = http.get("/oauth/v2/authorization", params=asked())
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for text in ("Allow", "Cancel", "rw_dmp_segments", "Ada Campaigner", 'value="s1"'):
        assert text in page.text


def test_allowing_leads_back_with_a_code_and_the_state(http: httpx2.Client) -> None:
    answer = authorize(http)
    assert answer["state"] == "s1"
    tokens = exchange(http, answer["code"]).json()
    assert tokens["expires_in"] == 5_184_000
    assert tokens["refresh_token_expires_in"] == YEAR
    assert (tokens["scope"], tokens["token_type"]) == ("r_basicprofile,rw_ads,rw_dmp_segments", "Bearer")
    assert 400 < len(tokens["access_token"]) <= 1_000


@pytest.mark.parametrize(
    ("decision", "error"), [("cancel", "user_cancelled_authorize"), ("cancel_login", "user_cancelled_login")]
)
def test_cancelling_leads_back_with_an_error(http: httpx2.Client, decision: str, error: str) -> None:
    answer = authorize(http, decision)
    assert (answer["error"], answer["state"]) == (error, "s1")
    assert answer["error_description"]


def test_consent_is_skipped_when_the_same_scopes_are_granted(http: httpx2.Client) -> None:
    signed_in(http)
    reply = http.get("/oauth/v2/authorization", params=asked())
    assert reply.status_code == 302
    assert "code=" in reply.headers["location"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"client_id": "nobody"}, "client_id does not match"),
        ({"redirect_uri": "https://evil.example/callback"}, "redirect_uri does not match"),
        ({"redirect_uri": f"{BACK}#part"}, "redirect_uri does not match"),
        ({"scope": "rw_everything"}, "invalid scope"),
        ({"response_type": "token"}, "response_type must be code"),
        ({"redirect_uri": ""}, "is missing"),
    ],
)
def test_a_wrong_request_is_an_error_page(http: httpx2.Client, fields: dict[str, str], text: str) -> None:
    reply = http.get("/oauth/v2/authorization", params=asked(**fields))
    assert reply.status_code == 401
    assert text in reply.text


def test_a_registered_redirect_is_matched_without_its_query(emulator: Emulator, http: httpx2.Client) -> None:
    app = {"client_id": "two", "client_secret": "s", "redirect_uris": ["https://crm.example/back"]}
    emulator.control.seed({"apps": [app]})
    fields = asked(client_id="two", redirect_uri="https://crm.example/back?tenant=7")
    assert http.get("/oauth/v2/authorization", params=fields).status_code == 200
    reply = http.post("/oauth/v2/authorization", data={**fields, "decision": "allow"})
    assert reply.headers["location"].startswith("https://crm.example/back?tenant=7&code=")


def test_a_scope_the_application_lacks_fails_the_whole_request(http: httpx2.Client) -> None:
    reply = http.get("/oauth/v2/authorization", params=asked(scope=f"{SCOPES} rw_conversions"))
    assert reply.status_code == 302
    assert "error=unauthorized_scope_error" in reply.headers["location"]


def test_without_the_audiences_program_its_scope_is_not_authorized(emulator: Emulator, http: httpx2.Client) -> None:
    emulator.control.config(audiences_program=False)
    reply = http.get("/oauth/v2/authorization", params=asked())
    assert "error=unauthorized_scope_error" in reply.headers["location"]


def test_a_code_works_once(http: httpx2.Client) -> None:
    code = authorize(http)["code"]
    assert exchange(http, code).status_code == 200
    again = exchange(http, code)
    text = "Unable to retrieve access token: authorization code not found"
    assert (again.status_code, again.json()) == (401, {"error": "invalid_request", "error_description": text})


@pytest.mark.parametrize(("seconds", "status"), [(1_799, 200), (1_800, 400)])
def test_a_code_lives_thirty_minutes(emulator: Emulator, http: httpx2.Client, seconds: int, status: int) -> None:
    code = authorize(http)["code"]
    emulator.control.clock(advance=seconds)
    assert exchange(http, code).status_code == status


def test_a_code_is_bound_to_its_redirect(http: httpx2.Client) -> None:
    reply = exchange(http, authorize(http)["code"], redirect_uri="http://127.0.0.1:9/other")
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_redirect_uri")
    assert "does not match authorization code" in reply.json()["error_description"]


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "client_id", "client_secret"])
def test_a_missing_token_parameter_is_named(http: httpx2.Client, name: str) -> None:
    reply = exchange(http, authorize(http)["code"], **{name: ""})
    text = f'A required parameter "{name}" is missing'
    assert (reply.status_code, reply.json()) == (400, {"error": "invalid_request", "error_description": text})


def test_a_missing_refresh_token_is_named(http: httpx2.Client) -> None:
    assert refresh(http, "").json()["error_description"] == 'A required parameter "refresh_token" is missing'


def test_a_wrong_client_is_refused(http: httpx2.Client) -> None:
    code = authorize(http)["code"]
    unknown = exchange(http, code, client_id="86nobody")
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_client_id")
    assert unknown.json()["error_description"] == 'The passed in client_id is invalid "86nobody"'
    wrong = exchange(http, code, client_secret="wrong")
    expected = {"error": "invalid_client", "error_description": "Client authentication failed"}
    assert (wrong.status_code, wrong.json()) == (401, expected)


def test_a_wrong_secret_has_two_names(emulator: Emulator, http: httpx2.Client) -> None:
    emulator.control.config(client_error="invalid_client_id")
    reply = exchange(http, authorize(http)["code"], client_secret="wrong")
    expected = {"error": "invalid_client_id", "error_description": "Client authentication failed"}
    assert (reply.status_code, reply.json()) == (401, expected)


def test_an_unknown_kind_of_grant_is_refused(http: httpx2.Client) -> None:
    reply = http.post("/oauth/v2/accessToken", data={"grant_type": "password", **APP})
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


def test_client_credentials_are_denied(http: httpx2.Client) -> None:
    reply = http.post("/oauth/v2/accessToken", data={"grant_type": "client_credentials", **APP})
    text = "This application is not allowed to create application tokens"
    assert (reply.status_code, reply.json()) == (401, {"error": "access_denied", "error_description": text})


def test_a_refresh_returns_the_same_refresh_token_with_a_falling_life(emulator: Emulator, http: httpx2.Client) -> None:
    first = signed_in(http)
    emulator.control.clock(advance=59 * DAY)
    second = refresh(http, first["refresh_token"]).json()
    assert second["refresh_token"] == first["refresh_token"]
    assert second["refresh_token_expires_in"] == 306 * DAY
    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] == 60 * DAY


def test_near_the_end_both_tokens_die_together(emulator: Emulator, http: httpx2.Client) -> None:
    token = signed_in(http)["refresh_token"]
    emulator.control.clock(advance=360 * DAY)
    last = refresh(http, token).json()
    assert (last["expires_in"], last["refresh_token_expires_in"]) == (5 * DAY, 5 * DAY)


@pytest.mark.parametrize("error", ["invalid_request", "invalid_grant"])
def test_after_a_year_the_refresh_token_is_dead(emulator: Emulator, http: httpx2.Client, error: str) -> None:
    emulator.control.config(refresh_error=error)
    token = signed_in(http)["refresh_token"]
    emulator.control.clock(advance=365 * DAY)
    reply = refresh(http, token)
    text = "The provided authorization grant or refresh token is invalid, expired or revoked"
    assert (reply.status_code, reply.json()) == (400, {"error": error, "error_description": text})
    page = http.get("/oauth/v2/authorization", params=asked())
    assert page.status_code == 200, "the member must go through consent again"


def test_old_access_tokens_live_on_after_a_refresh(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    first = signed_in(http)
    second = refresh(http, first["refresh_token"]).json()
    for token in (first, second):
        linkedin_api.token = token["access_token"]
        assert linkedin_api.get("/rest/me").status_code == 200


def test_a_refresh_may_revoke_old_access_tokens(
    emulator: Emulator, http: httpx2.Client, linkedin_api: LinkedIn
) -> None:
    emulator.control.config(old_access_tokens="revoked")
    first = signed_in(http)
    second = refresh(http, first["refresh_token"]).json()
    for token, status in ((first, 401), (second, 200)):
        linkedin_api.token = token["access_token"]
        assert linkedin_api.get("/rest/me").status_code == status


def test_refresh_tokens_may_rotate(emulator: Emulator, http: httpx2.Client) -> None:
    first = signed_in(http)["refresh_token"]
    emulator.control.clock(advance=DAY)
    assert refresh(http, first).json()["refresh_token"] == first
    emulator.control.config(refresh_token_rotation=True)
    rotated = refresh(http, first).json()
    assert rotated["refresh_token"] != first
    assert rotated["refresh_token_expires_in"] == YEAR - DAY, "the year of the consent runs on"
    assert refresh(http, first).status_code == 400
    assert refresh(http, rotated["refresh_token"]).status_code == 200


def test_another_set_of_scopes_revokes_earlier_tokens(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    first = signed_in(http)
    signed_in(http, scope="rw_ads r_basicprofile")
    linkedin_api.token = first["access_token"]
    assert linkedin_api.get("/rest/me").json()["serviceErrorCode"] == 65601
    assert refresh(http, first["refresh_token"]).status_code == 400


def test_the_same_scopes_again_revoke_nothing(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    first = signed_in(http)
    signed_in(http)
    linkedin_api.token = first["access_token"]
    assert linkedin_api.get("/rest/me").status_code == 200


@pytest.mark.parametrize(("choice", "left"), [("renews", YEAR), ("keeps", YEAR - 100 * DAY)])
def test_authorizing_again(emulator: Emulator, http: httpx2.Client, choice: str, left: int) -> None:
    emulator.control.config(reauthorization=choice)
    signed_in(http)
    emulator.control.clock(advance=100 * DAY)
    assert signed_in(http)["refresh_token_expires_in"] == left


def test_the_unit_and_the_separator_can_differ(emulator: Emulator, http: httpx2.Client) -> None:
    emulator.control.config(refresh_token_unit="minutes", scope_separator="space")
    tokens = signed_in(http)
    assert tokens["refresh_token_expires_in"] == 525_600
    assert tokens["scope"] == SCOPES


def test_a_token_reply_may_lack_its_type(emulator: Emulator, http: httpx2.Client) -> None:
    emulator.control.config(token_type=False)
    assert "token_type" not in signed_in(http)


def test_the_minutes_of_the_documents(emulator: Emulator, http: httpx2.Client) -> None:
    """The documents' sample after a refresh says 439200, which is 305 days in minutes."""
    emulator.control.config(refresh_token_unit="minutes")
    token = signed_in(http)["refresh_token"]
    emulator.control.clock(advance=60 * DAY)
    assert refresh(http, token).json()["refresh_token_expires_in"] == 439_200


def test_some_applications_get_no_refresh_token(emulator: Emulator, http: httpx2.Client) -> None:
    emulator.control.seed({"apps": [{**APP, "refresh_tokens": False}]})
    tokens = signed_in(http)
    assert not {"refresh_token", "refresh_token_expires_in"} & tokens.keys()


def test_introspection_tells_a_tokens_state(emulator: Emulator, http: httpx2.Client) -> None:
    token = signed_in(http)["access_token"]
    ask = lambda: http.post("/oauth/v2/introspectToken", data={**APP, "token": token}).json()  # noqa: E731
    assert ask() == {
        "active": True,
        "client_id": "86emulator",
        "authorized_at": int(NOW),
        "created_at": int(NOW),
        "status": "active",
        "expires_at": int(NOW) + 60 * DAY,
        "scope": "r_basicprofile,rw_ads,rw_dmp_segments",
        "auth_type": "3L",
    }
    emulator.control.expire_tokens(token)
    assert (ask()["active"], ask()["status"]) == (False, "expired")
    emulator.control.revoke_tokens(token)
    assert (ask()["active"], ask()["status"]) == (False, "revoked")


def test_introspection_of_another_applications_token(emulator: Emulator, http: httpx2.Client) -> None:
    emulator.control.seed({"apps": [{"client_id": "two", "client_secret": "s"}]})
    token = emulator.control.token(client_id="two")["access_token"]
    assert http.post("/oauth/v2/introspectToken", data={**APP, "token": token}).json() == {"active": False}


@pytest.mark.parametrize(("choice", "wrong_secret"), [("documented", 401), ("400", 400)])
def test_introspection_refuses(emulator: Emulator, http: httpx2.Client, choice: str, wrong_secret: int) -> None:
    emulator.control.config(introspection_errors=choice)
    token = emulator.control.token()["access_token"]
    ask = lambda **fields: http.post("/oauth/v2/introspectToken", data={**APP, "token": token, **fields})  # noqa: E731
    assert ask().status_code == 200
    assert ask(client_secret="x").status_code == wrong_secret
    assert [ask(client_id="x").status_code, ask(token="x").status_code, ask(token="").status_code] == [400] * 3


def test_revoking_a_token(http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    tokens = signed_in(http)
    linkedin_api.token = tokens["access_token"]
    assert http.post("/oauth/v2/revoke", data={**APP, "token": tokens["access_token"]}).status_code == 200
    assert linkedin_api.get("/rest/me").json()["code"] == "REVOKED_ACCESS_TOKEN"


def test_revoking_a_refresh_token_ends_the_grant(
    emulator: Emulator, http: httpx2.Client, linkedin_api: LinkedIn
) -> None:
    tokens = signed_in(http)
    emulator.control.seed({"apps": [{"client_id": "two", "client_secret": "s"}]})
    other = {"client_id": "two", "client_secret": "s", "token": tokens["refresh_token"]}
    linkedin_api.token = tokens["access_token"]
    assert http.post("/oauth/v2/revoke", data=other).status_code == 200
    assert linkedin_api.get("/rest/me").status_code == 200, "another application's word means nothing"
    assert http.post("/oauth/v2/revoke", data={**APP, "token": tokens["refresh_token"]}).status_code == 200
    assert linkedin_api.get("/rest/me").json()["code"] == "REVOKED_ACCESS_TOKEN"
    assert refresh(http, tokens["refresh_token"]).status_code == 400
    assert http.get("/oauth/v2/authorization", params=asked()).status_code == 200, "consent is asked for again"


def test_without_refresh_tokens_an_access_token_lives_sixty_days(
    emulator: Emulator, http: httpx2.Client, linkedin_api: LinkedIn
) -> None:
    emulator.control.seed({"apps": [{**APP, "refresh_tokens": False}]})
    linkedin_api.token = signed_in(http)["access_token"]
    emulator.control.clock(advance=60 * DAY - 1)
    assert linkedin_api.get("/rest/me").status_code == 200
    emulator.control.clock(advance=1)
    assert linkedin_api.get("/rest/me").json()["code"] == "EXPIRED_ACCESS_TOKEN"


def test_several_members_can_sign_in(emulator: Emulator, http: httpx2.Client, linkedin_api: LinkedIn) -> None:
    emulator.control.seed({"members": [{"id": "Bob456", "first_name": "Bob"}]})
    assert "Bob" in http.get(f"/oauth/v2/authorization?{urlencode(asked())}").text
    linkedin_api.token = signed_in(http, member="Bob456")["access_token"]
    assert linkedin_api.get("/rest/me").json()["id"] == "Bob456"


def test_wrong_verbs_and_paths(http: httpx2.Client) -> None:
    assert http.get("/oauth/v2/accessToken").status_code == 405
    assert http.post("/oauth/v2/tokens").status_code == 404


def test_lives_of_tokens_can_be_shortened(emulator: Emulator, http: httpx2.Client) -> None:
    emulator.control.config(access_token_seconds=60, refresh_token_seconds=90)
    tokens = signed_in(http)
    assert (tokens["expires_in"], tokens["refresh_token_expires_in"]) == (60, 90)
    emulator.control.clock(advance=50)
    assert refresh(http, tokens["refresh_token"]).json()["expires_in"] == 40
    emulator.control.clock(advance=40)
    assert refresh(http, tokens["refresh_token"]).status_code == 400
