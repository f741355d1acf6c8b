"""The reference normalisers: tables of what peers' users were promised, and properties over arbitrary Unicode."""

import hashlib
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core import countries, domains, text
from guestlist.core.identity import (
    ASCII_EMAIL,
    Element,
    Identifier,
    IdType,
    Reason,
    Rejection,
    canonical_names,
    company,
    company_email_domain,
    company_name,
    company_page_url,
    company_website_domain,
    email,
    email_digests,
    google_advertising_id,
    names,
    organization_urn,
    person,
    primary_id,
)

JANE = hashlib.sha256(b"jane.doe@example.com").hexdigest()
UNICODE = st.text(st.characters(), max_size=80) | st.text(
    st.sampled_from("a@b.c \t\u200b\u00a0/:www%İß。①-_0"), max_size=40
)
GAID = "38400000-8cf0-11bd-b23e-10b96e40000d"


def told(result: object) -> str:
    """What LinkedIn would be told, or the reason."""
    return result.text if isinstance(result, Identifier) else str(result)


# ── e-mail ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("jane.doe@example.com", JANE),  # SEGMENT-22
        ("  Jane.Doe@Example.COM\n", JANE),  # ADOBE-83, X-04: trimmed, lower-cased, lower-case hex, no salt
        ("Jane. Doe @example.com", JANE),  # all white space
        ("\ufeffjane.doe@\u200bexample.com\u00a0\u2060", JANE),  # what spreadsheets and mail programs leave behind
        ("\x1cjane.doe@example.com\x0b", JANE),  # Python's white space, not RE2's (pitfall M8)
        (JANE.upper(), JANE),  # SEGMENT-23: 64 hex digits of any case are a digest
        (f" {JANE[:32]} {JANE[32:]} ", JANE),
        ("AB" * 64, "ab" * 64),  # 128: SHA-512
    ],
)
def test_an_address_or_a_digest_becomes_a_digest(raw: str, expected: str) -> None:
    assert told(email(raw)) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "jane", "jane@", "@example.com", "jane@example", "jane@@example.com", "a@b@example.com", "jane@example..com",
        "jane@.com", "jane@example.com.", "ja\x00ne@example.com", "jane\u202e@example.com", "<jane@example.com>",
        "mailto:jane@example.com", "a@example.com,b@example.com", "n/a", "x" * 65 + "@example.com", JANE[:-1],
        "g" * 64, "a@" + "b" * 250 + ".com", "\udc80@example.com", "é" * 33 + "@example.com", "j@ex\u00ad.com",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(raw: str) -> None:
    assert email(raw) is Reason.NOT_AN_EMAIL


def test_sha512_is_another_type() -> None:
    result = email("ab" * 64)
    assert isinstance(result, Identifier)
    assert result.type is IdType.SHA512_EMAIL
    assert result.key16 == bytes.fromhex("ab" * 16)


def test_nothing_is_nothing_and_never_the_digest_of_nothing() -> None:
    assert email("") is email(" \u200b\t") is None  # SEGMENT-23: blank is not hashed


def test_both_digests_of_an_address() -> None:
    first, second = email_digests("Jane.Doe@example.com")
    assert (first.text, second.text) == (JANE, hashlib.sha512(b"jane.doe@example.com").hexdigest())
    assert [i.text for i in email_digests(JANE)] == [JANE]
    assert email_digests("nobody") == ()


@given(UNICODE)
def test_email_never_raises_and_gives_whole_digests(raw: str) -> None:
    result = email(raw)
    if isinstance(result, Identifier):
        assert re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{128}", result.text)
        assert email(result.text) == result  # a digest is never hashed again


@given(st.emails(), st.text(st.sampled_from(" \t\n\u00a0\u2003\ufeff\u200b\x1f"), max_size=4))
def test_case_and_white_space_do_not_matter(address: str, space: str) -> None:
    assert email(f"{space}{address.upper()}{space}") == email(address.upper()) == email(address.lower())


@given(st.from_regex(re.compile(ASCII_EMAIL, re.ASCII), fullmatch=True))
def test_the_pattern_the_planner_uses_decides_alike(address: str) -> None:
    assert isinstance(email(address), Identifier) == (len(address) <= 254)


