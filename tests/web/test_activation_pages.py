"""Destinations, activations and jobs as a person without JavaScript uses them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html import escape, unescape
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

import pytest

from guestlist.app import declared, jobs, overview, suppression, uploads
from guestlist.core.permissions import Role
from guestlist.ports import SegmentStatus
from linkedin_emulator.wire import Request
from tests.web.browser import Browser
from tests.web.installed import Installed, installed
from tests.world import World, digest, emails


def numbers(html: str) -> list[str]:
    return re.findall(r'card number"><span>[^<]*</span><strong>([^<]*)</strong>', html)


def test_destinations_show_both_cards_and_what_is_connected(pages: Installed) -> None:
    browser = pages.signed_in().get("/destinations")
    text = browser.text
    assert "LinkedIn Matched Audiences" in text
    assert "(Companies) LinkedIn Matched Audiences" in text
    assert ("(Companies) LinkedIn Matched Audiences", "#companies") in browser.seen.links
    assert ("LinkedIn Matched Audiences", "#people") in browser.seen.links
    assert "516848833" in text
    assert "Works" in text
    assert "365 days left" in text
    pages.app.store.destinations.park("acme", "Refresh Token Expired", "sign in again: `guestlist connect acme`")
    text = browser.get("/destinations").text
    assert "Waiting for you: Refresh Token Expired" in text
    assert "guestlist connect" not in text.split("Your destinations")[1]


def test_a_run_is_asked_for_followed_and_seen(pages: Installed) -> None:
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert "Not sent yet" in browser.text
    browser.submit("Run now")
    assert browser.location == "/jobs/1"
    assert "Waiting for its turn" in browser.text
    assert ("Look again", "/jobs/1") in browser.seen.links
    assert "under way" in browser.get("/activations/main").text
    pages.work()
    browser.get("/jobs/1")
    assert "Done" in browser.text
    assert re.search(r"Added\s*2\b", browser.text)
    job = browser.location
    assert "/activations/main/runs?run=1" in browser.get(f"{job}/events").response.text
    browser.get(job).click("Run 1")
    assert browser.location == "/activations/main/runs?run=1"
    assert len(re.findall(r"<tr><td>", browser.response.text)) == 1
    assert browser.get("/activations/main/runs?run=2").status == 404
    browser.get(job).click("main")
    assert numbers(browser.response.text)[0] == "2"
    assert "In step" in browser.text
    assert len(pages.world.told()) == 2
    assert "ben" in pages.signed_in().get("/activity?who=ben").text


def test_what_was_never_run_says_what_is_known_of_its_authorization(pages: Installed) -> None:
    pages.world.yaml["destinations"]["other"] = {"ad_account": "518121035"}
    pages.world.activation("second", destination="other")
    pages.world.activation("third", enabled=False)
    pages.world.open()
    browser = pages.signed_in(Role.ANALYST)
    for name in ("main", "third"):
        assert "Authorization 365 days left" in browser.get(f"/activations/{name}").text
    assert "Authorization nobody signed in to LinkedIn for other yet" in browser.get("/activations/second").text


def test_campaign_manager_opens_at_the_audience(pages: Installed) -> None:
    named = 'Leads - EMEA, 100% & "more"'
    pages.world.yaml["activations"]["main"]["segment_name"] = named
    pages.world.open()
    pages.world.sync()
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    (to,) = [to for said, to in browser.seen.links if said.startswith("Campaign Manager")]
    address, _, text = to.partition("#:~:text=")
    assert address == "https://www.linkedin.com/campaignmanager/accounts/516848833/matched-audiences"
    assert unquote(text) == named
    assert not set(text) & set("-,& \"'<>")
    assert "opens with all audiences of the ad account" in browser.text
    there = pages.world.emulator.handle(Request("GET", urlsplit(address).path)).body.decode()
    assert f'<div class="name">{escape(named)}</div>'.replace("&quot;", "&#34;") in there
    (row,) = pages.door.status()
    assert row.campaign_manager == address
    given = "https://www.linkedin.com/ads/{account}?tab=audiences"
    elsewhere = replace(pages.app, settings=replace(pages.app.settings, linkedin_campaign_manager_url=given))
    assert (
        overview.campaign_manager(elsewhere, "urn:li:sponsoredAccount:516848833")
        == "https://www.linkedin.com/ads/516848833?tab=audiences"
    )


def test_a_plan_says_what_a_run_would_do_and_sends_nothing(pages: Installed) -> None:
    browser = pages.signed_in(Role.MARKETER).get("/activations/main").submit("Plan")
    pages.work()
    browser.get(browser.location)
    assert re.search(r"Would be added or sent again\s*2\b", browser.text)
    assert pages.world.sent() == 0


def test_progress_is_streamed_until_it_is_over(pages: Installed) -> None:
    browser = pages.signed_in(Role.MARKETER).get("/activations/main").submit("Run now")
    assert 'sse-connect="/jobs/1/events"' in browser.response.text
    pages.work()
    answered = browser.get("/jobs/1/events").response
    assert answered.headers["content-type"].startswith("text/event-stream")
    first, last = answered.text.strip().split("\n\n")
    assert first.startswith("event: progress\ndata: ")
    assert "Added" in first
    assert all(line.startswith(("event: ", "data: ")) for line in first.splitlines())
    assert last == "event: done\ndata:"
    assert "sse-connect" not in browser.get("/jobs/1").response.text


def test_a_job_behind_others_is_not_said_to_wait_for_a_worker_to_be_started(pages: Installed) -> None:
    app = pages.app
    asked = [app.store.jobs.get(jobs.ask_plan(app, pages.configuration.current(), "main").id) for _ in range(2)]
    first, second = [each for each in asked if each is not None]
    browser = pages.signed_in(Role.MARKETER)
    nobody = "If nothing happens, no worker runs"
    assert nobody in browser.get(f"/jobs/{second.id}").text
    assert app.store.jobs.start(first, app.clock.now())
    assert nobody in browser.get(f"/jobs/{second.id}").text, "whoever began the first has ended"
    with app.store.lock(jobs.lock_of(first.id)):
        text = browser.get(f"/jobs/{second.id}").text
    assert nobody not in text
    assert "A worker is busy with what was asked before" in text


@pytest.mark.parametrize(
    ("done", "of", "said"), [(0, 0, "Comparing"), (7, 0, "Comparing: 7"), (0, 9, "Comparing: 0 of 9")]
)
def test_progress_has_no_number_where_nothing_was_counted(pages: Installed, done: int, of: int, said: str) -> None:
    app = pages.app
    job = app.store.jobs.get(jobs.ask_plan(app, pages.configuration.current(), "main").id)
    assert job is not None
    app.store.jobs.start(job, app.clock.now())
    app.store.jobs.proceed(job.id, {"what": "comparing", "done": done, "of": of})
    page = pages.signed_in(Role.MARKETER).get(f"/jobs/{job.id}").response.text
    assert re.findall(r'<label class="form-label" for="progress">([^<]*)</label>', page) == [said]


def test_a_job_that_failed_says_why(pages: Installed) -> None:
    browser = pages.signed_in(Role.MARKETER).get("/activations/main").submit("Run now")
    (pages.world.folder / "people.csv").unlink()
    pages.work()
    assert "Failed" in browser.get("/jobs/1").text
    assert "people.csv" in browser.text


def test_every_kind_of_job_has_a_page_for_everybody_who_may_look(pages: Installed) -> None:
    app, config = pages.app, pages.configuration.current()
    with uploads.arriving(app) as arriving:
        arriving.write(b"email\nnobody@example.org\n")
    wanted = {"further": {"audience": "people", "destination": "acme"}}
    asked = {
        "sync": jobs.ask_sync(app, config, "main"),
        "plan": jobs.ask_plan(app, config, "main"),
        "preview": jobs.ask_preview(app, wanted),
        "check": jobs.ask_check(app, config, "acme"),
        "forget": jobs.ask_forget(app, ["gone@example.org"]),
        "survey": jobs.ask_survey(app, suppression.keep(app, arriving, "gone.csv").id, "email"),
        "seal": jobs.ask_seal(app, new_key=False),
    }
    assert set(asked) == set(get_args(jobs.Kind))
    people = {role: pages.signed_in(role) for role in Role}
    for work in (lambda: None, pages.work):
        work()
        for kind, job in asked.items():
            for role, browser in people.items():
                hidden = kind in jobs.OF_PEOPLE and role is Role.ANALYST
                assert browser.get(f"/jobs/{job.id}").status == (403 if hidden else 200), (kind, role)
                assert hidden or f"{kind} " not in browser.response.text.split("<h1", 1)[1].split("</h1>")[0], kind
    assert {job.state for job in (jobs.get(app, each.id) for each in asked.values())} == {"done"}


def test_what_a_file_describes_is_paused_there_or_taken_over(pages: Installed) -> None:
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert "guestlist.yaml : change it there" in browser.text
    assert not any("Pause" in form.buttons for form in browser.seen.forms)
    browser.submit("take it over")
    assert "changed on these pages from now on" in browser.text
    stale = browser.form("Pause")
    browser.submit("Pause")
    assert "main is paused" in browser.text
    assert "Paused" in browser.text
    assert pages.configuration.current().activations["main"].enabled is False
    assert not any("Run now" in form.buttons for form in browser.seen.forms)
    browser.submit("Resume")
    assert pages.configuration.current().activations["main"].enabled is True
    browser.post(stale.action, stale.fields)
    assert browser.status == 409
    assert "was changed by ben meanwhile" in browser.text


def test_what_a_destination_that_is_off_keeps_from_being_sent_is_not_offered(pages: Installed) -> None:
    declared.take_over(pages.app, pages.configuration, "activations", "main")
    pages.world.sync()
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    stale = browser.form("Pause")
    pages.world.yaml["destinations"]["acme"]["enabled"] = False
    pages.world.open()
    browser.get("/activations/main")
    assert "acme is switched off: nothing is sent for main" in browser.text
    assert ("acme", "/destinations/acme") in browser.seen.links
    offered = {button for form in browser.seen.forms for button in form.buttons}
    assert offered & {"Pause", "Resume", "Run now", "Send everybody again", "Plan"} == {"Plan"}
    assert "Paused" not in browser.text
    browser.post(stale.action, stale.fields)
    assert "main itself is paused too" in browser.text
    assert not {button for form in browser.seen.forms for button in form.buttons} & {"Pause", "Resume"}
    version = declared.get(pages.app, pages.configuration, "activations", "main").version
    browser.post("/activations/main/resume", [*stale.fields, ("version", str(version))])
    assert "it goes on once somebody switches acme on" in browser.text


@pytest.mark.parametrize(("members", "right"), [("people", None), ("companies", ["People who work there (right)"])])
def test_people_who_work_at_companies_have_an_axis_of_their_own(
    pages: Installed, members: str, right: list[str] | None
) -> None:
    said = SegmentStatus("", "", "", "", None, "READY", 175, 170, 190_000, None)
    pages.world.yaml["audiences"]["people"]["members"] = members
    pages.world.write([{"email": "ann@example.com", "companyName": "Acme", "companyWebsiteDomain": "acme.example"}])
    pages.world.yaml["activations"]["main"].pop("mapping", None)
    pages.world.open()
    pages.world.sync()
    found = pages.app.store.activations.get("main")
    segment = pages.app.store.segments.current(found.ledger_id) if found is not None else None
    assert segment is not None
    for told in (170, 175):
        pages.world.clock.sleep(3600)
        pages.app.store.readings.note(segment.id, said, told, pages.app.clock.now())
    (chart,) = charts(pages.signed_in(Role.ANALYST).get("/activations/main").response.text)
    assert chart.get("right") == right
    assert set(right or ()) <= set(chart["series"])


def test_a_small_audience_is_under_300_wherever_its_size_stands(pages: Installed) -> None:
    pages.world.sync()
    found = pages.app.store.activations.get("main")
    segment = pages.app.store.segments.current(found.ledger_id) if found is not None else None
    assert segment is not None
    said = SegmentStatus("", "", "", "", None, "READY", 2, 2, 0, None)
    pages.app.store.segments.observed(segment.id, said, pages.app.clock.now())
    browser = pages.signed_in(Role.ANALYST)
    for where in ("/activations", "/destinations/acme/activations", "/activations/main"):
        assert "under 300" in browser.get(where).text, where
    assert "so the audience is not served. Map more fields" in browser.get("/").text


def test_a_snapshot_is_offered_no_schedule_and_keeps_one_that_it_has(pages: Installed) -> None:
    body = {"audience": "people", "destination": "acme", "mode": "snapshot", "schedule": {"every": "1h"}}
    declared.create(pages.app, pages.configuration, "activations", "once", body)
    browser = pages.signed_in(Role.MARKETER).get("/activations/once/edit")
    form = browser.form(lambda each: each.action.endswith("/edit"))
    assert not {"schedule", "every", "cron", "start"} & {name for name, _ in form.fields}
    browser.submit("Save", max_removals="10%")
    assert "once was saved" in browser.text
    kept = declared.get(pages.app, pages.configuration, "activations", "once").body
    assert (kept["schedule"], kept["max_removals"]) == ({"every": "1h"}, "10%")


def test_a_snapshot_is_not_paused(pages: Installed) -> None:
    declared.take_over(pages.app, pages.configuration, "activations", "main")
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    pause = browser.form("Pause")
    found = declared.get(pages.app, pages.configuration, "activations", "main")
    body = {**found.body, "mode": "snapshot"}
    declared.change(pages.app, pages.configuration, "activations", "main", body, found.version or 0)
    browser.get("/activations/main")
    assert any("Run now" in form.buttons for form in browser.seen.forms)
    assert not any("Pause" in form.buttons for form in browser.seen.forms)
    browser.post(pause.action, [(name, value) for name, value in pause.fields if name != "version"])
    assert browser.status == 422
    assert "a snapshot is sent once and cannot be paused." in browser.text
    assert "file" not in browser.text.casefold().replace("profile", "")


def test_a_snapshot_that_was_sent_is_sent_again_only_as_a_new_one(pages: Installed) -> None:
    """DYN-08."""
    pages.world.activation(mode="snapshot")
    pages.world.open()
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert {"Plan", "Run now"} <= {button for form in browser.seen.forms for button in form.buttons}
    run = browser.form("Run now")
    browser.submit("Run now")
    pages.work()
    browser.get("/activations/main")
    assert "Sent once" in browser.text
    buttons = [button for form in browser.seen.forms for button in form.buttons]
    assert not {"Plan", "Run now", "Send everybody again"} & set(buttons)
    assert buttons.count("New snapshot") == 1
    sent = pages.world.sent()
    browser.post(run.action, run.fields)
    pages.work()
    said = "Nothing was to do: the snapshot was sent, and its list is read again only for a new snapshot."
    assert said in browser.get(browser.location).text
    assert pages.world.sent() == sent
    browser.get("/activations/main").submit("New snapshot")
    pages.work()
    assert pages.world.sent() == sent + 1


def test_a_snapshot_that_linkedin_lost_is_not_promised_to_come_back(pages: Installed) -> None:
    pages.world.activation(mode="snapshot")
    pages.world.sync()
    pages.world.emulator.control.ripen(pages.world.segment()["record"]["id"], "EXPIRED")
    pages.world.open().status("main", live=True)
    browser = pages.signed_in(Role.MARKETER)
    for path in ("/", "/activations/main"):
        assert "nobody is in it any more; New snapshot makes another." in browser.get(path).text
        assert "next run" not in browser.text


def test_rejected_rows_are_counted_and_downloaded(pages: Installed) -> None:
    pages.world.write([{"email": "no address"}, {"email": "ann@example.com"}, {"email": "neither"}])
    pages.world.sync()
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert re.search(r"not an e-mail address\s*The rows\s*row 1\s*row 3\s*2\b", browser.text)
    answered = browser.get("/activations/main/rejected.csv").response
    assert answered.headers["content-disposition"] == 'attachment; filename="rejected.csv"'
    rows = list(csv.DictReader(io.StringIO(answered.text)))
    assert [row["row"] for row in rows] == ["1", "3"]
    assert pages.signed_in(Role.ANALYST).get("/activations/main/rejected.csv").status == 403
    analyst = pages.signed_in(Role.ANALYST).get("/activations/main")
    assert not any("CSV" in said for said, _ in analyst.seen.links)
    assert re.search(r"not an e-mail address\s*2\b", analyst.text)


def test_what_waits_for_a_person_is_said_plainly_and_nobody_is_named(pages: Installed) -> None:
    world = pages.world
    world.write(emails(*(f"p{n}" for n in range(20))))
    world.sync()
    world.write(emails("p1"))
    world.sync()
    browser = pages.signed_in(Role.MARKETER)
    for path in ("/", "/activations/main"):
        text = browser.get(path).text
        assert "Waiting for you" in text
        assert "would remove 19 of 20" in text
        assert "guestlist sync" not in text
        assert "example.com" not in text


def grown(pages: Installed, size: int) -> None:
    """LinkedIn says so now."""
    app = pages.app
    found = app.store.activations.get("main")
    assert found is not None
    segment = app.store.segments.current(found.ledger_id)
    assert segment is not None
    said = SegmentStatus("", "", "", "", None, "READY", None, size // 2, size, None)
    app.store.readings.note(segment.id, said, size // 1000, app.clock.now())


def charts(html: str) -> list[dict[str, Any]]:
    return [json.loads(unescape(each)) for each in re.findall(r'data-chart="([^"]+)"', html)]


def test_home_shows_growth_deliveries_runs_and_dates(pages: Installed) -> None:
    browser = pages.signed_in(Role.ANALYST)
    assert charts(browser.response.text) == []  # nothing was sent: no empty chart
    assert "Everything goes by itself" in browser.text
    world = pages.world
    world.sync()
    for names in (("ann", "bob", "cid"), ("ann",), ("ann", "dan")):
        world.clock.sleep(3 * 86_400.0)
        world.write(emails(*names))
        world.sync()
        grown(pages, len(names) * 1000)
    browser = pages.signed_in(Role.ANALYST)
    growth, sent, delivered = charts(browser.response.text)
    assert growth["series"]["main"] == [3000] * 3 + [1000] * 3 + [2000]
    assert sent["series"]["main"][-7:] == [3] * 3 + [1] * 3 + [2]
    assert len(growth["x"]) == 7
    assert sum(delivered["series"]["Answered by LinkedIn"]) > 0
    assert len(delivered["x"]) == 24
    assert browser.text.count("Done") >= 3
    assert "Refresh token of acme" in browser.text
    pages.app.store.destinations.park("acme", "Refresh Token Expired", "sign in again")
    browser.get("/")
    assert "Authorize again" in browser.text
    assert ("acme", "/destinations/acme") in browser.seen.links


def test_names_with_signs_are_shown_and_reached(world: World) -> None:
    evil = "<script>alert(1)</script>&?#%".replace("/", "")
    world.yaml["activations"][evil] = {"audience": "people", "destination": "acme"}
    world.yaml["destinations"]["acme"]["description"] = "<img src=x onerror=alert(1)>"
    world.write(emails("ann"))
    made = installed(world)
    browser = made.signed_in(Role.MARKETER).get("/activations")
    assert browser.seen.inline == []
    browser.click("<script>")
    assert browser.status == 200
    assert evil in browser.text
    assert browser.seen.inline == []
    browser.submit("Plan")
    made.work()
    assert browser.get(browser.location).status == 200
    assert browser.seen.inline == []
    assert browser.get("/destinations").seen.inline == []
    made.web.close()


def test_where_nothing_is_yet_pages_say_how_to_begin(world: World) -> None:
    world.open()
    world.yaml = {"destinations": {}, "audiences": {}, "activations": {}}
    made = installed(world)
    world.file.unlink()
    made.door.configuration.may_be_empty = True
    browser = made.signed_in()
    assert "Nothing is connected yet" in browser.get("/").text
    assert "No ad account yet" in browser.get("/destinations").text
    assert "Nothing is activated yet" in browser.get("/activations").text
    made.web.close()


def test_a_mistake_in_the_file_is_said_and_settings_still_work(pages: Installed) -> None:
    browser = pages.signed_in()
    pages.world.file.write_text("destinations: {acme: {ad_account: nonsense}}\n")
    for path in ("/", "/destinations", "/activations", "/activations/main"):
        assert browser.get(path).status == 422, path
        assert "line 1" in browser.text
        assert "number of an ad account" in browser.text
    assert browser.get("/settings/users").status == 200
    assert browser.get("/activity").status == 200


def test_what_is_described_nowhere_any_more_is_still_shown(pages: Installed) -> None:
    pages.world.sync()
    pages.world.yaml["activations"] = {}
    pages.world.open()
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert browser.status == 200
    assert "Taken out" in browser.text
    there = [form.action for form in browser.seen.forms if form.action.startswith("/activations")]
    assert there == ["/activations/main/remove"]


def test_removals_that_wait_are_confirmed_with_the_number_that_was_shown(pages: Installed) -> None:
    world = pages.world
    world.write(emails(*(f"p{n}" for n in range(40))))
    world.sync()
    world.write(emails("p1"))
    assert world.sync().state == "waiting"
    run = pages.signed_in(Role.MARKETER).get("/activations/main").submit("Run now").location
    pages.work()
    assert 'href="/activations/main/confirm"' in pages.signed_in(Role.MARKETER).get(run).response.text
    told = pages.signed_in(Role.ANALYST).get(run).text
    assert "Look who would leave" not in told
    assert "Ask an Administrator or a Marketer to look who would leave" in told
    analyst = pages.signed_in(Role.ANALYST).get("/activations/main")
    assert "Look who would leave" not in analyst.text
    assert analyst.get("/activations/main/confirm").status == 403
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert "Waiting for you" in browser.text
    browser.click("Look who would leave")
    assert re.search(r"Would leave 39 of 40 people sent so far", browser.text)
    assert re.search(r"Would stay as they are\s*1\b", browser.text)
    shown = set(re.findall(r"<li><code>([0-9a-f]{12})…</code>", browser.response.text))
    assert shown == {digest(f"p{n}@example.com").split(":")[1][:12] for n in range(40) if n != 1}
    assert "example.com" not in browser.text
    browser.submit("Let 39 people leave")
    pages.work()
    assert len(world.told()) == 1
    assert "Look who would leave" not in browser.get("/activations/main").text
    assert "Nothing waits for you" in browser.get("/activations/main/confirm").text
    assert any(entry.what == "allow removals" and entry.who == "ben" for entry in pages.app.store.audit.latest(5))
    assert browser.post("/activations/main/confirm", [*browser.form("Run now").fields, ("removals", "x")]).status == 422


def test_who_lets_people_leave_second_is_told_so(pages: Installed) -> None:
    """One run and one entry, whether the first's is under way or over, and for a plan of then nothing."""
    world = pages.world
    world.write(emails(*(f"p{n}" for n in range(40))))
    world.sync()
    world.write(emails("p1"))
    assert world.sync().state == "waiting"
    at = "/activations/main/confirm"
    ann, ben = pages.signed_in().get(at), pages.signed_in(Role.MARKETER).get(at)
    stale, second = (each.form("Let 39 people leave").fields for each in (ann, ben))
    world.clock.sleep(60)
    assert world.sync().state == "waiting"
    assert ann.post(at, stale).status == 409
    assert "planned again meanwhile" in ann.text
    ann.get(at).submit("Let 39 people leave")
    second = [(name, value) for name, value in second if name != "planned"]
    assert ben.post(at, second).status == 409
    assert "Somebody (ann) let them leave already" in ben.text
    pages.work()
    assert len(world.told()) == 1
    assert ben.post(at, second).status == 409
    assert "somebody allowed it already" in ben.text
    assert [entry.who for entry in pages.app.store.audit.latest(20) if entry.what == "allow removals"] == ["ann"]
    assert pages.app.store.jobs.open() == []


