"""What somebody filled in and has not saved yet: kept, so that it has an address. Nobody sees another's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guestlist.app.context import App
from guestlist.core.permissions import Person
from guestlist.errors import PermissionMissing, UnknownName

MOST = 50  # of one person and one thing; older ones go


def keep(app: App, by: Person, of: str, body: Mapping[str, Any]) -> int:
    """``of``: what it would change. Its number; what was kept before stays as it was."""
    number = app.store.drafts.begin(_user(by), _what(of), body, app.clock.now())
    for each in app.store.drafts.of(_user(by), _what(of))[MOST:]:
        app.store.drafts.delete(each.id)
    return number


def get(app: App, by: Person, of: str, number: int) -> Mapping[str, Any]:
    """UnknownName: there is none, it is somebody else's, or of something else."""
    found = app.store.drafts.get(number)
    if found is None or (found.user_id, found.what) != (by.user_id, _what(of)):
        raise UnknownName("What was filled in here is not kept any more: begin again.")
    return found.body


def _what(of: str) -> str:
    return f"unsaved {of}"


def _user(by: Person) -> int:
    if by.user_id is None:
        raise PermissionMissing("Only whoever signed in has something unsaved.", "")
    return by.user_id
