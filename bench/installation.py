"""An installation that has worked for a quarter of a year, made in a minute: what rests in its store is written there.

3 destinations, 60 activations, 40 audiences (a list of 1,000,000 people, another one uploaded, three of events, one of
which has 1,000,000 members), 20,000 runs, 100,000 attempts, 200,000 rows of events' counts, 5,000 entries of the
activity log, 200 users, 5,000 rejected rows.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa
import yaml

import guestlist
from guestlist import job_worker
from guestlist.app import api_tokens, declared, drafts, jobs, suppression, uploads, users, write_keys
from guestlist.app.context import App
from guestlist.core.identity import Kind
from guestlist.core.permissions import Role, person
from guestlist.events.outcomes import bucket
from guestlist.facade import Guestlist
from guestlist.ports import SegmentStatus
from guestlist.store import schema
from guestlist.store.activations import Activation
from linkedin_emulator.pointing import variables
from linkedin_emulator.running import RunningEmulator

WHO, PASSWORD = "ann@acme.example", "four words that nobody guesses"
DESTINATIONS = {"acme": 516848833, "emea": 516848834, "apac": 516848836}
EVENTS = ("high intent", "trial users", "left the basket")
BIG, UPLOADED, REAL = "everybody", "webinar guests", "list-1-to-acme"
MILLION = 1_000_000
DAY = 86_400.0
MEMBER = "AbC123xyz"  # whom the emulated LinkedIn knows
RUNS, FLUSHES = 8_000, 12_000
ROWS = """
SELECT 'P-' || i AS contact_id, CASE WHEN i < {good} THEN 'person' || i || '@example.com' ELSE 'not an address' END
  AS email, 'First' || i AS first_name, 'Last' || i AS last_name, 'Engineer' AS job_title, 'Acme' AS company,
  'DE' AS country FROM range({rows}) t(i)
