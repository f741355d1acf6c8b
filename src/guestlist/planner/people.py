"""Rows of people in SQL, as far as SQL provably does what ``core.identity.person`` does.

That is printable ASCII where identifiers are concerned, and for names the letters of the plane most names are written
in. Every other row is SLOW: ``reference.py`` reads it with the reference itself.
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from guestlist.core import countries
from guestlist.core.identity import ASCII_EMAIL, GOOGLE_ID, PERSON_LIMITS, IdType, Reason
from guestlist.planner import sql
from guestlist.planner.shape import ACCEPTED, FILTERED, PEOPLE_TRAITS, SLOW, cells_of, code
from guestlist.ports import PlanRequest

COUNTRIES = "countries"  # (spelling, code), registered from country_table

# White space, controls, invisible characters and what UTF-16 counts as two are outside.
_TAME = "[ -~\u00a1-\u167f\u3001-\ud7ff]*"
_PRINTABLE = "[ -~]*"
_NONE = ("NULL::VARCHAR", "NULL::VARCHAR", "NULL")


def country_table() -> dict[str, str]:
    """The spellings that ``_spelling`` can arrive at -> code."""
    return {key: value for key, value in countries.spellings().items() if key.isascii()}


def normal(cells: str, request: PlanRequest) -> str:
    """``cells`` with ``verdict``, ``notes``, ``x1``.. (hex or text), ``t1``.., ``p`` and the traits."""
    return _closed(_judged(_read(_marked(cells, request), request), request), request)


def _marked(cells: str, request: PlanRequest) -> str:
    """``tame``: no text cell holds what SQL would treat otherwise than Python; ``plain``: identifiers are ASCII."""
    fields = ("firstName", "lastName", "title", "company", "primaryId")
    texts = [cell for field in fields for cell in cells_of(request, field)]
    keys = [cell for field in ("email", "googleAdvertisingId", "country") for cell in cells_of(request, field)]
    joined = f"concat({', '.join(texts)})" if len(texts) > 1 else f"coalesce({texts[0]}, '')" if texts else ""
    tame = f"regexp_full_match({joined}, {sql.text(_TAME)})" if texts else "true"
    ascii_ = " AND ".join(f"coalesce(strlen({cell}) = length({cell}), true)" for cell in keys) or "true"
    return f"SELECT *, kept AND {ascii_} AND {tame} AS tame FROM ({cells})"


def _squeezed(cell: str) -> str:
    inner = f"CASE WHEN contains({cell}, '  ') THEN regexp_replace({cell}, ' +', ' ', 'g') ELSE {cell} END"
    return f"nullif(trim({inner}, ' '), '')"


def _first(cells: list[str]) -> str:
    return f"coalesce({', '.join(_squeezed(cell) for cell in cells)}, NULL)" if cells else "NULL::VARCHAR"


def _read(marked: str, request: PlanRequest) -> str:
    """Unspaced e-mails ``e1``.., Google ids ``g1``.., the first text of each trait, squeezed."""
    columns = [f"nullif(lower(replace({c}, ' ', '')), '') AS e{k}" for k, c in _each("email", request)]
    columns += [f"lower({_squeezed(c)}) AS g{k}" for k, c in _each("googleAdvertisingId", request)]
    columns += [f"{_first(cells_of(request, trait))} AS s_{trait}" for trait in PEOPLE_TRAITS]
    columns.append(f"{_first(cells_of(request, 'primaryId'))} AS p")
    lazily = [f"CASE WHEN tame THEN {e} END AS {alias}" for e, _, alias in (c.rpartition(" AS ") for c in columns)]
    return f"SELECT *, {', '.join(lazily)} FROM ({marked})"


def _each(field: str, request: PlanRequest) -> list[tuple[int, str]]:
    return list(enumerate(cells_of(request, field), 1))


# ── identifiers ──────────────────────────────────────────────────────────────────────────────────────────────────
def _judged(read: str, request: PlanRequest) -> str:
    """``x``: the usable identifier of each slot; ``r``: why it is not; ``odd``: SQL cannot tell. And the country."""
    slots = [_email(f"e{k}") if request.send_email else _NONE for k, _ in _each("email", request)]
    google = request.send_google_advertising_id
    slots += [_google(f"g{k}") if google else _NONE for k, _ in _each("googleAdvertisingId", request)]
    values = ", ".join(f"{value} AS x{k}" for k, (value, _, _) in enumerate(slots or [_NONE], 1))
    if "country" in request.mapping:
        joined = f"({read}) AS line LEFT JOIN {COUNTRIES} AS land ON land.spelling = {_spelling('line.s_country')}"
        read = f"SELECT line.*, land.code AS land FROM {joined}"
    else:
        read = f"SELECT *, NULL::VARCHAR AS land FROM ({read})"
    reasons = ", ".join(_unusable(k, cell, reason) for k, (_, cell, reason) in enumerate(slots or [_NONE], 1))
    return f"SELECT *, {reasons} FROM (SELECT *, {values} FROM ({read}))"


def _email(cell: str) -> tuple[str, str, str]:
    """An address, or a digest in hex."""
    address = f"strlen({cell}) <= 254 AND regexp_full_match({cell}, {sql.text(ASCII_EMAIL)})"
    digest = f"strlen({cell}) IN (64, 128) AND regexp_full_match({cell}, '[0-9a-f]*')"
    value = f"CASE WHEN {cell} IS NULL THEN NULL WHEN {address} THEN sha256({cell}) WHEN {digest} THEN {cell} END"
    return value, cell, str(code(Reason.NOT_AN_EMAIL))


def _google(cell: str) -> tuple[str, str, str]:
    valid = f"regexp_full_match({cell}, {sql.text(GOOGLE_ID)})"
    opted_out = f"CASE WHEN {valid} THEN {code(Reason.OPTED_OUT)} ELSE {code(Reason.NOT_A_GOOGLE_ID)} END"
    return f"CASE WHEN {valid} AND trim({cell}, '0-') <> '' THEN {cell} END", cell, opted_out


def _unusable(slot: int, cell: str, reason: str) -> str:
    """Text that is no identifier; whether there is any text at all is only clear when it is printable."""
    unread = f"{cell} IS NOT NULL AND x{slot} IS NULL"
    odd = f"coalesce({unread} AND NOT regexp_full_match({cell}, '{_PRINTABLE}'), false)"
    return f"CASE WHEN {unread} THEN {reason} END::UTINYINT AS r{slot}, {odd} AS odd{slot}"


def _spelling(text: str) -> str:
    """What ``core.countries`` reduces an ASCII text to."""
    words = f"replace(replace(replace(lower({text}), '&', ' and '), '.', ''), '''', '')"
    spaced = f"regexp_replace(' ' || regexp_replace({words}, '[^a-z0-9]+', ' ', 'g') || ' ', ' (the )+', ' ', 'g')"
    return f"CASE WHEN length({text}) = 2 THEN lower({text}) ELSE replace({spaced}, ' ', '') END"


# ── the whole row ────────────────────────────────────────────────────────────────────────────────────────────────
def _closed(judged: str, request: PlanRequest) -> str:
    slots = range(1, max(len(_each("email", request)) + len(_each("googleAdvertisingId", request)), 1) + 1)
    emails = len(_each("email", request))
    once = [f"{_once(k, emails)} AS x{k}, {_type(k, emails)} AS t{k}" for k in slots]
    verdict, notes = _verdict(request, slots, emails), _notes(slots)
    traits = ", ".join(f"{_cut(trait)} AS {sql.name(trait)}" for trait in PEOPLE_TRAITS)
    kept = f"row, p, {verdict} AS verdict, {notes} AS notes, {traits}"
    return f"SELECT {kept}, {', '.join(once)}, COLUMNS('^c[0-9]+$') FROM ({judged})"


def _once(slot: int, emails: int) -> str:
    """Nothing where an earlier slot of the field holds the same."""
    earlier = range(1 if slot <= emails else emails + 1, slot)
    same = " OR ".join(f"x{slot} = x{k}" for k in earlier)
    return f"CASE WHEN {same} THEN NULL ELSE x{slot} END" if same else f"x{slot}"


def _type(slot: int, emails: int) -> str:
    """The slot order is that of strength: SHA-512 beside other e-mails is SLOW, see ``_verdict``."""
    digest = f"CASE WHEN strlen(x{slot}) = 128 THEN {IdType.SHA512_EMAIL:d} ELSE {IdType.SHA256_EMAIL:d} END"
    return f"({digest if slot <= emails else f'{IdType.GOOGLE_AID:d}'})::UTINYINT"


def _verdict(request: PlanRequest, slots: range, emails: int) -> str:
    none = " AND ".join(f"x{k} IS NULL" for k in slots)
    names_only = f"({none} AND s_firstName IS NOT NULL AND s_lastName IS NOT NULL)"
    odd = " OR ".join([*(f"odd{k}" for k in slots), names_only])
    if emails > 1:
        odd += "".join(f" OR coalesce(strlen(x{k}) = 128, false)" for k in range(1, emails + 1))
    reason = f"coalesce({', '.join(f'r{k}' for k in slots)}, {_otherwise(request)})"
    return (
        f"CASE WHEN NOT kept THEN {FILTERED} WHEN NOT tame OR {odd} THEN {SLOW} "
        f"WHEN {none} THEN {reason} ELSE {ACCEPTED} END::UTINYINT"
    )


def _otherwise(request: PlanRequest) -> str:
    """No identifier was read: was one there that a toggle hides?"""
    hidden = [f"e{k}" for k, _ in _each("email", request) if not request.send_email]
    hidden += [f"g{k}" for k, _ in _each("googleAdvertisingId", request) if not request.send_google_advertising_id]
    unread = " OR ".join(f"{cell} IS NOT NULL" for cell in hidden) or "false"
    return f"CASE WHEN {unread} THEN {code(Reason.SWITCHED_OFF)} ELSE {code(Reason.NO_IDENTIFIER)} END"


def _notes(slots: range) -> str:
    """Bits of what was dropped beside something usable."""
    bits = [f"coalesce(1::USMALLINT << (r{k} - 1), 0::USMALLINT)" for k in slots]
    dropped = "s_country IS NOT NULL AND land IS NULL"
    bits.append(f"CASE WHEN {dropped} THEN {1 << (code(Reason.COUNTRY_DROPPED) - 1)} ELSE 0 END::USMALLINT")
    return f"({' | '.join(bits)})::USMALLINT"


def _cut(trait: str) -> str:
    if trait == "country":
        return "land"
    limit = PERSON_LIMITS[trait]
    return f"CASE WHEN length(s_{trait}) > {limit} THEN rtrim(left(s_{trait}, {limit}), ' ') ELSE s_{trait} END"
