"""Connecting a destination: consent or token in, everything checked at once, credential kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guestlist.app import activations, api_version, linkedin_app
from guestlist.app.context import App
from guestlist.app.patience import Patient
from guestlist.app.results import CheckReport, Connection
from guestlist.config import Config, DestinationConfig
from guestlist.core.mapping import nearest
from guestlist.core.text import masked
from guestlist.errors import (
    REFRESH_TOKEN_EXPIRED,
    ChangedMeanwhile,
    ConfigError,
    DeliveryError,
    NeedsPerson,
    NeedsReauthorization,
    UnknownName,
)
from guestlist.ports import Account, Reachable, Token
from guestlist.store.consents import Consent
from guestlist.store.destinations import Credential, Destination

CONSENT = 600.0  # seconds for a person to come back from LinkedIn
SOON = 30 * 86_400.0  # seconds before its end that people are told of it
OVER = (
    "This sign-in at LinkedIn was not begun here by you, was used already, or took longer than ten minutes: begin it "
    "again."
)
ACCOUNT_CHANGED = "Account ID Changed"  # nobody tried the one of now with the sign-in that there is
ENDED = "the authorization has ended, so nothing is sent until somebody signs in to LinkedIn again"
NOT_YET = "Please authenticate via Oauth before updating other settings and/or enabling the destination."


def described(config: Config, name: str) -> DestinationConfig:
    """The destination as the file describes it; UnknownName with the nearest name when it does not."""
    found = config.destinations.get(name)
    if found is None:
        known = f"; known: {', '.join(config.destinations)}" if config.destinations else ""
        hint = nearest(name, config.destinations) or known
        raise UnknownName(f"There is no destination '{masked(name)}'{config.where}{hint}.")
    return found


def authorization(app: App, config: Config, name: str, redirect_url: str) -> tuple[str, str]:
    """Where the person consents, and the state that has to come back."""
    described(config, name)
    return _address(app, redirect_url)


def _address(app: App, redirect_url: str) -> tuple[str, str]:
    state = secrets.token_urlsafe(24)
    return app.door.authorization_url(redirect_url, state), state


def begin_consent(app: App, config: Config, name: str, redirect_url: str) -> tuple[str, str]:
    """The same for whoever asks now: see ``begin``."""
    described(config, name)
    return begin(app, redirect_url, name)


def begin(app: App, redirect_url: str, destination: str = "") -> tuple[str, str]:
    """Where the person consents, and a state that is kept here: only whoever asks now (``app.who``) can bring it back
    to ``returned``, once, within ten minutes. ``destination``: what it is for; "": that is chosen afterwards.
    """
    address, state = _address(app, redirect_url)
    now = app.clock.now()
    app.store.consents.begin(state, Consent(destination, redirect_url, app.who, now + CONSENT), now)
    return address, state


def returned(app: App, state: str, redirect_url: str) -> str:
    """The browser came back: the destination it was for. ConfigError: the state is not one that was given to this
    person for this address, was used, or is over.
    """
    there = app.store.consents.take(state, app.clock.now())
    if there is None or (there.redirect_url, there.asked_by) != (redirect_url, app.who):
        raise ConfigError(OVER)
    return there.destination


def finish_consent(app: App, config: Config, name: str, code: str, state: str, redirect_url: str) -> CheckReport:
    """Exchange the code that came back with a state of ``begin_consent``, check, keep. ConfigError as ``returned``, and
    when the consent was for another destination.
    """
    described(config, name)
    if returned(app, state, redirect_url) != name:
        raise ConfigError(OVER)
    return connect_code(app, config, name, code, redirect_url)


def connect_code(app: App, config: Config, name: str, code: str, redirect_url: str) -> CheckReport:
    """Exchange the code of a consent, check, keep."""
    described(config, name)
    return keep(app, config, name, app.door.exchange_code(code, redirect_url))


def connect_token(app: App, config: Config, name: str, response: Mapping[str, Any]) -> CheckReport:
    """Take LinkedIn's token response, check, keep."""
    described(config, name)
    return keep(app, config, name, app.door.token_from_response(response))


def connect_again(app: App, config: Config, name: str, another: str) -> CheckReport:
    """Take the sign-in of another destination, check, keep. ConfigError as ``sign_in_of``."""
    described(config, name)
    return keep(app, config, name, sign_in_of(app, config, another))


def sign_in_of(app: App, config: Config, name: str) -> Token:
    """What somebody signed in with for a destination. UnknownName: nobody did; ConfigError: it is of another LinkedIn
    app than people sign in through now, which could not renew it.
    """
    credential = credential_of(app, config, name)
    if credential is None:
        raise UnknownName(f"Nobody has signed in for the destination '{masked(name)}'.")
    registered = linkedin_app.current(app)
    if registered and credential.client_id not in (None, registered.client_id):
        raise ConfigError(
            f"The destination '{name}' was connected through another LinkedIn app than the one of now: sign in to "
            "LinkedIn instead.",
            ("destination",),
        )
    return credential.token


