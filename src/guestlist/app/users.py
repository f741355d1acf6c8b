"""Users of the pages: who they are, how they sign in, and the links that let them choose a password."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from guestlist.app.context import App
from guestlist.core.permissions import Person, Role, person
from guestlist.core.text import masked
from guestlist.errors import ConfigError, UnknownName
from guestlist.store.users import User

SHORTEST = 12  # characters of a password
LONGEST = 256
SAYS_MUCH = 3  # characters: a shorter name is in most passwords
FAILS = 5  # wrong passwords in a row, then nobody may try for a while
LOCKED = 15 * 60.0
LINK = 24 * 3600.0  # seconds that a link to choose a password works
IDLE = 12 * 3600.0  # a session that nobody used that long is over
LASTS = 14 * 86_400.0  # and any session after that long
MINUTE = 60.0
WRONG = "The name or the password is wrong, or too many were tried: check both, or try again in 15 minutes."
_TOO_MANY = "Too many wrong passwords were tried: try again in 15 minutes."

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@_.+-]{0,99}")


@dataclass(frozen=True)
class UserRow:
    """A user as others see them. Times are epoch seconds. ``state``: works, invited, locked or disabled."""

    name: str
    role: Role
    state: str
    created: float
    created_by: str
    signed_in: float | None


# ── who there is ─────────────────────────────────────────────────────────────────────────────────────────────────
def create(app: App, name: str, role: Role, password: str | None = None) -> UserRow:
    """A new user. ConfigError when the name cannot be one or is taken, or the password is too weak."""
    _check_name(name)
    hashed = None if password is None else _hashed(app, password, name)
    now = app.clock.now()
    with app.store.transaction():
        user = app.store.users.create(name, str(role), hashed, app.who, now)
        _log(app, app.who, "create user", user.name, None)
    return _row(app, user)


def invite(app: App, name: str) -> str:
    """What a link ends in that lets this user choose a password, once, within a day. Earlier links stop working."""
    user, now = _known(app, name), app.clock.now()
    with app.store.transaction():
        token = app.store.users.invite(user.id, now + LINK)
        app.store.audit.add(app.who, "invite user", user.name, now, until=now + LINK)
    return token


def all_of(app: App) -> list[UserRow]:
    """By name."""
    return [_row(app, user) for user in app.store.users.all()]


def change_role(app: App, name: str, role: Role) -> UserRow:
    """From the next request on. ConfigError when nobody would be left who can grant anything."""
    with app.store.transaction():
        user = _known(app, name)
        if role is not Role.ADMINISTRATOR:
            _one_stays(app, user)
        app.store.users.update(user.id, role=str(role))
        _log(app, app.who, "change role", user.name, user)
    return _row(app, _known(app, name))


def disable(app: App, name: str, *, disabled: bool = True) -> UserRow:
    """They can or cannot sign in; disabling ends their sessions at once."""
    with app.store.transaction():
        user, now = _known(app, name), app.clock.now()
        if disabled:
            _one_stays(app, user)
            app.store.sessions.end_all(user.id)
        app.store.users.update(user.id, disabled_at=now if disabled else None)
        _log(app, app.who, "disable user" if disabled else "enable user", user.name, user)
    return _row(app, _known(app, name))


# ── the first of them ────────────────────────────────────────────────────────────────────────────────────────────
def setup_link(app: App) -> str | None:
    """What the link ends in that makes the first administrator; None: there are users already."""
    with app.store.transaction():
        if app.store.users.any():
            return None
        return app.store.users.invite(None, app.clock.now() + LINK)


def link_is_for(app: App, token: str) -> str | None:
    """Whose password a link lets somebody choose; "": the first administrator's; None: it does not work (any more), or
    the user is disabled.
    """
    found = app.store.users.invited(token, app.clock.now())
    if found is None or (found[0] is None and app.store.users.any()):
        return None
    user = None if found[0] is None else app.store.users.by_id(found[0])
    if user is None:
        return ""
    return user.name if user.disabled_at is None else None


def use_link(app: App, token: str, name: str, password: str) -> str:
    """Choose a password by a link and sign in; the session's token. ``name`` counts for the first administrator only.
    ConfigError: it does not work any more, or the password is too weak.
    """
    found, now = app.store.users.invited(token, app.clock.now()), app.clock.now()
    whose = link_is_for(app, token)
    if found is None or whose is None:
        raise ConfigError("This link was used already or is over: ask an Administrator for a new one.")
    chosen = whose or name
    _check_name(chosen)
    hashed = _hashed(app, password, chosen)
    with app.store.transaction():
        if not app.store.users.spend(token, now):
            raise ConfigError("This link was used already or is over: ask an Administrator for a new one.")
        before = app.store.users.get(chosen) if found[0] is not None else None
        user = before or app.store.users.create(chosen, str(Role.ADMINISTRATOR), None, "set-up link", now)
        app.store.sessions.end_all(user.id)
        app.store.users.update(user.id, password=hashed, fails=0, locked_until=None, signed_in_at=now)
        _log(app, user.name, "choose password", user.name, before)
        return app.store.sessions.begin(user.id, now, now + LASTS)


# ── signing in and out ───────────────────────────────────────────────────────────────────────────────────────────
def sign_in(app: App, name: str, password: str) -> str:
    """The session's token. ConfigError, always in the same words and after the same work."""
    user, now = app.store.users.get(name[:LONGEST]), app.clock.now()
    known = user is not None and user.password is not None
    matches = app.passwords.matches(user.password if user and user.password else None, password[:LONGEST])
    if user is None or not known or user.disabled_at is not None or (user.locked_until or 0.0) > now:
        raise ConfigError(WRONG)
    if not matches:
        _count_failure(app, user, now)
        raise ConfigError(WRONG)
    with app.store.transaction():
        app.store.users.update(user.id, fails=0, locked_until=None, signed_in_at=now)
        if app.passwords.is_stale(user.password or ""):
            app.store.users.update(user.id, password=app.passwords.hashed(password))
        app.store.audit.add(user.name, "sign in", user.name, now)
        return app.store.sessions.begin(user.id, now, now + LASTS)


