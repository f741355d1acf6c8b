"""Rows that were not sent, all of them: sorted, filtered, looked for and paged by their address."""

from __future__ import annotations

import re

import pytest

from guestlist.core.permissions import Role
from guestlist.web.pages import lists
from tests.web.browser import Browser
from tests.web.installed import Installed
from tests.web.test_lists import rows
from tests.world import digest

AT = "/activations/main/rejected"


def written(pages: Installed) -> None:
    """Fifteen rows of two reasons, of which LinkedIn refuses none; their keys are addresses, numbers or nothing."""
    odd = [{"email": "nobody", "crm": f"K-{n:02}"} for n in range(12)]
    empty = [{"email": "", "crm": "eve@example.com"}, {"email": "", "crm": ""}, {"email": "", "crm": "L-1"}]
    pages.world.write([{"email": "ann@example.com", "crm": "A"}, *odd, *empty])
    pages.world.activation("main", mapping={"email": "email", "primaryId": "crm"})
    pages.world.sync()


def places(browser: Browser, query: str = "") -> list[str]:
    """The first cell of each line."""
    return [row.split()[0] for row in rows(browser.get(f"{AT}{query}").response.text) if not row.startswith("No row")]


def test_all_of_them_have_an_address(pages: Installed) -> None:
    written(pages)
    browser = pages.signed_in(Role.MARKETER).get("/activations/main").click("All 15 rows")
    assert browser.location == AT
    assert places(browser) == [str(n) for n in range(2, 17)]
    assert places(browser, "?sort=-row") == [str(n) for n in range(16, 1, -1)]
    assert places(browser, "?sort=key")[:2] == ["14", "2"]  # e***@..., K-00
    assert places(browser, "?sort=key")[-1] == places(browser, "?sort=-key")[-1] == "15"  # it has none
    assert places(browser, "?sort=-key")[:2] == ["16", "13"]
    assert set(places(browser, "?sort=reason")[:3]) != set(places(browser, "?sort=-reason")[:3])
    assert "eve@example.com" not in browser.response.text
    assert "e***@example.com" in browser.response.text
    assert f'aria-sort="descending"><a class="sort" href="{AT}?sort=reason"' in browser.response.text


def test_they_are_filtered_by_reason_and_looked_for(pages: Installed) -> None:
    written(pages)
    browser = pages.signed_in(Role.MARKETER).get(f"{AT}?sort=-row")
    (of_reason,) = [form for form in browser.seen.forms if "reason" in dict(form.fields)]
    assert ("sort", "-row") in of_reason.fields
    assert len(places(browser, "?reason=not+an+e-mail+address")) == 12
    assert '<input type="hidden" name="reason" value="not an e-mail address">' in browser.response.text
    assert places(browser, "?reason=not+an+e-mail+address&q=k-03") == ["5"]
    assert places(browser, "?q=EXAMPLE.COM") == ["14"]
    assert places(browser, "?q=row+16") == ["16"]
    assert places(browser, "?q=eve@") == []  # what is masked cannot be guessed at
    assert places(browser, "?q=%27%20OR%20true%20--%00") == []
    assert "No row is like that" in browser.text
    assert len(places(browser, "?reason=unheard+of")) == 15
    link = next(to for said, to in browser.get("/activations/main").seen.links if "of this reason" in said)
    assert len(places(browser, link.removeprefix(AT))) == 12


def test_they_come_in_pages(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    written(pages)
    monkeypatch.setattr(lists, "SIZE", 5)
    browser = pages.signed_in(Role.MARKETER)
    assert places(browser, "?sort=-row&q=k-") == ["13", "12", "11", "10", "9"]
    assert "12 in all, page 1 of 3" in browser.text
    browser.click("Next")
    assert browser.location == f"{AT}?q=k-&sort=-row&page=2"
    assert places(browser, "?page=3") == places(browser, "?page=99") == ["12", "13", "14", "15", "16"]


def test_the_number_in_the_link_is_true_where_linkedin_refused_some(pages: Installed) -> None:
    pages.world.write([{"email": "ann@example.com"}, {"email": "bob@example.com"}, {"email": "x"}])
    refuse = {"kind": "refuse_elements", "identifiers": [digest("bob@example.com")], "message": "Invalid element"}
    pages.world.emulator.control.fault(refuse, path="/users$", times=0)
    pages.world.sync()
    for _ in range(2):  # the second run finds them refused already
        browser = pages.signed_in(Role.MARKETER).get("/activations/main")
        (said,) = [said for said, to in browser.seen.links if to == AT]
        count = re.findall(r"All (\d+) rows", said)
        assert count == ["2"] == [str(len(places(browser)))]
        pages.world.sync()


def test_nobody_sees_rows_without_view_profiles_and_none_there_are_none(pages: Installed) -> None:
    assert "Nothing yet" in pages.signed_in(Role.MARKETER).get(AT).text
    written(pages)
    analyst = pages.signed_in(Role.ANALYST)
    assert analyst.get(AT).status == 403
    assert not any("rejected" in to for _, to in analyst.get("/activations/main").seen.links)
    pages.world.write([{"email": "ann@example.com", "crm": "A"}])
    pages.world.sync()
    marketer = pages.signed_in(Role.MARKETER).get(AT)
    assert "Nothing was wrong with any row of the last run" in marketer.text
    assert not any("rejected" in to for _, to in marketer.get("/activations/main").seen.links)
