"""The picture of the way of events stays within its frame, whatever became of them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from guestlist.events.outcomes import Outcome
from guestlist.events.pipeline import pipeline
from guestlist.web.pages.flow import HEIGHT, WIDTH, drawn

ENDS = st.lists(st.tuples(st.sampled_from(list(Outcome)), st.just(""), st.integers(0, 10**12)), max_size=12)


@given(ENDS)
def test_nothing_is_painted_outside(ends: list[tuple[str, str, int]]) -> None:
    stages = pipeline(ends)
    columns = drawn(stages)
    assert bool(columns) == (stages[0].events > 0)
    for each in columns:
        assert 0 <= each.x <= WIDTH
        assert each.y + each.height <= HEIGHT
        numbers = [float(found) for path in (each.on, each.off) for found in re.findall(r"-?\d+\.\d+", path)]
        assert all(-0.1 <= number <= WIDTH for number in numbers)
    if columns:
        assert (columns[0].stage.name, columns[-1].stage.name) == ("Received", "Delivered")
        assert columns[0].stage.events == stages[0].events
        assert sum(each.left for each in columns) == stages[0].events - stages[-1].events


def test_the_colour_says_what_most_of_those_that_leave_are() -> None:
    lost = drawn(pipeline([(Outcome.REJECTED, "a", 1), (Outcome.DELIVERED, "", 1)]))
    assert [each.colour for each in lost if each.off] == ["lost"]
    waits = drawn(pipeline([(Outcome.PENDING, "", 5), (Outcome.DELIVERED, "", 1)]))
    assert [each.colour for each in waits if each.off] == ["waits"]
    aside = drawn(pipeline([(Outcome.IN_STEP, "", 5)]))
    assert [each.colour for each in aside if each.off] == ["aside"]
