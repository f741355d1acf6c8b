"""Nothing is lost between received and delivered but what is said to be (SEGMENT-91, SEGMENT-94)."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from guestlist.events import outcomes
from guestlist.events.outcomes import Outcome
from guestlist.events.pipeline import pipeline

ENDS = st.lists(st.tuples(st.sampled_from([str(each) for each in Outcome]), st.text(max_size=5), st.integers(0, 10**9)))


@given(ENDS)
def test_what_comes_to_a_stage_left_there_or_came_to_the_next(ends: list[tuple[str, str, int]]) -> None:
    stages = pipeline(ends)
    assert stages[0].events == sum(events for *_, events in ends)
    for stage, following in pairwise(stages):
        assert stage.events == following.events + sum(each.events for each in stage.left)
    assert stages[-1].events == sum(events for outcome, _, events in ends if outcome == Outcome.DELIVERED)
    assert stages[-1].left == ()


def test_every_discard_code_says_why_and_what_to_do() -> None:
    codes = (
        outcomes.FILTERED_BY_INTEGRATIONS_OBJECT, outcomes.NO_MATCHING_MAPPING,
        outcomes.FILTERED_AT_MAPPING, outcomes.ACTIVATION_STOOD_STILL,
    )  # fmt: skip
    (left,) = [stage.left for stage in pipeline([(Outcome.FILTERED, code, 1) for code in codes]) if stage.left]
    assert len({each.means for each in left}) == len(codes)
    for outcome in Outcome:
        assert outcome is Outcome.DELIVERED or all(
            each.means for stage in pipeline([(outcome, "", 1)]) for each in stage.left
        )
