"""A destination gets another name (ADOBE-69, SEGMENT-04): what refers to it follows, LinkedIn notices none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from guestlist import job_worker
from guestlist.app import (
    connection,
    declared,
    destinations,
    drafts,
    ending,
    forget,
    home,
    jobs,
    notices,
    preview,
    renaming,
    users,
)
from guestlist.app.context import App
from guestlist.app.drafts import Wanted
from guestlist.app.sync import sync
from guestlist.config import Config
from guestlist.configuration import Configuration
from guestlist.core.permissions import Role, person
from guestlist.errors import ChangedMeanwhile, ConfigError, NeedsPerson, Overtaken, UnknownName
from guestlist.store import schema
from tests.postgres import database_url
from tests.world import ACCOUNT, Crash, World, digest, emails

__all__ = ["database_url"]
OLD, NEW = "acme", "Zebra GmbH"
SECOND = 77  # another ad account
ANN = person("ann", Role.ADMINISTRATOR)


class Here:
    """A world whose destination, list and activations are of the pages."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.write(emails("a", "b", "c"))
        door = world.open()
        for section in ("destinations", "audiences", "activations"):
            for name in list(world.yaml[section]):
                declared.take_over(door.app, door.configuration, section, name)  # type: ignore[arg-type]
            world.yaml[section] = {}
        self.door = world.open()

    @property
    def app(self) -> App:
        return replace(self.door.app, who="ann")

    @property
    def configuration(self) -> Configuration:
        return self.door.configuration

    def rename(self, old: str = OLD, new: str = NEW, **more: Any) -> declared.Declaration:
        return renaming.destination(self.app, self.configuration, old, new, **more)

    def config(self) -> Config:
        return self.configuration.current()

    def sync(self, name: str = "main") -> Any:
        return sync(self.app, self.config, name)


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Here]:
    world = World(tmp_path, database_url)
    world.connect()
    yield Here(world)
    world.close()


def rows(app: App) -> dict[str, list[dict[str, Any]]]:
    """All that the store keeps, opened."""
    vault, found = app.store.vault, {}
    with app.store.database.read() as connection_:
        for table in schema.metadata.sorted_tables:
            found[table.name] = [
                {column.name: _opened(vault, column, row[column.name]) for column in table.c}
                for row in connection_.execute(sa.select(table)).mappings()
            ]
    return found


def _opened(vault: Any, column: sa.Column[Any], value: Any) -> Any:
    sealed = column.info.get("sealed")
    if value is None or sealed is None:
        return value
    return vault.open(value) if sealed == "blob" else vault.open_token(value)


def everything(here: Here) -> None:
    """Whatever can name a destination, in one store."""
    app, config = here.app, here.config()
    here.sync()
    users.create(app, "ann", Role.ADMINISTRATOR, "four words that nobody guesses")
    user = app.store.users.get("ann")
    assert user is not None
    by = replace(ANN, user_id=user.id)
    draft = drafts.begin(app, by, OLD, "people")
    draft = replace(draft, wanted=(Wanted("more", {"audience": "people", "destination": OLD, "mode": "mirror"}),))
    drafts.save(app, by, draft)
    drafts.ask_plan(app, here.configuration, by, draft)
    jobs.ask_check(app, config, OLD)
    connection.begin_consent(app, config, OLD, "http://127.0.0.1:8000/linkedin/callback")
    app.store.notices.begin(f"30 days left/destination {OLD}", 1.0)


