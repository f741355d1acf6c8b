"""All that the page of an activation shows and does, through the API."""

from __future__ import annotations

from typing import Any

from guestlist.app import last_events
from guestlist.core.permissions import ACTIVATE, Role
from guestlist.events.posting import Posting
from tests.web.apikit import EVENTS, Api, problem
from tests.world import digest, emails

DAY = 86_400.0
ROWS = [{"email": f"p{n}@example.com", "crm": f"K{n}"} for n in range(3)]


def own(api: Api) -> None:
    """Made on the pages, not in the file."""
    api.world.write(ROWS, columns=["email", "crm"])
    api.make("activations", "mine", {"audience": "people", "destination": "acme", "mapping": {"email": "email"}})


LIST = {"audience": "people", "destination": "acme", "mapping": {"email": ["email"]}}


def several(**more: Any) -> dict[str, Any]:
    switched_off = {**LIST, "mode": "add_only", "enabled": False}
    return {"activations": [{"name": "one", "settings": LIST}, {"name": "two", "settings": switched_off}], **more}


def test_several_are_made_at_once(api: Api) -> None:
    api.world.write(ROWS)
    first, again = (api("POST", "/activation-sets", several(), idempotency_key="k") for _ in range(2))
    assert (first.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert first.json() == again.json()
    assert [(each["name"], each["version"]) for each in first.json()["items"]] == [
        (name, api.get(f"/activations/{name}")["version"]) for name in ("one", "two")
    ]
    assert api.get("/jobs")["items"] == [], "nothing is sent before a sync"


def test_those_that_are_switched_on_are_synced_at_once_if_wanted(api: Api) -> None:
    api.world.write(ROWS)
    assert api("POST", "/activation-sets", several(run=True)).status_code == 201
    assert [each["subject"] for each in api.get("/jobs")["items"]] == ["one"]


def test_of_several_all_are_made_or_none(api: Api) -> None:
    bad: list[tuple[dict[str, Any], list[str]]] = [
        ({"name": "bad", "settings": {**LIST, "mode": "sideways"}}, ["activations", "bad", "mode"]),
        ({"name": "bad", "settings": {**LIST, "audience": "nobody"}}, ["activations", "bad", "audience"]),
        ({"name": "one", "settings": LIST}, ["activations", "one", "name"]),
        ({"name": "main", "settings": LIST}, ["activations", "main", "name"]),
    ]
    for wrong, place in bad:
        body = several()
        body["activations"].append(wrong)
        refused = api("POST", "/activation-sets", body, idempotency_key=place[1] + place[2])
        assert problem(refused, 422)["place"] == place
    problem(api("POST", "/activation-sets", {"activations": []}), 422)
    assert [each["name"] for each in api.get("/activations")["items"]] == ["main"]
    assert api.get("/audit?what=create%20activation")["items"] == []


def test_runs_say_what_was_received_and_add_up(api: Api) -> None:
    api.world.write([*emails("ann", "bob"), {"email": "nobody"}])
    refuse = {"kind": "refuse_elements", "identifiers": [digest("bob@example.com")], "message": "Invalid element"}
    api.world.emulator.control.fault(refuse, path="/users$", times=0)
    api.finished(api("POST", "/activations/main/syncs"))
    (run,) = api.get("/activations/main/runs")["items"]
    assert (run["received"], run["activated"], run["excluded"], run["failed"]) == (3, 1, 1, 1)
    assert run["activation_rate"] == 2 / 3


def test_removals_that_wait_are_shown_before_they_are_let_go(api: Api) -> None:
    api.world.write(emails(*(f"p{n}" for n in range(80))))
    api.world.sync()
    assert api.get("/activations/main/removals")["removals"] == 0
    api.world.write(emails("p1"))
    assert api.world.sync().state == "waiting"
    found = api.get("/activations/main/removals")
    assert (found["removals"], found["known"], found["unchanged"], len(found["who"])) == (79, 80, 1, 50)
    assert "example.com" not in str(found)
    looks = api.make_token("looks", Role.ANALYST)
    assert api("GET", "/activations/main/removals", token=looks).status_code == 403
    done = api.finished(api("POST", "/activations/main/syncs", {"allow_removals": 79}))["result"]
    assert done["removed"] == 79
    assert api.get("/activations/main/removals")["removals"] == 0


def test_a_mapping_is_tried_on_a_list_before_it_is_anybodys(api: Api) -> None:
    """ADOBE-24: what the rows of the pages show."""
    api.world.write([{"email": "ann@example.com", "role": "CEO", "id": "K1"}])
    where = "/audiences/people/mapping-trials"
    suggested = api("POST", where, {}).json()
    assert suggested["mapping"] == {"email": ["email"], "primaryId": ["id"]}
    assert suggested["read"] == {"email": "a***@example.com", "primaryId": "K•"}
    told = digest("ann@example.com").removeprefix("SHA256_EMAIL:")
    assert suggested["told"] == {"email": f"{told[:8]}…{told[-4:]}"}
    marketer = api.make_token("marketer", Role.MARKETER, list(ACTIVATE))
    assert api("POST", where, {}, token=marketer).json()["mapping"] == {"email": ["email"]}
    mapping = {"email": ["email"], "title": ["role"]}
    tried = api("POST", where, {"mapping": mapping}, token=marketer).json()
    assert (tried["read"]["title"], tried["told"]["title"], tried["problem"]) == ("C••", "C••", "")
    assert api("POST", where, {"mapping": {**mapping, "primaryId": ["id"]}}, token=marketer).status_code == 403
    for odd in ({"email": ["mail"]}, {"title": ["role"]}, {"email": [{}]}, {"email": [[1]]}, {"shoe": ["email"]}):
        assert api("POST", where, {"mapping": odd}).status_code == 422, odd
    (api.world.folder / "people.csv").unlink()
    assert api("POST", where, {"mapping": mapping}).json()["problem"] != ""
    assert api("POST", "/audiences/nobody/mapping-trials", {}).status_code == 404


def test_a_mapping_is_tried_on_the_last_event(api: Api) -> None:
    api.make("audiences", "leads", EVENTS)
    where = "/audiences/leads/mapping-trials"
    assert "No event of the last 24 hours" in api("POST", where, {}).json()["problem"]
    event = b'{"type":"track","event":"X","userId":7,"traits":{"mail":"ann@example.com","firstName":"Ann"}}'
    now = api.door.app.clock.now()
    last_events.keep(api.door.app.store, [Posting("engage", "track", now, "", b"", (event,))])
    tried = api("POST", where, {"mapping": {"email": ["traits.mail"], "title": [{"@template": "{{userId}}!"}]}}).json()
    assert tried["read"] == {"email": "a***@example.com", "title": "7•"}
    assert api("POST", where, {}).json()["read"] == {"firstName": "A••"}
    for odd in ({"email": ["traits.["]}, {"email": [{"@shoe": 1}]}, {"email": []}):
        assert api("POST", where, {"mapping": odd}).status_code == 422, odd


def test_the_mapping_is_read_and_changed_with_the_checks_of_activating(api: Api) -> None:
    own(api)
    assert api.get("/activations/main/mapping") == {"mapping": {"email": ["email"]}, "chosen": False}
    where, tag = "/activations/mine/mapping", api.tag("/activations/mine")
    assert api("PUT", where, {"mapping": {"email": ["email"]}}).status_code == 428
    refused = api("PUT", where, {"mapping": {"email": ["mail"]}}, if_match=tag)
    assert refused.status_code == 422
    assert refused.json()["place"] == ["mapping", "email"]
    for odd in ({"email": [{}]}, {"email": [[1]]}, {"nothing": ["email"]}, {"email": [None]}):
        assert api("PUT", where, {"mapping": odd}, if_match=tag).status_code == 422, odd
    marketer = api.make_token("marketer", Role.MARKETER, list(ACTIVATE))
    both = {"email": ["email"], "primaryId": ["crm"]}
    assert api("PUT", where, {"mapping": both}, if_match=tag, token=marketer).status_code == 403
    assert api("PUT", where, {"mapping": both}, if_match=tag).json()["settings"]["mapping"] == both
    assert api.get(where) == {"mapping": both, "chosen": True}
    of_file = api("PUT", "/activations/main/mapping", {"mapping": both}, if_match=api.tag("/activations/main"))
    assert "is managed by" in of_file.json()["detail"]


def test_a_copy_has_the_same_choices_and_is_off(api: Api) -> None:
    """SEGMENT-85."""
    own(api)
    made = api("POST", "/activations/mine/duplicates", {"name": "mine (Copy)"})
    assert made.status_code == 201
    copy = made.json()
    assert copy["settings"] == {
        "audience": "people", "destination": "acme", "mode": "mirror", "enabled": False,
        "mapping": {"email": ["email"]},
    }  # fmt: skip
    assert copy["status"]["state"] == "disabled"
    assert api("POST", "/activations/mine/duplicates", {"name": "mine"}).status_code == 409
    assert api("POST", "/activations/mine/duplicates", {"name": "x", "destination": "nowhere"}).status_code == 422
    assert api("POST", "/activations/nobody/duplicates", {"name": "x"}).status_code == 404


def test_linkedins_counts_stand_beside_what_was_sent(api: Api) -> None:
    world = api.world
    world.write(emails(*(f"p{n}" for n in range(1_000))))
    assert api.get("/activations/main/counts")["drift"] == "unknown"
    world.sync()
    world.open().status("main", live=True)
    found = api.get("/activations/main/counts")
    assert found["wait"]["until"] - found["wait"]["since"] == 2 * DAY
    for _ in range(3):
        world.clock.sleep(DAY)
        world.open().status("main", live=True)
    found = api.get("/activations/main/counts")
    assert (found["drift"], found["wait"]) == ("none", None)
    assert 0 < found["of_sent"] <= 1
    assert 0 < found["seven_days"] <= 1


def test_the_trail_of_an_activation_is_for_those_who_may_see_the_log(api: Api) -> None:
    own(api)
    api("POST", "/activations/mine/rename", {"name": "ours"})
    found = [each["what"] for each in api.get("/activations/ours/audit")["items"]]
    assert found == ["rename", "create activation"]
    assert api("GET", "/activations/ours/audit", token=api.make_token("ben", Role.MARKETER)).status_code == 403


def test_a_sync_is_followed_from_the_job_to_its_run(api: Api) -> None:
    api.world.write(emails("ann", "bob"))
    asked = api("POST", "/activations/main/syncs")
    where = asked.headers["location"].removeprefix("/api/v1")
    assert asked.json()["run"] is None
    assert api.get("/activations/main")["progress"] == {
        "job": asked.json()["id"], "run": None, "state": "waiting", "what": "", "done": 0, "of": 0,
    }  # fmt: skip
    seen: list[Any] = []

    def look() -> None:
        seen.append((api.get(where)["run"], api.get("/activations/main")["progress"]))

    api.world.hooks.before = look
    api.work()
    done = api.get(where)
    ((run, under_way),) = seen
    assert (under_way["job"], under_way["run"], under_way["state"]) == (done["id"], run, "working")
    assert under_way["what"] == "sending to LinkedIn"
    assert (under_way["done"], under_way["of"]) == (0, 2)
    assert done["run"] == run == f"/api/v1/runs/{done['result']['run']}"
    assert api.get("/jobs")["items"][0]["run"] == run
    found = api.get(run.removeprefix("/api/v1"))
    assert (found["run"], found["activation"], found["added"]) == (done["result"]["run"], "main", 2)
    assert api("GET", "/runs/999").status_code == 404
    assert api.get("/activations/main")["progress"] is None
    assert api.finished(api("POST", "/activations/main/plans"))["run"] is None


def test_a_run_that_the_schedule_began_is_under_way_too(api: Api) -> None:
    api.world.write(emails("ann", "bob", "cem"))
    seen: list[Any] = []

    def look() -> None:
        seen.append(api.get("/activations/main")["progress"])
        assert api.get(seen[-1]["run"].removeprefix("/api/v1"))["state"] == "syncing"

    api.world.hooks.before = look
    result = api.world.sync()
    assert seen == [
        {
            "job": None, "run": f"/api/v1/runs/{result.run}", "state": "working", "what": "sending to LinkedIn",
            "done": 0, "of": 3,
        }
    ]  # fmt: skip
    assert api.get("/activations/main")["progress"] is None


def test_a_trial_of_what_cannot_be_says_where(api: Api) -> None:
    def tried(**settings: Any) -> Any:
        body = {
            "settings": {"audience_key": "k", "action": "add", **settings},
            "event": {"type": "track", "event": "x"},
        }
        return api("POST", "/event-trials", body)

    for key, odd in (
        ("mapping", {"email": None}),
        ("mapping", {"": False}),
        ("mapping", 5),
        ("mapping", [1]),
        ("audience_key", 5),
        ("audience_key", " "),
        ("action", ["add"]),
        ("trigger", 5),
    ):
        assert problem(tried(**{key: odd}), 422)["place"][0] == key, odd
    assert tried(mapping={"email": "traits.mail"}).json()["verdict"] == "ignored", "one source needs no list"
