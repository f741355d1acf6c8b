import pytest

from guestlist.core import words
from guestlist.errors import NeedsPerson, NeedsReauthorization
from guestlist.linkedin.accounts import ROLES, missing_scopes
from guestlist.linkedin.destination import LinkedIn
from guestlist.linkedin.oauth import OAuth, token_from_response
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.transport import EmulatorTransport
from tests.linkedin.kit import CLIENT_ID, CLIENT_SECRET, NOW, OAUTH, EmulatorClock, FakeTokens, client, old_token

VIEWED, TEST, FOREIGN = 516848834, 516848835, 516848899


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(frozen_clock=True)
    emulator.control.clock(now=NOW)
    emulator.control.seed({"roles": [{"account": TEST, "member": "AbC123xyz", "role": "ACCOUNT_MANAGER"}]})
    return emulator


def destination(emulator: Emulator, account: int = 516848833, *, scopes=None, listed: bool = True) -> LinkedIn:
    clock = EmulatorClock(emulator.control)
    record = emulator.control.token(scopes=scopes)
    token = token_from_response(record if listed else {**record, "scope": ""}, NOW - 100)
    transport = EmulatorTransport(emulator)
    oauth = OAuth(OAUTH, CLIENT_ID, CLIENT_SECRET, clock, transport=transport)
    return LinkedIn(client(transport, FakeTokens(token), clock), f"urn:li:sponsoredAccount:{account}", oauth)


def needs(label: str, about: LinkedIn) -> str:
    with pytest.raises(NeedsPerson) as error:
        about.check()
    assert error.value.label == label
    return str(error.value)


def test_everything_is_there(emulator):
    account = destination(emulator).check()
    assert (account.member, account.name, account.role) == ("urn:li:person:AbC123xyz", "Acme EMEA", "CAMPAIGN_MANAGER")
    assert account.account == "urn:li:sponsoredAccount:516848833"
    assert {"rw_dmp_segments", "rw_ads"} <= set(account.scopes)
    paths = [request["path"] for request in emulator.control.requests()]
    key = "(account:urn%3Ali%3AsponsoredAccount%3A516848833,user:urn%3Ali%3Aperson%3AAbC123xyz)"
    assert paths[:2] == ["/rest/me", f"/rest/adAccountUsers/{key}"]


@pytest.mark.parametrize("role", ROLES)
def test_four_roles_pass(emulator, role):
    emulator.control.seed({"roles": [{"account": 516848833, "member": "AbC123xyz", "role": role}]})
    assert destination(emulator).check().role == role


def test_three_distinct_messages(emulator):
    viewer = needs("role", destination(emulator, VIEWED))
    unknown = needs("ad account", destination(emulator, 1))
    assert needs("ad account", destination(emulator, FOREIGN)).replace(str(FOREIGN), "1") == unknown
    assert "Invalid LinkedIn Ad Account id 1:" in unknown
    assert "Viewer" in viewer
    assert all(words.role(role) in viewer for role in ROLES)
    assert "Campaign Manager > Account settings > Manage access" in viewer
    about = destination(emulator)
    emulator.control.expire_tokens()
    with pytest.raises(NeedsReauthorization) as invalid:
        about.check()
    assert len({viewer, unknown, str(invalid.value)}) == 3


def test_a_test_account_is_refused(emulator):
    assert "test ad account" in needs("test account", destination(emulator, TEST))


@pytest.mark.parametrize("listed", [True, False])
def test_missing_scopes_are_named(emulator, listed):
    text = needs("scope", destination(emulator, scopes=["rw_ads"], listed=listed))
    assert "rw_dmp_segments" in text
    assert "r_basicprofile" in text
    assert "rw_ads (" not in text


def test_openid_instead_of_the_basic_profile(emulator):
    about = destination(emulator, scopes=["rw_ads", "rw_dmp_segments", "openid", "profile"])
    assert about.check().member == "urn:li:person:AbC123xyz"


def test_unknown_scopes_are_left_to_linkedin(emulator):
    assert missing_scopes(()) == []
    record = emulator.control.token(scopes=["rw_ads", "rw_dmp_segments"])
    token = token_from_response({**record, "scope": ""}, NOW - 100)
    talking = client(EmulatorTransport(emulator), FakeTokens(token), EmulatorClock(emulator.control))
    assert "r_basicprofile" in needs("scope", LinkedIn(talking, "urn:li:sponsoredAccount:516848833"))


def test_a_program_that_is_not_approved(emulator):
    emulator.control.config(audiences_program=False)
    about = destination(emulator)
    about.check()
    with pytest.raises(NeedsPerson) as error:
        about.find_segments("urn:li:sponsoredAccount:516848833")
    assert error.value.label == "approval"
    assert "Audiences program" in str(error.value)


def test_no_scope_is_known_of_a_bare_token():
    assert old_token().scope == ""


def test_what_can_be_chosen_is_said_before_it_is_chosen(emulator):
    """Neither a viewer's nor a test account."""
    offered = {each.account.rpartition(":")[2]: (each.usable, each.test) for each in destination(emulator).reachable()}
    assert offered == {"516848833": (True, False), str(TEST): (False, True), str(VIEWED): (False, False)}
