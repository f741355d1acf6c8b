"""Desired against told: what must be told, removed or only written down.

This and ``members`` are the reference: plain Python over dictionaries, small enough to be read as the rule itself. The
planner does the same in SQL over millions of rows and is held equal to it by tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from guestlist.core.identity import Element, IdType
from guestlist.core.members import Groups, Member, Prints, Sha256Prints, Wanted, elements, groups, members, node_of
from guestlist.core.states import MAY_BE_IN, Change, Ledger, Mode, Op, Result, State, Told, Why

__all__ = [
    "MAY_BE_IN",
    "Change",
    "Decided",
    "Ledger",
    "Mode",
    "Op",
    "Result",
    "State",
    "Told",
    "Why",
    "identifiers",
    "plan",
    "settle",
]

RETRY_REFUSED_REMOVAL = 24 * 3600.0  # seconds: a refused removal has no row that could ever change


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
    removed_before: int = 0
    held: int = 0  # members that leave and are not removed, because a guard waits


# ── what must be told ────────────────────────────────────────────────────────────────────────────────────────────
def plan(
    rows: Iterable[Element],
    ledger: Ledger,
    mode: Mode = "mirror",
    now: float = 0.0,
    prints: Prints | None = None,
    suppressed: Collection[bytes] = (),
    excluded: Collection[bytes] = (),
    *,
    removals: bool = True,
) -> Decided:
    """What closes the difference between the rows (none of them rejected) and the ledger.

    ``removals`` False: a guard waits, so nobody leaves, and nobody is told again because of it.
    ``excluded``: what the lists of remove_only activations of this segment name. Of it, what was last told as a removal
    stays out: rows that carry any of it are not wanted.
    """
    prints = prints or Sha256Prints()
    out = {i for i in excluded if i in ledger and ledger[i].fp == 0}
    found = members([row for row in rows if out.isdisjoint(i.key16 for i in row.identifiers)], prints)
    if mode == "remove_only":
        return _remove_only(found, ledger, groups((), ledger), now)
    joined = groups(found.values(), ledger)
    wanted = elements(found, ledger, prints)
    carried = {i for m in found.values() for i in (*m.ids, *m.primaries)}
    for element in wanted:
        element.group = joined.of(node_of(element.owner, ledger))
        _judge(element, ledger, prints.kind)
    gone = [i for i in ledger if i not in carried and i not in out]  # whoever told that removal tells it again
    going = _removals(gone, carried, ledger, joined, now) if mode in ("mirror", "snapshot") else []
    held = set() if removals else {change.owner for change in going if change.why is Why.LEFT}
    going = [change for change in going if change.owner not in held]
    _tell_relatives_again(wanted, {change.group for change in going})
    refills = _refills(gone, ledger, joined, suppressed, prints) if mode == "add_only" else []
    adds = [_add(element, ledger) for element in wanted if element.why]
    changes = (*going, *adds, *refills, *_labels(wanted, ledger, joined, prints.kind))
    return replace(_count(changes, found, wanted, ledger), held=len(held))


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
    """The list names who must go: what is in is removed, with what it was told together with; what is unknown or out
    already is left alone.
    """
    removable = {i: (told.owner, told.fp == 0) for i, told in ledger.items() if _removable(told, now)}
    named = {i for member in found.values() for i in member.ids}
    told_with = {removable[i] for i in named if i in removable}
    going = {i for i, element in removable.items() if element in told_with}
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
        removed_before=len(left - {c.owner for c in changes if c.why is Why.LEFT and _is_news(c, ledger)}),
    )


def _is_news(removal: Change, ledger: Ledger) -> bool:
    """Whether this is more than telling again, in doubt whether it was heard, what was last told: that they are out."""
    return any(ledger[i].state is not State.UNSURE or ledger[i].fp for i, _, _ in removal.ids)


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
            _relabel(after, change, kind, now)
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


def _relabel(after: dict[bytes, Told], change: Change, kind: int, now: float) -> None:
    ((id16, id_type, was),) = change.ids
    told = after.get(id16) or Told(id_type, was, change.owner, change.group, kind=kind, at=now)
    refreshed = replace(told, fp=change.fp, kind=kind) if change.fp else told
    if was is State.UNSURE:  # in doubt: only then does a label bring a state of its own
        refreshed = replace(refreshed, state=was)
    state = was if was is State.UNSURE else told.state
    after[id16] = replace(refreshed, state=state, owner=change.owner, group=change.group)


def identifiers(change: Change) -> tuple[bytes, ...]:
    """What of a change is told: everything but labels."""
    return tuple(i for i, id_type, _ in change.ids if id_type is not IdType.PRIMARY)
