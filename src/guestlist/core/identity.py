"""Raw value -> Identifier or nothing: the one door through which every identifier is made.

A function that reads one value answers ``Identifier`` (usable), ``Reason`` (something is there that LinkedIn cannot
use) or ``None`` (nothing is there). ``person`` and ``company`` read a row. They never raise, whatever the text.
They are the reference that the planner's SQL is held equal to.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from urllib.parse import quote, unquote

from guestlist.core import countries, domains
from guestlist.core.text import cut, has_address, squeezed, unspaced


class Kind(IntEnum):
    """What an audience is made of; the number is stored."""

    PEOPLE = 1
    COMPANIES = 2


class IdType(IntEnum):
    """A type of identifier; the number is stored and is its strength (the smallest is the strongest)."""

    SHA256_EMAIL = 1
    SHA512_EMAIL = 2
    GOOGLE_AID = 3
    NAMES = 4  # first and last name (+ title, company, country): the whole tuple, value sealed
    ORGANIZATION_URN = 11
    COMPANY_PAGE_URL = 12
    COMPANY_WEBSITE_DOMAIN = 13
    COMPANY_EMAIL_DOMAIN = 14
    COMPANY_NAME = 15
    PRIMARY = 31  # the source's own key: ties elements together, never sent


def key16(id_type: IdType, value: bytes) -> bytes:
    """The 16 bytes by which an identifier is known in every table.

    ``value`` is the raw digest (32 or 64 bytes) of an e-mail, else the normalised text as UTF-8.
    For digests it is their first half or quarter, so that the rest is all that needs to be kept beside it.
    The name of a company is told as it is written, and all spellings that differ in case only are one identifier.
    """
    if id_type in (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL):
        return value[:16]
    if id_type is IdType.COMPANY_NAME:
        value = value.decode().casefold().encode()
    return hashlib.sha256(b"%d:%b" % (id_type, value)).digest()[:16]


class Reason(StrEnum):
    """Why a value or a row is not used: short, fixed, free of personal data. Rejections and notes share them."""

    NO_IDENTIFIER = "no identifier"
    SWITCHED_OFF = "its identifiers are switched off"
    NOT_AN_EMAIL = "not an e-mail address"
    NOT_A_GOOGLE_ID = "not a Google advertising id"
    OPTED_OUT = "Google advertising id of a device that opted out"
    NOT_AN_ORGANIZATION = "not a LinkedIn organization id"
    NOT_A_COMPANY_PAGE = "not the address of a LinkedIn company page"
    PAGE_TOO_LONG = "companyPageUrl longer than LinkedIn takes"
    NOT_A_DOMAIN = "not a domain"
    SHARED_HOST = "a domain that many share (gmail.com, facebook.com, ...)"
    COUNTRY_DROPPED = "country dropped: not ISO 3166"
    SYMBOL_DROPPED = "stockSymbol dropped: longer than LinkedIn takes"
    ADDRESS_DROPPED = "text dropped: it holds an e-mail address"
    ENTRIES_DROPPED = "only the first 20 entries of a list in one cell are used"
    FORGOTTEN = "forgotten"
    BY_NAMES = "told by first and last name alone, in clear: no other identifier can be used"


@dataclass(frozen=True)
class Identifier:
    """A typed, normalised, where it applies hashed identifier. ``value``: see ``key16``."""

    type: IdType
    value: bytes = field(repr=False)

    @property
    def key16(self) -> bytes:
        """The 16 bytes by which it is known in every table."""
        return key16(self.type, self.value)

    @property
    def text(self) -> str:
        """As LinkedIn is told: lower-case hex of a digest, else the text."""
        is_digest = self.type in (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)
        return self.value.hex() if is_digest else self.value.decode()


Result = Identifier | Reason | None
Cell = str | Sequence[str] | None  # what the source fields of one LinkedIn field hold, in the order of the mapping
Traits = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True)
class Element:
    """A row that LinkedIn can be told of.

    ``identifiers``: strongest first, at least one, each once; equal types in the order of the mapping. NAMES and
    COMPANY_NAME only where nothing stronger is there, and ``companyName`` then is no trait. ``traits``: LinkedIn field
    -> text, only what is there (``industries``: up to three texts). ``primary``: the source's own key, never sent.
    ``notes``: what was dropped.
    """

    identifiers: tuple[Identifier, ...]
    traits: Traits
    primary: Identifier | None = None
    notes: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Rejection:
    """A row that LinkedIn cannot be told of, and why: of several reasons that of the strongest field mapped."""

    reason: Reason
    primary: Identifier | None = None
    notes: tuple[Reason, ...] = ()


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────
# LinkedIn's text lengths for people [read in connectors' documents, not in LinkedIn's own]
PERSON_LIMITS = {"firstName": 35, "lastName": 35, "title": 50, "company": 50}

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}|[0-9a-f]{128}")
# An unspaced, lower-cased ASCII text of up to 254 characters is an address if this matches; RE2 reads it alike
ASCII_EMAIL = r"[!#-'*+\-./0-9=?^-~]{1,64}@([a-z0-9_-]{1,63}\.)+[a-z0-9_-]{1,63}"
_ADDRESS = re.compile(ASCII_EMAIL)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
GOOGLE_ID = r"[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_GOOGLE_ID = re.compile(GOOGLE_ID)


def email(raw: str) -> Result:
    """SHA256_EMAIL of an address; a value of 64 (128) hex digits is a digest already: SHA256_EMAIL (SHA512_EMAIL).

    All white space removed, lower-cased, validated, UTF-8, SHA-256 without salt: LinkedIn's rule as restated by
    several connectors; a digest of another spelling is accepted by LinkedIn and never matches. No dot or plus rule.
    """
    text = unspaced(raw).lower()
    if not text:
        return None
    if _HEX_DIGEST.fullmatch(text):
        return Identifier(IdType.SHA256_EMAIL if len(text) == 64 else IdType.SHA512_EMAIL, bytes.fromhex(text))
    if not _is_address(text):
        return Reason.NOT_AN_EMAIL
    return Identifier(IdType.SHA256_EMAIL, hashlib.sha256(text.encode()).digest())


def email_digests(raw: str) -> tuple[Identifier, ...]:
    """Both digests of an address (to forget it in whatever form it was told), the one that a digest is, or nothing."""
    known = email(raw)
    if not isinstance(known, Identifier):
        return ()
    text = unspaced(raw).lower()
    if _HEX_DIGEST.fullmatch(text):
        return (known,)
    return known, Identifier(IdType.SHA512_EMAIL, hashlib.sha512(text.encode()).digest())


def _is_address(text: str) -> bool:
    """Letters of other alphabets may stand wherever an ASCII letter may; lengths count UTF-8 bytes."""
    if not _ADDRESS.fullmatch(_BEYOND_ASCII.sub("a", text)):
        return False
    if text.isascii():
        return len(text) <= 254
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs") for c in text):
        return False
    return len(text.encode()) <= 254 and len(text.partition("@")[0].encode()) <= 64


def google_advertising_id(raw: str) -> Result:
    """GOOGLE_AID: trimmed, lower-cased, dashed or not as given. The all-zero id means the device opted out.

    LinkedIn's documents are said to allow 32 characters, while the id with its dashes has 36 and peers send it so.
    """
    text = squeezed(raw).lower()
    if not text:
        return None
    if not _GOOGLE_ID.fullmatch(text):
        return Reason.NOT_A_GOOGLE_ID
    return Identifier(IdType.GOOGLE_AID, text.encode()) if text.strip("0-") else Reason.OPTED_OUT


def names(first: str, last: str, title: str = "", company: str = "", country: str = "") -> Identifier | None:
    """NAMES of a person known by nothing stronger; None unless both names are there."""
    if not squeezed(first) or not squeezed(last):
        return None
    return Identifier(IdType.NAMES, canonical_names(first, last, title, company, country))


def canonical_names(first: str, last: str, title: str = "", company: str = "", country: str = "") -> bytes:
    """The tuple as one value: a JSON list of five texts exactly as they are sent ("" = absent). A REMOVE has to name
    what was told, so another spelling is another person.
    """
    texts = [cut(squeezed(t), n) for t, n in zip((first, last, title, company), PERSON_LIMITS.values(), strict=True)]
    sent = [*texts, countries.country(country) or ""]
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()


def person(
    record: Mapping[str, Cell], send_email: bool = True, send_google_advertising_id: bool = True
) -> Element | Rejection:
    """One row of a people list; keys are LinkedIn's field names.

    A toggle that is off drops its identifiers unread. First and last name are traits where an identifier is there,
    else they are the identifier, which is a note. So is an unusable value beside a usable one.
    """
    readers: dict[str, Callable[[str], Result]] = {}
    if send_email:
        readers["email"] = email
    if send_google_advertising_id:
        readers["googleAdvertisingId"] = google_advertising_id
    found, refused = _read(record, readers)
    traits, notes = _person_traits(record)
    if not found:
        last_resort = names(*(traits.get(f, "") for f in (*PERSON_LIMITS, "country")))
        found, alone = ([last_resort], [Reason.BY_NAMES]) if last_resort else ([], [])
        notes += alone
    unread = any(_first(record.get(f)) for f in ("email", "googleAdvertisingId") if f not in readers)
    return _close(found, refused, traits, notes, record, Reason.SWITCHED_OFF if unread else Reason.NO_IDENTIFIER)


def _person_traits(record: Mapping[str, Cell]) -> tuple[dict[str, str], list[Reason]]:
    traits, notes = _texts(record, PERSON_LIMITS)
    return traits, notes + _add_country(record, traits)


# ── companies ────────────────────────────────────────────────────────────────────────────────────────────────────
# LinkedIn's text lengths for companies [as above]; the length of companyName is not known
COMPANY_LIMITS = {"city": 50, "state": 50, "postalCode": 20}
_UNLIMITED = {"companyName": sys.maxsize, "stockSymbol": sys.maxsize}
_INDUSTRIES, _INDUSTRY_LIMIT, _SYMBOL_LIMIT, _PAGE_LIMIT = 3, 50, 5, 100

_ORGANIZATION = re.compile(r"(?:urn:li:(?:organization|company):)?0*([1-9][0-9]{0,18})(?:\.0+)?")
_PAGE = re.compile(
    r"(?:https?://)?(?:[a-z0-9-]+\.)?linkedin\.com/(company|school|showcase)/([^/?#\s]+)(?:[/?#].*)?", re.IGNORECASE
)
_PAGE_SAFE = "&'()+,;=@!$*~"


def organization_urn(raw: str) -> Result:
    """ORGANIZATION_URN of a number or a URN; COMPANY_PAGE_URL where the address of a page stands in this field.

    A number read from a spreadsheet as ``123.0`` is 123.
    """
    text = squeezed(raw)
    if not text:
        return None
    if match := _ORGANIZATION.fullmatch(text.lower()):
        return Identifier(IdType.ORGANIZATION_URN, f"urn:li:organization:{match[1]}".encode())
    page = company_page_url(text)
    return Reason.NOT_AN_ORGANIZATION if page is Reason.NOT_A_COMPANY_PAGE else page


def company_page_url(raw: str) -> Result:
    """COMPANY_PAGE_URL, ``https://www.linkedin.com/company/SLUG`` in lower case (school and showcase pages stay so).

    Over 100 characters it is refused: a cut address is another address. What holds an e-mail address is no page.
    """
    text = squeezed(raw)
    if not text:
        return None
    match = _PAGE.fullmatch(text)
    slug = squeezed(unquote(match[2])).lower() if match else ""
    if not match or not slug or has_address(slug):
        return Reason.NOT_A_COMPANY_PAGE
    url = f"https://www.linkedin.com/{match[1].lower()}/{quote(slug, safe=_PAGE_SAFE)}"
    return Identifier(IdType.COMPANY_PAGE_URL, url.encode()) if len(url) <= _PAGE_LIMIT else Reason.PAGE_TOO_LONG


def company_website_domain(raw: str) -> Result:
    """COMPANY_WEBSITE_DOMAIN of whatever stands for a web site; domains that many share are refused."""
    return _domain(IdType.COMPANY_WEBSITE_DOMAIN, raw)


def company_email_domain(raw: str) -> Result:
    """COMPANY_EMAIL_DOMAIN of a domain or of an address (what follows its @)."""
    return _domain(IdType.COMPANY_EMAIL_DOMAIN, raw)


def _domain(id_type: IdType, raw: str) -> Result:
    text = squeezed(raw)
    if not text:
        return None
    host = domains.domain(text)
    if host is None:
        return Reason.NOT_A_DOMAIN
    return Reason.SHARED_HOST if domains.is_shared(host) else Identifier(id_type, host.encode())


def company_name(raw: str) -> Result:
    """COMPANY_NAME of a company known by nothing stronger: as written, white space collapsed."""
    text = squeezed(raw)
    if has_address(text):
        return Reason.ADDRESS_DROPPED
    return Identifier(IdType.COMPANY_NAME, text.encode()) if text else None


def company(record: Mapping[str, Cell], derive: bool = True) -> Element | Rejection:
    """One row of a company list; keys are LinkedIn's field names.

    ``derive`` adds what follows from the row: the e-mail domain from the web site, the URN from the address of a page
    with a number, each only where the row itself has none. ``companyName`` is a trait, and the identifier of a row
    that has nothing stronger.
    """
    found, refused = _read(record, _COMPANY_READERS)
    if derive:
        found += _derived(found)
    traits, notes = _company_traits(record)
    name = company_name(str(traits.get("companyName", "")))
    if not found and isinstance(name, Identifier):
        found, traits = [name], {field: text for field, text in traits.items() if field != "companyName"}
    return _close(found, refused, traits, notes, record, Reason.NO_IDENTIFIER)


_COMPANY_READERS: dict[str, Callable[[str], Result]] = {
    "organizationUrn": organization_urn,
    "companyPageUrl": company_page_url,
    "companyWebsiteDomain": company_website_domain,
    "companyEmailDomain": company_email_domain,
}


def _derived(found: list[Identifier]) -> Iterator[Identifier]:
    by_type = {i.type: i for i in reversed(found)}
    website, page = by_type.get(IdType.COMPANY_WEBSITE_DOMAIN), by_type.get(IdType.COMPANY_PAGE_URL)
    if website and IdType.COMPANY_EMAIL_DOMAIN not in by_type:
        yield Identifier(IdType.COMPANY_EMAIL_DOMAIN, website.value)
    if page and IdType.ORGANIZATION_URN not in by_type:
        kind, _, slug = page.text.removeprefix("https://www.linkedin.com/").partition("/")
        urn = organization_urn(slug) if kind == "company" and slug.isascii() and slug.isdigit() else None
        if isinstance(urn, Identifier):
            yield urn


def _company_traits(record: Mapping[str, Cell]) -> tuple[dict[str, str | tuple[str, ...]], list[Reason]]:
    texts, notes = _texts(record, _UNLIMITED | COMPANY_LIMITS)
    if len(texts.get("stockSymbol", "")) > _SYMBOL_LIMIT:
        del texts["stockSymbol"]
        notes.append(Reason.SYMBOL_DROPPED)
    notes += _add_country(record, texts)
    found = [text for raw in _cells(record.get("industries")) if (text := squeezed(raw))]
    sound = dict.fromkeys(cut(text, _INDUSTRY_LIMIT) for text in found if not has_address(text))
    notes += [Reason.ADDRESS_DROPPED] if any(map(has_address, found)) else []
    return texts | ({"industries": tuple(sound)[:_INDUSTRIES]} if sound else {}), notes


# ── both ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def primary_id(raw: str) -> Identifier | None:
    """PRIMARY: the source's own key, trimmed. Case counts."""
    text = squeezed(raw)
    return Identifier(IdType.PRIMARY, text.encode()) if text else None


