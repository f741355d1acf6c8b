"""Connecting an ad account, one destination's tabs, privacy: as a person without JavaScript uses them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from guestlist.app import declared, destinations, ending
from guestlist.core.permissions import Role
from tests.web.browser import Browser
from tests.web.installed import Installed, installed
from tests.world import World, digest, emails


@pytest.fixture
def pages(world: World, logged: list[Any]) -> Iterator[Installed]:
    """At an address that a LinkedIn app may come back to."""
    world.write(emails("ann", "bob"))
    made = installed(world, "http://127.0.0.1:8000")
    yield made
    made.web.close()


def at_linkedin(pages: Installed, browser: Browser) -> dict[str, str]:
    """Allow it on LinkedIn's page; what LinkedIn sends the browser back with."""
    return pages.world.consent(browser.response.headers["location"])


def chosen(pages: Installed, browser: Browser) -> Browser:
    """Up to the choice of an ad account."""
    browser.get("/destinations").click("Set up").submit("Sign in to LinkedIn")
    return browser.get("/linkedin/callback?code={code}&state={state}".format(**at_linkedin(pages, browser)))


def test_an_ad_account_is_connected_from_the_list_that_linkedin_returns(pages: Installed) -> None:
    browser = chosen(pages, pages.signed_in())
    assert "516848833" in browser.text
    assert "Viewer: this role may not manage audiences" in browser.text
    browser.submit("Review", name="EMEA", ad_account="516848833", description="demand gen")
    assert "As it will be" in browser.text
    assert "Campaign Manager" in browser.text
    browser.submit("Connect")
    assert browser.location == "/destinations/EMEA"
    assert "EMEA is connected to" in browser.text
    assert pages.configuration.current().destinations["EMEA"].description == "demand gen"
    assert [entry.who for entry in pages.app.store.audit.latest(2)] == ["ann", "ann"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Give it a name"),
        ({"name": "x", "ad_account": "", "other": ""}, "Choose an Account ID, or type one"),
        (
            {"name": "x", "other": "516848834"},
            "Whoever signed in to LinkedIn is Viewer on ad account 516848834; audiences need one of "
            "Account Billing Admin, Account Manager, Campaign Manager, Creative Manager. Change it in Campaign Manager",
        ),
        (
            {"name": "x", "other": "999"},
            "Invalid LinkedIn Ad Account id 999: there is no such account, or whoever",
        ),
        ({"name": "a/b"}, "no slash"),
        ({"name": "acme"}, "is there already: choose another name"),
    ],
    ids=str,
)
def test_what_cannot_be_stands_at_the_form_and_makes_nothing(
    pages: Installed, fields: dict[str, str], sentence: str
) -> None:
    browser = chosen(pages, pages.signed_in())
    browser.submit("Review", **fields)
    assert browser.status == 422
    assert sentence in browser.text
    assert list(pages.configuration.current().destinations) == ["acme"]


def test_ad_accounts_are_looked_for_and_what_was_entered_stays(pages: Installed) -> None:
    numbers = range(516848840, 516848850)
    accounts = [{"id": each, "name": f"Acme {each}"} for each in numbers]
    roles = [{"account": each, "member": "AbC123xyz", "role": "CAMPAIGN_MANAGER"} for each in numbers]
    pages.world.emulator.control.seed({"accounts": accounts, "roles": roles})
    browser = chosen(pages, pages.signed_in())
    form = browser.form("Review")
    given = [each for each in form.fields if each[0] not in ("name", "ad_account", "q", "do")]
    given += [("name", "EMEA"), ("ad_account", "516848833"), ("q", "516848842"), ("do", "look")]
    browser.post(form.action, given)
    shown = re.findall(r'name="ad_account" value="(\d+)"', browser.response.text)
    assert shown == ["516848833", "516848842"]
    fields = dict(browser.form("Review").fields)
    assert (fields["name"], fields["ad_account"], fields["other"]) == ("EMEA", "516848833", "")
    assert 'role="alert"' not in browser.response.text
    browser.submit("Review", name="EMEA", ad_account="516848842")
    assert "As it will be" in browser.text


def test_both_toggles_off_are_refused(pages: Installed) -> None:
    """SEGMENT-12."""
    browser = chosen(pages, pages.signed_in())
    form = [(name, value) for name, value in browser.form("Review").fields if not name.startswith("send_")]
    browser.post(browser.location, [*form, ("name", "x"), ("ad_account", "516848833")])
    assert browser.status == 422
    assert "At least one of" in browser.text


