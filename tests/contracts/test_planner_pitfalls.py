"""The sequences that broke earlier designs, by name, and each rule of who is told what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from guestlist.core.identity import IdType, Kind, key16
from guestlist.core.membership import Change, Op, State, Why
from guestlist.elements import PlannedElements
from guestlist.planner.changes import read
from guestlist.planner.duck import DuckDBPlanner
from guestlist.ports import FoldRequest, LedgerPart, Outcome, Plan
from tests.planner.kit import Line, SmallFolds, count_of, rows_of, told_rows
from tests.planner.linkedin import id_of

A, B, C = "a@x.com", "b@x.com", "c@x.com"
G = "11111111-0000-4000-8000-000000000001"


@pytest.fixture(params=[DuckDBPlanner, SmallFolds])
def line(request: pytest.FixtureRequest, tmp_path: Path) -> Line:
    return Line(request.param(), tmp_path)


def told(plan: Plan) -> dict[frozenset[bytes], tuple[Op, Why | None]]:
    return {frozenset(i for i, t, _ in c.ids if t is not IdType.PRIMARY): (c.op, c.why) for c in rows_of(plan)}


def ids(*values: str) -> frozenset[bytes]:
    return frozenset(map(id_of, values))


def test_c1_what_was_sent_and_never_answered_is_told_again_whichever_way_it_is_wanted(line: Line) -> None:
    plan, _ = line.plan([{"email": A}, {"email": B}])
    line.fold(plan, ["unsure", "open"])
    plan, _ = line.plan([{"email": B}])
    assert told(plan) == {ids(A): (Op.REMOVE, Why.LEFT), ids(B): (Op.ADD, Why.AGAIN)}
    assert plan.counts.known == 2


def test_c3_1_a_rebuilt_segment_is_told_everyone_wanted_and_no_removal(line: Line) -> None:
    line.sync([{"email": A}, {"email": B}])
    line.overlay("not_told")
    plan, _ = line.plan([{"email": B}])
    assert told(plan) == {ids(B): (Op.ADD, Why.NEW)}
    assert plan.counts.known == 0


def test_c3_2_add_only_refills_a_rebuilt_segment_from_the_ledger(line: Line) -> None:
    line.sync([{"email": A, "gaid": G, "first": "Ann"}, {"first": "Zoë", "last": "Lee"}], mode="add_only")
    line.overlay("not_told")
    plan, _ = line.plan([{"email": B}], mode="add_only")
    names = key16(IdType.NAMES, '["Zoë","Lee","","",""]'.encode())
    again = (Op.ADD, Why.AGAIN)
    assert told(plan) == {ids(B): (Op.ADD, Why.NEW), ids(A, G): again, frozenset([names]): again}
    assert plan.counts.added == 1  # rows of the list; the others are told from our own records


def test_c6_shuffled_rows_that_share_an_identifier_send_nothing(line: Line) -> None:
    rows = [{"email": A, "gaid": G}, {"email": B, "gaid": G}, {"email": C, "first": "Ann"}, {"email": C, "first": "Bo"}]
    plan = line.sync(rows)
    assert (plan.counts.added, plan.counts.duplicates) == (3, 1)
    again, _ = line.plan(rows[::-1])
    assert count_of(again) == 0


def test_c7_a_relative_of_what_is_removed_is_told_again(line: Line) -> None:
    line.sync([{"email": A, "gaid": G}])
    line.sync([{"email": A}, {"gaid": G}])
    plan, _ = line.plan([{"gaid": G}])
    assert told(plan) == {ids(A): (Op.REMOVE, Why.LEFT), ids(G): (Op.ADD, Why.AGAIN)}


def test_c7_and_still_when_the_addition_never_left(line: Line) -> None:
    line.sync([{"email": A, "gaid": G}])
    line.sync([{"email": A}, {"gaid": G}])
    plan, _ = line.plan([{"gaid": G}])
    line.fold(plan, ["accepted", "void"])
    plan, _ = line.plan([{"gaid": G}])
    assert told(plan) == {ids(G): (Op.ADD, Why.AGAIN)}


def test_c7_a_group_may_be_named_after_somebody_who_was_never_told(line: Line) -> None:
    plan, _ = line.plan([{"email": A}, {"email": A, "email_2": C}, {"email": C}])
    line.fold(plan, ["void" if change.ids[0][0] == id_of(C) else "accepted" for change in rows_of(plan)])
    assert line.ledger[id_of(A)].group == id_of(C) not in line.ledger
    plan, _ = line.plan([{"email": B, "email_2": C}])
    assert told(plan) == {ids(A): (Op.REMOVE, Why.LEFT), ids(B, C): (Op.ADD, Why.NEW)}
    assert {change.group for change in rows_of(plan)} == {id_of(C)}
    line.fold(plan, ["unsure", "accepted"])
    plan, _ = line.plan([{"email": B, "email_2": C}])
    assert told(plan) == {ids(A): (Op.REMOVE, Why.LEFT), ids(B, C): (Op.ADD, Why.AGAIN)}


def test_a_changed_email_is_a_change_not_a_departure(line: Line) -> None:
    line.sync([{"email": A, "id": "7"}])
    plan = line.sync([{"email": B, "id": "7"}])
    assert told(plan) == {ids(A): (Op.REMOVE, Why.SHED), ids(B): (Op.ADD, Why.CHANGED)}
    assert (plan.counts.changed, plan.counts.added, plan.counts.removed) == (1, 0, 0)


def test_a_label_that_comes_later_is_written_down_and_nobody_is_told(line: Line) -> None:
    line.sync([{"email": A}])
    plan = line.sync([{"email": A, "id": "7"}])
    assert (told_rows(plan), plan.changes.labels, plan.counts.unchanged) == (0, 1, 1)
    plan = line.sync([{"email": B, "id": "7"}])
    assert told(plan) == {ids(A): (Op.REMOVE, Why.SHED), ids(B): (Op.ADD, Why.CHANGED)}


def test_h9_a_toggle_off_names_the_identifier_one_last_time(line: Line) -> None:
    line.sync([{"email": A, "gaid": G}])
    plan = line.sync([{"email": A, "gaid": G}], send_google_advertising_id=False)
    assert told(plan) == {ids(G): (Op.REMOVE, Why.SHED), ids(A): (Op.ADD, Why.CHANGED)}
    assert (plan.counts.changed, plan.counts.removed) == (1, 0)


def test_those_who_leave_are_named_by_their_strongest_identifier(line: Line) -> None:
    line.sync([{"email": A, "gaid": G}, {"email": B}, {"email": C}])
    plan, _ = line.plan([{"email": C}])
    assert {key16(t, v) for t, v in plan.leaving} == {id_of(A), id_of(B)}
    line.fold(plan, ["unsure", "accepted"])
    plan, _ = line.plan([])
    assert (plan.counts.removed, plan.counts.removed_before) == (2, 1)
    assert [key16(t, v) for t, v in plan.leaving] == [id_of(C)], "the other was told to be out already"


def test_h9_remove_only_acts_on_what_is_in_and_leaves_the_rest(line: Line) -> None:
    line.sync([{"email": A}, {"email": B}])
    plan = line.sync([{"email": A}, {"email": C}], mode="remove_only")
    assert told(plan) == {ids(A): (Op.REMOVE, Why.LEFT)}
    again, _ = line.plan([{"email": A}, {"email": C}], mode="remove_only")
    assert count_of(again) == 0


def test_add_only_never_removes_not_even_a_changed_email(line: Line) -> None:
    line.sync([{"email": A, "id": "7"}], mode="add_only")
    plan, _ = line.plan([{"email": B, "id": "7"}], mode="add_only")
    assert plan.changes.removes == 0


def test_add_only_does_not_turn_an_unanswered_removal_round(line: Line) -> None:
    line.sync([{"email": A}], mode="add_only")
    plan, _ = line.plan([{"email": A}], mode="remove_only")
    line.fold(plan, ["unsure"])
    plan, _ = line.plan([], mode="add_only")
    assert count_of(plan) == 0


def test_h6_a_refused_element_waits_until_its_row_changes(line: Line) -> None:
    rows = [{"email": A, "first": "Ann"}]
    plan, _ = line.plan(rows)
    line.fold(plan, [7])
    plan, _ = line.plan(rows, refused={7: "LinkedIn: bad digest"})
    assert (told_rows(plan), plan.counts.rejected, plan.counts.refused) == (0, 1, 1)
    assert plan.rejected.samples == {"LinkedIn: bad digest": ((1, None),)}
    plan, _ = line.plan([{"email": A, "first": "Anna"}])
    assert told(plan) == {ids(A): (Op.ADD, Why.NEW)}


def test_h6_a_refused_update_does_not_forget_that_the_member_is_in(line: Line) -> None:
    line.sync([{"email": A, "first": "Ann"}])
    plan, _ = line.plan([{"email": A, "first": "Anna"}])
    line.fold(plan, [7])
    plan, _ = line.plan([])
    assert told(plan) == {ids(A): (Op.REMOVE, Why.LEFT)}


def test_h6_a_refused_removal_is_tried_once_a_day(line: Line) -> None:
    line.sync([{"email": A}])
    plan, _ = line.plan([])
    line.fold(plan, [7])
    assert told_rows(line.plan([])[0]) == 0
    line.now += 25 * 3600
    assert told_rows(line.plan([])[0]) == 1


def test_h10_a_forgotten_row_is_rejected_removed_and_never_refilled(line: Line) -> None:
    line.sync([{"email": A, "gaid": G}])
    forgotten = (id_of(G),)
    plan, _ = line.plan([{"email": A, "gaid": G}], suppressed=forgotten)
    assert plan.counts.rejected == 1
    assert told(plan) == {ids(A, G): (Op.REMOVE, Why.LEFT)}
    line.overlay("again")
    plan, _ = line.plan([], mode="add_only", suppressed=forgotten)
    assert count_of(plan) == 0


def test_m2_fingerprints_of_another_hash_are_refreshed_quietly(line: Line) -> None:
    line.sync([{"email": A}, {"email": B}])
    table = pa.ipc.open_stream(line.parts[0].data).read_all()
    older = pa.array([9] * table.num_rows, pa.uint8())
    table = table.set_column(table.schema.get_field_index("kind"), "kind", older)
    others = pa.array([fp ^ 1 for fp in table.column("fp").to_pylist()], pa.uint64())
    table = table.set_column(table.schema.get_field_index("fp"), "fp", others)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    line.parts = [LedgerPart(1, table.num_rows, data=bytes(sink.getvalue()))]
    line.ledger = {id16: replace(t, kind=9, fp=t.fp ^ 1) for id16, t in line.ledger.items()}
    plan, _ = line.plan([{"email": A}, {"email": B}])
    assert (told_rows(plan), plan.changes.labels, plan.counts.unchanged) == (0, 2, 2)
    line.fold(plan, ["accepted"] * 2)
    assert count_of(line.plan([{"email": A}, {"email": B}])[0]) == 0


def test_a_key_seen_first_on_somebody_who_stays_is_written_down(line: Line) -> None:
    line.sync([{"email": A}])
    plan = line.sync([{"email": A, "id": "1"}])
    assert (told_rows(plan), plan.changes.labels) == (0, 1)
    assert line.ledger[key16(IdType.PRIMARY, b"1")].at == line.now


def test_a_company_element_holds_one_value_per_field(tmp_path: Path) -> None:
    line = Line(DuckDBPlanner(), tmp_path, Kind.COMPANIES)
    plan = line.sync([{"urn": "1", "web": "a.com", "web_2": "b.com", "mail": "a.com"}])
    assert sorted(len(c.ids) for c in rows_of(plan)) == [1, 3]
    assert len({c.owner for c in rows_of(plan)}) == 1
    assert plan.counts.added == 1
    plan = line.sync([])
    for change in rows_of(plan):
        types = [id_type for _, id_type, _ in change.ids]
        assert len(types) == len(set(types))
    assert plan.counts.removed == 1


def test_a_companys_name_is_told_as_written_and_removed_as_told(tmp_path: Path) -> None:
    """Its case is nobody's change, and nobody can say whether LinkedIn looks at it."""
    line = Line(DuckDBPlanner(), tmp_path, Kind.COMPANIES)

    def spelled(*rows: dict[str, str | None]) -> list[tuple[Op, str]]:
        found = read(line.sync(list(rows)).changes, 0, 9).to_pylist()
        return [(Op(row["op"]), row["v"].decode()) for row in found if row["t"] == IdType.COMPANY_NAME]

    assert spelled({"name": "Straße AG"}, {"name": "STRASSE AG"}) == [(Op.ADD, "STRASSE AG")]
    assert spelled({"name": "Straße AG"}) == []
    assert spelled({"name": "straße ag", "industry": "Steel"}) == [(Op.ADD, "STRASSE AG")]
    assert spelled() == [(Op.REMOVE, "STRASSE AG")]
    assert spelled({"name": "Straße AG", "id": "p1"}) == [(Op.ADD, "Straße AG")]


