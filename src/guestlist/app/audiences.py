"""Audiences as people see them: where they come from, how many are in them, what uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from guestlist.app import books, declared, event_view, uploads
from guestlist.app.books import Books
from guestlist.app.context import App
from guestlist.app.results import EventsRow
from guestlist.app.uploads import Looked, UploadRow
from guestlist.config import AudienceConfig, Config
from guestlist.configuration import Configuration
from guestlist.core import mapping
from guestlist.core.identity import Kind
from guestlist.core.permissions import Person
from guestlist.core.text import masked
from guestlist.errors import ConfigError, UnknownName
from guestlist.store.activations import Activation
from guestlist.store.runs import Run
from guestlist.store.uploads import Arriving

HOUR = 3600.0
TRIED = 1_000  # first rows of a list that a filter is tried on
SourceKind = Literal["upload", "file", "events"]
State = Literal["in use", "not activated", "no list", "no events yet", "listening"]


@dataclass(frozen=True)
class AudienceRow:
    """``members``: people or companies. ``wanted``: who should be told of by what is known now; ``told``: the most that
    LinkedIn was told on any destination; None: not known yet. ``from_pages``: it is described there, not in a file.
    ``rows``: of the list that was uploaded; None: it was not.
    """

    name: str
    members: str
    kind: SourceKind
    source: str
    from_pages: bool
    state: State
    used_by: tuple[str, ...]
    wanted: int | None
    told: int | None
    rows: int | None


@dataclass(frozen=True)
class Heard:
    """Of one audience key: members who are in, and all ever heard of."""

    key: str
    inside: int
    heard: int


@dataclass(frozen=True)
class Live:
    """What came of events within the last hour, and who is in by audience key.
    ``waiting``: events of this installation that nobody looked at yet; ``oldest_seconds``: how long the oldest waits.
    """

    keys: tuple[Heard, ...]
    rows: tuple[EventsRow, ...]
    waiting: int
    oldest_seconds: float | None


# ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────────
def all_of(app: App, config: Config) -> list[AudienceRow]:
    """Those that the configuration describes; no list is opened."""
    uploaded = {each.name: each for each in uploads.all_of(app)}
    known = {each.name: each for each in app.store.activations.all(removed=False)}
    read = books.opened(app, list(known.values()))
    return [_row(app, config, name, uploaded, known, read) for name in config.audiences]


def one(app: App, config: Config, name: str) -> AudienceRow | None:
    """By name; None: there is none."""
    if name not in config.audiences:
        return None
    uploaded = {each.name: each for each in uploads.all_of(app)}
    found = [app.store.activations.get(each) for each in _used_by(config, name)]
    known = {each.name: each for each in found if each is not None and each.removed_at is None}
    return _row(app, config, name, uploaded, known, books.opened(app, list(known.values())))


def words(row: AudienceRow) -> str:
    """What is looked through to find it, beside its state in the words of whoever shows it."""
    return f"{row.name} {row.members} {row.source} {' '.join(row.used_by)}"


def described(config: Config, name: str) -> AudienceConfig:
    """As the configuration has it; UnknownName."""
    found = config.audiences.get(name)
    if found is None:
        raise UnknownName(f"There is no audience '{masked(name)}'.")
    return found


def write_keys_of(config: Config, name: str) -> tuple[str, ...]:
    """What it listens to. UnknownName; ConfigError: it comes from a list."""
    events = described(config, name).source.events
    if events is None:
        raise ConfigError(f"The audience '{masked(name)}' comes from a list: no events come for it.")
    return tuple(events.write_keys)


def looked_at(app: App, config: Config, name: str) -> Looked:
    """What its list looks like now. UnknownName; ConfigError: it comes from events, or, as SourceError and StoreError,
    its list cannot be read.
    """
    wanted = described(config, name)
    if wanted.source.events is not None:
        raise ConfigError(f"The audience '{masked(name)}' comes from events: it has no list.")
    found = columns(app, config, name)
    return Looked(found, wanted.kind, mapping.guess(wanted.kind, found))


def columns(app: App, config: Config, name: str) -> tuple[str, ...]:
    """Of its list as it is now. ConfigError, SourceError: it cannot be read."""
    return app.sources(config.audiences[name], config.folder).begin().columns


def live(app: App, config: Config, name: str) -> Live:
    """Who is in an audience of events, and what came of the last hour's."""
    used = _used_by(config, name)
    report = event_view.events(app, None, app.clock.now() - HOUR)
    rows = tuple(row for row in report.activations if row.activation in used)
    return Live(tuple(_keys(app, config, used)), rows, report.waiting, report.oldest_seconds)


