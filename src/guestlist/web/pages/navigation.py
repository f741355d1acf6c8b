"""The side of every page: what there is, without what a person may not see."""

from __future__ import annotations

from dataclasses import dataclass

from guestlist.core.permissions import Person
from guestlist.web.pages.table import PAGES


@dataclass(frozen=True)
class Section:
    """One entry; it is there once its page is."""

    name: str
    path: str
    icon: str

    def holds(self, here: str) -> bool:
        """Whether this path is in it."""
        return here == self.path or (self.path != "/" and here.startswith(f"{self.path}/"))


_ALL = (
    Section("Home", "/", "home"),
    Section("Destinations", "/destinations", "plug"),
    Section("Audiences", "/audiences", "users"),
    Section("Activations", "/activations", "rocket"),
    Section("Privacy", "/privacy", "shield-lock"),
    Section("Activity", "/activity", "history"),
    Section("Settings", "/settings", "settings"),
)
_LOOKS = {page.path: page for page in PAGES if page.method == "GET"}


def sections(person: Person | None) -> list[Section]:
    """What this person may look at."""
    if person is None:
        return []
    return [each for each in _ALL if each.path in _LOOKS and _LOOKS[each.path].allows(person)]


def exists(path: str) -> bool:
    """Whether there is such a page to look at: no link leads nowhere."""
    return path in _LOOKS