def test_a_sign_in_is_good_once_for_who_began_it_and_can_be_used_again_afterwards(pages: Installed) -> None:
    browser, other = pages.signed_in(), pages.signed_in(Role.ADMINISTRATOR, "zoe")
    browser.get("/destinations").click("Set up").submit("Sign in to LinkedIn")
    back = "/linkedin/callback?code={code}&state={state}".format(**at_linkedin(pages, browser))
    assert other.get(back).status == 422
    assert browser.get(back).status == 422  # the other one used it up
    chosen(pages, browser)
    handle = browser.location
    assert other.get(handle).status == 404
    browser.submit("Review", name="one").submit("Connect")
    assert browser.get(handle).status == 404
    browser.get("/destinations/connect").submit("Use it", destination="one")
    browser.submit("Review", name="two").submit("Connect")
    assert set(pages.configuration.current().destinations) == {"acme", "one", "two"}


def test_linkedin_says_no(pages: Installed) -> None:
    browser = pages.signed_in().get("/linkedin/callback?error=user_cancelled_authorize&state=x")
    assert browser.location == "/destinations/connect?refused=user_cancelled_authorize"
    assert "You did not allow it" in browser.text
    assert [each for form in browser.seen.forms for each in form.buttons if each == "Sign in to LinkedIn"]
    browser.get("/linkedin/callback?error=%3Cscript%3E&state=x")
    assert "LinkedIn did not allow it" in browser.text


def test_the_review_has_an_address_of_its_own(pages: Installed) -> None:
    browser = chosen(pages, pages.signed_in())
    browser.submit("Review", name="two words", description="Ours & theirs")
    assert "/review?name=two+words&" in browser.location
    address = browser.location
    assert "Ours & theirs" in browser.get(address).text
    browser.submit("Connect")
    wanted = pages.configuration.current().destinations["two words"]
    assert (wanted.description, wanted.send_email, wanted.send_google_advertising_id) == ("Ours & theirs", True, True)
    assert browser.get(address).status == 404


def test_back_from_the_review_keeps_what_was_entered(pages: Installed) -> None:
    browser = chosen(pages, pages.signed_in())
    form = browser.form("Review")
    fields = [(name, value) for name, value in form.fields if name not in ("name", "description", "send_email")]
    browser.post(form.action, [*fields, ("name", "EMEA"), ("description", "Ours & theirs")])
    browser.click("Back")
    kept = dict(browser.form("Review").fields)
    assert (kept["name"], kept["description"], kept["ad_account"]) == ("EMEA", "Ours & theirs", "516848833")
    assert "send_email" not in kept
    assert kept["send_google_advertising_id"] == "yes"
    typed = browser.location.replace("516848833", "42")
    assert dict(browser.get(typed).form("Review").fields)["other"] == "42"  # LinkedIn lists no such account
    assert 'role="alert"' not in browser.response.text


def test_what_an_address_of_the_review_says_is_judged_like_a_form(pages: Installed) -> None:
    browser = chosen(pages, pages.signed_in())
    browser.get(f"{browser.location}/review?name=x&ad_account=nonsense&send_email=yes")
    assert browser.status == 422
    assert "Review" in [each for form in browser.seen.forms for each in form.buttons]


def test_reauthorize_takes_two_clicks_and_keeps_everything(pages: Installed) -> None:
    """SEGMENT-16."""
    pages.world.sync()
    pages.app.store.destinations.park("acme", "Refresh Token Expired", "sign in again")
    browser = pages.signed_in().get("/destinations/acme")
    assert "Refresh Token Expired" in browser.text
    browser.submit("Reauthorize")
    browser.get("/linkedin/callback?code={code}&state={state}".format(**at_linkedin(pages, browser)))
    assert browser.location == "/destinations/acme"
    assert "acme is authorized again" in browser.text
    assert "Refresh Token Expired" not in browser.text
    assert pages.world.sync().unchanged == 2


