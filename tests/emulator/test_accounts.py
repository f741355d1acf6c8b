from typing import Any

import pytest

from tests.emulator.kit import ACCOUNT, LinkedIn

KEY = "(account:urn%3Ali%3AsponsoredAccount%3A{},user:urn%3Ali%3Aperson%3A{})"


def ids(reply: Any) -> list[int]:
    return [one["id"] for one in reply.json()["elements"]]


def test_me_is_the_member_of_the_token(linkedin_api: LinkedIn) -> None:
    for path in ("/rest/me", "/v2/me"):
        assert linkedin_api.get(path).json()["id"] == "AbC123xyz"
    assert linkedin_api.get("/rest/me").json()["localizedFirstName"] == "Ada"


def test_userinfo_gives_openid_claims(linkedin_api: LinkedIn, with_scopes: Any) -> None:
    claims = linkedin_api.get("/v2/userinfo", headers={"LinkedIn-Version": None}).json()
    assert (claims["sub"], claims["email"]) == ("AbC123xyz", "ada@example.com")
    assert "email" not in with_scopes("openid", "profile").get("/v2/userinfo").json()


def test_every_reachable_account_is_found(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.get("/rest/adAccounts?q=search")
    assert ids(reply) == [516848833, 516848834, 516848835]
    first = reply.json()["elements"][0]
    assert (first["name"], first["status"], first["type"], first["test"]) == ("Acme EMEA", "ACTIVE", "BUSINESS", False)
    assert first["servingStatuses"] == ["RUNNABLE"]
    assert reply.json()["metadata"] == {"nextPageToken": None}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("(status:(values:List(ACTIVE)),type:(values:List(BUSINESS)),test:false)", [516848833, 516848834]),
        ("(test:true)", [516848835]),
        ("(id:(values:List(urn%3Ali%3AsponsoredAccount%3A516848834)))", [516848834]),
        ("(name:(values:List(Acme%20EMEA)))", [516848833]),
        ("(status:(values:List(CANCELED)))", []),
    ],
)
def test_a_search_narrows_accounts(linkedin_api: LinkedIn, search: str, found: list[int]) -> None:
    assert ids(linkedin_api.get(f"/rest/adAccounts?q=search&search={search}")) == found


def test_accounts_are_paged_by_cursor(linkedin_api: LinkedIn) -> None:
    first = linkedin_api.get("/rest/adAccounts?q=search&pageSize=2")
    token = first.json()["metadata"]["nextPageToken"]
    second = linkedin_api.get(f"/rest/adAccounts?q=search&pageSize=2&pageToken={token}")
    assert ids(first) + ids(second) == [516848833, 516848834, 516848835]
    assert second.json()["metadata"]["nextPageToken"] is None
    assert ids(linkedin_api.get("/rest/adAccounts?q=search&sortOrder=DESCENDING&pageSize=1")) == [516848835]


def test_an_account_without_a_role_is_not_there(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get("/rest/adAccounts/516848833").json()["currency"] == "EUR"
    assert linkedin_api.get("/rest/adAccounts/516848899").status_code == 404
    assert linkedin_api.get("/rest/adAccountUsers/" + KEY.format(516848899, "AbC123xyz")).status_code == 404


def test_the_members_own_roles(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.get("/rest/adAccountUsers?q=authenticatedUser").json()
    roles = {one["account"][-3:]: one["role"] for one in reply["elements"]}
    assert roles == {"833": "CAMPAIGN_MANAGER", "834": "VIEWER", "835": "CAMPAIGN_MANAGER"}
    assert reply["paging"]["count"] == 2_147_483_647
    assert reply["elements"][0]["user"] == "urn:li:person:AbC123xyz"


def test_the_users_of_an_account(linkedin_api: LinkedIn) -> None:
    listed = "List(urn%3Ali%3AsponsoredAccount%3A516848833)"
    reply = linkedin_api.get(f"/rest/adAccountUsers?q=accounts&accounts={listed}").json()
    assert [one["user"] for one in reply["elements"]] == ["urn:li:person:AbC123xyz"]


def test_roles_are_managed_by_an_account_manager(linkedin_api: LinkedIn) -> None:
    path = "/rest/adAccountUsers/" + KEY.format(516848833, "Bob456")
    body = {"account": ACCOUNT, "user": "urn:li:person:Bob456", "role": "CREATIVE_MANAGER"}
    assert linkedin_api.call("PUT", path, json=body).status_code == 403
    boss = {"account": 516848833, "member": "AbC123xyz", "role": "ACCOUNT_MANAGER"}
    linkedin_api.emulator.control.seed({"roles": [boss]})
    assert linkedin_api.call("PUT", path, json=body).status_code == 204
    assert linkedin_api.call("PUT", path, json={**body, "role": "OWNER"}).status_code == 422
    patch = {"patch": {"$set": {"role": "VIEWER"}}}
    assert linkedin_api.post(path, patch, "PARTIAL_UPDATE").status_code == 204
    assert linkedin_api.get(path).json()["role"] == "VIEWER"
    assert linkedin_api.call("DELETE", path).status_code == 204
    assert linkedin_api.get(path).status_code == 404


def test_profile_without_openid_is_not_enough_for_userinfo(with_scopes: Any) -> None:
    for scopes in (("openid",), ("profile",)):
        reply = with_scopes(*scopes).get("/v2/userinfo")
        assert (reply.status_code, reply.json()["code"]) == (403, "ACCESS_DENIED")
    assert with_scopes("openid", "profile").get("/rest/me").status_code == 403


@pytest.mark.parametrize(("choice", "shown"), [("number", 516848833), ("urn", ACCOUNT)])
def test_an_account_may_be_called_by_its_urn(linkedin_api: LinkedIn, choice: str, shown: object) -> None:
    linkedin_api.emulator.control.config(account_ids=choice)
    assert linkedin_api.get("/rest/adAccounts/516848833").json()["id"] == shown
    assert ids(linkedin_api.get("/rest/adAccounts?q=search"))[0] == shown


def test_in_the_development_tier_only_mapped_accounts_are_found(linkedin_api: LinkedIn) -> None:
    app = {"client_id": "86emulator", "client_secret": "emulator-secret"}
    for mapped, found in (([], []), ([516848834], [516848834])):
        linkedin_api.emulator.control.seed({"apps": [{**app, "ad_accounts": mapped}]})
        assert ids(linkedin_api.get("/rest/adAccounts?q=search")) == found
        assert linkedin_api.get("/rest/adAccounts/516848833").status_code == 404


def test_roles_may_be_managed_by_anybody_with_one(linkedin_api: LinkedIn) -> None:
    path = "/rest/adAccountUsers/" + KEY.format(516848834, "Bob456")
    body = {"account": "urn:li:sponsoredAccount:516848834", "user": "urn:li:person:Bob456", "role": "VIEWER"}
    assert linkedin_api.call("PUT", path, json=body).status_code == 403
    linkedin_api.emulator.control.config(role_managers="every_role")
    assert linkedin_api.call("PUT", path, json=body).status_code == 204


def test_an_account_without_a_role_has_no_users(linkedin_api: LinkedIn) -> None:
    listed = "List(urn%3Ali%3AsponsoredAccount%3A516848899)"
    assert linkedin_api.get(f"/rest/adAccountUsers?q=accounts&accounts={listed}").status_code == 404
    old = {"X-Restli-Protocol-Version": None}
    key = "account=urn:li:sponsoredAccount:516848833&user=urn:li:person:AbC123xyz"
    assert linkedin_api.get(f"/rest/adAccountUsers/{key}", headers=old).json()["role"] == "CAMPAIGN_MANAGER"
