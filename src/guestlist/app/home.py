"""What a person should see first: what needs them, how audiences grow, what was delivered, which dates come up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from guestlist.app import connection
from guestlist.app.context import App
from guestlist.app.notices import LOST, NEEDED, TWICE
from guestlist.config import Config
from guestlist.core import versions
from guestlist.store.activations import Activation
from guestlist.store.readings import Reading

DAY, HOUR = 86_400.0, 3600.0
SOON = 30  # days: dates that near are shown as something to see to

Wants = Literal["reauthorise", "confirm", "look", "too small", "lost", "upgrade"]


@dataclass(frozen=True)
class Need:
    """Something that waits for a person: ``subject`` is an activation, a destination or the API version."""

    wants: Wants
    subject: str
    text: str
    since: float | None = None


@dataclass(frozen=True)
class Due:
    """A date that comes: when, and in how many whole days (negative: it is past)."""

    what: Literal["access token", "refresh token", "API version"]
    subject: str
    at: float
    days: int
    renews: bool = False


@dataclass(frozen=True)
class Growth:
    """How an activation's audience grew, oldest first."""

    activation: str
    readings: tuple[Reading, ...]


# ── what needs somebody ──────────────────────────────────────────────────────────────────────────────────────────
def needs(app: App, config: Config) -> list[Need]:
    """The most pressing first: what stands still, then what LinkedIn does not serve, then what comes up."""
    return [*_of_destinations(app, config), *_of_activations(app, config), *_of_dates(app, config)]


def _of_destinations(app: App, config: Config) -> Iterator[Need]:
    for name in config.destinations:
        known = app.store.destinations.get(name)
        if known is not None and known.state:
            yield Need("reauthorise", name, f"{known.state}: {known.reason}")


def _of_activations(app: App, config: Config) -> Iterator[Need]:
    held_up = {each for name in config.destinations for each in connection.held_up(app, name)}
    for found in app.store.activations.all(removed=False):
        if found.name not in config.activations or not config.activations[found.name].enabled:
            continue
        if found.state == "waiting":
            yield Need("confirm", found.name, found.reason)
        elif found.state == "parked" and found.name in held_up:
            pass  # its destination says so
        elif found.state == "parked" or (found.state == "failed" and found.fails_in_row >= TWICE):
            yield Need("look", found.name, found.reason)
        yield from _of_audience(app, found)


def _of_audience(app: App, found: Activation) -> Iterator[Need]:
    segment = app.store.segments.current(found.ledger_id)
    if segment is None or segment.activation_id != found.id:
        return
    if segment.linkedin_status in LOST:
        yield Need("lost", found.name, f"LinkedIn says {segment.linkedin_status} of its audience", segment.as_of)
    elif segment.linkedin_status == "READY" and (segment.audience_size or 0) < NEEDED:
        text = f"LinkedIn shows fewer than {NEEDED} members, so the audience is not served"
        yield Need("too small", found.name, text, segment.as_of)


def _of_dates(app: App, config: Config) -> Iterator[Need]:
    for due in calendar(app, config):
        if due.days > SOON or due.renews:
            continue
        left = f"{due.days} days left" if due.days > 0 else "it is over"
        if due.what == "API version":
            yield Need("upgrade", due.subject, f"LinkedIn switches version {due.subject} off: {left}")
        else:
            yield Need("reauthorise", due.subject, f"its {due.what} ends: {left}")


# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────
def calendar(app: App, config: Config) -> list[Due]:
    """Ends of tokens and of the API version, the next first. ``renews``: by itself, nobody has to do anything."""
    now = app.clock.now()
    version = app.settings.linkedin_version
    left = versions.days_left(version, datetime.fromtimestamp(now, UTC).date())
    dates = [Due("API version", version, now + left * DAY, left)]
    for name in config.destinations:
        credential, _ = app.store.destinations.credential(name)
        if credential is None:
            continue
        token, renews = credential.token, connection.renews(app, credential)
        if token.expires_at is not None:
            days = int((token.expires_at - now) // DAY)
            dates.append(Due("access token", name, token.expires_at, days, renews))
        if token.refresh_token and token.refresh_expires_at is not None:
            dates.append(
                Due("refresh token", name, token.refresh_expires_at, int((token.refresh_expires_at - now) // DAY))
            )
    return sorted(dates, key=lambda due: due.at)


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────
def growth(app: App, activation: str, since: float = 0.0) -> Growth:
    """What LinkedIn said of an activation's audience over time, those before a rebuild included."""
    found = app.store.activations.get(activation)
    if found is None:
        return Growth(activation, ())
    ids = [each.id for each in app.store.segments.of_activation(found.id)]
    return Growth(activation, tuple(app.store.readings.of(ids, since)))


def delivered_per_hour(app: App, hours: int = 24) -> list[tuple[float, int]]:
    """(beginning of the hour, elements that LinkedIn answered for), oldest first, empty hours included."""
    now = app.clock.now()
    first = (now - (hours - 1) * HOUR) // HOUR * HOUR
    counts = app.store.attempts.answered_per_hour(first)
    return [(first + n * HOUR, counts.get(first + n * HOUR, 0)) for n in range(hours)]