@pytest.mark.parametrize(
    ("refused", "sentence"),
    [
        ("user_cancelled_login", "You did not sign in at LinkedIn, so nothing was changed"),
        ("user_cancelled_authorize", "You did not allow it at LinkedIn, so nothing was changed"),
        ("server_error", "LinkedIn did not allow it, so nothing was changed"),
    ],
)
def test_whoever_cancels_at_linkedin_is_back_at_the_destination(pages: Installed, refused: str, sentence: str) -> None:
    """SEGMENT-16."""
    browser, other = pages.signed_in().get("/destinations/acme"), pages.signed_in(Role.ADMINISTRATOR, "zoe")
    before = destinations.one(pages.app, pages.configuration.current(), "acme").connection
    browser.submit("Reauthorize")
    state = parse_qs(urlsplit(browser.response.headers["location"]).query)["state"][0]
    back = f"/linkedin/callback?error={refused}&state={state}"
    browser.get(back)
    assert browser.location == "/destinations/acme"
    assert sentence in browser.text
    assert destinations.one(pages.app, pages.configuration.current(), "acme").connection == before
    assert browser.get(back).location.startswith("/destinations/connect?")  # a state is good once
    assert other.get(back).location.startswith("/destinations/connect?")


def test_the_connection_says_who_of_us_made_it_and_when(pages: Installed) -> None:
    """ADOBE-66."""
    pages.world.clock.sleep(2 * 86_400.0)
    browser = pages.signed_in().get("/destinations/acme")
    member = destinations.one(pages.app, pages.configuration.current(), "acme").connection.member
    assert member.startswith("urn:li:person:")
    day = f"{datetime.fromtimestamp(pages.app.clock.now(), UTC):%Y-%m-%d}"
    assert f"ann, {day}" not in browser.text
    browser.submit("Reauthorize")
    browser.get("/linkedin/callback?code={code}&state={state}".format(**at_linkedin(pages, browser)))
    pages.world.clock.sleep(3 * 86_400.0)
    assert (
        f"ann, {day} signed in to LinkedIn as {member.rpartition(':')[2]}"
        in pages.signed_in(Role.ANALYST).get("/destinations/acme").text
    )


def test_an_authorization_that_has_ended_says_so_before_linkedin_is_asked(pages: Installed) -> None:
    """SEGMENT-16."""
    pages.world.clock.sleep(366 * 86_400.0)
    browser = pages.signed_in().get("/destinations")
    assert "Waiting for you: Refresh Token Expired" in browser.text
    assert "The authorization has ended" in browser.text
    assert "Works" not in browser.text
    browser.get("/destinations/acme")
    assert "Refresh Token Expired" in browser.text
    assert "has to sign in to LinkedIn again" in browser.text
    assert "Nothing stands in the way" not in browser.get("/destinations/acme/delivery").text
    assert "he authorization has ended" in browser.text
    assert "/oauth/" in browser.submit("Reauthorize").response.headers["location"]


def test_whoever_may_reauthorizes_where_the_activation_waits(pages: Installed) -> None:
    """SEGMENT-16."""
    pages.world.sync()
    pages.world.clock.sleep(3600.0)
    pages.world.emulator.control.revoke_tokens()
    pages.world.write(emails("ann", "bob", "cem"))
    pages.world.sync()
    marketer = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert "Waiting for you:" in marketer.text
    assert "Reauthorize" not in marketer.text
    browser = pages.signed_in().get("/activations/main")
    browser.submit("Reauthorize")
    browser.get("/linkedin/callback?code={code}&state={state}".format(**at_linkedin(pages, browser)))
    pages.work()
    assert len(pages.world.told()) == 3
    assert "Waiting for you:" not in browser.get("/activations/main").text


def test_what_a_file_calls_by_its_former_name_is_reauthorised_from_its_activation(pages: Installed) -> None:
    """It was renamed on the command line, and the file does not say the new name yet."""
    pages.world.sync()
    ending.rename_destination(pages.app, pages.configuration, "acme", "zebra")
    pages.world.clock.sleep(3600.0)  # a token that is younger may be refused for a while
    pages.world.emulator.control.revoke_tokens()
    pages.world.write(emails("ann", "bob", "cem"))
    pages.world.sync()
    browser = pages.signed_in().get("/activations/main")
    browser.submit("Reauthorize")
    browser.get("/linkedin/callback?code={code}&state={state}".format(**at_linkedin(pages, browser)))
    assert browser.location == "/destinations/acme"
    pages.work()
    assert len(pages.world.told()) == 3


