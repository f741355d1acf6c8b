"""Desired against told: who is who, and what must be told, removed or only written down.

This is the reference: plain Python over dictionaries, small enough to be read as the rule itself. The planner does the
same in SQL over millions of rows and is held equal to it by tests.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Literal, Protocol

from guestlist.core.identity import Element, IdType, Traits

Mode = Literal["mirror", "add_only", "remove_only", "snapshot"]
Result = Literal["accepted", "unsure", "open", "void"] | int  # int: refused, the number of LinkedIn's reason

RETRY_REFUSED_REMOVAL = 24 * 3600.0  # seconds: a refused removal has no row that could ever change


class State(IntEnum):
    """What LinkedIn was told of an identifier, as far as we know; the number is stored."""

    NONE = 0  # never told (only a label, or refused at its first telling)
    IN = 1
    OUT = 2
    UNSURE = 3  # may have been told, never answered: tell it again, whichever way it is wanted now
    NOT_TOLD = 4  # was in, in a segment that is gone: nothing is known by the new one


class Op(IntEnum):
    """What a row of a changes file does."""

    REMOVE = 1
    ADD = 2
    LABEL = 3  # told to nobody: only our own records change (groups, owners, fingerprints of another kind)


class Why(IntEnum):
    """Why an element is told; what people see counted."""

    NEW = 1  # ADD: none of its identifiers was in          -> added
    CHANGED = 2  # ADD: one was in (or its primaryId's element was), something differs -> changed
    AGAIN = 3  # ADD: told before, told again (a removal of a relative, refresh, resend, unsure) -> changed
    LEFT = 4  # REMOVE: a member that no row wants          -> removed (what the guard counts)
    SHED = 5  # REMOVE: an identifier of a member that stays (changed e-mail, toggle off) -> not counted


MAY_BE_IN = (State.IN, State.UNSURE)


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Told:
    """What the ledger says of one identifier. ``fp`` 0: its last telling was a removal, or it was never told."""

    id_type: IdType
    state: State
    owner: bytes
    group: bytes
    fp: int = 0
    kind: int = 1
    refused: int = 0
    at: float = 0.0


Ledger = Mapping[bytes, Told]


class Prints(Protocol):
    """The hash that fingerprints are made of; another ``kind`` is another hash."""

    kind: int

    def traits(self, traits: Traits) -> int:
        """64 bits that sort traits: the more of them, the smaller."""

    def identifier(self, id16: bytes) -> int:
        """64 bits."""


class Sha256Prints:
    """Prints that need nothing but the standard library."""

    kind = 1

    def traits(self, traits: Traits) -> int:  # noqa: D102 - see Prints
        text = repr(sorted(traits.items())).encode()
        return (15 - len(traits)) << 60 | int.from_bytes(hashlib.sha256(text).digest()[:8]) >> 4

    def identifier(self, id16: bytes) -> int:  # noqa: D102 - see Prints
        return int.from_bytes(hashlib.sha256(id16).digest()[:8])


@dataclass(frozen=True)
class Change:
    """One row of a changes file: identifiers with their state before, strongest first; labels only with ADD."""

    op: Op
    why: Why | None
    ids: tuple[tuple[bytes, IdType, State], ...]
    owner: bytes
    group: bytes
    fp: int = 0
    traits: Traits = field(default_factory=dict)


@dataclass
class Member:
    """Rows with the same strongest identifier."""

    strongest: bytes
    ids: dict[bytes, IdType] = field(default_factory=dict)
    primaries: set[bytes] = field(default_factory=set)
    traits: Traits = field(default_factory=dict)
    print: int = 1 << 64
    rows: int = 0


@dataclass
class Wanted:
    """An element as it should be: what one member keeps, and what the ledger makes of that."""

    member: Member
    ids: tuple[bytes, ...]
    primaries: tuple[bytes, ...] = ()
    fp: int = 0
    group: bytes = b""
    why: Why | None = None  # None: not told
    refused: int = 0

    @property
    def owner(self) -> bytes:
        """Every element of a member is told in the member's name."""
        return self.member.strongest


@dataclass(frozen=True)
class Decided:
    """All that a plan finds, in no particular order."""

    changes: tuple[Change, ...]
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    refused: int = 0
    removed: int = 0
    known: int = 0


