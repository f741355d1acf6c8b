"""A remove_only activation beside the one it thins out: whom it took out stays out as long as its list names them."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pytest

from guestlist.errors import ConfigError
from tests.world import World, digest, emails

TELLING = "/users$"
KEEPS_OUT = "left out: taken out by a remove_only activation whose list still names them"
MODES = pytest.mark.parametrize("mode", ["mirror", "add_only"])
READINGS = pytest.mark.parametrize("reading", ["identifier", "member"])


def shown(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


def device(number: int) -> str:
    return f"{number:08d}-fb9c-47ad-9866-0794d394c912"


def two(world: World, mode: str = "mirror", **thin: Any) -> None:
    """``main`` and the list that thins it out."""
    world.yaml["audiences"]["gone"] = {"members": "people", "source": {"file": "gone.csv"}}
    world.activation(mode=mode)
    world.activation("thin", **{"audience": "gone", "mode": "remove_only", "segment_of": "main"} | thin)


def at_rest(world: World, *names: str) -> None:
    """Nobody has anything to say any more, in whatever order they are asked and the lists are written."""
    sent = world.sent()
    for each in ("main", "thin", "thin", "main"):
        result = world.sync(each)
        assert (result.state, result.added, result.changed, result.removed) == ("done", 0, 0, 0)
    for file in ("people.csv", "gone.csv"):
        with (world.folder / file).open(newline="") as listed:
            rows = list(csv.DictReader(listed))
        world.write(rows[::-1], file, columns=list(rows[0]) if rows else ["email"])
    for each in ("thin", "main"):
        world.sync(each)
    assert world.sent() == sent
    assert world.told() == shown(*names)
    assert world.emulator.control.overlaps() == []


@MODES
def test_whom_both_lists_name_is_told_once_and_removed_once(world: World, mode: str) -> None:
    two(world, mode)
    world.write(emails("ann", "bob", "cem"))
    world.write(emails("bob", "zoe"), "gone.csv")
    assert world.sync().added == 3
    assert world.sync("thin").removed == 1
    result = world.sync()
    assert (result.added, result.changed, result.removed, result.unchanged) == (0, 0, 0, 2)
    assert world.open().plan("main")[0].notes == {KEEPS_OUT: 1}
    at_rest(world, "ann", "cem")


@MODES
def test_whoever_leaves_the_exclusion_list_is_added_again(world: World, mode: str) -> None:
    two(world, mode)
    world.write(emails("ann", "bob", "cem"))
    world.write(emails("bob", "cem"), "gone.csv")
    for each in ("main", "thin", "main"):
        world.sync(each)
    world.write(emails("cem"), "gone.csv")
    assert world.sync().added == 1
    at_rest(world, "ann", "bob")


@MODES
@READINGS
def test_the_person_goes_with_everything_that_was_told_together(world: World, mode: str, reading: str) -> None:
    """Also the device, so that LinkedIn finds nobody by it, and so that no guard trips over what is left."""
    two(world, mode, mapping={"email": "email"})
    world.emulator.control.config(removal=reading)
    world.activation(mapping={"email": "email", "googleAdvertisingId": "gaid"})
    rows = [{"email": f"p{n}@example.com", "gaid": device(n)} for n in range(20)]
    world.write(rows)
    world.write(rows[:10], "gone.csv")
    assert world.sync().added == 20
    assert world.sync("thin").removed == 10
    left = {f"GOOGLE_AID:{row['gaid']}" for row in rows[10:]} | shown(*(f"p{n}" for n in range(10, 20)))
    assert world.told() == left
    for each in ("main", "thin", "main"):
        assert (world.sync(each).state, world.told()) == ("done", left)


def test_a_device_that_another_row_still_wants_comes_back_with_it(world: World) -> None:
    two(world, mapping={"email": "email"})
    world.activation(mapping={"email": "email", "googleAdvertisingId": "gaid"})
    world.write([{"email": f"{name}@example.com", "gaid": device(1)} for name in ("ann", "bob")])
    world.sync()
    world.write(emails("ann"), "gone.csv")
    for each in ("thin", "main", "thin"):
        world.sync(each)
    assert world.told() == {*shown("bob"), f"GOOGLE_AID:{device(1)}"}
    sent = world.sent()
    for each in ("main", "thin"):
        world.sync(each)
    assert world.sent() == sent


@MODES
def test_a_new_segment_is_filled_without_them(world: World, mode: str) -> None:
    two(world, mode)
    world.write(emails("ann", "bob"))
    world.write(emails("bob"), "gone.csv")
    for each in ("main", "thin"):
        world.sync(each)
    world.emulator.control.ripen(world.segment()["record"]["id"], "EXPIRED")
    sent = len(world.tellings())
    world.sync()
    assert [each["adds"] for each in world.tellings()[sent:]] == [sorted(shown("ann"))]
    at_rest(world, "ann")


@MODES
def test_everybody_told_again_is_everybody_but_them(world: World, mode: str) -> None:
    two(world, mode)
    world.write(emails("ann", "bob"))
    world.write(emails("bob"), "gone.csv")
    for each in ("main", "thin"):
        world.sync(each)
    sent = len(world.tellings())
    world.sync(resend=True)
    assert [each["adds"] for each in world.tellings()[sent:]] == [sorted(shown("ann"))]
    at_rest(world, "ann")


def test_a_removal_that_was_not_answered_is_told_again_by_whoever_told_it(world: World) -> None:
    """The list's own activation neither takes it back nor counts it as removals of its own."""
    two(world)
    names = [f"p{n}" for n in range(20)]
    world.write(emails(*names))
    world.write(emails(*names[:10]), "gone.csv")
    world.sync()
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path=TELLING, times=8)
    assert world.sync("thin").state == "failed"
    world.emulator.control.clear_faults()
    world.clock.sleep(181)
    result = world.sync()
    assert (result.state, result.added, result.changed, result.removed) == ("done", 0, 0, 0)
    assert world.sync("thin").removed == 10
    at_rest(world, *names[10:])


