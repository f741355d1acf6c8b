"""Guestlist as a Python library: what ``guestlist.open(home)`` returns. The command line is a mirror of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from guestlist.app.results import (
    CheckReport,
    EventsReport,
    Explanation,
    KeyRow,
    PlanResult,
    Receipt,
    RejectedRow,
    RunRow,
    StatusRow,
    SyncResult,
)
from guestlist.errors import ConfigError, SourceError, StoreError
from guestlist.ports import Lists, Progress

if TYPE_CHECKING:
    from guestlist.app.context import App
    from guestlist.app.declared import Difference
    from guestlist.config import Config
    from guestlist.configuration import Configuration
    from guestlist.stream_worker import Beside


class Guestlist:
    """One home at work with one ``guestlist.yaml``. Raises ``guestlist.errors``; what is expected is in the results.

    Use it as a context manager: it holds a database and connections.
    """

    def __init__(self, app: App, file: Path | None, environ: Mapping[str, str]) -> None:
        self.app = app
        self._file, self._environ = file, environ
        self._config: Config | None = None
        self._heard: dict[str, frozenset[str]] = {}

    @cached_property
    def configuration(self) -> Configuration:
        """The file and what was made on the pages, read anew when either changed."""
        from guestlist.configuration import Configuration  # noqa: PLC0415 - slow to import

        may_be_missing = self._file is not None and self._file.name == "guestlist.yaml"
        return Configuration(self._file, self._environ, self.app.store.declared, may_be_missing=may_be_missing)

    @property
    def config(self) -> Config:
        """The configuration, read when it is first needed. ConfigError."""
        if self._config is None:
            self._config = self.configuration.current()
        return self._config

    def close(self) -> None:
        """Let go of the database and of connections."""
        self.app.door.close()
        self.app.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ── connecting ───────────────────────────────────────────────────────────────────────────────────────────────
    def authorization(self, destination: str, redirect_url: str) -> tuple[str, str]:
        """The address to open in a browser and the ``state`` that must come back."""
        from guestlist.app import connection  # noqa: PLC0415

        return connection.authorization(self.app, self.config, destination, redirect_url)

    def connect_code(self, destination: str, code: str, redirect_url: str) -> CheckReport:
        """Exchange the code LinkedIn sent back, check everything at once, and keep the credential."""
        from guestlist.app import connection  # noqa: PLC0415

        return connection.connect_code(self.app, self.config, destination, code, redirect_url)

    def connect_token(self, destination: str, response: Mapping[str, Any]) -> CheckReport:
        """The same with LinkedIn's token response JSON."""
        from guestlist.app import connection  # noqa: PLC0415

        return connection.connect_token(self.app, self.config, destination, response)

    def check(self, destination: str | None = None) -> list[CheckReport]:
        """Token, scopes, ad account, role, API version of one or all destinations of the file."""
        from guestlist.app import connection  # noqa: PLC0415

        return connection.check(self.app, self.config, destination)

    # ── the line ─────────────────────────────────────────────────────────────────────────────────────────────────
    def plan(self, activation: str | None = None, progress: Progress | None = None) -> list[PlanResult]:
        """What a sync would do now; sends nothing. Of several, one that cannot be planned is ``failed``."""
        from guestlist.app import activations, preview  # noqa: PLC0415

        app = self._app(progress)
        chosen = activations.chosen(self.config, activation)
        results = []
        for each in chosen:
            try:
                results.append(preview.plan(app, self.config, each))
            except (ConfigError, SourceError, StoreError) as error:
                if len(chosen) == 1:
                    raise
                results.append(PlanResult(each, state="failed", reason=str(error)))
        return results

    def write_linkedin_csv(self, folder: Path, activation: str | None = None) -> dict[str, Lists]:
        """Everyone wanted, as LinkedIn's own list templates; needs no connection."""
        from guestlist.app import activations, preview  # noqa: PLC0415

        chosen = activations.chosen(self.config, activation)
        return {each: preview.write_lists(self.app, self.config, each, folder) for each in chosen}

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
        from guestlist.app import activations, orders, retention  # noqa: PLC0415
        from guestlist.app.sync import Wish, sync  # noqa: PLC0415

        app, wish = self._app(progress), Wish(allow_removals, resend, new_snapshot)
        chosen = activations.chosen(self.config, activation)
        results = []
        for each in chosen:
            orders.given(app, each, wish)
            try:
                results.append(sync(app, self._reread, each, wish))
            except (ConfigError, StoreError) as error:  # one that cannot be does not keep the others
                if len(chosen) == 1:
                    raise
                results.append(SyncResult(each, state="failed", reason=str(error)))
        retention.collect(self.app, self.config)
        return results

    def work(self, progress: Progress | None = None, folds: Beside | None = None) -> None:
        """Keep syncing on every activation's schedule until asked to stop. ``folds``: a process for events; None: they
        are folded in this one.
        """
        from guestlist import worker  # noqa: PLC0415

        worker.work(self._app(progress), self._reread, folds)

    def fold(self) -> None:
        """Only fold events, until asked to stop."""
        from guestlist import stream_worker  # noqa: PLC0415

        stream_worker.fold(self.app, self.configuration.current)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────
    def status(self, activation: str | None = None, *, live: bool = False) -> list[StatusRow]:
        """All activations, those not in the file included; ``live`` asks LinkedIn now."""
        from guestlist.app import overview  # noqa: PLC0415

        names = None if activation is None else (activation,)
        return overview.status(self.app, self._config_if_there(), names, live=live)

    def runs(self, activation: str | None = None, limit: int = 20) -> list[RunRow]:
        """The latest runs, newest first."""
        from guestlist.app import overview  # noqa: PLC0415

        return overview.runs(self.app, activation, limit)

    def rejected(self, activation: str) -> Iterator[RejectedRow]:
        """Every row that was not sent or that LinkedIn refused."""
        from guestlist.app import overview  # noqa: PLC0415

        return overview.rejected(self.app, activation)

    def explain(self, activation: str, value: str, *, show: bool = False) -> Explanation:
        """Each step from a raw value to its digest, and what LinkedIn was told."""
        from guestlist.app import explain  # noqa: PLC0415

        return explain.explain(self.app, activation, value, show=show)

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────
    def events(self, activation: str | None = None, since: float = 0.0, until: float | None = None) -> EventsReport:
        """What became of every event received since ``since`` and before ``until`` (epoch seconds)."""
        from guestlist.app import event_view  # noqa: PLC0415

        declared: Iterable[str] = ()
        with suppress(ConfigError):  # what came can be looked at without a file, and with one that has a mistake
            declared = self.config.activations if self._file is not None else ()
        return event_view.events(self.app, activation, since, until, declared)

    def ingest(self, file: Path, write_key: str | None = None, progress: Progress | None = None) -> tuple[int, int]:
        """Take in a file of JSON lines, one event each; how many were taken, and how many could not be."""
        from guestlist.app import ingest  # noqa: PLC0415

        return ingest.ingest(self._app(progress), self.config, file, write_key)

    # ── people's wishes ──────────────────────────────────────────────────────────────────────────────────────────
    def forget(self, values: Sequence[str]) -> Receipt:
        """REMOVE to every people segment of the store, and never added again. Values: addresses, digests, Google ids,
        ``primaryId:VALUE``."""
        from guestlist.app import forget  # noqa: PLC0415

        return forget.forget(self.app, values)

    def receipts(self) -> list[Receipt]:
        """All receipts of forgetting, newest first."""
        from guestlist.app import forget  # noqa: PLC0415

        return forget.receipts(self.app)

    def unforget(self, values: Sequence[str]) -> int:
        """Undo: they may be added again by their lists; how many identifiers."""
        from guestlist.app import forget  # noqa: PLC0415

        return forget.undo(self.app, values)

    def deletes_segment(self, activation: str, delete_segment: bool | None = None) -> bool:
        """Whether ``remove`` would delete an audience at LinkedIn: a person should agree to that first."""
        from guestlist.app import ending  # noqa: PLC0415

        return ending.deletes_segment(self.app, self._config_if_there(), activation, delete_segment)

    def remove(self, activation: str, *, delete_segment: bool | None = None) -> str:
        """Stop an activation for good; None does what the file's ``on_delete`` says. One sentence of what was done."""
        from guestlist.app import ending  # noqa: PLC0415

        return ending.remove(self.app, self._config_if_there(), activation, delete_segment=delete_segment)

    def rename(self, old: str, new: str) -> str:
        """Give an activation another name; its segment and ledger stay."""
        from guestlist.app import ending  # noqa: PLC0415

        return ending.rename(self.app, self.configuration, old, new)

    def rename_destination(self, old: str, new: str) -> str:
        """The same with a destination; its credential stays, and what its activations told LinkedIn."""
        from guestlist.app import ending  # noqa: PLC0415

        return ending.rename_destination(self.app, self.configuration, old, new)

    # ── events ───────────────────────────────────────────────────────────────────────────────────────────────────
    def create_key(self, name: str) -> str:
        """A write key for senders of events, told only now; ConfigError when there is one of this name."""
        from guestlist.app import write_keys  # noqa: PLC0415

        return write_keys.create(self.app, name)

    def write_keys(self) -> list[KeyRow]:
        """All write keys by name, revoked ones too; never the keys themselves."""
        from guestlist.app import write_keys  # noqa: PLC0415

        return write_keys.all_of(self.app)

    def revoke_key(self, name: str) -> str:
        """Nothing more is taken with it; one sentence of what was done."""
        from guestlist.app import write_keys  # noqa: PLC0415

        return write_keys.revoke(self.app, name)

    def write_keys_of(self, audience: str) -> frozenset[str] | None:
        """Names of the write keys whose events count for an audience, in the file as it is, or as it was before its
        last mistake; None: no events feed an audience of this name.
        """
        with suppress(ConfigError):
            known = self._reread().audiences.items()
            self._heard = {
                name: frozenset(each.source.events.write_keys) for name, each in known if each.source.events is not None
            }
        return self._heard.get(audience)

    # ── the configuration ────────────────────────────────────────────────────────────────────────────────────────
    def export_configuration(self) -> str:
        """What was made on the pages or through the API, as the text of a file; "" when nothing was."""
        from guestlist.app import declared  # noqa: PLC0415

        return declared.export(self.app)

    def apply_configuration(self, file: Path, *, dry_run: bool = False) -> list[Difference]:
        """Take a file over: each of its objects becomes one of the pages, all or nothing. What changes, or would."""
        from guestlist.app import declared  # noqa: PLC0415

        return declared.apply(self.app, self.configuration, file, self._environ, dry_run=dry_run)

    # ── the store ────────────────────────────────────────────────────────────────────────────────────────────────
    def backup(self, file: Path, passphrase: str | None = None) -> str:
        """Write everything, encrypted and consistent, into one file. Without a passphrase only the keys of
        GUESTLIST_SECRET_KEY can seal it; ConfigError when they come from the home, which a backup has to outlive.
        """
        if passphrase is None and not self.app.store.vault.from_environment:
            raise ConfigError(
                "A backup needs a passphrase, since the key in this home may be lost with it: set "
                "GUESTLIST_BACKUP_PASSPHRASE, or run this on a terminal and type one. Nothing was written."
            )
        self.app.store.backup(file, passphrase)
        secret = "key that is first in GUESTLIST_SECRET_KEY" if passphrase is None else "passphrase"
        return f"Everything was written to {file}, encrypted. Keep the {secret}: without it nothing can be read."

    def rotate_secrets(self) -> str:
        """A new key, and everything sealed again with it."""
        from guestlist.app import encryption  # noqa: PLC0415

        encryption.rotate(self.app)
        return "A new key is in use, and everything was sealed again with it."

    def _config_if_there(self) -> Config | None:
        there = self._file is not None and self._file.exists()
        return self.config if there or self.app.store.declared.stamp()[0] else None

    def _reread(self) -> Config:
        """As it is now; while it has a mistake (ConfigError) or the file is gone, nothing is synced."""
        self._config = self.configuration.current()
        return self._config

    def _app(self, progress: Progress | None) -> App:
        return self.app if progress is None else replace(self.app, progress=progress)
