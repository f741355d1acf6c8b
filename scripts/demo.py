"""Two lists become Matched Audiences on an emulated LinkedIn, change, and are kept in step.

python scripts/demo.py                the show; 1 when something is not as expected
python scripts/demo.py --keep DIR     the same; then the emulator and `guestlist serve` stay, to click through
python scripts/demo.py --stop DIR     ends what stayed
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from segment import analytics

import guestlist
from guestlist.app import users
from guestlist.core.permissions import Role
from linkedin_emulator.pointing import variables

if TYPE_CHECKING:
    from guestlist.facade import Guestlist

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
PORT = 8888  # of the emulator that stays
PAGES_PORT = 8000  # of the pages that stay
WHO = "ann@acme.example"
PEOPLE, COMPANIES = "newsletter-to-acme", "accounts-to-acme"
DAY = 86_400
Row = dict[str, str]


class NotAsExpected(Exception):
    """The show must not go on."""


# ── the stage ────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Stage:
    """A folder with lists, a home, and a LinkedIn."""

    folder: Path
    linkedin: str

    @property
    def variables(self) -> dict[str, str]:
        """What points Guestlist to this home and to the emulator."""
        return {
            "GUESTLIST_HOME": str(self.folder / "home"),
            **variables(self.linkedin),
        }

    def guestlist(self, command: str, expect: int = 0) -> None:
        """Run it as somebody would type it, show what it says, and hold it to its exit code."""
        tell(f"\n  $ guestlist {command}", BOLD)
        environment = os.environ | self.variables | {"COLUMNS": str(min(columns() - 4, 120))}
        if sys.stdout.isatty():
            environment["FORCE_COLOR"] = "1"
        done = subprocess.run(  # noqa: S603 - our own console script
            [BIN / "guestlist", *shlex.split(command)],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        for line in done.stdout.rstrip().splitlines():
            tell(f"    {line}")
        if done.returncode != expect:
            raise NotAsExpected(f"`guestlist {command}` ended with {done.returncode}, not with {expect}")
        if expect:
            tell(f"    [exit code {expect}]", FAINT)

    @contextlib.contextmanager
    def looked_at(self) -> Iterator[Guestlist]:
        """The same home through the library: what holds the show to its word is not shown."""
        os.environ.update(self.variables)
        with guestlist.open(file=str(self.folder / "guestlist.yaml")) as door:
            yield door

    def told(self, activation: str) -> int:
        """How many LinkedIn was told, by our records."""
        with self.looked_at() as door:
            return door.status(activation)[0].told or 0

    def tellings(self) -> int:
        """How many requests told LinkedIn of somebody."""
        return sum(path.endswith(("/users", "/companies")) for _, path in self.requests())

    def requests(self) -> list[tuple[int, str]]:
        """What LinkedIn saw: status and path."""
        return [(each["status"], each["path"]) for each in self.control("requests")["requests"]]

    def control(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The emulator's control plane: what LinkedIn's side of the stage does."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.linkedin}/_emulator/{path}", data, timeout=30) as reply:  # noqa: S310 - localhost
            return json.load(reply)

    def rows(self, name: str) -> list[Row]:
        """A list as it is now."""
        with (self.folder / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def write(self, name: str, rows: list[Row]) -> None:
        """Write a list as an export would: whole, under its name."""
        partial = self.folder / f".{name}.partial"
        with partial.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            table.writeheader()
            table.writerows(rows)
        partial.replace(self.folder / name)


BOLD, FAINT, GOOD = "1", "2", "32"


def tell(text: str, style: str = "") -> None:
    """A line for whoever watches."""
    shown = f"\x1b[{style}m{text}\x1b[0m" if style and sys.stdout.isatty() else text
    sys.stdout.write(f"{shown}\n")
    sys.stdout.flush()


def columns() -> int:
    """Width of the terminal."""
    return shutil.get_terminal_size((100, 24)).columns


def scene(title: str) -> None:
    """One line of what is about to be shown."""
    tell(f"\n\n── {title} ", BOLD)


def expect(what: str, holds: bool) -> None:
    """Hold the show to its word."""
    if not holds:
        raise NotAsExpected(what)


# ── the scenes ───────────────────────────────────────────────────────────────────────────────────────────────────
def connect(stage: Stage) -> None:
    """A token, as LinkedIn gives it, and what it may do."""
    scene("Connect an ad account. (A browser does this with LinkedIn itself; here the emulator hands out the token.)")
    (stage.folder / "token.json").write_text(json.dumps(stage.control("tokens", {})))
    stage.guestlist("connect acme --token-file token.json")
    (stage.folder / "token.json").unlink()


def first_sync(stage: Stage) -> None:
    """Everybody is new."""
    scene("What would happen? 12,000 people, of whom some gave no consent, and a list of public companies.")
    stage.guestlist("plan")
    scene("Let it happen. LinkedIn takes a few seconds before a new audience may be filled.")
    stage.guestlist("sync")
    companies = len(stage.rows("companies.csv"))
    expect("everybody wanted was told", stage.told(PEOPLE) == 11_760 and stage.told(COMPANIES) >= companies)
    scene("Again: nothing changed, so nobody is sent again.")
    before = stage.tellings()
    stage.guestlist("sync")
    expect("a second sync sends nothing", stage.tellings() == before)


def changed_lists(stage: Stage) -> None:
    """A usual day."""
    scene("A usual day: 300 people leave, 200 join, 40 have a new address, 5 withdraw consent, 3 forms are nonsense.")
    people = [row for number, row in enumerate(stage.rows("people.csv")) if number % 40 != 7]
    for row in people[1000:1040]:
        row["email_address"] = f"new.{row['email_address']}"
    for row in [row for row in people if row["consent"] == "yes"][2000:2005]:
        row["consent"] = "no"
    joined = [_person(number) for number in range(1, 201)]
    nonsense = [
        _person(900 + n) | {"email_address": bad, "first_name": "", "last_name": ""} for n, bad in enumerate(NONSENSE)
    ]
    stage.write("people.csv", people + joined + nonsense)
    stage.write("companies.csv", stage.rows("companies.csv")[2:])
    stage.guestlist("plan")
    stage.guestlist("sync")
    with stage.looked_at() as door:
        runs = {run.result.activation: run.result for run in reversed(door.runs())}
    expect("who joined was added", runs[PEOPLE].added == 200 and runs[PEOPLE].changed >= 38)
    expect("who left was removed", runs[PEOPLE].removed >= 290 and runs[COMPANIES].removed == 2)
    scene("Which rows were not sent, and why?")
    stage.guestlist(f"rejected {PEOPLE}")
    with stage.looked_at() as door:
        expect("nonsense is rejected", len(list(door.rejected(PEOPLE))) == len(NONSENSE))


NONSENSE = ("not an address", "", "two@at@example.com")


def _person(number: int) -> Row:
    return {
        "contact_id": f"N-{number:06}",
        "email_address": f"Joined.{number}@example.net",
        "first_name": "Noor",
        "last_name": f"Joiner{number}",
        "job_title": "Engineer",
        "company": "Example Works",
        "country": "NL",
        "consent": "yes",
    }


def broken_export(stage: Stage) -> None:
    """The guard."""
    scene("A broken export: only the first 5,000 rows arrive. The guard stops before anything is sent.")
    whole = stage.rows("people.csv")
    stage.write("people.csv", whole[:5_000])
    before = stage.told(PEOPLE)
    stage.guestlist(f"sync {PEOPLE}", expect=3)
    expect("nobody was removed", stage.told(PEOPLE) == before)
    with stage.looked_at() as door:
        guard = door.plan(PEOPLE)[0].guard
    expect("the plan says how many would leave", guard is not None and guard.trips)
    scene("Had it been meant, one run may pass. The number is the plan's.")
    stage.guestlist(f"sync {PEOPLE} --allow-removals {guard.removals if guard else 0}")
    scene("It was not meant: the whole list is back, and so are they.")
    stage.write("people.csv", whole)
    stage.guestlist(f"sync {PEOPLE}")
    expect("everybody is back", stage.told(PEOPLE) == before)


def expired_token(stage: Stage) -> None:
    """The renewal."""
    scene("LinkedIn ends the access token. Guestlist renews it once, and goes on.")
    stage.control("tokens/expire", {})
    seen = len(stage.requests())
    stage.write("companies.csv", stage.rows("companies.csv")[1:])
    stage.guestlist("sync")
    since = stage.requests()[seen:]
    for status, path in since[:5]:
        tell(f"    LinkedIn saw: {path}  {status}", FAINT)
    expect("the token was refused, and renewed once", _count(since, 401) >= 1 and _refreshes(since) == 1)


def _count(seen: list[tuple[int, str]], status: int) -> int:
    return sum(each == status for each, _ in seen)


def _refreshes(seen: list[tuple[int, str]]) -> int:
    return sum(path.endswith("/accessToken") for _, path in seen)


def events(stage: Stage) -> None:
    """A stream."""
    scene("Events: Segment's own Python SDK says that 2,000 people enter an audience, and that 700 leave.")
    (stage.folder / "events.yaml").write_text(EVENTS)
    with stage.looked_at() as door:
        key = door.create_key("engage")
    tell("\n  $ guestlist serve -f events.yaml", BOLD)
    with serving(stage) as address:
        tell(f"    taking events at {address}", FAINT)
        for event, people in (("Audience Entered", 2_000), ("Audience Exited", 700)):
            began = time.monotonic()
            send(address, key, event, people)
            inside = 2_000 if event == "Audience Entered" else 1_300
            until(lambda: in_segment(stage, "high_intent") == inside)  # noqa: B023 - called at once
            tell(f"    {people:,} x {event}: LinkedIn has {inside:,}, {time.monotonic() - began:.1f} s after the first")
        until(lambda: on_their_way(stage) == 0)
        stage.guestlist("events -f events.yaml --activation intent-to-acme")


EVENTS = """\
destinations:
  acme: {ad_account: 516848833}
