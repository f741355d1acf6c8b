"""Rows of people in SQL, as far as SQL provably does what ``core.identity.person`` does.

That is printable ASCII where identifiers are concerned, and for names the letters of the plane most names are written
in. Every other row is SLOW: ``reference.py`` reads it with the reference itself.
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from dataclasses import dataclass

from guestlist.core import countries
from guestlist.core.identity import ASCII_EMAIL, GOOGLE_ID, PERSON_LIMITS, IdType, Reason
from guestlist.core.text import ADDRESS
from guestlist.planner import sql
from guestlist.planner.shape import ACCEPTED, FILTERED, PEOPLE_TRAITS, SLOW, cells_of, code
from guestlist.ports import PlanRequest

COUNTRIES = "countries"  # (spelling, code), registered from country_table

# White space, controls, invisible characters and what UTF-16 counts as two are outside.
_LETTERS = "!-~\u00a1-\u167f\u3001-\ud7ff"
_TAME = f"[ {_LETTERS}]*"
_WORDS = f"(?:[{_LETTERS}]+(?: [{_LETTERS}]+)*)?"
_NO_AT = _WORDS.replace("!-~", "!-?A-~")  # so that most rows need not be searched for addresses
_PRINTABLE = "[ -~]*"
_BETWEEN = "\x01"  # joins cells so that one expression looks at all of them
_TEXTS = ("firstName", "lastName", "title", "company", "primaryId")


@dataclass(frozen=True)
class _Slot:
    """One source field that may hold an identifier: ``cell`` the text read from it, ``value`` the identifier in it."""

    cell: str
    raw: str
    value: str
    reason: str
    is_email: bool


def country_table() -> dict[str, str]:
    """The spellings that ``_spelling`` can arrive at -> code."""
    return {key: value for key, value in countries.spellings().items() if key.isascii()}


def normal(cells: str, request: PlanRequest) -> str:
    """``cells`` with ``verdict``, ``notes``, ``t i v`` of each slot, ``p`` (primaryId), ``ip`` and the traits."""
    return _closed(_judged(_read(_looked_at(cells, request), request), request), request)


def _looked_at(cells: str, request: PlanRequest) -> str:
    """``neat``: the text cells are squeezed as they stand, and those that leave hold no at sign; ``tame``: SQL squeezes
    them as Python would; ``a1``..: the e-mail is one as it stands, as most are.
    """
    address = f"regexp_full_match({{}}, {sql.text(ASCII_EMAIL)})"
    clean = [f"strlen({c}) <= 254 AND {address.replace('{}', c)} AS a{k}" for k, c in _each("email", request)]
    cells = f"SELECT {', '.join(['*', *clean])} FROM ({cells})"
    texts = [cell for field in _TEXTS for cell in cells_of(request, field)]
    if not texts:
        return f"SELECT *, true AS neat, true AS tame FROM ({cells})"
    joined = f"concat({f', {sql.text(_BETWEEN)}, '.join([*texts, sql.text('')])})"
    words = "".join(
        (_WORDS if field == "primaryId" else _NO_AT) + _BETWEEN for field in _TEXTS for _ in cells_of(request, field)
    )
    neat = f"regexp_full_match({joined}, {sql.text(words)})"
    tame = f"neat OR regexp_full_match(concat({', '.join([*texts, sql.text('')])}), {sql.text(_TAME)})"
    return f"SELECT *, {tame} AS tame FROM (SELECT *, {neat} AS neat FROM ({cells}))"


def _squeezed(cell: str) -> str:
    return f"nullif(trim(regexp_replace({cell}, ' +', ' ', 'g'), ' '), '')"


def _first(field: str, request: PlanRequest) -> str:
    """The first of the source fields that holds something."""
    cells = cells_of(request, field)
    if not cells:
        return "NULL::VARCHAR"
    neat = ", ".join(f"nullif({cell}, '')" for cell in cells)
    return f"CASE WHEN neat THEN coalesce({neat}, NULL) ELSE coalesce({', '.join(map(_squeezed, cells))}, NULL) END"


def _country(request: PlanRequest) -> str:
    """Most lists hold two letters."""
    cells = cells_of(request, "country")
    squeezed = [f"CASE WHEN strlen({c}) = 2 AND NOT contains({c}, ' ') THEN {c} ELSE {_squeezed(c)} END" for c in cells]
    return f"coalesce({', '.join([*squeezed, 'NULL'])})::VARCHAR"


def _read(looked_at: str, request: PlanRequest) -> str:
    """Unspaced e-mails ``e1``.., Google ids ``g1``.., the first text of each trait, squeezed."""
    columns = [
        f"CASE WHEN a{k} THEN {c} ELSE lower(replace({c}, ' ', '')) END AS e{k}" for k, c in _each("email", request)
    ]
    columns += [f"lower(trim({c}, ' ')) AS g{k}" for k, c in _each("googleAdvertisingId", request)]
    columns += [f"{_first(trait, request)} AS s_{trait}" for trait in PERSON_LIMITS]
    columns += [f"{_country(request)} AS s_country", f"{_first('primaryId', request)} AS p"]
    return f"SELECT *, {', '.join(columns)} FROM ({looked_at})"


def _each(field: str, request: PlanRequest) -> list[tuple[int, str]]:
    return list(enumerate(cells_of(request, field), 1))


# ── identifiers ──────────────────────────────────────────────────────────────────────────────────────────────────
def _slots(request: PlanRequest) -> list[_Slot]:
    """In the order of strength: SHA-512 beside other e-mails is SLOW, see ``_verdict``."""
    emails = [_email(k, f"e{k}", cell, request.send_email) for k, cell in _each("email", request)]
    google = request.send_google_advertising_id
    googles = [_google(f"g{k}", cell, google) for k, cell in _each("googleAdvertisingId", request)]
    return emails + googles or [_Slot("NULL::VARCHAR", "NULL::VARCHAR", "NULL::VARCHAR", "NULL", is_email=True)]


def _email(number: int, cell: str, raw: str, used: bool) -> _Slot:
    """An address, or a digest in hex. ``lower`` of what is not ASCII is not Python's."""
    plain = f"strlen({raw}) = length({raw})"
    address = f"strlen({cell}) <= 254 AND regexp_full_match({cell}, {sql.text(ASCII_EMAIL)}) AND {plain}"
    digest = f"strlen({cell}) IN (64, 128) AND regexp_full_match({cell}, '[0-9a-f]*') AND {plain}"
    value = f"CASE WHEN a{number} OR ({address}) THEN sha256({cell}) WHEN {digest} THEN {cell} END"
    reason = f"{code(Reason.NOT_AN_EMAIL)}"
    return _Slot(cell, raw, value, reason, True) if used else _Slot(cell, raw, "NULL::VARCHAR", "NULL", True)


