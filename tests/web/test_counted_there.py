"""What LinkedIn counts, on the page of an activation: both rates, and what it counts beside what was sent."""

from __future__ import annotations

import hashlib
import json
import re

from guestlist.core.identity import Kind
from guestlist.core.permissions import Role
from tests.web.browser import Browser
from tests.web.installed import Installed
from tests.world import World, emails

DAY = 86_400.0
SENT = 1_000


def behind_our_back(world: World, action: str, names: list[str]) -> None:
    """Somebody else tells the same LinkedIn audience something."""
    digests = [hashlib.sha256(f"{name}@example.com".encode()).hexdigest() for name in names]
    elements = [{"action": action, "userIds": [{"idType": "SHA256_EMAIL", "idValue": each}]} for each in digests]
    segment = str(world.open().status("main")[0].segment_id)
    told = world.open().app.door.destination("acme")
    answer = told.tell(segment, Kind.PEOPLE, json.dumps({"elements": elements}).encode(), len(elements))
    assert answer.status == 200, answer


def looked(pages: Installed, days: int) -> Browser:
    """A look at LinkedIn each day; then the page of the activation."""
    for _ in range(days):
        pages.world.clock.sleep(DAY)
        pages.world.open().status("main", live=True)
    return pages.signed_in(Role.ANALYST).get("/activations/main")


def number(browser: Browser, name: str) -> tuple[str, str]:
    """What stands in large type under a name, and the line below it."""
    found = re.search(
        rf"<span>{name}</span><strong>([^<]*)</strong>(?:<span[^>]*>([^<]*)</span>)?", browser.response.text
    )
    assert found is not None, name
    return found[1], found[2] or ""


def sent(pages: Installed, count: int = SENT) -> None:
    pages.world.write(emails(*(f"p{n}" for n in range(count))))
    pages.world.sync()


def test_both_rates_stand_beside_what_was_sent(pages: Installed) -> None:
    """Of all people sent how many the audience reaches; and LinkedIn's own rate, which is of seven days."""
    pages.world.emulator.control.config(match_fraction=0.5)
    sent(pages)
    assert number(pages.signed_in(Role.ANALYST).get("/activations/main"), "Matched by LinkedIn") == ("–", "")
    browser = looked(pages, 3)
    row = pages.door.status("main")[0]
    assert row.input is not None
    assert row.matched is not None
    assert row.audience_size is not None
    assert number(browser, "People sent so far") == ("1,000", "")
    matched, of_seven_days = number(browser, "Matched by LinkedIn")
    assert matched == f"{row.matched:,}"
    share = row.matched / row.input
    assert 0.3 < share < 0.7
    assert of_seven_days == f"{int(share * 100)}% of the {row.input:,} it counts within seven days"
    size, of_sent = number(browser, "Audience size")
    assert size == f"{row.audience_size:,}"
    assert of_sent == f"{int(row.audience_size / SENT * 100)}% of the people sent so far"
    browser = looked(pages, 6)  # nothing was sent for a week: only the rate of all says something still
    assert number(browser, "Audience size") == (size, of_sent)
    assert "within seven days" not in number(browser, "Matched by LinkedIn")[1]


def compared(browser: Browser) -> str:
    return browser.text.partition("Sent and counted")[2].partition("Campaign Manager opens")[0]


def test_what_linkedin_counts_is_held_against_what_was_sent(pages: Installed) -> None:
    sent(pages)
    assert "Not to be compared yet" in compared(looked(pages, 1))
    browser = looked(pages, 2)
    assert "They agree" in compared(browser)
    assert "LinkedIn's counts agree with what was sent" in compared(browser)


def test_people_whom_somebody_else_added_are_noticed(pages: Installed) -> None:
    sent(pages)
    looked(pages, 1)
    behind_our_back(pages.world, "ADD", [f"other{n}" for n in range(2_000)])
    assert "LinkedIn counts more" in compared(browser := looked(pages, 3))
    assert "only 1,000 were sent from here: somebody else seems to feed this LinkedIn audience" in compared(browser)


def test_people_whom_somebody_else_took_out_are_noticed(pages: Installed) -> None:
    pages.world.emulator.control.config(match_fraction=1.0)
    sent(pages, 2_000)
    looked(pages, 3)
    behind_our_back(pages.world, "REMOVE", [f"p{n}" for n in range(1_500)])
    assert "LinkedIn counts fewer" in compared(browser := looked(pages, 3))
    assert "end everybody again" in compared(browser)  # what mends it is a button of this page's menu
    assert any("Send everybody again" in form.buttons for form in pages.signed_in().get("/activations/main").seen.forms)
