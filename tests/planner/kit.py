"""Lists, ledgers and runs for the planner's tests, each held beside the reference."""

from __future__ import annotations

import csv
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from guestlist.core import membership
from guestlist.core.identity import Element, IdType, Kind, Traits, company, key16, person
from guestlist.core.membership import Change, Decided, Op, Result, State, Told, Why
from guestlist.planner import changes as planned
from guestlist.planner.duck import DuckDBPlanner
from guestlist.planner.flush import InProcessFlusher
from guestlist.planner.reference import opened
from guestlist.planner.shape import COMPANY_TRAITS, PEOPLE_TRAITS, print_of, trait_type
from guestlist.ports import (
    Changes,
    CsvDialect,
    Delta,
    Exclusion,
    FoldRequest,
    LedgerPart,
    Outcome,
    Plan,
    Planner,
    PlanRequest,
    Scan,
)

KEY = b"k" * 32
Row = Mapping[str, str | None]

PEOPLE = {
    "email": ("email", "email_2"),
    "googleAdvertisingId": ("gaid",),
    "firstName": ("first",),
    "lastName": ("last",),
    "country": ("land",),
    "primaryId": ("id",),
}
COMPANIES = {
    "organizationUrn": ("urn",),
    "companyWebsiteDomain": ("web", "web_2"),
    "companyEmailDomain": ("mail",),
    "companyName": ("name",),
    "industries": ("industry",),
    "primaryId": ("id",),
}


class DuckPrints:
    """The hash that the planner uses, for the reference."""

    def __init__(self, kind: Kind) -> None:
        self.names = PEOPLE_TRAITS if kind is Kind.PEOPLE else COMPANY_TRAITS
        self.kind = _kind()

    def traits(self, traits: Traits) -> int:
        return _print(self.names, tuple(traits.get(name) for name in self.names))

    def identifier(self, id16: bytes) -> int:
        return _hash(id16)


@cache
def _database() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


@cache
def _kind() -> int:
    probe = "hash('guestlist 1', '00112233-4455-6677-8899-aabbccddeeff'::UUID, NULL::VARCHAR) % 255 + 1"
    return int(_ask(f"SELECT {probe}", []))


@cache
def _print(names: tuple[str, ...], values: tuple[Any, ...]) -> int:
    columns = ", ".join(f'?::{trait_type(name)} AS "{name}"' for name in names)
    given = [list(value) if isinstance(value, tuple) else value for value in values]
    return int(_ask(f"SELECT {print_of(names)} FROM (SELECT {columns})", given))


@cache
def _hash(id16: bytes) -> int:
    return int(_ask("SELECT hash(?::BLOB::UUID)", [id16]))


def _ask(query: str, values: list[Any]) -> Any:
    ((value,),) = _database().execute(query, values).fetchall()
    return value


class SmallFolds(DuckDBPlanner):
    """Small runs are folded by the flusher, whose delta is held equal to the planner's, row by row."""

    flusher = InProcessFlusher()

    def fold(self, request: FoldRequest) -> Delta:
        whole = super().fold(request)
        assert whole.members_in == gained(request.ledger, whole)
        if request.changes.path is not None:
            return whole
        small = self.flusher.fold(request)
        assert small.path is None
        assert (small.rows, small.members_in) == (whole.rows, whole.members_in)
        assert ledger_rows(small) == ledger_rows(whole)
        return small


_MAY_BE_IN = {State.IN, State.UNSURE}
_INSIDE = {"as_is": _MAY_BE_IN, "again": _MAY_BE_IN, "unsure": {*_MAY_BE_IN, State.OUT}, "not_told": set[State]()}


def gained(ledger: Sequence[LedgerPart], delta: Delta) -> int:
    """How many members more are in with the delta, read row by row."""
    newest = max((part.seq for part in ledger), default=0) + 1
    return members_in([*ledger, LedgerPart(newest, delta.rows, data=delta.data, path=delta.path)]) - members_in(ledger)


def members_in(ledger: Sequence[LedgerPart]) -> int:
    """Members told in and not told out since, read row by row."""
    known: dict[uuid.UUID, uuid.UUID | None] = {}
    for part in sorted((part for part in ledger if part.rows), key=lambda part: part.seq):
        for row in ledger_rows(part):
            inside = row["fp"] != 0 and row["state"] in _INSIDE[part.read_as]
            known[row["id"]] = (row["owner"] or row["id"]) if inside else None
    return len(set(known.values()) - {None})


def ledger_rows(delta: Delta | LedgerPart) -> list[dict[str, Any]]:
    table = pq.read_table(delta.path) if delta.path else pa.ipc.open_stream(delta.data).read_all()
    rows: list[dict[str, Any]] = table.to_pylist()
    return sorted(rows, key=lambda row: (row["id"].bytes, row["t"]))


def write_csv(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> Scan:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, quoting=csv.QUOTE_MINIMAL)
        writer.writeheader()
        writer.writerows({c: row.get(c) or "" for c in columns} for row in rows)
    return scan_of(path, columns)


