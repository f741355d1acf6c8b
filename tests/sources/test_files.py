"""File sources: what is found out about a list, and the one sentence for each list that cannot be trusted."""

import codecs
import contextlib
import csv
import io
import os
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestlist.errors import SourceError
from guestlist.ports import CsvDialect, Scan
from guestlist.sources.files import FileSource
from guestlist.sources.text import Sample, dialect_of

NOW = 1_800_000_000.0


class StoppedClock:
    def now(self) -> float:
        return NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nobody waits here")


def opened(folder: Path, pattern: str, max_age: float | None = None) -> Scan:
    return FileSource(pattern, folder, max_age, StoppedClock()).open()


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(folder: Path, pattern: str, max_age: float | None = None) -> str:
    with pytest.raises(SourceError) as error:
        opened(folder, pattern, max_age)
    sentence = str(error.value)
    assert "\n" not in sentence
    assert "jane" not in sentence
    return sentence


# ── text tables ──────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("name", "text", "columns", "dialect"),
    [
        ("a.csv", "email,name\na@b.co,x\n", ("email", "name"), CsvDialect(",")),
        ("a.csv", "email;name\r\na@b.co;1,5\r\n", ("email", "name"), CsvDialect(";")),
        ("a.tsv", "email\tname\nx\ty\n", ("email", "name"), CsvDialect("\t")),
        ("a.tsv", "email,name\nx,y\n", ("email", "name"), CsvDialect(",")),
        ("a.csv", "email|name\nx|y\n", ("email", "name"), CsvDialect("|")),
        ("a.CSV", "email\na@b.co\n", ("email",), CsvDialect(",")),
        ("a.tsv", "email\na@b.co\n", ("email",), CsvDialect("\t")),
        ("a.csv", "company\n\"Acme, Inc\"\nB; C\n", ("company",), CsvDialect(",")),
        ("a.csv", '"e-mail, work";"na""me"\n"x;y";z\n', ("e-mail, work", 'na"me'), CsvDialect(";")),
        ("a.csv", "'email','name'\n'a','b'\n", ("email", "name"), CsvDialect(",", "'")),
        ("a.csv", "email,name", ("email", "name"), CsvDialect(",")),  # a header without rows is a list of nobody
        ("a.csv", "\n\nemail,name\na,b\n", ("email", "name"), CsvDialect(",", header_rows=3)),
        ("a.csv", "sep=;\nemail;a,b\nx;y\n", ("email", "a,b"), CsvDialect(";", header_rows=2)),
        ("a.csv", '"first\nname",b\nx,y\n', ("first name", "b"), CsvDialect(",", header_rows=2)),
        ("a.csv", " email ,name\nx,y\n", ("email", "name"), CsvDialect(",")),
        ("a.csv", codecs.BOM_UTF8.decode() + "email,größe\nx,y\n", ("email", "größe"), CsvDialect(",", bom=True)),
    ],
)  # fmt: skip
def test_dialects(tmp_path: Path, name: str, text: str, columns: tuple[str, ...], dialect: CsvDialect) -> None:
    put(tmp_path, name, text)
    scan = opened(tmp_path, name)
    assert (scan.format, scan.columns, scan.dialect) == ("csv", columns, dialect)


def test_a_few_longer_rows_do_not_change_the_header(tmp_path: Path) -> None:  # pitfall H11
    rows = "".join(f"b{i}@x.com,B\n" for i in range(100)) + "".join(f"c{i}@x.com,C,extra\n" for i in range(5))
    put(tmp_path, "a.csv", "email,name\n" + rows)
    assert opened(tmp_path, "a.csv").columns == ("email", "name")


def test_a_file_longer_than_what_is_looked_at(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "email;name\n" + "ä@b.co;x, y\n" * 800_000)
    scan = opened(tmp_path, "a.csv")
    assert (scan.columns, scan.dialect) == (("email", "name"), CsvDialect(";"))


NAMES = st.lists(
    st.text(st.sampled_from("abcXYZ ,;|\t\"'ß-_"), min_size=1, max_size=8).filter(lambda s: s.strip() == s),
    min_size=2,
    max_size=6,
    unique_by=str.casefold,
)


@settings(max_examples=200)
@given(NAMES, st.sampled_from(",;\t|"), st.integers(0, 5))
def test_what_a_csv_writer_writes_is_read_back(names: list[str], delimiter: str, rows: int) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([names] + [[f"v{i}" for i in range(len(names))]] * rows)
    dialect, header = dialect_of(Path("a.csv"), Sample(text.getvalue(), whole=True, bom=False))
    assert (dialect.delimiter, header) == (delimiter, names)


