"""What commands do is in the activity log, as what pages do: who, what, before and after, once."""

from __future__ import annotations

from typing import Any

import pytest

from guestlist.core.permissions import LOCAL
from guestlist.store import open_store
from tests.cli.conftest import YAML, Desk, contacts

FURTHER = YAML + "  once: {audience: newsletter, destination: acme, mode: snapshot}\n"


def written(desk: Desk) -> list[tuple[str, str, dict[str, Any]]]:
    """Everything but what was there before, oldest first: what, to what, details."""
    with open_store(None, desk.environment["GUESTLIST_HOME"]) as store:
        entries = store.audit.latest(1000)
    assert {each.who for each in entries} == {LOCAL.name}
    return [(each.what, each.subject, dict(each.details)) for each in reversed(entries)]


def changed(details: dict[str, Any]) -> bool:
    return bool(details["before"]) and bool(details["after"]) and details["before"] != details["after"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("sync news", []),
        ("sync news --resend", [("send everybody again", "news")]),
        ("sync news --allow-removals 7", [("allow removals", "news")]),
        ("sync once --new-snapshot", [("new snapshot", "once")]),
        ("sync --resend", [("send everybody again", "news"), ("send everybody again", "once")]),
        ("sync news --resend --allow-removals 7", [("allow removals", "news"), ("send everybody again", "news")]),
        ("remove news --yes", [("remove", "news")]),
        ("rename news letters", [("rename", "news")]),
        ("rename acme again --destination", [("rename destination", "acme")]),
    ],
)
def test_what_a_command_changes_is_written_down_once(
    connected: Desk, command: str, expected: list[tuple[str, str]]
) -> None:
    connected.write(FURTHER)
    assert connected("sync").code == 0
    before = len(written(connected))
    done = connected(*command.split())
    assert done.code == 0, done.err
    found = written(connected)[before:]
    assert [(what, subject) for what, subject, _ in found] == expected
    assert all(changed(details) for _, _, details in found)


def test_what_an_order_says(connected: Desk) -> None:
    connected.write(FURTHER)
    connected("sync")
    segment = next(row["segment_id"] for row in connected("status", "--json").json if row["activation"] == "once")
    connected.people(contacts(10))
    assert connected("sync", "news").code == 3
    assert connected("sync", "news", "--allow-removals", "390").code == 0
    connected("sync", "once", "--new-snapshot")
    (_, _, allowed), (_, _, another) = written(connected)[-2:]
    allowance = allowed["before"]["removals_allowed"]
    assert allowance < 390
    assert allowed == {
        "before": {"removals_allowed": allowance},
        "after": {"removals_allowed": 390},
        "removals_waiting": 390,
    }
    assert another == {"before": {"linkedin_audience": segment}, "after": {"linkedin_audience": "a new one"}}


def test_what_is_not_there_is_not_ordered(connected: Desk) -> None:
    connected("sync", "nobody", "--resend")
    assert [what for what, _, _ in written(connected)] == ["connect"]


def test_people_keys_and_files_by_commands(connected: Desk) -> None:
    connected("sync")
    before = len(written(connected))
    connected.script("users", "create", "ann", "--role", "Marketer", "--password-stdin", stdin="four words of no use\n")
    for command in (
        "users disable ann", "users enable ann", "tokens create nightly --role Analyst", "tokens revoke nightly",
        "keys create site", "keys revoke site", "secrets rotate", "config apply guestlist.yaml",
        "forget person.1@example.com", "forget person.1@example.com --undo",
    ):  # fmt: skip
        done = connected(*command.split())
        assert done.code == 0, (command, done.err)
    found = written(connected)[before:]
    assert [what for what, _, _ in found] == [
        "create user", "disable user", "enable user", "create token", "revoke token", "create key", "revoke key",
        "seal again", "take over destination", "take over audience", "take over activation", "forget", "undo forget",
    ]  # fmt: skip
    assert "person.1" not in str(found).casefold()
