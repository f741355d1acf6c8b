"""An agency has a role on many ad accounts: they are looked for and paged, also where one is chosen anew."""

from __future__ import annotations

import re

import pytest

from guestlist.app import declared
from guestlist.linkedin import accounts
from guestlist.web.pages import lists
from tests.web.browser import Browser
from tests.web.installed import Installed

FIRST, MANY = 516848840, 60
AT = "/destinations/acme"


@pytest.fixture
def agency(pages: Installed) -> Browser:
    numbers = range(FIRST, FIRST + MANY)
    made = [{"id": each, "name": f"Client {each - FIRST:02}"} for each in numbers]
    roles = [{"account": each, "member": "AbC123xyz", "role": "CAMPAIGN_MANAGER"} for each in numbers]
    pages.world.emulator.control.seed({"accounts": made, "roles": roles})
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    return pages.signed_in().get(f"{AT}?accounts=1")


def offered(browser: Browser) -> list[str]:
    return re.findall(r'name="ad_account" value="(\d+)"', browser.response.text)


def pressed(browser: Browser, **values: str) -> Browser:
    """The form with what was typed and chosen, by one of its buttons."""
    form = browser.form("Save")
    fields = [(name, value) for name, value in form.fields if name not in values]
    return browser.post(form.action, [*fields, *values.items()])


def test_another_one_is_looked_for_by_its_name_and_what_was_typed_stays(agency: Browser, pages: Installed) -> None:
    wanted = str(FIRST + 57)
    pressed(agency, q="client 57", do="look", description="Ours & theirs")
    assert "accounts=1" in agency.location
    assert "q=client+57" in agency.location
    assert offered(agency) == ["516848833", wanted]  # the one of now stays in sight
    assert dict(agency.form("Save").fields)["description"] == "Ours & theirs"
    pressed(agency, q="nobody", do="enter", ad_account=wanted)
    assert offered(agency) == [wanted]
    assert "No ad account is called that" in agency.text
    assert pages.configuration.current().destinations["acme"].description == ""
    pressed(agency, do="enter", q="nobody")
    found = pages.configuration.current().destinations["acme"]
    assert (found.ad_account, found.description) == (f"urn:li:sponsoredAccount:{wanted}", "Ours & theirs")


def test_what_was_emptied_or_unticked_stays_so(agency: Browser, pages: Installed) -> None:
    pressed(agency, description="Ours")
    agency.get(f"{AT}?accounts=1")
    form = agency.form("Save")
    fields = [(name, value) for name, value in form.fields if name not in ("description", "send_email", "q")]
    agency.post(form.action, [*fields, ("description", ""), ("q", "client 01"), ("do", "look")])
    kept = dict(agency.form("Save").fields)
    assert kept["description"] == ""
    assert "send_email" not in kept
    assert "enabled" in kept


def test_they_come_in_pages(agency: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "SIZE", 20)
    agency.get(f"{AT}?accounts=1")
    first = offered(agency)
    assert "page 1 of 4" in agency.text
    pressed(agency, page_to="2")
    assert agency.location.endswith("&page=2")
    second = offered(agency)
    assert len({*first, *second}) >= 40
    assert second[0] == "516848833"
    assert 'name="page_to" value="3"' in agency.response.text


def test_names_of_many_are_asked_for_at_once(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_ONE_BY_ONE", 1)
    monkeypatch.setattr(accounts, "_AT_ONCE", 1)
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    before = len(pages.world.emulator.control.requests())
    browser = pages.signed_in().get(f"{AT}?accounts=1")
    assert "Acme EMEA" in browser.text
    paths = [each["path"] for each in pages.world.emulator.control.requests()[before:]]
    assert len([path for path in paths if path.endswith("/adAccounts")]) > 1
    assert not [path for path in paths if "/adAccounts/" in path]
