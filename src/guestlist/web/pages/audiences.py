"""Audiences: who they are, where they come from, and how they grow."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.responses import Response

from guestlist.app import audiences, declared, overview, samples, write_keys
from guestlist.app.audiences import AudienceRow
from guestlist.app.results import StatusRow
from guestlist.app.samples import Rows
from guestlist.core.permissions import Permission
from guestlist.errors import ConfigError, Overtaken, PermissionMissing, SourceError, StoreError, UnknownName
from guestlist.web.pages import activations, growth, meanwhile, states
from guestlist.web.pages.book import Book
from guestlist.web.pages.call import Call
from guestlist.web.pages.lists import Place, beside, listed
from guestlist.web.pages.templates import path

book = Book()
LOOK = (Permission.VIEW_SEGMENTS,)
CHANGE = (Permission.VIEW_SEGMENTS, Permission.MANAGE_SEGMENTS)
MOST = 12  # columns of a list side by side
COLUMNS = {
    "name": lambda row: row.name.casefold(),
    "members": lambda row: row.members,
    "source": lambda row: row.source.casefold(),
    "state": lambda row: states.audience(row.state).text,
    "wanted": lambda row: row.wanted,
    "told": lambda row: row.told,
    "used": lambda row: ", ".join(row.used_by).casefold() or None,
}

_LIVE = {
    "name": lambda row: row.activation.casefold(),
    "received": lambda row: row.received,
    "ends": lambda row: [(str(each.outcome), each.code, each.events) for each in row.ends],
    "slow": lambda row: row.p95_seconds,
}


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
@book.get("/audiences", *LOOK)
def all_of(call: Call) -> Response:
    """Every one that is described."""
    rows = audiences.all_of(call.app, call.config)
    columns: dict[str, Callable[[AudienceRow], Any]] = {**COLUMNS, "origin": partial(_origin, call)}
    shown = listed(call, rows, columns, "name", partial(_words, call))
    return call.show("audiences.html", listing=shown, origin=partial(_origin, call))


def _words(call: Call, row: AudienceRow) -> str:
    """As they stand on the page."""
    return f"{audiences.words(row)} {states.audience(row.state).text} {_origin(call, row)}"


def _origin(call: Call, row: AudienceRow) -> str:
    """Where it is described."""
    return "made here" if row.from_pages else call.config.path.name


@book.get("/audiences/new", *CHANGE)
def new(call: Call) -> Response:
    """Three ways to get one; nothing is made yet."""
    return call.show("audience_new.html", **choices(call))


@book.post("/audiences/new", *CHANGE)
def create(call: Call) -> Response:
    """From events, or from a file on the server."""
    name, how = call.form["name"].strip(), call.form["how"]
    source: dict[str, Any] = {"events": {"write_keys": call.form.all("write_keys")}}
    if how == "file":
        call.person.need_administrator()
        source = {"file": call.form["path"].strip()}
    body = {"members": call.form["members"], "source": source}
    try:
        audiences.check_free(call.config, name)
        audiences.create(call.app, call.desk.configuration, name, body, call.person)
    except (ConfigError, SourceError) as error:
        fault = error if isinstance(error, ConfigError) else ConfigError(str(error), ("file",))
        at = {"write_keys": "write_keys", "file": "path"}.get("".join(fault.place[-1:]), f"name-{how}")
        return call.again("audience_new.html", fault, at, **choices(call))
    return call.go(path("audiences", name), f"{name} is there: activate it when you are ready.")


@book.get("/audiences/{name}", *LOOK)
def one(call: Call) -> Response:
    """Its source, what uses it, and how that grows."""
    row = _row(call)
    sample, problem = _beginning(call, row)
    status = overview.status(call.app, call.config, row.used_by)
    return call.show(
        "audience.html",
        row=row,
        wanted=call.config.audiences[row.name],
        columns=sample.columns,
        sample=sample,
        most=MOST,
        problem=problem,
        used=listed(call, status, activations.COLUMNS, "name", _activation, _place(call, row, "used")),
        growth=[growth.of(call, each, row.members, _place(call, row, name)) for name, each in _growing(row).items()],
        **(_live(call, row) if row.kind == "events" else {"live": None}),
        declaration=declared.get(call.app, call.desk.configuration, "audiences", row.name),
        address=call.desk.address,
        file=call.config.path,
    )


def _activation(row: StatusRow) -> str:
    return f"{row.activation} {row.destination} {states.state(row.state).text}"


@book.get("/audiences/{name}/live", *LOOK)
def live(call: Call) -> Response:
    """The part of the page that counts events, for looking again and again."""
    row = _row(call)
    return call.show("audience_live.html", row=row, **_live(call, row))


def _live(call: Call, row: AudienceRow) -> dict[str, Any]:
    """What counts anew, and its list of activations as the address sorts it."""
    live = audiences.live(call.app, call.config, row.name)
    hour = listed(call, live.rows, _LIVE, "name", lambda each: each.activation, _place(call, row, "live"))
    return {
        "live": live,
        "hour": hour,
        "anew": path("audiences", row.name, "live", **beside(call, "used", "live", *_growing(row))),
    }


def _growing(row: AudienceRow) -> dict[str, str]:
    """The list of each activation's growth, and whose it is."""
    return {f"growth-{n}": name for n, name in enumerate(row.used_by, 1)}