# ── Google advertising id, names, primaryId ──────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (f" {GAID.upper()} ", GAID),  # SEGMENT-25
        (GAID.replace("-", ""), GAID.replace("-", "")),
        ("00000000-0000-0000-0000-000000000000", Reason.OPTED_OUT),
        ("0" * 32, Reason.OPTED_OUT),
        (GAID[:-1], Reason.NOT_A_GOOGLE_ID),
        ("jane@example.com", Reason.NOT_A_GOOGLE_ID),
        ("  ", None),
    ],
)
def test_google_advertising_id(raw: str, expected: object) -> None:
    assert told(google_advertising_id(raw)) == str(expected)


def test_names_need_both() -> None:
    assert names("Jane", " ") is names("", "Doe") is None
    assert isinstance(names("Jane", "Doe"), Identifier)


def test_names_are_one_tuple_as_linkedin_is_told_it() -> None:
    told_as = b'["JANE","Doe","Head of Sales","Acme","US"]'
    assert canonical_names(" JANE ", "Doe", "Head  of\tSales", "Acme", "usa") == told_as
    assert canonical_names("J" * 35 + "x", "Doe") == canonical_names("J" * 35, "Doe")  # cut alike, told alike
    assert canonical_names("Jane", "Doe", "", "x") != canonical_names("Jane", "Doe", "x", "")


@given(UNICODE, UNICODE, UNICODE, UNICODE, UNICODE)
def test_names_never_raise(first: str, last: str, title: str, firm: str, country: str) -> None:
    assert names(first, last, title, firm, country) == names(f" {first} ", last, title, f"{firm}\t", country)


def test_primary_id_keeps_its_case() -> None:
    assert told(primary_id(" 001A ")) == "001A"
    assert primary_id(" ") is None


# ── companies ────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("acme.com", "acme.com"),
        ("HTTPS://user:secret@WWW.Acme.com:8443/about?x=1#top", "acme.com"),
        ("//acme.com/", "acme.com"),
        ("acme.com.", "acme.com"),
        ("www.www.acme.com", "acme.com"),
        ("www.com", "www.com"),
        ("jane@acme.co.uk", "acme.co.uk"),
        ("acme.com/@jane", "acme.com"),
        ("straße.de", "xn--strae-oqa.de"),  # pitfall M9: IDNA 2003 would make another company of it
        ("strasse.de", "strasse.de"),
        ("ＷＷＷ．ＡＣＭＥ．ＣＯＭ", "acme.com"),
        ("日本。jp", "xn--wgv71a.jp"),
        ("xn--strae-oqa.de", "xn--strae-oqa.de"),
        ("localhost", Reason.NOT_A_DOMAIN),
        ("127.0.0.1", Reason.NOT_A_DOMAIN),
        ("acme", Reason.NOT_A_DOMAIN),
        ("acme..com", Reason.NOT_A_DOMAIN),
        ("-acme.com", Reason.NOT_A_DOMAIN),
        ("ac me.com", Reason.NOT_A_DOMAIN),
        ("http://", Reason.NOT_A_DOMAIN),
        ("a" * 64 + ".com", Reason.NOT_A_DOMAIN),
        ("https://www.facebook.com/acme", Reason.SHARED_HOST),
        ("acme.wixsite.com/home", Reason.SHARED_HOST),
        ("jane@gmail.com", Reason.SHARED_HOST),
        ("", None),
    ],
)
def test_domains(raw: str, expected: object) -> None:
    assert told(company_website_domain(raw)) == told(company_email_domain(raw)) == str(expected)


