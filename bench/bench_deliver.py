"""Delivery beside LinkedIn's ceiling: how much of a core it takes to tell 10 x 5,000 people a second.

python bench/bench_deliver.py [PEOPLE]      default 500,000

A first sync of a Parquet list to an emulated LinkedIn in another process. Planning runs in a child process, so this
process's CPU time is claiming, reading, writing JSON, HTTP and settling.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import httpx2
import yaml

import guestlist
from guestlist.core.delivery import BATCH_SIZE
from linkedin_emulator.pointing import variables

CEILING = 10  # requests a second: 600 a minute for one member (documented)


@contextmanager
def emulator(folder: Path) -> Iterator[str]:
    """LinkedIn on a free port, its address."""
    ready = folder / "ready"
    command = [str(Path(sys.executable).with_name("linkedin-emulator")), "--port", "0", "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while not ready.exists() or not ready.read_text().strip():
            time.sleep(0.05)
        try:
            yield _address(ready.read_text())
        finally:
            process.terminate()


def _address(text: str) -> str:
    try:
        return str(json.loads(text)["url"])
    except (ValueError, KeyError, TypeError):
        return text.split(maxsplit=1)[0]


def prepare(folder: Path, people: int) -> None:
    """A list with an address and two names a row."""
    columns = "'p' || i || '@example.com' AS email, 'First' || i % 999 AS firstName, 'Last' || i % 7919 AS lastName"
    target = folder / "people.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range({people}) t(i)) TO '{target}'")
    file = {
        "destinations": {"acme": {"ad_account": 516848833}},
        "audiences": {"people": {"members": "people", "source": {"file": "people.parquet"}}},
        "activations": {"main": {"audience": "people", "destination": "acme"}},
    }
    (folder / "guestlist.yaml").write_text(yaml.safe_dump(file))


def main() -> None:
    people = int(sys.argv[1]) if len(sys.argv) > 1 else 500_000
    with tempfile.TemporaryDirectory() as name, emulator(Path(name)) as url:
        folder = Path(name)
        prepare(folder, people)
        httpx2.post(f"{url}/_emulator/config", json={"segment_visible_after": 0, "users_per_minute": 1_000_000})
        token = httpx2.post(f"{url}/_emulator/tokens", json={}).json()
        os.environ |= variables(url)
        with guestlist.open(str(folder / "home"), str(folder / "guestlist.yaml")) as door:
            door.connect_token("acme", token)
            before, began = cpu(), time.monotonic()
            (result,) = door.sync()
            used, took = cpu() - before, time.monotonic() - began
    batches = -(-people // BATCH_SIZE)
    print(f"told {result.added:,} people in {result.requests} requests, {took:.1f} s, planning and pace included")
    print(f"CPU of delivery: {used / batches * 1000:.1f} ms a batch = {used / people * 1e6:.1f} us a person")
    print(f"at LinkedIn's ceiling ({CEILING} requests/s x {BATCH_SIZE:,}): {used / batches * CEILING:.0%} of one core")


def cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
