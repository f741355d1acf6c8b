"""``guestlist.yaml``: its shape as models, and ``load``, which answers mistakes with one sentence, file and line.

Times become seconds. Only what the file itself shows is judged here; columns and filters are judged with the list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import ErrorDetails

from guestlist import document
from guestlist.core import mapping as mappings
from guestlist.core import words
from guestlist.core.guard import Limit
from guestlist.core.identity import Kind
from guestlist.core.text import masked
from guestlist.document import Document, Place
from guestlist.errors import ConfigError
from guestlist.events import defaults

if TYPE_CHECKING:
    from guestlist.events import declared

# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = r"([0-9]+)(ms|[smhd])"
_ACCOUNT = re.compile(r"(?:urn:li:sponsoredAccount:)?([1-9][0-9]*)")
CRON_FIELDS = 5  # a sixth would be seconds
_NAME = re.compile(r"[^\s/\\\x00-\x1f\x7f](?:[^/\\\x00-\x1f\x7f]{0,98}[^\s/\\\x00-\x1f\x7f])?")


def _seconds(value: object) -> object:
    return _seconds_of(value) if isinstance(value, str) else value


def _seconds_of(value: str) -> float:
    match = re.fullmatch(_DURATION, value)
    if not match or int(match[1]) == 0:
        raise ValueError(f'"{masked(value)}" is no duration; write it like 90s, 15m, 26h or 30d')
    return float(int(match[1]) * _UNITS[match[2]])


def _between(least: str, most: str) -> AfterValidator:
    """Bounds of a duration, themselves in."""
    low, high = _seconds_of(least), _seconds_of(most)

    def check(value: float) -> float:
        if not low <= value <= high:
            raise ValueError(f"it must be between {least} and {most}")
        return value

    return AfterValidator(check)


def _at_least(least: str) -> AfterValidator:
    """The shortest that a duration may be."""
    low = _seconds_of(least)

    def check(value: float) -> float:
        if value < low:
            raise ValueError(f"it must be {least} or longer")
        return value

    return AfterValidator(check)


def _limit(value: object) -> object:
    if isinstance(value, Limit):
        return value
    text = str(value)
    if re.fullmatch(r"[0-9]+", text):
        return Limit(count=int(text))
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?%", text) and float(text[:-1]) <= 100:
        return Limit(share=float(text[:-1]) / 100)
    raise ValueError(f'"{masked(text)}" is neither a share nor a count; write it like 20% or 500')


def _account(value: object) -> str:
    match = _ACCOUNT.fullmatch(str(value).strip())
    if not match:
        raise ValueError("it must be the number of an ad account")
    return f"urn:li:sponsoredAccount:{match[1]}"


def _sources(value: object) -> object:
    if isinstance(value, list | tuple):
        return tuple(value)
    return (value,) if isinstance(value, str | int | float | dict) else value


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("a name has 1 to 100 characters, no slash and no blank at its ends")
    if value in (".", ".."):  # browsers take them out of an address
        raise ValueError("a name is more than dots")
    return value


def _named_unlike(page: str) -> AfterValidator:
    """What is called so has its page where another one is."""

    def check(value: str) -> str:
        if value == page:
            raise ValueError(f"a page is called {page}: choose another name")
        return value

    return AfterValidator(check)


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("it must not be empty")
    return value


def _title(value: str) -> str:
    if not value.isprintable():
        raise ValueError("it must be one line")
    return _text(value)


def _cron_shown(value: str) -> str:
    """``@hourly`` is nobody's address."""
    return value if re.fullmatch(r"@[a-z]+", value) else masked(value)


def _cron(value: str) -> str:
    if len(value.split()) != CRON_FIELDS:
        raise ValueError(
            f'"{_cron_shown(value)}" is no cron expression of five fields (minute, hour, day, month, weekday); an '
            "example: 0 6 * * 1-5"
        )
    try:
        CronSim(value, datetime(2000, 1, 1))  # noqa: DTZ001 - any time will do
    except CronSimError as error:
        raise ValueError(
            f'"{_cron_shown(value)}" is no cron expression ({str(error).lower()}); an example: 0 6 * * 1-5'
        ) from None
    return value


