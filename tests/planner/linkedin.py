"""LinkedIn as a segment may be read: A, a set of identifiers; B, the people found through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from guestlist.core.identity import Identifier, email, google_advertising_id
from guestlist.core.membership import Change, Op, Result, identifiers


def id_of(value: str) -> bytes:
    """The key of an e-mail address or a Google id."""
    made = email(value) if "@" in value else google_advertising_id(value)
    assert isinstance(made, Identifier)
    return made.key16


class LinkedIn:
    """``people``: which identifiers LinkedIn knows to be one person; others are nobody."""

    def __init__(self, people: Mapping[str, int]) -> None:
        self.person = {id_of(value): person for value, person in people.items()}
        self.identifiers: set[bytes] = set()
        self.people: set[int] = set()
        self.removed: set[bytes] = set()

    def hear(self, changes: Sequence[Change], results: Sequence[Result], lost_ones_worked: bool) -> None:
        """What was sent has its effect; what was never answered may or may not have had it."""
        for op in (Op.REMOVE, Op.ADD):
            for change, result in zip(changes, results, strict=True):
                worked = result == "accepted" or (result in ("unsure", "open") and lost_ones_worked)
                if change.op is op and worked:
                    self._apply(change)

    def _apply(self, change: Change) -> None:
        ids = set(identifiers(change))
        people = {self.person[i] for i in ids if i in self.person}
        if change.op is Op.ADD:
            self.identifiers |= ids
            self.people |= people
        else:
            self.identifiers -= ids
            self.people -= people
            self.removed |= ids
