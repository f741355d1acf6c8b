"""The loops that keep streams in step: fold what was acknowledged, flush what was touched.

They wait by the machine's clock: what is due depends on other processes, not on our own time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from typing import Protocol

import structlog

from guestlist import logs
from guestlist.app.context import App
from guestlist.app.fold import LOCK, Fold
from guestlist.app.results import SyncResult
from guestlist.app.stream_sync import COMPARE, flush, tidy
from guestlist.app.streams import Listener, is_stream, listeners, recognise
from guestlist.config import ActivationConfig, Config
from guestlist.errors import ConfigError, GuestlistError

TICK = 0.025  # seconds between two looks while there is nothing to do
GATHER = 0.1  # seconds between the beginnings of two folds: what comes meanwhile is cheaper folded together
IDLE = 1.0  # without an audience of events, or while another process folds
RELISTEN = 5.0  # a renamed or removed activation is noticed that soon
ENDS = 5.0  # seconds for the process that folds to put down what it does
WIDTH = 8  # activations that are flushed at once
PAUSE = {"failed": 15.0, "parked": 60.0, "pending": 30.0, "waiting": 0.0, "done": 0.0}  # after a flush that ended so

log = structlog.get_logger("guestlist.streams")
ReadConfig = Callable[[], Config]


class Beside(Protocol):
    """A process beside this one that folds (``cli.companion``): with it, folding and flushing share no interpreter."""

    def start(self) -> None:
        """Start it, and again whenever it ends."""

    def stop(self) -> None:
        """Ask it to end, for good."""

    def wait(self, seconds: float) -> None:
        """Until it has ended."""


def start(app: App, read_config: ReadConfig, beside: Beside | None = None) -> list[Thread]:
    """Fold and flush until the app is asked to stop, in threads of their own; fold in a process of its own where there
    is one for it.
    """
    folding = _Folding(app, read_config).run if beside is None else _FoldingBeside(app, read_config, beside).run
    loops = (folding, _Flushing(app, read_config).run, partial(_checkpoint, app))
    started = [Thread(target=_guarded, args=(app, loop), daemon=True) for loop in loops]
    for thread in started:
        thread.start()
    return started


def _checkpoint(app: App) -> None:
    """Until asked to stop."""
    while not app.stop.wait(IDLE):
        app.store.checkpoint()


def fold(app: App, read_config: ReadConfig) -> None:
    """Only fold, until the app is asked to stop."""
    logs.configure()
    _guarded(app, _Folding(app, read_config).run)


def _guarded(app: App, loop: Callable[[], None]) -> None:
    """Whatever goes wrong, the loop begins again: its state is in the store."""
    while not app.stop.is_set():
        try:
            loop()
        except Exception as error:
            log.warning("events wait", reason=_said(error))
        app.stop.wait(IDLE)


def _said(error: BaseException) -> str:
    """What is not ours could quote an event."""
    return str(error) if isinstance(error, GuestlistError) else type(error).__name__


def _readable(read_config: ReadConfig) -> Config | None:
    try:
        return read_config()
    except ConfigError:
        return None  # the worker's own loop says so


class _Now:
    """The configuration, asked for once a second: these loops turn forty times as often."""

    def __init__(self, read_config: ReadConfig) -> None:
        self._read_config = read_config
        self._config: Config | None = None
        self._until = 0.0

    def __call__(self) -> Config | None:
        """None while it cannot be carried out."""
        if time.monotonic() >= self._until:
            self.fresh()
        return self._config

    def fresh(self) -> Config | None:
        """The same as of this moment."""
        self._config, self._until = _readable(self._read_config), time.monotonic() + IDLE
        return self._config


def _with_streams(config: Config | None) -> Config | None:
    if config is None or not any(is_stream(config, wanted) for wanted in config.activations.values()):
        return None
    return config


def _sends(config: Config, wanted: ActivationConfig) -> bool:
    return wanted.enabled and config.destinations[wanted.destination].enabled


class _Folding:
    """Whoever holds the lock folds for all."""

    def __init__(self, app: App, read_config: ReadConfig) -> None:
        self.app, self._now = app, _Now(read_config)
        self._heard: list[Listener] = []
        self._of: Config | None = None
        self._last: Config | None = None  # that could be read: it counts until its successor can
        self._heard_at = 0.0

    def run(self) -> None:
        """Until asked to stop."""
        with self.app.store.lock(LOCK, wait=False) as mine:
            fold = Fold(self.app)
            while mine and not self.app.stop.is_set():
                config, began = self._now() or self._last, time.monotonic()
                self._last = config
                if config is None:
                    self.app.stop.wait(IDLE)
                    continue
                folded = fold.step(partial(self._listeners, config))  # also of events that nobody listens to
                if folded:
                    self.app.stop.wait(0.0 if fold.more else max(0.0, began + GATHER - time.monotonic()))
                else:
                    self.app.stop.wait(TICK if _with_streams(config) else IDLE)

    def _listeners(self, config: Config) -> list[Listener]:
        now = self.app.clock.now()
        if config is not self._of or abs(now - self._heard_at) > RELISTEN:
            self._heard, self._of, self._heard_at = listeners(self.app, config), config, now
        return self._heard


class _FoldingBeside:
    """Starts the process that folds once there is anything to fold."""

    def __init__(self, app: App, read_config: ReadConfig, beside: Beside) -> None:
        self.app, self._now, self._beside = app, _Now(read_config), beside

    def run(self) -> None:
        """Until asked to stop."""
        while not (self.app.stop.is_set() or _with_streams(self._now()) or self.app.store.inbox.backlog().events):
            self.app.stop.wait(IDLE)
        if self.app.stop.is_set():
            return
        self._beside.start()
        self.app.stop.wait()
        self._beside.stop()
        self._beside.wait(ENDS)


class _Flushing:
    """Starts the flush of every stream that has waited long enough or gathered enough."""

    def __init__(self, app: App, read_config: ReadConfig) -> None:
        self.app, self._now = app, _Now(read_config)
        self._running: dict[str, Future[SyncResult | None]] = {}
        self._not_before: dict[str, float] = {}
        self._tidying: dict[str, Future[None]] = {}
        self._loaded: set[str] = set()
        self._went_by: dict[str, Config] = {}
        self._recognised: set[str] = set()
        self._of: Config | None = None
        self._ended = Event()

    def run(self) -> None:
        """Until asked to stop."""
        with ThreadPoolExecutor(WIDTH, "flush") as pool, ThreadPoolExecutor(1, "tidy") as tidies:
            while not self.app.stop.is_set():
                config = _with_streams(self._now())
                if config is None:
                    self.app.stop.wait(IDLE)
                    continue
                self._gather(tidies)
                self._load(tidies, config)
                self._recognise(config)
                for name in self._due(config):
                    self._running[name] = future = pool.submit(flush, self.app, config, name)
                    self._went_by[name] = config
                    future.add_done_callback(lambda _: self._ended.set())
                if self._ended.wait(TICK):  # what came meanwhile is due at once
                    self._ended.clear()

    def _gather(self, tidies: Executor) -> None:
        """What has ended. Ledgers are tidied while the next flushes are under way: they need not wait for it."""
        for name, future in list(self._running.items()):
            if future.done():
                del self._running[name]
                if self._went_by.pop(name) is not self._of:
                    self._recognised.discard(name)  # it may have written down what an older file says
                self._not_before[name] = self.app.clock.now() + self._pause(name, future)
                self._tidy(tidies, name)
        for name, done in list(self._tidying.items()):
            if done.done():
                del self._tidying[name]
                if (error := done.exception()) is not None:
                    log.warning("a ledger could not be tidied", activation=name, reason=_said(error))

    def _load(self, tidies: Executor, config: Config) -> None:
        """The ledgers of all streams, once, so that the first event need not wait for that."""
        for name, wanted in config.activations.items():
            if wanted.mode == "stream" and wanted.enabled and name not in self._loaded:
                self._loaded.add(name)
                self._tidy(tidies, name, loads=True)

    def _recognise(self, config: Config) -> None:
        """Streams that are new, or of which the file says something else: they do not wait for their next event."""
        if config is not self._of:
            self._recognised, self._of = set(), config
        for name in self._unknown(config):
            now = self._now.fresh()
            if now is not None and name in self._unknown(now):  # it was not removed within this second
                with suppress(ConfigError):  # what the file may not change so; `guestlist status` says it
                    recognise(self.app, now, name)
            self._recognised.add(name)

    def _unknown(self, config: Config) -> list[str]:
        seen = self._recognised | self._running.keys()
        streams = (name for name, wanted in config.activations.items() if wanted.mode == "stream")
        return [name for name in streams if name not in seen and _sends(config, config.activations[name])]

    def _tidy(self, tidies: Executor, name: str, *, loads: bool = False) -> None:
        if name not in self._tidying:
            self._tidying[name] = tidies.submit(tidy, self.app, name, loads=loads)

    def _pause(self, name: str, future: Future[SyncResult | None]) -> float:
        try:
            result = future.result()
        except GuestlistError as error:
            log.warning("flush failed", activation=name, reason=str(error))
            return PAUSE["failed"]
        if result is None:
            return IDLE  # somebody else is at it
        if result.state not in ("done", "waiting"):
            log.warning("flush waits", activation=name, state=result.state, reason=result.reason)
        elif result.requests:
            log.info("flushed", activation=name, added=result.added, removed=result.removed, changed=result.changed)
        return PAUSE.get(result.state, PAUSE["failed"])

    def _due(self, config: Config) -> list[str]:
        now, names = self.app.clock.now(), {}
        for name, wanted in config.activations.items():
            if (
                wanted.mode == "stream"
                and _sends(config, wanted)
                and name not in self._running
                and self._not_before.get(name, 0.0) <= now
            ):
                found = self.app.store.activations.get(name)
                if found is not None:
                    names[found.id] = name
        due = []
        for stream in self.app.store.streams.due(now - COMPARE) if names else ():
            name = names.get(stream.activation_id, "")
            whole = stream.behind or stream.compared_at <= now - COMPARE
            if name and (whole or self._ripe(config, name, stream.key_id, stream.seen, now)):
                due.append(name)
        return due

    def _ripe(self, config: Config, name: str, key_id: int, seen: int, now: float) -> bool:
        count, since = self.app.store.event_members.waiting(key_id, seen)
        batch = config.activations[name].batch
        return count >= batch.max_size or (count > 0 and since is not None and now - since >= batch.max_wait)
