"""What is spilled to disk under little memory holds no address; what is left behind is swept."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guestlist.core.identity import Kind
from guestlist.planner import changes as planner_changes
from guestlist.planner.connection import Session, connect
from guestlist.planner.duck import DuckDBPlanner
from guestlist.ports import CsvDialect, FoldRequest, LedgerPart, Outcome, PlanRequest, Scan
from tests.planner.kit import KEY, scan_of

ROWS = 400_000
MAPPING = {"email": ("email",), "googleAdvertisingId": ("gaid",), "firstName": ("first",), "primaryId": ("id",)}


def list_of(folder: Path, first: int) -> Path:
    numbers = range(first, first + ROWS)
    columns = {
        "email": [f"person.number.{n}@example.com" for n in numbers],
        "gaid": [f"{n:08x}-0000-4000-8000-000000000001" for n in numbers],
        "first": [f"First{n % 999}" for n in numbers],
        "id": [f"key{n}@example.com" for n in numbers],
    }
    pq.write_table(pa.table(columns), folder / "list.parquet")
    return folder / "list.parquet"


@pytest.mark.slow
def test_h15_nothing_readable_is_spilled(tmp_path: Path) -> None:
    work = tmp_path / "work"
    spilled: list[int] = []

    def look(*_: object) -> None:
        for path in work.rglob("*"):
            assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0
            if path.is_file() and path.suffix != ".parquet":
                content = path.read_bytes()
                spilled.append(len(content))
                assert b"@example" not in content
                assert b"person.number" not in content

    def plan(first: int, ledger: tuple[LedgerPart, ...]) -> PlanRequest:
        scan = scan_of(list_of(tmp_path, first), [sources[0] for sources in MAPPING.values()])
        return PlanRequest(Kind.PEOPLE, scan, MAPPING, "mirror", ledger, KEY, 1, 0.0, str(work), memory_limit="64MB")

    planner = DuckDBPlanner()
    first = planner.plan(plan(0, ()), look)
    assert first.counts.added == ROWS
    whole = (Outcome("accepted", 0, ROWS),)
    delta = planner.fold(FoldRequest(first.changes, whole, 1, 0.0, str(work)))
    known = (LedgerPart(1, delta.rows, delta.path, delta.data),)
    second = planner.plan(plan(ROWS // 10, known), look)
    assert (second.counts.added, second.counts.removed) == (ROWS // 10, ROWS // 10)
    assert sum(spilled) > 0
    for path in work.glob("changes-*.parquet"):
        assert b"person.number" not in path.read_bytes()


def held_in_memory(plan: list[dict[str, Any]]) -> set[str]:
    """Names of everything below the right side of a join."""
    found: set[str] = set()
    for node in plan:
        found |= held_in_memory(node["children"])
        if node["name"].endswith("JOIN"):
            found |= names(node["children"][1:])
    return found


def names(plan: list[dict[str, Any]]) -> set[str]:
    return {node["name"].strip() for node in plan}.union(*(names(node["children"]) for node in plan))


@pytest.mark.parametrize("text", ["csv", "jsonl"])
def test_no_join_holds_the_list_itself(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB takes a text file for a short one: left to itself it holds all of it for a few countries."""
    run, seen = Session.run, []

    def explained(self: Session, query: str) -> None:
        if query.startswith(("CREATE OR REPLACE TEMP TABLE", "COPY")):
            ((_, plan),) = self.rows(f"EXPLAIN (FORMAT json) {query}")
            seen.extend(names(json.loads(plan)))
            assert not {name for name in held_in_memory(json.loads(plan)) if name.startswith("READ_")}
        run(self, query)

    monkeypatch.setattr(Session, "run", explained)
    monkeypatch.setattr(planner_changes, "SMALL", 1)
    mapping = {"email": ("email",), "country": ("land",)}
    planner, ledger = DuckDBPlanner(), ()
    for first in (0, 1):
        rows = [{"email": f"p{n}@example.com", "land": "Germany"} for n in range(first, first + 9)]
        path = tmp_path / f"list.{text}"
        if text == "csv":
            path.write_text("email,land\n" + "".join(f"{row['email']},{row['land']}\n" for row in rows))
        else:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        dialect = CsvDialect(",") if text == "csv" else None
        stat = path.stat()
        scan = Scan(text, (str(path),), ("email", "land"), ((str(path), stat.st_size, stat.st_mtime_ns),), dialect)
        plan = planner.plan(PlanRequest(Kind.PEOPLE, scan, mapping, "mirror", ledger, KEY, 1, 0.0, str(tmp_path)))
        assert plan.counts.added == 9 - 8 * first
        whole = (Outcome("accepted", 0, plan.changes.removes + plan.changes.adds),)
        delta = planner.fold(FoldRequest(plan.changes, whole, 1, 0.0, str(tmp_path)))
        ledger = (LedgerPart(1, delta.rows, delta.path, delta.data),)
    assert "HASH_JOIN" in seen
    assert any(name.startswith("READ_") for name in seen)


def test_what_a_killed_process_left_is_swept(tmp_path: Path) -> None:
    left = tmp_path / ".planner-999999999-gone"
    left.mkdir(mode=0o700)
    (left / "duckdb_temp").write_bytes(b"spill")
    mine = tmp_path / f".planner-{os.getpid()}-busy"
    mine.mkdir()
    with connect(str(tmp_path), ()) as session:
        assert session.scratch.stat().st_mode & 0o777 == 0o700
        assert not left.exists()
        assert mine.exists()
    assert not session.scratch.exists()
