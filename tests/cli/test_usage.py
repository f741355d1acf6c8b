"""Asking the wrong way, and things that go wrong: one sentence, an exit code, never a traceback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from unittest.mock import Mock

import pytest

from guestlist.cli import failures, output, program, progress, values
from guestlist.errors import ConfigError, NeedsPerson, SourceError, WaitsForLinkedIn
from tests.cli.conftest import BIN, YAML, Desk, on_a_terminal

LINE = ["init", "connect", "check", "plan", "sync", "worker", "status", "runs", "rejected", "explain"]
COMMANDS = [
    *LINE,
    "forget",
    "remove",
    "rename",
    "backup",
    "restore",
    "secrets",
    "serve",
    "keys",
    "users",
    "tokens",
    "config",
]


def test_without_a_command_it_shows_help(desk: Desk) -> None:
    done = desk()
    assert done.code == 2
    assert all(f"  {command} " in done.out for command in COMMANDS)
    assert not re.search(r"^  .*\.\.\.$", done.out, re.MULTILINE), "a description was cut"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(desk: Desk, command: str) -> None:
    done = desk(command, "--help")
    assert done.code == 0
    assert "Usage: guestlist" in done.out


@pytest.mark.parametrize(
    "command", ["connect", "check", "plan", "sync", "status", "runs", "rejected", "explain", "forget", "events"]
)
def test_every_command_that_reports_does_so_as_json_too(desk: Desk, command: str) -> None:
    assert "--json" in desk(command, "--help").out


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["synk"], "Did you mean 'sync'?"),
        (["sync", "--foo"], "No such option: --foo"),
        (["rejected"], "Missing argument"),
        (["sync", "--allow-removals", "many"], "--allow-removals"),
        (["sync", "--allow-removals", "-1"], "--allow-removals"),
        (["forget", "--list", "x@example.com"], "--list goes alone"),
        (["forget"], "Name at least one value"),
        (["restore", "x", "--as", "steal"], "steal"),
    ],
)
def test_usage_errors_are_one_line(desk: Desk, arguments: list[str], word: str) -> None:
    done = desk(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert word in done.err
    assert len(done.err.splitlines()) == 1


def test_version(desk: Desk) -> None:
    assert desk("--version").out.startswith("guestlist 0.")
    assert "guestlist 0." in subprocess.check_output([sys.executable, "-m", "guestlist", "--version"], text=True)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("the file"), 2),
        (SourceError("the list"), 1),
        (NeedsPerson("the role", "role"), 3),
        (WaitsForLinkedIn("the day", 0.0), 5),
        (PermissionError(13, "Permission denied", "/x"), 1),
        (RuntimeError("secret ada@example.com"), 1),
    ],
)
def test_errors_are_one_sentence(capsys: pytest.CaptureFixture[str], error: Exception, code: int) -> None:
    assert failures.told(error, debug=False) == code
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert said[len("Error: ")].isupper()
    assert said.endswith(".\n")
    assert len(said.splitlines()) == 1
    assert "ada@" not in said


def test_the_traceback_is_for_those_who_ask_and_holds_no_address(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise RuntimeError("secret ada@example.com")
    except RuntimeError as error:
        failures.told(error, debug=True)
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "***@example.com" in said
    assert "ada@" not in said


# ── values of people ─────────────────────────────────────────────────────────────────────────────────────────────
def test_values_come_from_files_too(desk: Desk) -> None:
    desk.write('email\n"a@example.com"\n\n# left\nb@example.com\n', "leavers.csv")
    assert values.several(["leavers.csv", "c@example.com"]) == ["a@example.com", "b@example.com", "c@example.com"]


def test_a_file_of_values_that_is_not_there_is_no_value(desk: Desk) -> None:
    with pytest.raises(ConfigError, match=r"there is no file missing\.txt"):
        values.several(["missing.txt"])
    assert values.several(["primaryId:a.txt"]) == ["primaryId:a.txt"]


def test_a_data_url_without_a_bucket(desk: Desk) -> None:
    done = desk.script("status", GUESTLIST_DATA_URL="s3://")
    assert done.code == 2
    assert "GUESTLIST_DATA_URL must be a folder or s3://BUCKET/PREFIX" in done.err


def test_a_file_of_values_must_be_text(desk: Desk) -> None:
    (desk.folder / "leavers.csv").write_bytes("a@example.com\n".encode("utf-16"))
    with pytest.raises(SourceError, match="no UTF-8 text"):
        values.several(["leavers.csv"])


def test_standard_input_without_a_value(desk: Desk) -> None:
    done = desk.script("explain", "news", "-", stdin="\n")
    assert done.code == 2
    assert done.err == "Error: Standard input held no value.\n"


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("command", ["plan", "sync", "check", "worker"])
def test_without_a_file_it_says_how_to_get_one(desk: Desk, command: str) -> None:
    done = desk(command)
    assert done.code == 2
    assert "guestlist init" in done.err
    assert len(done.err.splitlines()) == 1


def test_a_named_file_must_be_there(desk: Desk) -> None:
    done = desk("status", "-f", "other.yaml")
    assert done.code == 2
    assert "other.yaml does not exist" in done.err


def test_status_of_nothing_says_what_to_do(desk: Desk) -> None:
    done = desk("status")
    assert done.code == 0
    assert "guestlist init LIST" in done.err
    assert desk("status", "--json").json == []


def test_a_wrong_key_is_named_with_its_line(desk: Desk) -> None:
    desk.write(YAML.replace("source:", "sauce:"))
    done = desk("plan")
    assert done.code == 2
    assert "sauce" in done.err
    assert "line 6" in done.err


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"expires_in": 1}'])
def test_a_token_file_that_is_none(desk: Desk, text: str) -> None:
    desk.write(YAML)
    desk.write(text, "token.json")
    done = desk("connect", "acme", "--token-file", "token.json")
    assert done.code == 2
    assert "access_token" in done.err


def test_a_token_file_that_is_missing(desk: Desk) -> None:
    desk.write(YAML)
    done = desk("connect", "acme", "--token-file", "nothing.json")
    assert done.code == 2
    assert "nothing.json cannot be read" in done.err


# ── standard output ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_reader_who_leaves_is_no_error(desk: Desk) -> None:
    pipe, write_end = os.pipe()
    os.close(pipe)
    ended = subprocess.run(
        [BIN / "guestlist", "status", "--json"],
        cwd=desk.folder,
        env=desk.whole_environment(),
        stdout=write_end,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write_end)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_stream_of_rows_is_one_array(capsys: pytest.CaptureFixture[str]) -> None:
    output.stream_json({"row": number} for number in range(3))
    assert json.loads(capsys.readouterr().out) == [{"row": 0}, {"row": 1}, {"row": 2}]
    output.stream_json([])
    assert json.loads(capsys.readouterr().out) == []


def test_progress_is_lines_where_nothing_can_move(capsys: pytest.CaptureFixture[str]) -> None:
    times = iter([0.0, 0.5, 2.0, 3.0, 4.0, 13.0])
    report = progress._lines(lambda: next(times))
    report("reading the list", 0, 0)
    for done in (1_000, 2_000):
        report("telling LinkedIn", done, 5_000)
    report("closing", 0, 0)
    report("telling LinkedIn", 5_000, 5_000)
    said = capsys.readouterr().err.splitlines()
    assert said == ["telling LinkedIn: 1,000 of 5,000", "closing", "telling LinkedIn: 5,000 of 5,000"]


def test_progress_beside_json_is_silence() -> None:
    with progress.for_work(quiet=True) as silent:
        assert silent is None
    with progress.for_work(quiet=False) as lines:
        assert lines is not None


# ── being stopped ────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_command_says_that_it_can_be_run_again(desk: Desk, number: signal.Signals) -> None:
    waiting = subprocess.Popen(
        [BIN / "guestlist", "explain", "news", "-"],
        cwd=desk.folder,
        env=desk.whole_environment(),
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert waiting.stdin is not None
    until_it_reads(waiting.pid)
    waiting.send_signal(number)
    _, said = waiting.communicate(timeout=30)
    assert "run the same command again" in said
    assert waiting.returncode == 128 + number


def test_a_command_that_is_stopped_before_it_began_shows_no_traceback(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(program, "get_command", stopped)
    monkeypatch.setattr(failures.threading, "Timer", Mock())  # else it would end this process later
    done = desk("status")
    assert done.code == 128 + signal.SIGTERM
    assert done.err == "Interrupted. Nothing is lost: run the same command again and it goes on.\n"


def until_it_reads(pid: int) -> None:
    """Signals are heard from the first line of `run` on; it then sleeps in read(0)."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if Path(f"/proc/{pid}/syscall").read_text().startswith("0 0x0 "):
            return
        time.sleep(0.01)
    raise AssertionError("it does not read")


# ── on a terminal ────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_terminal_gets_questions_and_folded_lines(desk: Desk) -> None:
    (desk.folder / "all.backup").write_bytes(b"no backup at all")
    answers = {"move or copy: ": ["steal\n", "copy\n"], "Passphrase of the backup: ": ["secret\n"]}
    shown = on_a_terminal(desk, "restore all.backup", answers)
    assert shown.count("move or copy: ") == 2
    assert "secret" not in shown
    assert "Error: " in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
