"""Activations: one audience kept in step on one destination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from guestlist.core.identity import Kind
from guestlist.errors import ConfigError, StoreError
from guestlist.ports import Mode
from guestlist.store import schema
from guestlist.store.database import Database, insert_one
from guestlist.store.destinations import Destinations, Which
from guestlist.store.rows import load

_table, _names, _ledgers = schema.activations, schema.activation_names, schema.ledgers
_destinations = schema.destinations


@dataclass(frozen=True)
class Activation:
    """One row; columns are explained in ``schema.activations``. ``epoch`` and ``segment_id`` are its ledger's;
    ``destination`` is called so now, and was ``destination_former`` before.
    """

    id: int
    name: str
    destination_id: int
    destination: str
    destination_former: Sequence[str]
    ad_account: str
    audience: str
    members: Kind
    mode: Mode
    yaml_path: str
    mapping: Mapping[str, Sequence[str]] | None
    ledger_id: int
    segment_of: int | None
    segment_id: int | None
    epoch: int
    state: str
    reason: str
    waiting: Mapping[str, Any] | None
    wait_until: float | None
    quiet_until: float | None
    last_rebuild_at: float | None
    last_told_at: float | None
    last_refresh_at: float | None
    frozen: bool
    removed_at: float | None
    fails_in_row: int
    last_run: int | None
    last_synced_identity: Sequence[Sequence[Any]] | None
    created_at: float


class ActivationChanges(TypedDict, total=False):
    """What ``update`` (and the close of a run) may change."""

    mode: Mode
    yaml_path: str
    mapping: Mapping[str, Sequence[str]] | None
    ledger_id: int
    state: str
    reason: str
    waiting: Mapping[str, Any] | None
    wait_until: float | None
    quiet_until: float | None
    last_rebuild_at: float | None
    last_told_at: float | None
    last_refresh_at: float | None
    frozen: bool
    removed_at: float | None
    fails_in_row: int
    last_run: int | None
    last_synced_identity: Sequence[Sequence[Any]] | None


class NewActivation(TypedDict):
    """What is known of an activation when it is first seen."""

    destination: Which
    ad_account: str
    audience: str
    members: Kind
    mode: Mode
    yaml_path: str


class Activations:
    """Every activation there ever was; removed ones stay, since forgetting must reach their segments."""

    def __init__(self, database: Database, destinations: Destinations) -> None:
        self._database, self._destinations = database, destinations

    def get(self, name: str) -> Activation | None:
        """By its name now."""
        return self._first(_table.c.name == name)

    def formerly(self, name: str) -> Activation | None:
        """The one that had this name before it was renamed; None: none had."""
        had = sa.select(_names.c.activation_id).where(_names.c.name == name)
        return self._first(_table.c.id.in_(had) & (_table.c.name != name))

    def by_id(self, activation_id: int) -> Activation:
        """By its number; StoreError when there is none."""
        found = self._first(_table.c.id == activation_id)
        if found is None:
            raise StoreError(f"Activation number {activation_id} is not in the store.")
        return found

    def all(self, *, removed: bool = True) -> list[Activation]:
        """By name; without the removed ones when ``removed`` is False."""
        return self._select(sa.true() if removed else _table.c.removed_at.is_(None))

    def of_ledger(self, ledger_id: int) -> list[Activation]:
        """All that feed one segment: its maker and those that say ``segment_of`` it."""
        return self._select(_table.c.ledger_id == ledger_id)

    def create(self, name: str, now: float, segment_of: int | None = None, **new: Unpack[NewActivation]) -> Activation:
        """A new activation with an empty ledger of its own, or with that of the activation ``segment_of``.

        ConfigError when another activation ever had this name: LinkedIn's segments are looked up by it.
        """
        with self._database.write() as connection:
            ledger_id = (
                self.by_id(segment_of).ledger_id if segment_of is not None else self._ledger(new["members"], now)
            )
            blank = {"state": "", "reason": "", "frozen": False, "fails_in_row": 0, "created_at": now}
            destination_id = self._destination(new["destination"], new["ad_account"])
            row = {"name": name, "ledger_id": ledger_id, "segment_of": segment_of, **new, **blank}
            row = {key: value for key, value in row.items() if key != "destination"}
            row["destination_id"] = destination_id
            self._free(name, None)
            made = insert_one(connection, _table, row)
            self._take(name, made)
            return self.by_id(made)

    def update(self, activation_id: int, **changes: Unpack[ActivationChanges]) -> None:
        """Set these columns."""
        with self._database.write() as connection:
            statement = sa.update(_table).where(_table.c.id == activation_id).values(**changes)
            if connection.execute(statement).rowcount == 0:
                raise StoreError(f"Activation number {activation_id} is not in the store.")

    def rename(self, old: str, new: str) -> Activation:
        """Everything stays but the name; names it had before may be taken again, other activations' never."""
        with self._database.write() as connection:
            found = self.get(old)
            if found is None:
                raise ConfigError(f"There is no activation {old!r} to rename.")
            self._free(new, found.id)
            connection.execute(sa.update(_table).where(_table.c.id == found.id).values(name=new))
            self._take(new, found.id)
            return self.by_id(found.id)

    def end(self, activation_id: int, now: float) -> None:
        """Removed for good. The row stays under a name nobody asks for, so that its name is free for a new activation
        and forgetting still reaches its segments.
        """
        with self._database.write() as connection:
            found = self.by_id(activation_id)
            if found.removed_at is not None:
                return
            gone = f"{found.name} (removed, number {found.id})"
            values = {"name": gone, "removed_at": now, "state": "", "reason": "", "waiting": None}
            connection.execute(sa.update(_table).where(_table.c.id == activation_id).values(values))
            connection.execute(sa.delete(_names).where(_names.c.activation_id == activation_id))

    def fresh_ledger(self, activation_id: int, now: float) -> int:
        """A new, empty ledger without a segment for the activation to take (``take_ledger``). Epochs go on counting, so
        that no sourceSegmentId is used twice.
        """
        before = self.by_id(activation_id)
        return self._ledger(before.members, now, before.epoch)

    def take_ledger(
        self, activation_id: int, ledger_id: int, segment_of: int | None = None, *, frozen: bool = False
    ) -> None:
        """It begins anew with that one (a new snapshot), or goes back to one that it had; the other keeps its segment,
        and forgetting reaches it.
        """
        with self._database.write() as connection:
            values = {"ledger_id": ledger_id, "segment_of": segment_of, "frozen": frozen, "state": "", "reason": ""}
            connection.execute(sa.update(_table).where(_table.c.id == activation_id).values(values))

    def _destination(self, which: Which, ad_account: str) -> int:
        """One may sync files before connecting."""
        return which if isinstance(which, int) else self._destinations.ensure(which, ad_account).id

    def _ledger(self, members: Kind, now: float, epoch: int = 0) -> int:
        row = {"members": int(members), "version": 0, "epoch": epoch, "members_in": 0, "created_at": now}
        with self._database.write() as connection:
            return insert_one(connection, _ledgers, row)

    def _free(self, name: str, own: int | None) -> None:
        query = sa.select(_names.c.activation_id).where(_names.c.name == name)
        with self._database.read() as connection:
            owner = connection.execute(query).scalar()
        if owner is not None and owner != own:
            raise ConfigError(f"The name {name!r} belongs to another activation, or once did: choose a new one.")

    def _take(self, name: str, activation_id: int) -> None:
        try:
            with self._database.write() as connection:
                if connection.execute(sa.select(_names.c.name).where(_names.c.name == name)).first() is None:
                    connection.execute(sa.insert(_names).values(name=name, activation_id=activation_id))
        except IntegrityError:
            raise ConfigError(f"The name {name!r} was just given to another activation: choose a new one.") from None

    def _first(self, where: sa.ColumnElement[bool]) -> Activation | None:
        return next(iter(self._select(where)), None)

    def _select(self, where: sa.ColumnElement[bool]) -> list[Activation]:
        called = _destinations.c.name.label("destination"), _destinations.c.former.label("destination_former")
        joined = sa.select(_table, *called, _ledgers.c.epoch, _ledgers.c.segment_id).join(_ledgers).join(_destinations)
        with self._database.read() as connection:
            rows = connection.execute(joined.where(where).order_by(_table.c.name)).mappings().all()
        return [load(Activation, {**row, "members": Kind(row["members"])}) for row in rows]