def test_everybody_is_told_again_when_asked(pages: Installed) -> None:
    pages.world.sync()
    sent = pages.world.sent()
    pages.signed_in(Role.MARKETER).get("/activations/main").submit("Send everybody again")
    pages.work()
    assert pages.world.sent() == sent + 1


def ours(pages: Installed) -> Browser:
    """The activation, changed on the pages from now on."""
    declared.take_over(pages.app, pages.configuration, "activations", "main")
    pages.world.yaml["activations"] = {}
    pages.world.open()
    browser = pages.signed_in(Role.MARKETER).get("/activations/main")
    assert ("Settings", "/activations/main/edit") in browser.seen.links
    return browser.get("/activations/main/edit")


def test_schedule_and_rules_are_changed_and_what_cannot_be_stands_at_its_field(pages: Installed) -> None:
    browser = ours(pages)
    assert browser.submit("Save", schedule="every", every=" ").status == 422
    assert "Say how often, like 1h." in browser.text
    assert 'is-invalid" id="f-every"' in browser.response.text
    browser.submit("Save", schedule="every", every="soon")
    assert browser.status == 422
    assert "is no duration" in browser.text
    browser.submit("Save", schedule="every", every="59s")
    assert browser.status == 422
    assert "It must be 1m or longer" in browser.text
    browser.submit("Save", schedule="cron", cron="0 6 * * 1-5", timezone="Europe/Berlin", max_removals="500")
    assert browser.location == "/activations/main/edit"
    wanted = pages.configuration.current().activations["main"]
    assert wanted.schedule is not None
    assert (wanted.schedule.cron, wanted.schedule.timezone, wanted.max_removals.count) == (
        "0 6 * * 1-5",
        "Europe/Berlin",
        500,
    )
    assert wanted.audience == "people"
    browser.get("/activations/main/edit").submit("Save", start="2031-03-01")
    begins = pages.configuration.current().activations["main"].schedule
    assert begins is not None
    assert (str(begins.start), begins.cron, begins.timezone) == ("2031-03-01", "0 6 * * 1-5", "Europe/Berlin")
    assert ("start", "2031-03-01") in browser.get("/activations/main/edit").form("Save").fields
    browser.submit("Save", start="first of March")
    assert browser.status == 422
    browser.get("/activations/main/edit").submit("Save", schedule="manual", start="2031-03-01")
    assert browser.status == 422
    assert "A start date needs a schedule: choose one, or leave the date empty." in browser.text
    assert browser.get("/activations/main/edit").submit("Save", schedule="manual", start="").status == 200
    assert pages.configuration.current().activations["main"].schedule is None


