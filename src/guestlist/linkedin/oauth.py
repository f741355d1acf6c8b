"""LinkedIn's OAuth 2.0: consent, code, refresh, introspection (all documented, but where a word says otherwise)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import httpx2

from guestlist.errors import (
    OAUTH_REFRESH_FAILED,
    REFRESH_TOKEN_EXPIRED,
    ConfigError,
    DeliveryError,
    GuestlistError,
    NeedsReauthorization,
    Refused,
    TryAgain,
)
from guestlist.linkedin.exchange import Exchange
from guestlist.linkedin.replies import Reply, masked, split_scope
from guestlist.linkedin.transport import NetworkTransport, system_proxy
from guestlist.ports import Clock, Token

SCOPES = ("rw_dmp_segments", "rw_ads", "r_basicprofile")
"""Audiences, ad accounts and roles, who am I. Asking for one the application lacks fails the whole consent."""

ACCESS_LIFE = 60 * 86_400.0
CONSENT_LIFE = 365 * 86_400.0
"""A refresh token ends a year after the first consent; refreshing does not prolong it."""

_WRONG_CLIENT = {"invalid_client", "invalid_client_id", "unauthorized_client"}


@dataclass(frozen=True)
class Introspection:
    """What LinkedIn says of a token: another application's token is merely inactive."""

    active: bool
    scopes: tuple[str, ...] = ()
    expires_at: float | None = None
    authorized_at: float | None = None


