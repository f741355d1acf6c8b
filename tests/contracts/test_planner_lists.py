"""Lists of every format, and those that cannot be read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guestlist.core.identity import IdType, Kind, email, key16
from guestlist.errors import ConfigError, GuestlistError, SourceError, StoreError
from guestlist.planner import child_planner, frames, lists
from guestlist.planner import scan as scans
from guestlist.planner.child_planner import ChildPlanner
from guestlist.planner.duck import DuckDBPlanner
from guestlist.ports import CsvDialect, FoldRequest, LedgerPart, Outcome, Plan, PlanRequest, Scan
from guestlist.sources.files import FileSource
from guestlist.store.store import SystemClock
from tests.planner.kit import KEY, Line, rows_of, scan_of, write_csv

COLUMNS = ["email", "first", "id"]
ROWS: list[dict[str, str | None]] = [
    {"email": "ann@x.com", "first": "Ann", "id": "7"},
    {"email": "bob@x.com", "first": None, "id": "8"},
    {"email": "nobody", "first": 'a "quoted", name', "id": "zoe@x.com"},
]
MAPPING = {"email": ("email",), "firstName": ("first",), "primaryId": ("id",)}


def csv(folder: Path) -> Path:
    return Path(write_csv(folder / "list.csv", ROWS, COLUMNS).paths[0])


def parquet(folder: Path) -> Path:
    numbers = [int(row["id"]) if str(row["id"]).isdigit() else None for row in ROWS]
    table = pa.table(
        {
            "email": [r["email"] for r in ROWS],
            "first": [r["first"] for r in ROWS],
            "id": [r["id"] for r in ROWS],
            "n": numbers,
        }
    )
    pq.write_table(table, folder / "list.parquet", row_group_size=2)
    return folder / "list.parquet"


def jsonl(folder: Path) -> Path:
    (folder / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return folder / "list.jsonl"


def xlsx(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(COLUMNS)
    for row in ROWS:
        sheet.append([int(v) if v and v.isdigit() else v for v in row.values()])
    book.save(folder / "list.xlsx")
    return folder / "list.xlsx"


def request(scan: Scan, folder: Path, **other: Any) -> PlanRequest:
    return PlanRequest(Kind.PEOPLE, scan, MAPPING, "mirror", (), KEY, 1, 50.0, str(folder), **other)


def digest(address: str) -> bytes:
    made = email(address)
    assert not isinstance(made, str)
    assert made is not None
    return made.key16


@pytest.mark.parametrize("write", [csv, parquet, jsonl, xlsx])
def test_a_list_of_every_format(tmp_path: Path, write: Callable[[Path], Path]) -> None:
    plan = DuckDBPlanner().plan(request(scan_of(write(tmp_path), COLUMNS), tmp_path))
    assert (plan.counts.rows, plan.counts.added, plan.counts.rejected) == (3, 2, 1)
    assert {c.ids[0][0] for c in rows_of(plan)} == {digest("ann@x.com"), digest("bob@x.com")}
    assert {c.ids[1][0] for c in rows_of(plan)} == {key16(IdType.PRIMARY, b"7"), key16(IdType.PRIMARY, b"8")}
    assert plan.rejected.samples == {"not an e-mail address": ((3, "z***@x.com"),)}
    kept = pq.read_table(str(plan.rejected.path)).to_pylist()
    assert kept == [{"row": 3, "key": "z***@x.com", "reason": "not an e-mail address", "since": 50.0}]


def test_fields_inside_of_others(tmp_path: Path) -> None:
    rows = [{"person": {"email": "ann@x.com"}, "id": 1}, {"person": None}]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "list.parquet")
    for name in ("list.jsonl", "list.parquet"):
        scan = scan_of(tmp_path / name, ["person.email", "id"])
        asked = PlanRequest(Kind.PEOPLE, scan, {"email": ("person.email",)}, "mirror", (), KEY, 1, 0.0, str(tmp_path))
        assert DuckDBPlanner().plan(asked).counts.added == 1


LISTS: list[dict[str, Any]] = [
    {"email": ["ann@x.com", None, "ann@y.com", "nonsense"], "person": {"title": ["", "CEO", "Boss"]}, "id": ["7", "8"]},
    {"email": [], "person": {"title": []}, "id": []},
    {"email": ["bob@x.com"], "person": {"title": ["VP [Sales]"]}, "id": None},
    {"email": None, "person": None, "id": ["9"]},
]
SPREAD: list[dict[str, str | None]] = [
    {"email": "ann@x.com", "email_2": "ann@y.com", "email_3": "nonsense", "title": "CEO", "id": "7"},
    {},
    {"email": "bob@x.com", "title": "VP [Sales]"},
    {"id": "9"},
]


def asked_of(scan: Scan, folder: Path, mapping: dict[str, tuple[str, ...]], **other: Any) -> Plan:
    kind = other.pop("kind", Kind.PEOPLE)
    return DuckDBPlanner().plan(PlanRequest(kind, scan, mapping, "mirror", (), KEY, 1, 0.0, str(folder), **other))


def changed(plan: Plan) -> list[Any]:
    return sorted((c.ids, c.fp, tuple(sorted(c.traits.items()))) for c in rows_of(plan))


@pytest.mark.parametrize("name", ["list.jsonl", "list.parquet"])
def test_a_list_in_a_cell_counts_as_several_source_columns(tmp_path: Path, name: str) -> None:
    if name == "list.jsonl":
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in LISTS))
    else:
        pq.write_table(pa.Table.from_pylist(LISTS), tmp_path / name)
    scan = scan_of(tmp_path / name, ["email", "person.title", "id", "email[1]"][: 4 if name == "list.jsonl" else 3])
    one = asked_of(scan, tmp_path, {"email": ("email",), "title": ("person.title",), "primaryId": ("id",)})
    columns = ["email", "email_2", "email_3", "title", "id"]
    spread = write_csv(tmp_path / "spread.csv", SPREAD, columns)
    other = asked_of(spread, tmp_path, {"email": tuple(columns[:3]), "title": ("title",), "primaryId": ("id",)})
    assert changed(one) == changed(other)
    assert (one.counts, one.notes, one.rejected.samples) == (other.counts, other.notes, other.rejected.samples)
    assert (one.counts.added, one.counts.rejected) == (2, 2)


def test_cells_of_one_value_beside_lists(tmp_path: Path) -> None:
    lines = ['{"email": "ann@x.com"}', '{"email": ["bob@x.com", "bob@y.com"]}', '{"email": "[x]"}', '{"id": 1}']
    (tmp_path / "list.jsonl").write_text("\n".join(lines))
    plan = asked_of(scan_of(tmp_path / "list.jsonl", ["email", "id"]), tmp_path, {"email": ("email",)})
    found = [{id16 for id16, *_ in change.ids} for change in rows_of(plan)]
    bob = {digest("bob@x.com"), digest("bob@y.com")}
    assert sorted(found, key=len) == [{digest("ann@x.com")}, bob]
    assert plan.rejected.by_reason == {"not an e-mail address": 1, "no identifier": 1}


def test_lists_of_companies(tmp_path: Path) -> None:
    row = {
        "site": ["acme.com", "acme.de"],
        "industries": ["Law", "", "Steel", "Law", "Retail", "Mining"],
        "name": ["", "A"],
    }
    (tmp_path / "list.jsonl").write_text(json.dumps(row) + "\n")
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "list.parquet")
    mapping = {"companyWebsiteDomain": ("site",), "industries": ("industries",), "companyName": ("name",)}
    for name in ("list.jsonl", "list.parquet"):
        scan = scan_of(tmp_path / name, ["site", "industries", "name"])
        told = rows_of(asked_of(scan, tmp_path, mapping, kind=Kind.COMPANIES, derive=False))
        assert sorted(change.ids[0][0] for change in told) == sorted(
            key16(IdType.COMPANY_WEBSITE_DOMAIN, each) for each in (b"acme.com", b"acme.de")
        )
        assert {tuple(change.traits["industries"]) for change in told} == {("Law", "Steel", "Retail")}
        assert {change.traits["companyName"] for change in told} == {"A"}


def test_a_very_long_list_is_cut_and_the_plan_says_so(tmp_path: Path) -> None:
    many = [f"p{n}@x.com" for n in range(lists.MOST + 1)]
    rows = [{"email": many, "keep": [1]}, {"email": many[:2], "keep": [1]}, {"email": many[::-1], "keep": [0]}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "list.parquet")
    scan = scan_of(tmp_path / "list.parquet", ["email", "keep"])
    plan = asked_of(scan, tmp_path, {"email": ("email",)}, filter="list_contains(keep, 1)")
    assert plan.notes == {"only the first 20 entries of a list in one cell are used": 1}
    assert max(len(change.ids) for change in rows_of(plan)) == lists.MOST


def test_a_filter_sees_lists_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "list.jsonl").write_text(
        '{"email": ["a@x.com"], "tags": ["vip"]}\n{"email": ["b@x.com"], "tags": []}\n'
    )
    scan = scan_of(tmp_path / "list.jsonl", ["email", "tags"])
    plan = asked_of(scan, tmp_path, {"email": ("email",)}, filter="tags like '%\"vip\"%'")
    assert [change.ids[0][0] for change in rows_of(plan)] == [digest("a@x.com")]


def test_rejected_rows_keep_the_time_since_when(tmp_path: Path) -> None:
    scan, planner = write_csv(tmp_path / "list.csv", ROWS, COLUMNS), DuckDBPlanner()
    first = planner.plan(request(scan, tmp_path))
    moved = write_csv(tmp_path / "list.csv", [{"email": "nothing", "id": "9"}, *ROWS], COLUMNS)
    again = PlanRequest(
        Kind.PEOPLE, moved, MAPPING, "mirror", (), KEY, 2, 99.0, str(tmp_path), rejected_before=first.rejected.path
    )
    kept = pq.read_table(str(planner.plan(again).rejected.path)).to_pylist()
    assert [(row["row"], row["key"], row["since"]) for row in kept] == [(1, "9", 99.0), (4, "z***@x.com", 50.0)]


def test_several_files_are_one_list_with_row_numbers_going_on(tmp_path: Path) -> None:
    for name in ("a", "b"):
        table = pa.table({"email": [f"{name}@x.com", f"not {name}"], "first": ["", "x"], "id": ["1", None]})
        pq.write_table(table, tmp_path / f"{name}.parquet")
    one, two = (scan_of(tmp_path / f"{name}.parquet", COLUMNS) for name in ("a", "b"))
    plan = DuckDBPlanner().plan(
        request(Scan("parquet", one.paths + two.paths, one.columns, one.identity + two.identity), tmp_path)
    )
    assert [row for row, _ in plan.rejected.samples["not an e-mail address"]] == [2, 4]


def put_in_order(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    """The same table, with its columns where they are wanted."""
    if path.suffix == ".parquet":
        pq.write_table(pa.table({c: [row[c] for row in rows] for c in columns}), path)
    elif path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for line in [columns, *([row[c] for c in columns] for row in rows)]:
            book.active.append(list(line))
        book.save(path)
    else:
        write_csv(path, rows, columns)


@pytest.mark.parametrize("filtered", ["", "first <> 'Nobody'"])
@pytest.mark.parametrize("suffix", ["csv", "parquet", "xlsx"])
def test_files_whose_columns_stand_in_another_order_are_read_by_name(
    tmp_path: Path, suffix: str, filtered: str
) -> None:
    orders = {"a": COLUMNS, "b": ["id", "email", "first"], "c": COLUMNS, "d": ["first", "id", "email"]}
    for name, order in orders.items():
        rows = [
            {"email": f"{name}@x.com", "first": name.title(), "id": f"{name}1"},
            {"email": f"not {name}", "first": "x", "id": f"{name}2"},
        ]
        put_in_order(tmp_path / f"{name}.{suffix}", order, rows)
    scan = FileSource(f"*.{suffix}", tmp_path, None, SystemClock()).open()
    plan = asked_of(scan, tmp_path, MAPPING, filter=filtered or None)
    assert sorted((change.ids[0][0], dict(change.traits)["firstName"]) for change in rows_of(plan)) == sorted(
        (digest(f"{name}@x.com"), name.title()) for name in orders
    )
    assert plan.rejected.samples["not an e-mail address"] == ((2, "a2"), (4, "b2"), (6, "c2"), (8, "d2"))


def test_row_numbers_of_files_in_several_orders_go_on_when_they_are_large(tmp_path: Path) -> None:
    """Larger than what one thread reads at once: the files must not get into each other's way."""
    bad, count = [], 60_000
    for place, name in enumerate("abc"):
        order = COLUMNS if place % 2 == 0 else COLUMNS[::-1]
        rows = [{"email": f"{name}{n}@example.com", "first": "First" * 10, "id": f"{n}"} for n in range(count)]
        rows[count // 2]["email"] = "nobody"
        bad.append((place * count + count // 2 + 1, f"{count // 2}"))
        write_csv(tmp_path / f"{name}.csv", rows, order)
    plan = asked_of(FileSource("*.csv", tmp_path, None, SystemClock()).open(), tmp_path, MAPPING)
    assert plan.counts.added == 3 * count - 3
    assert plan.rejected.samples["not an e-mail address"] == tuple(bad)


# ── lists that cannot be read ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("email,first,id\nann@x.com,Ann,1\nbob@secret.com,B,2,3\n", "line 3: that line has another number of fields"),
        ("email,first,id\nann@x.com,Ann,1\nbob@secret.com,B\n", "line 3: that line has another number of fields"),
        ('email,first,id\n"bob@secret.com,B,2\n', "quoted field does not end"),
    ],
)
def test_a_ragged_list_names_its_line_and_no_data(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(SourceError) as raised:
        DuckDBPlanner().plan(request(scan_of(path, COLUMNS), tmp_path))
    assert said in str(raised.value)
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"email,first,id\nann@x.com,J\xfcrgen,1\n")
    with pytest.raises(SourceError, match="UTF-8"):
        DuckDBPlanner().plan(request(scan_of(path, COLUMNS), tmp_path))


def test_a_broken_line_of_json(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"email": "ann@x.com"}\n{"email": "bob@secret.com\n')
    with pytest.raises(SourceError) as raised:
        DuckDBPlanner().plan(request(scan_of(path, COLUMNS), tmp_path))
    assert "secret" not in str(raised.value)


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    path = parquet(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:40] + b"\0" * 60 + whole[100:])
    with pytest.raises(SourceError):
        DuckDBPlanner().plan(request(scan_of(path, COLUMNS), tmp_path))


def test_a_list_replaced_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan = write_csv(tmp_path / "list.csv", ROWS, COLUMNS)
    seen: list[str] = []
    real = os.stat

    def stat(path: Any, **other: Any) -> os.stat_result:
        if path == scan.paths[0]:
            seen.append(path)
            if len(seen) == 3:  # before the second pass
                write_csv(tmp_path / "list.csv", ROWS[:1], COLUMNS)
        return real(path, **other)

    monkeypatch.setattr(scans.os, "stat", stat)
    with pytest.raises(SourceError, match="was replaced while it was read"):
        DuckDBPlanner().plan(request(scan, tmp_path))


def test_a_mapped_column_that_is_not_there(tmp_path: Path) -> None:
    scan = write_csv(tmp_path / "list.csv", ROWS, COLUMNS)
    asked = PlanRequest(Kind.PEOPLE, scan, {"email": ("e-mail",)}, "mirror", (), KEY, 1, 0.0, str(tmp_path))
    with pytest.raises(ConfigError, match="near it: email"):
        DuckDBPlanner().plan(asked)


def test_a_ledger_part_that_is_gone_or_short_is_an_error(tmp_path: Path) -> None:
    line = Line(DuckDBPlanner(), tmp_path)
    line.sync([{"email": "a@x.com"}])
    part = line.parts[0]
    for broken in (
        LedgerPart(1, part.rows, path=str(tmp_path / "gone.parquet")),
        LedgerPart(1, part.rows + 1, data=part.data),
        LedgerPart(1, part.rows, data=(part.data or b"")[:50]),
    ):
        line.parts = [broken]
        with pytest.raises(StoreError):
            line.planner.plan(line.request([]))


# ── a process of its own ─────────────────────────────────────────────────────────────────────────────────────────
def test_the_child_answers_as_the_planner_does(tmp_path: Path) -> None:
    line = Line(ChildPlanner(), tmp_path)
    steps: list[str] = []
    plan = line.planner.plan(line.request(ROWS), lambda what, _done, _of: steps.append(what))
    assert plan.counts.added == 2
    assert steps
    whole = (Outcome("accepted", 0, plan.changes.adds),)
    delta = line.planner.fold(FoldRequest(plan.changes, whole, 1, 0.0, str(tmp_path)))
    part = LedgerPart(1, delta.rows, delta.path, delta.data)
    (known,) = line.planner.find([part], ids=[digest("ann@x.com")])
    assert known.value.startswith(digest("ann@x.com"))
    assert not [path for path in tmp_path.iterdir() if path.suffix not in (".csv", ".parquet")]


def test_errors_of_the_child_are_errors_here(tmp_path: Path) -> None:
    line = Line(ChildPlanner(), tmp_path)
    with pytest.raises(ConfigError, match="subquery"):
        line.planner.plan(line.request(ROWS, filter="(select 1) = 1"))
    nowhere = Scan("csv", ("/nowhere.csv",), tuple(COLUMNS), (("/nowhere.csv", 1, 1),))
    asked = request(nowhere, tmp_path)
    with pytest.raises(SourceError, match="is gone"):
        line.planner.plan(asked)


def test_a_child_that_dies_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child_planner, "_COMMAND", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(GuestlistError, match="signal 9"):
        ChildPlanner().merge((), str(tmp_path))


def test_the_child_ends_with_its_parent() -> None:
    """It waits for a list that never comes (a pipe nobody writes to) until its parent goes."""
    reading, writing = os.pipe()
    stuck = Scan("csv", (f"/dev/fd/{reading}",), ("email",), (), CsvDialect(","))
    asked = PlanRequest(Kind.PEOPLE, stuck, {"email": ("email",)}, "mirror", (), KEY, 1, 0.0, tempfile.mkdtemp())
    pipe = subprocess.PIPE
    with subprocess.Popen(child_planner._COMMAND, stdin=pipe, stdout=pipe, pass_fds=(reading,)) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        frames.send(child.stdin, "plan", asked)
        assert frames.receive(child.stdout) is not None  # it has begun
        child.stdin.close()
        assert child.wait(timeout=30) == 1
    os.close(reading)
    os.close(writing)