def test_an_activation_is_renamed_and_removed_with_its_audience(pages: Installed) -> None:
    pages.world.sync()
    browser = ours(pages)
    for wrong, said in {"a/b": "A name has 1 to 100 characters", "..": "A name is more than dots."}.items():
        assert browser.submit("Rename", new=wrong).status == 422
        assert said in browser.text
        assert "activations." not in browser.text
    browser.submit("Rename", new="customers")
    assert browser.location == "/activations/customers"
    sent = pages.world.sent()
    assert pages.world.sync("customers").unchanged == 2
    assert pages.world.sent() == sent
    browser.click("Rename or remove")
    browser.post(
        "/activations/customers/rename", [*browser.form("Rename").fields, ("new", "best"), ("propagate", "yes")]
    )
    assert browser.location == "/activations/best"
    pages.world.sync("best")
    assert [each["name"] for each in pages.world.emulator.control.segments()] == ["best"]
    browser.click("Rename or remove")
    form = browser.form("Remove")
    browser.post("/activations/best/remove", [*form.fields, ("delete_segment", "yes")])
    assert browser.location == "/activations"
    assert "its LinkedIn audience was deleted" in browser.text
    assert pages.world.emulator.control.segments() == []


def test_of_two_who_edit_the_second_keeps_what_was_typed_and_hears_what_changed(pages: Installed) -> None:
    browser = ours(pages)
    form = browser.form("Save")
    browser.submit("Save", segment_name="theirs", max_removals="30%")
    mine = {**dict(form.fields), "max_removals": "7", "schedule": "every", "every": "2h"}
    browser.post(form.action, mine)
    assert browser.status == 409
    assert "was changed by ben meanwhile: look at it again first. Nothing of yours was done" in browser.text
    assert "Changed meanwhile: how many may leave at once, the name of the LinkedIn audience." in browser.text
    there = dict(browser.form("Save").fields)
    assert (there["max_removals"], there["every"], there["segment_name"]) == ("7", "2h", mine["segment_name"])
    assert pages.configuration.current().activations["main"].segment_title == "theirs"
    browser.submit("Save")  # having looked
    saved = pages.configuration.current().activations["main"]
    assert (saved.segment_title, saved.schedule is not None and saved.schedule.every) == ("people", 7200.0)
    assert "version" not in browser.get("/activity").text