def _row(
    app: App,
    config: Config,
    name: str,
    uploaded: Mapping[str, UploadRow],
    known: Mapping[str, Activation],
    read: Books,
) -> AudienceRow:
    """``known``: activations by name, of which ``read`` tells."""
    wanted, used = config.audiences[name], _used_by(config, name)
    source = wanted.source
    mine = [known[each] for each in used if each in known and known[each].mode != "remove_only"]
    kind: SourceKind = "events" if source.events else "upload" if source.upload else "file"
    told = [read.told[each.id] for each in mine if each.id in read.told and each.last_run is not None]
    return AudienceRow(
        name,
        wanted.members,
        kind,
        _in_words(wanted, uploaded),
        config.from_pages("audiences", name),
        _state(app, config, wanted, used, uploaded),
        used,
        _wanted(app, config, kind, used, [read.synced[each.id] for each in mine if each.id in read.synced]),
        max(told, default=None),
        found.rows if source.upload and (found := uploaded.get(source.upload)) else None,
    )


def _in_words(wanted: AudienceConfig, uploaded: Mapping[str, UploadRow]) -> str:
    source = wanted.source
    if source.events is not None:
        return f"events of {', '.join(source.events.write_keys)}"
    if source.upload is None:
        return f"file {source.file}"
    found = uploaded.get(source.upload)
    return f"uploaded list {found.file_name}" if found else f"uploaded list {source.upload}"


def _state(
    app: App, config: Config, wanted: AudienceConfig, used: tuple[str, ...], uploaded: Mapping[str, UploadRow]
) -> State:
    source = wanted.source
    if source.upload is not None and source.upload not in uploaded:
        return "no list"
    if not used:
        return "not activated"
    if source.events is None:
        return "in use"
    return "listening" if any(each.heard for each in _keys(app, config, used)) else "no events yet"


def _used_by(config: Config, name: str) -> tuple[str, ...]:
    return tuple(each for each, wanted in config.activations.items() if wanted.audience == name)


def _keys(app: App, config: Config, used: tuple[str, ...]) -> list[Heard]:
    found = []
    for key in dict.fromkeys(config.activations[each].audience_key or "" for each in used):
        known = app.store.event_members.key(key)
        found.append(Heard(key, *(app.store.event_members.counts(known.id) if known else (0, 0))))
    return found


def _wanted(app: App, config: Config, kind: SourceKind, used: tuple[str, ...], synced: Sequence[Run]) -> int | None:
    if kind == "events":
        return sum(each.inside for each in _keys(app, config, used)) if used else None
    return _listed(max(synced, key=lambda run: run.started)) if synced else None


def _listed(run: Run) -> int:
    """Members of the list that a sync compared."""
    return sum(run.counts.get(each, 0) for each in ("added", "changed", "unchanged"))


# ── making ───────────────────────────────────────────────────────────────────────────────────────────────────────
def check_free(config: Config, name: str) -> None:
    """ConfigError: the name is taken."""
    if name in config.audiences or name == "new":
        raise ConfigError(f"There is an audience '{name}' already: choose another name.", ("name",))


def create(
    app: App, configuration: Configuration, name: str, body: Mapping[str, Any], by: Person
) -> declared.Declaration:
    """A new audience; one of a file on the server that can be read, whose filter fits it. As ``declared.create``, and
    SourceError.
    """
    if _file(body) is not None or body.get("filter"):  # read before anything is written: others write meanwhile
        _try(app, declared.check_new(app, configuration, "audiences", name, body, by), name)
    return declared.create(app, configuration, "audiences", name, body, by)


def _try(app: App, config: Config, name: str) -> None:
    """ConfigError, SourceError: its list cannot be read, or its filter does not fit it."""
    wanted = config.audiences[name]
    if wanted.source.events is not None:
        return
    scan = app.sources(wanted, config.folder).begin()
    if wanted.filter is not None:
        try:
            app.kept(scan, app.first_rows(scan, TRIED), wanted.filter)
        except ConfigError as error:
            raise ConfigError(str(error), ("audiences", name, "filter")) from None


def _file(body: Mapping[str, Any]) -> Any:
    source = body.get("source")
    return source.get("file") if isinstance(source, Mapping) else None


