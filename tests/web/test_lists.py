"""Lists within pages sort, filter and page by their address, and what was ticked stays."""

from __future__ import annotations

import re

from guestlist.core.permissions import Role
from tests.web.installed import Installed
from tests.web.test_activating import begun, has, step


def rows(html: str) -> list[str]:
    """What stands in each line of the first table's body."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]*>", " ", each).split()) for each in body.split("<tr>")[1:]]


def test_what_a_destination_ran_is_sorted_and_filtered(pages: Installed) -> None:
    pages.world.sync()
    pages.world.write([{"email": "cid@example.com"}, {"email": "ann@example.com"}, {"email": "bob@example.com"}])
    pages.world.sync()
    browser = pages.signed_in(Role.ANALYST).get("/destinations/acme/runs")
    newest = rows(browser.response.text)
    assert len(newest) == 2
    assert rows(browser.get("/destinations/acme/runs?sort=run").response.text) == newest[::-1]
    assert len(rows(browser.get("/destinations/acme/runs?q=main").response.text)) == 2
    assert "No run is like that" in browser.get("/destinations/acme/runs?q=nothing").text
    assert "No activation is called that" in browser.get("/destinations/acme/activations?q=nothing").text
    assert len(rows(browser.get("/destinations/acme/activations?sort=-told").response.text)) == 1
    assert len(rows(browser.get("/activations/main/runs?state=done").response.text)) == 2
    assert "No run ended so" in browser.get("/activations/main/runs?state=failed").text


def test_what_was_done_is_read_from_its_beginning(pages: Installed) -> None:
    browser = pages.signed_in()
    for n in range(60):
        pages.app.store.audit.add("ann", "create key", f"list{n}", float(n))
    newest = rows(browser.get("/activity?what=create+key").response.text)
    oldest = rows(browser.get("/activity?what=create+key&sort=at").response.text)
    assert ("list59" in newest[0], "list0" in oldest[0]) == (True, True)
    following = browser.click("Newer")
    assert "list50" in rows(following.response.text)[0]


def test_audiences_to_activate_are_looked_for_and_ticks_stay(pages: Installed) -> None:
    browser = begun(pages.signed_in(Role.MARKETER))
    step(browser, "look", audiences="people", q="nothing")
    assert "No audience is called that" in browser.text
    assert ("audiences", "people") in browser.form(has("audiences")).fields
    step(browser, "look", q="peo")
    assert "people" in rows(browser.response.text)[0]
    assert ("audiences", "people") in browser.form(has("audiences")).fields
    assert step(browser).location.endswith("/mapping/1")
