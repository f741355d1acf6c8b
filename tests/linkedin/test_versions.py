from datetime import date

import pytest

from guestlist.core.versions import NEWEST_TESTED, SUNSETS, days_left, is_announced, is_version, known, sunset


def test_the_calendar():
    assert known()[0] == "202507"
    assert known()[-1] == NEWEST_TESTED == "202609"
    assert "202512" not in known()
    assert set(SUNSETS) < set(known())


@pytest.mark.parametrize(
    ("version", "day"),
    [("202511", date(2026, 11, 16)), ("202607", date(2027, 7, 15)), ("202609", date(2027, 9, 15)),
     ("202609.02", date(2027, 9, 15)), ("202701", date(2028, 1, 15)), ("202506", date(2026, 6, 15))],
)  # fmt: skip
def test_sunsets(version, day):
    assert sunset(version) == day
    assert is_announced(version) == (version[:6] in SUNSETS)


def test_every_announced_end_follows_the_rule():
    for version, day in SUNSETS.items():
        assert (day.year, day.month) == (int(version[:4]) + 1, int(version[4:]))
        assert 15 <= day.day <= 17


def test_days_left():
    assert days_left("202607", date(2027, 7, 1)) == 14
    assert days_left("202507", date(2026, 7, 20)) == -5


@pytest.mark.parametrize("text", ["202612", "202600", "2026", "latest", "20260701", "202613"])
def test_what_is_no_version(text):
    assert not is_version(text)
    with pytest.raises(ValueError, match="not a LinkedIn API version"):
        sunset(text)
