"""An authorization that was lost, or ends soon: said where people look, with what mends it and a button that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time
from typing import Any

import pytest

from guestlist.core import versions
from guestlist.core.permissions import Role
from tests.web.browser import Browser
from tests.web.installed import Installed, installed
from tests.world import World, emails

DAY = 86_400.0
ENDS = datetime.combine(versions.sunset(versions.NEWEST_TESTED), time(), UTC).timestamp()


@pytest.fixture
def pages(world: World, logged: list[Any]) -> Iterator[Installed]:
    """At an address that a LinkedIn app may come back to."""
    world.write(emails("ann", "bob"))
    made = installed(world, "http://127.0.0.1:8000")
    yield made
    made.web.close()


def reauthorize(pages: Installed, browser: Browser) -> Browser:
    """Press it where it stands, and allow it at LinkedIn."""
    there = browser.submit("Reauthorize").response.headers["location"]
    return browser.get("/linkedin/callback?code={code}&state={state}".format(**pages.world.consent(there)))


# ── lost ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def refused(world: World) -> None:
    """LinkedIn does not know the app's secret any more."""
    body = {"error": "invalid_client", "error_description": "Client authentication failed"}
    world.emulator.control.fault({"kind": "status", "status": 401, "body": body}, path="accessToken$", times=0)


def ended(world: World) -> None:
    world.emulator.control.expire_refresh_tokens()


@pytest.mark.parametrize(
    ("lose", "label", "remedy"),
    [
        (refused, "Oauth Refresh Failed", "look at the app's client id and secret"),
        (
            ended,
            "Refresh Token Expired",
            "Somebody who may advertise with this ad account has to sign in to LinkedIn again",
        ),
    ],
)
def test_a_lost_authorization_is_a_delivery_issue_with_its_remedy_and_a_way_out(
    pages: Installed, lose: Callable[[World], None], label: str, remedy: str
) -> None:
    """SEGMENT-16."""
    world = pages.world
    world.sync()
    world.clock.sleep(3600.0)
    world.emulator.control.expire_tokens()
    lose(world)
    world.write(emails("ann", "bob", "cem"))
    assert world.sync().state == "parked"
    browser = pages.signed_in().get("/destinations/acme/delivery")
    issues = browser.text.partition("Delivery Issues")[2].partition("What became of events")[0]
    for said in (label, remedy, "Reauthorize"):
        assert said in issues
    assert "guestlist" not in issues
    marketer = pages.signed_in(Role.MARKETER).get("/destinations/acme/delivery")
    assert remedy in marketer.text
    assert "Reauthorize" not in [button for form in marketer.seen.forms for button in form.buttons]
    for page in ("/destinations", "/destinations/acme", "/activations/main", "/"):
        assert label in browser.get(page).text, page
    world.emulator.control.clear_faults()
    reauthorize(pages, browser.get("/destinations/acme/delivery"))
    assert "acme is authorized again" in browser.text
    assert "Nothing stands in the way of deliveries." in browser.get("/destinations/acme/delivery").text
    pages.work()
    assert len(world.told()) == 3
    for page in ("/destinations", "/destinations/acme", "/activations/main", "/"):
        assert label not in browser.get(page).text, page


def test_no_days_are_counted_of_an_authorization_that_ended(pages: Installed) -> None:
    """SEGMENT-16: whatever the dates say that LinkedIn gave with it."""
    world = pages.world
    world.sync()
    browser = pages.signed_in()
    assert "365 days left" in browser.get("/destinations").text
    world.clock.sleep(3600.0)
    world.emulator.control.expire_tokens()
    ended(world)
    world.write(emails("ann", "bob", "cem"))
    assert world.sync().label == "Refresh Token Expired"
    for page in ("/", "/destinations", "/destinations/acme", "/activations/main"):
        said = browser.get(page).text.replace(f"API version {versions.NEWEST_TESTED}", "")
        assert "365 days left" not in said, page
        assert "60 days left" not in said, page
        assert "Ended" in said, page
        assert "Reauthorize" in [button for form in browser.seen.forms for button in form.buttons], page
    dates = browser.get("/").text.partition("Dates")[2]
    assert "Ended Refresh token of acme Somebody has to authorize again." in dates
    assert "Access token" not in dates
    assert dates.index("Refresh token of acme") < dates.index("API version")
    world.emulator.control.clock(advance=1.0)
    reauthorize(pages, browser.get("/destinations"))
    for page in ("/destinations", "/destinations/acme"):
        assert "365 days left" in browser.get(page).text


