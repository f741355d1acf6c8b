"""A process beside this one, started again whenever it ends, that cannot outlive it."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Sequence

LONGEST = 60.0  # seconds between two starts
_WELL = 60.0  # seconds after which a process counts as one that had started well


class Companion:
    """Its standard input is a pipe whose other end is here: it reads the end of it when we are gone, however we went.

    ``ended`` is told the exit code and the seconds until it is started again.
    """

    def __init__(self, command: Sequence[str], ended: Callable[[int, float], None], pause: float = 1.0) -> None:
        self._command, self._ended, self._first_pause = list(command), ended, pause
        self._stopping = threading.Event()
        self._changing = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep, name="companion", daemon=True)

    def start(self) -> None:
        """Start it, and again whenever it ends."""
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end, for good; may be called from a signal handler, and does not wait."""
        self._stopping.set()
        process = self._process
        if process is not None:
            process.terminate()

    def wait(self, seconds: float) -> None:
        """Until it has ended after ``stop``; what takes longer is killed, which loses nothing."""
        if not self._thread.is_alive():
            return
        self._thread.join(seconds)
        with self._changing:
            process = self._process
        if process is not None and process.poll() is None:
            process.kill()
        self._thread.join()

    def _keep(self) -> None:
        pause = self._first_pause
        while (process := self._begun()) is not None:
            began = time.monotonic()
            code = process.wait()
            _close(process)
            if self._stopping.is_set():
                return
            pause = self._first_pause if time.monotonic() - began > _WELL else pause
            self._ended(code, pause)
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST)

    def _begun(self) -> subprocess.Popen[bytes] | None:
        """Another one; None when there shall be none."""
        with self._changing:
            if self._stopping.is_set():
                return None
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C reaches this process alone, which tells it
            )
        if self._stopping.is_set():  # asked meanwhile
            self._process.terminate()
        return self._process


def _close(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
