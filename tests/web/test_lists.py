"""Lists within pages sort, filter and page by their address, and what was ticked stays."""

from __future__ import annotations

import re
from typing import Any

import pytest

from guestlist.app import declared, ending
from guestlist.core.permissions import Role
from guestlist.web.pages import drafts, home, lists, runs
from tests.app.kit import Source, entered
from tests.web.browser import Browser
from tests.web.installed import Installed, installed
from tests.web.test_activating import begun, has, main, step
from tests.world import World, emails


@pytest.fixture
def source(world: World) -> Source:
    return Source(world)


def rows(html: str) -> list[str]:
    """What stands in each line of the first table's body."""
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]*>", " ", each).split()) for each in body.split("<tr>")[1:]]


def under(heading: str, browser: Browser) -> list[str]:
    """The same of the table under a heading, by its id."""
    return rows(browser.response.text.partition(f'<h2 id="{heading}">')[2].partition("</section>")[0])


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


@pytest.mark.parametrize("at", ["/destinations/acme/runs", "/runs"])
def test_runs_of_several_activations_lead_on_to_the_oldest(
    pages: Installed, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    pages.world.activation("other", segment_name="other")
    for count in (3, 1, 2):
        pages.world.write([{"email": f"{n}@example.com"} for n in range(count)])
        pages.world.sync("main", allow_removals=10)
    pages.world.sync("other")
    monkeypatch.setattr(runs, "SIZE", 2)
    browser = pages.signed_in(Role.ANALYST)

    def numbers(query: str = "") -> list[int]:
        return [int(row.split()[0]) for row in rows(browser.get(f"{at}{query}").response.text) if row[0].isdigit()]

    newest = numbers()
    assert len(newest) == 2
    browser.click("Older")
    assert browser.location == f"{at}?before={newest[-1]}&sort=-started"
    older = numbers(browser.location.removeprefix(at))
    assert newest + older == sorted(newest + older, reverse=True)
    assert len(newest + older) == 4
    assert not [said for said, _ in browser.seen.links if said == "Older"]
    assert numbers("?sort=started") == (newest + older)[::-1]
    assert numbers("?sort=-activation")[0] == newest[0]
    assert numbers("?sort=activation")[-1] == newest[0]
    assert numbers("?q=other") == newest[:1]
    assert numbers("?state=failed") == []
    assert "No run ended so" in browser.text
    monkeypatch.setattr(runs, "LOOKED", 3)
    assert numbers("?q=main&sort=run") == sorted((newest + older)[1:3])
    browser.click("Older")
    assert browser.location == f"{at}?before={older[0]}&q=main&sort=run"
    assert numbers(browser.location.removeprefix(at)) == older[1:]


def test_home_leads_on_to_all_runs(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (1, 2, 3):
        pages.world.write([{"email": f"{n}@example.com"} for n in range(count)])
        pages.world.sync()
    browser = pages.signed_in(Role.ANALYST).get("/")
    assert "Of the latest" not in browser.text
    monkeypatch.setattr(home, "LOOKED", 2)
    assert len(under("runs", browser.get("/"))) == 2
    assert "Of the latest 2 runs" in browser.text
    assert browser.click("All runs").location == "/runs"
    assert len(rows(browser.response.text)) == 3


def test_runs_of_what_was_removed_lead_nowhere(pages: Installed) -> None:
    pages.world.sync()
    ending.remove(pages.app, None, "main")
    browser = pages.signed_in(Role.ANALYST)
    for where in ("/", "/runs"):
        browser.get(where)
        assert "main (removed, number 1)" in browser.text
        to = {address for _, address in browser.seen.links if address.startswith("/activations/")}
        assert [browser.get(each).status for each in to if "removed" in each] == [], where


def test_what_was_done_is_read_from_its_beginning(pages: Installed) -> None:
    browser = pages.signed_in()
    for n in range(60):
        pages.app.store.audit.add("ann", "create key", f"list{n}", float(n))
    newest = rows(browser.get("/activity?what=create+key").response.text)
    oldest = rows(browser.get("/activity?what=create+key&sort=at").response.text)
    assert ("list59" in newest[0], "list0" in oldest[0]) == (True, True)
    following = browser.click("Newer")
    assert "list50" in rows(following.response.text)[0]
    last = rows(browser.get("/activity?what=create+key&sort=-subject").response.text)
    assert "list9" in last[0]
    rest = rows(browser.click("Next").response.text)
    assert "sort=-subject&after=" in browser.location
    assert len({*last, *rest}) == 60
    assert "list0" in rest[-1]


def test_runs_of_an_activation_are_sorted_filtered_and_paged(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (3, 1, 2):
        pages.world.write([{"email": f"{n}@example.com"} for n in range(count)])
        pages.world.sync(allow_removals=10)
    at = "/activations/main/runs"
    browser = pages.signed_in(Role.ANALYST)

    def numbers(query: str) -> list[str]:
        found = rows(browser.get(f"{at}{query}").response.text)
        return [re.findall(r"Run (\d+)", row)[0] for row in found]

    assert numbers("") == ["3", "2", "1"]
    assert numbers("?sort=started") == ["1", "2", "3"]
    assert numbers("?sort=-activated") == ["1", "2", "3"]
    assert numbers("?sort=activated") == ["3", "2", "1"]
    assert (
        f'aria-sort="ascending" class="text-end"><a class="sort" href="{at}?sort=-activated"' in browser.response.text
    )
    assert numbers("?q=nothing") == []
    assert "No run is like that" in browser.text
    monkeypatch.setattr(lists, "SIZE", 2)
    assert numbers("?sort=started&state=done") == ["1", "2"]
    assert "3 in all, page 1 of 2" in browser.text
    assert len(rows(browser.click("Next").response.text)) == 1
    assert browser.location == f"{at}?state=done&sort=started&page=2"
    monkeypatch.setattr(runs, "LOOKED", 2)
    assert numbers("?sort=started") == ["2", "3"]
    assert len(rows(browser.click("Older").response.text)) == 1
    assert browser.location == f"{at}?before=2&sort=started"


def test_what_became_of_events_is_sorted_filtered_and_paged(
    source: Source, logged: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    source.post(entered("", source.now(), email="ann@example.com"))
    for _ in range(2):
        source.post({"type": "track", "event": "Viewed", "properties": {"audience_key": "high_intent"}})
    for _ in range(3):
        source.post(entered("", source.now(), key="another", email="eve@example.com"))
    source.settle()
    made = installed(source.world)
    browser = made.signed_in(Role.ANALYST)
    for at, first in (("/destinations/acme/delivery", 3), ("/activations/main/delivery", 2)):
        most = rows(browser.get(f"{at}?sort=-events").response.text)
        assert len(most) == first
        assert "FILTERED_AT_MAPPING" in most[0]
        least = rows(browser.get(f"{at}?sort=events&span=7d").response.text)
        assert least == most[::-1]
        assert f'href="{at}?span=7d&amp;sort=-events"' in browser.response.text
        assert '<input type="hidden" name="span" value="7d">' in browser.response.text
        assert len(rows(browser.get(f"{at}?q=no_matching").response.text)) == 1
        with monkeypatch.context() as patched:
            patched.setattr(lists, "SIZE", 1)
            browser.get(f"{at}?sort=events&span=7d").click("Next")
            assert browser.location == f"{at}?span=7d&sort=events&page=2"
            assert rows(browser.response.text) == least[1:2]
    made.web.close()


def test_reasons_of_rows_that_were_not_sent_are_sorted_and_filtered(pages: Installed) -> None:
    pages.world.write([{"email": "ann@example.com"}, {"email": "x"}, {"email": "y"}, {"email": ""}])
    pages.world.sync()
    browser = pages.signed_in(Role.ANALYST).get("/activations/main")
    usual = rows(browser.response.text)
    assert len(usual) == 2
    assert usual[0].endswith("2")
    assert rows(browser.get("/activations/main?sort=rows").response.text) == usual[::-1]
    word = usual[1].split()[-2]
    assert rows(browser.get(f"/activations/main?q={word}").response.text) == usual[1:]


def test_dates_on_home_are_sorted_and_filtered(pages: Installed) -> None:
    browser = pages.signed_in(Role.ANALYST).get("/")
    usual = under("dates", browser)
    assert len(usual) > 1
    assert under("dates", browser.get("/?dates_sort=-at")) == usual[::-1]
    assert all("acme" in row for row in under("dates", browser.get("/?dates_q=acme")))


def test_the_trail_of_an_activation_is_sorted_filtered_and_paged(pages: Installed) -> None:
    browser, at = pages.signed_in(), "/activations/main/activity"
    for n in range(60):
        pages.app.store.audit.add("ann" if n % 2 else "ben", "run", "main", float(n), n=f"<{n}>")
    newest = rows(browser.get(at).response.text)
    oldest = rows(browser.get(f"{at}?sort=at").response.text)
    assert ("59" in newest[0], "0" in oldest[0], len(newest)) == (True, True, 50)
    following = browser.click("Newer")
    assert browser.location.startswith(f"{at}?sort=at&after=")
    assert "50" in rows(following.response.text)[0]
    assert all("ben" in row for row in rows(browser.get(f"{at}?who=ben").response.text))
    assert "Nothing of this kind was done" in browser.get(f"{at}?what=rename").text


def test_audiences_to_activate_are_looked_for_and_ticks_stay(pages: Installed) -> None:
    browser = begun(pages.signed_in(Role.MARKETER))
    step(browser, "look", audiences="people", q="nothing")
    assert "No audience is called that" in browser.text
    assert ("audiences", "people") in browser.form(has("audiences")).fields
    step(browser, "look", q="peo")
    assert "people" in rows(browser.response.text)[0]
    assert ("audiences", "people") in browser.form(has("audiences")).fields
    assert step(browser).location.endswith("/mapping/1")


def test_what_needs_somebody_is_sorted_filtered_and_paged(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    pages.world.write(emails(*(f"p{n}" for n in range(100))))
    pages.world.sync()
    pages.world.write(emails("ann"))
    pages.world.sync()  # more would leave than may
    pages.world.emulator.control.clock(advance=340 * 86_400.0)  # the permission soon ends
    browser = pages.signed_in(Role.ANALYST)

    def subjects(query: str) -> list[str]:
        found = under("needs", browser.get(f"/{query}"))
        return [word for row in found for word in row.split() if word in ("acme", "main")]

    usual = subjects("")
    assert usual[0] == "main"  # the most pressing first
    assert set(usual) == {"acme", "main"}
    assert subjects("?needs_sort=subject&dates_sort=-at") == sorted(usual)
    assert 'href="/?dates_sort=-at&amp;needs_sort=-subject#needs"' in browser.response.text
    assert 'href="/?needs_sort=subject&amp;dates_sort=at#dates"' in browser.response.text
    assert set(subjects("?needs_q=confirm")) == {"main"}
    browser.get("/?needs_q=zzz")
    assert "Nothing like that needs somebody" in browser.text
    monkeypatch.setattr(home, "NEEDS", 1)
    assert subjects("?needs_sort=-subject") == ["main"]
    browser.click("Next")
    assert browser.location == "/?needs_sort=-subject&needs_page=2#needs"


def test_last_runs_on_home_are_sorted_filtered_and_paged(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (3, 1, 2):
        pages.world.write([{"email": f"{n}@example.com"} for n in range(count)])
        pages.world.sync(allow_removals=10)
    browser = pages.signed_in(Role.ANALYST)

    def added(query: str) -> list[str]:
        return [row.split()[2] for row in under("runs", browser.get(f"/{query}"))]

    assert added("") == ["1", "0", "3"]
    assert added("?runs_sort=started") == ["3", "0", "1"]
    assert added("?runs_sort=-added") == ["3", "1", "0"]
    browser.get("/?runs_q=nothing")
    assert "No run is like that" in browser.text
    monkeypatch.setattr(home, "MOST", 2)
    assert added("?runs_sort=added") == ["0", "1"]
    browser.click("Next")
    assert browser.location == "/?runs_sort=added&runs_page=2#runs"


def test_activations_that_use_an_audience_are_sorted_and_filtered(pages: Installed) -> None:
    described = pages.configuration.current().activations["main"]
    body = {"audience": described.audience, "destination": "acme", "segment_name": "another"}
    declared.create(pages.app, pages.configuration, "activations", "another", body)
    pages.world.sync("main")
    browser, at = pages.signed_in(Role.ANALYST), f"/audiences/{described.audience}"

    def names(query: str) -> list[str]:
        return [row.split()[0] for row in under("used", browser.get(f"{at}{query}"))]

    assert names("") == ["another", "main"]
    assert names("?used_sort=-name") == ["main", "another"]
    assert names("?used_sort=-told") == ["main", "another"]
    assert names("?used_q=main") == ["main"]
    browser.get(f"{at}?used_q=nothing")
    assert "No activation is called that" in browser.text


def test_where_it_goes_is_looked_for_and_the_choice_stays(pages: Installed) -> None:
    for n in range(9):
        body = {"ad_account": 516848900 + n, "description": "Webinars"}
        declared.create(pages.app, pages.configuration, "destinations", f"region{n}", body)
    browser = pages.signed_in(Role.MARKETER).get("/activate?kind=people")
    assert browser.response.text.count('name="destination"') == 10
    step(browser, "look", q="region3", destination="acme")
    assert browser.location == "/activate?kind=people&destination=acme&q=region3"
    assert re.findall(r'name="destination" value="(\w+)"', browser.response.text) == ["acme", "region3"]
    assert dict(main(browser).fields)["destination"] == "acme"  # what was chosen is shown whatever is looked for
    step(browser, "look", q="zzz")
    assert re.findall(r'name="destination" value="(\w+)"', browser.response.text) == ["acme"]
    assert "No destination is called that" in browser.text
    step(browser, "enter", q="region4")
    assert "q=region4" in browser.location
    assert step(browser, "enter").location == "/activate/1/audiences"


def test_drafts_are_sorted_filtered_and_paged(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = pages.signed_in(Role.MARKETER)
    for members in ("companies", "people", "people"):
        step(browser.get(f"/activate?kind={members}"), destination="acme", card=members)
    step(browser, audiences="people")

    def audiences(query: str) -> list[str]:
        return [row.partition(" of ")[0] for row in under("mine", browser.get(f"/activate?kind=people{query}"))]

    assert len(audiences("")) == 3
    assert audiences("&drafts_sort=-audiences")[0].startswith("people")
    assert len(audiences("&drafts_q=companies")) == 1
    assert 'name="kind" value="people"' in browser.response.text
    monkeypatch.setattr(drafts, "DRAFTS", 2)
    assert len(audiences("&drafts_page=2")) == 1


def test_keys_that_encrypt_are_sorted(pages: Installed) -> None:
    browser = pages.signed_in()
    usual = under("keys", browser.get("/settings/encryption"))
    assert len(usual) == 1
    assert under("keys", browser.get("/settings/encryption?keys_sort=-fingerprint")) == usual
    assert 'aria-sort="descending"' in browser.response.text


def test_events_of_the_last_hour_are_sorted_where_they_count_anew(source: Source, logged: list[Any]) -> None:
    made = installed(source.world)
    name = made.configuration.current().activations["main"].audience
    for key in ("other", "third"):
        body = {"audience": name, "destination": "acme", "mode": "stream", "audience_key": key}
        declared.create(made.app, made.configuration, "activations", key, body)
    for n, key in enumerate(("other", "high_intent", "high_intent", "third", "third", "third")):
        source.post(entered(f"u{n}", source.now(), key=key, email=f"u{n}@example.com"))
    source.settle()
    browser, at = made.signed_in(Role.ANALYST), f"/audiences/{name}"
    browser.get(f"{at}?live_sort=-name")
    assert [row.split()[0] for row in under("live", browser)] == ["third", "other", "main"]
    assert f'hx-get="{at}/live?live_sort=-name"' in browser.response.text
    assert f'href="{at}?live_sort=name#live"' in browser.get(f"{at}/live?live_sort=-name").response.text
    made.web.close()


@pytest.mark.parametrize(
    ("where", "query", "found"),
    [
        ("/activations", "paused", "main"),
        ("/activations", "people", "main"),
        ("/audiences", "in use", "people"),
        ("/audiences", "guestlist.yaml", "people"),
        ("/destinations", "works", "acme"),
        ("/settings/keys", "revoked", "old"),
        ("/privacy", "complete", "a***@example.com"),
        ("/privacy", "main", "a***@example.com"),
    ],
)
def test_lists_are_searched_by_what_stands_in_them(pages: Installed, where: str, query: str, found: str) -> None:
    pages.world.sync()
    pages.door.forget(["ann@example.com"])
    pages.world.activation("main", enabled=False)
    pages.world.open()  # which writes the file
    pages.door.create_key("old")
    pages.door.revoke_key("old")
    browser = pages.signed_in()
    assert found in " ".join(rows(browser.get(f"{where}?q={query.replace(' ', '+')}").response.text))
    assert found not in " ".join(rows(browser.get(f"{where}?q=disabled").response.text))
