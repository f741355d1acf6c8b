"""Who LinkedIn knows: members given by a test, and synthetic ones for everybody else."""

import zlib
from collections.abc import Iterable

import msgspec

from linkedin_emulator.identifiers import Key, is_plausible, shown

FULL = 2**32


class Known(msgspec.Struct, frozen=True):
    """A person or a company LinkedIn knows; `headcount` is how many members it adds to an audience."""

    id: str
    opted_out: bool = False
    headcount: int = 1


MemberId = Known | bytes | str


class Directory:
    """Finds members by identifier.

    A stable fraction of all identifiers belongs to somebody: whether one does depends on the seed and the identifier
    alone. Two identifiers belong to one member only when a test said so.
    """

    def __init__(self, seed: int) -> None:
        self._salt = zlib.crc32(str(seed).encode())
        self.known: dict[Key, Known] = {}
        self.match_below = 0
        self.opted_out_below = 0
        self.any_form = False

    def tune(self, match_fraction: float, opted_out_fraction: float, *, any_form: bool = False) -> None:
        """Set which fraction is found, and which fraction of those has opted out of third-party targeting.

        With `any_form` a company is found by a domain or a page that is written in another form than documented.
        """
        self.any_form = any_form
        self.match_below = int(match_fraction * FULL)
        self.opted_out_below = int(opted_out_fraction * FULL)

    def seed(self, member: Known, identifiers: Iterable[Key]) -> None:
        """Make these identifiers belong to this member."""
        for key in identifiers:
            self.known[key] = member

    def find(self, key: Key) -> MemberId | None:
        """The member behind an identifier, if any."""
        if self.known:
            known = self.known.get(key)
            if known is not None:
                return known
        raw = key if isinstance(key, bytes) else key.encode()
        found = zlib.crc32(raw, self._salt) < self.match_below
        return key if found and is_plausible(key, any_form=self.any_form) else None

    def weight(self, member: MemberId, companies: bool) -> int:
        """How many people this member (or company) adds to the size of an audience; none when opted out."""
        if isinstance(member, Known):
            return 0 if member.opted_out else member.headcount
        raw = member if isinstance(member, bytes) else member.encode()
        dice = zlib.crc32(raw, self._salt ^ FULL - 1)
        if companies:
            return 40 + dice % 2_000
        return 0 if dice < self.opted_out_below else 1


def member_name(member: MemberId) -> str:
    """A member as the control plane prints it."""
    return member.id if isinstance(member, Known) else f"synthetic:{shown(member)}"
