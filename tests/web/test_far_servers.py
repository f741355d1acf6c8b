"""Two servers on one PostgreSQL that share no folder: what they need in common, and what one says without it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from guestlist.core.permissions import Role
from guestlist.errors import StoreError
from tests.postgres import Server
from tests.web.installed import Installed, installed
from tests.web.sending import multipart, send, token, upload
from tests.web.served import Command
from tests.web.test_activating import begun, step
from tests.web.test_two_servers import moved
from tests.world import World

SAID = "if another machine wrote it, set GUESTLIST_DATA_URL on both to a place that both reach."
MANY = 5_200  # more than stays in the database
LIST = b"email\n" + b"".join(b"p%d@example.com\n" % number for number in range(MANY))


@dataclass
class Far(World):
    """Another machine: a home of its own. ``more``: what its environment says beside."""

    more: dict[str, str] = field(default_factory=dict)

    def environ(self) -> dict[str, str]:
        return {**super().environ(), **self.more}


@pytest.fixture
def postgres_url(postgres_server: Server, postgres_template: str) -> Iterator[str]:
    name = postgres_server.create(postgres_template)
    yield postgres_server.url(name)
    postgres_server.drop(name)


@pytest.fixture
def machines(
    postgres_url: str, tmp_path: Path, logged: list[Any]
) -> Iterator[Callable[..., tuple[Installed, Installed]]]:
    """Two of them; ``more``: of both."""
    with ExitStack() as stack:

        def made(**more: str) -> tuple[Installed, Installed]:
            worlds: list[Far] = []
            for name in ("one", "other"):
                (tmp_path / name).mkdir()
                emulator = {"emulator": worlds[0].emulator} if worlds else {}
                worlds.append(Far(tmp_path / name, postgres_url, more=more, **emulator))  # type: ignore[arg-type]
                stack.callback(worlds[-1].close)
            worlds[0].yaml |= {"audiences": {}, "activations": {}}
            worlds[1].yaml = worlds[0].yaml
            worlds[0].connect()
            pair = installed(worlds[0]), installed(worlds[1])
            for each in pair:
                stack.callback(each.web.close)
            return pair

        yield made


def test_with_a_common_place_for_files_any_of_them_does_everything(
    machines: Callable[..., tuple[Installed, Installed]], tmp_path: Path
) -> None:
    one, other = machines(GUESTLIST_DATA_URL=str(tmp_path / "common"))
    browser = upload(one.signed_in(), LIST, "guests")
    assert "p3@example.com" in moved(browser, other).get("/audiences/guests").text
    begun(browser, "people", "guests")
    step(moved(browser, one))
    step(moved(browser, other), **{"name-0": "guests"})
    other.work()
    assert f"Would be added {MANY:,}" in moved(browser, one).get(browser.location).text
    browser.submit("Finish")
    one.work()
    assert len(one.world.told("guests")) == MANY
    assert other.world.sync("guests").unchanged == MANY  # it reads what the other one wrote down
    assert not list(tmp_path.glob("*/home/data/**/*.parquet"))


def test_without_one_the_other_says_what_is_missing_and_removes_nobody(
    machines: Callable[..., tuple[Installed, Installed]],
) -> None:
    one, other = machines()
    browser = upload(one.signed_in(), LIST, "guests")
    begun(browser, "people", "guests")
    step(browser)
    step(browser, **{"name-0": "guests"})
    browser.submit("Finish")
    one.work()
    assert len(one.world.told("guests")) == MANY
    assert SAID in moved(browser, other).get("/audiences/guests").text
    assert browser.get("/activations/guests").status == 200
    browser.submit("Run now")
    other.work()
    assert SAID in browser.get(browser.location).text
    browser.get("/audiences/guests")
    send(browser, "/audiences/guests/upload", multipart([("csrf", token(browser))], LIST[:-20]))
    with pytest.raises(StoreError, match=r"ledgers/.*GUESTLIST_DATA_URL"):  # the list is there, what was told is not
        other.world.sync("guests")
    assert len(one.world.told("guests")) == MANY


def test_who_is_signed_in_and_what_is_described_needs_no_common_folder(
    machines: Callable[..., tuple[Installed, Installed]],
) -> None:
    one, other = machines()
    browser = one.signed_in(Role.ADMINISTRATOR)
    assert moved(browser, other).get("/destinations/acme").status == 200
    browser.submit("take it over")
    browser.submit("Save", description="ours")
    assert one.configuration.current().destinations["acme"].description == "ours"


def test_without_a_common_key_it_says_so_and_does_not_begin(postgres_url: str, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    one, other = (Command(tmp_path / name, postgres_url) for name in ("one", "other"))
    assert one.run("keys", "create", "site").returncode == 0
    shutil.rmtree(tmp_path / "other" / "home", ignore_errors=True)
    with pytest.raises(AssertionError, match="GUESTLIST_SECRET_KEY"), other.serving():
        pass
    assert other.said.count("\n") == 1  # a sentence, and nothing was begun
    assert other.run("keys", "create", "other").returncode != 0
    assert one.run("keys", "list", "--json").stdout.count('"name"') == 1