def _google(cell: str, raw: str, used: bool) -> _Slot:
    valid = f"regexp_full_match({cell}, {sql.text(GOOGLE_ID)}) AND strlen({raw}) = length({raw})"
    value = f"CASE WHEN {valid} AND trim({cell}, '0-') <> '' THEN {cell} END"
    reason = f"CASE WHEN {valid} THEN {code(Reason.OPTED_OUT)} ELSE {code(Reason.NOT_A_GOOGLE_ID)} END"
    return _Slot(cell, raw, value, reason, False) if used else _Slot(cell, raw, "NULL::VARCHAR", "NULL", False)


def _judged(read: str, request: PlanRequest) -> str:
    """``x``: the usable identifier of each slot (hex or text); ``r``: why it is not; ``odd``: SQL cannot tell. And the
    country's code; ``address``: a text holds one.
    """
    slots = list(enumerate(_slots(request), 1))
    values = ", ".join(f"{slot.value} AS x{k}" for k, slot in slots)
    held = " OR ".join(f"coalesce({_has_address(trait)}, false)" for trait in PERSON_LIMITS)
    values += f", CASE WHEN neat THEN false ELSE {held} END AS address"
    if "country" in request.mapping:
        joined = f"({read}) AS line LEFT JOIN {COUNTRIES} AS land ON land.spelling = {_spelling('line.s_country')}"
        read = f"SELECT line.*, land.code AS land FROM {joined}"
    else:
        read = f"SELECT *, NULL::VARCHAR AS land FROM ({read})"
    reasons = ", ".join(_unusable(k, slot) for k, slot in slots)
    return f"SELECT *, {reasons} FROM (SELECT *, {values} FROM ({read}))"


def _unusable(number: int, slot: _Slot) -> str:
    """Text that is no identifier. Whether there is any text at all is only clear when it is printable ASCII."""
    unread = f"coalesce(x{number} IS NULL AND {slot.cell} <> '', false)"
    printable = f"(strlen({slot.raw}) = length({slot.raw}) AND regexp_full_match({slot.raw}, '{_PRINTABLE}'))"
    odd = f"CASE WHEN {unread} THEN NOT {printable} ELSE false END AS odd{number}"
    return f"CASE WHEN {unread} THEN {slot.reason} END::UTINYINT AS r{number}, {odd}"


def _spelling(text: str) -> str:
    """What ``core.countries`` reduces an ASCII text to."""
    words = f"replace(replace(replace(lower({text}), '&', ' and '), '.', ''), '''', '')"
    spaced = f"regexp_replace(' ' || regexp_replace({words}, '[^a-z0-9]+', ' ', 'g') || ' ', ' (the )+', ' ', 'g')"
    return f"CASE WHEN strlen({text}) = 2 THEN lower({text}) ELSE replace({spaced}, ' ', '') END"