def _cells(cell: Cell) -> Sequence[str]:
    if cell is None:
        return ()
    return (cell,) if isinstance(cell, str) else cell


def _first(cell: Cell) -> str:
    """The first of the source fields that holds something, squeezed."""
    return next((text for raw in _cells(cell) if (text := squeezed(raw))), "")


def _texts(record: Mapping[str, Cell], limits: Mapping[str, int]) -> tuple[dict[str, str], list[Reason]]:
    """What is told in clear; a text that holds an e-mail address is not: it would leave, and rest with us, in clear."""
    found = {name: text for name in limits if (text := _first(record.get(name)))}
    told = {name: cut(text, limits[name]) for name, text in found.items() if not has_address(text)}
    return told, [Reason.ADDRESS_DROPPED] if len(told) < len(found) else []


def _add_country(record: Mapping[str, Cell], traits: dict[str, str]) -> list[Reason]:
    text = _first(record.get("country"))
    code = countries.country(text)
    if code:
        traits["country"] = code
    return [Reason.COUNTRY_DROPPED] if text and not code else []


def _read(
    record: Mapping[str, Cell], readers: Mapping[str, Callable[[str], Result]]
) -> tuple[list[Identifier], list[Reason]]:
    results = [read(raw) for name, read in readers.items() for raw in _cells(record.get(name))]
    return [r for r in results if isinstance(r, Identifier)], [r for r in results if isinstance(r, Reason)]


def _close(
    found: list[Identifier],
    refused: list[Reason],
    traits: Traits,
    notes: list[Reason],
    record: Mapping[str, Cell],
    otherwise: Reason,
) -> Element | Rejection:
    primary = primary_id(_first(record.get("primaryId")))
    if not found:
        return Rejection((refused or [otherwise])[0], primary, tuple(dict.fromkeys(notes)))
    ordered = tuple(sorted(dict.fromkeys(found), key=lambda identifier: identifier.type))
    return Element(ordered, traits, primary, tuple(dict.fromkeys(refused + notes)))