# ── who is who ───────────────────────────────────────────────────────────────────────────────────────────────────
def members(rows: Iterable[Element], prints: Prints) -> dict[bytes, Member]:
    """Rows by their strongest identifier. The traits of one of them count: the most, then the smallest print."""
    found: dict[bytes, Member] = {}
    for row in rows:
        strongest = row.identifiers[0].key16
        member = found.setdefault(strongest, Member(strongest))
        member.rows += 1
        member.ids |= {i.key16: i.type for i in row.identifiers}
        if row.primary:
            member.primaries.add(row.primary.key16)
        if (mark := prints.traits(row.traits)) < member.print:
            member.print, member.traits = mark, row.traits
    return found


def owners(carried: Mapping[bytes, Collection[bytes]], ledger: Ledger) -> dict[bytes, bytes]:
    """identifier -> the member that keeps it. ``carried``: member (by its strongest) -> identifiers.

    It stays with the element it was told in while a member still carries both; an identifier never told counts as told
    by itself, so that a member's strongest stays with it. Several: the member of that very name, else the smallest.
    """
    carriers: dict[bytes, list[bytes]] = defaultdict(list)
    for strongest, ids in carried.items():
        for id16 in ids:
            carriers[id16].append(strongest)
    return {id16: _keeper(id16, by, carried, ledger) for id16, by in carriers.items()}


def _keeper(id16: bytes, by: Sequence[bytes], carried: Mapping[bytes, Collection[bytes]], ledger: Ledger) -> bytes:
    told = ledger[id16].owner if id16 in ledger else id16
    both = [strongest for strongest in by if told in carried[strongest]]
    return min(both or by, key=lambda strongest: (strongest != told, strongest))


def elements(found: Mapping[bytes, Member], ledger: Ledger, prints: Prints) -> list[Wanted]:
    """What each member keeps; a member that keeps nothing is a duplicate and has none."""
    keeper = owners({s: m.ids for s, m in found.items()}, ledger)
    kept: dict[bytes, list[bytes]] = defaultdict(list)
    for id16, strongest in keeper.items():
        kept[strongest].append(id16)
    wanted = [Wanted(found[s], ids) for s, all_ids in kept.items() for ids in _split(found[s], all_ids)]
    labels = _primaries({m.strongest: m for m in found.values()}, keeper, ledger)
    mains = set()
    for element in wanted:
        element.fp = element.member.print
        for id16 in element.ids:
            element.fp ^= prints.identifier(id16)
        if element.owner not in mains:
            mains.add(element.owner)
            element.primaries = tuple(sorted(labels[element.owner]))
    return wanted


def _split(member: Member, ids: Sequence[bytes]) -> Iterator[tuple[bytes, ...]]:
    """One element for a person. A company's holds one value per type; further values are elements of their own."""
    ranked = sorted(ids, key=lambda i: (member.ids[i], i != member.strongest, i))
    if member.ids[member.strongest] < IdType.ORGANIZATION_URN:
        yield tuple(ranked)
        return
    main = {member.ids[i]: i for i in reversed(ranked)}
    yield tuple(i for i in ranked if main[member.ids[i]] == i)
    yield from ((i,) for i in ranked if main[member.ids[i]] != i)


def _primaries(found: Mapping[bytes, Member], keeper: Mapping[bytes, bytes], ledger: Ledger) -> dict[bytes, set[bytes]]:
    """member -> the primaryIds it keeps. A duplicate's go to the member that keeps its strongest identifier."""
    carried: dict[bytes, set[bytes]] = defaultdict(set)
    for strongest, member in found.items():
        empty = all(keeper[i] != strongest for i in member.ids)
        carried[keeper[strongest] if empty else strongest] |= member.primaries
    both = {s: carried[s] | found[s].ids.keys() for s in carried}
    keeps: dict[bytes, set[bytes]] = defaultdict(set)
    for primary, strongest in owners(both, ledger).items():
        if primary in carried[strongest]:
            keeps[strongest].add(primary)
    return keeps


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────
class Groups:
    """Union-find over keys. A group is named by the smallest key of its best rank (0: a label in the ledger)."""

    def __init__(self) -> None:
        self._up: dict[bytes, bytes] = {}
        self._rank: dict[bytes, int] = {}

    def add(self, key: bytes, rank: int) -> None:
        """Know a key."""
        self._up.setdefault(key, key)
        self._rank[key] = min(rank, self._rank.get(key, rank))

    def join(self, one: bytes, other: bytes) -> None:
        """Make their groups one."""
        a, b = self.of(one), self.of(other)
        best, worse = sorted((a, b), key=lambda key: (self._rank[key], key))
        self._up[worse] = best

    def of(self, key: bytes) -> bytes:
        """The name of its group."""
        while (up := self._up.get(key, key)) != key:
            key = up
        return key


