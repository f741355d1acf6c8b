"""Activating step by step without JavaScript: what is chosen, refused, kept, planned and made."""

from __future__ import annotations

import asyncio
import hashlib
import html
import json
import re
from typing import Any

import httpx2
import pytest

from guestlist.app import declared, drafts, write_keys
from guestlist.core.permissions import HOLDS, Permission, Role, person
from guestlist.errors import PermissionMissing
from guestlist.web.pages import lists
from tests.web.apikit import EVENTS, Api, problem
from tests.web.browser import ADDRESS, Browser, Form
from tests.web.installed import Installed
from tests.world import World, digest, emails


def has(name: str) -> Any:
    """A form that has this field."""
    return lambda form: any(each == name for each, _ in form.fields) or name in form.action


def step(browser: Browser, do: str = "next", /, **values: Any) -> Browser:
    """Fill in the form of the step and press a button of it."""
    form = main(browser)
    fields = [(name, value) for name, value in form.fields if name not in values]
    for name, value in values.items():
        fields += [(name, each) for each in (value if isinstance(value, list) else [value])]
    return browser.post(form.action, [*fields, ("do", do)])


def main(browser: Browser) -> Form:
    return next(form for form in browser.seen.forms if "Next" in form.buttons or "Finish" in form.buttons)


def begun(browser: Browser, members: str = "people", *names: str) -> Browser:
    browser.get(f"/activate?kind={members}")
    step(browser, destination="acme", card=members)
    return step(browser, audiences=list(names)) if names else browser


def of_events(pages: Installed) -> str:
    """An audience; the key that its events come with."""
    key = write_keys.create(pages.app, "engage")
    body = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
    declared.create(pages.app, pages.configuration, "audiences", "intent", body)
    return key


def made(pages: Installed, name: str) -> Any:
    return pages.configuration.current().activations[name]


# ── the whole way ────────────────────────────────────────────────────────────────────────────────────────────────
def test_from_a_card_to_people_at_linkedin(pages: Installed) -> None:
    pages.world.write([{"work email": "ann@example.com", "first name": "Ann"}, {"work email": "bob@example.com"}])
    browser = pages.signed_in(Role.MARKETER).get("/destinations")
    browser.click("Activate audiences")
    step(browser, destination="acme")
    assert "Select audiences for LinkedIn Matched Audiences" in browser.text
    step(browser, audiences="people")
    assert "Mapping of people" in browser.text
    assert dict(main(browser).fields)["s-firstName"] == "first name"
    step(browser)
    assert browser.location.endswith("/sync")
    step(browser, **{"name-0": "newsletter", "mode-0": "mirror", "when-0": "every", "number-0": "6", "unit-0": "h"})
    assert browser.location.endswith("/review")
    assert "Waiting for its turn" in browser.text
    pages.work()
    browser.get(browser.location)
    assert "Would be added 2" in browser.text
    assert "every 6h" in browser.text
    assert pages.app.store.activations.get("newsletter") is None
    assert pages.world.sent() == 0
    browser.submit("Finish")
    assert browser.location == "/activations/newsletter"
    assert "A run that ben asked for" in browser.text
    wanted = made(pages, "newsletter")
    assert (wanted.enabled, wanted.mode, wanted.schedule.every) == (True, "mirror", 21_600.0)
    assert wanted.mapping == {"email": ("work email",), "firstName": ("first name",)}
    pages.work()
    assert pages.world.told("newsletter") == {digest("ann@example.com"), digest("bob@example.com")}
    assert drafts.mine(pages.app, _ben(pages)) == []
    assert "Go on where you left" not in browser.get("/activate").text


def _ben(pages: Installed) -> Any:
    user = pages.app.store.users.get("ben")
    assert user is not None
    return person("ben", Role.MARKETER, user_id=user.id)


# ── card and audiences ───────────────────────────────────────────────────────────────────────────────────────────
def test_only_what_fits_the_card_can_be_selected(pages: Installed) -> None:
    pages.world.write([{"domain": "acme.com"}], "companies.csv")
    body = {"members": "companies", "source": {"file": "companies.csv"}}
    declared.create(pages.app, pages.configuration, "audiences", "accounts", body)
    browser = begun(pages.signed_in(), "companies")
    assert "Select audiences for (Companies) LinkedIn Matched Audiences" in browser.text
    assert 'value="accounts"' in browser.response.text
    assert 'value="people"' not in browser.response.text
    assert step(browser, audiences="people").status == 422
    assert "'people' is no audience of companies" in browser.text
    assert 'value="people"' not in browser.response.text  # what is wrong does not stick
    assert step(browser).status == 422
    assert "Choose at least one audience." in browser.text
    assert step(browser, audiences="accounts").location.endswith("/mapping/1")


def test_a_destination_must_be_there_and_connected(pages: Installed) -> None:
    declared.create(pages.app, pages.configuration, "destinations", "apac", {"ad_account": 516848834})
    browser = pages.signed_in().get("/activate?kind=people")
    assert "Not connected yet" in browser.text
    for name in ("apac", "nowhere"):
        assert step(browser, destination=name).status == 422
        assert "Choose a destination that is connected." in browser.text
    assert step(browser, destination="acme", card="").status == 422


def ticked(browser: Browser) -> list[str]:
    return [value for name, value in main(browser).fields if name == "audiences"]


