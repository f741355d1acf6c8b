"""Connecting with a token, and how long a destination works until a person has to authorise again."""

from __future__ import annotations

import pytest

from guestlist.errors import NeedsReauthorization
from tests.world import World, emails

DAY = 86_400


@pytest.mark.parametrize("known", [True, False], ids=["said", "not said"])
def test_connecting_refreshes_a_token_that_has_ended(world: World, known: bool) -> None:
    response = world.emulator.control.token()
    world.emulator.control.revoke_tokens(response["access_token"])
    report = world.open().connect_token("acme", response | ({"expires_in": 0} if known else {}))
    assert report.problems == ()
    assert world.app is not None
    credential, _ = world.app.store.destinations.credential("acme")
    assert credential is not None
    assert credential.token.access_token != response["access_token"]
    assert credential.token.expires_at == report.token_ends
    assert (report.token_ends or 0) > world.clock.now() + 59 * DAY
    assert world.open().check()[0].problems == ()


def test_connecting_tells_why_a_token_cannot_be_refreshed(world: World) -> None:
    response = world.emulator.control.token()
    world.emulator.control.revoke_tokens()
    with pytest.raises(NeedsReauthorization, match="consent has ended"):
        world.open().connect_token("acme", response)


def test_a_refresh_token_needs_the_application(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    renewing = world.open().check()[0]
    assert renewing.renews
    assert renewing.works_until == renewing.refresh_ends
    assert (renewing.works_until or 0) > world.clock.now() + 300 * DAY
    environ = world.environ()
    monkeypatch.setattr(
        world, "environ", lambda: {name: value for name, value in environ.items() if "CLIENT" not in name}
    )
    world.close()
    assert world.open().check()[0].renews, "it was connected with the application's id and secret"
    world.connect()
    alone = world.open().check()[0]
    assert alone.refresh_ends is not None
    assert not alone.renews
    assert alone.works_until == alone.token_ends


def test_status_knows_how_long_the_authorisation_works(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    row, report = world.open().status()[0], world.open().check()[0]
    assert row.works_until == report.works_until == report.refresh_ends
    alone = world.emulator.control.token(expires_in=13 * DAY)
    del alone["refresh_token"]
    ends = world.open().connect_token("acme", alone).token_ends
    assert world.open().status()[0].works_until == ends
