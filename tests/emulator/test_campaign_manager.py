import html
import re

import httpx2
import pytest

from tests.emulator.kit import LinkedIn, user

PAGE = "/campaignmanager/accounts/516848833/matched-audiences"


def text(http: httpx2.Client, path: str = PAGE) -> str:
    reply = http.get(path)
    assert reply.status_code == 200
    return reply.text


@pytest.mark.parametrize("path", ["/", "/campaignmanager", "/campaignmanager/"])
def test_the_entrance_leads_to_the_first_account(http: httpx2.Client, path: str) -> None:
    reply = http.get(path, follow_redirects=True)
    assert str(reply.url).endswith(PAGE)


def test_the_selector_leads_to_another_account(http: httpx2.Client) -> None:
    reply = http.get("/campaignmanager?account=516848834", follow_redirects=True)
    assert str(reply.url).endswith("/accounts/516848834/matched-audiences")
    assert "Acme Agency view" in reply.text


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (516848833, ("Stream one", "api.linkedin.com/rest", "Or plant one", "/_emulator/seed")),
        (516848835, ("test accounts", "Choose another account")),
        (516848899, ("Nobody may manage this account", "CAMPAIGN_MANAGER")),
        (516848834, ("Nobody may manage this account",)),
    ],
)
def test_an_account_without_audiences_says_what_to_do(
    http: httpx2.Client, account: int, words: tuple[str, ...]
) -> None:
    page = text(http, PAGE.replace("516848833", str(account)))
    for part in ("No matched audiences yet", *words):
        assert part in page


def test_what_the_empty_page_says_can_be_done(http: httpx2.Client) -> None:
    path = PAGE.replace("516848833", "516848899")
    for _ in ("first a role", "then an audience"):
        command = html.unescape(re.search(r"<pre>(curl.*?)</pre>", text(http, path), re.DOTALL)[1])
        where, _, body = command.removeprefix("curl -X POST ").partition(" -d ")
        assert http.post(f"https://{where}", content=body.strip("'")).status_code == 200
    assert ">Readers<" in text(http, path)


def test_there_is_no_page_for_an_unknown_account(http: httpx2.Client) -> None:
    assert http.get("/campaignmanager/accounts/7/matched-audiences").status_code == 404


def test_an_audience_is_shown_as_its_users_know_it(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=0)
    number = linkedin_api.segment(name="Customers <EMEA>", sourceSegmentId="crm-17")
    linkedin_api.tell(number, *[user(str(n)) for n in range(1_000)])
    linkedin_api.emulator.control.clock(advance=60)
    page = text(linkedin_api.http)
    for part in ("Customers &lt;EMEA&gt;", "Direct API", "Ready", "100%", "1,000", "crm-17", "Sep 21, 2026"):
        assert part in page


def test_a_small_audience_is_too_small(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=0)
    linkedin_api.tell(linkedin_api.segment(), user("a"))
    page = text(linkedin_api.http)
    for part in ("&lt;300", "Audience too small", "&lt;5%"):
        assert part in page


@pytest.mark.parametrize(
    ("status", "words"), [("BUILDING", "Ready within 48 hours"), ("EXPIRED", "Cannot be used"), ("ARCHIVED", ">0<")]
)
def test_every_status_has_its_words(linkedin_api: LinkedIn, status: str, words: str) -> None:
    linkedin_api.emulator.control.ripen(linkedin_api.segment(), status)
    page = text(linkedin_api.http)
    assert status.capitalize() in page
    assert words in page


def test_the_page_needs_nothing_from_elsewhere(linkedin_api: LinkedIn) -> None:
    for _ in range(2):
        page = text(linkedin_api.http)
        assert not re.search(r"https?://|<link|src=|@import|url\(", page)
        linkedin_api.segment()
