"""Every page asked for what is there, with a form that it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guestlist.app import connection, declared, drafts
from guestlist.core.permissions import Person
from guestlist.web.pages.book import Page
from tests.web.stage import CSV, Stage, of_acme, of_filed, of_main
from tests.world import ACCOUNT

PASSWORD = "four words that nobody guesses"
Fields = list[tuple[str, str]]


@dataclass(frozen=True)
class Pressed:
    """``file``: the form brings it."""

    path: str
    fields: Any = ()
    file: bytes | None = None


Recipe = Callable[[Stage, Person], Pressed]


def recipe(page: Page) -> Recipe:
    """A path without parameters needs nothing to be there."""
    known = f"{page.method} {page.path}"
    if known in _RECIPES:
        return _RECIPES[known]
    assert page.method == "GET", f"{known}: say what is filled in"
    assert "{" not in page.path, f"{known}: say of what"
    return lambda _stage, _by: Pressed(page.path)


def _at(path: str, name: Callable[[Stage], Any] | None = None, **fields: str) -> Recipe:
    return lambda stage, _by: Pressed(path.format("" if name is None else name(stage)), [*fields.items()])


def _changed(section: Any, path: str, name: Callable[[Stage], str], /, **fields: str) -> Recipe:
    """With the version that was read; braces in a field stand for its name."""

    def pressed(stage: Stage, _by: Person) -> Pressed:
        which = name(stage)
        version = declared.get(stage.app, stage.configuration, section, which).version
        filled = [(key, value.format(which)) for key, value in fields.items()]
        return Pressed(path.format(which), [*filled, ("version", str(version or ""))])

    return pressed


def _named(path: str, kind: str, **fields: str) -> Recipe:
    return lambda stage, _by: Pressed(path, [("name", stage.new(kind)), *fields.items()])


def _brought(path: str, name: Callable[[Stage], Any] | None = None) -> Recipe:
    def pressed(stage: Stage, _by: Person) -> Pressed:
        where = path.format("" if name is None else name(stage))
        return Pressed(where, [("name", stage.new("list")), ("members", "")], CSV)

    return pressed


def _signing_in(path: str, *, query: bool = False, named: bool = True) -> Recipe:
    """On the way from LinkedIn to a destination."""

    def pressed(stage: Stage, by: Person) -> Pressed:
        where = path.format(stage.sign_in(by.name))
        fields = [("name", stage.new("destination")), ("ad_account", str(ACCOUNT)), ("send_email", "yes")]
        if query:
            return Pressed(where + "?" + "&".join(f"{key}={value}" for key, value in fields))
        return Pressed(where, fields if named else ())

    return pressed


def _back(stage: Stage, by: Person) -> Pressed:
    address, _ = connection.begin(stage.by(by.name), "http://127.0.0.1:8000/linkedin/callback")
    return Pressed("/linkedin/callback?code={code}&state={state}".format(**stage.world.consent(address)))


def _draft(path: str, audience: Callable[[Stage], str] = lambda _stage: "people", **fields: str) -> Recipe:
    return lambda stage, by: Pressed(path.format(stage.draft(by, audience(stage))), [*fields.items()])


def _planned(stage: Stage, by: Person) -> Pressed:
    number = stage.draft(by)
    drafts.ask_plan(stage.app, stage.configuration, by, drafts.get(stage.app, by, number))
    return Pressed(f"/activate/{number}/plan")


def _user(what: str, **fields: str) -> Recipe:
    return _at(f"/settings/users/{{}}/{what}", Stage.user, **fields)


def _new_password(_stage: Stage, _by: Person) -> Pressed:
    return Pressed("/settings/password", [("old", PASSWORD), ("new", PASSWORD)])


def _with_app(path: str, **fields: str) -> Recipe:
    def pressed(stage: Stage, _by: Person) -> Pressed:
        stage.linkedin_app()
        return Pressed(path, [*fields.items()])

    return pressed


_SCHEDULE = {"schedule": "every", "every": "6h", "max_removals": "", "segment_name": "", "mode": "mirror"}
_SYNC = {"name-0": "", "mode-0": "mirror", "when-0": "manual", "enabled-0": "yes"}

_RECIPES: dict[str, Recipe] = {
    "POST /destinations/connect": _at("/destinations/connect"),
    "POST /destinations/connect/reuse": _at("/destinations/connect/reuse", destination="acme"),
    "POST /destinations/{name}/authorize": _at("/destinations/{}/authorize", Stage.destination),
    "GET /linkedin/callback": _back,
    "GET /destinations/connect/{handle}": _signing_in("/destinations/connect/{}", named=False),
    "POST /destinations/connect/{handle}": _signing_in("/destinations/connect/{}"),
    "GET /destinations/connect/{handle}/review": _signing_in("/destinations/connect/{}/review", query=True),
    "POST /destinations/connect/{handle}/finish": _signing_in("/destinations/connect/{}/finish"),
    "GET /destinations/{name}": _at("/destinations/{}", of_acme),
    **{
        f"GET /destinations/{{name}}/{each}": _at(f"/destinations/{{}}/{each}", of_acme)
        for each in ("activations", "delivery", "runs")
    },
    "POST /destinations/{name}": _changed(
        "destinations", "/destinations/{}", Stage.destination, name="{}", ad_account=str(ACCOUNT), send_email="yes"
    ),
    "POST /destinations/{name}/check": _at("/destinations/{}/check", of_acme),
    "POST /destinations/{name}/take-over": _at("/destinations/{}/take-over", of_filed),
    "POST /destinations/{name}/delete": _changed("destinations", "/destinations/{}/delete", Stage.destination),
    "POST /audiences/new": _named("/audiences/new", "audience", how="events", members="people", write_keys="engage"),
    "GET /audiences/{name}": _at("/audiences/{}", Stage.uploaded_audience),
    "GET /audiences/{name}/live": _at("/audiences/{}/live", Stage.audience),
    "GET /audiences/{name}/edit": _at("/audiences/{}/edit", Stage.audience),
    "POST /audiences/{name}/edit": _changed(
        "audiences", "/audiences/{}/edit", Stage.audience, members="people", write_keys="engage"
    ),
    "POST /audiences/{name}/take-over": _at("/audiences/{}/take-over", of_filed),
    "POST /audiences/{name}/delete": _changed("audiences", "/audiences/{}/delete", Stage.uploaded_audience),
    "POST /audiences/new/upload": _brought("/audiences/new/upload"),
    "POST /audiences/{name}/upload": _brought("/audiences/{}/upload", Stage.uploaded_audience),
    **{
        f"GET /activations/{{name}}{each}": _at(f"/activations/{{}}{each}", of_main)
        for each in ("", "/live", "/runs", "/rejected", "/rejected.csv", "/delivery", "/activity")
    },
    **{
        f"POST /activations/{{name}}/{each}": _at(f"/activations/{{}}/{each}", Stage.activation)
        for each in ("run", "plan", "pause", "resume")
    },
    "POST /activations/{name}/take-over": _at("/activations/{}/take-over", of_filed),
    "GET /activations/{name}/confirm": _at("/activations/{}/confirm", Stage.removals),
    "POST /activations/{name}/confirm": _at("/activations/{}/confirm", Stage.removals, removals="79"),
    "POST /activations/{name}/resend": _at("/activations/{}/resend", Stage.activation),
    "POST /activations/{name}/new-snapshot": _at(
        "/activations/{}/new-snapshot", lambda stage: stage.activation(mode="snapshot")
    ),
    "GET /activations/{name}/edit": _at("/activations/{}/edit", Stage.activation),
    "POST /activations/{name}/edit": _changed("activations", "/activations/{}/edit", Stage.activation, **_SCHEDULE),
    "POST /activations/{name}/rename": _changed(
        "activations", "/activations/{}/rename", Stage.activation, new="{} again"
    ),
    "POST /activations/{name}/remove": _changed("activations", "/activations/{}/remove", Stage.activation),
    "POST /activations/{name}/duplicate": _at("/activations/{}/duplicate", Stage.activation),
    "GET /activations/{name}/mapping": _at("/activations/{}/mapping", of_main),
    "POST /activations/{name}/mapping": _changed(
        "activations", "/activations/{}/mapping", Stage.activation, **{"s-email": "email", "do": "save"}
    ),
    "GET /activations/{name}/trigger": _at("/activations/{}/trigger", Stage.stream),
    "POST /activations/{name}/trigger": _changed(
        "activations", "/activations/{}/trigger", Stage.stream, audience_key="another", action="auto", do="save"
    ),
    "GET /jobs/{number}": _at("/jobs/{}", Stage.job),
    "GET /jobs/{number}/events": _at("/jobs/{}/events", lambda stage: stage.job(done=True)),
    "POST /settings/users": _named("/settings/users", "user", role="Analyst"),
    "POST /settings/users/{name}/link": _user("link"),
    "POST /settings/users/{name}/role": _user("role", role="Marketer"),
    "POST /settings/users/{name}/disable": _user("disable"),
    "POST /settings/users/{name}/enable": _user("enable"),
    "POST /settings/tokens": _named("/settings/tokens", "token", role="Analyst", days="90"),
    "POST /settings/tokens/{name}/revoke": _at("/settings/tokens/{}/revoke", Stage.token),
    "POST /settings/keys": _named("/settings/keys", "key"),
    "POST /settings/keys/{name}/revoke": _at("/settings/keys/{}/revoke", Stage.key),
    "POST /settings/notices": _at("/settings/notices", url="http://127.0.0.1:9/"),
    "POST /settings/notices/off": _at(
        "/settings/notices/off", lambda stage: stage.setting("notify", {"url": "http://127.0.0.1:9/"})
    ),
    "POST /settings/notices/test": _at(
        "/settings/notices/test", lambda stage: stage.setting("notify", {"url": "http://127.0.0.1:9/"})
    ),
    "GET /settings/{name}/take-over": _at("/settings/{}/take-over", lambda _stage: "limits"),
    "POST /settings/{name}/take-over": _at("/settings/{}/take-over", lambda _stage: "limits"),
    "POST /settings/limits": lambda stage, _by: stage.limits() or Pressed(
        "/settings/limits", [("mappings_per_destination", "900")]
    ),
    "POST /settings/linkedin": _with_app("/settings/linkedin", client_id="another", client_secret="and-its-secret"),
    "POST /settings/linkedin/take-out": _with_app("/settings/linkedin/take-out"),
    "POST /settings/encryption/seal": _at("/settings/encryption/seal"),
    "POST /settings/encryption/new-key": _at("/settings/encryption/new-key"),
    "POST /settings/retention": _at("/settings/retention", runs="40d"),
    "POST /settings/password": _new_password,
    "POST /privacy/forget": _at("/privacy/forget", values="gone@example.org"),
    "POST /privacy/undo": _at("/privacy/undo", undo="gone@example.org"),
    "POST /privacy/receipts/{number}/undo": _at("/privacy/receipts/{}/undo", Stage.receipt),
    "POST /privacy/explain": _at("/privacy/explain", activation="main", value="ann@example.com"),
    "POST /privacy/lists": _brought("/privacy/lists"),
    "GET /privacy/lists/{number}": _at("/privacy/lists/{}", Stage.suppression_list),
    "GET /privacy/lists/{number}/survey": _at("/privacy/lists/{}/survey", Stage.surveyed_list),
    "POST /privacy/lists/{number}/column": _at("/privacy/lists/{}/column", Stage.suppression_list, column="email"),
    "POST /privacy/lists/{number}/forget": _at("/privacy/lists/{}/forget", Stage.surveyed_list, column="email"),
    "POST /privacy/lists/{number}/discard": _at("/privacy/lists/{}/discard", Stage.suppression_list),
    "POST /activate": _at("/activate", destination="acme", card="people"),
    "GET /activate/{number}": _draft("/activate/{}"),
    "POST /activate/{number}": _draft("/activate/{}", destination="acme", card="people"),
    "GET /activate/{number}/audiences": _draft("/activate/{}/audiences"),
    "POST /activate/{number}/audiences": _draft("/activate/{}/audiences", audiences="people", do="next"),
    "POST /activate/{number}/discard": _draft("/activate/{}/discard"),
    "GET /activate/{number}/mapping/{place}": _draft("/activate/{}/mapping/1"),
    "POST /activate/{number}/mapping/{place}": _draft(
        "/activate/{}/mapping/1", **{"s-email": "email", "do": "next"}
    ),
    "GET /activate/{number}/sync": _draft("/activate/{}/sync"),
    "POST /activate/{number}/sync": lambda stage, by: Pressed(
        f"/activate/{stage.draft(by)}/sync", [*{**_SYNC, "name-0": stage.new("made")}.items(), ("do", "next")]
    ),
    "GET /activate/{number}/events/{place}": _draft("/activate/{}/events/1", Stage.audience),
    "POST /activate/{number}/events/{place}": _draft(
        "/activate/{}/events/1", Stage.audience, audience_key="fresh", action="auto", do="next"
    ),
    "GET /activate/{number}/review": _draft("/activate/{}/review"),
    "POST /activate/{number}/review": _draft("/activate/{}/review"),
    "GET /activate/{number}/plan": _planned,
    "POST /activate/{number}/finish": _draft("/activate/{}/finish", run="yes"),
}  # fmt: skip
