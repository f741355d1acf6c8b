import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from linkedin_emulator import server
from linkedin_emulator.asgi import create_app
from linkedin_emulator.config import FIELDS
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.running import RunningEmulator
from linkedin_emulator.wire import Request
from tests.emulator.kit import NOW, VERSION, user


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_the_command_announces_itself_and_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-m", "linkedin_emulator.server", "--port", "0", "--frozen-clock", "--ready-file", ready]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = ready.read_text().strip()
        places = "API /rest, OAuth /oauth/v2, control /_emulator, Campaign Manager /campaignmanager"
        assert line == f"LinkedIn emulator on {url} ({places})\n"
        assert httpx2.get(f"{url}/_emulator/clock").json()["frozen"]
        process.send_signal(ending)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.communicate()


def test_a_port_in_use_is_said_plainly(linkedin: RunningEmulator) -> None:
    port = linkedin.url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "linkedin_emulator.server", "--port", port]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_application_can_be_mounted() -> None:
    emulator = Emulator()
    token = emulator.control.token()["access_token"]
    app = Starlette(routes=[Mount("/linkedin", create_app(emulator))])
    headers = {"Authorization": f"Bearer {token}", "LinkedIn-Version": "202609", "X-Restli-Protocol-Version": "2.0.0"}
    from starlette.testclient import TestClient  # noqa: PLC0415  imports httpx2 lazily

    emulator.control.clock(now=NOW)
    with TestClient(app) as client:
        assert client.get("/linkedin/rest/me", headers=headers).json()["id"] == "AbC123xyz"
        assert client.get("/linkedin/campaignmanager").status_code == 200


def test_the_plugin_offers_both_fixtures(linkedin: RunningEmulator, linkedin_emulator: Emulator) -> None:
    assert linkedin.api_url == f"{linkedin.url}/rest"
    assert linkedin.oauth_url == f"{linkedin.url}/oauth/v2"
    assert httpx2.get(f"{linkedin.control_url}/segments").json() == {"segments": []}
    assert linkedin.token(["rw_ads"])
    assert linkedin_emulator is not linkedin.emulator


def test_many_threads_may_speak_at_once(emulator: Emulator) -> None:
    token = emulator.control.token()["access_token"]
    [number] = emulator.control.seed({"segments": [{"account": 516848833, "name": "x"}]})["segments"]
    headers = {"authorization": f"Bearer {token}", "linkedin-version": VERSION, "x-restli-method": "BATCH_CREATE"}

    def tell(thread: int) -> None:
        for turn in range(20):
            elements = ",".join(str(user(f"{thread}-{turn}-{n}")).replace("'", '"') for n in range(5))
            body = f'{{"elements":[{elements}]}}'.encode()
            emulator.handle(Request("POST", f"/rest/dmpSegments/{number}/users", "", headers, body))

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emulator.control.segment(number)["identifiers"]) == 600
    assert emulator.control.overlaps() == []


def said(capsys: pytest.CaptureFixture[str], *given: str) -> tuple[int, str]:
    """The exit code of the command, and what it wrote."""
    code: object = 0
    try:
        server.main(list(given))
    except SystemExit as left:
        code = left.code
    written = "".join(capsys.readouterr())
    return (code, written) if isinstance(code, int) else (1, f"{written}{code}")


def test_the_help_says_what_is_there_and_how_to_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "--help")
    assert code == 0
    for part in ("/_emulator", "/campaignmanager", "86emulator", "emulator-secret", "516848833", "--set NAME=VALUE"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 110


def test_the_switches_are_listed_with_their_settings(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys, "--switches")
    assert code == 0
    for part in ("  removal = identifier | member\n", "  match_fraction = 0.6\n", "  retry_after = false | true\n"):
        assert part in text
    assert all(f"  {name} = " in text for name in FIELDS)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (("--set", "removal=both"), "removal cannot be both, it is identifier or member"),
        (("--set", "match_fraction=much"), "match_fraction cannot be much, it is a number"),
        (("--set", "colour=red"), "there is no switch colour"),
        (("--set", "removal"), "removal is no NAME=VALUE"),
        (("--port", "65536"), "65536 is no port"),
        (("--host", "192.0.2.1"), "cannot listen on 192.0.2.1"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(
    capsys: pytest.CaptureFixture[str], given: tuple[str, ...], text: str
) -> None:
    code, written = said(capsys, *given)
    assert code in (1, 2)
    assert text in written


def test_without_its_libraries_the_command_says_how_to_get_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "linkedin_emulator.asgi")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    code, written = said(capsys, "--port", "0")
    assert (code, "uvicorn is not installed; pip install 'guestlist[emulator]'" in written) == (1, True)


def test_switches_are_turned_from_the_start(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    turned = ["--set", "removal=member", "--set", "malformed_version=400", "--set", "segments_per_account=7"]
    command = [sys.executable, "-m", "linkedin_emulator.server", "--port", "0", "--ready-file", ready, *turned]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        url = ready.read_text().strip()
        httpx2.post(f"{url}/_emulator/reset")
        found = httpx2.get(f"{url}/_emulator/config").json()
        assert (found["removal"], found["malformed_version"], found["segments_per_account"]) == ("member", "400", 7)
    finally:
        process.kill()
        process.communicate()


OUTSIDE = """
import sys

def test_outside(linkedin, linkedin_emulator):
    assert linkedin.token() and linkedin_emulator.control.token()
    assert not [name for name in sys.modules if name.split(".")[0] == "guestlist"]
"""


def test_the_plugin_serves_projects_that_know_nothing_of_guestlist(tmp_path: Path) -> None:
    (tmp_path / "test_outside.py").write_text(OUTSIDE)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert "1 passed" in done.stdout, done.stdout
