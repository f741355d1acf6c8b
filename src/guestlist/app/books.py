"""What our own books say of several activations, each of them asked once: pages show all there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from guestlist.app import connection
from guestlist.app.context import App
from guestlist.store.activations import Activation
from guestlist.store.destinations import Destination
from guestlist.store.event_members import AudienceKey
from guestlist.store.runs import Run
from guestlist.store.segments import Segment


@dataclass(frozen=True)
class Books:
    """By number of a ledger: ``segments``, the LinkedIn audience it speaks of. By number of an activation: ``last``,
    its latest run; ``open``, the ledgers of those not closed; ``synced``, the latest sync of a whole list that was
    closed; ``told``, members LinkedIn was told in and not told out since; ``keys``, the audience key that feeds it. By
    number of a destination: ``destinations``, and until when each works without a person. Whatever is not known is left
    out.
    """

    segments: Mapping[int, Segment]
    last: Mapping[int, Run]
    open: Mapping[int, frozenset[int]]
    synced: Mapping[int, Run]
    told: Mapping[int, int]
    keys: Mapping[int, AudienceKey]
    destinations: Mapping[int, Destination]
    works_until: Mapping[int, float]


def opened(app: App, found: Sequence[Activation]) -> Books:
    """The books at these activations; LinkedIn is not asked."""
    store, fed = app.store, {each.destination_id for each in found}
    streams = store.streams.of({each.id for each in found})
    keys = {number: store.event_members.by_id(number) for number in {each.key_id for each in streams.values()}}
    told = store.ledgers.members_in({each.ledger_id for each in found})
    return Books(
        store.segments.currents({each.ledger_id for each in found}),
        store.runs.last_of_each({each.id for each in found}),
        _open(app),
        store.runs.last_of_each({each.id for each in found}, synced=True),
        {each.id: told[each.ledger_id] for each in found if each.last_run and each.ledger_id in told},
        {of: keys[stream.key_id] for of, stream in streams.items()},
        {each.id: each for each in store.destinations.all() if each.id in fed},
        {number: until for number in fed if (until := _works_until(app, number)) is not None},
    )


def _open(app: App) -> dict[int, frozenset[int]]:
    found: dict[int, frozenset[int]] = {}
    for run in app.store.runs.open_runs():
        found[run.activation_id] = found.get(run.activation_id, frozenset()) | {run.ledger_id}
    return found


def _works_until(app: App, destination: int) -> float | None:
    credential, _ = app.store.destinations.credential(destination)
    return connection.works_until(app, credential) if credential is not None else None
