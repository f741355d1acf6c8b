"""Every seam of Guestlist: what the use cases need of the outside, and what each side promises.

Values that cross a seam are frozen dataclasses of plain types, so that a planner can live in another process.
Times are epoch seconds (float) unless a name says otherwise. Identifiers are ``core.identity.key16`` bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from guestlist.core.delivery import Answer
from guestlist.core.identity import Element, IdType, Kind
from guestlist.core.membership import Mode as Mode  # noqa: PLC0414 - part of this page
from guestlist.core.membership import Op as Op  # noqa: PLC0414 - part of this page
from guestlist.core.membership import State as State  # noqa: PLC0414 - part of this page
from guestlist.core.membership import Told as Told  # noqa: PLC0414 - part of this page
from guestlist.core.membership import Why as Why  # noqa: PLC0414 - part of this page
from guestlist.events.posting import Posting

Progress = Callable[[str, int, int], None]  # (what, done, of); of = 0: unknown


# ── clock ────────────────────────────────────────────────────────────────────────────────────────────────────────
class Clock(Protocol):
    """The time, and waiting for it. Tests move it; nothing else in the product knows what time it is."""

    def now(self) -> float:
        """Epoch seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait; may be woken early by a stop signal."""


# ── passwords ────────────────────────────────────────────────────────────────────────────────────────────────────
class Passwords(Protocol):
    """How passwords of users are kept."""

    def hashed(self, password: str) -> str:
        """What is kept: slow to make, with its salt and cost in it."""

    def matches(self, hashed: str | None, password: str) -> bool:
        """Whether it is the one. None matches nothing and takes as long."""

    def is_stale(self, hashed: str) -> bool:
        """Whether one would keep it otherwise today."""


# ── sources ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class CsvDialect:
    """How a text table is written, found by us and given to the reader explicitly (pitfall H11)."""

    delimiter: str
    quote: str = '"'
    header_rows: int = 1
    bom: bool = False


class Held:
    """Keeps something open for as long as anybody refers to it: the plain content of a sealed list, in memory only.
    ``fill``: brings bytes (from, to) of a list of which not all is there.
    """

    def __init__(self, close: Callable[[], None], fill: Callable[[int, int], None] | None = None) -> None:
        self._close, self._fill = close, fill

    @property
    def whole(self) -> bool:
        """Whether all of it is there."""
        return self._fill is None

    def fill(self, begin: int, end: int) -> None:
        """From now on these bytes are there; where they are not, there is nothing. StoreError."""
        if self._fill is not None:
            self._fill(begin, end)

    def __del__(self) -> None:
        self._close()


@dataclass(frozen=True)
class Scan:
    """A list that can be read: which files, how, with which columns, and which state of them this is.

    ``identity`` is (path, size, mtime_ns) per file; the planner checks it before and after each pass and raises
    SourceError when the list was replaced meanwhile. ``entries`` is the planner's own: further columns, each an entry
    of the list that a cell of another column holds: name -> (that column, which entry, from 1). ``orders`` names the
    files of tables without names of their own (csv, xlsx) whose columns stand in another order: path -> that order.
    ``identity`` may have another name than the path, for people; ``held``: what the paths lead to is there no longer
    than this. ``rows``: how many, of a single file that says so.
    """

    format: Literal["csv", "parquet", "jsonl", "xlsx"]
    paths: tuple[str, ...]
    columns: tuple[str, ...]
    identity: tuple[tuple[str, int, int], ...]
    dialect: CsvDialect | None = None
    entries: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    held: Held | None = field(default=None, compare=False, repr=False)
    rows: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class HeldList:
    """A list whose plain content is in memory: ``path`` leads there while ``held`` lives. ``format``: csv, tsv, ..."""

    path: str
    file_name: str
    format: str
    size: int
    written_ns: int
    held: Held


class Source(Protocol):
    """A list somebody keeps. ``open`` is called at the start of each plan."""

    def open(self) -> Scan:
        """Describe the list as it is now; SourceError when it is missing, stale, empty, ragged or unreadable."""

    def begin(self) -> Scan:
        """The same for its first rows only: of what is sealed no more is opened than they need. No plan reads it."""


# ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class LedgerPart:
    """One immutable piece of a ledger: the base, or a delta that wins over all parts before it.

    ``data`` is Arrow IPC stream bytes (small deltas, opened) or None; ``path`` a local Parquet file or None.
    ``read_as`` overlays the stored states without rewriting: ``not_told`` (new epoch: IN and UNSURE become NOT_TOLD
    and refusals are forgotten, OUT stays), ``unsure`` (restore: IN, OUT and UNSURE become UNSURE),
    ``again`` (refresh, resend: IN becomes UNSURE). Overlays already folded into a newer part do not apply to it.
    """

    seq: int
    rows: int
    path: str | None = None
    data: bytes | None = None
    read_as: Literal["as_is", "not_told", "unsure", "again"] = "as_is"


@dataclass(frozen=True)
class Exclusion:
    """The list of a remove_only activation, for the plan of the activation whose segment it thins out: whom it took
    out stays out as long as it names them. ``always``: also those it never took out (nobody was told anything yet).
    """

    scan: Scan
    mapping: Mapping[str, tuple[str, ...]]
    filter: str | None = None
    derive: bool = True
    always: bool = False


@dataclass(frozen=True)
class PlanRequest:
    """All that a plan depends on. ``mapping``: LinkedIn field -> source fields, in the order they are tried or sent.

    ``key`` seals values of names-only elements (AES-GCM). ``run`` numbers the run. ``now`` is epoch seconds.
    ``write`` False only counts. ``refused`` texts: reason number -> text, for rows LinkedIn refused earlier.
    """

    members: Kind
    scan: Scan
    mapping: Mapping[str, tuple[str, ...]]
    mode: Mode
    ledger: tuple[LedgerPart, ...]
    key: bytes
    run: int
    now: float
    folder: str  # where files may be written: 0700, under home
    filter: str | None = None
    derive: bool = True
    send_email: bool = True
    send_google_advertising_id: bool = True
    suppressed: tuple[bytes, ...] = ()  # key16 of forgotten identifiers: a row that carries one is rejected
    excluded: tuple[Exclusion, ...] = ()  # a row that carries an identifier they keep out is not wanted
    refused: Mapping[int, str] = field(default_factory=dict)
    rejected_before: str | None = None  # Parquet path of the last run's rejected rows, for `since`
    write: bool = True
    memory_limit: str = "1500MB"


@dataclass(frozen=True)
class Changes:
    """The elements of a run: REMOVE rows first, then ADD rows, then LABEL rows (never sent).

    Positions are row numbers from 0. Up to 5,000 rows they are ``data`` (Arrow IPC stream bytes), else ``path``
    (Parquet; temporary name in ``PlanRequest.folder``, not yet fsynced or published). Columns: docs/architecture.md.
    ``skip``: positions among the ADD rows that must not be sent (duplicates found while writing), sorted.
    """

    removes: int
    adds: int
    labels: int
    data: bytes | None = None
    path: str | None = None
    skip: Sequence[int] = ()


@dataclass(frozen=True)
class Rejected:
    """Rejected rows of a run: counts by reason, up to ten samples each (masked), and all of them in a Parquet file.

    File columns: row (int64, 1 = first data row; null: unknown), key (text, masked where it is an e-mail; null),
    reason (text), since (epoch seconds, double).
    """

    by_reason: Mapping[str, int]
    samples: Mapping[str, tuple[tuple[int | None, str | None], ...]]
    path: str | None = None


@dataclass(frozen=True)
class Counts:
    """What a plan found. rows = kept + filtered; kept = added + changed + unchanged + duplicates + rejected."""

    rows: int = 0  # readable rows of the list, before the filter
    filtered: int = 0  # not kept by the filter, or kept out by the list of a remove_only activation
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    removed: int = 0  # members that leave (what the guard counts)
    known: int = 0  # members (elements) told in before this run
    removed_before: int = 0  # of removed and of known: only told again that they are out (never answered, or restored)
    refused: int = 0  # of rejected: refused by LinkedIn earlier, unchanged since


LEAVING = 50  # of those whose removal waits for a person, how many are shown one by one


@dataclass(frozen=True)
class Plan:
    """What must change, written down but not yet durable."""

    counts: Counts
    changes: Changes
    rejected: Rejected
    notes: Mapping[str, int] = field(default_factory=dict)  # e.g. {"country dropped: not ISO 3166": 3}
    traits_in_clear: tuple[str, ...] = ()  # LinkedIn fields that would leave in clear
    identity: tuple[tuple[str, int, int], ...] = ()  # of the list that was planned from
    leaving: tuple[
        tuple[IdType, bytes], ...
    ] = ()  # up to LEAVING whom the guard counts: strongest id, as ``Known.value``
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What became of the positions [first, first+count) or of ``positions`` of a changes file.

    ``result``: accepted, unsure (sent, never answered) or void (never sent). ``refused``: position -> reason number,
    LinkedIn's refusals inside an accepted range; ``open``: positions inside it that were never answered; ``at``: when
    LinkedIn answered.
    """

    result: Literal["accepted", "unsure", "void"]
    first: int = 0
    count: int = 0
    positions: tuple[int, ...] = ()
    refused: Mapping[int, int] = field(default_factory=dict)
    open: tuple[int, ...] = ()
    at: float | None = None


