"""What is kept, and how long: shown, set within bounds, and gone by."""

from __future__ import annotations

import pytest

from guestlist.app import drafts, retention
from guestlist.core.permissions import Role, person
from guestlist.events.outcomes import Outcome
from tests.web.apikit import Api, problem
from tests.web.installed import Installed
from tests.world import World, emails

DAY = 86_400.0


def test_what_is_kept_is_shown_and_set(pages: Installed) -> None:
    browser = pages.signed_in().get("/settings/retention")
    for said in ("90 d", "14 d", "for ever", "until they are forgotten"):
        assert said in browser.text, said
    browser.submit("Save", runs="30d", answers="36h")
    assert "Saved" in browser.text
    wanted = pages.configuration.current().retention
    assert (wanted.runs, wanted.answers, wanted.samples) == (30 * DAY, 1.5 * DAY, DAY)
    assert ("answers", "36h") in browser.form("Save").fields
    entry = pages.app.store.audit.latest(1)[0]
    assert (entry.who, entry.what, entry.subject) == ("ann", "create setting", "retention")
    browser.submit("Save", runs="", answers="", samples="")
    assert pages.configuration.current().retention.runs == 90 * DAY


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"runs": "1d"}, "between 7d and 3650d"),
        ({"samples": "30d"}, "between 1h and 14d"),
        ({"answers": "0d"}, "is no duration"),
        ({"answers": "forever"}, "is no duration"),
        ({"answers": "200d"}, "at least as long as their answers"),
    ],
    ids=str,
)
def test_bounds_are_said_at_the_field(pages: Installed, fields: dict[str, str], sentence: str) -> None:
    browser = pages.signed_in().get("/settings/retention").submit("Save", **fields)
    assert browser.status == 422
    assert sentence in browser.text
    assert pages.configuration.current().retention.runs == 90 * DAY


def test_the_files_is_read_only_until_it_is_taken_over(pages: Installed) -> None:
    pages.world.yaml["retention"] = {"runs": "10d", "answers": "2d"}
    pages.world.open()
    browser = pages.signed_in().get("/settings/retention")
    assert "Managed by" in browser.text
    assert "10 d after they ended" in browser.text
    assert "Save" not in {button for form in browser.seen.forms for button in form.buttons}
    browser.submit("take it over")
    assert browser.location == "/settings/retention"
    browser.submit("Save", runs="20d")
    assert pages.configuration.current().retention.runs == 20 * DAY


def test_the_files_is_read_only_even_where_it_says_nothing(pages: Installed) -> None:
    pages.world.yaml["retention"] = {}
    pages.world.open()
    browser = pages.signed_in().get("/settings/retention")
    assert "Managed by" in browser.text


def test_the_same_through_the_api(api: Api) -> None:
    body = {"settings": {"runs": "8d", "answers": "2d"}}
    assert api("PUT", "/settings/retention", body, if_match="*").status_code == 200
    found = {each["setting"]: each["stays"] for each in api.get("/retention") if each["setting"]}
    assert found == {"runs": 8 * DAY, "answers": 2 * DAY, "samples": DAY}
    wrong = problem(api("PUT", "/settings/retention", {"settings": {"runs": "1d"}}, if_match="*"), 422)
    assert wrong["place"] == ["retention", "runs"]
    problem(api("GET", "/retention", token=api.make_token("moe", Role.MARKETER)), 403)


class Told(World):
    """The environment says how long samples stay."""

    def environ(self) -> dict[str, str]:
        return {**super().environ(), "GUESTLIST_SAMPLES_KEPT": "7200"}


def test_the_environment_is_asked_first(tmp_path: object, world: World) -> None:
    world.close()
    told = Told(world.folder)
    told.yaml["retention"] = {"samples": "3d"}
    door = told.open()
    assert retention.samples(door.app, door.config) == 7200
    assert [each.environment for each in retention.stands(door.app, door.config) if each.setting == "samples"] == [
        "GUESTLIST_SAMPLES_KEPT"
    ]
    told.close()


def test_a_sweep_goes_by_what_was_set(pages: Installed) -> None:
    world, app = pages.world, pages.app
    world.emulator.control.config(expire_after_days=300.0)
    world.yaml["retention"] = {"answers": "2d", "samples": "3h"}
    world.write(emails("ann"))
    world.sync()
    run = world.open().runs("main")[0].run
    pages.user(Role.ADMINISTRATOR)
    user = app.store.users.get("ann")
    assert user is not None
    ann = person("ann", Role.ADMINISTRATOR, user_id=user.id)
    app.store.event_counts.sample(1, Outcome.DELIVERED, "", app.clock.now(), b"{}")

    def left() -> tuple[int, int, int]:
        config = world.open().configuration.current()
        retention.sweep(app, config)
        return len(app.store.batches.of_run(run)), len(app.store.event_counts.samples()), len(drafts.mine(app, ann))

    drafts.begin(app, ann, "acme", "people")
    assert left() == (1, 1, 1)
    world.clock.sleep(4 * 3600)
    assert left() == (1, 0, 1)
    world.clock.sleep(2 * DAY)
    assert left() == (0, 0, 1)
    world.clock.sleep(26 * DAY)
    assert left() == (0, 0, 1)
    world.clock.sleep(2 * DAY)
    assert left() == (0, 0, 0)
