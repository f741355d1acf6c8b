"""The worker, as a process that a supervisor starts and stops."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from linkedin_emulator.running import RunningEmulator
from tests.cli.conftest import BIN, YAML, Desk
from tests.cli.test_interrupted import until


@pytest.mark.slow
def test_the_worker_syncs_on_schedule_and_stops_when_asked(
    connected: Desk, linkedin: RunningEmulator, tmp_path: Path
) -> None:
    connected.write(YAML.replace("destination: acme}", "destination: acme, schedule: {every: 1h}}"))
    control = linkedin.emulator.control
    said = tmp_path / "said"
    with said.open("w") as stderr:
        environment = connected.whole_environment()
        command = [BIN / "guestlist", "worker"]
        with subprocess.Popen(
            command, cwd=connected.folder, env=environment, stdout=subprocess.DEVNULL, stderr=stderr
        ) as working:
            try:
                until(lambda: any(seen["path"].endswith("/users") for seen in control.requests()), working)
                working.send_signal(signal.SIGTERM)
                assert working.wait(timeout=20) == 0
            finally:
                working.kill()
    assert "Keeping in step: news." in said.read_text()
    assert "run the same command again" in said.read_text()
    assert connected("status", "--json").json[0]["told"] == 400


def test_a_worker_without_a_schedule_says_so(connected: Desk, tmp_path: Path) -> None:
    said = tmp_path / "said"
    with said.open("w") as stderr:
        environment = connected.whole_environment()
        command = [BIN / "guestlist", "worker"]
        with subprocess.Popen(command, cwd=connected.folder, env=environment, stderr=stderr) as working:
            try:
                until(lambda: "schedule: {every: 1h}" in said.read_text(), working)
                assert "No activation in guestlist.yaml has a schedule yet" in said.read_text()
                working.send_signal(signal.SIGINT)
                assert working.wait(timeout=20) == 0
            finally:
                working.kill()