# ── other formats ────────────────────────────────────────────────────────────────────────────────────────────────
def test_parquet_with_structs(tmp_path: Path) -> None:
    account = {"accountName": "Acme", "accountKey": {"sourceKey": "1"}, "tags": ["a"]}
    pyarrow.parquet.write_table(pa.Table.from_pylist([account]), tmp_path / "a.parquet")
    scan = opened(tmp_path, "a.parquet")
    assert (scan.format, scan.dialect) == ("parquet", None)
    assert scan.columns == ("accountName", "accountKey.sourceKey", "tags")


def test_jsonl(tmp_path: Path) -> None:
    put(tmp_path, "a.jsonl", '{"email": "a\u2028b", "x": {"y": 1}}\n\n{"name": null, "email": 2}\n')
    scan = opened(tmp_path, "a.jsonl")
    assert (scan.format, scan.columns) == ("jsonl", ("email", "x.y", "name"))


def workbook(folder: Path, *rows: list[object], name: str = "a.xlsx") -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(folder / name)
    book.close()


def test_xlsx(tmp_path: Path) -> None:
    workbook(tmp_path, [], ["email", " name ", 2024], ["a@b.co", "n", 1.5])
    scan = opened(tmp_path, "a.xlsx")
    assert (scan.format, scan.columns) == ("xlsx", ("email", "name", "2024"))
    assert scan.dialect == CsvDialect(",", header_rows=2)


# ── several files, age, identity ─────────────────────────────────────────────────────────────────────────────────
def test_a_glob_is_one_list(tmp_path: Path) -> None:
    second, first = put(tmp_path, "d/b.csv", "\ufeffemail,x\n"), put(tmp_path, "d/a.csv", "email,x\n1,2\n")
    put(tmp_path, "d/c.txt", "nothing")
    scan = opened(tmp_path, "d/*.csv")
    assert scan.paths == (str(first), str(second))
    assert scan.identity == tuple((str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in (first, second))
    assert opened(tmp_path, "**/*.csv").paths == scan.paths


def test_a_name_with_brackets_is_a_name(tmp_path: Path) -> None:
    put(tmp_path, "list [1].csv", "email\n")
    assert opened(tmp_path, "list [1].csv").columns == ("email",)


def test_an_absolute_path(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "email\n")
    assert opened(Path("/elsewhere"), str(path)).paths == (str(path),)


def test_age(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "email\n")
    os.utime(path, (NOW - 3 * 86400, NOW - 3 * 86400))
    assert opened(tmp_path, "a.csv", 4 * 86400.0)
    assert "a.csv is stale: it was last written 3 days ago, and max_age is 26 hours" in refusal(
        tmp_path, "a.csv", 26 * 3600.0
    )
    fresh = put(tmp_path, "b.csv", "email\n")
    os.utime(fresh, (NOW, NOW))
    assert "a.csv is stale" in refusal(tmp_path, "*.csv", 26 * 3600.0)  # one part that was not renewed spoils the list


def test_of_several_files_the_difference_is_named(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "email,name\n")
    put(tmp_path, "b.csv", "email,nam\n")
    assert "b.csv has other columns than" in refusal(tmp_path, "*.csv")
    assert 'it lacks "name"; it adds "nam"' in refusal(tmp_path, "*.csv")
    put(tmp_path, "b.csv", "email;name\n")
    assert "is written differently from" in refusal(tmp_path, "*.csv")
    put(tmp_path, "b.parquet", b"x")
    assert "are of different formats" in refusal(tmp_path, "*.*")


def test_the_columns_of_several_files_may_stand_in_another_order(tmp_path: Path) -> None:
    put(tmp_path, "a.csv", "email,name\n")
    other = put(tmp_path, "b.csv", "name,email\n")
    scan = opened(tmp_path, "*.csv")
    assert (scan.columns, scan.orders) == (("email", "name"), {str(other): ("name", "email")})


def test_what_is_there_and_no_file_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to("gone.csv")
    (tmp_path / "b.csv").symlink_to("b.csv")
    os.mkfifo(tmp_path / "c.csv")
    assert "a.csv is a link that leads to no file" in refusal(tmp_path, "a.csv")
    assert "b.csv is a link that leads to no file" in refusal(tmp_path, "b.csv")
    assert "c.csv is no file that can be read twice" in refusal(tmp_path, "c.csv")


@pytest.mark.parametrize("size", [3 * 2**20, 9 * 2**20])
def test_a_cell_without_an_end_is_said_to_be_too_long(tmp_path: Path, size: int) -> None:
    put(tmp_path, "a.csv", f"email,name\na@b.co,x\n{'j' * size},y\n")
    said = refusal(tmp_path, "a.csv")
    assert "a.csv, line 3: a cell is longer than 131,072 characters" in said


# ── lists that cannot be trusted ─────────────────────────────────────────────────────────────────────────────────
REFUSED = [
    ("a.csv", b"", "a.csv is empty (0 bytes)"),
    ("a.parquet", b"", "a.parquet is empty (0 bytes)"),
    ("a.xlsx", b"", "a.xlsx is empty (0 bytes)"),
    ("a.csv", "\n \n", "has only blank lines"),
    ("a.csv", "email,name,email\n", 'the header names "email" twice (columns 1 and 3)'),
    ("a.csv", "email,Email\n", 'the header names "Email" twice (columns 1 and 2)'),
    ("a.csv", "email,,x\n", "column 2 of the header has no name"),
    ("a.csv", "jane.doe@example.com,Acme\njohn@example.com,Beta\n", "column 1 of its first row holds an e-mail"),
    ("a.csv", "Acme;" + "aB" * 32 + "\n", "column 2 of its first row holds a digest"),
    ("a.csv", "email,name\njané@b.co,x\n".encode("utf-16"), "UTF-16; convert it, for example with `iconv -f UTF"),
    ("a.csv", "email,name\njane@b.co,x\n".encode("utf-16-le"), "looks like UTF-16"),
    ("a.csv", "email,name\nx,y\njane@b.co,Müller\n".encode("latin-1"), "line 3: not UTF-8, it looks like Latin-1"),
    ("a.csv", "email,name\nx,\"y\n", "a.csv, line 2: a quoted field is not closed"),
    ("a.csv", "email,name\nx,y\n\"a\"b,c\n", "a.csv, line 3: a quoted field is not closed, or has a quote inside"),
    ("a.csv", b"email,name\nx,y\0\n", "a.csv, line 2: a NUL byte, which no text has"),
    ("a.csv", b"PK\x03\x04....", "a.csv is no text but a workbook or an archive (xlsx, zip)."),
    ("a.jsonl", b"\x1f\x8b\x08", "a.jsonl is no text but compressed (gzip); unpack it first."),
    ("a.parquet", b"PAR1 and then nothing", "is no Parquet file, or not a whole one"),
    ("a.xlsx", b"PK\x03\x04 jane", "is no Excel workbook (xlsx), or a damaged or protected one"),
    ("a.jsonl", "{\"email\": 1}\n[jane]\n", "a.jsonl, line 2: no JSON object"),
    ("a.jsonl", "{}\n", "has no rows, so that its columns are not known"),
    ("a.jsonl", "[" * 100_000, "line 1: no JSON object"),
    ("a.txt", "email\n", "is of no known format; lists are csv, tsv, parquet, jsonl or xlsx files"),
]  # fmt: skip


def test_how_to_convert_a_list_says_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "my list").mkdir()
    put(tmp_path / "my list", "a.csv", "email\nMüller\n".encode("latin-1"))
    folder = tmp_path / "my list"
    command = f"`iconv -f WINDOWS-1252 -t UTF-8 '{folder}/a.csv' > '{folder}/utf8-a.csv'`"
    assert command in refusal(folder, "a.csv")


