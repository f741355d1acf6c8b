"""Applications, members' consents and the tokens they lead to."""

import base64
import dataclasses
import random
import re
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from linkedin_emulator.clock import Clock
from linkedin_emulator.config import Config
from linkedin_emulator.wire import Json

CODE_SECONDS = 1_800
KNOWN_SCOPES = frozenset(
    {
        "rw_dmp_segments",
        "rw_ads",
        "r_ads",
        "r_ads_reporting",
        "r_basicprofile",
        "r_liteprofile",
        "r_emailaddress",
        "openid",
        "profile",
        "email",
        "rw_conversions",
        "r_marketing_leadgen_automation",
        "w_member_social",
        "r_organization_social",
        "w_organization_social",
        "r_organization_admin",
        "rw_organization_admin",
    }
)
DEFAULT_SCOPES = ("r_basicprofile", "rw_ads", "rw_dmp_segments", "openid", "profile", "email")
LOOPBACK = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/.*)?")
Status = Literal["active", "expired", "revoked"]


class App(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A developer application.

    `refresh_tokens` false is one without programmatic refresh; `ad_accounts` are those mapped to it by hand in the
    Development tier, without them it is in the Standard tier.
    """

    client_id: str
    client_secret: str
    name: str = "This application"
    redirect_uris: list[str] = []
    scopes: list[str] = msgspec.field(default_factory=lambda: list(DEFAULT_SCOPES))
    refresh_tokens: bool = True
    audiences_program: bool = True
    ad_accounts: list[int] | None = None

    def allows_redirect(self, uri: str) -> bool:
        """Registered absolute URL, its query ignored, no fragment; loopback is always registered here."""
        bare = uri.partition("?")[0]
        if "#" in uri:
            return False
        return bool(LOOPBACK.fullmatch(bare)) or bare in {known.partition("?")[0] for known in self.redirect_uris}


class Person(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A LinkedIn member who can sign in."""

    id: str
    first_name: str = "Ada"
    last_name: str = "Campaigner"
    headline: str = "Campaign manager"
    email: str = "ada@example.com"


@dataclass(slots=True)
class Grant:
    """One member's consent to one application: what the codes and tokens that come from it share."""

    client_id: str
    person: str
    scopes: frozenset[str]
    consented_at: float


@dataclass(slots=True)
class Code:
    """An authorization code: single use, thirty minutes, bound to its redirect URI."""

    grant: Grant
    redirect_uri: str
    expires_at: float
    used: bool = False


@dataclass(slots=True)
class Token:
    """An access token or a refresh token."""

    text: str
    grant: Grant
    created_at: float
    expires_at: float
    revoked: bool = False

    def status(self, now: float) -> Status:
        """What introspection calls it."""
        return "revoked" if self.revoked else "expired" if self.expires_at <= now else "active"


@dataclass(slots=True)
class OAuth:
    """All of LinkedIn's authorization state."""

    clock: Clock
    dice: random.Random
    apps: dict[str, App] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    grants: dict[tuple[str, str], Grant] = field(default_factory=dict)
    codes: dict[str, Code] = field(default_factory=dict)
    access: dict[str, Token] = field(default_factory=dict)
    refresh: dict[str, Token] = field(default_factory=dict)

    def consent(self, config: Config, client_id: str, person: str, scopes: frozenset[str]) -> Grant:
        """The member allows these scopes; asking for another set of scopes revokes every earlier token."""
        old = self.grants.get((client_id, person))
        if old and old.scopes == scopes:
            if config.reauthorization == "keeps" and self.is_alive(config, old):
                return old
        elif old:
            self.revoke_grant(client_id, person)
        grant = Grant(client_id, person, scopes, self.clock.now())
        self.grants[client_id, person] = grant
        return grant

    def is_alive(self, config: Config, grant: Grant) -> bool:
        """Whether the year that began with the consent has not run out."""
        return self.clock.now() < grant.consented_at + config.refresh_token_seconds

    def already_allowed(self, config: Config, client_id: str, person: str, scopes: frozenset[str]) -> bool:
        """Whether the consent screen can be skipped: the same scopes are granted already."""
        grant = self.grants.get((client_id, person))
        return grant is not None and grant.scopes == scopes and self.is_alive(config, grant)

    def issue_code(self, grant: Grant, redirect_uri: str) -> str:
        """A code for the redirect."""
        text = self._text("AQT", 90)
        self.codes[text] = Code(grant, redirect_uri, self.clock.now() + CODE_SECONDS)
        return text

    def issue_tokens(self, config: Config, grant: Grant, expires_in: float | None = None) -> Json:
        """The reply to an exchanged code."""
        app = self.apps[grant.client_id]
        access = self.issue_access(config, grant, expires_in)
        if not app.refresh_tokens:
            return self._token_reply(config, access, None)
        until = grant.consented_at + config.refresh_token_seconds
        refresh = Token(self._text("AQW", 370), grant, self.clock.now(), until)
        self.refresh[refresh.text] = refresh
        return self._token_reply(config, access, refresh)

    def refresh_tokens(self, config: Config, refresh: Token) -> Json:
        """The reply to a refresh: a new access token, the same refresh token, whose own life is not extended."""
        if config.old_access_tokens == "revoked":
            for token in self.access.values():
                token.revoked = token.revoked or token.grant is refresh.grant
        if config.refresh_token_rotation:
            refresh.revoked = True
            refresh = dataclasses.replace(refresh, text=self._text("AQW", 370), revoked=False)
            self.refresh[refresh.text] = refresh
        return self._token_reply(config, self.issue_access(config, refresh.grant), refresh)

    def issue_access(self, config: Config, grant: Grant, expires_in: float | None = None) -> Token:
        """An access token: sixty days, or what is left of the year since the consent."""
        now = self.clock.now()
        life = config.access_token_seconds if expires_in is None else expires_in
        if self.apps[grant.client_id].refresh_tokens:
            life = min(life, grant.consented_at + config.refresh_token_seconds - now)
        token = Token(self._text("AQX", 370), grant, now, now + life)
        self.access[token.text] = token
        return token

    def _token_reply(self, config: Config, access: Token, refresh: Token | None) -> Json:
        now = self.clock.now()
        reply: Json = {"access_token": access.text, "expires_in": int(access.expires_at - now)}
        if refresh is not None:
            left = int(refresh.expires_at - now)
            minutes = config.refresh_token_unit == "minutes"  # noqa: S105
            reply["refresh_token"] = refresh.text
            reply["refresh_token_expires_in"] = left // 60 if minutes else left
        separator = "," if config.scope_separator == "comma" else " "
        reply["scope"] = separator.join(sorted(access.grant.scopes))
        return {**reply, "token_type": "Bearer"} if config.token_type else reply

    def revoke_grant(self, client_id: str, person: str) -> None:
        """Every token this application has from this member dies, and so does the consent."""
        self.grants.pop((client_id, person), None)
        for token in (*self.access.values(), *self.refresh.values()):
            if token.grant.client_id == client_id and token.grant.person == person:
                token.revoked = True
        for code in self.codes.values():
            if code.grant.client_id == client_id and code.grant.person == person:
                code.used = True

    def _text(self, prefix: str, size: int) -> str:
        """Opaque text; LinkedIn's tokens are about 500 characters long."""
        return prefix + base64.urlsafe_b64encode(self.dice.randbytes(size)).decode().rstrip("=")
