"""How many rows a list has: what its reader finds, found without reading cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.ports import CsvDialect, Scan
from guestlist.sources.headers import Format, read_header
from guestlist.sources.lengths import length


def scanned(path: Path, kind: Format) -> Scan:
    header = read_header(path, kind)
    return Scan(kind, (str(path),), header.columns, ((path.name, 0, 0),), header.dialect, rows=header.rows)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("email,name\na@x.com,Ann\nb@x.com,Bob\n", 2),
        ("email,name\na@x.com,Ann\nb@x.com,Bob", 2),
        ("email,name\r\na@x.com,Ann\r\n\r\nb@x.com,Bob\r\n", 2),
        ("email,name\ra@x.com,Ann\rb@x.com,Bob\r", 2),
        ('email,name\na@x.com,"Ann\nLee"\nb@x.com,Bob\n', 2),
        ('email,name\na@x.com,"An ""A\n"" Lee\n\n"\nb@x.com,Bob\n', 2),
        ('email,"na\nme"\na@x.com,Ann\n', 1),
        ('email,name\na@x.com,5" pipe\nb@x.com,7" pipe\n', 2),
        ("email,name\n", 0),
    ],
)
def test_texts(text: str, rows: int, size: int) -> None:
    dialect = CsvDialect(",", header_rows=2 if text.startswith('email,"na') else 1)
    scan = Scan("csv", ("-",), ("email", "name"), (), dialect)
    assert length(scan, pieces(text.encode(), size)) == rows


CELL = st.text("ab,\"\n\r;' ", max_size=6)


@given(st.lists(st.tuples(st.just("x"), CELL), max_size=8), st.sampled_from(["\n", "\r\n"]), st.integers(1, 9))
def test_as_many_as_a_reader_of_cells_finds(cells: list[tuple[str, str]], end: str, size: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([("one", "two"), *cells])
    scan = Scan("csv", ("-",), ("one", "two"), (), CsvDialect(","))
    found = sum(1 for row in csv.reader(io.StringIO(out.getvalue(), newline="")) if row) - 1
    assert length(scan, pieces(out.getvalue().encode(), size)) == found


def test_what_the_file_says_is_not_counted(tmp_path: Path) -> None:
    pq.write_table(pa.table({"email": ["a", "b", "c"]}), tmp_path / "list.parquet")
    assert length(scanned(tmp_path / "list.parquet", "parquet"), iter(())) == 3
    (tmp_path / "list.jsonl").write_text('{"email": "a"}\n\n{"email": "b"}')
    assert length(scanned(tmp_path / "list.jsonl", "jsonl"), [b'{"email": "a"}\n\n{"ema', b'il": "b"}']) == 2
