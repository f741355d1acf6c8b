"""Write keys: who may send events."""

from __future__ import annotations

import re

from guestlist.app.context import App
from guestlist.app.results import KeyRow
from guestlist.core.text import masked
from guestlist.errors import ConfigError, UnknownName

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def create(app: App, name: str) -> str:
    """The key, told only now; ConfigError when the name cannot be one or is in use."""
    if not _NAME.fullmatch(name):
        raise ConfigError("A write key's name is 1 to 64 letters, digits, '_', '.' or '-', like engage.")
    now = app.clock.now()
    with app.store.transaction():
        key = app.store.write_keys.create(name, now)
        app.store.audit.add(app.who, "create key", name, now, before=None, after={"state": "works"})
    return key


def all_of(app: App) -> list[KeyRow]:
    """By name."""
    return [KeyRow(each.name, each.created_at, each.revoked_at) for each in app.store.write_keys.all()]


def revoke(app: App, name: str) -> str:
    """What was done; UnknownName when no key of this name is in use."""
    now = app.clock.now()
    with app.store.transaction():
        if not app.store.write_keys.revoke(name, now):
            raise UnknownName(f"No write key '{masked(name)}' is in use: `guestlist keys list` shows all.")
        both = {"before": {"state": "works"}, "after": {"state": "revoked"}}
        app.store.audit.add(app.who, "revoke key", name, now, **both)
    return f"The write key '{name}' was revoked; servers refuse it within five seconds."
