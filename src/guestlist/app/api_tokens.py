"""API tokens: programs that act as somebody with a role."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from guestlist.app.context import App
from guestlist.core import permissions
from guestlist.core.permissions import HOLDS, Permission, Person, Role
from guestlist.core.text import masked
from guestlist.errors import ConfigError, UnknownName
from guestlist.store.api_tokens import ApiToken

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MINUTE = 60.0


@dataclass(frozen=True)
class TokenRow:
    """A token, without the token. Times are epoch seconds; ``scopes`` None: all its role may do."""

    name: str
    role: Role
    scopes: tuple[Permission, ...] | None
    created: float
    created_by: str
    ends: float | None
    seen: float | None
    revoked: float | None


def create(
    app: App, name: str, role: Role, scopes: Sequence[Permission] | None = None, ends_at: float | None = None
) -> str:
    """The token, told only now. ConfigError: the name cannot be one or is in use, or a scope is not the role's."""
    if not _NAME.fullmatch(name):
        raise ConfigError("A token's name is 1 to 64 letters, digits, '_', '.' or '-', like nightly-export.")
    beyond = [str(each) for each in scopes or () if each not in HOLDS[role]]
    if beyond:
        raise ConfigError(f"The role {role} does not hold {', '.join(beyond)}: a token can only be narrowed down.")
    now = app.clock.now()
    kept = None if scopes is None else sorted(str(each) for each in scopes)
    with app.store.transaction():
        token = app.store.api_tokens.create(name, str(role), kept, app.who, now, ends_at)
        app.store.audit.add(app.who, "create token", name, now, before=None, after=_facts(str(role), kept, ends_at))
    return token


def all_of(app: App) -> list[TokenRow]:
    """By name, revoked ones included."""
    return [
        TokenRow(
            each.name, Role(each.role), _scopes(each), each.created_at, each.created_by, each.ends_at, each.seen_at,
            each.revoked_at,
        )
        for each in app.store.api_tokens.all()
    ]  # fmt: skip


def revoke(app: App, name: str) -> str:
    """What was done; UnknownName when no token of this name is in use."""
    now = app.clock.now()
    with app.store.transaction():
        was = next((each for each in app.store.api_tokens.all() if each.name == name), None)
        if was is None or not app.store.api_tokens.revoke(name, now):
            raise UnknownName(f"No token '{masked(name)}' is in use: `guestlist tokens list` shows all.")
        before = _facts(was.role, was.scopes, was.ends_at)
        app.store.audit.add(app.who, "revoke token", name, now, before=before, after={**before, "state": "revoked"})
    return f"The token '{name}' was revoked."


def bearer(app: App, token: str) -> Person | None:
    """Whom a token stands for; None: nobody made it, or it was revoked or is over."""
    found, now = app.store.api_tokens.find(token), app.clock.now()
    if found is None or found.revoked_at is not None or (found.ends_at is not None and now >= found.ends_at):
        return None
    if found.seen_at is None or now - found.seen_at > MINUTE:
        app.store.api_tokens.seen(found.name, now)
    return permissions.token(found.name, Role(found.role), _scopes(found))


def _facts(role: str, scopes: Sequence[str] | None, ends_at: float | None) -> dict[str, Any]:
    """What the audit log tells of a token that works. ``scopes`` None: all that the role may do."""
    return {"state": "works", "role": role, "scopes": None if scopes is None else list(scopes), "ends": ends_at}


def _scopes(found: ApiToken) -> tuple[Permission, ...] | None:
    return None if found.scopes is None else tuple(Permission(each) for each in found.scopes)
