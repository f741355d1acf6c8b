"""kill -9 of a real `guestlist sync` at any moment loses nothing; two at once wait for one another."""

from __future__ import annotations

import random
import subprocess
import threading
from pathlib import Path

import pytest

from linkedin_emulator.running import RunningEmulator
from tests.e2e.site import Site, kill
from tests.world import digest

PEOPLE = 6_000  # more than one batch, more than what stays in SQL


@pytest.fixture
def site(tmp_path: Path, linkedin: RunningEmulator, database_url: str | None) -> Site:
    linkedin.emulator.control.config(segment_visible_after=0.0)
    made = Site(tmp_path, linkedin, database_url)
    made.write([{"email": "p0@example.com"}])
    made.connect()
    return made


def wanted(numbers: range) -> tuple[list[dict[str, str]], set[str]]:
    addresses = [f"p{number}@example.com" for number in numbers]
    return [{"email": each} for each in addresses], {digest(each) for each in addresses}


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost(site: Site) -> None:
    dice = random.Random()
    for start in (0, 500):
        rows, expected = wanted(range(start, start + PEOPLE))
        site.write(rows)
        for _ in range(3):
            victim = site.start("sync", "--allow-removals", "9999")
            try:
                victim.wait(timeout=dice.uniform(0.1, 1.6))
            except subprocess.TimeoutExpired:
                kill(victim)
            else:
                victim.communicate()
        (done,) = site.json("sync", "--allow-removals", "9999")
        assert done["state"] == "done"
        assert site.told() == expected
    assert site.linkedin.emulator.control.overlaps() == []
    (again,) = site.json("sync")
    assert (again["added"], again["changed"], again["removed"], again["requests"]) == (0, 0, 0, 0)


@pytest.mark.slow
def test_two_at_once_wait_for_one_another(site: Site) -> None:
    rows, expected = wanted(range(PEOPLE))
    site.write(rows)
    results: list[subprocess.CompletedProcess[str]] = []

    def one() -> None:
        results.append(site.run("sync", "--json"))

    threads = [threading.Thread(target=one) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(results) == 2
    assert site.told() == expected
    tellings = [r for r in site.linkedin.emulator.control.requests() if r["path"].endswith("/users")]
    assert len(tellings) == 2  # 6,000 people, once
