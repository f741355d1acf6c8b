"""What a person has to see to is said with what mends it on the pages, or with whom to ask."""

from __future__ import annotations

import re
from typing import Any

import pytest

from guestlist.core.permissions import ACTIVATE, CONNECT, Permission, Role, whom_to_ask
from tests.web.apikit import Api
from tests.web.browser import Browser
from tests.web.installed import Installed
from tests.world import emails

OTHER = "urn:li:sponsoredAccount:518121035"


def card(browser: Browser) -> str:
    """What needs somebody, as Home shows it."""
    found = browser.get("/").response.text.partition('id="needs"')[2].partition("</section>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", found).split())


def mistaken(pages: Installed, **changes: Any) -> None:
    """The file says another thing of ``main`` than its LinkedIn audience is made of."""
    world = pages.world
    world.write(emails("ann"), "others.csv")
    world.yaml["audiences"]["others"] = {"members": "people", "source": {"file": "others.csv"}}
    world.sync()
    world.activation(**changes)
    world.open()


def test_whom_to_ask_is_named_by_role() -> None:
    assert whom_to_ask(*CONNECT) == "an Administrator"
    assert whom_to_ask(*ACTIVATE) == "an Administrator or a Marketer"
    assert whom_to_ask(Permission.VIEW_SEGMENTS) == "an Administrator or a Marketer or an Analyst"


def test_an_activation_that_can_never_run_is_on_home_with_what_mends_it(pages: Installed) -> None:
    mistaken(pages, audience="others")
    wrong = "Its LinkedIn audience is made of the audience people, and now the audience is others: nothing is sent."
    marketer = pages.signed_in(Role.MARKETER)
    assert f"Put it right main {wrong} Somebody has to write people again in guestlist.yaml." in card(marketer)
    text = marketer.get("/activations/main").text
    assert wrong in text
    assert "The next run tries again" not in text
    assert "No run can begin before somebody mends it." in text
    assert not {"Run now", "Plan"} & {button for form in marketer.seen.forms for button in form.buttons}
    marketer.submit("take it over")
    assert ("Settings of main", "/activations/main/edit") in marketer.seen.links
    do = "ake it out of guestlist.yaml, remove it under its Settings and activate it anew."
    assert f"T{do}" in card(marketer)
    assert f"Ask an Administrator or a Marketer to t{do}" in card(pages.signed_in(Role.ANALYST))
    pages.world.yaml["activations"] = {}
    pages.world.open()
    assert "Remove it under its Settings and activate it anew." in card(marketer)
    marketer.get("/").click("Settings of main")
    marketer.submit("Remove")
    assert "main" not in card(marketer)


def test_another_ad_account_is_mended_at_the_destination_by_those_who_may(pages: Installed) -> None:
    mistaken(pages)
    pages.world.yaml["destinations"]["acme"]["ad_account"] = OTHER
    pages.world.open()
    wrong = "Its LinkedIn audience is in the ad account 516848833, and now acme has the Account ID 518121035"
    browser = pages.signed_in()
    assert f"{wrong}: nothing is sent. Give acme the Account ID 516848833 again." in card(browser)
    assert ("Settings of acme", "/destinations/acme") in browser.seen.links
    assert "urn:li" not in browser.get("/activations/main").text
    marketer = pages.signed_in(Role.MARKETER)
    assert "Ask an Administrator to give acme the Account ID 516848833 again." in card(marketer)
    assert "Ask an Administrator" in marketer.get("/activations/main").text
    assert ("Settings of acme", "/destinations/acme") not in marketer.seen.links


def test_what_is_switched_off_needs_nobody(pages: Installed) -> None:
    mistaken(pages, audience="others", enabled=False)
    assert "Put it right" not in card(pages.signed_in())


@pytest.mark.parametrize("mode", ["add_only", "snapshot"])
def test_a_snapshot_stays_one_and_nothing_becomes_one(pages: Installed, mode: str) -> None:
    mistaken(pages)
    pages.world.activation(mode=mode)
    pages.world.open()
    said = "Its sync mode was mirror and is snapshot now: a snapshot stays one, and nothing else becomes one: nothing"
    assert (said in card(pages.signed_in())) == (mode == "snapshot")


def test_the_api_says_what_is_to_be_mended_too(api: Api) -> None:
    api.world.write(emails("ann"))
    api.world.sync()
    api.world.yaml["destinations"]["acme"]["ad_account"] = OTHER
    api.world.open()
    (need,) = api.get("/needs")["items"]
    mistake = {"what": "ad_account", "was": "516848833", "now": "518121035"}
    assert (need["wants"], need["subject"], need["mistake"]) == ("mend", "main", mistake)
    assert api.get("/activations/main")["status"]["mistake"] == mistake
    assert "urn:li" not in need["text"]


def test_who_may_not_connect_is_told_whom_to_ask(pages: Installed) -> None:
    pages.world.sync()
    pages.world.emulator.control.revoke_tokens()
    pages.world.write(emails("eve"))
    pages.world.sync()
    asks = "Ask an Administrator to reauthorize acme."
    marketer, administrator = pages.signed_in(Role.MARKETER), pages.signed_in()
    assert asks in card(marketer)
    assert "Authorization Ended: Refresh Token Expired" in marketer.get("/activations/main").text
    for path in ("/activations/main", "/destinations/acme", "/destinations/acme/delivery"):
        assert asks in marketer.get(path).text, path
        assert "Reauthorize" not in [button for form in marketer.seen.forms for button in form.buttons], path
        assert asks not in administrator.get(path).text, path
        assert "Reauthorize" in [button for form in administrator.seen.forms for button in form.buttons], path


def test_who_may_not_confirm_is_told_whom_to_ask(pages: Installed) -> None:
    pages.world.write(emails(*(f"p{n}" for n in range(40))))
    pages.world.sync()
    pages.world.write(emails("p1"))
    pages.world.sync()
    asks = "Ask an Administrator or a Marketer to look who would leave"
    analyst = pages.signed_in(Role.ANALYST)
    assert asks in card(analyst)
    assert asks in analyst.get("/activations/main").text
    assert asks not in pages.signed_in(Role.MARKETER).get("/activations/main").text


def test_what_is_described_nowhere_any_more_is_ended_on_its_page(pages: Installed) -> None:
    pages.world.sync()
    pages.world.activation("another")
    del pages.world.yaml["activations"]["main"]
    pages.world.open()
    assert not any(
        "Remove" in form.buttons for form in pages.signed_in(Role.ANALYST).get("/activations/main").seen.forms
    )
    browser = pages.signed_in(Role.MARKETER).get("/activations/main").submit("Remove")
    assert browser.location == "/activations"
    assert "its LinkedIn audience stays as it is" in browser.text
    assert browser.get("/activations/main").status == 404
