"""Lists that are sorted, filtered and paged by their address."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from guestlist.core.text import contains
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form
from guestlist.web.pages.templates import path

Row = TypeVar("Row")
SIZE = 50  # rows of a page
LARGEST_PAGE = 1_000_000


@dataclass(frozen=True)
class Place:
    """Where a list stands. ``at``: the page's address, where forms of it are sent elsewhere; ``kept``: what else the
    address says of this page, and goes on to say; ``name``: of the list, where its page has several; ``size``: rows
    of a page, where they are fewer than usual. ``posted``: it has no address, and a button of its form sorts it.
    """

    at: str = ""
    kept: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    size: int = 0
    posted: bool = False


@dataclass(frozen=True)
class Asked:
    """What the address asks of a list. ``sort``: one of its columns; ``page``: from 1; ``size``: rows of a page."""

    search: str
    sort: str
    descending: bool
    page: int
    size: int

    @property
    def skip(self) -> int:
        """How many rows come before the page."""
        return (self.page - 1) * self.size


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """One page of a list. ``total``: rows that match; ``pages``: how many pages they fill, at least one; ``kept``: what
    else its address says; ``name``: stands before what it says of this list, where its page has several.
    """

    rows: Sequence[Row]
    total: int
    page: int
    pages: int
    sort: str
    descending: bool
    search: str
    here: str
    kept: Mapping[str, str] = field(default_factory=dict)
    name: str = ""

    def key(self, of: str) -> str:
        """``q``, ``sort`` or ``page`` as its address names it."""
        return _key(self.name, of)

    @property
    def spot(self) -> str:
        """Where on its page it stands, as the end of an address."""
        return f"#{self.name}" if self.name else ""

    @property
    def order(self) -> str:
        """As the address says it."""
        return f"-{self.sort}" if self.descending else self.sort

    def turned(self, column: str) -> str:
        """The order that its heading asks for: by it, the other way round the second time."""
        return f"-{column}" if column == self.sort and not self.descending else column

    def sorted_by(self, column: str) -> str:
        """Where its heading leads."""
        return self._to(sort=self.turned(column), page="")

    def direction(self, column: str) -> str:
        """As ``aria-sort`` says it."""
        if column != self.sort:
            return "none"
        return "descending" if self.descending else "ascending"

    def at(self, page: int) -> str:
        """Where another page of it is."""
        return self._to(page="" if page == 1 else page)

    def _to(self, **changed: object) -> str:
        here = {"q": self.search, "sort": self.order, "page": self.page if self.page > 1 else "", **changed}
        query = {**self.kept, **{self.key(of): value for of, value in here.items()}}
        return self.here + path(**query)[1:] + self.spot


def listed(
    call: Call,
    rows: Sequence[Row],
    columns: Mapping[str, Callable[[Row], Any]],
    default: str,
    text: Callable[[Row], str],
    place: Place = Place(),
) -> Listing[Row]:
    """``columns``: what may be sorted by, with each its key (None sorts last); ``default`` may begin with "-";
    ``text``: what is looked through.
    """
    asked = _asked(call, columns, default, place)
    found = [row for row in rows if contains(text(row), asked.search)]
    asked = _within(asked, len(found))
    ordered = _ordered(found, columns[asked.sort], asked.descending)
    return _listing(call, ordered[asked.skip : asked.skip + asked.size], len(found), asked, place)


def read(
    call: Call,
    columns: Collection[str],
    default: str,
    find: Callable[[Asked], tuple[Sequence[Row], int]],
    place: Place = Place(),
) -> Listing[Row]:
    """The same of a list that is too long to be looked through here. ``find``: the rows of the page, none where it has
    no such page, and how many rows match.
    """
    asked = _asked(call, columns, default, place)
    rows, total = find(asked)
    if not rows and (last := _within(asked, total)) != asked:
        rows, total = find(asked := last)
    return _listing(call, rows, total, asked, place)


def beside(call: Call, *names: str) -> dict[str, str]:
    """What the address says of other lists of its page."""
    keys = [_key(name, of) for name in names for of in ("q", "sort", "page")]
    return {each: call.query[each] for each in keys if each in call.query}


def looks(form: Form) -> bool:
    """Whether a form with a list of choices in it only asks for others: by the button, or by Enter in its field."""
    return form["do"] == "look" or (form["do"] == "enter" and form["q"].strip() != form["looked"])


def _asked(call: Call, columns: Collection[str], default: str, place: Place) -> Asked:
    search = call.query.get(_key(place.name, "q"), "").replace("\0", "").strip()
    wanted = call.form["sort_by"] if place.posted else call.query.get(_key(place.name, "sort"), default)
    wanted = wanted if wanted.removeprefix("-") in columns else default
    page = _number(call.query.get(_key(place.name, "page"), ""))
    return Asked(search, wanted.removeprefix("-"), wanted.startswith("-"), page, place.size or SIZE)


def _pages(asked: Asked, total: int) -> int:
    return max(1, -(-total // asked.size))


def _within(asked: Asked, total: int) -> Asked:
    """The last page in place of one behind it."""
    return replace(asked, page=min(asked.page, _pages(asked, total)))


def _listing(call: Call, rows: Sequence[Row], total: int, asked: Asked, place: Place) -> Listing[Row]:
    here, pages = place.at or call.request.url.path, _pages(asked, total)
    order = asked.sort, asked.descending, asked.search
    return Listing(rows, total, asked.page, pages, *order, here, place.kept, place.name)


def _key(name: str, of: str) -> str:
    return f"{name}_{of}" if name else of


def _ordered(rows: list[Row], key: Callable[[Row], Any], descending: bool) -> list[Row]:
    known = [row for row in rows if key(row) is not None]
    return sorted(known, key=key, reverse=descending) + [row for row in rows if key(row) is None]


def _number(text: str) -> int:
    return min(max(int(text), 1), LARGEST_PAGE) if text.isdecimal() and len(text) < 9 else 1