def test_ticks_stay_while_the_list_is_sorted_searched_and_paged(
    pages: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "SIZE", 2)
    for name in "abcde":
        body = {"members": "people", "source": {"file": "people.csv"}}
        declared.create(pages.app, pages.configuration, "audiences", name, body)
    browser = begun(pages.signed_in())
    assert shown_names(browser) == ["a", "b"]
    assert 'aria-sort="ascending"><button class="sort" name="sort_by" value="-name"' in browser.response.text
    press(browser, "page_to", "2", audiences="b")
    assert (shown_names(browser), ticked(browser)) == (["c", "d"], ["b"])
    press(browser, "sort_by", "-name", audiences=["b", "d"])
    assert (shown_names(browser), sorted(ticked(browser))) == (["people", "e"], ["b", "d"])
    assert browser.location.endswith("/audiences?sort=-name")
    press(browser, "page_to", "2", audiences=["b", "d"], q="nobody")
    assert ("No audience is called that" in browser.text, sorted(ticked(browser))) == (True, ["b", "d"])
    press(browser, "do", "look", audiences=["b", "d"], q="")
    press(browser, "sort_by", "name", audiences=[])
    assert ticked(browser) == []
    assert step(browser, audiences="c").location.endswith("/mapping/1")


def press(browser: Browser, name: str, value: str, /, **values: Any) -> None:
    """A button of the list."""
    form = main(browser)
    fields = [each for each in form.fields if each[0] not in values]
    for field, given in values.items():
        fields += [(field, each) for each in (given if isinstance(given, list) else [given])]
    browser.post(form.action, [*fields, (name, value)])


def shown_names(browser: Browser) -> list[str]:
    return re.findall(r'<label for="a-\d+">([^<]+)', browser.response.text)


def test_several_audiences_are_activated_at_once(pages: Installed) -> None:
    pages.world.write(emails("cem"), "more.csv")
    declared.create(
        pages.app, pages.configuration, "audiences", "more", {"members": "people", "source": {"file": "more.csv"}}
    )
    browser = begun(pages.signed_in(), "people", "people", "more")
    assert "audience 1 of 2" in browser.text
    step(browser)
    assert "Mapping of more" in browser.text
    step(browser)
    assert step(browser, **{"name-0": "one", "name-1": "one"}).status == 422
    assert "Two activations cannot both be called 'one'" in browser.text
    step(browser, **{"name-0": "one", "name-1": "two"})
    pages.work()
    assert browser.get(browser.location).text.count("Would be added") == 2
    browser.submit("Finish")
    assert browser.location == "/activations"
    assert {"one", "two"} <= set(pages.configuration.current().activations)


# ── mapping ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_mapping_that_finds_nobody_is_refused_and_kept(pages: Installed) -> None:
    pages.world.write([{"email": "ann@example.com", "first": "Ann", "last": "Lee"}])
    browser = begun(pages.signed_in(), "people", "people")
    assert step(browser, **{"s-email": "", "s-firstName": "first"}).status == 422
    assert "LinkedIn could find nobody by this" in browser.text
    assert dict(main(browser).fields)["s-firstName"] == "first"
    assert step(browser, **{"s-email": "gone"}).status == 422
    assert 'no column "gone"' in browser.text
    assert "is-invalid" in browser.response.text
    assert step(browser, **{"s-email": "", "s-lastName": "last"}).location.endswith("/sync")


def body_of(pages: Installed, name: str = "ann") -> Any:
    return drafts.mine(pages.app, _of(name, pages))[0].wanted[0].body


def targets(browser: Browser, tab: str) -> str:
    """What the target picker offers on one of its tabs."""
    return browser.response.text.partition(f'name="{tab}"')[2].partition("</select>")[0]


def test_rows_are_added_with_two_pickers_and_taken_out(pages: Installed) -> None:
    """ADOBE-24."""
    pages.world.write([{"email": "ann@example.com", "call_name": "Ann", "role": "CEO", "x": ""}])
    browser = begun(pages.signed_in(), "people", "people")
    here = browser.location
    assert "Add new mapping" in browser.text
    assert "s-firstName" in dict(main(browser).fields)
    assert "Remove First name" not in browser.text
    step(browser, "select", source="call_name", target="firstName")
    step(browser, "select", source="role", target="title")
    assert browser.location.partition("?")[0] == here
    assert "Remove First name" in browser.text
    assert "A••" in browser.text
    assert body_of(pages)["mapping"] == {"email": ["email"], "firstName": ["call_name"], "title": ["role"]}
    step(browser, "remove-firstName")
    assert "Remove First name" not in browser.text
    assert "Remove Job title" in browser.text
    step(browser)
    assert browser.location.endswith("/sync")
    assert body_of(pages)["mapping"] == {"email": ["email"], "title": ["role"]}


