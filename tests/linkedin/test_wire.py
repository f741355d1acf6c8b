import json
import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guestlist.core.identity import Kind
from guestlist.linkedin.wire import elements
from tests.linkedin.kit import COMPANIES, MORE, PEOPLE, companies, digest, row, rows, told

EMAIL, SHA512, GOOGLE, NAMES, PRIMARY = 1, 2, 3, 4, 31
URN, PAGE, WEBSITE, EMAIL_DOMAIN, NAME = 11, 12, 13, 14, 15
REMOVE, ADD, LABEL = 1, 2, 3
ADA = digest("ada@example.com")
AID = b"38400000-8cf0-11bd-b23e-10b96e40000d"


def people(*entries, **options):
    return elements(rows(*entries), Kind.PEOPLE, lambda sealed: sealed, **options)


def test_one_person_with_everything():
    body, positions = people(
        row(
            ADD,
            EMAIL,
            ADA,
            [(GOOGLE, AID), (PRIMARY, b"crm-7")],
            firstName="Ada",
            lastName="Lovelace",
            title="Analyst",
            company="Engine",
            country="GB",
        )
    )
    assert positions == [0]
    assert body == (
        b'{"elements":[{"action":"ADD","userIds":['
        b'{"idType":"SHA256_EMAIL","idValue":"' + ADA.hex().encode() + b'"},'
        b'{"idType":"GOOGLE_AID","idValue":"' + AID + b'"}],'
        b'"firstName":"Ada","lastName":"Lovelace","title":"Analyst","company":"Engine","country":"GB"}]}'
    )


def test_only_what_is_present_is_sent():
    body, _ = people(row(ADD, EMAIL, ADA, firstName="Ada", title=""))
    assert told(body) == [
        {"action": "ADD", "userIds": [{"idType": "SHA256_EMAIL", "idValue": ADA.hex()}], "firstName": "Ada"}
    ]


def test_sha512_and_google_alone():
    long = digest("a") + digest("b")
    body, _ = people(row(ADD, SHA512, long), row(ADD, GOOGLE, AID))
    assert [one["userIds"] for one in told(body)] == [
        [{"idType": "SHA512_EMAIL", "idValue": long.hex()}],
        [{"idType": "GOOGLE_AID", "idValue": AID.decode()}],
    ]


def test_rows_without_an_identifier_make_no_element():
    body, positions = people(row(ADD, GOOGLE, b""), row(ADD, PRIMARY, b"x"), row(ADD, EMAIL, ADA))
    assert (len(told(body)), positions) == (1, [2])
    assert people(row(ADD, PRIMARY, b"x")) == (b'{"elements":[]}', [])
    assert people() == (b'{"elements":[]}', [])


def test_labels_and_skipped_rows_are_not_sent_and_positions_are_of_the_file():
    body, positions = people(
        row(ADD, EMAIL, ADA),
        row(LABEL, EMAIL, ADA),
        row(ADD, EMAIL, digest("b")),
        row(ADD, EMAIL, digest("c")),
        skip={12, 3},
        first=10,
    )
    assert positions == [10, 13]
    assert [one["userIds"][0]["idValue"] for one in told(body)] == [ADA.hex(), digest("c").hex()]


def test_a_removal_carries_identifiers_only():
    body, _ = people(row(REMOVE, EMAIL, ADA, [(GOOGLE, AID)], firstName="Ada", country="GB"))
    assert told(body) == [
        {
            "action": "REMOVE",
            "userIds": [
                {"idType": "SHA256_EMAIL", "idValue": ADA.hex()},
                {"idType": "GOOGLE_AID", "idValue": AID.decode()},
            ],
        }
    ]


def test_names_only_people_are_added_by_their_traits():
    body, _ = people(row(ADD, NAMES, b"sealed", [(PRIMARY, b"7")], firstName="Ada", lastName="Lovelace", country="GB"))
    assert told(body) == [{"action": "ADD", "firstName": "Ada", "lastName": "Lovelace", "country": "GB"}]


