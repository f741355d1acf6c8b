"""Who is in an events audience: per member the latest decision and every identifier ever seen, as SQL rows.

Both merges commute: a decision is replaced only by one with a later stamp, identifiers are only ever added. So the
order in which events arrive cannot matter, and a fold costs what it brings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

import sqlalchemy as sa

from guestlist.core.identity import IdType, Kind
from guestlist.errors import ConfigError
from guestlist.ports import Vault
from guestlist.store import lookups, schema
from guestlist.store.database import Database, insert_missing, upsert_many
from guestlist.store.rows import load

_keys, _members, _ids, _touched = (
    schema.audience_keys,
    schema.event_members,
    schema.event_identifiers,
    schema.event_touched,
)
_SOME = 500  # keys of one IN (...): small enough for every database, big enough that their number does not matter
_MEMBER = tuple(column for column in _members.c if column.name != "key_id")
_IDENTIFIER = (_ids.c.member, _ids.c.id, _ids.c.t, _ids.c.v)
_TYPES = {int(id_type): id_type for id_type in IdType}

Stamp = tuple[int, int, int]  # microseconds of the event's own time, arrival, place: the later one decides
NEVER: Stamp = (-(2**62), 0, 0)


@dataclass(frozen=True, slots=True)
class Sealed:
    """Bytes as they rest, and who opens them."""

    data: bytes
    vault: Vault

    def open(self) -> bytes:
        """StoreError: they do not open."""
        return self.vault.open(self.data)


@dataclass(frozen=True)
class AudienceKey:
    """One row; columns are explained in ``schema.audience_keys``."""

    id: int
    key: str
    audience: str
    members: Kind
    folded: int
    inside: int
    heard: int


class EventMember:
    """A member as the table has it. ``ids``: key16 -> (type, value); ``fresh_ids``: those that are not written yet;
    ``changed``: decision or person are to be written; ``was``: whether it is in by the table, None: it is not there.
    """

    __slots__ = (
        "_person",
        "_sealed",
        "changed",
        "fresh_ids",
        "ids",
        "member",
        "person_stamp",
        "stamp",
        "wanted",
        "was",
    )

    def __init__(
        self,
        member: bytes,
        wanted: bool = False,
        stamp: Stamp = NEVER,
        person: bytes | Sealed = b"",
        person_stamp: Stamp = NEVER,
    ) -> None:
        self.member, self.wanted, self.stamp, self.person_stamp = member, wanted, stamp, person_stamp
        self.ids: dict[bytes, tuple[IdType, bytes]] = {}
        self.fresh_ids: set[bytes] = set()
        self.changed = False
        self.was: bool | None = None
        self._person: bytes | None = None if isinstance(person, Sealed) else person
        self._sealed: Sealed | None = person if isinstance(person, Sealed) else None

    @property
    def person(self) -> bytes:
        """JSON of the primaryId and traits, b"" none. Opened when it is asked for: most folds and flushes never do.
        StoreError: it cannot be.
        """
        if self._person is None:
            self._person = self._sealed.open() if self._sealed is not None else b""
        return self._person

    @property
    def has_person(self) -> bool:
        """Whether there is any."""
        return self._sealed is not None or bool(self._person)

    def describe(self, person: bytes, stamp: Stamp) -> None:
        """From now on the primaryId and traits are these."""
        self._person, self._sealed, self.person_stamp, self.changed = person, None, stamp, True

    def erase(self) -> None:
        """Who it is stays known by keys alone; the next event that has traits brings them, however old it is."""
        self.describe(b"", NEVER)

    def at_rest(self, vault: Vault) -> bytes | None:
        """The person as it is written: as it was read, unless it changed or another key seals by now."""
        if self._sealed is not None and vault.seals_like(self._sealed.data):
            return self._sealed.data
        return vault.seal(self.person) if self.person else None


@dataclass(frozen=True)
class MemberRows:
    """Rows of members and their identifiers, ready to be written; how many more are in by them, and are known."""

    key_id: int
    members: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    inside: int
    heard: int


class EventMembers:
    """The members of every audience key of the store."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database, self._vault = database, vault

    # ── keys ─────────────────────────────────────────────────────────────────────────────────────────────────────
    def key(self, key: str) -> AudienceKey | None:
        """By the key itself."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_keys).where(_keys.c.key == key)).mappings().first()
        return None if row is None else _key(row)

    def by_id(self, key_id: int) -> AudienceKey:
        """By its number; it must be there."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(_keys).where(_keys.c.id == key_id)).mappings().one()
        return _key(row)

    def claim_key(self, key: str, audience: str, members: Kind, now: float) -> AudienceKey:
        """The key's row, made for this audience if it is new; ConfigError when it belongs to another audience."""
        if (found := self.own_key(key, audience, members)) is not None:
            return found
        values = {"key": key, "audience": audience, "members": int(members), "folded": 0, "created_at": now}
        values |= {"inside": 0, "heard": 0}
        with self._database.write() as connection:
            insert_missing(connection, _keys, **values)
        found = self.own_key(key, audience, members)
        if found is None:
            raise RuntimeError("an audience key is never deleted")
        return found

    def own_key(self, key: str, audience: str, members: Kind) -> AudienceKey | None:
        """The key's row; None when nobody has it yet, ConfigError when it belongs to another audience."""
        found = self.key(key)
        if found is not None and (found.audience, found.members) != (audience, members):
            raise ConfigError(
                f"The audience key '{key}' belongs to audience '{found.audience}' for ever, so that its events can "
                f"never decide about another one: give audience '{audience}' a key of its own."
            )
        return found

    # ── folding ──────────────────────────────────────────────────────────────────────────────────────────────────
    def some(self, key_id: int, members: Collection[bytes]) -> dict[bytes, EventMember]:
        """What is known of these members; those never heard of are left out."""
        found: dict[bytes, EventMember] = {}
        with self._database.read() as connection:
            for row in lookups.rows(connection, _MEMBER, _members.c.key_id, key_id, _members.c.member, members):
                found[row[0]] = self._member(row)
            for member, id16, kind, value in lookups.rows(
                connection, _IDENTIFIER, _ids.c.key_id, key_id, _ids.c.member, found
            ):
                found[member].ids[id16] = _TYPES[kind], value
        return found

    def _member(self, row: Sequence[Any]) -> EventMember:
        name, wanted, at, seq, place, sealed, person_at, person_seq, person_place = row
        person = b"" if sealed is None else Sealed(sealed, self._vault)
        member = EventMember(name, bool(wanted), (at, seq, place), person, (person_at, person_seq, person_place))
        member.was = member.wanted
        return member

    def sealed(self, key_id: int, members: Collection[EventMember]) -> MemberRows:
        """What changed, as it will rest: made before the transaction that saves it, which others wait for; in the order
        of the tables, where rows that are close are written a third faster.
        """
        changed = sorted((each for each in members if each.changed), key=lambda each: each.member)
        grown = sorted((each for each in members if each.fresh_ids), key=lambda each: each.member)
        return MemberRows(
            key_id,
            [self._row(key_id, each) for each in changed],
            [_id_row(key_id, each, i) for each in grown for i in sorted(each.fresh_ids)],
            sum(each.wanted - bool(each.was) for each in changed),
            sum(each.was is None for each in changed),
        )

    def save(self, rows: MemberRows, touched: bytes, count: int, since: float, sent: bytes = b"") -> None:
        """Write it, and the packed list of touched members (with a few of their events, masked) as the key's next fold;
        part of a transaction.
        """
        with self._database.write() as connection:
            upsert_many(connection, _members, rows.members)
            upsert_many(connection, _ids, rows.identifiers)
            if rows.inside or rows.heard:
                more = {"inside": _keys.c.inside + rows.inside, "heard": _keys.c.heard + rows.heard}
                connection.execute(sa.update(_keys).where(_keys.c.id == rows.key_id).values(more))
            if count:
                query = sa.update(_keys).where(_keys.c.id == rows.key_id).values(folded=_keys.c.folded + 1)
                seq = connection.execute(query.returning(_keys.c.folded)).scalar_one()
                row = {"key_id": rows.key_id, "seq": seq, "members": count, "since": since, "data": touched}
                connection.execute(sa.insert(_touched).values(row | {"sent": self._vault.seal(sent) if sent else None}))

    def _row(self, key_id: int, each: EventMember) -> dict[str, Any]:
        at, seq, place = each.stamp
        person_at, person_seq, person_place = each.person_stamp
        return {
            "key_id": key_id,
            "member": each.member,
            "wanted": each.wanted,
            "at": at,
            "seq": seq,
            "place": place,
            "person": each.at_rest(self._vault),
            "person_at": person_at,
            "person_seq": person_seq,
            "person_place": person_place,
        }

    # ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────
    def hold(self) -> list[int]:
        """The numbers of all keys. Until the transaction ends, whoever folds and whoever forgets wait for each other:
        neither writes what it read before the other's change.
        """
        query = sa.select(_keys.c.id).order_by(_keys.c.id).with_for_update(key_share=True)
        with self._database.write() as connection:
            return list(connection.execute(query).scalars())

    def erase(self, ids: Collection[bytes]) -> None:
        """Primary id and traits of everybody who ever carried one of these key16s, for every key; decisions and
        identifiers stay. Put the suppressions into the same transaction.
        """
        at, seq, place = NEVER
        nothing = {"person": None, "person_at": at, "person_seq": seq, "person_place": place}
        with self._database.write() as connection:
            for key_id in self.hold():
                for part in _parts(self.carriers(key_id, ids), _SOME):
                    these = sa.update(_members).where(_members.c.key_id == key_id, _members.c.member.in_(part))
                    connection.execute(these.values(nothing))

    # ── what folds touched ───────────────────────────────────────────────────────────────────────────────────────
    def touched(self, key_id: int, after: int, most: int, up_to: int = 1 << 62) -> tuple[int, list[bytes]]:
        """Packed lists of the folds after number ``after`` and not after ``up_to``, oldest first, until they hold
        ``most`` members (at least one list, if there is any); and the number of the last of them (``after`` when there
        is none).
        """
        query = sa.select(_touched.c.seq, _touched.c.members, _touched.c.data)
        query = query.where(_touched.c.key_id == key_id, _touched.c.seq > after, _touched.c.seq <= up_to)
        query = query.order_by(_touched.c.seq)
        last, total = after, 0
        lists: list[bytes] = []
        with self._database.read() as connection:
            for seq, members, data in connection.execute(query):
                if lists and total + members > most:
                    break
                last, total = seq, total + members
                lists.append(data)
        return last, lists

    def sent(self, key_id: int, after: int, up_to: int) -> list[bytes]:
        """The few events that were kept of these folds, oldest first (``events.touched.unpack_sent``)."""
        query = sa.select(_touched.c.sent).where(_touched.c.key_id == key_id, _touched.c.sent.is_not(None))
        query = query.where(_touched.c.seq > after, _touched.c.seq <= up_to).order_by(_touched.c.seq)
        with self._database.read() as connection:
            return [self._vault.open(sealed) for sealed in connection.execute(query).scalars()]

    def waiting(self, key_id: int, after: int) -> tuple[int, float | None]:
        """How many touched members came after fold ``after``, and when the oldest event among them was received."""
        query = sa.select(sa.func.coalesce(sa.func.sum(_touched.c.members), 0), sa.func.min(_touched.c.since))
        with self._database.read() as connection:
            count, since = connection.execute(query.where(_touched.c.key_id == key_id, _touched.c.seq > after)).one()
        return int(count), since

    def folds(self) -> dict[int, int]:
        """Number of each key -> number of its last fold."""
        with self._database.read() as connection:
            return {row.id: row.folded for row in connection.execute(sa.select(_keys.c.id, _keys.c.folded))}

    def last_fold(self, key_id: int, received_before: float) -> int:
        """The last fold with an event that was received by then, of those that are kept; 0 none."""
        query = sa.select(sa.func.coalesce(sa.func.max(_touched.c.seq), 0))
        with self._database.read() as connection:
            old = query.where(_touched.c.key_id == key_id, _touched.c.since <= received_before)
            return int(connection.execute(old).scalar_one())

    def drop_touched(self, key_id: int, up_to: int) -> None:
        """Every activation of the key has looked at them."""
        with self._database.write() as connection:
            connection.execute(sa.delete(_touched).where(_touched.c.key_id == key_id, _touched.c.seq <= up_to))

    # ── who shares what ──────────────────────────────────────────────────────────────────────────────────────────
    def carriers(self, key_id: int, ids: Collection[bytes], known: Collection[bytes] = ()) -> set[bytes]:
        """Members that ever carried one of these identifiers, or are named by it; whom ``known`` names may be left out:
        members that are at hand, and identifiers that they carry, since whoever is named by such a one carries it too.
        """
        names = set(ids).difference(known)
        with self._database.read() as connection:
            carried = lookups.rows(connection, (_ids.c.member,), _ids.c.key_id, key_id, _ids.c.id, ids)
            named = lookups.rows(connection, (_members.c.member,), _members.c.key_id, key_id, _members.c.member, names)
            return {member for (member,) in (*carried, *named)}

    # ── everybody ────────────────────────────────────────────────────────────────────────────────────────────────
    def wanted(self, key_id: int) -> Iterator[EventMember]:
        """Everybody who is in, with their identifiers. Inside ``store.snapshot()``: as of one moment."""
        query = (
            sa.select(*_MEMBER, _ids.c.id, _ids.c.t.label("kind"), _ids.c.v)
            .select_from(
                _members.outerjoin(_ids, (_ids.c.key_id == _members.c.key_id) & (_ids.c.member == _members.c.member))
            )
            .where(_members.c.key_id == key_id, _members.c.wanted)
            .order_by(_members.c.member)
        )
        with self._database.read() as connection:
            rows = connection.execution_options(yield_per=5_000).execute(query)
            for _, same in groupby(rows, key=lambda row: row.member):
                first = next(same)
                member = self._member(first[: len(_MEMBER)])
                for row in (first, *same):
                    if row.id is not None:
                        member.ids[row.id] = IdType(row.kind), row.v
                yield member

    def recount(self, key_id: int) -> None:
        """Count them anew, so that no mistake of any writer lasts."""
        query = sa.select(sa.func.count(), sa.func.sum(sa.case((_members.c.wanted, 1), else_=0)))
        with self._database.write() as connection:
            self.hold()
            heard, inside = connection.execute(query.where(_members.c.key_id == key_id)).one()
            counted = sa.update(_keys).where(_keys.c.id == key_id)
            connection.execute(counted.values(inside=int(inside or 0), heard=int(heard)))

    def counts(self, key_id: int) -> tuple[int, int]:
        """Members that are in, and all ever heard of."""
        with self._database.read() as connection:
            query = sa.select(_keys.c.inside, _keys.c.heard).where(_keys.c.id == key_id)
            inside, heard = connection.execute(query).one()
        return int(inside), int(heard)

    def most_ids(self, key_id: int) -> Mapping[IdType, int]:
        """For each type of identifier, how many of it one member has at most."""
        each = (
            sa.select(_ids.c.t.label("kind"), sa.func.count().label("n"))
            .where(_ids.c.key_id == key_id)
            .group_by(_ids.c.member, _ids.c.t)
            .subquery()
        )
        query = sa.select(each.c.kind, sa.func.max(each.c.n).label("most")).group_by(each.c.kind)
        with self._database.read() as connection:
            return {IdType(row.kind): int(row.most) for row in connection.execute(query)}


def _key(row: sa.RowMapping) -> AudienceKey:
    return load(AudienceKey, {**row, "members": Kind(row["members"])})


def _id_row(key_id: int, member: EventMember, id16: bytes) -> dict[str, Any]:
    kind, value = member.ids[id16]
    return {"key_id": key_id, "member": member.member, "id": id16, "t": int(kind), "v": value}


def _parts(keys: Collection[bytes], size: int) -> Iterator[list[bytes]]:
    rest = iter(keys)
    while part := list(islice(rest, size)):
        yield part
