from collections.abc import Callable, Iterator

import httpx2
import pytest

from linkedin_emulator.emulator import Emulator
from linkedin_emulator.transport import EmulatorTransport
from tests.emulator.kit import NOW, LinkedIn


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(frozen_clock=True)
    emulator.control.clock(now=NOW)
    return emulator


@pytest.fixture
def http(emulator: Emulator) -> Iterator[httpx2.Client]:
    with httpx2.Client(transport=EmulatorTransport(emulator), base_url="https://api.linkedin.com") as client:
        yield client


@pytest.fixture
def linkedin_api(emulator: Emulator, http: httpx2.Client) -> LinkedIn:
    return LinkedIn(http, emulator, emulator.control.token()["access_token"])


@pytest.fixture
def with_scopes(emulator: Emulator, http: httpx2.Client) -> Callable[..., LinkedIn]:
    return lambda *scopes, **options: LinkedIn(
        http, emulator, emulator.control.token(scopes=scopes, **options)["access_token"]
    )
