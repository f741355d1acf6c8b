"""A real server in a thread, for tests."""

import threading
import time
from collections.abc import Sequence
from typing import Self

from linkedin_emulator.asgi import create_server
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.server import address, bind
from linkedin_emulator.wire import Json


class RunningEmulator:
    """An emulator listening on a free port of localhost; use it as a context manager."""

    def __init__(self, emulator: Emulator | None = None) -> None:
        self.emulator = emulator or Emulator()
        self._socket = bind("127.0.0.1", 0)
        self._server = create_server(self.emulator)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self.url = address(self._socket)

    @property
    def api_url(self) -> str:
        """Base of the versioned API."""
        return f"{self.url}/rest"

    @property
    def oauth_url(self) -> str:
        """Base of the OAuth endpoints."""
        return f"{self.url}/oauth/v2"

    @property
    def control_url(self) -> str:
        """Base of the control plane."""
        return f"{self.url}/_emulator"

    def token(self, scopes: Sequence[str] | None = None, **options: object) -> str:
        """A ready access token."""
        reply: Json = self.emulator.control.token(scopes=scopes, **options)  # type: ignore[arg-type]
        return str(reply["access_token"])

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 30
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the emulator did not start")
            time.sleep(0.005)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=30)
        self._socket.close()
