"""A home, a yaml and lists in a folder, used through the real console script against a real server."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from linkedin_emulator.pointing import variables
from linkedin_emulator.running import RunningEmulator

GUESTLIST = Path(sys.executable).with_name("guestlist")
ACCOUNT = 516848833


@dataclass
class Site:
    folder: Path
    linkedin: RunningEmulator
    database_url: str | None = None
    extra: dict[str, str] = field(default_factory=dict)
    yaml: dict[str, Any] = field(
        default_factory=lambda: {
            "destinations": {"acme": {"ad_account": ACCOUNT}},
            "audiences": {"people": {"members": "people", "source": {"file": "people.csv"}}},
            "activations": {"main": {"audience": "people", "destination": "acme"}},
        }
    )

    def environ(self) -> dict[str, str]:
        ours = {
            "GUESTLIST_HOME": str(self.folder / "home"),
            **variables(self.linkedin.url),
            "GUESTLIST_REQUEST_LIFETIME": "0.5",
            **({"GUESTLIST_DATABASE_URL": self.database_url} if self.database_url else {}),
            **self.extra,
        }
        return {**{key: value for key, value in os.environ.items() if not key.startswith("GUESTLIST_")}, **ours}

    def write(self, rows: Sequence[Mapping[str, Any]], name: str = "people.csv") -> None:
        (self.folder / "guestlist.yaml").write_text(yaml.safe_dump(self.yaml))
        fresh = self.folder / f".{name}"
        with fresh.open("w", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]) if rows else ["email"], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        fresh.rename(self.folder / name)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(GUESTLIST), *words],
            cwd=self.folder,
            env=self.environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *words: str, code: int | None = 0, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(GUESTLIST), *words],
            cwd=self.folder,
            env=self.environ(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            input=stdin,
        )
        assert code is None or done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def json(self, *words: str, code: int | None = 0) -> Any:
        return json.loads(self.run(*words, "--json", code=code).stdout)

    def connect(self) -> None:
        token = self.folder / "token.json"
        token.write_text(json.dumps(self.linkedin.emulator.control.token()))
        self.run("connect", "acme", "--token-file", "token.json")

    def told(self, activation: str = "main") -> set[str]:
        (row,) = self.json("status", activation)
        return set(self.linkedin.emulator.control.segment(int(row["segment_id"]))["identifiers"])


def kill(process: subprocess.Popen[str]) -> None:
    """kill -9, children included; then take in what it wrote."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextmanager
def serving(site: Site) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The server with its worker, in a process group of their own."""
    said = site.folder / "said"
    said.write_text("")
    with said.open("a") as out:
        process = subprocess.Popen(
            [GUESTLIST, "serve", "--port", "0"], cwd=site.folder, env=site.environ(), stderr=out, start_new_session=True
        )
    try:
        while (found := re.search(r"Taking events at (http://[\d.:]*\d)", said.read_text())) is None:
            assert process.poll() is None, said.read_text()
            time.sleep(0.02)
        yield process, found[1]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until_at_rest(site: Site, seconds: float = 90.0) -> None:
    """The inbox is empty and no event is on its way."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        seen = site.json("events", "--since", "1d")
        open_ones = [n for row in seen["activations"] for end, n in row["outcomes"].items() if "pending" in end]
        if not seen["waiting"] and seen["activations"] and not any(open_ones):
            return
        time.sleep(0.2)
    raise AssertionError((site.folder / "said").read_text()[-3000:])
