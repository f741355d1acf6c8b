"""What the pages show and do, the API shows and does: for the same people, by the same functions."""

from __future__ import annotations

from typing import Any

import pytest

from guestlist.core.permissions import ACTIVATE, HOLDS, Permission, Role
from guestlist.web.api.api import _NOUNS
from guestlist.web.api.needs import NEEDS
from guestlist.web.pages.table import PAGES
from tests.web.apikit import BACK, Api, problem
from tests.world import ACCOUNT, emails

TWINS = {
    "GET /destinations": "GET /destinations",
    "GET /destinations/connect": "POST /sign-ins",
    "POST /destinations/connect": "POST /sign-ins",
    "POST /destinations/connect/reuse": "POST /sign-ins/reuse",
    "GET /linkedin/callback": "POST /sign-ins/code",
    "POST /destinations/{name}/authorize": "POST /destinations/{name}/authorization",
    "GET /destinations/connect/{handle}": "GET /sign-ins/{handle}",
    "POST /destinations/connect/{handle}": "GET /sign-ins/{handle}",
    "GET /destinations/connect/{handle}/review": "GET /sign-ins/{handle}",
    "POST /destinations/connect/{handle}/finish": "POST /sign-ins/{handle}/destinations",
    "GET /destinations/{name}": "GET /destinations/{name}",
    "GET /destinations/{name}/activations": "GET /activations",
    "GET /destinations/{name}/delivery": "GET /destinations/{name}/events",
    "GET /destinations/{name}/runs": "GET /destinations/{name}/runs",
    "POST /destinations/{name}": "PATCH /destinations/{name}",
    "POST /destinations/{name}/check": "POST /destinations/{name}/checks",
    "POST /destinations/{name}/take-over": "POST /destinations/{name}/take-over",
    "POST /destinations/{name}/delete": "DELETE /destinations/{name}",
    "GET /audiences": "GET /audiences",
    "GET /audiences/new": "POST /audiences",
    "POST /audiences/new": "POST /audiences",
    "GET /audiences/{name}": "GET /audiences/{name}/sample",
    "GET /audiences/{name}/live": "GET /audiences/{name}/live",
    "GET /audiences/{name}/edit": "PATCH /audiences/{name}",
    "POST /audiences/{name}/edit": "PATCH /audiences/{name}",
    "POST /audiences/{name}/take-over": "POST /audiences/{name}/take-over",
    "POST /audiences/{name}/delete": "DELETE /audiences/{name}",
    "POST /audiences/new/upload": "PUT /uploads/{name}",
    "POST /audiences/{name}/upload": "PUT /uploads/{name}",
    "GET /activations": "GET /activations",
    "GET /activations/{name}": "GET /activations/{name}",
    "GET /activations/{name}/live": "GET /activations/{name}",
    "POST /activations/{name}/run": "POST /activations/{name}/syncs",
    "POST /activations/{name}/plan": "POST /activations/{name}/plans",
    "POST /activations/{name}/pause": "POST /activations/{name}/pause",
    "POST /activations/{name}/resume": "POST /activations/{name}/resume",
    "POST /activations/{name}/take-over": "POST /activations/{name}/take-over",
    "GET /runs": "GET /runs",
    "GET /activations/{name}/runs": "GET /activations/{name}/runs",
    "GET /activations/{name}/rejected": "GET /activations/{name}/rejected",
    "GET /activations/{name}/rejected.csv": "GET /activations/{name}/rejected",
    "GET /activations/{name}/delivery": "GET /activations/{name}/events",
    "GET /activations/{name}/activity": "GET /activations/{name}/audit",
    "GET /activations/{name}/confirm": "GET /activations/{name}/removals",
    "POST /activations/{name}/confirm": "POST /activations/{name}/syncs",
    "POST /activations/{name}/resend": "POST /activations/{name}/syncs",
    "POST /activations/{name}/new-snapshot": "POST /activations/{name}/syncs",
    "GET /activations/{name}/edit": "PATCH /activations/{name}",
    "POST /activations/{name}/edit": "PATCH /activations/{name}",
    "POST /activations/{name}/rename": "POST /activations/{name}/rename",
    "POST /activations/{name}/remove": "DELETE /activations/{name}",
    "POST /activations/{name}/duplicate": "POST /activations/{name}/duplicates",
    "GET /activations/{name}/mapping": "GET /activations/{name}/mapping",
    "POST /activations/{name}/mapping": "PUT /activations/{name}/mapping",
    "GET /activations/{name}/trigger": "GET /activations/{name}",
    "POST /activations/{name}/trigger": "PATCH /activations/{name}",
    "GET /jobs/{number}": "GET /jobs/{number}",
    "GET /jobs/{number}/events": "GET /jobs/{number}",
    "GET /activity": "GET /audit",
    "GET /settings/users": "GET /users",
    "POST /settings/users": "POST /users",
    "POST /settings/users/{name}/link": "POST /users/{name}/link",
    "POST /settings/users/{name}/role": "PATCH /users/{name}",
    "POST /settings/users/{name}/disable": "PATCH /users/{name}",
    "POST /settings/users/{name}/enable": "PATCH /users/{name}",
    "GET /settings/tokens": "GET /tokens",
    "POST /settings/tokens": "POST /tokens",
    "POST /settings/tokens/{name}/revoke": "DELETE /tokens/{name}",
    "GET /settings/keys": "GET /write-keys",
    "POST /settings/keys": "POST /write-keys",
    "POST /settings/keys/{name}/revoke": "DELETE /write-keys/{name}",
    "GET /settings/notices": "GET /settings/{name}",
    "POST /settings/notices": "PUT /settings/{name}",
    "POST /settings/notices/off": "DELETE /settings/{name}",
    "POST /settings/notices/test": "POST /settings/notify/test",
    "POST /settings/limits": "PUT /settings/{name}",
    "GET /settings/linkedin": "GET /linkedin-app",
    "POST /settings/linkedin": "PUT /linkedin-app",
    "POST /settings/linkedin/take-out": "DELETE /linkedin-app",
    "GET /settings/encryption": "GET /encryption",
    "POST /settings/encryption/seal": "POST /encryption/seal",
    "POST /settings/encryption/new-key": "POST /encryption/seal",
    "GET /settings/retention": "GET /retention",
    "POST /settings/retention": "PUT /settings/{name}",
    "POST /settings/{name}/take-over": "POST /settings/{name}/take-over",
    "GET /privacy": "GET /receipts",
    "POST /privacy/forget": "POST /receipts",
    "POST /privacy/undo": "POST /receipts/undo",
    "POST /privacy/receipts/{number}/undo": "POST /receipts/{number}/undo",
    "POST /privacy/explain": "POST /activations/{name}/explain",
    "POST /privacy/lists": "POST /suppression-lists",
    "GET /privacy/lists/{number}": "GET /suppression-lists/{number}",
    "GET /privacy/lists/{number}/survey": "GET /suppression-lists/{number}",
    "POST /privacy/lists/{number}/column": "POST /suppression-lists/{number}/survey",
    "POST /privacy/lists/{number}/forget": "POST /suppression-lists/{number}/forget",
    "POST /privacy/lists/{number}/discard": "DELETE /suppression-lists/{number}",
    "POST /activate/{number}/review": "POST /plans",
    "GET /activate/{number}/plan": "POST /plans",
    "POST /activate/{number}/finish": "POST /activation-sets",
}
ALONE = {
    "GET /": "each part of it asks for its own: GET /home, /needs, /dates, /runs and /activations/{name}/growth",
    "GET /settings": "it leads to the first tab",
    "GET /settings/{name}/take-over": "it leads to the page that shows the setting",
    "GET /settings/password": "a token is of no person",
    "POST /settings/password": "a token is of no person",
}


