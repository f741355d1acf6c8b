"""Objects of the configuration that people make on the pages, through the API, or by taking a file over.

Every change is judged as part of the whole and made under one lock: two that would be right apart cannot become wrong
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from guestlist import config as configs
from guestlist import document
from guestlist.app import activations, connection
from guestlist.app.context import App
from guestlist.configuration import Configuration
from guestlist.core.permissions import LOCAL, Permission, Person
from guestlist.core.text import masked
from guestlist.errors import ChangedMeanwhile, ConfigError, Overtaken, UnknownName
from guestlist.store.declared import Section

HIDDEN = "***"  # shown instead of a secret
MANAGED = "managed_by"  # in the audit log, of what is taken over
ANOTHER = "*** (another)"  # the same after a change of it
CHANGES_LOOKED_AT = 100  # of one object, for what was changed since somebody read it
POSTED = Path("the posted text")  # what is said instead of a file's name
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


Check = Callable[[Declaration], None]


@dataclass(frozen=True)
class Difference:
    """What ``apply`` does to one object: create, change, or nothing (``same``). ``before`` and ``after``: the keys that
    differ, secrets hidden.
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
        now = called_now(app, section, name)
        raise UnknownName(f"There is no {_ONE[section]} '{masked(name)}'{f': it is {now!r} now' if now else ''}.")
    return Declaration(section, name, _without_nothing(found), None)


def called_now(app: App, section: str, name: str) -> str:
    """What had this name before it was renamed, by its name of now; "": nothing had."""
    if section == "destinations":
        destination = app.store.destinations.formerly(name)
        return destination.name if destination is not None else ""
    activation = app.store.activations.formerly(name) if section == "activations" else None
    return activation.name if activation is not None else ""


def all_of(app: App, configuration: Configuration, section: Section) -> dict[str, Declaration]:
    """Every object of a section by its name, sorted by it."""
    of_file = configuration.of_file(section)
    found = {name: Declaration(section, name, _without_nothing(body), None) for name, body in of_file.items()}
    for part in app.store.declared.all():
        if part.kind == section:
            found[part.name] = Declaration(
                section, part.name, part.body, part.version, part.changed_at, part.changed_by
            )
    return dict(sorted(found.items()))


def schemas() -> dict[str, Any]:
    """JSON Schemas of what an object of each section may say, by the names of their models."""
    models = (configs.DestinationConfig, configs.AudienceConfig, configs.ActivationConfig)
    found: dict[str, Any] = {}
    for model in (*models, configs.LimitsConfig, configs.NotifyConfig, configs.RetentionConfig):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        found |= schema.pop("$defs", {})
        found[model.__name__] = schema
    return found


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────
def create(
    app: App, configuration: Configuration, section: Section, name: str, body: Mapping[str, Any], by: Person = LOCAL
) -> Declaration:
    """A new object. ConfigError says what is wrong with it (``place`` where); ChangedMeanwhile: the name is taken."""
    _may(by, section, body, {})
    with changing(app):
        refuse_taken(app, configuration, section, name)
        if section == "destinations":
            app.store.destinations.release(name)
        return _put(app, configuration, section, name, body)


def check_new(
    app: App, configuration: Configuration, section: Section, name: str, body: Mapping[str, Any], by: Person = LOCAL
) -> configs.Config:
    """Raises what ``create`` would; nothing is made. The configuration as it would be."""
    _may(by, section, body, {})
    refuse_taken(app, configuration, section, name)
    return _tried(app, configuration, {(section, name): body})


def check_change(
    app: App,
    configuration: Configuration,
    section: Section,
    name: str,
    body: Mapping[str, Any],
    version: int,
    by: Person = LOCAL,
) -> configs.Config:
    """Raises what ``change`` would; nothing is changed. The configuration as it would be."""
    _may(by, section, body, expect(app, configuration, section, name, version).body)
    return _tried(app, configuration, {(section, name): body})


def change(
    app: App,
    configuration: Configuration,
    section: Section,
    name: str,
    body: Mapping[str, Any],
    version: int,
    by: Person = LOCAL,
) -> Declaration:
    """Put ``body`` in place of what was read as ``version``; ChangedMeanwhile when it is another by now. ConfigError as
    ``create``, and for a destination that nobody has signed in for.
    """
    with changing(app):
        before = expect(app, configuration, section, name, version)
        _may(by, section, body, before.body)
        if section == "destinations":
            connection.refuse_unauthorised(app, described_now(configuration), name)
        return _put(app, configuration, section, name, body)