"""


@dataclass(frozen=True)
class Made:
    """``handle``: of an authorisation that waits for an ad account; ``link``: lets somebody choose a password;
    ``drafts``: of a list, and of lists and events together; ``job``: one that is done; ``list``: a read one of
    people to be forgotten.
    """

    home: Path
    handle: str
    link: str
    drafts: tuple[int, int]
    job: int
    list: int


@contextmanager
def made(folder: Path) -> Iterator[Made]:
    """It, beside an emulated LinkedIn; the environment points to both."""
    with RunningEmulator() as linkedin:
        os.environ |= {
            "GUESTLIST_HOME": str(folder / "home"),
            **variables(linkedin.url),
        }
        linkedin.emulator.control.config(segment_visible_after=0.0)
        roles = [{"account": each, "member": MEMBER, "role": "CAMPAIGN_MANAGER"} for each in DESTINATIONS.values()]
        accounts = [{"id": DESTINATIONS["apac"], "name": "Acme in Asia"}]
        linkedin.emulator.control.seed({"accounts": accounts, "roles": roles})
        lists(folder)
        (folder / "guestlist.yaml").write_text(yaml.safe_dump(described(), sort_keys=False))
        with guestlist.open(file=str(folder / "guestlist.yaml")) as door:
            for name in DESTINATIONS:
                door.connect_token(name, linkedin.emulator.control.token())
            door.sync(REAL)
            filled = fill(door, folder)
        yield filled


# ── what is described ────────────────────────────────────────────────────────────────────────────────────────────
def lists(folder: Path) -> None:
    """A small list whose last 5,000 rows nobody can be told of, and a large one."""
    for name, good, rows in (("small", 15_000, 20_000), ("large", MILLION, MILLION)):
        query = ROWS.format(good=good, rows=rows)
        duckdb.sql(f"COPY ({query}) TO '{folder / name}.csv' (HEADER)")


def described() -> dict[str, Any]:
    """Half of the activations stand in the file, the others are made on the pages."""
    destinations = {name: {"ad_account": number} for name, number in DESTINATIONS.items()}
    audiences: dict[str, Any] = {BIG: {"members": "people", "source": {"file": "large.csv"}}}
    audiences |= {name: {"members": "people", "source": {"events": {"write_keys": ["site"]}}} for name in EVENTS}
    audiences |= {f"list-{n}": {"members": "people", "source": {"file": "small.csv"}} for n in range(1, 36)}
    mapping = {"email": "email", "primaryId": "contact_id"}
    of_list = {"mapping": mapping, "mode": "mirror"}
    activations = {
        f"{name}-to-{to}".replace(" ", "-"): {"audience": name, "destination": to, **of_list}
        for name, to in [*((f"list-{n}", "acme") for n in range(1, 31)), (BIG, "acme"), (BIG, "emea")]
    }
    for name in EVENTS:
        key = name.replace(" ", "_")
        for to in ("acme", "emea"):
            activations[f"{name}-to-{to}".replace(" ", "-")] = {
                "audience": name, "destination": to, "mode": "stream", "audience_key": key, "enabled": to == "acme",
            }  # fmt: skip
    return {"destinations": destinations, "audiences": audiences, "activations": activations}


def on_pages(door: Guestlist, folder: Path) -> None:
    """An uploaded list, and the activations that no file describes."""
    with uploads.arriving(door.app) as arriving, (folder / "large.csv").open("rb") as file:
        while piece := file.read(1 << 20):
            arriving.write(piece)
    uploads.keep(door.app, arriving, UPLOADED, "webinar-guests-2026.csv")
    body = {"members": "people", "source": {"upload": UPLOADED}}
    declared.create(door.app, door.configuration, "audiences", UPLOADED, body)
    for n in range(22):
        to = ("emea", "apac")[n % 2]
        wanted = {"audience": f"list-{n + 1}", "destination": to, "mapping": {"email": ["email"]}}
        declared.create(door.app, door.configuration, "activations", f"list-{n + 1}-to-{to}", wanted)


# ── what rests in the store ──────────────────────────────────────────────────────────────────────────────────────
def fill(door: Guestlist, folder: Path) -> Made:
    """All that a quarter of a year leaves behind."""
    app, dice = door.app, random.Random(7)
    on_pages(door, folder)
    people(app, dice)
    kept = activations(door)
    runs(app, kept, dice)
    members(app, kept)
    events(app, kept)
    records(app, dice)
    by = app.store.users.get(WHO)
    me = person(WHO, Role.ADMINISTRATOR, user_id=by.id if by else None)
    two = tuple(draft(door, me, names) for names in ([UPLOADED], [UPLOADED, EVENTS[0], "list-35"]))
    credential, _ = app.store.destinations.credential("acme")
    handle = secrets.token_urlsafe(24)
    assert credential is not None
    app.store.consents.arrived(handle, credential.token, WHO, time.time() + DAY)
    done = jobs.ask_plan(app, door.configuration.current(), REAL)
    with uploads.arriving(app) as arriving:
        arriving.write((folder / "small.csv").read_bytes())
    unwanted = suppression.keep(app, arriving, "unsubscribed.csv")
    for each in (done, jobs.ask_survey(app, unwanted.id, unwanted.chosen)):
        job = app.store.jobs.get(each.id)
        assert job is not None
        job_worker.take_up(app, door.configuration.current, job)
    invited = users.invite(app, users.create(app, "invited@acme.example", Role.ANALYST).name)
    return Made(folder / "home", handle, invited, (two[0], two[1]), done.id, unwanted.id)


def draft(door: Guestlist, me: Any, names: list[str]) -> int:
    """Somebody began to activate these."""
    config = door.configuration.current()
    begun = drafts.begin(door.app, me, "apac", "people")
    begun = drafts.with_audiences(door.app, config, begun, names, me)
    drafts.save(door.app, me, begun)
    return begun.id


def people(app: App, dice: random.Random) -> None:
    """Users, tokens, keys."""
    users.create(app, WHO, Role.ADMINISTRATOR, PASSWORD)
    for n in range(198):
        users.create(app, f"user{n:03}@acme.example", dice.choice(list(Role)))
    for n in range(12):
        api_tokens.create(app, f"token-{n}", Role.ANALYST, None, None)
    for name in ("site", "shop", "old-site"):
        write_keys.create(app, name)


def activations(door: Guestlist) -> list[tuple[Activation, int, int]]:
    """(activation, its segment, members) of each; what LinkedIn said of it on each of ninety days."""
    app, now, kept = door.app, time.time(), []
    config = door.configuration.current()
    for number, (name, wanted) in enumerate(config.activations.items()):
        size = MILLION if wanted.audience in (BIG, EVENTS[0]) else 4_000 + 1_379 * number
        account = f"urn:li:sponsoredAccount:{DESTINATIONS[wanted.destination]}"
        found = app.store.activations.get(name) or app.store.activations.create(
            name, now - 90 * DAY, destination=wanted.destination, ad_account=account, audience=wanted.audience,
            members=Kind.PEOPLE, mode=wanted.mode, yaml_path="",
        )  # fmt: skip
        segment = app.store.segments.current(found.ledger_id)
        if segment is None:
            source = f"guestlist-bench-{name}"
            segment = app.store.segments.begin(found.id, found.ledger_id, source, name, now - 90 * DAY)
            app.store.segments.confirm(segment.id, str(10_000 + number))
        said = SegmentStatus("", "", "", "", None, "READY", size, size // 2, size // 2, None)
        app.store.segments.observed(segment.id, said, now)
        kept.append((found, segment.id, size))
    fields = ("segment_id", "at", "status", "input", "matched", "audience_size", "told")
    insert(
        app,
        schema.readings,
        [
            dict(zip(fields, (at_, now - day * DAY, "READY", *[int(size * (1 - day / 200))] * 4), strict=True))
            for _, at_, size in kept
            for day in range(1, 91)
        ],
    )
    return kept


def runs(app: App, kept: list[tuple[Activation, int, int]], dice: random.Random) -> None:
    """Syncs of ninety days; flushes of the last three; their batches and attempts."""
    streams = [each for each in kept if each[0].mode == "stream"]
    others = [each for each in kept if each[0].mode != "stream"]
    now = time.time()
    rows = [
        (now - 90 * DAY * (1 - n / RUNS), others[n % len(others)], "sync", dice.randrange(400)) for n in range(RUNS)
    ]
    rows += [
        (now - 3 * DAY * (1 - n / FLUSHES), streams[n % len(streams)], "flush", dice.randrange(40))
        for n in range(FLUSHES)
    ]
    rows.sort(key=lambda row: row[0])
    insert(app, schema.runs, [run(*row) for row in rows])
    with app.store.database.read() as connection:
        query = sa.select(schema.runs.c.id, schema.runs.c.started, schema.runs.c.activation_id)
        known = connection.execute(query.order_by(schema.runs.c.id)).all()
    insert(app, schema.batches, [batch(each.id, phase) for each in known for phase in (1, 2)])
    insert(app, schema.attempts, [attempt(each.id, n, each.started) for each in known for n in range(5)])
    for last in {each.activation_id: each.id for each in known}.items():
        app.store.activations.update(last[0], last_run=last[1], last_told_at=time.time())


def run(started: float, of: tuple[Activation, int, int], kind: str, changed: int) -> dict[str, Any]:
    found, segment, size = of
    counts = {
        "added": changed, "removed": changed // 2, "changed": changed // 3, "unchanged": size - 2 * changed,
        "duplicates": 0, "rejected": changed // 10,
    }  # fmt: skip
    return {
        "activation_id": found.id, "ledger_id": found.ledger_id, "segment_id": segment, "epoch": found.epoch,
        "kind": kind, "state": "closed", "reason": "", "started": started, "ended": started + 9.5, "counts": counts,
        "plan": {"ended_as": "done"}, "mapping": None, "removed": changed // 2, "removes": changed // 2,
        "adds": changed, "labels": 0, "sealed": False, "requests": 3,
    }  # fmt: skip


def batch(run_id: int, phase: int) -> dict[str, Any]:
    return {
        "run_id": run_id, "phase": phase, "first": 0, "count": 200, "state": "settled", "tries": 1, "splits": 0,
        "not_before": 0.0, "unsure": False,
    }  # fmt: skip


def attempt(run_id: int, number: int, at: float) -> dict[str, Any]:
    return {
        "batch_id": 2 * run_id - 1, "run_id": run_id, "started": at + number, "ended": at + number + 0.4,
        "kind": "answered", "status": 200, "code": "", "text": "", "elements": 200, "decision": "Settle",
    }  # fmt: skip


def members(app: App, kept: list[tuple[Activation, int, int]]) -> None:
    """Who is in by events: a million for the first key, ten thousand for each of the others."""
    now = time.time()
    for name in EVENTS:
        key = app.store.event_members.claim_key(name.replace(" ", "_"), name, Kind.PEOPLE, now)
        count = MILLION if name == EVENTS[0] else 10_000
        statement = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO event_members SELECT ?, randomblob(16), i % 10 > 0, ?, i, 0, NULL, 0, 0, 0 FROM n"
        )
        with app.store.database.write() as connection:
            connection.exec_driver_sql(statement, (count, key.id, int(now * 1e6)))
            counted = sa.update(schema.audience_keys).where(schema.audience_keys.c.id == key.id)
            connection.execute(counted.values(inside=count * 9 // 10, heard=count))
        for found, _, _ in kept:
            if found.audience == name:
                app.store.streams.ensure(found.id, key.id)
                app.store.streams.update(found.id, behind="", compared_at=now, looked_at=now)


def events(app: App, kept: list[tuple[Activation, int, int]]) -> None:
    """What became of fifteen days of events."""
    last = bucket(time.time())
    streams = [found.id for found, _, _ in kept if found.mode == "stream"]
    ends = (("delivered", ""), ("filtered", ""), ("rejected", "no_identifier"), ("superseded", ""))
    buckets = range(last - 15 * 288, last + 1)
    fields = ("activation_id", "bucket", "outcome", "code", "events")
    insert(
        app,
        schema.event_counts,
        [dict(zip(fields, (of, b, *end, 40), strict=True)) for of in streams for b in buckets for end in ends],
    )
    fields, slots = ("activation_id", "bucket", "slot", "events"), (3, 9, 12, 15)
    insert(
        app,
        schema.event_latency,
        [dict(zip(fields, (of, b, slot, 9), strict=True)) for of in streams for b in buckets for slot in slots],
    )
    body = json.dumps({"sent": {"type": "track"}, "request": {"action": "ADD"}, "response": {"status": 201}}).encode()
    fields, data, now = ("activation_id", "outcome", "code", "at", "data"), app.store.vault.seal(body), time.time()
    insert(
        app,
        schema.event_samples,
        [
            dict(zip(fields, (of, *end, now - n, data), strict=True))
            for of in streams
            for end in ends
            for n in range(10)
        ],
    )


def records(app: App, dice: random.Random) -> None:
    """The activity log, and receipts of forgetting."""
    now, done = time.time(), ("change activations", "run", "connect", "sign in", "change user", "allow removals")
    names = [f"user{n:03}@acme.example" for n in range(198)]
    fields = ("at", "who", "what", "subject", "details")
    entry = {"before": {"enabled": True}, "after": {"enabled": False}}
    insert(
        app,
        schema.audit,
        [
            dict(zip(fields, (now - n * 900, dice.choice(names), dice.choice(done), REAL, entry), strict=True))
            for n in range(5_000, 0, -1)
        ],
    )
    asked = {"asked": [["p...@example.com", [secrets.token_hex(16)], False]], "state": "complete"}
    asked |= {"created": now, "completed": now}
    insert(app, schema.receipts, [asked] * 60)


def insert(app: App, table: sa.Table, rows: Iterable[Mapping[str, Any]]) -> None:
    with app.store.database.write() as connection:
        connection.execute(sa.insert(table), [dict(row) for row in rows])
