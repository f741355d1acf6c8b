"""The command line as a person uses it: a folder, a home, and a LinkedIn that is emulated."""

from __future__ import annotations

import csv
import gc
import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from guestlist.app import segments
from guestlist.cli.program import run
from linkedin_emulator.pointing import variables
from linkedin_emulator.running import RunningEmulator

BIN = Path(sys.executable).parent
ACCOUNT = 516848833

YAML = """\
destinations:
  acme: {ad_account: 516848833}
audiences:
  newsletter:
    members: people
    source: {file: people.csv}
activations:
  news: {audience: newsletter, destination: acme}
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """A folder in which commands are typed."""

    def __init__(self, folder: Path, environment: Mapping[str, str], capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._capture = capture

    def __call__(self, *arguments: str) -> Done:
        """In this process: fast."""
        self._capture.readouterr()
        code = run(arguments)
        gc.collect()
        shown = self._capture.readouterr()
        return Done(code, shown.out, shown.err)

    def script(self, *arguments: str, stdin: str = "", **environment: str) -> Done:
        """As its own process: the console script itself."""
        ended = subprocess.run(
            [BIN / "guestlist", *arguments],
            cwd=self.folder,
            env=self.whole_environment(**environment),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(ended.returncode, ended.stdout, ended.stderr)

    def whole_environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GUESTLIST_")}
        return kept | self.environment | more

    def write(self, text: str, name: str = "guestlist.yaml") -> Path:
        file = self.folder / name
        file.write_text(text, encoding="utf-8")
        return file

    def people(self, rows: Sequence[Mapping[str, str]], name: str = "people.csv") -> Path:
        file = self.folder / name
        with file.open("w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        return file


def contacts(count: int, first: int = 1) -> list[dict[str, str]]:
    return [
        {"contact_id": f"C-{number}", "email": f"Person.{number}@example.com", "first_name": "Ada"}
        for number in range(first, first + count)
    ]


def on_a_terminal(desk: Desk, command: str, answers: dict[str, list[str]]) -> str:
    """What a terminal of eighty columns shows while each question gets its answers, one after the other."""
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, (24, 80))
    environment = desk.whole_environment(TERM="xterm")
    del environment["COLUMNS"]
    line = [BIN / "guestlist", *command.split()]
    with subprocess.Popen(line, cwd=desk.folder, env=environment, stdin=slave, stdout=slave, stderr=slave):
        os.close(slave)
        shown = ""
        while byte := _read(master):
            shown += byte
            asked = next((question for question in answers if shown.endswith(question)), None)
            if asked and answers[asked]:
                os.write(master, answers[asked].pop(0).encode())
    os.close(master)
    return shown.replace("\r\n", "\n")


def _read(master: int) -> str:
    try:
        return os.read(master, 1).decode("ascii", "replace")
    except OSError:  # the other side is closed
        return ""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Nothing is there yet, and nobody listens at LinkedIn's address."""
    for name in [name for name in os.environ if name.startswith("GUESTLIST_")]:
        monkeypatch.delenv(name)
    folder = tmp_path / "desk"
    folder.mkdir()
    environment = {"GUESTLIST_HOME": str(tmp_path / "home"), **variables("http://127.0.0.1:9")}
    monkeypatch.chdir(folder)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "120")
    return Desk(folder, environment, capsys)


@pytest.fixture
def online(desk: Desk, linkedin: RunningEmulator, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The same beside an emulated LinkedIn whose new segments can be filled at once."""
    linkedin.emulator.control.config(segment_visible_after=0.0)
    monkeypatch.setattr(segments, "SETTLE", 0.0)
    for name, value in variables(linkedin.url).items():
        desk.environment[name] = value
        monkeypatch.setenv(name, value)
    return desk


@pytest.fixture
def connected(online: Desk, linkedin: RunningEmulator) -> Desk:
    """A list of 400 people, the file, and a token."""
    online.people(contacts(400))
    online.write(YAML)
    online.write(json.dumps(linkedin.emulator.control.token()), "token.json")
    done = online("connect", "acme", "--token-file", "token.json")
    assert done.code == 0, done.err
    return online
