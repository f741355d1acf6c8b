"""Activating, step by step: what somebody chose so far, kept until they finish. Nobody sees another's."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from guestlist.app import activations, audiences, declared, jobs, schedule
from guestlist.app.context import App
from guestlist.app.declared import Declaration
from guestlist.app.jobs import JobRow
from guestlist.config import AudienceConfig, Config, ScheduleConfig
from guestlist.configuration import Configuration
from guestlist.core import mapping as mappings
from guestlist.core.fields import FIELDS
from guestlist.core.identity import Kind
from guestlist.core.permissions import ACTIVATE, Permission, Person
from guestlist.errors import ConfigError, PermissionMissing, SourceError, StoreError, UnknownName
from guestlist.events import declared as event_rules
from guestlist.events import defaults

_FIELD = re.compile(r'(?:"|mapped to )(\w+)')  # how a sentence about a mapping names a field
PATHS = defaults.MAPPING
ACTIVATING = "activate"  # what such a draft is of
KEPT = 30 * 86_400.0  # seconds since somebody touched it
_PLANNED_BY = ("audience", "destination", "mapping", "mode", "segment_of", "audience_key", "trigger", "action")


@dataclass(frozen=True)
class Wanted:
    """One activation to be: ``body`` in the yaml's shape."""

    name: str
    body: Mapping[str, Any]

    @property
    def audience(self) -> str:
        """Its name."""
        return str(self.body["audience"])

    def with_(self, name: str = "", **changes: Any) -> Wanted:
        """Changed keys; what is None, empty or {} is left out."""
        body = {key: value for key, value in {**self.body, **changes}.items() if value not in (None, "", {})}
        return Wanted(name or self.name, body)


@dataclass(frozen=True)
class Draft:
    """``members``: people or companies. ``job``: the one that plans it, ``planned``: what it was asked to plan."""

    id: int
    destination: str
    members: str
    wanted: tuple[Wanted, ...] = ()
    job: int | None = None
    planned: str = ""
    changed: float = field(default=0.0, compare=False)

    @property
    def kind(self) -> Kind:
        """``members`` as the core knows it."""
        return Kind.PEOPLE if self.members == "people" else Kind.COMPANIES

    def with_one(self, place: int, wanted: Wanted) -> Draft:
        """Another one at that place, from 0."""
        return replace(self, wanted=(*self.wanted[:place], wanted, *self.wanted[place + 1 :]))

    def parts(self) -> dict[str, Mapping[str, Any]]:
        """Name -> body of all that will be made."""
        return {each.name: each.body for each in self.wanted}

    def question(self) -> str:
        """What decides about its plan, as text. Names do not: whoever asks for its results goes by place."""
        kept = [{key: each.body[key] for key in _PLANNED_BY if key in each.body} for each in self.wanted]
        return json.dumps(kept, sort_keys=True)


# ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────
def begin(app: App, by: Person, destination: str, members: str) -> Draft:
    """An empty one."""
    draft = Draft(0, destination, members)
    return replace(draft, id=app.store.drafts.begin(_user(by), ACTIVATING, _stored(draft), app.clock.now()))


def mine(app: App, by: Person) -> list[Draft]:
    """Those that this person left, the last first."""
    found = app.store.drafts.of(_user(by), ACTIVATING)
    return [_read(each.id, each.body, each.changed_at) for each in found]


def get(app: App, by: Person, draft_id: int) -> Draft:
    """UnknownName: there is none, or it is somebody else's."""
    found = app.store.drafts.get(draft_id)
    if found is None or found.user_id != _user(by) or found.what != ACTIVATING:
        raise UnknownName("There is no such draft: it was finished or thrown away.")
    return _read(found.id, found.body, found.changed_at)


def of_job(app: App, by: Person, job_id: int) -> Draft | None:
    """A person's draft that a job planned; None: it is gone, somebody else's, or they may not go on with any."""
    if by.user_id is None or not by.may(*ACTIVATE):
        return None
    return next((each for each in mine(app, by) if each.job == job_id), None)


