"""Mapping and trigger of an activation that is there, and copies of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from guestlist.app import declared, last_events, unsaved
from guestlist.core.permissions import ACTIVATE, HOLDS, Permission, Role
from guestlist.events.posting import Posting
from tests.app.kit import Source
from tests.web.browser import Browser
from tests.web.installed import Installed, installed
from tests.world import World, digest

COLUMNS = ["email", "work_mail", "crm"]
ROWS = [{"email": f"p{n}@example.com", "work_mail": f"p{n}@work.example", "crm": f"K{n}"} for n in range(3)]


@pytest.fixture
def mine(pages: Installed) -> Installed:
    """The activation ``main`` of the pages, synced once."""
    pages.world.write(ROWS, columns=COLUMNS)
    pages.world.sync()
    declared.take_over(pages.app, pages.configuration, "activations", "main")
    pages.world.yaml["activations"] = {}
    pages.world.open()
    return pages


@pytest.fixture
def streamed(world: World, logged: list[Any]) -> Iterator[Installed]:
    Source(world)
    made = installed(world)
    declared.take_over(made.app, made.configuration, "activations", "main")
    yield made
    made.web.close()


def mapped(pages: Installed) -> dict[str, list[str]]:
    found = pages.configuration.current().activations["main"].mapping
    return {name: list(sources) for name, sources in (found or {}).items()}


def press(browser: Browser, button: str, **values: str) -> Browser:
    """A button of the form that has one to save with."""
    form = browser.form("Save")
    fields = [(name, values.pop(name, value)) for name, value in form.fields if name != "do"]
    return browser.post(form.action, [*fields, *values.items(), ("do", button)])


def test_a_changed_mapping_is_told_by_the_next_run(mine: Installed) -> None:
    """ADOBE-71."""
    browser = mine.signed_in(Role.MARKETER).get("/activations/main").click("Mapping")
    assert "as the header was understood" in browser.text
    assert "p0@" not in browser.text
    form = browser.form("Save")
    fields = [(name, "work_mail" if value == "email" else value) for name, value in form.fields]
    browser.post(form.action, [*fields, ("do", "save")])
    assert "The mapping was saved" in browser.text
    assert mapped(mine)["email"] == ["work_mail"]
    browser.submit("Run now")
    mine.work()
    assert mine.world.told() == {digest(row["work_mail"]) for row in ROWS}


def test_what_linkedin_could_find_nobody_by_is_refused_where_it_stands(mine: Installed) -> None:
    browser = mine.signed_in(Role.MARKETER).get("/activations/main/mapping")
    form = browser.form("Save")
    fields = [(name, "" if name == "s-email" else value) for name, value in form.fields]
    browser.post(form.action, [*fields, ("do", "save")])
    assert browser.status == 422
    assert 'role="alert"' in browser.response.text
    assert mapped(mine) == {}


def test_identities_are_chosen_on_their_own_tab_by_those_who_may(mine: Installed, monkeypatch: Any) -> None:
    """ADOBE-26, ADOBE-33."""
    browser = mine.signed_in(Role.ADMINISTRATOR).get("/activations/main/mapping")
    assert "primaryId" not in browser.response.text.partition('name="target"')[2].partition("</select>")[0]
    press(browser, "select", **{"source": "crm", "target-tab": "identity", "target-identity": "primaryId"})
    assert browser.status == 200
    assert "changed: it counts once it is saved" in browser.text
    assert mapped(mine) == {}  # only Save keeps it
    press(browser, "save")
    assert mapped(mine) == {"email": ["email"], "primaryId": ["crm"]}
    monkeypatch.setitem(HOLDS, Role.MARKETER, frozenset(ACTIVATE))
    assert Permission.VIEW_IDENTITY_GRAPH not in ACTIVATE
    marketer = mine.signed_in(Role.MARKETER).get("/activations/main/mapping")
    assert "Select identity namespace" not in marketer.text
    form = marketer.form("Save")
    assert not any(name == "s-primaryId" for name, _ in form.fields)
    fields = [(name, "work_mail" if name == "s-email" and value else value) for name, value in form.fields]
    marketer.post(form.action, [*fields, ("do", "save")])
    assert mapped(mine)["primaryId"] == ["crm"]
    assert (
        marketer.post(form.action, [*marketer.form("Save").fields, ("s-primaryId", "email"), ("do", "save")]).status
        == 403
    )


def test_rows_come_and_go_and_count_once_they_are_saved(mine: Installed) -> None:
    """ADOBE-24, ADOBE-71."""
    browser = mine.signed_in(Role.MARKETER).get("/activations/main/mapping")
    press(browser, "select", source="work_mail", target="email")
    press(browser, "select", source="crm", target="title")
    press(browser, "remove-title")
    assert "Remove Job title" not in browser.text
    press(browser, "more-email")
    assert browser.response.text.count('name="s-email"') == 3
    press(browser, "save", source="crm", target="company")
    assert browser.status == 422
    assert "Press Select to add this mapping" in browser.text
    assert mapped(mine) == {}
    press(browser, "save", source="", target="")
    assert mapped(mine) == {"email": ["email", "work_mail"]}


def test_the_last_row_that_finds_somebody_cannot_be_saved_away(mine: Installed) -> None:
    browser = mine.signed_in(Role.MARKETER).get("/activations/main/mapping")
    press(browser, "remove-email")
    assert "Nothing is mapped yet." in browser.text
    press(browser, "save")
    assert browser.status == 422
    assert mapped(mine) == {}
    press(browser, "suggest")
    assert "Remove E-mail address" in browser.text


def test_values_are_for_those_who_may_see_members(streamed: Installed) -> None:
    """Of an event that came, masked, and nothing of it for anybody else."""
    told = b'{"type":"track","event":"Signed Up","context":{"traits":{"email":"ann@example.com","firstName":"Ann"}}}'
    now = streamed.app.clock.now()
    last_events.keep(streamed.app.store, [Posting("engage", "track", now, "", b"", (told,))])
    for role, sees in ((Role.MARKETER, True), (Role.ANALYST, False)):
        browser = streamed.signed_in(role).get("/activations/main/mapping")
        assert browser.status == 200
        assert ("a***@example.com" in browser.text, "A••" in browser.text) == (sees, sees)
        assert "ann@example.com" not in browser.response.text


def test_who_only_looks_and_what_a_file_says_have_no_pickers(pages: Installed) -> None:
    pages.world.write(ROWS, columns=COLUMNS)
    for role in (Role.ANALYST, Role.ADMINISTRATOR):
        browser = pages.signed_in(role).get("/activations/main/mapping")
        assert browser.status == 200
        assert not any("Save" in form.buttons for form in browser.seen.forms)
        assert "E-mail address" in browser.text
    analyst = pages.signed_in(Role.ANALYST)
    token = analyst.get("/settings/password").form(lambda each: True).fields[0]
    assert analyst.post("/activations/main/mapping", [token]).status == 403


def test_a_stream_keeps_its_key_and_changes_its_trigger_and_action(streamed: Installed) -> None:
    browser = streamed.signed_in(Role.MARKETER).get("/activations/main").click("Trigger")
    assert "high_intent" in browser.text
    press(browser, "save", action="add", trigger='event = "Signed Up"', audience_key="stolen", enabled="")
    assert browser.location == "/activations/main/trigger"
    wanted = streamed.configuration.current().activations["main"]
    assert (wanted.action, wanted.audience_key, wanted.enabled) == ("add", "high_intent", True)
    assert wanted.trigger == 'event = "Signed Up"'
    press(browser, "test", event="no JSON")
    assert browser.status == 422
    press(browser, "save", trigger="event = ")
    assert browser.status == 422
    assert streamed.configuration.current().activations["main"].trigger == 'event = "Signed Up"'


def test_where_events_hold_what_is_told_is_changed(streamed: Installed) -> None:
    browser = streamed.signed_in(Role.MARKETER).get("/activations/main/mapping")
    press(browser, "save", **{"s-email": "properties.contact"})
    assert mapped(streamed)["email"] == ["properties.contact"]


def test_a_list_has_no_trigger(mine: Installed) -> None:
    browser = mine.signed_in().get("/activations/main")
    assert "Trigger" not in [said for said, _ in browser.seen.links]
    assert browser.get("/activations/main/trigger").status == 404


def test_a_copy_goes_through_the_steps_of_activating_and_is_off(mine: Installed) -> None:
    """SEGMENT-85."""
    browser = mine.signed_in(Role.MARKETER).get("/activations/main").submit("Duplicate")
    assert browser.location == "/activate/1"
    for button in ("Next", "Next", "Next", "Next"):
        form = browser.form(button)
        browser.post(form.action, [*(field for field in form.fields if field[0] != "do"), ("do", "next")])
    assert browser.location == "/activate/1/review"
    assert "main (Copy)" in browser.text
    assert "Will be off until switched on" in browser.text
    browser.submit("Finish")
    copy = mine.configuration.current().activations["main (Copy)"]
    assert (copy.audience, copy.destination, copy.enabled) == ("people", "acme", False)
    assert copy.mapping == {"email": ("email",)}
    assert "Paused" in browser.text


def test_rows_that_are_not_saved_have_an_address_of_their_own(mine: Installed) -> None:
    """ADOBE-24."""
    browser = mine.signed_in(Role.MARKETER).get("/activations/main/mapping")
    press(browser, "select", source="work_mail", target="email")
    first = browser.location
    assert first.startswith("/activations/main/mapping?unsaved=")
    press(browser, "select", source="crm", target="title")
    second = browser.location
    assert second != first
    assert "work_mail" not in second  # addresses stand in logs and histories
    assert "Remove Job title" in browser.get(second).text
    assert "Remove Job title" not in browser.get(first).text
    assert browser.response.text.count('<option value="work_mail" selected>') == 1
    assert mapped(mine) == {}
    other = mine.signed_in(Role.ADMINISTRATOR)
    assert other.get(second).status == 404
    assert other.get("/activations/main/mapping?unsaved=x").status == 404
    press(browser, "save")
    assert mapped(mine) == {"email": ["email", "work_mail"]}
    press(browser.get(second), "save")  # of what the mapping was before
    assert browser.status == 409
    assert "meanwhile: look at it again first" in browser.text
    assert "Changed meanwhile: the mapping." in browser.text
    assert "Remove Job title" in browser.text, "what was chosen stands there still"
    press(browser, "save")  # having looked
    assert browser.location == "/activations/main/mapping"
    assert set(mapped(mine)) == {"email", "title"}


def test_conditions_that_are_not_saved_have_an_address_and_an_event_has_none(streamed: Installed) -> None:
    before = streamed.configuration.current().activations["main"].trigger
    browser = streamed.signed_in(Role.MARKETER).get("/activations/main/trigger")
    form = browser.form("Save")
    lines = [("on", "event_name"), ("path", ""), ("op", "is"), ("value", "Signed Up")]
    lines += [("on", ""), ("path", ""), ("op", "is"), ("value", "")]
    given = [each for each in form.fields if each[0] not in ("do", "on", "path", "op", "value")]
    browser.post(form.action, [*given, *lines, ("do", "more")])
    assert browser.location.startswith("/activations/main/trigger?unsaved=")
    again = browser.get(browser.location)
    assert again.response.text.count('name="on"') == 3
    assert 'value="Signed Up"' in again.response.text
    press(browser, "conditions")
    assert "Signed Up" in dict(browser.form("Save").fields)["trigger"]
    assert browser.location.startswith("/activations/main/trigger?unsaved=")
    press(browser, "more", event='{"type": "track", "traits": {"email": "ann@example.com"}}')
    assert "unsaved" not in browser.location
    assert "ann@example.com" in dict(browser.form("Save").fields)["event"]
    assert streamed.configuration.current().activations["main"].trigger == before


def test_of_what_was_never_saved_the_oldest_go(mine: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsaved, "MOST", 2)
    browser = mine.signed_in(Role.MARKETER).get("/activations/main/mapping")
    seen = [press(browser, "more-email").location for _ in range(3)]
    assert [browser.get(each).status for each in seen] == [404, 200, 200]