@pytest.mark.parametrize("button", ["Rename", "Remove"])
def test_of_two_at_once_the_second_sees_what_the_first_did(pages: Installed, button: str) -> None:
    browser = ours(pages)
    form = browser.form(button)
    fields = [(name, value) for name, value in form.fields if name != "new"] + [("new", "mine")]
    browser.submit("Save", segment_name="theirs")
    browser.post(form.action, fields)
    assert browser.status == 409
    assert "was changed by ben meanwhile: look at it again first. Nothing of yours was done" in browser.text
    assert dict(browser.form("Save").fields)["segment_name"] == "theirs"
    assert list(pages.configuration.current().activations) == ["main"]
    if button == "Rename":
        browser.submit(button, new="mine")  # having looked
    else:
        browser.submit(button)
    assert browser.status == 200
    assert list(pages.configuration.current().activations) == ([] if button == "Remove" else ["mine"])


def test_what_was_renamed_is_found_at_its_former_address(pages: Installed) -> None:
    pages.world.sync()
    browser, other = ours(pages), ours(pages)
    late = other.get("/activations/main/edit").form("Rename")
    browser.submit("Rename", new="customers")
    assert other.get("/activations/main/runs?sort=added").location == "/activations/customers/runs?sort=added"
    fields = [(name, value) for name, value in late.fields if name != "new"]
    other.post(late.action, [*fields, ("new", "mine")])
    assert other.location.endswith("/activations/customers")
    assert "main is called customers now: somebody renamed it. Nothing else was changed." in other.text
    assert list(pages.configuration.current().activations) == ["customers"]


