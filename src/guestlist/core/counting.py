"""What LinkedIn counts of an audience beside what it was told: rates, whether they drift apart, how long it may take.

LinkedIn's numbers mean different things: ``input`` and ``matched`` are of what was pushed in within seven days,
``audience_size`` is of everything ever told, without doubles and without members who opted out. All of them come up to
48 hours late, are rounded, and are 0 below 300.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from guestlist.core import words

HOUR, DAY = 3_600.0, 86_400.0
LATE = 48 * HOUR  # how old LinkedIn's counts may be
WINDOW = 7 * DAY  # that input and matched are of
KEPT = 14 * DAY  # how long is known what was sent when
NEEDED = 300  # below, LinkedIn counts nobody
_ROUNDED, _SLACK = 0.1, 300  # a difference smaller than both is none
_FELL = 0.5  # of an audience's size, while as many were told in: too much for opting out

Drift = Literal["none", "unknown", "fewer", "more"]
STEADY = ("READY", "UPDATING")  # in any other status LinkedIn counts nobody, or not yet


@dataclass(frozen=True)
class Reading:
    """One reading of LinkedIn's numbers, and how many members had been told in by then. ``at``: epoch seconds."""

    at: float
    status: str
    input: int | None
    matched: int | None
    audience_size: int | None
    told: int | None


@dataclass(frozen=True)
class Sent:
    """What LinkedIn must have counted within its seven days: ``at_least`` members (they were sent long enough ago, and
    each once), and elements it can have counted at most; None: that is not known any more.
    """

    at_least: int = 0
    at_most: int | None = None


@dataclass(frozen=True)
class Rates:
    """Shares (0..1): of all people sent so far, how many the audience reaches; and LinkedIn's own match rate, of what
    was sent within seven days. None: it cannot be said.
    """

    of_sent: float | None = None
    seven_days: float | None = None


@dataclass(frozen=True)
class Verdict:
    """``drift`` between what was sent and what LinkedIn counts, and a sentence that says why and what to do."""

    drift: Drift
    text: str


NOTHING = Verdict("unknown", "LinkedIn has counted nothing yet.")


def rates(said: Reading, *, people: bool) -> Rates:
    """An audience of companies is as large as the people who work there: no share of the companies sent."""
    size, told = said.audience_size, said.told
    counts = size is not None and size >= NEEDED and told is not None and told >= size
    of_sent = size / told if people and counts and size and told else None
    seven = said.matched / said.input if said.matched is not None and said.input else None
    return Rates(of_sent, min(seven, 1.0) if seven is not None else None)


def judge(readings: Sequence[Reading], sent: Sent, *, people: bool) -> Verdict:
    """From readings of one audience, the oldest first. Only what LinkedIn's own delay and rounding cannot explain is
    called drift.
    """
    if not readings:
        return NOTHING
    now = readings[-1]
    if early := _too_early(readings):
        return Verdict("unknown", early)
    return (
        _within_seven_days(now, sent)
        or (_of_all(readings) if people else None)
        or Verdict(
            "none", "LinkedIn's counts agree with what was sent; what was sent within 48 hours may not be counted yet."
        )
    )


def _too_early(readings: Sequence[Reading]) -> str:
    now = readings[-1]
    if now.status not in STEADY:
        return "LinkedIn counts nobody in this status."
    if now.at - readings[0].at < LATE:
        return "LinkedIn's counts may be up to 48 hours late: it is too early to compare them with what was sent."
    if now.told is None or now.told < NEEDED:
        return f"LinkedIn counts nobody below {NEEDED}."
    return ""


def _within_seven_days(now: Reading, sent: Sent) -> Verdict | None:
    if now.input is None:
        return None
    if _less(now.input, sent.at_least):
        return Verdict(
            "fewer",
            f"LinkedIn counted {now.input:,} within seven days, though at least {sent.at_least:,} were sent more than "
            "48 hours ago. Send everybody again if that does not pass.",
        )
    if sent.at_most is not None and _less(sent.at_most, now.input):
        return Verdict(
            "more",
            f"LinkedIn counted {now.input:,} within seven days, and only {sent.at_most:,} were sent from here: "
            "somebody else seems to feed this LinkedIn audience.",
        )
    return None


def _of_all(readings: Sequence[Reading]) -> Verdict | None:
    """Whether the audience is larger than all who were told, or shrank by itself."""
    now, size = readings[-1], readings[-1].audience_size
    if size is None:
        return None
    lately = [each.told for each in readings if each.told is not None and each.at >= now.at - WINDOW]
    if lately and _less(max(lately), size):
        return Verdict(
            "more",
            f"The audience holds {size:,}, more than the {words.counted(max(lately), 'person', 'people')} sent so far: "
            "somebody else seems to feed this LinkedIn audience.",
        )
    before = next((each for each in reversed(readings) if each.at <= now.at - LATE and _as_many(each, now)), None)
    if before is None or before.audience_size is None or size >= before.audience_size * _FELL:
        return None
    if not _less(size, before.audience_size):
        return None
    return Verdict(
        "fewer",
        f"The audience fell from {before.audience_size:,} to {size:,}, though as many people are sent as "
        "before. Look at it in Campaign Manager; sending everybody again fills it anew.",
    )


def _as_many(before: Reading, now: Reading) -> bool:
    told = (before.told, now.told)
    steady = before.status in STEADY and before.audience_size is not None
    return steady and told[0] is not None and told[1] is not None and not _less(told[1], told[0])


def _less(one: int, other: int) -> bool:
    """By more than rounding."""
    return other - one > max(_ROUNDED * other, _SLACK)


# ── how long it may take ─────────────────────────────────────────────────────────────────────────────────────────
WAITS = {"BUILDING": LATE, "UPDATING": LATE}  # LinkedIn: 24 to 48 hours


@dataclass(frozen=True)
class Wait:
    """``since`` when it has this status, as far as is known, and ``until`` when it should have another (epoch seconds);
    ``overdue``: that is past.
    """

    since: float
    until: float
    overdue: bool


def wait(status: str, since: float | None, now: float) -> Wait | None:
    """None: nobody has to wait for anything in this status."""
    lasts = WAITS.get(status)
    if lasts is None or since is None:
        return None
    return Wait(since, since + lasts, now > since + lasts)
