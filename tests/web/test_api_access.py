"""Who may what: every operation, every role, every way a token can be narrowed down."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from guestlist.core.permissions import ACTIVATE, CONNECT, HOLDS, Permission, Role
from guestlist.web.api.api import _NOUNS
from guestlist.web.api.needs import NEEDS
from guestlist.web.api.route import PREFIX, ApiRoute
from tests.web.apikit import EVENTS, STREAM, Api, problem
from tests.web.asking import Asked, recipe
from tests.web.browser import Browser
from tests.web.stage import Stage, staged
from tests.world import emails

ROUTES = [route for noun in _NOUNS for route in noun.router.routes if isinstance(route, ApiRoute)]
OPERATIONS = [f"{next(iter(route.methods))} {route.path.removeprefix(PREFIX)}" for route in ROUTES]

# What the requirements say, written again: an operation moved by mistake is seen here.
ANYBODY = {
    "GET /destinations",
    "GET /destinations/{name}",
    "GET /destinations/{name}/events",
    "GET /destinations/{name}/runs",
    "GET /audiences",
    "GET /audiences/{name}",
    "GET /audiences/{name}/sample",
    "GET /activations",
}
ANYBODY |= {
    "GET /activations/{name}",
    "GET /activations/{name}/runs",
    "GET /activations/{name}/events",
    "GET /runs",
    "GET /runs/{number}",
}
ANYBODY |= {
    "GET /home",
    "GET /needs",
    "GET /dates",
    "GET /activations/{name}/growth",
    "GET /activations/{name}/counts",
    "GET /activations/{name}/mapping",
    "GET /audiences/{name}/live",
    "GET /audiences/{name}/columns",
    "GET /uploads",
    "GET /uploads/{name}",
    "GET /events",
    "POST /event-trials",
    "GET /event-trials/sample",
    "GET /jobs",
    "GET /jobs/{number}",
}
ADMINISTRATORS = (
    "/users",
    "/roles",
    "/tokens",
    "/write-keys",
    "/settings",
    "/linkedin-app",
    "/encryption",
    "/retention",
    "/configuration",
    "/audit",
)


def expected(operation: str, role: Role) -> bool:
    method, path = operation.split()
    if role is Role.ADMINISTRATOR or operation in ANYBODY:
        return True
    if (
        path.startswith(ADMINISTRATORS)
        or path.endswith(("/audit", "/ad-accounts"))
        or path.startswith("/sign-ins")
        or (path.startswith("/destinations") and method != "GET")
    ):
        return False
    return role is Role.MARKETER


def test_every_operation_is_in_the_table_and_nothing_else() -> None:
    assert sorted(OPERATIONS) == sorted(NEEDS)
    assert len(OPERATIONS) == len(set(OPERATIONS))
    assert all(need.administrator or need.permissions for need in NEEDS.values())


def test_connecting_and_activating_need_what_they_are_said_to_need() -> None:
    for operation, need in NEEDS.items():
        method, path = operation.split()
        if path.startswith("/sign-ins") or (method != "GET" and path.startswith("/destinations")):
            assert set(need.permissions) == set(CONNECT)
        if method != "GET" and path.startswith("/activations") and not path.endswith(("/plans", "/explain")):
            assert set(need.permissions) == set(ACTIVATE)


def test_an_operation_that_is_not_in_the_table_cannot_be() -> None:
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
    with pytest.raises(KeyError):
        app.router.add_api_route(f"{PREFIX}/more", lambda: None, methods=["GET"], route_class_override=ApiRoute)


@pytest.fixture
def stage(tmp_path: Path, logged: list[Any]) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


@pytest.fixture
def doors(stage: Stage) -> Iterator[Api]:
    """The API of a stage where all that may be asked for is there."""
    made = Api(stage.world)
    yield made
    made.close()


AT_LINKEDIN = ("/destinations", "/sign-ins", "/linkedin-app")  # needs a connection that works, or takes it away


def wanted(stage: Stage, operation: str, who: str) -> Asked:
    """What is there, as ``who`` would ask for it."""
    if operation.split()[1].startswith(AT_LINKEDIN):
        stage.ready()
    return recipe(operation)(stage, f"token {who}")


def asked(doors: Api, operation: str, of: Asked, token: str | None) -> Any:
    method, headers = operation.split(maxsplit=1)[0], {"content_type": of.raw} if of.raw else {}
    if method in ("PUT", "PATCH", "DELETE"):
        headers["if_match"] = "*"
    return doors(method, of.path, of.body, token=token, **headers)


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_what_is_there_or_is_told_what_is_missing(stage: Stage, doors: Api, role: Role) -> None:
    token = doors.make_token("them", role)
    for operation in OPERATIONS:
        done = asked(doors, operation, wanted(stage, operation, "them"), token)
        if expected(operation, role):
            assert done.is_success, (operation, done.text)
            continue
        refused = problem(done, 403)
        assert refused["permission"] == lacking(operation, HOLDS[role]), operation
        assert refused["permission"] in refused["detail"]
        assert "An Administrator can make a token with it under Settings, API tokens." in refused["detail"]


def lacking(operation: str, held: Collection[Permission]) -> str:
    """The first that is missing."""
    need = NEEDS[operation]
    return "Administrator" if need.administrator else next(each for each in need.permissions if each not in held)


OF_WHAT_IS_THERE = {"GET /jobs/{number}": (Permission.VIEW_SEGMENTS,)}  # the job is one of an activation


def test_a_token_with_just_them_gets_what_is_there(stage: Stage, doors: Api) -> None:
    tokens: dict[tuple[Permission, ...], tuple[str, str]] = {}
    for operation in OPERATIONS:
        need = NEEDS[operation]
        if need.administrator:
            continue
        held = (*need.permissions, *OF_WHAT_IS_THERE.get(operation, ()))
        if held not in tokens:
            name = f"t{len(tokens)}"
            tokens[held] = name, doors.make_token(name, Role.ADMINISTRATOR, list(held))
        who, token = tokens[held]
        done = asked(doors, operation, wanted(stage, operation, who), token)
        assert done.is_success, (operation, done.text)


def test_without_one_of_them_without_the_role_or_without_a_token_nobody_gets_it(stage: Stage, doors: Api) -> None:
    """Of what is there; the refusal names what is missing."""
    there = {operation: wanted(stage, operation, "narrow") for operation in OPERATIONS}
    for missing in Permission:
        held = [each for each in Permission if each != missing]
        token = doors.make_token(missing.replace(" ", "-"), Role.ADMINISTRATOR, held)
        for operation, of in there.items():
            need = NEEDS[operation]
            if need.administrator or missing in need.permissions:
                refused = problem(asked(doors, operation, of, token), 403)
                assert refused["permission"] == ("Administrator" if need.administrator else missing), operation
    for operation, of in there.items():
        assert asked(doors, operation, of, None).status_code == 401, operation


MEMBERS_NOWHERE = (  # without View Profiles
    "/activations",
    "/activations/main",
    "/activations/main/runs",
    "/destinations/acme/runs",
    "/runs",
    "/jobs",
    "/needs",
    "/home",
)


# ── what one operation hides from some ───────────────────────────────────────────────────────────────────────────
def test_members_are_for_those_who_may_see_them(api: Api) -> None:
    analyst = api.make_token("ana", Role.ANALYST)
    api.world.write(emails(*(f"m{n}" for n in range(20))))
    api.finished(api("POST", "/activations/main/syncs"))
    api.world.write(emails("m1"))
    waiting = api("POST", "/activations/main/syncs")
    planned = api("POST", "/activations/main/plans")
    api.work()
    for accepted, within in ((waiting, "result"), (planned, "guard")):
        where = accepted.headers["location"].removeprefix("/api/v1")
        for token, seen in (("", True), (analyst, False)):
            result = api.get(where, token=token)["result"]
            found = result if within == "result" else result["guard"]
            assert bool(found["who"]) is seen
            listed = next(
                each for each in api.get("/jobs", token=token)["items"] if each["id"] == accepted.json()["id"]
            )
            assert listed["result"] == result
    number = waiting.json()["id"]
    names = api.get("/activations/main")["status"]["who"]
    assert len(names) == 10
    for path in (*MEMBERS_NOWHERE, f"/jobs/{number}", f"/jobs/{planned.json()['id']}"):
        for token in (analyst, api.token):
            done = api("GET", path, token=token)
            assert done.status_code == 200, path
            assert "it would remove 19 of 20" in done.text, "it says why nothing is sent"
            if token == analyst:
                assert not any(name in done.text for name in names), path
    assert api.get("/activations/main")["status"]["who"]
    assert api.get("/activations/main", token=analyst)["status"]["who"] == []
    assert api.get("/activations", token=analyst)["items"][0]["status"]["who"] == []
    assert all(run["who"] == [] for run in api.get("/runs", token=analyst)["items"])


def test_domains_of_companies_are_for_those_who_may_see_members(api: Api) -> None:
    analyst = api.make_token("ana", Role.ANALYST)
    api.world.yaml["audiences"]["people"]["members"] = "companies"
    api.world.activation(mapping={"companyWebsiteDomain": "web"}, derive=False)
    api.world.open()  # writes its file
    api.world.write([{"web": f"c{n}.example"} for n in range(20)])
    api.finished(api("POST", "/activations/main/syncs"))
    api.world.write([{"web": "c1.example"}])
    accepted = [api("POST", f"/activations/main/{what}").json()["id"] for what in ("syncs", "plans")]
    api.work()
    assert all(name.endswith(".example") for name in api.get("/activations/main")["status"]["who"])
    for path in (*MEMBERS_NOWHERE, *(f"/jobs/{number}" for number in accepted)):
        assert ".example" not in api("GET", path, token=analyst).text, path


def test_jobs_of_activations_are_for_those_who_may_see_activations(api: Api) -> None:
    narrow = api.make_token("narrow", Role.ADMINISTRATOR, [Permission.VIEW_DESTINATIONS])
    api.world.write(emails("a"))
    made = {"name": "x", "settings": {"audience": "people", "destination": "acme"}}
    asked = [api("POST", f"/activations/main/{what}") for what in ("syncs", "plans")]
    asked.append(api("POST", "/plans", made))
    check = api("POST", "/destinations/acme/checks").json()["id"]
    assert [each["id"] for each in api.get("/jobs", token=narrow)["items"]] == [check]
    assert api.get(f"/jobs/{check}", token=narrow)["kind"] == "check"
    for each in asked:
        refused = problem(api("GET", f"/jobs/{each.json()['id']}", token=narrow), 403)
        assert refused["permission"] == "View Segments"


def test_forgetting_is_nobody_elses_business(api: Api) -> None:
    analyst = api.make_token("ana", Role.ANALYST)
    number = api("POST", "/receipts", {"values": ["a@example.com"]}).json()["id"]
    problem(api("GET", f"/jobs/{number}", token=analyst), 404)
    assert api.get("/jobs", token=analyst)["items"] == []
    assert [each["id"] for each in api.get("/jobs")["items"]] == [number]


def test_files_of_the_server_are_an_administrators_to_name(api: Api) -> None:
    marketer = api.make_token("moe", Role.MARKETER)
    body = {"name": "x", "settings": {"members": "people", "source": {"file": "/etc/passwd"}}}
    assert problem(api("POST", "/audiences", body, token=marketer), 403)["permission"] == "Administrator"
    api.make("audiences", "leads", EVENTS, token=marketer)
    patch: Any = {"settings": {"source": {"events": None, "file": "/etc/passwd"}}}
    tag = api.tag("/audiences/leads")
    problem(api("PATCH", "/audiences/leads", patch, token=marketer, if_match=tag), 403)
    api.world.write(emails("a"))
    patch["settings"]["source"]["file"] = "people.csv"
    assert api("PATCH", "/audiences/leads", patch, if_match=tag).status_code == 200


def test_an_audience_of_a_file_of_the_server_is_an_administrators_to_take_over(api: Api) -> None:
    api.world.write(emails("a"))
    marketer = api.make_token("moe", Role.MARKETER)
    assert problem(api("POST", "/audiences/people/take-over", token=marketer), 403)["permission"] == "Administrator"
    assert api.get("/audiences/people")["origin"] == "file"
    assert api("POST", "/activations/main/take-over", token=marketer).status_code == 200
    assert api("POST", "/audiences/people/take-over").json()["origin"] == "pages"


PRIMARY = {"email": ["email"], "primaryId": ["id"]}
ONE = {"audience": "people", "destination": "acme", "mapping": PRIMARY}
CHOOSING: dict[str, Any] = {  # every operation that may choose whom a member is, with a body that does
    "POST /activations": {"name": "x", "settings": ONE},
    "POST /activation-sets": {"activations": [{"name": "x", "settings": ONE}]},
    "PUT /activations/{name}": {"settings": ONE},
    "PATCH /activations/{name}": {"settings": {"mapping": PRIMARY}},
    "PUT /activations/{name}/mapping": {"mapping": PRIMARY},
    "POST /audiences/{name}/mapping-trials": {"mapping": PRIMARY},
    "POST /plans": {"name": "x", "settings": ONE},
}
ELSE = {"POST /event-trials", "POST /configuration/apply"}  # shows whoever asks their own event; an Administrator's


def test_every_operation_that_takes_a_mapping_is_among_those_that_choose(api: Api) -> None:
    document = Browser(api.web).get("/openapi.json").response.json()
    taking = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith(PREFIX) and takes_mapping(document, operation.get("requestBody", {})):
                taking.add(f"{method.upper()} {path.removeprefix(PREFIX)}")
    assert taking - ELSE <= set(CHOOSING)
    assert set(CHOOSING) - taking <= {"PATCH /activations/{name}"}  # described as any keys


def takes_mapping(document: Any, node: Any) -> bool:
    """Whether a body may say ``mapping``, at any depth."""
    if isinstance(node, list):
        return any(takes_mapping(document, each) for each in node)
    if not isinstance(node, dict):
        return False
    if "$ref" in node:
        return takes_mapping(document, document["components"]["schemas"][node["$ref"].rpartition("/")[2]])
    return "mapping" in node.get("properties", {}) or any(takes_mapping(document, each) for each in node.values())


@pytest.mark.parametrize("operation", CHOOSING)
def test_primary_ids_need_the_identity_graph(api: Api, operation: str) -> None:
    """ADOBE-10, ADOBE-33: refused with the permission's name and with who can grant it; with it the same is done."""
    api.world.write([{"email": "a@example.com", "id": "1"}])
    narrow = api.make_token("narrow", Role.MARKETER, sorted(HOLDS[Role.MARKETER] - {Permission.VIEW_IDENTITY_GRAPH}))
    theirs = api.make_token("whole", Role.MARKETER)
    api.make("activations", "mine", {**ONE, "mapping": {"email": ["email"]}})
    name = "people" if "/audiences/" in operation else "mine"
    method, path = operation.split()

    def asked(token: str) -> Any:
        match = {"if_match": api.tag("/activations/mine")} if method in ("PUT", "PATCH") else {}
        return api(method, path.replace("{name}", name), CHOOSING[operation], token=token, **match)

    refused = problem(asked(narrow), 403)
    assert refused["permission"] == Permission.VIEW_IDENTITY_GRAPH
    assert "it needs View Identity Graph, which the roles Administrator and Marketer have" in refused["detail"]
    assert "An Administrator can make a token with it under Settings, API tokens." in refused["detail"]
    assert api.get("/activations/mine")["settings"]["mapping"] == {"email": ["email"]}
    assert api("GET", "/activations/x").status_code == 404
    assert asked(theirs).is_success


