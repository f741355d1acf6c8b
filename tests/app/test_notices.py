"""Everything that people are told by a post: when it begins, at most once a day, and once more when it is over."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import pytest

from guestlist import worker
from guestlist.app import schedule
from guestlist.app.sync import sync
from guestlist.errors import ConfigError
from tests.app.working import DAY, HOUR, Posts, run_for
from tests.world import World, emails

FORTY = emails(*(f"p{n}" for n in range(40)))


@pytest.fixture(autouse=True)
def long_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer syncs in a day, and fewer looks at the clock."""
    monkeypatch.setattr(worker, "NAP", 12 * HOUR)
    monkeypatch.setattr(schedule, "RETRY", 6 * HOUR)


@pytest.fixture
def posts(world: World) -> Posts:
    world.yaml["notify"] = {"url": "https://hooks.example.com/x"}
    world.activation(schedule={"every": "6h"})
    return Posts()


def test_a_guard_that_waits_is_told_once_a_day_and_when_it_is_over(world: World, posts: Posts) -> None:
    world.write([{"email": f"p{i}@example.com"} for i in range(40)])
    run_for(world, 1.0, post=posts)
    world.write([{"email": "p1@example.com"}])
    run_for(world, 30 * HOUR, post=posts)
    assert posts.events() == ["waits for a person", "waits for a person"]
    assert "--allow-removals 39" in posts[0]["text"]
    world.write([{"email": f"p{i}@example.com"} for i in range(40)])
    run_for(world, 6 * HOUR, post=posts)
    assert posts.events()[2:] == ["over: waits for a person"]
    assert all(set(each) == {"to", "text", "event", "activation", "url"} for each in posts)


def test_the_end_of_a_token_is_counted_down(world: World, posts: Posts) -> None:
    world.connect(refresh=False, expires_in=40 * DAY)
    world.activation(schedule={"every": "7d"})
    world.write(emails("ann"))
    run_for(world, 38 * DAY, post=posts)
    told = [each["text"] for each in posts if each["activation"] == "destination acme"]
    days = [event for event in posts.events() if event.endswith("days left")]
    assert days == ["30 days left", "14 days left", "3 days left"]
    assert all("guestlist connect acme" in text for text in told if "over" not in text and "no longer" not in text)


def test_no_days_are_counted_of_an_authorisation_that_ended_before_its_date(world: World, posts: Posts) -> None:
    world.connect(refresh=False, expires_in=40 * DAY)
    world.activation(schedule={"every": "7d"})
    world.write(FORTY)
    run_for(world, 1.0, post=posts)
    world.emulator.control.revoke_tokens()
    world.write(FORTY[:-1])
    run_for(world, 30 * DAY, post=posts)
    assert "Refresh Token Expired" in posts[0]["text"]
    assert [each["event"] for each in posts if each["activation"] == "destination acme"] == []


def test_a_lost_authorisation_is_told_and_looked_at_on_schedule_only(world: World, posts: Posts) -> None:
    world.write(FORTY)
    run_for(world, 1.0, post=posts)
    world.emulator.control.revoke_tokens()
    world.write(FORTY[:-1])
    asked = len(world.emulator.control.requests())
    run_for(world, 30 * HOUR, post=posts)
    assert posts.events() == ["parked", "parked"]
    assert "Refresh Token Expired" in posts[0]["text"]
    assert len(world.emulator.control.requests()) - asked <= 6 * 3
    world.connect()
    run_for(world, 600.0, post=posts)
    assert posts.events()[2:] == ["over: parked"], "a person mended it: it goes on without waiting for the hour"
    assert len(world.told()) == 39


GIVES_UP = {"kind": "status", "status": 503}


@pytest.mark.parametrize("where", ["/users$", "/dmpSegments$", "list"])
def test_two_failures_running_are_told_not_one(world: World, posts: Posts, where: str) -> None:
    """Requests that are not answered, a segment that cannot be made, a list that cannot be read."""
    world.write(FORTY)
    if where == "list":
        (world.folder / "people.csv").unlink()
    else:
        world.emulator.control.fault(GIVES_UP, path=where, method="POST", times=0)
    run_for(world, 1.0, post=posts)
    assert posts.events() == []
    run_for(world, 37 * HOUR, post=posts)
    assert posts.events() == ["failed twice", "failed twice"]
    assert "two syncs failed" in posts[0]["text"]
    world.emulator.control.clear_faults()
    world.write(FORTY)
    run_for(world, 6 * HOUR, post=posts)
    assert posts.events()[2:] == ["over: failed twice"]