def groups(found: Iterable[Member], ledger: Ledger) -> Groups:
    """What the ledger ever joined, and what these rows join."""
    joined = Groups()
    for told in ledger.values():
        joined.add(told.group, 0)
    nodes = [(m.strongest, {i: _node(i, ledger) for i in (*m.ids, *m.primaries)}) for m in found]
    for strongest, of in nodes:
        for id16, node in of.items():
            joined.add(node, 0 if id16 in ledger else 1 if id16 == strongest else 2)
    for strongest, of in nodes:
        for node in of.values():
            joined.join(of[strongest], node)
    return joined


# ── what must be told ────────────────────────────────────────────────────────────────────────────────────────────
def plan(
    rows: Iterable[Element],
    ledger: Ledger,
    mode: Mode = "mirror",
    now: float = 0.0,
    prints: Prints | None = None,
    suppressed: Collection[bytes] = (),
) -> Decided:
    """What closes the difference between the rows (none of them rejected) and the ledger."""
    prints = prints or Sha256Prints()
    found = members(rows, prints)
    if mode == "remove_only":
        return _remove_only(found, ledger, groups((), ledger), now)
    joined = groups(found.values(), ledger)
    wanted = elements(found, ledger, prints)
    carried = {i for m in found.values() for i in (*m.ids, *m.primaries)}
    for element in wanted:
        element.group = joined.of(_node(element.owner, ledger))
        _judge(element, ledger, prints.kind)
    gone = [i for i in ledger if i not in carried]
    removals = _removals(gone, carried, ledger, joined, now) if mode in ("mirror", "snapshot") else []
    _tell_relatives_again(wanted, {change.group for change in removals})
    refills = _refills(gone, ledger, joined, suppressed, prints) if mode == "add_only" else []
    adds = [_add(element, ledger) for element in wanted if element.why]
    changes = (*removals, *adds, *refills, *_labels(wanted, ledger, joined, prints.kind))
    return _count(changes, found, wanted, ledger)


def _node(id16: bytes, ledger: Ledger) -> bytes:
    return ledger[id16].group if id16 in ledger else id16


def _judge(element: Wanted, ledger: Ledger, kind: int) -> None:
    """Why this element must be told; nothing when LinkedIn has it as it is, or has refused it as it is."""
    told = [ledger[i] for i in element.ids if i in ledger]
    complete = len(told) == len(element.ids)
    if complete and all(t.refused and t.fp == element.fp and t.kind == kind for t in told):
        element.refused = max(t.refused for t in told)
    elif not any(t.state in MAY_BE_IN for t in told):
        keys = [ledger[p].owner for p in element.primaries if p in ledger]
        was_in = any(key in ledger and ledger[key].state in MAY_BE_IN for key in keys)
        element.why = Why.CHANGED if was_in else Why.NEW
    elif not complete or any(not _same(t, element, kind) for t in told):
        element.why = Why.CHANGED
    elif any(t.state is State.UNSURE for t in told):
        element.why = Why.AGAIN


def _same(told: Told, element: Wanted, kind: int) -> bool:
    """A fingerprint of another kind counts as equal, except after a refusal: that is worth another try."""
    if told.state not in MAY_BE_IN or told.fp == 0:
        return False
    return told.fp == element.fp and not told.refused if told.kind == kind else not told.refused


def _tell_relatives_again(wanted: Iterable[Wanted], removed: Collection[bytes]) -> None:
    """LinkedIn may have removed the person behind a removed identifier: whoever was ever joined with it comes back."""
    for element in wanted:
        if element.group in removed and not element.why and not element.refused:
            element.why = Why.AGAIN


def _add(element: Wanted, ledger: Ledger) -> Change:
    ids = [(i, element.member.ids[i]) for i in element.ids] + [(p, IdType.PRIMARY) for p in element.primaries]
    told = tuple((i, t, ledger[i].state if i in ledger else State.NONE) for i, t in ids)
    return Change(Op.ADD, element.why, told, element.owner, element.group, element.fp, element.member.traits)