@dataclass(frozen=True)
class FoldRequest:
    """Turn a run's changes and their outcomes into one ledger delta.

    LABEL rows always count as accepted. ``late``: the changes are of a stopped worker whose answer came too late:
    their identifiers become UNSURE while labels, fingerprints and owners that ``ledger`` knows stay.
    ``ledger`` is needed when the changes hold LABEL rows, and when late. A void ADD leaves no row, unless a REMOVE of
    its group was sent: what of it was in becomes UNSURE, because that REMOVE may have removed the person behind it.
    """

    changes: Changes
    outcomes: tuple[Outcome, ...]
    run: int
    now: float
    folder: str
    late: bool = False
    ledger: tuple[LedgerPart, ...] = ()


@dataclass(frozen=True)
class Delta:
    """A new ledger part: up to 5,000 identifiers as ``data`` (Arrow IPC), else a ``path`` (Parquet, not published).

    ``members_in``: how many members more are told in than without it (negative: fewer); of a merge: how many are.
    """

    rows: int
    members_in: int
    data: bytes | None = None
    path: str | None = None


@dataclass(frozen=True)
class Known:
    """What a ledger says of one identifier. ``value``: digest bytes or text bytes, sealed for NAMES."""

    id16: bytes
    id_type: IdType
    state: State
    owner16: bytes
    group16: bytes
    refused: int
    at: float
    run: int
    value: bytes


