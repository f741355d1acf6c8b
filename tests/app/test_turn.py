"""What is said of an activation while a sync of it waits for another one counts once it has its turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Thread

import pytest

from guestlist.app.results import SyncResult
from guestlist.app.turn import lock_of
from guestlist.errors import GuestlistError
from tests.app.waiting import Locked
from tests.world import World, digest, emails

Ends = list[SyncResult | GuestlistError]


@pytest.fixture
def waited(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], Ends]:
    """How a sync ends that waited for another while something happened; "ann" is in, and "bob" new."""
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    door, ends = world.open(), Ends()
    found = door.app.store.activations.get("main")
    assert found is not None

    def second() -> None:
        try:
            ends.extend(door.sync("main"))
        except GuestlistError as error:
            ends.append(error)

    def during(happens: Callable[[], object]) -> Ends:
        other = Thread(target=second, name="second")
        with door.app.store.lock(lock_of(found.ledger_id)):
            Locked(door.app.store, monkeypatch).waits([other])
            happens()
            monkeypatch.undo()
        other.join(30)
        return ends

    return during


def said(world: World, part: str, name: str, changes: Mapping[str, object]) -> None:
    world.yaml[part][name].update(changes)
    world.open()


@pytest.mark.parametrize(
    ("part", "name", "reason"),
    [
        ("activations", "main", "the activation was disabled while this sync waited for another: nothing was sent"),
        ("destinations", "acme", "the destination was disabled while this sync waited for another: nothing was sent"),
    ],
)
def test_what_is_paused_while_a_sync_waits_is_told_nothing(
    world: World, waited: Callable[[Callable[[], object]], Ends], part: str, name: str, reason: str
) -> None:
    sent = world.sent()
    (end,) = waited(lambda: said(world, part, name, {"enabled": False}))
    assert isinstance(end, SyncResult)
    assert (end.state, end.reason, world.sent()) == ("disabled", reason, sent)
    said(world, part, name, {"enabled": True})
    assert world.sync().added == 1


def test_what_is_edited_while_a_sync_waits_is_carried_out_as_edited(
    world: World, waited: Callable[[Callable[[], object]], Ends]
) -> None:
    (end,) = waited(lambda: said(world, "audiences", "people", {"filter": "email <> 'bob@example.com'"}))
    assert isinstance(end, SyncResult), end
    assert (end.state, world.told()) == ("done", {digest("ann@example.com")})


def test_what_becomes_another_audience_while_a_sync_waits_is_refused(
    world: World, waited: Callable[[Callable[[], object]], Ends]
) -> None:
    world.write(emails("eve"), "others.csv")
    world.yaml["audiences"]["others"] = {"members": "people", "source": {"file": "others.csv"}}
    sent = world.sent()
    (end,) = waited(lambda: said(world, "activations", "main", {"audience": "others"}))
    assert "had audience people and now has others" in str(end)
    assert world.sent() == sent


def test_what_is_taken_out_while_a_sync_waits_is_told_nothing(
    world: World, waited: Callable[[Callable[[], object]], Ends]
) -> None:
    def taken_out() -> None:
        world.yaml["activations"]["other"] = world.yaml["activations"].pop("main")
        world.open()

    sent = world.sent()
    (end,) = waited(taken_out)
    assert "Activation 'main' is not in" in str(end)
    assert "any more: nothing was sent for it" in str(end)
    assert world.sent() == sent
