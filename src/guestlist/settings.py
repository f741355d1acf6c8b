"""What the environment says, read once; the names are fixed. Secrets never show in a ``repr``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from guestlist.core import versions
from guestlist.errors import ConfigError

SHORTEST_KEY, FEWEST_CHARACTERS = 12, 8  # of a secret key: what is shorter is guessed in no time


@dataclass(frozen=True)
class Settings:
    """One installation. Times are seconds; addresses have no slash at their end; ``None``: not given."""

    home: Path
    database_url: str = field(repr=False)  # may hold a password
    data_url: str = field(repr=False)
    secret_key: str | None = field(default=None, repr=False)
    public_url: str | None = None
    linkedin_api_url: str = "https://api.linkedin.com/rest"
    linkedin_oauth_url: str = "https://www.linkedin.com/oauth/v2"
    linkedin_campaign_manager_url: str | None = None  # of an account's audiences; None: beside linkedin_oauth_url
    linkedin_client_id: str | None = None
    linkedin_client_secret: str | None = field(default=None, repr=False)
    linkedin_version: str = versions.NEWEST_TESTED
    linkedin_source_platform: str = "DIRECT_API"
    segment_secret: str | None = field(default=None, repr=False)
    samples_kept: float | None = None  # samples of events; None: as the configuration says
    request_timeout: float = 60.0  # total deadline of one request
    request_lifetime: float = 120.0  # T: how long a request that was not answered may still have its effect


def read(environ: Mapping[str, str]) -> Settings:
    """The settings; ConfigError naming the variable that cannot be. An empty variable counts as not set."""
    home = Path(_get(environ, "HOME") or "~/.guestlist").expanduser().absolute()
    return Settings(
        home=home,
        database_url=_get(environ, "DATABASE_URL") or f"sqlite:///{home / 'guestlist.db'}",
        data_url=_data_url(environ) or str(home / "data"),
        secret_key=_secret_key(environ),
        public_url=_address(environ, "PUBLIC_URL"),
        linkedin_api_url=_address(environ, "LINKEDIN_API_URL") or Settings.linkedin_api_url,
        linkedin_oauth_url=_address(environ, "LINKEDIN_OAUTH_URL") or Settings.linkedin_oauth_url,
        linkedin_campaign_manager_url=_address(environ, "LINKEDIN_CAMPAIGN_MANAGER_URL"),
        linkedin_client_id=_get(environ, "LINKEDIN_CLIENT_ID"),
        linkedin_client_secret=_get(environ, "LINKEDIN_CLIENT_SECRET"),
        linkedin_version=_version(environ),
        linkedin_source_platform=_platform(environ),
        segment_secret=_get(environ, "SEGMENT_SECRET"),
        samples_kept=_seconds(environ, "SAMPLES_KEPT", 0.0) or None,
        request_timeout=_seconds(environ, "REQUEST_TIMEOUT", Settings.request_timeout),
        request_lifetime=_seconds(environ, "REQUEST_LIFETIME", Settings.request_lifetime),
    )


def _get(environ: Mapping[str, str], name: str) -> str | None:
    return environ.get(f"GUESTLIST_{name}", "").strip() or None


def _address(environ: Mapping[str, str], name: str) -> str | None:
    value = _get(environ, name)
    if value and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ConfigError(f"GUESTLIST_{name} must be an address that starts with https:// or http://")
    return value.rstrip("/") if value else None


def _data_url(environ: Mapping[str, str]) -> str | None:
    value = _get(environ, "DATA_URL")
    if value and "://" in value and not re.fullmatch(r"(s3|file)://[^\s/][^\s]*|file:///\S*", value):
        raise ConfigError("GUESTLIST_DATA_URL must be a folder or s3://BUCKET/PREFIX")
    return value


def _secret_key(environ: Mapping[str, str]) -> str | None:
    """The first key writes, so it has to be strong; those behind it only open what they once wrote."""
    value = _get(environ, "SECRET_KEY")
    first = next(filter(None, map(str.strip, (value or "").split(","))), None)
    if first is not None and (len(first) < SHORTEST_KEY or len(set(first)) < FEWEST_CHARACTERS):
        raise ConfigError(
            "GUESTLIST_SECRET_KEY is too easy to guess: make one with `openssl rand -hex 32`, and if the old one is in "
            "use, set NEW,OLD and run `guestlist secrets rotate`."
        )
    return value


def _version(environ: Mapping[str, str]) -> str:
    value = _get(environ, "LINKEDIN_VERSION") or versions.NEWEST_TESTED
    if not versions.is_version(value):
        example = versions.NEWEST_TESTED
        raise ConfigError(f"GUESTLIST_LINKEDIN_VERSION must be a year and a month (no December) like {example}")
    return value


def _platform(environ: Mapping[str, str]) -> str:
    value = _get(environ, "LINKEDIN_SOURCE_PLATFORM") or Settings.linkedin_source_platform
    if not re.fullmatch(r"[A-Z][A-Z0-9_]*", value):
        raise ConfigError("GUESTLIST_LINKEDIN_SOURCE_PLATFORM must be a symbol like DIRECT_API")
    return value


def _seconds(environ: Mapping[str, str], name: str, default: float) -> float:
    value = _get(environ, name)
    if value is None:
        return default
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) or float(value) <= 0:
        raise ConfigError(f"GUESTLIST_{name} must be a number of seconds above 0")
    return float(value)
