"""Objects of the configuration that people make on the pages, through the API, or by taking a file over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from guestlist import config as configs
from guestlist.app.context import App
from guestlist.configuration import Configuration
from guestlist.core.permissions import LOCAL, Person
from guestlist.errors import ChangedMeanwhile, ConfigError, UnknownName
from guestlist.store.declared import Section

_ONE = {"destinations": "destination", "audiences": "audience", "activations": "activation", "settings": "setting"}


@dataclass(frozen=True)
class Declaration:
    """One object. ``version`` is for ETags; None: it is the file's, and read-only here until it is taken over."""

    section: Section
    name: str
    body: Mapping[str, Any]
    version: int | None
    changed: float | None = None
    changed_by: str = ""


@dataclass(frozen=True)
class Difference:
    """What ``apply`` does to one object: create, change, or nothing (``same``). ``before`` and ``after``: the keys that
    differ.
    """

    section: str
    name: str
    what: Literal["create", "change", "same"]
    before: Mapping[str, Any]
    after: Mapping[str, Any]


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
def get(app: App, configuration: Configuration, section: Section, name: str) -> Declaration:
    """One object, of the pages or the file; UnknownName when there is none."""
    part = app.store.declared.get(section, name)
    if part is not None:
        return Declaration(section, name, part.body, part.version, part.changed_at, part.changed_by)
    found = configuration.of_file(section).get(name)
    if found is None:
        raise UnknownName(f"There is no {_ONE[section]} '{name}'.")
    return Declaration(section, name, found, None)


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
def create(
    app: App, configuration: Configuration, section: Section, name: str, body: Mapping[str, Any], by: Person = LOCAL
) -> Declaration:
    """A new object. ConfigError says what is wrong with it (``place`` where), or that the name is taken."""
    _may(by, section, body)
    if app.store.declared.get(section, name) is not None or name in configuration.of_file(section):
        raise ChangedMeanwhile(f"There is a {_ONE[section]} '{name}' already: choose another name.")
    return _put(app, configuration, section, name, body)


def change(
    app: App,
    configuration: Configuration,
    section: Section,
    name: str,
    body: Mapping[str, Any],
    version: int,
    by: Person = LOCAL,
) -> Declaration:
    """Put ``body`` in place of what was read as ``version``; ChangedMeanwhile when it is another by now."""
    _may(by, section, body)
    with app.store.transaction():
        _expect(app, configuration, section, name, version)
        return _put(app, configuration, section, name, body)


def take_over(app: App, configuration: Configuration, section: Section, name: str) -> Declaration:
    """From now on the pages say what the file said; the file's object of this name counts no more."""
    found = get(app, configuration, section, name)
    if found.version is not None:
        return found
    return _put(app, configuration, section, name, _absolute(section, found.body, configuration.current().folder))


def delete(app: App, configuration: Configuration, section: Section, name: str, version: int) -> None:
    """ConfigError while something else needs it, or the file still names it (which would bring it back)."""
    with app.store.transaction():
        before = _expect(app, configuration, section, name, version)
        configuration.tried({(section, name): None})
        app.store.declared.delete(section, name)
        now = app.clock.now()
        app.store.audit.add(app.who, f"delete {_ONE[section]}", name, now, before=_shown(section, before.body))


def _expect(app: App, configuration: Configuration, section: Section, name: str, version: int) -> Declaration:
    found = get(app, configuration, section, name)
    if found.version is None:
        raise ConfigError(
            f"The {_ONE[section]} '{name}' is managed by {configuration.current().path}: change it there."
        )
    if found.version != version:
        raise ChangedMeanwhile(
            f"The {_ONE[section]} '{name}' was changed by {found.changed_by} meanwhile: look at it again first."
        )
    return found


