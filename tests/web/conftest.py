from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.contracts.conftest import postgres_template, sqlite_template, store_url
from tests.postgres import database_url, postgres_server
from tests.web.apikit import Api
from tests.web.installed import Installed, installed
from tests.web.kit import Site, opened
from tests.world import World, emails

__all__ = ["database_url", "postgres_server", "postgres_template", "sqlite_template", "store_url"]


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as entries:
        yield entries


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "sqlite.db")
    return f"sqlite:///{tmp_path}/sqlite.db"


@pytest.fixture
def open_site(sqlite_url: str, tmp_path: Path, logged: list[Any]) -> Iterator[Callable[..., Site]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(opened(tmp_path, sqlite_url, **options))


@pytest.fixture
def site(open_site: Callable[..., Site]) -> Site:
    return open_site()


@pytest.fixture
def site_on_both(store_url: str, tmp_path: Path, logged: list[Any]) -> Iterator[Site]:
    """The same on SQLite and on PostgreSQL."""
    with opened(tmp_path, store_url) as opened_site:
        yield opened_site


@pytest.fixture
def api(world: World, logged: list[Any]) -> Iterator[Api]:
    """The API of a connected installation whose file names one activation."""
    opened_api = Api(world)
    yield opened_api
    opened_api.close()


@pytest.fixture
def pages(world: World, logged: list[Any]) -> Iterator[Installed]:
    """Pages over a connected installation whose activation ``main`` was never synced."""
    world.write(emails("ann", "bob"))
    made = installed(world)
    yield made
    made.web.close()


@pytest.fixture
def world_folder(tmp_path: Path) -> Path:
    """Where all that the installation of ``pages`` writes is."""
    return tmp_path
