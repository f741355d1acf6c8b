"""A sync that is stopped in the middle of a request, and the next one."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from linkedin_emulator.running import RunningEmulator
from tests.cli.conftest import BIN, Desk


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_sync_can_be_stopped_and_run_again(
    connected: Desk, linkedin: RunningEmulator, tmp_path: Path, number: signal.Signals
) -> None:
    control = linkedin.emulator.control
    control.fault({"kind": "delay", "seconds": 60}, path="/users$")
    said = tmp_path / "said"
    with said.open("w") as stderr:
        environment = connected.whole_environment(GUESTLIST_REQUEST_LIFETIME="1")
        with subprocess.Popen(
            [BIN / "guestlist", "sync"], cwd=connected.folder, env=environment, stdout=subprocess.DEVNULL, stderr=stderr
        ) as syncing:
            try:
                until(lambda: any(seen["fault"] == "delay" for seen in control.requests()), syncing)
                syncing.send_signal(number)
                assert syncing.wait(timeout=20) == 128 + number
            finally:
                syncing.kill()
    assert "run the same command again" in said.read_text()
    assert "Traceback" not in said.read_text()

    again = connected.script("sync", "--json", GUESTLIST_REQUEST_LIFETIME="1", GUESTLIST_REQUEST_TIMEOUT="5")
    assert again.code == 0, again.err
    (segment,) = control.segments()
    assert len(control.segment(segment["id"])["identifiers"]) == 400


def until(happened: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert process.poll() is None, "it ended too soon"
        assert time.monotonic() < deadline
        time.sleep(0.05)