def _removals(
    gone: Iterable[bytes], carried: Collection[bytes], ledger: Ledger, joined: Groups, now: float
) -> list[Change]:
    """Identifiers that no row carries any more, one element per owner they were told by."""
    stays = {told.owner for id16, told in ledger.items() if id16 in carried}
    return _remove([i for i in gone if _removable(ledger[i], now)], stays, ledger, joined)


def _removable(told: Told, now: float) -> bool:
    waits = told.refused and told.fp == 0 and now - told.at <= RETRY_REFUSED_REMOVAL
    return _may_be_in(told) and not waits


def _may_be_in(told: Told) -> bool:
    return told.id_type is not IdType.PRIMARY and told.state in MAY_BE_IN


def _remove(ids: Iterable[bytes], stays: Collection[bytes], ledger: Ledger, joined: Groups) -> list[Change]:
    changes = []
    for owner, rest in _by_owner(ids, ledger):
        told = tuple((i, ledger[i].id_type, ledger[i].state) for i in rest)
        group = joined.of(ledger[rest[0]].group)
        changes.append(Change(Op.REMOVE, Why.SHED if owner in stays else Why.LEFT, told, owner, group))
    return changes


def _by_owner(ids: Iterable[bytes], ledger: Ledger) -> Iterator[tuple[bytes, list[bytes]]]:
    """Identifiers that can stand in one element: one owner, one group; for companies one value per type."""
    piles: dict[tuple[bytes, bytes, int], list[bytes]] = defaultdict(list)
    seen: dict[tuple[bytes, bytes, IdType], int] = defaultdict(int)
    for id16 in sorted(ids, key=lambda i: (ledger[i].id_type, i)):
        told = ledger[id16]
        key = told.owner, told.group, told.id_type
        rank = seen[key] if told.id_type >= IdType.ORGANIZATION_URN else 0
        seen[key] += 1
        piles[told.owner, told.group, rank].append(id16)
    yield from ((owner, ids) for (owner, _, _), ids in piles.items())


def _remove_only(found: Mapping[bytes, Member], ledger: Ledger, joined: Groups, now: float) -> Decided:
    """The list names who must go: what is in is removed, what is unknown or out already is left alone."""
    named = {i for member in found.values() for i in member.ids}
    going = {i for i in named if i in ledger and _removable(ledger[i], now)}
    stays = {told.owner for i, told in ledger.items() if i not in going and _may_be_in(told)}
    removals = _remove(going, stays, ledger, joined)
    changes = (*removals, *_doubts({change.group for change in removals}, going, ledger))
    return _count(changes, found, (), ledger)


def _doubts(shaken: Collection[bytes], going: Collection[bytes], ledger: Ledger) -> Iterator[Change]:
    """Relatives of what goes may go with it, and nobody is added here: whoever wants them in tells them again."""
    for id16, told in ledger.items():
        if told.group in shaken and told.state is State.IN and id16 not in going:
            yield Change(Op.LABEL, None, ((id16, told.id_type, State.UNSURE),), told.owner, told.group)


def _refills(
    gone: Iterable[bytes], ledger: Ledger, joined: Groups, suppressed: Collection[bytes], prints: Prints
) -> list[Change]:
    """add_only: whoever was ever added must be in, also when the row has left and only the ledger remembers.

    Only what was last told as an ADD (``fp`` is not 0): a removal that was never answered is not turned round.
    """
    forgotten = {ledger[i].owner for i in suppressed if i in ledger}
    waits = [i for i in gone if ledger[i].state in (State.NOT_TOLD, State.UNSURE) and _last_added(ledger[i])]
    ids = [i for i in waits if ledger[i].id_type is not IdType.PRIMARY and ledger[i].owner not in forgotten]
    changes = []
    for owner, rest in _by_owner(ids, ledger):
        told = tuple((i, ledger[i].id_type, ledger[i].state) for i in rest)
        fp = prints.traits({})
        for id16 in rest:
            fp ^= prints.identifier(id16)
        group = joined.of(ledger[rest[0]].group)
        changes.append(Change(Op.ADD, Why.AGAIN, told, owner, group, fp))
    return changes


def _last_added(told: Told) -> bool:
    return told.fp != 0 and not told.refused


