"""A list that is dropped on a page: how far it is, then it is there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.story.before import begun
from tests.story.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.story.person import Person

pytestmark = pytest.mark.slow
Somebody = Callable[..., "Person"]
FILE, NAME = "Webinar guests (2026).csv", "Webinar guests 2026"
ROWS = 60_000
SLOWLY = 4 << 20  # bytes a second, so that there is something to watch
HELD = """([name, rows]) => {
  const lines = ["contact_id,email"];
  for (let n = 0; n < rows; n++) lines.push(`C-${n},guest${n}@example.com`);
  const held = new DataTransfer();
  held.items.add(new File([lines.join("\\n") + "\\n"], name, {type: "text/csv"}));
  return held;
}"""
WATCHED = """form => new MutationObserver(() => noted([
  form.querySelector("[data-upload-text]").textContent,
  form.querySelector("progress").value,
  form.querySelector("button").disabled,
])).observe(form, {subtree: true, childList: true, attributes: true})"""


def slow(page: Page) -> None:
    """As over a connection that people have."""
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SLOWLY}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def test_a_list_that_is_dropped_is_seen_on_its_way_and_is_there(stage: Stage, somebody: Somebody) -> None:
    begun(stage).close()
    noted: list[tuple[str, float, bool]] = []
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").presses("Add an audience").is_at("New audience")
        page, zone = ben.page, ben.page.locator("[data-drop]")
        page.expose_function("noted", lambda seen: noted.append(tuple(seen)))
        page.locator("form[data-uploads]").evaluate(WATCHED)
        dropped = {"dataTransfer": page.evaluate_handle(HELD, [FILE, ROWS])}
        zone.dispatch_event("dragover", dropped)
        assert "drop-over" in str(zone.get_attribute("class"))
        zone.dispatch_event("drop", dropped)
        assert "drop-over" not in str(zone.get_attribute("class"))
        assert page.get_by_role("region", name="Upload a list").get_by_label("Name").input_value() == NAME
        slow(page)
        ben.presses("Upload").is_at(NAME).sees(f"people, uploaded list {FILE}")
        ben.sees("guest0@example.com", within="Sample of people")
        ben.presses("Activate").presses("Next").presses("Next").presses("Next").reads("Would be added", f"{ROWS:,}")
    shares = [int(found[1]) for text, *_ in noted if (found := re.fullmatch(r"Uploading: (\d+) %", text))]
    assert any(0 < share < 100 for share in shares), noted
    assert shares == sorted(shares)
    assert all(busy and value == share for text, value, busy in noted for share in _shares(text))
    assert noted[-1][0] == "Looking at the list"


def _shares(text: str) -> list[int]:
    return [int(each) for each in re.findall(r"Uploading: (\d+) %", text)]
