"""What LinkedIn may be told of a person or a company, as data: the mapping, its guesser, its help and the docs read it.

LinkedIn's own names are used wherever a person maps to LinkedIn. Field names and identifier rules are LinkedIn's
documents'; lengths are restated by connectors' documents and were not seen in LinkedIn's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from guestlist.core.identity import COMPANY_LIMITS, PERSON_LIMITS, Kind


@dataclass(frozen=True)
class FieldSpec:
    """One thing LinkedIn may be told. ``limit``: characters LinkedIn takes; None: none or unknown.

    ``identifying``: can be what LinkedIn finds the member by (a person's names only together). ``hashed``: leaves as a
    digest; else as it is. ``several``: every source field mapped to it is sent, else the first that holds something.
    ``sent``: False for what stays here. ``known_as``: source names the guesser looks for, the best first; case, blanks
    and punctuation do not count.
    """

    name: str
    label: str
    help: str
    kind: Kind
    known_as: tuple[str, ...]
    limit: int | None = None
    identifying: bool = False
    hashed: bool = False
    several: bool = False
    sent: bool = True


_PEOPLE = (
    FieldSpec(
        name="email",
        label="E-mail address",
        help="Plain, SHA-256 or SHA-512; leaves as a digest only.",
        kind=Kind.PEOPLE,
        identifying=True,
        hashed=True,
        several=True,
        known_as=(
            "email", "email address", "work email", "business email", "personal email", "primary email", "e-mail 1",
            "email 1", "email 2", "E-mail 1 - Value", "mail", "workEmail.address", "personalEmail.address",
            "email_sha256", "sha256_email", "hashed email", "email hash", "email_lc_sha256", "email_sha512",
            "sha512_email",
        ),
    ),
    FieldSpec(
        name="googleAdvertisingId",
        label="Google advertising id",
        help="An Android device's advertising id (GAID, AAID).",
        kind=Kind.PEOPLE,
        identifying=True,
        several=True,
        known_as=("googleAdvertisingId", "googleaid", "google_aid", "gaid", "aaid", "advertising id"),
    ),
    FieldSpec(
        name="firstName",
        label="First name",
        help="Helps matching; together with the last name enough without an identifier.",
        kind=Kind.PEOPLE,
        limit=PERSON_LIMITS["firstName"],
        identifying=True,
        known_as=("firstname", "first name", "given name", "forename", "person.name.firstName"),
    ),
    FieldSpec(
        name="lastName",
        label="Last name",
        help="Helps matching; together with the first name enough without an identifier.",
        kind=Kind.PEOPLE,
        limit=PERSON_LIMITS["lastName"],
        identifying=True,
        known_as=("lastname", "last name", "surname", "family name", "person.name.lastName"),
    ),
    FieldSpec(
        name="title",
        label="Job title",
        help="Helps matching.",
        kind=Kind.PEOPLE,
        limit=PERSON_LIMITS["title"],
        known_as=("jobtitle", "job title", "title", "position"),
    ),
    FieldSpec(
        name="company",
        label="Employer",
        help="Helps matching.",
        kind=Kind.PEOPLE,
        limit=PERSON_LIMITS["company"],
        known_as=(
            "employeecompany", "company", "company name", "companyname", "account name", "employer", "organization",
            "associated company", "Company / Account",
        ),
    ),
    FieldSpec(
        name="country",
        label="Country",
        help="ISO 3166 code or English name; leaves as two letters. Helps matching.",
        kind=Kind.PEOPLE,
        known_as=(
            "country", "country code", "country/region", "country/region code", "mailing country",
            "mailing country code",
        ),
    ),
    FieldSpec(
        name="primaryId",
        label="Key in the source",
        help="Names rows in reports and ties a changed e-mail to its predecessor; never sent.",
        kind=Kind.PEOPLE,
        sent=False,
        known_as=(
            "primaryId", "contact id", "record id", "lead id", "contact or lead id", "user id", "customer id",
            "person id", "personKey.sourceKey", "external id", "uuid", "id",
        ),
    ),
)  # fmt: skip

_COMPANIES = (
    FieldSpec(
        name="companyName",
        label="Company name",
        help="Helps matching; identifies only companies that have nothing stronger.",
        kind=Kind.COMPANIES,
        identifying=True,
        known_as=("companyname", "company name", "accountName", "account name", "company", "account", "organization",
                  "organization name", "name"),
    ),
    FieldSpec(
        name="organizationUrn",
        label="LinkedIn organization",
        help="urn:li:organization:N, or the number alone.",
        kind=Kind.COMPANIES,
        identifying=True,
        several=True,
        known_as=("organizationUrn", "organization urn", "linkedin organization id", "linkedin organization",
                  "linkedin company id", "linkedin id"),
    ),
    FieldSpec(
        name="companyWebsiteDomain",
        label="Website domain",
        help="A domain or the address of a web site.",
        kind=Kind.COMPANIES,
        identifying=True,
        several=True,
        known_as=("companywebsitedomain", "companywebsite", "company website", "company domain name", "website domain",
                  "accountOrganization.website", "accountOrganization.domain", "company domain", "website",
                  "website url", "domain", "domain name", "homepage", "url", "web"),
    ),
    FieldSpec(
        name="companyEmailDomain",
        label="E-mail domain",
        help="A domain, or an address at it.",
        kind=Kind.COMPANIES,
        identifying=True,
        several=True,
        known_as=("companyemaildomain", "company email domain", "email domain",
                  "accountOrganization.primaryEmailDomain"),
    ),
    FieldSpec(
        name="companyPageUrl",
        label="LinkedIn page",
        help="The address of the company's page at LinkedIn.",
        kind=Kind.COMPANIES,
        limit=100,
        identifying=True,
        several=True,
        known_as=("companyPageUrl", "linkedincompanypageurl", "linkedin company page", "linkedin company page url",
                  "linkedin company url", "linkedin page", "linkedin url", "accountOrganization.linkedinPageUrl",
                  "linkedin"),
    ),
    FieldSpec(
        name="stockSymbol",
        label="Stock symbol",
        help="Helps matching.",
        kind=Kind.COMPANIES,
        limit=5,
        known_as=("stocksymbol", "stock symbol", "ticker symbol", "ticker", "accountOrganization.tickerSymbol"),
    ),
    FieldSpec(
        name="industries",
        label="Industries",
        help="Up to three. Help matching.",
        kind=Kind.COMPANIES,
        limit=50,
        several=True,
        known_as=("industries", "industry", "accountOrganization.industry"),
    ),
    FieldSpec(
        name="city",
        label="City",
        help="Helps matching.",
        kind=Kind.COMPANIES,
        limit=COMPANY_LIMITS["city"],
        known_as=("city", "company city", "billing city", "accountBillingAddress.city", "accountPhysicalAddress.city"),
    ),
    FieldSpec(
        name="state",
        label="State",
        help="Helps matching.",
        kind=Kind.COMPANIES,
        limit=COMPANY_LIMITS["state"],
        known_as=("state", "state/region", "company state", "billing state", "billing state/province",
                  "billing state code", "accountBillingAddress.state", "accountPhysicalAddress.state"),
    ),
    FieldSpec(
        name="country",
        label="Country",
        help="ISO 3166 code or English name; leaves as two letters. Helps matching.",
        kind=Kind.COMPANIES,
        known_as=("companycountry", "country", "country code", "country/region", "country/region code",
                  "company country", "billing country", "billing country code", "accountBillingAddress.countryCode",
                  "accountBillingAddress.country", "accountPhysicalAddress.countryCode",
                  "accountPhysicalAddress.country"),
    ),
    FieldSpec(
        name="postalCode",
        label="Postal code",
        help="Helps matching.",
        kind=Kind.COMPANIES,
        limit=COMPANY_LIMITS["postalCode"],
        known_as=("zipcode", "postalcode", "postal code", "zip", "zip code", "billing zip", "billing postal code",
                  "billing zip/postal code", "accountBillingAddress.postalCode", "accountPhysicalAddress.postalCode"),
    ),
    FieldSpec(
        name="primaryId",
        label="Key in the source",
        help="Names rows in reports and ties a changed domain to its predecessor; never sent.",
        kind=Kind.COMPANIES,
        sent=False,
        known_as=("primaryId", "accountKey.sourceKey", "account id", "company id", "record id", "customer id",
                  "organization id", "external id", "uuid", "id"),
    ),
)  # fmt: skip

FIELDS: dict[Kind, dict[str, FieldSpec]] = {
    Kind.PEOPLE: {field.name: field for field in _PEOPLE},
    Kind.COMPANIES: {field.name: field for field in _COMPANIES},
}

# What people try to map and LinkedIn has no use for in an audience, spelled without case, blanks and punctuation.
_PHONE, _DEVICE = "phone numbers", "Apple's advertising id (it was withdrawn)"
_PROFILE, _ADDRESS = "the address of a person's profile", "postal addresses"
UNMATCHABLE: dict[Kind, dict[str, str]] = {
    Kind.PEOPLE: {
        "phone": _PHONE, "phonenumber": _PHONE, "mobile": _PHONE, "mobilephone": _PHONE, "sha256phone": _PHONE,
        "tel": _PHONE, "telephone": _PHONE,
        "idfa": _DEVICE, "appleidfa": _DEVICE, "appleadvertisingid": _DEVICE,
        "linkedinurl": _PROFILE, "linkedinprofile": _PROFILE, "linkedinprofileurl": _PROFILE, "profileurl": _PROFILE,
        "linkedin": _PROFILE, "linkedinid": "a person's id at LinkedIn", "memberid": "a person's id at LinkedIn",
        "address": _ADDRESS, "street": _ADDRESS, "city": _ADDRESS, "state": _ADDRESS, "zip": _ADDRESS,
        "zipcode": _ADDRESS, "postalcode": _ADDRESS, "postaladdress": _ADDRESS,
        "ip": "IP addresses", "ipaddress": "IP addresses", "cookie": "cookies", "gender": "gender",
        "birthday": "dates of birth", "dateofbirth": "dates of birth",
        "fullname": "full names (map firstName and lastName)",
        "twitter": "accounts elsewhere",
    },
    Kind.COMPANIES: {
        "phone": _PHONE, "phonenumber": _PHONE, "fax": _PHONE, "address": "street addresses",
        "street": "street addresses",
        "email": "a person's e-mail address (companyEmailDomain takes what follows its @)",
        "naicscode": "NAICS codes", "siccode": "SIC codes", "dunsnumber": "D-U-N-S numbers", "vatid": "tax numbers",
        "taxid": "tax numbers", "numberofemployees": "head counts", "annualrevenue": "revenue",
    },
}  # fmt: skip


def plain(name: str) -> str:
    """A name without case, blanks and punctuation: what spellings of one header have in common."""
    return "".join(c for c in name.casefold() if c.isalnum())