@pytest.mark.parametrize(
    ("end", "comes_back"),
    [("paused", False), ("removed", True), ("gone from the file", True)],
)
def test_how_it_ends(world: World, end: str, comes_back: bool) -> None:
    two(world)
    world.write(emails("ann", "bob"))
    world.write(emails("bob"), "gone.csv")
    for each in ("main", "thin"):
        world.sync(each)
    if end == "paused":
        world.activation("thin", enabled=False)
    elif end == "removed":
        world.open().remove("thin")
    else:
        del world.yaml["activations"]["thin"]
    assert world.sync().added == (1 if comes_back else 0)
    assert world.told() == shown("ann", *(["bob"] if comes_back else []))


@pytest.mark.parametrize("trouble", ["missing", "stale", "another header"])
def test_nothing_is_told_while_the_exclusion_list_cannot_be_read(world: World, trouble: str) -> None:
    """Nobody could say who has to stay out."""
    two(world, mapping={"email": "email"})
    world.write(emails("ann", "bob"))
    world.write(emails("bob"), "gone.csv")
    for each in ("main", "thin"):
        world.sync(each)
    world.write(emails("bob", "cem"))
    if trouble == "missing":
        (world.folder / "gone.csv").unlink()
    elif trouble == "stale":
        world.yaml["audiences"]["gone"]["source"]["max_age"] = "1h"
        os.utime(world.folder / "gone.csv", (1e9, 1e9))
    else:
        world.write([{"mail": "bob@example.com"}], "gone.csv")
    sent = world.sent()
    reason = _why(world)
    assert reason.startswith("Whom 'thin' removed has to stay out of 'main', but: ")
    assert world.sent() == sent
    assert world.told() == shown("ann")


def _why(world: World) -> str:
    try:
        result = world.sync()
    except ConfigError as error:
        return str(error)
    assert result.state == "failed"
    return result.reason


def test_lists_to_be_uploaded_by_hand_leave_them_out(world: World, tmp_path: Path) -> None:
    two(world)
    world.write(emails("ann", "bob"))
    world.write(emails("bob"), "gone.csv")
    (made,) = world.open().write_linkedin_csv(tmp_path / "out", "main").values()
    (file,) = made.files
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert {f"SHA256_EMAIL:{row['email']}" for row in rows} == shown("ann")


def test_an_exclusion_list_of_another_format_with_a_filter(world: World) -> None:
    two(world, mapping={"email": "who"})
    world.yaml["audiences"]["gone"] = {
        "members": "people",
        "source": {"file": "gone.jsonl"},
        "filter": "reason = 'unsubscribed'",
    }
    world.write(emails("ann", "bob", "cem", "dee"))
    lines = ['{"who": ["bob@example.com", "CEM@example.com "], "reason": "unsubscribed"}', '{"who": "dee@example.com"}']
    (world.folder / "gone.jsonl").write_text("\n".join(lines))
    for each in ("main", "thin", "main"):
        world.sync(each)
    assert world.told() == shown("ann", "dee")


@pytest.mark.parametrize("first", ["main", "thin"])
def test_a_lost_segment_is_made_again_in_the_name_of_its_owner(world: World, first: str) -> None:
    """Whoever notices it: the audience keeps name and source id, and a day passes before the next one is made."""
    two(world)
    world.activation(segment_name="Readers")
    world.write(emails("ann", "bob"))
    world.write(emails("bob"), "gone.csv")
    for each in ("main", "thin"):
        world.sync(each)
    before = world.segment()["record"]
    world.emulator.control.ripen(before["id"], "EXPIRED")
    for each in (first, "main"):
        assert world.sync(each).state == "done"
    after = world.segment()["record"]
    assert after["id"] != before["id"]
    assert (after["name"], after["sourceSegmentId"]) == ("Readers", f"{before['sourceSegmentId']}~2")
    world.emulator.control.ripen(after["id"], "EXPIRED")
    assert [world.sync(each).state for each in ("thin", "main")] == ["parked", "parked"]


def test_the_lost_segment_of_a_snapshot_is_not_made_again(world: World) -> None:
    two(world, "snapshot")
    world.write(emails("ann", "bob"))
    world.write(emails("bob"), "gone.csv")
    world.sync()
    world.emulator.control.ripen(world.segment()["record"]["id"], "EXPIRED")
    assert world.sync("thin").state == "frozen"
    assert len(world.emulator.control.segments()) == 1


def test_who_was_forgotten_is_named_all_the_same(world: World) -> None:
    """A row of the exclusion list that carries somebody forgotten still names the device beside them."""
    two(world, mapping={"email": "email", "googleAdvertisingId": "gaid"})
    world.activation(mapping={"email": "email", "googleAdvertisingId": "gaid"})
    world.write([{"email": "", "gaid": device(1)}, {"email": "ann@example.com", "gaid": ""}])
    world.write([{"email": "bob@example.com", "gaid": device(1)}], "gone.csv")
    world.sync()
    world.open().forget(["bob@example.com"])
    result = world.sync("thin")
    assert (result.removed, result.rejected) == (1, 0)
    world.sync()
    assert world.told() == shown("ann")
