"""Which source field is told as what: guessed from a header, or checked when somebody wrote it down."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from guestlist.core.fields import FIELDS, UNMATCHABLE, plain
from guestlist.core.identity import Kind
from guestlist.core.text import masked
from guestlist.errors import ConfigError

FieldMapping = Mapping[str, tuple[str, ...]]  # LinkedIn field -> source fields, in the order they are tried or sent

# LinkedIn settings' own text in a peer's product, so that whoever searches for it finds the same cause
BOTH_OFF = "At least one of `Send Email` or `Send Google Advertising ID` must be set to `true`"

# Adobe demands both pairs of every account audience it activates to LinkedIn
_ADOBE_PAIRS = (("companyName", "accountName"), ("primaryId", "accountKey.sourceKey"))
_ADOBE_PREFIXES = ("accountKey.", "accountOrganization.")


# ── guessing ─────────────────────────────────────────────────────────────────────────────────────────────────────
def guess(members: Kind, columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The mapping that the header suggests; fields that nothing fits are left out, the result may identify nobody.

    Depends on the names only, not on their order. A column is used once. All e-mail columns are mapped, of everything
    else the best known one. Knows LinkedIn's list templates, HubSpot's and Salesforce's exports, Adobe's XDM paths.
    """
    spelled: dict[str, list[str]] = {}
    for column in sorted(columns):
        spelled.setdefault(plain(column), []).append(column)
    mapping: dict[str, tuple[str, ...]] = {}
    for name, field in FIELDS[members].items():
        keys = dict.fromkeys(plain(known) for known in field.known_as)
        fitting = [column for key in keys for column in spelled.get(key, ())]
        chosen = tuple(fitting if field.hashed else fitting[:1])
        if chosen:
            mapping[name] = chosen
        for column in chosen:
            spelled[plain(column)].remove(column)
    return mapping


def guess_kind(columns: Sequence[str]) -> Kind:
    """People or companies, as the header suggests; people when in doubt."""
    people, companies = (guess(kind, columns) for kind in Kind)
    if identifies(Kind.PEOPLE, people) or not identifies(Kind.COMPANIES, companies):
        return Kind.PEOPLE
    return Kind.COMPANIES


def identifies(members: Kind, mapping: FieldMapping) -> bool:
    """Whether LinkedIn could find anybody by it: one identifier, or for people both names."""
    if members is Kind.PEOPLE:
        return bool({"email", "googleAdvertisingId"} & mapping.keys()) or {"firstName", "lastName"} <= mapping.keys()
    return any(field.identifying for name, field in FIELDS[members].items() if name in mapping)


# ── checking ─────────────────────────────────────────────────────────────────────────────────────────────────────
def check(
    members: Kind,
    mapping: FieldMapping,
    columns: Sequence[str] | None = None,
    send_email: bool = True,
    send_google_advertising_id: bool = True,
) -> None:
    """Refuse, with one sentence, a mapping that cannot work. ``columns`` None: the list is not looked at yet.

    Raises ConfigError: both toggles off; a target that LinkedIn does not match or know; no identifier; one of Adobe's
    required pairs missing; a source field that the list does not have.
    """
    check_toggles(send_email, send_google_advertising_id)
    for target in mapping:
        _check_target(members, target)
    _check_adobe(members, mapping)
    if not identifies(members, mapping):
        raise ConfigError(_no_identifier(members))
    for target, sources in mapping.items():
        _check_sources(target, sources, columns)


def check_toggles(send_email: bool, send_google_advertising_id: bool) -> None:
    """Refuse a destination that may send no identifier of people at all."""
    if not send_email and not send_google_advertising_id:
        raise ConfigError(f"{BOTH_OFF}.")


def nearest(name: str, known: Iterable[str]) -> str:
    """`` (did you mean "a" or "b"?)`` for the end of a sentence, or "". Whatever looks like an address is masked."""
    by_key = {plain(other): other for other in known}
    key = plain(name)
    likeness = {other: difflib.SequenceMatcher(None, other, key).ratio() for other in by_key}
    best = max(likeness.values(), default=0.0)
    close = [other for other in by_key if best >= 0.6 and likeness[other] >= best - 0.1][:3]
    return " (did you mean " + " or ".join(f'"{masked(by_key[key])}"' for key in close) + "?)" if close else ""


def _check_target(members: Kind, target: str) -> None:
    if target in FIELDS[members]:
        return
    who = "people" if members is Kind.PEOPLE else "companies"
    if what := UNMATCHABLE[members].get(plain(target)):
        raise ConfigError(f'"{target}" cannot be mapped: LinkedIn does not match {who} by {what}.')
    other = Kind.COMPANIES if members is Kind.PEOPLE else Kind.PEOPLE
    if target in FIELDS[other]:
        raise ConfigError(f'"{target}" cannot be mapped: it is no field of {who}.')
    raise ConfigError(
        f'"{masked(target)}" is no field LinkedIn knows of {who}'
        + (nearest(target, FIELDS[members]) or f"; it knows {', '.join(FIELDS[members])}")
        + "."
    )


def _check_adobe(members: Kind, mapping: FieldMapping) -> None:
    if members is not Kind.COMPANIES:
        return
    used = [source for sources in mapping.values() for source in sources]
    path = next((s for s in used if s == "accountName" or s.startswith(_ADOBE_PREFIXES)), None)
    if path is None:
        return
    for target, source in _ADOBE_PAIRS:
        if source not in mapping.get(target, ()):
            raise ConfigError(
                f'The mapping uses the account path "{path}" but not "{target}: {source}", required with it.'
            )


def _no_identifier(members: Kind) -> str:
    if members is Kind.PEOPLE:
        return "The mapping has no identifier: map email, googleAdvertisingId, or firstName and lastName."
    ids = [name for name, field in FIELDS[members].items() if field.identifying]
    return f"The mapping has no identifier: map at least one of {', '.join(ids)}."


def _check_sources(target: str, sources: Sequence[str], columns: Sequence[str] | None) -> None:
    if not sources or not all(sources):
        raise ConfigError(f'"{target}" is mapped to nothing.')
    if columns is None:
        return
    for source in sources:
        if source not in columns:
            advice = nearest(source, columns) or f"; it has {_listed(columns)}"
            raise ConfigError(f'The list has no column "{masked(source)}", which is mapped to {target}{advice}.')


def _listed(columns: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(f'"{masked(column)}"' for column in columns[:most])
    return f"{shown} and {len(columns) - most} more" if len(columns) > most else shown
