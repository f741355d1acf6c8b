"""Fixtures every folder uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture(autouse=True)
def logs_of_one_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test sets up for logs ends with it: a module's logger that kept it would never be caught again."""
    configure = structlog.configure
    monkeypatch.setattr(structlog, "configure", lambda **said: configure(**said | {"cache_logger_on_first_use": False}))
    yield
    structlog.reset_defaults()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A connected installation beside an emulated LinkedIn, in process, with one clock."""
    from tests.world import World  # noqa: PLC0415 - most tests need none of it

    made = World(tmp_path)
    made.connect()
    yield made
    made.close()
