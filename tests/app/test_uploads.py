"""Lists that were uploaded: sealed at rest, read from memory, a source like any other."""

from __future__ import annotations

import gc
import io
import os
import secrets
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guestlist.app import audiences, samples, uploads
from guestlist.errors import ConfigError, SourceError, StoreError, UnknownName
from guestlist.planner import frames
from guestlist.planner.child_planner import ChildPlanner
from guestlist.store.sealed_files import FRAME, SealedReader, seal_file
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


# ── the first rows only ──────────────────────────────────────────────────────────────────────────────────────────
def damage(world: World, frame: int) -> None:
    """One byte of a frame of the sealed list."""
    (path,) = (
        each for each in (world.folder / "home").rglob("*") if each.is_file() and each.stat().st_size > 12 * FRAME
    )
    with path.open("r+b") as file:
        file.seek(frame * (FRAME + 16) + 99)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def long_list(kind: str, folder: Path) -> bytes:
    """14 MB that no compression makes smaller; Parquet in groups of 1000 rows."""
    addresses = [f"{secrets.token_hex(500)}{n}@example.com" for n in range(14_000)]
    if kind == "csv":
        return b"email\n" + "\n".join(addresses).encode()
    if kind == "jsonl":
        return "\n".join(f'{{"email": "{each}"}}' for each in addresses).encode()
    table = pa.table({"email": addresses, "firstName": [f"Ann{n}" for n in range(len(addresses))]})
    pq.write_table(table, folder / "list.parquet", row_group_size=1000, compression="none", use_dictionary=False)
    return (folder / "list.parquet").read_bytes()


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_first_rows_are_read_without_opening_the_rest(world: World, tmp_path: Path, kind: str) -> None:
    upload(world, long_list(kind, tmp_path), file_name=f"list.{kind}")
    uploaded(world)
    app, config = world.open().app, world.open().config
    whole = samples.beginning(app, config, "people", members=True)
    assert len(whole.rows) == samples.FIRST
    damage(world, 11)
    assert samples.beginning(app, config, "people", members=True) == whole
    assert audiences.columns(app, config, "people") == whole.columns
    with pytest.raises(StoreError, match="damaged"):
        world.open().plan("main")
    damage(world, 0)
    shown = samples.of_mapping(app, config, "people", {"email": ["email"]}, lambda _: None, members=True)
    assert shown.read == {}


def test_a_list_that_was_cut_off_is_noticed_by_its_first_rows(world: World, tmp_path: Path) -> None:
    upload(world, long_list("csv", tmp_path))
    last = len(long_list("csv", tmp_path)) // FRAME
    uploaded(world)
    damage(world, last)
    with pytest.raises(StoreError, match="damaged"):
        audiences.columns(world.open().app, world.open().config, "people")


def test_a_list_that_was_only_begun_is_not_planned(world: World) -> None:
    upload(world, CSV)
    uploaded(world)
    app, config = world.open().app, world.open().config
    scan = app.sources(config.audiences["people"], config.folder).begin()
    with pytest.raises(NotImplementedError, match="only the beginning"):
        frames.send(io.BytesIO(), "plan", scan)


@pytest.mark.parametrize("length", [FRAME - 1, FRAME, FRAME + 1, 3 * FRAME])
def test_single_frames_are_what_was_written(length: int, tmp_path: Path) -> None:
    plain = secrets.token_bytes(length)
    (tmp_path / "plain").write_bytes(plain)
    key = seal_file(tmp_path / "plain", tmp_path / "sealed")
    with (tmp_path / "sealed").open("rb") as sealed:
        reader = SealedReader(sealed.fileno(), key)
        assert reader.size == length
        assert b"".join(reader.frame(n) for n in range(-(-length // FRAME))) == plain
        with pytest.raises(StoreError):
            reader.frame(-(-length // FRAME) + 1)


def test_memory_is_given_back(world: World) -> None:
    upload(world, CSV)
    uploaded(world)
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        world.open().plan("main")
        samples.beginning(world.open().app, world.open().config, "people", members=True)
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


@pytest.mark.parametrize("name", ["Kundenliste März", "лиды 2026", "a", "a.b-c_d"])
def test_a_list_is_called_in_any_language(world: World, name: str) -> None:
    upload(world, CSV, name=name)
    assert [each.name for each in uploads.all_of(world.open().app)] == [name]


@pytest.mark.parametrize("name", ["../x", "..", "a/b", " a", "a ", "_", "<script>", "a\nb", "x" * 101])
def test_names_that_no_list_has(world: World, name: str) -> None:
    with pytest.raises(ConfigError, match="list's name"):
        upload(world, CSV, name=name)


def test_names_and_deletion(world: World) -> None:
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
