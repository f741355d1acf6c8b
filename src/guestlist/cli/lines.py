"""Lines of a log, written together: a server must not wait for its log with every request."""

from __future__ import annotations

import threading
from collections import deque
from typing import BinaryIO

PAUSE = 0.2  # seconds between two writes


class Lines:
    """A logger for structlog whose lines appear within ``PAUSE``; ``close`` writes what is left."""

    def __init__(self, stream: BinaryIO, pause: float = PAUSE) -> None:
        self._stream, self._pause = stream, pause
        self._lines: deque[bytes] = deque()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def msg(self, line: bytes) -> None:
        """Write a line soon."""
        self._lines.append(line)

    debug = info = warning = error = critical = exception = log = msg

    def close(self) -> None:
        """Write what is left, now."""
        self._closed.set()
        self._thread.join()

    def _write(self) -> None:
        while not self._closed.wait(self._pause):
            self._write_all()
        self._write_all()

    def _write_all(self) -> None:
        if not self._lines:
            return
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        try:
            self._stream.write(b"\n".join([*lines, b""]))
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads it: that stops no server
            return
