"""Segment's SDK for Node, unmodified, against `guestlist serve`."""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from linkedin_emulator.running import RunningEmulator
from tests.e2e.site import Site, serving, until_at_rest
from tests.world import digest

PROGRAM = Path(__file__).with_name("analytics_node")
KEY, PEOPLE = "hot", 50
TRIGGER = 'event = "Audience Entered" or event = "Audience Exited" or type = "identify"'
NODE, NPM = shutil.which("node"), shutil.which("npm")

pytestmark = pytest.mark.skipif(NODE is None or NPM is None, reason="Node is not installed")


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the program with the SDK beside it: installed once, whoever of the workers comes first."""
    files = sorted(each for each in PROGRAM.iterdir() if each.is_file())
    known = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()[:16]
    folder = tmp_path_factory.getbasetemp().parent / f"analytics-node-{known}"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for each in files:
                shutil.copy(each, folder)
            command = [str(NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
            assert done.returncode == 0, done.stderr
            (folder / "installed").touch()
    return folder


@pytest.fixture
def site(tmp_path: Path, linkedin: RunningEmulator) -> Site:
    linkedin.emulator.control.config(segment_visible_after=0.0)
    made = Site(tmp_path, linkedin)
    made.yaml["audiences"]["people"]["source"] = {"events": {"write_keys": ["node"]}}
    stream = {"mode": "stream", "audience_key": KEY, "batch": {"max_wait": "50ms"}, "max_removals": "100%"}
    made.yaml["activations"]["main"] |= stream | {"trigger": TRIGGER}
    made.write([])
    made.connect()
    return made


def send(program: Path, address: str, key: str) -> list[str]:
    """What the SDK had to complain of."""
    command = [str(NODE), "send.mjs", address, key, KEY, str(PEOPLE)]
    done = subprocess.run(command, cwd=program, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    problems: list[str] = json.loads(done.stdout)
    return problems


@pytest.mark.slow
def test_people_enter_and_leave_by_what_the_sdk_says(site: Site, program: Path) -> None:
    key = site.json("keys", "create", "node")["write_key"]
    with serving(site) as (_, address):
        assert send(program, address, key) == []
        until_at_rest(site)
        inside = ["ada", *(f"p{n}" for n in range(1, PEOPLE, 2))]
        assert site.told() == {digest(f"{name}@example.com") for name in inside}
        (row,) = [each for each in site.json("events", "--since", "1d")["activations"] if each["activation"] == "main"]
    assert row["received"] == sum(row["outcomes"].values()) == PEOPLE + PEOPLE // 2 + 2


@pytest.mark.slow
def test_the_sdk_with_a_wrong_key_hears_of_it(site: Site, program: Path) -> None:
    with serving(site) as (_, address):
        problems = send(program, address, "gl_wrong")
    assert problems
    assert all("401" in each or "Unauthorized" in each for each in problems)
