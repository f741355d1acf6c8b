"""What a person sees first: what needs them, how audiences grow, what was delivered, which dates come up."""

from __future__ import annotations

import pytest

from guestlist.app import api_version, home
from guestlist.errors import ConfigError
from tests.world import World, emails

DAY = 86_400.0


def wants(world: World) -> list[tuple[str, str]]:
    door = world.open()
    return [(need.wants, need.subject) for need in home.needs(door.app, door.config)]


def test_nothing_is_wanted_of_anybody_at_first(world: World) -> None:
    assert wants(world) == []


def test_a_lost_authorisation_a_guard_and_a_small_audience_want_somebody(world: World) -> None:
    world.write(emails(*(f"p{n}" for n in range(40))))
    world.sync()
    world.clock.sleep(3 * DAY)
    world.open().status("main", live=True)
    assert ("too small", "main") in wants(world)
    world.write(emails("p1"))
    assert world.sync().state == "waiting"
    assert ("confirm", "main") in wants(world)
    world.emulator.control.revoke_tokens()
    world.sync()
    assert wants(world)[0] == ("reauthorise", "acme")
    assert ("look", "main") not in wants(world)  # that is mended at its destination


def test_an_audience_that_linkedin_lost_wants_somebody(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    world.emulator.control.ripen(world.segment()["record"]["id"], "EXPIRED")
    world.open().status("main", live=True)
    assert ("expired", "main") in wants(world)
    world.emulator.control.ripen(world.segment()["record"]["id"], "ARCHIVED")
    world.open().status("main", live=True)
    assert ("archived", "main") in wants(world)
    world.emulator.control.ripen(world.segment()["record"]["id"], "FAILED")
    world.open().status("main", live=True)
    assert ("lost", "main") in wants(world)
    world.activation(enabled=False)
    assert wants(world) == []


def test_a_list_that_cannot_be_read_as_it_is_mapped_wants_somebody(world: World) -> None:
    """A column was renamed: every run fails, and nobody would know from what was told before."""
    world.write(emails("ann"))
    world.sync()
    world.write([{"e_mail": "ann@example.com"}])
    for _ in range(2):  # the first may be a list that is just being written
        with pytest.raises(ConfigError, match="no column") as raised:
            world.sync()
    (row,) = world.open().status("main")
    assert (row.state, row.reason) == ("failed", str(raised.value))
    assert world.open().runs("main")[0].result.reason == str(raised.value)
    assert ("look", "main") in wants(world)
    world.write(emails("ann"))
    assert world.sync().state == "done"
    assert wants(world) == []


def test_dates_come_up_unless_they_renew_themselves(world: World) -> None:
    world.clock.sleep(340 * DAY)  # the refresh token ends after 365 days, the access token is renewed
    door = world.open()
    dates = {(due.what, due.subject): due for due in home.calendar(door.app, door.config)}
    assert dates["access token", "acme"].renews
    assert 20 <= dates["refresh token", "acme"].days <= 26
    assert ("reauthorise", "acme") in wants(world)
    assert [due.at for due in home.calendar(door.app, door.config)] == sorted(due.at for due in dates.values())


def test_a_version_that_is_switched_off_comes_first(world: World) -> None:
    """Nothing can be sent at all, whatever else is to be done."""
    world.write(emails("ann"))
    world.sync()
    door = world.open()
    door.app.store.destinations.park("acme", "Refresh Token Expired", "sign in again")
    spoken = api_version.spoken(door.app)
    world.clock.sleep(spoken.ends - world.clock.now() - 5 * DAY)
    first, *_, last = [each.wants for each in home.needs(door.app, door.config)]
    assert (first, last) == ("reauthorise", "upgrade")
    world.clock.sleep(6 * DAY)
    assert home.needs(door.app, door.config)[0].wants == "upgrade"


def test_growth_is_noted_when_it_is_news_and_once_a_day(world: World) -> None:
    world.write(emails(*(f"p{n}" for n in range(400))))
    world.sync()
    door = world.open()
    for _ in range(4):
        world.clock.sleep(DAY + 1)
        door.status("main", live=True)
        door.status("main", live=True)
    readings = home.growth(door.app, "main").readings
    assert len({int(each.at // DAY) for each in readings}) >= 4
    assert len(readings) <= 8
    assert readings[-1].told == 400
    assert readings[-1].input is not None
    assert home.growth(door.app, "nobody's").readings == ()


def test_deliveries_are_counted_by_the_hour(world: World) -> None:
    world.write(emails("ann", "bob", "cem"))
    world.sync()
    app = world.open().app
    hours = home.delivered_per_hour(app, 24)
    assert len(hours) == 24
    assert sum(count for _, count in hours) == 3
    world.clock.sleep(30 * 3600)
    assert sum(count for _, count in home.delivered_per_hour(app, 24)) == 0