def put_setting(app: App, configuration: Configuration, name: str, body: Mapping[str, Any], by: Person = LOCAL) -> None:
    """A setting, made or changed, whatever it says now. ConfigError as ``create``; the file's is changed there."""
    with changing(app):
        try:
            version = get(app, configuration, "settings", name).version or 0  # the file's has none: it says so
        except UnknownName:
            create(app, configuration, "settings", name, body, by)
        else:
            change(app, configuration, "settings", name, body, version, by)


def take_over(
    app: App,
    configuration: Configuration,
    section: Section,
    name: str,
    by: Person = LOCAL,
    check: Check = lambda found: None,
) -> Declaration:
    """From now on the pages say what the file said; the file's object of this name counts no more. ``check`` is given
    what is there at that moment; nothing is changed when it raises.
    """
    with changing(app):
        found = get(app, configuration, section, name)
        check(found)
        _may_name(by, section, found.body, {})
        if found.version is not None:
            return found
        body = _absolute(section, found.body, configuration.current().folder)
        return _put(app, configuration, section, name, body, taken=found.body)


def delete(app: App, configuration: Configuration, section: Section, name: str, version: int) -> None:
    """ConfigError while something else needs it, or the file still names it (which would bring it back)."""
    with changing(app):
        before = expect(app, configuration, section, name, version)
        refuse_named(configuration, section, name)
        configuration.tried({(section, name): None})
        app.store.declared.delete(section, name)
        if section == "destinations":
            app.store.destinations.retire(name)
        _log(app, "delete", section, name, before.body, None)


def rename(
    app: App,
    configuration: Configuration,
    old: str,
    new: str,
    *,
    propagate: bool = False,
    check: Check = lambda found: None,
) -> Declaration:
    """Give an activation of the pages another name: its LinkedIn audience and all that is known of it stay, and those
    that thin that audience out follow. ``propagate``: the LinkedIn audience is called so too from its next run on.
    ``check`` is given what is there at that moment; nothing is changed when it raises. ConfigError where it is the
    file's, or the name cannot be one.
    """
    with changing(app):
        check(get(app, configuration, "activations", old))
        found = of_pages(app, configuration, "activations", old)
        refuse_named(configuration, "activations", old)
        refuse_taken(app, configuration, "activations", new)
        followers = {
            part.name: {**part.body, "segment_of": new}
            for part in app.store.declared.all()
            if part.kind == "activations" and part.body.get("segment_of") == old
        }
        own = {**found.body, "segment_name": new, "rename": "propagate"} if propagate else found.body
        bodies = {("activations", name): body for name, body in {new: own, **followers}.items()}
        configuration.tried({("activations", old): None, **bodies})
        app.store.declared.delete("activations", old)
        now, versions = app.clock.now(), {}
        former = {name: of_pages(app, configuration, "activations", name).body for name in followers}
        for (_, name), body in bodies.items():
            versions[name] = app.store.declared.put("activations", name, body, app.who, now)
        for name, follows in followers.items():
            _log(app, "change", "activations", name, former[name], follows, versions[name])
        known = app.store.activations.get(old)
        if known is not None and known.removed_at is None:
            app.store.activations.rename(old, new)
        differ = _difference(("activations", new), found.body, own)
        was, becomes = {"name": old, **differ.before}, {"name": new, **differ.after}
        app.store.audit.add(app.who, "rename", old, now, before=_masked(was), after=_masked(becomes))
    return Declaration("activations", new, own, versions[new], now, app.who)


def described_now(configuration: Configuration) -> Mapping[str, configs.DestinationConfig]:
    """The destinations there are; none while the whole cannot be carried out, which a change may mend."""
    now = _now(configuration)
    return now.destinations if now is not None else {}


def _now(configuration: Configuration) -> configs.Config | None:
    try:
        return configuration.current_or_empty()
    except ConfigError:
        return None


@contextmanager
def changing(app: App) -> Iterator[None]:
    """One change of the configuration at a time, whole or not at all; inside of another one: a part of it."""
    if app.store.database.in_transaction:
        yield
        return
    with app.store.lock("configuration"), app.store.transaction():
        yield


