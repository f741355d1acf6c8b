"""What somebody orders of one sync beyond what the configuration says, written down whichever way it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from guestlist.app.context import App
from guestlist.app.sync import Wish
from guestlist.store.activations import Activation


def given(app: App, activation: str, wish: Wish) -> bool:
    """An entry of the audit log for each order in the wish; whether there is any. Once for each that is given: a sync
    that is begun again is none.
    """
    orders = list(_orders(app, app.store.activations.get(activation), wish))
    now = app.clock.now()
    with app.store.transaction():
        for what, details in orders:
            app.store.audit.add(app.who, what, activation, now, **details)
    return bool(orders)


def _orders(app: App, found: Activation | None, wish: Wish) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What each is called in the log, and its details."""
    if wish.allow_removals is not None:
        waiting = (found.waiting if found is not None else None) or {}
        usual, now = waiting.get("allowed", "as configured"), wish.allow_removals
        both = {"before": {"removals_allowed": usual}, "after": {"removals_allowed": now}}
        yield "allow removals", {**both, "removals_waiting": waiting.get("removals")}
    if wish.resend:
        yield "send everybody again", {"before": {"told": "what changes"}, "after": {"told": "everybody"}}
    if wish.new_snapshot:
        segment = app.store.segments.current(found.ledger_id) if found is not None else None
        there = segment.linkedin_id if segment is not None else None
        before, after = {"linkedin_audience": there or "none yet"}, {"linkedin_audience": "a new one"}
        yield "new snapshot", {"before": before, "after": after}
