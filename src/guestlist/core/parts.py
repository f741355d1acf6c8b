"""Parts of batches that were refused as a whole: how those beside one failed tells whether a row or we are to blame."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Parts:
    """The batches of one delivery, by number: what each was split into, how it failed, what was taken of it."""

    parents: dict[int, int] = field(default_factory=dict)
    sizes: dict[int, int] = field(default_factory=dict)
    texts: dict[int, str] = field(default_factory=dict)
    taken: Counter[int] = field(default_factory=Counter)  # elements LinkedIn took, by the batch they all come from

    def meet(self, number: int, parent: int | None, size: int) -> None:
        """A batch of ``size`` elements, perhaps a part of ``parent``."""
        self.sizes[number] = size
        if parent is not None:
            self.parents[number] = parent

    def failed(self, number: int, text: str) -> None:
        """It was refused as a whole, and no element was named."""
        self.texts[number] = text

    def accepted(self, number: int, elements: int) -> None:
        """LinkedIn took so many of its elements."""
        self.taken[self._first(number)] += elements

    def taken_beside(self, number: int) -> int:
        """Elements LinkedIn took of the batch that this one is, directly or not, a part of."""
        return self.taken[self._first(number)]

    def quarters_beside(self, number: int) -> tuple[str | None, ...]:
        """How the other quarters of the batch two above failed as a whole; None: not, or not yet. A half of one element
        counts as a quarter. Empty: it is no quarter of anything, so there is still something deeper to look at.
        """
        parent = self.parents.get(number)
        if parent is None:
            return ()
        above = self.parents.get(parent)
        if above is None and self.sizes[number] > 1:
            return ()
        halves = self._parts_of(parent if above is None else above)
        quarters = [each for half in halves for each in self._parts_of(half) or [half]]
        return tuple(self._text(each, whole=each in halves) for each in quarters if each != number)

    def _text(self, number: int, *, whole: bool) -> str | None:
        """A half that is yet to be split says nothing about its quarters."""
        return None if whole and self.sizes.get(number, 0) > 1 else self.texts.get(number)

    def _parts_of(self, number: int) -> list[int]:
        return [part for part, parent in self.parents.items() if parent == number]

    def _first(self, number: int) -> int:
        while number in self.parents:
            number = self.parents[number]
        return number
