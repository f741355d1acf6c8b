"""SQL facts, immutable files, kernel-freed locks and encryption at rest: everything Guestlist remembers."""

from guestlist.store.store import Store, open_store
from guestlist.store.vault import Vault, open_vault

__all__ = ["Store", "Vault", "open_store", "open_vault"]
