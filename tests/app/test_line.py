"""The straight line: lists in, segments in step, through the real store, planner, client and emulator."""

from __future__ import annotations

from itertools import groupby
from threading import Barrier, Thread

import pytest

from guestlist.app import activations
from guestlist.errors import ConfigError
from guestlist.planner import scan
from tests.world import ACCOUNT, World, digest, emails

T = 121.0


def test_a_list_becomes_a_matched_audience_and_is_kept_in_step(world: World) -> None:
    world.write(emails("ann", "bob", "cem"))
    first = world.sync()
    assert (first.added, first.removed, first.unchanged, first.state) == (3, 0, 0, "done")
    assert world.told() == {digest(f"{name}@example.com") for name in ("ann", "bob", "cem")}

    world.write(emails("bob", "cem", "dee"))
    second = world.sync()
    assert (second.added, second.removed, second.unchanged) == (1, 1, 2)
    assert world.told() == {digest(f"{name}@example.com") for name in ("bob", "cem", "dee")}


def test_a_sync_without_changes_sends_nothing_also_of_the_shuffled_list(world: World) -> None:
    rows = [{"email": f"p{i}@example.com", "firstName": f"F{i % 3}"} for i in range(20)]
    world.write([*rows, rows[3], {"email": "p4@example.com", "firstName": "Other"}])
    world.sync()
    sent = world.sent()
    world.write([{"email": "p4@example.com", "firstName": "Other"}, *reversed(rows), rows[3]])
    result = world.sync()
    assert world.sent() == sent
    assert (result.added, result.changed, result.removed, result.unchanged, result.duplicates) == (0, 0, 0, 20, 2)


def test_wanted_rows_add_up(world: World) -> None:
    world.write([*emails("ann", "bob"), {"email": "ANN@example.com "}, {"email": "no address"}, {"email": ""}])
    result = world.sync()
    assert (result.added, result.duplicates, result.rejected) == (2, 1, 2)
    rows = list(world.open().rejected("main"))
    assert sorted(row.row or 0 for row in rows) == [4, 5]


def test_the_removal_guard_sends_nothing_and_names_the_way_on(world: World) -> None:
    world.write([{"email": f"p{i}@example.com"} for i in range(100)])
    world.sync()
    world.write([{"email": f"p{i}@example.com"} for i in range(50)] + emails("new"))
    sent = world.sent()
    stopped = world.sync()
    assert (stopped.state, stopped.exit_code(), world.sent()) == ("waiting", 3, sent)
    assert "--allow-removals 50" in stopped.reason
    assert world.open().plan("main")[0].exit_code() == 3
    assert [row.result.state for row in world.open().runs("main")] == ["waiting", "done"]
    assert world.sync(allow_removals=49).state == "waiting"
    passed = world.sync(allow_removals=50)
    assert (passed.removed, passed.added, passed.state) == (50, 1, "done")
    assert len(world.told()) == 51


def test_the_removal_guard_says_who(world: World) -> None:
    """Up to ten of them, by as much of a digest as tells them apart; nobody's address."""
    world.write([{"email": f"p{i}@example.com"} for i in range(40)])
    world.sync()
    world.write([{"email": f"p{i}@example.com"} for i in range(28)])
    stopped = world.sync()
    leaving = {digest(f"p{i}@example.com").split(":")[1][:12] + "…" for i in range(28, 40)}
    assert len(stopped.who) == 10
    assert set(stopped.who) <= leaving
    (plan,), (status,) = world.open().plan("main"), world.open().status("main")
    assert plan.guard is not None
    assert plan.guard.who == stopped.who == status.who
    for said in (stopped.reason, plan.reason, plan.guard.reason, status.reason):  # for those too who see no members
        assert "it would remove 12 of 40" in said
        assert not any(each in said for each in stopped.who)
    assert (stopped.json()["who"], status.json()["who"]) == (stopped.who, status.who)
    world.sync(allow_removals=12)
    assert world.open().status("main")[0].who == ()


