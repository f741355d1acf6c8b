"""Destinations, audiences and activations through the API, from nothing to a delivered list and its end."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from guestlist.app import connection
from guestlist.core.permissions import Permission, Role
from tests.web.apikit import BACK, EVENTS, STREAM, Api, problem
from tests.world import ACCOUNT, digest, emails

LIST = {"audience": "people", "destination": "acme"}


def test_a_sample_of_an_audience_is_whole_with_view_profiles_and_masked_without(api: Api, logged: list[Any]) -> None:
    api.world.write(emails("ann", "bob"))
    at = "/audiences/people/sample"
    whole = [["ann@example.com"], ["bob@example.com"]]
    assert api.get(at) == {"masked": False, "columns": ["email"], "rows": whole}
    assert api("GET", at).headers["cache-control"] == "no-store"
    analyst = api.make_token("analyst", Role.ANALYST)
    hidden = [["a***@example.com"], ["b***@example.com"]]
    assert api.get(at, token=analyst) == {"masked": True, "columns": ["email"], "rows": hidden}
    blind = api.make_token("blind", Role.ADMINISTRATOR, [Permission.VIEW_PROFILES])
    assert problem(api("GET", at, token=blind), 403)["permission"] == Permission.VIEW_SEGMENTS
    assert "ann@" not in str(logged)
    api.door.app.store.write_keys.create("engage", api.world.clock.now())
    api.make("audiences", "leads", EVENTS)
    assert api.get("/audiences/leads/sample") == {"masked": False, "columns": [], "rows": []}
    (api.world.folder / "people.csv").unlink()
    assert "does not exist" in problem(api("GET", at), 422)["detail"]
    problem(api("GET", "/audiences/nobody/sample"), 404)


def test_a_filter_that_does_not_fit_the_list_is_refused_at_its_place(api: Api) -> None:
    api.world.write(emails("ann"))
    wrong = {"members": "people", "source": {"file": str(api.world.folder / "people.csv")}, "filter": "country = "}
    refused = problem(api("POST", "/audiences", {"name": "more", "settings": wrong}), 422)
    assert refused["place"] == ["audiences", "more", "filter"]
    api.make("audiences", "more", {**wrong, "filter": "email <> ''"})
    change = {"settings": {"filter": "age > 5"}}
    refused = problem(api("PATCH", "/audiences/more", change, if_match=api.tag("/audiences/more")), 422)
    assert (refused["place"], "does not have: age" in refused["detail"]) == (["audiences", "more", "filter"], True)


# ── destinations ─────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_destination_is_made_connected_checked_changed_and_deleted(api: Api) -> None:
    made = api.make("destinations", "second one", {"ad_account": ACCOUNT, "description": "EMEA"})
    assert made.headers["location"] == "/api/v1/destinations/second%20one"
    where = made.headers["location"].removeprefix("/api/v1")
    assert api.get(where) == made.json()
    assert (made.json()["origin"], made.json()["connection"]["state"]) == ("pages", "not connected")

    begun = api("POST", f"{where}/authorization", {"redirect_url": BACK})
    assert begun.status_code == 201
    early = api("PATCH", where, {"settings": {"send_email": False}}, if_match=api.tag(where))
    assert "authenticate via Oauth before updating other settings" in problem(early, 422)["detail"]  # SEGMENT-11
    back = api.world.consent(begun.json()["address"])
    answer = {"code": back["code"], "state": back["state"], "redirect_url": BACK}
    report = api("POST", f"{where}/authorization/code", answer).json()
    assert (report["problems"], report["role"]) == ([], "CAMPAIGN_MANAGER")
    assert api.get(where)["connection"]["works_until"] == report["works_until"]
    assert "used already" in problem(api("POST", f"{where}/authorization/code", answer), 422)["detail"]

    (checked,) = api.finished(api("POST", f"{where}/checks"))["result"]
    assert checked["problems"] == []
    changed = api("PATCH", where, {"settings": {"description": None, "send_email": False}}, if_match=api.tag(where))
    assert changed.json()["settings"] == {"ad_account": ACCOUNT, "send_email": False}
    replaced = api("PUT", where, {"settings": {"ad_account": ACCOUNT}}, if_match=changed.headers["etag"])
    assert replaced.json()["settings"] == {"ad_account": ACCOUNT}
    assert api("DELETE", where, if_match=replaced.headers["etag"]).status_code == 204
    problem(api("GET", where), 404)


def test_a_sign_in_that_is_there_is_used_again(api: Api) -> None:
    api.make("destinations", "second", {"ad_account": ACCOUNT})
    where = "/destinations/second/authorization/reuse"
    assert problem(api("POST", where, {"destination": "nobody"}), 422)["place"] == ["destination"]
    problem(api("POST", where.replace("second", "nobody"), {"destination": "acme"}), 404)
    report = api("POST", where, {"destination": "acme"}).json()
    assert (report["destination"], report["problems"], report["role"]) == ("second", [], "CAMPAIGN_MANAGER")
    assert api.get("/destinations/second")["connection"]["state"] == "connected"
    store = api.door.app.store.destinations
    credential, _ = store.credential("acme")
    assert credential is not None
    store.connect("acme", replace(credential, client_id="another app"), api.world.clock.now())
    refused = problem(api("POST", where, {"destination": "acme"}), 422)
    assert "another LinkedIn app" in refused["detail"]


def test_a_state_is_for_the_token_that_began(api: Api) -> None:
    begun = api("POST", "/destinations/acme/authorization", {"redirect_url": BACK}).json()
    back = api.world.consent(begun["address"])
    answer = {"code": back["code"], "state": back["state"], "redirect_url": BACK}
    other = api.make_token("other", Role.ADMINISTRATOR)
    problem(api("POST", "/destinations/acme/authorization/code", answer, token=other), 422)
    problem(api("POST", "/destinations/acme/authorization/code", answer), 422)  # it is spent
    assert begun["ends"] == pytest.approx(api.world.clock.now() + connection.CONSENT, abs=60)


def test_a_token_made_elsewhere_connects(api: Api) -> None:
    report = api("POST", "/destinations/acme/token", api.world.emulator.control.token())
    assert (report.status_code, report.json()["problems"]) == (200, [])
    refused = problem(api("POST", "/destinations/acme/token", {"access_token": "x", "expires_in": 60}), 409)
    assert refused["label"]


def test_a_viewer_is_told_what_is_missing(api: Api) -> None:
    api.make("destinations", "viewed", {"ad_account": ACCOUNT + 1})
    refused = problem(api("POST", "/destinations/viewed/token", api.world.emulator.control.token()), 409)
    assert refused["label"] == "role"
    assert "Viewer" in refused["detail"]


def test_another_ad_account_is_judged_before_it_is_kept(api: Api) -> None:
    """SEGMENT-10: by PATCH and PUT as by connecting."""
    where = "/destinations/acme"
    api("POST", f"{where}/take-over")
    before = api.get(where)
    viewed, unknown = {"settings": {"ad_account": ACCOUNT + 1}}, {"settings": {"ad_account": 999}}
    for method in ("PATCH", "PUT"):
        refused = problem(api(method, where, viewed, if_match=api.tag(where)), 409)
        assert (refused["label"], "Viewer" in refused["detail"]) == ("role", True)
        assert problem(api(method, where, unknown, if_match=api.tag(where)), 409)["label"] == "ad account"
    api.world.emulator.control.fault({"kind": "status", "status": 503}, path="/adAccountUsers", times=9)
    problem(api("PATCH", where, unknown, if_match=api.tag(where)), 503)
    api.world.emulator.control.clear_faults()
    assert api.get(where) == before
    roles = [{"account": 77, "member": "AbC123xyz", "role": "CAMPAIGN_MANAGER"}]
    api.world.emulator.control.seed({"accounts": [{"id": 77, "name": "Acme 77"}], "roles": roles})
    changed = api("PATCH", where, {"settings": {"ad_account": 77}}, if_match=api.tag(where))
    assert (changed.status_code, changed.json()["connection"]["account_name"]) == (200, "Acme 77")
    (checked,) = api.finished(api("POST", f"{where}/checks"))["result"]
    assert (checked["ad_account"], checked["problems"]) == ("urn:li:sponsoredAccount:77", [])


# ── a sign-in before the ad account is chosen ────────────────────────────────────────────────────────────────────
def signed_in(api: Api) -> str:
    begun = api("POST", "/sign-ins", {"redirect_url": BACK})
    assert begun.status_code == 201
    back = api.world.consent(begun.json()["address"])
    arrived = api("POST", "/sign-ins/code", {"code": back["code"], "state": back["state"], "redirect_url": BACK})
    assert arrived.status_code == 201
    return str(arrived.json()["sign_in"])


def test_an_ad_account_is_chosen_from_those_of_a_sign_in(api: Api) -> None:
    where = f"/sign-ins/{signed_in(api)}"
    found = {each["account"]: each for each in api.get(where)["items"]}
    ours = found[f"urn:li:sponsoredAccount:{ACCOUNT}"]
    assert (ours["role"], ours["usable"]) == ("CAMPAIGN_MANAGER", True)
    wanted = {"name": "second", "settings": {"ad_account": ACCOUNT, "description": "EMEA"}}
    viewer = {"name": "viewed", "settings": {"ad_account": ACCOUNT + 1}}
    assert "Viewer" in problem(api("POST", f"{where}/destinations", viewer), 409)["detail"]
    problem(api("GET", "/destinations/viewed"), 404)
    made = api("POST", f"{where}/destinations", wanted)
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/destinations/second")
    assert (made.json()["connection"]["state"], made.json()["settings"]) == ("connected", wanted["settings"])
    problem(api("GET", where), 404)  # it was used


def test_a_sign_in_that_is_there_serves_another_account_and_only_who_asked(api: Api) -> None:
    problem(api("POST", "/sign-ins/reuse", {"destination": "nobody"}), 422)
    handle = api("POST", "/sign-ins/reuse", {"destination": "acme"}).json()["sign_in"]
    first = api.get(f"/sign-ins/{handle}?limit=1")
    rest = api.get(f"/sign-ins/{handle}?cursor={first['next']}")
    assert rest["next"] is None
    assert len(rest["items"]) > 1
    assert first["items"] + rest["items"] == api.get("/destinations/acme/ad-accounts")["items"]
    problem(api("GET", f"/sign-ins/{handle}", token=api.make_token("other", Role.ADMINISTRATOR)), 404)


# ── audiences ────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_audience_of_a_file_that_cannot_be_read_is_not_made(api: Api) -> None:
    gone = {"members": "people", "source": {"file": "gone.csv"}}
    problem(api("POST", "/audiences", {"name": "gone", "settings": gone}), 422)
    problem(api("GET", "/audiences/gone"), 404)
    assert api.get("/audit?subject=gone")["items"] == []


def test_an_audience_is_not_changed_to_a_file_that_cannot_be_read(api: Api) -> None:
    api("POST", "/audiences/people/take-over")
    read, settings = api.tag("/audiences/people"), api.get("/audiences/people")["settings"]
    gone = {"source": {"file": "gone.csv"}}
    refused = problem(api("PATCH", "/audiences/people", {"settings": gone}, if_match=read), 422)
    assert "gone.csv does not exist" in refused["detail"]
    problem(api("PUT", "/audiences/people", {"settings": {**settings, **gone}}, if_match=read), 422)
    assert (api.get("/audiences/people")["settings"], api.tag("/audiences/people")) == (settings, read)
    assert [each["what"] for each in api.get("/audit?subject=people")["items"]] == ["take over audience"]


def test_an_audience_says_how_many_are_in_it(api: Api) -> None:
    api.world.write(emails("a", "b"))
    before = api.get("/audiences/people")["status"]
    assert (before["kind"], before["wanted"], before["told"]) == ("file", None, None)
    api.finished(api("POST", "/activations/main/syncs"))
    after = api.get("/audiences/people")["status"]
    assert (after["state"], after["wanted"], after["told"]) == ("in use", 2, 2)
    assert [each["status"] for each in api.get("/audiences")["items"]] == [after]


def test_the_columns_of_a_list_are_shown_with_what_would_be_told(api: Api) -> None:
    api.world.write(emails("ann", "ben"))
    found = api.get("/audiences/people/columns")
    assert (found["columns"], found["mapping"]) == (["email"], {"email": ["email"]})
    assert found["told"]["email"].startswith(digest("ann@example.com").rpartition(":")[2][:8])
    assert "ann@example.com" not in str(found)
    narrow = api.make_token("narrow", Role.ADMINISTRATOR, [Permission.VIEW_SEGMENTS])
    hidden = api.get("/audiences/people/columns", token=narrow)
    assert (hidden["columns"], hidden["read"], hidden["told"]) == (["email"], {}, {})
    (api.world.folder / "people.csv").unlink()
    problem(api("GET", "/audiences/people/columns"), 422)


def test_who_is_in_an_audience_of_events_is_looked_at_live(api: Api) -> None:
    api.make("audiences", "leads", EVENTS)
    api.make("activations", "leads", STREAM)
    found = api.get("/audiences/leads/live")
    assert (found["keys"], found["rows"]) == ([{"key": "leads", "inside": 0, "heard": 0}], [])
    assert "comes from a list" in problem(api("GET", "/audiences/people/live"), 422)["detail"]
    assert "comes from events" in problem(api("GET", "/audiences/leads/columns"), 422)["detail"]
    assert "No event of the last 24 hours is kept" in problem(api("GET", "/audiences/leads/last-event"), 422)["detail"]


def test_an_audience_is_made_changed_and_deleted(api: Api) -> None:
    made = api.make("audiences", "leads", EVENTS)
    assert made.json()["activations"] == []
    api.make("activations", "leads", STREAM)
    assert api.get("/audiences/leads")["activations"] == ["leads"]
    kept = problem(api("DELETE", "/audiences/leads", if_match=made.headers["etag"]), 422)
    assert kept["place"] == ["activations", "leads", "audience"]
    assert api("DELETE", "/activations/leads", if_match=api.tag("/activations/leads")).status_code == 204
    assert api("DELETE", "/audiences/leads", if_match=made.headers["etag"]).status_code == 204
    assert [each["name"] for each in api.get("/audiences")["items"]] == ["people"]


def test_what_the_file_says_is_read_only_until_it_is_taken_over(api: Api) -> None:
    for where in ("/destinations/acme", "/audiences/people", "/activations/main"):
        found = api.get(where)
        assert (found["origin"], found["version"]) == ("file", None)
        tag = api.tag(where)
        refused = problem(api("PUT", where, {"settings": found["settings"]}, if_match=tag), 422)
        assert "guestlist.yaml: change it there, or take it over" in refused["detail"]
        problem(api("DELETE", where, if_match=tag), 422)
        taken = api("POST", f"{where}/take-over")
        assert (taken.status_code, taken.json()["origin"]) == (200, "pages")
        problem(api("PUT", where, {"settings": found["settings"]}, if_match=tag), 412)
        assert api("PUT", where, {"settings": taken.json()["settings"]}, if_match=taken.headers["etag"]).is_success
        assert api.get(f"{where[: where.rindex('/')]}?origin=file")["items"] == []


# ── activations ──────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_first_sync_is_planned_before_the_activation_is_there(api: Api) -> None:
    api.world.write([*emails("a", "b"), {"email": "nobody"}])
    settings = {**LIST, "segment_name": "News"}
    done = api.finished(api("POST", "/plans", {"name": "news", "settings": settings}))
    assert (done["result"]["news"]["adds"], done["result"]["news"]["rejected"]) == (2, 1)
    problem(api("GET", "/activations/news"), 404)
    refused = problem(api("POST", "/plans", {"name": "news", "settings": {**LIST, "audience": "nobody"}}), 422)
    assert refused["place"] == ["activations", "news", "audience"]
    problem(api("POST", "/plans", {"name": "main", "settings": settings}), 409)
    assert api.world.sent() == 0


def test_a_destination_is_renamed_with_all_that_names_it(api: Api) -> None:
    """ADOBE-69."""
    api.world.write(emails("a", "b"))
    api.make("destinations", "old", {"ad_account": ACCOUNT})
    problem(api("POST", "/destinations/old/rename", {"name": "x"}), 422)  # SEGMENT-11
    api("POST", "/destinations/old/token", api.world.emulator.control.token())
    api.make("activations", "news", {**LIST, "destination": "old"})
    api.finished(api("POST", "/activations/news/syncs"))
    sent = api.world.sent()
    read = api.tag("/destinations/old")
    assert api("PATCH", "/destinations/old", {"settings": {"description": "x"}}, if_match=read).status_code == 200
    problem(api("POST", "/destinations/old/rename", {"name": "new one"}, if_match=read), 412)
    problem(api("POST", "/destinations/old/rename", {"name": "acme"}), 409)
    assert problem(api("POST", "/destinations/old/rename", {"name": "a/b"}), 422)["place"] == ["name"]
    assert "managed by" in problem(api("POST", "/destinations/acme/rename", {"name": "x"}), 422)["detail"]
    done = api("POST", "/destinations/old/rename", {"name": "new one"}, if_match=api.tag("/destinations/old"))
    assert done.headers["location"] == "/api/v1/destinations/new%20one"
    shown = done.json()
    assert (shown["name"], shown["activations"], shown["connection"]["state"]) == ("new one", ["news"], "connected")
    assert shown["authorised_by"] == "token admin"
    assert done.headers["etag"] == api.tag("/destinations/new%20one")
    assert "it is 'new one' now" in problem(api("GET", "/destinations/old"), 404)["detail"]
    assert api.get("/activations/news")["settings"]["destination"] == "new one"
    plan = api.finished(api("POST", "/activations/news/plans"))["result"]
    assert (plan["adds"], plan["removes"], plan["requests"]) == (0, 0, 0)
    assert api.finished(api("POST", "/activations/news/syncs"))["result"]["unchanged"] == 2
    assert api.world.sent() == sent
    assert len(api.world.emulator.control.segments()) == 1


def test_an_activation_is_planned_synced_watched_paused_renamed_and_ended(api: Api) -> None:
    api.world.write([*emails("a", "b"), {"email": "nobody"}])
    where = "/activations/news"
    made = api.make("activations", "news", {**LIST, "segment_name": "News"})
    assert made.json()["status"]["state"] == "never synced"
    for path in ("/runs", "/rejected"):
        assert api.get(f"{where}{path}") == {"items": [], "next": None}

    plan = api.finished(api("POST", f"{where}/plans"))
    assert (plan["state"], plan["result"]["adds"], plan["result"]["rejected"]) == ("done", 2, 1)
    assert api.world.sent() == 0
    done = api.finished(api("POST", f"{where}/syncs"))
    assert (done["result"]["added"], done["result"]["rejected"]) == (2, 1)
    assert api.world.told("news") == {digest("a@example.com"), digest("b@example.com")}

    status = api.get(where)["status"]
    assert (status["state"], status["segment_id"]) == ("in step", done["result"]["segment_id"])
    (run,) = api.get(f"{where}/runs")["items"]
    assert (run["added"], run["state"], run["run"]) == (2, "done", done["result"]["run"])
    (rejected,) = api.get(f"{where}/rejected")["items"]
    assert rejected["row"] == 3
    told = api("POST", f"{where}/explain", {"value": "A@example.com "}).json()["told"]
    assert [(each["id_type"], each["state"]) for each in told] == [("SHA256_EMAIL", "in")]

    paused = api("POST", f"{where}/pause")
    assert (paused.json()["settings"]["enabled"], paused.json()["status"]["state"]) == (False, "disabled")
    assert api("POST", f"{where}/resume").json()["status"]["state"] == "in step"
    renamed = api("POST", f"{where}/rename", {"name": "newsletter"})
    assert (renamed.json()["name"], renamed.headers["location"]) == ("newsletter", "/api/v1/activations/newsletter")
    assert renamed.json()["status"]["segment_id"] == status["segment_id"]
    problem(api("GET", where), 404)

    tag = api.tag("/activations/newsletter")
    assert api("DELETE", "/activations/newsletter?delete_segment=true", if_match=tag).status_code == 204
    assert api.world.emulator.control.segments() == []
    problem(api("GET", "/activations/newsletter"), 404)


def test_removals_that_wait_are_allowed_by_a_person(api: Api) -> None:
    api.world.write(emails(*(f"m{n}" for n in range(20))))
    api.finished(api("POST", "/activations/main/syncs"))
    api.world.write(emails("m1"))
    waiting = api.finished(api("POST", "/activations/main/syncs"))["result"]
    assert waiting["state"] == "waiting"
    assert waiting["run"] == api.get("/activations/main/runs")["items"][0]["run"]
    assert api.get("/activations/main")["status"]["who"]
    done = api.finished(api("POST", "/activations/main/syncs", {"allow_removals": 19}))["result"]
    assert (done["state"], done["removed"]) == ("done", 19)
    entry = next(each for each in api.get("/audit?subject=main")["items"] if each["what"] == "allow removals")
    assert entry["who"] == "token admin"
    assert entry["details"]["after"] == {"removals_allowed": 19}
    assert entry["details"]["removals_waiting"] == 19


def test_what_nothing_describes_any_more_is_seen_and_can_be_ended(api: Api) -> None:
    api.world.write(emails("a"))
    api.world.sync()
    api.world.yaml["activations"] = {}
    api.world.open()
    (found,) = api.get("/activations")["items"]
    assert (found["name"], found["origin"], found["settings"]) == ("main", None, None)
    assert found["status"]["state"] == "not in the file"
    problem(api("DELETE", "/activations/main", if_match='"1"'), 412)
    assert api("DELETE", "/activations/main", if_match=api.tag("/activations/main")).status_code == 204
    assert api.get("/activations")["items"] == []


def test_lists_are_filtered(api: Api) -> None:
    api.make("audiences", "leads", {**EVENTS, "members": "companies"})
    api.make("activations", "leads", STREAM)
    api.make("destinations", "other", {"ad_account": 1})

    def names(path: str) -> list[str]:
        return [each["name"] for each in api.get(path)["items"]]

    assert names("/audiences?members=companies") == ["leads"]
    assert names("/audiences?origin=file") == ["people"]
    assert names("/destinations?state=connected") == ["acme"]
    assert names("/activations?mode=stream") == names("/activations?audience=leads") == ["leads"]
    assert names("/activations?destination=other") == names("/activations?state=in%20step") == []
    problem(api("GET", "/activations?mode=sideways"), 422)


# ── rejected rows as a file ──────────────────────────────────────────────────────────────────────────────────────
def test_rejected_rows_come_in_pages_or_as_one_file(api: Api) -> None:
    rows: list[dict[str, Any]] = [{"email": "nobody", "id": f"=cmd{n}"} for n in range(5)]
    api.world.write([*rows, *emails("a")], columns=["email", "id"])
    api.make("activations", "news", {**LIST, "mapping": {"email": "email", "primaryId": "id"}})
    api.finished(api("POST", "/activations/news/syncs"))
    first = api.get("/activations/news/rejected?limit=2")
    second = api.get(f"/activations/news/rejected?limit=4&cursor={first['next']}")
    assert [each["row"] for each in (*first["items"], *second["items"])] == [1, 2, 3, 4, 5]
    assert second["next"] is None
    assert [each["row"] for each in api.get("/activations/news/rejected?search=CMD3")["items"]] == [4]
    reason = first["items"][0]["reason"]
    assert len(api.get(f"/activations/news/rejected?reason={reason.replace(' ', '%20')}")["items"]) == 5
    assert api.get("/activations/news/rejected?reason=another") == {"items": [], "next": None}

    done = api("GET", "/activations/news/rejected", accept="text/csv")
    assert done.headers["content-type"].startswith("text/csv")
    assert done.headers["content-disposition"] == 'attachment; filename="rejected.csv"'
    table = list(csv.DictReader(io.StringIO(done.text)))
    assert [each["row"] for each in table] == ["1", "2", "3", "4", "5"]
    assert {each["key"][:5] for each in table} == {"'=cmd"}, "a spreadsheet carries nothing out"
    api.finished(api("POST", "/activations/news/syncs", {"resend": True}))
    assert "another run" in problem(api("GET", f"/activations/news/rejected?cursor={first['next']}"), 422)["detail"]


# ── nothing at all ───────────────────────────────────────────────────────────────────────────────────────────────
def test_an_installation_without_a_file(api: Api) -> None:
    api.world.file.unlink()
    for section in ("destinations", "audiences", "activations"):
        assert api.get(f"/{section}") == {"items": [], "next": None}
    made = api.make("destinations", "acme", {"ad_account": ACCOUNT})
    assert api.get("/destinations/acme")["connection"]["state"] == "connected"
    assert api("DELETE", "/destinations/acme", if_match=made.headers["etag"]).status_code == 204


def test_a_file_with_a_mistake_says_where(api: Api) -> None:
    api.world.file.write_text("destinations: {acme: {ad_account: none}}")
    assert problem(api("GET", "/activations"), 422)["place"] == ["destinations", "acme", "ad_account"]
