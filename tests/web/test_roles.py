"""Every page with every role: nobody sees or does more than the table of pages says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guestlist.app import declared
from guestlist.core.permissions import HOLDS, Permission, Person, Role, person
from guestlist.web.pages.book import Page
from guestlist.web.pages.table import PAGES
from tests.web.browser import Browser
from tests.web.installed import NAMES, Installed, installed
from tests.web.pressing import recipe
from tests.web.sending import multipart, send, token
from tests.web.stage import Stage, staged
from tests.web.test_activating import begun

SIGNED_IN = [page for page in PAGES if not page.public]


@pytest.fixture
def stage(tmp_path: Path, logged: list[Any]) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


@pytest.fixture
def doors(stage: Stage) -> Iterator[Installed]:
    """The pages of a stage where all that may be asked for is there."""
    made = installed(stage.world, "http://127.0.0.1:8000")
    yield made
    made.web.close()


AT_LINKEDIN = ("/destinations", "/linkedin", "/settings/linkedin")  # needs a connection that works, or takes it away


def asked(stage: Stage, browser: Browser, page: Page, by: Person) -> Browser:
    """With a form that the page takes."""
    if page.path.startswith(AT_LINKEDIN):
        stage.ready()
    pressed = recipe(page)(stage, by)
    if page.method == "GET":
        return browser.get(pressed.path)
    fields = [("csrf", token(browser.get("/settings/password"))), *pressed.fields]
    if pressed.file is not None:
        return send(browser, pressed.path, multipart(fields, pressed.file))
    return browser.post(pressed.path, fields)


def test_the_table_knows_every_path_once() -> None:
    known = [(page.method, page.path) for page in PAGES]
    assert len(known) == len(set(known))
    assert {page.path for page in PAGES if page.public} == {"/sign-in", "/sign-out", "/setup/{token}", "/theme"}


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_what_is_there_or_is_told_what_is_missing(stage: Stage, doors: Installed, role: Role) -> None:
    """What is allowed is done (a page, or on to the next one, LinkedIn's too), and nothing of it is missing here."""
    browser = doors.signed_in(role)
    who = person(NAMES[role], role, user_id=user_id(doors, NAMES[role]))
    for page in SIGNED_IN:
        answered = asked(stage, browser, page, who)
        allowed = HOLDS[role] >= set(page.needs) and (role is Role.ADMINISTRATOR or not page.administrator)
        assert page.allows(who) == allowed
        if not allowed:
            assert answered.status == 403, page.path
            assert lacking(page, role) in answered.text, page.path
            assert "An Administrator can change the role" in answered.text
            continue
        status, why = STILL.get(f"{page.method} {page.path}", (0, ""))
        if status:
            assert (answered.status, why in answered.text) == (status, True), (page.path, answered.text)
        else:
            assert answered.status in (200, 303), (page.method, page.path, answered.text)
        if answered.location.startswith("/sign-in") or page.path == "/settings/password":
            assert page.path == "/settings/password", page.path
            browser = doors.signed_in(role)


# What is allowed and still cannot be, on this stage: status and why. Everything else is done.
STILL = {
    "POST /settings/encryption/new-key": (422, "The keys come from GUESTLIST_SECRET_KEY"),
}


def lacking(page: Page, role: Role) -> str:
    if page.administrator:
        return "the role Administrator"
    return str(next(each for each in page.needs if each not in HOLDS[role]))


def user_id(doors: Installed, name: str) -> int:
    found = doors.app.store.users.get(name)
    assert found is not None
    return found.id


def test_nobody_who_is_not_signed_in_gets_past_the_sign_in_page(pages: Installed) -> None:
    pages.user(Role.ADMINISTRATOR)
    for page in SIGNED_IN:
        browser = pages.browser().get("/sign-in")
        path = re.sub(r"\{\w+\}", "1", page.path)
        if page.method == "GET":
            browser.get(path)
        else:
            browser.post(path, {"csrf": browser.seen.forms[0].fields[0][1]})
        assert browser.location.startswith("/sign-in"), page.path
        assert "Sign in" in browser.text


@pytest.mark.parametrize("role", Role)
def test_the_side_shows_only_what_may_be_seen_and_every_link_leads_somewhere(pages: Installed, role: Role) -> None:
    browser = pages.signed_in(role)
    sections = {said: to for said, to in browser.seen.links if to.startswith("/")}
    assert ("Activity" in sections) == (role is Role.ADMINISTRATOR)
    for to in sections.values():
        assert browser.get(to).status == 200, to


def test_an_analyst_sees_no_button_that_would_be_refused(pages: Installed) -> None:
    browser = pages.signed_in(Role.ANALYST).get("/activations/main")
    assert browser.status == 200
    buttons = {each for form in browser.seen.forms for each in form.buttons}
    assert buttons <= {"Light", "Dark", "System", "Sign out"}
    marketer = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert {"Plan", "Run now"} <= {each for form in marketer.seen.forms for each in form.buttons}


def offering(browser: Browser, draft: int) -> set[str]:
    """The pages where `primaryId` can be chosen; what they name is there."""
    found = set()
    for page in SIGNED_IN:
        names = {"number": draft, "place": 1, "name": _OF.get(page.path.split("/")[1], "main")}
        html = browser.get(page.path.format_map({"handle": "x", "token": "x", **names})).response.text
        assert page.method != "GET" or browser.status != 500, page.path
        if re.search(r'<option[^>]*value="primaryId"|name="[a-z]+-primaryId(-\d+)?"', html):
            found.add(page.path)
    return found


_OF = {"destinations": "acme", "audiences": "people"}


def test_primary_id_is_offered_nowhere_to_who_may_not_see_identities(
    pages: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ADOBE-10, ADOBE-33: activating alone does not need it, choosing whom a member is does."""
    pages.world.write([{"email": "ann@example.com", "crm": "1", "record id": "2"}])
    pages.world.yaml["activations"]["main"]["mapping"] = {"email": "email", "primaryId": "crm"}
    pages.world.open()
    declared.take_over(pages.app, pages.configuration, "activations", "main")
    drawn = int(begun(pages.signed_in(Role.MARKETER), "people", "people").location.split("/")[2])
    choosing = {"/activate/{number}/mapping/{place}", "/activations/{name}/mapping"}
    assert offering(pages.signed_in(Role.MARKETER), drawn) == choosing
    monkeypatch.setitem(HOLDS, Role.MARKETER, HOLDS[Role.MARKETER] - {Permission.VIEW_IDENTITY_GRAPH})
    marketer = pages.signed_in(Role.MARKETER)
    assert offering(marketer, drawn) == set()
    for path in ("/activations/main/mapping", f"/activate/{drawn}/mapping/1"):
        form = next(each for each in marketer.get(path).seen.forms if {"Save", "Next"} & {*each.buttons})
        marketer.post(form.action, [*form.fields, ("s-primaryId", "record id"), ("do", "save")])
        assert marketer.status == 403, path
        assert "View Identity Graph, which the role Administrator has" in marketer.text
        assert "An Administrator can change the role under Settings, Users" in marketer.text
    kept = pages.configuration.current().activations["main"].mapping
    assert kept == {"email": ("email",), "primaryId": ("crm",)}


def test_without_a_page_there_is_a_page_that_says_so(pages: Installed) -> None:
    browser = pages.signed_in()
    assert browser.get("/nowhere").status == 404
    assert "Nothing is under this address" in browser.text
    assert browser.get("/activations/unheard-of").status == 404
    assert "no activation 'unheard-of'" in browser.text
    assert browser.get("/jobs/77").status == 404
    program = browser.get("/v1/nowhere", accept="application/json")
    assert program.response.json()["code"] == "not_found"
