"""Users and tokens as somebody with a shell keeps them."""

from __future__ import annotations

import re

import pytest

from tests.cli.conftest import Desk


def test_a_user_is_made_with_a_link_that_works_once(desk: Desk) -> None:
    assert desk("users", "list").err.startswith("There is no user yet")
    made = desk("users", "create", "ann@acme.com", "--role", "administrator", "--json").json
    assert (made["name"], made["role"]) == ("ann@acme.com", "Administrator")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/setup/[\w-]{40,}", made["link"])
    plain = desk("users", "create", "ben", "--role", "Marketer")
    assert plain.out.startswith("http://127.0.0.1:8000/setup/")
    assert "once, within a day" in plain.err
    rows = desk("users", "list", "--json").json
    assert [(row["name"], row["state"], row["created_by"]) for row in rows] == [
        ("ann@acme.com", "invited", "local"),
        ("ben", "invited", "local"),
    ]
    shown = desk("users", "list").out
    assert "Marketer" in shown
    assert made["link"] not in shown


def test_a_password_may_come_from_standard_input(desk: Desk) -> None:
    done = desk.script(
        "users",
        "create",
        "ann",
        "--role",
        "Administrator",
        "--password-stdin",
        stdin="a long enough one\n",
    )
    assert done.out == "ann can sign in as Administrator.\n"
    assert desk("users", "list", "--json").json[0]["state"] == "works"
    weak = desk.script("users", "create", "ben", "--role", "Analyst", "--password-stdin", stdin="short\n")
    assert weak.code == 2
    assert "12 to 256 characters" in weak.err
    assert desk("users", "disable", "ann").err.startswith("Error: 'ann' is the only Administrator")
    desk.script("users", "create", "eve", "--role", "Administrator", "--password-stdin", stdin="other words entirely\n")
    assert desk("users", "disable", "ann").out == "ann cannot sign in any more.\n"
    assert desk("users", "enable", "ann").out == "ann can sign in again.\n"


def test_a_token_is_told_once_narrowed_down_and_revoked(desk: Desk) -> None:
    assert desk("tokens", "list").err.startswith("There is no token yet")
    scopes = ("--scope", "View Destinations", "--scope", "view segments")
    made = desk("tokens", "create", "nightly", "--role", "Analyst", *scopes, "--days", "30", "--json").json
    assert set(made) == {"token"}
    assert desk("tokens", "create", "all", "--role", "Marketer").out.strip() != made["token"]
    rows = {row["name"]: row for row in desk("tokens", "list", "--json").json}
    assert rows["nightly"]["scopes"] == ["View Destinations", "View Segments"]
    assert rows["all"]["scopes"] is None
    shown = desk("tokens", "list").out
    assert "30 days left" in shown
    assert made["token"] not in shown
    assert desk("tokens", "revoke", "nightly").out == "The token 'nightly' was revoked.\n"
    assert "revoked just now" in desk("tokens", "list").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("users", "create", "ann", "--role", "God"), "the roles are Administrator, Marketer, Analyst"),
        (("users", "create", "no blanks", "--role", "Analyst"), "letters, digits"),
        (("users", "disable", "nobody"), "no user 'nobody'"),
        (("tokens", "create", "x", "--role", "Analyst", "--scope", "Everything"), "no permission 'Everything'"),
        (("tokens", "create", "x", "--role", "Analyst", "--scope", "Manage Destinations"), "does not hold"),
        (("tokens", "revoke", "nobody"), "No token 'nobody'"),
    ],
)
def test_what_cannot_be_is_one_sentence(desk: Desk, words: tuple[str, ...], said: str) -> None:
    done = desk(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
