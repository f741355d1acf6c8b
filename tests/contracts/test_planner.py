"""What every planner promises, held to the reference in ``core.membership``."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guestlist.core.identity import Kind
from guestlist.core.membership import Result
from guestlist.planner.duck import DuckDBPlanner
from tests.planner.kit import Line, count_of

EMAILS = [f"{name}@x.com" for name in "abcde"]
GAIDS = [f"{n}" * 8 + "-0000-4000-8000-000000000001" for n in "123"]


def people(size: int = 6) -> st.SearchStrategy[list[dict[str, str | None]]]:
    row = st.fixed_dictionaries(
        {
            "email": st.sampled_from([*EMAILS, None, "A@X.com ", "nonsense", "ä@x.com"]),
            "email_2": st.sampled_from([None, None, *EMAILS]),
            "gaid": st.sampled_from([None, None, *GAIDS]),
            "first": st.sampled_from([None, "Ann", "Zoë"]),
            "last": st.sampled_from([None, "Lee"]),
            "land": st.sampled_from([None, "DE", "Narnia"]),
            "id": st.sampled_from([None, "p1", "p2", "p3"]),
        }
    )
    return st.lists(row, max_size=size)


def companies(size: int = 6) -> st.SearchStrategy[list[dict[str, str | None]]]:
    web = st.sampled_from([None, "a.com", "b.com", "www.c.com"])
    row = st.fixed_dictionaries(
        {
            "urn": st.sampled_from([None, None, "1", "2"]),
            "web": web,
            "web_2": web,
            "mail": st.sampled_from([None, None, "a.com", "d.com"]),
            "name": st.sampled_from([None, "Acme", "Delta"]),
            "industry": st.sampled_from([None, "Steel"]),
            "id": st.sampled_from([None, "p1", "p2"]),
        }
    )
    return st.lists(row, max_size=size)


def result() -> st.SearchStrategy[Result]:
    return st.sampled_from(["accepted"] * 6 + ["unsure", "open", "void", 7])


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(list(Kind)))
def test_every_run_is_what_the_reference_says(data: st.DataObject, kind: Kind) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(DuckDBPlanner(), Path(folder), kind)
        lists = people() if kind is Kind.PEOPLE else companies()
        for _ in range(data.draw(st.integers(1, 4))):
            mode = data.draw(st.sampled_from(["mirror", "mirror", "add_only", "remove_only"]))
            gaid = data.draw(st.sampled_from([True, True, False]))
            plan, _ = line.plan(data.draw(lists), mode=mode, send_google_advertising_id=gaid)
            changed = plan.changes.removes + plan.changes.adds
            results: list[Result] = [data.draw(result()) for _ in range(changed)]
            line.fold(plan, results + ["accepted"] * plan.changes.labels)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(list(Kind)), st.data(), st.randoms(use_true_random=False))
def test_after_all_is_accepted_the_shuffled_list_sends_nothing(
    kind: Kind, data: st.DataObject, dice: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        line = Line(DuckDBPlanner(), Path(folder), kind)
        lists = people() if kind is Kind.PEOPLE else companies()
        line.sync(data.draw(lists))
        rows = data.draw(lists)
        line.sync(rows)
        dice.shuffle(rows)
        again, _ = line.plan(rows)
        assert count_of(again) == 0
