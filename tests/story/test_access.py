"""Whoever does not see the page or holds no mouse: axe-core on every page, and the wizards by keyboard."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT

from tests.story.person import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).parents[2] / "scripts" / "screenshots.py"
SERIOUS = ("serious", "critical")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
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
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """The address, and every page there is."""
    script = pictures()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", *(f"LINKEDIN_{each}" for each in ("API_URL", "OAUTH_URL", "CLIENT_ID", "CLIENT_SECRET"))):
            patch.setenv(f"GUESTLIST_{name}", "")  # set by the script, and as before when the pages were seen
        with script.installed(tmp_path_factory.mktemp("pages")) as (address, facts):
            yield address, {name: path.format(**facts) for name, path in script.PAGES.items()}


def told(violations: list[dict[str, Any]], where: str) -> list[str]:
    """What is serious, with the first pieces that are wrong."""
    return [
        f"{where}: {each['id']}: {each['help']}: {[node['html'][:160] for node in each['nodes'][:3]]}"
        for each in violations
        if each["impact"] in SERIOUS
    ]


def judged(page: Page, name: str) -> list[str]:
    """Wide and narrow, light and dark; what depends on neither is looked at once."""
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    page.evaluate(AXE_SCRIPT)
    wrong = told(page.evaluate(ALL), f"{name} light wide")
    page.emulate_media(color_scheme="dark")
    wrong += told(page.evaluate(COLOURS), f"{name} dark wide")
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    wrong += told(page.evaluate(ALL), f"{name} dark narrow")
    page.emulate_media(color_scheme="light")
    return wrong + told(page.evaluate(COLOURS), f"{name} light narrow")


def test_axe_finds_nothing_serious_on_any_page(shown: tuple[str, dict[str, str]], chromium: Browser) -> None:
    address, pages = shown
    with chromium.new_context(reduced_motion="reduce") as context:  # no colour is half way to another
        page = context.new_page()
        page.goto(f"{address}/sign-in")
        wrong = judged(page, "sign-in")
        page.get_by_label("Name", exact=True).fill("ann@acme.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        for name, path in pages.items():
            page.goto(f"{address}{path}", wait_until="load")
            page.evaluate("document.querySelectorAll('.mapping-add details').forEach(each => { each.open = true })")
            wrong += judged(page, name)
    assert not wrong, "\n".join(wrong)
