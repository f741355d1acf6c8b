"""Fixtures every folder uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A connected installation beside an emulated LinkedIn, in process, with one clock."""
    from tests.world import World  # noqa: PLC0415 - most tests need none of it

    made = World(tmp_path)
    made.connect()
    yield made
    made.close()
