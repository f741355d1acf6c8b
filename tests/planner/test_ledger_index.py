"""A ledger's index says what the planner says of the same parts, and is made once."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestlist.core.identity import IdType
from guestlist.core.membership import State
from guestlist.errors import StoreError
from guestlist.planner import index_child, ledger_index, part_index
from guestlist.planner.changes import stream
from guestlist.planner.duck import DuckDBPlanner
from guestlist.planner.ledger import EMPTY
from guestlist.planner.ledger_index import Shelf, relatives, standings
from guestlist.planner.part_index import PartIndex
from guestlist.ports import LedgerPart

# Keys that begin alike, as anybody may make them who hands in digests.
KEYS = [head * 8 + tail * 8 for head in (b"\x00", b"a", b"\xff") for tail in (b"\x00", b"b", b"\xfe")]
VALUES = {IdType.SHA256_EMAIL: b"r" * 16, IdType.SHA512_EMAIL: b"r" * 48, IdType.PRIMARY: None}

_key = st.sampled_from(KEYS)
ROW = st.fixed_dictionaries({
    "t": st.sampled_from(list(IdType)), "state": st.sampled_from(list(State)), "refused": st.sampled_from([0, 0, 7]),
    "owner": st.one_of(st.none(), _key), "grp": st.one_of(st.none(), _key), "fp": st.integers(0, 2**64 - 1),
    "kind": st.integers(1, 255), "at": st.integers(0, 2**51), "run": st.integers(0, 2**40),
})  # fmt: skip
ROWS = st.dictionaries(_key, ROW, min_size=1)
READ_AS = st.sampled_from(["as_is", "not_told", "unsure", "again"])


def table(rows: dict[bytes, dict[str, Any]]) -> pa.Table:
    lines = [row | {"id": id16, "v": VALUES.get(row["t"], b"text")} for id16, row in rows.items()]
    return pa.table({name: [line[name] for line in lines] for name in EMPTY.column_names}, schema=EMPTY.schema)


def row(**other: Any) -> dict[str, Any]:
    plain = {"t": IdType.SHA256_EMAIL, "state": State.IN, "refused": 0, "owner": None, "grp": None, "fp": 1, "kind": 1}
    return plain | {"at": 5, "run": 1} | other


def blob(seq: int, rows: dict[bytes, dict[str, Any]], read_as: Any = "as_is") -> LedgerPart:
    return LedgerPart(seq, len(rows), data=stream(table(rows)), read_as=read_as)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every file counts as large; what the processes that indexed one ended with."""
    codes: list[int] = []
    real = subprocess.run

    def run(*command: Any, **options: Any) -> Any:
        done = real(*command, **options)
        codes.append(done.returncode)
        return done

    monkeypatch.setattr(index_child, "LARGE", 0)
    monkeypatch.setattr(index_child.subprocess, "run", run)
    return codes


def test_a_part_indexed_by_another_process_is_the_same(apart: list[int], tmp_path: Path) -> None:
    a, b, c, d, *_ = KEYS
    rows = {a: row(), b: row(owner=a), c: row(t=IdType.PRIMARY, owner=a, grp=d), d: row(t=IdType.NAMES, refused=3)}
    pq.write_table(table(rows), tmp_path / "part.parquet", row_group_size=3)
    part = LedgerPart(1, len(rows), path=str(tmp_path / "part.parquet"))
    there, here = index_child.load(part), part_index.load(part)
    assert apart == [0]
    assert there.tables == here.tables
    assert there.nbytes == here.nbytes
    assert relatives([(there, "as_is")], [d]) == relatives([(here, "as_is")], [d])
    assert relatives([(there, "as_is")], [d]).keys() == {a, b, c, d}


