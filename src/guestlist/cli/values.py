"""Values of people, read from where no shell history keeps them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from guestlist.cli.output import say
from guestlist.errors import ConfigError, SourceError

STANDARD_INPUT = "-"
_FILES = (".txt", ".csv", ".tsv")
_HEADINGS = {"email", "e-mail", "mail", "email address", "email_address", "value", "identifier"}


def one(value: str) -> str:
    """The value, or the first line of standard input."""
    if value != STANDARD_INPUT:
        return value
    if sys.stdin.isatty():
        say("Type the value and press Enter.")
    line = sys.stdin.readline().strip()
    if not line:
        raise ConfigError("standard input held no value")
    return line


def several(given: Sequence[str]) -> list[str]:
    """All values; ``-`` and the names of files stand for the lines in them."""
    found = [value for name in given for value in _values(name)]
    if not found:
        raise ConfigError("name at least one value, a file of values, or - for standard input")
    return found


def _values(name: str) -> Iterator[str]:
    if name == STANDARD_INPUT:
        if sys.stdin.isatty():
            say("Type one value a line; end with Ctrl-D.")
        yield from _lines(sys.stdin.read())
    elif _is_file(name):
        yield from _lines(_text(Path(name)))
    elif Path(name).suffix.lower() in _FILES and "@" not in name and not name.startswith("primaryId:"):
        raise ConfigError(f"there is no file {name}")
    else:
        yield name


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SourceError(f"{file} is no UTF-8 text; write one value a line") from None


def _lines(text: str) -> Iterator[str]:
    return _without_heading(line.strip().strip('"').strip() for line in text.splitlines())


def _without_heading(lines: Iterable[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if line and not line.startswith("#") and (number or line.lower() not in _HEADINGS):
            yield line