def test_a_target_that_is_mapped_gets_another_source_and_never_a_second_row(pages: Installed) -> None:
    pages.world.write([{"email": "", "private": "bob@example.com", "other": ""}])
    browser = begun(pages.signed_in(), "people", "people")
    assert "E-mail address (email): another source" in targets(browser, "target")
    assert "Job title (title)</option>" in targets(browser, "target")
    step(browser, "select", source="private", target="email")
    step(browser, "select", source="private", target="email")
    assert body_of(pages)["mapping"] == {"email": ["email", "private"]}
    assert browser.text.count("Remove E-mail address") == 1
    assert "b***@example.com" in browser.text
    step(browser, "more-email")
    assert browser.response.text.count('name="s-email"') == 3
    step(browser, **{"s-email": ["private", "other", ""]})
    assert body_of(pages)["mapping"] == {"email": ["private", "other"]}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"source": "role"}, "Choose what LinkedIn is to be told of it as."),
        ({"target": "title"}, "Choose what is to be told."),
        ({"source": "role", "target": "shoeSize"}, "Choose what LinkedIn is to be told of it as."),
        ({"source": "role", "target": "title", "target-tab": "identity"}, "Choose what LinkedIn is to be told of it"),
    ],
)
def test_a_pair_that_is_half_chosen_is_no_row(pages: Installed, values: dict[str, str], said: str) -> None:
    pages.world.write([{"email": "ann@example.com", "role": "CEO"}])
    browser = begun(pages.signed_in(), "people", "people")
    assert step(browser, "select", **values).status == 422
    assert said in browser.text
    assert "<details open>" in browser.response.text
    assert body_of(pages)["mapping"] == {"email": ["email"]}


def test_what_was_chosen_and_not_confirmed_is_not_lost_unseen(pages: Installed) -> None:
    pages.world.write([{"email": "ann@example.com", "role": "CEO"}])
    browser = begun(pages.signed_in(), "people", "people")
    assert step(browser, source="role", target="title").status == 422
    assert "Press Select to add this mapping" in browser.text
    assert step(browser, "select", source="role", target="title").status == 200
    assert step(browser).location.endswith("/sync")


def test_what_the_header_suggests_comes_back_by_a_button(pages: Installed) -> None:
    pages.world.write([{"email": "ann@example.com", "first name": "Ann", "id": "1"}])
    browser = begun(pages.signed_in(), "people", "people")
    assert "the header suggests" not in browser.text
    step(browser, "remove-email")
    step(browser, "remove-primaryId")
    assert "Add what the header suggests: E-mail address, Key in the source" in browser.text
    step(browser, "suggest")
    assert body_of(pages)["mapping"] == {"email": ["email"], "firstName": ["first name"], "primaryId": ["id"]}


def test_the_primary_id_is_chosen_under_its_own_tab_by_whoever_may_see_identities(pages: Installed) -> None:
    """ADOBE-24, ADOBE-26."""
    pages.world.write([{"email": "ann@example.com", "crm": "1", "contact id": "2"}])
    browser = begun(pages.signed_in(Role.MARKETER), "people", "people")
    step(browser, "remove-primaryId")
    for label in ("Select attributes", "Select identity namespace"):
        assert browser.text.count(label) == 2, "a source and a target picker"
    assert "primaryId" not in targets(browser, "target")
    assert "email" not in targets(browser, "target-identity")
    assert "primaryId" in targets(browser, "target-identity")
    sources = targets(browser, "source-identity")
    assert ('"email"' in sources, '"contact id"' in sources, '"crm"' in sources) == (True, True, False)
    step(browser, "select", **{"source": "crm", "target-tab": "identity", "target-identity": "primaryId"})
    assert body_of(pages, "ben")["mapping"] == {"email": ["email"], "primaryId": ["crm"]}
    step(browser)
    assert browser.location.endswith("/sync")