def test_what_becomes_of_the_name_and_the_audience_is_chosen_in_plain_words(pages: Installed) -> None:
    pages.world.sync()
    browser = ours(pages).get("/activations/main/edit")
    for label in ("Keep the name at LinkedIn", "Rename at LinkedIn too", "Keep the LinkedIn audience"):
        assert label in browser.text
    shown = browser.text
    assert "propagate" not in shown
    browser.submit("Save", rename="propagate", on_delete="delete")
    wanted = pages.configuration.current().activations["main"]
    assert (wanted.rename, wanted.on_delete) == ("propagate", "delete")
    assert dict(browser.form("Save").fields)["rename"] == "propagate"


def test_what_a_file_describes_is_not_changed_here(pages: Installed) -> None:
    browser = pages.signed_in().get("/activations/main")
    assert "/activations/main/edit" not in [to for _, to in browser.seen.links]
    assert browser.get("/activations/main/edit").status == 422
    assert "is managed by" in browser.text


# ── tabs ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_at_most_fifty_of_those_who_would_leave_are_shown(pages: Installed) -> None:
    world = pages.world
    world.write(emails(*(f"p{n}" for n in range(80))))
    world.sync()
    world.write(emails("p1"))
    world.sync()
    browser = pages.signed_in(Role.MARKETER).get("/activations/main/confirm")
    assert len(re.findall(r"<li><code>", browser.response.text)) == 50
    assert "50 of 79" in browser.text


