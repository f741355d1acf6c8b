"""Telling people: one message when something starts to need them, one when it is over, the same at most once a day."""

from __future__ import annotations

from collections.abc import Iterator

from guestlist.app import api_version, connection, health
from guestlist.app.context import App
from guestlist.app.results import SyncResult
from guestlist.config import Config
from guestlist.core import words
from guestlist.errors import ConfigError
from guestlist.store.activations import Activation

WARN_DAYS = (3, 14, 30)  # days left at which a token's or an API version's end is told
TWICE = 2

Condition = tuple[str, str, bool, str]  # event, activation, is it so now, text


def after_sync(app: App, config: Config, result: SyncResult) -> None:
    """Tell what one sync found."""
    activation = app.store.activations.get(result.activation)
    if config.notify is None or activation is None:
        return
    for condition in (*_ends(activation, result), *_audience(app, activation)):
        _tell(app, config, *condition)
    calendar(app, config)


def after_look(app: App, config: Config, found: Activation) -> None:
    """Tell what LinkedIn says of an audience between two syncs."""
    if config.notify is not None:
        for condition in _audience(app, found):
            _tell(app, config, *condition)


def test(app: App, config: Config) -> None:
    """Send a notice that says nothing. ConfigError: it did not arrive, or there is no address yet."""
    if config.notify is None:
        raise ConfigError("There is no address to notify yet: set one first.", ("notify", "url"))
    if not _post(app, config, "test", "", "this is a test; notices arrive here"):
        raise ConfigError(
            "The test did not arrive: look whether the address is right and takes a POST of JSON, and whether this "
            "machine may reach it, then send another.",
            ("notify", "url"),
        )


def _ends(activation: Activation, result: SyncResult) -> Iterator[Condition]:
    """How the sync ended."""
    name, state, reason = result.activation, result.state, result.reason
    yield "waits for a person", name, state == "waiting", reason
    yield "parked", name, state == "parked", reason
    failing = state == "failed" and activation.fails_in_row >= TWICE
    yield "failed twice", name, failing, f"two syncs failed one after the other: {reason}"
    yield "stale source", name, result.label == "stale", reason
    yield "missed its schedule", name, False, ""


def _audience(app: App, activation: Activation) -> Iterator[Condition]:
    """How LinkedIn keeps the audience. While a status says neither (BUILDING, UPDATING), what was told stands."""
    segment = app.store.segments.current(activation.ledger_id)
    if segment is None or segment.activation_id != activation.id:
        return
    name = activation.name
    if health.is_judged(segment):
        small = health.too_small(segment)
        yield "too small", name, bool(small), small
    if said := health.lost(segment):
        yield "audience lost", name, True, said
    elif segment.linkedin_status in health.SERVES:
        yield "audience lost", name, False, ""
    elif activation.last_rebuild_at is not None and (before := app.store.segments.before(segment)) is not None:
        yield "audience lost", name, True, f"{health.gone(before)}; a new one takes its place: choose it in campaigns"


def missed(app: App, config: Config, name: str, text: str) -> None:
    """A schedule was not kept."""
    _tell(app, config, "missed its schedule", name, True, text)


def calendar(app: App, config: Config) -> None:
    """Ends of tokens and of the API version, at 30, 14 and 3 days."""
    now = app.clock.now()
    spoken = api_version.spoken(app)
    advice = "upgrade Guestlist or set GUESTLIST_LINKEDIN_VERSION"
    _countdown(app, config, "API version", spoken.days, f"LinkedIn switches {spoken.version} off; {advice}")
    for name in config.destinations:
        stands = connection.stands(app, config, name)
        end = stands.works_until
        if end is not None and not (stands.ended and stands.state == "parked"):  # there is nothing left to count
            days = int((end - now) // 86_400)
            _countdown(app, config, _destination(name), days, f"run `guestlist connect {name}` before it ends")


def follow(app: App, old: str, new: str) -> None:
    """What was told of a destination was told under its new name: it is not told again."""
    for days in WARN_DAYS:
        app.store.notices.rename(*(_key(_mark(days), _destination(name)) for name in (old, new)))


def _destination(name: str) -> str:
    return f"destination {name}"


def _countdown(app: App, config: Config, what: str, left: int, advice: str) -> None:
    """Once at each of the three, each in place of the one before; when renewed, the one that stands is over."""
    reached = next((days for days in WARN_DAYS if left <= days), None)
    for days in WARN_DAYS:
        event, key = _mark(days), _key(_mark(days), what)
        if left > days:
            _tell(app, config, event, what, False, "")
        elif days != reached:
            app.store.notices.over(key)
        elif key not in app.store.notices.heard():
            _tell(app, config, event, what, True, f"{words.counted(max(left, 0), 'day')} left; {advice}")


def _key(event: str, subject: str) -> str:
    return f"{event}/{subject}"


def _mark(days: int) -> str:
    return f"{days} days left"


def _tell(app: App, config: Config, event: str, subject: str, so: bool, text: str) -> None:
    """Post when it begins, and once more when it is over. Nobody waits for the answer of a webhook twice."""
    if config.notify is None:
        return
    key = _key(event, subject)
    if so and app.store.notices.begin(key, app.clock.now()):
        if not _post(app, config, event, subject, f"{subject}: {text}"):
            app.store.notices.unsent(key)
    elif not so and app.store.notices.over(key):
        _post(app, config, f"over: {event}", subject, f"{subject}: no longer so ({event})")


def _post(app: App, config: Config, event: str, subject: str, text: str) -> bool:
    url = app.settings.public_url or ""
    message = {"text": f"Guestlist: {text}", "event": event, "activation": subject, "url": url}
    return config.notify is None or app.post(config.notify.url, message)
