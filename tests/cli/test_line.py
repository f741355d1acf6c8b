"""Commands of the line and those that look at it, against a real home and an emulated LinkedIn."""

from __future__ import annotations

import csv
import hashlib
import json
import time
import tomllib
from pathlib import Path

import pytest

import guestlist
from linkedin_emulator.running import RunningEmulator
from tests.cli.conftest import YAML, Desk, contacts, on_a_terminal

SYNC_FIELDS = {
    "activation", "segment_id", "added", "removed", "changed", "unchanged", "duplicates", "rejected", "pending",
    "parked", "requests", "seconds",
}  # fmt: skip
PLAN_FIELDS = {
    "activation", "adds", "removes", "unchanged", "rejected", "rejected_by_reason", "requests", "seconds_at_limit",
    "guard", "mapping",
}  # fmt: skip
STATUS_FIELDS = {
    "activation", "state", "reason", "segment_id", "linkedin_status", "input", "matched", "audience_size", "as_of",
    "last_run",
}  # fmt: skip


# ── init ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_init_writes_a_file_that_plans(desk: Desk) -> None:
    desk.people(contacts(30))
    done = desk("init", "people.csv")
    assert done.code == 0, done.err
    assert "guestlist plan" in done.err
    assert "file: people.csv" in (desk.folder / "guestlist.yaml").read_text()
    assert desk("plan", "--json").json[0]["adds"] == 30


def test_init_never_writes_over_a_file(desk: Desk) -> None:
    desk.people(contacts(3))
    desk.write("mine")
    done = desk("init", "people.csv")
    assert done.code == 2
    assert "--force" in done.err
    assert (desk.folder / "guestlist.yaml").read_text() == "mine"
    assert desk("init", "people.csv", "--force", "--members", "people").code == 0
    assert "activations:" in (desk.folder / "guestlist.yaml").read_text()


def test_init_elsewhere_names_the_list_relative_to_the_yaml(desk: Desk) -> None:
    desk.people(contacts(3))
    (desk.folder / "conf").mkdir()
    assert desk("init", "people.csv", "-o", "conf/lists.yaml").code == 0
    assert "file: ../people.csv" in (desk.folder / "conf" / "lists.yaml").read_text().replace('"', "")
    assert desk("plan", "-f", "conf/lists.yaml").code == 0


def test_init_of_nothing(desk: Desk) -> None:
    done = desk("init", "nothing.csv")
    assert done.code == 1
    assert "nothing.csv" in done.err
    assert len(done.err.splitlines()) == 1


# ── plan ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_plan_as_json_is_one_array_with_its_fixed_fields(connected: Desk) -> None:
    done = connected("plan", "--json")
    assert done.code == 0
    assert done.err == ""
    (plan,) = done.json
    assert plan.keys() >= PLAN_FIELDS
    assert (plan["adds"], plan["removes"], plan["unchanged"]) == (400, 0, 0)
    assert plan["mapping"]["email"] == ["email"]


def test_plan_for_people(connected: Desk) -> None:
    done = connected("plan", "news")
    assert done.code == 0
    assert "+  400  to add" in done.out
    assert "Nothing was sent." in done.out
    assert "firstName" in done.out


def test_plan_sends_nothing(connected: Desk, linkedin: RunningEmulator) -> None:
    before = len(linkedin.emulator.control.requests())
    connected("plan")
    assert len(linkedin.emulator.control.requests()) == before


