"""A file of events beside live ones."""

from __future__ import annotations

import json

import pytest

from guestlist.app import ingest
from guestlist.app.fold import LOCK
from guestlist.store import open_store
from tests.app.kit import Source, entered
from tests.world import World


@pytest.fixture
def source(world: World, monkeypatch: pytest.MonkeyPatch) -> Source:
    """Beside a file of seven events, of which two may wait."""
    monkeypatch.setattr(ingest, "LOT", 1)
    monkeypatch.setattr(ingest, "ROOM", 2)
    source = Source(world)
    said = (entered(f"u{n}", source.now(), email=f"p{n}@example.com") for n in range(7))
    (world.folder / "events.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in said))
    return source


def test_without_a_worker_a_backfill_waits_for_nobody(source: Source, world: World) -> None:
    assert world.open().ingest(world.folder / "events.jsonl") == (7, 0)
    assert source.fold() == 7


def test_a_backfill_waits_for_the_worker(source: Source, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what comes live would wait behind all of it, and be refused."""
    app, waited = world.open().app, []

    def sleep(_seconds: float) -> None:
        waited.append(app.store.inbox.backlog().events)
        source.fold()

    monkeypatch.setattr(app.clock, "sleep", sleep)
    with open_store(None, world.folder / "home", vault=app.store.vault) as worker, worker.lock(LOCK):
        assert world.open().ingest(world.folder / "events.jsonl") == (7, 0)
    assert waited == [2, 2, 2]