def test_runs_are_shown_as_adobe_counts_them_and_add_up(pages: Installed) -> None:
    """ADOBE-52, ADOBE-54, ADOBE-57."""
    world = pages.world
    browser = pages.signed_in(Role.ANALYST)
    assert "No run yet" in browser.get("/activations/main/runs").text
    world.write([*emails("ann", "bob", "cem"), {"email": "nobody"}])
    world.sync()
    refuse = {"kind": "refuse_elements", "identifiers": [digest("dee@example.com")], "message": "Invalid element"}
    world.emulator.control.fault(refuse, path="/users$", times=0)
    world.write([*emails("ann", "bob", "dee"), {"email": "nobody"}])
    world.sync()
    rows = re.findall(r"<tr><td>.*?</tr>", browser.get("/activations/main/runs").response.text, re.DOTALL)
    cells = [re.findall(r'text-end">([^<]*)<', row) for row in rows]
    assert [row[:5] for row in cells] == [["3", "1", "1", "1", "66%"], ["4", "3", "1", "0", "100%"]]
    for received, activated, excluded, failed, _, _ in cells:
        assert int(received) == int(activated) + int(excluded) + int(failed)
    assert "All 2 above 7 4 2 1 85%" in browser.text
    browser.click("Show failures only")
    assert len(re.findall(r"<tr><td>", browser.response.text)) == 1