def save(app: App, by: Person, draft: Draft) -> None:
    """Keep it as it is now. UnknownName as ``get``."""
    get(app, by, draft.id)
    app.store.drafts.save(draft.id, _stored(draft), app.clock.now())


def discard(app: App, by: Person, draft_id: int) -> None:
    """Throw it away. UnknownName as ``get``."""
    app.store.drafts.delete(get(app, by, draft_id).id)


def follow(app: App, old: str, new: str) -> None:
    """A destination was renamed: drafts for it, everybody's, say the new name. Nobody touched them; what was planned
    for one stays its plan.
    """
    for each in app.store.drafts.all(ACTIVATING):
        draft = _read(each.id, each.body, each.changed_at)
        renamed = with_destination(draft, new, of=old)
        if renamed != draft:
            planned = renamed.question() if draft.planned == draft.question() else draft.planned
            app.store.drafts.save(each.id, _stored(replace(renamed, planned=planned)), each.changed_at)


def _user(by: Person) -> int:
    if by.user_id is None:
        raise PermissionMissing("Only whoever signed in has drafts.", "")
    return by.user_id


def _stored(draft: Draft) -> dict[str, Any]:
    wanted = [{"name": each.name, "body": each.body} for each in draft.wanted]
    return {
        "destination": draft.destination, "members": draft.members, "wanted": wanted, "job": draft.job,
        "planned": draft.planned,
    }  # fmt: skip


def _read(draft_id: int, body: Mapping[str, Any], changed: float) -> Draft:
    wanted = tuple(Wanted(each["name"], each["body"]) for each in body["wanted"])
    return Draft(draft_id, body["destination"], body["members"], wanted, body["job"], body["planned"], changed)


# ── choosing ─────────────────────────────────────────────────────────────────────────────────────────────────────
def fitting(config: Config, members: str) -> dict[str, AudienceConfig]:
    """Audiences that a card takes."""
    return {name: each for name, each in config.audiences.items() if each.members == members}


def with_audiences(app: App, config: Config, draft: Draft, names: Sequence[str], by: Person) -> Draft:
    """These audiences; whatever was said of one before stays. ConfigError: none, or one that does not fit."""
    fit = fitting(config, draft.members)
    if not names:
        raise ConfigError("Choose at least one audience.", ("audiences",))
    if strangers := [each for each in names if each not in fit]:
        raise ConfigError(f"'{strangers[0]}' is no audience of {draft.members}: choose others.", ("audiences",))
    before = {each.audience: each for each in draft.wanted}
    taken = {*config.activations, *(each.name for each in draft.wanted)}
    wanted: list[Wanted] = []
    for each in dict.fromkeys(names):
        if each not in before:
            name = free_name(f"{each}-to-{draft.destination}", taken)
            taken.add(name)
            before[each] = Wanted(name, _first(app, config, draft, each, by))
        wanted.append(before[each])
    return replace(draft, wanted=tuple(wanted))


def without_audiences(draft: Draft) -> Draft:
    """None of them any more."""
    return replace(draft, wanted=())


def with_destination(draft: Draft, destination: str, of: str | None = None) -> Draft:
    """The same for another ad account; ``of``: only what is for this one."""
    wanted = tuple(
        each.with_(destination=destination) if of in (None, each.body["destination"]) else each for each in draft.wanted
    )
    return replace(
        draft, destination=destination if of in (None, draft.destination) else draft.destination, wanted=wanted
    )


def _first(app: App, config: Config, draft: Draft, audience: str, by: Person) -> dict[str, Any]:
    """What is suggested."""
    body: dict[str, Any] = {"audience": audience, "destination": draft.destination}
    if config.audiences[audience].source.events is not None:
        return {**body, "mode": "stream", "enabled": False}
    return {**body, "mode": "mirror", "mapping": suggested(app, config, audience, by)}


