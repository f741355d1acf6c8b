"""What the use cases are given: every seam, filled in by ``bootstrap`` (or by a test)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from guestlist.config import AudienceConfig, Config
from guestlist.core.permissions import LOCAL
from guestlist.ports import Clock, Door, Elements, Flusher, HeldList, Passwords, Planner, Progress, Scan, Source
from guestlist.settings import Settings
from guestlist.store import Store


def silent(what: str, done: int, of: int) -> None:
    """A progress that shows nothing."""


@dataclass(frozen=True)
class App:
    """One installation at work.

    ``door`` gives LinkedIn as one connected ad account; ``sources`` a list as its yaml describes it (folder: where
    relative paths start), ``look_at`` one that was uploaded, ``kept`` which of its first rows a filter keeps,
    ``length`` its rows, given its content, ``cells`` one column of it. ``threads`` is how many requests of a run fly at
    once. ``stop`` is set when the process was asked to end: whoever waits looks at it. ``dice`` spreads waiting times.
    ``post`` sends a notice to an address and says whether it arrived. ``who``: whoever all this is done for; the audit
    log says so.
    """

    settings: Settings
    store: Store
    planner: Planner
    flusher: Flusher
    elements: Elements
    clock: Clock
    door: Door
    sources: Callable[[AudienceConfig, Path], Source]
    passwords: Passwords
    look_at: Callable[[HeldList], Scan]
    first_rows: Callable[[Scan, int], list[Mapping[str, str]]] = lambda scan, most: []
    kept: Callable[[Scan, Sequence[Mapping[str, str]], str], list[bool]] = lambda scan, rows, text: [True] * len(rows)
    length: Callable[[Scan, Iterator[bytes]], int] = lambda scan, content: 0
    cells: Callable[[Scan, str], Iterator[str]] = lambda scan, column: iter(())
    post: Callable[[str, dict[str, str]], bool] = lambda url, message: True
    threads: int = 8
    dice: random.Random = field(default_factory=random.Random)
    stop: Event = field(default_factory=Event)
    progress: Progress = silent
    who: str = LOCAL.name


__all__ = ["App", "Config", "silent"]