def test_without_that_permission_it_is_neither_offered_nor_taken(
    pages: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.world.write([{"email": "ann@example.com", "record id": "1"}])
    monkeypatch.setitem(HOLDS, Role.MARKETER, HOLDS[Role.MARKETER] - {Permission.VIEW_IDENTITY_GRAPH})
    browser = begun(pages.signed_in(Role.MARKETER), "people", "people")
    assert "Select identity namespace" not in browser.text
    assert "primaryId" not in browser.response.text
    draft = drafts.mine(pages.app, _ben(pages))[0]
    assert "primaryId" not in draft.wanted[0].body["mapping"]
    path = main(browser).action
    picked = {"source": "record id", "target-tab": "identity", "target-identity": "primaryId"}
    for button, values in (("next", {"s-primaryId": "record id"}), ("select", picked), ("remove-primaryId", {})):
        assert step(browser.get(path), button, **values).status == 403
        assert "View Identity Graph" in browser.text
    sneaked = draft.with_one(0, draft.wanted[0].with_(mapping={"email": ["email"], "primaryId": ["record id"]}))
    drafts.save(pages.app, _ben(pages), sneaked)
    browser.get(path)
    assert browser.post(path.replace("mapping/1", "finish"), {"csrf": dict(main(browser).fields)["csrf"]}).status == 403
    assert draft.wanted[0].name not in pages.configuration.current().activations


def test_adobes_pairs_are_marked_and_enforced(pages: Installed) -> None:
    columns = {"accountName": "Acme", "accountKey.sourceKey": "1@a.b", "accountOrganization.domain": "acme.com"}
    pages.world.write([columns], "accounts.csv")
    body = {"members": "companies", "source": {"file": "accounts.csv"}}
    declared.create(pages.app, pages.configuration, "audiences", "accounts", body)
    browser = begun(pages.signed_in(), "companies", "accounts")
    assert "Required: accountName to companyName." in browser.text
    assert step(browser, **{"s-companyName": ""}).status == 422
    assert "companyName: accountName" in browser.text
    assert "Remove Company name" not in browser.text
    assert "Required: accountKey.sourceKey to primaryId." in browser.text
    step(browser, "remove-companyWebsiteDomain", **{"s-companyName": "accountName"})
    assert step(browser, **{"s-primaryId": ""}).status == 422
    assert "primaryId: accountKey.sourceKey" in browser.text
    assert step(browser, **{"s-primaryId": "accountKey.sourceKey"}).location.endswith("/sync")


def test_columns_that_are_scripts_are_shown_as_text(pages: Installed) -> None:
    pages.world.write([{"email": "ann@example.com", '"><script>alert(1)</script>': "x"}])
    browser = begun(pages.signed_in(), "people", "people")
    assert "alert(1)" in browser.text
    assert "<script>alert" not in browser.response.text
    assert not browser.seen.inline


# ── mode and schedule ────────────────────────────────────────────────────────────────────────────────────────────
def to_sync(pages: Installed, **columns: str) -> Browser:
    return step(begun(pages.signed_in(), "people", "people"))


def test_a_snapshot_says_what_it_needs_and_how_many_there_are(pages: Installed) -> None:
    browser = to_sync(pages)
    assert "At least 10,000 contacts are recommended, and 300 of them must match" in browser.text
    pages.work()
    assert "This audience currently has 2 contacts defined." in browser.get(browser.location).text
    step(browser, **{"mode-0": "snapshot", "name-0": "once", "when-0": "every", "number-0": "1"})
    pages.work()
    assert "This audience currently has 2 contacts defined." in browser.get(browser.location).text
    browser.submit("Finish")
    assert (made(pages, "once").mode, made(pages, "once").schedule) == ("snapshot", None)


def test_what_nobody_counts_is_not_said_to_be_counted(pages: Installed) -> None:
    """DYN-02: N is live."""
    browser = begun(pages.signed_in(), "people", "people")
    here = browser.location.replace("mapping/1", "sync")
    assert "Its contacts are counted for Review" in browser.get(here).text
    assert "being counted" not in browser.text
    step(browser.get(here.replace("sync", "mapping/1")))
    assert "Its contacts are being counted; Review says how many there are." in browser.text
    (pages.world.folder / "people.csv").unlink()
    pages.work()
    assert "Its contacts are counted for Review" in browser.get(here).text


def test_a_snapshot_of_companies_speaks_of_companies(pages: Installed) -> None:
    pages.world.write([{"domain": "acme.com"}, {"domain": "example.org"}], "companies.csv")
    body = {"members": "companies", "source": {"file": "companies.csv"}}
    declared.create(pages.app, pages.configuration, "audiences", "accounts", body)
    browser = step(begun(pages.signed_in(), "companies", "accounts"))
    assert "300 people at these companies must match, and 10,000 are recommended." in browser.text
    assert "Its companies are being counted" in browser.text
    pages.work()
    assert "This audience currently has 2 companies defined." in browser.get(browser.location).text
    step(browser, **{"mode-0": "snapshot"})
    pages.work()
    assert "This audience currently has 2 companies defined." in browser.get(browser.location).text
    assert "contacts" not in browser.text


def test_a_start_date_needs_a_schedule(pages: Installed) -> None:
    browser = to_sync(pages)
    step(browser, **{"mode-0": "mirror", "when-0": "manual", "start-0": "2031-03-01"})
    assert browser.status == 422
    assert "A start date needs a schedule: choose one, or leave the date empty." in browser.text
    assert ("start-0", "2031-03-01") in main(browser).fields
    step(browser, **{"mode-0": "snapshot"})
    assert browser.location.endswith("/review")


def test_remove_only_names_whom_it_takes_from(pages: Installed) -> None:
    browser = to_sync(pages)
    assert step(browser, **{"mode-0": "remove_only", "segment_of-0": ""}).status == 422
    assert "Choose from which activation's LinkedIn audience it removes." in browser.text
    step(browser, **{"mode-0": "remove_only", "segment_of-0": "main"})
    assert browser.location.endswith("/review")
    assert "remove only from main" in browser.text


@pytest.mark.parametrize(
    ("values", "field", "said"),
    [
        ({"when-0": "cron", "cron-0": "every day"}, "f-cron-0", "is no cron expression"),
        ({"when-0": "cron", "cron-0": "0 6 * * *", "timezone-0": "Mars/Base"}, "f-timezone-0", "is no time zone"),
        ({"when-0": "every", "number-0": "often"}, "f-number-0", "Say how often"),
        ({"when-0": "every", "number-0": "0"}, "f-number-0", "Say how often"),
        ({"when-0": "cron", "cron-0": "0 6 * * *", "start-0": "soon"}, "f-start-0", "is no date"),
        ({"name-0": "a/b"}, "f-name-0", "no slash"),
        ({"name-0": "main"}, "f-name-0", "There is an activation 'main' already"),
        ({"mode-0": "stream"}, "mode-0", "Choose how it is kept in step."),
    ],
)
def test_what_is_wrong_stands_at_its_field(pages: Installed, values: dict[str, str], field: str, said: str) -> None:
    browser = step(to_sync(pages), **values)
    assert browser.status == 422
    assert said in browser.text
    if field.startswith("f-"):
        assert f'is-invalid" id="{field}"' in browser.response.text
    assert not [each for each in pages.configuration.current().activations if each != "main"]


@pytest.mark.parametrize("audience", ["people", "intent"])
def test_a_name_that_is_taken_is_refused_where_it_is_typed(pages: Installed, audience: str) -> None:
    of_events(pages)
    browser = pages.signed_in(Role.MARKETER)
    begun(browser, "people", audience)
    step(browser)
    step(browser, **{"name-0": "main"})
    assert browser.status == 422
    assert browser.location.endswith("/sync")
    assert re.search(r'id="f-name-0"[^>]*aria-invalid|is-invalid" id="f-name-0"', browser.response.text)
    assert "There is an activation 'main' already: choose another name." in browser.text
    step(browser, **{"name-0": "another"})
    assert browser.status == 200


def test_names_of_what_is_taken_out_are_taken_too(pages: Installed) -> None:
    pages.world.sync()
    pages.world.write(emails("cem"), "others.csv")
    pages.world.yaml["audiences"]["others"] = {"members": "people", "source": {"file": "others.csv"}}
    pages.world.yaml["activations"] = {}
    pages.world.open()
    browser = pages.signed_in(Role.MARKETER)
    begun(browser, "people", "others")
    step(browser)
    step(browser, **{"name-0": "main"})
    assert browser.status == 422
    assert "An activation 'main' was taken out and still has a LinkedIn audience" in browser.text
    browser.get("/activations/main").submit("Remove")
    browser.get("/activate/1/sync")
    step(browser, **{"name-0": "main"})
    assert browser.location.endswith("/review")


def test_a_cron_expression_in_a_time_zone(pages: Installed) -> None:
    cron = {"name-0": "mornings", "when-0": "cron", "cron-0": "0 6 * * 1-5", "timezone-0": "Europe/Berlin"}
    browser = step(to_sync(pages), **cron)
    assert "0 6 * * 1-5 (Europe/Berlin)" in browser.text
    form = main(browser)
    browser.post(form.action, [each for each in form.fields if each[0] != "run"])
    schedule = made(pages, "mornings").schedule
    assert (schedule.cron, schedule.timezone) == ("0 6 * * 1-5", "Europe/Berlin")
    assert [job.kind for job in pages.app.store.jobs.open()] == ["preview"]


def test_nothing_is_sent_before_the_start_date(pages: Installed) -> None:
    later = {"name-0": "spring", "when-0": "every", "number-0": "1", "unit-0": "d", "start-0": "2031-03-01"}
    browser = step(to_sync(pages), **later)
    assert "every 1d, from 2031-03-01" in browser.text
    assert "Send it right after Finish" not in browser.text
    browser.submit("Finish")
    schedule = made(pages, "spring").schedule
    assert (schedule.every, str(schedule.start)) == (86_400.0, "2031-03-01")
    assert [job.kind for job in pages.app.store.jobs.open()] == ["preview"]
    assert pages.door.configuration.current().activations["spring"].schedule == schedule


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_page_that_looks_for_a_plan_of_what_is_finished_hears_nothing(pages: Installed) -> None:
    browser = step(to_sync(pages))
    look = browser.location.replace("review", "plan")
    assert browser.get(look).status == 200
    browser.get(look.replace("plan", "review")).submit("Finish")
    assert (browser.get(look, hx_request="true").status, browser.response.text) == (204, "")
    assert browser.get(look).status == 404


def test_the_action_for_companies_has_its_own_name(pages: Installed) -> None:
    """SEGMENT-35."""
    write_keys.create(pages.app, "engage")
    body = {"members": "companies", "source": {"events": {"write_keys": ["engage"]}}}
    declared.create(pages.app, pages.configuration, "audiences", "visitors", body)
    browser = begun(pages.signed_in(), "companies", "visitors")
    assert "Sync To LinkedIn DMP Company Segment" in browser.text
    assert "Sync To LinkedIn DMP Segment" not in browser.text


def to_events(pages: Installed, browser: Browser | None = None) -> Browser:
    if "intent" not in pages.configuration.current().audiences:
        of_events(pages)
    browser = begun(browser or pages.signed_in(), "people", "intent")
    step(browser)
    return step(browser, **{"name-0": "intent-to-acme"})


def test_an_audience_of_events_is_off_until_it_is_switched_on(pages: Installed) -> None:
    browser = to_events(pages)
    for label in (
        "Sync To LinkedIn DMP Segment",
        "Segment Engage Audience Key",
        "DMP Segment Display Name",
        "DMP User Action",
        "Auto Detect",
    ):
        assert label in browser.text
    assert step(browser, audience_key="").status == 422
    assert "Type the key by which the events name this audience." in browser.text
    assert step(browser, audience_key="$.properties.audience_key").status == 422
    assert "not a path or template" in browser.text
    step(browser, audience_key="high_intent", segment_name="High intent", trigger="", event="")
    assert browser.location.endswith("/review")
    assert "Will be off until switched on" in browser.text
    browser.submit("Finish")
    wanted = made(pages, "intent-to-acme")
    assert (wanted.enabled, wanted.mode, wanted.audience_key) == (False, "stream", "high_intent")
    assert (wanted.segment_name, wanted.action) == ("High intent", "auto")


def test_it_is_switched_on_with_an_action_and_a_trigger_of_conditions(pages: Installed) -> None:
    browser = to_events(pages)
    rows = {"group": "any", "on": ["event_name", "property"], "path": ["", "plan"], "op": ["is", "is"]}
    step(browser, "conditions", audience_key="buyers", value=["Order Completed", "pro"], **rows)
    assert browser.status == 200
    fql = 'event = "Order Completed" or properties.plan = "pro"'
    assert fql in browser.text
    assert "/events/1?unsaved=" in browser.location
    assert 'value="Order Completed"' in browser.get(browser.location).response.text
    filled = {"audience_key": "buyers", "action": "add", "trigger": fql, "enabled": "yes"}
    step(browser, **filled, value=["Order Completed", "pro"], **rows)
    assert browser.location.endswith("/review")
    assert "DMP User Action Add Trigger Events count whose name is Order Completed or whose property plan is pro." in (
        browser.text
    )
    assert fql in browser.text
    browser.get(browser.location.replace("review", "events/1"))
    assert 'value="Order Completed"' in browser.response.text
    browser.get(browser.location.replace("events/1", "review")).submit("Finish")
    wanted = made(pages, "intent-to-acme")
    assert (wanted.enabled, wanted.action) == (True, "add")
    assert wanted.trigger == {
        "any": [
            {"on": "event_name", "op": "is", "value": "Order Completed"},
            {"on": "property", "op": "is", "path": "plan", "value": "pro"},
        ]
    }


def test_what_is_missing_is_said_in_plain_words_at_the_review(pages: Installed) -> None:
    browser = to_events(pages)
    browser.get(browser.location.replace("events/1", "review"))
    assert "Events count whose name is Audience Entered or whose name is Audience Exited." in browser.text
    assert 'event = "Audience Entered" or event = "Audience Exited"' in browser.text
    assert "type the key by which the events name this audience" in browser.text
    assert "audience_key is required" not in browser.text
    assert browser.click("Put it right").location.endswith("/events/1")


def test_mistakes_in_a_trigger_stand_at_it(pages: Installed) -> None:
    browser = to_events(pages)
    assert step(browser, audience_key="buyers", trigger="event = ").status == 422
    assert 'is-invalid" id="f-trigger"' in browser.response.text
    nothing = {"on": ["", ""], "path": ["", ""], "op": ["is", "is"], "value": ["", ""]}
    assert step(browser, "conditions", **nothing).status == 422
    assert "There is no condition" in browser.text
    wrong = {**nothing, "on": ["property", ""], "value": ["x", ""]}
    assert step(browser, "conditions", **wrong).status == 422
    assert "property needs a path" in browser.text
    assert step(browser, "more").response.text.count('name="path"') == 3


def entered(name: str = "Audience Entered", key: str = "high_intent") -> str:
    context = {"traits": {"email": "ann@example.com"}}
    return json.dumps(
        {"type": "track", "event": name, "properties": {"audience_key": key}, "traits": {"firstName": "Ann"}}
        | {"context": context}
    )


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (entered(), "They enter: LinkedIn is told to add them."),
        (entered("Audience Exited"), "They leave: LinkedIn is told to remove them."),
        (entered(key="another"), "it is about another audience key"),
        (entered("Order Completed"), "the trigger does not match"),
        ("[1", "Paste one event"),
        ('{"type": "track", "event": "Audience Entered", "properties": {"audience_key": "high_intent"}}', "cannot"),
    ],
)
def test_an_event_is_tried_and_nothing_of_it_is_kept(pages: Installed, event: str, said: str) -> None:
    browser = step(to_events(pages), "test", audience_key="high_intent", trigger="", event=event)
    assert said in browser.text
    assert ("hashed e-mail" in browser.text) == ("is told" in said)
    shown = browser.text.partition("Event (JSON)")[0]
    assert "ann@example.com" not in shown
    assert "Ann" not in shown.partition("Test it with an event")[2].replace("A••", "")
    assert pages.app.store.inbox.backlog().events == 0
    assert "high_intent" not in json.dumps(drafts.mine(pages.app, _of("ann", pages))[0].parts())