# ── everything follows ───────────────────────────────────────────────────────────────────────────────────────────
def test_nothing_but_history_says_the_former_name(here: Here) -> None:
    everything(here)
    before = rows(here.app)
    here.rename()
    named = {
        f"{table}.{column}"
        for table, found in rows(here.app).items()
        for row in found
        for column, value in row.items()
        if OLD in (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
    }
    assert named == {"destinations.former", "audit.subject", "audit.details"}
    assert {table: len(found) for table, found in rows(here.app).items() if table != "audit"} == {
        table: len(found) for table, found in before.items() if table != "audit"
    }
    (last,) = here.app.store.audit.latest(1)
    assert (last.who, last.what, last.subject, last.details) == (
        "ann",
        "rename destination",
        OLD,
        {"before": {"name": OLD}, "after": {"name": NEW}},
    )


def test_nothing_is_sent_again(here: Here) -> None:
    assert here.sync().added == 3
    segments, sent = here.world.emulator.control.segments(), here.world.sent()
    before = here.app.store.activations.get("main")
    here.rename()
    plan = preview.plan(here.app, here.config(), "main")
    assert (plan.adds, plan.removes, plan.requests) == (0, 0, 0)
    done = here.sync()
    assert (done.state, done.added, done.changed, done.unchanged) == ("done", 0, 0, 3)
    assert [each["id"] for each in here.world.emulator.control.segments()] == [each["id"] for each in segments]
    assert here.world.sent() == sent
    after = here.app.store.activations.get("main")
    assert before is not None
    assert after == replace(before, destination=NEW, destination_former=[OLD], last_run=after.last_run if after else 0)
    here.world.write(emails("a", "b", "c", "d"))
    assert here.sync().added == 1
    assert connection.check(here.app, here.config(), NEW)[0].problems == ()
    assert connection.stands(here.app, here.config(), NEW).state == "connected"


def test_what_was_told_is_not_told_again(here: Here) -> None:
    here.app.store.notices.begin(f"14 days left/destination {OLD}", here.app.clock.now())
    here.rename()
    assert here.app.store.notices.heard() == [f"14 days left/destination {NEW}"]
    assert not here.app.store.notices.begin(f"14 days left/destination {NEW}", here.app.clock.now())
    notices.follow(here.app, NEW, OLD)
    assert here.app.store.notices.heard() == [f"14 days left/destination {OLD}"]


def test_who_is_forgotten_is_removed_through_the_renamed(here: Here) -> None:
    here.sync()
    here.rename()
    assert forget.forget(here.app, ["a@example.com"]).state == "complete"
    segment = here.app.store.activations.get("main")
    assert segment is not None
    status = here.door.status("main")[0]
    assert status.destination == NEW
    assert (
        digest("a@example.com") not in here.world.emulator.control.segment(int(status.segment_id or 0))["identifiers"]
    )


# ── while others are at work ─────────────────────────────────────────────────────────────────────────────────────
def test_a_run_under_way_goes_on(here: Here) -> None:
    """Also one whose token has to be renewed after that."""
    here.world.hooks.before = lambda: _once(here)
    here.world.emulator.control.fault({"kind": "status", "status": 401}, path="/users$")
    done = here.sync()
    assert (done.state, done.added) == ("done", 3)
    assert list(here.config().destinations) == [NEW]
    assert [each.name for each in here.app.store.destinations.all()] == [NEW]
    assert here.sync().unchanged == 3


def _once(here: Here) -> None:
    here.world.hooks.before = lambda: None
    here.rename()


def test_a_run_under_way_parks_what_it_ran_for(here: Here) -> None:
    here.world.hooks.before = lambda: _once(here)
    here.world.emulator.control.revoke_tokens()
    here.world.emulator.control.expire_refresh_tokens()
    here.world.emulator.control.fault({"kind": "status", "status": 401}, path="/users$", times=9)
    result = here.sync()
    (known,) = here.app.store.destinations.all()
    assert (result.state, known.state) == ("parked", result.label)


def test_whoever_read_the_configuration_before_means_the_same(here: Here) -> None:
    stale = here.config()
    here.rename()
    done = sync(here.app, lambda: stale, "main")
    assert (done.state, done.added) == ("done", 3)
    assert [each.name for each in here.app.store.destinations.all()] == [NEW]
    assert here.sync().unchanged == 3


def test_a_former_name_is_free_for_another(here: Here) -> None:
    here.sync()
    here.rename()
    declared.create(here.app, here.configuration, "destinations", OLD, {"ad_account": 516848834})
    declared.create(here.app, here.configuration, "activations", "n", {"audience": "people", "destination": OLD})
    assert here.sync("n").reason.startswith(f"destination '{OLD}' is not connected")
    assert {each.name: each.former for each in here.app.store.destinations.all()} == {NEW: [], OLD: []}
    assert here.sync().unchanged == 3


@pytest.mark.parametrize("again", [OLD, "third"])
def test_it_is_renamed_again(here: Here, again: str) -> None:
    here.sync()
    here.rename()
    here.rename(NEW, again)
    (known,) = here.app.store.destinations.all()
    assert (known.name, known.former) == (again, [NEW] if again == OLD else [OLD, NEW])
    assert here.sync().unchanged == 3


def test_whoever_is_at_linkedin_comes_back_to_the_renamed(here: Here) -> None:
    """To the page it is for; and what was asked of LinkedIn before the rename is kept for it."""
    back = "http://127.0.0.1:8000/linkedin/callback"
    address, state = connection.begin_consent(here.app, here.config(), OLD, back)
    stale, before = here.config(), here.app.store.destinations.get(OLD)
    here.rename()
    assert connection.returned(here.app, state, back) == NEW
    brought = here.world.consent(address)
    connection.connect_code(here.app, stale, OLD, brought["code"], back)
    (known,) = here.app.store.destinations.all()
    assert before is not None
    assert (known.name, known.version, known.authorised_by) == (NEW, before.version + 1, "ann")


def test_a_check_that_waits_is_of_the_renamed(here: Here) -> None:
    job = jobs.ask_check(here.app, here.config(), OLD)
    here.rename()
    assert job_worker.take_up(here.app, here.configuration.current, here.app.store.jobs.open()[0])
    done = jobs.get(here.app, job.id)
    assert (done.state, done.subject, done.result[0]["destination"]) == ("done", NEW, NEW)


def test_activations_of_the_pages_are_renamed_on_the_command_line_too(here: Here) -> None:
    here.sync()
    assert ending.rename(here.app, here.configuration, "main", "news") == "Activation 'main' is now 'news'."
    assert list(here.config().activations) == ["news"]
    assert ending.rename_destination(here.app, here.configuration, OLD, NEW) == f"Destination '{OLD}' is now '{NEW}'."
    assert here.sync("news").unchanged == 3


# ── all of it or nothing ─────────────────────────────────────────────────────────────────────────────────────────
def test_stopped_at_any_step_it_is_all_or_nothing(here: Here) -> None:
    everything(here)
    before, engine, crashed = rows(here.app), here.app.store.database.engine, 0
    for step in range(1000):
        left = [step]

        def blow(*_: Any, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Crash

        sa.event.listen(engine, "before_cursor_execute", blow)
        with suppress(Crash):
            here.rename()
        sa.event.remove(engine, "before_cursor_execute", blow)
        if left[0] >= 0:
            break
        crashed += 1
        assert rows(here.app) == before
    assert crashed > 20
    assert list(here.config().destinations) == [NEW]
    assert here.config().activations["main"].destination == NEW


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_name_that_is_taken_is_refused_at_the_field(here: Here) -> None:
    declared.create(here.app, here.configuration, "destinations", "other", {"ad_account": 516848834})
    with pytest.raises(ChangedMeanwhile, match="is there already") as told:
        here.rename(new="other")
    assert told.value.place == ("name",)
    for name in ("connect", "a/b", " ", "x" * 200):
        with pytest.raises(ConfigError) as told:
            here.rename(new=name)
        assert told.value.place == ("name",)
    assert list(here.config().destinations) == [OLD, "other"]


def test_the_name_of_one_that_was_taken_out_stays_its_own(here: Here) -> None:
    """Forgetting still reaches what it once filled; one that nothing was ever told through gives its name away."""
    made = declared.create(here.app, here.configuration, "destinations", "other", {"ad_account": 516848834})
    here.app.store.destinations.ensure("other", "urn:li:sponsoredAccount:516848834")
    assert made.version is not None
    declared.delete(here.app, here.configuration, "destinations", "other", made.version)
    here.sync()
    here.rename(new="other")
    made = declared.create(here.app, here.configuration, "destinations", OLD, {"ad_account": 516848834})
    number = here.app.store.destinations.ensure("gone", "urn:1").id
    known = here.app.store.activations.get("main")
    assert known is not None
    here.app.store.activations.create(
        "was", 1.0, destination=number, ad_account="urn:1", audience="people", members=known.members,
        mode="mirror", yaml_path="",
    )  # fmt: skip
    with pytest.raises(ConfigError, match="until it was taken out") as told:
        here.rename("other", "gone")
    assert told.value.place == ("name",)


def test_what_a_file_says_is_renamed_there(here: Here) -> None:
    world = here.world
    world.yaml["activations"] = {"filed": {"audience": "people", "destination": OLD}}
    here.door = world.open()
    with pytest.raises(ConfigError, match=r"'filed' is managed by .* take it over first") as told:
        here.rename()
    assert told.value.place == ("name",)
    world.yaml["activations"], world.yaml["destinations"] = {}, {OLD: {"ad_account": 516848833}}
    here.door = world.open()
    with pytest.raises(ConfigError, match="take it out there first"):
        here.rename()
    world.yaml["destinations"] = {"filed": {"ad_account": 516848833}}
    here.door = world.open()
    with pytest.raises(ConfigError, match=r"managed by .* or take it over first"):
        here.rename("filed", NEW)
    with pytest.raises(UnknownName):
        here.rename("nobody", NEW)


def test_what_another_has_changed_is_not_renamed(here: Here) -> None:
    found = declared.get(here.app, here.configuration, "destinations", OLD)
    assert found.version is not None
    body = {**found.body, "description": "new"}
    declared.change(here.app, here.configuration, "destinations", OLD, body, found.version)
    with pytest.raises(Overtaken, match="was changed by ann meanwhile"):
        renaming.saved(here.app, here.configuration, OLD, NEW, body, found.version)
    here.rename()
    with pytest.raises(UnknownName, match=f"it is '{NEW}' now"):
        declared.get(here.app, here.configuration, "destinations", OLD)


def test_what_a_file_changed_to_an_ad_account_nobody_may_manage_is_switched_off_all_the_same(here: Here) -> None:
    file = here.world.folder / "another.yaml"
    file.write_text(f"destinations: {{{OLD}: {{ad_account: 999}}}}")
    declared.apply(here.app, here.configuration, file, {}, dry_run=False)
    found = declared.get(here.app, here.configuration, "destinations", OLD)
    assert found.version is not None
    body = {**found.body, "enabled": False}
    off = renaming.saved(here.app, here.configuration, OLD, OLD, body, found.version)
    assert here.config().destinations[OLD].enabled is False
    assert off.version is not None
    with pytest.raises(NeedsPerson, match="Invalid LinkedIn Ad Account id 998"):
        renaming.saved(here.app, here.configuration, OLD, OLD, {**body, "ad_account": 998}, off.version)


# ── of a file, on the command line ───────────────────────────────────────────────────────────────────────────────
def test_of_a_file_the_store_follows_first_or_last(world: World) -> None:
    world.write(emails("a", "b", "c"))
    assert world.sync().added == 3
    door = world.open()
    said = ending.rename_destination(door.app, door.configuration, OLD, NEW)
    assert "write the new name in the file too" in said
    assert world.sync().unchanged == 3  # the file says it as before still
    world.yaml["destinations"] = {NEW: world.yaml["destinations"][OLD]}
    world.activation(destination=NEW)
    assert world.sync().unchanged == 3
    with pytest.raises(UnknownName):
        ending.rename_destination(door.app, door.configuration, "nobody", "x")
    world.yaml["destinations"] = {"third": world.yaml["destinations"][NEW]}
    world.activation(destination="third")
    with pytest.raises(ConfigError, match=f"rename '{NEW}' 'third' --destination"):
        world.sync()
    ending.rename_destination(door.app, door.configuration, NEW, "third")
    assert world.sync().unchanged == 3
    assert len(world.emulator.control.segments()) == 1


@pytest.mark.parametrize("name", ["a/b", "", " z", "x" * 300, "connect"])
def test_of_a_file_the_new_name_has_to_be_one(world: World, name: str) -> None:
    world.write(emails("a"))
    world.sync()
    door = world.open()
    with pytest.raises(ConfigError) as refused:
        ending.rename_destination(door.app, door.configuration, OLD, name)
    assert refused.value.place == renaming.NAME
    assert door.app.store.destinations.get(OLD) is not None


def test_of_a_file_the_new_name_is_nobody_elses(world: World) -> None:
    """Neither of the file's, before anything was sent to that, nor of the pages'."""
    world.yaml["destinations"]["other"] = {"ad_account": 516848834}
    world.write(emails("a"))
    world.sync()
    door = world.open()
    declared.create(door.app, door.configuration, "destinations", "ours", {"ad_account": 516848834})
    for name in ("other", "ours"):
        with pytest.raises(ChangedMeanwhile, match="is there already"):
            ending.rename_destination(door.app, door.configuration, OLD, name)
    assert world.sync().unchanged == 1


def test_of_a_file_it_keeps_its_name_while_the_pages_name_it(world: World) -> None:
    world.write(emails("a"))
    world.sync()
    door = world.open()
    declared.take_over(door.app, door.configuration, "activations", "main")
    with pytest.raises(ConfigError, match="activation 'main' is changed on the pages"):
        ending.rename_destination(door.app, door.configuration, OLD, NEW)


def test_of_a_file_that_says_the_former_name_still_all_is_said_of_it(world: World) -> None:
    """By check, Home, the pages and warnings; who reads the file's name is told of it by that name."""
    world.write(emails("a"))
    world.sync()
    door = world.open()
    app, config = door.app, door.config
    ending.rename_destination(app, door.configuration, OLD, NEW)
    (report,) = connection.check(app, config)
    assert (report.destination, report.problems, report.role) == (OLD, (), "CAMPAIGN_MANAGER")
    assert len(app.store.destinations.all()) == 1
    row = destinations.one(app, config, OLD)
    assert (row.state, row.connection.role) == ("in order", "CAMPAIGN_MANAGER")
    assert {due.subject for due in home.calendar(app, config)} >= {OLD}
    assert [each.account for each in connection.accounts(app, config, OLD)]
    world.emulator.control.fault({"kind": "status", "status": 401}, path="/users$", times=9)
    world.write(emails("a", "b"))
    assert world.sync().state == "parked"
    assert ("reauthorise", OLD) in {(need.wants, need.subject) for need in home.needs(app, config)}
    assert connection.held_up(app, config, OLD) == ["main"]
    (said,) = posted(world, 350)
    assert f"guestlist connect {OLD}" in said


def posted(world: World, days: int) -> list[str]:
    """What is told of a destination's end, so many days later."""
    world.yaml["notify"] = {"url": "https://hooks.example.com/x"}
    world.clock.sleep(days * 86_400.0)
    heard: list[str] = []

    def post(_: str, message: Any) -> bool:
        heard.append(message["text"])
        return True

    door = world.open()
    notices.calendar(replace(door.app, post=post), door.config)
    return [each for each in heard if "destination" in each]


# ── nobody is disconnected by a name ─────────────────────────────────────────────────────────────────────────────
def test_who_read_the_configuration_before_two_swapped_names_disconnects_neither(here: Here) -> None:
    """The other one has this name by now, and feeds nothing: it keeps its account and its sign-in."""
    other = f"urn:li:sponsoredAccount:{SECOND}"
    declared.create(here.app, here.configuration, "destinations", "other", {"ad_account": SECOND})
    manager(here.world, SECOND)
    connection.connect_token(here.app, here.config(), "other", here.world.emulator.control.token())
    here.sync()
    stale = here.config()
    for old, new in ((OLD, "between"), ("other", OLD), ("between", "other")):
        here.rename(old, new)
    before = here.app.store.destinations.all()
    with pytest.raises(ConfigError, match=f"had destination other and now has {OLD}"):
        sync(here.app, lambda: stale, "main")
    assert here.app.store.destinations.all() == before
    assert {each.name: each.ad_account for each in before}[OLD] == other
    assert here.app.store.destinations.credential(OLD)[0] is not None
    assert here.sync().unchanged == 3


@pytest.mark.parametrize("number", [ACCOUNT, SECOND])
def test_one_that_was_taken_out_is_not_meant_by_what_a_file_calls_so_next(here: Here, number: int) -> None:
    """Under a name that it once had: forgetting still reaches what it filled."""
    here.sync()
    here.rename()
    withdrawn(here)
    taken_out = here.app.store.destinations.get(NEW)
    manager(here.world, number)
    here.world.yaml["destinations"] = {OLD: {"ad_account": number}}
    here.world.yaml["activations"] = {"next": {"audience": "people", "destination": OLD}}
    here.door = here.world.open()
    assert "is not connected" in here.sync("next").reason
    here.world.connect()
    assert here.sync("next").added == 3
    assert taken_out is not None
    assert here.app.store.destinations.get(NEW) == replace(taken_out, former=[])
    assert here.app.store.destinations.credential(NEW)[0] is not None


def withdrawn(here: Here) -> None:
    """The activation is removed, and the destination that it fed is taken out."""
    version = declared.get(here.app, here.configuration, "activations", "main").version
    ending.withdraw(here.app, here.configuration, "main", version)
    version = declared.get(here.app, here.configuration, "destinations", NEW).version
    assert version is not None
    declared.delete(here.app, here.configuration, "destinations", NEW, version)


def test_what_a_file_calls_otherwise_is_never_meant_by_another_ad_account(world: World) -> None:
    world.write(emails("a"))
    world.sync()
    door = world.open()
    ending.rename_destination(door.app, door.configuration, OLD, NEW)
    before = door.app.store.destinations.get(NEW)
    world.yaml["destinations"][OLD]["ad_account"] = SECOND
    with pytest.raises(ConfigError, match="had ad_account"):
        world.sync()
    assert world.open().app.store.destinations.all() == [before]
    world.yaml["destinations"][OLD]["ad_account"] = ACCOUNT
    assert world.sync().unchanged == 1


def manager(world: World, number: int) -> None:
    """Whoever signs in may manage this ad account too."""
    roles = [{"account": number, "member": "AbC123xyz", "role": "CAMPAIGN_MANAGER"}]
    world.emulator.control.seed({"accounts": [{"id": number, "name": f"Acme {number}"}], "roles": roles})
