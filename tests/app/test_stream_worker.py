"""When a stream is due: it waited long enough, it gathered enough, or everybody has to be compared; and who folds."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread

import pytest

from guestlist import stream_worker
from guestlist.app.fold import LOCK
from guestlist.app.stream_sync import COMPARE
from guestlist.config import Config
from guestlist.errors import ConfigError
from guestlist.store import ledgers, open_store
from guestlist.stream_worker import _Flushing, _Folding
from tests.app.kit import Source, entered
from tests.web.served import until
from tests.world import World, digest


@pytest.fixture
def source(world: World) -> Source:
    made = Source(world)
    world.activation("main", batch={"max_wait": "30s", "max_size": 3})
    made.post(entered("u0", made.now(), email="p0@example.com"))
    made.settle()
    return made


def due(world: World) -> list[str]:
    door = world.open()
    return _Flushing(door.app, lambda: door.config)._due(door.config)


def comes(source: Source, *numbers: int) -> None:
    source.post(*(entered(f"u{n}", source.now(), email=f"p{n}@example.com") for n in numbers))
    source.fold()


def test_what_waited_long_enough_is_due(source: Source, world: World) -> None:
    assert due(world) == []
    comes(source, 1)
    world.clock.sleep(29.0)
    assert due(world) == []
    comes(source, 2)
    world.clock.sleep(1.0)  # the oldest event decides
    assert due(world) == ["main"]
    source.flush()
    assert due(world) == []


def test_as_many_as_fit_a_batch_do_not_wait(source: Source, world: World) -> None:
    comes(source, 1, 2)
    assert due(world) == []
    comes(source, 3)
    assert due(world) == ["main"]


def test_a_disabled_stream_is_never_due_and_any_is_after_a_day(source: Source, world: World) -> None:
    comes(source, 1, 2, 3)
    world.activation("main", enabled=False)
    assert due(world) == []
    world.activation("main", enabled=True)
    source.settle()
    assert due(world) == []
    world.clock.sleep(COMPARE)
    assert due(world) == ["main"]


def due_at_once(world: World) -> list[str]:
    """What a worker finds due that starts now."""
    door = world.open()
    flushing = _Flushing(door.app, lambda: door.config)
    flushing._recognise(door.config)
    return flushing._due(door.config)


def test_a_stream_that_is_added_later_is_told_of_everybody_without_another_event(source: Source, world: World) -> None:
    world.yaml["destinations"]["second"] = {"ad_account": 516848834}
    world.yaml["activations"]["late"] = world.yaml["activations"]["main"] | {"destination": "second"}
    assert due_at_once(world) == ["late"]


def test_a_stream_of_which_the_file_says_something_else_is_compared_without_another_event(
    source: Source, world: World
) -> None:
    assert due_at_once(world) == []
    world.activation("main", mapping={"email": "context.traits.email", "title": "context.traits.title"})
    assert due_at_once(world) == ["main"]
    source.flush()
    assert due_at_once(world) == []


def test_a_stream_that_the_file_may_not_change_so_keeps_no_other_waiting(source: Source, world: World) -> None:
    world.yaml["destinations"]["second"] = {"ad_account": 516848834}
    world.yaml["activations"]["late"] = world.yaml["activations"]["main"] | {"destination": "second"}
    world.activation("main", audience_key="another")
    assert due_at_once(world) == ["late"]


def test_a_stream_that_was_removed_within_the_second_is_not_made_again(source: Source, world: World) -> None:
    door = world.open()
    before = door.config
    flushing = _Flushing(door.app, lambda: world.open().config)
    del world.yaml["activations"]["main"]
    world.open().remove("main")
    flushing._recognise(before)
    assert flushing._due(before) == []
    assert [each.name for each in door.app.store.activations.all()] == ["main (removed, number 1)"]


def test_ledgers_are_tidied_between_flushes(source: Source, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop itself, in a thread: it tells who came, and leaves few parts."""
    monkeypatch.setattr(ledgers, "POUR_PARTS", 1)
    comes(source, 1, 2, 3)
    app, config = world.open().app, world.open().config
    looping = Thread(target=_Flushing(app, lambda: config).run)
    looping.start()
    try:
        ledger_id = app.store.activations.get("main").ledger_id  # type: ignore[union-attr] - it was told before
        until(lambda: len(world.told()) == 4 and len(app.store.ledgers.parts(ledger_id)[1]) == 1)
    finally:
        app.stop.set()
        looping.join()


def test_one_of_several_workers_folds(source: Source, world: World) -> None:
    source.post(entered("u1", source.now(), email="p1@example.com"))
    door = world.open()
    with open_store(None, world.folder / "home", vault=door.app.store.vault) as other, other.lock(LOCK):
        _Folding(door.app, lambda: door.config).run()  # returns at once, and is begun again a second later
    assert door.app.store.inbox.backlog().rows == 1
    assert source.fold() == 1


def test_events_are_decided_as_before_while_the_file_cannot_be_read(
    source: Source, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_worker, "IDLE", 0.0)  # read at each turn
    door, files = world.open(), []

    def read() -> Config:
        files.append("read")
        if len(files) > 1:
            raise ConfigError("line 3: it is no yaml")
        return door.config

    class Turns(Event):
        def wait(self, timeout: float | None = None) -> bool:
            if len(files) == 1:
                source.post(entered("u1", source.now(), email="p1@example.com"))
            elif len(files) > 2:
                self.set()
            return self.is_set()

    _Folding(replace(door.app, stop=Turns()), read).run()
    assert len(files) > 2
    assert door.app.store.inbox.backlog().rows == 0
    source.flush()
    assert world.told() == {digest(f"p{n}@example.com") for n in range(2)}
