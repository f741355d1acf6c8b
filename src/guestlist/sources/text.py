"""How a text table is written: encoding, delimiter, quote and header, found by us and never by the database's sniffer,
which drops rows and takes people for headers without a word (a header and 100 rows of two fields, then five of three:
it finds a table of four rows).
"""

from __future__ import annotations

import codecs
import csv
import itertools
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from guestlist.errors import SourceError
from guestlist.ports import CsvDialect

DELIMITERS = ",;\t|"
SAMPLE = 8 * 2**20  # bytes that are looked at: encoding
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")  # with its end, as Python's newline="" splits them
_ROWS = 2_000  # rows that are looked at: delimiter
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NO_TEXT = {
    b"PK\x03\x04": "a workbook or an archive (xlsx, zip)",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "compressed (gzip); unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed (zstd); unpack it first",
}


class NotUtf8(SourceError):
    """A text in another encoding; ``line``: the first that shows it, 0 where all of it does."""

    def __init__(self, path: Path, line: int, looks: str, encoding: str) -> None:
        where = f"{path}, line {line}: not UTF-8, it" if line else f"{path} is not UTF-8 but"
        old, new = shlex.quote(str(path)), shlex.quote(str(path.with_name(f"utf8-{path.name}")))
        convert = f"convert it, for example with `iconv -f {encoding} -t UTF-8 {old} > {new}`"
        super().__init__(f"{where} looks like {looks}; {convert}.")
        self.line = line


@dataclass(frozen=True)
class Sample:
    """The beginning of a text file, decoded. ``whole``: there is nothing after it."""

    text: str
    whole: bool
    bom: bool


def sample(path: Path, size: int = SAMPLE) -> Sample:
    """The first ``size`` bytes. NotUtf8 says what they may be and how to convert; SourceError."""
    with path.open("rb") as file:
        raw = file.read(size + 1)
    whole, raw = len(raw) <= size, raw[:size]
    _check_is_text(path, raw)
    bom = raw.startswith(codecs.BOM_UTF8)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(raw, final=whole)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise NotUtf8(path, line, "Latin-1 (Windows-1252)", "WINDOWS-1252") from None
    if not text.strip():
        raise SourceError(f"{path} is empty: it has only blank lines.")
    return Sample(text, whole, bom)


def _check_is_text(path: Path, raw: bytes) -> None:
    for beginning, what in _NO_TEXT.items():
        if raw.startswith(beginning):
            raise SourceError(f"{path} is no text but {what}.")
    if raw.startswith(_WIDE) or raw.count(b"\x00") > len(raw) // 5:
        raise NotUtf8(path, 0, "UTF-16", "UTF-16")
    if b"\x00" in raw:
        line = raw.count(b"\n", 0, raw.index(b"\x00")) + 1
        raise SourceError(f"{path}, line {line}: a NUL byte, which no text has; the file may be damaged.")


def dialect_of(path: Path, found: Sample) -> tuple[CsvDialect, list[str]]:
    """The dialect and the header's names as they are written; SourceError when its quotes make no sense."""
    first = found.text.split("\n", 1)[0].strip("\r")
    said = first[4:] if len(first) == 5 and first.lower().startswith("sep=") else ""  # Excel's own hint
    quote = "'" if _all_in_single_quotes(first) else '"'
    usual = "\t" + DELIMITERS if path.suffix.lower() in (".tsv", ".tab") else DELIMITERS
    tables = [_read(found, delimiter, quote, 1 if said else 0) for delimiter in said or usual]
    best = max(tables, key=lambda table: table.fitness)  # the first of equals
    if best.too_long:
        raise SourceError(
            f"{path}, line {best.broken}: a cell is longer than {csv.field_size_limit():,} characters; the line may "
            "not end where it should."
        )
    if best.broken:
        raise SourceError(
            f"{path}, line {best.broken}: a quoted field is not closed, or has a quote inside that is not doubled."
        )
    return CsvDialect(best.delimiter, quote, best.header_rows, found.bom), best.header


@dataclass(frozen=True)
class _Table:
    """The first rows as one delimiter makes them: the header, the lines it ends at, how well the rows fit it.

    ``share``: of rows as wide as the header. ``broken``: the line at which reading failed, or 0; ``too_long``: because
    of a cell no person wrote.
    """

    delimiter: str
    header: list[str]
    header_rows: int
    share: float
    broken: int = 0
    too_long: bool = False

    @property
    def fitness(self) -> tuple[bool, bool, int, float, int]:
        """Splits at all; reads to the end, else as far as possible; share; width."""
        return len(self.header) > 1, not self.broken, self.broken, self.share, len(self.header)


def _read(found: Sample, delimiter: str, quote: str, skip: int) -> _Table:
    lines = (line[0] for line in _LINE.finditer(found.text))  # few of them are looked at: io.StringIO would copy all
    reader = csv.reader(itertools.islice(lines, skip, None), delimiter=delimiter, quotechar=quote, strict=True)
    header: list[str] = []
    header_rows, widths = 0, []
    try:
        for row in itertools.islice(reader, _ROWS):
            if header and row:
                widths.append(len(row))
            elif row:
                header, header_rows = row, reader.line_num + skip
    except csv.Error as error:
        too_long = "field limit" in str(error)
        if found.whole or not header or too_long:
            return _Table(delimiter, header, header_rows, 0.0, reader.line_num + skip, too_long)
    if not found.whole and reader.line_num < _ROWS:
        widths = widths[:-1]  # the last row of a sample may be cut
    share = sum(width == len(header) for width in widths) / len(widths) if widths else 1.0
    return _Table(delimiter, header, header_rows, share)


def _all_in_single_quotes(line: str) -> bool:
    fields = [line]
    for delimiter in DELIMITERS:
        fields = [part for field in fields for part in field.split(delimiter)]
    return all(len(field) > 1 and field[0] == field[-1] == "'" for field in map(str.strip, fields))
