"""Somebody at a screen: knows what is written there, and no address but the first."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

PASSWORD = "four words that nobody guesses"
PATIENCE = 30_000.0  # milliseconds for what a worker does meanwhile


_WAYS = "all => all.map(each => each.href || (each.form ? each.form.action : each.innerText))"


@dataclass
class Person:
    """``clicks``: how often the mouse was pressed, choosing a file included. ``said``: the console's errors."""

    page: Page
    clicks: int = 0
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def _heard(self, line: ConsoleMessage) -> None:
        """Pages that refuse are no mistake, nor is an icon that LinkedIn has not."""
        loaded = line.location.get("url", "")
        if line.type == "error" and not ("status of 4" in line.text and "/static/" not in loaded):
            self.said.append(f"{loaded}: {line.text}")

    # ── the mouse ────────────────────────────────────────────────────────────────────────────────────────────────
    def opens(self, address: str) -> Person:
        """The one address that somebody gave them: the server's own, or a link that lets them in."""
        assert re.fullmatch(r"/?|/setup/[\w-]+", urlsplit(address).path), f"nobody told them of {address}"
        self.page.goto(address)
        return self

    def presses(self, name: str, within: str = "") -> Person:
        """A link or a button by what stands on it; ``within``: the heading it stands under, where several lead
        elsewhere: nobody can tell those apart.
        """
        what = self._named(name, within)
        what.first.wait_for()
        ways = what.evaluate_all(_WAYS)
        assert len(set(ways)) == 1, f"several are called {name!r} and lead elsewhere: {ways}"
        return self._clicked(what)

    def picks(self, label: str, within: str = "") -> Person:
        """A box to tick or one of several choices, by its label."""
        place = self._place(within)
        found: Locator = place.get_by_role("radio", name=label).or_(place.get_by_role("checkbox", name=label))
        return self._clicked(found.or_(place.get_by_role("switch", name=label)))

    def presses_if_there(self, *names: str) -> Person:
        """The first of them that the page has: LinkedIn, for one, does not ask again for what it asked before."""
        self.page.wait_for_load_state()
        there = [each for each in names if self._named(each, "").count()]
        return self.presses(there[0]) if there else self

    def attaches(self, file: Path, label: str) -> Person:
        self.clicks += 1
        self._place("").get_by_label(label, exact=True).set_input_files(file)
        return self

    def selects(self, label: str, choice: str) -> Person:
        """Two clicks: to open it, and to choose."""
        self.clicks += 2
        self._place("").get_by_label(label, exact=True).select_option(choice)
        return self

    def downloads(self, name: str, within: str = "") -> str:
        """What is in the file."""
        with self.page.expect_download() as coming:
            self.presses(name, within)
        return coming.value.path().read_text()

    def _clicked(self, what: Locator) -> Person:
        self.clicks += 1
        what.first.click()
        return self

    # ── the keyboard ─────────────────────────────────────────────────────────────────────────────────────────────
    def types(self, text: str, into: str, within: str = "") -> Person:
        self._place(within).get_by_label(into, exact=True).first.fill(text)
        return self

    def signs_in(self, address: str, name: str) -> Person:
        return self.opens(address).types(name, "Name").types(PASSWORD, "Password").presses("Sign in")

    # ── the eyes ─────────────────────────────────────────────────────────────────────────────────────────────────
    def is_at(self, title: str) -> Person:
        """The heading of the page."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(title, timeout=PATIENCE)
        return self

    def sees(self, text: str | re.Pattern[str], within: str = "", patience: float = PATIENCE) -> Person:
        expect(self._place(within).get_by_text(text).filter(visible=True).first).to_be_visible(timeout=patience)
        return self

    def sees_no(self, text: str) -> Person:
        """Neither words nor a thing of that name."""
        place = self._place("")
        for each in (place.get_by_text(text, exact=True), self._named(text, "")):
            expect(each.filter(visible=True)).to_have_count(0)
        return self

    def cannot_pick(self, label: str) -> Person:
        expect(self.page.get_by_role("radio", name=label)).to_be_disabled()
        return self

    def shown(self, label: str) -> str:
        """What stands in a field to be copied."""
        return self.page.get_by_label(label, exact=True).input_value()

    def reads(self, label: str, value: str | re.Pattern[str]) -> Person:
        """A fact: a name with its value beside or below it."""
        place = self._place("")
        fact = place.locator("dt").filter(has_text=re.compile(f"^{re.escape(label)}$")).locator("xpath=..")
        number = place.locator(".number").filter(has=self.page.get_by_text(label, exact=True))
        expect(fact.or_(number).first).to_contain_text(value, timeout=PATIENCE)
        return self

    def looks_until(self, text: str, within: str = "", tries: int = 120) -> Person:
        """Loads the page anew until it says so, as people do; the answer is watched for, so that is no click."""
        for _ in range(tries):
            with suppress(AssertionError):
                return self.sees(text, within, 400)
            self.page.reload()
        return self.sees(text, within)

    # ── where things are ─────────────────────────────────────────────────────────────────────────────────────────
    def _place(self, within: str) -> Any:
        if not within:
            return self.page
        heading = self.page.get_by_role("heading", name=within)
        return self.page.get_by_role("region", name=within).or_(
            self.page.locator("section, li, tr").filter(has=heading)
        )

    def _named(self, name: str, within: str) -> Locator:
        place = self._place(within)
        exact = re.compile(rf"^\s*{re.escape(name)}(\s*\(opens a new window\))?\s*$")
        found: Locator = place.get_by_role("link", name=exact).or_(place.get_by_role("button", name=exact))
        return found.or_(place.locator("summary").filter(has_text=exact)).filter(visible=True)
