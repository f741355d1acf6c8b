"""What pages and the API are given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from guestlist.app.context import App
from guestlist.app.last_events import Latest
from guestlist.core.permissions import Person

if TYPE_CHECKING:
    from guestlist.configuration import Configuration

BACK = "/linkedin/callback"


@dataclass(frozen=True)
class Desk:
    """What pages and the API work with. ``address``: where people reach this server, without a slash at its end.
    ``latest``: the last that came with one of these write keys.
    """

    app: App
    configuration: Configuration
    address: str
    latest: Latest = lambda write_keys: None

    @property
    def redirect_url(self) -> str:
        """Where LinkedIn sends browsers back to."""
        return self.address + BACK

    def for_(self, person: Person) -> App:
        """The same installation; the audit log names this person."""
        return replace(self.app, who=person.name)