def test_the_removal_guard_says_which_companies_and_not_who_left_long_ago(world: World) -> None:
    world.yaml["audiences"]["people"]["members"] = "companies"
    world.activation(mapping={"companyWebsiteDomain": "web"}, derive=False)
    world.write([{"web": f"c{i}.example"} for i in range(20)])
    world.sync()
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path="/companies$", times=8)
    world.write([{"web": f"c{i}.example"} for i in range(17)])
    assert world.sync().state == "failed"
    world.write([{"web": f"c{i}.example"} for i in range(8)])
    stopped = world.sync()
    assert stopped.state == "waiting"
    assert sorted(stopped.who) == sorted(f"c{i}.example" for i in range(8, 17))
    assert "c8.example" not in stopped.reason


def test_a_list_without_rows_waits_for_a_person(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    world.write([], columns=["email"])
    assert world.sync().state == "waiting"
    assert len(world.told()) == 2


def test_a_list_emptied_by_permission_is_in_step_and_says_so(world: World) -> None:
    world.write([], columns=["email"])
    assert world.sync().state == "waiting"  # never synced: nobody said yet that it may be empty
    world.write(emails("ann", "bob"))
    world.sync()
    world.write([], columns=["email"])
    assert world.sync(allow_removals=2).removed == 2
    (planned,) = world.open().plan("main")
    assert (planned.exit_code(), "no rows" in planned.reason) == (0, True)
    synced = world.sync()
    assert (synced.state, synced.requests, "no rows" in synced.reason) == ("done", 0, True)
    assert world.open().status("main")[0].state == "in step"


def test_an_unreadable_list_removes_nobody(world: World) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    (world.folder / "people.csv").unlink()
    result = world.sync()
    assert (result.state, result.exit_code()) == ("failed", 1)
    assert "people.csv" in result.reason
    assert len(world.told()) == 2


def test_disabled_sends_nothing_and_loses_nothing(world: World) -> None:
    world.write(emails("ann"))
    world.activation(enabled=False)
    assert world.sync().state == "disabled"
    assert world.sent() == 0
    world.activation(enabled=True)
    assert world.sync().added == 1


def test_add_only_never_removes(world: World) -> None:
    world.activation(mode="add_only")
    world.write(emails("ann", "bob"))
    world.sync()
    world.write(emails("cem"))
    result = world.sync()
    assert (result.added, result.removed) == (1, 0)
    assert len(world.told()) == 3


def test_remove_only_thins_out_the_segment_of_another(world: World) -> None:
    world.activation(mode="add_only")
    world.yaml["audiences"]["gone"] = {"members": "people", "source": {"file": "gone.csv"}}
    world.activation("thin", audience="gone", mode="remove_only", segment_of="main")
    world.write(emails("ann", "bob", "cem"))
    world.write(emails("bob", "zoe"), "gone.csv")
    world.sync()
    result = world.sync("thin")
    assert (result.removed, result.added) == (1, 0)
    assert world.told() == {digest("ann@example.com"), digest("cem@example.com")}


def test_a_snapshot_is_sent_once_and_frozen(world: World) -> None:
    world.activation(mode="snapshot")
    world.write(emails("ann", "bob"))
    assert world.sync().added == 2
    world.write(emails("cem"))
    sent = world.sent()
    frozen = world.sync()
    assert (frozen.state, frozen.exit_code(), world.sent()) == ("frozen", 0, sent)
    assert len(world.told()) == 2
    first = world.open().status("main")[0].segment_id
    assert world.sync(new_snapshot=True).added == 1
    assert world.open().status("main")[0].segment_id != first
    assert world.told() == {digest("cem@example.com")}


def test_companies_with_derived_identifiers(world: World) -> None:
    world.yaml["audiences"]["people"] = {"members": "companies", "source": {"file": "people.csv"}}
    world.write([{"Company name": "Acme", "Website": "https://www.acme.example/about", "Country": "Germany"}])
    assert world.sync().added == 1
    assert "companyWebsiteDomain:acme.example" in world.told()
    assert "companyEmailDomain:acme.example" in world.told()


def test_an_expired_segment_is_rebuilt_and_refilled_as_a_new_epoch(world: World) -> None:
    """Pitfall C3: everybody again, add_only audiences included, into a segment with another source id."""
    world.activation(mode="add_only")
    world.write(emails("ann", "bob"))
    world.sync()
    world.write(emails("cem"))
    world.sync()
    old = world.segment()["record"]
    world.emulator.control.ripen(old["id"], "EXPIRED")
    world.open().status("main", live=True)
    (plan,) = world.open().plan("main")
    assert (plan.adds, plan.removes, plan.unchanged) == (1, 0, 0), "the next audience knows nobody"
    assert world.sync().state == "done"
    new = world.segment()["record"]
    assert new["sourceSegmentId"] == old["sourceSegmentId"] + "~2"
    assert len(world.told()) == 3


def test_a_second_loss_in_a_day_waits_for_a_person(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.emulator.control.ripen(world.segment()["record"]["id"], "EXPIRED")
    world.sync()
    world.emulator.control.ripen(world.segment()["record"]["id"], "FAILED")
    assert world.sync().state == "parked"
    world.clock.sleep(90_000)
    assert world.sync().state == "done"


def test_a_refused_row_is_kept_with_its_reason_and_not_sent_again(world: World) -> None:
    rows = [{**row, "firstName": ""} for row in emails("ann", "bob")]
    world.write(rows)
    refuse = {"kind": "refuse_elements", "identifiers": [digest("bob@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    first = world.sync()
    assert (first.added, first.rejected) == (1, 1)
    sent = world.sent()
    again = world.sync()
    assert (again.unchanged, again.rejected, world.sent()) == (1, 1, sent)
    assert [row.reason for row in world.open().rejected("main")] == ["refused by LinkedIn: 400: Invalid element"]
    world.emulator.control.clear_faults()
    world.write([rows[0], {**rows[1], "firstName": "Bob"}])
    assert world.sync().added == 1
    assert len(world.told()) == 2


@pytest.mark.parametrize("large", [False, True])
def test_the_rows_that_linkedin_refused_are_known_at_once(
    world: World, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of a large list are not counted while they are told; the next plan says the same."""
    if large:
        monkeypatch.setattr(scan, "_SMALL_LIST", 0)
    world.activation(mapping={"email": ["email"], "primaryId": "id"})
    world.write([{"email": f"{name}@example.com", "id": f"K-{name}"} for name in ("ann", "nonsense @", "bob", "cem")])
    refuse = {"kind": "refuse_elements", "identifiers": [digest("bob@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    assert world.sync().rejected == 2
    at_once = [(row.row, row.key, row.reason) for row in world.open().rejected("main")]
    assert (3, "K-bob", "refused by LinkedIn: 400: Invalid element") in at_once
    assert len(at_once) == 2
    world.sync()
    assert sorted((row.row, row.key, row.reason) for row in world.open().rejected("main")) == sorted(at_once)


@pytest.mark.parametrize("when", ["replaced", "gone"])
def test_refused_rows_of_a_list_that_is_another_by_now_are_not_looked_up_in_it(
    world: World, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_SMALL_LIST", 0)
    world.write(emails("ann", "bob"))
    refuse = {"kind": "refuse_elements", "identifiers": [digest("bob@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)

    def meanwhile() -> None:
        world.write(emails("zoe", "ann", "bob"))
        if when == "gone":
            (world.folder / "people.csv").unlink()

    world.hooks.after = meanwhile
    assert world.sync().rejected == 1
    assert [(row.row, row.reason) for row in world.open().rejected("main")] == [
        (None, "refused by LinkedIn: 400: Invalid element")
    ]


def test_a_refused_removal_is_shown_beside_rows_that_were_looked_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "_SMALL_LIST", 0)
    world.write(emails("ann", "bob"))
    world.sync()
    world.write(emails("ann", "cem"))
    both = [digest("bob@example.com"), digest("cem@example.com")]
    refuse = {"kind": "refuse_elements", "identifiers": both, "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    world.sync()
    assert sorted(row.row or 0 for row in world.open().rejected("main")) == [0, 2]


def test_c1_a_lost_reply_is_remembered_when_the_list_loses_the_person(world: World) -> None:
    """ADD is applied, its reply lost, the list loses the person: nothing but the doubt says that they are in."""
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    world.emulator.control.fault({"kind": "reset", "when": "after"}, path="/users$", times=8)
    assert world.sync().state == "failed"
    assert digest("bob@example.com") in world.told()
    world.write(emails("ann"))
    assert world.sync().state == "done"
    assert world.told() == {digest("ann@example.com")}
    assert world.emulator.control.overlaps() == []


def test_c2_a_request_that_lands_late_is_outlived_before_anything_different_is_told(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.write(emails("ann", "bob"))
    world.emulator.control.fault({"kind": "timeout", "lands_after": 50.0}, path="/users$", times=8)
    world.sync()
    world.write(emails("ann"))
    world.emulator.control.clear_faults()
    world.sync()
    world.clock.sleep(T)
    assert world.told() == {digest("ann@example.com")}
    assert world.emulator.control.overlaps() == []


def test_c6_shared_weak_identifier_has_one_owner_whatever_the_order(world: World) -> None:
    rows = [
        {"email": "ann@example.com", "gaid": "cdda802e-fb9c-47ad-9866-0794d394c912"},
        {"email": "bob@example.com", "gaid": "cdda802e-fb9c-47ad-9866-0794d394c912"},
    ]
    world.activation(mapping={"email": "email", "googleAdvertisingId": "gaid"})
    world.write(rows)
    world.sync()
    sent = world.sent()
    world.write(rows[::-1])
    world.sync()
    assert world.sent() == sent


def test_forgetting_a_primary_id_of_nobody_claims_no_answer(world: World) -> None:
    world.write([{"primaryId": "crm-1", "email": "ann@example.com"}])
    world.sync()
    sent = world.sent()
    receipt = world.open().forget(["primaryId:crm-7"])
    assert world.sent() == sent
    assert [answer for _, _, answer in receipt.segments] == ["unknown"]
    assert receipt.unknown == receipt.values
    mixed = world.open().forget(["primaryId:crm-8", "primaryId:crm-1"])
    assert [answer for _, _, answer in mixed.segments] == ["answered"]
    assert mixed.unknown == mixed.values[:1]
    assert world.open().receipts() == [mixed, receipt]
    assert world.told() == set()


def test_forgetting_reaches_every_segment_and_blocks(world: World) -> None:
    world.yaml["activations"]["second"] = {"audience": "people", "destination": "acme", "mode": "add_only"}
    world.write(emails("ann", "bob"))
    world.sync()
    world.sync("second")
    receipt = world.open().forget(["Ann@Example.com "])
    assert receipt.state == "complete"
    assert world.told() == world.told("second") == {digest("bob@example.com")}
    result = world.sync()
    assert (result.rejected, result.added) == (1, 0)
    assert world.open().unforget(["ann@example.com"]) == 2
    assert world.sync().added == 1


def test_reauthorising_as_another_member_keeps_segment_and_ledger(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    segment = world.open().status("main")[0].segment_id
    world.emulator.control.revoke_tokens()
    world.write(emails("ann", "bob"))
    parked = world.sync()
    assert (parked.state, parked.exit_code()) == ("parked", 3)
    world.connect()
    done = world.sync()
    assert (done.added, done.unchanged) == (1, 1)
    assert done.segment_id == segment


def test_an_expired_access_token_is_refreshed_silently(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.emulator.control.expire_tokens()
    world.write(emails("ann", "bob"))
    result = world.sync()
    assert (result.state, result.added) == ("done", 1)


def test_explain_tells_what_linkedin_was_told(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    found = world.open().explain("main", " ANN@example.com")
    assert found.digest == digest("ann@example.com").split(":")[1]
    assert [each.state for each in found.told] == ["in"]
    assert "ann@example.com" not in str(found.json())


def test_one_member_is_told_again_before_linkedin_archives_an_idle_audience(world: World) -> None:
    world.activation(keep_alive=True)
    world.write(emails("ann", "bob", "cem"))
    world.sync()
    world.clock.sleep(24 * 86_400)
    sent = world.sent()
    assert (world.sync().requests, world.sent()) == (0, sent)
    world.clock.sleep(2 * 86_400)
    again = world.sync()
    assert (again.unchanged, again.removed, again.requests) == (2, 0, 1)
    assert world.sync().requests == 0
    assert len(world.told()) == 3


def test_an_activation_gone_from_the_file_deletes_nothing(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.yaml["activations"] = {"other": {"audience": "people", "destination": "acme"}}
    states = {row.activation: row.state for row in world.open().status()}
    assert states == {"other": "never synced", "main": "not in the file"}


def test_lists_for_linkedins_upload_page(world: World) -> None:
    world.write([{"email": "ann@example.com", "firstName": "Ann", "lastName": "Lee"}])
    files = world.open().write_linkedin_csv(world.folder / "lists")
    (file,) = files["main"].files
    text = file.read_text()
    assert digest("ann@example.com").split(":")[1] in text
    assert "ann@" not in text


def test_two_first_syncs_at_once_make_one_activation(world: World) -> None:
    world.write(emails("ann"))
    door = world.open()
    together, found = Barrier(4), []

    def first() -> None:
        together.wait()
        found.append(activations.ensure(door.app, door.config, "main").id)

    threads = [Thread(target=first) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_names_only_person_is_removed_by_exactly_what_was_told(world: World) -> None:
    people = [{"email": "", "first": "Ann", "last": "Lee"}, {"email": "", "first": "Bob", "last": "Ray"}]
    world.activation(mapping={"email": "email", "firstName": "first", "lastName": "last"})
    world.write(people)
    world.sync()
    world.write(people[1:])
    assert world.sync().removed == 1
    assert [each for each in world.told() if "Ann" in each] == []
    assert len(world.told()) == 1


def test_a_mended_first_sync_does_not_wait_for_a_segment_nobody_asked_for(world: World) -> None:
    world.emulator.control.config(audiences_program=False)
    world.write(emails("ann"))
    assert world.sync().state == "parked"
    world.emulator.control.config(audiences_program=True)
    began = world.clock.now()
    assert world.sync().state == "done"
    assert world.clock.now() - began < 30
    assert len(world.told()) == 1


def test_a_segment_deleted_in_its_first_minutes_is_made_again(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.open().app.door.destination("acme").delete_segment(str(world.segment()["record"]["id"]))
    world.write(emails("ann", "bob"))
    assert world.sync().state == "done"
    assert len(world.told()) == 2


def test_an_outage_of_the_token_endpoint_parks_and_heals(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.clock.sleep(60)
    world.emulator.control.expire_tokens()
    world.emulator.control.fault({"kind": "status", "status": 503}, path="accessToken$", times=0)
    parked = world.sync()
    assert (parked.state, parked.label, parked.exit_code()) == ("parked", "Oauth Refresh Failed", 3)
    world.emulator.control.clear_faults()
    assert world.sync().state == "done"


def test_a_company_known_by_its_name_only_is_told_and_removed_as_it_is_written(world: World) -> None:
    world.yaml["audiences"]["people"]["members"] = "companies"
    world.activation(mapping={"companyName": "name", "companyWebsiteDomain": "site"})
    world.write([{"name": "Stahl & Söhne AG"}, {"name": "Acme", "site": "acme.com"}, {"name": "STAHL & SÖHNE AG"}])
    result = world.sync()
    assert (result.added, result.duplicates) == (2, 1)
    assert "companyName:STAHL & SÖHNE AG" in world.told()
    world.write([{"name": "Stahl & Söhne AG"}, {"name": "Acme", "site": "acme.com"}])
    sent = world.sent()
    assert (world.sync().unchanged, world.sent()) == (2, sent)
    world.write([{"name": "Acme", "site": "acme.com"}])
    assert world.sync().removed == 1
    assert not [told for told in world.told() if told.startswith("companyName")]


def test_an_account_full_of_audiences_waits_for_a_person_and_goes_on(world: World) -> None:
    world.emulator.control.config(segments_per_account=0)
    world.write(emails("ann"))
    full = world.sync()
    assert (full.state, full.label, full.exit_code()) == ("parked", "SEGMENT_LIMIT_EXCEEDED", 3)
    assert world.open().runs("main")[0].result.state == "parked"
    assert full.reason.startswith("SEGMENT_LIMIT_EXCEEDED: the ad account holds as many audiences")
    world.emulator.control.config(segments_per_account=1_000)
    assert (world.sync().state, world.told()) == ("done", {digest("ann@example.com")})


def test_whoever_waits_is_shown_what_for(world: World) -> None:
    world.write(emails("ann", "bob"))
    busy = {"kind": "status", "status": 503}
    world.emulator.control.fault(busy, method="POST", path="/dmpSegments$")
    world.emulator.control.fault(busy, path="/users$", times=2)
    shown: list[str] = []
    world.open().sync("main", progress=lambda what, done, of: shown.append(what))
    said = [what for what, _ in groupby(shown) if "LinkedIn" in what]
    making, waiting, telling = "making the LinkedIn audience", "waiting for LinkedIn", "sending to LinkedIn"
    finder = "waiting until LinkedIn's finder would show an audience made earlier"
    assert said[:3] == [making, waiting, making]
    assert said[-4:] == [waiting, telling, waiting, telling]
    assert set(said) <= {making, waiting, telling, finder}


@pytest.mark.parametrize("how", ["EXPIRED", "FAILED"])
def test_an_audience_that_linkedin_let_go_of_is_not_called_in_step(world: World, how: str) -> None:
    world.write(emails("ann", "bob"))
    world.sync()
    world.emulator.control.ripen(int(world.open().status("main")[0].segment_id or 0), how)
    (row,) = world.open().status("main", live=True)
    assert (row.state, row.linkedin_status) == ("lost", how)
    assert "made again at the next sync" in row.reason
    world.sync()
    assert world.open().status("main")[0].state == "in step"


def test_a_filter_that_keeps_nobody_is_said(world: World) -> None:
    world.yaml["audiences"]["people"]["filter"] = "cast(email as int) > 3"
    world.write(emails("ann", "bob"))
    assert world.open().plan("main")[0].reason == "the filter keeps none of the 2 rows"
    assert world.sync().reason == "the filter keeps none of the 2 rows"


def test_whoever_is_told_by_names_because_of_a_bad_address_is_told_of_before(world: World) -> None:
    """They are no rejection, and leave more readably than everybody else."""
    rows = [
        {"email": "ann@example.com", "firstName": "Ann", "lastName": "Lee"},
        {"email": "bob at example", "firstName": "Bob", "lastName": "Low"},
        {"email": "cem at example", "firstName": "Cem", "lastName": ""},
    ]
    world.write(rows)
    (planned,) = world.open().plan("main")
    by_names = "told by first and last name alone, in clear: no other identifier can be used"
    assert planned.notes == {"not an e-mail address": 1, by_names: 1}
    assert (planned.adds, planned.rejected) == (2, 1)
    world.sync()
    said = world.open().explain("main", "bob at example")
    assert "told by these names instead, which leave in clear" in said.instead
    assert world.open().explain("main", "ann@example.com").instead == ""
    assert world.open().explain("main", "primaryId:").instead == ""


def test_a_bad_address_without_names_beside_it_leaves_nothing(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    assert world.open().explain("main", "bob at example").instead == ""


def test_explain_uses_the_field_names_of_linkedin(world: World) -> None:
    world.yaml["audiences"]["people"] = {"members": "companies", "source": {"file": "people.csv"}}
    world.write([{"Website": "https://www.acme.example/about"}])
    world.sync()
    found = world.open().explain("main", "acme.example")
    assert {each.id_type for each in found.told} == {"companyWebsiteDomain", "companyEmailDomain"}
    assert "companyWebsiteDomain" in dict(found.steps)
    assert world.open().explain("main", "primaryId:1").id_type == "primaryId"


def test_another_ad_account_is_refused_in_a_sentence(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.yaml["destinations"]["acme"]["ad_account"] = ACCOUNT + 2
    world.activation("more")
    with pytest.raises(ConfigError, match="but main still feeds the former"):
        world.sync("more")
    world.yaml["audiences"]["other"] = dict(world.yaml["audiences"]["people"])
    world.yaml["destinations"]["acme"]["ad_account"] = ACCOUNT
    world.activation("main", audience="other")
    with pytest.raises(ConfigError, match="Activation 'main' had audience people and now has other, but"):
        world.sync()


def test_plan_refuses_an_ad_account_that_a_sync_would_refuse(world: World) -> None:
    world.write(emails("ann"))
    world.sync()
    world.yaml["destinations"]["acme"]["ad_account"] = ACCOUNT + 1
    world.yaml["activations"] = {"other": {"audience": "people", "destination": "acme"}}
    for act in (lambda: world.open().plan("other"), lambda: world.sync("other")):
        with pytest.raises(ConfigError, match="main still feeds the former"):
            act()
