"""An installation where whatever somebody may ask for is there: each thing is made anew for whoever asks, so that
nothing is missing because it was taken away before.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from guestlist import job_worker
from guestlist.app import (
    api_tokens,
    connection,
    declared,
    drafts,
    forget,
    jobs,
    last_events,
    linkedin_app,
    setting_up,
    suppression,
    sync,
    uploads,
    users,
    write_keys,
)
from guestlist.app.context import App
from guestlist.configuration import Configuration
from guestlist.core.permissions import Person, Role
from guestlist.events.posting import Posting
from linkedin_emulator.world import CLIENT_ID, CLIENT_SECRET
from tests.web.test_linkedin_app import Bare
from tests.world import ACCOUNT, World, emails

CSV = b"email,firstName\nann@example.com,Ann\nbob@example.com,Bob\n"
EVENTS = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
MANY = 1000
_numbers = itertools.count(1)


@dataclass
class Stage:
    """``main`` was synced and is the file's, as are acme, people and what is called ``filed``."""

    world: World
    app: App = field(init=False)
    configuration: Configuration = field(init=False)

    def __post_init__(self) -> None:
        app = self.world.open().app
        self.world.app = replace(app, post=lambda _url, _message: True)  # notices arrive
        door = self.world.open()
        self.app, self.configuration = door.app, door.configuration

    def new(self, kind: str) -> str:
        """A name that nothing has."""
        return f"{kind}{next(_numbers)}"

    def by(self, who: str) -> App:
        return replace(self.app, who=who)

    # ── parts of the configuration ───────────────────────────────────────────────────────────────────────────────
    def destination(self) -> str:
        name = self.new("destination")
        declared.create(self.app, self.configuration, "destinations", name, {"ad_account": ACCOUNT})
        connection.connect_again(self.app, self.configuration.current(), name, "acme")
        return name

    def audience(self) -> str:
        return self._made("audiences", EVENTS)

    def activation(self, **more: Any) -> str:
        body = {"audience": "people", "destination": "acme", "mapping": {"email": ["email"]}, **more}
        return self._made("activations", body)

    def stream(self) -> str:
        audience = self.audience()
        key = {"audience_key": audience, "mode": "stream"}
        return self._made("activations", {"audience": audience, "destination": "acme", **key})

    def _made(self, section: Any, body: dict[str, Any]) -> str:
        name = self.new(section[:-1])
        declared.create(self.app, self.configuration, section, name, body)
        return name

    # ── what people bring ────────────────────────────────────────────────────────────────────────────────────────
    def upload(self) -> str:
        name = self.new("list")
        with uploads.arriving(self.app) as arriving:
            arriving.write(CSV)
        uploads.keep(self.app, arriving, name, "list.csv")
        return name

    def uploaded_audience(self) -> str:
        name = self.upload()
        declared.create(
            self.app, self.configuration, "audiences", name, {"members": "people", "source": {"upload": name}}
        )
        return name

    def suppression_list(self) -> int:
        with uploads.arriving(self.app) as arriving:
            arriving.write(b"email\nnobody@example.org\n")
        return suppression.keep(self.app, arriving, "gone.csv").id

    def receipt(self) -> int:
        return int(forget.forget(self.app, [f"{self.new('gone')}@example.org"]).id)

    # ── people and programs ──────────────────────────────────────────────────────────────────────────────────────
    def user(self) -> str:
        return users.create(self.app, self.new("user"), Role.ANALYST, "four words that nobody guesses").name

    def token(self) -> str:
        name = self.new("token")
        api_tokens.create(self.app, name, Role.ANALYST)
        return name

    def key(self) -> str:
        name = self.new("key")
        write_keys.create(self.app, name)
        return name

    # ── under way ────────────────────────────────────────────────────────────────────────────────────────────────
    def job(self, *, done: bool = False) -> int:
        number = jobs.ask_plan(self.app, self.configuration.current(), "main").id
        if done:
            self.work()
        return number

    def work(self) -> None:
        """What a worker would do with jobs that wait."""
        for job in self.app.store.jobs.open():
            job_worker.take_up(self.app, self.configuration.current, job)

    def surveyed_list(self) -> int:
        number = self.suppression_list()
        jobs.ask_survey(self.app, number, "email")
        self.work()
        return number

    def removals(self) -> str:
        """An activation whose list lost more people than may leave unasked."""
        file = self.new("list") + ".csv"
        self.world.write(emails(*(f"p{n}" for n in range(80))), file)
        audience = self._made("audiences", {"members": "people", "source": {"file": str(self.world.folder / file)}})
        name = self.activation(audience=audience)
        for people in (80, 1):
            self.world.write(emails(*(f"p{n}" for n in range(people))), file)
            sync.sync(self.app, self.configuration.current, name)
        return name

    def limits(self) -> None:
        """Said on the pages from now on."""
        declared.take_over(self.app, self.configuration, "settings", "limits")

    def sign_in(self, who: str) -> str:
        """Somebody is back from LinkedIn and chooses an ad account next."""
        return setting_up.reuse(self.by(who), self.configuration.current(), "acme")

    def draft(self, by: Person, audience: str = "people") -> int:
        config = self.configuration.current()
        begun = drafts.begin(self.app, by, "acme", "people")
        drafts.save(self.app, by, drafts.with_audiences(self.app, config, begun, [audience], by))
        return begun.id

    def linkedin_app(self) -> None:
        """People sign in through it, until somebody takes it out."""
        linkedin_app.enter(self.app, CLIENT_ID, CLIENT_SECRET)

    def ready(self) -> None:
        """Whatever was asked before: people can sign in, and acme is connected."""
        self.linkedin_app()
        self.world.connect()

    def setting(self, name: str, body: dict[str, Any]) -> str:
        declared.put_setting(self.app, self.configuration, name, body)
        return name


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    world = Bare(folder)
    world.write([{**each, "firstName": "Ann"} for each in emails("ann", "bob")] + [{"email": "nobody"}])
    world.yaml["destinations"]["filed"] = {"ad_account": ACCOUNT}
    world.yaml["audiences"]["filed"] = EVENTS
    world.yaml["activations"]["filed"] = {"audience": "people", "destination": "acme"}
    world.yaml["limits"] = {"mappings_per_destination": MANY}
    stage = Stage(world)
    stage.ready()
    world.sync()
    write_keys.create(stage.app, "engage")
    stage.setting("notify", {"url": "http://127.0.0.1:9/"})
    event = {"type": "track", "event": "Audience Entered", "userId": "u1", "context": {"traits": {"email": "a@b.org"}}}
    now = stage.app.clock.now()
    last_events.keep(stage.app.store, [Posting("engage", "track", now, "", b"", (json.dumps(event).encode(),))])
    yield stage
    world.close()


def of_acme(_stage: Stage) -> str:
    return "acme"


def of_filed(_stage: Stage) -> str:
    return "filed"


def of_main(_stage: Stage) -> str:
    return "main"


def of_people(_stage: Stage) -> str:
    return "people"