def take_in(
    app: App, configuration: Configuration, arrived: Arriving, name: str, file_name: str, members: str, by: Person
) -> Looked:
    """A list that arrived becomes an audience of its own; ``members`` "": as its header suggests. ConfigError,
    SourceError: neither list nor audience is kept.
    """
    check_free(configuration.current(), name)
    was_there = any(each.name == name for each in uploads.all_of(app))
    looked = uploads.keep(app, arrived, name, file_name)
    kind = members or ("people" if looked.members is Kind.PEOPLE else "companies")
    body = {"members": kind, "source": {"upload": name}}
    try:
        declared.create(app, configuration, "audiences", name, body, by)
    except ConfigError:
        if not was_there:
            uploads.delete(app, configuration, name)
        raise
    return looked


def replace_list(app: App, configuration: Configuration, arrived: Arriving, name: str, file_name: str) -> list[str]:
    """Another list for an audience that was uploaded; a sentence for each activation that cannot use it as it is."""
    config = configuration.current()
    wanted = config.audiences.get(name)
    if wanted is None or wanted.source.upload is None:
        raise ConfigError(f"The audience '{name}' is no uploaded list: its source cannot be replaced here.")
    fits = partial(refuse_other_kind, config, wanted.source.upload)
    looked = uploads.keep(app, arrived, wanted.source.upload, file_name, fits=fits)
    return [sentence for each in _used_by(config, name) if (sentence := _misfit(config, each, looked.columns))]


def refuse_other_kind(config: Config, upload: str, columns: tuple[str, ...]) -> None:
    """ConfigError: a list of companies is to replace one of people, or the other way round, for an audience that has
    ``upload`` as its source. What an activation maps for itself fits, whatever the columns are called.
    """
    for name, wanted in config.audiences.items():
        kind, found = wanted.kind, mapping.guess_kind(columns)
        if wanted.source.upload != upload or found is kind or mapping.identifies(kind, mapping.guess(kind, columns)):
            continue
        own = [each for each in _used_by(config, name) if config.activations[each].mapping is not None]
        if all(_misfit(config, each, columns) for each in own):
            there = "people" if found is Kind.PEOPLE else "companies"
            said = f"This is a list of {there}, and the audience '{name}' is made of {wanted.members}"
            raise ConfigError(f"{said}: make an audience of its own of it.", ("file",))


def _misfit(config: Config, activation: str, columns: tuple[str, ...]) -> str:
    wanted = config.activations[activation]
    if wanted.mapping is None:
        return ""
    try:
        mapping.check(config.audiences[wanted.audience].kind, wanted.mapping, columns)
    except ConfigError as error:
        return f"{activation}: {error}"
    return ""


def change(
    app: App, configuration: Configuration, name: str, changes: Mapping[str, Any], version: int, by: Person
) -> None:
    """Put these keys in place of what was read as ``version``; an empty value takes its key out. Of ``source`` its
    own keys are changed likewise. As ``put``.
    """
    body = dict(declared.get(app, configuration, "audiences", name).body)
    body |= {key: value for key, value in changes.items() if key != "source"}
    body["source"] = _without_nothing({**body["source"], **changes.get("source", {})})
    put(app, configuration, name, _without_nothing(body), version, by)


def put(
    app: App, configuration: Configuration, name: str, body: Mapping[str, Any], version: int, by: Person
) -> declared.Declaration:
    """``body`` in place of what was read as ``version``; another file on the server only if that can be read, and
    another filter only if it fits the list. As ``declared.change``, and SourceError.
    """
    before = declared.get(app, configuration, "audiences", name).body
    another_filter = body.get("filter") and body["filter"] != before.get("filter")
    if another_filter or _file(body) not in (None, _file(before)):
        _try(app, declared.check_change(app, configuration, "audiences", name, body, version, by), name)
    return declared.change(app, configuration, "audiences", name, body, version, by)


def _without_nothing(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value not in ("", None, [], {})}


def delete(app: App, configuration: Configuration, name: str, version: int) -> None:
    """With its uploaded list, where no other audience has that. ConfigError: an activation uses it."""
    with declared.changing(app):
        config = configuration.current()
        if used := _used_by(config, name):
            said = f"The audience '{name}' is used by {', '.join(used)}: remove what uses it first."
            raise ConfigError(said, ("activations", used[0], "audience"))
        sources = {each: audience.source.upload for each, audience in config.audiences.items()}
        upload = sources.pop(name, None)
        declared.delete(app, configuration, "audiences", name, version)
        if upload is not None and upload not in sources.values() and uploads.named_list(app, upload) is not None:
            uploads.drop(app, upload)