def _date(value: object) -> object:
    if not isinstance(value, str):
        return value if isinstance(value, date) else str(value)
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f'"{masked(value)}" is no date; write it like 2026-12-01') from None


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError):
        raise ValueError(f'"{masked(value)}" is no time zone; an example: Europe/Berlin') from None
    return value


def _url(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", value):
        raise ValueError("the address must start with https:// or http://")
    return value


_DURATION_SCHEMA = {"type": "string", "pattern": f"^{_DURATION}$", "examples": ["90s", "15m", "26h", "30d"]}
_ACCOUNT_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "string"}], "examples": [516848833]}
_LIMIT_SCHEMA = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^([0-9]+|[0-9]+(\.[0-9]+)?%)$"}]}
_SOURCES_SCHEMA = {
    "anyOf": [{"type": ["string", "number", "boolean", "object"]}, {"type": "array", "items": {}, "minItems": 1}]
}
_TRIGGER_SCHEMA = {"type": ["string", "object"], "examples": [defaults.TRIGGER, {"all": [{"on": "event_name"}]}]}

_DATE_SCHEMA = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-12-01"]}

Text = Annotated[str, AfterValidator(_text)]
Title = Annotated[str, AfterValidator(_title)]
Name = Annotated[str, AfterValidator(_name)]
DestinationName = Annotated[Name, _named_unlike("connect")]
AudienceName = Annotated[Name, _named_unlike("new")]
Day = Annotated[date, BeforeValidator(_date), WithJsonSchema(_DATE_SCHEMA)]
Duration = Annotated[float, BeforeValidator(_seconds), WithJsonSchema(_DURATION_SCHEMA)]
AdAccount = Annotated[str, BeforeValidator(_account), WithJsonSchema(_ACCOUNT_SCHEMA)]
Removals = Annotated[Limit, BeforeValidator(_limit), WithJsonSchema(_LIMIT_SCHEMA)]
SourceFields = Annotated[tuple[Any, ...], BeforeValidator(_sources), WithJsonSchema(_SOURCES_SCHEMA)]
Trigger = Annotated[str | dict[str, Any], WithJsonSchema(_TRIGGER_SCHEMA)]


