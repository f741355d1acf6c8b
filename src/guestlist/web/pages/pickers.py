"""The pickers of a mapping: a row for each LinkedIn field, on one of two tabs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guestlist.app.samples import Shown
from guestlist.core.fields import FIELDS, FieldSpec
from guestlist.core.identity import Kind
from guestlist.core.permissions import Permission
from guestlist.errors import ConfigError
from guestlist.web.pages.call import Call
from guestlist.web.pages.forms import Form

ATTRIBUTES, IDENTITY = "attributes", "identity"
_XDM = ("accountKey.", "accountOrganization.")
_PAIRS = {"companyName": "accountName", "primaryId": "accountKey.sourceKey"}

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


def shown(call: Call, kind: Kind, mapping: Sources, seen: Shown, tab: str, *, of_events: bool) -> dict[str, Any]:
    """What the pickers of a tab need; who may not choose identities does not see theirs. ``kept``: what the other tab
    holds, for forms that bring it along.
    """
    tab = IDENTITY if tab == IDENTITY and call.person.may(Permission.VIEW_IDENTITY_GRAPH) else ATTRIBUTES
    there = [_row(name, spec, kind, mapping, seen.columns) for name, spec in FIELDS[kind].items()]
    rows = [each for each in there if tab_of(each.spec.name) == tab]
    return {
        "tab": tab,
        "rows": rows,
        "kept": [each for each in there if each not in rows],
        "columns": seen.columns,
        "seen": seen,
        "of_events": of_events,
        "has_pairs": any(each.pair for each in there),
    }


def _row(name: str, spec: FieldSpec, kind: Kind, mapping: Sources, columns: Sequence[str]) -> Row:
    sources = mapping.get(name, ())
    fixed = any(not isinstance(each, str) for each in sources)
    return Row(spec, tuple(map(str, sources)), _told(spec), _pair(name, columns, kind), fixed)


def tab_of(field: str) -> str:
    """Where it stands: what says who somebody is stands apart (primaryId)."""
    return IDENTITY if field == "primaryId" else ATTRIBUTES


def refused(call: Call, error: ConfigError, kind: Kind) -> tuple[str, str]:
    """The tab and the field that an error is about; what concerns none stands above all."""
    target = error.place[-1] if error.place else ""
    if target not in FIELDS[kind]:
        return ATTRIBUTES, "mapping"
    hidden = tab_of(target) == IDENTITY and not call.person.may(Permission.VIEW_IDENTITY_GRAPH)
    return (ATTRIBUTES, "mapping") if hidden else (tab_of(target), f"s-{target}")


def typed(form: Form, kind: Kind, before: Sources) -> dict[str, list[Any]]:
    """The mapping with what a form holds; fields that it does not speak of stay as they are."""
    found: dict[str, list[Any]] = {}
    for name in FIELDS[kind]:
        sources: list[Any] = list(before.get(name, ()))
        if form.has(f"s-{name}"):
            sources = list(dict.fromkeys(each.strip() for each in form.all(f"s-{name}") if each.strip()))
        if sources:
            found[name] = sources
    return found


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
