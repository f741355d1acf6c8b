"""What LinkedIn is told, as rows of LinkedIn's own list templates, for uploading by hand in Campaign Manager.

The company header is LinkedIn's documents' and three connectors'; the contact header is how LinkedIn's template is
remembered, no document was seen. The templates take e-mails as SHA-256, no SHA-512 and no organization URN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from guestlist.core.identity import IdType, Kind, Traits

Ids = Mapping[IdType, Sequence[bytes]]  # of one element, values as in ``core.identity.key16``

COLUMNS: dict[Kind, tuple[str, ...]] = {
    Kind.PEOPLE: ("email", "firstname", "lastname", "jobtitle", "employeecompany", "country", "googleaid"),
    Kind.COMPANIES: (
        "companyname",
        "companywebsite",
        "companyemaildomain",
        "linkedincompanypageurl",
        "stocksymbol",
        "industry",
        "city",
        "state",
        "companycountry",
        "zipcode",
    ),
}
# Columns that hold what somebody once typed: a spreadsheet would run a value that starts like a formula
TEXTS = frozenset(
    ("firstname", "lastname", "jobtitle", "employeecompany", "companyname", "stocksymbol", "industry", "city", "state",
     "zipcode")
)  # fmt: skip

_PERSON = {"firstName": "firstname", "lastName": "lastname", "title": "jobtitle", "company": "employeecompany",
           "country": "country"}  # fmt: skip
_COMPANY = {"companyName": "companyname", "stockSymbol": "stocksymbol", "city": "city", "state": "state",
            "country": "companycountry", "postalCode": "zipcode"}  # fmt: skip


def rows(members: Kind, ids: Ids, traits: Traits) -> list[dict[str, str]]:
    """The rows of one element, with all columns of the template; none when the template cannot name it.

    A template has one column per kind of identifier, so a further e-mail (domain, page) gets a row of its own with the
    same traits. A person with a SHA-512 digest only, and not both names, has no row.
    """
    return _person(ids, traits) if members is Kind.PEOPLE else _company(ids, traits)


def _person(ids: Ids, traits: Traits) -> list[dict[str, str]]:
    common = _common(Kind.PEOPLE, _PERSON, traits)
    emails = [digest.hex() for digest in ids.get(IdType.SHA256_EMAIL, ())]
    devices = _texts(ids, IdType.GOOGLE_AID)
    told = [common | {"email": e, "googleaid": g} for e, g in zip_longest(emails, devices, fillvalue="")]
    has_names = common["firstname"] and common["lastname"]
    return told or ([common] if has_names else [])


def _company(ids: Ids, traits: Traits) -> list[dict[str, str]]:
    common = _common(Kind.COMPANIES, _COMPANY, traits)
    common["companyname"] = common["companyname"] or next(iter(_texts(ids, IdType.COMPANY_NAME)), "")
    common["industry"] = next(iter(traits.get("industries", ())), "")
    pages = _texts(ids, IdType.COMPANY_PAGE_URL) or [
        f"https://www.linkedin.com/company/{urn.rpartition(':')[2]}" for urn in _texts(ids, IdType.ORGANIZATION_URN)
    ]
    websites, domains = _texts(ids, IdType.COMPANY_WEBSITE_DOMAIN), _texts(ids, IdType.COMPANY_EMAIL_DOMAIN)
    told = [
        common | {"companywebsite": w, "companyemaildomain": d, "linkedincompanypageurl": p}
        for w, d, p in zip_longest(websites, domains, pages, fillvalue="")
    ]
    return told or ([common] if common["companyname"] else [])


def _common(members: Kind, columns: Mapping[str, str], traits: Traits) -> dict[str, str]:
    row = dict.fromkeys(COLUMNS[members], "")
    return row | {column: str(traits[field]) for field, column in columns.items() if field in traits}


def _texts(ids: Ids, id_type: IdType) -> list[str]:
    return [value.decode() for value in ids.get(id_type, ())]
