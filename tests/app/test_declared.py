"""Objects of the configuration made on the pages: judged as part of the whole, guarded by versions, all or nothing."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from guestlist.app import declared, ending
from guestlist.app.declared import Difference
from guestlist.configuration import Configuration
from guestlist.core.permissions import Permission, Role, person, token
from guestlist.errors import ChangedMeanwhile, ConfigError, GuestlistError, PermissionMissing, UnknownName
from tests.world import ACCOUNT, World, emails

ADMIN = person("ann", Role.ADMINISTRATOR)
MARKETER = person("moe", Role.MARKETER)
EVENTS = {"members": "people", "source": {"events": {"write_keys": ["engage"]}}}
LIST = {"members": "people", "source": {"file": "/lists/people.csv"}}


class Here:
    """An installation and its configuration, as pages and API are given them."""

    def __init__(self, world: World) -> None:
        door = world.open()
        self.world, self.app = world, replace(door.app, who="ann")
        self.configuration = door.configuration

    def __getattr__(self, name: str) -> Any:
        use_case = getattr(declared, name)
        return lambda *args, **more: use_case(self.app, self.configuration, *args, **more)

    def audit(self) -> list[tuple[str, str, str]]:
        return [(each.who, each.what, each.subject) for each in self.app.store.audit.latest() if each.what != "connect"]


@pytest.fixture
def here(world: World) -> Here:
    return Here(world)


# ── making and changing ──────────────────────────────────────────────────────────────────────────────────────────
def test_what_was_made_is_part_of_the_whole(here: Here) -> None:
    made = here.create("audiences", "leads", EVENTS)
    assert here.get("audiences", "leads") == made
    here.create(
        "activations", "leads", {"audience": "leads", "destination": "acme", "mode": "stream", "audience_key": "k"}
    )
    config = here.configuration.current()
    assert config.activations["leads"].audience == "leads"
    assert (config.origin("activations", "leads"), config.from_pages("activations", "main")) == ("pages", False)
    assert here.audit()[:2] == [("ann", "create activation", "leads"), ("ann", "create audience", "leads")]


@pytest.mark.parametrize(
    ("section", "body", "place", "sentence"),
    [
        ("activations", {"audience": "nobody", "destination": "acme"}, ("activations", "x", "audience"), "no audience"),
        ("destinations", {"ad_account": "x"}, ("destinations", "x", "ad_account"), "must be the number"),
        ("destinations", {}, ("destinations", "x", "ad_account"), "missing"),
        (
            "audiences",
            {"members": "people", "source": {}},
            ("audiences", "x", "source"),
            "either file, upload or events",
        ),
        ("destinations", {"ad_account": 1, "colour": 1}, ("destinations", "x", "colour"), "unknown key"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_nothing_is_kept(
    here: Here, section: Any, body: Any, place: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence) as told:
        here.create(section, "x", body)
    assert told.value.place == place
    with pytest.raises(UnknownName):
        here.get(section, "x")
    assert here.audit() == []


def test_a_name_is_taken_by_the_pages_or_the_file(here: Here) -> None:
    here.create("audiences", "leads", EVENTS)
    for name in ("leads", "people"):
        with pytest.raises(ChangedMeanwhile, match="already"):
            here.create("audiences", name, EVENTS)


def test_a_change_needs_what_was_read(here: Here) -> None:
    first = here.create("audiences", "leads", EVENTS)
    second = here.change("audiences", "leads", {**EVENTS, "members": "companies"}, first.version)
    assert second.version > first.version
    with pytest.raises(ChangedMeanwhile, match="by ann"):
        here.change("audiences", "leads", EVENTS, first.version)
    with pytest.raises(ChangedMeanwhile):
        here.delete("audiences", "leads", first.version)
    assert here.configuration.current().audiences["leads"].members == "companies"


def test_what_the_file_says_is_changed_in_the_file_until_it_is_taken_over(here: Here) -> None:
    found = here.get("audiences", "people")
    assert found.version is None
    with pytest.raises(ConfigError, match=r"guestlist\.yaml: change it there"):
        here.change("audiences", "people", EVENTS, 1)
    taken = here.take_over("audiences", "people")
    assert taken.body["source"]["file"] == str(here.world.folder / "people.csv")
    assert here.take_over("audiences", "people").version == taken.version
    here.change("audiences", "people", {**taken.body, "filter": "email is not null"}, taken.version)
    assert here.configuration.current().audiences["people"].filter == "email is not null"


def test_what_others_need_stays(here: Here) -> None:
    audience = here.create("audiences", "leads", EVENTS)
    made = here.create(
        "activations", "l", {"audience": "leads", "destination": "acme", "mode": "stream", "audience_key": "k"}
    )
    with pytest.raises(ConfigError, match="no audience"):
        here.delete("audiences", "leads", audience.version)
    here.delete("activations", "l", made.version)
    here.delete("audiences", "leads", audience.version)
    assert "leads" not in here.configuration.current().audiences


def test_what_the_file_would_bring_back_is_not_deleted(here: Here) -> None:
    taken = here.take_over("activations", "main")
    with pytest.raises(ConfigError, match="take it out there first"):
        here.delete("activations", "main", taken.version)
    with pytest.raises(ConfigError, match="take it out there first"):
        here.rename("main", "other")


def test_the_last_object_can_go_where_there_is_no_file(world: World) -> None:
    app = world.open().app
    world.file.unlink()
    configuration = Configuration(world.file, {}, app.store.declared, may_be_missing=True)
    made = declared.create(app, configuration, "destinations", "acme", {"ad_account": 1})
    assert list(configuration.current().destinations) == ["acme"]
    declared.delete(app, configuration, "destinations", "acme", made.version or 0)
    assert configuration.current_or_empty().destinations == {}
    with pytest.raises(ConfigError, match="does not exist"):
        configuration.current()


def test_two_changes_that_are_right_apart_never_become_wrong_together(here: Here) -> None:
    audience = here.create("audiences", "leads", EVENTS)
    body = {"audience": "leads", "destination": "acme", "mode": "stream", "audience_key": "k"}
    ready, failed = threading.Barrier(2), []

    def at_once(work: Any) -> None:
        ready.wait()
        try:
            work()
        except ConfigError as error:
            failed.append(error)

    works = (lambda: here.delete("audiences", "leads", audience.version), lambda: here.create("activations", "l", body))
    threads = [threading.Thread(target=at_once, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(failed) == 1
    here.configuration.current()


def test_settings_are_only_those_there_are(here: Here) -> None:
    here.create("settings", "limits", {"mappings_per_destination": 2})
    assert here.configuration.current().limits.mappings_per_destination == 2
    for name in ("destinations", "colour"):
        with pytest.raises(UnknownName, match="limits, notify"):
            here.create("settings", name, {})
    assert set(here.configuration.current().destinations) == {"acme"}


def test_all_of_a_section(here: Here) -> None:
    here.create("audiences", "a", EVENTS)
    taken = here.take_over("audiences", "people")
    here.create("destinations", "b", {"ad_account": 2})
    assert {name: each.version is None for name, each in here.all_of("audiences").items()} == {
        "a": False,
        "people": False,
    }
    assert here.all_of("audiences")["people"] == taken
    assert {name: each.version is None for name, each in here.all_of("destinations").items()} == {
        "acme": True,
        "b": False,
    }


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_files_of_the_machine_and_settings_are_an_administrators(here: Here) -> None:
    for section, name, body in (("audiences", "x", LIST), ("settings", "notify", {"url": "https://example.com"})):
        with pytest.raises(PermissionMissing, match="Administrator"):
            here.create(section, name, body, MARKETER)
    made = here.create("audiences", "x", LIST, ADMIN)
    filtered = here.change("audiences", "x", {**LIST, "filter": "email is not null"}, made.version, MARKETER)
    with pytest.raises(PermissionMissing):
        here.change("audiences", "x", {**LIST, "source": {"file": "/etc/passwd"}}, filtered.version, MARKETER)
    here.create("audiences", "y", EVENTS, MARKETER)


def test_primary_ids_are_chosen_by_those_who_see_the_identity_graph(here: Here) -> None:
    body = {"audience": "people", "destination": "acme", "mapping": {"email": "email", "primaryId": "id"}}
    narrow = token("t", Role.MARKETER, set(MARKETER.permissions) - {Permission.VIEW_IDENTITY_GRAPH})
    with pytest.raises(PermissionMissing, match="View Identity Graph"):
        here.create("activations", "x", body, narrow)
    made = here.create("activations", "x", body, MARKETER)
    here.change("activations", "x", {**body, "enabled": False}, made.version, narrow)


# ── renaming and ending ──────────────────────────────────────────────────────────────────────────────────────────
def test_a_renamed_activation_keeps_its_audience_and_its_followers(here: Here) -> None:
    here.world.write(emails("a", "b"))
    taken = here.create("activations", "first", {"audience": "people", "destination": "acme", "segment_name": "First"})
    here.create(
        "activations",
        "out",
        {"audience": "people", "destination": "acme", "mode": "remove_only", "segment_of": "first"},
    )
    result = here.world.open().sync("first")[0]
    renamed = here.rename("first", "second")
    assert renamed.version > taken.version
    config = here.configuration.current()
    assert config.activations["out"].segment_of == "second"
    assert "first" not in config.activations
    known = here.app.store.activations.get("second")
    assert known is not None
    assert here.world.open().status("second")[0].segment_id == result.segment_id
    with pytest.raises(ChangedMeanwhile):
        here.rename("second", "out")
    with pytest.raises(ConfigError, match="managed by"):
        here.rename("main", "third")


def test_a_withdrawn_activation_is_gone_from_both(here: Here) -> None:
    here.world.write(emails("a", "b"))
    made = here.create("activations", "x", {"audience": "people", "destination": "acme", "on_delete": "delete"})
    segment = here.world.open().sync("x")[0].segment_id
    assert "was deleted" in ending.withdraw(here.app, here.configuration, "x", made.version)
    assert "x" not in here.configuration.current().activations
    assert here.app.store.activations.get("x") is None
    assert str(segment) not in {str(each["id"]) for each in here.world.emulator.control.segments()}
    with pytest.raises(UnknownName):
        ending.withdraw(here.app, here.configuration, "x", None)
    with pytest.raises(ConfigError, match="managed by"):
        ending.withdraw(here.app, here.configuration, "main", None)


def test_what_linkedin_would_not_let_go_stays_described(here: Here) -> None:
    here.world.write(emails("a", "b"))
    made = here.create("activations", "x", {"audience": "people", "destination": "acme"})
    here.world.open().sync("x")
    here.world.emulator.control.revoke_tokens()
    here.world.emulator.control.expire_refresh_tokens()
    with pytest.raises(GuestlistError):
        ending.withdraw(here.app, here.configuration, "x", made.version, delete_segment=True)
    assert "x" in here.configuration.current().activations
    assert here.app.store.activations.get("x") is not None


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_what_is_exported_is_what_is_applied(here: Here, tmp_path: Path) -> None:
    here.create("destinations", "b", {"ad_account": 2, "enabled": True, "description": "costs ${NOTHING}, 5 $${a}"})
    here.create("audiences", "leads", {**EVENTS})
    here.create("settings", "notify", {"url": "https://hooks.example.com/secret"})
    file = tmp_path / "exported.yaml"
    file.write_text(declared.export(here.app))
    again = here.apply(file, {}, dry_run=True)
    assert {(each.section, each.name, each.what) for each in again} == {
        ("destinations", "b", "same"),
        ("audiences", "leads", "same"),
        ("settings", "notify", "same"),
    }
    here.apply(file, {}, dry_run=False)
    assert here.configuration.current().destinations["b"].description == "costs ${NOTHING}, 5 $${a}"


def test_what_is_exported_is_applied_beside_what_the_file_has(here: Here, tmp_path: Path) -> None:
    """Of what was taken over, the audience and the destination may still be the file's."""
    here.world.write(emails("a"))
    here.take_over("activations", "main")
    file = tmp_path / "exported.yaml"
    file.write_text(declared.export(here.app))
    for dry_run in (True, False):
        (only,) = here.apply(file, {}, dry_run=dry_run)
        assert (only.section, only.name, only.what) == ("activations", "main", "same")
    file.write_text(file.read_text().replace("people", "nobody"))
    with pytest.raises(ConfigError, match=r"exported.yaml, line 3: .*nobody"):
        here.apply(file, {}, dry_run=True)


