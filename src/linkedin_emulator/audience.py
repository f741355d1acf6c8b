"""The people or companies in one segment, and their counts."""

from collections.abc import Iterable, Sequence

from linkedin_emulator.directory import Directory, Known, MemberId
from linkedin_emulator.identifiers import Key

HOUR = 3_600
WINDOW_HOURS = 7 * 24
Change = tuple[bool, Sequence[Key]]
"""One element: whether it adds, and its identifiers."""


class Audience:
    """What a segment holds, under both readings of REMOVE.

    Reading "identifier": the segment holds the identifiers told, and REMOVE takes out exactly those it names.
    Reading "member": it holds the members found through them; ADD puts in every member found through any identifier
    of the element, REMOVE takes out every member found through any.

    `told` maps each identifier last told with ADD to a mark: the hour of the telling and whether its element matched,
    or 0 when it is counted with another identifier of the same element.
    """

    def __init__(self, directory: Directory, *, companies: bool, by_member: bool) -> None:
        self._directory = directory
        self.companies = companies
        self.by_member = by_member
        self.told: dict[Key, int] = {}
        self.members: set[MemberId] = set()
        self._window: dict[int, int] = {}
        self._size = 0

    def apply(self, changes: Iterable[Change], now: float) -> None:
        """Carry out elements in their order."""
        hour = int(now // HOUR) << 1
        marks = (hour, hour | 1)  # one object each, not one per identifier
        for adds, keys in changes:
            if adds:
                self._add(keys, marks)
            else:
                self._remove(keys)

    def _add(self, keys: Sequence[Key], marks: tuple[int, int]) -> None:
        find, told, mark = self._directory.find, self.told, marks[0]
        for key in keys:
            member = find(key)
            if member is not None:
                mark = marks[1]
                if self.by_member or key not in told:
                    self._enter(member)
        for key in keys:
            old = told.get(key)
            if old != mark:
                self._mark(key, old, mark)
            mark = 0

    def _mark(self, key: Key, old: int | None, mark: int) -> None:
        window = self._window
        self.told[key] = mark
        if mark:
            window[mark] = window.get(mark, 0) + 1
        if old:
            window[old] -= 1

    def _remove(self, keys: Sequence[Key]) -> None:
        for key in keys:
            old = self.told.pop(key, None)
            if old:
                self._window[old] -= 1
            if old is not None or self.by_member:
                member = self._directory.find(key)
                if member is not None:
                    self._leave(member)

    def _enter(self, member: MemberId) -> None:
        if self.by_member:
            if member in self.members:
                return
            self.members.add(member)
        elif isinstance(member, Known):
            return
        self._size += self._directory.weight(member, self.companies)

    def _leave(self, member: MemberId) -> None:
        if self.by_member:
            if member not in self.members:
                return
            self.members.discard(member)
        elif isinstance(member, Known):
            return
        self._size -= self._directory.weight(member, self.companies)

    def present(self) -> set[MemberId]:
        """Every member in the segment, found anew."""
        if self.by_member:
            return set(self.members)
        found = (self._directory.find(key) for key in self.told)
        return {member for member in found if member is not None}

    def recount(self, *, by_member: bool) -> None:
        """Start the counts afresh, after the directory or the reading of REMOVE has changed."""
        members = self.members if by_member and self.by_member else self.present()
        self.by_member, self.members, self._size = by_member, set(), 0
        for member in members:
            self._enter(member)
        self._window = {}
        for key, mark in self.told.items():
            if mark:
                self._mark(key, None, mark & ~1 | (self._directory.find(key) is not None))

    def clear(self) -> None:
        """Purge the data, as LinkedIn does when a segment expires."""
        self.told.clear()
        self.members.clear()
        self._window.clear()
        self._size = 0

    def replace(self, changes: Iterable[Change], now: float) -> None:
        """A new list takes the place of the old one."""
        self.clear()
        self.apply(changes, now)

    def inputs(self, now: float) -> int:
        """People or companies pushed in during the last seven days."""
        return self._counted(now, matched_only=False)

    def matched(self, now: float) -> int:
        """Those of them that LinkedIn knows."""
        return self._counted(now, matched_only=True)

    def _counted(self, now: float, *, matched_only: bool) -> int:
        since = int(now // HOUR) - WINDOW_HOURS
        return sum(n for mark, n in self._window.items() if mark >> 1 > since and (mark & 1 or not matched_only))

    def size(self) -> int:
        """Members available for targeting, over everything ever told, each once, without those who opted out."""
        if self.by_member:
            return self._size
        known = self._directory.known
        few, many = (known, self.told) if len(known) < len(self.told) else (self.told, known)
        explicit = {known[key] for key in few if key in many}
        return self._size + sum(self._directory.weight(member, self.companies) for member in explicit)