def suggested(app: App, config: Config, audience: str, by: Person) -> dict[str, list[Any]]:
    """LinkedIn field -> source fields: as the header of a list says, {} while it cannot be read; of events where they
    usually have it. Without ``primaryId`` for whom identities are none of their business.
    """
    wanted = config.audiences[audience]
    if wanted.source.events is not None:
        return {name: [where] for name, where in PATHS[wanted.kind].items()}
    columns, _ = columns_of(app, config, audience)
    guessed = mappings.guess(wanted.kind, columns)
    if not by.may(Permission.VIEW_IDENTITY_GRAPH):
        guessed.pop("primaryId", None)
    return {name: list(sources) for name, sources in guessed.items()}


def free_name(name: str, taken: set[str]) -> str:
    """It, or with a number behind it that nobody has."""
    name = name[:96]
    return next(each for each in (name, *(f"{name}-{n}" for n in range(2, 1000))) if each not in taken)


def columns_of(app: App, config: Config, audience: str) -> tuple[tuple[str, ...], str]:
    """Of its list, and why there are none; events have none."""
    if config.audiences[audience].source.events is not None:
        return (), ""
    try:
        return audiences.columns(app, config, audience), ""
    except (ConfigError, SourceError, StoreError) as error:
        return (), str(error)


# ── judging ──────────────────────────────────────────────────────────────────────────────────────────────────────
def check_mapping(config: Config, wanted: Wanted, columns: Sequence[str] | None, by: Person) -> None:
    """PermissionMissing: identities are not theirs to send. ConfigError, ``place`` where it can be said: LinkedIn could
    find nobody by it, a required pair is missing, a column is not there.
    """
    may_send_identities(wanted, by)
    check_usable(config, wanted, columns)


def check_usable(config: Config, wanted: Wanted, columns: Sequence[str] | None) -> None:
    """ConfigError as ``check_mapping``."""
    destination = config.destinations[wanted.body["destination"]]
    toggles = destination.send_email, destination.send_google_advertising_id
    check_fits(config.audiences[wanted.audience], wanted.body.get("mapping"), columns, *toggles)


def check_fits(
    audience: AudienceConfig,
    chosen: Mapping[str, Any] | None,
    columns: Sequence[str] | None,
    send_email: bool = True,
    send_google_advertising_id: bool = True,
) -> None:
    """The same of a mapping alone."""
    if audience.source.events is not None:
        try:
            event_rules.declared(audience.kind, defaults.TRIGGER, "any", "auto", chosen)
        except event_rules.Mistake as mistake:
            raise ConfigError(str(mistake), mistake.place) from None
        return
    try:
        given = {name: tuple(map(str, sources)) for name, sources in (chosen or {}).items()}
        mappings.check(audience.kind, given, columns, send_email, send_google_advertising_id)
    except ConfigError as error:
        named = (each[1] for each in _FIELD.finditer(str(error)))
        place = next((each for each in named if each in FIELDS[audience.kind]), "")
        raise ConfigError(str(error), ("mapping", place)) from None


def may_send_identities(wanted: Wanted, by: Person) -> None:
    """PermissionMissing: it maps ``primaryId``, which needs View Identity Graph."""
    if "primaryId" in (wanted.body.get("mapping") or {}):
        by.need(Permission.VIEW_IDENTITY_GRAPH)


def tried(configuration: Configuration, draft: Draft) -> Config:
    """The configuration with what the draft says. ConfigError: it cannot be; ``place`` is of the whole."""
    return _tried(configuration, draft.wanted)


def _tried(configuration: Configuration, wanted: Sequence[Wanted]) -> Config:
    check_names(configuration, wanted)
    return configuration.tried({("activations", each.name): each.body for each in wanted})


