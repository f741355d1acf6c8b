"""Lists whose plain content is in memory only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from guestlist.errors import SourceError, StaleSource
from guestlist.ports import Clock, HeldList, Scan
from guestlist.sources.files import FORMATS, ago
from guestlist.sources.headers import Format, read_header
from guestlist.sources.text import SAMPLE, NotUtf8

FOOTER = 8  # bytes: how long what describes a Parquet file is, and its mark


@dataclass(frozen=True)
class HeldSource:
    """A list that was uploaded. Implements ``ports.Source``. ``hold`` gives all of it, ``touch`` no more than is asked
    for; ``max_age``: seconds since it was.
    """

    hold: Callable[[], HeldList]
    touch: Callable[[], HeldList]
    max_age: float | None
    clock: Clock

    def open(self) -> Scan:
        """The list as it is now; SourceError, in one sentence, when it cannot be trusted."""
        return self._scan(self.hold())

    def begin(self) -> Scan:
        """The same for its first rows only."""
        return self._scan(self.touch())

    def _scan(self, held: HeldList) -> Scan:
        age = self.clock.now() - held.written_ns / 1e9
        if self.max_age is not None and age > self.max_age:
            raise StaleSource(
                f"{held.file_name} is stale: it was uploaded {ago(age)} ago, and max_age is {ago(self.max_age)}."
            )
        return scan_of(held)


def scan_of(held: HeldList) -> Scan:
    """Its columns and how it is written. SourceError names the file as it was called where it came from."""
    kind = FORMATS.get(f".{held.format}")
    if kind is None:
        raise SourceError(f"{held.file_name} is of no known format; lists are csv, tsv, parquet, jsonl or xlsx files.")
    _fill(held, kind)
    try:
        header = read_header(Path(held.path), kind)
    except NotUtf8 as error:
        where = f", line {error.line}," if error.line else ""
        raise SourceError(f"{held.file_name}{where} is not UTF-8: {_saved_as(kind)}.") from None
    except SourceError as error:
        raise SourceError(str(error).replace(held.path, held.file_name)) from None
    identity = ((held.file_name, held.size, held.written_ns),)
    return Scan(kind, (held.path,), header.columns, identity, header.dialect, held=held.held, rows=header.rows)


def _saved_as(kind: Format) -> str:
    """By whoever has it on their own machine, and brings it again."""
    return "in Excel choose Save as, CSV UTF-8" if kind == "csv" else "save it as UTF-8"


def _fill(held: HeldList, kind: Format) -> None:
    """What its header is read from: the beginning of a text, the end of a Parquet file, all of a workbook."""
    match kind:
        case "csv" | "jsonl":
            held.held.fill(0, SAMPLE + 1)
        case "parquet":
            held.held.fill(held.size - FOOTER, held.size)
            with Path(held.path).open("rb") as file:
                file.seek(max(held.size - FOOTER, 0))
                length = int.from_bytes(file.read(FOOTER)[:4], "little")
            held.held.fill(held.size - FOOTER - length, held.size)
        case "xlsx":
            held.held.fill(0, held.size)
