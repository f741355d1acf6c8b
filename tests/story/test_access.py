"""Whoever does not see the page or holds no mouse: axe-core on every page, and the wizards by keyboard."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parents[2] / "scripts" / "screenshots.py"
SERIOUS = ("serious", "critical")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
UNFOLDED = "document.querySelectorAll('details:not(.menu, .top-menu)').forEach(each => { each.open = true })"
MENUS = "document.querySelectorAll('.menu, .top-menu').forEach(each => { each.open = %s })"
THERE = "[...document.querySelectorAll('.menu-sheet, .top-sheet')].some(each => each.offsetParent)"
OF_MENUS = """async () => (await axe.run({include: [['.menu-sheet'], ['.top-sheet']].filter(each =>
    document.querySelector(each[0]))}, {resultTypes: ['violations']})).violations"""
ALL = "async () => (await axe.run({resultTypes: ['violations']})).violations"
COLOURS = "async () => (await axe.run({runOnly: ['color-contrast'], resultTypes: ['violations']})).violations"


def pictures() -> ModuleType:
    """The script that knows every page and makes an installation with something on each."""
    spec = importlib.util.spec_from_file_location("screenshots", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    sys.modules["screenshots"] = made
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """The environment is as before when the pages were seen."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", *(f"LINKEDIN_{each}" for each in ("API_URL", "OAUTH_URL", "CLIENT_ID", "CLIENT_SECRET"))):
            patch.setenv(f"GUESTLIST_{name}", "")
        yield pictures()


def told(violations: list[dict[str, Any]], where: str) -> list[str]:
    """What is serious, with the first pieces that are wrong."""
    return [
        f"{where}: {each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in violations
        if each["impact"] in SERIOUS
    ]


def judged(script: ModuleType, page: Page, name: str) -> list[str]:
    """Wide and narrow, light and dark, with all that can be unfolded open; what depends on neither is looked at
    once.
    """
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    wrong = script.looked(page, f"{name} as it comes, wide")
    page.evaluate(AXE_SCRIPT)
    page.evaluate(UNFOLDED)
    wrong += script.looked(page, f"{name} wide") + told(page.evaluate(ALL), f"{name} light wide")
    wrong += menus(script, page, f"{name} light wide")
    page.emulate_media(color_scheme="dark")
    wrong += told(page.evaluate(COLOURS), f"{name} dark wide")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    wrong += script.looked(page, f"{name} narrow") + told(page.evaluate(ALL), f"{name} dark narrow")
    wrong += menus(script, page, f"{name} dark narrow")
    page.emulate_media(color_scheme="light")
    return wrong + told(page.evaluate(COLOURS), f"{name} light narrow")


def menus(script: ModuleType, page: Page, where: str) -> list[str]:
    """The same of menus, which hide what is beneath them while they are open."""
    page.evaluate(MENUS % "true")
    wrong = told(page.evaluate(OF_MENUS), f"{where} menu") if page.evaluate(THERE) else []
    wrong += script.too_wide(page, f"{where} menu")
    page.evaluate(MENUS % "false")
    return wrong


def test_what_is_too_wide_what_is_not_drawn_and_what_is_folded_is_found(script: ModuleType, chromium: Browser) -> None:
    """The walk below can fail."""
    with chromium.new_context(viewport=WIDE) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.set_content(
            "<!doctype html><html lang=en><title>x</title><main><h1>x</h1><p style='width: 500px'>x</p>"
            "<details><summary>More</summary><button></button></details>"
            "<details class=menu><summary>Menu</summary><div class=menu-sheet><button></button></div></details>"
            "<div class=table-responsive style='width: 9px; overflow: auto'><table><tr><td>wide</table></div>"
            "<figure data-chart='{}' aria-label=sizes></figure></main></html>"
        )
        found = judged(script, page, "page")
    assert "page as it comes, wide: the table 'wide' is cut" in found
    assert "page as it comes, wide: nothing is drawn in the chart 'sizes'" in found
    assert "page narrow: 110 pixels wider than the window" in [
        re.sub(r"1[0-9]{2} pixels", "110 pixels", each) for each in found
    ]
    assert [each for each in found if each.startswith("page light wide: button-name")]
    assert [each for each in found if each.startswith("page light wide menu: button-name")]


def test_axe_finds_nothing_serious_on_any_page_in_any_state(
    script: ModuleType, chromium: Browser, tmp_path: Path
) -> None:
    """Every page that pictures are taken of: with something in it, refused, shown once, and still empty."""
    wrong: list[str] = []
    seen: list[str] = []

    def judge(page: Page, name: str) -> list[str]:
        seen.append(name)
        return judged(script, page, name)

    for number, (opened, walk) in enumerate(script.WALKS):
        folder = tmp_path / str(number)
        folder.mkdir()
        with opened(folder) as (address, facts), chromium.new_context(reduced_motion="reduce") as context:
            watch = script.Watch(context.new_page(), wrong)  # no colour is half way to another
            watch.begin()
            walk(script.Camera(chromium, address, "", facts, judge), watch, "axe")
    assert not wrong, "\n".join(wrong)
    assert {name.removesuffix("-axe") for name in seen} >= {*script.PAGES, *script.STATES, *script.EMPTY}