def test_an_answer_that_came_too_late_makes_unsure_and_keeps_what_is_known(line: Line) -> None:
    plan, _ = line.plan([{"email": A}, {"email": B}])
    first: Change = next(c for c in rows_of(plan) if c.ids[0][0] == id_of(A))
    line.sync([{"email": A, "first": "Ann"}])
    late = FoldRequest(
        plan.changes, (Outcome("unsure", 0, 2),), 9, line.now, str(line.folder), late=True, ledger=tuple(line.parts)
    )
    delta = line.planner.fold(late)
    line.parts.append(LedgerPart(2, delta.rows, data=delta.data))
    stored = line.stored()
    assert {told_.state for told_ in stored.values()} == {State.UNSURE}
    assert stored[id_of(A)].fp == line.ledger[id_of(A)].fp != first.fp


def test_ranges_are_read_as_they_were_written(tmp_path: Path) -> None:
    line = Line(DuckDBPlanner(), tmp_path)
    line.sync([{"email": f"old{n}@x.com"} for n in range(100)])
    plan, _ = line.plan([{"email": f"p{n}@x.com", "gaid": G if n % 999 == 0 else None} for n in range(6_000)])
    assert plan.changes.path is not None
    assert Path(plan.changes.path).stat().st_mode & 0o077 == 0
    whole = read(plan.changes, 0, 10_000)
    assert whole.num_rows == count_of(plan) == 6_100
    assert read(plan.changes, 50, 5_000).equals(whole.slice(50, 5_000))
    assert read(plan.changes, 6_099, 5_000).num_rows == 1
    assert read(plan.changes, 7_000, 5).num_rows == 0
    line.fold(plan, ["accepted"] * 3_000 + ["void"] * 1_000 + ["unsure"] * 2_000 + [7] * 100)
    assert line.parts[-1].path is not None


