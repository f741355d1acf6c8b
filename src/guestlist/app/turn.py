"""An activation's turn: whoever syncs, ends or tells it holds the lock of its ledger meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from guestlist.app.context import App
from guestlist.core.text import masked
from guestlist.errors import UnknownName
from guestlist.store.activations import Activation


def lock_of(ledger_id: int) -> str:
    """The name of a ledger's lock."""
    return f"ledger-{ledger_id}"


def holder(app: App, ledger_id: int) -> str | None:
    """Who is at a ledger now; None: nobody."""
    return app.store.lock_holder(lock_of(ledger_id))


class Turn:
    """``held``: whether it has come. ``activation``: as it was then."""

    def __init__(self, app: App, activation: Activation, locks: ExitStack, *, held: bool) -> None:
        self._app, self._locks = app, locks
        self.activation, self.held = activation, held
        self._former: Activation | None = None

    def begin_ledger(self) -> None:
        """Give the activation a new, empty ledger, whose lock is held too before anybody can know of it."""
        of, store = self.activation.id, self._app.store
        made = store.activations.fresh_ledger(of, self._app.clock.now())
        self._locks.enter_context(store.lock(lock_of(made)))
        self._former = store.activations.by_id(of)
        store.activations.take_ledger(of, made)

    def give_back(self) -> None:
        """Nothing was planned for the new one, if there is any: the activation has its former ledger again."""
        if (former := self._former) is not None:
            self._app.store.activations.take_ledger(
                former.id, former.ledger_id, former.segment_of, frozen=former.frozen
            )


@contextmanager
def turn(app: App, activation: Activation, *, wait: bool = True) -> Iterator[Turn]:
    """Wait for it, also behind a new snapshot, which is told from a ledger of its own; it is always held unless it was
    not to ``wait``. UnknownName: it was removed meanwhile.
    """
    while True:
        with ExitStack() as locks:
            ledger = app.store.activations.by_id(activation.id).ledger_id
            held = locks.enter_context(app.store.lock(lock_of(ledger), wait=wait))
            found = _still_there(app, activation)
            if not held or found.ledger_id == ledger:
                yield Turn(app, found, locks, held=held)
                return


def _still_there(app: App, activation: Activation) -> Activation:
    found = app.store.activations.by_id(activation.id)
    if found.removed_at is not None:
        raise UnknownName(f"Activation '{masked(activation.name)}' was removed meanwhile: nothing was sent for it.")
    return found


__all__ = ["Turn", "holder", "lock_of", "turn"]
