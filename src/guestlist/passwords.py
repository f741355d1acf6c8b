"""Passwords of users, by argon2id."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from guestlist.errors import TryAgain

AT_ONCE = 4  # each takes 64 MB and a processor
PATIENCE = 5.0  # seconds to wait for one's turn


class Argon2:
    """Implements ``ports.Passwords`` with the library's defaults (RFC 9106, low memory). TryAgain while too many are
    being hashed: whoever floods the sign-in page must not use up the memory.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self._hasher = PasswordHasher()
        self._turns, self._patience = BoundedSemaphore(AT_ONCE), patience

    def hashed(self, password: str) -> str:
        """See ``ports.Passwords``."""
        with self._turn():
            return self._hasher.hash(password)

    def matches(self, hashed: str | None, password: str) -> bool:
        """See ``ports.Passwords``."""
        try:
            with self._turn():
                return self._hasher.verify(hashed or self._nobodys, password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_stale(self, hashed: str) -> bool:
        """See ``ports.Passwords``."""
        return self._hasher.check_needs_rehash(hashed)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._patience):
            raise TryAgain("Too many people sign in at this moment: try again in a few seconds.", 5.0)
        try:
            yield
        finally:
            self._turns.release()

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's password")
