"""The keys that encrypt what is kept: told apart, changed, and everything sealed again with the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from guestlist.core.permissions import Role
from guestlist.store import open_vault
from tests.web.apikit import Api, problem
from tests.web.installed import Installed, installed
from tests.world import World, emails

OLD = "a key for tests that nobody needs to guess"
NEW = "another key for tests that nobody guesses"


class Keyed(World):
    """``key``: GUESTLIST_SECRET_KEY; "": the keys are in the home."""

    key = OLD

    def environ(self) -> dict[str, str]:
        return {**super().environ(), "GUESTLIST_SECRET_KEY": self.key}


@pytest.fixture
def keyed(tmp_path: Path, logged: list[Any]) -> Iterator[Keyed]:
    made = Keyed(tmp_path)
    made.write(emails("ann", "bob"))
    yield made
    made.close()


def again(world: Keyed, key: str) -> Installed:
    """Server and worker are started anew with other keys."""
    world.close()
    world.key = key
    return installed(world)


def test_a_new_key_in_front_seals_everything_again(keyed: Keyed) -> None:
    keyed.connect()
    keyed.sync()
    browser = installed(keyed).signed_in().get("/settings/encryption")
    assert "Everything is encrypted with the first key" in browser.text
    assert "Seal again" not in {button for form in browser.seen.forms for button in form.buttons}
    pages = again(keyed, f"{NEW},{OLD}")
    browser = pages.signed_in().get("/settings/encryption")
    assert "records with an older key" in browser.text
    assert (OLD in browser.response.text, NEW in browser.response.text) == (False, False)
    browser.submit("Seal again with the first key")
    pages.work()
    assert "records were sealed again" in browser.get(browser.location).text
    assert "Everything is encrypted with the first key" in browser.get("/settings/encryption").text
    pages = again(keyed, NEW)
    assert keyed.sync().unchanged == 2
    assert pages.app.store.audit.latest(9)[0].what != ""


def test_a_worker_with_other_keys_seals_nothing(keyed: Keyed) -> None:
    keyed.connect()
    pages = again(keyed, f"{NEW},{OLD}")
    browser = pages.signed_in().get("/settings/encryption")
    browser.submit("Seal again with the first key")
    pages = again(keyed, f"{OLD},{NEW}")
    pages.work()
    assert "started with another first key than the server" in pages.signed_in().get(browser.location).text


def test_keys_in_the_home_are_made_there(keyed: Keyed, tmp_path: Path) -> None:
    keyed.key = ""
    keyed.connect()
    pages = installed(keyed)
    browser = pages.signed_in().get("/settings/encryption")
    before = open_vault(tmp_path / "home").fingerprints
    browser.submit("Make a new key and seal again")
    pages.work()
    assert "records were sealed again" in browser.get(browser.location).text
    after = open_vault(tmp_path / "home").fingerprints
    assert (after[1:], after[0] in before) == (before, False)
    stands = browser.get("/settings/encryption").text
    assert after[0] in stands
    assert "Everything is encrypted with the first key" in stands
    assert [each.what for each in pages.app.store.audit.latest(1)] == ["seal again"]


def test_the_same_through_the_api(api: Api) -> None:
    found = api.get("/encryption")
    assert (found["origin"], found["left"]) == ("environment", 0)
    assert [key["seals"] for key in found["keys"]] == [True]
    assert api.finished(api("POST", "/encryption/seal", {}))["result"] == {"records": 0}
    assert problem(api("POST", "/encryption/seal", {"new_key": True}), 422)["place"] == ["new_key"]
    problem(api("GET", "/encryption", token=api.make_token("moe", Role.MARKETER)), 403)
