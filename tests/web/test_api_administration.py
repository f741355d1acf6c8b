"""Users, tokens, write keys, settings, the log, the configuration as a file; forgetting; events."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from guestlist.app import api_tokens, event_trial, users
from guestlist.core.identity import Kind
from guestlist.core.permissions import Permission, Role
from guestlist.events.outcomes import Outcome
from tests.app import kit
from tests.web.apikit import EVENTS, STREAM, Api, problem
from tests.world import digest, emails

PASSWORD = "four words make sense"
ALIASES = b"a: &a [x, x, x, x, x, x, x, x, x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (letter, letter, b", ".join([b"*%c" % (letter - 1)] * 9)) for letter in b"bcdefghijklm"
)


# ── users ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_user_is_let_in_changed_and_shut_out(api: Api) -> None:
    made = api("POST", "/users", {"name": "Moe@Acme.com", "role": "Marketer"})
    assert (made.status_code, made.headers["location"]) == (201, "/api/v1/users/moe%40acme.com")
    where = made.headers["location"].removeprefix("/api/v1")
    assert (made.json()["user"]["state"], api.get(where)["role"]) == ("invited", "Marketer")
    address, _, ending = made.json()["link"].rpartition("/")
    assert address == "https://guests.example/setup"
    session = users.use_link(api.door.app, ending, "", PASSWORD)
    assert api.get(where)["state"] == "works"

    both, tag = {"role": "Analyst", "disabled": True}, api.tag(where)
    problem(api("PATCH", where, both), 428)
    done = api("PATCH", where, both, if_match=tag)
    changed = done.json()
    assert (changed["role"], changed["state"]) == ("Analyst", "disabled")
    problem(api("PATCH", where, {"disabled": False}, if_match=tag), 412)
    tag = done.headers["etag"]
    assert users.signed_in(api.door.app, session) is None
    assert api("PATCH", where, {"disabled": False}, if_match=tag).json()["state"] == "works"
    link = api("POST", f"{where}/link")
    assert (link.status_code, users.link_is_for(api.door.app, link.json()["link"].rpartition("/")[2])) == (
        201,
        "moe@acme.com",
    )
    problem(api("POST", "/users", {"name": "moe@acme.com", "role": "Analyst"}), 409)


def test_one_administrator_stays(api: Api) -> None:
    users.create(api.door.app, "ann", Role.ADMINISTRATOR, PASSWORD)
    assert "only Administrator" in problem(api("PATCH", "/users/ann", {"disabled": True}, if_match="*"), 422)["detail"]
    both = {"role": "Analyst", "disabled": False}
    problem(api("PATCH", "/users/ann", both, if_match="*"), 422)
    assert api.get("/users/ann")["role"] == "Administrator"
    problem(api("PATCH", "/users/nobody", both), 404)


# ── tokens and keys ──────────────────────────────────────────────────────────────────────────────────────────────
def test_a_token_is_told_once(api: Api) -> None:
    body = {"name": "nightly", "role": "Marketer", "scopes": ["View Segments"], "ends": api.world.clock.now() + 60}
    made = api("POST", "/tokens", body).json()
    found = api_tokens.bearer(api.door.app, made["token"])
    assert found is not None
    assert found.permissions == {Permission.VIEW_SEGMENTS}
    listed = api("GET", "/tokens")
    assert made["token"] not in listed.text
    row = next(each for each in listed.json()["items"] if each["name"] == "nightly")
    assert (row["scopes"], row["created_by"]) == (["View Segments"], "token admin")
    problem(api("POST", "/tokens", body), 409)
    assert api("DELETE", "/tokens/nightly").status_code == 204
    problem(api("DELETE", "/tokens/nightly"), 404)
    problem(api("POST", "/tokens", {"name": "x", "role": "Analyst", "scopes": ["View Profiles"]}), 422)


def test_a_write_key_is_told_once(api: Api) -> None:
    made = api("POST", "/write-keys", {"name": "engage"}).json()
    assert api.door.app.store.write_keys.name_of(made["write_key"]) == "engage"
    assert made["write_key"] not in api("GET", "/write-keys").text
    problem(api("POST", "/write-keys", {"name": "engage"}), 409)
    assert api("DELETE", "/write-keys/engage").status_code == 204
    problem(api("DELETE", "/write-keys/engage"), 404)
    assert api.get("/write-keys")["items"][0]["revoked"]


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────
def test_settings_are_set_hidden_and_unset(api: Api) -> None:
    secret = "https://hooks.example.com/T0/secret"
    unset = api("GET", "/settings/notify")
    assert (unset.json()["settings"], unset.json()["origin"]) == (None, None)
    problem(api("PUT", "/settings/notify", {"settings": {"url": secret}}), 428)
    done = api("PUT", "/settings/notify", {"settings": {"url": secret}}, if_match=unset.headers["etag"])
    assert done.json()["settings"] == {"url": "***"}
    notify = api.door.configuration.current().notify
    assert notify is not None
    assert notify.url == secret
    hidden = problem(api("PUT", "/settings/notify", {"settings": {"url": "https://***"}}, if_match="*"), 422)
    assert hidden["place"] == ["notify", "url"]
    problem(api("PUT", "/settings/notify", {"settings": {"url": secret}}, if_match=unset.headers["etag"]), 412)
    assert "secret" not in "".join(api("GET", path).text for path in ("/settings", "/settings/notify", "/audit"))
    assert api("DELETE", "/settings/notify", if_match=done.headers["etag"]).status_code == 204
    assert api.door.configuration.current().notify is None
    wrong = problem(api("PUT", "/settings/limits", {"settings": {"mappings_per_destination": 0}}, if_match="*"), 422)
    assert wrong["place"] == ["limits", "mappings_per_destination"]


def test_a_notice_shows_whether_it_arrives(api: Api) -> None:
    assert problem(api("POST", "/settings/notify/test"), 422)["place"] == ["notify", "url"]
    api("PUT", "/settings/notify", {"settings": {"url": "http://127.0.0.1:9/nobody"}}, if_match="*")
    failed = problem(api("POST", "/settings/notify/test"), 422)
    assert "did not arrive" in failed["detail"]
    assert failed["place"] == ["notify", "url"]


# ── the configuration as a file ──────────────────────────────────────────────────────────────────────────────────
def test_what_was_made_goes_out_and_comes_in(api: Api) -> None:
    api.make("audiences", "leads", EVENTS)
    api.make("activations", "leads", STREAM)
    exported = api("GET", "/configuration/export")
    assert exported.headers["content-type"].startswith("application/yaml")
    assert set(yaml.safe_load(exported.text)) == {"audiences", "activations"}
    whole = yaml.safe_load(exported.text) | {"destinations": {"acme": {"ad_account": 516848833, "description": "new"}}}
    text = yaml.safe_dump(whole).encode()
    shown = api("POST", "/configuration/apply?dry_run=true", text, content_type="application/yaml").json()
    assert {(each["name"], each["section"], each["what"]) for each in shown} == {
        ("acme", "destinations", "create"),
        ("leads", "audiences", "same"),
        ("leads", "activations", "same"),
    }
    assert api.get("/destinations/acme")["origin"] == "file"
    assert api("POST", "/configuration/apply", text, content_type="text/yaml; charset=utf-8").status_code == 200
    assert api.get("/destinations/acme")["settings"]["description"] == "new"


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [
        (b"destinations: {b: {ad_account: x}}", 422, "The posted text, line 1"),
        (b"destinations: {b: {ad_account: 1, description: '${GUESTLIST_SECRET_KEY}'}}", 422, "environment variable"),
        (b"[" * 10_000, 422, "nested too deeply"),
        (ALIASES, 422, "too many values"),
        (b"colour: red", 422, "unknown key"),
        (b"\xff", 400, "UTF-8"),
        (b"a: b: c", 422, "not valid YAML"),
        (b"", 422, "field required"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be(api: Api, text: bytes, status: int, sentence: str) -> None:
    refused = problem(api("POST", "/configuration/apply", text, content_type="application/yaml"), status)
    assert sentence.lower() in refused["detail"].lower()
    assert api.get("/destinations")["items"][0]["origin"] == "file"


def test_json_is_no_file(api: Api) -> None:
    problem(api("POST", "/configuration/apply", {}), 415)


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────
def test_people_are_forgotten_and_let_back(api: Api) -> None:
    api.world.write(emails("a", "b"))
    api.finished(api("POST", "/activations/main/syncs"))
    asked = api("POST", "/receipts", {"values": ["a@example.com"]})
    receipt = api.finished(asked)["result"]
    assert (receipt["state"], api.world.told()) == ("complete", {digest("b@example.com")})
    (listed,) = api.get("/receipts")["items"]
    assert listed == api.get(f"/receipts/{receipt['id']}") == json.loads(json.dumps(receipt))
    assert "a@example.com" not in asked.text + api("GET", "/jobs").text + api("GET", "/receipts").text
    assert api("POST", "/receipts/undo", {"values": ["a@example.com"]}).json() == {"identifiers": 2}
    assert api.get("/receipts")["items"][0]["state"] == "undone"
    problem(api("GET", "/receipts/99"), 404)
    problem(api("POST", "/receipts", {"values": []}), 422)


# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────
def test_an_event_is_tried(api: Api) -> None:
    event = {"type": "track", "event": "Audience Entered", "properties": {"audience_key": "vips"}}
    event |= {"context": {"traits": {"email": "ann@example.com"}}}
    asked = {"settings": {"audience_key": "vips"}, "event": event}
    found = api("POST", "/event-trials", asked).json()
    assert (found["verdict"], found["told"][0][0]) == ("enters", "sha256_email")
    assert "ann@" not in str(found)
    asked["settings"] = {"audience_key": "others"}
    assert api("POST", "/event-trials", asked).json()["verdict"] == "ignored"
    problem(api("POST", "/event-trials", {**asked, "settings": {"audience_key": "vips", "trigger": "event ="}}), 422)
    problem(api("POST", "/event-trials", {"event": []}), 422)


def test_there_is_an_event_to_try_with(api: Api) -> None:
    """The one that the pages offer, of either kind and of any key."""
    for members, told in (("people", "sha256_email"), ("companies", "company_website_domain")):
        for key in ("vips", ""):
            event = api.get(f"/event-trials/sample?members={members}&audience_key={key}")["event"]
            assert event == json.loads(event_trial.sample(Kind[members.upper()], key))
            settings = {"audience_key": key or "your_audience_key"}
            found = api("POST", "/event-trials", {"members": members, "settings": settings, "event": event}).json()
            assert (found["verdict"], found["told"][0][0]) == ("enters", told)
    problem(api("GET", "/event-trials/sample?members=cats"), 422)


def test_what_became_of_events(api: Api) -> None:
    source = kit.Source(api.world)
    source.post(kit.entered("u1", source.now(), email="u1@example.com"), kit.entered("u2", source.now()))
    source.settle()
    (row,) = api.get("/activations/main/events?since=0")["activations"]
    assert (row["activation"], row["received"]) == ("main", 2)
    assert sum(row["outcomes"].values()) == 2
    everything = api.get("/events?since=0")
    assert (everything["waiting"], row in everything["activations"]) == (0, True)
    assert api.get("/events?since=9007199254740992")["activations"] == []
    analyst = api.make_token("ana", Role.ANALYST)
    api.door.app.store.event_counts.sample(1, Outcome.DELIVERED, "", source.now(), b'{"sent": {"a": "***"}}')
    everything = api.get("/events?since=0")
    seen = api.get("/events?since=0", token=analyst)
    assert (bool(everything["samples"]), seen["samples"]) == (True, [])
    problem(api("GET", "/activations/nobody/events"), 404)
    problem(api("GET", "/events?since=yesterday"), 422)


def test_home_and_growth(api: Api) -> None:
    api.world.write(emails("a", "b"))
    assert api.get("/activations/main/growth") == {"items": [], "next": None}
    api.finished(api("POST", "/activations/main/syncs"))
    api.door.app.store.destinations.park("acme", "role", "it may only look")
    found = api.get("/home")
    assert found["needs"][0] == {
        "wants": "reauthorise",
        "subject": "acme",
        "text": "role: it may only look",
        "since": None,
        "mistake": None,
    }
    assert {"API version", "access token", "refresh token"} == {each["what"] for each in found["calendar"]}
    assert sum(each["elements"] for each in found["delivered"]) == 2
    assert len(found["delivered"]) == 24
    assert api.get("/needs")["items"] == found["needs"]
    assert api.get("/dates")["items"] == found["calendar"]
    first = api.get("/dates?limit=2")
    assert first["items"] + api.get(f"/dates?cursor={first['next']}")["items"] == found["calendar"]
    readings = api.get("/activations/main/growth")["items"]
    assert readings
    assert api.get(f"/activations/main/growth?since={readings[-1]['at'] + 1}")["items"] == []
    problem(api("GET", "/activations/nobody/growth"), 404)


def test_an_hour_of_a_stream_is_on_one_page(api: Api) -> None:
    source = kit.Source(api.world)
    for number in range(8):
        source.post(kit.entered(f"u{number}", source.now(), email=f"u{number}@example.com"))
        source.settle()
        api.world.clock.sleep(900)
    whole = api.get("/runs")["items"]
    assert 2 <= len(whole) < 8
    assert sum(run["added"] for run in whole) == 8
    for limit in range(1, len(whole)):
        first = api.get(f"/runs?limit={limit}")
        rest = api.get(f"/activations/main/runs?cursor={first['next']}")
        assert first["items"] + rest["items"] == whole


def test_an_entry_of_the_log_says_before_and_after(api: Api) -> None:
    made = api.make("audiences", "leads", EVENTS)
    api("PATCH", "/audiences/leads", {"settings": {"members": "companies"}}, if_match=made.headers["etag"])
    entry: Any = api.get("/audit?subject=leads")["items"][0]
    assert entry["what"] == "change audience"
    assert (entry["details"]["before"]["members"], entry["details"]["after"]["members"]) == ("people", "companies")
    assert api.get("/audit?who=nobody")["items"] == []
    at = entry["at"]
    for path in ("/audit?subject=leads&", "/activations/main/audit?"):
        found = [
            len(api.get(f"{path}{span}")["items"]) for span in (f"until={at}", f"since={at + 1}", "since=0&until=1")
        ]
        assert found == [0, 0, 0]
        problem(api("GET", f"{path}since=2&until=2"), 422)
    assert entry in api.get(f"/audit?subject=leads&since={at}&until={at + 1}")["items"]
    assert [each["what"] for each in api.get("/audit?what=create%20audience")["items"]] == ["create audience"]
