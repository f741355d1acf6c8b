"""Users, their sessions and links; tokens; who may do what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from guestlist import settings as environment
from guestlist.app import api_tokens, users
from guestlist.app.context import App
from guestlist.bootstrap import open_app
from guestlist.core.permissions import HOLDS, Permission, Role, person
from guestlist.errors import ChangedMeanwhile, ConfigError, PermissionMissing, UnknownName
from tests.clock import Clock

GOOD, OTHER = "four words make sense", "quite another sentence"


class Quick:
    """As argon2 is asked, without its work."""

    def hashed(self, password: str) -> str:
        return f"hashed {password[::-1]}"

    def matches(self, hashed: str | None, password: str) -> bool:
        return hashed == self.hashed(password)

    def is_stale(self, hashed: str) -> bool:
        return False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[App]:
    settings = environment.read({"GUESTLIST_HOME": str(tmp_path), "GUESTLIST_SECRET_KEY": "a key for tests"})
    opened = replace(open_app(settings, clock=clock), passwords=Quick(), who="root")
    yield opened
    opened.door.close()
    opened.store.close()


# ── passwords and sessions ───────────────────────────────────────────────────────────────────────────────────────
def test_the_first_link_makes_the_first_administrator_once(app: App) -> None:
    earlier, link = users.setup_link(app), users.setup_link(app)
    assert earlier is not None
    assert link is not None
    assert users.link_is_for(app, earlier) is None
    assert users.link_is_for(app, link) == ""
    session = users.use_link(app, link, "Ann", GOOD)
    found = users.signed_in(app, session)
    assert found is not None
    assert (found.name, found.role, found.is_administrator) == ("ann", Role.ADMINISTRATOR, True)
    assert users.setup_link(app) is None
    with pytest.raises(ConfigError, match="used already"):
        users.use_link(app, link, "bob", GOOD)


def test_an_invited_user_chooses_a_password_within_a_day(app: App, clock: Clock) -> None:
    assert users.create(app, "moe", Role.MARKETER).state == "invited"
    with pytest.raises(ConfigError, match="wrong"):
        users.sign_in(app, "moe", "")
    link = users.invite(app, "moe")
    assert users.link_is_for(app, link) == "moe"
    users.use_link(app, link, "somebody else", GOOD)
    assert [(each.name, each.state) for each in users.all_of(app)] == [("moe", "works")]
    late = users.invite(app, "moe")
    clock.sleep(users.LINK)
    assert users.link_is_for(app, late) is None


def test_a_disabled_user_gets_in_by_nothing(app: App) -> None:
    users.create(app, "moe", Role.MARKETER, GOOD)
    session, link = users.sign_in(app, "moe", GOOD), users.invite(app, "moe")
    assert users.disable(app, "moe").state == "disabled"
    assert users.signed_in(app, session) is None
    assert users.link_is_for(app, link) is None
    with pytest.raises(ConfigError, match="wrong"):
        users.sign_in(app, "moe", GOOD)
    with pytest.raises(ConfigError, match="used already"):
        users.use_link(app, link, "", OTHER)
    assert users.disable(app, "moe", disabled=False).state == "works"
    assert users.sign_in(app, "moe", GOOD)


def test_too_many_wrong_passwords_lock_for_a_while(app: App, clock: Clock) -> None:
    users.create(app, "moe", Role.MARKETER, GOOD)
    for _ in range(users.FAILS):
        with pytest.raises(ConfigError, match="wrong"):
            users.sign_in(app, "moe", OTHER)
    assert users.all_of(app)[0].state == "locked"
    with pytest.raises(ConfigError) as locked:
        users.sign_in(app, "moe", GOOD)
    with pytest.raises(ConfigError) as unknown:
        users.sign_in(app, "nobody", GOOD)
    assert str(locked.value) == str(unknown.value) == users.WRONG
    clock.sleep(users.LOCKED)
    assert users.sign_in(app, "moe", GOOD)


def test_a_session_ends_when_idle_and_at_last(app: App, clock: Clock) -> None:
    users.create(app, "moe", Role.MARKETER, GOOD)
    idle, busy, gone = (users.sign_in(app, "moe", GOOD) for _ in range(3))
    users.sign_out(app, gone)
    assert users.signed_in(app, gone) is None
    for _ in range(int(users.LASTS // users.IDLE) - 1):
        clock.sleep(users.IDLE)
        assert users.signed_in(app, busy) is not None
    assert users.signed_in(app, idle) is None
    clock.sleep(users.IDLE)
    assert users.signed_in(app, busy) is None


def test_a_new_password_ends_other_sessions(app: App) -> None:
    users.create(app, "moe", Role.MARKETER, GOOD)
    session = users.sign_in(app, "moe", GOOD)
    with pytest.raises(ConfigError, match="old password"):
        users.change_password(app, "moe", OTHER, GOOD)
    users.change_password(app, "moe", GOOD, OTHER)
    assert users.signed_in(app, session) is None
    assert users.sign_in(app, "moe", OTHER)


def test_the_old_password_cannot_be_guessed_in_a_session(app: App, clock: Clock) -> None:
    users.create(app, "moe", Role.MARKETER, GOOD)
    session = users.sign_in(app, "moe", GOOD)
    for tried in range(users.FAILS):
        assert users.signed_in(app, session) is not None, tried
        with pytest.raises(ConfigError, match="wrong"):
            users.change_password(app, "moe", f"{OTHER} {tried}", OTHER)
    assert users.signed_in(app, session) is None
    assert users.all_of(app)[0].state == "locked"
    said = [entry.what for entry in app.store.audit.latest(20)]
    assert (said.count("wrong password"), said.count("lock user")) == (users.FAILS, 1)
    with pytest.raises(ConfigError, match="try again in 15 minutes"):
        users.change_password(app, "moe", GOOD, OTHER)
    clock.sleep(users.LOCKED)
    users.change_password(app, "moe", GOOD, OTHER)
    assert users.sign_in(app, "moe", OTHER)


@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("ann", "short", "12 to 256"),
        ("ann", "x" * 300, "12 to 256"),
        ("ann", "aaaaaaaaaaaaaaaa", "easily guessed"),
        ("annette", "Annette and more", "easily guessed"),
        ("an n", GOOD, "1 to 100 letters"),
        ("", GOOD, "1 to 100 letters"),
        ("<b>", GOOD, "1 to 100 letters"),
    ],
)
def test_names_and_passwords_that_cannot_be(app: App, name: str, password: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        users.create(app, name, Role.ANALYST, password)
    assert users.all_of(app) == []


def test_a_short_name_is_in_every_password(app: App) -> None:
    assert users.create(app, "a", Role.ANALYST, GOOD).state == "works"


# ── roles ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_one_administrator_stays(app: App) -> None:
    users.create(app, "ann", Role.ADMINISTRATOR, GOOD)
    users.create(app, "invited", Role.ADMINISTRATOR)
    for change in (lambda: users.disable(app, "ann"), lambda: users.change_role(app, "ann", Role.ANALYST)):
        with pytest.raises(ConfigError, match="only Administrator"):
            change()
    users.create(app, "bob", Role.ADMINISTRATOR, GOOD)
    session = users.sign_in(app, "ann", GOOD)
    users.change_role(app, "ann", Role.ANALYST)
    found = users.signed_in(app, session)
    assert found is not None
    assert found.permissions == HOLDS[Role.ANALYST]


def test_names_are_compared_without_case_and_told_once(app: App) -> None:
    users.create(app, "Ann@Acme.com", Role.ANALYST)
    with pytest.raises(ChangedMeanwhile, match="already"):
        users.create(app, "ann@acme.com", Role.ANALYST)
    with pytest.raises(UnknownName):
        users.change_role(app, "nobody", Role.ANALYST)


def test_what_is_done_to_users_is_written_down_without_secrets(app: App) -> None:
    users.create(app, "moe", Role.MARKETER, GOOD)
    link = users.invite(app, "moe")
    users.disable(app, "moe")
    entries = app.store.audit.latest()
    assert [(each.who, each.what, each.subject) for each in entries] == [
        ("root", "disable user", "moe"),
        ("root", "invite user", "moe"),
        ("root", "create user", "moe"),
    ]
    assert GOOD not in (written := json.dumps([dict(each.details) for each in entries]))
    assert link not in written


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_token_stands_for_its_role_until_it_ends(app: App, clock: Clock) -> None:
    token = api_tokens.create(app, "nightly", Role.MARKETER, ends_at=clock.now() + 60)
    found = api_tokens.bearer(app, token)
    assert found is not None
    assert (found.name, found.role, found.user_id) == ("token nightly", Role.MARKETER, None)
    assert found.permissions == HOLDS[Role.MARKETER]
    assert [api_tokens.bearer(app, each) for each in ("", token[:-1], token + "x", "\ud800")] == [None] * 4
    clock.sleep(60)
    assert api_tokens.bearer(app, token) is None


def test_a_narrow_token(app: App) -> None:
    token = api_tokens.create(app, "narrow", Role.ADMINISTRATOR, [Permission.VIEW_SEGMENTS])
    found = api_tokens.bearer(app, token)
    assert found is not None
    assert found.may(Permission.VIEW_SEGMENTS)
    with pytest.raises(PermissionMissing, match="View Destinations") as told:
        found.need(Permission.VIEW_SEGMENTS, Permission.VIEW_DESTINATIONS)
    assert told.value.permission == "View Destinations"
    assert str(told.value) == (
        "token narrow has no permission to do this: it needs View Destinations, which the roles Administrator, "
        "Marketer and Analyst have. An Administrator can make a token with it under Settings, API tokens."
    )
    with pytest.raises(PermissionMissing, match=r"the role Administrator\. An Administrator can make a token with it"):
        found.need_administrator()
    nothing = api_tokens.bearer(app, api_tokens.create(app, "nothing", Role.ADMINISTRATOR, []))
    assert nothing is not None
    assert nothing.permissions == frozenset()
    with pytest.raises(ConfigError, match="only be narrowed down"):
        api_tokens.create(app, "wide", Role.ANALYST, [Permission.VIEW_PROFILES])


def test_a_revoked_token_opens_nothing_and_its_name_is_free(app: App) -> None:
    first = api_tokens.create(app, "nightly", Role.ANALYST)
    with pytest.raises(ChangedMeanwhile, match="already"):
        api_tokens.create(app, "nightly", Role.ANALYST)
    api_tokens.revoke(app, "nightly")
    assert api_tokens.bearer(app, first) is None
    with pytest.raises(UnknownName):
        api_tokens.revoke(app, "nightly")
    second = api_tokens.create(app, "nightly", Role.MARKETER)
    assert api_tokens.bearer(app, first) is None
    assert api_tokens.bearer(app, second) is not None
    (row,) = api_tokens.all_of(app)
    assert (row.role, row.scopes, row.revoked, row.created_by) == (Role.MARKETER, None, None, "root")


def test_a_refusal_says_who_can_grant_it() -> None:
    with pytest.raises(PermissionMissing) as told:
        person("moe", Role.ANALYST).need(Permission.ACTIVATE_DESTINATIONS)
    assert "which the roles Administrator and Marketer have" in str(told.value)
    assert "An Administrator can change the role" in str(told.value)
