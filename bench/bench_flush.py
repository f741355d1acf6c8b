"""A flush of 2,500 people out of a large audience: what each part costs, beside asking the planner of whole lists.

    python bench/bench_flush.py [--identifiers 1000000] [--flush 2500] [--parts 16]

The ledger is a base in a file and blobs of 5,000 identifiers after it, made by flushes. LinkedIn knows an address of
everybody and a Google id of three in ten; each has a label of the source besides. Milliseconds are the best of several
tries in this run on this machine; what counts are the ratios.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import duckdb

from guestlist.core.identity import Element, Identifier, IdType, Kind, key16
from guestlist.planner import sql
from guestlist.planner.duck import DuckDBPlanner
from guestlist.planner.flush import InProcessFlusher
from guestlist.planner.ledger import KIND
from guestlist.planner.shape import PEOPLE_TRAITS, fingerprint, print_of
from guestlist.ports import Flush, FlushRequest, FoldRequest, LedgerPart, Outcome

T = TypeVar("T")
KEY = b"k" * 32
SHARE = 2.3  # identifiers a person: an address, a label, and three in ten a Google id
BLOB = 2_170  # people of a blob of 5,000 identifiers


# ── the audience ─────────────────────────────────────────────────────────────────────────────────────────────────
def person(n: int, version: int = 0) -> Element:
    """The same people as in ``write_base``; another version has another title."""
    ids = [Identifier(IdType.SHA256_EMAIL, hashlib.sha256(b"user%d@example.com" % n).digest())]
    if n % 10 < 3:
        ids.append(Identifier(IdType.GOOGLE_AID, b"%08x-0000-4000-8000-000000000001" % n))
    names = {"firstName": f"First{n % 3000}", "lastName": f"Last{n % 50000}", "country": "US"}
    titled = {"title": f"Title {version}"} if version else {}
    return Element(tuple(ids), names | titled, Identifier(IdType.PRIMARY, b"u%d" % n))


def write_base(path: Path, people: int) -> LedgerPart:
    """Everybody as told in one run, without a second pass over anything."""
    email, google, label = (str(int(t)) for t in (IdType.SHA256_EMAIL, IdType.GOOGLE_AID, IdType.PRIMARY))
    rows = f"""
        SELECT i1, i2, ip, d, g, {fingerprint(("i1", "i2"), print_of(PEOPLE_TRAITS))} AS fp FROM (
            SELECT {sql.key16(email, "d")} AS i1, CASE WHEN g IS NOT NULL THEN {sql.key16(google, "g")} END AS i2,
                {sql.key16(label, "('u' || n)")} AS ip, d, g, 'First' || n % 3000 AS "firstName",
                'Last' || n % 50000 AS "lastName", NULL::VARCHAR AS title, NULL::VARCHAR AS company, 'US' AS country
            FROM (SELECT n, sha256('user' || n || '@example.com') AS d,
                CASE WHEN n % 10 < 3 THEN printf('%08x-0000-4000-8000-000000000001', n) END AS g
                FROM range({people}) AS t(n)))"""
    rest = f"0::UINTEGER AS refused, {{}} AS owner, NULL::UUID AS grp, fp::UBIGINT AS fp, ({KIND})::UTINYINT AS kind"
    when = '1700000000000000::BIGINT AS "at", 1::BIGINT AS run'
    first = f"i1 AS id, {email}::UTINYINT AS t, 1::UTINYINT AS state"
    told = f"SELECT {first}, {rest.format('NULL::UUID')}, {when}, unhex(d)[17:] AS v"
    also = f"SELECT i2, {google}::UTINYINT, 1::UTINYINT, {rest.format('i1')}, {when}, g::BLOB"
    named = f"SELECT ip, {label}::UTINYINT, 0::UTINYINT, {rest.format('i1')}, {when}, NULL"
    every = f"{told} FROM rows UNION ALL {also} FROM rows WHERE i2 IS NOT NULL UNION ALL {named} FROM rows"
    with duckdb.connect(":memory:", config={"memory_limit": "2GB", "temp_directory": str(path.parent)}) as connection:
        connection.execute(f"COPY (WITH rows AS ({rows}) {every}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
        ((count,),) = connection.execute(f"SELECT count(*) FROM '{path}'").fetchall()
    return LedgerPart(1, count, path=str(path))


# ── what is measured ─────────────────────────────────────────────────────────────────────────────────────────────
def timed(what: str, work: Callable[[], T], tries: int = 9) -> tuple[T, float]:
    """Prints the best of several tries, by the clock and in processor time; returns the latter."""
    clock, spent = [], []
    for _ in range(tries):
        started = time.perf_counter(), time.process_time()
        made = work()
        clock.append(1_000 * (time.perf_counter() - started[0]))
        spent.append(1_000 * (time.process_time() - started[1]))
    print(f"  {what:44} {min(clock):9.1f} ms {min(spent):9.1f} ms of processors")
    return made, min(spent)


def memory() -> float:
    """What this process holds now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def keys(rows: Sequence[Element]) -> set[bytes]:
    return {i.key16 for row in rows for i in (*row.identifiers, row.primary) if i}


