"""Whose turn it is to write to SQLite, which has one writer.

SQLite's own way is to look again after 1, 2, 5 ... 100 ms, so that whoever writes seldom is passed over by those who
write all the time. Here the threads of a process wait for one another, and their processes look every millisecond at a
lock that the kernel frees with its holder.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from pathlib import Path

LOOK = 0.001  # seconds


class Turns:
    """Of one process. After a fork make others."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._threads = threading.Lock()
        self._fd: int | None = None

    def take(self, seconds: float) -> bool:
        """False: it was never ours within this time."""
        until = time.monotonic() + seconds
        if not self._threads.acquire(timeout=seconds):
            return False
        while not self._ours():
            if time.monotonic() > until:
                self._threads.release()
                return False
            time.sleep(LOOK)
        return True

    def give(self) -> None:
        """The next one's."""
        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        """Nobody of this process writes any more."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _ours(self) -> bool:
        if self._fd is None:
            self._fd = os.open(self._file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
