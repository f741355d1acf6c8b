"""The rows of a mapping, and the pickers that add one: source and target, each on one of two tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guestlist.app.samples import Shown
from guestlist.core import mapping as mappings
from guestlist.core.fields import FIELDS, FieldSpec
from guestlist.core.identity import Kind
from guestlist.core.permissions import Permission
from guestlist.errors import ConfigError
from guestlist.events import defaults
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form

ATTRIBUTES, IDENTITY = "attributes", "identity"
TABS = ((ATTRIBUTES, "Select attributes"), (IDENTITY, "Select identity namespace"))
ADD = "add"  # where a new row is chosen
SELECT, SUGGEST, MORE, REMOVE = "select", "suggest", "more-", "remove-"
_XDM = ("accountKey.", "accountOrganization.")
_PAIRS = {"companyName": "accountName", "primaryId": "accountKey.sourceKey"}
_NAMES = ("firstName", "lastName", "companyName")  # say who somebody is, and are no identities

Sources = Mapping[str, Sequence[Any]]


@dataclass(frozen=True)
class Row:
    """One LinkedIn field. ``sources``: what is mapped to it; ``told``: what LinkedIn will receive of it; ``pair``: the
    column that has to be mapped to it, "" none has to. ``fixed``: it says more than a field can show.
    """

    spec: FieldSpec
    sources: tuple[str, ...]
    told: str
    pair: str
    fixed: bool = False


@dataclass(frozen=True)
class Focus:
    """What was touched last. ``at``: the field whose row it is, or ``ADD``; ``more``: it gets another source."""

    at: str = ""
    more: bool = False

    @property
    def query(self) -> dict[str, str]:
        """As it stands behind a question mark."""
        return {"at": self.at, "more": "yes" if self.more else ""}


def focus_of(query: Mapping[str, str], kind: Kind) -> Focus:
    """The same as it stands behind a question mark."""
    at = query.get("at", "")
    return Focus(at, query.get("more") == "yes") if at == ADD or at in FIELDS[kind] else Focus()


# ── showing ──────────────────────────────────────────────────────────────────────────────────────────────────────
def shown(
    call: Call,
    kind: Kind,
    mapping: Sources,
    seen: Shown,
    suggested: Sources,
    focus: Focus,
    *,
    of_events: bool,
) -> dict[str, Any]:
    """What rows and pickers need; who may not choose identities does not see theirs. ``unmapped``: fields that the form
    says nothing is mapped to. ``suggested``: a mapping, of which ``offered`` is what is not there.
    """
    columns = () if of_events else seen.columns
    there = [_row(name, spec, kind, mapping, columns) for name, spec in FIELDS[kind].items() if _may(call, name)]
    rows = [each for each in there if each.sources or each.pair]
    return {
        "rows": sorted(rows, key=lambda row: not row.pair),
        "unmapped": [each.spec for each in there if each not in rows],
        "targets": {tab: [each for each in there if tab_of(each.spec.name) == tab] for tab, _ in TABS},
        "sources": {ATTRIBUTES: seen.columns, IDENTITY: _identities(kind, seen.columns, of_events=of_events)},
        "used": {source for each in there for source in each.sources},
        "offered": [FIELDS[kind][name].label for name in _missing(call, mapping, suggested)],
        "pickers": TABS,
        "columns": seen.columns,
        "seen": seen,
        "of_events": of_events,
        "has_pairs": any(each.pair for each in there),
        "finds": [each.spec.label for each in there if each.spec.identifying],
        "focus": focus,
    }


def _row(name: str, spec: FieldSpec, kind: Kind, mapping: Sources, columns: Sequence[str]) -> Row:
    sources = mapping.get(name, ())
    fixed = any(not isinstance(each, str) for each in sources)
    return Row(spec, tuple(map(str, sources)), _told(spec), _pair(name, columns, kind), fixed)


def _told(spec: FieldSpec) -> str:
    if not spec.sent:
        return "Nothing: it stays here."
    if spec.hashed:
        return "A SHA-256 digest of it, in lower case and without blanks; a digest as it is."
    if spec.name == "country":
        return "Two letters, like DE."
    return f"As it is, at most {spec.limit} characters." if spec.limit else "As it is."


def _pair(name: str, columns: Sequence[str], kind: Kind) -> str:
    """With Adobe's account paths two pairs have to be there."""
    if kind is not Kind.COMPANIES or not any(each == "accountName" or each.startswith(_XDM) for each in columns):
        return ""
    return _PAIRS.get(name, "")


