"""How many rows a list has, for people to tell it from another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from guestlist.ports import CsvDialect, Scan

LONGEST = 4 << 20  # bytes of a line; what is longer counts as it can, and no plan reads it


def length(scan: Scan, content: Iterable[bytes]) -> int:
    """Rows without the header; empty lines do not count. ``content`` is taken only of a text, which does not say."""
    if scan.rows is not None:
        return scan.rows
    if scan.dialect is None:
        return sum(1 for line in _lines(content) if line.strip())
    return _records(_lines(content), scan.dialect)


def _records(lines: Iterable[bytes], dialect: CsvDialect) -> int:
    """Lines inside of quotes belong to the row that began there."""
    delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
    count, inside = 0, False
    for number, line in enumerate(lines, 1):
        counts = not inside and number > dialect.header_rows and line
        if line.count(quote) % 2:
            inside = _ends_inside(line.split(delimiter), quote, inside)
        count += bool(counts)
    return count


def _ends_inside(fields: Iterable[bytes], quote: bytes, inside: bool) -> bool:
    """A quote in the middle of a field without quotes is only a character."""
    for each in fields:
        if inside or each.startswith(quote):
            inside ^= each.count(quote) % 2 == 1
    return inside


def _lines(content: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for block in content:
        lines = (rest[-LONGEST:] + block).splitlines()
        rest = b"" if block.endswith((b"\n", b"\r")) else lines.pop()
        yield from lines
    if rest:
        yield rest
