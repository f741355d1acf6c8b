"""Lists that are sorted, filtered and paged by their address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from guestlist.web.pages.call import Call
from guestlist.web.pages.templates import path

Row = TypeVar("Row")
SIZE = 50  # rows of a page
LARGEST_PAGE = 1_000_000


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """One page of a list. ``total``: rows that match; ``pages``: how many pages they fill, at least one."""

    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    sort: str
    descending: bool
    search: str
    here: str

    def sorted_by(self, column: str) -> str:
        """Where its heading leads: sorted by it, the other way round the second time."""
        turned = column == self.sort and not self.descending
        return self._to(sort=f"-{column}" if turned else column, page="")

    def direction(self, column: str) -> str:
        """As ``aria-sort`` says it."""
        if column != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"

    def at(self, page: int) -> str:
        """Where another page of it is."""
        return self._to(page="" if page == 1 else page)

    def _to(self, **changed: object) -> str:
        order = f"-{self.sort}" if self.descending else self.sort
        query = {"q": self.search, "sort": order, "page": self.page if self.page > 1 else "", **changed}
        return self.here + path(**query)[1:]


def listed(
    call: Call,
    rows: Sequence[Row],
    columns: Mapping[str, Callable[[Row], Any]],
    default: str,
    text: Callable[[Row], str],
) -> Listing[Row]:
    """``columns``: what may be sorted by, with each its key (None sorts last); ``default`` may begin with "-";
    ``text``: what is looked through.
    """
    search = call.query.get("q", "").strip()
    wanted = call.query.get("sort", default)
    wanted = wanted if wanted.removeprefix("-") in columns else default
    column, descending = wanted.removeprefix("-"), wanted.startswith("-")
    found = [row for row in rows if search.casefold() in text(row).casefold()]
    ordered = _ordered(found, columns[column], descending)
    pages = max(1, -(-len(found) // SIZE))
    page = min(_number(call.query.get("page", "")), pages)
    shown = ordered[(page - 1) * SIZE : page * SIZE]
    return Listing(shown, len(found), page, pages, column, descending, search, call.request.url.path)


def _ordered(rows: list[Row], key: Callable[[Row], Any], descending: bool) -> list[Row]:
    known = [row for row in rows if key(row) is not None]
    return sorted(known, key=key, reverse=descending) + [row for row in rows if key(row) is None]


def _number(text: str) -> int:
    return min(max(int(text), 1), LARGEST_PAGE) if text.isdecimal() and len(text) < 9 else 1
