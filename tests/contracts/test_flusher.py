"""What every flusher promises: a flush is what a plan over the whole list would find, restricted to who was touched."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestlist.core import membership
from guestlist.core.identity import Element, Identifier, IdType, Kind, company, person
from guestlist.core.membership import Change, Op, Result, State, Told, Why, identifiers
from guestlist.errors import GuestlistError, StoreError
from guestlist.planner import changes as planned
from guestlist.planner.duck import DuckDBPlanner
from guestlist.planner.flush import InProcessFlusher
from guestlist.ports import Changes, Flush, Flusher, FlushRequest, FoldRequest, LedgerPart, Outcome, Standing
from tests.contracts.test_planner import COMPANY, PERSON, kinds
from tests.planner.kit import KEY, DuckPrints, Line, Row, changes_of, gained, ledger_rows, outcomes_of, rows_of
from tests.planner.linkedin import id_of
from tests.planner.past import answered, elements, in_order, live

FLUSHER: Flusher = InProcessFlusher()
A, B, C = "a@x.com", "b@x.com", "c@x.com"
G, H = (f"{n}" * 8 + "-0000-4000-8000-000000000001" for n in "12")
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


# ── who hangs together ───────────────────────────────────────────────────────────────────────────────────────────
def keys_of(row: Element) -> set[bytes]:
    return {i.key16 for i in (*row.identifiers, *([row.primary] if row.primary else []))}


def ties(known: Mapping[bytes, Standing]) -> set[bytes]:
    return {key for id16, each in known.items() for key in (id16, each.told.owner, each.told.group)}


def closure(
    parts: Sequence[LedgerPart], rows: Sequence[Element], touched: Collection[bytes]
) -> tuple[tuple[Element, ...], dict[bytes, Standing], set[bytes]]:
    """As whoever flushes finds it: rows by their keys, known by their ties, again and again."""
    keys, size = set(touched), -1
    while len(keys) > size:
        size = len(keys)
        known = FLUSHER.relatives(parts, keys)
        keys |= ties(known)
        near = tuple(row for row in rows if not keys.isdisjoint(keys_of(row)))
        keys = keys.union(*map(keys_of, near))
    return near, known, keys


def flush(line: Line, rows: Sequence[Element], known: Mapping[bytes, Standing], **other: Any) -> Flush:
    return FLUSHER.plan(FlushRequest(line.kind, tuple(rows), known, KEY, line.run, line.now, **other))


def settle(line: Line, done: Flush, results: Sequence[Result]) -> None:
    request = FoldRequest(
        done.plan.changes, outcomes_of(results), line.run, line.now, str(line.folder), ledger=tuple(line.parts)
    )
    delta = FLUSHER.fold(request)
    assert delta.path is None
    assert delta.members_in == gained(line.parts, delta)
    line.parts.append(LedgerPart(len(line.parts) + 1, delta.rows, data=delta.data))


def comparable(changes: Sequence[Change]) -> list[Any]:
    return sorted(
        (c.op, c.why or 0, c.ids[0], tuple(sorted(c.ids)), c.owner, c.group, c.fp, sorted(c.traits.items()))
        for c in changes
    )


def told(flushed: Flush) -> dict[frozenset[bytes], tuple[Op, Why | None]]:
    return {
        frozenset(i for i, t, _ in c.ids if t is not IdType.PRIMARY): (c.op, c.why)
        for c in changes_of(flushed.plan.changes)
    }


def ids(*values: str) -> frozenset[bytes]:
    return frozenset(map(id_of, values))


def lists(kind: Kind, size: int) -> st.SearchStrategy[list[Row]]:
    rows: st.SearchStrategy[list[Row]] = st.lists(PERSON if kind is Kind.PEOPLE else COMPANY, max_size=size)
    return rows


# ── a flush is a part of a plan ──────────────────────────────────────────────────────────────────────────────────
@settings(quick, max_examples=40)
@given(st.data(), kinds)
def test_flushes_of_all_parts_do_what_the_plan_of_the_whole_does(data: st.DataObject, kind: Kind) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(DuckDBPlanner(), Path(folder), kind)
        live(line, data, lists(kind, 6))
        listed = data.draw(lists(kind, 8))
        plan, _ = line.plan(listed)
        whole, rows = in_order(rows_of(plan)), elements(line, listed)
        results = answered(data, whole)
        result_of = {(c.op, frozenset(c.ids)): result for c, result in zip(whole, results, strict=True)}
        every = {key for row in rows for key in keys_of(row)} | line.ledger.keys()
        touched = data.draw(st.sets(st.sampled_from(sorted(every)))) if every else set()
        after = membership.settle(whole, results, line.ledger, line.now, DuckPrints(kind).kind)
        done, said, rest = [], [], set(every)
        for some in (touched, every):
            near, known, keys = closure(line.parts, rows, rest & some)
            flushed = flush(line, near, known)
            check(flushed, line)
            mine = changes_of(flushed.plan.changes)
            assert comparable(mine) == comparable([c for c in whole if not keys.isdisjoint(i for i, *_ in c.ids)])
            settle(line, flushed, [result_of[c.op, frozenset(c.ids)] for c in mine])
            done += mine
            said += words(flushed.plan.changes)
            rest -= keys
        assert comparable(done) == comparable(whole)
        assert sorted(said) == sorted(words(plan.changes))
        known = FLUSHER.relatives(line.parts, after.keys() | every)
        assert {id16: standing.told for id16, standing in known.items()} == after


def words(changes: Changes) -> list[Any]:
    """What each row names, and whose it is shown to be; sealed anew, a name is other bytes."""
    rows = planned.read(changes, 0, 1_000).to_pylist()
    named = ([(each["t"], each["v"]) for each in (row, *(row["more"] or ()))] for row in rows)
    plain = (sorted((t, b"" if t == IdType.NAMES else v) for t, v in each) for each in named)
    return [(row["op"], row["key"] or "", each) for row, each in zip(rows, plain, strict=True)]


def check(flushed: Flush, line: Line) -> None:
    """The columns of the page, counts that add up, and positions that are those of the changes."""
    changes, counts = flushed.plan.changes, flushed.plan.counts
    assert changes.path is None
    table = planned.read(changes, 0, 1_000)
    assert table.schema == planned.schema(line.kind)
    mine = changes_of(changes)
    ops = [change.op for change in mine]
    assert ops == [Op.REMOVE] * changes.removes + [Op.ADD] * changes.adds + [Op.LABEL] * changes.labels
    assert counts.rows == counts.added + counts.changed + counts.unchanged + counts.duplicates + counts.rejected
    assert counts.removed == flushed.leaving == len({c.owner for c in mine if c.why is Why.LEFT})
    places: dict[bytes, tuple[int, ...]] = {}
    for position, change in enumerate(mine[: changes.removes + changes.adds]):
        for id16 in identifiers(change):
            places[id16] = (*places.get(id16, ()), position)
    assert flushed.positions == places


@settings(quick, max_examples=10)
@given(st.data(), kinds)
def test_after_a_plan_of_the_whole_a_flush_has_nothing_to_tell(data: st.DataObject, kind: Kind) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(DuckDBPlanner(), Path(folder), kind)
        live(line, data, lists(kind, 6))
        listed = data.draw(lists(kind, 8))
        line.now += 100_000  # refused removals are tried again
        line.sync(listed)
        rows = elements(line, listed)
        for touched in (keys_of(row) for row in rows):
            near, known, _ = closure(line.parts, rows, touched)
            changes = flush(line, near[::-1], known).plan.changes
            assert (changes.removes, changes.adds, changes.labels) == (0, 0, 0)


@settings(quick, max_examples=15)
@given(st.data(), kinds)
def test_relatives_are_all_that_hangs_together(data: st.DataObject, kind: Kind) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(DuckDBPlanner(), Path(folder), kind)
        live(line, data, lists(kind, 6), most=6)
        asked = data.draw(st.sets(st.sampled_from([*sorted(line.ledger), b"?" * 16])))
        known = FLUSHER.relatives(line.parts, asked)
        assert {id16: standing.told for id16, standing in known.items()} == connected(line.ledger, asked)
        for found in line.planner.find(line.parts, ids=list(known)):
            assert (known[found.id16].run, known[found.id16].value) == (found.run, found.value)


def connected(ledger: Mapping[bytes, Told], asked: Collection[bytes]) -> dict[bytes, Told]:
    keys, size = set(asked), -1
    near: dict[bytes, Told] = {}
    while len(keys) > size:
        size = len(keys)
        near = {i: t for i, t in ledger.items() if not keys.isdisjoint((i, t.owner, t.group))}
        keys |= {key for id16, each in near.items() for key in (id16, each.owner, each.group)}
    return near


# ── by example ───────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def line(tmp_path: Path) -> Line:
    return Line(DuckDBPlanner(), tmp_path)


def flushed(line: Line, listed: Sequence[Row], touched: Collection[bytes], **other: Any) -> Flush:
    near, known, _ = closure(line.parts, elements(line, listed), touched)
    return flush(line, near, known, **other)


def test_a_member_that_left_and_an_identifier_that_was_shed(line: Line) -> None:
    line.sync([{"email": A, "gaid": G}, {"email": B, "gaid": H, "id": "7"}, {"email": C}])
    now: list[Row] = [{"email": A}, {"email": C}]
    done = flushed(line, now, ids(G) | ids(B))
    assert told(done) == {
        ids(G): (Op.REMOVE, Why.SHED),
        ids(B, H): (Op.REMOVE, Why.LEFT),
        ids(A): (Op.ADD, Why.CHANGED),
    }
    assert (done.leaving, done.plan.counts.removed, done.plan.counts.changed, done.plan.counts.known) == (1, 1, 1, 2)
    assert done.positions.keys() == ids(A, B, G, H)
    assert done.positions[id_of(B)] == done.positions[id_of(H)] != done.positions[id_of(A)] == (2,)


def test_while_a_guard_waits_nobody_leaves(line: Line) -> None:
    line.sync([{"email": A, "gaid": G}, {"email": B, "id": "7"}, {"email": C}])
    now: list[Row] = [{"email": A}, {"email": "d@x.com"}, {"email": "e@x.com", "id": "7"}]
    touched = ids(A, B, C, "d@x.com")
    free, waits = flushed(line, now, touched), flushed(line, now, touched, removals=False)
    assert (free.leaving, free.plan.counts.removed) == (1, 1)
    assert (waits.leaving, waits.plan.counts.removed) == (1, 0)
    assert told(free).items() - told(waits).items() == {(ids(C), (Op.REMOVE, Why.LEFT))}
    assert {why for _, why in told(waits).values()} == {Why.SHED, Why.CHANGED, Why.NEW}
    settle(line, waits, ["accepted"] * 5)
    assert told(flushed(line, now, touched)) == {ids(C): (Op.REMOVE, Why.LEFT)}


def test_what_was_refused_waits_and_what_was_never_answered_is_told_again(line: Line) -> None:
    now: list[Row] = [{"email": A, "first": "Ann"}, {"email": B}]
    done = flushed(line, now, ids(A, B))
    order = [change.ids[0][0] for change in changes_of(done.plan.changes)]
    settle(line, done, [7 if each == id_of(A) else "unsure" for each in order])
    again = flushed(line, now, ids(A, B))
    assert told(again) == {ids(B): (Op.ADD, Why.AGAIN)}
    assert (again.plan.counts.refused, again.plan.counts.rejected, again.plan.counts.changed) == (1, 1, 1)
    assert told(flushed(line, [{"email": A, "first": "Anna"}], ids(A))) == {ids(A): (Op.ADD, Why.NEW)}


def test_a_name_is_sealed_and_removed_as_it_was_told(line: Line) -> None:
    zoe: Row = {"first": "Zoë", "last": "Lee", "land": "DE"}
    (row,) = elements(line, [zoe])
    done = flushed(line, [zoe], keys_of(row))
    assert "Zoë".encode() not in planned.read(done.plan.changes, 0, 1).column("v")[0].as_py()
    settle(line, done, ["accepted"])
    gone = flushed(line, [], keys_of(row))
    assert told(gone) == {frozenset(keys_of(row)): (Op.REMOVE, Why.LEFT)}
    values = [planned.read(each.plan.changes, 0, 1).column("v")[0] for each in (done, gone)]
    assert values[0] == values[1]


def test_a_company_of_many_domains_and_its_industries(tmp_path: Path) -> None:
    line = Line(DuckDBPlanner(), tmp_path, Kind.COMPANIES)
    record = {"companyWebsiteDomain": ("a.com", "b.com"), "industries": ("Steel", "Tübingen"), "primaryId": "x@y.com"}
    made = company(record)
    assert isinstance(made, Element)
    done = flush(line, [made], {})
    table = planned.read(done.plan.changes, 0, 9)
    assert table.column("industries").to_pylist() == [["Steel", "Tübingen"]] * 2
    assert table.column("key").to_pylist() == ["x***@y.com"] * 2
    assert sorted(len(c.ids) for c in changes_of(done.plan.changes)) == [1, 3]
    assert done.plan.counts.added == 1
    assert done.plan.counts.known == 0


@pytest.mark.parametrize(("state", "spelled"), [(State.IN, b"ACME"), (State.UNSURE, b"ACME"), (State.OUT, b"acme")])
def test_a_companys_name_keeps_its_spelling_while_it_may_be_in(tmp_path: Path, state: State, spelled: bytes) -> None:
    line = Line(DuckDBPlanner(), tmp_path, Kind.COMPANIES)
    name = Identifier(IdType.COMPANY_NAME, b"acme")
    known = {
        name.key16: Standing(Told(name.type, state, name.key16, name.key16, 1, DuckPrints(line.kind).kind), 1, b"ACME")
    }
    (row,) = planned.read(flush(line, [Element((name,), {"country": "DE"})], known).plan.changes, 0, 9).to_pylist()
    assert (row["op"], row["v"], row["owner"].bytes) == (Op.ADD, spelled, name.key16)
    gone = planned.read(flush(line, [], known).plan.changes, 0, 9).to_pylist()
    assert [each["v"] for each in gone] == ([b"ACME"] if state is not State.OUT else [])


def test_what_was_dropped_from_rows_is_noted(line: Line) -> None:
    made = person({"email": (A, "nonsense"), "country": "Narnia"})
    assert isinstance(made, Element)
    assert flush(line, [made, made], {}).plan.notes == {"not an e-mail address": 2, "country dropped: not ISO 3166": 2}


def test_of_rows_that_are_one_member_the_richest_ones_key_is_shown(line: Line) -> None:
    rows = elements(line, [{"email": A, "id": "p1"}, {"email": A, "first": "Ann", "id": "p2"}, {"email": B}])
    table = planned.read(flush(line, rows, {}).plan.changes, 0, 9)
    shown = {row["v"]: (row["key"], row["row"], row["firstName"]) for row in table.to_pylist()}
    assert {value[:16]: line_ for value, line_ in shown.items()} == {
        id_of(A): ("p2", None, "Ann"),
        id_of(B): (None, None, None),
    }


def test_an_answer_that_came_too_late_makes_unsure(line: Line) -> None:
    line.sync([{"email": A, "first": "Ann"}])
    done = flushed(line, [{"email": A, "first": "Anna"}, {"email": B}], ids(A, B))
    request = FoldRequest(
        done.plan.changes, (Outcome("unsure", 0, 2),), 9, line.now, str(line.folder), True, tuple(line.parts)
    )
    small, whole = FLUSHER.fold(request), line.planner.fold(request)
    assert ledger_rows(small) == ledger_rows(whole)
    states = {row["state"] for row in ledger_rows(small)}
    assert (small.rows, states) == (2, {State.UNSURE})


def test_what_must_not_be_sent_was_never_sent(line: Line) -> None:
    done = flushed(line, [{"email": A}, {"email": B}], ids(A, B))
    skipped, kept = (change.ids[0][0] for change in changes_of(done.plan.changes))
    changes = replace(done.plan.changes, skip=(0,))
    request = FoldRequest(changes, (Outcome("accepted", 0, 2),), line.run, line.now, str(line.folder))
    small = ledger_rows(FLUSHER.fold(request))
    assert small == ledger_rows(line.planner.fold(request))
    assert [row["id"].bytes for row in small] == [kept] != [skipped]


def test_pouring_is_merging(line: Line) -> None:
    line.sync([{"email": A}, {"email": B}])
    line.sync([{"email": B}, {"email": C}])
    poured = FLUSHER.pour(line.parts, str(line.folder))
    assert ledger_rows(poured) == ledger_rows(line.planner.merge(line.parts, str(line.folder)))
    assert (len(line.parts), poured.rows, poured.members_in) == (2, 3, 2)


def test_a_run_in_a_file_is_not_for_a_flusher(line: Line) -> None:
    with pytest.raises(GuestlistError, match="in a file"):
        FLUSHER.fold(FoldRequest(Changes(0, 1, 0, path="x"), (), 1, 0.0, str(line.folder)))


def test_parts_that_are_missing_short_or_damaged_are_errors(line: Line) -> None:
    line.sync([{"email": A}])
    (part,) = line.parts
    for broken in (
        LedgerPart(1, part.rows, path=str(line.folder / "gone.parquet")),
        LedgerPart(1, part.rows + 1, data=part.data),
        LedgerPart(1, part.rows, data=(part.data or b"")[:50]),
    ):
        for _ in range(2):  # a failure is not remembered
            with pytest.raises(StoreError):
                FLUSHER.relatives([broken], ids(A))
    assert FLUSHER.relatives([part], ids(A)).keys() == ids(A)