def try_out(app: App, account_urn: str, token: Token, *, patient: bool = False) -> tuple[Account, Token]:
    """Token, scopes, ad account and role, all at once; and the token, which may have been renewed on the way. Raises
    what ``Destination.check`` raises; ``patient``: what will pass by itself is waited for.
    """
    tokens = [token]
    with app.door.trial(account_urn, token, tokens.append) as trial:
        account = (Patient(app, trial) if patient else trial).check()
    return account, tokens[-1]


def keep(app: App, config: Config, name: str, token: Token) -> CheckReport:
    """Check what the token may do, then keep it sealed. Another member than before keeps segments and ledger.

    Raises what ``Destination.check`` raises, and ConfigError where activations feed another ad account; nothing is kept
    then.
    """
    activations.refuse_moved(app, config, name)
    account_urn = described(config, name).ad_account
    account, token = try_out(app, account_urn, token, patient=True)
    return kept(app, config, name, account_urn, account, token)


def kept(app: App, config: Config, name: str, account_urn: str, account: Account, token: Token) -> CheckReport:
    """What was tried out is the destination's from now on, and it waits for nobody any more. It may have been renamed
    since ``config`` was read.
    """
    known = app.store.destinations.ensure(name, account_urn, config.destinations)
    now = app.clock.now()
    registered = linkedin_app.current(app)
    client = (registered.client_id, registered.client_secret) if registered else (None, None)
    credential = Credential(token, *client)
    app.store.destinations.connect(known.id, credential, now, app.who)
    took(app, Judged(known.id, now, account_urn, account))
    after = app.store.destinations.get(known.id)
    app.store.audit.add(app.who, "connect", known.name, now, before=_authorised(known), after=_authorised(after))
    return report(app, known.name, account_urn, credential, account)


@dataclass(frozen=True)
class Judged:
    """What LinkedIn said of an ad account to whoever had signed in for a destination (by its number) by then."""

    destination: int
    authorised_at: float | None
    ad_account: str
    account: Account


def judged(app: App, described: Mapping[str, DestinationConfig], name: str, ad_account: str) -> Judged | None:
    """What whoever signed in for a destination may do with another ad account than it has, as ``described`` means the
    name. None: it has this one, or nobody signed in. Raises what ``Destination.check`` raises, and ConfigError where
    activations feed the one it has.
    """
    known = app.store.destinations.meant(name, described)
    if known is None or known.ad_account == ad_account or _credential(app, known) is None:
        return None
    activations.refuse_other_account(app, known, name, ad_account)
    with app.door.another_account(known.id, ad_account) as linkedin:
        return Judged(known.id, known.authorised_at, ad_account, linkedin.check())


def took(app: App, judged: Judged) -> None:
    """From now on a destination has this ad account, and whatever it waited for is over. ChangedMeanwhile: somebody
    signed in for it while LinkedIn was asked, and what it said is of whoever had before.
    """
    known = app.store.destinations.get(judged.destination)
    if known is None or known.authorised_at != judged.authorised_at:
        raise ChangedMeanwhile("Somebody signed in to LinkedIn for this destination meanwhile: try it again.")
    account = judged.account
    with app.store.transaction():
        app.store.destinations.update(
            known.id,
            ad_account=judged.ad_account,
            member=account.member,
            account_name=account.name,
            role=account.role,
        )
        app.store.destinations.unpark(known.id)


def _authorised(row: Destination | None) -> dict[str, Any] | None:
    """For the audit log: who signed in to LinkedIn for it, when, for which account. None: nobody did yet."""
    if row is None or row.authorised_at is None:
        return None
    return {"member": row.member, "role": row.role, "ad_account": row.ad_account, "authorised": row.authorised_at}


def stands(app: App, config: Config, name: str) -> Connection:
    """How a destination is connected, by our own books: LinkedIn is not asked."""
    row = app.store.destinations.meant(name, config.destinations)
    credential = _credential(app, row)
    if row is None or credential is None:
        return Connection("not connected")
    until, token = works_until(app, credential), credential.token
    left = None if row.state or until is None else until - app.clock.now()
    over = left is not None and left <= 0.0
    label, reason = (REFRESH_TOKEN_EXPIRED, ENDED) if over else _parked(config, name, row)
    return Connection(
        "expired" if over else "parked" if label else "connected",
        label=label,
        reason=reason,
        member=row.member,
        account_name=row.account_name,
        role=row.role,
        authorised=row.authorised_at,
        token_ends=token.expires_at,
        refresh_ends=token.refresh_expires_at if token.refresh_token else None,
        renews=renews(app, credential),
        works_until=until,
        soon=left is not None and 0.0 < left <= SOON,
        ended=label == REFRESH_TOKEN_EXPIRED,
    )