def test_the_last_event_that_came_is_tried_unless_it_is_of_somebody_forgotten(pages: Installed) -> None:
    key = of_events(pages)
    browser = to_events(pages)
    assert step(browser, "real", audience_key="high_intent").status == 422
    assert "No event of the last 24 hours is kept for 'intent': send one." in browser.text
    for event in (entered("Order Completed"), entered("Audience Exited")):
        assert track(pages, key, event) == 200
    step(browser, "real", audience_key="high_intent")
    shown = html.unescape(browser.response.text)
    assert '"event": "Audience Exited"' in shown
    assert "Order Completed" not in shown
    assert '"email": "ann@example.com"' in shown
    assert "They leave: LinkedIn is told to remove them." in step(browser, "test").text
    pages.door.forget(["ann@example.com"])
    assert step(browser, "real").status == 422
    assert "somebody who was forgotten" in browser.text


def test_the_last_event_comes_through_the_api_too(world: World) -> None:
    api = Api(world)
    key = write_keys.create(api.door.app, "engage")
    api.make("audiences", "leads", EVENTS)
    assert "No event of the last 24 hours" in problem(api("GET", "/audiences/leads/last-event"), 422)["detail"]
    api.world.clock.sleep(60.0)

    async def ask() -> int:
        transport = httpx2.ASGITransport(api.web.asgi)
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS, auth=(key, "")) as client:
            return (await client.post("/v1/track", content=entered("Audience Exited"))).status_code

    assert asyncio.run(ask()) == 200
    assert api.get("/audiences/leads/last-event")["event"]["event"] == "Audience Exited"
    problem(api("GET", "/audiences/leads/last-event", token=api.make_token("ana", Role.ANALYST)), 403)
    api.door.forget(["ann@example.com"])
    assert "No event of the last 24 hours" in problem(api("GET", "/audiences/leads/last-event"), 422)["detail"]
    api.close()


