"""The way in: the library, opened when a command needs it and not before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from guestlist.cli.options import DEFAULT_FILE

if TYPE_CHECKING:
    from guestlist.facade import Guestlist


@contextmanager
def opened(file: Path | None) -> Iterator[Guestlist]:
    """The home of the environment at work with one file (None: without any)."""
    import guestlist  # noqa: PLC0415 - a third of a second that --help does not pay

    with guestlist.open(file=None if file is None else str(file)) as door:
        yield door


def if_there(file: Path) -> Path | None:
    """The file; None when the usual one is not there, for commands that can do without."""
    return None if file == DEFAULT_FILE and not file.exists() else file