def _parked(config: Config, name: str, row: Destination) -> tuple[str, str]:
    """The label and the reason of what waits for a person; "": nothing does."""
    now = config.destinations[name].ad_account if name in config.destinations else row.ad_account
    if row.state or row.ad_account == now:
        return row.state, row.reason
    return ACCOUNT_CHANGED, f"it was ad account {row.ad_account.rpartition(':')[2]} when somebody signed in for it"


def _credential(app: App, row: Destination | None) -> Credential | None:
    return app.store.destinations.credential(row.id)[0] if row is not None else None


def credential_of(app: App, config: Config, name: str) -> Credential | None:
    """What somebody signed in with; None: nobody did."""
    return _credential(app, app.store.destinations.meant(name, config.destinations))


def authorised_by(app: App, config: Config, name: str) -> str:
    """Who of us connected a destination or authorised it anew the last time; "": nobody did."""
    known = app.store.destinations.meant(name, config.destinations)
    return known.authorised_by if known is not None else ""


def accounts(app: App, config: Config, name: str) -> list[Reachable]:
    """The ad accounts that LinkedIn lists for who authorised a destination, by name; none where nobody did yet. Raises
    what LinkedIn raises.
    """
    described(config, name)
    row = app.store.destinations.meant(name, config.destinations)
    return app.door.destination(row.id).reachable() if row is not None and _credential(app, row) is not None else []


def words(account: Reachable) -> str:
    """What is looked through to find an ad account."""
    return f"{account.name} {account.account} {account.role}"


def refuse_unauthorised(app: App, described: Mapping[str, DestinationConfig], name: str) -> None:
    """ConfigError: nobody has signed in for it, which comes before everything else that is said of it."""
    if _credential(app, app.store.destinations.meant(name, described)) is None:
        raise ConfigError(NOT_YET, ("destinations", name, "ad_account"))


def held_up(app: App, config: Config, name: str) -> list[str]:
    """Activations that stand still because this destination waits for a person, and for nothing else."""
    known = app.store.destinations.meant(name, config.destinations)
    if known is None or not known.state:
        return []
    there = (each for each in app.store.activations.all(removed=False) if each.destination_id == known.id)
    return [each.name for each in there if each.state == "parked" and each.reason.startswith(f"{known.state}: ")]


def check(app: App, config: Config, name: str | None = None) -> list[CheckReport]:
    """Every destination of the file, or one: what is right and what is not."""
    names = [name] if name is not None else list(config.destinations)
    meant = [(each, described(config, each), app.store.destinations.meant(each, config.destinations)) for each in names]
    return [_check(app, *each) for each in meant]  # before LinkedIn is asked: one may be renamed meanwhile


def _check(app: App, name: str, wanted: DestinationConfig, known: Destination | None) -> CheckReport:
    credential = _credential(app, known)
    if known is None or credential is None:
        problem = f"it is not connected: run `guestlist connect {name}`"
        return report(app, name, wanted.ad_account, None, None, (problem,))
    number = known.id
    try:
        with app.door.another_account(number, wanted.ad_account) as linkedin:
            account = Patient(app, linkedin).check()
        with app.store.transaction():
            activations.refuse_other_account(app, known, name, wanted.ad_account)
            took(app, Judged(number, known.authorised_at, wanted.ad_account, account))
    except NeedsPerson as error:
        if known.ad_account == wanted.ad_account or isinstance(error, NeedsReauthorization):  # what it feeds stops
            app.store.destinations.park(number, error.label, str(error))
        return report(app, name, wanted.ad_account, credential, None, (f"{error.label}: {error}",))
    except (ConfigError, DeliveryError) as error:
        return report(app, name, wanted.ad_account, credential, None, (str(error),))
    fresh, _ = app.store.destinations.credential(number)
    return report(app, name, wanted.ad_account, fresh or credential, account)


def renews(app: App, credential: Credential) -> bool:
    """Whether its access token can be refreshed; that takes the application's id and secret too."""
    given, kept = linkedin_app.of_environment(app.settings), app.store.linkedin_app.get()
    return bool(credential.token.refresh_token and linkedin_app.speaks_for(given, kept, credential))


def works_until(app: App, credential: Credential) -> float | None:
    """When a person has to have authorised again, epoch seconds."""
    token = credential.token
    return token.refresh_expires_at if renews(app, credential) else token.expires_at


def report(
    app: App,
    name: str,
    account_urn: str,
    credential: Credential | None,
    account: Account | None,
    problems: tuple[str, ...] = (),
) -> CheckReport:
    """One destination's calendar and rights."""
    token = credential.token if credential else None
    version = api_version.spoken(app)
    return CheckReport(
        name,
        account_urn,
        account_name=account.name if account else "",
        member=account.member if account else "",
        role=account.role if account else "",
        scopes=account.scopes if account else (),
        token_ends=token.expires_at if token else None,
        refresh_ends=token.refresh_expires_at if token and token.refresh_token else None,
        api_version=version.version,
        api_version_days=version.days,
        renews=credential is not None and renews(app, credential),
        works_until=works_until(app, credential) if credential else None,
        problems=problems,
    )
