"""What pages and the API are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from guestlist.app.context import App
from guestlist.core.permissions import Person

if TYPE_CHECKING:
    from guestlist.configuration import Configuration


@dataclass(frozen=True)
class Desk:
    """What pages and the API work with. ``address``: where people reach this server, without a slash at its end."""

    app: App
    configuration: Configuration
    address: str

    def for_(self, person: Person) -> App:
        """The same installation; the audit log names this person."""
        return replace(self.app, who=person.name)
