"""Every operation of the API asked for what is there, with a body that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from guestlist.app import connection
from tests.web.apikit import BACK
from tests.web.stage import CSV, EVENTS, Stage, of_acme, of_filed, of_main, of_people
from tests.world import ACCOUNT

LIST = {"audience": "people", "destination": "acme", "mapping": {"email": ["email"]}}


@dataclass(frozen=True)
class Asked:
    """``raw``: the body is a file."""

    path: str
    body: Any = None
    raw: str = ""


Recipe = Callable[[Stage, str], Asked]  # the second: the name that whoever asks has in the log


def recipe(operation: str) -> Recipe:
    """A path without parameters needs nothing to be there."""
    method, path = operation.split()
    if operation in _RECIPES:
        return _RECIPES[operation]
    assert method == "GET", f"{operation}: say what is asked for"
    assert "{" not in path, f"{operation}: say of what"
    return lambda _stage, _who: Asked(path)


def _of(path: str, name: Callable[[Stage], Any], body: Any = None) -> Recipe:
    return lambda stage, _who: Asked(path.format(name(stage)), body(stage) if callable(body) else body)


def _consent(stage: Stage, who: str, destination: str = "") -> dict[str, str]:
    """What a browser comes back with that this token sent to LinkedIn."""
    app = stage.by(who)
    if destination:
        address, _ = connection.begin_consent(app, stage.configuration.current(), destination, BACK)
    else:
        address, _ = connection.begin(app, BACK)
    back = stage.world.consent(address)
    return {"code": back["code"], "state": back["state"], "redirect_url": BACK}


def _code(stage: Stage, who: str) -> Asked:
    name = stage.destination()
    return Asked(f"/destinations/{name}/authorization/code", _consent(stage, who, name))


def _named(kind: str, **settings: Any) -> Callable[[Stage], Any]:
    return lambda stage: {"name": stage.new(kind), **({"settings": settings} if settings else {})}


def _connected(stage: Stage, who: str) -> Asked:
    body = {"name": stage.new("destination"), "settings": {"ad_account": ACCOUNT}}
    return Asked(f"/sign-ins/{stage.sign_in(who)}/destinations", body)


def _file(stage: Stage, _who: str) -> Asked:
    return Asked("/configuration/apply", yaml.safe_dump(stage.world.yaml).encode(), "application/yaml")


def _with_app(path: str, body: Any = None) -> Recipe:
    def asked(stage: Stage, _who: str) -> Asked:
        stage.linkedin_app()
        return Asked(path, body)

    return asked


def _bytes(path: str) -> Recipe:
    return lambda stage, _who: Asked(path.format(stage.new("list")), CSV, "application/octet-stream")


_RECIPES: dict[str, Recipe] = {
    "POST /destinations": _of("/destinations", of_acme, _named("destination", ad_account=ACCOUNT)),
    "GET /destinations/{name}": _of("/destinations/{}", of_acme),
    "PUT /destinations/{name}": _of("/destinations/{}", Stage.destination, {"settings": {"ad_account": ACCOUNT}}),
    "PATCH /destinations/{name}": _of("/destinations/{}", Stage.destination, {"settings": {"description": "x"}}),
    "DELETE /destinations/{name}": _of("/destinations/{}", Stage.destination),
    "POST /destinations/{name}/rename": _of("/destinations/{}/rename", Stage.destination, _named("destination")),
    "POST /destinations/{name}/take-over": _of("/destinations/{}/take-over", of_filed),
    "POST /destinations/{name}/authorization": _of(
        "/destinations/{}/authorization", Stage.destination, {"redirect_url": BACK}
    ),
    "POST /destinations/{name}/authorization/code": _code,
    "POST /destinations/{name}/authorization/reuse": _of(
        "/destinations/{}/authorization/reuse", Stage.destination, {"destination": "acme"}
    ),
    "POST /destinations/{name}/token": _of(
        "/destinations/{}/token", Stage.destination, lambda stage: stage.world.emulator.control.token()
    ),
    "POST /destinations/{name}/checks": _of("/destinations/{}/checks", of_acme),
    "GET /destinations/{name}/ad-accounts": _of("/destinations/{}/ad-accounts", of_acme),
    "GET /destinations/{name}/events": _of("/destinations/{}/events", of_acme),
    "GET /destinations/{name}/runs": _of("/destinations/{}/runs", of_acme),
    "POST /sign-ins": _of("/sign-ins", of_acme, {"redirect_url": BACK}),
    "POST /sign-ins/code": lambda stage, who: Asked("/sign-ins/code", _consent(stage, who)),
    "POST /sign-ins/reuse": _of("/sign-ins/reuse", of_acme, {"destination": "acme"}),
    "GET /sign-ins/{handle}": lambda stage, who: Asked(f"/sign-ins/{stage.sign_in(who)}"),
    "POST /sign-ins/{handle}/destinations": _connected,
    "POST /audiences": _of("/audiences", of_people, _named("audience", **EVENTS)),
    "GET /audiences/{name}": _of("/audiences/{}", of_people),
    "GET /audiences/{name}/sample": _of("/audiences/{}/sample", of_people),
    "PUT /audiences/{name}": _of("/audiences/{}", Stage.audience, {"settings": EVENTS}),
    "PATCH /audiences/{name}": _of("/audiences/{}", Stage.audience, {"settings": {}}),
    "DELETE /audiences/{name}": _of("/audiences/{}", Stage.uploaded_audience),
    "POST /audiences/{name}/take-over": _of("/audiences/{}/take-over", of_filed),
    "GET /audiences/{name}/live": _of("/audiences/{}/live", Stage.audience),
    "GET /audiences/{name}/columns": _of("/audiences/{}/columns", of_people),
    "POST /audiences/{name}/mapping-trials": _of("/audiences/{}/mapping-trials", of_people, {}),
    "GET /audiences/{name}/last-event": _of("/audiences/{}/last-event", Stage.audience),
    "GET /uploads/{name}": _of("/uploads/{}", Stage.upload),
    "PUT /uploads/{name}": _bytes("/uploads/{}?file_name=list.csv"),
    "DELETE /uploads/{name}": _of("/uploads/{}", Stage.upload),
    "POST /event-trials": _of(
        "/event-trials", of_main, {"settings": {"audience_key": "x"}, "event": {"type": "track", "event": "x"}}
    ),
    "POST /plans": _of("/plans", of_main, _named("activation", **LIST)),
    "POST /activations": _of("/activations", of_main, _named("activation", **LIST)),
    "POST /activation-sets": _of(
        "/activation-sets", of_main, lambda stage: {"activations": [_named("activation", **LIST)(stage)]}
    ),
    "GET /activations/{name}": _of("/activations/{}", of_main),
    "PUT /activations/{name}": _of("/activations/{}", Stage.activation, {"settings": LIST}),
    "PATCH /activations/{name}": _of("/activations/{}", Stage.activation, {"settings": {"mode": "add_only"}}),
    "DELETE /activations/{name}": _of("/activations/{}", Stage.activation),
    "POST /activations/{name}/take-over": _of("/activations/{}/take-over", of_filed),
    "POST /activations/{name}/pause": _of("/activations/{}/pause", Stage.activation),
    "POST /activations/{name}/resume": _of("/activations/{}/resume", Stage.activation),
    "POST /activations/{name}/rename": _of("/activations/{}/rename", Stage.activation, _named("activation")),
    "POST /activations/{name}/plans": _of("/activations/{}/plans", Stage.activation),
    "POST /activations/{name}/syncs": _of("/activations/{}/syncs", Stage.activation),
    **{
        f"GET /activations/{{name}}/{each}": _of(f"/activations/{{}}/{each}", of_main)
        for each in ("runs", "events", "rejected", "growth", "counts", "removals", "mapping", "audit")
    },
    "POST /activations/{name}/explain": _of("/activations/{}/explain", of_main, {"value": "ann@example.com"}),
    "PUT /activations/{name}/mapping": _of(
        "/activations/{}/mapping", Stage.activation, {"mapping": {"email": ["email"]}}
    ),
    "POST /activations/{name}/duplicates": _of("/activations/{}/duplicates", Stage.activation, _named("activation")),
    "GET /runs/{number}": _of("/runs/{}", lambda _stage: 1),
    "GET /jobs/{number}": _of("/jobs/{}", Stage.job),
    "GET /receipts/{number}": _of("/receipts/{}", Stage.receipt),
    "POST /receipts": _of("/receipts", of_main, {"values": ["gone@example.org"]}),
    "POST /receipts/undo": _of("/receipts/undo", of_main, {"values": ["gone@example.org"]}),
    "POST /receipts/{number}/undo": _of("/receipts/{}/undo", Stage.receipt),
    "POST /suppression-lists": _bytes("/suppression-lists?file_name=list.csv"),
    "GET /suppression-lists/{number}": _of("/suppression-lists/{}", Stage.suppression_list),
    "DELETE /suppression-lists/{number}": _of("/suppression-lists/{}", Stage.suppression_list),
    "POST /suppression-lists/{number}/survey": _of(
        "/suppression-lists/{}/survey", Stage.suppression_list, {"column": "email"}
    ),
    "POST /suppression-lists/{number}/forget": _of(
        "/suppression-lists/{}/forget", Stage.suppression_list, {"column": "email"}
    ),
    "POST /write-keys": _of("/write-keys", of_main, _named("key")),
    "DELETE /write-keys/{name}": _of("/write-keys/{}", Stage.key),
    "POST /users": _of("/users", of_main, lambda stage: {"name": stage.new("user"), "role": "Analyst"}),
    "GET /users/{name}": _of("/users/{}", Stage.user),
    "PATCH /users/{name}": _of("/users/{}", Stage.user, {"role": "Marketer"}),
    "POST /users/{name}/link": _of("/users/{}/link", Stage.user),
    "POST /tokens": _of("/tokens", of_main, lambda stage: {"name": stage.new("token"), "role": "Analyst"}),
    "DELETE /tokens/{name}": _of("/tokens/{}", Stage.token),
    "PUT /linkedin-app": _with_app("/linkedin-app", {"client_id": "another", "client_secret": "and-its-secret"}),
    "DELETE /linkedin-app": _with_app("/linkedin-app"),
    "POST /encryption/seal": _of("/encryption/seal", of_main, {}),
    "GET /settings/{name}": _of("/settings/{}", lambda _stage: "limits"),
    "PUT /settings/{name}": _of("/settings/{}", lambda _stage: "retention", {"settings": {"runs": "40d"}}),
    "DELETE /settings/{name}": _of("/settings/{}", lambda stage: stage.setting("retention", {"runs": "50d"})),
    "POST /settings/notify/test": _of("/settings/notify/test", of_main),
    "POST /settings/{name}/take-over": _of("/settings/{}/take-over", lambda _stage: "limits"),
    "POST /configuration/apply": _file,
}
