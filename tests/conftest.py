"""Fixtures every folder uses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A connected installation beside an emulated LinkedIn, in process, with one clock."""
    made = World(tmp_path)
    made.connect()
    yield made
    made.close()
