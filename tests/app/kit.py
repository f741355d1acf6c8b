"""Events into a world: what an SDK would send, folded and flushed step by step."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from guestlist.app.fold import Fold
from guestlist.app.results import SyncResult
from guestlist.app.stream_sync import flush
from guestlist.app.streams import listeners
from guestlist.events.outcomes import Outcome
from guestlist.events.posting import Door, Posting, encode
from tests.world import World

KEY = "high_intent"


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def entered(user: str, at: float, key: str = KEY, **traits: Any) -> dict[str, Any]:
    return _track("Audience Entered", user, at, key, traits)


def exited(user: str, at: float, key: str = KEY, **traits: Any) -> dict[str, Any]:
    return _track("Audience Exited", user, at, key, traits)


def _track(event: str, user: str, at: float, key: str, traits: dict[str, Any]) -> dict[str, Any]:
    said = {"type": "track", "event": event, "properties": {"audience_key": key}, "timestamp": iso(at)}
    return {**said, **({"userId": user} if user else {}), "context": {"traits": traits}}


@dataclass
class Source:
    """A source of events beside a world whose activation ``main`` is a stream."""

    world: World
    received: Counter[str] = field(default_factory=Counter)
    fold_: Fold | None = None

    def __post_init__(self) -> None:
        self.world.yaml["audiences"]["people"]["source"] = {"events": {"write_keys": ["engage"]}}
        self.world.activation("main", mode="stream", audience_key=KEY)

    def now(self) -> float:
        return self.world.clock.now()

    def post(self, *events: dict[str, Any], door: Door = "track", write_key: str = "engage", **posting: Any) -> None:
        """Acknowledged: durable in the inbox."""
        app = self.world.open().app
        brought = Posting(
            write_key, door, self.now(), "", b"", tuple(json.dumps(e).encode() for e in events), **posting
        )
        app.store.inbox.append(encode([brought]), len(events), self.now())
        self.received["main"] += len(events)

    def fold(self) -> int:
        door = self.world.open()
        self.fold_ = self.fold_ if self.fold_ is not None and self.fold_.app is door.app else Fold(door.app)
        folded = 0
        while step := self.fold_.step(lambda: listeners(door.app, door.config)):
            folded += step
        return folded

    def flush(self, activation: str = "main") -> SyncResult:
        door = self.world.open()
        result = flush(door.app, door.config, activation)
        assert result is not None
        return result

    def settle(self, activation: str = "main") -> SyncResult:
        """Fold and flush until nothing is due."""
        self.fold()
        for _ in range(20):
            result = self.flush(activation)
            app = self.world.open().app
            number = app.store.activations.get(activation)
            due = {each.activation_id for each in app.store.streams.due(0.0)}
            if number is None or number.id not in due or result.state not in ("done", "waiting"):
                return result
        raise AssertionError("it never comes to rest")

    def outcomes(self, activation: str = "main") -> Counter[Outcome]:
        app = self.world.open().app
        found = app.store.activations.get(activation)
        assert found is not None
        ends: Counter[Outcome] = Counter()
        for (_, outcome, _), count in app.store.event_counts.totals(0.0, found.id).items():
            ends[Outcome(outcome)] += count
        return ends
