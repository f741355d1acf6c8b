"""Pictures of every page, light and dark, wide and narrow, of an installation that stands beside an emulated LinkedIn.

python scripts/screenshots.py [FOLDER]        default: .screenshots
python scripts/screenshots.py FOLDER --only activation
python scripts/screenshots.py --readme        the few of the README, into docs/pictures
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import logging
import os
import re
import secrets
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa
import structlog
import yaml
from starlette.routing import compile_path

import guestlist
from guestlist import job_worker
from guestlist.app import api_tokens, connection, declared, jobs, users, write_keys
from guestlist.bootstrap import open_web
from guestlist.core.permissions import Permission, Role
from guestlist.ports import SegmentStatus
from guestlist.store import schema
from guestlist.web.pages.table import PAGES as TABLE
from guestlist.web.server import Server, address_of, listen
from linkedin_emulator.control import Control
from linkedin_emulator.pointing import variables
from linkedin_emulator.running import RunningEmulator

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

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
    "destination-editable": "/destinations/asia",
    "destination-accounts": "/destinations/asia?accounts=1",
    "destination-waiting": "/destinations/nordics",
    "destination-waiting-delivery": "/destinations/nordics/delivery",
    "connect": "/destinations/connect",
    "privacy": "/privacy",
    "suppression-list": "/privacy/lists/1",
    "activations": "/activations",
    "activation": "/activations/newsletter-to-acme",
    "runs": "/runs",
    "activation-runs": "/activations/newsletter-to-acme/runs",
    "activation-file": "/activations/accounts-to-acme",
    "activation-rejected": "/activations/accounts-to-acme/rejected",
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
    "activation-lost": "/activations/speakers-to-acme",
    "activation-reauthorize": "/activations/webinar-guests-to-nordics",
    "activation-unsaved": "/activations/newsletter-to-acme/mapping?unsaved={unsaved}&at=title&more=yes",
    "job": "/jobs/1",
    "job-waiting": "/jobs/2",
    "job-working": "/jobs/3",
    "job-run": "/jobs/{run}",
    "job-run-waiting": "/jobs/{run_waiting}",
    "job-failed": "/jobs/{failed}",
    "job-check": "/jobs/{check}",
    "job-forgotten": "/jobs/{forgotten}",
    "job-list-read": "/jobs/{list_read}",
    "job-sealed": "/jobs/{sealed}",
    "activity": "/activity",
    "audiences": "/audiences",
    "audience-new": "/audiences/new",
    "audience-file": "/audiences/newsletter",
    "audience-upload": "/audiences/webinar%20guests",
    "audience-edit": "/audiences/webinar%20guests/edit",
    "audience-events": "/audiences/high%20intent",
    "audience-without": "/audiences/speakers",
    "activate": "/activate?kind=people",
    "activate-destination": "/activate/1",
    "activate-audiences": "/activate/1/audiences",
    "activate-mapping": "/activate/1/mapping/1",
    "activate-mapping-events": "/activate/1/mapping/2",
    "activate-mapping-companies": "/activate/3/mapping/1",
    "activate-sync": "/activate/1/sync",
    "activate-sync-companies": "/activate/3/sync",
    "activate-events": "/activate/1/events/2",
    "activate-review": "/activate/2/review",
    "activate-review-problem": "/activate/1/review",
    "sign-in": "/sign-in",
    "setup": "/setup/{link}",
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


EMPTY = {
    f"empty-{name}": path
    for name, path in {
        "home": "/",
        "destinations": "/destinations",
        "connect": "/destinations/connect",
        "audiences": "/audiences",
        "audience-new": "/audiences/new",
        "activations": "/activations",
        "activate": "/activate",
        "privacy": "/privacy",
        "activity": "/activity",
        "users": "/settings/users",
        "tokens": "/settings/tokens",
        "keys": "/settings/keys",
        "notices": "/settings/notices",
    }.items()
}
Act = Callable[["Page"], None]
KNOWN = "Chen.Costa.595@example.org"  # of the list newsletter, and still in it


def _typed(**fields: str) -> Act:
    """Fill in fields by their ids and send their form, whatever the browser itself has against it."""

    def act(page: Page) -> None:
        page.evaluate("for (const form of document.forms) form.noValidate = true")
        for name, value in fields.items():
            field = page.locator(f"#f-{name}")
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        form = page.locator("main form").filter(has=page.locator(f"#f-{next(iter(fields))}"))
        form.locator("button").last.click()

    return act


def _pressed(name: str, **fields: str) -> Act:
    """Fill in fields by their ids, then press a button that is called so."""

    def act(page: Page) -> None:
        for each, value in fields.items():
            page.fill(f"#f-{each}", value)
        page.get_by_role("button", name=name, exact=True).click()

    return act


def _overtaken(name: str, **fields: str) -> Act:
    """The same, when somebody else was faster."""

    def act(page: Page) -> None:
        page.evaluate("for (const field of document.getElementsByName('version')) field.value = '1'")
        _pressed(name, **fields)(page)

    return act


def _created(prefix: str) -> Act:
    """A new one at each visit: what is shown once is of something that was not there before."""

    def act(page: Page) -> None:
        _typed(name=f"{prefix}-{secrets.token_hex(2)}")(page)

    return act


def _uploaded(name: str, body: bytes) -> Act:
    """As a browser without scripts sends a list."""

    def act(page: Page) -> None:
        page.fill("#f-name-upload", "guests")
        page.set_input_files("#f-list", {"name": name, "mimeType": "text/plain", "buffer": body})
        page.locator("form[data-uploads]").evaluate("form => form.submit()")

    return act


def _nothing_mapped(page: Page) -> None:
    """Nobody can be found by a country alone."""
    for each in page.locator("main select, main input[type=text]").all():
        each.evaluate("field => { field.value = '' }")
    page.locator("main button[value=next]").last.click()


def _half_picked(page: Page) -> None:
    """A source on the other tab, and no target."""
    page.get_by_text("Add new mapping").click()
    page.get_by_role("group", name="Source field").get_by_text("Select identity namespace").click()
    page.locator("select[name=source-identity]").select_option(index=1)
    page.get_by_role("button", name="Select", exact=True).click()


# name: (path, status, what is done there)
REVIEW = "/destinations/connect/{handle}/review"
STATES: dict[str, tuple[str, int, Act | None]] = {
    "connect-account": ("/destinations/connect/{handle}", 200, None),
    "connect-review": (REVIEW + "?name=EMEA&ad_account=516848833&send_email=yes", 200, None),
    "connect-refused": ("/destinations/connect?refused=user_cancelled_authorize", 200, None),
    "secret-user": ("/settings/users", 200, _pressed("New link for fay@acme.example")),
    "secret-token": ("/settings/tokens", 200, _created("warehouse")),
    "secret-key": ("/settings/keys", 200, _created("app")),
    "explained": ("/privacy", 200, _typed(activation="newsletter-to-acme", value=KNOWN)),
    "explained-unknown": ("/privacy", 200, _typed(activation="newsletter-to-acme", value="nobody@example.net")),
    "explained-forgotten": ("/privacy", 200, _typed(activation="newsletter-to-acme", value="somebody@example.com")),
    "explained-unusable": ("/privacy", 200, _typed(activation="newsletter-to-acme", value="nobody at all")),
    "trigger-enters": ("/activations/high-intent-to-acme/trigger", 200, _pressed("Test")),
    "trigger-ignored": (
        "/activations/high-intent-to-acme/trigger",
        200,
        _pressed("Test", event='{"type": "page", "name": "Pricing"}'),
    ),
    "fault-event": ("/activations/high-intent-to-acme/trigger", 422, _pressed("The last one that came")),
    "activate-tested": ("/activate/1/events/2", 200, _pressed("Test", audience_key="trial_users")),
    "fault-trigger": ("/activations/high-intent-to-acme/trigger", 422, _typed(trigger='event is "Order Completed')),
    "fault-destination": ("/destinations/asia", 422, _typed(ad_account="Acme")),
    "fault-destination-account": ("/destinations/asia", 422, _typed(ad_account="516848834")),
    "fault-destination-name": ("/destinations/asia", 422, _typed(name="acme")),
    "overtaken-destination": ("/destinations/asia", 409, _overtaken("Save", description="Asia")),
    "overtaken-activation": (
        "/activations/webinar-guests-to-nordics/edit",
        409,
        _overtaken("Rename", new="webinar guests"),
    ),
    "fault-upload": ("/audiences/new", 422, _uploaded("guests.pdf", b"%PDF-1.7")),
    "fault-token": ("/settings/tokens", 422, _typed(name="warehouse", days="soon")),
    "fault-connect": ("/destinations/connect/{handle}", 422, _typed(name="")),
    "fault-audience": ("/audiences/new", 422, _typed(**{"name-events": "newsletter"})),
    "fault-user": ("/settings/users", 422, _typed(name="ann@acme.example")),
    "fault-notices": ("/settings/notices", 422, _typed(url="nowhere")),
    "fault-password": ("/settings/password", 422, _typed(old="wrong", new="too short")),
    "fault-forget": ("/privacy", 422, _typed(values="not an address")),
    "fault-mapping-add": ("/activate/4/mapping/1", 422, _half_picked),
    "fault-mapping": ("/activate/4/mapping/1", 422, _nothing_mapped),
    "forbidden": ("/settings/users", 403, None),
    "forbidden-activate": ("/activate", 403, None),
}
OUTSIDE: dict[str, tuple[str, int, Act | None]] = {  # of pages for people who are not signed in
    "fault-sign-in": ("/sign-in", 422, _typed(name="eve@acme.example", password=PASSWORD)),
    "setup-over": ("/setup/used", 404, None),
}
PUBLIC = ("sign-in", "setup")  # whoever is signed in is led on from them
NOT_SHOWN = {  # pieces of pages, files, and ways on to another page
    "/jobs/{number}/events",
    "/activations/{name}/live",
    "/audiences/{name}/live",
    "/privacy/lists/{number}/survey",
    "/activate/{number}/plan",
    "/activations/{name}/rejected.csv",
    "/linkedin/callback",
    "/settings",
    "/settings/{name}/take-over",
}


# ── what is to be seen ───────────────────────────────────────────────────────────────────────────────────────────
@contextlib.contextmanager
def installed(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """An installation with sample data that serves: its address, and what addresses of pages name."""
    with RunningEmulator() as linkedin:
        os.environ |= {
            "GUESTLIST_HOME": str(folder / "home"),
            **variables(linkedin.url),
        }
        control = linkedin.emulator.control
        control.config(segment_visible_after=0.0)
        control.seed(ACCOUNTS)
        file = _written(folder)
        with guestlist.open(file=str(file)) as door:
            door.connect_token("acme", control.token())
            door.sync()
            (lost,) = door.status("speakers-to-acme")
            control.ripen(int(lost.segment_id or 0), "EXPIRED")
            (folder / "speakers.csv").unlink()
            control.clock(advance=2 * DAY)
            door.sync("accounts-to-acme")
            door.status(live=True)
            for cut in (60, 0, 200, 40):
                _grown(folder / "people.csv", cut)
                door.sync("newsletter-to-acme")
                control.clock(advance=DAY)
                door.status(live=True)
            rows = (folder / "partners.csv").read_text().splitlines()
            (folder / "partners.csv").write_text("\n".join(rows[:900]) + "\n")
            door.sync("partners-to-acme")
            _past(door)
            _people(door)
            _audiences(door)
            facts = _wishes(door) | _ended(door, folder)
            _connections(door, control)
            _spread(door)
            credential, _ = door.app.store.destinations.credential("acme")
            facts |= {"handle": secrets.token_urlsafe(24), "link": users.invite(door.app, "ben@acme.example")}
            facts |= {"unsaved": _unsaved(door)}
            if credential is not None:
                ends = time.time() + DAY
                door.app.store.consents.arrived(facts["handle"], credential.token, "ann@acme.example", ends)
            with _serving(door) as address:
                yield address, facts


@contextlib.contextmanager
def untouched(folder: Path, *, someone: bool = False) -> Iterator[tuple[str, Mapping[str, str]]]:
    """An installation that nobody has done anything with."""
    os.environ["GUESTLIST_HOME"] = str(folder / "home")
    with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
        door.configuration.may_be_empty = True
        facts = {"link": users.setup_link(door.app) or ""}
        if someone:
            users.create(door.app, "ann@acme.example", Role.ADMINISTRATOR, PASSWORD)
        with _serving(door) as address:
            yield address, facts


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
    with (folder / "companies.csv").open("a") as companies:
        companies.writelines(f",{f'https://localhost/{n}' if n % 3 else ''},,US,Software\n" for n in range(60))
    shutil.copy(folder / "partners.csv", folder / "speakers.csv")
    for name, list_ in (("partners", "partners"), ("webinar", "partners"), ("speakers", "speakers")):
        described["audiences"][name] = {"members": "people", "source": {"file": f"{list_}.csv"}}
        described["activations"][f"{name}-to-acme"] = {"audience": name, "destination": "acme", "enabled": True}
    described["activations"]["newsletter-to-acme"]["schedule"] = {"every": "1d"}
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


def _spread(door: Guestlist) -> None:
    """Runs and deliveries of a minute become those of some days."""
    runs, attempts = schema.runs, schema.attempts
    with door.app.store.database.write() as connection:
        for place, number in enumerate(connection.execute(sa.select(runs.c.id).order_by(runs.c.id.desc())).scalars()):
            back = place * 5 * 3600.0
            moved = sa.update(runs).where(runs.c.id == number)
            connection.execute(moved.values(started=runs.c.started - back, ended=runs.c.ended - back))
        for number in connection.execute(sa.select(attempts.c.id)).scalars().all():
            back = number * 7 % 23 * 3600.0
            moved = sa.update(attempts).where(attempts.c.id == number)
            connection.execute(moved.values(started=attempts.c.started - back, ended=attempts.c.ended - back))


def _people(door: Guestlist) -> None:
    app, configuration = door.app, door.configuration
    users.create(app, "ann@acme.example", Role.ADMINISTRATOR, PASSWORD)
    users.create(app, "ben@acme.example", Role.MARKETER)
    users.create(app, "cleo@acme.example", Role.ANALYST, PASSWORD)
    users.disable(app, "cleo@acme.example")
    users.create(app, "dan@acme.example", Role.ANALYST, PASSWORD)
    users.create(app, "fay@acme.example", Role.ANALYST)
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
    jobs.ask_sync(app, configuration.current(), "speakers-to-acme")
    working = app.store.jobs.get(jobs.ask_sync(app, configuration.current(), "accounts-to-acme").id)
    if working is not None and app.store.jobs.start(working, time.time()):
        app.store.jobs.proceed(working.id, {"what": "sending to LinkedIn", "done": 60, "of": 175})


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
        ("people", ["newsletter"]),  # of which mistakes are made
    ):
        draft = drafts.begin(app, by, "acme", members)
        draft = drafts.with_audiences(app, config, draft, names, by)
        drafts.save(app, by, draft)
        if names == ["webinar guests"]:
            draft = drafts.ask_plan(app, configuration, by, draft)
            job = app.store.jobs.get(draft.job or 0)
            if job is not None:
                job_worker.take_up(app, configuration.current, job)


def _unsaved(door: Guestlist) -> str:
    """A mapping with a row more than the one that counts; its number."""
    from guestlist.app import declared, remapping, unsaved  # noqa: PLC0415
    from guestlist.core.permissions import person  # noqa: PLC0415

    app, name = door.app, "newsletter-to-acme"
    ann = app.store.users.get("ann@acme.example")
    by = person("ann@acme.example", Role.ADMINISTRATOR, user_id=ann.id if ann else None)
    mapping = remapping.in_effect(app, door.configuration.current(), name)
    version = declared.get(app, door.configuration, "activations", name).version
    filled = {"mapping": {**mapping, "title": ["job_title", "company"]}, "version": str(version)}
    return str(unsaved.keep(app, by, f"/activations/{name}/mapping", filled))


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
    found, now = app.store.activations.get("high-intent-to-acme"), time.time()
    with app.store.database.write() as connection:
        connection.execute(sa.delete(schema.event_latency))  # of events that pretend to be hours old
    if found is not None:
        app.store.event_counts.took(found.id, [(now - 1.0 - each % 9 / 4, now) for each in range(400)])


def _seen_last() -> bytes:
    """An event that the rows of a mapping are shown with."""
    traits = {"email": "reader.17@example.org", "firstName": "Mia", "lastName": "Okafor", "title": "Head of Data"}
    said = {
        "type": "track",
        "event": "Audience Entered",
        "userId": "u-17",
        "properties": {"audience_key": "high_intent"},
    }
    return json.dumps({**said, "context": {"traits": traits}}).encode()


def _wishes(door: Guestlist) -> dict[str, str]:
    """Somebody forgotten, and a list of more; the jobs that did it."""
    from guestlist.app import last_events, suppression, uploads  # noqa: PLC0415
    from guestlist.events.posting import Posting  # noqa: PLC0415

    app = door.app
    with uploads.arriving(app) as arriving:
        arriving.write((ROOT / "examples" / "people.csv").read_bytes() + b"X-1,nobody at all,,,,,,yes\n")
    found = suppression.keep(app, arriving, "unsubscribed-2026.csv")
    survey = _done(door, jobs.ask_survey(app, found.id, found.chosen))
    forgotten = _done(door, jobs.ask_forget(app, ["somebody@example.com"]))
    last_events.keep(app.store, [Posting("engage", "track", time.time(), "", b"", (_seen_last(),))])
    return {"list_read": survey, "forgotten": forgotten}


def _done(door: Guestlist, asked: jobs.JobRow) -> str:
    """What a worker does of a job, done here and now; its number."""
    job = door.app.store.jobs.get(asked.id)
    if job is not None:
        job_worker.take_up(door.app, door.configuration.current, job)
    return str(asked.id)


def _ended(door: Guestlist, folder: Path) -> dict[str, str]:
    """Jobs that ended, well and not so well."""
    app, config, list_ = door.app, door.configuration.current(), folder / "companies.csv"
    ended = {
        "run": _done(door, jobs.ask_sync(app, config, "newsletter-to-acme")),
        "run_waiting": _done(door, jobs.ask_sync(app, config, "partners-to-acme")),
        "check": _done(door, jobs.ask_check(app, config, "acme")),
        "sealed": _done(door, jobs.ask_seal(app, new_key=False)),
    }
    list_.rename(folder / "away.csv")
    ended["failed"] = _done(door, jobs.ask_plan(app, config, "accounts-to-acme"))
    (folder / "away.csv").rename(list_)
    return ended


ACCOUNTS = {
    "accounts": [{"id": 516848836, "name": "Acme Asia"}, {"id": 516848837, "name": "Acme Nordics"}],
    "roles": [{"account": each, "member": "AbC123xyz", "role": "CAMPAIGN_MANAGER"} for each in (516848836, 516848837)],
}


def _connections(door: Guestlist, control: Control) -> None:
    """A destination that the pages change, and one whose permission was taken back."""
    app, configuration = door.app, door.configuration
    for name, account in (("asia", 516848836), ("nordics", 516848837)):
        declared.create(app, configuration, "destinations", name, {"ad_account": account, "description": "Webinars"})
    lost = control.token()
    for name, token in (("asia", control.token()), ("nordics", lost)):
        connection.connect_token(app, configuration.current(), name, token)
    wanted = {"audience": "webinar guests", "destination": "nordics"}
    declared.create(app, configuration, "activations", "webinar-guests-to-nordics", wanted)
    for each in ("access_token", "refresh_token"):
        control.revoke_tokens(lost[each])
    _done(door, jobs.ask_sync(app, configuration.current(), "webinar-guests-to-nordics"))


@contextlib.contextmanager
def _serving(door: Guestlist) -> Iterator[str]:
    with listen("127.0.0.1", 0) as listening:
        address = address_of(listening)
        web = open_web(door.app, door.write_keys_of, (), door.configuration, address)
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
def missing() -> list[str]:
    """Pages of the table that no picture shows."""
    seen = [*PAGES.values(), *EMPTY.values(), *(each for each, *_ in (STATES | OUTSIDE).values())]
    shown = [urlsplit(re.sub(r"{\w+}", "x", each)).path for each in seen]
    pages = {page.path for page in TABLE if page.method == "GET"} - set(NOT_SHOWN)
    return sorted(each for each in pages if not any(compile_path(each)[0].match(path) for path in shown))


@dataclass
class Watch:
    """What is wrong with pages that can be measured, and where their links lead."""

    page: Page
    wrong: list[str]
    links: set[str] = field(default_factory=set)
    name: str = ""
    expected: int = 200

    def begin(self) -> None:
        """Listen to the page."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"{self.name}: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:  # that is told by its status
            self.wrong.append(f"{self.name}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # that is what leaving a page does to what still loads
            self.wrong.append(f"{self.name}: {request.url} failed, {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not (
            response.request.is_navigation_request() and response.status == self.expected
        ):
            self.wrong.append(f"{self.name}: {response.url} answered {response.status}")

    def look(self) -> None:
        """Too wide? Charts without lines? Buttons that do nothing? Forms and links that lead nowhere?"""
        self.wrong += looked(self.page, self.name)
        self.wrong += [f"{self.name}: the button {each!r} does nothing" for each in self.page.evaluate(_IDLE)]
        for method, to in self.page.evaluate(_FORMS):
            if not _answers(method.upper(), urlsplit(to).path):
                self.wrong.append(f"{self.name}: a form leads to {method} {to}, which is no page")
        self.links |= set(self.page.evaluate(_LINKS))


_CUT = """innerWidth < 1440 ? [] : [...document.querySelectorAll(".table-responsive:not(.of-list)")].filter(
    each => each.scrollWidth > each.clientWidth).map(each => each.textContent.trim().slice(0, 40))"""
_OVER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Charts without a pixel of the colour of one of their lines.
_UNDRAWN = """async () => {
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const empty = figure => {
        const canvas = figure.querySelector("canvas"), chart = canvas && echarts.getInstanceByDom(figure);
        if (!chart || !canvas.width || !canvas.height) return true;
        const brush = canvas.getContext("2d"), grid = chart.getModel().getComponent("grid").coordinateSystem.getRect();
        const scale = canvas.width / figure.clientWidth;
        const seen = brush.getImageData(...[grid.x, grid.y, grid.width, grid.height].map(each => each * scale)).data;
        const lines = chart.getModel().getSeries();
        const pen = new OffscreenCanvas(1, 1).getContext("2d");
        const colours = lines.map(each => {
            pen.fillStyle = chart.getVisual({seriesIndex: each.seriesIndex}, "color");
            pen.fillRect(0, 0, 1, 1); return [...pen.getImageData(0, 0, 1, 1).data];
        });
        for (let at = 0; at < seen.length; at += 4)
            if (colours.some(each => each.every((value, n) => Math.abs(value - seen[at + n]) < 3))) return false;
        return true;
    };
    return [...document.querySelectorAll("[data-chart]")].filter(empty).map(each => each.getAttribute("aria-label"));
}"""
_IDLE = """[...document.querySelectorAll("button")].filter(b => !b.form && ![...b.attributes].some(
    a => a.name.startsWith("data-") || a.name.startsWith("hx-"))).map(b => b.textContent.trim())"""
_FORMS = """[...document.forms].map(f =>
    [f.method, new URL(f.getAttribute("action") || location.href, location.href).href])"""
_LINKS = "[...document.links].map(a => a.href).filter(a => a.startsWith(location.origin) && !a.includes('#'))"


def looked(page: Page, where: str) -> list[str]:
    """What reaches beyond the window, and charts that show nothing."""
    empty = page.evaluate(_UNDRAWN)
    return (
        too_wide(page, where)
        + cut(page, where)
        + [f"{where}: nothing is drawn in the chart {each!r}" for each in empty]
    )


def cut(page: Page, where: str) -> list[str]:
    """Tables that a wide window does not show whole; lists and charts may have any number of columns."""
    return [f"{where}: the table {each!r} is cut" for each in page.evaluate(_CUT)]


def too_wide(page: Page, where: str) -> list[str]:
    """How much wider than its window it is, if it is."""
    over = page.evaluate(_OVER)
    return [f"{where}: {over} pixels wider than the window"] if over > 0 else []


def _answers(method: str, path: str) -> bool:
    return any(page.method == method and compile_path(page.path)[0].match(unquote(path)) for page in TABLE)


Seen = Callable[["Page", str], list[str]]


def photographed(into: Path) -> Seen:
    """What is done with each page: a picture of its whole length in this folder."""

    def seen(page: Page, name: str) -> list[str]:
        page.evaluate("scrollTo(0, 0)")  # what sticks to the top of the window stands in the middle of it else
        page.screenshot(path=into / f"{name}.png", full_page=True)
        return []

    return seen


@dataclass(frozen=True)
class Camera:
    """``facts``: what addresses name in braces. ``seen``: what is done with each page, by its name; what is wrong."""

    browser: Browser
    address: str
    only: str
    facts: Mapping[str, str]
    seen: Seen

    def all(self, walk: Callable[[Camera, Watch, str], None]) -> list[str]:
        """Take every picture of a walk; what is wrong."""
        wrong: list[str] = []
        for theme in ("light", "dark"):
            for size, (width, height) in SIZES.items():
                context = self.browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
                )
                watch = Watch(context.new_page(), wrong)
                watch.begin()
                walk(self, watch, f"{theme}-{size}")
                context.close()
        return wrong

    def follow(self, watch: Watch, kind: str) -> None:
        """Ask for all that was linked to; once is enough."""
        if kind == "light-wide":
            asked = {each: watch.page.context.request.get(each).status for each in sorted(watch.links)}
            watch.wrong += [f"the link {each} leads to {status}" for each, status in asked.items() if status >= 400]
        watch.links.clear()

    def sign_in(self, watch: Watch, name: str) -> None:
        """As somebody."""
        watch.name, watch.expected = f"sign in as {name}", 200
        watch.page.goto(f"{self.address}/sign-in")
        watch.page.fill("#f-name", name)
        watch.page.fill("#f-password", PASSWORD)
        with watch.page.expect_navigation():
            watch.page.click("main button.btn-primary")

    def take(self, watch: Watch, name: str, path: str, kind: str, expected: int = 200, act: Act | None = None) -> None:
        """One picture; ``act``: what is done on the page before."""
        if not re.search(self.only, name):
            return
        watch.name, watch.expected = f"{name}-{kind}", expected
        watch.page.goto(f"{self.address}{path.format(**self.facts)}", wait_until="load")
        if act is not None:
            with watch.page.expect_navigation():
                act(watch.page)
        watch.wrong += self.seen(watch.page, watch.name)
        watch.look()


