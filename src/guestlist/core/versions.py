"""The calendar of LinkedIn's API versions, as data and pure functions.

LinkedIn publishes a version (``YYYYMM``) every month except December and serves each for at least a year; the sunset
dates below are from its migration page and banners. Where none is known yet, the 15th a year later is assumed, the
earliest day any version ended on. A connector that is left alone for a year fails altogether (HTTP 426).
"""

from __future__ import annotations

import re
from datetime import date

NEWEST_TESTED = "202609"
"""The version every request names unless GUESTLIST_LINKEDIN_VERSION says otherwise."""

WARN_DAYS = (30, 14, 3)

SUNSETS = {
    "202507": date(2026, 7, 15),
    "202508": date(2026, 8, 17),
    "202509": date(2026, 9, 15),
    "202510": date(2026, 10, 15),
    "202511": date(2026, 11, 16),
    "202601": date(2027, 1, 15),
    "202602": date(2027, 2, 15),
    "202603": date(2027, 3, 16),
    "202604": date(2027, 4, 15),
    "202605": date(2027, 5, 15),
    "202606": date(2027, 6, 15),
    "202607": date(2027, 7, 15),
}
"""Announced last days."""

OLDEST_KNOWN = "202507"


def is_version(text: str) -> bool:
    """Whether LinkedIn can have published it: a month that is not December (``YYYYMM`` or ``YYYYMM.RR``)."""
    found = re.fullmatch(r"(20\d\d)(0[1-9]|1[01])(\.\d\d)?", text)
    return found is not None


def known() -> tuple[str, ...]:
    """Every version from the oldest with a known end to the newest tested."""
    return tuple(
        version
        for year in range(int(OLDEST_KNOWN[:4]), int(NEWEST_TESTED[:4]) + 1)
        for month in range(1, 12)
        if OLDEST_KNOWN <= (version := f"{year}{month:02}") <= NEWEST_TESTED
    )


def sunset(version: str) -> date:
    """The day from which LinkedIn answers 426: announced, or the 15th a year after the version's month."""
    if not is_version(version):
        raise ValueError(f"{version!r} is not a LinkedIn API version (YYYYMM, no December)")
    month = version[:6]
    return SUNSETS.get(month) or date(int(month[:4]) + 1, int(month[4:]), 15)


def is_announced(version: str) -> bool:
    """Whether the end is LinkedIn's word rather than the rule."""
    return version[:6] in SUNSETS


def days_left(version: str, today: date) -> int:
    """Days until LinkedIn stops serving it; 0 or less: it has stopped."""
    return (sunset(version) - today).days
