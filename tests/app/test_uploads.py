"""Lists that were uploaded: sealed at rest, read from memory, a source like any other."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guestlist.app import uploads
from guestlist.errors import ConfigError, SourceError, UnknownName
from guestlist.planner.child_planner import ChildPlanner
from tests.world import World, digest

CSV = b"email,firstName\nann@example.com,Ann\nbob@example.com,Bob\n"


def upload(world: World, content: bytes, name: str = "customers", file_name: str = "customers.csv") -> uploads.Looked:
    app = world.open().app
    with uploads.arriving(app) as arriving:
        for at in range(0, len(content), 7):
            arriving.write(content[at : at + 7])
    return uploads.keep(app, arriving, name, file_name)


def uploaded(world: World) -> None:
    world.yaml["audiences"]["people"]["source"] = {"upload": "customers"}
    world.activation()


def test_an_uploaded_list_becomes_an_audience(world: World) -> None:
    looked = upload(world, CSV)
    assert looked.columns == ("email", "firstName")
    assert looked.mapping == {"email": ("email",), "firstName": ("firstName",)}
    uploaded(world)
    assert world.sync().added == 2
    upload(world, CSV.replace(b"bob", b"cem"))
    result = world.sync()
    assert (result.added, result.removed) == (1, 1)
    assert world.told() == {digest("ann@example.com"), digest("cem@example.com")}


def test_the_planner_of_the_product_reads_it_from_another_process(world: World) -> None:
    world.planner = ChildPlanner()
    upload(world, CSV)
    uploaded(world)
    assert world.sync().added == 2


def test_other_formats(world: World, tmp_path: Path) -> None:
    pq.write_table(pa.table({"email": ["ann@example.com"], "firstName": ["Ann"]}), tmp_path / "list.parquet")
    upload(world, (tmp_path / "list.parquet").read_bytes(), file_name="list.parquet")
    uploaded(world)
    assert world.sync().added == 1
    upload(world, b'{"email": "ann@example.com", "firstName": "Ann"}\n', file_name="list.jsonl")
    assert world.sync().unchanged == 1


def test_nothing_of_it_rests_in_clear(world: World) -> None:
    upload(world, CSV * 1000)
    uploaded(world)
    world.sync()
    for folder, _, files in os.walk(world.folder / "home"):
        for name in files:
            assert b"ann@example.com" not in (Path(folder) / name).read_bytes(), name


def test_memory_is_given_back(world: World) -> None:
    upload(world, CSV)
    uploaded(world)
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        world.open().plan("main")
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before + 1


@pytest.mark.parametrize(
    ("content", "file_name", "sentence"),
    [
        (b"", "empty.csv", "empty.csv is empty"),
        (CSV, "list.pdf", "list.pdf is of no known format"),
        (b"PK\x03\x04 no workbook", "book.xlsx", "book.xlsx is no Excel workbook"),
        (b"\xff\xfee\x00m\x00a\x00i\x00l\x00", "utf16.csv", "utf16.csv"),
        (CSV, "../../etc/passwd", "passwd is of no known format"),
    ],
)
def test_a_bad_list_is_refused_and_the_good_one_stays(
    world: World, content: bytes, file_name: str, sentence: str
) -> None:
    upload(world, CSV)
    with pytest.raises(SourceError, match=sentence) as refused:
        upload(world, content, file_name=file_name)
    assert "/proc/" not in str(refused.value)
    uploaded(world)
    assert world.sync().added == 2


def test_names_and_deletion(world: World) -> None:
    with pytest.raises(ConfigError, match="list's name"):
        upload(world, CSV, name="../x")
    upload(world, CSV)
    uploaded(world)
    door = world.open()
    with pytest.raises(ConfigError, match="is the source of people"):
        uploads.delete(door.app, door.configuration, "customers")
    world.write([{"email": "ann@example.com"}])
    world.yaml["audiences"]["people"]["source"] = {"file": "people.csv"}
    world.activation()
    door = world.open()
    uploads.delete(door.app, door.configuration, "customers")
    with pytest.raises(UnknownName):
        uploads.delete(door.app, door.configuration, "customers")
