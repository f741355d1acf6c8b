"""The command line: a mirror of the library for people and for scripts."""

from __future__ import annotations

import sys


def main() -> None:
    """The console script: carry out what was asked and leave with its exit code."""
    from guestlist.cli.program import leave, run  # noqa: PLC0415 - keeps `import guestlist.cli` free of Typer

    leave(run(sys.argv[1:]))