def expect(app: App, configuration: Configuration, section: Section, name: str, version: int) -> Declaration:
    """What was read as ``version`` and is of the pages; ConfigError, ChangedMeanwhile, UnknownName."""
    found = of_pages(app, configuration, section, name)
    unchanged(found, version)
    return found


def unchanged(found: Declaration, version: int) -> None:
    """Overtaken: it is not what was read as ``version``; the file's has none."""
    if found.version not in (None, version):
        raise Overtaken(
            f"The {_ONE[found.section]} '{found.name}' was changed by {found.changed_by} meanwhile: look at it again "
            "first."
        )


def changed_since(app: App, section: Section, name: str, version: int) -> list[str]:
    """Keys of an object that were changed after it was read as ``version``, as far as the log goes back."""
    entries = app.store.audit.latest(CHANGES_LOOKED_AT, what=f"change {_ONE[section]}", subjects=[name])
    keys = set[str]()
    for each in entries:
        if each.details.get("version", 0) > version:
            before, after = each.details["before"] or {}, each.details["after"] or {}
            keys |= {key for key in {*before, *after} if before.get(key) != after.get(key)}
    return sorted(keys)


def of_pages(app: App, configuration: Configuration, section: Section, name: str) -> Declaration:
    """One object that was made or taken over here; ConfigError where it is the file's, UnknownName."""
    found = get(app, configuration, section, name)
    if found.version is None:
        raise managed(configuration, section, name)
    return found


def managed(configuration: Configuration, section: Section, name: str) -> ConfigError:
    """Why an object of the file cannot be changed here."""
    path = configuration.current().path
    return ConfigError(f"The {_ONE[section]} '{name}' is managed by {path}: change it there, or take it over first.")


def refuse_named(configuration: Configuration, section: Section, name: str) -> None:
    """ConfigError while the file still names what is to go: it would be back at once, as the file says it."""
    if name in configuration.of_file(section):
        raise ConfigError(
            f"The {_ONE[section]} '{name}' is still in {configuration.current().path} too, which would bring it back: "
            "take it out there first."
        )


def refuse_taken(app: App, configuration: Configuration, section: Section, name: str) -> None:
    """ChangedMeanwhile: the pages or the file have one of this name."""
    if app.store.declared.get(section, name) is not None or name in configuration.of_file(section):
        raise ChangedMeanwhile(
            f"The {_ONE[section]} '{masked(name)}' is there already: choose another name.", ("name",)
        )


def _tried(
    app: App, configuration: Configuration, changes: Mapping[tuple[str, str], Mapping[str, Any]]
) -> configs.Config:
    """The configuration as it would be. ConfigError: it cannot be, or the next sync would refuse what it becomes."""
    before, after = _now(configuration), configuration.tried(changes)
    if before is not None:
        activations.refuse_what_cannot_run(app, before, after)
    return after


def _put(
    app: App,
    configuration: Configuration,
    section: Section,
    name: str,
    body: Mapping[str, Any],
    taken: Mapping[str, Any] | None = None,
) -> Declaration:
    """``taken``: what the file said of what is taken over."""
    if section == "settings" and name not in configs.SETTINGS:
        raise UnknownName(f"There is no setting '{masked(name)}'; there are {', '.join(configs.SETTINGS)}.")
    _tried(app, configuration, {(section, name): body})
    before = app.store.declared.get(section, name)
    now = app.clock.now()
    version = app.store.declared.put(section, name, body, app.who, now)
    _log_put(app, section, name, before.body if before else None, body, taken, version)
    return Declaration(section, name, body, version, now, app.who)


