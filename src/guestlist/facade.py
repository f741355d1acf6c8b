"""Guestlist as a Python library: what ``guestlist.open(home)`` returns. The command line is a mirror of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from guestlist.app.results import (
    CheckReport,
    Explanation,
    PlanResult,
    Receipt,
    RejectedRow,
    RunRow,
    StatusRow,
    SyncResult,
)
from guestlist.ports import Progress


class Guestlist:
    """One home at work with one ``guestlist.yaml``. Raises ``guestlist.errors``; what is expected is in the results.

    Use it as a context manager: it holds a database and connections.
    """

    def close(self) -> None:
        """Let go of the database and of connections."""
        raise NotImplementedError

    def __enter__(self) -> Guestlist:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── connecting ───────────────────────────────────────────────────────────────────────────────────────────────
    def authorization(self, destination: str, redirect_url: str) -> tuple[str, str]:
        """The address to open in a browser and the ``state`` that must come back."""
        raise NotImplementedError

    def connect_code(self, destination: str, code: str, redirect_url: str) -> CheckReport:
        """Exchange the code LinkedIn sent back, check everything at once, and keep the credential."""
        raise NotImplementedError

    def connect_token(self, destination: str, response: Mapping[str, Any]) -> CheckReport:
        """The same with LinkedIn's token response JSON."""
        raise NotImplementedError

    def check(self, destination: str | None = None) -> list[CheckReport]:
        """Token, scopes, ad account, role, API version of one or all destinations of the file."""
        raise NotImplementedError

    # ── the line ─────────────────────────────────────────────────────────────────────────────────────────────────
    def plan(self, activation: str | None = None, progress: Progress | None = None) -> list[PlanResult]:
        """What a sync would do now; sends nothing."""
        raise NotImplementedError

    def write_linkedin_csv(self, folder: Path, activation: str | None = None) -> dict[str, list[Path]]:
        """Everyone wanted, as LinkedIn's own list templates; needs no connection."""
        raise NotImplementedError

    def sync(
        self,
        activation: str | None = None,
        *,
        allow_removals: int | None = None,
        resend: bool = False,
        new_snapshot: bool = False,
        progress: Progress | None = None,
    ) -> list[SyncResult]:
        """Plan, deliver, settle, fold; one activation, or all of the file."""
        raise NotImplementedError

    def work(self, progress: Progress | None = None) -> None:
        """Keep syncing on every activation's schedule until asked to stop."""
        raise NotImplementedError

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────
    def status(self, activation: str | None = None, *, live: bool = False) -> list[StatusRow]:
        """All activations, those not in the file included; ``live`` asks LinkedIn now."""
        raise NotImplementedError

    def runs(self, activation: str | None = None, limit: int = 20) -> list[RunRow]:
        """The latest runs, newest first."""
        raise NotImplementedError

    def rejected(self, activation: str) -> Iterator[RejectedRow]:
        """Every row that was not sent or that LinkedIn refused."""
        raise NotImplementedError

    def explain(self, activation: str, value: str, *, show: bool = False) -> Explanation:
        """Each step from a raw value to its digest, and what LinkedIn was told."""
        raise NotImplementedError

    # ── people's wishes ──────────────────────────────────────────────────────────────────────────────────────────
    def forget(self, values: Sequence[str]) -> Receipt:
        """REMOVE to every people segment of the store, and never added again. Values: addresses, digests, Google ids,
        ``primaryId:VALUE``."""
        raise NotImplementedError

    def receipts(self) -> list[Receipt]:
        """All receipts of forgetting, newest first."""
        raise NotImplementedError

    def unforget(self, values: Sequence[str]) -> int:
        """Undo: they may be added again by their lists; how many identifiers."""
        raise NotImplementedError

    def remove(self, activation: str, *, delete_segment: bool | None = None) -> str:
        """Stop an activation for good; None does what the file's ``on_delete`` says. One sentence of what was done."""
        raise NotImplementedError

    def rename(self, old: str, new: str) -> str:
        """Give an activation another name; its segment and ledger stay."""
        raise NotImplementedError

    # ── the store ────────────────────────────────────────────────────────────────────────────────────────────────
    def backup(self, file: Path, passphrase: str | None = None) -> str:
        """Write everything, encrypted and consistent, into one file."""
        raise NotImplementedError

    def rotate_secrets(self) -> str:
        """A new key, and everything sealed again with it."""
        raise NotImplementedError