# ── the shape ────────────────────────────────────────────────────────────────────────────────────────────────────
class _Section(BaseModel):
    """A part of the file: unknown keys are errors, a key without a value counts as left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or key not in cls.model_fields}


class DestinationConfig(_Section):
    """A LinkedIn ad account and what it may be told."""

    ad_account: AdAccount = Field(
        description="Account ID: the number of the ad account, or its urn:li:sponsoredAccount URN."
    )
    description: str = Field("", description="For people; nothing reads it.")
    enabled: bool = Field(True, description="false: nothing is sent to it, nothing is lost.")
    send_email: bool = Field(True, description="Tell LinkedIn the digests of e-mail addresses.")
    send_google_advertising_id: bool = Field(True, description="Tell LinkedIn Google advertising ids.")


class EventsConfig(_Section):
    """Events that decide who is in."""

    write_keys: tuple[Name, ...] = Field(
        min_length=1, description="Names of the write keys whose events count (`guestlist keys create NAME`)."
    )


class SourceConfig(_Section):
    """Where an audience comes from: a list in a file, a list that was uploaded, or events."""

    file: Text | None = Field(
        None,
        description="A csv, tsv, parquet, jsonl or xlsx file, or a glob of files with the same columns (in any order); "
        "relative to the yaml.",
    )
    max_age: Duration | None = Field(None, description="An older file is treated as unreadable: nobody is removed.")
    upload: Text | None = Field(None, description="Name of a list that was uploaded on the pages or through the API.")
    events: EventsConfig | None = Field(None, description="Events received by `guestlist serve` instead of a list.")

    @model_validator(mode="after")
    def _one_of_three(self) -> SourceConfig:
        if sum(each is not None for each in (self.file, self.upload, self.events)) != 1:
            raise ValueError("a source has either file, upload or events")
        if self.events is not None and self.max_age is not None:
            raise ValueError("max_age goes with file or upload: events have no age")
        return self

    @property
    def shown(self) -> str:
        """The list, for people."""
        return self.file or self.upload or "events"


class AudienceConfig(_Section):
    """Who: people or companies, and the list they come from."""

    members: Literal["people", "companies"] = Field(description="What the list is made of.")
    source: SourceConfig = Field(description="The list, or the events.")
    filter: Text | None = Field(
        None,
        description="One boolean SQL expression over the list's columns; rows for which it is false or NULL are not "
        "wanted.",
    )

    @property
    def kind(self) -> Kind:
        """``members`` as the core knows it."""
        return Kind.PEOPLE if self.members == "people" else Kind.COMPANIES


class ScheduleConfig(_Section):
    """When an activation is synced by ``guestlist worker``."""

    every: Annotated[Duration, _at_least("1m")] | None = Field(None, description="Time between two syncs, 1m at least.")
    cron: Annotated[str, AfterValidator(_cron)] | None = Field(None, description="Five fields, as in crontab.")
    start: Day | None = Field(None, description="Not before that day begins; whoever asks is not kept waiting.")
    timezone: Annotated[str, AfterValidator(_timezone)] = Field(
        "UTC", description="Where the cron fields are read, and where the day of start begins."
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> ScheduleConfig:
        if (self.every is None) == (self.cron is None):
            raise ValueError("a schedule has either every or cron")
        return self


class BatchConfig(_Section):
    """How long a stream gathers changes before it tells LinkedIn."""

    max_wait: Duration = Field(
        2.0, description="The longest that an event waits for company.", json_schema_extra={"default": "2s"}
    )
    max_size: int = Field(5_000, ge=1, le=5_000, description="As many changes are told at once; LinkedIn takes 5,000.")


class ActivationConfig(_Section):
    """One audience kept in step on one destination."""

    audience: str = Field(description="Name of an audience.")
    destination: str = Field(description="Name of a destination.")
    enabled: bool = Field(True, description="false: nothing is sent for it, nothing is lost.")
    mode: Literal["mirror", "stream", "add_only", "remove_only", "snapshot"] = Field(
        "mirror",
        description="mirror: LinkedIn holds what the list holds; stream: the same for events, within seconds; "
        "add_only: nobody is removed; remove_only: whoever is on the list is removed from the audience of segment_of "
        "and stays out; snapshot: the list is sent once.",
    )
    trigger: Trigger = Field(
        defaults.TRIGGER,
        description="Events only: which of them count, in FQL, or as `all:` or `any:` of conditions.",
    )
    audience_key: Title | None = Field(
        None, description="Events only, required there: the audience's key in the events, a literal; its for ever."
    )
    action: Literal["auto", "add", "remove"] = Field(
        "auto", description="Events only: auto does what the event says; add and remove do that with each that counts."
    )
    batch: BatchConfig = Field(BatchConfig.model_validate({}), description="Mode stream only.")
    segment_of: str | None = Field(
        None, description="remove_only: the activation whose LinkedIn audience it thins out."
    )
    segment_name: Title | None = Field(
        None, description="Name of the LinkedIn audience when it is made; else the audience's."
    )
    rename: Literal["keep", "propagate"] = Field(
        "keep", description="propagate: a changed segment_name renames the LinkedIn audience."
    )
    on_delete: Literal["keep", "delete"] = Field(
        "keep", description="What `guestlist remove` does to the LinkedIn audience."
    )
    mapping: dict[str, SourceFields] | None = Field(
        None,
        description="LinkedIn field: source field, or a list of them. Left out: guessed from the header, then fixed. "
        "Events: paths, constants and directives; left out: where Segment and RudderStack have them.",
    )
    derive: bool = Field(
        True, description="Companies: add the identifiers that follow from those given (e-mail domain, organization)."
    )
    max_removals: Removals = Field(
        Limit(share=0.2),
        description="A run that removes more (a share of the members, or a count) waits for a person; five or fewer "
        "never do.",
        json_schema_extra={"default": "20%"},
    )
    schedule: ScheduleConfig | None = Field(None, description="Left out: only when asked.")
    refresh: Duration | None = Field(None, description="Send everybody again that often.")
    keep_alive: bool = Field(False, description="Send one member again every 25 idle days, so that it does not expire.")

    @property
    def segment_title(self) -> str:
        """The name its LinkedIn audience is made with."""
        return self.segment_name or self.audience_key or self.audience


class LimitsConfig(_Section):
    """What the file itself may ask for."""

    mappings_per_destination: int = Field(50, ge=1, description="Enabled activations that may feed one destination.")


class RetentionConfig(_Section):
    """How long is kept what nobody needs for ever. What LinkedIn was told is kept for ever."""

    samples: Annotated[Duration, _between("1h", "14d")] = Field(
        86_400.0,
        description="Samples of events, masked and encrypted; 1h to 14d. GUESTLIST_SAMPLES_KEPT is asked first.",
        json_schema_extra={"default": "1d"},
    )
    answers: Annotated[Duration, _between("1d", "365d")] = Field(
        14 * 86_400.0,
        description="Each answer of LinkedIn, after a run ended; 1d to 365d. Then the run holds how many there were.",
        json_schema_extra={"default": "14d"},
    )
    runs: Annotated[Duration, _between("7d", "3650d")] = Field(
        90 * 86_400.0,
        description="Runs with their counts, after they ended; 7d to 3650d, and never shorter than answers. The latest "
        "20 of each activation stay for ever.",
        json_schema_extra={"default": "90d"},
    )

    @model_validator(mode="after")
    def _runs_last(self) -> RetentionConfig:
        if self.runs < self.answers:
            raise ValueError("runs are kept at least as long as their answers")
        return self


class NotifyConfig(_Section):
    """Who hears when something waits for a person."""

    url: Annotated[str, AfterValidator(_url)] = Field(
        repr=False, description="Gets one POST of JSON with a text; a Slack incoming webhook works."
    )


class Config(_Section):
    """The whole file."""

    destinations: dict[DestinationName, DestinationConfig] = Field(
        {}, description="LinkedIn ad accounts by a name of yours."
    )
    audiences: dict[AudienceName, AudienceConfig] = Field({}, description="Lists by a name of yours.")
    activations: dict[Name, ActivationConfig] = Field({}, description="What is kept in step where, by a name of yours.")
    limits: LimitsConfig = LimitsConfig.model_validate({})
    retention: RetentionConfig = RetentionConfig.model_validate({})
    notify: NotifyConfig | None = Field(None, description="Who hears when something waits for a person.")

    _path: Path = PrivateAttr(default=Path("guestlist.yaml"))
    _made: frozenset[tuple[str, str]] = PrivateAttr(default=frozenset())

    @property
    def path(self) -> Path:
        """The file it was read from."""
        return self._path

    @property
    def where(self) -> str:
        """Where its objects stand, for a sentence: `` in guestlist.yaml``; "" where there is no file."""
        return "" if self._path == PAGES else f" in {self._path}"

    def from_pages(self, section: str, name: str) -> bool:
        """Whether an object was made on the pages, not in the file; of ``settings``: a key of the file."""
        return (section, name) in self._made

    def origin(self, section: str, name: str) -> str:
        """Where an object comes from: the file's whole path, or "pages"."""
        return "pages" if self.from_pages(section, name) else str(self._path.resolve())

    @property
    def folder(self) -> Path:
        """Where relative paths of sources start."""
        return self._path.parent


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
Parts = Mapping[tuple[str, str], Mapping[str, Any]]  # (section, name) of what the pages made -> in the yaml's shape
SECTIONS = ("destinations", "audiences", "activations")
SETTINGS = ("limits", "notify", "retention")
PAGES = Path("the pages")  # what is said instead of a file's name where there is no file


