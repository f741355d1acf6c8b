"""`guestlist config`: what the pages made as a file, and a file taken over."""

from __future__ import annotations

import yaml

from tests.cli.conftest import YAML, Desk, contacts

NOTIFY = "notify: {url: 'https://hooks.example.com/secret'}\n"


def test_a_file_is_shown_then_taken_over_then_the_same(desk: Desk) -> None:
    desk.write(YAML + NOTIFY)
    shown = desk("config", "apply", "guestlist.yaml", "--dry-run")
    assert shown.code == 0
    assert "+ destination acme" in shown.out
    assert "ad_account  516848833" in shown.out
    assert "Plan: 4 to create, 0 to change, 0 the same.\nNothing was changed." in shown.out
    assert "secret" not in shown.out + shown.err
    assert "***" in shown.out
    assert desk("config", "export").out == ""

    assert "4 created, 0 changed, 0 the same." in desk("config", "apply", "guestlist.yaml").out
    assert "= destination acme" in desk("config", "apply", "guestlist.yaml").out
    exported = yaml.safe_load(desk("config", "export").out)
    assert exported["activations"]["news"] == {"audience": "newsletter", "destination": "acme"}
    assert exported["audiences"]["newsletter"]["source"]["file"] == str(desk.folder / "people.csv")
    assert exported["notify"]["url"] == "https://hooks.example.com/secret"


def test_what_changes_is_shown_before_and_after(desk: Desk) -> None:
    desk.write(YAML)
    desk("config", "apply", "guestlist.yaml")
    desk.write(YAML.replace("{ad_account: 516848833}", "{ad_account: 516848834, send_email: false}"), "other.yaml")
    shown = desk("config", "apply", "other.yaml", "--dry-run")
    assert "~ destination acme" in shown.out
    assert "ad_account  516848833  →  516848834" in shown.out
    assert "send_email  –          →  false" in shown.out
    as_json = desk("config", "apply", "other.yaml", "--dry-run", "--json").json
    assert as_json[0] == {
        "section": "destinations",
        "name": "acme",
        "what": "change",
        "before": {"ad_account": "516848833"},
        "after": {"ad_account": "516848834", "send_email": "false"},
    }
    assert [each["what"] for each in as_json[1:]] == ["same", "same"]


def test_a_mistake_changes_nothing(desk: Desk) -> None:
    desk.write(YAML.replace("audience: newsletter", "audience: nobody"), "wrong.yaml")
    done = desk("config", "apply", "wrong.yaml")
    assert (done.code, done.out) == (2, "")
    assert "wrong.yaml, line 8" in done.err
    assert desk("config", "apply", "missing.yaml").code == 2
    assert "Nothing was made" in desk("config", "export").err


def test_what_the_next_sync_would_refuse_is_not_applied(connected: Desk) -> None:
    """In one sentence, and a dry run says it too."""
    connected.people(contacts(3))
    assert connected("sync").code == 0
    connected.write(YAML.replace("516848833", "516848834"), "other.yaml")
    for more in (["--dry-run"], []):
        done = connected("config", "apply", "other.yaml", *more)
        assert (done.code, done.out) == (2, "")
        assert "is now 516848834, but news still feeds the former" in " ".join(done.err.split())
    assert "Nothing was made" in connected("config", "export").err


def test_an_installation_that_lives_of_what_was_applied(desk: Desk) -> None:
    desk.write(YAML)
    desk("config", "apply", "guestlist.yaml")
    (desk.folder / "guestlist.yaml").unlink()
    assert [row["activation"] for row in desk("status", "--json").json] == ["news"]