class Planner(Protocol):
    """Compares a list with a ledger. Every method is pure towards the store: it reads files and writes new ones into
    the folder it was given; publishing and recording them is the caller's. Raises SourceError (the list), ConfigError
    (mapping or filter against this list), StoreError (a ledger part that is missing or damaged).
    """

    def plan(self, request: PlanRequest, progress: Progress | None = None) -> Plan:
        """What must change. Writes changes and rejected rows when ``request.write``."""

    def fold(self, request: FoldRequest) -> Delta:
        """The delta of a run that closes."""

    def merge(self, ledger: Sequence[LedgerPart], folder: str) -> Delta:
        """All parts as one new base (overlays applied)."""

    def find(
        self,
        ledger: Sequence[LedgerPart],
        ids: Sequence[bytes] = (),
        owners: Sequence[bytes] = (),
        groups: Sequence[bytes] = (),
        sample: int = 0,
    ) -> list[Known]:
        """What is known of these identifiers, of all told in these elements, of all of these groups, or of so many
        elements that are in (always the same ones of the same ledger).
        """


# ── flushing ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Standing:
    """What a ledger says of one identifier, with all that a plan and a fold need. ``value``: as ``Known.value``."""

    told: Told
    run: int
    value: bytes


@dataclass(frozen=True)
class FlushRequest:
    """A part of an audience that shares nothing with the rest of it.

    ``rows``: every wanted member; whoever is rejected or suppressed is left out. ``known``: what ``relatives`` says of
    all their identifiers and of those whose member was touched. Both are closed: a member that carries any key of
    ``known`` (an identifier, its owner, its group) is in ``rows`` if it is wanted at all.
    ``key`` seals values of names-only elements. ``now`` is epoch seconds. ``removals`` False: a guard waits and nobody
    leaves; what a member that stays has shed goes on.
    """

    members: Kind
    rows: tuple[Element, ...]
    known: Mapping[bytes, Standing]
    key: bytes
    run: int
    now: float
    removals: bool = True


