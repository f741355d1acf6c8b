from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from guestlist.store import Store, open_store
from tests.clock import EARLY, Clock
from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]


@pytest.fixture
def clock() -> Clock:
    return Clock(EARLY)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path, clock: Clock) -> Iterator[Store]:
    with open_store(None, home, clock=clock) as opened:
        yield opened
