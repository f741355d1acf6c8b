"""The last event that came: known to every server of the store, seldom written, sealed, gone with whom it speaks of."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from guestlist.app import last_events, retention
from guestlist.app.intake import Intake
from guestlist.config import Config
from guestlist.errors import ConfigError
from guestlist.events.posting import Door, Posting
from guestlist.facade import Guestlist
from guestlist.store import schema
from tests.postgres import Server, database_url
from tests.world import World, emails

__all__ = ["database_url"]

KEYS = ("engage", "site")


@pytest.fixture
def door(database_url: str, tmp_path: Path) -> Iterator[Guestlist]:
    world = World(tmp_path, database_url)
    world.connect()
    world.write(emails("ann"))
    yield world.open()
    world.close()


@pytest.fixture
def door_on_postgresql(postgres_server: Server, tmp_path: Path) -> Iterator[Guestlist]:
    name = postgres_server.create()
    world = World(tmp_path, postgres_server.url(name))
    yield world.open()
    world.close()
    postgres_server.drop(name)


@pytest.fixture
def intakes(door: Guestlist) -> Iterator[list[Intake]]:
    """Two servers that write when a test is long over."""
    made = [Intake(door.app.store, door.app.clock, last_every=3600.0) for _ in range(2)]
    yield made
    for each in made:
        each.close()


def came(door: Guestlist, *events: Any, key: str = "engage", after: float = 0.0, kind: Door = "track") -> Posting:
    raw = tuple(each if isinstance(each, bytes) else json.dumps(each).encode() for each in events)
    return Posting(key, kind, door.app.clock.now() + after, "", b"", raw)


def event(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "track", "event": name, **more}


def rows(door: Guestlist) -> list[Any]:
    with door.app.store.database.read() as connection:
        return list(connection.execute(sa.select(schema.last_events)).all())


def name_of(posting: Posting | None) -> str:
    return "" if posting is None else str(json.loads(posting.events[-1])["event"])


def until(happened: Any) -> None:
    deadline = time.monotonic() + 30.0
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        threading.Event().wait(0.005)


def test_what_one_server_took_another_knows_and_the_later_one_counts(door: Guestlist, intakes: list[Intake]) -> None:
    one, other = intakes
    assert one.latest(KEYS) is None
    one.submit(came(door, event("A"), event("B"))).result(30)
    until(lambda: name_of(other.latest(KEYS)) == "B")
    other.submit(came(door, event("C"), key="site", after=1.0)).result(30)
    until(lambda: name_of(one.latest(KEYS)) == "C")
    assert name_of(one.latest(["engage"])) == "B"
    assert one.latest(["others"]) is None
    assert one.latest([]) is None


def test_it_is_written_once_in_a_while_and_its_own_server_knows_it_at_once(
    door: Guestlist, intakes: list[Intake]
) -> None:
    one, other = intakes
    one.submit(came(door, event("first"))).result(30)
    until(lambda: name_of(other.latest(KEYS)) == "first")
    for number in range(20):
        one.submit(came(door, event(f"e{number}"), after=float(number))).result(30)
    assert name_of(one.latest(KEYS)) == "e19"
    assert name_of(other.latest(KEYS)) == "first"
    one.close()
    assert name_of(other.latest(KEYS)) == "e19"


def test_the_last_of_a_burst_is_written_though_nothing_follows(door: Guestlist) -> None:
    intake = Intake(door.app.store, door.app.clock, last_every=0.05)
    for number in range(3):
        intake.submit(came(door, event(f"e{number}"), after=float(number))).result(30)
    until(lambda: (kept := door.app.store.last_events.newest(KEYS)) is not None and b"e2" in kept)
    intake.close()


def test_an_older_one_does_not_take_the_place_of_a_later_one(door: Guestlist) -> None:
    store = door.app.store
    last_events.keep(store, [came(door, event("later"), after=5.0)])
    last_events.keep(store, [came(door, event("older"))])
    assert b"later" in (store.last_events.newest(KEYS) or b"")


def test_it_rests_alone_and_sealed(door: Guestlist) -> None:
    store = door.app.store
    last_events.keep(store, [came(door, event("first"), event("A", email="ann@example.com"))])
    (row,) = rows(door)
    assert b"ann" not in row.data
    assert b"first" not in (store.last_events.newest(KEYS) or b"")
    assert b"ann@example.com" in (store.last_events.newest(KEYS) or b"")


def test_members_of_the_api_are_no_events(door: Guestlist, intakes: list[Intake]) -> None:
    one, _ = intakes
    one.submit(came(door, {"action": "add", "member": {"email": "ann@example.com"}}, kind="members")).result(30)
    one.close()
    assert rows(door) == []


@pytest.mark.parametrize(
    "told",
    [
        {"context": {"traits": {"email": "Ann@Example.com"}}},
        {"properties": {"list": [{"who": "ann@example.com"}]}},
        {"userId": 42},
    ],
)
def test_who_was_forgotten_is_erased_and_not_kept_again(door: Guestlist, intakes: list[Intake], told: Any) -> None:
    one, other = intakes
    one.submit(came(door, event("A", **told))).result(30)
    until(lambda: rows(door))
    one.submit(came(door, event("B", **told), after=1.0)).result(30)  # in memory until it is written
    door.forget(["ann@example.com", "primaryId:42"])
    assert rows(door) == []
    with pytest.raises(ConfigError, match="somebody who was forgotten"):
        last_events.last(door.app, door.configuration.current(), "people", KEYS, one.latest)
    one.close()
    assert rows(door) == []
    other.submit(came(door, event("C", userId="u2"), after=2.0)).result(30)
    until(lambda: rows(door))


@pytest.mark.parametrize("first", ["keep", "erase"])
def test_who_is_forgotten_while_an_event_of_theirs_is_written_is_not_kept(
    door_on_postgresql: Guestlist, monkeypatch: pytest.MonkeyPatch, first: str
) -> None:
    """Two processes that only the database keeps apart. Whichever ``first`` did its part, and has not committed it yet,
    when the other begins: the other either ends, or waits for it.
    """
    door = door_on_postgresql
    store, written = door.app.store, came(door, event("A", email="ann@example.com"))
    forgets, keeps = (lambda: door.forget(["ann@example.com"])), (lambda: last_events.keep(store, [written]))
    one, other = (keeps, forgets) if first == "keep" else (forgets, keeps)
    beside = threading.Thread(target=other, daemon=True)
    act = getattr(store.last_events, first)

    def meanwhile(*given: Any) -> Any:
        monkeypatch.undo()
        if first == "keep":  # it has looked whether they were forgotten
            beside.start()
            until(lambda: not beside.is_alive() or waiting(door))
            return act(*given)
        done = act(*given)
        beside.start()
        until(lambda: not beside.is_alive() or waiting(door))
        return done

    monkeypatch.setattr(store.last_events, first, meanwhile)
    one()
    beside.join(30)
    assert not beside.is_alive()
    assert rows(door) == []


def waiting(door: Guestlist) -> bool:
    """Whether a transaction waits for another one."""
    query = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    with door.app.store.database.engine.connect() as connection:
        return connection.execute(sa.text(query)).first() is not None


def config_of(door: Guestlist) -> Config:
    return door.configuration.current()


def test_it_is_shown_and_kept_as_long_as_samples(door: Guestlist, intakes: list[Intake]) -> None:
    one, _ = intakes
    app, config = door.app, config_of(door)
    with pytest.raises(ConfigError, match="No event of the last 24 hours is kept for 'people'"):
        last_events.last(app, config, "people", KEYS, one.latest)
    one.submit(came(door, event("A"))).result(30)
    until(lambda: rows(door))
    assert last_events.last(app, config, "people", KEYS, one.latest)["event"] == "A"
    app.clock.sleep(86_401.0)
    with pytest.raises(ConfigError, match="No event of the last"):
        last_events.last(app, config, "people", KEYS, one.latest)
    retention.sweep(app, config)
    assert rows(door) == []


@pytest.mark.parametrize("raw", [b'{"a":' * 500 + b"1" + b"}" * 500, b"[" * 90, b"{"])
def test_what_nobody_could_look_at_is_not_kept_and_stops_nothing(
    door: Guestlist, intakes: list[Intake], raw: bytes
) -> None:
    one, _ = intakes
    one.submit(came(door, raw)).result(30)
    one.submit(came(door, event("B"), key="site", after=1.0)).result(30)
    one.close()
    assert [row.write_key for row in rows(door)] == ["site"]


def test_a_store_that_fails_stops_no_taking(
    door: Guestlist, intakes: list[Intake], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = intakes

    def fails(*_: Any) -> bool:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(door.app.store.last_events, "keep", fails)
    for number in range(3):
        one.submit(came(door, event(f"e{number}"), after=float(number))).result(30)
    assert name_of(one.latest(KEYS)) == "e2"
    monkeypatch.undo()
    one.close()
    assert b"e2" in (door.app.store.last_events.newest(KEYS) or b"")
