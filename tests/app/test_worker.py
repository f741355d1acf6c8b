"""The worker: every activation on its schedule, one's trouble never the others', people told once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from guestlist import worker
from guestlist.app import schedule
from guestlist.config import ScheduleConfig
from tests.world import World, emails

HOUR, DAY = 3_600.0, 86_400.0


@pytest.fixture(autouse=True)
def long_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "NAP", HOUR / 2)


def run_for(world: World, seconds: float, **changes: Any) -> None:
    """Let the worker work for so long by the world's clock."""
    door = world.open()
    app = replace(door.app, **changes)
    until = world.clock.now() + seconds

    class Until:
        now = staticmethod(world.clock.now)

        @staticmethod
        def sleep(seconds: float) -> None:
            world.clock.sleep(seconds)
            if world.clock.now() >= until:
                app.stop.set()

    worker.work(replace(app, clock=Until()), lambda: door.config)
    app.stop.clear()


def test_every_hour_means_every_hour(world: World) -> None:
    world.activation(schedule={"every": "1h"})
    world.write(emails("ann"))
    run_for(world, 3.5 * HOUR)
    assert len(world.open().runs("main", 50)) == 4


def test_without_a_schedule_nothing_happens(world: World) -> None:
    world.write(emails("ann"))
    run_for(world, DAY)
    assert world.sent() == 0


def test_one_activation_in_trouble_does_not_stop_another(world: World) -> None:
    world.activation(schedule={"every": "1h"})
    world.yaml["audiences"]["gone"] = {"members": "people", "source": {"file": "gone.csv"}}
    world.activation("broken", audience="gone", schedule={"every": "1h"})
    world.write(emails("ann"))
    run_for(world, 2.5 * HOUR)
    assert len(world.told()) == 1
    assert len(world.open().runs("main", 50)) == 3


def test_cron_knows_time_zones() -> None:
    six_in_berlin = ScheduleConfig.model_validate({"cron": "0 6 * * 1-5", "timezone": "Europe/Berlin"})
    friday_noon_utc = 1_798_804_800.0  # 2027-01-01 12:00 UTC
    assert schedule.following(six_in_berlin, friday_noon_utc) == 1_799_038_800.0  # Monday 05:00 UTC


class Posts(list[dict[str, str]]):
    def __call__(self, url: str, message: dict[str, str]) -> bool:
        self.append({"to": url, **message})
        return True

    def events(self) -> list[str]:
        return [each["event"] for each in self]


@pytest.fixture
def posts(world: World) -> Posts:
    world.yaml["notify"] = {"url": "https://hooks.example.com/x"}
    return Posts()


def test_a_guard_that_waits_is_told_once_a_day_and_when_it_is_over(world: World, posts: Posts) -> None:
    world.activation(schedule={"every": "1h"})
    world.write([{"email": f"p{i}@example.com"} for i in range(40)])
    run_for(world, 1.0, post=posts)
    world.write([{"email": "p1@example.com"}])
    run_for(world, 30 * HOUR, post=posts)
    assert posts.events() == ["waits for a person", "waits for a person"]
    assert "--allow-removals 39" in posts[0]["text"]
    world.write([{"email": f"p{i}@example.com"} for i in range(40)])
    run_for(world, 2 * HOUR, post=posts)
    assert posts.events()[2:] == ["over: waits for a person"]
    assert all(set(each) == {"to", "text", "event", "activation", "url"} for each in posts)


def test_the_end_of_a_token_is_counted_down(world: World, posts: Posts) -> None:
    world.connect(refresh=False, expires_in=40 * DAY)
    world.activation(schedule={"every": "1d"})
    world.write(emails("ann"))
    run_for(world, 38 * DAY, post=posts)
    told = [each["text"] for each in posts if each["activation"] == "destination acme"]
    days = [event for event in posts.events() if event.endswith("days left")]
    assert days == ["30 days left", "14 days left", "3 days left"]
    assert all("guestlist connect acme" in text for text in told if "over" not in text and "no longer" not in text)
