from __future__ import annotations

import pytest

from guestlist.core import words


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (7_500, "2 h 5 min")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "just now"), (61, "1 min ago"), (3 * 3600 + 5, "3 h ago"), (86_400 * 400, "1 y ago"), (-7_300, "in 2 h")],
)
def test_ages(seconds: float, shown: str) -> None:
    assert words.ago(1_000_000_000.0 - seconds, 1_000_000_000.0) == shown


def test_days_left_count_the_day_that_has_begun() -> None:
    now = 1_000_000_000.0
    assert words.days_left(now + 60 * 86_400 - 1, now) == "60 days left"
    assert words.days_left(now + 2 * 86_400, now) == "2 days left"
    assert words.days_left(now + 86_400 * 1.5, now) == "36 h left"
    assert words.days_left(now + 14 * 60, now) == "14 min left"
    assert words.days_left(now - 3 * 86_400, now) == "ended 3 d ago"
    assert words.days_left(None, now) == "–"


def test_numbers() -> None:
    assert words.number(12_000) == "12,000"
    assert words.number(None) == "–"
    assert words.counted(1, "row") == "1 row"
    assert words.counted(1_200, "identity", "identities") == "1,200 identities"


def test_what_others_wrote_cannot_steer_a_terminal() -> None:
    assert words.clean("Zoë \x1b[31mred\x07 \u202eevil") == "Zoë ·[31mred· ·evil"