def test_events_of_another_audience_are_not_shown(pages: Installed) -> None:
    assert track(pages, write_keys.create(pages.app, "others"), entered()) == 200
    assert step(to_events(pages), "real", audience_key="high_intent").status == 422


def track(pages: Installed, key: str, event: str) -> int:
    """As an SDK sends one."""
    pages.world.clock.sleep(60.0)  # by then every server knows a new key

    async def ask() -> int:
        transport = httpx2.ASGITransport(pages.web.asgi)
        async with httpx2.AsyncClient(transport=transport, base_url=ADDRESS, auth=(key, "")) as client:
            return (await client.post("/v1/track", content=event)).status_code

    return asyncio.run(ask())


def _of(name: str, pages: Installed) -> Any:
    user = pages.app.store.users.get(name)
    assert user is not None
    return person(name, Role(user.role), user_id=user.id)


def test_a_key_belongs_to_one_audience_for_ever(pages: Installed) -> None:
    browser = to_events(pages)
    pages.app.store.event_members.claim_key("taken", "others", drafts.mine(pages.app, _of("ann", pages))[0].kind, 0.0)
    assert step(browser, audience_key="taken").status == 422
    assert "belongs to audience 'others'" in browser.text


def test_where_events_have_things_can_be_changed_and_is_left_out_when_it_is_as_always(pages: Installed) -> None:
    of_events(pages)
    browser = begun(pages.signed_in(), "people", "intent")
    assert "context.traits.email" in browser.response.text
    step(browser)
    assert "mapping" not in drafts.mine(pages.app, _of("ann", pages))[0].wanted[0].body
    browser.get(browser.location.replace("sync", "mapping/1"))
    assert step(browser, **{"s-email": "traits.["}).status == 422
    step(browser, **{"s-email": "properties.mail"})
    assert body_of(pages)["mapping"]["email"] == ["properties.mail"]


