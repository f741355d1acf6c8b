import signal
import subprocess
import sys
import threading
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from linkedin_emulator.emulator import Emulator
from linkedin_emulator.running import RunningEmulator
from linkedin_emulator.server import create_app
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
