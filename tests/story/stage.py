"""An empty home that `guestlist serve` serves beside a LinkedIn that is a process too, on ports that were free."""

from __future__ import annotations

import csv
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

import httpx2

from guestlist import settings as environment
from guestlist.bootstrap import open_app
from guestlist.facade import Guestlist
from linkedin_emulator.pointing import variables
from tests.web.served import until

BIN = Path(sys.executable).parent
ACCOUNT = 516848833
DAY = 86_400.0


@dataclass
class Before:
    """The clock as it was so many seconds ago; whoever waits is told that the time has passed."""

    ago: float

    def now(self) -> float:
        return time.time() - self.ago

    def sleep(self, seconds: float) -> None:
        self.ago -= seconds


@dataclass
class LinkedIn:
    """The emulator, and what its control plane may do behind everybody's back."""

    address: str

    def control(self, path: str, **body: Any) -> Any:
        answer = httpx2.post(f"{self.address}/_emulator/{path}", json=body, timeout=30)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def look(self, path: str) -> Any:
        answer = httpx2.get(f"{self.address}/_emulator/{path}", timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def members(self) -> list[int]:
        """How many identifiers each segment holds."""
        found = [int(each["id"]) for each in self.look("segments")["segments"]]
        return [int(self.look(f"segments/{each}?listed=0")["identifier_count"]) for each in found]


@dataclass
class Stage:
    """``address`` and ``link`` are what the server prints when it starts; no ``link`` once somebody can sign in."""

    folder: Path
    linkedin: LinkedIn
    address: str = ""
    link: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        ours = {
            "GUESTLIST_HOME": str(self.folder / "home"),
            **variables(self.linkedin.address),
            "GUESTLIST_REQUEST_LIFETIME": "0.5",
            **self.extra,
        }
        return {**{key: value for key, value in os.environ.items() if not key.startswith("GUESTLIST_")}, **ours}

    def opened(self, ago: float = 0.0) -> Guestlist:
        """The same home as a library, for what happened before a story begins, so many seconds ago."""
        environ = self.environ()
        app = open_app(environment.read(environ), clock=Before(ago))
        return Guestlist(app, self.folder / "guestlist.yaml", environ)

    def written(self, rows: Sequence[Mapping[str, str]], name: str) -> Path:
        """A list as a marketer has it on the desk."""
        file = self.folder / name
        with file.open("w", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return file

    @contextmanager
    def serving(self) -> Iterator[Stage]:
        """The server with its worker, in a process group of their own."""
        said = self.folder / "said"
        with said.open("w") as out:
            process = subprocess.Popen(
                [BIN / "guestlist", "serve", "--port", "0"],
                cwd=self.folder,
                env=self.environ(),
                stderr=out,
                start_new_session=True,
            )
        try:
            until(lambda: "Taking events at" in said.read_text() or process.poll() is not None)
            printed = said.read_text()
            found = re.search(r"The pages are at (http://[\d.:]*\d)", printed)
            assert found is not None, printed
            link = re.search(r"(http://\S+/setup/\S+)", printed)
            self.address, self.link = found[1], link[1] if link else ""
            yield self
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()


@contextmanager
def linkedin(folder: Path) -> Iterator[LinkedIn]:
    """New segments are visible at once; everything else as it comes."""
    ready = folder / "emulator.address"
    command = [BIN / "linkedin-emulator", "--port", "0", "--ready-file", ready, "--set", "segment_visible_after=0"]
    with (folder / "emulator.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            until(lambda: ready.exists() or process.poll() is not None)
            yield LinkedIn(ready.read_text().strip())
        finally:
            process.terminate()