def load(path: Path | None, environ: Mapping[str, str], parts: Parts | None = None) -> Config:
    """Read and judge the file (None: there is none) together with what the pages made. ConfigError with file and line,
    or the object, on the first mistake.
    """
    return judged(document.read(path, environ) if path is not None else Document(PAGES, {}, {}), parts)


def judged(read: Document, parts: Parts | None = None) -> Config:
    """The same of what was read already."""
    read = _with_parts(read, parts or {})
    try:
        config = Config.model_validate(read.data)
    except ValidationError as error:
        raise _first_mistake(read, error.errors()) from None
    for place, sentence in (*_varying(read), *contradictions(config)):
        raise read.error(place, sentence)
    config._path, config._made = read.path, frozenset(parts or ())  # noqa: SLF001 - its own
    return config


def some_of_activation(body: Mapping[str, Any]) -> ActivationConfig:
    """What is said of an activation that need not be whole; ConfigError says which value is of the wrong kind."""
    try:
        return ActivationConfig.model_validate({"audience": "", "destination": "", **body})
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(_sentence(first), _place(first)) from None


def raw(path: Path, environ: Mapping[str, str]) -> Mapping[str, Any]:
    """What the file says, not judged yet."""
    return document.read(path, environ).data


def _with_parts(read: Document, parts: Parts) -> Document:
    """Objects of the pages take the place of the file's."""
    data: dict[str, Any] = dict(read.data)
    for (section, name), body in parts.items():
        if section == "settings":
            data[name] = body
        else:
            there = data.get(section) or {}
            if isinstance(there, dict):  # else a mistake of the file, which is told
                data[section] = {**there, name: body}
    made = {(name,) if section == "settings" else (section, name) for section, name in parts}
    filled = tuple(place for place in read.filled if not any(place[: len(each)] == each for each in made))
    return Document(read.path, data, read.lines, frozenset(made), filled)