def _place(call: Call, row: AudienceRow, name: str) -> Place:
    """Of one of the lists, beside which the others stay as they are."""
    others = [each for each in ("used", "live", *_growing(row)) if each != name]
    return Place(path("audiences", row.name), beside(call, *others), name)


def _beginning(call: Call, row: AudienceRow) -> tuple[Rows, str]:
    """The first of it, and why there is none."""
    members = call.person.may(Permission.VIEW_PROFILES)
    try:
        return samples.beginning(call.app, call.config, row.name, members=members), ""
    except (ConfigError, SourceError, StoreError) as error:
        return Rows(masked=not members), str(error)


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
@book.get("/audiences/{name}/edit", *CHANGE)
def edit(call: Call) -> Response:
    """What may be changed of it, depending on its source."""
    return call.show("audience_edit.html", **_editable(call))


@book.post("/audiences/{name}/edit", *CHANGE)
def change(call: Call) -> Response:
    """Saves what was typed, unless somebody was faster."""
    shown, form = _editable(call), call.form
    changes: dict[str, Any] = {}
    if shown["row"].kind == "events":
        changes["source"] = {"events": {"write_keys": form.all("write_keys")}}
    else:
        changes = {"filter": form["filter"].strip(), "source": {"max_age": form["max_age"].strip()}}
        if shown["row"].kind == "file" and call.person.is_administrator:
            changes["source"]["file"] = form["file"].strip()
    version = form.version
    name, before = shown["row"].name, shown["declaration"].body
    try:
        audiences.change(call.app, call.desk.configuration, name, changes, version, call.person)
    except Overtaken as error:
        return meanwhile.told(call, "audience_edit.html", error, "audiences", **_editable(call))
    except SourceError as error:
        at = "file" if changes["source"].get("file") not in (None, before["source"].get("file")) else "filter"
        return call.again("audience_edit.html", ConfigError(str(error)), at, **shown)
    except ConfigError as error:
        at = "write_keys" if shown["row"].kind == "events" else "filter"
        return call.again("audience_edit.html", error, at, **shown)
    return call.go(path("audiences", name), "Saved.")


@book.post("/audiences/{name}/take-over", *CHANGE)
def take_over(call: Call) -> Response:
    """From now on pages change it, and what the file says of it counts no more."""
    name = call.part("name")
    declared.take_over(call.app, call.desk.configuration, "audiences", name, call.person)
    return call.go(path("audiences", name), f"{name} is changed on these pages from now on.")


@book.post("/audiences/{name}/delete", *CHANGE)
def delete(call: Call) -> Response:
    """With its uploaded list."""
    name = _row(call).name
    try:
        audiences.delete(call.app, call.desk.configuration, name, call.form.version)
    except Overtaken as error:
        return call.overtaken("audience_edit.html", error, **_editable(call))
    return call.go("/audiences", f"{name} is gone.")


def _row(call: Call) -> AudienceRow:
    name = call.part("name")
    row = audiences.one(call.app, call.config, name)
    if row is None:
        raise UnknownName(f"There is no audience '{name}'.")
    return row


def choices(call: Call) -> dict[str, Any]:
    """What the form for a new audience offers."""
    keys = [each.name for each in write_keys.all_of(call.app) if each.revoked is None]
    return {"keys": keys, "may_name_files": call.person.is_administrator}


def _editable(call: Call) -> dict[str, Any]:
    row = _row(call)
    found = declared.get(call.app, call.desk.configuration, "audiences", row.name)
    if found.version is None:
        raise ConfigError(f"The audience '{row.name}' is managed by {call.config.path.name}: take it over first.")
    if row.kind == "file" and not call.person.is_administrator:
        raise PermissionMissing(
            f"{call.person.name} has no permission to do this: a file on the server is an Administrator's to name.",
            "Administrator",
        )
    events = found.body["source"].get("events") or {}
    listening = list(events.get("write_keys", ()))
    keys = [*listening, *(each for each in choices(call)["keys"] if each not in listening)]
    return {"row": row, "declaration": found, "keys": keys, "listening": listening}