@dataclass(frozen=True)
class Flush:
    """What must change, always as ``changes.data``. Counts are of these rows and of what is known of them: ``rejected``
    are those LinkedIn refused earlier, and the plan has no rejected rows and no identity of a list.

    ``positions``: key16 of each identifier told -> where the changes tell it. ``leaving``: members that leave, also
    where ``removals`` holds them back (they are not in ``counts.removed`` then).
    """

    plan: Plan
    positions: Mapping[bytes, tuple[int, ...]]
    leaving: int


class Flusher(Protocol):
    """The small planner that streams use: no process, and what it costs is what a flush brings. May be called from
    several threads. Raises StoreError (a ledger part that is missing or damaged).
    """

    def relatives(self, ledger: Sequence[LedgerPart], ids: Collection[bytes]) -> dict[bytes, Standing]:
        """What the ledger knows of these identifiers and of all that share an owner or a group with them,
        transitively. An identifier that was never told may still be the owner or the group of others.
        """

    def forget(self, ledger: Sequence[LedgerPart]) -> None:
        """Keep nothing of these parts in memory: merged with others, they are asked for no more."""

    def pour(self, ledger: Sequence[LedgerPart], folder: str) -> Delta:
        """As ``Planner.merge``, of parts that are data and not many rows together; not of a base."""

    def plan(self, request: FlushRequest) -> Flush:
        """What must change: a mirror of these rows, as ``Planner.plan`` would find it among all others."""

    def fold(self, request: FoldRequest) -> Delta:
        """As ``Planner.fold``, for changes that are data; so is the delta, however many rows it has."""


# ── LinkedIn ─────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class SegmentSpec:
    """The segment an activation feeds."""

    account: str  # urn:li:sponsoredAccount:N
    name: str
    members: Kind
    source_segment_id: str
    source_platform: str
    description: str = ""


@dataclass(frozen=True)
class SegmentStatus:
    """What LinkedIn says of a segment. Counts are None while LinkedIn gives none."""

    segment_id: str
    name: str
    source_segment_id: str
    source_platform: str
    members: Kind | None
    status: str  # BUILDING, READY, UPDATING, ARCHIVED, EXPIRED, FAILED, ERROR, "" unknown
    input: int | None
    matched: int | None
    audience_size: int | None
    ad_segment: str | None  # urn:li:adSegment:N


@dataclass(frozen=True)
class Account:
    """What a token may do on an ad account."""

    member: str  # urn:li:person:X
    account: str
    name: str
    role: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Token:
    """LinkedIn's grant. ``minted`` and ends are epoch seconds; no refresh token is normal."""

    access_token: str = field(repr=False)
    expires_at: float
    minted_at: float
    refresh_token: str | None = field(default=None, repr=False)
    refresh_expires_at: float | None = None
    first_consent_at: float | None = None
    scope: str = ""