def _varying(read: Document) -> Iterator[tuple[Place, str]]:
    """A key belongs to one audience for ever: what the environment says today may be another's tomorrow."""
    for place in read.filled:
        if place[0] == "activations" and place[2:] == ("audience_key",):
            yield place, f"activation {place[1]}: audience_key must be written out, not taken from the environment"


def contradictions(config: Config) -> Iterator[tuple[Place, str]]:
    """What no single value shows: where, and what is wrong. Nothing: the configuration can be carried out."""
    for name, destination in config.destinations.items():
        try:
            mappings.check_toggles(destination.send_email, destination.send_google_advertising_id)
        except ConfigError as error:
            yield ("destinations", name, "send_google_advertising_id"), f"destination {name}: {error}"
    fed: Counter[str] = Counter()
    for name, activation in config.activations.items():
        fed[activation.destination] += activation.enabled
        for key, sentence in _in_activation(config, name, activation, fed[activation.destination]):
            yield ("activations", name, *key), f"activation {name}: {sentence}"


def _in_activation(config: Config, name: str, activation: ActivationConfig, nth: int) -> Iterator[tuple[Place, str]]:
    for key, target, known in (
        ("audience", activation.audience, config.audiences),
        ("destination", activation.destination, config.destinations),
        ("segment_of", activation.segment_of, config.activations),
    ):
        if target is not None and target not in known:
            yield (key,), f'there is no {_WHAT[key]} "{masked(target)}"{mappings.nearest(target, known)}'
            return
    most = config.limits.mappings_per_destination
    if activation.enabled and nth > most:
        yield (
            ("destination",),
            f"At most {words.counted(most, 'activation')} may feed one destination (limits.mappings_per_destination); "
            f"this is number {nth} of {activation.destination}. Disabled ones do not count",
        )
    if activation.mode == "snapshot" and not activation.enabled:
        yield ("enabled",), "a snapshot cannot be disabled; leave it out of the file until it may be sent"
    yield from _of_segment(config, name, activation)
    if config.audiences[activation.audience].source.events is not None:
        yield from _of_events(config, name, activation)
    else:
        yield from _of_list(activation)
        yield from _of_mapping(config, activation)


