"""Lists that are files: csv, tsv, Parquet, jsonl and xlsx, one or a glob of them."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from guestlist.core import words
from guestlist.core.text import masked
from guestlist.errors import SourceError, StaleSource
from guestlist.ports import Clock, CsvDialect, Scan
from guestlist.sources.headers import Format, Header, read_header

FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".parquet": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
}


@dataclass(frozen=True)
class FileSource:
    """A list somebody keeps in files. Implements ``ports.Source``.

    ``pattern``: a path or a glob (``**`` reaches into folders), relative to ``base_folder``. All files must have the
    same columns, in any order. ``max_age``: seconds; when the oldest of them was last written before that, the list is
    unreadable.
    """

    pattern: str
    base_folder: Path
    max_age: float | None
    clock: Clock

    def open(self) -> Scan:
        """The list as it is now; SourceError, in one sentence, when it cannot be trusted."""
        try:
            paths = self._paths()
            file_format = _format(paths)
            identity = tuple(_identity(path) for path in paths)
            self._check_age(identity)
            headers = [read_header(path, file_format) for path in paths]
        except OSError as error:
            raise SourceError(f"{error.filename or self.pattern} cannot be read: {error.strerror}.") from None
        header = _common(paths, headers, file_format)
        return Scan(
            file_format,
            tuple(map(str, paths)),
            header.columns,
            identity,
            header.dialect,
            orders=_orders(paths, headers, header),
        )

    def begin(self) -> Scan:
        """The same: nothing of it is sealed."""
        return self.open()

    def _paths(self) -> list[Path]:
        wanted = self.base_folder.absolute() / Path(self.pattern).expanduser()
        if wanted.is_dir():
            raise SourceError(
                f"{wanted} is a folder; name a file in it, or a glob such as `{self.pattern.rstrip('/')}/*.csv`."
            )
        if wanted.is_file():
            return [wanted]
        if wanted.is_symlink():
            raise SourceError(f"{wanted} is a link that leads to no file.")
        if os.path.lexists(wanted):
            raise SourceError(f"{wanted} is no file that can be read twice (a pipe, a device); write it to one first.")
        if not glob.has_magic(self.pattern):
            raise SourceError(f"{wanted} does not exist{_similar(wanted)}.")
        paths = sorted(path for found in glob.iglob(str(wanted), recursive=True) if (path := Path(found)).is_file())
        if not paths:
            raise SourceError(f"No file matches {wanted}.")
        return paths

    def _check_age(self, identity: Sequence[tuple[str, int, int]]) -> None:
        if self.max_age is None:
            return
        path, _, written = min(identity, key=lambda file: file[2])
        age = self.clock.now() - written / 1e9
        if age > self.max_age:
            raise StaleSource(
                f"{path} is stale: it was last written {ago(age)} ago, and max_age is {ago(self.max_age)}."
            )


def _identity(path: Path) -> tuple[str, int, int]:
    stat = path.stat()
    return str(path), stat.st_size, stat.st_mtime_ns


def _format(paths: Sequence[Path]) -> Format:
    formats: dict[Format, Path] = {}
    for path in paths:
        found = FORMATS.get(path.suffix.lower())
        if found is None:
            raise SourceError(f"{path} is of no known format; lists are csv, tsv, parquet, jsonl or xlsx files.")
        formats.setdefault(found, path)
    if len(formats) > 1:
        first, second, *_ = formats.values()
        raise SourceError(f"{first} and {second} are of different formats; one list has one.")
    return next(iter(formats))


def _common(paths: Sequence[Path], headers: Sequence[Header], file_format: Format) -> Header:
    """What the files have in common: all of it, except that rows of jsonl may leave fields out."""
    first = headers[0]
    if file_format == "jsonl":
        return Header(tuple(dict.fromkeys(name for header in headers for name in header.columns)))
    for path, header in zip(paths[1:], headers[1:], strict=True):
        if set(header.columns) != set(first.columns):
            raise SourceError(
                f"{path} has other columns than {paths[0]}: {_difference(first.columns, header.columns)}."
            )
        if _without_bom(header) != _without_bom(first):
            raise SourceError(
                f"{path} is written differently from {paths[0]} (delimiter, quote, lines above its header)."
            )
    return first


def _orders(paths: Sequence[Path], headers: Sequence[Header], common: Header) -> Mapping[str, tuple[str, ...]]:
    """Where a place in the row is all that says which column it is, those of the files that differ."""
    if common.dialect is None:
        return {}
    both = zip(paths, headers, strict=True)
    return {str(path): header.columns for path, header in both if header.columns != common.columns}


def _without_bom(header: Header) -> CsvDialect | None:
    return header.dialect and replace(header.dialect, bom=False)


def _difference(expected: Sequence[str], found: Sequence[str]) -> str:
    lacking = [f'"{masked(name)}"' for name in expected if name not in found]
    added = [f'"{masked(name)}"' for name in found if name not in expected]
    parts = [f"it lacks {', '.join(lacking)}"] if lacking else []
    parts += [f"it adds {', '.join(added)}"] if added else []
    return "; ".join(parts)


def _similar(wanted: Path) -> str:
    """A file of the same folder that may be meant."""
    import difflib  # noqa: PLC0415 - only for a sentence

    try:
        there: Iterator[str] = (path.name for path in wanted.parent.iterdir() if path.suffix.lower() in FORMATS)
        close = difflib.get_close_matches(wanted.name, sorted(there), n=1)
    except OSError:
        return f"; the folder {wanted.parent} does not exist either"
    return f" (did you mean {close[0]}?)" if close else ""


def ago(seconds: float) -> str:
    """A time in words."""
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return words.counted(round(seconds), "second")