def test_every_page_has_a_twin_for_the_same_people_or_a_reason() -> None:
    for page in PAGES:
        known = f"{page.method} {page.path}"
        of_a_draft = page.path.startswith("/activate") and known not in TWINS
        if page.public or known in ALONE or of_a_draft:
            continue  # a program makes an activation at once, switched off, instead of a draft
        need = NEEDS[TWINS[known]]
        assert (set(page.needs), page.administrator) == (set(need.permissions), need.administrator), known
    assert {*TWINS, *ALONE} <= {f"{page.method} {page.path}" for page in PAGES}


def test_what_stood_still_goes_on_once_it_is_authorised_again(api: Api) -> None:
    """As with Reauthorize on the pages, whichever way it is done."""
    api.make("destinations", "second", {"ad_account": ACCOUNT})
    api("POST", "/destinations/second/authorization/reuse", {"destination": "acme"})
    api.world.write(emails("ann"))
    token = api.world.emulator.control.token()
    for way in ("code", "reuse", "token"):
        api.world.emulator.control.revoke_tokens()
        api.finished(api("POST", "/activations/main/syncs", {"resend": True}))
        assert api.get("/activations/main")["status"]["state"] == "parked", way
        if way == "code":
            begun = api("POST", "/destinations/acme/authorization", {"redirect_url": BACK}).json()
            back = api.world.consent(begun["address"])
            body = {"code": back["code"], "state": back["state"], "redirect_url": BACK}
            done = api("POST", "/destinations/acme/authorization/code", body)
        elif way == "reuse":
            api("POST", "/destinations/second/token", api.world.emulator.control.token())
            done = api("POST", "/destinations/acme/authorization/reuse", {"destination": "second"})
        else:
            token = api.world.emulator.control.token()
            done = api("POST", "/destinations/acme/token", token)
        assert done.status_code == 200, done.text
        waiting = api.get("/jobs?subject=main")["items"][0]
        assert (waiting["kind"], waiting["state"]) == ("sync", "waiting"), way
        api.work()
        assert api.get("/activations/main")["status"]["state"] == "in step", way