def test_settings_name_the_days_of_the_authorization(pages: Installed) -> None:
    """ADOBE-66."""
    pages.world.clock.sleep(3 * 86_400.0)
    connection = destinations.one(pages.app, pages.configuration.current(), "acme").connection
    browser = pages.signed_in(Role.ANALYST).get("/destinations/acme")
    for at in (connection.authorised, connection.token_ends, connection.works_until):
        assert at is not None
        assert f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" in browser.text


def test_what_stood_still_goes_on_once_home_reauthorised_it(pages: Installed) -> None:
    pages.world.sync()
    pages.world.clock.sleep(3600.0)  # a token that is younger may be refused for a while
    pages.world.emulator.control.revoke_tokens()
    pages.world.write(emails("ann", "bob", "cem"))
    pages.world.sync()
    browser = pages.signed_in()
    assert "guestlist connect" not in browser.text
    browser.submit("Reauthorize")
    browser.get("/linkedin/callback?code={code}&state={state}".format(**at_linkedin(pages, browser)))
    pages.work()
    assert len(pages.world.told()) == 3


def test_settings_of_the_file_are_read_only_until_they_are_taken_over(pages: Installed) -> None:
    browser = pages.signed_in().get("/destinations/acme")
    assert "Managed by" in browser.text
    browser.submit("take it over")
    browser.submit("Save", description="ours now")
    assert pages.configuration.current().destinations["acme"].description == "ours now"
    stale = [(name, "1" if name == "version" else value) for name, value in browser.form("Save").fields]
    assert browser.post("/destinations/acme", stale).status == 409
    assert "look at it again" in browser.text


def test_a_destination_is_renamed_where_its_settings_are(pages: Installed) -> None:
    """ADOBE-69, SEGMENT-04."""
    assert pages.world.sync().added == 2
    browser = pages.signed_in().get("/destinations/acme")
    for section, name in (("activations", "main"), ("audiences", "people"), ("destinations", "acme")):
        declared.take_over(pages.app, pages.configuration, section, name)  # type: ignore[arg-type]
    pages.world.yaml |= {"destinations": {}, "activations": {}, "audiences": {}}
    pages.world.open()
    browser.get("/destinations/acme").submit("Save", name="", description="ours")
    assert "Give it a name" in browser.text
    declared.create(pages.app, pages.configuration, "destinations", "other", {"ad_account": 516848834})
    refused = {"other": "is there already: choose another name", "a/b": "A name has", "connect": "A page is"}
    for taken, said in refused.items():
        browser.get("/destinations/acme").submit("Save", name=taken)
        assert browser.status == 422
        assert said in browser.text
        assert "destinations." not in browser.text
        assert f'value="{taken}"' in browser.response.text
        assert browser.response.text.index(said) < browser.response.text.index('name="description"')  # at the name
    browser.get("/destinations/acme").submit("Save", name="EMEA & co", description="new too")
    assert browser.location == "/destinations/EMEA%20%26%20co"
    assert "acme is called EMEA & co now." in browser.text
    assert "main" in browser.get("/destinations/EMEA%20%26%20co/activations").text
    config = pages.configuration.current()
    assert config.destinations["EMEA & co"].description == "new too"
    assert config.activations["main"].destination == "EMEA & co"
    assert browser.get("/destinations/acme/runs").location == "/destinations/EMEA%20%26%20co/runs"
    sent = pages.world.sent()
    browser.get("/activations/main").submit("Run now")
    pages.work()
    assert pages.world.sent() == sent
    assert len(pages.world.emulator.control.segments()) == 1


def test_of_two_who_change_a_destination_the_second_sees_what_the_first_did(pages: Installed) -> None:
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    pages.world.yaml["activations"] = {}
    pages.world.yaml["destinations"] = {}
    pages.world.open()
    browser = pages.signed_in().get("/destinations/acme")
    stale, out = browser.form("Save"), browser.form("Take it out")
    browser.submit("Save", description="theirs")
    browser.post(stale.action, [(name, "mine" if name == "name" else value) for name, value in stale.fields])
    assert browser.status == 409
    assert "was changed by ann meanwhile: look at it again first" in browser.text
    assert dict(browser.form("Save").fields)["description"] == "theirs"
    browser.post(out.action, out.fields)
    assert browser.status == 409
    browser.submit("Save", name="mine")
    browser.post(stale.action, stale.fields)
    assert "acme is called mine now: somebody renamed it. Nothing else was changed." in browser.text
    assert list(pages.configuration.current().destinations) == ["mine"]


