"""Which write keys may be used: asked with every request, so kept in memory."""

from __future__ import annotations

from guestlist.ports import Clock
from guestlist.store import Store
from guestlist.store.named_secrets import digest

FRESH = 5.0  # seconds until a revoked key is noticed
AGAIN = 1.0  # seconds between looks for a key that is not known


class Keyring:
    """``name_of`` and ``due`` only look at memory; ``refresh`` reads the store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._looked = clock.now()
        self._names = store.write_keys.names()

    def name_of(self, key: str) -> str | None:
        """The name of a key that may be used."""
        return self._names.get(digest(key))

    def due(self, key: str) -> bool:
        """Whether to ``refresh`` before trusting ``name_of``; True once, then not for a while."""
        now = self._clock.now()
        patience = FRESH if digest(key) in self._names else AGAIN
        if 0 <= now - self._looked < patience:
            return False
        self._looked = now
        return True

    def refresh(self) -> None:
        """StoreError when the store cannot be asked; what was known stays."""
        self._names = self._store.write_keys.names()