def scan_of(path: Path, columns: Sequence[str]) -> Scan:
    kinds: dict[str, Any] = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl", ".xlsx": "xlsx"}
    stat = path.stat()
    identity = ((str(path), stat.st_size, stat.st_mtime_ns),)
    dialect = CsvDialect(",") if path.suffix in (".csv", ".xlsx") else None
    return Scan(kinds[path.suffix], (str(path),), tuple(columns), identity, dialect)


def told_of(table: pa.Table, key: bytes = KEY) -> list[Change]:
    """The rows of a changes file in the words of the reference."""
    return [_change(row, key) for row in table.to_pylist()]


def _change(row: dict[str, Any], key: bytes) -> Change:
    entries = [(row["t"], row["v"], row["was"]), *((e["t"], e["v"], e["was"]) for e in row["more"] or ())]
    ids = tuple((_key(row["op"], t, v, key), IdType(t), State(was)) for t, v, was in entries)
    owner = row["owner"].bytes if row["owner"] else ids[0][0]
    group = row["grp"].bytes if row["grp"] else owner
    names = [n for n in (*PEOPLE_TRAITS, *COMPANY_TRAITS) if row.get(n) is not None]
    traits = {n: tuple(row[n]) if n == "industries" else row[n] for n in names}
    why = Why(row["why"]) if row["why"] else None
    return Change(Op(row["op"]), why, ids, owner, group, row["fp"], traits)


def _key(op: int, id_type: int, value: bytes, key: bytes) -> bytes:
    if op == Op.LABEL or id_type == IdType.PRIMARY:
        return value
    return key16(IdType(id_type), opened(value, key) if id_type == IdType.NAMES else value)


def outcomes_of(results: Sequence[Result]) -> tuple[Outcome, ...]:
    """A result for each position, as delivery would report them."""
    pick = {word: tuple(n for n, r in enumerate(results) if r == word) for word in ("unsure", "void", "open")}
    refused = {n: r for n, r in enumerate(results) if isinstance(r, int)}
    accepted = Outcome("accepted", 0, len(results), refused=refused, open=pick["open"])
    return accepted, Outcome("unsure", positions=pick["unsure"]), Outcome("void", positions=pick["void"])


@dataclass
class Line:
    """One audience: its planner, its ledger, and the reference's beside it."""

    planner: Planner
    folder: Path
    kind: Kind = Kind.PEOPLE
    parts: list[LedgerPart] = field(default_factory=list)
    ledger: dict[bytes, Told] = field(default_factory=dict)
    run: int = 0
    now: float = 1_700_000_000.0

    @property
    def mapping(self) -> dict[str, tuple[str, ...]]:
        return PEOPLE if self.kind is Kind.PEOPLE else COMPANIES

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(c for sources in self.mapping.values() for c in sources))

    def request(self, rows: Sequence[Row], shut: Sequence[Row] | None = None, **other: Any) -> PlanRequest:
        """``shut``: the list of a remove_only activation of the same segment."""
        self.run += 1
        if shut is not None:
            named = write_csv(self.folder / f"shut-{self.run}.csv", shut, self.columns)
            other["excluded"] = (Exclusion(named, self.mapping),)
        scan = write_csv(self.folder / f"list-{self.run}.csv", rows, self.columns)
        base = PlanRequest(
            self.kind, scan, self.mapping, "mirror", tuple(self.parts), KEY, self.run, self.now, str(self.folder)
        )
        return replace(base, **other)

    def plan(self, rows: Sequence[Row], shut: Sequence[Row] | None = None, **other: Any) -> tuple[Plan, Decided]:
        """Plan with both, and hold them equal."""
        request = self.request(rows, shut, **other)
        plan, decided = self.planner.plan(request), self.decided(rows, request, shut or ())
        check_equal(plan, decided)
        return plan, decided

    def decided(self, rows: Sequence[Row], request: PlanRequest, shut: Sequence[Row] = ()) -> Decided:
        named = [self.element(row, request) for row in shut]
        excluded = {i.key16 for each in named if isinstance(each, Element) for i in each.identifiers}
        found = [self.element(row, request) for row in rows]
        elements = [e for e in found if isinstance(e, Element) and not _carries(e, request.suppressed)]
        prints, suppressed = DuckPrints(self.kind), request.suppressed
        return membership.plan(elements, self.ledger, request.mode, self.now, prints, suppressed, excluded)

    def element(self, row: Row, request: PlanRequest) -> Any:
        record = {f: tuple(v for c in cells if (v := row.get(c))) for f, cells in request.mapping.items()}
        if self.kind is Kind.COMPANIES:
            return company(record, request.derive)
        return person(record, request.send_email, request.send_google_advertising_id)

    def fold(self, plan: Plan, results: Sequence[Result]) -> Delta:
        """Close the run with both, and hold the ledgers equal."""
        self.now += 3600
        told = rows_of(plan)
        outcomes = outcomes_of(results)
        request = FoldRequest(plan.changes, outcomes, self.run, self.now, str(self.folder), ledger=tuple(self.parts))
        delta = self.planner.fold(request)
        self.ledger = membership.settle(told, results, self.ledger, self.now, _kind())
        self.parts.append(LedgerPart(len(self.parts) + 1, delta.rows, delta.path, delta.data))
        assert self.stored() == self.ledger
        return delta

    def sync(self, rows: Sequence[Row], **other: Any) -> Plan:
        """Plan, and everything is accepted."""
        plan, _ = self.plan(rows, **other)
        self.fold(plan, ["accepted"] * count_of(plan))
        return plan

    def overlay(self, how: Literal["not_told", "unsure", "again"]) -> None:
        """Read what is known otherwise from now on: a new segment, a restore, a refresh."""
        self.parts = [LedgerPart(p.seq, p.rows, p.path, p.data, how) for p in self._merged()]
        self.ledger = {id16: read_as(told, how) for id16, told in self.ledger.items()}

    def _merged(self) -> list[LedgerPart]:
        if not self.parts:
            return []
        delta = self.planner.merge(self.parts, str(self.folder))
        return [LedgerPart(1, delta.rows, delta.path, delta.data)]

    def stored(self) -> dict[bytes, Told]:
        """What the planner's ledger says."""
        merged = self.planner.merge(self.parts, str(self.folder))
        table = pa.ipc.open_stream(merged.data).read_all() if merged.data else pa.parquet.read_table(merged.path)
        return {row["id"].bytes: _told(row) for row in table.to_pylist()}


