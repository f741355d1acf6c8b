"""kill -9 of `guestlist serve` and of its worker under load: what was acknowledged decides, and nothing else."""

from __future__ import annotations

import base64
import json
import random
import threading
from pathlib import Path

import httpx2
import pytest

from linkedin_emulator.running import RunningEmulator
from tests.e2e.site import Site, serving, until_at_rest
from tests.web.served import until
from tests.world import digest

KEY = "hot"
PEOPLE = 40
ROUNDS = 3


@pytest.fixture
def site(tmp_path: Path, linkedin: RunningEmulator, database_url: str | None) -> Site:
    linkedin.emulator.control.config(segment_visible_after=0.0)
    made = Site(tmp_path, linkedin, database_url)
    made.yaml["audiences"]["people"]["source"] = {"events": {"write_keys": ["engage"]}}
    made.yaml["activations"]["main"] |= {
        "mode": "stream",
        "audience_key": KEY,
        "batch": {"max_wait": "50ms"},
        "max_removals": "100%",
    }
    made.write([])
    made.connect()
    return made


class Sender:
    """Sends events one by one, in step with the answers, and remembers who is in by what was acknowledged.

    An event that was sent and not answered may or may not count: it is sent again until it is answered, as SDKs do.
    """

    def __init__(self, key: str, dice: random.Random) -> None:
        token = base64.b64encode(f"{key}:".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
        self._dice = dice
        self._number = 0
        self._owed: dict[str, object] | None = None
        self.answered = 0
        self.inside: dict[int, bool] = {}

    def send(self, address: str, count: int) -> None:
        with httpx2.Client(base_url=address, timeout=5.0, trust_env=False) as client:
            for _ in range(count):
                event = self._owed or self._next()
                self._owed = event
                try:
                    answer = client.post("/v1/track", content=json.dumps(event), headers=self._headers)
                except httpx2.HTTPError:
                    return
                if answer.status_code != 200:
                    return
                self._owed = None
                self.answered += 1

    def _next(self) -> dict[str, object]:
        person, enters = self._dice.randrange(PEOPLE), self._dice.random() < 0.6
        self._number += 1
        self.inside[person] = enters
        return {
            "type": "track",
            "event": "Audience Entered" if enters else "Audience Exited",
            "userId": f"u{person}",
            "messageId": f"m{self._number}",
            "properties": {"audience_key": KEY},
            "context": {"traits": {"email": f"p{person}@example.com"}},
        }


@pytest.mark.slow
def test_killed_under_load_linkedin_ends_with_what_was_acknowledged(site: Site) -> None:
    dice = random.Random()
    sender = Sender(site.json("keys", "create", "engage")["write_key"], dice)
    for _ in range(ROUNDS):
        with serving(site) as (process, address):
            sending = threading.Thread(target=sender.send, args=(address, 100_000), daemon=True)
            sending.start()
            enough = sender.answered + dice.randrange(5, 300)  # some die before the first fold, some while they tell
            until(lambda: sender.answered >= enough)  # noqa: B023 - called at once
            assert process.poll() is None
        sending.join(30)
        assert not sending.is_alive()
    with serving(site) as (_, address):
        sender.send(address, 1 if sender._owed is not None else 0)
        wanted = {digest(f"p{person}@example.com") for person, enters in sender.inside.items() if enters}
        until_at_rest(site)
        assert site.told() == wanted
        (row,) = [each for each in site.json("events", "--since", "1d")["activations"] if each["activation"] == "main"]
        assert row["received"] == sum(row["outcomes"].values()) >= sender._number
        assert not row["outcomes"].get("pending")
        assert not row["outcomes"].get("pending retry")
    assert site.linkedin.emulator.control.overlaps() == []