def request(
    flusher: InProcessFlusher, ledger: Sequence[LedgerPart], rows: Sequence[Element], gone: set[bytes]
) -> FlushRequest:
    known = flusher.relatives(ledger, keys(rows) | gone)
    return FlushRequest(Kind.PEOPLE, tuple(rows), known, KEY, 9, 1.8e9)


def fold_request(flushed: Flush, folder: Path, ledger: Sequence[LedgerPart]) -> FoldRequest:
    changes = flushed.plan.changes
    accepted = Outcome("accepted", 0, changes.removes + changes.adds)
    return FoldRequest(changes, (accepted,), 9, 1.8e9, str(folder), ledger=tuple(ledger))


def with_blobs(flusher: InProcessFlusher, base: LedgerPart, people: int, parts: int, folder: Path) -> list[LedgerPart]:
    ledger, dice = [base], random.Random(1)
    for version in range(1, parts + 1):
        rows = [person(n, version) for n in dice.sample(range(people), min(BLOB, people))]
        flushed = flusher.plan(request(flusher, ledger, rows, set()))
        assert flushed.plan.counts.changed == len(rows), flushed.plan.counts
        delta = flusher.fold(fold_request(flushed, folder, ledger))
        ledger.append(LedgerPart(version + 1, delta.rows, data=delta.data))
    return ledger


# ── the run ──────────────────────────────────────────────────────────────────────────────────────────────────────
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identifiers", type=int, default=1_000_000, help="in the ledger's base")
    parser.add_argument("--flush", type=int, default=2_500, help="touched people")
    parser.add_argument("--parts", type=int, default=16, help="blobs after the base")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), int(options.identifiers / SHARE), options.flush, options.parts)


def measure(folder: Path, people: int, size: int, parts: int) -> None:
    base = write_base(folder / "base.parquet", people)
    print(f"{base.rows:,} identifiers of {people:,} people, {parts} blobs, a flush of {size:,}; {os.cpu_count()} cores")
    before, flusher = memory(), InProcessFlusher(1 << 33)
    timed("loading the base", lambda: flusher.relatives([base], []), tries=1)
    print(f"  {'it holds':44} {flusher.held / 1e6:9.1f} MB {memory() - before:9.1f} MB more of the process")
    ledger = with_blobs(flusher, base, people, parts, folder)
    print(f"  {'and with the blobs':44} {flusher.held / 1e6:9.1f} MB")
    dice = random.Random(2)
    ids = [key16(IdType.SHA256_EMAIL, person(n).identifiers[0].value) for n in dice.sample(range(people), size)]
    fresh = [replace(part, data=bytes(bytearray(part.data))) if part.data else part for part in ledger]
    found, near = timed(f"relatives of {size:,} addresses", lambda: flusher.relatives(ledger, ids))
    print(f"  {'  identifiers found':44} {len(found):9,}")
    timed("  with blobs opened anew", lambda: flusher.relatives(fresh, ids))
    planner = DuckDBPlanner()
    _, far = timed("  the planner's find", lambda: planner.find(ledger, ids, ids, ids), tries=3)
    print(f"  {'  ratio':44} {far / near:9.1f}")
    flushing(flusher, ledger, people, size, folder)
    print(f"  {'peak memory of this process':44} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:9.1f} MB")


def flushing(flusher: InProcessFlusher, ledger: list[LedgerPart], people: int, size: int, folder: Path) -> None:
    """A third is new, a third has changed, a third leaves."""
    known = random.Random(3).sample(range(people), size - size // 3)
    changed, leaving = known[: size // 3], known[size // 3 :]
    rows = [*(person(n, 99) for n in changed), *(person(people + n) for n in range(size // 3))]
    gone = keys([person(n) for n in leaving])
    timed(
        f"relatives of all they carry ({len(gone) + len(keys(rows)):,} keys)",
        lambda: request(flusher, ledger, rows, gone),
    )
    asked = request(flusher, ledger, rows, gone)
    flushed, _ = timed("plan", lambda: flusher.plan(asked))
    counts = flushed.plan.counts
    assert (counts.added, counts.changed, counts.removed) == (size // 3, len(changed), len(leaving)), counts
    fold = fold_request(flushed, folder, ledger)
    delta, here = timed("fold", lambda: flusher.fold(fold))
    whole, there = timed("  the planner's fold", lambda: DuckDBPlanner().fold(fold), tries=3)
    assert (delta.rows, delta.members_in) == (whole.rows, whole.members_in)
    print(f"  {'  ratio':44} {there / here:9.1f}")


if __name__ == "__main__":
    main()