def test_names_only_people_are_removed_by_what_was_sealed():
    opened = []

    def open_sealed(sealed: bytes) -> bytes:
        opened.append(sealed)
        return json.dumps(["Ada", 'O"Neil', "", None, "GB"]).encode()

    table = rows(row(REMOVE, NAMES, b"sealed"), row(REMOVE, EMAIL, ADA), row(ADD, NAMES, b"again"))
    body, positions = elements(table, Kind.PEOPLE, open_sealed)
    names = {"firstName": "Ada", "lastName": 'O"Neil', "country": "GB"}
    assert told(body)[0] == {"action": "REMOVE", **names}
    assert told(body)[2] == {"action": "ADD", **names}
    assert positions == [0, 1, 2]
    assert opened == [b"sealed", b"again"]


def test_sealed_names_that_lack_one_make_no_element():
    body, positions = elements(rows(row(REMOVE, NAMES, b"s")), Kind.PEOPLE, lambda _: b'["Ada",""]')
    assert (told(body), positions) == ([], [])


def test_one_company_with_everything():
    table = companies(
        row(
            ADD,
            URN,
            b"urn:li:organization:5622087",
            [(WEBSITE, b"acme.com"), (EMAIL_DOMAIN, b"acme.org")],
            companyName="Acme",
            stockSymbol="ACM",
            industries=["Software", "", None, 'Q"A'],
            city="Paris",
            state="IDF",
            country="FR",
            postalCode="75001",
        )
    )
    body, positions = elements(table, Kind.COMPANIES, lambda sealed: sealed)
    assert positions == [0]
    assert told(body) == [
        {
            "action": "ADD",
            "organizationUrn": "urn:li:organization:5622087",
            "companyWebsiteDomain": "acme.com",
            "companyEmailDomain": "acme.org",
            "companyName": "Acme",
            "stockSymbol": "ACM",
            "city": "Paris",
            "state": "IDF",
            "country": "FR",
            "postalCode": "75001",
            "industries": ["Software", 'Q"A'],
        }
    ]


def test_a_company_known_by_name_says_it_once():
    table = companies(
        row(ADD, NAME, b"Acme", companyName="Acme", city="Paris"),
        row(REMOVE, PAGE, b"linkedin.com/company/acme", industries=["x"], companyName="Acme"),
    )
    body, _ = elements(table, Kind.COMPANIES, lambda sealed: sealed)
    assert body.count(b'"companyName"') == 1
    assert told(body) == [
        {"action": "ADD", "companyName": "Acme", "city": "Paris"},
        {"action": "REMOVE", "companyPageUrl": "linkedin.com/company/acme"},
    ]


@pytest.mark.parametrize("kind", [Kind.PEOPLE, Kind.COMPANIES])
def test_slices_batches_and_dictionaries_read_alike(kind):
    t, traits = (EMAIL, PEOPLE) if kind is Kind.PEOPLE else (WEBSITE, COMPANIES)
    entries = [
        row(
            ADD, t, digest(str(i)) if kind is Kind.PEOPLE else b"a%d.com" % i, [(PRIMARY, b"p")] * (i % 3), country="DE"
        )
        for i in range(20)
    ]
    table = rows(*entries, traits=traits)
    whole, _ = elements(table, kind, bytes)
    chunked = pa.concat_tables([table.slice(0, 7), table.slice(7, 6), table.slice(13)])
    assert elements(chunked, kind, bytes)[0] == whole
    part, positions = elements(table.slice(5, 8), kind, bytes, first=5)
    assert told(part) == told(whole)[5:13]
    assert positions == list(range(5, 13))
    assert elements(table.to_batches()[0].slice(5, 8), kind, bytes)[0] == part
    column = table.schema.get_field_index("country")
    encoded = table.set_column(column, "country", table["country"].dictionary_encode())
    assert elements(encoded, kind, bytes)[0] == whole


