"""The same tasks by keyboard: every stop is seen, in the order of reading, and nothing needs a mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.story.before import begun, crowd, uploaded
from tests.story.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.story.person import Person

pytestmark = pytest.mark.slow
Somebody = Callable[..., "Person"]
STILL = {"reduced_motion": "reduce"}  # else what has the focus is still on its way into the window
FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  const label = at.labels && at.labels.length ? at.labels[0].innerText : at.innerText;
  return {
    name: (at.getAttribute("aria-label") || label || "").trim().split("\\n")[0].trim(),
    seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.top >= 0 &&
          box.left >= 0 && box.top < innerHeight,
    anything: at !== document.body,
  };
}"""


@dataclass
class Keyboard:
    page: Page

    def focus(self) -> str:
        """The name of what has the focus; it shows that it has it."""
        self.page.wait_for_function("document.activeElement")  # between two pages there is none
        at = self.page.evaluate(FOCUS)
        assert at["seen"] or not at["anything"], f"nobody sees that {at['name']!r} has the focus"
        return str(at["name"])

    def tabs(self, to: str, most: int = 60) -> list[str]:
        """On and on, to what is called so; everything on the way."""
        passed = [self.focus()]
        while passed[-1] != to:
            assert len(passed) < most, f"{to!r} is not reached: {passed}"
            self.page.keyboard.press("Tab")
            passed.append(self.focus())
        return passed

    def presses(self, name: str) -> list[str]:
        """By Enter."""
        passed = self.tabs(name)
        self.page.keyboard.press("Enter")
        return passed

    def types(self, name: str, text: str) -> None:
        self.tabs(name)
        self.page.keyboard.type(text)


def test_an_ad_account_is_connected_by_keyboard(stage: Stage, somebody: Somebody) -> None:
    with stage.serving():
        ann = somebody(**STILL).opens(stage.link).is_at("Welcome")
        keys = Keyboard(ann.page)
        assert keys.focus() == "Name"
        keys.types("Name", "ann")
        keys.types("Password", "four words that nobody guesses")
        ann.page.keyboard.press("Enter")
        ann.is_at("Home").page.keyboard.press("Tab")
        assert keys.focus() == "Skip to the content"
        ann.page.keyboard.press("Enter")
        ann.page.keyboard.press("Tab")
        assert keys.focus() == "Connect LinkedIn"
        ann.page.keyboard.press("Enter")
        ann.is_at("Connect an ad account")
        keys.presses("Sign in to LinkedIn")
        ann.page.get_by_role("button", name="Allow").focus()  # LinkedIn's page is LinkedIn's
        ann.page.keyboard.press("Enter")
        ann.sees("Which ad account")
        keys.types("Name", "EMEA")
        way = keys.presses("Review")
        assert way == [
            "Name", "Description", "Acme EMEA 516848833", "Another Account ID", "Send Email",
            "Send Google Advertising ID", "Review",
        ]  # fmt: skip
        ann.sees("As it will be")
        keys.presses("Connect")
        ann.is_at("EMEA").sees("EMEA is connected to Acme EMEA")
        assert ann.clicks == 0


def test_a_list_is_activated_by_keyboard(stage: Stage, somebody: Somebody) -> None:
    begun(stage).close()
    guests = stage.written(crowd(8), "guests.csv")
    with stage.serving():
        ben = somebody(**STILL).signs_in(stage.address, "ben").is_at("Home")
        keys = Keyboard(ben.page)
        keys.presses("Add an audience")
        ben.is_at("New audience")
        assert keys.tabs("Upload")[-4:] == ["Name", "Made of", "List", "Upload"]
        ben.attaches(guests, "List").page.keyboard.press("Enter")
        ben.is_at("guests")
        keys.presses("Activate")
        ben.is_at("Activate audiences").sees("Made of")
        keys.tabs("LinkedIn Matched Audiences")
        assert keys.presses("Next")[-3:] == ["LinkedIn Matched Audiences", "acme", "Next"]
        ben.sees("Mapping of guests")
        assert keys.tabs("Back")[-2:] == ["Add new mapping", "Back"]
        keys.presses("Next")
        ben.sees("Sync mode")
        keys.tabs("Mirror")
        ben.page.keyboard.press("ArrowDown")
        assert keys.focus() == "Snapshot"
        keys.presses("Next")
        ben.sees("What the first run would do").reads("Sync mode", "snapshot")
        keys.presses("Finish")
        ben.is_at("guests-to-acme").looks_until("Sent once")
        assert stage.linkedin.members() == [8]


def test_a_row_of_a_mapping_is_added_and_taken_out_by_keyboard(stage: Stage, somebody: Somebody) -> None:
    """ADOBE-24."""
    with begun(stage) as door:
        uploaded(door, stage, "guests", [{"email": "ann@example.com", "call_name": "Ann", "crm": "K1"}])
    with stage.serving():
        ben = somebody(**STILL).signs_in(stage.address, "ben").is_at("Home").presses("Audiences").presses("guests")
        keys = Keyboard(ben.page)
        keys.presses("Activate")
        ben.is_at("Activate audiences")
        keys.presses("Next")
        ben.sees("Mapping of guests")
        keys.presses("Add new mapping")
        stops = ["Select attributes", "Source field", "Select attributes", "Target field", "Select"]
        assert keys.tabs("Select")[1:] == stops
        for chosen in ("First name", "", "call_name"):
            ben.page.keyboard.press("Shift+Tab")
            ben.page.keyboard.type(chosen)
        keys.presses("Select")
        ben.sees("A••")
        assert keys.focus() == "First name: its source", "whoever added it goes on from there"
        keys.presses("Add new mapping")
        keys.tabs("Source field")
        ben.page.keyboard.type("crm")
        keys.tabs("Select attributes")
        ben.page.keyboard.press("ArrowRight")
        assert keys.focus() == "Select identity namespace"
        ben.page.keyboard.press("Tab")
        assert keys.focus() == "Target field, an identity"
        ben.page.keyboard.type("Key")
        keys.presses("Select")
        ben.sees("K•")
        keys.presses("Remove")
        ben.sees_no("K•")
        assert keys.focus() == "Add new mapping"
        keys.presses("Next")
        ben.sees("Sync mode")


def test_the_menu_of_a_telephone_closes_by_escape(stage: Stage, somebody: Somebody) -> None:
    begun(stage).close()
    with stage.serving():
        cleo = somebody(viewport={"width": 390, "height": 844}, **STILL).signs_in(stage.address, "cleo").is_at("Home")
        keys = Keyboard(cleo.page)
        keys.presses("Menu")
        keys.tabs("Settings")
        cleo.page.keyboard.press("Escape")
        assert keys.focus() == "Menu"
        keys.presses("Menu")
        keys.presses("Settings")
        cleo.is_at("My password")