def test_another_ad_account_is_chosen_among_those_that_linkedin_lists(pages: Installed) -> None:
    """ADOBE-13."""
    browser = pages.signed_in().get("/destinations/acme")
    browser.submit("take it over")
    browser.click("Choose among those that LinkedIn lists")
    assert "Viewer: this role may not manage audiences" in browser.text
    assert "Campaign Manager" in browser.text
    browser.submit("Save", other="")
    assert pages.configuration.current().destinations["acme"].ad_account.endswith(":516848833")
    managed(pages, 77)
    browser.get("/destinations/acme?accounts=1").submit("Save", ad_account="516848833", other="77")
    assert pages.configuration.current().destinations["acme"].ad_account.endswith(":77")
    pages.world.emulator.control.fault({"kind": "status", "status": 200, "body": LISTED}, path="/adAccountUsers$")
    browser.get("/destinations/acme?accounts=1")
    assert "LinkedIn does not list it" in browser.text
    analyst = pages.signed_in(Role.ANALYST).get("/destinations/acme?accounts=1")
    assert "516848834" not in analyst.response.text


LISTED = {"elements": [{"account": "urn:li:sponsoredAccount:516848833", "role": "CAMPAIGN_MANAGER"}]}


def managed(pages: Installed, number: int) -> None:
    """One more ad account, which whoever signs in may manage."""
    role = {"account": number, "member": "AbC123xyz", "role": "ACCOUNT_MANAGER"}
    pages.world.emulator.control.seed({"accounts": [{"id": number, "name": f"Acme {number}"}], "roles": [role]})


def unlike(pages: Installed, **effect: Any) -> None:
    """Whatever is asked of ad accounts and roles ends so."""
    pages.world.emulator.control.fault(effect, path="/adAccountUsers", times=99)


def test_what_passes_by_itself_is_said_to_who_chooses_an_ad_account(pages: Installed) -> None:
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    unlike(pages, kind="status", status=503)
    text = pages.signed_in().get("/destinations/acme?accounts=1").text
    assert re.search(r"503[^.]*\. Try again in a minute, or type the number of the ad account\.", text)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("516848834", "Whoever signed in to LinkedIn is Viewer on ad account 516848834"),
        ("999", "Invalid LinkedIn Ad Account id 999: there is no such account, or whoever"),
        ("516848835", "516848835 is a test ad account"),
    ],
)
def test_another_ad_account_is_judged_before_it_is_saved(pages: Installed, number: str, sentence: str) -> None:
    """SEGMENT-10: as the connect wizard does, at the field."""
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    kept = declared.get(pages.app, pages.configuration, "destinations", "acme")
    browser = pages.signed_in().get("/destinations/acme")
    browser.submit("Save", ad_account=number, description="more")
    assert (browser.status, sentence in browser.text) == (422, True)
    assert browser.response.text.index(sentence[:20]) < browser.response.text.index("Send Email")  # at the field
    assert dict(browser.form("Save").fields)["ad_account"] == number
    assert declared.get(pages.app, pages.configuration, "destinations", "acme") == kept
    assert "Works" in browser.get("/destinations").text
    browser.get("/destinations/acme").submit("Check now")
    pages.work()
    assert "CAMPAIGN_MANAGER" in str(pages.app.store.jobs.newest(1)[0].result)


def test_another_ad_account_is_the_destinations_once_it_was_tried(pages: Installed) -> None:
    """Also one that LinkedIn does not list, as at its Development tier; what is there is asked for from then on."""
    managed(pages, 77)
    for section in ("destinations", "audiences", "activations"):
        for name in pages.world.yaml[section]:
            declared.take_over(pages.app, pages.configuration, section, name)  # type: ignore[arg-type]
        pages.world.yaml[section] = {}
    pages.world.open()
    browser = pages.signed_in().get("/destinations/acme")
    pages.world.emulator.control.fault({"kind": "status", "status": 200, "body": {"elements": []}}, path="Users$")
    browser.submit("Save", ad_account="77", name="EMEA")
    assert "acme is called EMEA now" in browser.text
    row = destinations.one(pages.app, pages.configuration.current(), "EMEA")
    assert (row.state, row.ad_account) == ("in order", "urn:li:sponsoredAccount:77")
    assert (row.connection.account_name, row.connection.role) == ("Acme 77", "ACCOUNT_MANAGER")
    browser.submit("Check now")
    pages.work()
    (report,) = pages.app.store.jobs.newest(1)[0].result
    assert (report["ad_account"], report["role"]) == ("urn:li:sponsoredAccount:77", "ACCOUNT_MANAGER")
    assert pages.world.sync().state == "done"
    made = pages.world.emulator.control.segments()
    assert [each["account"] for each in made] == ["urn:li:sponsoredAccount:77"]


