"""What JavaScript adds, in the system's Chromium under our own policy. Skipped where there is none, but not in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from guestlist.core.permissions import Role
from tests.web.installed import PASSWORD, Installed
from tests.web.served import listening
from tests.world import emails

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None and os.environ.get("CI") != "true", reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    assert CHROMIUM is not None, "CI installs Chromium"
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def sign_in(page: Page, address: str, pages: Installed, role: Role) -> list[str]:
    """What the console says from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}/sign-in")
    page.fill("#f-name", pages.user(role))
    page.fill("#f-password", PASSWORD)
    page.click("text=Sign in >> nth=-1")
    page.wait_for_url(f"{address}/")
    return said


def test_a_run_is_watched_until_it_is_done(pages: Installed, chromium: Browser) -> None:
    with listening(pages.web) as address, chromium.new_context() as context:
        page = context.new_page()
        said = sign_in(page, address, pages, Role.MARKETER)
        page.goto(f"{address}/activations/main")
        page.click("text=Run now")
        page.wait_for_url(f"{address}/jobs/1")
        page.wait_for_selector("text=Waiting for its turn")
        page.evaluate("window.stays = true")
        pages.work()
        page.wait_for_selector("dt:has-text('Added') + dd:has-text('2')")
        assert page.evaluate("window.stays")
        assert said == []


def test_an_activation_shows_what_is_under_way_and_then_what_came_of_it(pages: Installed, chromium: Browser) -> None:
    with listening(pages.web) as address, chromium.new_context() as context:
        page = context.new_page()
        said = sign_in(page, address, pages, Role.MARKETER)
        page.goto(f"{address}/activations/main")
        page.click("text=Run now")
        page.goto(f"{address}/activations/main")
        page.wait_for_selector("text=A run waits for its turn")
        pages.work()
        page.wait_for_selector(".number:has-text('sent so far') strong:has-text('2')")
        assert page.locator(".live").count() == 0
        page.click("summary >> text=More")
        page.wait_for_selector(".menu-sheet >> text=Duplicate")
        page.keyboard.press("Escape")
        page.wait_for_selector(".menu-sheet >> text=Duplicate", state="hidden")
        assert said == []


def test_colours_follow_the_system_until_somebody_chooses(pages: Installed, chromium: Browser) -> None:
    with listening(pages.web) as address, chromium.new_context(color_scheme="dark") as context:
        page = context.new_page()
        said = sign_in(page, address, pages, Role.ADMINISTRATOR)
        theme = "document.documentElement.getAttribute('data-bs-theme')"
        from playwright.sync_api import expect  # noqa: PLC0415 - only where there is a browser

        html = page.locator("html")
        assert page.evaluate(theme) == "dark"
        page.emulate_media(color_scheme="light")
        expect(html).to_have_attribute("data-bs-theme", "light")  # no policy of ours lets a waiting script be evaluated
        page.click("aside >> text=Dark")
        expect(html).to_have_attribute("data-bs-theme", "dark")
        page.goto(f"{address}/settings/keys")
        assert page.evaluate(theme) == "dark"
        assert said == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/destinations",
        "/activations/main",
        "/activations/main/runs",
        "/activations/main/mapping",
        "/activations/main/confirm",
        "/activations/main/activity",
        "/activity",
        "/settings/users",
        "/settings/tokens",
    ],
)
def test_a_telephone_is_wide_enough_and_has_a_menu(pages: Installed, chromium: Browser, path: str) -> None:
    pages.world.sync()
    with listening(pages.web) as address, chromium.new_context(viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        sign_in(page, address, pages, Role.ADMINISTRATOR)
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.click("summary >> text=Menu")
        page.click(".top-sheet >> text=Settings")
        page.wait_for_url(f"{address}/settings/users")


def test_everything_is_there_without_javascript(pages: Installed, chromium: Browser) -> None:
    with listening(pages.web) as address, chromium.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        sign_in(page, address, pages, Role.MARKETER)
        page.goto(f"{address}/activations/main")
        page.click("text=Plan")
        page.wait_for_url(f"{address}/jobs/1")
        pages.work()
        page.click("text=Look again")
        page.wait_for_selector("text=Would be added or sent again")


def test_runs_are_painted_under_our_own_policy(pages: Installed, chromium: Browser) -> None:
    for names in (("ann",), ("ann", "bob"), ("bob", "cid")):
        pages.world.write(emails(*names))
        pages.world.sync()
    with listening(pages.web) as address, chromium.new_context() as context:
        page = context.new_page()
        said = sign_in(page, address, pages, Role.ANALYST)
        page.goto(f"{address}/activations/main/runs")
        page.wait_for_selector("figure canvas")
        page.mouse.move(*_middle(page))
        page.click("aside >> text=Dark")
        page.wait_for_selector("figure canvas")
        assert said == []


def _middle(page: Page) -> tuple[float, float]:
    box = page.locator("figure").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