audiences:
  intent:
    members: people
    source: {events: {write_keys: [engage]}}
activations:
  intent-to-acme:
    audience: intent
    destination: acme
    mode: stream
    audience_key: high_intent
    batch: {max_wait: 500ms}
    max_removals: 50%
"""


@contextlib.contextmanager
def serving(stage: Stage) -> Iterator[str]:
    """`guestlist serve` and its worker; its address."""
    said = stage.folder / "serve.log"
    command = [BIN / "guestlist", "serve", "--port", "0", "-f", "events.yaml"]
    with (
        said.open("w") as out,
        subprocess.Popen(  # noqa: S603 - our own console script
            command, cwd=stage.folder, env=os.environ | stage.variables, stdin=subprocess.DEVNULL, stderr=out
        ) as server,
    ):
        try:
            until(lambda: "Taking events at" in said.read_text() or server.poll() is not None)
            yield said.read_text().partition("Taking events at ")[2].split(". ")[0]
        finally:
            server.terminate()


def send(address: str, key: str, event: str, people: int) -> None:
    """Through the SDK, as a program of one's own would."""
    client = analytics.Client(key, host=address)
    for number in range(people):
        traits = {"traits": {"email": f"intent{number}@example.com"}}
        client.track(f"user-{number}", event, {"audience_key": "high_intent"}, context=traits)
    client.shutdown()


