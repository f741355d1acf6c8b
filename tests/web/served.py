"""The server on a socket: in a thread of this process, or as the command that people start."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guestlist.bootstrap import Web
from guestlist.web.server import Server, address_of, listen

GUESTLIST = Path(sys.executable).with_name("guestlist")
YAML = """\
destinations:
  acme: {ad_account: 516848833}
audiences:
  accounts: {members: people, source: {events: {write_keys: [site]}}}
activations:
  main: {audience: accounts, destination: acme, mode: stream, audience_key: main}
"""


@contextmanager
def listening(web: Web) -> Iterator[str]:
    """Its address."""
    with listen("127.0.0.1", 0) as socket:
        server = Server(web.asgi, socket)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        until(lambda: server.started)
        yield address_of(socket)
        server.stop()
        thread.join(30)


@dataclass
class Command:
    """A folder with a guestlist.yaml, and a home."""

    folder: Path
    database_url: str | None = None

    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GUESTLIST_")}
        ours = {"GUESTLIST_HOME": str(self.folder / "home")}
        return {**kept, **ours, **({"GUESTLIST_DATABASE_URL": self.database_url} if self.database_url else {})}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [GUESTLIST, *words], cwd=self.folder, env=self.environ(), capture_output=True, text=True, check=False
        )

    @property
    def said(self) -> str:
        return (self.folder / "said").read_text()

    @contextmanager
    def serving(self, *options: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
        """``guestlist serve`` on a free port, its process and its address; killed at the end."""
        command: Sequence[str | Path] = [GUESTLIST, "serve", "--port", "0", *options]
        (self.folder / "said").write_text("")
        with (
            (self.folder / "said").open("a") as said,
            subprocess.Popen(command, cwd=self.folder, env=self.environ(), stderr=said) as process,
        ):
            try:
                until(lambda: "Taking events at" in self.said or process.poll() is not None)
                found = re.search(r"Taking events at (http://[\d.:]*\d)", self.said)
                assert found is not None, self.said
                yield process, found[1]
            finally:
                process.kill()


def until(happened: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
