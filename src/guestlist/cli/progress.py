"""How far long work is: bars on a terminal, plain lines elsewhere, nothing beside JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from guestlist.cli.output import say

if TYPE_CHECKING:
    from rich.progress import TaskID

Report = Callable[[str, int, int], None]  # (what, done, of); of = 0: unknown

_LONG = 1.0  # seconds: work that is done sooner needs no plain lines
_LINE_EVERY = 10.0  # seconds between plain lines about the same work


@contextmanager
def for_work(quiet: bool) -> Iterator[Report | None]:
    """A progress for the library to call; None: it need not."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        with _bars() as report:
            yield report
    else:
        yield _lines()


@contextmanager
def _bars() -> Iterator[Report]:
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    screen = Console(stderr=True, markup=False, highlight=False, emoji=False)
    what_column = TextColumn("{task.description}", markup=False)
    columns = (SpinnerColumn(), what_column, BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as bars:
        shown: dict[str, TaskID] = {}

        def report(what: str, done: int, of: int) -> None:
            if what not in shown:
                for old in shown.values():
                    bars.remove_task(old)
                shown.clear()
                shown[what] = bars.add_task(what, total=of or None)
            bars.update(shown[what], completed=done, total=of or None)

        yield report


def _lines(clock: Callable[[], float] = time.monotonic) -> Report:
    began = clock()
    told: dict[str, float] = {}

    def report(what: str, done: int, of: int) -> None:
        now = clock()
        if now - began < _LONG or now - told.get(what, -_LINE_EVERY) < _LINE_EVERY:
            return
        told[what] = now
        say(f"{what}: {done:,} of {of:,}" if of and done else what)

    return report