class Tokens(Protocol):
    """The credential of one destination, shared by all processes of a store."""

    def current(self) -> Token:
        """The token to use now; NeedsReauthorization when there is none that could work."""

    def refresh(self, stale: Token) -> Token:
        """Another token than ``stale``: refreshes once under a lock shared by all processes, or returns what another
        process refreshed meanwhile. NeedsReauthorization when the grant is gone, TryAgain during an outage.
        """


@dataclass(frozen=True)
class Encoded:
    """One request body ``{"elements": [...]}`` and the positions of the changes it tells, in its order."""

    body: bytes
    positions: tuple[int, ...]


@dataclass(frozen=True)
class Refusals:
    """Elements LinkedIn refused: how many were new, how many changed, and (row, key, reason) of each."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    rows: tuple[tuple[int | None, str | None, str], ...] = ()


@dataclass(frozen=True)
class Lists:
    """Lists written for an upload by hand, and how many members LinkedIn's template has no column for."""

    files: tuple[Path, ...]
    left_out: int = 0


RejectedBy = Literal["row", "key", "reason", "since"]


@dataclass(frozen=True)
class RejectedWish:
    """Which rejected rows: at most ``limit`` after ``skip``. ``reason``: "" any; ``search``: a part of a row's place,
    key or reason, in capitals or not. Those that lack what they are sorted by come last.
    """

    limit: int
    skip: int = 0
    reason: str = ""
    search: str = ""
    sort: RejectedBy = "row"
    descending: bool = False


RejectedLine = tuple[int | None, str | None, str, float]  # row, key, reason, since


class Elements(Protocol):
    """Reads the elements of a run where they lie and writes them in LinkedIn's words."""

    def encode(
        self, members: Kind, changes: Changes, positions: Sequence[int], suppressed: frozenset[bytes] = frozenset()
    ) -> Encoded:
        """The body for these positions, without ``changes.skip`` and without ADDs that carry a suppressed key16."""

    def keep(self, changes: Changes, positions: Sequence[int]) -> Changes:
        """The same rows as a small value of their own, for an answer that came too late."""

    def refusals(self, changes: Changes, reasons: Mapping[int, str]) -> Refusals:
        """The source rows behind refused positions (position -> text), for people to look at."""

    def add_rejected(self, before: str | None, refusals: Refusals, since: float, folder: Path) -> Path:
        """A new file of rejected rows in ``folder``: those of ``before`` and the refused ones (see ``Rejected``)."""

    def rejected(self, path: str) -> Iterator[RejectedLine]:
        """A file of rejected rows, in the order of the list."""

    def some_rejected(self, path: str, wish: RejectedWish) -> tuple[list[RejectedLine], int]:
        """Some of such a file, and how many the wish fits."""

    def removals(self, elements: Sequence[Sequence[Known]], doubtful: Sequence[Known] = ()) -> Changes:
        """Changes made of one REMOVE each, the strongest identifier first; ``doubtful``: relatives that may go with
        them, LABEL rows that make them unsure.
        """

    def write_members(
        self, widths: Mapping[str, int], rows: Iterable[Mapping[str, Sequence[str]]], folder: Path
    ) -> tuple[Scan, dict[str, tuple[str, ...]]]:
        """Rows (LinkedIn field -> texts, at most ``widths`` of each) as a list in ``folder``, and its mapping."""

    def write_lists(self, members: Kind, changes: Changes, folder: Path, name: str) -> Lists:
        """LinkedIn's own list template filled with the ADD rows."""


@dataclass(frozen=True)
class Reachable:
    """An ad account that a member has a role on. ``account`` is its urn; ``usable``: whether audiences may be managed
    with that role, and LinkedIn keeps any there, which it does not for a ``test`` account.
    """

    account: str
    name: str
    role: str
    usable: bool
    test: bool = False


