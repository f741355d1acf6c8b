"""The removal guard: may a run that removes so many go on by itself?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from guestlist.core.identity import IdType
from guestlist.core.text import masked

EMPTIED = "the list has no rows, and LinkedIn's audience holds nobody any more"
NEVER_TRIPS = 5  # removals of a list that has rows: too few to be an accident worth stopping for


@dataclass(frozen=True)
class Limit:
    """How many members one run may remove: a ``share`` of those told in (0..1), or a ``count``."""

    share: float | None = None
    count: int | None = None

    def of(self, known: int) -> int:
        """The number of removals allowed when ``known`` members are in; never less than ``NEVER_TRIPS``."""
        allowed = self.count if self.count is not None else math.floor((self.share or 0.0) * known + 1e-9)
        return max(allowed, NEVER_TRIPS)


@dataclass(frozen=True)
class Verdict:
    """What the guard says. ``reason``: for a person, where it trips or where there is something to know."""

    trips: bool
    allowed: int
    reason: str = ""


def judge(
    limit: Limit, *, rows: int, known: int, removals: int, override: int | None = None, first: bool = True
) -> Verdict:
    """Whether a complete list (mirror) may be carried out.

    ``rows`` readable rows of the list before the filter; a list without rows trips whatever the limit, since an empty
    export is an accident far more often than a wish. ``override``: removals a person has allowed for this one run.
    ``first`` False: the list was carried out before, so that with nobody left to remove it was emptied on purpose.
    """
    allowed = limit.of(known)
    if override is not None and removals <= override:
        return Verdict(False, max(allowed, override))
    if rows == 0 and not known + removals and not first:
        return Verdict(False, allowed, EMPTIED)
    if rows == 0:
        return Verdict(True, 0, f"the list has no rows; carrying it out would remove all {known:,}")
    if removals > allowed:
        share = removals / known if known else 1.0
        return Verdict(
            True, allowed, f"it would remove {removals:,} of {known:,} ({share:.0%}); {allowed:,} are allowed"
        )
    return Verdict(False, allowed)


def named(members: Sequence[tuple[IdType, bytes]]) -> tuple[str, ...]:
    """Members for people's eyes by what is known of them: the beginning of a digest or device id, a company's field."""
    return tuple(_named(id_type, value) for id_type, value in members)


def _named(id_type: IdType, value: bytes) -> str:
    if id_type in (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL):
        return f"{value.hex()[:12]}…"
    if id_type is IdType.GOOGLE_AID:
        return f"{value.decode()[:8]}…"
    return "(names)" if id_type is IdType.NAMES else masked(value.decode())


def who(names: Sequence[str], removals: int) -> str:
    """A list of some of so many, for a sentence."""
    rest = removals - len(names)
    return ", ".join(names) + (f" and {rest:,} more" if rest > 0 else "")