def walk_full(camera: Camera, watch: Watch, kind: str) -> None:
    """All pages with something in them, then the states that some of them can be in."""
    for name in PUBLIC:
        camera.take(watch, name, PAGES[name], kind)
    for name, (path, expected, act) in OUTSIDE.items():
        camera.take(watch, name, path, kind, expected, act)
    camera.sign_in(watch, "ann@acme.example")
    for name, path in PAGES.items():
        if name in PUBLIC:
            continue
        camera.take(watch, name, path, kind, 404 if name == "no-such-page" else 200)
    for name, (path, expected, act) in STATES.items():
        if expected != 403:
            camera.take(watch, name, path, kind, expected, act)
    camera.follow(watch, kind)
    watch.page.context.clear_cookies()
    camera.sign_in(watch, "dan@acme.example")
    for name, (path, expected, act) in STATES.items():
        if expected == 403:
            camera.take(watch, name, path, kind, expected, act)
    camera.follow(watch, kind)


def walk_untouched(camera: Camera, watch: Watch, kind: str) -> None:
    """Where they come from."""
    camera.take(watch, "setup-first", "/setup/{link}", kind)


def walk_empty(camera: Camera, watch: Watch, kind: str) -> None:
    """What the very first person finds."""
    camera.sign_in(watch, "ann@acme.example")
    for name, path in EMPTY.items():
        camera.take(watch, name, path, kind)
    camera.follow(watch, kind)


