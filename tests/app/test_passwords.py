"""Passwords: only so many are hashed at once, whatever floods the sign-in page."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from guestlist.errors import TryAgain
from guestlist.passwords import AT_ONCE, Argon2


def test_a_flood_waits_its_turn_and_then_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Argon2(patience=0.01)
    hashed = passwords.hashed("four words")
    entered, leave = Barrier(AT_ONCE + 1), Barrier(AT_ONCE + 1)

    class Slow:
        def verify(self, *_: str) -> bool:
            entered.wait(30)
            leave.wait(30)
            return True

    monkeypatch.setattr(passwords, "_hasher", Slow())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        busy = [pool.submit(passwords.matches, hashed, "four words") for _ in range(AT_ONCE)]
        entered.wait(30)
        with pytest.raises(TryAgain):
            passwords.matches(hashed, "four words")
        leave.wait(30)
        assert all(each.result() for each in busy)
    monkeypatch.undo()
    assert passwords.matches(hashed, "four words")
    assert not passwords.matches(hashed, "others")
    assert not passwords.matches(None, "nobody's password")