def _count_failure(app: App, user: User, now: float) -> bool:
    """Whether it was one too many: they are locked now."""
    with app.store.transaction():
        app.store.audit.add(user.name, "wrong password", user.name, now)
        locked = app.store.users.failed(user.id) >= FAILS
        if locked:
            app.store.users.update(user.id, fails=0, locked_until=now + LOCKED)
            _log(app, user.name, "lock user", user.name, user, until=now + LOCKED)
        return locked


def signed_in(app: App, token: str) -> Person | None:
    """Whom a session belongs to; None: it is over, or their user was disabled."""
    session, now = app.store.sessions.get(token), app.clock.now()
    if session is None or now >= session.ends_at or now - session.seen_at > IDLE:
        return None
    user = app.store.users.by_id(session.user_id)
    if user is None or user.disabled_at is not None:
        return None
    if now - session.seen_at > MINUTE:
        app.store.sessions.seen(token, now)
    return person(user.name, Role(user.role), user_id=user.id)


def sign_out(app: App, token: str) -> None:
    """The session is over."""
    app.store.sessions.end(token)


def change_password(app: App, name: str, old: str, new: str) -> None:
    """One's own. Other sessions of the user end. ConfigError: the old one is wrong, or the new one too weak. Whoever
    guesses too often is locked as at signing in, and their sessions end.
    """
    user, now = _known(app, name), app.clock.now()
    matches = app.passwords.matches(user.password, old[:LONGEST])
    if (user.locked_until or 0.0) > now:
        raise ConfigError(_TOO_MANY, ("old",))
    if not matches:
        with app.store.transaction():
            locked = _count_failure(app, user, now)
            if locked:
                app.store.sessions.end_all(user.id)
        raise ConfigError(f"{_TOO_MANY} You were signed out." if locked else "The old password is wrong.", ("old",))
    hashed = _hashed(app, new, user.name)
    with app.store.transaction():
        app.store.users.update(user.id, password=hashed, fails=0, locked_until=None)
        app.store.sessions.end_all(user.id)
        _log(app, app.who, "change password", user.name, user)


# ── rules ────────────────────────────────────────────────────────────────────────────────────────────────────────
def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError(
            "A user's name is 1 to 100 letters, digits, '@', '_', '.', '+' or '-', like ann or ann@acme.com.",
            ("name",),
        )


def _hashed(app: App, password: str, name: str) -> str:
    if not SHORTEST <= len(password) <= LONGEST:
        raise ConfigError(
            f"A password has {SHORTEST} to {LONGEST} characters: choose a longer one, like four words.", ("password",)
        )
    if len(set(password)) < 5 or (len(name) >= SAYS_MUCH and name.casefold() in password.casefold()):
        raise ConfigError(
            "This password is easily guessed: choose one without your name and with more variety.", ("password",)
        )
    return app.passwords.hashed(password)


def _known(app: App, name: str) -> User:
    user = app.store.users.get(name)
    if user is None:
        raise UnknownName(f"There is no user '{masked(name)}': `guestlist users list` shows all.")
    return user


def _one_stays(app: App, going: User) -> None:
    def rules(user: User) -> bool:
        return user.role == Role.ADMINISTRATOR and user.disabled_at is None and user.password is not None

    if rules(going) and not any(rules(user) for user in app.store.users.all() if user.id != going.id):
        raise ConfigError(f"'{going.name}' is the only Administrator: make another one first.")


def _log(app: App, who: str, what: str, name: str, before: User | None, **more: Any) -> None:
    """``before``: the user as they were; None: there was none."""
    after = _known(app, name)
    was, becomes = None if before is None else _facts(app, before), _facts(app, after)
    if before is not None and before.password not in (None, after.password):
        becomes |= {"password": "another"}
    app.store.audit.add(who, what, after.name, app.clock.now(), before=was, after=becomes, **more)


def _facts(app: App, user: User) -> dict[str, str]:
    """What the audit log tells of a user."""
    return {
        "role": user.role, "state": _row(app, user).state, "password": "none" if user.password is None else "set",
    }  # fmt: skip


def _row(app: App, user: User) -> UserRow:
    locked = (user.locked_until or 0.0) > app.clock.now()
    state = "disabled" if user.disabled_at else "invited" if user.password is None else "locked" if locked else "works"
    return UserRow(user.name, Role(user.role), state, user.created_at, user.created_by, user.signed_in_at)
