"""Numbers, ages and durations as people read them."""

from __future__ import annotations

import math
import unicodedata

NOTHING = "–"
_SPANS = ((86_400 * 365, "y"), (86_400, "d"), (3_600, "h"), (60, "min"))


def number(value: int | None) -> str:
    """``12,000``; a dash where there is none."""
    return NOTHING if value is None else f"{value:,}"


def percent(share: float | None) -> str:
    """``100%``, ``99.9%``, ``<1%``: nothing that is not whole is rounded up to it; a dash where there is none."""
    if share is None:
        return NOTHING
    if 0 < share < 0.01:
        return "<1%"
    of_thousand = math.floor(share * 1000)
    return f"{of_thousand // 10}%" if share < 0.9 or of_thousand % 10 == 0 else f"{of_thousand / 10:.1f}%"


def counted(value: int, noun: str, plural: str = "") -> str:
    """``1 row``, ``12,000 rows``."""
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def role(name: str) -> str:
    """Of somebody on an ad account, as Campaign Manager writes it: ``Campaign Manager``."""
    return name.replace("_", " ").title() if name.isupper() else name


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return _two(whole // 60, "min", whole % 60, "s")
    if whole < 2 * 86_400:
        return _two(whole // 3_600, "h", whole % 3_600 // 60, "min")
    return _two(whole // 86_400, "d", whole % 86_400 // 3_600, "h")


def _two(first: int, one: str, second: int, other: str) -> str:
    return f"{first} {one} {second} {other}" if second else f"{first} {one}"


def ago(when: float | None, now: float) -> str:
    """``3 h ago``, ``just now``, ``in 2 d``; a dash where there is no time."""
    if when is None:
        return NOTHING
    apart = abs(now - when)
    if apart < 60:
        return "just now" if when <= now else "in a moment"
    size, unit = next((size, unit) for size, unit in _SPANS if apart >= size)
    span = f"{int(apart // size)} {unit}"
    return f"{span} ago" if when < now else f"in {span}"


def days_left(when: float | None, now: float) -> str:
    """``59 days left``, ``47 h 5 min left``, ``ended 2 d ago``; a dash where there is no end. Below two days to the
    minute: a day that has begun would promise too much.
    """
    if when is None:
        return NOTHING
    if when <= now:
        return f"ended {ago(when, now)}"
    left = when - now
    return f"{duration(left) if left < 2 * 86_400 else counted(math.ceil(left / 86_400), 'day')} left"


def clean(text: str) -> str:
    """Without control characters: what others wrote must not steer a terminal."""
    if text.isprintable():
        return text
    return "".join("·" if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") else letter for letter in text)
