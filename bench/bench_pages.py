"""Every page there is, as a person meets it: warm, of an installation that has worked for a quarter of a year.

    python bench/bench_pages.py [--times 20] [--only REGEX] [--no-browser] [--profile PATH]

`guestlist serve` (without its worker, which would only be noise) beside an emulated LinkedIn, over the installation of
`installation.py`. Each page is asked for 20 times one after another: the median and the P95 of the whole answer, CPU
time of the server for each, and in Chromium (cache warm) the time until DOMContentLoaded and until everything is
loaded. Beside it how often the yardstick fits in, which is the page for signing in: a page of the same server that
looks up next to nothing. Then Home for eight people at once, and the memory of the server.
`--profile PATH`: nothing is timed; that page is asked for in this process under cProfile.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import re
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import httpx2
from bench_ingest import cpu, memory, running
from installation import BIG, EVENTS, PASSWORD, REAL, UPLOADED, WHO, Made, made
from starlette.requests import Request
from starlette.routing import compile_path

import guestlist
from guestlist.app import users
from guestlist.web import sessions
from guestlist.web.desk import Desk
from guestlist.web.pages.call import Call
from guestlist.web.pages.table import PAGES

GOAL = 0.2  # seconds
YARDSTICK = "/sign-in"
PUBLIC = (YARDSTICK, "/setup")  # whoever is signed in is led on from them
PIECES = (".csv", "/events", "/live", "/plan", "/survey")  # not looked at on their own
CLIENTS, SECONDS = 8, 6.0


def paths(known: Made) -> dict[str, list[str]]:
    """What to ask for, by the path in the table of pages; one without parts stands for itself."""
    plain, mixed = known.drafts
    stream = f"{EVENTS[0]}-to-acme".replace(" ", "-")
    audiences = [BIG, quote(UPLOADED), quote(EVENTS[0])]
    return {
        "/setup/{token}": [f"/setup/{known.link}"],
        "/settings": [],  # only leads on
        "/linkedin/callback": [],  # so does this
        "/destinations/{name}": ["/destinations/acme"],
        "/destinations/{name}/activations": ["/destinations/acme/activations"],
        "/destinations/{name}/delivery": ["/destinations/acme/delivery", "/destinations/acme/delivery?span=7d"],
        "/destinations/{name}/runs": ["/destinations/acme/runs"],
        "/destinations/connect/{handle}": [f"/destinations/connect/{known.handle}"],
        "/destinations/connect/{handle}/review": [
            f"/destinations/connect/{known.handle}/review?name=EMEA&ad_account=516848833&send_email=yes"
        ],
        "/audiences/{name}": [f"/audiences/{each}" for each in audiences],
        "/audiences/{name}/live": [f"/audiences/{quote(EVENTS[0])}/live"],
        "/audiences/{name}/edit": [f"/audiences/{quote(UPLOADED)}/edit"],
        "/activations/{name}": [f"/activations/{each}" for each in (REAL, f"{BIG}-to-acme", stream, "list-2-to-apac")],
        "/activations/{name}/live": [],  # stays open
        "/activations/{name}/runs": [f"/activations/{each}/runs" for each in (REAL, stream)],
        "/activations/{name}/delivery": [f"/activations/{stream}/delivery"],
        "/activations/{name}/activity": [f"/activations/{REAL}/activity"],
        "/activations/{name}/confirm": [f"/activations/{REAL}/confirm"],
        "/activations/{name}/mapping": [f"/activations/{each}/mapping" for each in (f"{BIG}-to-acme", stream)],
        "/activations/{name}/trigger": [f"/activations/{stream}/trigger"],
        "/privacy/lists/{number}": [f"/privacy/lists/{known.list}"],
        "/privacy/lists/{number}/survey": [f"/privacy/lists/{known.list}/survey"],
        "/activations/{name}/edit": ["/activations/list-1-to-emea/edit"],
        "/activations/{name}/rejected.csv": [f"/activations/{REAL}/rejected.csv"],
        "/jobs/{number}": [f"/jobs/{known.job}"],
        "/jobs/{number}/events": [f"/jobs/{known.job}/events"],
        "/activate/{number}": [f"/activate/{plain}"],
        "/activate/{number}/audiences": [f"/activate/{plain}/audiences"],
        "/activate/{number}/mapping/{place}": [f"/activate/{plain}/mapping/1", f"/activate/{mixed}/mapping/2"],
        "/activate/{number}/sync": [f"/activate/{mixed}/sync"],
        "/activate/{number}/events/{place}": [f"/activate/{mixed}/events/2"],
        "/activate/{number}/review": [f"/activate/{plain}/review", f"/activate/{mixed}/review"],
        "/activate/{number}/plan": [f"/activate/{plain}/plan"],
        "/activity": ["/activity", "/activity?before=2000"],
        "/settings/users": ["/settings/users", "/settings/users?q=user1&sort=-role&page=2"],
    }


def asked(known: Made, only: str) -> list[str]:
    """Every page to look at. Fails when the table has one that nobody says how to ask for."""
    given, found = paths(known), list[str]()
    for page in PAGES:
        if page.method == "GET":
            assert "{" not in page.path or page.path in given, f"bench_pages does not know how to ask for {page.path}"
            found += given.get(page.path, [page.path])
    return [each for each in found if re.search(only, each)]


@dataclass
class Timed:
    """Seconds. ``cpu``: of the server for one answer; ``ready`` and ``loaded``: in the browser."""

    path: str
    took: list[float]
    cpu: float
    size: int
    ready: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)

    @property
    def slowest(self) -> float:
        """What a person waits for."""
        return statistics.median(self.loaded or self.took)


# ── from outside ─────────────────────────────────────────────────────────────────────────────────────────────────
def signed_in(address: str) -> httpx2.Client:
    """With the cookie of a session."""
    client = httpx2.Client(base_url=address, trust_env=False, timeout=60.0, headers={"accept": "text/html"})
    form = re.search(r'name="csrf" value="(\w+)"', client.get("/sign-in").text)
    assert form is not None
    fields = {"csrf": form[1], "name": WHO, "password": PASSWORD}
    answer = client.post("/sign-in", data=fields, headers={"origin": address})
    assert answer.status_code == 303, answer.text
    return client


def timed(client: httpx2.Client, pid: int, path: str, times: int) -> Timed:
    """One after another; the first two warm it up."""
    took, size = [], 0
    for n in range(-2, times):
        if n == 0:
            before = cpu(pid)
        began = time.perf_counter()
        answer = client.get(path)
        took.append(time.perf_counter() - began)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        size = len(answer.content)
    return Timed(path, took[2:], (cpu(pid) - before) / times, size)


def in_browser(address: str, client: httpx2.Client, found: list[Timed], times: int) -> None:
    """The same in Chromium, which has everything but the page itself in its cache."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - may be left out

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        cookies = [{"name": name, "value": value, "url": address} for name, value in client.cookies.items()]
        context.add_cookies(cookies)  # type: ignore[arg-type]
        page = context.new_page()
        for each in found:
            if each.path.endswith(PIECES) or each.path.startswith(PUBLIC):
                continue
            for n in range(-1, times):
                page.goto(f"{address}{each.path}", wait_until="load")
                ready, loaded = page.evaluate(
                    "new Promise(told => setTimeout(() => { const at = performance.getEntriesByType('navigation')[0];"
                    " told([at.domContentLoadedEventEnd, at.loadEventEnd]) }))"
                )
                if n >= 0:
                    each.ready.append(ready / 1000)
                    each.loaded.append(loaded / 1000)
        browser.close()


