from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core.pace import Pace, penalise, reserve

TURNS = st.sampled_from(["stream", "removal", "bulk"])


def test_the_first_goes_at_once_and_the_others_follow_smoothly():
    pace, waits = Pace(), []
    for _ in range(4):
        pace, wait = reserve(pace, 601, 100.0)
        waits.append(wait)
    assert waits == pytest.approx([0.0, 0.1, 0.2, 0.3])


def test_time_that_passed_unused_is_not_saved_up():
    pace, _ = reserve(Pace(), 601, 100.0)
    pace, first = reserve(pace, 601, 200.0)
    _, second = reserve(pace, 601, 200.0)
    assert (first, second) == (0.0, pytest.approx(0.1))


def test_urgent_turns_run_ahead_and_bulk_waits_in_return():
    pace = Pace()
    for _ in range(3):
        pace, _ = reserve(pace, 610, 100.0, burst=10)
    _, bulk = reserve(pace, 610, 100.0, burst=10)
    _, removal = reserve(pace, 610, 100.0, burst=10, turn="removal")
    pace, stream = reserve(pace, 610, 100.0, burst=10, turn="stream")
    _, after = reserve(pace, 610, 100.0, burst=10)
    assert (bulk, removal, stream, after) == pytest.approx((0.3, 0.0, 0.0, 0.4))


def test_after_a_penalty_nobody_goes_and_then_one_by_one():
    pace = penalise(Pace(100.0), 160.0)
    pace, first = reserve(pace, 601, 100.0, burst=1, turn="stream")
    _, second = reserve(pace, 601, 100.0)
    assert (first, second) == pytest.approx((60.0, 60.1))
    assert penalise(pace, 120.0) == pace  # an earlier end shortens nothing


def test_a_clock_that_was_set_back_blocks_nobody():
    assert reserve(Pace(10_000.0), 601, 100.0)[1] == 0.0


@given(
    burst=st.integers(1, 20),
    asks=st.lists(st.tuples(st.floats(0, 5), TURNS), min_size=1, max_size=200),
)
def test_no_minute_sees_more_than_the_limit(burst, asks):
    rate, now, pace, sent = 60, 0.0, Pace(), []
    for gap, turn in asks:
        now += gap
        pace, wait = reserve(pace, rate, now, burst, turn)
        assert wait >= 0.0
        if pace.slot - now < 500:  # a queue as long as that is the callers' mistake
            sent.append(now + wait)
    sent.sort()
    for i, start in enumerate(sent):
        assert sum(1 for at in sent[i:] if at < start + 60.0 - 1e-6) <= rate