# ── the whole row ────────────────────────────────────────────────────────────────────────────────────────────────
def _closed(judged: str, request: PlanRequest) -> str:
    slots = list(enumerate(_slots(request), 1))
    once = ", ".join(f"{_once(k, slots)} AS x{k}" for k, _ in slots)
    keyed = ", ".join(_keyed(k, slot) for k, slot in slots)
    primary = _hashed(IdType.PRIMARY, "p") if "primaryId" in request.mapping else "NULL::UUID"
    traits = ", ".join(f"{_cut(trait)} AS {sql.name(trait)}" for trait in PEOPLE_TRAITS)
    columns = f"row, p, {_verdict(request, slots)} AS verdict, {_notes(slots)} AS notes, {primary} AS ip, {traits}"
    return f"SELECT {columns}, {keyed}, COLUMNS('^c[0-9]+$') FROM (SELECT * REPLACE ({once}) FROM ({judged}))"


def _once(number: int, slots: list[tuple[int, _Slot]]) -> str:
    """Nothing where an earlier slot of the field holds the same."""
    this = slots[number - 1][1]
    same = " OR ".join(f"x{number} = x{k}" for k, slot in slots[: number - 1] if slot.is_email == this.is_email)
    return f"CASE WHEN {same} THEN NULL ELSE x{number} END" if same else f"x{number}"


def _keyed(number: int, slot: _Slot) -> str:
    x = f"x{number}"
    if not slot.is_email:
        kind = f"{IdType.GOOGLE_AID:d}::UTINYINT"
        return f"{kind} AS t{number}, {_hashed(IdType.GOOGLE_AID, x)} AS i{number}, encode({x}) AS v{number}"
    kind = f"CASE WHEN strlen({x}) = 128 THEN {IdType.SHA512_EMAIL:d} ELSE {IdType.SHA256_EMAIL:d} END::UTINYINT"
    return f"{kind} AS t{number}, unhex(left({x}, 32))::UUID AS i{number}, unhex({x}) AS v{number}"


def _hashed(id_type: IdType, text: str) -> str:
    return f"unhex(left(sha256('{id_type:d}:' || {text}), 32))::UUID"


def _verdict(request: PlanRequest, slots: list[tuple[int, _Slot]]) -> str:
    none = " AND ".join(f"x{k} IS NULL" for k, _ in slots)
    odd = [f"odd{k}" for k, _ in slots]
    odd.append(f"({none} AND s_firstName IS NOT NULL AND s_lastName IS NOT NULL)")  # names only: sealed
    emails = [k for k, slot in slots if slot.is_email]
    if len(emails) > 1:
        odd += [f"coalesce(strlen(x{k}) = 128, false)" for k in emails]
    if "country" in request.mapping:
        odd.append(_odd_country())
    reason = f"coalesce({', '.join(f'r{k}' for k, _ in slots)}, {_otherwise(request)})"
    return (
        f"CASE WHEN NOT kept THEN {FILTERED} WHEN NOT tame OR {' OR '.join(odd)} THEN {SLOW} "
        f"WHEN {none} THEN {reason} ELSE {ACCEPTED} END::UTINYINT"
    )


def _odd_country() -> str:
    text = f"strlen(s_country) <> length(s_country) OR NOT regexp_full_match(s_country, '{_PRINTABLE}')"
    return f"CASE WHEN s_country IS NULL OR strlen(land) = strlen(s_country) THEN false ELSE {text} END"


def _otherwise(request: PlanRequest) -> str:
    """No identifier was read: was one there that a toggle hides?"""
    hidden = [f"e{k}" for k, _ in _each("email", request) if not request.send_email]
    hidden += [f"g{k}" for k, _ in _each("googleAdvertisingId", request) if not request.send_google_advertising_id]
    unread = " OR ".join(f"coalesce({cell} <> '', false)" for cell in hidden) or "false"
    return f"CASE WHEN {unread} THEN {code(Reason.SWITCHED_OFF)} ELSE {code(Reason.NO_IDENTIFIER)} END"


def _notes(slots: list[tuple[int, _Slot]]) -> str:
    """Bits of what was dropped beside something usable."""
    bits = [f"CASE WHEN r{k} IS NULL THEN 0 ELSE 1 << (r{k} - 1)::INTEGER END" for k, _ in slots]
    dropped = "s_country IS NOT NULL AND land IS NULL"
    bits.append(f"CASE WHEN {dropped} THEN {1 << (code(Reason.COUNTRY_DROPPED) - 1)} ELSE 0 END")
    bits.append(f"CASE WHEN address THEN {1 << (code(Reason.ADDRESS_DROPPED) - 1)} ELSE 0 END")
    return f"({' | '.join(bits)})::USMALLINT"


def _cut(trait: str) -> str:
    if trait == "country":
        return "land"
    limit = PERSON_LIMITS[trait]
    cut = f"CASE WHEN strlen(s_{trait}) > {limit} THEN rtrim(left(s_{trait}, {limit}), ' ') ELSE s_{trait} END"
    return f"CASE WHEN address THEN CASE WHEN {_has_address(trait)} THEN NULL ELSE {cut} END ELSE {cut} END"


def _has_address(trait: str) -> str:
    return f"regexp_matches(s_{trait}, {sql.text(ADDRESS)})"