def test_what_the_last_event_holds_stands_beside_each_row(pages: Installed) -> None:
    key = of_events(pages)
    browser = begun(pages.signed_in(), "people", "intent")
    here = browser.location
    assert "No event of the last 24 hours is kept for 'intent': send one." in browser.text
    assert "How events are sent" in browser.text
    more = {"plan": "pro", "a b": 1, "deep": {"er": "x"}}
    event = {**json.loads(entered()), "userId": "u-17", "properties": more}
    assert track(pages, key, json.dumps(event)) == 200
    browser.get(here)
    for shown in ("A••", "a***@example.com", hashlib.sha256(b"ann@example.com").hexdigest()[:8]):
        assert shown in browser.text
    assert "ann@example.com" not in browser.text.replace("a***@example.com", "")
    places = browser.response.text.partition('id="places"')[2].partition("</datalist>")[0]
    assert ("properties.plan" in places, "properties.deep.er" in places, "a b" in places) == (True, True, False)
    assert "userId" in targets(browser, "source-identity")
    step(browser, "select", source="properties.plan", target="title")
    step(browser, "select", **{"source-tab": "identity", "source-identity": "userId"}, target="company")
    assert ("p••" in browser.text, "u•••" in browser.text) == (True, True)
    mapping = body_of(pages)["mapping"]
    assert (mapping["title"][1:], mapping["company"][1:]) == (["properties.plan"], ["userId"])
    pages.door.forget(["ann@example.com"])
    assert "a***@example.com" not in browser.get(here).text


def test_several_places_of_an_event_stay_several(pages: Installed) -> None:
    of_events(pages)
    browser = begun(pages.signed_in(), "people", "intent")
    step(browser, **{"s-email": ["traits.work", "traits.home"]})
    browser.get(browser.location.replace("sync", "mapping/1"))
    step(browser)
    assert body_of(pages)["mapping"]["email"] == ["traits.work", "traits.home"]


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_draft_survives_leaving_and_is_nobody_elses(pages: Installed) -> None:
    browser = to_sync(pages)
    here = browser.location
    again = pages.signed_in().get("/activate")
    assert "Go on where you left" in again.text
    assert again.click("people").status == 200
    other = pages.signed_in(Role.MARKETER)
    assert "Go on where you left" not in other.get("/activate").text
    for path in (here, here.replace("sync", "review"), here.replace("sync", "mapping/1"), here.replace("sync", "plan")):
        assert other.get(path).status == 404
    csrf = {"csrf": dict(main(other.get("/activate")).fields)["csrf"]}
    for path in ("sync", "finish", "discard", "review", "audiences", "mapping/1"):
        assert other.post(here.replace("sync", path), csrf).status == 404
    assert again.get(here).status == 200


def test_a_draft_is_thrown_away(pages: Installed) -> None:
    browser = to_sync(pages)
    here = browser.location
    browser.submit("Discard")
    assert browser.location == "/activate"
    assert browser.get(here).status == 404


