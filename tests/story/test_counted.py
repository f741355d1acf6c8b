"""Five tasks of a marketer, counted in clicks by somebody who knows only what pages say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.story.before import contacts, crowd, newsletter, ran
from tests.story.stage import Stage

if TYPE_CHECKING:
    from tests.story.person import Person

pytestmark = pytest.mark.slow
Somebody = Callable[..., "Person"]


def in_clicks(person: Person, most: int, what: str) -> None:
    print(f"{what}: {person.clicks} clicks of at most {most}")
    assert person.clicks <= most, f"{what} took {person.clicks} clicks"


def test_from_the_link_to_the_first_delivered_list(stage: Stage, somebody: Somebody) -> None:
    """SEGMENT-06, SEGMENT-07, ADOBE-14: sign in at LinkedIn, an ad account, a list, its mapping, and it is there."""
    customers = stage.written(crowd(320), "customers.csv")
    with stage.serving():
        ann = somebody().opens(stage.link)
        ann.types("ann", "Name").types("four words that nobody guesses", "Password").presses("Begin")
        ann.presses("Connect LinkedIn").presses("Sign in to LinkedIn").presses("Allow")
        ann.types("EMEA", "Name").presses("Review").presses("Connect").sees("EMEA is connected to Acme EMEA")
        ann.presses("Add an audience").attaches(customers, "List").presses("Upload")
        ann.presses("Activate").presses("Next").is_at("Activate audiences").sees("Mapping of customers")
        ann.presses("Next").presses("Next").reads("Would be added", "320").presses("Finish")
        ann.is_at("customers-to-EMEA").looks_until("In step").reads("People sent so far", "320")
        assert stage.linkedin.members() == [320]
        in_clicks(ann, 15, "set-up link to first delivered list")


def test_pause_and_resume(stage: Stage, somebody: Somebody) -> None:
    newsletter(stage, contacts("ann", "bob"))
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").presses("newsletter-to-acme").is_at("newsletter-to-acme")
        ben.clicks = 0
        ben.presses("Pause").sees("newsletter-to-acme is paused: nothing is sent.").sees_no("Run now")
        ben.presses("Resume").sees("newsletter-to-acme goes on.")
        in_clicks(ben, 2, "pause and resume")


def test_why_a_row_was_refused(stage: Stage, somebody: Somebody) -> None:
    rows = [*contacts("ann", "bob"), {"contact_id": "C-cid", "email": "cid at example.com"}]
    newsletter(stage, rows)
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").is_at("Home")
        ben.clicks = 0
        ben.presses("newsletter-to-acme").sees("not an e-mail address", within="Rows that were not sent")
        assert "3,C-cid,not an e-mail address" in ben.downloads("All as CSV")
        ben.presses("The row").sees("C-cid", within="Rows that were not sent").sees("not an e-mail address")
        in_clicks(ben, 3, "why a row was refused")


def test_reauthorize(stage: Stage, somebody: Somebody) -> None:
    """SEGMENT-12: what stands in the way is said where people look first, with what mends it."""
    newsletter(stage, contacts("ann", "bob"))
    stage.linkedin.control("tokens/revoke")
    ran(stage, "newsletter-to-acme")
    with stage.serving():
        ann = somebody().signs_in(stage.address, "ann").sees("Authorize again", within="What needs somebody")
        ann.clicks = 0
        ann.presses("Reauthorize acme").presses("Allow").sees("acme is authorized again, as Campaign Manager.")
        in_clicks(ann, 2, "reauthorize")
        ann.presses("Home").looks_until("Everything goes by itself at the moment.")


def test_forget_a_person(stage: Stage, somebody: Somebody) -> None:
    newsletter(stage, contacts("ann", "bob"))
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").is_at("Home")
        ben.clicks = 0
        ben.presses("Privacy").types("bob@example.com", "Who").presses("Forget").is_at("Forgetting").sees("Done")
        in_clicks(ben, 3, "forget a person")
        assert stage.linkedin.members() == [1]
        ben.presses("Privacy").sees("Complete", within="Receipts").sees(re.compile(r"b\S*@example.com"), "Receipts")
