"""More comes in than is worked through: it says when to come back, loses nothing, and is in step afterwards."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import pytest

from guestlist.app import fold, intake
from guestlist.app.intake import Limits
from guestlist.app.streams import listeners
from guestlist.bootstrap import open_web
from guestlist.events.outcomes import Outcome
from tests.app.kit import Source, entered
from tests.clock import Clock
from tests.web.kit import Site
from tests.world import World, digest

PEOPLE, EACH = 400, 10  # events, and events in one request
BOUND = 16_000  # bytes
REQUESTS = 8  # a second: twice what is folded meanwhile


@pytest.fixture
def source(world: World) -> Source:
    return Source(world)


@pytest.fixture
def site(source: Source, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(intake, "Limits", lambda: Limits(backlog=BOUND))
    monkeypatch.setattr(fold, "HELPING", 10_000)
    app = world.open().app
    key = app.store.write_keys.create("engage", app.clock.now())
    web = open_web(app, lambda _: None)
    try:
        yield Site(web, app.store, Clock(), key)
    finally:
        web.close()


def test_twice_what_is_sustainable_loses_nothing_and_recovers(site: Site, source: Source, world: World) -> None:
    door = world.open()
    app, folding = door.app, fold.Fold(door.app)
    events = [entered(f"u{n}", source.now(), email=f"p{n}@example.com") for n in range(PEOPLE)]
    owed = deque({"batch": events[first : first + EACH]} for first in range(0, PEOPLE, EACH))
    refused, largest, seconds = 0, 0, 0
    while owed:
        assert seconds < 60
        for _ in range(min(REQUESTS, len(owed))):  # as SDKs do: what was not acknowledged is sent again, in order
            answer = site.send("/v1/batch", owed[0])
            if answer.status_code == 200:
                owed.popleft()
                continue
            assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
            assert 1 <= int(answer.headers["retry-after"]) <= intake.LONGEST
            refused += 1
        largest = max(largest, app.store.inbox.backlog().size)
        folding.step(lambda: listeners(app, door.config))
        seconds += 1
        world.clock.sleep(intake.LOOK)
    assert refused > REQUESTS
    assert BOUND < largest < 3 * BOUND  # what comes between two looks, a second apart, is above it
    while folding.step(lambda: listeners(app, door.config)):
        pass
    source.settle()
    assert world.told() == {digest(f"p{n}@example.com") for n in range(PEOPLE)}
    assert source.outcomes() == {Outcome.DELIVERED: PEOPLE}
    assert site.send("/v1/batch", {"batch": events[:1]}).status_code == 200