_WHAT = {"audience": "audience", "destination": "destination", "segment_of": "activation"}


def _of_segment(config: Config, name: str, activation: ActivationConfig) -> Iterator[tuple[Place, str]]:
    if activation.segment_of is None:
        if activation.mode == "remove_only":
            yield ("mode",), "remove_only needs segment_of, the activation whose LinkedIn audience it thins out"
        return
    other = config.activations[activation.segment_of]
    if activation.mode != "remove_only":
        yield ("segment_of",), f"segment_of goes with mode remove_only, not with {activation.mode}"
    elif activation.segment_of == name or other.segment_of is not None:
        yield ("segment_of",), "segment_of must name an activation that has a LinkedIn audience of its own"
    elif other.mode == "stream":
        yield ("segment_of",), f"{activation.segment_of} is a stream; who is in there is for its events to say"
    elif other.destination != activation.destination:
        yield ("segment_of",), f"{activation.segment_of} feeds another destination ({other.destination})"
    elif _kind(config, other) not in (None, _kind(config, activation)):
        yield ("segment_of",), f"{activation.segment_of} is not made of {config.audiences[activation.audience].members}"


def _kind(config: Config, activation: ActivationConfig) -> Kind | None:
    audience = config.audiences.get(activation.audience)
    return audience.kind if audience else None


def _of_list(activation: ActivationConfig) -> Iterator[tuple[Place, str]]:
    for key in ("trigger", "audience_key", "action", "batch"):
        if key in activation.model_fields_set:
            yield (key,), f"{key} goes with an audience whose source is events"
    if activation.mode == "stream":
        yield ("mode",), "stream needs an audience whose source is events; a list is kept in step with mode mirror"
    for field, sources in (activation.mapping or {}).items():
        if not sources or not all(isinstance(each, str) and each.strip() for each in sources):
            yield ("mapping", field), f"mapping.{field} must be a source field or a list of them"


def _of_events(config: Config, name: str, activation: ActivationConfig) -> Iterator[tuple[Place, str]]:
    from guestlist.events import declared  # noqa: PLC0415 - parsers, only where there are events

    audience = config.audiences[activation.audience]
    if audience.filter is not None:
        yield ("audience",), f"filter of audience {activation.audience} reads columns of a list; events have a trigger"
    try:
        mine = declared.declared(
            audience.kind, activation.trigger, activation.audience_key, activation.action, activation.mapping
        )
    except declared.Mistake as mistake:
        yield mistake.place, str(mistake)
        return
    for other_name, other in config.activations.items():
        if other_name == name:
            return  # each pair is told once, at its second
        if other.audience_key != activation.audience_key or other.audience not in config.audiences:
            continue
        yield from _of_shared_key(config, other_name, other, activation, mine)


def _of_shared_key(
    config: Config, name: str, other: ActivationConfig, activation: ActivationConfig, mine: declared.Declared
) -> Iterator[tuple[Place, str]]:
    """One key is one audience, on as many destinations as wanted."""
    from guestlist.events import declared  # noqa: PLC0415

    if other.destination == activation.destination:
        yield ("audience_key",), f"activation {name} feeds {other.destination} with the same audience_key already"
    elif other.audience != activation.audience:
        yield ("audience_key",), f"the key belongs to audience {other.audience} (activation {name})"
    else:
        theirs = declared.declared(
            config.audiences[other.audience].kind, other.trigger, other.audience_key, other.action, other.mapping
        )
        for key in mine.differs(theirs):
            yield (key,), f"{key} must be as in activation {name}, which has the same audience_key"


