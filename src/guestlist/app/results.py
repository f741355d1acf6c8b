"""What the use cases answer: plain values with the field names that scripts rely on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from guestlist.events.outcomes import Outcome
from guestlist.events.pipeline import LOST, Stage, pipeline

EXIT_DONE, EXIT_FAILED, EXIT_USAGE, EXIT_PERSON, EXIT_REJECTED, EXIT_LINKEDIN = 0, 1, 2, 3, 4, 5

RunState = Literal["done", "frozen", "disabled", "waiting", "parked", "pending", "failed"]
"""How a sync ended. ``waiting``: for a person (removals). ``parked``: for a person (authorisation, role, version,
too many refused). ``pending``: for LinkedIn (day limit). ``disabled``: nothing is sent, nothing is lost."""

_EXITS: Mapping[str, int] = {
    "done": EXIT_DONE,
    "frozen": EXIT_DONE,
    "disabled": EXIT_DONE,
    "waiting": EXIT_PERSON,
    "parked": EXIT_PERSON,
    "pending": EXIT_LINKEDIN,
    "failed": EXIT_FAILED,
}
_URGENCY = (EXIT_FAILED, EXIT_PERSON, EXIT_LINKEDIN, EXIT_REJECTED)
EACH = 10  # samples of one way that events end


@dataclass(frozen=True)
class Guard:
    """The removal guard's view of a plan: members told in, members that would leave, and how many may. ``who``: up to
    ten of them where it trips; people by the beginning of a digest, since no more is known of them. No ``reason``
    names them: not everybody who may read that may see members.
    """

    known: int
    removals: int
    allowed: int
    trips: bool
    reason: str = ""
    who: tuple[str, ...] = ()


@dataclass(frozen=True)
class SyncResult:
    """One activation's sync. Wanted rows = added + changed + unchanged + duplicates + rejected: what the plan says of
    them, told by now or not.

    ``pending``: elements of the plan that LinkedIn has not answered yet and that go on by themselves; ``parked``: those
    that wait for a person; ``continued``: those of an earlier sync's plan that were answered in this one, beside the
    counts of its own. ``seconds``: wall clock. ``requests``: sent in this sync. ``run``: its number;
    None: it came to none.
    """

    activation: str
    segment_id: str | None = None
    added: int = 0
    removed: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    pending: int = 0
    parked: int = 0
    requests: int = 0
    seconds: float = 0.0
    state: RunState = "done"
    reason: str = ""
    label: str = ""  # what a person must see to: errors' labels, or "stale"
    who: tuple[str, ...] = ()  # up to ten of those whose removal waits for a person
    continued: int = 0
    run: int | None = None

    def json(self) -> dict[str, Any]:
        """The documented fields, plus ``state``, ``reason``, ``label``, ``who``, ``continued`` and ``run``."""
        return asdict(self)

    def exit_code(self, strict: bool = False) -> int:
        """The exit code this result asks for."""
        code = _EXITS[self.state]
        return EXIT_REJECTED if strict and not code and self.rejected else code


@dataclass(frozen=True)
class PlanResult:
    """What a sync would do now. Nothing is sent.

    ``seconds_at_limit``: time at LinkedIn's minute limit. ``mapping``: LinkedIn field -> source fields, as guessed,
    given or fixed at the first sync. ``in_clear``: LinkedIn fields whose values leave unhashed.
    """

    activation: str
    adds: int = 0
    removes: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)
    requests: int = 0
    seconds_at_limit: float = 0.0
    guard: Guard | None = None
    mapping: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_clear: tuple[str, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    state: RunState = "done"
    reason: str = ""
    advice: str = ""

    def json(self) -> dict[str, Any]:
        """The documented fields and more beside them."""
        return asdict(self)

    def exit_code(self) -> int:
        """3 where a sync would wait for a person."""
        return _EXITS[self.state]


def worst_exit(codes: list[int]) -> int:
    """Of several activations the first that applies of failed, waits for a person, waits for LinkedIn, rejected."""
    return next((code for code in _URGENCY if code in codes), max(codes, default=EXIT_DONE))


@dataclass(frozen=True)
class Mistake:
    """Why no run of an activation can begin: its LinkedIn audience is made of ``was``, and now ``now`` is said.
    ``what``: audience, destination, members, ad_account (its number), audience_key or mode.
    """

    what: str
    was: str
    now: str


@dataclass(frozen=True)
class StatusRow:
    """One activation as it stands. ``state``: in step, never synced, waiting, parked, pending, failed, lost,
    frozen, syncing, disabled, not in the file, removed. Counts are LinkedIn's, None while it gives none; ``as_of``
    epoch seconds of when LinkedIn said so; ``last_run`` epoch seconds of when the last run started.
    """

    activation: str
    state: str
    reason: str = ""
    segment_id: str | None = None
    linkedin_status: str = ""
    input: int | None = None
    matched: int | None = None
    audience_size: int | None = None
    as_of: float | None = None
    last_run: float | None = None
    destination: str = ""
    segment_name: str = ""
    told: int | None = None  # members LinkedIn was told, by our ledger
    campaign_manager: str = ""  # where Campaign Manager lists the audiences of its ad account
    next_run: float | None = None
    who: tuple[str, ...] = ()  # up to ten of those whose removal waits for a person
    works_until: float | None = None  # when a person has to have authorised its destination again
    authorization_ended: bool = False  # already, whatever that date says
    mistake: Mistake | None = None  # why no run can begin, until somebody mends it

    def json(self) -> dict[str, Any]:
        """The documented fields and more beside them."""
        return asdict(self)


@dataclass(frozen=True)
class Reached:
    """What became of the identities that a run dealt with, as Adobe counts them: received = activated + excluded +
    failed, always. ``activated``: added, changed or removed, and LinkedIn took it; ``excluded``: nobody could be told
    of the row, or they had asked to be forgotten; ``failed``: refused by LinkedIn, or the run ended without an answer.
    What has no answer yet is in none of them, and neither is what had nothing to tell.
    """

    activated: int = 0
    excluded: int = 0
    failed: int = 0

    @property
    def received(self) -> int:
        """All of them."""
        return self.activated + self.excluded + self.failed

    @property
    def rate(self) -> float | None:
        """Activated and excluded, as a share of those received; None: nobody was."""
        return (self.activated + self.excluded) / self.received if self.received else None

    def and_(self, other: Reached) -> Reached:
        """Both together."""
        return Reached(self.activated + other.activated, self.excluded + other.excluded, self.failed + other.failed)

    def json(self) -> dict[str, Any]:
        """All fields."""
        return {"received": self.received, **asdict(self), "activation_rate": self.rate}


@dataclass(frozen=True)
class Removals:
    """Removals that wait for a person: how many of ``known`` members would leave, how many may by themselves, and (of a
    stream) how many were ``gone`` within the day before. ``adds``, ``unchanged`` and ``rejected`` are of the plan that
    was stopped, None where it looked only at those whom events touched. ``who``: up to fifty of those who would leave,
    people by the beginning of a digest. ``at``: epoch seconds of the plan.
    """

    activation: str
    removals: int
    known: int
    allowed: int
    gone: int = 0
    adds: int | None = None
    unchanged: int | None = None
    rejected: int | None = None
    who: tuple[str, ...] = ()
    at: float | None = None

    def json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True)
class RunRow:
    """One run of an activation: ``SyncResult``'s fields plus ``run`` and ``started`` (epoch seconds) and those of
    ``Reached``. ``state``: as the last sync that carried it ended; ``syncing`` while one is at it, ``pending`` when one
    was interrupted. ``removed``: its activation is gone, nothing more is to be seen of it.
    """

    run: int
    started: float
    result: SyncResult
    reached: Reached = Reached()
    removed: bool = False

    def json(self) -> dict[str, Any]:
        """The documented fields."""
        return {**self.result.json(), "run": self.run, "started": self.started, **self.reached.json()}


@dataclass(frozen=True)
class RejectedRow:
    """A row that was not sent or that LinkedIn refused. ``key``: its primaryId, an e-mail masked; ``since`` epoch."""

    row: int | None
    key: str | None
    reason: str
    since: float

    def json(self) -> dict[str, Any]:
        """The documented fields."""
        return asdict(self)


@dataclass(frozen=True)
class Told:
    """What LinkedIn was told of one identifier of an activation."""

    id_type: str
    value: str  # digest or text, as sent
    state: str  # in, out, unsure, not told
    at: float | None
    run: int | None
    refused: str = ""


@dataclass(frozen=True)
class Explanation:
    """From a raw value to what LinkedIn knows. ``steps``: (what was done, the value then; masked unless shown)."""

    activation: str
    steps: tuple[tuple[str, str], ...]
    id_type: str = ""
    digest: str = ""
    reason: str = ""  # why the value cannot be used
    told: tuple[Told, ...] = ()
    forgotten: bool = False
    instead: str = ""  # what of a row that holds it may leave all the same, and how

    def json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True)
class Receipt:
    """What came of forgetting. ``values``: masked. ``segments``: (activation, segment id, state); answered, waiting, or
    unknown: nothing was told, since nobody of whom something could be told is known there. ``unknown``: those of the
    values that no identifier is known for anywhere.
    """

    id: int
    created: float
    state: Literal["complete", "incomplete", "undone"]
    values: tuple[str, ...]
    segments: tuple[tuple[str, str, str], ...]
    unknown: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True)
class KeyRow:
    """A write key, without the key. Times are epoch seconds; ``revoked`` None: it may be used."""

    name: str
    created: float
    revoked: float | None

    def json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True)
class CheckReport:
    """A destination's connection: ``problems`` is empty when everything is as it must be. Ends are epoch seconds.

    ``renews``: the access token is refreshed by itself. ``works_until``: when a person has to have authorised again.
    """

    destination: str
    ad_account: str
    account_name: str = ""
    member: str = ""
    role: str = ""
    scopes: tuple[str, ...] = ()
    token_ends: float | None = None
    refresh_ends: float | None = None
    api_version: str = ""
    api_version_days: int | None = None
    problems: tuple[str, ...] = ()
    renews: bool = False
    works_until: float | None = None

    def json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True)
class Connection:
    """How a destination is connected. ``state``: not connected, connected, parked (``label`` says what waits for a
    person), expired (the same before LinkedIn was asked: the date is past). ``ended``: the authorization is over,
    whatever the dates say that LinkedIn gave with it. ``soon``: it works, and a person has to authorise again within 30
    days. Times are epoch seconds; the rest as in ``CheckReport``.
    """

    state: Literal["not connected", "connected", "parked", "expired"]
    label: str = ""
    reason: str = ""
    member: str = ""
    account_name: str = ""
    role: str = ""
    authorised: float | None = None
    token_ends: float | None = None
    refresh_ends: float | None = None
    renews: bool = False
    works_until: float | None = None
    soon: bool = False
    ended: bool = False

    def json(self) -> dict[str, Any]:
        """All fields."""
        return asdict(self)


@dataclass(frozen=True)
class EventEnd:
    """How many events ended so. ``outcome``: see ``events.outcomes``; ``code``: a discard code, a reason, "" none."""

    outcome: str
    code: str
    events: int


@dataclass(frozen=True)
class EventsRow:
    """The events of one activation ("": those that concern none). Received = the sum of all ends, always.

    ``p95_seconds``: from receipt to LinkedIn's answer, of what was delivered; None: nothing was.
    """

    activation: str
    p95_seconds: float | None
    ends: tuple[EventEnd, ...]

    @property
    def received(self) -> int:
        """Events that came."""
        return sum(end.events for end in self.ends)

    @property
    def delivered(self) -> int:
        """Events that LinkedIn took."""
        return sum(end.events for end in self.ends if end.outcome == Outcome.DELIVERED)

    @property
    def not_delivered(self) -> int:
        """Events that were meant to be told and never will be."""
        return sum(end.events for end in self.ends if end.outcome in LOST)

    @property
    def stages(self) -> tuple[Stage, ...]:
        """Their way from received to delivered."""
        return pipeline((end.outcome, end.code, end.events) for end in self.ends)

    def json(self) -> dict[str, Any]:
        """``outcomes`` adds up ``ends`` by outcome."""
        outcomes: dict[str, int] = {}
        for end in self.ends:
            outcomes[end.outcome] = outcomes.get(end.outcome, 0) + end.events
        shown = {"received": self.received, "delivered": self.delivered, "not_delivered": self.not_delivered}
        return {**asdict(self), **shown, "outcomes": outcomes, "stages": [asdict(each) for each in self.stages]}


@dataclass(frozen=True)
class Stretch:
    """Events received within some minutes from ``at`` (epoch seconds) on, how many of them were delivered by now, and
    how many never will be.
    """

    at: float
    received: int
    delivered: int
    not_delivered: int


@dataclass(frozen=True)
class EventSample:
    """One event, masked: ``data`` holds ``sent``, ``request`` and ``response``, None where there is none."""

    activation: str
    outcome: str
    code: str
    at: float
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Alike:
    """Samples of events that ended the same way, newest first."""

    outcome: str
    code: str
    samples: tuple[EventSample, ...]


def alike(samples: Iterable[EventSample]) -> list[Alike]:
    """Each way that events ended, with its newest samples, ``EACH`` at most; ordered as it was first met."""
    found: dict[tuple[str, str], list[EventSample]] = {}
    for each in samples:
        found.setdefault((str(each.outcome), each.code), []).append(each)
    return [Alike(outcome, code, tuple(each[:EACH])) for (outcome, code), each in found.items()]


@dataclass(frozen=True)
class EventsReport:
    """``waiting``: events that were acknowledged and not folded yet; ``oldest_seconds``: how long the oldest waits."""

    activations: tuple[EventsRow, ...]
    samples: tuple[EventSample, ...]
    waiting: int
    oldest_seconds: float | None

    def json(self) -> dict[str, Any]:
        """For scripts."""
        return {**asdict(self), "activations": [row.json() for row in self.activations]}
