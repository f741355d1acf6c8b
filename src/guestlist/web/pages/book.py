"""How a page is declared: what it answers to, who may ask, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from starlette.responses import Response

from guestlist.core.permissions import Permission, Person

if TYPE_CHECKING:
    from guestlist.web.pages.call import Call

Answering = Callable[["Call"], Response]
Method = Literal["GET", "POST"]


@dataclass(frozen=True)
class Page:
    """``answer`` runs in a thread. Everybody who is signed in may ask, unless permissions are needed or only an
    administrator may; ``public``: also those who are not signed in. ``streams``: its form brings a file, which
    ``answer`` takes with ``call.receive``. ``form``: the page that holds the form which a POST answers, where it is not
    the nearest one above.
    """

    method: Method
    path: str
    answer: Answering
    needs: tuple[Permission, ...] = ()
    administrator: bool = False
    public: bool = False
    streams: bool = False
    form: str = ""

    def allows(self, person: Person) -> bool:
        """Whether ``judge`` would pass."""
        return person.is_administrator if self.administrator else person.may(*self.needs)

    def judge(self, person: Person) -> None:
        """PermissionMissing names what they lack and who can grant it."""
        if self.administrator:
            person.need_administrator()
        person.need(*self.needs)


class Book:
    """The pages of one file, in the order they are declared."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def get(
        self, path: str, *needs: Permission, administrator: bool = False, public: bool = False
    ) -> Callable[[Answering], Answering]:
        """Something to look at; it changes nothing."""
        return self._page("GET", path, needs, administrator, public)

    def post(
        self, path: str, *needs: Permission, administrator: bool = False, public: bool = False, form: str = ""
    ) -> Callable[[Answering], Answering]:
        """What a form does; it was checked to be one of ours."""
        return self._page("POST", path, needs, administrator, public, form)

    def post_file(self, path: str, *needs: Permission) -> Callable[[Answering], Answering]:
        """What a form with a file does; ``call.receive`` checks that it is one of ours before it takes anything."""

        def declare(answer: Answering) -> Answering:
            self.pages.append(Page("POST", path, answer, needs, streams=True))
            return answer

        return declare

    def _page(
        self,
        method: Method,
        path: str,
        needs: tuple[Permission, ...],
        administrator: bool,
        public: bool,
        form: str = "",
    ) -> Callable[[Answering], Answering]:
        def declare(answer: Answering) -> Answering:
            self.pages.append(Page(method, path, answer, needs, administrator, public, form=form))
            return answer

        return declare