def _labels(wanted: Iterable[Wanted], ledger: Ledger, joined: Groups, kind: int) -> Iterator[Change]:
    """Our own records only: groups that grew together, and elements that stay but are written down otherwise."""
    owner: dict[bytes, tuple[bytes, int]] = {}  # identifiers of elements that stay -> owner, fingerprint to refresh
    fresh: dict[bytes, tuple[bytes, bytes]] = {}  # primaryIds seen for the first time -> owner, group
    for element in (e for e in wanted if not e.why):
        for id16 in element.ids:
            other_kind = ledger[id16].kind != kind and not element.refused
            owner[id16] = element.owner, element.fp if other_kind else 0
        for primary in element.primaries:
            owner[primary] = element.owner, 0
            if primary not in ledger:
                fresh[primary] = element.owner, element.group
    for id16, (by, group) in fresh.items():
        yield Change(Op.LABEL, None, ((id16, IdType.PRIMARY, State.NONE),), by, group)
    for id16, told in ledger.items():
        by, fp = owner.get(id16, (told.owner, 0))
        if (group := joined.of(told.group)) != told.group or by != told.owner or fp:
            yield Change(Op.LABEL, None, ((id16, told.id_type, told.state),), by, group, fp)


def _count(
    changes: tuple[Change, ...], found: Mapping[bytes, Member], wanted: Iterable[Wanted], ledger: Ledger
) -> Decided:
    """Rows count by their member; whoever keeps nothing is a duplicate, and so is every further row of a member."""
    by_member: dict[bytes, list[Wanted]] = defaultdict(list)
    for element in wanted:
        by_member[element.owner].append(element)
    verdicts = [_verdict(pile) for pile in by_member.values()]
    rows = sum(member.rows for member in found.values())
    known = {told.owner for told in ledger.values() if _may_be_in(told)}
    left = {c.owner for c in changes if c.why is Why.LEFT}
    return Decided(
        changes,
        added=verdicts.count("added"),
        changed=verdicts.count("changed"),
        unchanged=verdicts.count("unchanged") if by_member else len(found),
        duplicates=rows - (len(verdicts) if by_member else len(found)),
        refused=verdicts.count("refused"),
        removed=len(left),
        known=len(known),
    )


def _verdict(pile: Sequence[Wanted]) -> str:
    """A member's row: told counts before refused before unchanged; added when nothing of it was in."""
    whys = {element.why for element in pile}
    if whys <= {Why.NEW}:
        return "added"
    if whys - {None}:
        return "changed"
    return "refused" if any(element.refused for element in pile) else "unchanged"


# ── what became of it ────────────────────────────────────────────────────────────────────────────────────────────
def settle(
    changes: Iterable[Change], results: Iterable[Result], ledger: Ledger, now: float = 0.0, kind: int = 1
) -> dict[bytes, Told]:
    """The ledger after a run. Labels come first: what was told of the same identifier wins.

    An addition that never left changes nothing, unless a removal of its group was sent: that may have removed the
    person behind it, so what was in is unsure.
    """
    after = dict(ledger)
    pairs = list(zip(changes, results, strict=True))
    shaken = {change.group for change, result in pairs if change.op is Op.REMOVE and result != "void"}
    for change, result in sorted(pairs, key=lambda pair: pair[0].op is not Op.LABEL):
        if change.op is Op.LABEL:
            _relabel(after, change, kind)
        elif result != "void" or change.group in shaken:
            for id16, id_type, was in change.ids:
                if result == "void" and was not in MAY_BE_IN:
                    continue
                state = State.NONE if id_type is IdType.PRIMARY else _state(change.op, result, was)
                refused = result if isinstance(result, int) and id_type is not IdType.PRIMARY else 0
                after[id16] = Told(id_type, state, change.owner, change.group, change.fp, kind, refused, now)
    return after


def _state(op: Op, result: Result, was: State) -> State:
    if isinstance(result, int):
        return was
    if result == "accepted":
        return State.IN if op is Op.ADD else State.OUT
    return State.UNSURE


def _relabel(after: dict[bytes, Told], change: Change, kind: int) -> None:
    ((id16, id_type, was),) = change.ids
    told = after.get(id16) or Told(id_type, was, change.owner, change.group, kind=kind)
    refreshed = replace(told, fp=change.fp, kind=kind) if change.fp else told
    if was is State.UNSURE:  # in doubt: only then does a label bring a state of its own
        refreshed = replace(refreshed, state=was)
    state = was if was is State.UNSURE else told.state
    after[id16] = replace(refreshed, state=state, owner=change.owner, group=change.group)


def identifiers(change: Change) -> tuple[bytes, ...]:
    """What of a change is told: everything but labels."""
    return tuple(i for i, id_type, _ in change.ids if id_type is not IdType.PRIMARY)