def test_a_dry_run_shows_and_a_run_does(here: Here) -> None:
    world = here.world
    world.write(emails("a"))
    (first, *_) = shown = here.apply(world.file, {}, dry_run=True)
    assert first == Difference("destinations", "acme", "create", {}, {"ad_account": str(ACCOUNT)})
    assert [each.what for each in shown] == ["create"] * 3
    assert here.get("destinations", "acme").version is None
    here.apply(world.file, {}, dry_run=False)
    assert here.get("destinations", "acme").version is not None
    world.yaml["destinations"]["acme"]["send_email"] = False
    world.file.write_text(yaml.safe_dump(world.yaml))
    changed = here.apply(world.file, {}, dry_run=True)[0]
    assert changed == Difference("destinations", "acme", "change", {}, {"send_email": "false"})


def test_all_or_nothing(here: Here, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text("destinations: {b: {ad_account: 2}}\nactivations: {x: {audience: none, destination: b}}")
    with pytest.raises(ConfigError, match="line 2"):
        here.apply(file, {}, dry_run=False)
    with pytest.raises(UnknownName):
        here.get("destinations", "b")


def test_a_posted_text_sees_nothing_of_the_environment(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUESTLIST_SECRET_KEY", "hush")
    text = "destinations: {b: {ad_account: 2, description: '${GUESTLIST_SECRET_KEY}'}}"
    with pytest.raises(ConfigError, match="the posted text, line 1: the environment variable"):
        here.apply_text(text, dry_run=False)
    assert here.apply_text(text.replace("$", "$$"), dry_run=False)[0].what == "create"


def test_secrets_and_addresses_are_nowhere_to_be_read(here: Here) -> None:
    text = "notify: {url: 'https://hooks.example.com/secret'}\n"
    assert here.apply_text(text, dry_run=False)[0].after == {"url": "***"}
    changed = here.apply_text(text.replace("secret", "other"), dry_run=False)[0]
    assert (changed.what, changed.before, changed.after) == ("change", {"url": "***"}, {"url": "***"})
    here.create("audiences", "x", {**LIST, "filter": "email = 'ada@example.com'"})
    written = json.dumps([dict(each.details) for each in here.app.store.audit.latest()])
    assert "hooks" not in written
    assert "ada@" not in written
    assert "***@example.com" in written


def test_a_file_with_a_mistake_says_so(here: Here) -> None:
    here.world.file.write_text("destinations: 5")
    assert here.configuration.of_file("destinations") == {}
    with pytest.raises(ConfigError, match="line 1"):
        here.configuration.current()
    with pytest.raises(ConfigError, match="line 1"):
        here.create("destinations", "b", {"ad_account": 2})


def test_every_section_has_a_schema() -> None:
    found = declared.schemas()
    assert {"DestinationConfig", "AudienceConfig", "ActivationConfig", "SourceConfig", "NotifyConfig"} <= set(found)
    assert "$defs" not in json.dumps(found)


# ── what the next sync would refuse ──────────────────────────────────────────────────────────────────────────────
def other(world: World, **activation: Any) -> dict[str, Any]:
    """The file's own objects, with a second destination and audience, and main changed."""
    data = json.loads(json.dumps(world.yaml))
    data["destinations"]["other"] = {"ad_account": ACCOUNT}
    data["audiences"]["other"] = {"members": "people", "source": {"file": "people.csv"}}
    data["activations"]["main"] |= activation
    return dict(data)


def account(world: World) -> dict[str, Any]:
    """The same with another ad account."""
    data = other(world)
    data["destinations"]["acme"]["ad_account"] = ACCOUNT + 1
    return data


STREAM = {"destination": "acme", "mode": "stream", "audience_key": "k"}
REFUSED: list[tuple[Callable[[World], dict[str, Any]], str]] = [
    (lambda world: other(world, destination="other"), "Activation 'main' had destination acme and now has other"),
    (lambda world: other(world, audience="other"), "Activation 'main' had audience people and now has other"),
    (lambda world: other(world, mode="snapshot"), "was synced with mode mirror and is now snapshot"),
    (account, "but main still feeds the former"),
]


@pytest.mark.parametrize(("changed", "sentence"), REFUSED, ids=["destination", "audience", "mode", "account"])
def test_what_the_next_sync_would_refuse_is_not_applied(
    here: Here, changed: Any, sentence: str, tmp_path: Path
) -> None:
    here.world.write(emails("a"))
    here.world.sync()
    file = tmp_path / "another.yaml"
    file.write_text(yaml.safe_dump(changed(here.world)))
    for dry_run in (True, False):
        with pytest.raises(ConfigError, match=sentence):
            here.apply(file, {}, dry_run=dry_run)
    assert here.app.store.declared.all() == []
    assert here.world.sync().unchanged == 1


@pytest.mark.parametrize(
    ("section", "name", "change", "sentence"),
    [
        ("activations", "main", {"destination": "other"}, "had destination acme and now has other"),
        ("activations", "main", {"audience": "other"}, "had audience people and now has other"),
        ("audiences", "people", {"members": "companies"}, "had members people and now has companies"),
        ("destinations", "acme", {"ad_account": ACCOUNT + 1}, "but main still feeds the former"),
    ],
)
def test_what_the_next_sync_would_refuse_is_not_changed(
    here: Here, section: Any, name: str, change: dict[str, Any], sentence: str
) -> None:
    here.world.write(emails("a"))
    here.world.sync()
    for each in ("destinations", "audiences", "activations"):
        here.take_over(each, {"destinations": "acme", "audiences": "people", "activations": "main"}[each])
    here.create("destinations", "other", {"ad_account": ACCOUNT})
    here.create("audiences", "other", LIST)
    found = here.get(section, name)
    for act in (here.check_change, here.change):
        with pytest.raises(ConfigError, match=sentence):
            act(section, name, {**found.body, **change}, found.version)
    assert here.get(section, name) == found


def test_an_activation_keeps_its_audience_key(here: Here) -> None:
    here.create("audiences", "leads", EVENTS)
    made = here.create("activations", "x", {"audience": "leads", **STREAM})
    here.world.open().sync("x")
    for act in (here.check_change, here.change):
        with pytest.raises(ConfigError, match="had audience_key k and now has other"):
            act("activations", "x", {**made.body, "audience_key": "other"}, made.version)
    assert here.get("activations", "x") == made


def test_what_a_sync_refuses_already_may_be_changed_on(here: Here) -> None:
    """By a file that was changed by hand: it is paused, or put right."""
    here.world.write(emails("a"))
    here.world.sync()
    here.world.yaml = other(here.world, destination="other")
    here.configuration = here.world.open().configuration
    taken = here.take_over("activations", "main")
    paused = here.change("activations", "main", {**taken.body, "enabled": False}, taken.version)
    here.change("activations", "main", {**paused.body, "destination": "acme"}, paused.version)
    with pytest.raises(ConfigError, match="had destination acme"):
        here.change("activations", "main", paused.body, here.get("activations", "main").version)


def test_one_that_was_taken_out_of_the_configuration_only_comes_back_as_it_was(here: Here) -> None:
    here.world.write(emails("a"))
    made = here.create("activations", "x", {"audience": "people", "destination": "acme"})
    here.world.open().sync("x")
    here.delete("activations", "x", made.version)
    here.create("audiences", "leads", EVENTS)
    with pytest.raises(ConfigError, match="had audience people"):
        here.create("activations", "x", {"audience": "leads", **STREAM})
    here.create("activations", "x", {"audience": "people", "destination": "acme"})


def test_a_destination_that_was_taken_out_only_comes_back_with_the_account_that_is_fed(here: Here) -> None:
    here.world.write(emails("a"))
    here.world.yaml["destinations"] = here.world.yaml["activations"] = {}
    here.configuration = here.world.open().configuration
    destination = here.create("destinations", "acme", {"ad_account": ACCOUNT})
    activation = here.create("activations", "x", {"audience": "people", "destination": "acme"})
    here.world.open().sync("x")
    here.delete("activations", "x", activation.version)
    here.delete("destinations", "acme", destination.version)
    with pytest.raises(ConfigError, match="x still feeds the former"):
        here.create("destinations", "acme", {"ad_account": ACCOUNT + 1})
    here.create("destinations", "acme", {"ad_account": ACCOUNT})


def test_applying_a_file_keeps_the_name_it_has_for_what_was_renamed(here: Here) -> None:
    """By command, while the file says the former one still; a name that is new to all is its own."""
    here.world.write(emails("a"))
    here.world.sync()
    ending.rename_destination(here.app, here.configuration, "acme", "zebra")
    here.apply(here.world.file, {}, dry_run=False)
    assert here.world.sync().unchanged == 1
    assert [each.name for each in here.app.store.destinations.all()] == ["zebra"]