def test_lists_for_linkedin_need_no_connection(desk: Desk) -> None:
    desk.people(contacts(30))
    desk.write(YAML)
    done = desk("plan", "--linkedin-csv", "upload", "--json")
    assert done.code == 0, done.err
    (name,) = done.json[0]["files"]
    with Path(name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 30
    assert len(rows[0]["email"]) == 64
    assert "Upload them in Campaign Manager" in desk("plan", "--linkedin-csv", "upload").out


def test_who_is_on_no_list_of_linkedins_is_said(desk: Desk) -> None:
    sha512 = hashlib.sha512(b"ann@example.com").hexdigest()
    desk.people([*contacts(2), {"contact_id": "X", "email": sha512, "first_name": "Ann"}])
    desk.write(YAML)
    done = desk("plan", "--linkedin-csv", "upload")
    assert "news: 1 member could not be written: LinkedIn's lists take no SHA-512" in done.out
    assert "Upload them" in done.out
    desk.people([{"contact_id": "X", "email": sha512, "first_name": "Ann"}])
    done = desk("plan", "--linkedin-csv", "upload")
    assert "Upload them" not in done.out
    assert "no list was written" in done.out
    (plan,) = desk("plan", "--linkedin-csv", "upload", "--json").json
    assert (plan["files"], plan["left_out"]) == ([], 1)


def test_one_unreadable_list_does_not_keep_the_others_from_being_planned(desk: Desk) -> None:
    desk.people(contacts(3))
    two = YAML.replace("activations:", "  gone: {members: people, source: {file: gone.csv}}\nactivations:")
    desk.write(f"{two}  lost: {{audience: gone, destination: acme}}\n")
    done = desk("plan", "--json")
    assert done.code == 1
    news, lost = done.json
    assert (news["state"], news["adds"]) == ("done", 3)
    assert (lost["state"], lost["adds"]) == ("failed", 0)
    assert "gone.csv does not exist" in lost["reason"]
    shown = desk("plan", "--linkedin-csv", "upload")
    assert shown.code == 1
    assert "gone.csv does not exist" in shown.out
    assert (desk.folder / "upload" / "news-001.csv").is_file()
    assert desk("plan", "lost").code == 1


def test_an_unknown_activation(connected: Desk) -> None:
    done = connected("plan", "newz")
    assert done.code == 2
    assert "newz" in done.err


# ── sync ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_sync_as_json_adds_up(connected: Desk) -> None:
    people = contacts(400)
    people += [people[0], {"contact_id": "X", "email": "no address", "first_name": "Ada"}]
    connected.people(people)
    done = connected("sync", "--json")
    assert (done.code, done.err) == (0, "")
    (run,) = done.json
    assert run.keys() >= SYNC_FIELDS
    assert run["added"] + run["changed"] + run["unchanged"] + run["duplicates"] + run["rejected"] == 402
    assert (run["added"], run["duplicates"], run["rejected"]) == (400, 1, 1)


def test_strict_minds_rejected_rows(connected: Desk) -> None:
    connected.people([*contacts(10), {"contact_id": "X", "email": "no address", "first_name": "Ada"}])
    assert connected("sync").code == 0
    assert connected("sync", "--strict").code == 4


def test_sync_for_people(connected: Desk) -> None:
    done = connected("sync", "news")
    assert done.code == 0
    assert "news" in done.out
    assert "400" in done.out
    assert connected("sync", "news").code == 0


def test_the_guard_stops_a_short_list_and_lets_it_pass_once(connected: Desk, linkedin: RunningEmulator) -> None:
    connected("sync")
    connected.people(contacts(100))
    plan = connected("plan")
    assert plan.code == 3
    assert "guestlist sync news --allow-removals 300" in plan.out
    stopped = connected("sync")
    assert stopped.code == 3
    assert "300" in stopped.out
    (who,) = (each["who"] for each in connected("sync", "--json").json)
    assert len(who) == 10
    assert all(name in "".join(out.split()) for out in (plan.out, stopped.out, connected("status").out) for name in who)
    assert connected("sync", "--allow-removals", "299").code == 3
    assert _inside(linkedin) == 400
    passed = connected("sync", "news", "--allow-removals", "300", "--json")
    assert (passed.code, passed.json[0]["removed"]) == (0, 300)
    assert _inside(linkedin) == 100


def _inside(linkedin: RunningEmulator) -> int:
    (segment,) = linkedin.emulator.control.segments()
    return len(linkedin.emulator.control.segment(segment["id"])["identifiers"])


def test_an_unreadable_list_fails_and_removes_nobody(connected: Desk, linkedin: RunningEmulator) -> None:
    connected("sync")
    (connected.folder / "people.csv").write_bytes(b"")
    done = connected("sync")
    assert done.code == 1
    assert "people.csv" in done.out + done.err
    assert _inside(linkedin) == 400


def test_a_day_limit_waits_for_linkedin(connected: Desk, linkedin: RunningEmulator) -> None:
    linkedin.emulator.control.config(member_calls_per_day=1)
    done = connected("sync", "--json")
    assert done.code == 5
    assert done.json[0]["state"] == "pending"


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_status_before_and_after(connected: Desk) -> None:
    assert connected("status", "--json").json[0]["state"] == "never synced"
    connected("sync")
    done = connected("status", "--json")
    (row,) = done.json
    assert row.keys() >= STATUS_FIELDS
    assert (row["state"], row["told"]) == ("in step", 400)
    assert abs(row["last_run"] - time.time()) < 600
    shown = connected("status", "--live")
    assert "in step" in shown.out
    assert "BUILDING" in shown.out


def test_an_activation_gone_from_the_file_is_shown(connected: Desk) -> None:
    connected("sync")
    connected.write(YAML.replace("  news:", "  other:"))
    states = {row["activation"]: row["state"] for row in connected("status", "--json").json}
    assert states == {"news": "not in the file", "other": "never synced"}


def test_runs(connected: Desk) -> None:
    assert "There was no run yet" in connected("runs").err
    connected("sync")
    (run,) = connected("runs", "--json").json
    assert SYNC_FIELDS | {"run", "started", "state"} <= run.keys()
    assert run["added"] == 400
    assert "just now" in connected("runs", "news").out


def test_rejected_rows_everywhere(connected: Desk) -> None:
    connected.people([*contacts(10), {"contact_id": "X-1", "email": "no address", "first_name": "Ada"}])
    connected("sync")
    (row,) = connected("rejected", "news", "--json").json
    assert row.keys() == {"row", "key", "reason", "since"}
    assert (row["row"], row["key"], row["reason"]) == (11, "X-1", "not an e-mail address")
    assert "not an e-mail address" in connected("rejected", "news").out
    done = connected("rejected", "news", "--csv", "rejected.csv")
    assert "1 rejected rows written" in done.err
    file = connected.folder / "rejected.csv"
    assert file.stat().st_mode & 0o777 == 0o600
    with file.open(newline="") as table:
        assert [row["key"] for row in csv.DictReader(table)] == ["X-1"]


def test_no_rejected_rows(connected: Desk) -> None:
    connected("sync")
    assert "no rejected rows" in connected("rejected", "news").err
    assert connected("rejected", "news", "--json").json == []


def test_explain_masks_unless_it_may_show(connected: Desk) -> None:
    connected("sync")
    hidden = connected("explain", "news", " Person.7@Example.com ")
    assert hidden.code == 0
    assert "person.7@" not in hidden.out.lower()
    assert "SHA256_EMAIL" in hidden.out
    shown = connected("explain", "news", " Person.7@Example.com ", "--show", "--json").json
    assert "person.7@example.com" in json.dumps(shown)
    assert shown["told"][0]["state"] == "in"


def test_explain_reads_standard_input(connected: Desk) -> None:
    connected("sync")
    done = connected.script("explain", "news", "-", "--json", stdin="person.7@example.com\n")
    assert json.loads(done.out)["told"][0]["state"] == "in"


# ── wishes and changes ───────────────────────────────────────────────────────────────────────────────────────────
def test_forget_removes_blocks_and_can_be_undone(connected: Desk, linkedin: RunningEmulator) -> None:
    connected("sync")
    receipt = connected("forget", "Person.7@example.com", "--json")
    assert receipt.code == 0
    assert receipt.json["state"] == "complete"
    assert "erson.7" not in receipt.out
    assert _inside(linkedin) == 399
    assert connected("sync", "--json").json[0]["rejected"] == 1
    assert "complete" in connected("forget", "--list").out
    assert len(connected("forget", "--list", "--json").json) == 1
    assert "may be added again" in connected("forget", "person.7@example.com", "--undo").err
    connected("sync")
    assert _inside(linkedin) == 400


def test_forget_reads_standard_input_and_needs_no_file(connected: Desk) -> None:
    connected("sync")
    (connected.folder / "guestlist.yaml").unlink()
    done = connected.script("forget", "-", stdin="person.7@example.com\nperson.8@example.com\n")
    assert done.code == 0, done.err
    assert "complete" in done.out


def test_rename_and_remove(connected: Desk, linkedin: RunningEmulator) -> None:
    connected("sync")
    assert connected("rename", "news", "letters").code == 0
    connected.write(YAML.replace("  news:", "  letters:"))
    (run,) = connected("sync", "--json").json
    assert (run["activation"], run["added"], run["unchanged"]) == ("letters", 0, 400)
    done = connected("remove", "letters", "--delete-segment", "--yes")
    assert done.code == 0
    assert done.out
    assert linkedin.emulator.control.segments() == []


def test_rename_a_destination(connected: Desk) -> None:
    connected("sync")
    done = connected("rename", "acme", "emea", "--destination")
    assert (done.code, "also where activations name it" in done.out) == (0, True)
    connected.write(YAML.replace("acme", "emea"))
    (run,) = connected("sync", "--json").json
    assert (run["added"], run["unchanged"], run["requests"]) == (0, 400, 0)
    assert connected("check", "emea").code == 0
    assert connected("rename", "acme", "other", "--destination").code == 2


@pytest.mark.parametrize("asked", ["file", "option"])
def test_remove_deletes_nothing_at_linkedin_unasked(connected: Desk, linkedin: RunningEmulator, asked: str) -> None:
    connected("sync")
    if asked == "file":
        connected.write(YAML.replace("destination: acme}", "destination: acme, on_delete: delete}"))
    options = ["--delete-segment"] if asked == "option" else []
    refused = connected("remove", "news", *options)
    assert (refused.code, refused.out) == (2, "")
    assert "--yes" in refused.err
    assert len(linkedin.emulator.control.segments()) == 1
    assert connected("status", "--json").json[0]["state"] == "in step"
    done = connected("remove", "news", *options, "--yes")
    assert "was deleted" in done.out
    assert linkedin.emulator.control.segments() == []


def test_remove_of_what_stays_at_linkedin_asks_a_terminal_only(connected: Desk, linkedin: RunningEmulator) -> None:
    connected("sync")
    shown = on_a_terminal(connected, "remove news", {"[y/N]: ": ["n\n"]})
    assert "Remove news? Its LinkedIn audience stays" in shown
    assert "Nothing was done." in shown
    assert connected("status", "--json").json[0]["state"] == "in step"
    assert connected("remove", "news").code == 0
    assert len(linkedin.emulator.control.segments()) == 1


def test_on_a_terminal_remove_asks_for_what_the_file_deletes(connected: Desk, linkedin: RunningEmulator) -> None:
    connected("sync")
    connected.write(YAML.replace("destination: acme}", "destination: acme, on_delete: delete}"))
    shown = on_a_terminal(connected, "remove news", {"[y/N]: ": ["n\n"]})
    assert "delete its LinkedIn audience?" in shown
    assert len(linkedin.emulator.control.segments()) == 1


def test_remove_says_that_the_file_still_names_it(connected: Desk) -> None:
    connected("sync")
    connected.write(YAML.replace("  news:", "  more: {audience: newsletter, destination: acme}\n  news:"))
    assert "take it out there too" in connected("remove", "news").out
    connected("sync", "more")
    connected.write(YAML)
    assert "take it out" not in connected("remove", "more").out


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_backup_and_restore(connected: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connected("sync")
    here = connected("status", "--json").json[0]["segment_id"]
    monkeypatch.setenv("GUESTLIST_BACKUP_PASSPHRASE", "correct horse")
    done = connected("backup", "all.backup")
    assert done.code == 0, done.err
    assert b"example.com" not in (connected.folder / "all.backup").read_bytes()

    monkeypatch.setenv("GUESTLIST_HOME", str(tmp_path / "other"))
    asked = connected("restore", "all.backup")
    assert (asked.code, "--as move" in asked.err) == (2, True)
    monkeypatch.setenv("GUESTLIST_BACKUP_PASSPHRASE", "wrong")
    assert connected("restore", "all.backup", "--as", "move").code == 2
    monkeypatch.setenv("GUESTLIST_BACKUP_PASSPHRASE", "correct horse")
    restored = connected("restore", "all.backup", "--as", "move")
    assert restored.code == 0, restored.err
    assert connected("status", "--json").json[0]["segment_id"] == here


def test_a_backup_without_a_passphrase_needs_a_key_from_elsewhere(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = desk.script("backup", "all.backup")
    assert (refused.code, refused.out) == (2, "")
    assert "GUESTLIST_BACKUP_PASSPHRASE" in refused.err
    assert not (desk.folder / "all.backup").exists()

    monkeypatch.setenv("GUESTLIST_HOME", str(tmp_path / "keyless"))
    monkeypatch.setenv("GUESTLIST_SECRET_KEY", "kept where the home is not")
    done = desk("backup", "all.backup")
    assert done.code == 0, done.err
    assert "Keep the key that is first in GUESTLIST_SECRET_KEY" in done.out
    assert "passphrase" not in done.out
    monkeypatch.setenv("GUESTLIST_HOME", str(tmp_path / "other"))
    assert desk("restore", "all.backup", "--as", "move").code == 0


def test_secrets_rotate(connected: Desk) -> None:
    assert connected("secrets", "rotate").code == 0
    assert connected("check").code == 0
    assert connected("sync").code == 0


# ── connecting ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_check_names_the_role_that_is_missing(connected: Desk, linkedin: RunningEmulator) -> None:
    connected.write(YAML.replace("516848833", "516848834"))
    connected.write(json.dumps(linkedin.emulator.control.token()), "token.json")
    done = connected("connect", "acme", "--token-file", "token.json", "--json")
    assert done.code == 3
    assert "Viewer" in done.out + done.err
    assert "Campaign Manager" in done.out + done.err


def test_check_as_json(connected: Desk) -> None:
    (report,) = connected("check", "--json").json
    assert report["problems"] == []
    assert report["role"] == "CAMPAIGN_MANAGER"
    assert "rw_dmp_segments" in report["scopes"]
    assert "60 days left" in connected("check", "acme").out


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert project["version"] == guestlist.__version__


@pytest.mark.parametrize("limit", ["0", "x"])
def test_runs_wants_a_number(connected: Desk, limit: str) -> None:
    assert connected("runs", "--limit", limit).code == 2
