"""Nothing of an uploaded list is ever on a disk as it can be read, whatever kind of memory a machine has: every file
of the home, of the temporary folder, and every one that is open without having a name, before, during and after.
"""

from __future__ import annotations

import json
import os
import secrets
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guestlist.app import samples, suppression, uploads
from guestlist.errors import SourceError
from guestlist.planner.child_planner import ChildPlanner
from guestlist.ports import HeldList, Plan, PlanRequest, Progress, Scan
from tests.web.apikit import Api, problem
from tests.web.installed import Installed, installed
from tests.web.sending import multipart, send, token, upload
from tests.world import World, digest

FORMATS = ["csv", "tsv", "jsonl", "parquet", "xlsx"]
IN_MEMORY = ("/memfd:", "/dev/shm/")  # how the kernel calls what is not on a disk


@dataclass
class Disk:
    """``looked``: how often it was searched. ``word`` stands in each list, and nowhere else."""

    folders: tuple[Path, ...]
    word: str = field(default_factory=lambda: f"w{secrets.token_hex(8)}")
    looked: int = 0

    def search(self) -> None:
        self.looked += 1
        for path in (path for folder in self.folders for path in folder.rglob("*") if path.is_file()):
            assert self.word.encode() not in path.read_bytes(), path
        for number in os.listdir("/proc/self/fd"):
            self._open(f"/proc/self/fd/{number}")

    def _open(self, path: str) -> None:
        try:
            name = os.readlink(path)
            if name.startswith("/") and not name.startswith((*IN_MEMORY, "/dev/", "/proc/")):
                assert self.word.encode() not in Path(path).read_bytes(), f"it is open, and called {name}"
        except (FileNotFoundError, IsADirectoryError, PermissionError):
            pass

    def list_of(self, kind: str) -> bytes:
        """Two people."""
        rows = [{"email": f"{self.word}{n}@example.com", "firstName": f"Ann {self.word}"} for n in range(2)]
        return _WRITERS[kind](rows)


def _text(delimiter: str) -> Callable[[list[dict[str, str]]], bytes]:
    return lambda rows: "".join(delimiter.join(row) + "\n" for row in [[*rows[0]], *map(dict.values, rows)]).encode()  # type: ignore[arg-type]


def _parquet(rows: list[dict[str, str]]) -> bytes:
    out = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, compression="none", use_dictionary=False)
    return out.getvalue()


