"""The way in: the library, opened when a command needs it and not before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from guestlist.cli.options import DEFAULT_FILE
from guestlist.errors import ConfigError

if TYPE_CHECKING:
    from guestlist.facade import Guestlist


@contextmanager
def opened(file: Path | None) -> Iterator[Guestlist]:
    """The home of the environment at work with one file (None: without any)."""
    import guestlist  # noqa: PLC0415 - a third of a second that --help does not pay

    if file is not None and file != DEFAULT_FILE and not file.exists():
        raise ConfigError(f"{file} does not exist; `guestlist init` writes one")
    with guestlist.open(file=None if file is None else str(file)) as door:
        yield door


def nothing_there(file: Path) -> str:
    """What to do next where there is nothing to show."""
    if not file.exists():
        return f"There is no {file} here yet: `guestlist init LIST` writes one from a list."
    return f"There are no activations in {file} yet: add one under `activations:`."