class OAuth:
    """One registered application. Nothing here waits or tries twice: an outage is TryAgain, the caller's to repeat."""

    def __init__(
        self,
        oauth_url: str,
        client_id: str,
        client_secret: str,
        clock: Clock,
        *,
        timeout: float = 60.0,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._base = oauth_url.rstrip("/")
        self._client = {"client_id": client_id, "client_secret": client_secret}
        self._clock = clock
        self._exchange = Exchange(clock, timeout, transport or NetworkTransport(system_proxy(oauth_url), keep_alive=0))

    def close(self) -> None:
        """Close the kept connections."""
        self._exchange.close()

    def authorization_url(self, redirect_url: str, state: str, scopes: Sequence[str] = SCOPES) -> str:
        """Where the person goes. A *different* set of scopes ends the earlier tokens of that member."""
        return f"{self._base}/authorization?" + urlencode(
            {
                "response_type": "code",
                "client_id": self._client["client_id"],
                "redirect_uri": redirect_url,
                "state": state,
                "scope": " ".join(scopes),
            }
        )

    def exchange_code(self, code: str, redirect_url: str) -> Token:
        """The first token of a consent. A code works once, for 30 minutes."""
        grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_url}
        return self._token(grant, _code_refused, None)

    def refresh(self, stale: Token) -> Token:
        """A new access token; the refresh token and its end stay (a new one would be kept). NeedsReauthorization
        when the grant is gone, TryAgain during an outage.
        """
        if not stale.refresh_token:
            text = "the access token has ended and LinkedIn gave no refresh token: run `guestlist connect` again"
            raise NeedsReauthorization(text, REFRESH_TOKEN_EXPIRED)
        grant = {"grant_type": "refresh_token", "refresh_token": stale.refresh_token}
        return self._token(grant, _refresh_refused, stale)

    def introspect(self, access_token: str) -> Introspection:
        """Scopes and end of a token; times are epoch seconds. A token LinkedIn never issued answers 400."""
        reply = self._post("introspectToken", {"token": access_token})
        record = reply.record()
        error, description = _said(record)
        if reply.status == 400 and error not in _WRONG_CLIENT:
            return Introspection(active=False)
        if reply.status != 200:
            raise _code_refused(reply.status, error, description)
        scope = record.get("scope")
        return Introspection(
            active=record.get("active") is True,
            scopes=split_scope(scope) if isinstance(scope, str) else (),
            expires_at=_seconds(record.get("expires_at")),
            authorized_at=_seconds(record.get("authorized_at")),
        )

    def _token(
        self,
        grant: Mapping[str, str],
        refused: Callable[[int, str, str], GuestlistError],
        previous: Token | None,
    ) -> Token:
        reply = self._post("accessToken", grant)
        record = reply.record()
        if reply.status != 200:
            raise refused(reply.status, *_said(record))
        if not record:
            raise TryAgain("LinkedIn's token reply cannot be read", 5.0)
        try:
            return token_from_response(record, self._clock.now(), previous)
        except Refused:
            raise refused(reply.status, "no access_token", "") from None

    def _post(self, endpoint: str, fields: Mapping[str, str]) -> Reply:
        """A reply that is not an outage."""
        body = urlencode({**fields, **self._client}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = self._exchange.send("POST", f"{self._base}/{endpoint}", headers, body)
        if reply.status >= 500 or reply.status in (408, 429) or 300 <= reply.status < 400:
            raise TryAgain(f"LinkedIn's OAuth server answered {reply.status}", reply.retry_after() or 5.0)
        return reply


def token_from_response(record: Mapping[str, Any], now: float, previous: Token | None = None) -> Token:
    """LinkedIn's token response as a Token; ``previous`` is the token it refreshes.

    ``expires_in`` may be a string; 0 is a token that has ended. A missing refresh token is normal: only approved
    applications get one. The end of the refresh token is our own clock's: a year from the first consent, earlier if
    the response says so.
    """
    access = record.get("access_token")
    if not isinstance(access, str) or not access.strip():
        raise Refused("the token response has no access_token", "no_access_token")
    said = _seconds(record.get("expires_in"))
    life = ACCESS_LIFE if said is None else said
    fresh = record.get("refresh_token")
    scope = record.get("scope")
    token = Token(
        access_token=access.strip(),
        expires_at=now + life,
        minted_at=now,
        refresh_token=fresh.strip() if isinstance(fresh, str) and fresh.strip() else None,
        scope=" ".join(split_scope(scope)) if isinstance(scope, str) else "",
    )
    token = _continuing(token, previous) if previous else token
    if token.refresh_token is None:
        return replace(token, first_consent_at=token.first_consent_at or now)
    return _with_consent(token, _refresh_life(record.get("refresh_token_expires_in"), life or ACCESS_LIFE), previous)


def _continuing(token: Token, previous: Token) -> Token:
    return replace(
        token,
        refresh_token=token.refresh_token or previous.refresh_token,
        first_consent_at=previous.first_consent_at,
        scope=token.scope or previous.scope,
    )


def _with_consent(token: Token, refresh_life: float, previous: Token | None) -> Token:
    ends = token.minted_at + refresh_life
    if previous is not None and previous.refresh_expires_at is not None:
        ends = min(ends, previous.refresh_expires_at)
    consent = token.first_consent_at or ends - CONSENT_LIFE
    return replace(token, first_consent_at=consent, refresh_expires_at=min(ends, consent + CONSENT_LIFE))


def _refresh_life(value: object, access_life: float) -> float:
    """Seconds. LinkedIn's samples print minutes under a table that says seconds, and other samples print seconds.
    Since no access token outlives its refresh token, a number below the access token's life must be minutes.
    """
    number = _seconds(value)
    if number is None or number <= 0:
        return CONSENT_LIFE
    if number < access_life:
        number *= 60
    return min(number, CONSENT_LIFE) if number >= access_life else CONSENT_LIFE


def _seconds(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
    except ValueError:
        return None


def _said(record: Mapping[str, Any]) -> tuple[str, str]:
    error, description = record.get("error"), record.get("error_description")
    code = error if isinstance(error, str) and re.fullmatch(r"\w{1,60}", error) else ""
    return code, masked(description) if isinstance(description, str) else ""


def _refresh_refused(status: int, error: str, description: str) -> DeliveryError:
    """``invalid_grant``, or an ``invalid_request`` whose text names the refresh token: the grant is gone."""
    gone = error == "invalid_grant" or (error == "invalid_request" and "refresh token" in description.lower())
    if gone:
        text = "LinkedIn's consent has ended (a year after it was given, or withdrawn): run `guestlist connect` again"
        return NeedsReauthorization(text, REFRESH_TOKEN_EXPIRED)
    text = f"LinkedIn refuses to refresh the token ({status} {error or 'unknown'}): {description or 'no reason given'}"
    return NeedsReauthorization(
        f"{text}. Check the client id and secret; else run `guestlist connect`", OAUTH_REFRESH_FAILED
    )


def _code_refused(status: int, error: str, description: str) -> GuestlistError:
    if error in _WRONG_CLIENT:
        text = f"LinkedIn does not accept the application's credentials ({error})"
        return ConfigError(f"{text}: check GUESTLIST_LINKEDIN_CLIENT_ID and its secret, or Settings, LinkedIn app")
    text = f"LinkedIn does not accept the authorisation ({status} {error or 'unknown'}): {description}"
    hint = "the redirect address must be registered with the app exactly as it is used; a code works once"
    return Refused(f"{text.rstrip(': ')} ({hint})", error or str(status))
