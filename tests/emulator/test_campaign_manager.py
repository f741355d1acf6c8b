import httpx2
import pytest

from tests.emulator.kit import LinkedIn, user

PAGE = "/campaignmanager/accounts/516848833/matched-audiences"


def text(http: httpx2.Client) -> str:
    reply = http.get(PAGE)
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


def test_an_account_without_audiences_says_so(http: httpx2.Client) -> None:
    assert "No matched audiences yet" in text(http)
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
    linkedin_api.segment()
    page = text(linkedin_api.http)
    assert "http" not in page
    assert "<link" not in page
    assert "src=" not in page
