import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core.guard import EMPTIED, Limit, judge, named, who
from guestlist.core.identity import IdType

TWENTY = Limit(share=0.20)


@pytest.mark.parametrize(
    ("known", "removals", "trips"),
    [
        (100, 20, False),
        (100, 21, True),
        (10, 5, False),
        (10, 6, True),
        (5, 5, False),
        (0, 0, False),
        (1000, 200, False),
    ],
)
def test_a_fifth_may_go_and_five_never_trip(known: int, removals: int, trips: bool) -> None:
    assert judge(TWENTY, rows=50, known=known, removals=removals).trips is trips


def test_a_count_is_a_limit_too() -> None:
    assert not judge(Limit(count=30), rows=9, known=10_000, removals=30).trips
    assert judge(Limit(count=30), rows=9, known=10_000, removals=31).trips


@pytest.mark.parametrize("known", [0, 1, 3, 500])
def test_a_list_without_rows_always_waits_for_a_person(known: int) -> None:
    verdict = judge(Limit(share=1.0), rows=0, known=known, removals=known)
    assert verdict.trips
    assert "no rows" in verdict.reason


def test_a_person_may_allow_exactly_what_the_plan_removes() -> None:
    assert judge(TWENTY, rows=0, known=500, removals=500, override=499).trips
    assert not judge(TWENTY, rows=0, known=500, removals=500, override=500).trips
    assert judge(TWENTY, rows=100, known=500, removals=400, override=399).trips


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.floats(0, 1))
def test_more_removals_never_make_it_safer(known: int, removals: int, share: float) -> None:
    limit = Limit(share=share)
    if judge(limit, rows=1, known=known, removals=removals).trips:
        assert judge(limit, rows=1, known=known, removals=removals + 1).trips


def test_members_are_named_by_what_may_be_shown() -> None:
    device = b"cdda802e-fb9c-47ad-9866-0794d394c912"
    assert named([(IdType.SHA256_EMAIL, b"\x1f" * 32), (IdType.SHA512_EMAIL, b"\x2f" * 64)]) == (
        "1f1f1f1f1f1f…", "2f2f2f2f2f2f…",
    )  # fmt: skip
    assert named([(IdType.GOOGLE_AID, device), (IdType.NAMES, b"sealed \xff")]) == ("cdda802e…", "(names)")
    companies = [(IdType.COMPANY_WEBSITE_DOMAIN, b"acme.example"), (IdType.COMPANY_NAME, b"info@acme.example")]
    assert named(companies) == ("acme.example", "i***@acme.example")


def test_some_of_many_are_a_part_of_a_sentence() -> None:
    assert who(("a", "b"), 2) == "a, b"
    assert who(("a", "b"), 1_002) == "a, b and 1,000 more"


def test_a_list_that_was_emptied_on_purpose_does_not_wait_again() -> None:
    verdict = judge(TWENTY, rows=0, known=0, removals=0, first=False)
    assert (verdict.trips, verdict.reason) == (False, EMPTIED)
    assert judge(TWENTY, rows=0, known=1, removals=1, first=False).trips
