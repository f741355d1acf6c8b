"""`guestlist serve` as people start it: a process that may be stopped, killed and overrun."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import guestlist
from guestlist.app import api_tokens
from guestlist.cli.companion import Companion
from guestlist.core.permissions import Role
from guestlist.events.posting import decode
from guestlist.store import Store, open_store
from tests.web.kit import basic, entered
from tests.web.served import YAML, Command, until


@pytest.fixture
def command(tmp_path: Path) -> Command:
    (tmp_path / "guestlist.yaml").write_text(YAML)
    return Command(tmp_path)


@pytest.fixture
def on_both(tmp_path: Path, store_url: str) -> Command:
    (tmp_path / "guestlist.yaml").write_text(YAML)
    return Command(tmp_path, store_url)


def made_key(command: Command, name: str = "engage") -> str:
    done = command.run("keys", "create", name, "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == {"name", "write_key"}
    return str(answer["write_key"])


def stored(command: Command) -> Store:
    return open_store(command.database_url, command.folder / "home")


def kept(command: Command) -> list[Any]:
    with stored(command) as store:
        return [
            json.loads(event)
            for row in store.inbox.take(1 << 30)
            for posting in decode(row.data)
            for event in posting.events
        ]


def workers_of(parent: int) -> list[int]:
    """Children that are workers."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = status.read_text().rsplit(")", 1)[1].split()
            line = (status.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(words[1]) == parent and b"worker" in line and words[0] != "Z":
            found.append(int(status.parent.name))
    return found


# ── starting ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
def test_it_says_how_to_reach_it(command: Command) -> None:
    with command.serving("--no-worker") as (_, address):
        assert "guestlist keys create NAME" in command.said
        assert f'analytics.host = "{address}"' in command.said
        assert f'dataPlaneUrl = "{address}"' in command.said
        assert f"{address}/hooks/segment" in command.said
        assert httpx2.get(f"{address}/readyz").json() == {"status": "ready"}


@pytest.mark.slow
def test_what_keeps_it_from_starting_is_one_sentence(command: Command, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = command.run("serve", "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "Address already in use" in done.stderr
    missing = command.run("serve", "-f", "other.yaml")
    assert missing.returncode == 2
    assert "other.yaml does not exist" in missing.stderr
    for each in (done, missing):
        assert len(each.stderr.splitlines()) == 1


@pytest.mark.slow
def test_members_are_taken_for_audiences_of_the_file_as_it_is_now(command: Command) -> None:
    key, other = made_key(command, "site"), made_key(command)
    with command.serving("--no-worker") as (_, address), httpx2.Client(base_url=address) as client:

        def status(name: str, key: str = key) -> int:
            body = {"add": [{"email": "ada@example.com"}]}
            path = f"/api/v1/audiences/{name}/members"
            return client.post(path, json=body, headers={"authorization": basic(key)}).status_code

        assert (status("accounts"), status("others"), status("accounts", other)) == (200, 404, 403)
        file = command.folder / "guestlist.yaml"
        file.write_text(YAML.replace("accounts", "others"))
        os.utime(file, ns=(1, 1))
        assert (status("accounts"), status("others")) == (404, 200)
        file.write_text("a mistake")
        os.utime(file, ns=(2, 2))
        assert (status("accounts"), status("others")) == (404, 200)


@pytest.mark.slow
def test_the_api_is_answered_and_its_work_is_done(command: Command) -> None:
    made = guestlist.open(str(command.folder / "home"), str(command.folder / "guestlist.yaml"))
    with made as door:
        token = api_tokens.create(door.app, "admin", Role.ADMINISTRATOR)
    with command.serving() as (_, address), httpx2.Client(base_url=f"{address}/api/v1") as client:
        assert client.get("/activations").status_code == 401
        client.headers["authorization"] = f"Bearer {token}"
        assert [each["name"] for each in client.get("/activations").json()["items"]] == ["main"]
        asked = client.post("/destinations/acme/checks")
        assert asked.status_code == 202
        where = asked.headers["location"].removeprefix("/api/v1")
        until(lambda: client.get(where).json()["state"] == "done")
        assert "not connected" in client.get(where).json()["result"][0]["problems"][0]


@pytest.mark.slow
def test_without_a_file_the_pages_are_how_one_begins(tmp_path: Path) -> None:
    command = Command(tmp_path)
    with command.serving() as (process, address):
        (link,) = re.findall(rf"  ({address}/setup/[\w-]+)\n", command.said)
        until(lambda: "No activation has a schedule yet." in command.said)
        assert workers_of(process.pid)
        with httpx2.Client(base_url=address, headers={"origin": address}, follow_redirects=True) as client:
            (proof,) = set(re.findall(r'name="csrf" value="(\w+)"', client.get(link).text))
            form = {"csrf": proof, "name": "ann", "password": "four words that nobody guesses"}
            assert "Nothing is connected yet" in client.post(link, data=form).text
            body = {"add": [{"email": "ada@example.com"}]}
            key = made_key(command)
            refused = client.post("/api/v1/audiences/x/members", json=body, headers={"authorization": basic(key)})
            assert refused.status_code == 404
        assert process.poll() is None
    with command.serving("--no-worker"):
        assert "/setup/" not in command.said


# ── ending ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_answers_what_is_under_way_and_ends_well(command: Command, number: signal.Signals) -> None:
    key = made_key(command)
    with command.serving() as (process, address):
        host, port = address.removeprefix("http://").split(":")
        body = json.dumps({"batch": [entered()]}).encode()
        head = (
            f"POST /v1/batch HTTP/1.1\r\nhost: x\r\nauthorization: {basic(key)}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        with socket.create_connection((host, int(port))) as line, httpx2.Client(base_url=address) as idle:
            line.sendall(head.encode() + body[:10])
            assert idle.get("/healthz").status_code == 200  # so the first was read too; this one stays connected
            until(lambda: bool(workers_of(process.pid)))
            workers = workers_of(process.pid)
            process.send_signal(number)
            until(lambda: refuses(host, int(port)))
            line.sendall(body[10:])
            answer = line.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 200")
        assert process.wait(30) == 0
    assert kept(command) == [entered()]
    assert not [each for each in workers if Path(f"/proc/{each}").exists()]
    assert "Traceback" not in command.said


def refuses(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port)).close()
    except OSError:
        return True
    return False


@pytest.mark.slow
def test_a_worker_that_dies_is_started_again_and_none_outlives_the_server(command: Command) -> None:
    with command.serving() as (process, _):
        until(lambda: "Keeping in step" in command.said)
        (first,) = workers_of(process.pid)
        os.kill(first, signal.SIGKILL)
        until(lambda: workers_of(process.pid) not in ([], [first]))
        (second,) = workers_of(process.pid)
        entry = json.loads(next(line for line in command.said.splitlines() if "started again" in line))
        assert (entry["exit_code"], entry["level"]) == (-9, "warning")
        until(lambda: command.said.count("Keeping in step") == 2)  # it listens to its parent by then
        process.kill()
        process.wait()
        until(lambda: not Path(f"/proc/{second}").exists())


def test_a_companion_that_cannot_start_waits_longer_each_time(tmp_path: Path) -> None:
    pauses: list[float] = []
    three = threading.Event()

    def ended(code: int, pause: float) -> None:
        pauses.append(pause)
        assert code == 3
        if len(pauses) == 3:
            three.set()

    companion = Companion(["/bin/sh", "-c", "exit 3"], ended, pause=0.01)
    companion.start()
    assert three.wait(30)
    companion.stop()
    companion.wait(10)
    assert pauses[:3] == [0.01, 0.02, 0.04]


def test_a_companion_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    script = f"trap '' TERM; touch {ready}; while :; do read line; done; sleep 60"
    companion = Companion(["/bin/sh", "-c", script], lambda code, pause: None)
    companion.wait(0.0)  # was never started: nothing to wait for
    companion.start()
    until(ready.exists)
    companion.stop()
    companion.wait(0.05)
    assert companion._process is not None
    assert companion._process.returncode == -signal.SIGKILL


# ── kill -9 ──────────────────────────────────────────────────────────────────────────────────────────────────────
class Sender(threading.Thread):
    """Sends batches of its own until nobody answers; notes what was acknowledged."""

    def __init__(self, number: int, address: str, key: str, numbers: Iterator[int]) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[str] = []
        self._number, self._address, self._key, self._numbers = number, address, key, numbers

    def run(self) -> None:
        with httpx2.Client(base_url=self._address, headers={"authorization": basic(self._key)}) as client:
            while True:
                ids = [f"{self._number}-{next(self._numbers)}" for _ in range(20)]
                try:
                    done = client.post("/v1/batch", json={"batch": [entered(each) for each in ids]})
                except httpx2.TransportError:
                    return
                assert done.status_code == 200, done.text
                self.acknowledged += ids


@pytest.mark.slow
def test_killed_under_load_it_loses_nothing_that_was_acknowledged(on_both: Command) -> None:
    key, numbers = made_key(on_both), itertools.count()
    acknowledged: set[str] = set()
    for round_ in range(2):
        with on_both.serving("--no-worker") as (process, address):
            senders = [Sender(round_ * 10 + number, address, key, numbers) for number in range(4)]
            for sender in senders:
                sender.start()
            until(lambda senders=senders: sum(len(each.acknowledged) for each in senders) > 1_000)  # type: ignore[misc]
            process.kill()
            for sender in senders:
                sender.join(30)
        acknowledged |= {each for sender in senders for each in sender.acknowledged}
    found = [event["userId"] for event in kept(on_both)]
    assert len(acknowledged) > 2_000
    assert acknowledged - set(found) == set()
    assert len(found) == len(set(found))


def test_help_imports_nothing_of_it() -> None:
    """What serving needs is imported when it serves."""
    code = "import sys; import guestlist.cli.program; print([m for m in ('fastapi', 'uvicorn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
