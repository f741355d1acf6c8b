"""Fixtures for tests that need a LinkedIn: `linkedin` (a real server) and `linkedin_emulator` (in process).

Nothing of the emulator is imported until a test asks for one.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from linkedin_emulator.emulator import Emulator
    from linkedin_emulator.running import RunningEmulator


@pytest.fixture
def linkedin_emulator() -> "Emulator":
    """An emulator in process; talk to it through `EmulatorTransport`."""
    from linkedin_emulator.emulator import Emulator  # noqa: PLC0415

    return Emulator()


@pytest.fixture
def linkedin() -> "Iterator[RunningEmulator]":
    """An emulator listening on a free port of localhost."""
    from linkedin_emulator.running import RunningEmulator  # noqa: PLC0415

    with RunningEmulator() as running:
        yield running
