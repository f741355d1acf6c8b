"""Setting up a destination on the pages: sign in to LinkedIn, choose an ad account, say what it may be told."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from guestlist.app import connection, declared, jobs
from guestlist.app.context import App
from guestlist.app.results import CheckReport
from guestlist.config import Config
from guestlist.configuration import Configuration
from guestlist.core.permissions import LOCAL, Person
from guestlist.errors import ConfigError, UnknownName
from guestlist.ports import Account, Reachable, Token

KEPT = 3600.0  # seconds that a sign-in waits for an ad account to be chosen
OVER = "This sign-in at LinkedIn was not begun here by you, was used already, or is over: begin it again."


def arrive(app: App, code: str, state: str, redirect_url: str) -> tuple[str, str]:
    """The browser came back: (what to go on with, the destination that is authorised anew or ""). ConfigError."""
    destination = connection.returned(app, state, redirect_url)
    return _waiting(app, app.door.exchange_code(code, redirect_url)), destination


def refused(app: App, state: str, redirect_url: str) -> str:
    """The browser came back without a consent: the destination that was to be authorised anew, or "" where none was or
    it cannot be known. The state is used up.
    """
    try:
        return connection.returned(app, state, redirect_url)
    except ConfigError:
        return ""


def reuse(app: App, config: Config, destination: str) -> str:
    """Go on with the sign-in of another destination. UnknownName, ConfigError as ``connection.sign_in_of``."""
    return _waiting(app, connection.sign_in_of(app, config, destination))


def _waiting(app: App, token: Token) -> str:
    handle = secrets.token_urlsafe(24)
    app.store.consents.arrived(handle, token, app.who, app.clock.now() + KEPT)
    return handle


def choices(app: App, handle: str) -> list[Reachable]:
    """The ad accounts that the member who signed in has a role on. Raises what LinkedIn raises."""
    with app.door.trial("", _token(app, handle), lambda _: None) as trial:
        return trial.reachable()


def judged(app: App, handle: str, ad_account: str) -> Account:
    """What may be done with this ad account by who signed in; NeedsPerson names what is missing."""
    urn = ad_account if ad_account.startswith("urn:") else f"urn:li:sponsoredAccount:{ad_account}"
    account, _ = connection.try_out(app, urn, _token(app, handle))
    return account


def finish(
    app: App, configuration: Configuration, handle: str, name: str, body: Mapping[str, Any], by: Person = LOCAL
) -> CheckReport:
    """Check everything at once, then make the destination and keep the credential; nothing is kept otherwise."""
    tried = configuration.tried({("destinations", name): body})
    urn = tried.destinations[name].ad_account
    account, token = connection.try_out(app, urn, _token(app, handle))
    declared.create(app, configuration, "destinations", name, body, by)
    report = connection.kept(app, tried, name, urn, account, token)
    app.store.consents.forget(handle)
    return report


def renew(app: App, configuration: Configuration, handle: str, name: str) -> CheckReport:
    """Authorise a destination anew with who signed in; its LinkedIn audiences and what they were told stay. What stood
    still for want of it goes on.
    """
    config = configuration.current()
    report = going_on(app, config, name, lambda: connection.keep(app, config, name, _token(app, handle)))
    app.store.consents.forget(handle)
    return report


def going_on(app: App, config: Config, name: str, authorise: Callable[[], CheckReport]) -> CheckReport:
    """After ``authorise``: what stood still for want of it goes on as soon as a worker is free."""
    held_up = connection.held_up(app, config, name)
    report = authorise()
    for each in held_up:
        if each in config.activations:
            jobs.ask_sync(app, config, each)
    return report


def _token(app: App, handle: str) -> Token:
    token = app.store.consents.brought(handle, app.who, app.clock.now())
    if token is None:
        raise UnknownName(OVER)
    return token
