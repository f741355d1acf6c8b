"""The LinkedIn app that people consent to: the environment names it, else an Administrator enters it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from guestlist.app.context import App
from guestlist.errors import ConfigError, UnknownName
from guestlist.settings import Settings
from guestlist.store.destinations import Credential
from guestlist.store.linkedin_app import Registered

MISSING = (
    "There is no LinkedIn app yet: enter one under Settings, LinkedIn app, or set GUESTLIST_LINKEDIN_CLIENT_ID and "
    "GUESTLIST_LINKEDIN_CLIENT_SECRET to its Client ID and Client Secret."
)
OF_ENVIRONMENT = (
    "The LinkedIn app is set by GUESTLIST_LINKEDIN_CLIENT_ID and GUESTLIST_LINKEDIN_CLIENT_SECRET: change it there."
)
_WORD = re.compile(r"[\x21-\x7e]{1,200}")


@dataclass(frozen=True)
class LinkedInAppRow:
    """The app without its secret, which is never shown. ``origin``: who says so; null: nobody yet. ``scopes``: what
    people are asked to allow. ``version``: another one whenever it was entered; "": nobody did.
    """

    client_id: str | None
    origin: Literal["environment", "pages"] | None
    scopes: tuple[str, ...]
    version: str


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
def shown(app: App) -> LinkedInAppRow:
    """For people."""
    given, kept = of_environment(app.settings), app.store.linkedin_app.get()
    found = given or kept
    origin: Literal["environment", "pages"] | None = "environment" if given else "pages" if kept else None
    version = app.store.linkedin_app.version if origin == "pages" else ""
    return LinkedInAppRow(found.client_id if found else None, origin, tuple(app.door.scopes()), version)


def current(app: App) -> Registered | None:
    """The one that people consent to now."""
    return of_environment(app.settings) or app.store.linkedin_app.get()


def of_environment(settings: Settings) -> Registered | None:
    """Both, or none."""
    client_id, secret = settings.linkedin_client_id, settings.linkedin_client_secret
    return Registered(client_id, secret) if client_id and secret else None


def speaks_for(given: Registered | None, kept: Registered | None, credential: Credential | None) -> Registered | None:
    """The app that refreshes a credential: the environment's (``given``), else the one it was made with, whose secret
    may be another by now, else the one that was entered (``kept``). None: nothing is refreshed.
    """
    if given is not None:
        return given
    if credential is None or not credential.client_id or not credential.client_secret:
        return kept
    if kept is not None and kept.client_id == credential.client_id:
        return kept
    return Registered(credential.client_id, credential.client_secret)


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
def enter(
    app: App, client_id: str, client_secret: str, check: Callable[[LinkedInAppRow], None] = lambda row: None
) -> LinkedInAppRow:
    """From now on people consent to this app. ``client_secret`` "": the one that is there stays. ``check`` is given
    what is there at that moment; nothing is changed when it raises. ConfigError: the environment says it, or it cannot
    be one (``place``).
    """
    with app.store.lock("linkedin-app"), app.store.transaction():
        check(shown(app))
        _enter(app, client_id, client_secret)
    return shown(app)


def _enter(app: App, client_id: str, client_secret: str) -> None:
    _check_free(app)
    before = app.store.linkedin_app.get()
    if not _WORD.fullmatch(client_id):
        raise ConfigError("Enter the Client ID as LinkedIn's developer portal shows it.", ("client_id",))
    if not client_secret and before is not None and before.client_id == client_id:
        client_secret = before.client_secret
    if not _WORD.fullmatch(client_secret):
        raise ConfigError("Enter the Client Secret that belongs to this Client ID.", ("client_secret",))
    app.store.linkedin_app.set(Registered(client_id, client_secret))
    renewed = before is not None and before.client_secret != client_secret
    after = {"client_id": client_id, "client_secret": "another" if renewed else "set"}
    app.store.audit.add(app.who, "change LinkedIn app", client_id, app.clock.now(), before=_facts(before), after=after)


def take_out(app: App, check: Callable[[LinkedInAppRow], None] = lambda row: None) -> None:
    """Nobody can consent any more; destinations go on with the app they were connected with. ``check`` as for
    ``enter``. ConfigError: the environment says it; UnknownName: there is none.
    """
    with app.store.lock("linkedin-app"), app.store.transaction():
        _check_free(app)
        before = app.store.linkedin_app.get()
        if before is None:
            raise UnknownName("There is no LinkedIn app to take out.")
        check(shown(app))
        app.store.linkedin_app.unset()
        app.store.audit.add(
            app.who, "take out LinkedIn app", before.client_id, app.clock.now(), before=_facts(before), after=None
        )


def _facts(known: Registered | None) -> dict[str, str] | None:
    """What the audit log tells of an app that was entered."""
    return None if known is None else {"client_id": known.client_id, "client_secret": "set"}


def _check_free(app: App) -> None:
    if of_environment(app.settings) is not None:
        raise ConfigError(OF_ENVIRONMENT, ("client_id",))
