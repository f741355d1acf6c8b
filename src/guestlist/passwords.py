"""Passwords of users, by argon2id."""

from __future__ import annotations

from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Argon2:
    """Implements ``ports.Passwords`` with the library's defaults (RFC 9106, low memory)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()

    def hashed(self, password: str) -> str:
        """See ``ports.Passwords``."""
        return self._hasher.hash(password)

    def matches(self, hashed: str | None, password: str) -> bool:
        """See ``ports.Passwords``."""
        try:
            return self._hasher.verify(hashed or self._nobodys, password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False

    def is_stale(self, hashed: str) -> bool:
        """See ``ports.Passwords``."""
        return self._hasher.check_needs_rehash(hashed)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash("nobody's password")
