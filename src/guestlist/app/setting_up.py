"""Setting up a destination on the pages: sign in to LinkedIn, choose an ad account, say what it may be told."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from guestlist.app import connection, declared
from guestlist.app.connection import CONSENT
from guestlist.app.context import App
from guestlist.app.results import CheckReport
from guestlist.configuration import Configuration
from guestlist.core.permissions import LOCAL, Person
from guestlist.errors import ConfigError, UnknownName
from guestlist.ports import Account, Reachable, Token
from guestlist.store.consents import Consent

KEPT = 3600.0  # seconds that a sign-in waits for an ad account to be chosen
OVER = "This sign-in at LinkedIn was not begun here by you, was used already, or is over: begin it again."


def begin(app: App, redirect_url: str, destination: str = "") -> str:
    """The address to send the browser to; ``destination``: one that is to be authorised anew. ConfigError without the
    app's client id and secret.
    """
    state, now = secrets.token_urlsafe(24), app.clock.now()
    address = app.door.authorization_url(redirect_url, state)
    app.store.consents.begin(state, Consent(destination, redirect_url, app.who, now + CONSENT), now)
    return address


def arrive(app: App, code: str, state: str, redirect_url: str) -> tuple[str, str]:
    """The browser came back: (what to go on with, the destination that is authorised anew or ""). ConfigError."""
    there = app.store.consents.take(state, app.clock.now())
    if there is None or (there.redirect_url, there.asked_by) != (redirect_url, app.who):
        raise ConfigError(OVER)
    handle = secrets.token_urlsafe(24)
    token = app.door.exchange_code(code, redirect_url)
    app.store.consents.arrived(handle, token, app.who, app.clock.now() + KEPT)
    return handle, there.destination


def reuse(app: App, destination: str) -> str:
    """Go on with the sign-in of another destination. UnknownName: it has none."""
    credential, _ = app.store.destinations.credential(destination)
    if credential is None:
        raise UnknownName(f"Nobody has signed in for the destination '{destination}'.")
    handle = secrets.token_urlsafe(24)
    app.store.consents.arrived(handle, credential.token, app.who, app.clock.now() + KEPT)
    return handle


def choices(app: App, handle: str) -> list[Reachable]:
    """The ad accounts that the member who signed in has a role on. Raises what LinkedIn raises."""
    with app.door.trial("", _token(app, handle), lambda _: None) as trial:
        return trial.reachable()


def judged(app: App, handle: str, ad_account: str) -> Account:
    """What may be done with this ad account by who signed in; NeedsPerson names what is missing."""
    urn = ad_account if ad_account.startswith("urn:") else f"urn:li:sponsoredAccount:{ad_account}"
    return connection.try_out(app, urn, _token(app, handle))


def finish(
    app: App, configuration: Configuration, handle: str, name: str, body: Mapping[str, Any], by: Person = LOCAL
) -> CheckReport:
    """Check everything at once, then make the destination and keep the credential; nothing is kept otherwise."""
    token = _token(app, handle)
    config = configuration.tried({("destinations", name): body})
    connection.try_out(app, config.destinations[name].ad_account, token)
    declared.create(app, configuration, "destinations", name, body, by)
    report = connection.keep(app, configuration.current(), name, token)
    app.store.consents.forget(handle)
    return report


def renew(app: App, configuration: Configuration, handle: str, name: str) -> CheckReport:
    """Authorise a destination anew with who signed in; its LinkedIn audiences and what they were told stay."""
    report = connection.keep(app, configuration.current(), name, _token(app, handle))
    app.store.destinations.unpark(name)
    app.store.consents.forget(handle)
    return report


def _token(app: App, handle: str) -> Token:
    token = app.store.consents.brought(handle, app.who, app.clock.now())
    if token is None:
        raise UnknownName(OVER)
    return token