def test_what_is_gone_meanwhile_leaves_a_draft_that_can_go_on(pages: Installed) -> None:
    body = {"members": "people", "source": {"file": "people.csv"}}
    more = declared.create(pages.app, pages.configuration, "audiences", "more", body)
    other = declared.create(pages.app, pages.configuration, "destinations", "apac", {"ad_account": 516848834})
    browser = begun(pages.signed_in(), "people", "people", "more")
    declared.delete(pages.app, pages.configuration, "audiences", "more", more.version or 0)
    assert "Mapping of people" in browser.get(browser.location).text
    assert browser.get(browser.location.replace("mapping/1", "mapping/2")).status == 404
    draft = drafts.mine(pages.app, _of("ann", pages))[0]
    drafts.save(pages.app, _of("ann", pages), drafts.with_destination(draft, "apac"))
    declared.delete(pages.app, pages.configuration, "destinations", "apac", other.version or 0)
    assert browser.get(browser.location.replace("mapping/2", "review")).status == 422
    assert "The destination 'apac' is gone" in browser.text
    browser.get("/activate").click("people, more")
    assert step(browser, destination="acme").location.endswith("/audiences")


def test_going_back_keeps_what_was_typed(pages: Installed) -> None:
    browser = to_sync(pages)
    step(browser, "back", **{"name-0": "later", "when-0": "cron", "cron-0": "nonsense"})
    assert browser.location.endswith("/mapping/1")
    step(browser)
    assert 'value="later"' in browser.response.text
    assert 'value="nonsense"' in browser.response.text
    browser.get(browser.location.replace("sync", "review"))
    assert "is no cron expression" in browser.text
    assert browser.click("Put it right").location.endswith("/sync")


def test_another_destination_for_the_same_draft(pages: Installed) -> None:
    browser = to_sync(pages)
    first = browser.location.removesuffix("/sync")
    assert step(browser.get(first), card="companies").status == 422
    assert "made of people" in browser.text
    assert step(browser.get(first)).location == f"{first}/audiences"


def test_what_changed_is_planned_again(pages: Installed) -> None:
    browser = to_sync(pages)
    step(browser)
    pages.work()
    assert "Would be added 2" in browser.get(browser.location).text
    pages.world.write([{"email": "ann@example.com", "mail": "no address"}])
    browser.get(browser.location.replace("review", "mapping/1"))
    step(browser, **{"s-email": "mail"})
    step(browser)
    assert "Would be added" not in browser.text
    pages.work()
    browser.get(browser.location.replace("review", "plan"))
    assert "Would not be sent 1" in browser.text
    assert "<html" not in browser.response.text


def test_a_list_that_is_gone_is_a_sentence_in_the_plan(pages: Installed) -> None:
    browser = to_sync(pages)
    (pages.world.folder / "people.csv").unlink()
    step(browser, **{"name-0": "other"})
    pages.work()
    assert "people.csv does not exist" in browser.get(browser.location).text


def test_whoever_may_not_activate_gets_nowhere(pages: Installed) -> None:
    browser = pages.signed_in(Role.ANALYST)
    assert browser.get("/activate").status == 403
    assert "Activate Destinations" in browser.text
    with pytest.raises(PermissionMissing):
        drafts.finish(
            pages.app,
            pages.configuration,
            person("cleo", Role.ANALYST, user_id=1),
            drafts.Draft(1, "acme", "people"),
            run=False,
        )


def test_a_mapping_shows_what_linkedin_would_receive_and_masks_people(pages: Installed) -> None:
    pages.world.write(
        [{"email": "Ann@Example.com ", "firstname": "Annabel", "country": "Germany", "googleaid": "no id"}]
    )
    browser = begun(pages.signed_in(), "people", "people")
    said = " ".join(browser.text.split())
    told = digest("ann@example.com").removeprefix("SHA256_EMAIL:")
    assert f"{told[:8]}…{told[-4:]}" in said
    rows = [" ".join(each.split()) for each in re.split("Another source for [A-Z]", said)]
    for field, read, becomes in (
        ("First name", "A••••••", "A•••••• As it is"),
        ("Country", "Germany", "DE Two letters"),
        ("Google advertising id", "n••••", "cannot be sent like that"),
    ):
        (row,) = [each for each in rows if f"Remove {field}" in each]
        assert (read in row, becomes in row) == (True, True), row
    assert "nnabel" not in browser.response.text.lower()
    assert "ann@example.com" not in browser.response.text.lower()


def test_the_job_of_a_plan_leads_back_to_the_draft(pages: Installed) -> None:
    drawn = begun(pages.signed_in(Role.MARKETER), "people", "people").location.split("/")[2]
    found = pages.app.store.users.get("ben")
    assert found is not None
    ben = person("ben", Role.MARKETER, user_id=found.id)
    draft = drafts.ask_plan(pages.app, pages.configuration, ben, drafts.get(pages.app, ben, int(drawn)))
    pages.work()
    assert pages.signed_in(Role.MARKETER).get(f"/jobs/{draft.job}").location == f"/activate/{drawn}/review"
    other = pages.signed_in(Role.ANALYST).get(f"/jobs/{draft.job}")
    assert other.location == f"/jobs/{draft.job}"
    assert "Plan of first runs" in other.text