def test_a_file_that_asks_for_something_else_fails_too(world: World, posts: Posts) -> None:
    world.write(FORTY)
    run_for(world, 1.0, post=posts)
    world.yaml["audiences"]["others"] = {"members": "people", "source": {"file": "people.csv"}}
    world.activation(audience="others")
    run_for(world, 13 * HOUR, post=posts)
    assert posts.events() == ["failed twice"]
    assert "guestlist remove main" in posts[0]["text"]


def test_being_interrupted_is_no_failure(world: World, posts: Posts) -> None:
    world.write(FORTY)
    door = world.open()
    app = replace(door.app, post=posts)
    world.hooks.before = app.stop.set
    world.emulator.control.fault(GIVES_UP, path="/users$", times=0)
    for _ in range(3):
        assert sync(app, door.configuration.current, "main").label == "Interrupted"
        app.stop.clear()
    assert posts == []


def test_a_schedule_that_was_not_kept_is_told_when_the_worker_is_back(world: World, posts: Posts) -> None:
    world.write(FORTY)
    run_for(world, 1.0, post=posts)
    assert posts == [], "a new activation was not late"
    world.clock.sleep(9 * HOUR)
    run_for(world, HOUR, post=posts)
    assert posts.events() == ["missed its schedule", "over: missed its schedule"]
    assert "was due 3 hours ago" in posts[0]["text"]


def test_a_stale_list_is_told_until_it_is_fresh(world: World, posts: Posts) -> None:
    world.yaml["audiences"]["people"]["source"]["max_age"] = "5h"
    world.write(FORTY)
    os.utime(world.folder / "people.csv", (world.clock.now(), world.clock.now()))
    run_for(world, 7 * HOUR, post=posts)
    assert posts.events() == ["stale source"]
    run_for(world, 30 * HOUR, post=posts)
    assert posts.events() == ["stale source", "failed twice"] * 2
    os.utime(world.folder / "people.csv", (world.clock.now(), world.clock.now()))
    run_for(world, 6 * HOUR, post=posts)
    assert sorted(posts.events()[4:]) == ["over: failed twice", "over: stale source"]


def test_the_end_of_an_api_version_is_counted_down_and_over_once(world: World, posts: Posts) -> None:
    world.activation(schedule={"every": "7d"})
    world.write(FORTY)
    settings = world.open().app.settings
    old = replace(settings, linkedin_version="202601")  # ends 2027-01-15
    world.emulator.control.config(active_versions=["202601", "202609"])
    world.emulator.control.clock(now=1_797_500_000.0)  # 2026-12-17: 29 days
    world.connect(refresh=False, expires_in=400 * DAY)
    run_for(world, 28 * DAY, post=posts, settings=old)
    marks = [each for each in posts if each["activation"] == "API version"]
    assert [each["event"] for each in marks] == ["30 days left", "14 days left", "3 days left"]
    assert all("202601" in each["text"] for each in marks)
    run_for(world, 2 * DAY, post=posts, settings=settings)
    assert [each["event"] for each in posts if each["activation"] == "API version"][3:] == ["over: 3 days left"]


def test_a_renewed_token_is_over_once(world: World, posts: Posts) -> None:
    world.connect(refresh=False, expires_in=31 * DAY)
    world.activation(schedule={"every": "7d"})
    world.write(FORTY)
    run_for(world, 29 * DAY, post=posts)
    world.connect(refresh=False, expires_in=60 * DAY)
    run_for(world, 2 * DAY, post=posts)
    told = [each["event"] for each in posts if each["activation"] == "destination acme"]
    assert told == ["30 days left", "14 days left", "3 days left", "over: 3 days left"]


