"""Signing in: sessions, forged forms, other sites' addresses, lockout, links that work once."""

from __future__ import annotations

import re

import httpx2
import pytest

from guestlist.app import users
from guestlist.core.permissions import Role
from tests.web.browser import ADDRESS, Browser
from tests.web.installed import PASSWORD, Installed, installed
from tests.world import World, emails

SESSION = "guestlist_session"


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_every_sign_in_is_a_session_of_its_own(pages: Installed) -> None:
    victim = pages.browser()
    planted = pages.signed_in(Role.MARKETER).cookies[SESSION]
    victim.cookies[SESSION] = planted
    victim.post("/sign-out", {})  # refused, so the planted one stays
    victim.cookies[SESSION] = "a value that somebody else chose"
    victim.get("/sign-in").submit("Sign in", name=pages.user(Role.ADMINISTRATOR), password=PASSWORD)
    assert victim.cookies[SESSION] not in ("a value that somebody else chose", planted)
    again = victim.cookies[SESSION]
    victim.submit("Sign out")
    assert SESSION not in victim.cookies
    victim.cookies[SESSION] = again
    assert victim.get("/settings/password").location.startswith("/sign-in")


def test_signing_in_over_a_session_ends_it(pages: Installed) -> None:
    browser = pages.signed_in()
    before = browser.cookies[SESSION]
    token = browser.get("/").form("Sign out").fields[0][1]
    browser.post("/sign-in", {"csrf": token, "name": "ann", "password": PASSWORD, "next": "/"})
    assert browser.cookies[SESSION] != before
    assert users.signed_in(pages.app, before) is None


def test_the_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    world.write(emails("ann"))
    for address, secure in ((ADDRESS, False), ("https://guestlist.acme.example", True)):
        made = installed(world, address)
        browser = made.browser().get("/sign-in")
        form = browser.form("Sign in")
        fields = [*form.fields, ("name", made.user(Role.ADMINISTRATOR)), ("password", PASSWORD)]
        answered = browser._once("POST", "/sign-in", fields, {"origin": address})
        said = next(each for each in answered.headers.get_list("set-cookie") if each.startswith(SESSION))
        assert "HttpOnly" in said
        assert "samesite=lax" in said.lower()
        assert ("secure" in said.lower()) is secure
        made.web.close()


def test_a_session_that_nobody_used_for_long_is_over(pages: Installed) -> None:
    browser = pages.signed_in()
    assert browser.get("/").status == 200
    pages.world.clock.sleep(users.IDLE + 1)
    assert browser.get("/activations").location == "/sign-in?next=%2Factivations"


# ── forged forms ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_form_is_only_taken_from_a_page_of_this_sign_in(pages: Installed) -> None:
    browser, other = pages.signed_in(), pages.signed_in(Role.ADMINISTRATOR, "eve")
    good = browser.get("/settings/keys").form("Create and show the key").fields[0][1]
    theirs = other.get("/settings/keys").form("Create and show the key").fields[0][1]
    before_signing_in = pages.browser().get("/sign-in").form("Sign in").fields[0][1]
    for token in ("", "x", theirs, before_signing_in, good[:-1], "ä"):
        assert browser.post("/settings/keys", {"csrf": token, "name": "forged"}).status == 403, token
        assert "out of date" in browser.text
    for origin in ("http://evil.example", "null", "http://guestlist.evil.example", "https://guestlist:99", ""):
        assert browser.post("/settings/keys", {"csrf": good, "name": "forged"}, origin=origin).status == 403, origin
    assert [key.name for key in pages.door.write_keys()] == []
    assert browser.post("/settings/keys", {"csrf": good, "name": "mine"}).status == 200
    assert browser.post("/settings/keys", {"name": "by-header"}, x_csrf_token=good).status == 200
    assert [key.name for key in pages.door.write_keys()] == ["by-header", "mine"]


def test_an_older_browser_may_say_where_it_comes_from_as_referer(pages: Installed) -> None:
    browser = pages.signed_in()
    good = browser.get("/settings/keys").form("Create and show the key").fields[0][1]
    elsewhere = {"origin": "", "referer": "http://evil.example/settings/keys"}
    assert browser.post("/settings/keys", {"csrf": good, "name": "a"}, **elsewhere).status == 403
    assert browser.post("/settings/keys", {"csrf": good, "name": "a"}, origin="", referer=f"{ADDRESS}/x").status == 200


def test_signing_in_takes_a_form_of_ours_too(pages: Installed) -> None:
    browser = pages.browser()
    fields = {"name": pages.user(Role.ADMINISTRATOR), "password": PASSWORD}
    assert browser.post("/sign-in", fields).status == 403
    assert SESSION not in browser.cookies


def test_only_what_forms_send_is_read(pages: Installed) -> None:
    browser = pages.signed_in()
    answered = browser._once("POST", "/settings/keys", None, {"origin": ADDRESS, "content-type": "text/plain"})
    assert answered.status_code == 415
    assert browser.post("/settings/keys", {"name": "x" * (1 << 20)}).status == 413
    assert browser.post("/settings/keys", [(f"f{n}", "") for n in range(1001)]).status == 400


