"""What every planner promises, held to the reference in ``core.membership``: random lists, random answers."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestlist.core.identity import Element, Kind
from guestlist.core.membership import Result, State
from guestlist.planner import changes, draft, folding
from guestlist.planner.duck import DuckDBPlanner
from guestlist.ports import Plan
from tests.planner.kit import Line, Row, SmallFolds, count_of, rows_of, told_rows
from tests.planner.linkedin import LinkedIn

EMAILS = [f"{name}@x.com" for name in "abcde"]
GAIDS = [f"{n}" * 8 + "-0000-4000-8000-000000000001" for n in "123"]
_webs = st.sampled_from([None, "a.com", "b.com", "www.c.com"])

PERSON = st.fixed_dictionaries({
    "email": st.sampled_from([*EMAILS, None, "A@X.com ", "nonsense", "ä@x.com"]),
    "email_2": st.sampled_from([None, None, *EMAILS]),
    "gaid": st.sampled_from([None, None, *GAIDS]),
    "first": st.sampled_from([None, "Ann", "Zoë"]),
    "last": st.sampled_from([None, "Lee"]),
    "land": st.sampled_from([None, "DE", "Narnia"]),
    "id": st.sampled_from([None, "p1", "p2", "p3"]),
})  # fmt: skip
COMPANY = st.fixed_dictionaries({
    "urn": st.sampled_from([None, None, "1", "2"]),
    "web": _webs,
    "web_2": _webs,
    "mail": st.sampled_from([None, None, "a.com", "d.com"]),
    "name": st.sampled_from([None, "Acme", "ACME", "Delta"]),
    "industry": st.sampled_from([None, "Steel"]),
    "id": st.sampled_from([None, "p1", "p2"]),
})  # fmt: skip

kinds = st.sampled_from(list(Kind))
planners = st.sampled_from([DuckDBPlanner, SmallFolds])
answers = st.sampled_from(["accepted"] * 6 + ["unsure", "open", "void", 7])
quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def lists(kind: Kind, size: int = 6) -> st.SearchStrategy[list[Row]]:
    rows: st.SearchStrategy[list[Row]] = st.lists(PERSON if kind is Kind.PEOPLE else COMPANY, max_size=size)
    return rows


@contextmanager
def limits(large: bool) -> Iterator[None]:
    """Treat small lists as large ones: files instead of bytes, drafts instead of second passes."""
    with ExitStack() as stack:
        for module, name, value in ((draft, "LARGE", 0), (changes, "SMALL", 2), (folding, "SMALL", 2)):
            if large:
                stack.enter_context(patch.object(module, name, value))
        yield


@settings(quick, max_examples=15)
@given(kinds, st.data(), st.randoms(use_true_random=False), st.sampled_from(["mirror", "add_only"]))
def test_a_list_and_an_exclusion_list_of_one_segment_come_to_rest(
    kind: Kind, data: st.DataObject, dice: random.Random, mode: Any
) -> None:
    """In any order of syncs: each has its say once more, and a further sync of either sends nothing."""
    with tempfile.TemporaryDirectory() as folder:
        line = Line(DuckDBPlanner(), Path(folder), kind)
        for _ in range(data.draw(st.integers(0, 4))):
            rows, shut = data.draw(lists(kind, 4)), data.draw(lists(kind, 2))
            if data.draw(st.booleans()):
                run(line, rows, data, shut=shut, mode=mode)
            else:
                run(line, shut, data, mode="remove_only")
        rows, shut = data.draw(lists(kind)), data.draw(lists(kind, 3))
        line.now += 100_000
        for _ in range(2):
            line.sync(rows, shut=shut, mode=mode)
            line.sync(shut, mode="remove_only")
        line.sync(rows, shut=shut, mode=mode)
        dice.shuffle(rows)
        assert count_of(line.plan(rows, shut=shut[::-1], mode=mode)[0]) == 0
        assert count_of(line.plan(shut, mode="remove_only")[0]) == 0
        named = wanted(line, shut)
        assert not named & {i for i, told in line.ledger.items() if told.state is State.IN}
        left = [row for row in rows if not named & wanted(line, [row])]
        assert wanted(line, left) <= {i for i, told in line.ledger.items() if told.state is State.IN}
        if mode == "mirror":
            assert wanted(line, left) == {i for i, told in line.ledger.items() if told.state is State.IN}


unrefused = st.sampled_from(["accepted"] * 6 + ["unsure", "open", "void"])


def run(line: Line, rows: Sequence[Row], data: st.DataObject, **request: Any) -> None:
    plan, _ = line.plan(rows, **request)
    line.fold(plan, drawn(plan, data, answers) + ["accepted"] * plan.changes.labels)


def drawn(plan: Plan, data: st.DataObject, from_: st.SearchStrategy[Any]) -> list[Result]:
    """An answer for each position; the order of positions is not the same each time, that of what is told is."""
    told = rows_of(plan)[: told_rows(plan)]
    order = sorted(range(len(told)), key=lambda position: (told[position].op, sorted(told[position].ids)))
    found = {position: data.draw(from_) for position in order}
    return [found[position] for position in range(len(told))]


@settings(quick, max_examples=20)
@given(st.data(), kinds, st.booleans())
def test_every_run_is_what_the_reference_says(data: st.DataObject, kind: Kind, large: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, limits(large):
        line = Line(data.draw(planners)(), Path(folder), kind)
        for _ in range(data.draw(st.integers(1, 4))):
            mode = data.draw(st.sampled_from(["mirror", "mirror", "add_only", "remove_only"]))
            gaid = data.draw(st.sampled_from([True, True, False]))
            shut = data.draw(st.none() | lists(kind, 2))
            run(line, data.draw(lists(kind)), data, shut=shut, mode=mode, send_google_advertising_id=gaid)
            if (how := data.draw(st.sampled_from([None, None, None, "not_told", "unsure", "again"]))) is not None:
                line.overlay(how)


@settings(quick, max_examples=10)
@given(kinds, st.data(), st.randoms(use_true_random=False))
def test_after_all_is_accepted_the_shuffled_list_sends_nothing(
    kind: Kind, data: st.DataObject, dice: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(DuckDBPlanner(), Path(folder), kind)
        run(line, data.draw(lists(kind)), data)
        rows = data.draw(lists(kind))
        line.now += 100_000  # refused removals are tried again
        line.sync(rows)
        dice.shuffle(rows)
        again, _ = line.plan(rows)
        assert (told_rows(again), again.changes.labels) == (0, 0)


@settings(quick, max_examples=15)
@given(st.data())
def test_linkedin_ends_with_whom_the_list_wants_however_it_reads_a_removal(data: st.DataObject) -> None:
    """A: it holds identifiers. B: it holds the people found through them. Nothing is refused here."""
    people = data.draw(st.dictionaries(st.sampled_from([*EMAILS, *GAIDS]), st.integers(1, 4)))
    with tempfile.TemporaryDirectory() as folder:
        line, linkedin = Line(DuckDBPlanner(), Path(folder)), LinkedIn(people)
        for _ in range(data.draw(st.integers(1, 3))):
            plan, _ = line.plan(data.draw(lists(Kind.PEOPLE, 4)))
            results = drawn(plan, data, unrefused) + ["accepted"] * plan.changes.labels
            linkedin.hear(rows_of(plan), results, data.draw(st.booleans()))
            line.fold(plan, results)
        rows = data.draw(lists(Kind.PEOPLE, 4))
        plan, _ = line.plan(rows)
        linkedin.hear(rows_of(plan), ["accepted"] * count_of(plan), lost_ones_worked=True)
        line.fold(plan, ["accepted"] * count_of(plan))
        check(linkedin, line, wanted(line, rows))


def wanted(line: Line, rows: Sequence[Row]) -> set[bytes]:
    made = [line.element(row, line.request([])) for row in rows]
    return {i.key16 for element in made if isinstance(element, Element) for i in element.identifiers}


def check(linkedin: LinkedIn, line: Line, wanted_: set[bytes]) -> None:
    assert linkedin.identifiers == wanted_
    due = {linkedin.person[i]: i for i in wanted_ if i in linkedin.person}
    assert linkedin.people <= due.keys()
    for missing in due.keys() - linkedin.people:
        known = [i for i, person in linkedin.person.items() if person == missing and i in line.ledger]
        removed = {line.ledger[i].group for i in known if i in linkedin.removed}
        groups = {line.ledger[i].group for i in known if i in wanted_}
        assert removed - groups, "removed with a relative that a row had joined"
