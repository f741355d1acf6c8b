"""Encryption at rest: which keys seal what, and sealing everything again with the first of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from guestlist.app.context import App
from guestlist.errors import ConfigError


@dataclass(frozen=True)
class SealingKey:
    """A key by what tells it from others and says nothing of it. ``seals``: what is written now. ``records``: how many
    it seals; null: not counted, since it is the only key.
    """

    fingerprint: str
    seals: bool
    records: int | None


@dataclass(frozen=True)
class Encryption:
    """``origin``: where the keys come from. ``left``: records that an older key seals."""

    origin: Literal["environment", "file"]
    keys: tuple[SealingKey, ...]
    left: int


def stands(app: App) -> Encryption:
    """The first key writes, all of them open."""
    vault = app.store.vault
    known = list(dict.fromkeys(vault.fingerprints))
    counts = app.store.sealed_with() if len(known) > 1 else {}
    keys = tuple(
        SealingKey(each, not n, counts.get(each, 0) if len(known) > 1 else None) for n, each in enumerate(known)
    )
    left = sum(number for each, number in counts.items() if each != known[0])
    return Encryption("environment" if vault.from_environment else "file", keys, left)


def check(app: App, *, new_key: bool) -> None:
    """ConfigError: there is nothing to do it with."""
    if new_key and app.store.vault.from_environment:
        raise ConfigError(
            "The keys come from GUESTLIST_SECRET_KEY: set it to NEW,OLD for the server and every worker, restart them, "
            "then seal again.",
            ("new_key",),
        )


def seal_again(app: App, *, new_key: bool, first: str = "") -> int:
    """Seal everything with the first key, or a new one; how many records. ``first``: the fingerprint that whoever asked
    knows as the first one. ConfigError: it is another here, or as ``check``.
    """
    check(app, new_key=new_key)
    if first and app.store.vault.fingerprints[0] != first:
        raise ConfigError(
            "This worker was started with another first key than the server: set GUESTLIST_SECRET_KEY alike for both "
            "and restart them. Nothing was sealed again."
        )
    return _sealed(app, new_key=new_key, left=0 if new_key else stands(app).left)


def rotate(app: App) -> int:
    """A new key, or the first of the environment's, which has to be a new one; then seal everything again."""
    return _sealed(app, new_key=True, left=0)


def _sealed(app: App, *, new_key: bool, left: int) -> int:
    before = _sealed_with(app)
    done = app.store.rotate(lambda count: app.progress("sealing records", count, max(left, count)), new_key=new_key)
    first = app.store.vault.fingerprints[0]
    both = {"before": before, "after": _sealed_with(app)}
    app.store.audit.add(app.who, "seal again", f"key {first}", app.clock.now(), **both, records=done, new_key=new_key)
    return done


def _sealed_with(app: App) -> dict[str, int]:
    """Which key seals how many records."""
    return {f"key {each}": number for each, number in sorted(app.store.sealed_with().items())}
