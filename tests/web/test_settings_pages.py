"""Settings and the activity log as a person without JavaScript uses them."""

from __future__ import annotations

import re
import urllib.parse
from dataclasses import replace

import pytest

from guestlist.app import api_tokens, users
from guestlist.bootstrap import open_web
from guestlist.core.permissions import Permission, Role
from tests.web.browser import ADDRESS, Browser
from tests.web.installed import Installed


def secret(browser: Browser) -> str:
    (found,) = re.findall(r'id="secret" value="([^"]+)"', browser.response.text)
    return str(found)


def test_a_token_is_shown_once_works_and_is_revoked(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/tokens")
    form = browser.form("Create and show the token")
    fields = [
        (name, {"name": "nightly", "role": "Marketer", "days": "30"}.get(name, value)) for name, value in form.fields
    ]
    browser.post(form.action, [*fields, ("scope", "View Destinations"), ("scope", "View Segments")])
    token = secret(browser)
    who = api_tokens.bearer(pages.app, token)
    assert who is not None
    assert who.permissions == {Permission.VIEW_DESTINATIONS, Permission.VIEW_SEGMENTS}
    assert token not in browser.get("/settings/tokens").response.text
    assert "30 days left" in browser.text
    browser.submit("Revoke")
    assert "The token 'nightly' was revoked" in browser.text
    assert api_tokens.bearer(pages.app, token) is None


def test_what_is_wrong_with_a_token_is_said_at_its_field(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/tokens")
    form = browser.form("Create and show the token")
    token = form.fields[0][1]

    def fault(**fields: str) -> str:
        browser.post(form.action, {"csrf": token, "name": "ok", "role": "Analyst", **fields})
        assert browser.status == 422
        said = re.search(r'class="fault" role="alert">(.*?)</div>', browser.response.text)
        assert said is not None
        return said[1]

    assert "letters, digits" in fault(name="no good")
    assert "Choose one of the roles" in fault(role="God")
    assert "does not hold Manage Destinations" in fault(scope="Manage Destinations")
    assert "Choose among the permissions" in fault(scope="Everything")
    for days in ("x", "0", "-1", "99999999999"):
        assert "number from 1 to 3650" in fault(days=days)
    assert browser.form("Create and show the token").fields[1] == ("name", "ok")
    assert api_tokens.all_of(pages.app) == []


def test_a_write_key_is_shown_once_and_revoked(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/keys")
    browser.submit("Create and show the key", name="engage")
    key = secret(browser)
    assert pages.app.store.write_keys.name_of(key) == "engage"
    assert key not in browser.get("/settings/keys").response.text
    browser.submit("Create and show the key", name="engage")
    assert browser.status == 422
    assert "already" in browser.text
    browser.get("/settings/keys").submit("Revoke")
    assert pages.app.store.write_keys.name_of(key) is None


def test_a_role_is_changed(pages: Installed) -> None:
    pages.user(Role.ANALYST)
    browser = pages.signed_in().get("/settings/users")
    browser.submit(lambda form: form.action.endswith("/cleo/role"), role="Marketer")
    assert "cleo is Marketer now" in browser.text
    browser.submit(lambda form: form.action.endswith("/cleo/role"), role="God")
    assert browser.status == 422
    assert {row.name: row.role for row in users.all_of(pages.app)}["cleo"] is Role.MARKETER


def test_a_list_is_sorted_filtered_and_paged_by_its_address(pages: Installed) -> None:
    for number in range(120):
        users.create(pages.app, f"user{number:03}", Role.ANALYST if number % 2 else Role.MARKETER)
    browser = pages.signed_in().get("/settings/users?q=user")

    def names() -> list[str]:
        return re.findall(r'<th scope="row"[^>]*>(\w+)', browser.response.text)

    assert names() == [f"user{number:03}" for number in range(50)]
    browser.click("Next")
    assert names()[0] == "user050"
    browser.click("Next")
    assert names() == [f"user{number:03}" for number in range(100, 120)]
    browser.click("Name")
    assert names()[0] == "user119"
    assert 'aria-sort="descending"' in browser.response.text
    browser.get("/settings/users?q=USER11&sort=-name")
    assert names() == [f"user{number}" for number in range(119, 109, -1)]
    for odd in ("?page=999999999999999", "?page=x", "?page=-1", "?sort=nonsense", "?sort=--name", "?q=" + "%00"):
        assert browser.get(f"/settings/users{odd}").status == 200, odd
    assert "Nobody is called that" in browser.get("/settings/users?q=nobody").text


# ── what others wrote ────────────────────────────────────────────────────────────────────────────────────────────
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "path", ["/settings/users?q={}", "/activity?who={}&subject={}&what={}", "/activations?q={}&sort={}"]
)
def test_what_an_address_says_is_not_carried_out(pages: Installed, path: str) -> None:
    browser = pages.signed_in()
    browser.get(path.replace("{}", urllib.parse.quote(EVIL)))
    assert browser.status == 200
    assert browser.seen.inline == []
    assert "<script>alert" not in browser.response.text
    browser.get("/" + urllib.parse.quote(EVIL, safe=""))
    assert browser.seen.inline == []


def test_what_a_form_brought_is_not_carried_out(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/users")
    browser.submit("Create and show the link", name=EVIL)
    assert browser.status == 422
    assert browser.seen.inline == []
    assert ("name", EVIL) in browser.form("Create and show the link").fields
    browser.cookies["guestlist_notice"] = "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="
    browser.get("/")
    assert browser.seen.inline == []
    assert "alert(1)" in browser.text
    for broken in ("!", "_____", "//79"):
        browser.cookies["guestlist_notice"] = broken
        assert browser.get("/").status == 200


# ── activity ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_who_did_what_is_found_again(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/keys")
    browser.submit("Create and show the key", name="engage")
    for number in range(60):
        pages.app.store.audit.add("robot", "sync", f"list{number}", pages.app.clock.now())
    pages.app.store.audit.add("eve", "change activation", EVIL, 0.0, before={"mode": "mirror"}, after={"mode": EVIL})
    browser.get("/activity")
    assert browser.seen.inline == []
    assert "mirror" in browser.text
    browser.click("Older")
    assert "create key" in browser.text
    browser.get("/activity?who=ann&what=create+key")
    rows = re.findall(r'<tr>\s*<td class="when">', browser.response.text)
    assert len(rows) == 1
    assert "engage" in browser.text
    assert "Nothing of this kind" in browser.get("/activity?who=nobody").text
    assert "list9" in browser.get("/activity?subject=list9&before=999999999").text
    for odd in ("?before=x", "?before=-1", "?before=99999999999999999999"):
        assert browser.get(f"/activity{odd}").status == 200


def test_what_was_done_is_found_by_when(pages: Installed) -> None:
    day = 86_400.0
    for n in range(120):
        pages.app.store.audit.add("robot", "run", "main", day * (1 + n // 60), n=n)
    browser = pages.signed_in()
    assert rows(browser.get("/activity?from=1970-01-02T00:00&to=1970-01-03T00:00&who=robot")) == 50
    browser.click("Older")
    assert rows(browser) == 10
    assert rows(browser.get("/activity?from=1970-01-03T00:01&who=robot")) == 0
    assert rows(browser.get("/activity?to=1970-01-02T00:01&who=robot&sort=at")) == 50
    assert 'name="to" value="1970-01-02T00:01"' in browser.response.text
    assert rows(browser.get("/activations/main/activity?from=1970-01-03")) == 50
    browser.click("Older")
    assert rows(browser) == 10
    for odd in ("from=soon", "from=1970-01-03T00:00&to=1970-01-03T00:00", "to=99999-01-01", "from=0001-01-01"):
        assert browser.get(f"/activity?{odd}").status == 200
        assert ("Say from when to when, the earlier first" in browser.text) == ("0001" not in odd), odd


def rows(browser: Browser) -> int:
    return len(re.findall(r'<tr>\s*<td class="when">', browser.response.text))


def test_notices_are_set_tested_and_switched_off_and_the_address_is_never_shown(pages: Installed) -> None:
    posted: list[str] = []
    app = replace(pages.app, post=lambda url, _message: not posted.append(url))
    web = open_web(app, pages.door.write_keys_of, (), pages.configuration, ADDRESS)
    browser = replace(pages.signed_in(), web=web).get("/settings/notices")
    assert "Nobody is told yet" in browser.text
    browser.submit("Save", url="gopher://x")
    assert browser.status == 422
    assert "The address must start with https://" in browser.text
    assert "notify.url" not in browser.text
    browser.submit("Save", url="https://hooks.example/T0/secret")
    assert "Notices are sent" in browser.text
    assert "secret" not in browser.response.text.replace("hold a secret", "")
    browser.submit("Send a test")
    assert "It arrived." in browser.text
    assert posted == ["https://hooks.example/T0/secret"]
    browser.submit("Switch off")
    assert "Nobody is told yet" in browser.text
    assert all("secret" not in str(entry.details) for entry in pages.app.store.audit.latest(10))
    web.close()


def test_a_notice_that_does_not_arrive_is_an_error_with_what_to_look_at(pages: Installed) -> None:
    app = replace(pages.app, post=lambda _url, _message: False)
    web = open_web(app, pages.door.write_keys_of, (), pages.configuration, ADDRESS)
    browser = replace(pages.signed_in(), web=web).get("/settings/notices")
    browser.submit("Save", url="https://hooks.example/T0/secret").submit("Send a test")
    assert browser.status == 422
    assert 'class="alert alert-danger mt-3" role="alert"' in browser.response.text
    assert "alert-success" not in browser.response.text
    assert "The test did not arrive: look whether the address is right" in browser.text
    assert "hooks.example" not in browser.text
    web.close()


def test_limits_and_the_notify_address_of_the_file_are_read_only_until_they_are_taken_over(pages: Installed) -> None:
    pages.world.yaml["limits"] = {"mappings_per_destination": 7}
    pages.world.yaml["notify"] = {"url": "https://hooks.example/T0/secret"}
    pages.world.open()
    browser = pages.signed_in().get("/settings/notices")
    assert "Save" not in {button for form in browser.seen.forms for button in form.buttons}
    assert browser.text.count("Managed by guestlist.yaml") == 2
    assert "7 activations" in browser.text
    browser.submit(lambda form: form.action == "/settings/limits/take-over")
    assert browser.location == "/settings/notices"
    assert "limits is changed on these pages from now on" in browser.text
    browser.post("/settings/limits", [*browser.form("Save").fields[:1], ("mappings_per_destination", "9")])
    assert (browser.status, pages.configuration.current().limits.mappings_per_destination) == (200, 9)
    browser.submit(lambda form: form.action == "/settings/notify/take-over")
    assert "Managed by" not in browser.text
    assert "Switch off" not in {
        button for form in browser.seen.forms for button in form.buttons
    }  # the file says it too
    browser.submit(lambda form: form.action == "/settings/notices", url="https://hooks.example/other")
    notified = pages.configuration.current().notify
    assert notified is not None
    assert notified.url == "https://hooks.example/other"
    assert all("T0" not in str(entry.details) for entry in pages.app.store.audit.latest(10))


def test_only_settings_can_be_taken_over_and_only_by_an_administrator(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/password")
    csrf = browser.form(lambda form: form.action == "/settings/password").fields[:1]
    assert browser.post("/settings/destinations/take-over", csrf).status == 404
    pages.world.yaml["limits"] = {"mappings_per_destination": 7}
    pages.world.open()
    marketer = pages.signed_in(Role.MARKETER).get("/settings/password")
    csrf = marketer.form(lambda form: form.action == "/settings/password").fields[:1]
    assert marketer.post("/settings/limits/take-over", csrf).status == 403
    assert not pages.configuration.current().from_pages("settings", "limits")


def test_the_limit_of_activations(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/notices")
    browser.post("/settings/limits", [*browser.form("Save").fields[:1], ("mappings_per_destination", "0")])
    assert browser.status == 422
    assert "It must be 1 or more" in browser.text
    browser.get("/settings/notices")
    browser.post("/settings/limits", [*browser.form("Save").fields[:1], ("mappings_per_destination", "7")])
    assert pages.configuration.current().limits.mappings_per_destination == 7