def _may(by: Person, section: str, body: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Who may know whom a member is may choose ``primaryId``."""
    _may_name(by, section, body, before)
    if section == "activations" and _primary(body) not in (None, _primary(before)):
        by.need(Permission.VIEW_IDENTITY_GRAPH)


def _may_name(by: Person, section: str, body: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Files of this machine and addresses that it talks to are an Administrator's to name."""
    source = body.get("source")
    names_file = isinstance(source, Mapping) and source.get("file") is not None and source != before.get("source")
    if section == "settings" or names_file:
        by.need_administrator()


def _primary(body: Mapping[str, Any]) -> Any:
    mapping = body.get("mapping")
    return mapping.get("primaryId") if isinstance(mapping, Mapping) else None


def shown(section: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without secrets: an address to notify may hold one."""
    return {key: HIDDEN if section == "settings" and key == "url" else value for key, value in body.items()}


def _logged(section: str, body: Mapping[str, Any] | None, before: Mapping[str, Any] | None) -> Any:
    """For the audit log, which holds no address of a person either; of a secret it says whether it is another."""
    if body is None:
        return None
    another = {key for key, value in (before or {}).items() if value not in (None, body.get(key))}
    said = shown(section, body).items()
    return _masked({key: ANOTHER if value == HIDDEN and key in another else value for key, value in said})


def _log_put(
    app: App,
    section: Section,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    taken: Mapping[str, Any] | None,
    version: int,
) -> None:
    """``before``: what the pages said; ``taken``: what the file says, taken over where they said nothing."""
    if before is None and taken is not None:
        taken, after = {MANAGED: "the file", **taken}, {MANAGED: "the pages", **after}
        _log(app, "take over", section, name, taken, after, version)
    else:
        _log(app, "create" if before is None else "change", section, name, before, after, version)


def _log(
    app: App,
    what: str,
    section: Section,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    version: int | None = None,
) -> None:
    """``before``, ``after``: what it says; None: there was, or is, none. ``version``: that became of it."""
    both = {"before": _logged(section, before, None), "after": _logged(section, after, before)}
    more = {} if version is None else {"version": version}
    app.store.audit.add(app.who, f"{what} {_ONE[section]}", name, app.clock.now(), **both, **more)


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {masked(str(key)): _masked(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(each) for each in value]
    return masked(value) if isinstance(value, str) else value


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
        body = _escaped(part.body)
        if part.kind == "settings":
            data[part.name] = body
        else:
            data.setdefault(part.kind, {})[part.name] = body
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True) if data else ""


def _escaped(value: Any) -> Any:
    """A file's ``${NAME}`` is the environment's value; here it is what somebody typed."""
    if isinstance(value, Mapping):
        return {key: _escaped(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(each) for each in value]
    return value.replace("${", "$${") if isinstance(value, str) else value


def apply(
    app: App, configuration: Configuration, file: Path, environ: Mapping[str, str], *, dry_run: bool
) -> list[Difference]:
    """Take a file over: each of its objects becomes one of the pages. Objects that it does not name stay as they are.
    All or nothing; ConfigError says what is wrong. ``dry_run`` only shows what would change.
    """
    return _apply(app, configuration, document.read(file, environ), file.absolute().parent, dry_run=dry_run)


def apply_text(app: App, configuration: Configuration, text: str, *, dry_run: bool) -> list[Difference]:
    """The same with a file's text that somebody sent: it sees nothing of this machine's environment."""
    folder = configuration.current_or_empty().folder
    return _apply(app, configuration, document.parsed(text, POSTED, {}), folder, dry_run=dry_run)


def _apply(
    app: App, configuration: Configuration, read: document.Document, folder: Path, *, dry_run: bool
) -> list[Difference]:
    configuration.judged(read)
    wanted = dict(_objects(read.data, folder))
    with changing(app):
        there: dict[tuple[str, str], Mapping[str, Any]] = {(p.kind, p.name): p.body for p in app.store.declared.all()}
        _tried(app, configuration, wanted)
        differences = [_difference(key, there.get(key), body) for key, body in wanted.items()]
        if not dry_run:
            for each in differences:
                if each.what != "same":
                    section: Any = each.section
                    key = section, each.name
                    taken = configuration.of_file(section).get(each.name)
                    if section == "destinations" and each.what == "create" and taken is None:
                        app.store.destinations.release(each.name)
                    version = app.store.declared.put(*key, wanted[key], app.who, app.clock.now())
                    _log_put(app, *key, there.get(key), wanted[key], taken, version)
    return differences


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
        return Difference(section, name, "create", {}, shown(section, after))
    keys = [*before, *(key for key in after if key not in before)]
    differ = [each for each in keys if _written(before.get(each)) != _written(after.get(each))]
    left = {each: before[each] for each in differ if each in before}
    right = {each: after[each] for each in differ if each in after}
    return Difference(section, name, "change" if differ else "same", shown(section, left), shown(section, right))


def _written(value: Any) -> Any:
    """As a file has it, where everything is text: ``true`` and 5 are what they look like."""
    if isinstance(value, Mapping):
        return {key: _written(each) for key, each in value.items() if each is not None}
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else None if value is None else str(value)
