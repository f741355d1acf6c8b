"""What is checked of an Excel workbook before it is opened: a few bytes can stand for more than any machine holds.

The reader of workbooks makes a table of every cell between the first and the last one, so one cell in the last corner
of a sheet is 17 billion; and what a ZIP says of its own sizes need not be true. So everything is inflated once, piece
by piece, and counted.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from guestlist.errors import SourceError

LARGEST = 1 << 30  # bytes of all parts of a workbook, inflated
STEEPEST = 200  # times that a part may be larger than what it was packed to
HARMLESS = 64 << 20  # bytes: below, nobody asks how well they were packed
MOST_CELLS = 40_000_000  # of one sheet, from its first cell to its last
FEW_CELLS = 1_000_000  # below, nobody asks how many of them hold something
SPARSEST = 50  # times that there may be more cells than hold something

_PIECE = 1 << 20
_LOCAL = struct.Struct("<4s22xHH")  # signature; lengths of the name and of what follows it
_CELL = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]{1,3})([0-9]{1,7})["']""")
_LONGEST = 64  # bytes: more than a reference to a cell has
_OTHERS = frozenset({"content.xml", "xl/workbook.bin"})  # of OpenDocument and xlsb, which name cells otherwise


def check(path: Path) -> None:
    """SourceError, in one sentence, when the file is no xlsx workbook or too much to be opened."""
    try:
        with zipfile.ZipFile(path) as book, path.open("rb") as raw:
            parts = book.infolist()
            _check_directory(path, parts)
            left = LARGEST
            for part in parts:
                left -= _check_part(path, raw, part, left)
    except (zipfile.BadZipFile, zlib.error, struct.error, ValueError, NotImplementedError):
        raise _damaged(path) from None


def _check_directory(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    names = {part.filename.lower() for part in parts}
    if "xl/workbook.xml" not in names or names & _OTHERS or len(names) < len(parts):
        raise _damaged(path)
    if sum(part.file_size for part in parts) > LARGEST:
        raise _too_much(path)


def _check_part(path: Path, raw: BinaryIO, part: zipfile.ZipInfo, left: int) -> int:
    """How many bytes it inflates to."""
    size, rows, columns, found, tail = 0, 0, 0, 0, b""
    for piece in _inflated(raw, part):
        size += len(piece)
        if size > left or (size > HARMLESS and size > STEEPEST * part.compress_size):
            raise _too_much(path)
        text = tail + piece
        for letters, digits in _CELL.findall(text):
            columns, rows, found = max(columns, _column(letters)), max(rows, int(digits)), found + 1
        if rows * columns > MOST_CELLS:
            raise _too_far(path, rows, columns)
        tail = text[-_LONGEST:]
    if rows * columns > max(FEW_CELLS, SPARSEST * found):
        raise _too_far(path, rows, columns)
    return size


def _inflated(raw: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """All of it, whatever the directory says of its size."""
    raw.seek(part.header_offset)
    signature, name, extra = _LOCAL.unpack(raw.read(_LOCAL.size))
    if signature != b"PK\x03\x04" or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    raw.seek(name + extra, 1)
    left, inflater = part.compress_size, zlib.decompressobj(-zlib.MAX_WBITS)
    while left > 0 and (packed := raw.read(min(left, _PIECE))):
        left -= len(packed)
        if part.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        while packed and not inflater.eof:
            yield inflater.decompress(packed, _PIECE)
            packed = inflater.unconsumed_tail


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _too_far(path: Path, rows: int, columns: int) -> SourceError:
    return SourceError(
        f"{path} is too large a sheet: it reaches to row {rows:,} and column {columns:,}; delete what stands far off, "
        "or save it as csv."
    )


def _too_much(path: Path) -> SourceError:
    return SourceError(f"{path} is too large to be opened: unpacked it is far more than it seems; save it as csv.")


def _damaged(path: Path) -> SourceError:
    return SourceError(f"{path} is no Excel workbook (xlsx), or a damaged or protected one.")
