"""Destinations as people see them in a list: the ad account, who connected it, and how long that lasts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from guestlist.app import connection
from guestlist.app.context import App
from guestlist.config import Config, DestinationConfig


@dataclass(frozen=True)
class DestinationRow:
    """Times are epoch seconds, None: there is none. ``state``: in order, disabled, not connected, or what a person must
    see to (``Refresh Token Expired``, ...), with its ``reason``. ``works_until``: when somebody has to have authorised
    again. ``from_pages``: it is described on the pages, not in a file.
    """

    name: str
    description: str
    ad_account: str
    account_name: str
    role: str
    state: str
    reason: str
    authorised: float | None
    token_ends: float | None
    refresh_ends: float | None
    works_until: float | None
    activations: int
    from_pages: bool


def all_of(app: App, config: Config) -> list[DestinationRow]:
    """Those that the configuration describes; LinkedIn is not asked."""
    used = Counter(each.destination for each in config.activations.values())
    return [_row(app, config, name, wanted, used[name]) for name, wanted in config.destinations.items()]


def _row(app: App, config: Config, name: str, wanted: DestinationConfig, activations: int) -> DestinationRow:
    known = app.store.destinations.get(name)
    credential, _ = app.store.destinations.credential(name)
    token = credential.token if credential else None
    state, reason = "in order", ""
    if not wanted.enabled:
        state = "disabled"
    elif credential is None:
        state = "not connected"
    elif known is not None and known.state:
        state, reason = known.state, known.reason
    return DestinationRow(
        name,
        wanted.description,
        wanted.ad_account,
        account_name=known.account_name if known else "",
        role=known.role if known else "",
        state=state,
        reason=reason,
        authorised=known.authorised_at if known and credential else None,
        token_ends=token.expires_at if token else None,
        refresh_ends=token.refresh_expires_at if token and token.refresh_token else None,
        works_until=connection.works_until(app, credential) if credential else None,
        activations=activations,
        from_pages=config.from_pages("destinations", name),
    )
