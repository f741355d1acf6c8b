"""Connecting with a token, and how long a destination works until a person has to authorise again."""

from __future__ import annotations

import gc
from contextlib import suppress
from dataclasses import replace

import httpx2
import pytest

from guestlist.app import connection
from guestlist.app.context import App
from guestlist.config import Config
from guestlist.errors import (
    REFRESH_TOKEN_EXPIRED,
    ChangedMeanwhile,
    ConfigError,
    NeedsPerson,
    NeedsReauthorization,
    UnknownName,
)
from tests.world import ACCOUNT, World, emails

DAY = 86_400


@pytest.mark.parametrize("known", [True, False], ids=["said", "not said"])
def test_connecting_refreshes_a_token_that_has_ended(world: World, known: bool) -> None:
    response = world.emulator.control.token()
    world.emulator.control.revoke_tokens(response["access_token"])
    report = world.open().connect_token("acme", response | ({"expires_in": 0} if known else {}))
    assert report.problems == ()
    assert world.app is not None
    credential, _ = world.app.store.destinations.credential("acme")
    assert credential is not None
    assert credential.token.access_token != response["access_token"]
    assert credential.token.expires_at == report.token_ends
    assert (report.token_ends or 0) > world.clock.now() + 59 * DAY
    assert world.open().check()[0].problems == ()


def test_connecting_tells_why_a_token_cannot_be_refreshed(world: World) -> None:
    response = world.emulator.control.token()
    world.emulator.control.revoke_tokens()
    with pytest.raises(NeedsReauthorization, match="consent has ended"):
        world.open().connect_token("acme", response)