def test_who_may_not_choose_primary_ids_may_do_everything_else_with_them(api: Api) -> None:
    narrow = api.make_token("narrow", Role.MARKETER, list(ACTIVATE))
    api.make("activations", "x", ONE)
    assert api("POST", "/activations/x/pause", token=narrow).status_code == 200
    copied = api("POST", "/activations/x/duplicates", {"name": "copy"}, token=narrow)
    assert (copied.status_code, copied.json()["settings"]["mapping"]) == (201, {"email": ["email"]})
    same = {"settings": {"mapping": {**PRIMARY, "firstName": ["name"]}}}
    assert api("PATCH", "/activations/x", same, token=narrow, if_match=api.tag("/activations/x")).status_code == 200


def test_a_disabled_right_counts_at_once(api: Api) -> None:
    """What a role holds is asked each time: nothing is remembered with a token."""
    token = api.make_token("moe", Role.MARKETER)
    api.make("audiences", "leads", EVENTS)
    assert api("POST", "/activations", {"name": "l", "settings": STREAM}, token=token).status_code == 201
    api("DELETE", "/tokens/moe")
    problem(api("POST", "/activations/l/pause", token=token), 401)
    assert HOLDS[Role.ANALYST] < HOLDS[Role.MARKETER] < HOLDS[Role.ADMINISTRATOR]
