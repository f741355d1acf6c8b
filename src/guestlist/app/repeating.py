"""Requests that may come twice: whoever sends one again with the same key gets the first answer again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from guestlist.app.context import App
from guestlist.errors import ChangedMeanwhile, ConfigError


def begin(app: App, key: str, asked: bytes) -> Mapping[str, Any] | None:
    """The answer that ``app.who`` got to the same question with this key within a day; None: it is the first, and
    ``end`` or ``drop`` has to follow. ConfigError: something else was asked with it; ChangedMeanwhile: it is still
    being worked on.
    """
    earlier = app.store.repeats.begin(_digest(app, key), hashlib.sha256(asked).digest(), app.clock.now())
    if earlier is None:
        return None
    if not earlier.same:
        raise ConfigError("Another request was sent with this Idempotency-Key: take a new key for a new request.")
    if earlier.answer is None:
        raise ChangedMeanwhile("A request with this Idempotency-Key is being worked on: ask again in a moment.")
    return earlier.answer


def end(app: App, key: str, answer: Mapping[str, Any]) -> None:
    """What the next one with this key gets."""
    app.store.repeats.end(_digest(app, key), answer)


def drop(app: App, key: str) -> None:
    """Nothing was made, so there is nothing to repeat."""
    app.store.repeats.drop(_digest(app, key))


def _digest(app: App, key: str) -> bytes:
    return hashlib.sha256(f"{app.who}\n{key}".encode("utf-8", "replace")).digest()
