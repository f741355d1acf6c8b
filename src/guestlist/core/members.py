"""Who is who: rows are members, members keep identifiers, and what was ever joined is a group."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from guestlist.core.identity import Element, IdType, Traits
from guestlist.core.states import Ledger, Why


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
    nodes = [(m.strongest, {i: node_of(i, ledger) for i in (*m.ids, *m.primaries)}) for m in found]
    for strongest, of in nodes:
        for id16, node in of.items():
            joined.add(node, 0 if id16 in ledger else 1 if id16 == strongest else 2)
    for strongest, of in nodes:
        for node in of.values():
            joined.join(of[strongest], node)
    return joined


def node_of(id16: bytes, ledger: Ledger) -> bytes:
    """The group an identifier was in; one never seen is a group of its own."""
    return ledger[id16].group if id16 in ledger else id16
