"""The store: everything Guestlist remembers, opened once per process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from guestlist.errors import ConfigError
from guestlist.ports import Clock
from guestlist.store import migrate
from guestlist.store.activations import Activations
from guestlist.store.api_tokens import ApiTokens
from guestlist.store.attempts import Attempts
from guestlist.store.audit import Audit
from guestlist.store.batches import Batches
from guestlist.store.consents import Consents
from guestlist.store.database import Database
from guestlist.store.declared import Declared
from guestlist.store.destinations import Destinations
from guestlist.store.drafts import Drafts
from guestlist.store.event_counts import EventCounts
from guestlist.store.event_members import EventMembers
from guestlist.store.files import COLLECTING, Files
from guestlist.store.forgetting import Receipts, Suppressions
from guestlist.store.inbox import Inbox
from guestlist.store.jobs import Jobs
from guestlist.store.last_events import LastEvents
from guestlist.store.ledgers import Ledgers
from guestlist.store.linkedin_app import LinkedInApp
from guestlist.store.locks import AdvisoryLocks, FileLocks, Locks
from guestlist.store.messages import Messages
from guestlist.store.meta import Meta
from guestlist.store.notices import Notices
from guestlist.store.pace import Paces
from guestlist.store.places import FolderPlace, Place, closed_to_others, private_folder
from guestlist.store.readings import Readings
from guestlist.store.reasons import Reasons
from guestlist.store.rejected import RejectedRuns
from guestlist.store.repeats import Repeats
from guestlist.store.retention import DETAILS, RUNS, Retention
from guestlist.store.rotate import reseal, sealed_with
from guestlist.store.runs import Runs
from guestlist.store.segments import Segments
from guestlist.store.sessions import Sessions
from guestlist.store.streams import Streams
from guestlist.store.suppression_lists import SuppressionLists
from guestlist.store.uploads import Uploads
from guestlist.store.users import Users
from guestlist.store.vault import KEY_FILE, Vault, open_vault
from guestlist.store.waiting_events import WaitingEvents
from guestlist.store.write_keys import WriteKeys

DATABASE = "guestlist.db"
_BESIDE = (f"{DATABASE}-{each}" for each in ("wal", "shm", "turn"))
HOME = frozenset({DATABASE, *_BESIDE, KEY_FILE, "locks", "work", "data", "cache"})


class SystemClock:
    """The real time."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Store:
    """SQL facts, immutable files, locks and secrets of one installation.

    Its attributes are small repositories, one noun each. Every call is a transaction of its own, unless it is made
    inside ``with store.transaction():``, which makes one of all of them (this thread only). Methods that change
    something under a condition return a bool: False means somebody else was faster and nothing happened. All may be
    used from several threads; after a fork the child opens its own connections.
    """

    def __init__(self, database: Database, locks: Locks, vault: Vault, files: Files, home: Path, clock: Clock) -> None:
        self.home, self.vault, self.files = home, vault, files
        self.database = database
        self._locks, self._clock = locks, clock
        self.meta = Meta(database, vault)
        self.linkedin_app = LinkedInApp(self.meta)
        self.destinations = Destinations(database, vault)
        self.activations = Activations(database, self.destinations)
        self.ledgers = Ledgers(database, vault, files)
        self.segments = Segments(database, self.ledgers)
        self.batches = Batches(database)
        self.runs = Runs(database, vault, files, self.ledgers, self.batches)
        self.attempts = Attempts(database, vault, self.ledgers)
        self.reasons = Reasons(database)
        self.rejected = RejectedRuns(database, files)
        self.receipts = Receipts(database)
        self.suppressions = Suppressions(database)
        self.notices = Notices(database)
        self.pace = Paces(database)
        self.audit = Audit(database)
        self.write_keys = WriteKeys(database)
        self.inbox = Inbox(database, vault)
        self.event_members = EventMembers(database, vault)
        self.event_counts = EventCounts(database, vault)
        self.last_events = LastEvents(database, vault)
        self.messages = Messages(database)
        self.waiting_events = WaitingEvents(database)
        self.streams = Streams(database)
        self.retention = Retention(database, locks)
        self.users = Users(database)
        self.sessions = Sessions(database)
        self.api_tokens = ApiTokens(database)
        self.declared = Declared(database, vault)
        self.readings = Readings(database)
        self.jobs = Jobs(database, vault)
        self.drafts = Drafts(database, vault)
        self.uploads = Uploads(database, files)
        self.suppression_lists = SuppressionLists(database, files)
        self.repeats = Repeats(database, vault)
        self.consents = Consents(database, vault)

    @property
    def store_id(self) -> str:
        """Eight lower-case base32 characters."""
        return self.meta.store_id

    def names_key(self) -> bytes:
        """32 bytes that seal names-only values inside ledger files (``ports.PlanRequest.key``); never rotated."""
        return self.meta.names_key

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All repository calls of this thread inside the block are committed together, or none. Keep it short: no
        network, no files, no locks. An exception undoes everything.
        """
        with self.database.write():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All reads of this thread inside the block see one state; nothing may be written in it."""
        with self.database.read():
            yield

    def lock(self, name: str, wait: bool = True, timeout: float | None = None) -> AbstractContextManager[bool]:
        """Exclusive across processes and threads (not re-entrant), freed by the kernel when its holder dies.

        Yields whether it is held: always, when it waits without ``timeout`` (seconds); else False means that someone
        else has it. Never inside a transaction.
        """
        if self.database.in_transaction:
            raise RuntimeError("a lock is taken before a transaction, never inside one")
        return self._locks.hold(name, wait, timeout)

    def lock_holder(self, name: str) -> str | None:
        """Who holds it, for people (``pid 123``); None: nobody."""
        return self._locks.holder(name)

    def rotate(self, sealed: Callable[[int], object] = lambda _: None, *, new_key: bool = True) -> int:
        """Seal everything in SQL with a new key; how many values. From the environment the keys are somebody else's:
        then it only seals with the first of them; ConfigError where there is only one. May be interrupted and repeated.
        Without ``new_key`` it only seals with the first one. ``sealed`` hears how many were, step by step.
        """
        if new_key and self.vault.from_environment and len(set(self.vault.secrets)) == 1:
            raise ConfigError(
                "GUESTLIST_SECRET_KEY holds one key, so there is none to change to: set it to NEW,OLD and rotate again."
            )
        with self.lock("rotate"):
            if new_key and not self.vault.from_environment:
                self.vault.add_key()
            return reseal(self.database, self.vault, sealed)

    def sealed_with(self) -> dict[str, int]:
        """Fingerprint of a key -> how many values it seals. It reads every sealed value's first bytes."""
        return sealed_with(self.database, self.vault)

    def backup(self, path: Path | str, passphrase: str | None = None) -> None:
        """Write an encrypted backup, consistent while workers run. With ``passphrase`` it opens anywhere; without, only
        where the store's own key is known (a key file that was lost with its machine opens nothing: ask for one).
        """
        from guestlist.store.backup import write_backup  # noqa: PLC0415 - seldom needed

        with self.lock(COLLECTING):  # dead files stay while they are read
            write_backup(self.database, self.vault, self.files, Path(path).absolute(), passphrase, self._clock.now())

    def checkpoint(self) -> None:
        """Spare those who commit waiting for the disk (``database.checkpoint``)."""
        self.database.checkpoint()

    def collect(self, details: float = DETAILS, runs: float = RUNS) -> int:
        """Delete what died an hour ago and what nobody will finish (``files.collect``); how many. Not in a backup. Rows
        about requests that are old enough go too (``retention.sweep``).
        """
        self.retention.sweep(self._clock.now(), details, runs)
        return self.files.collect()

    def close(self) -> None:
        """Close every connection."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def open_store(
    database_url: str | None,
    home: Path | str,
    data_url: str | None = None,
    vault: Vault | None = None,
    clock: Clock | None = None,
) -> Store:
    """Open the store, making or upgrading it when needed (StoreError when it is of a newer version).

    ``database_url`` None: SQLite under ``home``. ``data_url``: a folder or ``s3://bucket/prefix``, None: under
    ``home``. ``vault`` None: ``vault.open_vault(home)``.
    """
    home = home_folder(home)
    clock, vault = clock or SystemClock(), vault or open_vault(home)
    database = Database(database_url or f"sqlite:///{home / DATABASE}")
    try:
        locks = open_locks(database, home)
        migrate.upgrade(database, locks)
        files = Files(database, vault, open_place(data_url, home), home / "work", locks, clock)
        store = Store(database, locks, vault, files, home, clock)
        store.meta.make_identity()
        store.meta.check_key()
    except BaseException:
        database.close()
        raise
    return store


def home_folder(home: Path | str) -> Path:
    """The folder of the store with what must be in it, all 0700. What had to be done about one that others could read
    is said once: when it was closed, else when the store is made.
    """
    folder = private_folder(Path(home).expanduser().absolute())
    said, known = closed_to_others(folder, HOME), (folder / "locks").is_dir()
    if said and (not known or not folder.stat().st_mode & 0o077):
        logging.getLogger("guestlist.store").warning(said)
    for name in ("locks", "work"):
        private_folder(folder / name)
    return folder


def open_locks(database: Database, home: Path) -> Locks:
    """Files beside SQLite, the server's own locks on PostgreSQL."""
    return FileLocks(home / "locks") if database.is_sqlite else AdvisoryLocks(database)


def open_place(data_url: str | None, home: Path) -> Place:
    """A folder, or an object store behind a cache under home."""
    if data_url is not None and data_url.startswith("s3://"):
        from guestlist.store.objects import ObjectPlace  # noqa: PLC0415 - needs an extra

        return ObjectPlace(data_url, private_folder(home / "cache"))
    folder = Path(data_url.removeprefix("file://")) if data_url else home / "data"
    if "://" in str(data_url).removeprefix("file://"):
        raise ConfigError("GUESTLIST_DATA_URL is a folder or s3://bucket/prefix; nothing else is supported.")
    return FolderPlace(private_folder(folder.expanduser().absolute()))
