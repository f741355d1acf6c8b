"""Every state has its own address: whoever opens again where a form was answered finds the page that holds the form."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guestlist.app import declared, setting_up
from guestlist.core.permissions import HOLDS, Role
from guestlist.web.pages.book import Page
from guestlist.web.pages.table import PAGES, RETURNS
from tests.web.browser import Browser
from tests.web.installed import Installed
from tests.web.test_activating import begun, entered, of_events, step, to_events, track

FORMS = [page for page in PAGES if page.method == "POST"]
HOLDS_FORM = {  # what the page that is opened again must hold, where nothing special has to have happened
    "/activations/{name}/edit", "/activations/{name}/rename", "/activations/{name}/remove", "/activations/{name}/run",
    "/activations/{name}/plan", "/activations/{name}/duplicate", "/activations/{name}/mapping", "/settings/limits",
    "/settings/notices", "/settings/users", "/settings/tokens", "/settings/keys", "/settings/retention",
    "/settings/password", "/privacy/undo", "/privacy/forget", "/privacy/lists", "/destinations/{name}",
    "/destinations/{name}/check", "/destinations/{name}/authorize",
    "/destinations/connect", "/destinations/connect/reuse", "/destinations/connect/{handle}", "/audiences/new",
    "/audiences/new/upload", "/audiences/{name}/edit", "/activate", "/activate/{number}",
    "/activate/{number}/audiences", "/activate/{number}/mapping/{place}", "/activate/{number}/sync",
    "/activate/{number}/finish", "/sign-out", "/theme",
}  # fmt: skip


@pytest.fixture
def there(pages: Installed) -> Installed:
    """Whatever an address may name is there."""
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    declared.take_over(pages.app, pages.configuration, "audiences", "people")
    declared.take_over(pages.app, pages.configuration, "activations", "main")
    return pages


def opened(pages: Installed, browser: Browser, page: Page, number: str) -> str:
    of = {"destinations": "acme", "audiences": "people", "activations": "main", "settings": "limits"}
    names = {"number": number, "place": "1", "name": of.get(page.path.split("/")[1], "x"), "token": "x"}
    if "{handle}" in page.path:
        names["handle"] = setting_up.reuse(
            replace(pages.app, who=pages.user(Role.ADMINISTRATOR)), pages.configuration.current(), "acme"
        )
    address = page.path.format_map({"handle": "x", **names})
    browser.get(address)
    return address


def test_whoever_opens_what_a_form_was_sent_to_finds_the_form(there: Installed) -> None:
    browser = there.signed_in()
    number = begun(browser, "people", "people").location.split("/")[2]
    found = set()
    for page in FORMS:
        if page.path.startswith(
            ("/activate/{number}/events", "/activations/{name}/trigger", "/privacy/lists/{", "/setup")
        ):
            continue  # of what is not there: events, a list of people to be forgotten, the first start
        if page.path == "/activations/{name}/confirm":
            continue  # nothing waits
        address = opened(there, browser, page, number)
        assert browser.status == 200, (page.path, browser.status)
        if any(form.action.partition("#")[0] == address and form.method == "post" for form in browser.seen.forms):
            found.add(page.path)
    assert found >= HOLDS_FORM, HOLDS_FORM - found


def test_no_address_of_a_form_is_unknown_to_who_only_looks(there: Installed) -> None:
    looks = {page.path for page in (*PAGES, *RETURNS) if page.method == "GET"}
    assert {page.path for page in FORMS} <= looks
    browser = there.signed_in()
    for page in FORMS:
        opened(there, browser, page, "1")
        assert browser.status != 405, page.path


@pytest.mark.parametrize("role", [Role.MARKETER, Role.ANALYST])
def test_only_who_may_send_a_form_is_led_to_it(there: Installed, role: Role) -> None:
    browser = there.signed_in(role)
    for page in RETURNS:
        opened(there, browser, page, "1")
        if not page.public and (page.administrator or not HOLDS[role] >= set(page.needs)):
            assert browser.status == 403, page.path


def test_nobody_who_is_not_signed_in_is_led_anywhere(there: Installed) -> None:
    there.user(Role.ADMINISTRATOR)
    for page in RETURNS:
        assert there.browser().get(page.path.replace("{", "").replace("}", "")).location.startswith("/sign-in"), (
            page.path
        )


# ── trying an event ──────────────────────────────────────────────────────────────────────────────────────────────
ENTERS = "They enter: LinkedIn is told to add them."


def again(browser: Browser) -> Browser:
    """The same address, opened by itself."""
    return browser.get(browser.location)


def test_a_test_with_a_sample_is_opened_again(pages: Installed) -> None:
    browser = to_events(pages)
    step(browser, "test", audience_key="high_intent")
    assert ENTERS in browser.text
    assert "unsaved=" in browser.location
    assert "example.com" not in browser.location
    assert ENTERS in again(browser).text
    assert dict(browser.form("Next").fields)["audience_key"] == "high_intent"
    other = pages.signed_in(Role.MARKETER)
    assert other.get(browser.location).status == 404


def test_a_test_with_the_event_that_came_is_opened_again_while_it_is_kept(pages: Installed) -> None:
    key = of_events(pages)
    browser = to_events(pages)
    assert track(pages, key, entered("Audience Exited")) == 200
    step(browser, "real", audience_key="high_intent")
    assert "Audience Exited" in again(browser).text
    step(browser, "test")
    left, leaves = browser.location, "They leave: LinkedIn is told to remove them."
    assert leaves in again(browser).text
    bodies = [
        each.body
        for each in pages.app.store.drafts.all(f"unsaved {left.partition('?')[0].removeprefix('http://guestlist')}")
    ]
    assert bodies
    assert "ann@example.com" not in str(bodies)
    assert track(pages, key, entered("Order Completed")) == 200
    assert "is not kept any more" in browser.get(left).text
    assert leaves not in browser.text
    assert browser.status == 200
    pages.door.forget(["ann@example.com"])
    assert "ann@example.com" not in browser.get(left).text


def test_a_test_with_an_event_of_ones_own_has_no_address(pages: Installed) -> None:
    browser = to_events(pages)
    step(browser, "test", audience_key="high_intent", event=entered())
    assert ENTERS in browser.text
    assert "unsaved=" not in browser.location
    assert ENTERS not in again(browser).text
    assert browser.status == 200


def test_a_trigger_that_is_there_is_tested_at_an_address_too(pages: Installed) -> None:
    of_events(pages)
    body = {"audience": "intent", "destination": "acme", "mode": "stream", "audience_key": "high_intent"}
    declared.create(pages.app, pages.configuration, "activations", "stream", body)
    browser = pages.signed_in().get("/activations/stream/trigger")
    form = browser.form("Save")
    browser.post(form.action, [*((name, value) for name, value in form.fields if name != "do"), ("do", "test")])
    assert ENTERS in browser.text
    assert ENTERS in again(browser).text
