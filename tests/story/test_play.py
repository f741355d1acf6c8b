"""What a marketer lives through, played in a browser against LinkedIn's consent page, a server and its worker."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from segment import analytics

from tests.story.before import begun, contacts, crowd, newsletter, uploaded
from tests.story.stage import DAY, Stage

if TYPE_CHECKING:
    from tests.story.person import Person

pytestmark = pytest.mark.slow
Somebody = Callable[..., "Person"]


def test_from_the_first_start_to_an_audience_that_campaigns_can_use(stage: Stage, somebody: Somebody) -> None:
    """ADOBE-14, SEGMENT-06: two ad accounts are offered with roles, companies go by their own card."""
    stage.linkedin.control("config", match_fraction=1.0)
    accounts = [{"domain": f"company{n}.example"} for n in range(400)]
    file = stage.written(accounts, "accounts.csv")
    with stage.serving():
        ann = somebody().opens(stage.link).is_at("Welcome")
        ann.types("ann", "Name").types("four words that nobody guesses", "Password").presses("Begin")
        ann.presses("Destinations").presses("Set up", within="(Companies) LinkedIn Matched Audiences")
        ann.presses("Sign in to LinkedIn").presses("Cancel").sees("You did not allow it at LinkedIn")
        ann.presses("Home").presses("Connect LinkedIn").presses("Sign in to LinkedIn").presses("Allow")
        ann.cannot_pick("Acme sandbox").picks("Acme EMEA").types("EMEA", "Name").presses("Review")
        ann.reads("Account ID", "Acme EMEA").reads("Your role there", "Campaign Manager").presses("Connect")
        ann.presses("Audiences").presses("New audience").types("target accounts", "Name", within="Upload a list")
        ann.attaches(file, "List").presses("Upload").is_at("target accounts").sees("companies, uploaded list")
        ann.presses("Activate").presses("Next").sees("What LinkedIn will receive").presses("Next")
        ann.picks("Again and again").types("1", "How often").presses("Next").reads("Schedule", "every 1h")
        ann.reads("Would be added", "400").presses("Finish").is_at("target accounts-to-EMEA")
        ann.looks_until("Building")
        assert stage.linkedin.members() == [800]  # each by the domain of its website and of its e-mail
        stage.linkedin.control("clock", advance=3 * DAY)
        ann.presses("Run now").sees("Took").presses("target accounts-to-EMEA")
        ann.sees("Ready", within="At LinkedIn").sees("Campaigns can use it.")
        ann.presses("Home").sees("target accounts-to-EMEA", within="Last runs")


def test_a_viewer_is_refused_and_told_what_to_do(stage: Stage, somebody: Somebody) -> None:
    """SEGMENT-09."""
    with stage.serving():
        ann = somebody().opens(stage.link)
        ann.types("ann", "Name").types("four words that nobody guesses", "Password").presses("Begin")
        ann.presses("Connect LinkedIn").presses("Sign in to LinkedIn").presses("Allow")
        ann.sees("Viewer: this role may not manage audiences").cannot_pick("Acme Agency view")
        ann.types("Agency", "Name").types("516848834", "Another Account ID").presses("Review")
        ann.sees("VIEWER", within="Which ad account").sees_no("Connect")
        ann.types("516848899", "Another Account ID").presses("Review")
        ann.sees(re.compile("no role|not found|no access|may not"), within="Which ad account")
        ann.presses("Destinations").sees("No ad account yet")


def test_a_lost_authorisation_is_noticed_mended_and_everything_goes_on(stage: Stage, somebody: Somebody) -> None:
    """SEGMENT-12, SEGMENT-16."""
    newsletter(stage, contacts("ann", "bob"))
    stage.linkedin.control("tokens/expire")
    stage.linkedin.control("refresh_tokens/expire")
    fresh = stage.written(contacts("ann", "bob", "cem"), "fresh.csv")
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").presses("Audiences").presses("newsletter")
        ben.presses("Replace the list").attaches(fresh, "List").presses("Upload").sees("The list is replaced.")
        ben.presses("newsletter-to-acme").presses("Run now").sees("Refresh Token Expired")
        ben.presses("Destinations").sees("Waiting for you: Refresh Token Expired").presses("acme")
        ben.presses("Event Delivery").sees("Ask an Administrator to reauthorize acme.", within="Delivery Issues")
        ben.sees_no("Reauthorize")
        ann = somebody().signs_in(stage.address, "ann").presses("Destinations").presses("acme")
        ann.presses("Reauthorize").presses_if_there("Allow").sees("acme is authorized again")
        ben.presses("Home").presses("Activations").looks_until("In step")
        assert stage.linkedin.members() == [3]


def test_removals_wait_until_somebody_confirms_them(stage: Stage, somebody: Somebody) -> None:
    """SEGMENT-25."""
    newsletter(stage, crowd(40))
    short = stage.written(crowd(5), "short.csv")
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").presses("Audiences").presses("newsletter")
        ben.presses("Replace the list").attaches(short, "List").presses("Upload").sees("The list is replaced.")
        ben.presses("newsletter-to-acme").presses("Run now").sees("Waiting for you:")
        assert stage.linkedin.members() == [40]
        ben.presses("Home").sees("Confirm removals", within="What needs somebody").presses("newsletter-to-acme")
        ben.is_at("newsletter-to-acme").presses_if_there("Look who would leave").presses("Let 35 people leave")
        ben.reads("Removed", "35")
        assert stage.linkedin.members() == [5]
        ann = somebody().signs_in(stage.address, "ann").presses("Activity")
        ann.sees("allow removals").sees("ben")


def test_a_snapshot_is_sent_once(stage: Stage, somebody: Somebody) -> None:
    """DYN-04, DYN-08."""
    with begun(stage) as door:
        uploaded(door, stage, "attendees", crowd(12))
    more = stage.written(crowd(20), "more.csv")
    with stage.serving():
        ben = somebody().signs_in(stage.address, "ben").presses("Activate audiences")
        ben.picks("LinkedIn Matched Audiences Lists of people").presses("Next").picks("attendees").presses("Next")
        ben.presses("Next").picks("Snapshot").presses("Next").reads("Sync mode", "snapshot")
        ben.sees("This audience currently has 12 contacts defined.").presses("Finish").looks_until("Sent once")
        ben.presses("Audiences").presses("attendees").presses("Replace the list").attaches(more, "List")
        ben.presses("Upload").sees("The list is replaced.").presses("attendees-to-acme").sees_no("Run now")
        assert stage.linkedin.members() == [12]
        ben.presses("New snapshot").reads("Added", "20")
        assert sorted(stage.linkedin.members()) == [12, 20]


def test_events_of_a_live_sdk_arrive_at_linkedin(stage: Stage, somebody: Somebody) -> None:
    """SEGMENT-03, SEGMENT-20..25: the key, the audience, its activation switched on, then events."""
    begun(stage).close()
    with stage.serving():
        ann = somebody().signs_in(stage.address, "ann").presses("Settings").presses("Write keys")
        key = ann.types("site", "Name").presses("Create and show the key").shown("Write key")
        ben = somebody().signs_in(stage.address, "ben").presses("Add an audience")
        ben.types("high intent", "Name", within="Let events say who is in").presses("Create")
        host = ben.is_at("high intent").shown("Address for SDKs (host, dataPlaneUrl)")
        ben.presses("Activate").presses("Next").presses("Next").presses("Next")
        ben.types("high_intent", "Segment Engage Audience Key").picks("Enabled")
        ben.presses("Test").sees("They enter: LinkedIn is told to add them.").presses("Next")
        ben.presses("Finish").is_at("high intent-to-acme")
        sdk = analytics.Client(key, host=host, on_error=lambda error, _: pytest.fail(str(error)))
        for name in ("ann", "bob", "cem"):
            traits = {"email": f"{name}@example.com"}
            sdk.track(name, "Audience Entered", {"audience_key": "high_intent"}, context={"traits": traits})
        sdk.flush()
        sdk.join()
        ben.presses("Audiences").presses("high intent").looks_until("delivered")
        assert stage.linkedin.members() == [3]


def test_three_roles_see_what_they_may_do(stage: Stage, somebody: Somebody) -> None:
    """ADOBE-10: nothing that is refused is offered."""
    newsletter(stage, contacts("ann", "bob"))
    with stage.serving():
        cleo = somebody().signs_in(stage.address, "cleo").is_at("Home").presses("newsletter-to-acme")
        for each in ("Run now", "Pause", "Plan", "Change"):
            cleo.sees_no(each)
        cleo.presses("Destinations").sees_no("Set up").presses("acme").sees_no("Reauthorize").sees_no("Save")
        cleo.presses("Audiences").sees_no("New audience").presses("newsletter").sees_no("Activate")
        ben = somebody().signs_in(stage.address, "ben").is_at("Home").presses("newsletter-to-acme").sees("Run now")
        ben.presses("Destinations").sees_no("Set up another").presses("acme").sees_no("Reauthorize")
        ben.presses("Audiences").presses("New audience").sees_no("A file on the server")
        ben.presses("Settings").sees("My password").sees_no("Users").sees_no("API tokens")
        ann = somebody().signs_in(stage.address, "ann").presses("Settings").presses("Users")
        ann.types("dora", "Name").presses("Create and show the link")
        link = ann.shown("Link")
        dora = somebody().opens(link).types("four other words to keep", "Password").presses("Save and sign in")
        dora.is_at("Home").sees("Marketer")
        ann.presses("Activity").sees("create user")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_two_rows_of_a_mapping_are_built_and_one_is_removed(stage: Stage, somebody: Somebody, *, scripts: bool) -> None:
    """ADOBE-24, ADOBE-26."""
    rows = [{"email": f"p{n}@example.com", "call_name": f"Ann{n}", "crm": f"K{n}"} for n in range(3)]
    with begun(stage) as door:
        uploaded(door, stage, "guests", rows)
    with stage.serving():
        ben = somebody(java_script_enabled=scripts).signs_in(stage.address, "ben").presses("Audiences")
        ben.presses("guests").presses("Activate").presses("Next").sees("p***@example.com")
        ben.sees_no("Select identity namespace").presses("Add new mapping")
        ben.selects("Source field", "call_name").selects("Target field", "firstName").presses("Select")
        ben.sees("A•••").presses("Add new mapping").selects("Source field", "crm")
        ben.page.get_by_role("group", name="Target field").get_by_text("Select identity namespace").click()
        ben.selects("Target field, an identity", "primaryId").presses("Select").sees("K•")
        ben.presses("Remove First name").sees("Key in the source").sees_no("Remove First name")
        ben.presses("Next").presses("Next").looks_until("Would be added").presses("Finish").is_at("guests-to-acme")
        ben.looks_until("In step").presses("Mapping").sees("Key in the source").sees_no("Remove First name")
        ben.presses("Another source for E-mail address")
        ben.page.get_by_label("E-mail address: another source").select_option("call_name")
        ben.presses("Save").sees("The mapping was saved")


def test_everything_goes_without_javascript(stage: Stage, somebody: Somebody) -> None:
    guests = stage.written(crowd(8), "guests.csv")
    with stage.serving():
        ann = somebody(java_script_enabled=False).opens(stage.link)
        ann.types("ann", "Name").types("four words that nobody guesses", "Password").presses("Begin")
        ann.presses("Connect LinkedIn").presses("Sign in to LinkedIn").presses("Allow")
        ann.types("EMEA", "Name").presses("Review").presses("Connect")
        ann.presses("Add an audience").types("guests", "Name", within="Upload a list").attaches(guests, "List")
        ann.presses("Upload").presses("Activate").presses("Next").presses("Next").presses("Next")
        ann.looks_until("Would be added").reads("Would be added", "8").presses("Finish").looks_until("In step")
        assert stage.linkedin.members() == [8]
        ann.presses("Privacy").types("guest3@example.com", "Who").presses("Forget").is_at("Forgetting")
        ann.looks_until("Done")
        assert stage.linkedin.members() == [7]
        ann.presses("Privacy").sees("Complete", within="Receipts").presses("Sign out").is_at("Sign in")
