"""Pictures of every page, light and dark, wide and narrow, of an installation that stands beside an emulated LinkedIn.

python scripts/screenshots.py [FOLDER]        default: .screenshots
python scripts/screenshots.py FOLDER --only activation
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import yaml

import guestlist
from guestlist import job_worker
from guestlist.app import api_tokens, declared, jobs, users, write_keys
from guestlist.bootstrap import open_web
from guestlist.core.permissions import Permission, Role
from guestlist.ports import SegmentStatus
from guestlist.web.server import Server, address_of, listen
from linkedin_emulator.running import RunningEmulator

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from guestlist.facade import Guestlist

ROOT = Path(__file__).parents[1]
SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
PASSWORD = "four words that nobody guesses"  # noqa: S105 - of an installation that lives for a minute
DAY = 86_400.0
PAGES = {
    "home": "/",
    "destinations": "/destinations",
    "destination": "/destinations/acme",
    "destination-activations": "/destinations/acme/activations",
    "destination-delivery": "/destinations/acme/delivery",
    "destination-runs": "/destinations/acme/runs",
    "connect": "/destinations/connect",
    "privacy": "/privacy",
    "suppression-list": "/privacy/lists/1",
    "activations": "/activations",
    "activation": "/activations/newsletter-to-acme",
    "activation-runs": "/activations/newsletter-to-acme/runs",
    "activation-mapping": "/activations/newsletter-to-acme/mapping",
    "activation-mapping-file": "/activations/accounts-to-acme/mapping",
    "activation-settings": "/activations/newsletter-to-acme/edit",
    "activation-activity": "/activations/newsletter-to-acme/activity",
    "activation-waiting": "/activations/partners-to-acme",
    "activation-confirm": "/activations/partners-to-acme/confirm",
    "activation-events": "/activations/high-intent-to-acme",
    "activation-trigger": "/activations/high-intent-to-acme/trigger",
    "activation-delivery": "/activations/high-intent-to-acme/delivery",
    "activation-new": "/activations/webinar-to-acme",
    "job": "/jobs/1",
    "job-waiting": "/jobs/2",
    "activity": "/activity",
    "audiences": "/audiences",
    "audience-new": "/audiences/new",
    "audience-file": "/audiences/newsletter",
    "audience-upload": "/audiences/webinar%20guests",
    "audience-edit": "/audiences/webinar%20guests/edit",
    "audience-events": "/audiences/high%20intent",
    "activate": "/activate?kind=people",
    "activate-audiences": "/activate/1/audiences",
    "activate-mapping": "/activate/1/mapping/1",
    "activate-identity": "/activate/1/mapping/1?tab=identity",
    "activate-mapping-events": "/activate/1/mapping/2",
    "activate-mapping-companies": "/activate/3/mapping/1",
    "activate-sync": "/activate/1/sync",
    "activate-events": "/activate/1/events/2",
    "activate-review": "/activate/2/review",
    "activate-review-problem": "/activate/1/review",
    "users": "/settings/users",
    "tokens": "/settings/tokens",
    "keys": "/settings/keys",
    "linkedin-app": "/settings/linkedin",
    "encryption": "/settings/encryption",
    "retention": "/settings/retention",
    "notices": "/settings/notices",
    "password": "/settings/password",
    "no-such-page": "/nowhere",
}


# ── what is to be seen ───────────────────────────────────────────────────────────────────────────────────────────
@contextlib.contextmanager
def installed(folder: Path) -> Iterator[tuple[Guestlist, str]]:
    """An installation with sample data that serves, and its address."""
    with RunningEmulator() as linkedin:
        os.environ |= {
            "GUESTLIST_HOME": str(folder / "home"),
            "GUESTLIST_LINKEDIN_API_URL": linkedin.api_url,
            "GUESTLIST_LINKEDIN_OAUTH_URL": linkedin.oauth_url,
            "GUESTLIST_LINKEDIN_CLIENT_ID": "86emulator",
            "GUESTLIST_LINKEDIN_CLIENT_SECRET": "emulator-secret",
        }
        linkedin.emulator.control.config(segment_visible_after=0.0)
        file = _written(folder)
        with guestlist.open(file=str(file)) as door:
            door.connect_token("acme", linkedin.emulator.control.token())
            door.sync()
            linkedin.emulator.control.clock(advance=2 * DAY)
            door.sync("accounts-to-acme")
            door.status(live=True)
            for cut in (60, 0, 200, 40):
                _grown(folder / "people.csv", cut)
                door.sync("newsletter-to-acme")
                linkedin.emulator.control.clock(advance=2 * DAY)
                door.status(live=True)
            rows = (folder / "partners.csv").read_text().splitlines()
            (folder / "partners.csv").write_text("\n".join(rows[:900]) + "\n")
            door.sync("partners-to-acme")
            _past(door)
            _people(door)
            _audiences(door)
            _wishes(door)
            with _serving(door) as address:
                yield door, address


def _grown(file: Path, cut: int) -> None:
    """A list some time later: some left, some are new."""
    head, *rows = file.read_text().splitlines()
    new = [f"N-{len(rows)}-{n},new.{len(rows)}.{n}@example.org,Nia,Novak,Buyer,Acme,SE,yes" for n in range(cut // 2)]
    file.write_text("\n".join([head, *rows[cut:], *new]) + "\n")


def _written(folder: Path) -> Path:
    for name in ("people.csv", "companies.csv"):
        shutil.copy(ROOT / "examples" / name, folder)
    rows = (folder / "people.csv").read_text().splitlines()
    (folder / "partners.csv").write_text("\n".join(rows[:2501]) + "\n")
    described = yaml.safe_load((ROOT / "examples" / "guestlist.yaml").read_text())
    for name in ("partners", "webinar"):
        described["audiences"][name] = {"members": "people", "source": {"file": "partners.csv"}}
        described["activations"][f"{name}-to-acme"] = {"audience": name, "destination": "acme", "enabled": True}
    described["activations"]["newsletter-to-acme"]["schedule"] = {"every": "1h"}
    described["activations"]["webinar-to-acme"]["enabled"] = False
    described["destinations"]["apac"] = {"ad_account": 516848834, "description": "Not connected yet"}
    file = folder / "guestlist.yaml"
    file.write_text(yaml.safe_dump(described, sort_keys=False))
    return file


def _past(door: Guestlist) -> None:
    """What LinkedIn would have said in the weeks before."""
    app = door.app
    for number, name in enumerate(("newsletter-to-acme", "accounts-to-acme", "partners-to-acme")):
        found = app.store.activations.get(name)
        segment = app.store.segments.current(found.ledger_id) if found is not None else None
        if segment is None or segment.audience_size is None or segment.matched is None:
            continue
        now_told = next((each.told for each in reversed(app.store.readings.of([segment.id])) if each.told), None)
        for day in range(28, 0, -2 - number):
            grown = 1 - day / 60 + (day % 5) / 100
            size, matched = int(segment.audience_size * grown), int(segment.audience_size * grown * 0.9)
            said = SegmentStatus("", "", "", "", None, "READY", None, matched, size, None)
            told = int((now_told or size) * grown)
            app.store.readings.note(segment.id, said, told, time.time() - day * DAY)


def _people(door: Guestlist) -> None:
    app, configuration = door.app, door.configuration
    users.create(app, "ann@acme.example", Role.ADMINISTRATOR, PASSWORD)
    users.create(app, "ben@acme.example", Role.MARKETER)
    users.create(app, "cleo@acme.example", Role.ANALYST, PASSWORD)
    users.disable(app, "cleo@acme.example")
    api_tokens.create(app, "nightly-export", Role.ANALYST, [Permission.VIEW_DESTINATIONS], time.time() + 90 * DAY)
    write_keys.create(
        app,
        "engage",
    )
    write_keys.create(app, "old-site")
    write_keys.revoke(app, "old-site")
    declared.take_over(app, configuration, "activations", "newsletter-to-acme")
    done = jobs.ask_plan(app, configuration.current(), "newsletter-to-acme")
    job = app.store.jobs.get(done.id)
    if job is not None:
        job_worker.take_up(app, configuration.current, job)
    jobs.ask_sync(app, configuration.current(), "accounts-to-acme")


def _audiences(door: Guestlist) -> None:
    """An uploaded list, one of events with events, and what somebody has begun to activate."""
    from guestlist.app import declared, drafts, uploads  # noqa: PLC0415
    from guestlist.core.permissions import person  # noqa: PLC0415

    app, configuration = door.app, door.configuration
    with uploads.arriving(app) as arriving:
        arriving.write((ROOT / "examples" / "people.csv").read_bytes())
    uploads.keep(app, arriving, "webinar guests", "webinar-guests-2026.csv")
    uploaded = {"members": "people", "source": {"upload": "webinar guests"}}
    declared.create(app, configuration, "audiences", "webinar guests", uploaded)
    of_events = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
    declared.create(app, configuration, "audiences", "high intent", of_events)
    fed = {"audience": "high intent", "destination": "acme", "mode": "stream", "audience_key": "high_intent"}
    declared.create(app, configuration, "activations", "high-intent-to-acme", fed)
    _events(door)
    ann = app.store.users.get("ann@acme.example")
    by = person("ann@acme.example", Role.ADMINISTRATOR, user_id=ann.id if ann else None)
    config = configuration.current()
    for members, names in (
        ("people", ["webinar guests", "high intent"]),
        ("people", ["webinar guests"]),
        ("companies", ["accounts"]),
    ):
        draft = drafts.begin(app, by, "acme", members)
        draft = drafts.with_audiences(app, config, draft, names, by)
        drafts.save(app, by, draft)
        if names == ["webinar guests"]:
            draft = drafts.ask_plan(app, configuration, by, draft)
            job = app.store.jobs.get(draft.job or 0)
            if job is not None:
                job_worker.take_up(app, configuration.current, job)


def _events(door: Guestlist) -> None:
    """Some are delivered, others end on the way."""
    from guestlist.app import streams  # noqa: PLC0415
    from guestlist.app.fold import Fold  # noqa: PLC0415
    from guestlist.app.stream_sync import flush  # noqa: PLC0415
    from guestlist.events.posting import Posting, encode  # noqa: PLC0415

    app, config = door.app, door.configuration.current()

    def event(number: int) -> bytes:
        key = "another" if number % 13 == 0 else "high_intent"
        traits = (
            {} if number % 17 == 0 else {"email": f"reader.{number // 2 if number % 5 == 0 else number}@example.org"}
        )
        name = "Product Viewed" if number % 7 == 0 else "Audience Entered"
        said = {"type": "track", "event": name, "properties": {"audience_key": key}, "context": {"traits": traits}}
        return json.dumps({**said, "timestamp": f"2026-05-28T20:{number % 60:02}:00Z"}).encode()

    for hour in range(20, 0, -1):
        events = tuple(event(number) for number in range(hour * 50, hour * 50 + 20 + hour * 3 % 31))
        at = time.time() - hour * 3600
        app.store.inbox.append(encode([Posting("engage", "track", at, "", b"", events)]), len(events), at)
    folding = Fold(app)
    while folding.step(lambda: streams.listeners(app, config)):
        pass
    flush(app, config, "high-intent-to-acme")


def _wishes(door: Guestlist) -> None:
    """Somebody forgotten, and a list of more."""
    from guestlist.app import suppression, uploads  # noqa: PLC0415

    app, configuration = door.app, door.configuration
    with uploads.arriving(app) as arriving:
        arriving.write((ROOT / "examples" / "people.csv").read_bytes() + b"X-1,nobody at all,,,,,,yes\n")
    found = suppression.keep(app, arriving, "unsubscribed-2026.csv")
    survey = app.store.jobs.get(jobs.ask_survey(app, found.id, found.chosen).id)
    forgotten = app.store.jobs.get(jobs.ask_forget(app, ["somebody@example.com"]).id)
    for job in (survey, forgotten):
        if job is not None:
            job_worker.take_up(app, configuration.current, job)


@contextlib.contextmanager
def _serving(door: Guestlist) -> Iterator[str]:
    with listen("127.0.0.1", 0) as listening:
        address = address_of(listening)
        web = open_web(door.app, door.is_audience, (), door.configuration, address)
        server = Server(web.asgi, listening)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield address
        finally:
            server.stop()
            thread.join(10)
            web.close()


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Camera:
    """``into``: where pictures go."""

    browser: Browser
    address: str
    into: Path
    only: str

    def all(self) -> list[str]:
        """Take every picture; what is wrong with a page that can be measured."""
        wrong: list[str] = []
        for theme in ("light", "dark"):
            for size in SIZES:
                wrong += self._walk(theme, size)
        return [each for each in wrong if "404" not in each]

    def _walk(self, theme: str, size: str) -> list[str]:
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
        )
        page, wrong = context.new_page(), list[str]()
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(f"{self.address}/sign-in")
        wrong += self._taken(page, f"sign-in-{theme}-{size}")
        page.fill("#f-name", "ann@acme.example")
        page.fill("#f-password", PASSWORD)
        page.click("main button.btn-primary")
        for name, path in PAGES.items():
            if re.search(self.only, name):
                page.goto(f"{self.address}{path}", wait_until="load")
                wrong += self._taken(page, f"{name}-{theme}-{size}")
        context.close()
        return wrong

    def _taken(self, page: Page, name: str) -> list[str]:
        page.screenshot(path=self.into / f"{name}.png", full_page=True)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return [f"{name}: {over} pixels wider than the window"] if over > 0 else []


def _quiet() -> None:
    """Requests are not told."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def main() -> int:
    """Take them; 1 when a page is too wide or its console holds an error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".screenshots"))
    parser.add_argument("--only", default="", help="a regular expression for names of pages")
    given = parser.parse_args()
    _quiet()
    given.folder.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only who takes pictures has it

    with tempfile.TemporaryDirectory() as work, installed(Path(work)) as (_, address), sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        wrong = Camera(browser, address, given.folder, given.only).all()
        browser.close()
    for each in wrong:
        print(each)  # noqa: T201
    print(f"{len(list(given.folder.glob('*.png')))} pictures in {given.folder}")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
