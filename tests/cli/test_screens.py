"""What people see, from results alone, at two widths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from guestlist.app.results import (
    CheckReport,
    EventSample,
    EventsReport,
    Explanation,
    Guard,
    PlanResult,
    Receipt,
    RejectedRow,
    RunRow,
    StatusRow,
    SyncResult,
    Told,
    alike,
)
from guestlist.cli import output
from guestlist.cli.screens import connection, events, people, plan, status, sync

NOW = 1_800_000_000.0
Shown = Callable[..., str]


@pytest.fixture(params=[80, 120])
def shown(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shown:
    monkeypatch.setenv("COLUMNS", str(request.param))

    def show(screen: object) -> str:
        output.show(screen)  # type: ignore[arg-type]
        text = capsys.readouterr().out
        longest = max((line for line in text.splitlines() if "https://" not in line), key=len, default="")
        assert len(longest) <= request.param, longest
        return text

    return show


PLAN = PlanResult(
    "newsletter-to-acme",
    adds=11_758,
    removes=12,
    unchanged=230,
    rejected=3,
    rejected_by_reason={"not an e-mail address": 2, "no identifier": 1},
    requests=3,
    seconds_at_limit=0.3,
    mapping={"email": ("email_address", "work_email"), "firstName": ("first_name",)},
    in_clear=("firstName",),
    notes={"country dropped: not ISO 3166": 12},
    duplicates=2,
    advice="300 matched needed, 10,000 advised",
)


def test_a_plan_says_what_would_happen(shown: Shown) -> None:
    text = shown(plan.screen([PLAN]))
    for line in ("+  11,758  to add", "-      12  to remove", "=     230  unchanged", "!       3  rejected"):
        assert line in text
    assert "2  not an e-mail address" in text
    assert "email ← email_address + work_email" in text
    assert "3, 0.3 s at LinkedIn's limit" in text
    assert "firstName leaves as it is; e-mails only as digests" in text
    assert "Plan: 11,758 to add, 12 to remove, 230 unchanged, 3 rejected.\nNothing was sent." in text


def test_the_guard_names_the_command_that_lets_it_pass(shown: Shown) -> None:
    guard = Guard(known=12_000, removals=5_000, allowed=2_400, trips=True)
    text = shown(plan.screen([replace(PLAN, activation="tier 1's", guard=guard, state="waiting")]))
    assert "5,000 of 12,000" in text
    assert "\n    guestlist sync 'tier 1'\\''s' --allow-removals 5000\n" in text


def test_names_are_never_markup(shown: Shown) -> None:
    assert "[red]accounts[/red]" in shown(plan.screen([replace(PLAN, activation="[red]accounts[/red]")]))


def test_many_reasons_are_summed_up(shown: Shown) -> None:
    reasons = {f"reason {number}": 100 - number for number in range(12)}
    text = shown(plan.screen([replace(PLAN, rejected_by_reason=reasons)]))
    assert "reason 7" in text
    assert "reason 8" not in text
    assert f"{sum(100 - number for number in range(8, 12))}  for other reasons" in text


def test_samples_of_events_are_told_apart_by_how_they_ended(shown: Shown) -> None:
    data = {"sent": {"n": 1}, "request": {"asked": 2}, "response": {"said": 3}}
    refused = [EventSample("main", "failed", "Invalid element", 1.0, data) for _ in range(12)]
    nobody = EventSample("main", "rejected", "no identifier", 1.0, {"sent": {}, "request": None, "response": None})
    well = EventSample("main", "delivered", "", 1.0, data)
    assert [(each.code, len(each.samples)) for each in alike([well, *refused, nobody])] == [
        ("", 1), ("Invalid element", 10), ("no identifier", 1),
    ]  # fmt: skip
    found = shown(events.screen(EventsReport((), (well, *refused, nobody), 1, None), 2.0))
    assert found.count("you sent: {'n': 1}") == found.count("response: {'said': 3}") == 10
    assert found.count("you sent:") == 11


SYNCED = SyncResult("newsletter-to-acme", "9821736", 11_758, 3, 1, 40, 2, 3, 0, 0, 3, 4.2)


def test_a_sync_is_a_row_each_and_what_waits(shown: Shown) -> None:
    waits = SyncResult("accounts", state="waiting", reason="the removal guard stopped it")
    later = SyncResult("big", state="pending", pending=1_200_000, reason="LinkedIn's day limit is used up")
    text = shown(sync.screen([SYNCED, waits, later]))
    assert "11,758" in text
    assert "accounts: the removal guard stopped it\n  See what would change: guestlist plan accounts" in text
    assert "1,200,000 of these members are not told yet: they go on by themselves" in text
    assert "Pending" in text
    assert "Parked" not in text
    assert "guestlist rejected newsletter-to-acme" in text


def test_a_continued_sync_says_whom_it_told(shown: Shown) -> None:
    rest = replace(SYNCED, added=0, unchanged=11_758, continued=60)
    assert "newsletter-to-acme: 60 members told whom an earlier sync had left" in shown(sync.screen([rest]))
    assert "Pending" not in shown(sync.screen([rest]))


def test_a_narrow_table_keeps_its_names_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    output.show(sync.screen([SYNCED, replace(SYNCED, activation="accounts-acme", pending=40, state="pending")]))
    head, first, second, *_ = capsys.readouterr().out.splitlines()
    assert ("Pending" in head, "Time" in head) == (True, True)
    assert first.split()[:3] == ["newsletter-to-acme", "done", "11,758"]
    assert second.split()[:2] == ["accounts-acme", "pending"]


def test_runs_are_listed_with_their_age(shown: Shown) -> None:
    text = shown(sync.runs([RunRow(12, NOW - 3 * 3_600, SYNCED)], NOW))
    assert "3 h ago" in text
    assert "11,758" in text


STATUS = StatusRow(
    "newsletter-to-acme",
    "in step",
    segment_id="9821736",
    linkedin_status="READY",
    input=11_758,
    matched=7_012,
    audience_size=6_900,
    as_of=NOW - 7_200,
    last_run=NOW - 600,
    told=11_758,
    campaign_manager="https://www.linkedin.com/campaignmanager/accounts/516848833/matched-audiences",
)


def test_status_shows_linkedins_numbers_with_their_age(shown: Shown) -> None:
    text = shown(status.screen([STATUS, StatusRow("old", "not in the file")], NOW))
    for word in ("in step", "READY", "7,012", "6,900", "2 h ago", "not in the file"):
        assert word in text
    assert f"In Campaign Manager\n{STATUS.campaign_manager}\n" in text


def test_the_address_of_an_ad_account_is_shown_once(shown: Shown) -> None:
    other = replace(STATUS, activation="other", campaign_manager="https://www.linkedin.com/else")
    text = shown(status.screen([STATUS, replace(STATUS, activation="accounts"), other], NOW))
    assert text.count(STATUS.campaign_manager) == 1
    assert f"In Campaign Manager: newsletter-to-acme, accounts\n{STATUS.campaign_manager}\n" in text


def test_status_says_when_an_audience_is_too_small(shown: Shown) -> None:
    text = shown(status.screen([replace(STATUS, audience_size=0)], NOW))
    assert "<300" in text
    assert "too small for ads" in text


def test_rejected_rows_and_how_many_of_each(shown: Shown) -> None:
    rows = [RejectedRow(101, "C-000101", "not an e-mail address", NOW - 86_400)]
    text = shown(people.rejected("news", rows, {"not an e-mail address": 300}, NOW))
    assert "101  C-000101  1 d ago" in text
    assert "Row 1 is the first below the header." in text
    assert "… and 299 more: guestlist rejected news --csv FILE" in text


def test_an_explanation_goes_from_the_value_to_what_was_told(shown: Shown) -> None:
    told = Told("SHA256_EMAIL", "9d" * 32, "in", NOW - 60, 3, refused="too odd")
    steps = (("as given", "J***@example.com"), ("SHA-256", "9d9d…"))
    text = shown(people.explained(Explanation("news", steps, told=(told,), forgotten=True, reason="odd"), NOW))
    for word in (
        "as given",
        "J***@example.com",
        "SHA256_EMAIL",
        "1 min ago",
        "It is forgotten",
        "It cannot be used: odd.",
    ):
        assert word in text


def test_an_explanation_of_nothing_told(shown: Shown) -> None:
    assert "LinkedIn was told nothing of it for news." in shown(people.explained(Explanation("news", ()), NOW))
    assert "told by its names" in shown(people.explained(Explanation("news", (), instead="told by its names"), NOW))


def test_receipts(shown: Shown) -> None:
    receipt = Receipt(3, NOW - 60, "incomplete", ("j***@example.com",) * 5, (("news", "9821736", "waiting"),))
    text = shown(people.receipt(receipt))
    assert "Receipt 3: incomplete" in text
    assert "9821736" in text
    assert "and 2 more" in shown(people.receipts([receipt], NOW))
    assert "No audience was ever told" in shown(people.receipt(replace(receipt, segments=())))
    nobody = replace(receipt, segments=(("news", "9821736", "unknown"),), unknown=("primaryId:c***",))
    assert "nobody known there" in shown(people.receipt(nobody))
    assert "primaryId:c***: no identifier is known" in shown(people.receipt(nobody))


def test_a_connection_with_a_problem(shown: Shown) -> None:
    report = CheckReport(
        "acme",
        "urn:li:sponsoredAccount:516848833",
        "Acme EMEA",
        "urn:li:person:AbC",
        "VIEWER",
        ("rw_ads",),
        NOW + 86_400 * 10.5,
        None,
        "202609",
        300,
        ("a role that may manage audiences is needed",),
    )
    text = shown(connection.screen(report, NOW))
    for word in ("Acme EMEA (516848833)", "VIEWER", "11 days left", "none: works until", "202609, 300 days left"):
        assert word in text
    assert "! a role that may manage audiences is needed" in text


@pytest.mark.parametrize(
    ("left", "said"), [(13, "13 days left"), (2, "2 days left"), (14 / 1440, "14 min left"), (-2, "ended 2 d ago")]
)
def test_an_authorisation_that_ends_is_counted_down(shown: Shown, left: float, said: str) -> None:
    ends = NOW + left * 86_400
    rows = [replace(STATUS, activation=name, destination="acme emea", works_until=ends) for name in ("news", "more")]
    report = CheckReport("acme emea", "urn:li:sponsoredAccount:1", token_ends=ends, works_until=ends)
    for text in (shown(status.screen(rows, NOW)), shown(connection.screen(report, NOW))):
        flat = " ".join(text.split())  # where a line folds depends on the width
        assert flat.count("! ") == 1
        assert said in flat.partition("! ")[2]
        assert "run `guestlist connect 'acme emea'`" in flat


def test_an_authorisation_that_lasts_is_not_spoken_of(shown: Shown) -> None:
    lasting = replace(STATUS, destination="acme", works_until=NOW + 15 * 86_400)
    for row in (lasting, replace(lasting, works_until=None), replace(lasting, works_until=NOW - 1, state="parked")):
        assert "! " not in shown(status.screen([row], NOW))


def test_a_refresh_token_that_cannot_be_used(shown: Shown) -> None:
    report = CheckReport("acme", "urn:li:sponsoredAccount:1", token_ends=NOW + 5e6, refresh_ends=NOW + 3e7)
    assert "! The refresh token is of no use without GUESTLIST_LINKEDIN_CLIENT_ID" in shown(
        connection.screen(report, NOW)
    )
    assert "of no use" not in shown(connection.screen(replace(report, renews=True), NOW))


def test_colours_only_on_a_terminal(shown: Shown) -> None:
    assert "\x1b" not in shown(plan.screen([PLAN]))
