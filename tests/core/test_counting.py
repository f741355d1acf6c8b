"""LinkedIn's counts beside what was sent: drift is noticed, and what delay and rounding explain is not called so."""

from __future__ import annotations

import pytest

from guestlist.core import counting
from guestlist.core.counting import DAY, HOUR, Reading, Sent

NOW = 100 * DAY


def said(ago: float = 0.0, **given: object) -> Reading:
    values = {"status": "READY", "input": 4_000, "matched": 2_000, "audience_size": 9_000, "told": 20_000, **given}
    return Reading(at=NOW - ago, **values)  # type: ignore[arg-type]


def drift(*readings: Reading, sent: Sent = Sent(), people: bool = True) -> str:  # noqa: B008 - it is frozen
    return counting.judge(readings, sent, people=people).drift


def test_rates_are_of_all_people_sent_and_of_linkedins_seven_days() -> None:
    found = counting.rates(said(), people=True)
    assert (found.of_sent, found.seven_days) == (0.45, 0.5)
    assert counting.rates(said(), people=False).of_sent is None  # people who work at companies are no companies
    for unknown in ({"audience_size": 0}, {"audience_size": None}, {"told": None}, {"told": 100}):
        assert counting.rates(said(**unknown), people=True).of_sent is None
    assert counting.rates(said(input=0), people=True).seven_days is None
    assert counting.rates(said(input=10, matched=12), people=True).seven_days == 1.0


def test_agreement_is_said_only_where_it_can_be_known() -> None:
    old = said(5 * DAY)
    assert drift() == "unknown"
    assert drift(said()) == "unknown"  # the first count of all
    assert drift(said(47 * HOUR), said()) == "unknown"
    assert drift(old, said()) == "none"
    assert drift(old, said(status="BUILDING", input=None, audience_size=None)) == "unknown"
    assert drift(old, said(status="ARCHIVED", audience_size=0)) == "unknown"
    assert drift(old, said(told=200, audience_size=0, input=0)) == "unknown"  # below 300 LinkedIn counts nobody


@pytest.mark.parametrize(
    ("at_least", "at_most", "expected"),
    [
        (4_000, 4_000, "none"),
        (4_300, 9_000, "none"),  # less than a tenth and 300
        (5_000, 9_000, "fewer"),
        (0, 3_700, "none"),
        (0, 3_000, "more"),
        (0, None, "none"),  # nobody knows any more what was sent then
    ],
)
def test_what_was_sent_within_seven_days_must_be_counted(at_least: int, at_most: int | None, expected: str) -> None:
    found = counting.judge([said(5 * DAY), said()], Sent(at_least, at_most), people=True)
    assert found.drift == expected
    assert found.drift == "none" or "within seven days" in found.text


def test_more_members_than_were_ever_sent_come_from_somebody_else() -> None:
    old = said(5 * DAY, audience_size=9_000)
    assert drift(old, said(told=8_700)) == "none"  # rounding, and 20,000 had been sent the same week
    assert drift(said(9 * DAY), said(2 * DAY, told=8_000), said(told=8_000)) == "more"
    assert drift(said(9 * DAY), said(2 * DAY, told=8_000), said(told=8_000), people=False) == "none"


def test_an_audience_that_shrinks_by_itself_is_noticed_once_it_cannot_be_delay() -> None:
    assert drift(said(5 * DAY), said(audience_size=4_000)) == "fewer"
    assert drift(said(5 * DAY), said(audience_size=5_000)) == "none"  # people opt out
    assert drift(said(5 * DAY), said(DAY, audience_size=4_000), said(audience_size=4_000, told=8_000)) == "none"
    assert drift(said(5 * DAY, status="UPDATING"), said(audience_size=0)) == "fewer"


def test_a_status_says_until_when_it_should_last() -> None:
    found = counting.wait("BUILDING", NOW, NOW + 40 * HOUR)
    assert found is not None
    assert (found.until - found.since, found.overdue) == (48 * HOUR, False)
    late = counting.wait("UPDATING", NOW, NOW + 49 * HOUR)
    assert late is not None
    assert late.overdue
    assert counting.wait("READY", NOW, NOW) is None