def test_a_destination_says_who_authorised_it_and_which_accounts_there_are(api: Api) -> None:
    made = api.make("destinations", "second", {"ad_account": ACCOUNT})
    assert made.json()["authorised_by"] is None
    assert api.get("/destinations/second/ad-accounts") == {"items": [], "next": None}
    api("POST", "/destinations/second/authorization/reuse", {"destination": "acme"})
    assert api.get("/destinations/second")["authorised_by"] == "token admin"
    found = {each["account"]: each["role"] for each in api.get("/destinations/second/ad-accounts")["items"]}
    assert found[f"urn:li:sponsoredAccount:{ACCOUNT}"] == "CAMPAIGN_MANAGER"
    assert "VIEWER" in found.values()
    problem(api("GET", "/destinations/nobody/ad-accounts"), 404)
    handle = api("POST", "/sign-ins/reuse", {"destination": "second"}).json()["sign_in"]
    api.world.clock.sleep(120.0)  # a token that is new may not be known yet
    api.world.emulator.control.revoke_tokens()
    described = {route.path: route.openapi_extra for noun in _NOUNS for route in noun.router.routes}
    for path in ("/destinations/{name}/ad-accounts", "/sign-ins/{handle}"):
        address = path.replace("{name}", "second").replace("{handle}", handle)
        assert problem(api("GET", address), 409)["label"]
        assert "409" in described[f"/api/v1{path}"]["responses"]


def test_what_was_not_sent_is_counted_by_reason_for_all_who_may_look(api: Api) -> None:
    api.world.write([*emails("ann"), {"email": "nobody"}, {"email": "not an address"}])
    api.finished(api("POST", "/activations/main/syncs"))
    analyst = api.make_token("analyst", Role.ANALYST)
    found = api.get("/activations/main", token=analyst)["not_sent"]
    assert sum(found.values()) == 2
    problem(api("GET", "/activations/main/rejected", token=analyst), 403)


def test_roles_say_what_they_may_do(api: Api) -> None:
    found = {each["role"]: set(each["permissions"]) for each in api.get("/roles")}
    assert found == {str(role): set(map(str, HOLDS[role])) for role in Role}
    problem(api("GET", "/roles", token=api.make_token("moe", Role.MARKETER)), 403)


def test_a_trigger_is_said_both_ways(api: Api) -> None:
    conditions = {"all": [{"on": "event_name", "op": "is", "value": "Trial Started"}]}

    def tried(trigger: Any) -> Any:
        settings = {"trigger": trigger, "audience_key": "trials", "action": "add"}
        done = api("POST", "/event-trials", {"settings": settings, "event": {"type": "track", "event": "x"}})
        assert done.status_code == 200, done.text
        return done.json()

    assert tried(conditions)["fql"] == 'event = "Trial Started"'
    assert tried('event = "Trial Started"')["conditions"] == conditions
    assert tried('event = "a" and (type = "track" or type = "page")')["conditions"] is None


def test_the_log_of_an_activation_is_asked_for_one_thing(api: Api) -> None:
    api.make("activations", "mine", {"audience": "people", "destination": "acme"})
    api("POST", "/activations/mine/pause")
    api("POST", "/activations/mine/syncs")
    assert [each["what"] for each in api.get("/activations/mine/audit?what=run")["items"]] == ["run"]
    assert api.get("/activations/mine/audit?who=nobody")["items"] == []


@pytest.mark.parametrize("missing", ACTIVATE)
def test_who_may_not_forget_sees_nothing_of_it(api: Api, missing: Permission) -> None:
    asked = api("POST", "/receipts", {"values": ["a@example.com"]}).json()["id"]
    token = api.make_token("narrow", Role.ADMINISTRATOR, [each for each in ACTIVATE if each != missing])
    assert problem(api("POST", "/receipts", {"values": ["b@example.com"]}, token=token), 403)["permission"] == missing
    if missing is Permission.VIEW_DESTINATIONS:
        problem(api("GET", f"/jobs/{asked}", token=token), 403)
    else:
        problem(api("GET", f"/jobs/{asked}", token=token), 404)
        assert api.get("/jobs", token=token)["items"] == []