text = st.none() | st.text(st.characters(codec="utf-8"), max_size=12)
user_id = st.one_of(
    st.tuples(st.just(EMAIL), st.binary(min_size=32, max_size=32)),
    st.tuples(st.just(SHA512), st.binary(min_size=64, max_size=64)),
    st.tuples(st.sampled_from([GOOGLE, PRIMARY]), st.text(st.characters(codec="utf-8"), max_size=8).map(str.encode)),
)
person = st.tuples(
    st.sampled_from([REMOVE, ADD, LABEL]),
    user_id,
    st.none() | st.lists(user_id, max_size=3),
    st.fixed_dictionaries(dict.fromkeys(PEOPLE, text)),
)


def expected(op, ids, traits):
    """The plain way, one row at a time."""
    named = {EMAIL: "SHA256_EMAIL", SHA512: "SHA512_EMAIL", GOOGLE: "GOOGLE_AID"}
    user_ids = [
        {"idType": named[t], "idValue": v.decode() if t == GOOGLE else v.hex()} for t, v in ids if t in named and v
    ]
    if op == LABEL or not user_ids:
        return None
    said = {key: value for key, value in traits.items() if value} if op == ADD else {}
    return {"action": "ADD" if op == ADD else "REMOVE", "userIds": user_ids, **said}


@settings(max_examples=200, deadline=None)
@given(st.lists(person, max_size=12))
def test_what_is_written_is_what_is_read_and_nothing_is_empty(entries):
    table = rows(*(row(op, t, v, more, **traits) for op, (t, v), more, traits in entries))
    body, positions = elements(table, Kind.PEOPLE, lambda sealed: sealed)
    plain = [expected(op, [own, *(more or [])], traits) for op, own, more, traits in entries]
    assert told(body) == [one for one in plain if one is not None]
    assert positions == [i for i, one in enumerate(plain) if one is not None]
    assert not re.search(rb'"idValue":""|"userIds":\[\]', body)


company_id = st.tuples(
    st.sampled_from([URN, PAGE, WEBSITE, EMAIL_DOMAIN, NAME]), st.text(st.characters(codec="utf-8"), max_size=8)
)
company = st.tuples(
    st.sampled_from([REMOVE, ADD]),
    st.lists(company_id, min_size=1, max_size=5, unique_by=lambda pair: pair[0]),
    st.fixed_dictionaries(dict.fromkeys(COMPANIES, text)),
    st.none() | st.lists(text, max_size=3),
)
FIELDS = {
    URN: "organizationUrn",
    PAGE: "companyPageUrl",
    WEBSITE: "companyWebsiteDomain",
    EMAIL_DOMAIN: "companyEmailDomain",
    NAME: "companyName",
}


@settings(max_examples=200, deadline=None)
@given(st.lists(company, max_size=12))
def test_companies_too(entries):
    table = companies(
        *(
            row(op, ids[0][0], ids[0][1].encode(), [(t, v.encode()) for t, v in ids[1:]], **traits, industries=fields)
            for op, ids, traits, fields in entries
        )
    )
    body, positions = elements(table, Kind.COMPANIES, bytes)
    plain = []
    for op, ids, traits, fields in entries:
        identifying = {FIELDS[t]: v for t, v in ids if v}
        said = {key: value for key, value in traits.items() if value and key not in identifying}
        industries = [one for one in fields or [] if one]
        rest = (said | ({"industries": industries} if industries else {})) if op == ADD else {}
        plain.append({"action": "ADD" if op == ADD else "REMOVE", **identifying, **rest} if identifying else None)
    assert told(body) == [one for one in plain if one is not None]
    assert positions == [i for i, one in enumerate(plain) if one is not None]


def test_the_kit_writes_the_documented_columns():
    assert rows(row(ADD, EMAIL, ADA)).schema.field("more").type == MORE