def in_segment(stage: Stage, name: str) -> int:
    """How many identifiers LinkedIn has in an audience."""
    for segment in stage.control("segments")["segments"]:
        if segment["name"] == name:
            return int(stage.control(f"segments/{segment['id']}")["identifier_count"])
    return 0


def on_their_way(stage: Stage) -> int:
    """Events without an end."""
    with stage.looked_at() as door:
        rows = door.events("intent-to-acme").activations
        return sum(end.events for row in rows for end in row.ends if "pending" in end.outcome)


def until(happened: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            raise NotAsExpected("LinkedIn did not follow the events in time")
        time.sleep(0.1)


def three_days_later(stage: Stage) -> None:
    """Audiences ripen."""
    scene("Three days later (the emulator's clock moves): LinkedIn has matched them.")
    stage.control("clock", {"advance": 3 * DAY})
    stage.guestlist("status --live")
    scene("The audiences as LinkedIn sees them.")
    segments = stage.control("segments")["segments"]
    lines = [("Audience", "Status", "Input", "Matched", "Audience size"), *map(_audience, segments)]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    for number, line in enumerate(lines):
        tell("    " + "  ".join(map(_aligned, line, widths, range(5))), BOLD if number == 0 else "")
    expect("all audiences are ready", [_audience(segment)[1] for segment in segments] == ["READY"] * 3)
    expect("all have members", all(segment["destinations"][0]["matchedCount"] > 0 for segment in segments))


def _audience(segment: dict[str, Any]) -> tuple[str, str, str, str, str]:
    there = segment["destinations"][0]
    numbers = (segment.get("inputCount"), there.get("matchedCount"), there.get("audienceSize"))
    shown = [f"{number:,}" if number is not None else "–" for number in numbers]
    return segment["name"], there["status"], shown[0], shown[1], shown[2]


def _aligned(text: str, width: int, column: int) -> str:
    return text.rjust(width) if column >= 2 else text.ljust(width)


SCENES: tuple[Callable[[Stage], None], ...] = (
    connect,
    first_sync,
    changed_lists,
    broken_export,
    expired_token,
    events,
    three_days_later,
)


# ── front of house ───────────────────────────────────────────────────────────────────────────────────────────────
def prepare(folder: Path) -> None:
    """Lists and the file, as shipped."""
    for name in ("people.csv", "companies.csv", "guestlist.yaml"):
        shutil.copy(ROOT / "examples" / name, folder / name)


def started(folder: Path, port: int, stays: bool) -> tuple[subprocess.Popen[bytes], str]:
    """An emulator that listens, and its address."""
    ready, log = folder / "emulator.address", (folder / "emulator.log").open("wb")
    ready.unlink(missing_ok=True)
    command = [str(BIN / "linkedin-emulator"), "--port", str(port), "--ready-file", str(ready)]
    emulator = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=stays)  # noqa: S603 - our own
    (folder / "emulator.pid").write_text(str(emulator.pid))
    deadline = time.monotonic() + 30
    while not ready.exists():
        if emulator.poll() is not None or time.monotonic() > deadline:
            raise NotAsExpected(f"the emulator did not start: {(folder / 'emulator.log').read_text().strip()}")
        time.sleep(0.02)
    return emulator, ready.read_text().strip()


