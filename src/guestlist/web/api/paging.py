"""Lists a page at a time: ``?limit=&cursor=``, and ``next`` in the answer, which is the cursor of the next page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Depends, Query
from pydantic import BaseModel, Field

from guestlist.web.api.problems import Problem

T = TypeVar("T")
R = TypeVar("R")
MOST = 1 << 53


class Page(BaseModel, Generic[T]):
    """Some of a list."""

    items: Sequence[T]
    next: str | None = Field(None, description="The cursor of the next page; null: there is none.")


class Paging:
    """Where a page begins, and how long it may be."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=200, description="Items of one page.")] = 50,
        cursor: Annotated[str | None, Query(max_length=1_000, description="`next` of the page before.")] = None,
    ) -> None:
        self.limit, self._cursor = limit, cursor

    def after(self, kind: type[R]) -> R | None:
        """What the cursor holds; None: this is the first page. Problem (422) when it is none of ours."""
        if self._cursor is None:
            return None
        try:
            found: R = msgspec.json.decode(base64.urlsafe_b64decode(self._cursor.encode()), type=kind)
        except ValueError:  # base64's and msgspec's errors are ValueErrors
            raise Problem(422, "The cursor in the query is not one that this list gave: begin without it.") from None
        if isinstance(found, int) and not 0 <= found <= MOST:
            raise Problem(422, "The cursor in the query is not one that this list gave: begin without it.")
        return found

    def by_name(self, items: Iterable[T], name: Callable[[T], str]) -> tuple[list[T], str | None]:
        """One page of a list that is sorted by ``name``, and the next cursor."""
        last = self.after(str)
        rest = [each for each in items if last is None or name(each) > last]
        page = rest[: self.limit]
        return page, next_cursor(name(page[-1])) if len(rest) > len(page) else None

    def by_place(self, items: Sequence[T]) -> tuple[list[T], str | None]:
        """One page of a list in an order of its own; what comes or goes between two pages moves the rest of it."""
        begins = self.after(int) or 0
        ends = begins + self.limit
        return list(items[begins:ends]), next_cursor(ends) if len(items) > ends else None

    def by_number(self, items: Sequence[T], number: Callable[[T], int]) -> tuple[list[T], str | None]:
        """One page of what is newest first and was asked for with one more than ``limit``."""
        page = list(items[: self.limit])
        return page, next_cursor(number(page[-1])) if len(items) > len(page) else None


def next_cursor(value: Any) -> str:
    """What ``Paging.after`` reads."""
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).decode()


Search = Annotated[
    str, Query(max_length=200, description="A part of its name or of what else people see of it, in any case.")
]


def period(since: float | None, until: float | None) -> tuple[float | None, float | None]:
    """The same; Problem (422) when the end is not after the beginning."""
    if since is not None and until is not None and since >= until:
        raise Problem(422, "`since` has to be before `until`.")
    return since, until


Paged = Annotated[Paging, Depends()]
Since = Annotated[float | None, Query(ge=0, le=MOST, description="Since (epoch seconds); left out: all.")]
Until = Annotated[float | None, Query(ge=0, le=MOST, description="Before (epoch seconds); left out: all.")]