@given(UNICODE)
def test_a_domain_is_ascii_and_stays(raw: str) -> None:
    host = domains.domain(raw)
    if host is not None:
        assert re.fullmatch(r"[a-z0-9.-]{3,253}", host)
        assert domains.domain(host) == domains.domain(f" https://WWW.{host.upper()}/x ") == host


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1035", "urn:li:organization:1035"),
        (" 001035 ", "urn:li:organization:1035"),
        ("1035.0", "urn:li:organization:1035"),
        ("urn:li:company:1035", "urn:li:organization:1035"),
        ("URN:LI:ORGANIZATION:1035", "urn:li:organization:1035"),
        ("https://www.linkedin.com/company/Acme/", "https://www.linkedin.com/company/acme"),
        ("0", Reason.NOT_AN_ORGANIZATION),
        ("urn:li:person:1", Reason.NOT_AN_ORGANIZATION),
        ("https://www.linkedin.com/in/jane", Reason.NOT_AN_ORGANIZATION),
        ("", None),
    ],
)
def test_organizations(raw: str, expected: object) -> None:
    assert told(organization_urn(raw)) == str(expected)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("http://uk.linkedin.com/company/Acme-Corp/about/?trk=x", "https://www.linkedin.com/company/acme-corp"),
        ("linkedin.com/company/1035", "https://www.linkedin.com/company/1035"),
        ("linkedin.com/company/L'Or%C3%A9al", "https://www.linkedin.com/company/l'or%C3%A9al"),
        ("linkedin.com/company/l'oréal", "https://www.linkedin.com/company/l'or%C3%A9al"),
        ("https://www.linkedin.com/school/MIT", "https://www.linkedin.com/school/mit"),
        ("https://www.linkedin.com/in/jane", Reason.NOT_A_COMPANY_PAGE),
        ("https://evil.com/linkedin.com/company/acme", Reason.NOT_A_COMPANY_PAGE),
        ("https://notlinkedin.com/company/acme", Reason.NOT_A_COMPANY_PAGE),
        ("acme", Reason.NOT_A_COMPANY_PAGE),
        ("linkedin.com/company/" + "a" * 67, "https://www.linkedin.com/company/" + "a" * 67),
        ("linkedin.com/company/" + "a" * 68, Reason.PAGE_TOO_LONG),
        ("", None),
    ],
)
def test_pages(raw: str, expected: object) -> None:
    assert told(company_page_url(raw)) == str(expected)


@given(UNICODE | UNICODE.map("linkedin.com/company/{}".format))
def test_company_values_normalised_twice_are_the_same(raw: str) -> None:
    for read in (organization_urn, company_page_url, company_website_domain, company_email_domain, company_name):
        result = read(raw)
        if isinstance(result, Identifier):
            assert read(result.text) == result
            assert result.value


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_person_with_everything() -> None:
    row = {
        "email": ["Jane.Doe@example.com", "jane@home.example", JANE],
        "googleAdvertisingId": GAID.upper(),
        "firstName": "  Jane ",
        "lastName": "D" * 40,
        "title": "",
        "company": None,
        "country": "United Kingdom",
        "primaryId": "7",
    }
    element = person(row)
    assert isinstance(element, Element)
    assert [i.type for i in element.identifiers] == [IdType.SHA256_EMAIL, IdType.SHA256_EMAIL, IdType.GOOGLE_AID]
    assert element.identifiers[0].text == JANE
    assert element.traits == {"firstName": "Jane", "lastName": "D" * 35, "country": "GB"}  # SEGMENT-24
    assert element.primary == primary_id("7")
    assert element.notes == ()


@pytest.mark.parametrize(
    ("row", "toggles", "reason"),
    [
        ({}, (True, True), Reason.NO_IDENTIFIER),
        ({"email": " ", "firstName": "Jane"}, (True, True), Reason.NO_IDENTIFIER),
        ({"email": "jane"}, (True, True), Reason.NOT_AN_EMAIL),
        ({"email": "jane", "googleAdvertisingId": "x"}, (True, True), Reason.NOT_AN_EMAIL),
        ({"email": "jane@example.com"}, (False, True), Reason.SWITCHED_OFF),
        ({"email": "jane"}, (False, True), Reason.SWITCHED_OFF),
        ({"googleAdvertisingId": GAID}, (True, False), Reason.SWITCHED_OFF),
        ({"googleAdvertisingId": "0" * 32}, (True, True), Reason.OPTED_OUT),
    ],
)
def test_a_person_nobody_can_find(row: dict[str, str], toggles: tuple[bool, bool], reason: Reason) -> None:
    result = person(row, *toggles)
    assert isinstance(result, Rejection)
    assert result.reason is reason


def test_an_unusable_value_beside_a_usable_one_is_a_note() -> None:
    element = person({"email": ["jane", "jane.doe@example.com"], "country": "Atlantis"})
    assert isinstance(element, Element)
    assert element.notes == (Reason.NOT_AN_EMAIL, Reason.COUNTRY_DROPPED)


def test_names_identify_where_nothing_stronger_does() -> None:
    row = {"email": "jane.doe@example.com", "firstName": "Jane", "lastName": "Doe"}
    assert [i.type for i in kept(person(row)).identifiers] == [IdType.SHA256_EMAIL]
    assert [i.type for i in kept(person(row, send_email=False)).identifiers] == [IdType.NAMES]
    assert kept(person(row)).notes == ()
    assert kept(person(row | {"email": "jane"})).notes == (Reason.NOT_AN_EMAIL, Reason.BY_NAMES)
    assert kept(person(row | {"email": ""})).notes == (Reason.BY_NAMES,)