def check_names(configuration: Configuration, wanted: Sequence[Wanted]) -> None:
    """ConfigError: a name is another's already."""
    names = [each.name for each in wanted]
    there = configuration.current().activations
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"Two activations cannot both be called '{name}'.", ("activations", name, "name"))
        if name in there:
            raise ConfigError(
                f"There is an activation '{name}' already: choose another name.", ("activations", name, "name")
            )


def check_left(app: App, config: Config, wanted: Sequence[Wanted]) -> None:
    """ConfigError: a name is of an activation that nothing describes any more, and whose LinkedIn audience is made of
    something else. ``config``: as it would be.
    """
    for each in wanted:
        found = app.store.activations.get(each.name)
        if found is None or found.removed_at is not None or each.name not in config.activations:
            continue
        try:
            activations.refuse_another(config, found, config.activations[each.name])
        except activations.MadeOfAnother:
            raise ConfigError(
                f"An activation '{each.name}' was taken out and still has a LinkedIn audience: remove it on its page "
                "first, or choose another name.",
                ("activations", each.name, "name"),
            ) from None


def check_key(app: App, wanted: Wanted) -> None:
    """ConfigError: the audience key is another audience's for ever."""
    key = str(wanted.body.get("audience_key", ""))
    known = app.store.event_members.key(key) if key else None
    if known is not None and known.audience != wanted.audience:
        raise ConfigError(
            f"The audience key '{key}' belongs to audience '{known.audience}': choose another.",
            ("activations", wanted.name, "audience_key"),
        )


# ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────────
def ask_plan(app: App, configuration: Configuration, by: Person, draft: Draft) -> Draft:
    """Let a worker find out what first syncs would do, unless it knows. ConfigError as ``tried``."""
    if draft.job is not None and draft.planned == draft.question():
        return draft
    tried(configuration, draft)
    asked = jobs.ask_preview(app, draft.parts())
    draft = replace(draft, job=asked.id, planned=draft.question())
    save(app, by, draft)
    return draft


def plan_of(app: App, draft: Draft) -> JobRow | None:
    """How far that is; None: nobody asked for what the draft says now."""
    if draft.job is None or draft.planned != draft.question():
        return None
    try:
        return jobs.get(app, draft.job)
    except UnknownName:
        return None


# ── finishing ────────────────────────────────────────────────────────────────────────────────────────────────────
def finish(app: App, configuration: Configuration, by: Person, draft: Draft, *, run: bool) -> list[str]:
    """Make what the draft says, and the draft is gone; the names. As ``make``."""
    made = make(app, configuration, by, draft.wanted, run=run, with_it=lambda: discard(app, by, draft.id))
    return [each.name for each in made]


def make(
    app: App,
    configuration: Configuration,
    by: Person,
    wanted: Sequence[Wanted],
    *,
    run: bool,
    with_it: Callable[[], None] = lambda: None,
) -> list[Declaration]:
    """Activations, all of them or none, and (``run``) a sync at once of what is switched on. ``with_it``: what is done
    in the same transaction. PermissionMissing, ConfigError as ``tried``.
    """
    by.need(*ACTIVATE)
    for each in wanted:
        may_send_identities(each, by)
    if not wanted:
        raise ConfigError("Choose at least one audience.", ("audiences",))
    check_left(app, _tried(configuration, wanted), wanted)
    with declared.changing(app):
        made = [declared.create(app, configuration, "activations", each.name, each.body, by) for each in wanted]
        with_it()
    if run:
        config = configuration.current()
        for each in wanted:
            if runs_at_once(app, each):
                jobs.ask_sync(app, config, each.name)
    return made


def runs_at_once(app: App, wanted: Wanted) -> bool:
    """Whether it is switched on, its first day has begun, and no events feed it, which come when they come."""
    if not wanted.body.get("enabled", True) or wanted.body.get("mode") == "stream":
        return False
    try:
        begins = schedule.beginning(ScheduleConfig.model_validate(wanted.body.get("schedule") or {"every": "1d"}))
    except ValueError:  # told as a mistake of the whole
        return True
    return begins <= app.clock.now()