def _of_mapping(config: Config, activation: ActivationConfig) -> Iterator[tuple[Place, str]]:
    if activation.mapping is None:
        return
    try:
        mappings.check(config.audiences[activation.audience].kind, activation.mapping)
    except ConfigError as error:
        target = next((t for t in activation.mapping if f'"{t}"' in str(error)), "")
        yield ("mapping", target), str(error)


# ── mistakes as sentences ────────────────────────────────────────────────────────────────────────────────────────
def _first_mistake(read: Document, errors: Sequence[ErrorDetails]) -> ConfigError:
    """The one to tell first: an unknown key explains what else is missing; then by line."""

    def order(error: ErrorDetails) -> tuple[bool, int]:
        return error["type"] != "extra_forbidden", read.lines.get(_place(error), 0)

    error = min(errors, key=order)
    return read.error(_place(error), _sentence(error))


def _place(error: ErrorDetails) -> Place:
    """Without what pydantic adds of its own: which way of writing a trigger it tried."""
    place = tuple(str(step) for step in error["loc"] if step != "[key]")
    return place[:3] if place[:1] == ("activations",) and place[2:3] == ("trigger",) else place


def _sentence(error: ErrorDetails) -> str:
    place, context = _place(error), error.get("ctx", {})
    where, key = masked(".".join(place)), masked(place[-1]) if place else ""
    within = f" in {masked('.'.join(place[:-1]))}" if place[:-1] else ""
    match error["type"]:
        case "extra_forbidden":
            known = list(_section(place[:-1]).model_fields)
            advice = mappings.nearest(place[-1], known) or f"; known are {', '.join(known)}"
            return f'unknown key "{key}"{within}{advice}'
        case "missing":
            return f'"{key}" is missing{within}'
        case "literal_error":
            return f"{where} must be {str(context['expected']).replace(chr(39), '')}"
        case "value_error":
            return f"{where}: {context['error']}"
        case "greater_than_equal":
            return f"{where} must be {context['ge']:,} or more"
        case "less_than_equal":
            return f"{where} must be {context['le']:,} or less"
    must = _MUST_OF.get(key, {}).get(error["type"]) or _MUST.get(error["type"])
    return f"{where} must {must}" if must else f"{where}: {error['msg'].lower()}"


_MUST = {
    **dict.fromkeys(("bool_parsing", "bool_type"), "be true or false"),
    **dict.fromkeys(("int_parsing", "int_parsing_size", "int_type", "int_from_float"), "be a whole number"),
    "string_type": "be one text",
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), "hold keys of its own (key: value)"),
    "tuple_type": "be a source field or a list of them",
}  # what pydantic calls the mistake -> what must be instead
_MUST_OF = {
    "write_keys": dict.fromkeys(("tuple_type", "too_short"), "be a list of names, one at least"),
    "trigger": dict.fromkeys(("string_type", "dict_type"), "be FQL, or `all:` or `any:` with a list of conditions"),
}  # the same, of one key


def _section(place: Place) -> type[_Section]:
    """The model that describes a place of the file."""
    model: type[_Section] = Config
    steps = iter(place)
    for step in steps:
        annotation = model.model_fields[step].annotation
        parts = [annotation, *get_args(annotation)]
        model = next(p for p in parts if isinstance(p, type) and issubclass(p, _Section))
        if get_origin(annotation) is dict:
            next(steps, None)  # the name somebody gave
    return model


def schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Config.model_json_schema(),
        "title": "guestlist.yaml",
    }
