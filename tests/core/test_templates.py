"""Elements as rows of LinkedIn's list templates."""

from guestlist.core.identity import Element, IdType, Kind, Rejection, company, person
from guestlist.core.templates import COLUMNS, rows

A, B = b"a" * 32, b"b" * 32


def told(members: Kind, element: Element | Rejection) -> list[dict[str, str]]:
    assert isinstance(element, Element)
    ids: dict[IdType, list[bytes]] = {}
    for identifier in element.identifiers:
        ids.setdefault(identifier.type, []).append(identifier.value)
    return [{k: v for k, v in row.items() if v} for row in rows(members, ids, element.traits)]


def test_every_row_has_every_column() -> None:
    assert tuple(rows(Kind.PEOPLE, {IdType.SHA256_EMAIL: [A]}, {})[0]) == COLUMNS[Kind.PEOPLE]
    assert tuple(rows(Kind.COMPANIES, {}, {"companyName": "x"})[0]) == COLUMNS[Kind.COMPANIES]


def test_each_email_is_a_row() -> None:
    ids = {IdType.SHA256_EMAIL: [A, B], IdType.GOOGLE_AID: [b"g"], IdType.PRIMARY: [b"7"]}
    first, second = rows(Kind.PEOPLE, ids, {"firstName": "J", "country": "DE"})
    assert (first["email"], first["googleaid"], first["firstname"], first["country"]) == (A.hex(), "g", "J", "DE")
    assert (second["email"], second["googleaid"], second["firstname"]) == (B.hex(), "", "J")


def test_sha512_has_no_column_and_names_have() -> None:
    only = {IdType.SHA512_EMAIL: [b"x" * 64]}
    assert rows(Kind.PEOPLE, only, {"firstName": "J"}) == []
    assert [row["lastname"] for row in rows(Kind.PEOPLE, only, {"firstName": "J", "lastName": "D"})] == ["D"]
    assert told(Kind.PEOPLE, person({"firstName": "J", "lastName": "D"})) == [{"firstname": "J", "lastname": "D"}]


def test_companies() -> None:
    row = {"companyName": "Acme", "companyWebsiteDomain": "acme.com", "industries": ["A", "B"], "organizationUrn": "7"}
    assert told(Kind.COMPANIES, company(row)) == [
        {
            "companyname": "Acme",
            "companywebsite": "acme.com",
            "companyemaildomain": "acme.com",
            "linkedincompanypageurl": "https://www.linkedin.com/company/7",
            "industry": "A",
        }
    ]
    assert told(Kind.COMPANIES, company({"companyName": "Acme"})) == [{"companyname": "Acme"}]
    assert rows(Kind.COMPANIES, {}, {}) == []