@pytest.mark.parametrize(("name", "content", "sentence"), REFUSED, ids=range(len(REFUSED)))
def test_each_is_one_sentence_without_anybodys_data(
    tmp_path: Path, name: str, content: str | bytes, sentence: str
) -> None:
    put(tmp_path, name, content)
    assert sentence in refusal(tmp_path, name)


def test_xlsx_without_a_header_or_cells(tmp_path: Path) -> None:
    workbook(tmp_path)
    assert "its first sheet has no cells" in refusal(tmp_path, "a.xlsx")
    workbook(tmp_path, ["email", None, "x"])
    assert "column 2 of the header has no name" in refusal(tmp_path, "a.xlsx")


def test_missing_files_and_folders(tmp_path: Path) -> None:
    put(tmp_path, "contacts.csv", "email\n")
    assert "contact.csv does not exist (did you mean contacts.csv?)" in refusal(tmp_path, "contact.csv")
    assert "does not exist; the folder" in refusal(tmp_path, "nowhere/contacts.csv")
    assert "No file matches" in refusal(tmp_path, "*.parquet")
    (tmp_path / "folder").mkdir()
    assert "is a folder; name a file in it, or a glob such as `folder/*.csv`" in refusal(tmp_path, "folder/")
    assert "is a folder" in refusal(tmp_path, "")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["csv", "tsv", "jsonl", "xlsx", "parquet"]), st.binary(max_size=200))
def test_whatever_is_in_a_file_it_is_a_list_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    put(folder, f"a.{suffix}", content)
    with contextlib.suppress(SourceError):
        assert opened(folder, f"a.{suffix}").columns