# ── ends soon ────────────────────────────────────────────────────────────────────────────────────────────────────
EVERYWHERE = ["/", *(f"/destinations/acme{tab}" for tab in ("", "/activations", "/delivery", "/runs"))]


def wanted(browser: Browser) -> str:
    """What Home says needs somebody."""
    return browser.get("/").text.partition("What needs somebody")[2].partition("Dates")[0]


def warned(browser: Browser, left: str) -> list[str]:
    """The pages that say how long it lasts above everything else, beside a button that mends it."""
    found = []
    for page in EVERYWHERE:
        said = wanted(browser) if page == "/" else browser.get(page).text.partition("The authorization ends on")[2]
        if left in said and "Reauthorize" in said.partition(left)[2]:
            found.append(page)
    return found


def test_who_has_to_sign_in_again_is_told_a_month_before(pages: Installed) -> None:
    """SEGMENT-16, ADOBE-66: the refresh token ends a year after the consent; the access token renews by itself."""
    world = pages.world
    world.emulator.control.clock(now=ENDS - 345 * DAY)  # so that LinkedIn still serves our version at the end
    world.connect()
    world.clock.sleep(334 * DAY)
    browser = pages.signed_in()
    assert "token" not in wanted(browser)
    assert "Authorize again soon" not in browser.get("/destinations").text
    assert warned(browser, "31 days left") == []
    world.clock.sleep(4 * DAY + 60.0)
    browser = pages.signed_in()
    assert "Its refresh token ends: 27 days left." in wanted(browser)
    assert "access token" not in wanted(browser)
    assert warned(browser, "27 days left") == EVERYWHERE
    assert "Authorize again soon" in browser.get("/destinations").text
    marketer = pages.signed_in(Role.MARKETER).get("/destinations/acme")
    assert "until somebody signs in to LinkedIn again. Ask an Administrator to reauthorize acme." in marketer.text
    reauthorize(pages, browser.get("/destinations/acme"))
    assert "The authorization ends on" not in browser.text
    assert "365 days left" in browser.text
    assert "Works" in browser.get("/destinations").text
    assert "token" not in wanted(browser)


def test_so_is_who_has_an_access_token_that_cannot_be_renewed(pages: Installed) -> None:
    world = pages.world
    world.connect(refresh=False, expires_in=60 * DAY)
    world.clock.sleep(29 * DAY)
    assert "token" not in wanted(pages.signed_in())
    world.clock.sleep(4 * DAY + 60.0)
    browser = pages.signed_in()
    assert "Its access token ends: 27 days left." in wanted(browser)
    assert warned(browser, "27 days left") == EVERYWHERE
    world.clock.sleep(26 * DAY + 23 * 3600.0)
    assert "Its access token ends: 59 min left." in wanted(pages.signed_in())  # a day that has begun is not over
    world.clock.sleep(3600.0)
    browser = pages.signed_in()
    assert "Refresh Token Expired: the authorization has ended" in wanted(browser)
    assert wanted(browser).count("Authorize again") == 1


# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_home_warns_before_linkedin_switches_our_version_off(pages: Installed) -> None:
    version = versions.NEWEST_TESTED

    def seen(days: float) -> Browser:
        pages.world.emulator.control.clock(now=ENDS - days * DAY)
        return pages.signed_in(Role.ANALYST)

    assert version not in wanted(seen(31.5))
    off = f"Upgrade {version} LinkedIn switches version {version} off:"
    assert f"{off} 30 days left." in wanted(seen(29.5))
    assert f"{off} 12 h left." in wanted(seen(0.5))
    over = seen(-0.5)
    assert f"{off} nothing can be sent any more." in wanted(over)
    assert "LinkedIn switches it off: upgrade Guestlist now." in over.text


def test_the_calendar_of_home_knows_tokens_and_version_in_the_order_they_end(pages: Installed) -> None:
    """The next first; the access token is renewed by itself, for the others somebody has to do something."""
    browser = pages.signed_in(Role.ANALYST)
    rows = [each.partition("</tr>")[0] for each in browser.response.text.partition('id="dates"')[2].split("<tr>")[2:]]
    kinds = {
        "Access token of acme": "It is renewed by itself.",
        "Refresh token of acme": "Somebody has to authorize again before.",
        f"API version {versions.NEWEST_TESTED}": "LinkedIn switches it off: upgrade Guestlist before.",
    }
    assert len(rows) == len(kinds)
    for what, follows in kinds.items():
        (row,) = (each for each in rows if what in each)
        assert follows in row
    days = [each.partition('datetime="')[2][:10] for each in rows]
    assert days == sorted(days)
    assert browser.get("/?dates_sort=-at").response.text.index(days[-1]) < browser.response.text.index(days[0])