# ── where it leads ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "http:/evil.example",
        " //evil.example",
        "/\n/evil.example",
    ],
)
def test_after_signing_in_nobody_is_led_elsewhere(pages: Installed, elsewhere: str) -> None:
    pages.user(Role.ADMINISTRATOR)
    browser = pages.browser()
    browser.ask("GET", "/sign-in?" + str(httpx2.QueryParams({"next": elsewhere})), None, {})
    browser.submit("Sign in", name="ann", password=PASSWORD)
    assert browser.location == "/"
    browser.get("/sign-in?" + str(httpx2.QueryParams({"next": elsewhere})))
    assert browser.location == "/"
    browser.submit(lambda form: form.action == "/theme", next=elsewhere)
    assert browser.location == "/"


def test_after_signing_in_one_is_where_one_wanted_to_be(pages: Installed) -> None:
    pages.user(Role.ADMINISTRATOR)
    browser = pages.browser().get("/activity?who=ann&what=sign+in")
    browser.submit("Sign in", name="ann", password=PASSWORD)
    assert browser.location == "/activity?who=ann&what=sign+in"


# ── passwords ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_wrong_password_is_said_at_the_field_and_five_lock_the_user(pages: Installed) -> None:
    pages.user(Role.MARKETER)
    browser = pages.browser().get("/sign-in")
    for _ in range(5):
        browser.submit("Sign in", name="ben", password="not the right one")
        assert browser.status == 422
        assert "The name or the password is wrong" in browser.text
        assert "not the right one" not in browser.response.text
    browser.submit("Sign in", name="ben", password=PASSWORD)
    assert browser.status == 422
    assert "locked" in pages.signed_in().get("/settings/users").text.lower()
    pages.world.clock.sleep(users.LOCKED + 1)
    browser.get("/sign-in").submit("Sign in", name="ben", password=PASSWORD)
    assert SESSION in browser.cookies


def test_an_unknown_name_is_told_nothing_else(pages: Installed) -> None:
    pages.user(Role.MARKETER)
    known = pages.browser().get("/sign-in").submit("Sign in", name="ben", password="not the right one").text
    unknown = pages.browser().get("/sign-in").submit("Sign in", name="nobody", password="not the right one").text
    assert known == unknown


def test_changing_ones_password_signs_other_browsers_out(pages: Installed) -> None:
    here, there = pages.signed_in(), pages.signed_in()
    form = here.get("/settings/password")
    form.submit("Change my password", old="wrong", new="another four good words")
    assert here.status == 422
    assert "The old password is wrong" in here.text
    here.submit("Change my password", old=PASSWORD, new="short")
    assert "12 to 256 characters" in here.text
    here.submit("Change my password", old=PASSWORD, new="another four good words")
    assert "Your password was changed" in here.text
    assert here.get("/").status == 200
    assert there.get("/").location == "/sign-in"


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_the_first_link_makes_the_administrator_and_works_once(pages: Installed) -> None:
    link = users.setup_link(pages.app)
    assert "set-up link" in pages.browser().get("/").text
    first, second = pages.browser().get(f"/setup/{link}"), pages.browser().get(f"/setup/{link}")
    first.submit("Begin", name="no good name!", password=PASSWORD)
    assert first.status == 422
    assert "letters, digits" in first.text
    first.submit("Begin", name="ann", password="annannannann")
    assert "easily guessed" in first.text
    first.submit("Begin", name="ann", password=PASSWORD)
    assert first.location == "/"
    assert first.get("/settings/users").status == 200
    second.submit("Begin", name="eve", password=PASSWORD)
    assert second.status == 404
    assert "used already or is over" in second.text
    assert [row.name for row in users.all_of(pages.app)] == ["ann"]
    assert users.setup_link(pages.app) is None


def test_an_invited_user_chooses_a_password(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/users")
    browser.submit("Create and show the link", name="dora", role="Analyst")
    (link,) = re.findall(rf"{ADDRESS}(/setup/[\w-]+)", browser.response.text)
    invited = pages.browser().get(link)
    assert "dora" in invited.text
    invited.submit("Save and sign in", password=PASSWORD)
    assert invited.location == "/"
    assert invited.get("/settings/users").status == 403
    assert pages.browser().get(link).status == 404
    assert pages.browser().get("/setup/made-up").status == 404


def test_a_disabled_user_is_out_at_once(pages: Installed) -> None:
    theirs: Browser = pages.signed_in(Role.MARKETER)
    browser = pages.signed_in().get("/settings/users")
    browser.submit(lambda form: form.action.endswith("/ben/disable"))
    assert "ben cannot sign in any more" in browser.text
    assert theirs.get("/").location == "/sign-in"
    browser.submit(lambda form: form.action.endswith("/ann/disable"))
    assert browser.status == 422
    assert "only Administrator" in browser.text
