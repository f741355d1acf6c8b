"""Destinations as people see them in a list: the ad account, who connected it, and how long that lasts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from guestlist.app import connection, event_view
from guestlist.app.connection import ACCOUNT_CHANGED
from guestlist.app.context import App
from guestlist.app.results import Connection, EventsReport
from guestlist.config import Config, DestinationConfig
from guestlist.errors import OAUTH_REFRESH_FAILED, REFRESH_TOKEN_EXPIRED

REMEDIES = {
    REFRESH_TOKEN_EXPIRED: "LinkedIn's permission ended or was taken back. Somebody who may advertise with this ad "
    "account has to sign in to LinkedIn again.",
    OAUTH_REFRESH_FAILED: "LinkedIn did not renew the token, though the permission may still stand. Somebody has to "
    "sign in to LinkedIn again; if it comes again, look at the app's client id and secret.",
    ACCOUNT_CHANGED: "The Account ID was changed, and nobody has asked LinkedIn for the new one yet: Check now. If "
    "whoever signed in may not manage its audiences, somebody who may has to sign in to LinkedIn.",
}
_FINE = ("in order", "disabled", "not connected")  # states that nobody has to see to


@dataclass(frozen=True)
class DestinationRow:
    """``state``: in order, disabled, not connected, or what a person must see to (``Refresh Token Expired``, ...), with
    its ``reason``. ``connection``: how it stands by our own books. ``from_pages``: it is described on the pages, not in
    a file.
    """

    name: str
    description: str
    ad_account: str
    state: str
    connection: Connection
    activations: int
    from_pages: bool

    @property
    def reason(self) -> str:
        """Why it is parked."""
        return self.connection.reason if self.state == self.connection.label else ""

    @property
    def issue(self) -> str:
        """What stands in the way of deliveries; "": nothing does."""
        return "" if self.state in _FINE else self.state

    @property
    def remedy(self) -> str:
        """What to do about ``issue``, where that is known."""
        return REMEDIES.get(self.state, "")


@dataclass(frozen=True)
class Delivery:
    """What became of the events of all activations that feed a destination. ``p95``: seconds, of all of them."""

    activations: list[str]
    report: EventsReport
    p95: float | None


def all_of(app: App, config: Config) -> list[DestinationRow]:
    """Those that the configuration describes; LinkedIn is not asked."""
    used = Counter(each.destination for each in config.activations.values())
    return [_row(app, config, name, wanted, used[name]) for name, wanted in config.destinations.items()]


def words(row: DestinationRow) -> str:
    """What is looked through to find it, beside its state in the words of whoever shows it."""
    return f"{row.name} {row.connection.account_name} {row.ad_account}"


def one(app: App, config: Config, name: str) -> DestinationRow:
    """By name; UnknownName with the nearest when there is none."""
    wanted = connection.described(config, name)
    used = sum(each.destination == name for each in config.activations.values())
    return _row(app, config, name, wanted, used)


def fed_by(app: App, config: Config, name: str) -> list[str]:
    """Names of the activations that feed it, those that nothing describes any more last."""
    known = app.store.destinations.meant(name, config.destinations)
    number = known.id if known is not None else None
    there = [each.name for each in app.store.activations.all(removed=False) if each.destination_id == number]
    wanted = [each for each, described in config.activations.items() if described.destination == name]
    return [*wanted, *(each for each in there if each not in config.activations)]


def delivery(app: App, config: Config, name: str, since: float, until: float | None = None) -> Delivery:
    """Of what was received since ``since`` and before ``until`` (epoch seconds; whole five minutes). UnknownName."""
    connection.described(config, name)
    feeding = fed_by(app, config, name)
    report = event_view.of_some(app, feeding, since, until)
    return Delivery(feeding, report, event_view.p95(app, feeding, since, until))


def _row(app: App, config: Config, name: str, wanted: DestinationConfig, activations: int) -> DestinationRow:
    stands = connection.stands(app, config, name)
    state = "disabled" if not wanted.enabled else stands.label or "in order"
    if wanted.enabled and stands.state == "not connected":
        state = stands.state
    made_here = config.from_pages("destinations", name)
    return DestinationRow(name, wanted.description, wanted.ad_account, state, stands, activations, made_here)