def test_merged_parts_say_what_the_parts_said(line: Line) -> None:
    line.sync([{"email": A, "gaid": G, "id": "1"}])
    line.sync([{"email": B}])
    before, parts = line.stored(), list(line.parts)
    delta = line.planner.merge(parts, str(line.folder))
    line.parts = [LedgerPart(9, delta.rows, data=delta.data)]
    assert line.stored() == before
    assert delta.members_in == 1
    asked = [id_of(A), id_of(B)]
    assert line.planner.find(line.parts, ids=asked) == line.planner.find(parts, ids=asked)
    (one, *_) = line.planner.find(parts, sample=1)
    assert one.owner16 == id_of(B)
    assert {each.id16 for each in line.planner.find(parts, groups=[line.ledger[id_of(G)].group])} >= {
        id_of(A),
        id_of(G),
    }
    (b,) = line.planner.find(parts, owners=[id_of(B)])
    assert (b.state, b.id16, len(b.value)) == (State.IN, id_of(B), 32)


def test_a_relative_in_doubt_is_told_again(line: Line) -> None:
    line.sync([{"email": A}, {"email": B}])
    (known,) = line.planner.find(line.parts, ids=[id_of(A)])
    doubt = PlannedElements(lambda sealed: sealed).removals([], [known])
    delta = line.planner.fold(FoldRequest(doubt, (), 0, line.now, str(line.folder), ledger=tuple(line.parts)))
    line.parts.append(LedgerPart(2, delta.rows, data=delta.data))
    line.ledger[id_of(A)] = replace(line.ledger[id_of(A)], state=State.UNSURE)
    assert line.stored() == line.ledger
    assert told(line.plan([{"email": A}, {"email": B}])[0]) == {ids(A): (Op.ADD, Why.AGAIN)}
