"""Planning 10 million people: first sync, nothing changed, one percent changed; beside a plain Python loop.

    python bench/bench_plan.py [--rows 10000000] [--csv] [--google] [--folder DIR]

Every figure is of this run on this machine; what counts are the ratios. The planner runs in its own process, as in the
product, and its peak memory is the operating system's word for it.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import msgspec
import pyarrow.parquet as pq

from guestlist.core.identity import Kind
from guestlist.planner import child_planner
from guestlist.ports import CsvDialect, FoldRequest, LedgerPart, Outcome, Plan, PlanRequest, Scan

T = TypeVar("T")
COLUMNS = ("email", "first_name", "last_name", "title", "company", "country", "gaid", "id")
MAPPING = {
    "email": ("email",),
    "firstName": ("first_name",),
    "lastName": ("last_name",),
    "title": ("title",),
    "company": ("company",),
    "country": ("country",),
}
NOT_NICE = (sys.executable, "-c", "from guestlist.planner import child; child.NICE = 0; child.main()")
SAMPLE = 1_000_000  # rows that the loop and the bare hash are timed on


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────
def people(rows: int, first: int) -> str:
    """A list of ``rows`` people, the ``first`` of them others than in a list that begins with 0."""
    return f"""
        SELECT 'user' || ((i * 7919) % {10 * rows}) || '.' || (i % 977) || '@example' || (i % 5000) || '.com' AS email,
            'First' || (i % 3000) AS first_name, 'Last' || (i % 50000) AS last_name, 'Title ' || (i % 400) AS title,
            'Company ' || (i % 20000) AS company, ['US', 'DE', 'FR', 'GB'][i % 4 + 1] AS country,
            CASE WHEN i % 10 < 3 THEN printf('%08x-0000-4000-8000-000000000001', i) END AS gaid, i AS id
        FROM range({first}, {rows + first}) AS t(i)"""


def write(path: Path, rows: int, first: int = 0) -> Scan:
    options = "FORMAT csv, HEADER" if path.suffix == ".csv" else "FORMAT parquet"
    with duckdb.connect(":memory:", config={"memory_limit": "1GB"}) as connection:
        connection.execute(f"COPY ({people(rows, first)}) TO '{path}' ({options})").fetchall()
    stat = path.stat()
    dialect = CsvDialect(",") if path.suffix == ".csv" else None
    identity = ((str(path), stat.st_size, stat.st_mtime_ns),)
    return Scan("csv" if dialect else "parquet", (str(path),), COLUMNS, identity, dialect)


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────
def timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    made = work()
    return made, time.perf_counter() - started


class Watch:
    """What the child processes used: processor seconds since the last look, peak memory so far."""

    def __init__(self) -> None:
        self.spent = 0.0

    def __str__(self) -> str:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent, self.spent = used.ru_utime + used.ru_stime - self.spent, used.ru_utime + used.ru_stime
        return f"{spent:6.1f} s of processors   peak {used.ru_maxrss / 1024:5.0f} MB"


def plan(scan: Scan, folder: Path, mapping: dict[str, tuple[str, ...]], ledger: tuple[LedgerPart, ...]) -> Plan:
    request = PlanRequest(Kind.PEOPLE, scan, mapping, "mirror", ledger, b"k" * 32, 1, 0.0, str(folder))
    return child_planner.ChildPlanner().plan(request)


def loop(batches: Iterable[Any]) -> int:
    """What anybody would write first: a dictionary per row, a set of what was seen, JSON out."""
    encoder, seen, told = msgspec.json.Encoder(), set(), 0
    with open(os.devnull, "wb") as out:
        for batch in batches:
            for row in batch:
                digest = hashlib.sha256("".join(row["email"].split()).lower().encode()).hexdigest()
                if digest in seen:
                    continue
                seen.add(digest)
                told += 1
                ids = [{"idType": "SHA256_EMAIL", "idValue": digest}]
                if row.get("gaid"):
                    ids.append({"idType": "GOOGLE_AID", "idValue": row["gaid"].strip().lower()})
                out.write(encoder.encode({
                    "action": "ADD", "userIds": ids,
                    "firstName": row["first_name"], "lastName": row["last_name"], "title": row["title"],
                    "company": row["company"], "country": row["country"],
                }))  # fmt: skip
    return told


def bare_hash(addresses: list[bytes]) -> None:
    for address in addresses:
        hashlib.sha256(address).digest()


def rate(rows: int, seconds: float) -> str:
    return f"{seconds:7.1f} s {rows / seconds / 1e6:7.2f} M rows/s"


# ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--csv", action="store_true", help="the list is CSV, not Parquet")
    parser.add_argument("--google", action="store_true", help="map the second identifier that 30 % of the rows have")
    parser.add_argument("--folder", help="where to write (default: a temporary folder, removed afterwards)")
    options = parser.parse_args()
    child_planner._COMMAND = NOT_NICE  # noqa: SLF001 - whatever else runs here should cost both sides the same
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        measure(Path(folder), options.rows, ".csv" if options.csv else ".parquet", options.google)


def measure(folder: Path, rows: int, suffix: str, google: bool) -> None:
    mapping = MAPPING | ({"googleAdvertisingId": ("gaid",)} if google else {})
    scan = write(folder / f"list{suffix}", rows)
    watch = Watch()
    print(f"{rows:,} people, {scan.format}, {os.cpu_count()} cores{', two identifiers' if google else ''}")
    first, seconds = timed(lambda: plan(scan, folder, mapping, ()))
    assert first.counts.added == rows, first.counts
    print(f"  first sync      {rate(rows, seconds)}   {watch}")
    whole = (Outcome("accepted", 0, first.changes.adds),)
    fold = FoldRequest(first.changes, whole, 1, 0.0, str(folder))
    delta, folded = timed(lambda: child_planner.ChildPlanner().fold(fold))
    print(f"  fold            {rate(rows, folded)}   {watch}")
    ledger = (LedgerPart(1, delta.rows, delta.path, delta.data),)
    same, unchanged = timed(lambda: plan(scan, folder, mapping, ledger))
    assert same.counts.unchanged == rows, same.counts
    print(f"  nothing changed {rate(rows, unchanged)}   {watch}")
    moved = write(folder / f"moved{suffix}", rows, rows // 100)
    churn, churned = timed(lambda: plan(moved, folder, mapping, ledger))
    assert (churn.counts.added, churn.counts.removed) == (rows // 100, rows // 100), churn.counts
    print(f"  1 % churn       {rate(rows, churned)}   {watch}")
    compare(folder, scan, rows / seconds, "*" if google else "* EXCLUDE (gaid)")


def compare(folder: Path, scan: Scan, planned: float, columns: str) -> None:
    """The same first sync by a loop on a part of the same list, in a process of its own, and the hash alone."""
    part = folder / f"part{Path(scan.paths[0]).suffix}"
    reader, writer = ("read_csv", "csv, HEADER") if scan.format == "csv" else ("read_parquet", "parquet")
    with duckdb.connect(":memory:") as connection:
        source = f"SELECT {columns} FROM {reader}('{scan.paths[0]}') LIMIT {SAMPLE}"
        connection.execute(f"COPY ({source}) TO '{part}' (FORMAT {writer})").fetchall()
    spent = subprocess.run(
        [sys.executable, __file__, "--loop-on", str(part)], check=True, capture_output=True, text=True
    ).stdout.split()
    looped, hashed = float(spent[0]), float(spent[1])
    print(f"  Python loop     {looped / 1e6:7.2f} M rows/s; the planner does {planned / looped:.1f} times as many")
    print(
        f"  SHA-256 alone   {hashed / 1e6:7.2f} M/s on one core; the planner does {planned / hashed:.2f} times as many"
    )


def loop_on(part: str) -> None:
    if part.endswith(".csv"):
        with open(part, newline="") as file:
            rows, looped = timed(lambda: loop([csv.DictReader(file)]))
        with open(part, newline="") as file:
            addresses = [row["email"].encode() for row in csv.DictReader(file)]
    else:
        table = pq.ParquetFile(part)
        rows, looped = timed(lambda: loop(batch.to_pylist() for batch in table.iter_batches(20_000)))
        addresses = [address.encode() for address in table.read(columns=["email"]).column(0).to_pylist()]
    _, hashed = timed(lambda: bare_hash(addresses))
    print(rows / looped, len(addresses) / hashed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--loop-on"]:
        loop_on(sys.argv[2])
    else:
        main()
