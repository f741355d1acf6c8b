"""A whole installation beside an emulated LinkedIn in one process: real store, real planner, a clock that is moved."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import yaml

from guestlist import settings as environment
from guestlist.app.context import App
from guestlist.app.results import SyncResult
from guestlist.bootstrap import open_app
from guestlist.facade import Guestlist
from guestlist.planner.duck import DuckDBPlanner
from guestlist.ports import Planner
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.transport import EmulatorTransport
from linkedin_emulator.world import CLIENT_ID, CLIENT_SECRET

ACCOUNT = 516848833


class MovingClock:
    """The emulator's clock; sleeping moves it."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def now(self) -> float:
        return float(self._emulator.control.clock()["now"])

    def sleep(self, seconds: float) -> None:
        self._emulator.control.clock(advance=max(seconds, 0.001))


class Crash(BaseException):
    """The process is gone between two steps."""


@dataclass
class Fuse:
    """Counts steps (commits and requests, before and after each) and blows at one of them."""

    left: int | None = None
    steps: int = 0

    def step(self) -> None:
        self.steps += 1
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash


@dataclass
class Hooks:
    """What happens beside the requests that tell LinkedIn something: before they leave, and when they are over."""

    before: Callable[[], None] = lambda: None
    after: Callable[[], None] = lambda: None


class FusedTransport(httpx2.BaseTransport):
    def __init__(self, inner: httpx2.BaseTransport, fuse: Fuse, hooks: Hooks) -> None:
        self._inner, self._fuse, self._hooks = inner, fuse, hooks

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        tells = request.method == "POST" and request.url.path.endswith(("/users", "/companies"))
        self._fuse.step()
        if tells:
            self._hooks.before()
        try:
            response = self._inner.handle_request(request)
        finally:
            if tells:
                self._hooks.after()
        self._fuse.step()
        return response


