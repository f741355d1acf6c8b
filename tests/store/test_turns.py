"""One writes at a time, whoever waits is next soon, and nobody is waited for who is gone."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from guestlist.store.turns import Turns

HOLD = """
import sys
from pathlib import Path
from guestlist.store.turns import Turns
turns = Turns(Path(sys.argv[1]))
print(turns.take(30.0), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "guestlist.db-turn"


def test_processes_wait_for_one_another(file: Path) -> None:
    """Two of them behave like two processes: each has opened the file for itself."""
    one, other = Turns(file), Turns(file)
    assert one.take(1.0)
    assert not other.take(0.01)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(other.take, 30.0)
        one.give()
        assert waiting.result()
    assert not one.take(0.01)
    other.give()
    assert one.take(1.0)
    assert file.stat().st_mode & 0o777 == 0o600


def test_threads_of_a_process_wait_for_one_another(file: Path) -> None:
    turns = Turns(file)
    assert turns.take(1.0)
    with ThreadPoolExecutor(1) as pool:
        assert not pool.submit(turns.take, 0.01).result()
    turns.give()
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(turns.take, 1.0).result()


def test_a_process_that_is_killed_holds_nothing(file: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert not Turns(file).take(0.01)
        process.kill()
        process.wait()
        assert Turns(file).take(30.0)
