"""The fold: acknowledged events -> decisions about members, in one transaction a helping."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

import structlog

from guestlist.app.context import App
from guestlist.app.messages import Recent
from guestlist.app.streams import Listener, forgotten
from guestlist.events import acceptance, outcomes, posting
from guestlist.events.incoming import Event, Incoming, common_of, read
from guestlist.events.masking import kept, sample
from guestlist.events.outcomes import Outcome, bucket
from guestlist.events.posting import Posting
from guestlist.events.rules import IDENTIFYING, Decided, Filtered, Rejected, Verdict, decision, key_of
from guestlist.events.touched import pack_members, pack_sent
from guestlist.store.event_counts import NOBODY, Ends
from guestlist.store.event_members import NEVER, EventMember, MemberRows, Stamp

HELPING = 1 << 20  # bytes of the inbox that are folded in one transaction
LOCK = "fold"
log = structlog.get_logger("guestlist.fold")
KEPT = 50  # events of one helping and key that are kept, masked, until LinkedIn has answered
SAMPLED = 2  # events of one end that a helping keeps as samples
UNCOUNTED = 0.0  # the receipt of whoever is touched by events that have ended already


@dataclass(frozen=True)
class Ruling:
    """A decision about a member with its stamp and receipt."""

    decided: Decided
    stamp: Stamp
    received: float
    event: Event


@dataclass
class Helping:
    """What a helping of the inbox comes to, per audience key."""

    rulings: dict[int, list[Ruling]] = field(default_factory=lambda: defaultdict(list))  # position of the listener
    ends: Ends = field(default_factory=Counter)
    fresh: set[bytes] = field(default_factory=set)  # messages that decide for the first time
    samples: dict[tuple[int, Outcome, str], list[Event]] = field(default_factory=dict)
    events: int = 0

    def keep(self, listener: Listener, outcome: Outcome, code: str, event: Event) -> None:
        """A few of each kind of end are kept for people to look at."""
        for activation_id in listener.activations:
            kept = self.samples.setdefault((activation_id, outcome, code), [])
            if len(kept) < SAMPLED:
                kept.append(event)


@dataclass(frozen=True)
class Merged:
    """What one audience key comes to: rows to write, whom they touched (packed) and since when, ends of events."""

    rows: MemberRows
    touched: bytes
    count: int
    since: float
    sent: bytes
    ends: Ends


class Fold:
    """Folds the inbox of a store. One at a time per store: hold ``store.lock(LOCK)`` around ``step``."""

    def __init__(self, app: App) -> None:
        self.app, self.store = app, app.store
        self.more = False  # whether the last helping was as large as they are made, so that more probably waits
        self._recent = Recent(app.store)
        self._suppressed: tuple[tuple[int, int], frozenset[bytes]] = ((0, 0), frozenset())

    def step(self, listeners: Callable[[], list[Listener]]) -> int:
        """Fold one helping; how many events it held (0: the inbox is empty)."""
        letters = self.store.inbox.take(HELPING)
        if not letters:
            return 0
        self.more = sum(len(letter.data) for letter in letters) > HELPING // 2
        heard = listeners()
        self._recent.catch_up()
        helping = Helping()
        for letter in letters:
            place = 0
            for each in posting.decode(letter.data):
                place = self._take(helping, heard, each, letter.id, place)
        self._write(helping, heard, [letter.id for letter in letters])
        return helping.events

    # ── one posting ──────────────────────────────────────────────────────────────────────────────────────────────
    def _take(self, helping: Helping, heard: list[Listener], brought: Posting, arrival: int, place: int) -> int:
        common = common_of(brought)
        for raw in brought.events:
            incoming = _read_safely(raw, brought, common)
            helping.events += 1
            place += 1
            if isinstance(incoming, Incoming):
                self._event(helping, heard, brought, incoming, (incoming.at, arrival, place))
            else:
                helping.ends[NOBODY, bucket(brought.received_at), Outcome.REJECTED, incoming] += 1
        return place

    def _event(
        self, helping: Helping, heard: list[Listener], brought: Posting, incoming: Incoming, stamp: Stamp
    ) -> None:
        five, concerned = bucket(brought.received_at), False
        for number, listener in enumerate(heard):
            verdict = _judged_safely(listener, brought, incoming.event)
            if verdict is None:
                continue
            concerned = concerned or bool(listener.activations)
            if isinstance(verdict, Decided):
                if self._seen(helping, listener, brought.write_key, incoming.message):
                    _count(helping.ends, listener, five, Outcome.DUPLICATE)
                else:
                    helping.rulings[number].append(Ruling(verdict, stamp, brought.received_at, incoming.event))
            elif isinstance(verdict, Filtered):
                _count(helping.ends, listener, five, Outcome.FILTERED, verdict.code)
                helping.keep(listener, Outcome.FILTERED, verdict.code, incoming.event)
            else:
                _count(helping.ends, listener, five, Outcome.REJECTED, verdict.reason)
                helping.keep(listener, Outcome.REJECTED, verdict.reason, incoming.event)
        if not concerned:
            helping.ends[NOBODY, five, Outcome.FILTERED, outcomes.NO_MATCHING_MAPPING] += 1

    def _seen(self, helping: Helping, listener: Listener, write_key: str, message: str) -> bool:
        """Whether this very message decided before, as far as is remembered; one that was not committed did not. What
        said nothing may be sent again, once a mapping is mended.
        """
        if not message:
            return False
        mark = self._recent.mark(listener.key_id, write_key, message)
        if mark in self._recent or mark in helping.fresh:
            return True
        helping.fresh.add(mark)
        return False

    # ── all of a helping ─────────────────────────────────────────────────────────────────────────────────────────
    def _write(self, helping: Helping, heard: list[Listener], letters: list[int]) -> None:
        """All that takes long is done before the transaction, since flushes and receivers wait for its end. Nobody else
        writes members meanwhile but who forgets somebody: then it is done again inside.
        """
        merged = self._merged(helping, heard)
        with self.store.transaction():
            if merged:
                self.store.event_members.hold()
                if self.store.suppressions.version() != self._suppressed[0]:
                    merged = self._merged(helping, heard)
            for each in merged:
                self.store.event_members.save(each.rows, each.touched, each.count, each.since, each.sent)
                self.store.event_counts.add(each.ends)
            self.store.event_counts.add(helping.ends)
            for (activation_id, outcome, code), events in helping.samples.items():
                for event in events:
                    self.store.event_counts.sample(activation_id, outcome, code, self.app.clock.now(), sample(event))
            number = self._recent.write(helping.fresh)
            self.store.inbox.delete(letters)
        self._recent.came(number, helping.fresh)

    def _merged(self, helping: Helping, heard: list[Listener]) -> list[Merged]:
        suppressed = self._forgotten() if helping.rulings else frozenset()
        return [self._merge(heard[number], rulings, suppressed) for number, rulings in helping.rulings.items()]

    def _forgotten(self) -> frozenset[bytes]:
        """Whose traits must not rest."""
        if (version := self.store.suppressions.version()) != self._suppressed[0]:
            self._suppressed = version, self.store.suppressions.keys()
        return self._suppressed[1]

    def _merge(self, listener: Listener, rulings: list[Ruling], suppressed: frozenset[bytes]) -> Merged:
        ends: Ends = Counter()
        members = self.store.event_members.some(listener.key_id, {ruling.decided.member for ruling in rulings})
        latest: dict[bytes, Ruling] = {}
        grown: set[bytes] = set()  # an event that is too late to decide may say more of somebody all the same
        for ruling in rulings:
            name = ruling.decided.member
            member = members.setdefault(name, EventMember(name))
            if merge(member, ruling):  # however late it is
                grown.add(name)
            if ruling.stamp < member.stamp:
                _count(ends, listener, bucket(ruling.received), Outcome.SUPERSEDED)
                continue
            if (before := latest.get(name)) is not None:
                _count(ends, listener, bucket(before.received), Outcome.SUPERSEDED)
            latest[name] = ruling
        waiting = dict.fromkeys(grown, UNCOUNTED) | self._waiting(ends, listener, members, latest)
        if not listener.activations:  # none may be told; whichever may, some day, is compared with everybody first
            waiting = {}
        since = min((at for at in waiting.values() if at), default=self.app.clock.now())
        for member in members.values():
            if member.has_person and forgotten(member, suppressed):
                member.erase()
        rows = self.store.event_members.sealed(listener.key_id, members.values())
        touched = pack_members(waiting, listener.activations)
        return Merged(rows, touched, len(waiting), since, _sent(latest), ends)

    def _waiting(
        self, ends: Ends, listener: Listener, members: dict[bytes, EventMember], latest: dict[bytes, Ruling]
    ) -> dict[bytes, float]:
        """Whoever is to be compared with what LinkedIn was told, and since when."""
        waiting = {}
        for name, ruling in latest.items():
            reason = _nobody(members[name], ruling)
            end = (Outcome.REJECTED, reason) if reason else (Outcome.PENDING, "")
            _count(ends, listener, bucket(ruling.received), *end)
            waiting[name] = UNCOUNTED if reason else ruling.received
        return waiting


def _sent(latest: Mapping[bytes, Ruling]) -> bytes:
    """A few of the events that decide, so that a refusal by LinkedIn can be shown with what asked for it."""
    some = islice(latest.items(), KEPT)
    return pack_sent({name: kept(ruling.event) for name, ruling in some})


def _nobody(member: EventMember, ruling: Ruling) -> str:
    """Why nobody can be told of somebody who entered; "" somebody can."""
    if member.ids or not ruling.decided.wanted or not ruling.decided.unusable or b'"t"' in member.person:
        return ""
    return ruling.decided.unusable


def merge(member: EventMember, ruling: Ruling) -> bool:
    """Let a member know what an event says: the later stamp decides, identifiers are only ever added. Whether more is
    known of who it is. In any order of events the member ends the same.
    """
    decided, stamp = ruling.decided, ruling.stamp
    if stamp > member.stamp:
        member.wanted, member.stamp, member.changed = decided.wanted, stamp, True
    has_traits = b'"t"' in decided.person
    about, fresh = stamp if has_traits else NEVER, False  # a key alone never takes the place of traits
    if decided.person and (not member.has_person or about > member.person_stamp):
        member.describe(decided.person, about)
        fresh = True
    for identifier in decided.identifiers:
        if identifier.key16 not in member.ids:
            member.ids[identifier.key16] = identifier.type, identifier.value
            member.fresh_ids.add(identifier.key16)
            fresh = True
    return fresh


def _read_safely(raw: bytes, brought: Posting, common: Event | None) -> Incoming | str:
    """Or why it cannot be read."""
    try:
        return read(raw, brought, common) or acceptance.NO_OBJECT
    except Exception as error:
        log.warning("an event could not be read", door=brought.door, fault=type(error).__name__)
        return outcomes.INTERNAL


def _judged_safely(listener: Listener, brought: Posting, event: Event) -> Verdict | None:
    """An event that trips a fault of ours is rejected; it must not hold up all that come after it."""
    try:
        return judged(listener, brought, event)
    except Exception as error:
        log.warning("an event could not be judged", audience=listener.audience, fault=type(error).__name__)
        return Rejected(outcomes.INTERNAL)


def judged(listener: Listener, brought: Posting, event: Event) -> Verdict | None:
    """What an event says to an audience key; None: it does not listen to where the event came from."""
    if brought.write_key not in listener.write_keys:
        return None
    if brought.door == "members":
        return _told_by_api(listener, event) if brought.audience == listener.audience else None
    rule = listener.rule
    if rule.action == "auto" and event.get("type") != "record":
        found = key_of(event)
        if found is not None and found != rule.key:
            return Filtered(outcomes.FILTERED_AT_MAPPING)  # by far the most events, where many audiences share a source
    return rule.judge(event, brought.door)


def _told_by_api(listener: Listener, event: Event) -> Verdict:
    """The plain API names LinkedIn's fields, and no expression is between."""
    given, action = event.get("member"), event.get("action")
    if not isinstance(given, dict) or action not in ("add", "remove"):
        return Rejected("no member")
    cells = {name: found for name, value in given.items() if (found := _texts(value))}
    primary = cells.pop("primaryId", ())
    names = IDENTIFYING[listener.rule.members]
    ids = {name: found for name, found in cells.items() if name in names}
    traits = {f"{name}=": found for name, found in cells.items() if name not in names}
    return decision(listener.rule.members, ids, primary, traits, wanted=action == "add")


def _texts(value: object) -> tuple[str, ...]:
    values: Iterable[object] = value if isinstance(value, list) else (value,)
    return tuple(str(each)[:300] for each in values if isinstance(each, str | int | float) and str(each))


def _count(ends: Ends, listener: Listener, five: int, outcome: Outcome, code: str = "") -> None:
    for activation_id in listener.activations:
        ends[activation_id, five, outcome, code] += 1
