"""Versions: whatever edits an object that comes with an ETag takes it back, on every route there is."""

from __future__ import annotations

from typing import Any

import pytest

from guestlist.core.permissions import Role
from guestlist.web.api.api import _NOUNS
from guestlist.web.api.route import PREFIX, ApiRoute
from tests.web.apikit import BACK, EVENTS, Api, problem
from tests.world import ACCOUNT, emails

MAKES = "it makes something, or asks for work on nothing in particular"
LOOKS = "it only looks"
PLAIN = "what it is about cannot be edited and has no ETag"
WITHOUT = {
    "POST /destinations": MAKES,
    "POST /destinations/{name}/authorization": "it only begins a sign-in; what that brings is checked against the ETag",
    "POST /destinations/{name}/checks": LOOKS,
    "POST /sign-ins": MAKES,
    "POST /sign-ins/code": MAKES,
    "POST /sign-ins/reuse": MAKES,
    "POST /sign-ins/{handle}/destinations": MAKES,
    "POST /audiences": MAKES,
    "POST /audiences/{name}/mapping-trials": LOOKS,
    "POST /activations": MAKES,
    "POST /activation-sets": MAKES,
    "POST /activations/{name}/duplicates": MAKES,
    "POST /activations/{name}/plans": LOOKS,
    "POST /activations/{name}/explain": LOOKS,
    "POST /plans": LOOKS,
    "POST /event-trials": LOOKS,
    "POST /receipts": MAKES,
    "POST /receipts/undo": MAKES,
    "POST /receipts/{number}/undo": PLAIN,
    "POST /suppression-lists": MAKES,
    "DELETE /suppression-lists/{number}": PLAIN,
    "POST /suppression-lists/{number}/survey": LOOKS,
    "POST /suppression-lists/{number}/forget": PLAIN,
    "POST /users": MAKES,
    "POST /tokens": MAKES,
    "DELETE /tokens/{name}": PLAIN,
    "POST /write-keys": MAKES,
    "DELETE /write-keys/{name}": PLAIN,
    "POST /encryption/seal": MAKES,
    "POST /settings/notify/test": "it sends a notice and changes nothing",
    "POST /configuration/apply": "a whole file; `dry_run` shows what it would change",
}
OF_DESTINATION = {"ad_account": ACCOUNT}
LIST = {"audience": "people", "destination": "acme"}
BODIES: dict[str, Any] = {
    "PUT /destinations/{name}": {"settings": OF_DESTINATION},
    "PATCH /destinations/{name}": {"settings": {}},
    "POST /destinations/{name}/rename": {"name": "another"},
    "POST /destinations/{name}/authorization/code": {"code": "x", "state": "y", "redirect_url": BACK},
    "POST /destinations/{name}/authorization/reuse": {"destination": "acme"},
    "POST /destinations/{name}/token": {"access_token": "x"},
    "PUT /audiences/{name}": {"settings": EVENTS},
    "PATCH /audiences/{name}": {"settings": {}},
    "PUT /activations/{name}": {"settings": LIST},
    "PATCH /activations/{name}": {"settings": {}},
    "PUT /activations/{name}/mapping": {"mapping": {"email": ["email"]}},
    "POST /activations/{name}/rename": {"name": "another"},
    "POST /activations/{name}/syncs": {"resend": True},
    "PATCH /users/{name}": {"role": "Analyst"},
    "PUT /settings/{name}": {"settings": {"mappings_per_destination": 5}},
    "PUT /linkedin-app": {"client_id": "another", "client_secret": "s3cret"},
}
NAMES = {"destinations": "acme", "audiences": "people", "activations": "main", "users": "ben", "settings": "limits"}
EDITS = {
    f"{method} {route.path.removeprefix(PREFIX)}": route
    for noun in _NOUNS
    for route in noun.router.routes
    if isinstance(route, ApiRoute)
    for method in route.methods
    if method != "GET"
}


def takes_it(route: ApiRoute) -> bool:
    return "if-match" in {each.alias for each in route.dependant.header_params}


def at(operation: str) -> tuple[str, str]:
    method, path = operation.split()
    section = path.split("/")[1]
    address = path.replace("{name}", NAMES.get(section, "customers"))
    return method, f"{address}?file_name=customers.csv" if operation == "PUT /uploads/{name}" else address


def asked(api: Api, operation: str, **headers: str) -> Any:
    method, address = at(operation)
    if operation == "PUT /uploads/{name}":
        return api(method, address, b"email\na@example.com\n", content_type="application/octet-stream", **headers)
    return api(method, address, BODIES.get(operation), **headers)


@pytest.fixture
def furnished(api: Api) -> Api:
    """One of everything that has an ETag."""
    api.world.write(emails("ann", "bob"))
    api.make_token("other", Role.ANALYST)
    api("POST", "/users", {"name": "ben", "role": "Analyst"})
    api("PUT", "/uploads/customers?file_name=c.csv", b"email\na@example.com\n", content_type="application/octet-stream")
    api("PUT", "/settings/limits", {"settings": {"mappings_per_destination": 9}}, if_match='"unset"')
    return api


def test_every_edit_takes_the_version_or_says_why_not() -> None:
    without = {operation for operation, route in EDITS.items() if not takes_it(route)}
    assert without == set(WITHOUT)
    for operation, route in EDITS.items():
        answers = set(route.openapi_extra["responses"]) if route.openapi_extra else set()
        assert ("412" in answers) == takes_it(route), operation
        assert ("428" in answers) == (takes_it(route) and not operation.startswith("POST")), operation


def test_an_older_version_is_refused_everywhere_and_nothing_is_changed(furnished: Api) -> None:
    before = furnished.get("/audit?limit=200")["items"]
    for operation in sorted(set(EDITS) - set(WITHOUT) - {"DELETE /linkedin-app"}):
        refused = problem(asked(furnished, operation, if_match='"old"'), 412)
        assert "look at it again" in refused["detail"], operation
    assert furnished.get("/audit?limit=200")["items"] == before
    assert furnished.get("/jobs")["items"] == []


def test_without_a_version_what_overwrites_is_refused_and_what_decides_is_not(furnished: Api) -> None:
    for operation in sorted(set(EDITS) - set(WITHOUT) - {"DELETE /linkedin-app"}):
        done = asked(furnished, operation)
        assert (done.status_code == 428) == (not operation.startswith("POST")), (operation, done.text)


def test_the_version_that_was_read_is_taken_once(api: Api) -> None:
    api.world.write(emails("ann", "bob"))
    api.make("activations", "mine", LIST)
    where = "/activations/mine"
    read = api.tag(where)
    paused = api("POST", f"{where}/pause", if_match=read)
    assert (paused.status_code, paused.json()["settings"]["enabled"]) == (200, False)
    problem(api("POST", f"{where}/resume", if_match=read), 412)
    resumed = api("POST", f"{where}/resume", if_match=paused.headers["etag"])
    assert resumed.json()["settings"]["enabled"]
    for stale in (read, paused.headers["etag"]):
        problem(api("POST", f"{where}/rename", {"name": "ours"}, if_match=stale), 412)
        problem(api("POST", f"{where}/syncs", {"new_snapshot": True}, if_match=stale), 412)
    assert api("POST", f"{where}/syncs", if_match=resumed.headers["etag"]).status_code == 202
    assert api("POST", f"{where}/rename", {"name": "ours"}, if_match="*").json()["name"] == "ours"
