"""The first rows of a list, whatever its format."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.clock import Clock
from tests.sources.test_files import workbook

from guestlist.errors import ConfigError
from guestlist.planner import beginning, trial
from guestlist.sources.beginnings import first_rows, in_one
from guestlist.sources.files import FileSource

ROWS = [{"email": "ann@example.com", "n": "1"}, {"email": "bob@example.com"}]


def read(folder: Path, name: str, most: int = 5) -> list[dict[str, str]]:
    scan = FileSource(name, folder, None, Clock()).open()
    of_parquet = name.endswith(".parquet")
    found = beginning.first_rows(scan, most, in_one) if of_parquet else first_rows(scan, most)
    return [dict(row) for row in found]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "email,n\nann@example.com,1\nbob@example.com,\n"),
        ("a.csv", '\ufeff"email";"n"\n"ann@example.com";"1"\n"bob@example.com";""\n'),
        ("a.tsv", "email\tn\nann@example.com\t1\nbob@example.com\t\n"),
        ("a.jsonl", '{"email": "ann@example.com", "n": 1}\n\n{"email": "bob@example.com", "n": null}\n'),
    ],
)
def test_texts(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    assert read(tmp_path, name) == ROWS
    assert read(tmp_path, name, 1) == ROWS[:1]


def test_parquet_and_workbooks(tmp_path: Path) -> None:
    emails = ["ann@example.com", "bob@example.com"]
    pq.write_table(pa.table({"email": emails, "n": [1.0, None]}), tmp_path / "a.parquet")
    assert read(tmp_path, "a.parquet") == ROWS
    workbook(tmp_path, ["email", "n"], ["ann@example.com", 1], ["bob@example.com", None])
    assert read(tmp_path, "a.xlsx") == ROWS


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.parquet"])
def test_a_filter_says_which_of_them_it_keeps(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text("email,n\nann@example.com,1\nbob@example.com,\ncem@example.com,7\n")
    (tmp_path / "a.jsonl").write_text('{"email": "ann", "n": 1}\n{"email": "b"}\n{"email": "c", "n": 7}\n')
    pq.write_table(pa.table({"email": ["ann@example.com", "bob", "c"], "n": [1, None, 7]}), tmp_path / "a.parquet")
    scan = FileSource(name, tmp_path, None, Clock()).open()
    rows = beginning.first_rows(scan, 3, in_one) if name.endswith(".parquet") else first_rows(scan, 3)
    assert trial.kept(scan, rows, "n < 5") == [True, False, False]
    assert trial.kept(scan, rows[:1], "n < 5") == [True]
    with pytest.raises(ConfigError, match="does not have: m"):
        trial.kept(scan, rows, "m < 5")


def test_fields_inside_of_others(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"who": {"email": "ann@example.com"}, "n": 1}\n')
    assert read(tmp_path, "a.jsonl") == [{"who.email": "ann@example.com", "n": "1"}]
    pq.write_table(pa.Table.from_pylist([{"who": {"email": "ann@example.com"}, "n": 1}]), tmp_path / "a.parquet")
    assert read(tmp_path, "a.parquet") == [{"who.email": "ann@example.com", "n": "1"}]


def test_a_page_of_parquet_that_unpacks_to_more_than_seems_is_not_read(tmp_path: Path) -> None:
    """Half a gigabyte, packed into some kilobytes; what is small is read, however much of the same follows."""
    large = pa.array(["ann@example.com", "x" * 300_000_000])
    pq.write_table(pa.table({"email": large}), tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    assert (tmp_path / "a.parquet").stat().st_size < 1 << 20
    del large
    assert read(tmp_path, "a.parquet") == []
    many = pa.array(["ann@example.com"] * 200_000)
    pq.write_table(pa.table({"email": many}), tmp_path / "b.parquet", row_group_size=7)
    assert read(tmp_path, "b.parquet", 20) == [{"email": "ann@example.com"}] * 20


def test_what_cannot_be_read_is_nothing(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"email": "ann@example.com"}\n')
    scan = FileSource("a.jsonl", tmp_path, None, Clock()).open()
    file.write_text('{"email": \n')
    assert first_rows(scan, 5) == []
    file.unlink()
    assert first_rows(scan, 5) == []