@pytest.mark.parametrize("damage", ["missing", "short", "no parquet"])
def test_a_damaged_part_is_an_error_wherever_it_is_read(apart: list[int], tmp_path: Path, damage: str) -> None:
    path = tmp_path / "part.parquet"
    if damage != "missing":
        pq.write_table(table({KEYS[0]: row()}), path)
    if damage == "no parquet":
        path.write_bytes(b"PAR1")
    with pytest.raises(StoreError, match="restore a backup"):
        index_child.load(LedgerPart(1, 2, path=str(path)))
    assert apart == [1]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(ROWS, READ_AS, st.booleans()), max_size=4), st.sets(_key))
def test_an_index_says_what_the_planner_finds(made: list[tuple[Any, Any, bool]], asked: set[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for seq, (rows, read_as, in_file) in enumerate(made):
            part = blob(seq, rows, read_as)
            if in_file:
                path = str(Path(folder) / f"{seq}.parquet")
                pq.write_table(table(rows), path, row_group_size=2)
                part = LedgerPart(seq, len(rows), path=path, read_as=read_as)
            parts.insert(0, part)  # in any order
        layers, planner = Shelf(0).layers(parts), DuckDBPlanner()
        here = standings(layers, asked)
        assert here.keys() == {known.id16 for known in planner.find(parts, ids=list(asked))}
        near = relatives(layers, asked)
        assert near.items() >= here.items()
        keys = [key for id16, each in near.items() for key in (id16, each.told.owner, each.told.group)]
        there = planner.find(parts, keys, keys, keys)
        assert {known.id16 for known in there} == near.keys()
        for known in there:
            each, told = near[known.id16], near[known.id16].told
            assert (told.id_type, told.state, told.refused) == (known.id_type, known.state, known.refused)
            assert (told.owner, told.group, told.at) == (known.owner16, known.group16, known.at)
            assert (each.run, each.value) == (known.run, known.value)
            newest = next(part for part, (rows, *_) in zip(parts, made[::-1], strict=True) if known.id16 in rows)
            stored = made[newest.seq][0][known.id16]
            assert (told.fp, told.kind) == (stored["fp"], stored["kind"])


READINGS = {
    "as_is": (State.NONE, State.IN, State.OUT, State.UNSURE, State.NOT_TOLD),
    "not_told": (State.NONE, State.NOT_TOLD, State.OUT, State.NOT_TOLD, State.NOT_TOLD),
    "unsure": (State.NONE, State.UNSURE, State.UNSURE, State.UNSURE, State.NOT_TOLD),
    "again": (State.NONE, State.UNSURE, State.OUT, State.UNSURE, State.NOT_TOLD),
}


@pytest.mark.parametrize("read_as", READINGS)
def test_states_are_read_as_the_part_says(read_as: str) -> None:
    rows = {key: row(state=state, refused=7) for key, state in zip(KEYS, State, strict=False)}
    known = standings(Shelf(0).layers([blob(1, rows, read_as)]), rows)
    assert tuple(known[key].told.state for key in rows) == READINGS[read_as]
    assert {each.told.refused for each in known.values()} == {0 if read_as == "not_told" else 7}


def test_ties_of_an_older_part_are_forgotten() -> None:
    a, b, c, d, *_ = KEYS
    old, new = blob(1, {a: row(), b: row(owner=a), c: row(owner=a), d: row()}), blob(2, {b: row(owner=d)})
    assert relatives(Shelf(0).layers([old]), [a]).keys() == {a, b, c}
    assert relatives(Shelf(0).layers([old, new]), [a]).keys() == {a, c}
    assert relatives(Shelf(0).layers([new, old]), [d]).keys() == {b, d}


def test_a_key_that_was_never_told_may_be_an_owner() -> None:
    a, b, c, *_ = KEYS
    layers = Shelf(0).layers([blob(1, {b: row(owner=a), c: row(owner=c, grp=a)})])
    assert relatives(layers, [a]).keys() == {b, c}
    assert relatives(layers, [b"?" * 16]) == {}


# ── kept, and made once ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The parts that were read, by their number."""
    numbers: list[int] = []
    real = ledger_index.load

    def load(part: LedgerPart) -> PartIndex:
        numbers.append(part.seq)
        return real(part)

    monkeypatch.setattr(ledger_index, "load", load)
    return numbers


def anew(parts: Sequence[LedgerPart]) -> list[LedgerPart]:
    """As a store opens them at every look."""
    return [LedgerPart(p.seq, p.rows, p.path, bytes(bytearray(p.data or b"")), p.read_as) for p in parts]


def test_a_new_part_is_all_that_is_read(loaded: list[int]) -> None:
    shelf, parts = Shelf(1 << 20), [blob(n, {KEYS[n]: row()}) for n in range(4)]
    shelf.layers(parts[:3])
    assert standings(shelf.layers(anew(parts)), KEYS)[KEYS[0]].told.state is State.IN
    assert loaded == [2, 1, 0, 3]
    again = [LedgerPart(p.seq, p.rows, data=p.data, read_as="again") for p in parts]
    assert standings(shelf.layers(again), KEYS)[KEYS[0]].told.state is State.UNSURE
    assert len(loaded) == 4


def test_merged_parts_take_no_memory(loaded: list[int], tmp_path: Path) -> None:
    shelf, parts = Shelf(1 << 20), [blob(n, {KEYS[n]: row()}) for n in range(4)]
    shelf.layers(parts)
    before = shelf.nbytes
    shelf.forget([*anew(parts[:3]), LedgerPart(9, 1, path=str(tmp_path / "gone.parquet"))])
    shelf.layers(parts)  # somebody who is at work with them yet
    assert (shelf.nbytes, loaded) == (before, [3, 2, 1, 0])
    shelf.forget([])
    assert 0 < (left := shelf.nbytes) < before
    shelf.layers(parts)  # and who is still: read anew, and not kept
    assert (shelf.nbytes, loaded) == (left, [3, 2, 1, 0, 2, 1, 0])


def test_parts_that_look_alike_are_told_apart(loaded: list[int]) -> None:
    shelf, one, other = Shelf(1 << 20), blob(1, {KEYS[0]: row(run=1)}), blob(1, {KEYS[0]: row(run=2)})
    assert len(one.data or b"") == len(other.data or b"")
    runs = [standings(shelf.layers([part]), KEYS)[KEYS[0]].run for part in (one, other, one)]
    assert runs == [1, 2, 1]


def test_a_file_written_anew_is_read_anew(tmp_path: Path, loaded: list[int]) -> None:
    shelf, path = Shelf(1 << 20), tmp_path / "base.parquet"
    for keys in (KEYS[:1], KEYS[:2]):
        pq.write_table(table({key: row() for key in keys}), path)
        layers = shelf.layers([LedgerPart(1, len(keys), path=str(path))])
        assert standings(layers, KEYS).keys() == set(keys)
    assert loaded == [1, 1]


def test_what_is_not_used_makes_room(loaded: list[int]) -> None:
    parts = [blob(n, {key: row(fp=n) for key in KEYS}) for n in range(3)]
    small, large = Shelf(0), Shelf(1 << 20)
    for shelf in (small, large):
        shelf.layers(parts[:2])
        both = shelf.nbytes
        shelf.layers(parts[2:])
        assert both > 0
        assert (shelf.nbytes < both) == (shelf is small)
    assert loaded == [1, 0, 2] * 2
    small.layers(parts[:1])
    large.layers(parts[:1])
    assert loaded == [1, 0, 2] * 2 + [0]


def test_many_may_ask_at_once(loaded: list[int]) -> None:
    shelf, parts = Shelf(1 << 20), [blob(n, {KEYS[n]: row()}) for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: standings(shelf.layers(anew(parts)), KEYS).keys(), range(32)))
    assert found == [set(KEYS[:8])] * 32
    assert sorted(loaded) == list(range(8))