def test_a_company_with_everything() -> None:
    row = {
        "companyName": " Acme   Inc ",
        "companyWebsiteDomain": "https://www.acme.com/",
        "companyPageUrl": "linkedin.com/company/1035/",
        "stockSymbol": "ACM",
        "industries": ["Software", "software ", "Retail", "", "Mining", "Law"],
        "city": "Berlin",
        "country": "DEU",
        "postalCode": "1" * 30,
    }
    element = kept(company(row))
    assert [i.text for i in element.identifiers] == [
        "urn:li:organization:1035",
        "https://www.linkedin.com/company/1035",
        "acme.com",
        "acme.com",
    ]
    assert element.traits == {
        "companyName": "Acme Inc",
        "stockSymbol": "ACM",
        "industries": ("Software", "software", "Retail"),
        "city": "Berlin",
        "country": "DE",
        "postalCode": "1" * 20,
    }
    assert [i.text for i in kept(company(row, derive=False)).identifiers] == [
        "https://www.linkedin.com/company/1035",
        "acme.com",
    ]


def test_nothing_is_derived_where_the_row_says_it() -> None:
    row = {"companyWebsiteDomain": "acme.com", "companyEmailDomain": "acme.de", "organizationUrn": "9"}
    assert [i.text for i in kept(company(row)).identifiers] == ["urn:li:organization:9", "acme.com", "acme.de"]


def test_a_name_identifies_a_company_that_has_nothing_stronger() -> None:
    element = kept(company({"companyName": ["ACME  Inc"], "companyWebsiteDomain": "facebook.com/acme"}))
    assert element.identifiers == (company_name("ACME Inc"),)
    assert (element.identifiers[0].text, element.traits) == ("ACME Inc", {})
    assert element.notes == (Reason.SHARED_HOST,)
    assert kept(company({"companyName": "Acme", "companyWebsiteDomain": "acme.com"})).identifiers[0].type is (
        IdType.COMPANY_WEBSITE_DOMAIN
    )


def test_the_name_of_a_company_is_told_as_written_and_known_whatever_its_case() -> None:
    names = [company_name(raw) for raw in (" Straße  AG", "STRASSE ag", "Straße AG\n")]
    assert [name.text for name in names if isinstance(name, Identifier)] == ["Straße AG", "STRASSE ag", "Straße AG"]
    assert len({name.key16 for name in names if isinstance(name, Identifier)}) == 1
    assert kept(company({"companyName": ["", "Acme", "Delta"]})).identifiers == (company_name("Acme"),)


def test_a_company_nobody_can_find() -> None:
    assert company({"companyWebsiteDomain": "gmail.com"}) == Rejection(Reason.SHARED_HOST)
    assert company({"city": "Berlin"}) == Rejection(Reason.NO_IDENTIFIER)


def test_a_symbol_is_dropped_rather_than_cut() -> None:
    element = kept(company({"companyName": "Acme", "stockSymbol": "NYSE:ACM"}))
    assert "stockSymbol" not in element.traits
    assert element.notes == (Reason.SYMBOL_DROPPED,)


ADDRESSES = ["ceo jane@x.com", "a@b.de", "jane\uff20x.com", "jane\ufe6bx.com", "jane @ x.com", "j@x", "of jane@x .com"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_text_that_holds_an_address_is_dropped(address: str) -> None:
    person_ = kept(person({"email": "jane@x.com", "title": address, "company": f"at {address}", "lastName": "Doe"}))
    assert (person_.traits, person_.notes) == ({"lastName": "Doe"}, (Reason.ADDRESS_DROPPED,))
    row = {"companyWebsiteDomain": "acme.com", "companyName": address, "city": address, "industries": ["Law", address]}
    company_ = kept(company(row))
    assert (company_.traits, company_.notes) == ({"industries": ("Law",)}, (Reason.ADDRESS_DROPPED,))


@pytest.mark.parametrize("title", ["VP Sales @ Acme", "@acme", "Head @Acme, Berlin", "R&D, A.I.", "50 % @ a fair"])
def test_an_at_sign_alone_is_no_address(title: str) -> None:
    assert kept(person({"email": "jane@x.com", "title": title})).traits == {"title": title}


def test_an_address_is_seen_before_a_text_is_cut() -> None:
    assert kept(person({"email": "jane@x.com", "title": "x" * 45 + " jane@x.com"})).traits == {}


def test_an_address_names_nobody() -> None:
    note = (Reason.ADDRESS_DROPPED,)
    assert person({"firstName": "jane@x.com", "lastName": "Doe"}) == Rejection(Reason.NO_IDENTIFIER, notes=note)
    assert company({"companyName": "info@acme.com"}) == Rejection(Reason.NO_IDENTIFIER, notes=note)
    assert company_name("info@acme.com") is Reason.ADDRESS_DROPPED
    assert company_page_url("linkedin.com/company/jane@x.com") is Reason.NOT_A_COMPANY_PAGE


PERSON_FIELDS = ("email", "googleAdvertisingId", "firstName", "lastName", "title", "company", "country", "primaryId")
COMPANY_FIELDS = (
    "companyName", "organizationUrn", "companyWebsiteDomain", "companyEmailDomain", "companyPageUrl", "stockSymbol",
    "industries", "city", "state", "country", "postalCode", "primaryId",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(PERSON_FIELDS), st.none() | UNICODE | st.lists(UNICODE, max_size=3)))