def at_once(address: str, cookie: str) -> tuple[float, float]:
    """Home for eight people who never rest: answers a second, and the median of one."""
    end, took = time.perf_counter() + SECONDS, list[float]()

    def one() -> None:
        connection = HTTPConnection(urlsplit(address).netloc)
        while time.perf_counter() < end:
            began = time.perf_counter()
            connection.request("GET", "/", headers={"Cookie": cookie, "Accept": "text/html"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=one) for _ in range(CLIENTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return len(took) / SECONDS, statistics.median(took)


def told(found: list[Timed], yardstick: float) -> None:
    """The slowest first."""
    head = ("page", "answer", "p95", "CPU", "ready", "loaded", "p95", "KB", "yardsticks", "")
    print(f"{head[0]:<44}" + "".join(f"{each:>11}" for each in head[1:9]))
    for each in sorted(found, key=lambda one: -one.slowest):
        columns = [_ms(statistics.median(each.took)), _ms(_p95(each.took)), _ms(each.cpu)]
        columns += [_ms(statistics.median(times)) if times else "-" for times in (each.ready, each.loaded)]
        columns += [_ms(_p95(each.loaded)) if each.loaded else "-", f"{each.size / 1e3:,.0f}"]
        columns += [f"{statistics.median(each.took) / yardstick:.1f}"]
        late = "" if each.slowest < GOAL else f"   over {GOAL * 1000:.0f} ms"
        print(f"{each.path[:43]:<44}" + "".join(f"{one:>11}" for one in columns) + late)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f} ms"


def _p95(times: list[float]) -> float:
    return sorted(times)[min(int(len(times) * 0.95), len(times) - 1)]


def measure(known: Made, folder: Path, environ: Mapping[str, str], options: argparse.Namespace) -> None:
    """All of it."""
    guestlist = str(Path(sys.executable).with_name("guestlist"))
    command = [guestlist, "serve", "--port", "0", "--no-worker", "-f", str(folder / "guestlist.yaml")]
    with running(command, folder, dict(environ)) as (pid, address):
        client = signed_in(address)
        fresh = httpx2.Client(base_url=address, trust_env=False, headers={"accept": "text/html"})
        yardstick = statistics.median(timed(fresh, pid, YARDSTICK, options.times).took)
        found = [
            timed(fresh if path.startswith(PUBLIC) else client, pid, path, options.times)
            for path in asked(known, options.only)
        ]
        if not options.no_browser:
            in_browser(address, client, found, options.times)
        told(found, yardstick)
        rate, median = at_once(address, "; ".join(f"{name}={value}" for name, value in client.cookies.items()))
        late = sum(each.slowest >= GOAL for each in found)
        print(
            f"\n{len(found) - late} of {len(found)} pages in less than {GOAL * 1000:.0f} ms; yardstick {_ms(yardstick)}"
        )
        print(f"Home for {CLIENTS} people at once: {rate:,.0f} answers/s, {_ms(median)} each")
        print(f"the server had at most {memory(pid) >> 20} MB")


# ── from inside ──────────────────────────────────────────────────────────────────────────────────────────────────
def profiled(folder: Path, address: str, times: int) -> None:
    """Where the time of one page goes."""
    with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
        desk = Desk(door.app, door.configuration, "http://guestlist")
        cookie = f"guestlist_session={users.sign_in(door.app, WHO, PASSWORD)}"
        path, _, query = address.partition("?")
        page, parts = next(
            (page, found.groupdict())
            for page in PAGES
            if page.method == "GET" and (found := compile_path(page.path)[0].match(unquote(path)))
        )

        def once() -> None:
            scope = {
                "type": "http", "method": "GET", "path": path, "path_params": parts, "query_string": query.encode(),
                "headers": [(b"cookie", cookie.encode())],
            }  # fmt: skip
            request = Request(scope)
            page.answer(Call(desk, request, sessions.asker_of(desk, request)))

        once()
        profile = cProfile.Profile()
        for _ in range(times):
            profile.runcall(once)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(r"guestlist|sqlalchemy.engine.default|jinja2", 45)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", default="", help="a regular expression for paths")
    parser.add_argument("--no-browser", action="store_true")
    parser.add_argument("--profile", metavar="PATH")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, began = Path(name), time.monotonic()
        with made(folder) as known:
            print(f"the installation was made in {time.monotonic() - began:.0f} s")
            if options.profile:
                profiled(folder, options.profile, options.times)
            else:
                measure(known, folder, os.environ, options)


if __name__ == "__main__":
    main()
