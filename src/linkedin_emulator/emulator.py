"""One LinkedIn: requests in, replies out, thread safe and free of any framework."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import linkedin_emulator.resources  # noqa: F401  registers the operations
from linkedin_emulator import campaign_manager, control_http, service
from linkedin_emulator.clock import Clock
from linkedin_emulator.config import Config, changed
from linkedin_emulator.control import Control
from linkedin_emulator.wire import Reply, Request
from linkedin_emulator.world import World


class Emulator:
    """All state and behaviour behind one method.

    One lock guards the state. A delayed reply is handed out with its delay and never waits inside, so other requests
    go on meanwhile.
    """

    def __init__(self, *, seed: int = 0, frozen_clock: bool = False, switches: Mapping[str, Any] | None = None) -> None:
        """`switches` hold from the start and after every reset; `msgspec.ValidationError` for an unknown one."""
        self._seed = seed
        self._frozen_clock = frozen_clock
        self._config = changed(Config(), dict(switches or {}))
        self._lock = threading.RLock()
        self._world = self._new_world()
        self.control = Control(self._locked, self._restart)

    def handle(self, request: Request) -> Reply:
        """Answer one request."""
        if request.path.startswith("/_emulator/"):
            return control_http.answer(self.control, request)
        if request.path == "/" or request.path.startswith("/campaignmanager"):
            with self._locked() as world:
                return campaign_manager.answer(world, request)
        arrived_in = self._world
        arrival = arrived_in.tellings.begin(arrived_in.clock.now())
        with self._locked():
            return service.answer(arrived_in, request, arrival, self._later)

    def _later(self, act: Callable[[], None]) -> None:
        with self._locked():
            act()

    @contextmanager
    def _locked(self) -> Iterator[World]:
        with self._lock:
            self._world.late.land_due()
            yield self._world

    def _restart(self) -> None:
        with self._lock:
            self._world = self._new_world()

    def _new_world(self) -> World:
        return World(seed=self._seed, clock=Clock(frozen=self._frozen_clock), config=self._config)