@dataclass
class World:
    """One home, one yaml, one LinkedIn."""

    folder: Path
    database_url: str | None = None
    planner: Planner = field(default_factory=DuckDBPlanner)
    lifetime: float = 120.0
    emulator: Emulator = field(default_factory=lambda: Emulator(frozen_clock=True))
    fuse: Fuse = field(default_factory=Fuse)
    hooks: Hooks = field(default_factory=Hooks)
    threads: int = 1
    yaml: dict[str, Any] = field(
        default_factory=lambda: {
            "destinations": {"acme": {"ad_account": ACCOUNT}},
            "audiences": {"people": {"members": "people", "source": {"file": "people.csv"}}},
            "activations": {"main": {"audience": "people", "destination": "acme"}},
        }
    )

    def __post_init__(self) -> None:
        self.clock = MovingClock(self.emulator)
        self.app: App | None = None

    # ── files ────────────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def file(self) -> Path:
        return self.folder / "guestlist.yaml"

    def write(self, rows: Sequence[Mapping[str, Any]], name: str = "people.csv", columns: Sequence[str] = ()) -> None:
        names = list(columns) or list(dict.fromkeys(key for row in rows for key in row)) or ["email"]
        with (self.folder / name).open("w", newline="") as out:
            writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def activation(self, name: str = "main", **changes: Any) -> None:
        self.yaml["activations"].setdefault(name, {"audience": "people", "destination": "acme"}).update(changes)

    # ── the product ──────────────────────────────────────────────────────────────────────────────────────────────
    def environ(self) -> dict[str, str]:
        return {
            "GUESTLIST_HOME": str(self.folder / "home"),
            "GUESTLIST_SECRET_KEY": "a key for tests that nobody needs to guess",
            "GUESTLIST_LINKEDIN_CLIENT_ID": CLIENT_ID,
            "GUESTLIST_LINKEDIN_CLIENT_SECRET": CLIENT_SECRET,
            "GUESTLIST_REQUEST_LIFETIME": str(self.lifetime),
            **({"GUESTLIST_DATABASE_URL": self.database_url} if self.database_url else {}),
        }

    def open(self) -> Guestlist:
        if self.app is None:
            transport = FusedTransport(EmulatorTransport(self.emulator, sleep=self.clock.sleep), self.fuse, self.hooks)
            self.app = open_app(
                environment.read(self.environ()),
                clock=self.clock,
                planner=self.planner,
                transport=transport,
                threads=self.threads,
                dice=random.Random(7),
            )
            _fuse_commits(self.app, self.fuse)
        self.file.write_text(yaml.safe_dump(self.yaml))
        return Guestlist(self.app, self.file, {})

    def close(self) -> None:
        """The process ends, in order or not."""
        if self.app is not None:
            self.app.door.close()
            self.app.store.close()
            self.app = None

    def connect(self, **options: Any) -> None:
        self.open().connect_token("acme", self.emulator.control.token(**options))

    def sync(self, activation: str = "main", **options: Any) -> SyncResult:
        return self.open().sync(activation, **options)[0]

    def consent(self, address: str) -> dict[str, str]:
        """Somebody allows it on LinkedIn's page; what their browser comes back with (``code``, ``state``)."""
        parts = urlsplit(address)
        with httpx2.Client(transport=EmulatorTransport(self.emulator, sleep=self.clock.sleep)) as browser:
            asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
            reply = browser.post(address.partition("?")[0], data={**asked, "decision": "allow"})
        return {name: values[0] for name, values in parse_qs(urlsplit(reply.headers["location"]).query).items()}

    # ── LinkedIn ─────────────────────────────────────────────────────────────────────────────────────────────────
    def segment(self, activation: str = "main") -> dict[str, Any]:
        """What is truly in the activation's segment."""
        found = self.open().status(activation)[0]
        return dict(self.emulator.control.segment(int(found.segment_id or 0)))

    def told(self, activation: str = "main") -> set[str]:
        return set(self.segment(activation)["identifiers"])

    def tellings(self) -> list[dict[str, Any]]:
        """Every request that told LinkedIn something: ``at``, ``status``, ``adds`` and ``removes`` as ``told`` shows
        them.
        """
        found = []
        for each in self.emulator.control.requests(bodies=True):
            if each["method"] == "POST" and each["path"].endswith("/users"):
                shown: dict[str, Any] = {"at": each["at"], "status": each["status"], "adds": [], "removes": []}
                for element in json.loads(each["body"])["elements"]:
                    ids = [f"{one['idType']}:{one['idValue']}" for one in element.get("userIds", [])]
                    shown["adds" if element["action"] == "ADD" else "removes"] += ids
                found.append(shown)
        return found

    def hide_segments(self, looks: int) -> None:
        """So many looks in a row find nothing, neither by GET nor in the finder, though all is there."""
        not_found = {"kind": "status", "status": 404, "body": {"status": 404, "message": "Not Found"}}
        nothing = {"kind": "status", "status": 200, "body": {"elements": [], "paging": {"start": 0, "count": 0}}}
        self.emulator.control.fault(not_found, path=r"/dmpSegments/\d+$", method="GET", times=looks)
        self.emulator.control.fault(nothing, path="/dmpSegments$", method="GET", times=looks)

    def sent(self) -> int:
        """Requests that told LinkedIn something."""
        return sum(
            each["method"] == "POST" and each["path"].endswith(("/users", "/companies"))
            for each in self.emulator.control.requests()
        )


def _fuse_commits(app: App, fuse: Fuse) -> None:
    database = app.store.database
    write = database.write

    @contextmanager
    def fused() -> Iterator[Any]:
        outermost = not database.in_transaction
        if outermost:
            fuse.step()
        with write() as connection:
            yield connection
        if outermost:
            fuse.step()

    database.write = fused  # type: ignore[method-assign]


def emails(*names: str) -> list[dict[str, str]]:
    return [{"email": f"{name}@example.com"} for name in names]


def digest(address: str) -> str:
    """As the emulator shows an identifier."""
    return "SHA256_EMAIL:" + hashlib.sha256(address.encode()).hexdigest()


__all__ = ["ACCOUNT", "Crash", "Fuse", "Hooks", "World", "digest", "emails", "json", "os", "replace"]
