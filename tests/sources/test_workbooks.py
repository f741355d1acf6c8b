"""Workbooks that would not fit into any machine are refused before they are opened."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from guestlist.errors import SourceError
from guestlist.sources import workbooks

HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'


def cell(column: str, row: int, text: str) -> str:
    return f'<row r="{row}"><c r="{column}{row}" t="inlineStr"><is><t>{text}</t></is></c></row>'


def book(path: Path, sheet: str, **more: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
        made.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, text in more.items():
            made.writestr(name, text)
    return path


def test_a_plain_one_passes(tmp_path: Path) -> None:
    workbooks.check(book(tmp_path / "list.xlsx", HEAD + cell("A", 1, "email") + cell("XFD", 60, "x")))


@pytest.mark.parametrize("quote", ['"', "'"])
def test_one_cell_in_the_last_corner_is_17_billion(tmp_path: Path, quote: str) -> None:
    sheet = (HEAD + cell("A", 1, "email") + cell("XFD", 1_048_576, "x")).replace('"', quote)
    with pytest.raises(SourceError, match="row 1,048,576 and column 16,384"):
        workbooks.check(book(tmp_path / "list.xlsx", sheet))


def test_a_few_cells_far_apart_are_no_sheet_of_millions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some hundred bytes would be gigabytes of empty cells; one with something in every other cell is a list."""
    far = HEAD + cell("A", 1, "email") + cell("T", 1_000_000, "x")
    with pytest.raises(SourceError, match="row 1,000,000 and column 20; delete what stands far off"):
        workbooks.check(book(tmp_path / "list.xlsx", far))
    monkeypatch.setattr(workbooks, "FEW_CELLS", 1_000)
    workbooks.check(book(tmp_path / "list.xlsx", HEAD + "".join(cell("D", row, "x") for row in range(1, 1_001, 2))))


def test_a_reference_that_two_pieces_share_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = HEAD + cell("A", 1, "email") + cell("XFD", 1_048_576, "x")
    path = book(tmp_path / "list.xlsx", sheet)
    for size in range(1, 40):
        monkeypatch.setattr(workbooks, "_PIECE", size)
        with pytest.raises(SourceError, match="too large a sheet"):
            workbooks.check(path)


def test_what_packs_too_well_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "list.xlsx", HEAD + " " * 3_000_000)
    workbooks.check(path)
    monkeypatch.setattr(workbooks, "HARMLESS", 1_000_000)
    with pytest.raises(SourceError, match="save it as csv"):
        workbooks.check(path)


def test_what_a_directory_says_and_what_is_there_both_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = book(tmp_path / "list.xlsx", HEAD + "x" * 3_000_000)
    monkeypatch.setattr(workbooks, "LARGEST", 1_000_000)
    with pytest.raises(SourceError, match="too large"):
        workbooks.check(path)
    raw = path.read_bytes()
    size = (len(HEAD) + 3_000_000).to_bytes(4, "little")
    assert raw.count(size) == 2
    path.write_bytes(raw.replace(size, (9).to_bytes(4, "little")))
    with pytest.raises(SourceError, match="too large"):
        workbooks.check(path)


@pytest.mark.parametrize("name", ["content.xml", "xl/workbook.bin"])
def test_another_kind_of_workbook_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match="no Excel workbook"):
        workbooks.check(book(tmp_path / "list.xlsx", HEAD, **{name: ""}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and then nothing", b"email\nann@example.com\n"])
def test_what_is_no_zip_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.xlsx").write_bytes(content)
    with pytest.raises(SourceError, match="no Excel workbook"):
        workbooks.check(tmp_path / "list.xlsx")


def test_a_part_that_is_cut_or_packed_otherwise_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
    with pytest.raises(SourceError, match="no Excel workbook"):
        workbooks.check(path)
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", "<workbook/>" * 100)
    path.write_bytes(kept.getvalue().replace(b"PK\x03\x04", b"PK\x07\x07", 1))
    with pytest.raises(SourceError, match="no Excel workbook"):
        workbooks.check(path)
