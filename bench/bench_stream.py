"""A stream at work: from the receipt of an event to LinkedIn's answer, into an audience that is large already.

python bench/bench_stream.py [MEMBERS [EVENTS_PER_SECOND [SECONDS]]]      default 100,000 5,000 20

An emulated LinkedIn, `guestlist serve`, the worker that it starts and the process beside that which folds. Every event
is a change: somebody of the audience leaves or comes back. Printed: latencies, CPU of the server and of the worker and
their memory at every quarter of the time, and what a flush costs beside how large it is.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psutil
import yaml
from bench_deliver import emulator

import guestlist
from guestlist.app.fold import Fold
from guestlist.app.streams import listeners
from guestlist.events.outcomes import percentile
from linkedin_emulator.pointing import variables

KEY, BATCH = "hot", 100
AIMS = {0.5: 1.0, 0.99: 2.0}  # seconds
LOOKS = 4
WARM = 6.0  # seconds until the worker has loaded what LinkedIn was told
T = TypeVar("T")
GUESTLIST = Path(sys.executable).with_name("guestlist")


def prepare(folder: Path, linkedin: str, members: int) -> str:
    """A home whose stream has been told all members; the write key."""
    os.environ |= {
        "GUESTLIST_HOME": str(folder / "home"),
        **variables(linkedin),
    }
    activation = {"audience": "hot", "destination": "acme", "mode": "stream", "audience_key": KEY}
    file = {
        "destinations": {"acme": {"ad_account": 516848833}},
        "audiences": {"hot": {"members": "people", "source": {"events": {"write_keys": ["bench"]}}}},
        "activations": {"main": {**activation, "max_removals": "100%", "batch": {"max_wait": "500ms"}}},
    }
    (folder / "guestlist.yaml").write_text(yaml.safe_dump(file))
    with (folder / "events.jsonl").open("w") as out:
        for number in range(members):
            out.write(json.dumps(event(number, enters=True)) + "\n")
    with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
        httpx2.post(f"{linkedin}/_emulator/config", json={"segment_visible_after": 0.0}, trust_env=False)
        door.connect_token("acme", httpx2.post(f"{linkedin}/_emulator/tokens", json={}, trust_env=False).json())
        door.ingest(folder / "events.jsonl")
        began = time.monotonic()
        fold_all(door)
        folded = time.monotonic() - began
        print(f"fold           {members / folded:>12,.0f} events/s ({members:,} events in {folded:.1f} s)")
        print("first sync    ", door.sync("main")[0].seconds, "s")
        return door.create_key("bench")


NAMES = ("Audience Exited", "Audience Entered")
TEXT = (  # ``event`` as JSON, so that whoever sends takes little of the machine
    '{"type": "track", "event": "%s", "userId": "u%d", "messageId": "m-%x", "properties": {"audience_key": "hot"}, '
    '"context": {"traits": {"email": "p%d@example.com"}}}'
)


def fold_all(door: guestlist.Guestlist) -> None:
    """What a worker does, in this process."""
    fold, heard = Fold(door.app), listeners(door.app, door.config)
    while fold.step(lambda: heard):
        pass


def event(number: int, *, enters: bool) -> dict[str, object]:
    """Somebody leaves or comes."""
    return {
        "type": "track",
        "event": "Audience Entered" if enters else "Audience Exited",
        "userId": f"u{number}",
        "messageId": f"m-{random.getrandbits(64):x}",
        "properties": {"audience_key": KEY},
        "context": {"traits": {"email": f"p{number}@example.com"}},
    }


@contextmanager
def serving(folder: Path) -> Iterator[tuple[psutil.Process, str]]:
    """The server and its address."""
    said = folder / "said"
    said.write_text("")
    with (
        said.open("a") as out,
        subprocess.Popen([GUESTLIST, "serve", "--port", "0"], cwd=folder, stderr=out) as process,
    ):
        while (found := re.search(r"Taking events at (http://[\d.:]*\d)", said.read_text())) is None:
            time.sleep(0.05)
        try:
            yield psutil.Process(process.pid), found[1]
        finally:
            process.terminate()


@dataclass
class Meter:
    """CPU seconds and memory (MB, at each look) of a process."""

    process: psutil.Process
    cpu: float = 0.0
    memory: list[float] = field(default_factory=list)

    def start(self) -> None:
        """From here on."""
        self.cpu = self._used()
        self.look()

    def stop(self) -> None:
        """Until here."""
        self.cpu = self._used() - self.cpu
        self.look()

    def _used(self) -> float:
        """With what its children took that have ended."""
        return float(sum(self.process.cpu_times()[:4]))

    def look(self) -> None:
        """How much it holds now."""
        self.memory.append(float(self.process.memory_info().rss) / 1e6)


async def watched(working: Coroutine[Any, Any, T], meters: Iterable[Meter], seconds: float) -> T:
    """Look at the memory a few times while something goes on for so long."""

    async def look() -> None:
        for _ in range(LOOKS - 1):
            await asyncio.sleep(seconds / LOOKS)
            for meter in meters:
                meter.look()

    looking = asyncio.create_task(look())
    try:
        return await working
    finally:
        looking.cancel()


async def load(address: str, key: str, members: int, rate: int, seconds: float) -> tuple[int, int]:
    """Requests of a hundred events, evenly; how many events were taken, and how many requests were not."""
    inside = [True] * members
    token = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}
    taken = refused = 0
    async with httpx2.AsyncClient(base_url=address, timeout=30.0, trust_env=False) as client:

        async def one(body: bytes) -> None:
            nonlocal taken, refused
            answer = await client.post("/v1/batch", content=body, headers=headers)
            taken, refused = taken + BATCH * (answer.status_code == 200), refused + (answer.status_code != 200)

        flying: set[asyncio.Task[None]] = set()
        began = time.monotonic()
        for n in range(int(seconds * rate / BATCH)):
            events = []
            for number in random.sample(range(members), BATCH):
                inside[number] = not inside[number]
                events.append(TEXT % (NAMES[inside[number]], number, random.getrandbits(64), number))
            await asyncio.sleep(max(0.0, began + n * BATCH / rate - time.monotonic()))
            flying.add(asyncio.create_task(one(f'{{"batch": [{", ".join(events)}]}}'.encode())))
            flying = {task for task in flying if not task.done()}
        await asyncio.gather(*flying)
    return taken, refused


def main(members: int = 100_000, rate: int = 5_000, seconds: int = 20) -> None:
    """One run."""
    print(f"\n{members:,} members, {rate:,} events/s for {seconds} s, max_wait 500 ms")
    with tempfile.TemporaryDirectory() as name, emulator(Path(name)) as linkedin:
        folder = Path(name)
        key = prepare(folder, linkedin, members)
        with serving(folder) as (server, address):
            while not server.children():
                time.sleep(0.1)
            time.sleep(WARM)
            worker = server.children()[0]
            (folding,) = (each for each in worker.children() if "--only-fold" in each.cmdline())
            meters = {"server": Meter(server), "worker": Meter(worker), "fold": Meter(folding), **beside()}
            before = latencies(folder)
            for meter in meters.values():
                meter.start()
            loading = load(address, key, members, rate, seconds)
            taken, refused = asyncio.run(watched(loading, meters.values(), seconds))
            time.sleep(5)
            for meter in meters.values():
                meter.stop()
        report(folder, taken, refused, before, meters, seconds)


def beside() -> dict[str, Meter]:
    """What the measuring itself takes: the emulated LinkedIn, and whoever sends the events."""
    own = psutil.Process()
    (linkedin,) = (each for each in own.children() if any("linkedin-emulator" in word for word in each.cmdline()))
    return {"(LinkedIn)": Meter(linkedin), "(sender)": Meter(own)}


def latencies(folder: Path) -> Counter[int]:
    """Latencies so far, by slot."""
    with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
        return Counter(door.app.store.event_counts.latencies(0.0))


def judged(shares: dict[float, float | None]) -> str:
    """Whether LinkedIn heard as soon as is wished."""
    late = [f"p{round(share * 100)} < {most:g} s" for share, most in AIMS.items() if not (shares[share] or 0.0) < most]
    return f"(not {', not '.join(late)})" if late else "(as soon as is wished)"


def report(
    folder: Path, taken: int, refused: int, before: Counter[int], meters: dict[str, Meter], seconds: int
) -> None:
    """What is worth looking at."""
    with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
        number = door.app.store.activations.get("main").id  # type: ignore[union-attr]
        (row,) = [each for each in door.events().activations if each.activation == "main"]
        runs = [each for each in door.app.store.runs.latest(number, 10_000) if each.kind == "flush"]
    slots = latencies(folder) - before
    shares = {share: percentile(slots, share) for share in (0.5, 0.95, 0.99)}
    print("latency       ", ", ".join(f"p{round(share * 100)} {at} s" for share, at in shares.items()), judged(shares))
    print("events        ", f"{taken:,} taken, {refused} requests refused,", row.json()["outcomes"])
    told = sum(run.removes + run.adds for run in runs) / max(len(runs), 1)
    took = sum((run.ended or run.started) - run.started for run in runs) / max(len(runs), 1)
    print("flushes       ", f"{len(runs)}, {told:,.0f} changes each, {took:.2f} s from run to close")
    for name, meter in meters.items():
        share = meter.cpu / (seconds + 5)
        print(f"{name:<15}{share:.0%} of a core, {', '.join(f'{each:,.0f}' for each in meter.memory)} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
