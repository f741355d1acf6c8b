"""Twice as much as is sustainable: what is refused, whether anything is lost, and how soon all is well again.

    python bench/bench_overload.py [--seconds 60] [--lag 10]

`guestlist serve` with its worker, one audience key, no LinkedIn (the activation is disabled): the fold is what does not
keep up. First the sustainable rate is measured (events folded per second while there is always something to fold), then
twice that is sent, evenly; what was refused is sent again after Retry-After, as SDKs do. The door closes when the fold
is ``--lag`` seconds late (60 as Guestlist comes: twice the sustainable rate for two minutes). Printed: events received,
429s, lost (acknowledged, and without an outcome), the largest backlog, and the seconds until the inbox is empty again
and until a request is taken. The load comes from another process. It ends with 1 when anything is lost, when nothing
was refused, or when not all is well again in time.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx2
from bench_ingest import memory, running
from bench_stream import fold_all

import guestlist

KEY, BATCH, PEOPLE = "hot", 100, 50_000
FILE = """\
destinations: {acme: {ad_account: 516848833}}
audiences: {hot: {members: people, source: {events: {write_keys: [bench]}}}}
activations: {main: {audience: hot, destination: acme, mode: stream, audience_key: hot, enabled: false}}
"""
SERVE = """
import functools, sys
from guestlist.app import intake
intake.Limits = functools.partial(intake.Limits, lag=float(sys.argv.pop(1)))
from guestlist.cli import main
main()
"""
PROBED = 20_000  # events
PATIENCE = 10.0  # times ``--lag`` until it has to be well again: the fold is that late when the load ends, and as slow
FLYING = 64  # requests at once: more would only wait in the client


@dataclass
class Sent:
    """What the senders saw. ``late``: requests that were due and not sent when time was over."""

    acknowledged: int = 0
    refused: int = 0
    failed: int = 0
    late: int = 0


def event(number: int) -> dict[str, Any]:
    """One of a number of people comes or leaves."""
    return {
        "type": "track",
        "event": "Audience Entered" if number % 3 else "Audience Exited",
        "userId": f"u{number * 7919 % PEOPLE}",
        "messageId": str(uuid.uuid4()),
        "properties": {"audience_key": KEY},
        "context": {"traits": {"email": f"p{number * 7919 % PEOPLE}@example.com"}},
    }


def sustainable(door: guestlist.Guestlist, folder: Path) -> float:
    """Events that are folded in a second, while the same process does nothing else."""
    with (folder / "events.jsonl").open("w") as out:
        out.writelines(json.dumps(event(number)) + "\n" for number in range(PROBED))
    door.ingest(folder / "events.jsonl")
    began = time.monotonic()
    fold_all(door)
    return PROBED / (time.monotonic() - began)


# ── load: another process ────────────────────────────────────────────────────────────────────────────────────────
async def load(address: str, key: str, rate: float, seconds: float) -> Sent:
    """Requests of a hundred events, evenly; who is refused waits, and sends the same again until it is taken."""
    sent, numbers = Sent(), iter(range(1 << 40))
    token = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    began, end = time.monotonic(), time.monotonic() + seconds
    limits = httpx2.Limits(max_connections=FLYING, max_keepalive_connections=FLYING)
    async with httpx2.AsyncClient(base_url=address, timeout=60.0, trust_env=False, limits=limits) as client:

        async def one(body: bytes) -> None:
            while time.monotonic() < end:
                answer = await client.post("/v1/batch", content=body, headers=headers)
                if answer.status_code == 200:
                    sent.acknowledged += BATCH
                    return
                sent.refused += answer.status_code == 429
                sent.failed += answer.status_code != 429
                await asyncio.sleep(float(answer.headers.get("retry-after", 1)))
            sent.late += 1

        flying: set[asyncio.Task[None]] = set()
        for n in range(int(seconds * rate / BATCH)):
            await asyncio.sleep(max(0.0, began + n * BATCH / rate - time.monotonic()))
            flying = {task for task in flying if not task.done()}
            if len(flying) >= 4 * FLYING:  # whoever sends has a bound, too: what it cannot hold is not counted as sent
                sent.late += 1
                continue
            events = [event(next(numbers)) for _ in range(BATCH)]
            flying.add(asyncio.create_task(one(json.dumps({"batch": events}).encode())))
        await asyncio.gather(*flying)
    return sent


# ── here ─────────────────────────────────────────────────────────────────────────────────────────────────────────
class Watch:
    """The largest backlog while it watches."""

    def __init__(self, door: guestlist.Guestlist) -> None:
        self.events, self.bytes = 0, 0
        self._door, self._over = door, threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def _work(self) -> None:
        while not self._over.wait(0.5):
            backlog = self._door.app.store.inbox.backlog()
            self.events, self.bytes = max(self.events, backlog.events), max(self.bytes, backlog.size)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Inside it."""
        self._thread.start()
        yield
        self._over.set()
        self._thread.join()