def test_what_is_under_way_is_told_on_the_activation_itself_until_it_is_over(pages: Installed) -> None:
    browser = pages.signed_in(Role.MARKETER).get("/activations/main").submit("Run now").get("/activations/main")
    assert 'sse-connect="/activations/main/live"' in browser.response.text
    assert "waits for its turn" in browser.text
    pages.work()
    answered = browser.get("/activations/main/live").response
    assert answered.headers["content-type"].startswith("text/event-stream")
    assert answered.text.strip().endswith("event: done\ndata:")
    assert "sse-connect" not in browser.get("/activations/main").response.text
    assert browser.get("/activations/nobody/live").status == 404


def test_the_trail_of_an_activation_follows_its_names_and_nothing_else(pages: Installed) -> None:
    browser = ours(pages)
    declared.create(pages.app, pages.configuration, "audiences", "customers", pages.world.yaml["audiences"]["people"])
    browser.submit("Rename", new="customers")
    browser.get("/activations/customers").submit("Run now")
    assert browser.get("/activations/customers/activity").status == 403
    assert not any(said == "Activity" for said, _ in browser.get("/activations/customers").seen.links)
    trail = pages.signed_in().get("/activations/customers/activity")
    for what in ("run", "rename", "create activation"):
        assert what in trail.text
    assert "create audience" not in trail.text
    assert "ben" in trail.text


def test_older_runs_are_on_a_page_of_their_own(pages: Installed) -> None:
    found = pages.app.store.activations
    pages.world.sync()
    main = found.get("main")
    assert main is not None
    for _ in range(25):
        run = pages.app.store.runs.begin(main.id, "sync", pages.world.clock.now())
        pages.app.store.runs.give_up(run.id, "failed", "the list is gone", pages.world.clock.now())
    browser = pages.signed_in(Role.ANALYST).get("/activations/main/runs")
    assert len(re.findall(r"<tr><td>", browser.response.text)) == 20
    browser.click("Older")
    assert len(re.findall(r"<tr><td>", browser.response.text)) == 6
    browser.click("Newest")
    assert "Newest" not in [said for said, _ in browser.seen.links]
    assert len(re.findall(r"<tr><td>", browser.get("/activations/main/runs?only=failures").response.text)) == 25