def _xlsx(rows: list[dict[str, str]]) -> bytes:
    """Not compressed, so that what stands in it can be found."""
    lines = [[*rows[0]], *([*row.values()] for row in rows)]
    cells = [
        "".join(f'<c r="{"AB"[n]}{at}" t="inlineStr"><is><t>{cell}</t></is></c>' for n, cell in enumerate(line))
        for at, line in enumerate(lines, 1)
    ]
    sheet = "".join(f'<row r="{at}">{line}</row>' for at, line in enumerate(cells, 1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    links = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{links}"><Relationship Id="r" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="s" sheetId="1" '
        'r:id="r"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{links}"><Relationship Id="r" Type="{office}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{sheet}</sheetData></worksheet>',
    }
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as book:
        for name, part in parts.items():
            book.writestr(name, part)
    return out.getvalue()


_WRITERS: dict[str, Callable[[list[dict[str, str]]], bytes]] = {
    "csv": _text(","),
    "tsv": _text("\t"),
    "jsonl": lambda rows: "\n".join(map(json.dumps, rows)).encode(),
    "parquet": _parquet,
    "xlsx": _xlsx,
}


class Searching(ChildPlanner):
    """Plans in a process of its own, as workers do."""

    disk: Disk | None = None

    def plan(self, request: PlanRequest, progress: Progress | None = None) -> Plan:
        assert self.disk is not None
        self.disk.search()
        made = super().plan(request, progress)
        self.disk.search()
        return made


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    """All that the product may write to."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("TMPDIR", str(temporary))
    return Disk((tmp_path,))


@pytest.fixture
def watched(tmp_path: Path, disk: Disk) -> Iterator[World]:
    """Searched wherever a list is open."""
    planner = Searching()
    planner.disk = disk
    world = World(tmp_path, planner=planner)
    world.connect()
    world.yaml["audiences"]["people"]["source"] = {"upload": "guests"}
    world.hooks.before = disk.search
    assert world.app is not None
    look = world.app.look_at

    def looked(held: HeldList) -> Scan:
        scan = look(held)
        disk.search()
        return scan

    world.app = replace(world.app, look_at=looked)
    yield world
    world.close()


def without_memfd(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Python was built for old systems."""
    monkeypatch.delattr(os, "memfd_create")


def without_any(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """As macOS and Windows."""
    without_memfd(monkeypatch)
    monkeypatch.setattr("guestlist.store.memory.SHARED", folder)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("memfd", [True, False])
def test_a_list_is_nowhere_in_clear_from_its_first_byte_until_linkedin_has_it(
    watched: World, disk: Disk, monkeypatch: pytest.MonkeyPatch, kind: str, memfd: bool
) -> None:
    if not memfd:
        without_memfd(monkeypatch)
    content, app = disk.list_of(kind), watched.open().app
    assert disk.word.encode() in content
    with uploads.arriving(app) as arriving:
        for at in range(0, len(content), 400):
            arriving.write(content[at : at + 400])
            disk.search()
    uploads.keep(app, arriving, "guests", f"guests.{kind}", lambda _: disk.search())
    shown = samples.beginning(app, watched.open().config, "people", members=True)
    assert disk.word in str(shown.rows)
    disk.search()
    before = disk.looked
    assert watched.sync().added == 2
    assert disk.looked >= before + 3
    disk.search()
    assert watched.told() == {digest(f"{disk.word}{n}@example.com") for n in range(2)}


@pytest.mark.parametrize("kind", FORMATS)
def test_where_nothing_can_hold_a_list_it_is_refused_before_it_comes(
    watched: World, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    app = watched.open().app
    with uploads.arriving(app) as arriving:
        arriving.write(disk.list_of(kind))
    uploads.keep(app, arriving, "guests", f"guests.{kind}")
    without_any(monkeypatch, tmp_path)
    with pytest.raises(SourceError, match="run Guestlist on Linux"), uploads.arriving(app):
        raise AssertionError("nobody may write")
    with pytest.raises(SourceError, match="let an Administrator name a file on the server"):
        uploads.look(app, "guests")
    assert watched.sync().state == "failed", "one that came to another machine is not opened either"
    disk.search()


@pytest.fixture
def pages(watched: World, logged: list[Any]) -> Iterator[Installed]:
    made = installed(watched)
    yield made
    made.web.close()


def test_pages_and_programs_are_told_why(
    pages: Installed, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_any(monkeypatch, tmp_path)
    browser, content = pages.signed_in(), disk.list_of("csv")
    assert upload(browser, content).status == 422
    assert "run Guestlist on Linux" in browser.text
    form = multipart([("csrf", token(browser.get("/audiences/new"))), ("name", "guests"), ("members", "")], content)
    said = send(browser, "/audiences/new/upload", form, accept="application/json").response.json()
    assert said["fault"].startswith("This machine has no memory")
    api = Api(pages.world)
    for method, path in (("PUT", "/uploads/x?file_name=x.csv"), ("POST", "/suppression-lists?file_name=x.csv")):
        refused = problem(api(method, path, content, content_type="application/octet-stream"), 422)
        assert "run Guestlist on Linux" in refused["detail"]
    api.close()
    disk.search()
    assert [each.name for each in uploads.all_of(pages.app)] == []


def test_a_suppression_list_is_nowhere_in_clear_either(
    watched: World, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_memfd(monkeypatch)
    app = watched.open().app
    with uploads.arriving(app) as arriving:
        arriving.write(disk.list_of("csv"))
    found = suppression.keep(app, arriving, "gone.csv")
    assert suppression.survey(app, found.id, "email").people == 2
    disk.search()
