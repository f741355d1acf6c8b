"""The files for uploading by hand: limits, modes, harmless texts, nothing half written."""

import csv
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from guestlist.core.identity import Kind
from guestlist.core.templates import COLUMNS
from guestlist.errors import ConfigError
from guestlist.sources.linkedin_csv import write

PEOPLE = Kind.PEOPLE


def people(count: int) -> list[dict[str, str]]:
    return [{"email": f"{i:064x}", "firstname": f"N{i}"} for i in range(count)]


def read(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_a_list_is_cut_into_files_that_linkedin_takes(tmp_path: Path) -> None:
    files = write(people(7), PEOPLE, tmp_path / "new", "news to acme", most_rows=3)
    assert [f.name for f in files] == ["news-to-acme-001.csv", "news-to-acme-002.csv", "news-to-acme-003.csv"]
    assert [len(read(f)) - 1 for f in files] == [3, 3, 1]
    assert all(read(f)[0] == list(COLUMNS[PEOPLE]) for f in files)
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [f.name for f in files]


def test_no_file_is_larger_than_linkedin_takes(tmp_path: Path) -> None:
    files = write(people(100), PEOPLE, tmp_path, "a", most_bytes=2_000)
    assert all(f.stat().st_size <= 2_000 for f in files)
    assert sum(len(read(f)) - 1 for f in files) == 100


def test_nobody_is_no_file(tmp_path: Path) -> None:
    assert write([], PEOPLE, tmp_path, "a") == []


def test_an_earlier_export_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    write(people(3), PEOPLE, tmp_path, "a", most_rows=1)
    write(people(1), PEOPLE, tmp_path, "a-b")
    (tmp_path / "a-notes.csv").write_text("mine")
    write(people(1), PEOPLE, tmp_path, "a")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a-001.csv", "a-b-001.csv", "a-notes.csv"]


def test_texts_are_harmless_in_a_spreadsheet(tmp_path: Path) -> None:
    row = {"firstname": '=HYPERLINK("x")', "lastname": "@d", "jobtitle": "+1", "employeecompany": "-", "email": "-e"}
    (file,) = write([row], PEOPLE, tmp_path, "a")
    assert read(file)[1] == ["-e", '\'=HYPERLINK("x")', "'@d", "'+1", "'-", "", ""]


def test_a_broken_export_leaves_nothing_new(tmp_path: Path) -> None:
    def breaking() -> Iterator[dict[str, str]]:
        yield from people(3)
        raise KeyboardInterrupt

    write(people(1), PEOPLE, tmp_path, "a")
    with pytest.raises(KeyboardInterrupt):
        write(breaking(), PEOPLE, tmp_path, "a", most_rows=1)
    assert [p.name for p in tmp_path.iterdir()] == ["a-001.csv"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write(people(1), PEOPLE, tmp_path / "file", "a")
