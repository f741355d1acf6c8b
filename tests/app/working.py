"""The worker at work by the world's clock, and what it posts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from guestlist import worker
from tests.world import World

HOUR, DAY = 3_600.0, 86_400.0


def run_for(world: World, seconds: float, **changes: Any) -> None:
    """Let the worker work for so long by the world's clock."""
    door = world.open()
    app = replace(door.app, **changes)
    until = world.clock.now() + seconds

    class Until:
        now = staticmethod(world.clock.now)

        @staticmethod
        def sleep(seconds: float) -> None:
            world.clock.sleep(seconds)
            if world.clock.now() >= until:
                app.stop.set()

    worker.work(replace(app, clock=Until()), door.configuration.current)
    app.stop.clear()


class Posts(list[dict[str, str]]):
    def __call__(self, url: str, message: dict[str, str]) -> bool:
        self.append({"to": url, **message})
        return True

    def events(self) -> list[str]:
        return [each["event"] for each in self]