def read_as(told: Told, how: str) -> Told:
    known = (State.IN, State.OUT, State.UNSURE)
    if how == "not_told":
        return replace(told, state=State.NOT_TOLD if told.state in membership.MAY_BE_IN else told.state, refused=0)
    if how == "unsure":
        return replace(told, state=State.UNSURE if told.state in known else told.state)
    return replace(told, state=State.UNSURE if told.state is State.IN else told.state)


def _carries(element: Element, suppressed: Sequence[bytes]) -> bool:
    ids = {i.key16 for i in element.identifiers} | ({element.primary.key16} if element.primary else set())
    return not ids.isdisjoint(suppressed)


def _told(row: dict[str, Any]) -> Told:
    owner = (row["owner"] or row["id"]).bytes
    group = row["grp"].bytes if row["grp"] else owner
    id_type = IdType(row["t"])
    if id_type in (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL):
        assert len(row["v"]) + 16 == (32 if id_type is IdType.SHA256_EMAIL else 64)
    elif id_type is IdType.PRIMARY:
        assert row["v"] is None
    else:
        value = opened(row["v"], KEY) if id_type is IdType.NAMES else row["v"]
        assert key16(id_type, value) == row["id"].bytes
    state = State(row["state"])
    return Told(id_type, state, owner, group, row["fp"], row["kind"], row["refused"], row["at"] / 1e6)


def count_of(plan: Plan) -> int:
    return plan.changes.removes + plan.changes.adds + plan.changes.labels


def told_rows(plan: Plan) -> int:
    """What LinkedIn would be told."""
    return plan.changes.removes + plan.changes.adds


def rows_of(plan: Plan) -> list[Change]:
    return changes_of(plan.changes)


def changes_of(changes: Changes) -> list[Change]:
    return told_of(planned.read(changes, 0, changes.removes + changes.adds + changes.labels))


def check_equal(plan: Plan, decided: Decided) -> None:
    """The same changes in the right order, and the same counts."""
    told = rows_of(plan)
    ops = [change.op for change in told]
    assert ops == sorted(ops, key=[Op.REMOVE, Op.ADD, Op.LABEL].index)
    order = (plan.changes.removes, plan.changes.adds, plan.changes.labels)
    assert order == tuple(ops.count(op) for op in (Op.REMOVE, Op.ADD, Op.LABEL))
    assert _sorted(told) == _sorted(decided.changes)
    counts = plan.counts
    assert (counts.added, counts.changed, counts.unchanged, counts.duplicates, counts.refused) == (
        decided.added, decided.changed, decided.unchanged, decided.duplicates, decided.refused,
    )  # fmt: skip
    assert (counts.removed, counts.known) == (decided.removed, decided.known)
    assert counts.removed_before == decided.removed_before
    assert counts.rows == counts.filtered + sum(
        (counts.added, counts.changed, counts.unchanged, counts.duplicates, counts.rejected)
    )
    assert sum(plan.rejected.by_reason.values()) == counts.rejected


def _sorted(changes: Sequence[Change]) -> list[Any]:
    return sorted(
        (c.op, c.why or 0, c.ids[0], tuple(sorted(c.ids)), c.owner, c.group, c.fp, sorted(c.traits.items()))
        for c in changes
    )
