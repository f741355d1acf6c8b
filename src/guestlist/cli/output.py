"""Where words go: results to standard output, everything else to standard error. A reader who left is no error."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_RAGGED = re.compile(r" +$", re.MULTILINE)  # blanks that only fill a table's last column
_PIPE_WIDTH = 200  # of tables that no terminal limits


class Gone(Exception):
    """Nobody reads standard output any more: there is nothing left to print."""


def write(text: str, flush: bool = True) -> None:
    """Text to standard output; ``Gone`` when its reader left (``| head``)."""
    try:
        sys.stdout.write(text)
        if flush:
            sys.stdout.flush()
    except BrokenPipeError:
        silence(sys.stdout)
        raise Gone from None


def sentence(text: str) -> None:
    """What was done, on standard output."""
    write(f"{_folded(text, sys.stdout)}\n")


def say(text: str) -> None:
    """A line for the person, on standard error."""
    try:
        sys.stderr.write(f"{_folded(text, sys.stderr)}\n")
        sys.stderr.flush()
    except BrokenPipeError:
        silence(sys.stderr)


def silence(stream: IO[str]) -> None:
    """Let a stream whose reader left swallow the rest, also what is flushed at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _folded(text: str, stream: IO[str]) -> str:
    """Lines that break between words on a terminal; anywhere else a line stays a line."""
    if not stream.isatty():
        return text
    width = shutil.get_terminal_size().columns
    lines = (line if len(line) < width else _fold(line, width - 1) for line in text.split("\n"))
    return "\n".join(lines)


def _fold(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def write_json(value: Any) -> None:
    """One JSON document on standard output."""
    write(_json(value, indent=2) + "\n")


def stream_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON array on standard output, a line for each row, never all of them in memory."""
    lead = "["
    for row in rows:
        write(f"{lead}\n{_json(row)}", flush=False)
        lead = ","
    write("[]\n" if lead == "[" else "\n]\n")


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent, ensure_ascii=(sys.stdout.encoding or "").lower() != "utf-8")


def show(*shown: RenderableType) -> None:
    """Tables and texts to standard output: as wide as the terminal, or wide enough for a pipe."""
    screen = console()
    with screen.capture() as captured:
        screen.print(*shown, sep="\n", crop=False)
    write(captured.get() if screen.is_terminal else _RAGGED.sub("", captured.get()))


def console() -> Console:
    """Standard output as Rich sees it; names are never read as markup."""
    from rich.console import Console  # noqa: PLC0415 - a tenth of a second

    width = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _PIPE_WIDTH
    return Console(width=width, markup=False, highlight=False, emoji=False)


def is_terminal() -> bool:
    """Whether a person can be asked and shown something that moves."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def flush() -> None:
    """Hand over what is still in hand; whoever left does not count."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (BrokenPipeError, ValueError):
            continue