class Destination(Protocol):
    """LinkedIn, as one ad account with one credential. Methods are synchronous, bounded by the total request deadline,
    and may be called from several threads. All but ``tell`` raise TryAgain, WaitsForLinkedIn, NeedsPerson,
    NeedsReauthorization or Refused; ``tell`` never raises: what happened to a batch is a value (core.delivery.Answer).
    """

    def check(self) -> Account:
        """Token, scopes, ad account and role; NeedsPerson names what is missing."""

    def reachable(self) -> list[Reachable]:
        """The ad accounts of the member, by name. None is normal at LinkedIn's Development tier."""

    def find_segments(self, account: str, source_segment_id: str | None = None) -> list[SegmentStatus]:
        """What LinkedIn's finder lists."""

    def create_segment(self, spec: SegmentSpec) -> str:
        """The new segment's id. Not idempotent: the caller serialises look-up and creation."""

    def get_segment(self, segment_id: str) -> SegmentStatus | None:
        """None: LinkedIn answers 404."""

    def rename_segment(self, segment_id: str, name: str) -> None:
        """A partial update of the name."""

    def delete_segment(self, segment_id: str) -> bool:
        """False: it was gone already."""

    def tell(self, segment_id: str, members: Kind, body: bytes, count: int) -> Answer:
        """Send one BATCH_CREATE of ``count`` elements to /users or /companies."""


class Door(Protocol):
    """LinkedIn's front door: who may speak for whom."""

    def destination(self, which: str | int) -> Destination:
        """LinkedIn as a connected destination of the store, by its name now or its number."""

    def another_account(self, which: str | int, account: str) -> AbstractContextManager[Destination]:
        """The same with another ad account than its own, while the block runs."""

    def trial(
        self, account: str, token: Token, renewed: Callable[[Token], None]
    ) -> AbstractContextManager[Destination]:
        """LinkedIn with a token that is not kept yet, while the block runs. One that has ended is refreshed where that
        is possible: ``renewed`` gets the token that takes its place.
        """

    def scopes(self) -> Sequence[str]:
        """What a person is asked to allow."""

    def authorization_url(self, redirect_url: str, state: str) -> str:
        """Where a person consents; ConfigError without a client id and secret."""

    def exchange_code(self, code: str, redirect_url: str) -> Token:
        """The token of a consent."""

    def token_from_response(self, response: Mapping[str, object]) -> Token:
        """LinkedIn's token response JSON as a token; ConfigError when it is none."""

    def close(self) -> None:
        """Close every kept connection."""


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Backlog:
    """What was acknowledged and is not folded yet. ``size`` in bytes; ``oldest``: epoch seconds, None: nothing."""

    rows: int
    events: int
    size: int
    oldest: float | None


class Postbox(Protocol):
    """Takes in what requests bring. Its methods may be called from any thread and wait for nothing but ``close``."""

    def submit(self, posting: Posting, failed: Mapping[str, int] = ...) -> Future[None]:
        """Keep it; the future is done once that is durable. ``failed``: reason -> how many events of the request could
        not be taken, counted in the same commit. TryAgain (raised, or in the future): nothing of it was kept because
        too much waits already; StoreError (in the future): nothing was kept because the database did not do it.
        """

    def backlog(self) -> Backlog:
        """What waits to be folded; asks the database. StoreError."""

    def close(self) -> None:
        """Make everything durable that was submitted, then take nothing more."""


# ── store ────────────────────────────────────────────────────────────────────────────────────────────────────────
class Lock(Protocol):
    """Exclusive across processes and threads, freed by the kernel when its holder dies; never a transaction."""

    def __call__(self, name: str, wait: bool = True) -> AbstractContextManager[bool]:
        """Hold the lock ``name``; yields False at once when ``wait`` is False and someone else holds it."""


class Vault(Protocol):
    """Encryption at rest: ``seal``/``open`` for small secrets and sealed columns; keys can be rotated."""

    def seal(self, plain: bytes) -> bytes:
        """AES-GCM with a key id in front."""

    def open(self, sealed: bytes) -> bytes:
        """StoreError when no key fits."""

    def seals_like(self, sealed: bytes) -> bool:
        """Whether ``seal`` uses the key that this was sealed with."""