def test_a_refresh_token_needs_the_application(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    renewing = world.open().check()[0]
    assert renewing.renews
    assert renewing.works_until == renewing.refresh_ends
    assert (renewing.works_until or 0) > world.clock.now() + 300 * DAY
    environ = world.environ()
    monkeypatch.setattr(
        world, "environ", lambda: {name: value for name, value in environ.items() if "CLIENT" not in name}
    )
    world.close()
    assert world.open().check()[0].renews, "it was connected with the application's id and secret"
    world.connect()
    alone = world.open().check()[0]
    assert alone.refresh_ends is not None
    assert not alone.renews
    assert alone.works_until == alone.token_ends


def test_status_knows_how_long_the_authorisation_works(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    row, report = world.open().status()[0], world.open().check()[0]
    assert row.works_until == report.works_until == report.refresh_ends
    alone = world.emulator.control.token(expires_in=13 * DAY)
    del alone["refresh_token"]
    ends = world.open().connect_token("acme", alone).token_ends
    assert world.open().status()[0].works_until == ends


# ── another ad account ───────────────────────────────────────────────────────────────────────────────────────────
def account(world: World, number: int, role: str) -> None:
    """One more ad account, on which whoever signs in has a role."""
    roles = [{"account": number, "member": "AbC123xyz", "role": role}]
    world.emulator.control.seed({"accounts": [{"id": number, "name": f"Acme {number}"}], "roles": roles})
    world.yaml["destinations"]["acme"]["ad_account"] = number


def test_a_file_that_says_another_ad_account_has_it_checked_before_it_is_fed(world: World) -> None:
    """The sign-in stays; check asks LinkedIn for what the file says, and takes it where that is well."""
    world.write(emails("ann"))
    account(world, 77, "CAMPAIGN_MANAGER")
    door = world.open()
    found = connection.stands(door.app, door.config, "acme")
    assert (found.state, found.label) == ("parked", connection.ACCOUNT_CHANGED)
    with pytest.raises(ConfigError, match=f"was ad account {ACCOUNT} .* is now 77: check it first") as told:
        world.sync()
    assert told.value.place == ("destinations", "acme", "ad_account")
    (report,) = door.check()
    assert (report.ad_account, report.problems) == ("urn:li:sponsoredAccount:77", ())
    assert connection.stands(door.app, door.config, "acme").account_name == "Acme 77"
    assert world.sync().state == "done"


@pytest.mark.parametrize("again", [False, True])
def test_what_linkedin_said_counts_while_the_same_person_is_signed_in(world: World, again: bool) -> None:
    """Another account is tried, and unparks the destination; whoever signs in meanwhile is not overwritten."""
    account(world, 77, "CAMPAIGN_MANAGER")
    door, urn = world.open(), "urn:li:sponsoredAccount:77"
    door.app.store.destinations.park("acme", "role", "Viewer")
    judged = connection.judged(door.app, {"acme": door.config.destinations["acme"]}, "acme", urn)
    assert judged is not None
    if again:
        world.clock.sleep(1.0)
        world.yaml["destinations"]["acme"]["ad_account"] = ACCOUNT
        world.connect()
        with pytest.raises(ChangedMeanwhile, match="signed in to LinkedIn for this destination meanwhile"):
            connection.took(door.app, judged)
    else:
        connection.took(door.app, judged)
    found = door.app.store.destinations.get("acme")
    assert found is not None
    assert (found.state, found.ad_account == urn) == ("", not again)


def test_accounts_that_are_tried_leave_nothing_open(world: World) -> None:
    door = world.open()
    described = {"acme": door.config.destinations["acme"]}
    for number in range(1, 30):
        with suppress(NeedsPerson):
            connection.judged(door.app, described, "acme", f"urn:li:sponsoredAccount:{number}")
    gc.collect()
    clients = [each for each in gc.get_objects() if isinstance(each, httpx2.Client) and not each.is_closed]
    assert len(clients) < 10


@pytest.mark.parametrize(
    ("fed", "problem"), [(False, "role: whoever signed in"), (True, "main still feeds the former")]
)
def test_a_check_of_another_ad_account_stops_nothing_that_is_fed(world: World, fed: bool, problem: str) -> None:
    world.write(emails("ann"))
    world.sync()
    before = world.open().app.store.destinations.get("acme")
    account(world, 77, "CAMPAIGN_MANAGER" if fed else "VIEWER")
    (report,) = world.open().check()
    assert problem in report.problems[0]
    assert world.open().app.store.destinations.get("acme") == before
    world.yaml["destinations"]["acme"]["ad_account"] = ACCOUNT
    assert world.sync().unchanged == 1


def test_signing_in_for_another_ad_account_is_refused_while_the_former_is_fed(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    account(world, 77, "CAMPAIGN_MANAGER")
    before = world.open().app.store.destinations.get("acme")
    with pytest.raises(ConfigError, match="main still feeds the former"):
        world.connect()
    assert world.open().app.store.destinations.get("acme") == before


# ── consents that begin here ─────────────────────────────────────────────────────────────────────────────────────
BACK = "http://127.0.0.1:8000/callback"


@pytest.fixture
def ann(world: World) -> tuple[App, Config]:
    world.yaml["destinations"]["other"] = {"ad_account": 516848833}
    door = world.open()
    return replace(door.app, who="ann"), door.config


def test_a_consent_connects(world: World, ann: tuple[App, Config]) -> None:
    app, config = ann
    assert connection.stands(app, config, "other").state == "not connected"
    address, state = connection.begin_consent(app, config, "other", BACK)
    back = world.consent(address)
    assert back["state"] == state
    report = connection.finish_consent(app, config, "other", back["code"], state, BACK)
    assert report.problems == ()
    found = connection.stands(app, config, "other")
    assert (found.state, found.role, found.renews) == ("connected", "CAMPAIGN_MANAGER", True)
    assert found.works_until == report.works_until
    with pytest.raises(ConfigError, match="used already"):
        connection.finish_consent(app, config, "other", back["code"], state, BACK)


@pytest.mark.parametrize("other", ["person", "destination", "address", "state", "time"])
def test_a_state_is_for_one_person_destination_and_address(world: World, ann: tuple[App, Config], other: str) -> None:
    app, config = ann
    address, state = connection.begin_consent(app, config, "other", BACK)
    code = world.consent(address)["code"]
    if other == "time":
        world.clock.sleep(connection.CONSENT)
    with pytest.raises(ConfigError, match="begin it again"):
        connection.finish_consent(
            replace(app, who="bob") if other == "person" else app,
            config,
            "acme" if other == "destination" else "other",
            code,
            "x" if other == "state" else state,
            f"{BACK}/x" if other == "address" else BACK,
        )
    assert connection.stands(app, config, "other").state == "not connected"


def test_a_consent_for_what_is_not_there(ann: tuple[App, Config]) -> None:
    app, config = ann
    with pytest.raises(UnknownName, match="nobody"):
        connection.begin_consent(app, config, "nobody", BACK)


def test_how_a_destination_stands(world: World) -> None:
    app = world.open().app
    app.store.destinations.park("acme", "role", "it may only look")
    config = world.open().config
    found = connection.stands(app, config, "acme")
    assert (found.state, found.label) == ("parked", "role")
    app.store.destinations.unpark("acme")
    world.clock.sleep(366 * DAY)
    over = connection.stands(app, config, "acme")
    assert (over.state, over.label) == ("expired", REFRESH_TOKEN_EXPIRED)
    assert "signs in to LinkedIn again" in over.reason


def test_the_log_says_who_authorised_before_and_after(world: World) -> None:
    """Never with what they were given."""
    another = "urn:li:person:another"
    app = world.open().app
    (entry,) = app.store.audit.latest(9, what="connect", subjects=["acme"])
    first = app.store.destinations.get("acme")
    assert first is not None
    assert (entry.details["before"], entry.details["after"]["member"]) == (None, first.member)
    app.store.destinations.update("acme", member=another, role="VIEWER")
    response = world.emulator.control.token()
    world.clock.sleep(60.0)
    world.open().connect_token("acme", response)
    entry = app.store.audit.latest(1, what="connect", subjects=["acme"])[0]
    before, after = entry.details["before"], entry.details["after"]
    assert (before["member"], before["role"], before["authorised"]) == (another, "VIEWER", first.authorised_at)
    assert (after["member"], after["role"], after["ad_account"]) == (first.member, first.role, first.ad_account)
    assert after["authorised"] == world.clock.now() > before["authorised"]
    assert set(before) == set(after) == {"member", "role", "ad_account", "authorised"}
    assert not any(str(value) in str(entry) for value in response.values() if isinstance(value, str))
