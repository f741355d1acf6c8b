"""The LinkedIn app of this installation, where the environment names none."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from guestlist.store.meta import Meta

_KEY, _VERSION = "linkedin_app", "linkedin_app_version"


@dataclass(frozen=True)
class Registered:
    """What LinkedIn's developer portal gave."""

    client_id: str
    client_secret: str = field(repr=False)


class LinkedInApp:
    """One at most; its secret rests sealed."""

    def __init__(self, meta: Meta) -> None:
        self._meta = meta

    def get(self) -> Registered | None:
        """None: nobody entered one."""
        found = self._meta.secret(_KEY)
        return None if found is None else Registered(found[0], found[1].decode())

    @property
    def version(self) -> str:
        """Another one whenever it was set, also to the same, and nothing that its secret could be guessed from."""
        return self._meta.get(_VERSION) or ""

    def set(self, app: Registered) -> None:
        """In place of the one before."""
        self._meta.set_secret(_KEY, app.client_id, app.client_secret.encode())
        self._meta.set(_VERSION, secrets.token_hex(8))

    def unset(self) -> bool:
        """Whether there was one."""
        return self._meta.unset(_KEY)