def _put(app: App, configuration: Configuration, section: Section, name: str, body: Mapping[str, Any]) -> Declaration:
    configuration.tried({(section, name): body})
    before = app.store.declared.get(section, name)
    now = app.clock.now()
    with app.store.transaction():
        version = app.store.declared.put(section, name, body, app.who, now)
        what = "change" if before else "create"
        shown = {"before": _shown(section, before.body) if before else None, "after": _shown(section, body)}
        app.store.audit.add(app.who, f"{what} {_ONE[section]}", name, now, **shown)
    return Declaration(section, name, body, version, now, app.who)


def _may(by: Person, section: str, body: Mapping[str, Any]) -> None:
    """Files of this machine and addresses that it talks to are an Administrator's to name."""
    source = body.get("source")
    if section == "settings" or (isinstance(source, Mapping) and "file" in source):
        by.need_administrator()


def _shown(section: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """For the audit log: an address to notify may hold a secret."""
    return {key: "***" if section == "settings" and key == "url" else value for key, value in body.items()}


def _absolute(section: str, body: Mapping[str, Any], folder: Path) -> Mapping[str, Any]:
    """A path that is relative to a file means nothing without it."""
    source = body.get("source")
    if section != "audiences" or not isinstance(source, Mapping) or not source.get("file"):
        return body
    return {**body, "source": {**source, "file": str((folder / str(source["file"])).absolute())}}


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
def export(app: App) -> str:
    """What the pages made, as a file that ``apply`` takes."""
    data: dict[str, Any] = {}
    for part in app.store.declared.all():
        if part.kind == "settings":
            data[part.name] = dict(part.body)
        else:
            data.setdefault(part.kind, {})[part.name] = dict(part.body)
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True) if data else ""


def apply(
    app: App, configuration: Configuration, file: Path, environ: Mapping[str, str], *, dry_run: bool
) -> list[Difference]:
    """Take a file over: each of its objects becomes one of the pages. Objects that it does not name stay as they are.
    All or nothing; ConfigError says what is wrong. ``dry_run`` only shows what would change.
    """
    configs.load(file, environ)
    wanted = dict(_objects(configs.raw(file, environ), file.absolute().parent))
    there: dict[tuple[str, str], Mapping[str, Any]] = {(p.kind, p.name): p.body for p in app.store.declared.all()}
    configuration.tried(dict(wanted))
    differences = [_difference(key, there.get(key), body) for key, body in wanted.items()]
    if not dry_run:
        with app.store.transaction():
            for each in differences:
                if each.what != "same":
                    section: Any = each.section
                    _put_as_it_is(app, section, each, wanted[each.section, each.name])
    return differences


def _put_as_it_is(app: App, section: Section, each: Difference, body: Mapping[str, Any]) -> None:
    now = app.clock.now()
    app.store.declared.put(section, each.name, body, app.who, now)
    shown = {"before": _shown(section, each.before), "after": _shown(section, each.after)}
    app.store.audit.add(app.who, f"{each.what} {_ONE[section]}", each.name, now, **shown)


def _objects(data: Mapping[str, Any], folder: Path) -> list[tuple[tuple[str, str], Mapping[str, Any]]]:
    found: list[tuple[tuple[str, str], Mapping[str, Any]]] = []
    for section in configs.SECTIONS:
        for name, body in (data.get(section) or {}).items():
            found.append(((section, name), _absolute(section, _without_nothing(body), folder)))
    found += [(("settings", name), _without_nothing(data[name])) for name in configs.SETTINGS if data.get(name)]
    return found


def _without_nothing(body: Any) -> Mapping[str, Any]:
    """A key without a value counts as left out."""
    return {key: value for key, value in (body or {}).items() if value is not None}


def _difference(key: tuple[str, str], before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Difference:
    section, name = key
    if before is None:
        return Difference(section, name, "create", {}, after)
    keys = [each for each in (*before, *(k for k in after if k not in before)) if before.get(each) != after.get(each)]
    left = {each: before[each] for each in keys if each in before}
    right = {each: after[each] for each in keys if each in after}
    return Difference(section, name, "change" if keys else "same", left, right)