def test_an_ad_account_that_linkedin_cannot_be_asked_for_is_not_saved(pages: Installed) -> None:
    managed(pages, 77)
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    browser = pages.signed_in().get("/destinations/acme")
    unlike(pages, kind="status", status=503)
    browser.submit("Save", ad_account="77")
    assert (browser.status, 'role="alert"' in browser.response.text) == (422, True)
    assert "503" in browser.text
    assert pages.configuration.current().destinations["acme"].ad_account.endswith(":516848833")


def test_an_ad_account_that_is_fed_stays(pages: Installed) -> None:
    managed(pages, 77)
    pages.world.sync()
    declared.take_over(pages.app, pages.configuration, "destinations", "acme")
    browser = pages.signed_in().get("/destinations/acme")
    browser.submit("Save", ad_account="77")
    assert browser.status == 422
    assert (
        "but main still feeds the former: give the new account a destination of its own; or remove what feeds"
        in browser.text
    )
    assert pages.world.sync().unchanged == 2


def test_an_ad_account_that_a_file_changed_waits_until_it_was_checked(pages: Installed) -> None:
    managed(pages, 77)
    pages.world.yaml["destinations"]["acme"]["ad_account"] = 77
    pages.world.open()
    browser = pages.signed_in().get("/destinations")
    assert "Waiting for you: Account ID Changed It was ad account 516848833 when somebody signed in" in browser.text
    assert "Check now" in browser.get("/destinations/acme").text.partition("Account ID Changed")[2]
    browser.submit("Check now")
    pages.work()
    assert "Account ID Changed" not in browser.get("/destinations/acme").text
    assert "Acme 77" in browser.text


def test_saving_before_anybody_authorised_says_so(pages: Installed) -> None:
    """SEGMENT-11."""
    pages.world.yaml["destinations"]["fresh"] = {"ad_account": 516848835}
    pages.world.open()
    browser = pages.signed_in().get("/destinations/fresh")
    browser.submit("take it over")
    browser.submit("Save")
    assert (
        "Please authenticate via Oauth before updating other settings and/or enabling the destination." in browser.text
    )


NOT_YET = "Please authenticate via Oauth before updating other settings and/or enabling the destination."
TYPED = {"description": "Guests of 2026", "ad_account": "516848836", "send_google_advertising_id": "yes"}


def unconnected(pages: Installed, **more: Any) -> None:
    """A destination of the pages for which nobody signed in yet."""
    body = {"ad_account": 516848833, "enabled": False, "send_google_advertising_id": False, **more}
    declared.create(pages.app, pages.configuration, "destinations", "fresh", body)


@pytest.mark.parametrize("wrong", [{}, {"ad_account": "no number"}])
def test_what_was_typed_before_anybody_authorised_is_not_lost(pages: Installed, wrong: dict[str, str]) -> None:
    """SEGMENT-11, with every setting changed: the sentence, all of it as it was typed, and nothing of it kept; once
    somebody signed in, the same form saves it.
    """
    unconnected(pages)
    managed(pages, int(TYPED["ad_account"]))
    kept = declared.get(pages.app, pages.configuration, "destinations", "fresh")
    browser = pages.signed_in().get("/destinations/fresh")
    form = browser.form("Save")
    before = dict(form.fields)
    assert not {"enabled", "send_google_advertising_id"} & set(before), "both are off"
    typed = {**before, **TYPED, **wrong, "enabled": "yes"}
    typed.pop("send_email")
    browser.post(form.action, typed)
    assert browser.status == 422
    assert browser.text.count(NOT_YET) == 1
    assert dict(browser.form("Save").fields) == typed, "csrf and version too"
    assert declared.get(pages.app, pages.configuration, "destinations", "fresh") == kept
    pages.door.connect_token("fresh", pages.world.emulator.control.token())
    browser.post(form.action, list(browser.form("Save").fields))
    found = pages.configuration.current().destinations["fresh"]
    if wrong:
        assert (browser.status, dict(browser.form("Save").fields)) == (422, typed)
        return
    assert "fresh was saved" in browser.text
    assert (found.description, found.ad_account) == ("Guests of 2026", "urn:li:sponsoredAccount:516848836")
    assert (found.send_email, found.send_google_advertising_id, found.enabled) == (False, True, True)


