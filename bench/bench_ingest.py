"""Taking events in: durable, encrypted, one process; beside the same endpoint written naively.

    python bench/bench_ingest.py [--seconds 6] [--connections 24]

100 events a request, keep-alive connections that each wait for their answer before they send again. The load comes
from another process. Naive: FastAPI with a pydantic model, one INSERT an event, one commit a request, not encrypted.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

BATCH = 100
VARIANTS = 64  # different requests
WARM = 1.0  # seconds that are not measured
TICKS = os.sysconf("SC_CLK_TCK")
LEAST, MOST = 50_000, 0.150  # what is wished: events a second, seconds that 99 of 100 requests wait at most
YAML = "destinations: {}\naudiences: {}\nactivations: {}\n"

NAIVE = """
import sqlite3, sys, threading
from fastapi import FastAPI
from pydantic import BaseModel
import uvicorn

class Event(BaseModel):
    type: str
    event: str | None = None
    userId: str | None = None
    anonymousId: str | None = None
    messageId: str | None = None
    timestamp: str | None = None
    properties: dict | None = None
    context: dict | None = None
    traits: dict | None = None

class Batch(BaseModel):
    batch: list[Event]
    sentAt: str | None = None

app, local = FastAPI(), threading.local()

def connection():
    if not hasattr(local, "connection"):
        local.connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
        local.connection.execute("PRAGMA journal_mode=WAL")
        local.connection.execute("PRAGMA synchronous=FULL")
        local.connection.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, type, user, data)")
    return local.connection

@app.post("/v1/batch")
def batch(body: Batch):
    into = connection()
    into.execute("BEGIN IMMEDIATE")
    for each in body.batch:
        row = (each.type, each.userId, each.model_dump_json())
        into.execute("INSERT INTO events (type, user, data) VALUES (?, ?, ?)", row)
    into.execute("COMMIT")
    return {"success": True}

import socket
listening = socket.create_server(("127.0.0.1", 0))
print("Taking events at http://127.0.0.1:%d" % listening.getsockname()[1], file=sys.stderr, flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listening])
"""


@dataclass(frozen=True)
class Result:
    """Of one server. ``cpu``: seconds of it, user and system, while ``seconds`` went by."""

    events: int
    seconds: float
    latencies: list[float]
    cpu: float = 0.0
    memory: int = 0  # bytes, at most
    refused: int = 0

    @property
    def rate(self) -> float:
        return self.events / self.seconds

    @property
    def p99(self) -> float:
        return sorted(self.latencies)[int(len(self.latencies) * 0.99)]

    def line(self, name: str) -> str:
        p50 = statistics.median(self.latencies)
        return (
            f"  {name:<10} {self.rate:>9,.0f} events/s   p50 {p50 * 1000:5.0f} ms   p99 {self.p99 * 1000:5.0f} ms   "
            f"CPU {self.cpu / self.events * 1e6:6.1f} ms per 1,000 events ({self.cpu / self.seconds:.2f} cores)   "
            f"{self.memory >> 20} MB" + (f"   {self.refused} refused" if self.refused else "")
        )

    def judged(self) -> str:
        """Whether it is as wished."""
        wished = {f"{LEAST:,} events/s": self.rate >= LEAST, f"p99 < {MOST * 1000:.0f} ms": self.p99 < MOST}
        return ", ".join(f"{aim}: {'met' if met else 'NOT MET'}" for aim, met in wished.items())


# ── load: another process ────────────────────────────────────────────────────────────────────────────────────────
def event(number: int) -> dict[str, Any]:
    key = "high_intent_accounts"
    return {
        "type": "track",
        "event": "Audience Entered" if number % 2 else "Audience Exited",
        "userId": uuid.uuid4().hex,
        "anonymousId": None,
        "messageId": str(uuid.uuid4()),
        "timestamp": "2026-05-28T20:26:39.000Z",
        "properties": {"audience_key": key, key: bool(number % 2)},
        "context": {
            "personas": {"computation_class": "audience", "computation_id": "aud_2RZ", "computation_key": key},
            "traits": {"email": f"{uuid.uuid4().hex[:12]}@example.com"},
            "library": {"name": "analytics-python", "version": "2.4.0"},
        },
        "integrations": {},
    }


def request(first: int, key: str) -> bytes:
    body = json.dumps({"batch": [event(first + n) for n in range(BATCH)], "sentAt": "2026-05-28T20:26:40Z"}).encode()
    head = (
        "POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Basic {base64.b64encode(f'{key}:'.encode()).decode()}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection(asyncio.Protocol):
    """Sends, waits for the answer, sends again."""

    def __init__(self, requests: list[bytes], begin: float, end: float) -> None:
        self._requests, self._begin, self._end = requests, begin, end
        self._count, self._answer = id(self) >> 4, b""
        self.latencies: list[float] = []
        self.refused = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        if self._sent >= self._end:
            self._transport.close()
            return
        self._count += 1
        self._transport.write(self._requests[self._count % len(self._requests)])

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if not self._answer.endswith(b"}"):  # all answers are small JSON objects
            return
        if not self._answer.startswith(b"HTTP/1.1 200"):
            self.refused += 1
        elif self._begin <= time.perf_counter() < self._end:
            self.latencies.append(time.perf_counter() - self._sent)
        self._answer = b""
        self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        self.done.set_result(None)


async def load(address: str, key: str, connections: int, seconds: float) -> Result:
    host, port = address.removeprefix("http://").split(":")
    requests = [request(number * BATCH, key) for number in range(VARIANTS)]
    begin = time.perf_counter() + WARM
    made = [Connection(requests, begin, begin + seconds) for _ in range(connections)]
    loop = asyncio.get_running_loop()
    for each in made:
        await loop.create_connection(lambda each=each: each, host, int(port))
    await asyncio.gather(*(each.done for each in made))
    latencies = [latency for each in made for latency in each.latencies]
    return Result(len(latencies) * BATCH, seconds, latencies, refused=sum(each.refused for each in made))


# ── servers ──────────────────────────────────────────────────────────────────────────────────────────────────────
@contextmanager
def running(command: list[str], folder: Path, environ: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Its process and its address."""
    said = folder / "said"
    with said.open("wb") as errors, subprocess.Popen(command, stderr=errors, cwd=folder, env=environ) as process:
        try:
            while not (found := re.search(r"Taking events at (http://[\d.:]*\d)", said.read_text())):
                assert process.poll() is None, said.read_text()
                time.sleep(0.05)
            yield process.pid, found[1]
        finally:
            process.terminate()