Walk = Callable[[Camera, Watch, str], None]
Opening = Callable[[Path], contextlib.AbstractContextManager[tuple[str, Mapping[str, str]]]]
WALKS: tuple[tuple[Opening, Walk], ...] = (
    (installed, walk_full),
    (untouched, walk_untouched),
    (partial(untouched, someone=True), walk_empty),
)


def _quiet() -> None:
    """Requests are not told."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def main() -> int:
    """Take them; 1 when a page is missing, too wide, leads nowhere, or its console holds an error."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(".screenshots"))
    parser.add_argument("--only", default="", help="a regular expression for names of pages")
    parser.add_argument("--readme", action="store_true", help="only those of the README, small, into docs/pictures")
    given = parser.parse_args()
    _quiet()
    given.folder.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only who takes pictures has it

    wrong = [f"no picture shows {each}" for each in missing()]
    with tempfile.TemporaryDirectory() as work, sync_playwright() as player:
        browser = player.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        if given.readme:
            with installed(Path(work)) as (address, _):
                taken_for_readme(browser, address, ROOT / "docs" / "pictures")
            return 0
        for number, (opened, walk) in enumerate(WALKS):
            folder = Path(work) / str(number)
            folder.mkdir()
            with opened(folder) as (address, facts):
                wrong += Camera(browser, address, given.only, facts, photographed(given.folder)).all(walk)
        browser.close()
    for each in dict.fromkeys(wrong):
        print(each)  # noqa: T201
    print(f"{len(list(given.folder.glob('*.png')))} pictures in {given.folder}")  # noqa: T201
    return 1 if wrong else 0


