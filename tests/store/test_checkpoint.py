"""SQLite's WAL is copied by whoever has time, and does not grow for ever."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event

from guestlist.store import Store, open_store

MB = 1 << 20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(None, tmp_path / "home") as opened:
        opened.checkpoint()
        yield opened


def bring(store: Store, megabytes: int) -> None:
    for _ in range(megabytes):
        store.inbox.append(os.urandom(MB), 1, 1.0)


def sizes(store: Store) -> tuple[int, int]:
    """Bytes of the database, and of what was committed since it was copied last."""
    file = store.home / "guestlist.db"
    return file.stat().st_size, file.with_name("guestlist.db-wal").stat().st_size


def test_what_was_committed_is_copied_into_the_database(store: Store) -> None:
    bring(store, 6)
    assert sizes(store)[0] < MB < 6 * MB < sizes(store)[1]
    store.checkpoint()
    assert sizes(store)[0] > 6 * MB


def test_a_little_is_left_for_later(store: Store) -> None:
    bring(store, 1)
    store.checkpoint()
    assert sizes(store)[0] < MB


def test_whoever_has_the_connection_next_can_commit(store: Store) -> None:
    """A statement that was not read to its end would forbid it."""
    bring(store, 6)
    tried: list[str] = []

    def commit(connection: sqlite3.Connection, _record: object) -> None:
        for each in ("BEGIN IMMEDIATE", "CREATE TABLE IF NOT EXISTS one (n)", "COMMIT"):
            connection.execute(each).close()
        tried.append("committed")

    event.listen(store.database.engine, "checkin", commit)
    store.checkpoint()
    assert tried == ["committed"]


def test_where_it_is_copied_now_and_then_it_does_not_grow(store: Store) -> None:
    for _ in range(4):
        bring(store, 20)
        store.checkpoint()
    assert sizes(store)[1] < 45 * MB


def test_whoever_reads_for_long_holds_up_neither_writers_nor_the_copying(store: Store, tmp_path: Path) -> None:
    with open_store(None, tmp_path / "home") as reader, reader.snapshot():
        before = reader.inbox.backlog()
        bring(store, 40)
        store.checkpoint()
        bring(store, 1)
        assert reader.inbox.backlog() == before
    assert store.inbox.backlog().rows == 41