def measured(pid: int, address: str, key: str, connections: int, seconds: float) -> Result:
    arguments = ["--load", address, key, "--connections", str(connections), "--seconds", str(seconds)]
    with subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE, text=True) as loading:
        time.sleep(WARM)
        before, began = cpu(pid), time.monotonic()
        time.sleep(seconds * 0.9)
        used, took = cpu(pid) - before, time.monotonic() - began
        peak = memory(pid)
        assert loading.stdout is not None
        found = Result(**json.loads(loading.stdout.read()))
    return Result(found.events, found.seconds, found.latencies, used / took * seconds, peak, found.refused)


def cpu(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICKS


def memory(pid: int) -> int:
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1]) << 10  # type: ignore[index]


def ours(folder: Path, connections: int, seconds: float) -> Result:
    (folder / "guestlist.yaml").write_text(YAML)
    guestlist = str(Path(sys.executable).with_name("guestlist"))
    environ = {**os.environ, "GUESTLIST_HOME": str(folder / "home")}
    made = subprocess.run(
        [guestlist, "keys", "create", "bench", "--json"], env=environ, capture_output=True, check=True
    )
    with running([guestlist, "serve", "--port", "0", "--no-worker"], folder, environ) as (pid, address):
        return measured(pid, address, json.loads(made.stdout)["write_key"], connections, seconds)


def naive(folder: Path, connections: int, seconds: float) -> Result:
    program = folder / "naive.py"
    program.write_text(NAIVE)
    command = [sys.executable, str(program), str(folder / "naive.db")]
    with running(command, folder, dict(os.environ)) as (pid, address):
        return measured(pid, address, "key", connections, seconds)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--load", nargs=2, metavar=("ADDRESS", "KEY"), help="only be the load")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--connections", type=int, default=24)
    options = parser.parse_args()
    if options.load:
        found = asyncio.run(load(*options.load, options.connections, options.seconds))
        print(json.dumps(asdict(found)))
        return
    size = len(request(0, "key")) // BATCH
    print(f"{BATCH} events a request, {size} bytes each, {options.connections} connections, {os.cpu_count()} cores")
    results = {}
    for name, serve in (("naive", naive), ("guestlist", ours)):
        with tempfile.TemporaryDirectory() as folder:
            results[name] = serve(Path(folder), options.connections, options.seconds)
            print(results[name].line(name))
    print(f"  guestlist: {results['guestlist'].judged()}")
    rates = results["guestlist"].rate / results["naive"].rate
    cpus = [result.cpu / result.events for result in (results["naive"], results["guestlist"])]
    print(f"  guestlist takes {rates:.1f} times as many, at 1/{cpus[0] / cpus[1]:.1f} of the CPU for each;")
    print(f"  a core of its own is enough for {1 / cpus[1]:,.0f} events/s ({86_400 / cpus[1] / 1e9:.0f} bn a day)")


if __name__ == "__main__":
    main()