# ── for the README ───────────────────────────────────────────────────────────────────────────────────────────────
README = {
    "home": "/",
    "activation": "/activations/newsletter-to-acme",
    "review": "/activate/2/review",
    "delivery": "/destinations/acme/delivery",
}
_TO_WEBP = """async png => {
    const image = await createImageBitmap(await (await fetch(png)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height);
    canvas.getContext("2d").drawImage(image, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({type: "image/webp", quality: 0.85})).arrayBuffer());
    return btoa(Array.from(bytes, each => String.fromCharCode(each)).join(""));
}"""


def taken_for_readme(browser: Browser, address: str, into: Path) -> None:
    """WebP, which Chromium itself makes of its PNG, light and dark, as much as a window shows."""
    into.mkdir(parents=True, exist_ok=True)
    maker = browser.new_page()
    for theme in ("light", "dark"):
        context = browser.new_context(
            viewport={"width": 1200, "height": 800}, color_scheme="dark" if theme == "dark" else "light"
        )
        page = context.new_page()
        camera = Camera(browser, address, "", {}, photographed(into))
        camera.sign_in(Watch(page, []), "ann@acme.example")
        for name, path in README.items():
            page.goto(f"{address}{path}", wait_until="load")
            page.wait_for_timeout(600)  # lines of a chart are drawn slowly
            png = base64.b64encode(page.screenshot()).decode()
            webp = base64.b64decode(maker.evaluate(_TO_WEBP, f"data:image/png;base64,{png}"))
            (into / f"{name}-{theme}.webp").write_bytes(webp)
        context.close()


if __name__ == "__main__":
    sys.exit(main())
