"""What a header suggests, and which mappings are refused with which sentence."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core.fields import FIELDS, UNMATCHABLE, plain
from guestlist.core.identity import Kind
from guestlist.core.mapping import BOTH_OFF, check, guess, guess_kind, nearest
from guestlist.errors import ConfigError

PEOPLE, COMPANIES = Kind.PEOPLE, Kind.COMPANIES
HEADERS = st.lists(
    st.sampled_from([name for fields in FIELDS.values() for f in fields.values() for name in f.known_as])
    | st.text(max_size=12),
    unique=True,
    max_size=20,
)

LINKEDIN_CONTACTS = {
    "email": "email",
    "firstName": "firstname",
    "lastName": "lastname",
    "title": "jobtitle",
    "company": "employeecompany",
    "country": "country",
    "googleAdvertisingId": "googleaid",
}
HUBSPOT_CONTACTS = {
    "primaryId": "Record ID",
    "firstName": "First Name",
    "lastName": "Last Name",
    "email": "Email",
    "title": "Job Title",
    "company": "Company Name",
    "country": "Country/Region",
}
SALESFORCE_CONTACTS = {
    "primaryId": "Contact ID",
    "firstName": "First Name",
    "lastName": "Last Name",
    "email": "Email",
    "title": "Title",
    "company": "Account Name",
    "country": "Mailing Country",
}
LINKEDIN_COMPANIES = {
    "companyName": "companyname",
    "companyWebsiteDomain": "companywebsite",
    "companyEmailDomain": "companyemaildomain",
    "companyPageUrl": "linkedincompanypageurl",
    "stockSymbol": "stocksymbol",
    "industries": "industry",
    "city": "city",
    "state": "state",
    "country": "companycountry",
    "postalCode": "zipcode",
}
HUBSPOT_COMPANIES = {
    "primaryId": "Record ID",
    "companyName": "Company name",
    "companyWebsiteDomain": "Company Domain Name",
    "companyPageUrl": "LinkedIn Company Page",
    "industries": "Industry",
    "city": "City",
    "state": "State/Region",
    "country": "Country/Region",
    "postalCode": "Postal Code",
}
SALESFORCE_COMPANIES = {
    "primaryId": "Account ID",
    "companyName": "Account Name",
    "companyWebsiteDomain": "Website",
    "stockSymbol": "Ticker Symbol",
    "industries": "Industry",
    "city": "Billing City",
    "state": "Billing State/Province",
    "country": "Billing Country",
    "postalCode": "Billing Zip/Postal Code",
}
SALESFORCE_API = {
    "primaryId": "Id",
    "companyName": "Name",
    "companyWebsiteDomain": "Website",
    "city": "BillingCity",
    "state": "BillingState",
    "country": "BillingCountry",
    "postalCode": "BillingPostalCode",
}
XDM_COMPANIES = {  # ADOBE-47, ADOBE-48, ADOBE-49
    "companyName": "accountName",
    "primaryId": "accountKey.sourceKey",
    "companyWebsiteDomain": "accountOrganization.website",
    "companyEmailDomain": "accountOrganization.primaryEmailDomain",
    "companyPageUrl": "accountOrganization.linkedinPageUrl",
    "stockSymbol": "accountOrganization.tickerSymbol",
    "industries": "accountOrganization.industry",
    "city": "accountBillingAddress.city",
    "country": "accountBillingAddress.country",
    "postalCode": "accountBillingAddress.postalCode",
}


@pytest.mark.parametrize(
    ("kind", "expected", "beside"),
    [
        (PEOPLE, LINKEDIN_CONTACTS, []),
        (PEOPLE, HUBSPOT_CONTACTS, ["Phone Number", "Lead Status", "Marketing contact status", "Email Opt Out"]),
        (PEOPLE, SALESFORCE_CONTACTS, ["Mailing Street", "Mobile", "Account Owner"]),
        (COMPANIES, LINKEDIN_COMPANIES, []),
        (COMPANIES, HUBSPOT_COMPANIES, ["Website URL", "Phone Number", "Number of Employees"]),
        (COMPANIES, SALESFORCE_COMPANIES, ["Phone", "Billing Street", "Shipping City"]),
        (COMPANIES, SALESFORCE_API, ["Type", "NumberOfEmployees"]),
        (COMPANIES, XDM_COMPANIES, ["accountNumber", "accountOrganization.NAICSCode", "accountOrganization.domain"]),
    ],
)
def test_known_exports(kind: Kind, expected: dict[str, str], beside: list[str]) -> None:
    columns = [*expected.values(), *beside]
    mapping = guess(kind, columns)
    assert mapping == {target: (source,) for target, source in expected.items()}
    assert guess_kind(columns) is kind
    check(kind, mapping, columns)


def test_every_email_column_is_mapped_in_the_order_of_their_worth() -> None:
    columns = ["Personal Email", "Work Email", "email", "E-Mail"]
    assert guess(PEOPLE, columns)["email"] == ("E-Mail", "email", "Work Email", "Personal Email")


@given(st.sampled_from(Kind), HEADERS, st.randoms(use_true_random=False))
def test_a_guess_is_the_same_in_any_order_and_uses_a_column_once(
    kind: Kind, columns: list[str], dice: random.Random
) -> None:
    mapping = guess(kind, columns)
    used = [source for sources in mapping.values() for source in sources]
    assert len(used) == len(set(used))
    assert set(used) <= set(columns)
    dice.shuffle(columns)
    assert guess(kind, columns) == mapping


def test_no_name_is_known_for_two_fields_of_a_kind() -> None:
    for fields in FIELDS.values():
        seen: dict[str, str] = {}
        for field in fields.values():
            for known in field.known_as:
                assert seen.setdefault(plain(known), field.name) == field.name


@pytest.mark.parametrize("kind", Kind)
def test_everything_unmatchable_is_refused_by_name(kind: Kind) -> None:
    for target in UNMATCHABLE[kind]:
        with pytest.raises(ConfigError, match=f'"{target}" cannot be mapped: LinkedIn does not match'):
            check(kind, {target: ("x",), "email": ("e",)})


@pytest.mark.parametrize(
    ("kind", "mapping", "sentence"),
    [
        (PEOPLE, {"email": "e", "phone": "p"}, '"phone" cannot be mapped: LinkedIn does not match people by phone'),
        (PEOPLE, {"email": "e", "IDFA": "p"}, "Apple's advertising id"),  # ADOBE-82
        (
            PEOPLE,
            {"email": "e", "jobTitle": "t"},
            '"jobTitle" is no field LinkedIn knows of people (did you mean "title"',
        ),
        (PEOPLE, {"email": "e", "companyPageUrl": "u"}, '"companyPageUrl" cannot be mapped: it is no field of people'),
        (PEOPLE, {"firstName": "f"}, "no identifier: map email, googleAdvertisingId, or firstName and lastName"),
        (PEOPLE, {}, "no identifier"),
        (PEOPLE, {"email": ""}, '"email" is mapped to nothing'),
        (COMPANIES, {"city": "c", "primaryId": "i"}, "no identifier: map at least one of companyName"),
        (COMPANIES, {"companyName": "accountName"}, "primaryId: accountKey.sourceKey"),  # ADOBE-26
        (COMPANIES, {"primaryId": "accountKey.sourceKey"}, "companyName: accountName"),  # ADOBE-25
        (COMPANIES, {"companyWebsiteDomain": "accountOrganization.website"}, "companyName: accountName"),
        (
            COMPANIES,
            {"companyName": "accountName", "primaryId": "accountKey.sourceID"},
            "primaryId: accountKey.sourceKey",
        ),
        (COMPANIES, {"companyName": "n", "email": "e"}, "companyEmailDomain takes what follows its @"),
    ],
)
def test_refused_mappings(kind: Kind, mapping: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError) as error:
        check(kind, {target: (source,) for target, source in mapping.items()})
    assert sentence in str(error.value)


def test_both_toggles_off_is_refused_with_the_known_text() -> None:  # SEGMENT-12
    with pytest.raises(ConfigError, match="At least one of `Send Email` or `Send Google Advertising ID` must be set"):
        check(PEOPLE, {"email": ("e",)}, None, False, False)
    assert BOTH_OFF.endswith("must be set to `true`")


def test_a_missing_column_comes_with_the_nearest_names() -> None:
    with pytest.raises(ConfigError, match='no column "emial", which is mapped to email \\(did you mean "E-mail"'):
        check(PEOPLE, {"email": ("emial",)}, ["E-mail", "country"])
    with pytest.raises(ConfigError, match='it has "a", "b"'):
        check(PEOPLE, {"email": ("emial",)}, ["a", "b"])


def test_no_address_is_printed_when_the_first_row_was_taken_for_a_header() -> None:  # pitfall H11
    with pytest.raises(ConfigError) as error:
        check(PEOPLE, {"email": ("jane.do@example.com",)}, ["jane.doe@example.com", "Acme"])
    assert "jane" not in str(error.value)
    assert "jane" not in nearest("jane.do@example.com", ["jane.doe@example.com"])


def test_every_field_says_what_it_is() -> None:
    for fields in FIELDS.values():
        for field in fields.values():
            assert field.label
            assert field.help.endswith(".")
            assert plain(field.name) in {plain(known) for known in field.known_as} | {plain(field.name)}