@contextlib.contextmanager
def passing() -> Iterator[Stage]:
    """A stage that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="guestlist-demo-") as name:
        folder = Path(name)
        prepare(folder)
        emulator, address = started(folder, 0, stays=False)
        try:
            yield Stage(folder, address)
        finally:
            emulator.terminate()
            emulator.wait()


@contextlib.contextmanager
def staying(folder: Path) -> Iterator[Stage]:
    """A stage that stays, unless the show breaks off; an earlier one in the same folder is cleared away."""
    if stop(folder):
        tell(f"What was still running in {folder} is stopped: everything begins anew.")
    clear(folder)
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder)
    try:
        try:
            _, address = started(folder, PORT, stays=True)
        except NotAsExpected:
            _, address = started(folder, 0, stays=True)
            tell(f"Port {PORT} is taken, so the emulated LinkedIn listens on another one.")
        stage = Stage(folder, address)
        exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in stage.variables.items())
        (folder / "env.sh").write_text(f"{exports}export PATH={shlex.quote(str(BIN))}:$PATH\n")
        yield stage
    except BaseException:  # Ctrl-C, too
        stop(folder)
        raise


def stop(folder: Path) -> bool:
    """End what an earlier show left running here; whether there was something."""
    ended = False
    for name, program in (("serve.pid", b"serve"), ("emulator.pid", b"linkedin-emulator")):
        pid = folder / name
        if pid.exists():
            ended |= _end(int(pid.read_text()), program)
            pid.unlink()
    return ended


def _end(number: int, program: bytes) -> bool:
    """A process that is gone may have left its number to another one. One that does not go is made to, with those that
    it started.
    """
    if program not in _command_line(number):
        return False
    os.kill(number, signal.SIGTERM)
    try:
        until(lambda: program not in _command_line(number), 15)
    except NotAsExpected:
        os.killpg(number, signal.SIGKILL)  # each has a session of its own, and so its number is its group's
    return True


def clear(folder: Path) -> None:
    """Remove what an earlier show made."""
    for name in ("events.yaml", "serve.log", "env.sh"):
        (folder / name).unlink(missing_ok=True)
    for name in ("home", "people.csv", "companies.csv", "guestlist.yaml", "emulator.log", "emulator.address"):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _command_line(number: int) -> bytes:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""


def show(stage: Stage) -> None:
    """All scenes."""
    tell(f"LinkedIn, emulated, listens on {stage.linkedin}. Lists and home: {stage.folder}")
    for act in SCENES:
        act(stage)


def opened_up(stage: Stage) -> tuple[str, str]:
    """`guestlist serve` that stays, over both files as one, and something that waits for a person. Its address, and a
    password that is nowhere else.
    """
    described = yaml.safe_load((stage.folder / "guestlist.yaml").read_text())
    for section, more in yaml.safe_load((stage.folder / "events.yaml").read_text()).items():
        described[section] |= {name: body for name, body in more.items() if name not in described[section]}
    described["activations"][PEOPLE]["schedule"] = {"every": "15m"}
    (stage.folder / "guestlist.yaml").write_text(yaml.safe_dump(described, sort_keys=False))
    companies = stage.rows("companies.csv")
    stage.write("companies.csv", companies[: len(companies) // 2])
    password = "-".join(secrets.choice(SYLLABLES) + secrets.choice(SYLLABLES) for _ in range(6))
    with stage.looked_at() as door:
        door.sync(COMPANIES)
        users.create(door.app, WHO, Role.ADMINISTRATOR, password)
    return _staying_pages(stage), password


SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]


def _staying_pages(stage: Stage) -> str:
    """On the usual port, unless somebody else has it."""
    said = stage.folder / "serve.log"
    for port in (PAGES_PORT, 0):
        command = [str(BIN / "guestlist"), "serve", "--port", str(port), "-f", "guestlist.yaml"]
        with said.open("w") as out:
            server = subprocess.Popen(  # noqa: S603 - our own console script
                command, cwd=stage.folder, env=os.environ | stage.variables, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, start_new_session=True,
            )  # fmt: skip
        (stage.folder / "serve.pid").write_text(str(server.pid))
        until(lambda: _greeting(said) or server.poll() is not None)  # noqa: B023 - called at once
        if server.poll() is None:
            return _greeting(said)
        tell(f"Port {port} is taken, so the pages are on another one.")
    raise NotAsExpected(f"the pages did not open: {said.read_text().strip()}")


def _greeting(said: Path) -> str:
    return said.read_text().partition("Taking events at ")[2].partition(". ")[0]


def left_behind(stage: Stage, address: str, password: str) -> None:
    """Where to look when everything stays."""
    stopping = f"{sys.executable} {Path(__file__)} --stop {stage.folder}"
    tell(f"\n\nThe pages:                   {address}/", BOLD)
    tell(f"  sign in as                 {WHO}", BOLD)
    tell(f"  with the password          {password}    (shown only now)", BOLD)
    tell(f"  look at                    {address}/activations/{COMPANIES}: it waits for you")
    tell(f"Campaign Manager, emulated:  {stage.linkedin}/campaignmanager/")
    tell(f"Lists, guestlist.yaml, home: {stage.folder}")
    tell(f"Go on yourself:              cd {stage.folder} && . ./env.sh && guestlist status")
    tell(f"Stop all of it:              make demo-down, or {stopping}")


def main() -> int:
    """Show it; 0 when everything was as expected."""
    parser = argparse.ArgumentParser(description="Guestlist, shown on an emulated LinkedIn.")
    parser.add_argument("--keep", metavar="DIR", type=Path, help="leave it running, with its files in DIR")
    parser.add_argument("--stop", metavar="DIR", type=Path, help="end what was left running in DIR")
    given = parser.parse_args()
    if given.stop:
        stop(given.stop.absolute())
        return 0
    keep = given.keep
    began = time.monotonic()
    try:
        with staying(keep.absolute()) if keep else passing() as stage:
            show(stage)
            if keep:
                left_behind(stage, *opened_up(stage))
    except NotAsExpected as difference:
        tell(f"\nNot as expected: {difference}", "31")
        return 1
    except KeyboardInterrupt:
        tell("\nStopped; nothing is left running.")
        return 130
    tell(f"\nThat was all, in {time.monotonic() - began:.0f} s, and everything was as expected.", GOOD)
    if not keep:
        tell(f"`make demo-up` leaves it running, to click through: http://127.0.0.1:{PAGES_PORT}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