def test_a_person_is_an_element_with_identifiers_or_a_rejection(row: dict[str, str]) -> None:
    check_row(person(row), person(row))


@given(st.dictionaries(st.sampled_from(COMPANY_FIELDS), st.none() | UNICODE | st.lists(UNICODE, max_size=3)))
def test_a_company_is_an_element_with_identifiers_or_a_rejection(row: dict[str, str]) -> None:
    check_row(company(row), company(row))


def check_row(result: Element | Rejection, again: Element | Rejection) -> None:
    assert result == again
    if isinstance(result, Element):
        assert result.identifiers
        assert all(i.value for i in result.identifiers)  # never idValue: ""
        assert all(result.traits.values())
        assert [i.type for i in result.identifiers] == sorted(i.type for i in result.identifiers)
        assert len(set(result.identifiers)) == len(result.identifiers)


def kept(result: Element | Rejection) -> Element:
    assert isinstance(result, Element), result
    return result


# ── text, countries ──────────────────────────────────────────────────────────────────────────────────────────────
@given(UNICODE)
def test_squeezing_and_cutting_twice_changes_nothing(raw: str) -> None:
    once = text.squeezed(raw)
    assert text.squeezed(once) == once
    assert text.squeezed(f"\u00a0{raw}\n") == once
    short = text.cut(once, 5)
    assert text.cut(short, 5) == text.squeezed(short) == short
    assert once.startswith(short)
    assert len(short.encode("utf-16-le")) <= 10


def test_white_space_is_pythons() -> None:
    spaces = "".join(c for c in map(chr, range(sys.maxunicode + 1)) if c.isspace())
    assert text.unspaced(f"a{spaces}b") == "ab"
    assert text.squeezed(f"a{spaces}b") == "a b"


def test_a_zero_width_joiner_inside_a_name_stays() -> None:
    assert text.squeezed("\u200bعلی\u200cرضا\u200b") == "علی\u200cرضا"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("de", "DE"), ("DEU", "DE"), ("Germany", "DE"), ("Federal Republic of Germany", "DE"), ("Deutschland", None),
        ("UK", "GB"), ("Great Britain", "GB"), ("U.S.A.", "US"), ("the United States of America", "US"), ("XX", None),
        ("Cote d'Ivoire", "CI"), ("Côte d’Ivoire", "CI"), ("Trinidad & Tobago", "TT"), ("south korea", "KR"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("", None), ("Atlantis", None), ("The Netherlands", "NL"),
    ],
)  # fmt: skip
def test_countries(raw: str, expected: str | None) -> None:
    assert countries.country(raw) == expected


@given(UNICODE)
def test_a_country_is_two_letters_and_stays(raw: str) -> None:
    code = countries.country(raw)
    assert code is None or (re.fullmatch("[A-Z]{2}", code) and countries.country(code.lower()) == code)


def test_the_table_of_countries_is_iso_3166() -> None:
    codes = {countries.country(a + b) for a in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for b in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    assert len(codes - {None}) == 249


def test_masks() -> None:
    assert text.masked("jane.doe@example.com") == "j***@example.com"
    assert text.masked("7;jane.doe@example.com x") == "7***@example.com x"
    assert text.masked("jane.doe\uff20example.com") == "j***@example.com"
    assert text.masked("0017") == "0017"
    assert unicodedata.normalize("NFC", text.masked("é@x")) == "é***@x"