def _identities(kind: Kind, columns: Sequence[str], *, of_events: bool) -> list[str]:
    """Sources that say who somebody is, as a header names them, or where events usually have them."""
    found: Mapping[str, Sequence[str]] = mappings.guess(kind, columns)
    if of_events:
        usual = {name: where.split(" || ") for name, where in defaults.MAPPING[kind].items()}
        found = {"primaryId": ["userId", "groupId", "anonymousId"], **usual}
    fields = FIELDS[kind]
    named = [name for name in found if (fields[name].identifying or not fields[name].sent) and name not in _NAMES]
    return list(dict.fromkeys(source for name in named for source in found[name]))


def tab_of(field: str) -> str:
    """Where it stands among targets: what says who somebody is stands apart (primaryId)."""
    return IDENTITY if field == "primaryId" else ATTRIBUTES


def _may(call: Call, field: str) -> bool:
    return tab_of(field) == ATTRIBUTES or call.person.may(Permission.VIEW_IDENTITY_GRAPH)


def place_of(call: Call, error: ConfigError, kind: Kind) -> str:
    """The field of the form that an error is about; what concerns none stands above all."""
    target = error.place[-1] if error.place else ""
    if target in ("source", "target"):
        return target
    return f"s-{target}" if target in FIELDS[kind] and _may(call, target) else "mapping"


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────
def typed(call: Call, kind: Kind, before: Sources) -> dict[str, list[Any]]:
    """The mapping with what a form holds; fields that it does not speak of stay as they are. PermissionMissing: it
    speaks of identities, which are none of their business.
    """
    form = call.form
    found: dict[str, list[Any]] = {}
    for name in FIELDS[kind]:
        sources: list[Any] = list(before.get(name, ()))
        if form.has(f"s-{name}"):
            _need(call, name)
            sources = list(dict.fromkeys(each.strip() for each in form.all(f"s-{name}") if each.strip()))
        if sources:
            found[name] = sources
    return found


def is_help(button: str) -> bool:
    """Whether a button only changes rows, and the same page follows."""
    return button in (SELECT, SUGGEST) or button.startswith((MORE, REMOVE))


def helped(call: Call, kind: Kind, mapping: Sources, suggested: Sources) -> tuple[dict[str, list[Any]], Focus]:
    """The mapping after such a button, and where that was. ConfigError: something was not chosen. PermissionMissing."""
    button = call.form["do"]
    found = {name: list(sources) for name, sources in mapping.items()}
    if button == SUGGEST:
        added = _missing(call, mapping, suggested)
        return _ordered(kind, {**found, **added}), Focus(next(iter(added), ADD))
    if button == SELECT:
        source, target = _picked(call.form, "source"), _picked(call.form, "target")
        if not source:
            raise ConfigError("Choose what is to be told.", ("source",))
        if target not in FIELDS[kind]:
            raise ConfigError("Choose what LinkedIn is to be told of it as.", ("target",))
        _need(call, target)
        sources = found.get(target, [])
        return _ordered(kind, {**found, target: [*sources, *([] if source in sources else [source])]}), Focus(target)
    field = button.removeprefix(MORE).removeprefix(REMOVE)
    if field not in FIELDS[kind]:
        return found, Focus(ADD)
    _need(call, field)
    if button.startswith(MORE):
        return found, Focus(field, more=True)
    found.pop(field, None)
    return found, Focus(ADD)


def check_nothing_picked(form: Form) -> None:
    """ConfigError: a new row was chosen and not confirmed."""
    if _picked(form, "source") and _picked(form, "target"):
        raise ConfigError("Press Select to add this mapping, or choose nothing here.", ("source",))


def _picked(form: Form, which: str) -> str:
    return form[f"{which}-{IDENTITY}" if form[f"{which}-tab"] == IDENTITY else which].strip()


def _missing(call: Call, mapping: Sources, suggested: Sources) -> dict[str, list[Any]]:
    """What is suggested for fields that nothing is mapped to."""
    return {name: list(each) for name, each in suggested.items() if not mapping.get(name) and _may(call, name)}


def _ordered(kind: Kind, mapping: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    return {name: mapping[name] for name in FIELDS[kind] if name in mapping}


def _need(call: Call, field: str) -> None:
    if not _may(call, field):
        call.person.need(Permission.VIEW_IDENTITY_GRAPH)