def test_a_mark_whose_post_did_not_arrive_is_told_later(world: World, posts: Posts) -> None:
    world.connect(refresh=False, expires_in=29 * DAY)
    world.write(FORTY)
    run_for(world, 7 * HOUR, post=lambda url, message: False)
    run_for(world, 7 * HOUR, post=posts)
    assert posts.events() == ["30 days left"]


def test_a_small_audience_is_told_when_linkedin_has_counted_it_and_until_it_has_grown(
    world: World, posts: Posts
) -> None:
    world.emulator.control.config(match_fraction=1.0, opted_out_fraction=0.0)
    world.activation(schedule={"every": "12h"})
    world.write(FORTY)
    run_for(world, 40 * HOUR, post=posts)
    assert posts.events() == [], "LinkedIn is still building it"
    run_for(world, 40 * HOUR, post=posts)
    assert posts.events()[0] == "too small"
    assert posts.events().count("too small") == 2
    world.write([*FORTY, *emails("q")])
    run_for(world, 13 * HOUR, post=posts)
    assert "over: too small" not in posts.events(), "LinkedIn is updating it, which says nothing"
    world.write([*FORTY, *emails(*(f"q{n}" for n in range(400)))])
    run_for(world, 26 * HOUR, post=posts)
    assert posts.events()[-1] == "over: too small"
    assert posts.events().count("over: too small") == 1


def expire(world: World, segment: int) -> None:
    world.emulator.control.ripen(segment, "EXPIRED")


def fail(world: World, segment: int) -> None:
    world.emulator.control.ripen(segment, "FAILED")


def delete(world: World, segment: int) -> None:
    world.open().app.door.destination("acme").delete_segment(str(segment))


@pytest.mark.parametrize(
    ("lose", "said"),
    [(expire, "EXPIRED"), (fail, "FAILED"), (delete, "no longer at LinkedIn")],
    ids=["expired", "failed", "deleted"],
)
def test_an_audience_that_was_lost_and_rebuilt_is_told_and_over_when_the_new_one_serves(
    world: World, posts: Posts, lose: Callable[[World, int], None], said: str
) -> None:
    world.write(FORTY)
    run_for(world, 3 * HOUR, post=posts)
    old = world.segment()["record"]["id"]
    lose(world, old)
    run_for(world, 5 * HOUR, post=posts)
    assert world.segment()["record"]["id"] != old
    assert posts.events() == ["audience lost"]
    assert said in posts[0]["text"]
    assert str(old) in posts[0]["text"]
    run_for(world, 30 * HOUR, post=posts)
    assert posts.events() == ["audience lost"] * 2
    run_for(world, 20 * HOUR, post=posts)
    assert [event for event in posts.events() if "lost" in event] == ["audience lost"] * 2 + ["over: audience lost"]


@pytest.mark.parametrize("lose", [expire, delete])
def test_a_snapshots_audience_that_was_lost_is_told_though_none_takes_its_place(
    world: World, posts: Posts, lose: Callable[[World, int], None]
) -> None:
    world.activation(mode="snapshot", schedule={"every": "6h"})
    world.write(FORTY)
    run_for(world, 20 * 60.0, post=posts)
    old = world.segment()["record"]["id"]
    lose(world, old)
    run_for(world, 38 * HOUR, post=posts)  # found out at a look, and once more a day later
    assert [event for event in posts.events() if "lost" in event] == ["audience lost"] * 2
    assert "takes its place" not in posts[0]["text"]
    assert len(world.emulator.control.segments()) == (1 if lose is expire else 0)


def test_an_audience_lost_while_somebody_is_forgotten_is_told_too(world: World, posts: Posts) -> None:
    world.write(FORTY)
    run_for(world, HOUR, post=posts)
    delete(world, world.segment()["record"]["id"])
    world.open().forget([FORTY[0]["email"]])
    run_for(world, 7 * HOUR, post=posts)
    assert posts.events() == ["audience lost"]


def test_without_an_address_nobody_is_told(world: World) -> None:
    world.write(emails())
    posts = Posts()
    door = world.open()
    app = replace(door.app, post=posts)
    sync(app, door.configuration.current, "main")
    world.activation(destination="nowhere")
    with pytest.raises(ConfigError):
        sync(app, world.open().configuration.current, "main")
    assert posts == []