@pytest.mark.parametrize(("on", "said"), [(False, "Switched off"), (True, "Not connected yet")])
def test_what_is_off_or_not_connected_stands_in_the_way_of_deliveries(pages: Installed, on: bool, said: str) -> None:
    pages.world.yaml["destinations"]["fresh"] = {"ad_account": 516848833, "enabled": on}
    pages.world.open()
    text = pages.signed_in(Role.ANALYST).get("/destinations/fresh/delivery").text.split("Delivery Issues")[1]
    assert text.split("What became of events")[0].strip().startswith(f"{said} Nothing is delivered to it until")
    assert "Nothing stands in the way" not in text


def test_every_tab_is_there_for_who_may_look(pages: Installed) -> None:
    pages.world.sync()
    browser = pages.signed_in(Role.ANALYST)
    for tab in ("", "/activations", "/delivery", "/runs"):
        assert browser.get(f"/destinations/acme{tab}").status == 200
    assert "Save" not in browser.get("/destinations/acme").text
    assert browser.get("/destinations/connect").status == 403
    assert browser.get("/destinations/nobody").status == 404


def test_runs_say_why_they_ended_without_names_and_commands(pages: Installed) -> None:
    pages.world.write(emails(*(f"p{n}" for n in range(40))))
    pages.world.sync()
    pages.world.write(emails("p0"))
    pages.world.sync()
    browser = pages.signed_in(Role.ANALYST).get("/destinations/acme/runs")
    assert "The removal guard stopped it" in browser.text
    assert "who:" not in browser.text
    assert "guestlist sync" not in browser.text


# ── privacy ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_person_is_forgotten_in_three_clicks_with_a_receipt(pages: Installed) -> None:
    pages.world.sync()
    browser = pages.signed_in(Role.MARKETER).click("Privacy")
    browser.submit("Forget", values="ann@example.com")
    pages.work()
    browser.get("/privacy")
    assert "Complete" in browser.text
    assert "ann@example.com" not in browser.text
    assert pages.world.told() == {digest("bob@example.com")}
    browser.submit("Let them come back", undo="ann@example.com")
    assert "may be added again" in browser.text
    assert pages.world.sync().added == 1


def test_what_cannot_be_forgotten_stands_at_the_form(pages: Installed) -> None:
    browser = pages.signed_in().get("/privacy")
    browser.submit("Forget", values="not an address")
    assert browser.status == 422
    assert "'not an address' cannot be forgotten" in browser.text
    browser.submit("Forget", values="ann@example.com\nbob@example.com, nobody")
    assert "'b***@example.com, nobody' cannot be forgotten" in browser.text
    assert pages.app.store.jobs.open() == []


def test_receipts_stay_sortable_beside_an_answer(pages: Installed) -> None:
    pages.world.sync()
    browser = pages.signed_in().get("/privacy")
    browser.submit("Forget", values="ann@example.com")
    pages.work()
    browser.get("/privacy").submit("Explain", activation="main", value="ann@example.com")
    assert "What main knows" in browser.text
    assert browser.click("Receipt").status == 200
    browser.submit("Forget", values="not an address")
    assert (browser.status, browser.click("Receipt").status) == (422, 200)


def test_explain_answers_masked_and_puts_nothing_into_an_address(pages: Installed) -> None:
    pages.world.sync()
    browser = pages.signed_in(Role.MARKETER).get("/privacy")
    browser.submit("Explain", value="Ann@Example.com")
    assert digest("ann@example.com").split(":")[1][:16] in browser.text
    assert "In" in browser.text
    assert "ann@example.com" not in browser.location
    assert pages.signed_in(Role.ANALYST).get("/privacy").status == 403
