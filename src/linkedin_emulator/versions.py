"""Which API versions are active on a given day."""

import datetime as dt
import re

SUNSETS = {
    "202505": dt.date(2026, 6, 15),
    "202507": dt.date(2026, 7, 15),
    "202508": dt.date(2026, 8, 17),
    "202509": dt.date(2026, 9, 15),
    "202510": dt.date(2026, 10, 15),
    "202511": dt.date(2026, 11, 16),
    "202601": dt.date(2027, 1, 15),
    "202602": dt.date(2027, 2, 15),
    "202603": dt.date(2027, 3, 16),
    "202604": dt.date(2027, 4, 15),
    "202605": dt.date(2027, 5, 15),
    "202606": dt.date(2027, 6, 15),
    "202607": dt.date(2027, 7, 15),
}
FORM = re.compile(r"(\d{4})(\d{2})(\.\d{1,2})?")


def month_of(version: str) -> str | None:
    """The `YYYYMM` of a version header, which may carry a revision (`YYYYMM.RR`), or nothing when malformed."""
    match = FORM.fullmatch(version)
    return match[1] + match[2] if match and 1 <= int(match[2]) <= 12 else None


def is_active(month: str, now: float) -> bool:
    """Published monthly but never in December, each version lives at least a year; known sunsets as announced."""
    year, number = int(month[:4]), int(month[4:])
    if number == 12 or year < 2022:
        return False
    today = dt.datetime.fromtimestamp(now, dt.UTC).date()
    return dt.date(year, number, 1) <= today < SUNSETS.get(month, dt.date(year + 1, number, 15))
