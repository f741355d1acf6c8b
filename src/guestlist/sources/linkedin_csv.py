"""Lists written for LinkedIn: its own contact and company list templates, ready to be uploaded by hand."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from guestlist.core.identity import Kind
from guestlist.core.templates import COLUMNS, TEXTS
from guestlist.errors import ConfigError

# LinkedIn Help: a list has at most 300,000 records or 20 MB
MOST_ROWS = 300_000
MOST_BYTES = 20_000_000
_FORMULA = ("=", "+", "-", "@")


def write(
    rows: Iterable[Mapping[str, str]],
    members: Kind,
    folder: Path,
    name: str,
    most_rows: int = MOST_ROWS,
    most_bytes: int = MOST_BYTES,
) -> list[Path]:
    """Write the rows (``core.templates.rows``) as NAME-001.csv, NAME-002.csv ... and return the files.

    UTF-8, LinkedIn's header in each, readable by their owner only. A text that a spreadsheet would take for a formula
    (it starts with = + - or @) gets an apostrophe in front; digests, domains and addresses never do. The files appear
    all at once, when all are whole, and replace those of an earlier export of the same name, also its further ones.
    Raises ConfigError when the folder cannot be written.
    """
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "list"
    parts: list[_Part] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for line in _lines(rows, COLUMNS[members]):
            if not parts or not parts[-1].has_room(len(line), most_rows, most_bytes):
                if parts:
                    parts[-1].close()
                parts.append(_Part.begun(folder / f"{stem}-{len(parts) + 1:03d}.csv", members))
            parts[-1].add(line)
        _publish(parts, folder, stem)
    except OSError as error:
        raise ConfigError(f"The lists cannot be written to {folder}: {error.strerror}.") from None
    finally:
        for part in parts:
            part.discard()
    return [part.path for part in parts]


@dataclass
class _Part:
    """One file while it is written, under another name."""

    path: Path
    temporary: Path
    file: IO[bytes] = field(repr=False)
    rows: int = 0
    size: int = 0

    @classmethod
    def begun(cls, path: Path, members: Kind) -> _Part:
        temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        part = cls(path, temporary, os.fdopen(descriptor, "wb"))
        part.add(next(_lines([{c: c for c in COLUMNS[members]}], COLUMNS[members])))
        part.rows = 0
        return part

    def has_room(self, size: int, most_rows: int, most_bytes: int) -> bool:
        return self.rows < most_rows and self.size + size <= most_bytes

    def add(self, line: bytes) -> None:
        self.file.write(line)
        self.rows += 1
        self.size += len(line)

    def close(self) -> None:
        if not self.file.closed:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.file.close()

    def discard(self) -> None:
        self.file.close()
        self.temporary.unlink(missing_ok=True)


def _publish(parts: list[_Part], folder: Path, stem: str) -> None:
    for part in parts:
        part.close()
    for part in parts:
        os.replace(part.temporary, part.path)
    of_this_name = re.compile(re.escape(stem) + r"-[0-9]{3,}\.csv")
    kept = {part.path.name for part in parts}
    for path in folder.iterdir():
        if of_this_name.fullmatch(path.name) and path.name not in kept:
            path.unlink()


def _lines(rows: Iterable[Mapping[str, str]], columns: tuple[str, ...]) -> Iterator[bytes]:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_harmless(column, row.get(column, "")) for column in columns])
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()


def _harmless(column: str, value: str) -> str:
    return f"'{value}" if column in TEXTS and value.startswith(_FORMULA) else value