def loaded(address: str, key: str, rate: float, seconds: float) -> Sent:
    """The load, in a process of its own."""
    arguments = ["--load", address, key, "--rate", str(rate), "--seconds", str(seconds)]
    done = subprocess.run([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True, check=True)
    return Sent(**json.loads(done.stdout))


def recovered(door: guestlist.Guestlist, address: str, key: str, patience: float) -> tuple[float | None, float | None]:
    """Seconds until a request is taken again, and until everything is folded; None: not in time."""
    began, taken = time.monotonic(), None
    while time.monotonic() - began < patience:
        if taken is None:
            answer = httpx2.post(f"{address}/v1/batch", json={"batch": [event(0)]}, auth=(key, ""), trust_env=False)
            taken = time.monotonic() - began if answer.status_code == 200 else None
        if taken is not None and door.app.store.inbox.backlog().rows == 0:
            return taken, time.monotonic() - began
        time.sleep(0.1)
    return taken, None


def received(door: guestlist.Guestlist) -> int:
    """Events that have an outcome."""
    return sum(door.app.store.event_counts.totals(0.0).values())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--load", nargs=2, metavar=("ADDRESS", "KEY"), help="only be the load")
    parser.add_argument("--rate", type=float)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--lag", type=float, default=10.0)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(asdict(asyncio.run(load(*options.load, options.rate, options.seconds)))))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "guestlist.yaml").write_text(FILE)
        os.environ["GUESTLIST_HOME"] = str(folder / "home")
        with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
            run(door, folder, options.seconds, options.lag)


def run(door: guestlist.Guestlist, folder: Path, seconds: float, lag: float) -> None:
    """Measure, say it and judge it."""
    rate, key = sustainable(door, folder), door.create_key("bench")
    before, watch = received(door), Watch(door)
    print(
        f"sustainable    {rate:>10,.0f} events/s; {2 * rate:,.0f} are sent for {seconds:.0f} s, lag at most {lag:.0f} s"
    )
    command = [sys.executable, "-c", SERVE, str(lag), "serve", "--port", "0"]
    with running(command, folder, dict(os.environ)) as (pid, address):
        with watch.watching():
            sent = loaded(address, key, 2 * rate, seconds)
        taken, folded = recovered(door, address, key, PATIENCE * lag)
        peak = memory(pid)
    lost = sent.acknowledged + (taken is not None) - (received(door) - before)
    print(f"acknowledged   {sent.acknowledged:>10,} events, {sent.acknowledged / seconds:,.0f}/s")
    print(f"refused        {sent.refused:>10,} requests (429), {sent.failed} failed, {sent.late:,} not sent in time")
    print(f"lost           {max(lost, 0):>10,} events")
    print(f"backlog        {watch.events:>10,} events at most, {watch.bytes / 1e6:,.0f} MB; server {peak >> 20} MB")
    if taken is not None and folded is not None:
        print(f"recovery       {taken:>10.1f} s until a request is taken, {folded:.1f} s until all is folded")
    faults = {
        "acknowledged events have no outcome": lost > 0 and folded is not None,
        "something else than 429 was answered": sent.failed > 0,
        "nothing was refused": sent.refused == 0,
        f"it is not well again after {PATIENCE * lag:.0f} s": folded is None,
    }
    if found := [each for each, it_is in faults.items() if it_is]:
        sys.exit("NOT MET: " + "; ".join(found))
    print("met: it answers 429, nothing is lost, and it is well again")


if __name__ == "__main__":
    main()
