"""What a person should see first: what needs them, how audiences grow, what was delivered, which dates come up."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from guestlist.app import api_version, books, connection, health, overview
from guestlist.app.context import App
from guestlist.app.notices import TWICE
from guestlist.app.results import Mistake
from guestlist.config import Config
from guestlist.core import words
from guestlist.core.counting import Reading
from guestlist.store.activations import Activation
from guestlist.store.segments import Segment

DAY, HOUR = 86_400.0, 3600.0
SOON = 30  # days before LinkedIn switches a version off that people are told of it

Wants = Literal["reauthorise", "mend", "confirm", "look", "too small", "expired", "archived", "lost", "upgrade"]
_LOST: dict[str | None, Wants] = {health.EXPIRED: "expired", health.ARCHIVED: "archived"}


@dataclass(frozen=True)
class Need:
    """Something that waits for a person: ``subject`` is an activation, a destination or the API version. ``mistake``:
    what is to be mended, where it is that.
    """

    wants: Wants
    subject: str
    text: str
    since: float | None = None
    mistake: Mistake | None = None


@dataclass(frozen=True)
class Due:
    """A date that comes: when, and in how many whole days (negative: it is past). ``renews``: by itself, nobody has to
    do anything; ``ended``: it is over already, whatever the date says that LinkedIn gave.
    """

    what: Literal["access token", "refresh token", "API version"]
    subject: str
    at: float
    days: int
    renews: bool = False
    ended: bool = False


@dataclass(frozen=True)
class Growth:
    """How an activation's audience grew, oldest first."""

    activation: str
    readings: tuple[Reading, ...]


# ── what needs somebody ──────────────────────────────────────────────────────────────────────────────────────────
def needs(app: App, config: Config) -> list[Need]:
    """The most pressing first: what stands still, then what LinkedIn does not serve, then what comes up."""
    activations = list(_of_activations(app, config))
    moved = {
        config.activations[need.subject].destination
        for need in activations
        if need.mistake is not None and need.mistake.what == "ad_account"
    }
    version, over = _of_version(app)
    before, after = (version, []) if over else ([], version)
    return [
        *before, *_of_destinations(app, config, moved), *activations, *after, *_of_dates(app, config),
    ]  # fmt: skip


def _of_version(app: App) -> tuple[list[Need], bool]:
    """What its end wants, and whether it is past: then nothing goes to any destination."""
    spoken = api_version.spoken(app)
    if spoken.days > SOON:
        return [], False
    over = spoken.days <= 0
    left = "nothing can be sent any more" if over else words.days_left(spoken.ends, app.clock.now())
    return [Need("upgrade", spoken.version, f"LinkedIn switches version {spoken.version} off: {left}")], over


def _of_destinations(app: App, config: Config, moved: Collection[str]) -> Iterator[Need]:
    """``moved``: those whose other ad account no check can take, since activations feed the former."""
    for name in config.destinations:
        stands = connection.stands(app, config, name)
        if stands.label and not (stands.label == connection.ACCOUNT_CHANGED and name in moved):
            yield Need("reauthorise", name, f"{stands.label}: {stands.reason}")


def _of_activations(app: App, config: Config) -> Iterator[Need]:
    held_up = {each for name in config.destinations for each in connection.held_up(app, config, name)}
    there = [each for each in app.store.activations.all(removed=False) if each.name in config.activations]
    read = books.opened(app, there)
    for found in there:
        if not config.activations[found.name].enabled:
            continue
        if (mistaken := overview.mistake(config, read, found)) is not None:
            yield Need("mend", found.name, str(mistaken), mistake=mistaken.mistake)
        elif found.state == "waiting":
            yield Need("confirm", found.name, found.reason)
        elif found.state == "parked" and found.name in held_up:
            pass  # its destination says so
        elif found.state == "parked" or (found.state == "failed" and found.fails_in_row >= TWICE):
            yield Need("look", found.name, found.reason)
        yield from _of_audience(found, read.segments.get(found.ledger_id))


def _of_audience(found: Activation, segment: Segment | None) -> Iterator[Need]:
    if segment is None or segment.activation_id != found.id:
        return
    if said := health.lost(segment):
        yield Need(_LOST.get(segment.linkedin_status, "lost"), found.name, said, segment.as_of)
    elif said := health.too_small(segment):
        yield Need("too small", found.name, said, segment.as_of)


def _of_dates(app: App, config: Config) -> Iterator[Need]:
    now = app.clock.now()
    for name in config.destinations:
        stands = connection.stands(app, config, name)
        if stands.soon:
            token = "refresh token" if stands.renews else "access token"
            yield Need("reauthorise", name, f"its {token} ends: {words.days_left(stands.works_until, now)}")


# ── dates ────────────────────────────────────────────────────────────────────────────────────────────────────────
def calendar(app: App, config: Config) -> list[Due]:
    """Ends of tokens and of the API version: first what has ended, then the next."""
    now = app.clock.now()
    spoken = api_version.spoken(app)
    dates = [Due("API version", spoken.version, spoken.ends, spoken.days)]
    for name in config.destinations:
        credential = connection.credential_of(app, config, name)
        if credential is None:
            continue
        token, renews = credential.token, connection.renews(app, credential)
        ended = connection.stands(app, config, name).ended
        if token.expires_at is not None and not (ended and renews):
            dates.append(Due("access token", name, token.expires_at, _days(token.expires_at, now), renews, ended))
        if token.refresh_token and (ends := token.refresh_expires_at) is not None:
            dates.append(Due("refresh token", name, ends, _days(ends, now), ended=ended))
    return sorted(dates, key=lambda due: (not due.ended, due.at))


def _days(at: float, now: float) -> int:
    return int((at - now) // DAY)


# ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────
def largest(app: App, config: Config, most: int) -> list[str]:
    """The activations of the configuration that feed the largest LinkedIn audiences, the largest first."""
    found = [each for each in app.store.activations.all(removed=False) if each.name in config.activations]
    fed = app.store.segments.currents({each.ledger_id for each in found})
    sizes = {each.name: fed[each.ledger_id].audience_size or 0 for each in found if each.ledger_id in fed}
    return sorted(sizes, key=lambda name: -sizes[name])[:most]


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
