"""One Chromium for each process of tests; a home, a LinkedIn and a server for each story."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.story.stage import Stage, linkedin

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from tests.story.person import Person

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's, for one file: while it is open an event loop runs here. Skipped without one, but not in CI."""
    if CHROMIUM is None and os.environ.get("CI") != "true":
        pytest.skip("Chromium is not installed")
    assert CHROMIUM is not None, "CI installs Chromium"
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where there is a browser

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Nobody serves yet."""
    with linkedin(tmp_path) as there:
        yield Stage(tmp_path, there)


@pytest.fixture
def somebody(chromium: Browser) -> Iterator[Callable[..., Person]]:
    """A person at a browser of their own; what their console said wrong is told at the end."""
    from tests.story.person import Person  # noqa: PLC0415 - needs a browser

    with ExitStack() as stack:
        people: list[Person] = []

        def made(**options: object) -> Person:
            context = stack.enter_context(chromium.new_context(**options))  # type: ignore[arg-type]
            people.append(Person(context.new_page()))
            return people[-1]

        yield made
    assert [line for each in people for line in each.said] == []
