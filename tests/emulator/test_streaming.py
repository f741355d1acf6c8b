from typing import Any

import pytest

from tests.emulator.kit import LinkedIn, digest, shown, user

GOOD = {"status": 201}


def ids(*pairs: tuple[str, str], action: str = "ADD") -> dict[str, Any]:
    return {"action": action, "userIds": [{"idType": kind, "idValue": value} for kind, value in pairs]}


@pytest.fixture
def segment(linkedin_api: LinkedIn) -> int:
    return linkedin_api.segment()


def test_a_batch_is_answered_element_by_element(linkedin_api: LinkedIn, segment: int) -> None:
    reply = linkedin_api.tell(segment, user("a"), user("b"), user("c"))
    assert (reply.status_code, reply.content) == (200, b'{"elements":[{"status":201},{"status":201},{"status":201}]}')
    assert linkedin_api.inside(segment) == sorted(map(shown, "abc"))


def test_a_single_element_is_a_plain_create(linkedin_api: LinkedIn, segment: int) -> None:
    reply = linkedin_api.post(f"/rest/dmpSegments/{segment}/users", user("a"))
    assert (reply.status_code, reply.content) == (201, b"")
    assert linkedin_api.inside(segment) == [shown("a")]


def test_repeating_a_telling_or_removing_the_absent_is_201(linkedin_api: LinkedIn, segment: int) -> None:
    for elements in ([user("a"), user("a")], [user("a")], [user("a", "REMOVE")] * 2, [user("x", "REMOVE")]):
        assert linkedin_api.tell(segment, *elements).json() == {"elements": [GOOD] * len(elements)}
    assert linkedin_api.inside(segment) == []


def test_adds_and_removes_may_be_mixed(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.tell(segment, user("a"))
    linkedin_api.tell(segment, user("a", "REMOVE"), user("b"))
    assert linkedin_api.inside(segment) == [shown("b")]


def test_no_elements_are_fine(linkedin_api: LinkedIn, segment: int) -> None:
    assert linkedin_api.tell(segment).json() == {"elements": []}


def test_without_the_batch_header_elements_are_not_understood(linkedin_api: LinkedIn, segment: int) -> None:
    reply = linkedin_api.post(f"/rest/dmpSegments/{segment}/users", {"elements": [user("a")]})
    assert reply.status_code == 422
    assert "/elements :: unrecognized field found" in reply.json()["message"]
    assert "/action :: field is required but not found" in reply.json()["message"]


@pytest.mark.parametrize(
    ("element", "problem"),
    [
        ({"userIds": []}, "/action :: field is required but not found and has no default value"),
        ({**user("b"), "action": "add"}, '/action :: "add" is not an enum symbol'),
        (ids(("PHONE", "1")), '/userIds/0/idType :: "PHONE" is not an enum symbol'),
        (ids(("PLAINTEXT_EMAIL", "a@b.c")), '/userIds/0/idType :: "PLAINTEXT_EMAIL" is not an enum symbol'),
        (ids(("BIZO_ID", "1")), '/userIds/0/idType :: "BIZO_ID" is not an enum symbol'),
        (ids(("ORACLE_MOAT_ID", "1")), '/userIds/0/idType :: "ORACLE_MOAT_ID" is not an enum symbol'),
        ({"action": "ADD", "userId": {}}, "/userId :: unrecognized field found but not allowed"),
        (user("b", phone="1"), "/phone :: unrecognized field found but not allowed"),
        (user("b", firstName="x" * 36), f'/firstName :: length of "{"x" * 36}" is out of range 0...35'),
        (user("b", title="x" * 51), f'/title :: length of "{"x" * 51}" is out of range 0...50'),
        ({"action": "ADD", "userIds": {}}, "/userIds :: array type is not backed by a DataList"),
        ({"action": "ADD", "userIds": ["x"]}, "/userIds/0 :: record type is not backed by a DataMap"),
        ({"action": "ADD"}, "/userIds :: an identifier or both names are required"),
        ({"action": "ADD", "firstName": "Ada"}, "/userIds :: an identifier or both names are required"),
        ({**user("b"), "lastName": 7}, "/lastName :: 7 cannot be coerced to String"),
        ("nonsense", "/ :: record type is not backed by a DataMap"),
    ],
)
def test_a_bad_element_is_refused_and_the_others_are_taken(
    linkedin_api: LinkedIn, segment: int, element: Any, problem: str
) -> None:
    reply = linkedin_api.tell(segment, user("a"), element, user("c"))
    assert reply.status_code == 200
    first, second, third = reply.json()["elements"]
    assert (first, third) == (GOOD, GOOD)
    assert second == {"status": 400, "error": {"status": 400, "message": f"ERROR :: {problem}\n"}}
    assert linkedin_api.inside(segment) == sorted(map(shown, "ac"))


def test_a_schema_error_may_fail_the_whole_batch(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.emulator.control.config(schema_errors="batch_422")
    reply = linkedin_api.tell(segment, user("a"), ids(("FOO", "x")))
    message = 'Index: 1, ERROR :: /userIds/0/idType :: "FOO" is not an enum symbol\n'
    assert (reply.status_code, reply.json()) == (422, {"message": message, "status": 422})
    assert linkedin_api.inside(segment) == []


@pytest.mark.parametrize(
    ("place", "path"), [("element", ()), ("error", ("error",)), ("details", ("error", "errorDetails"))]
)
def test_batch_index_has_several_possible_places(
    linkedin_api: LinkedIn, segment: int, place: str, path: tuple[str, ...]
) -> None:
    linkedin_api.emulator.control.config(batch_index=place)
    found = linkedin_api.tell(segment, user("a"), {"action": "ADD"}).json()["elements"][1]
    for step in path:
        found = found[step]
    assert found["batchIndex"] == 1


def test_more_than_5000_elements_fail_the_request(linkedin_api: LinkedIn, segment: int) -> None:
    assert linkedin_api.tell(segment, *[user("a")] * 5_001).status_code == 400
    assert linkedin_api.inside(segment) == []
    assert len(linkedin_api.tell(segment, *[user("a")] * 5_000).json()["elements"]) == 5_000


@pytest.mark.parametrize("body", [{}, {"elements": {}}, {"elements": None}])
def test_elements_must_be_an_array(linkedin_api: LinkedIn, segment: int, body: dict[str, Any]) -> None:
    reply = linkedin_api.post(f"/rest/dmpSegments/{segment}/users", body, "BATCH_CREATE")
    assert reply.status_code == 400
    assert reply.json()["message"].startswith("Error parsing entity body: ")


def test_every_kind_of_identifier_is_taken(linkedin_api: LinkedIn, segment: int) -> None:
    pairs = [("SHA256_EMAIL", digest("a")), ("SHA512_EMAIL", "ab" * 64), ("GOOGLE_AID", "38400000-8cf0-11bd-b23e")]
    linkedin_api.tell(segment, ids(*pairs), ids(("APPLE_IDFA", "AEBE52E7")))
    expected = [f"{kind}:{value}" for kind, value in pairs]
    assert linkedin_api.inside(segment) == sorted([*expected, "APPLE_IDFA:AEBE52E7"])


def test_the_content_of_an_identifier_is_not_checked(linkedin_api: LinkedIn, segment: int) -> None:
    odd = ids(("SHA256_EMAIL", "not a hash"))
    assert linkedin_api.tell(segment, odd).json() == {"elements": [GOOD]}
    linkedin_api.emulator.control.config(strict_id_values=True)
    assert linkedin_api.tell(segment, odd, user("a")).json()["elements"][0]["status"] == 400


def test_names_alone_identify_the_tuple_as_given(linkedin_api: LinkedIn, segment: int) -> None:
    ada = {"firstName": "Ada", "lastName": "Lovelace", "company": "Acme"}
    linkedin_api.tell(segment, {"action": "ADD", **ada}, {"action": "ADD", **ada, "country": "GB"})
    plain = 'NAME:["Ada","Lovelace","","Acme",""]'
    assert linkedin_api.inside(segment) == [plain, 'NAME:["Ada","Lovelace","","Acme","GB"]']
    linkedin_api.tell(segment, {"action": "REMOVE", **ada, "country": "GB"})
    assert linkedin_api.inside(segment) == [plain]


def test_everybody_of_one_name_may_be_one(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.emulator.control.config(name_identity="names")
    ada = {"firstName": "Ada", "lastName": "Lovelace"}
    linkedin_api.tell(segment, {"action": "ADD", **ada, "company": "Acme"}, {"action": "ADD", **ada, "country": "GB"})
    assert linkedin_api.inside(segment) == ['NAME:["Ada","Lovelace"]']


def test_names_beside_an_identifier_do_not_identify(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.tell(segment, user("a", firstName="Ada", lastName="Lovelace"))
    assert linkedin_api.inside(segment) == [shown("a")]


def test_members_can_never_be_listed(linkedin_api: LinkedIn, segment: int) -> None:
    assert linkedin_api.get(f"/rest/dmpSegments/{segment}/users").status_code == 400


def test_users_and_companies_want_their_own_kind_of_segment(linkedin_api: LinkedIn, segment: int) -> None:
    company = {"action": "ADD", "companyWebsiteDomain": "acme.example"}
    assert linkedin_api.tell(segment, company, to="companies").status_code == 400
    assert linkedin_api.tell(linkedin_api.segment(kind="COMPANY"), user("a")).status_code == 400


def test_companies_are_told_by_their_identifying_fields(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(kind="COMPANY")
    elements = [
        {"action": "ADD", "companyName": "Acme", "companyWebsiteDomain": "acme.example", "country": "DE"},
        {"action": "ADD", "organizationUrn": "urn:li:organization:1337", "industries": ["Tools"]},
        {"action": "ADD", "companyName": "Nameless"},
        {
            "action": "ADD",
            "companyPageUrl": "https://www.linkedin.com/company/acme",
            "companyEmailDomain": "acme.example",
        },
    ]
    assert linkedin_api.tell(number, *elements, to="companies").json() == {"elements": [GOOD] * 4}
    assert linkedin_api.inside(number) == [
        "companyEmailDomain:acme.example",
        "companyName:Nameless",
        "companyPageUrl:https://www.linkedin.com/company/acme",
        "companyWebsiteDomain:acme.example",
        "organizationUrn:urn:li:organization:1337",
    ]
    single = linkedin_api.post(f"/rest/dmpSegments/{number}/companies", elements[2])
    assert single.status_code == 201


def test_a_companys_name_may_identify_beside_stronger_fields(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(company_name_identifies="always")
    number = linkedin_api.segment(kind="COMPANY")
    linkedin_api.tell(
        number, {"action": "ADD", "companyName": "Acme", "companyWebsiteDomain": "acme.example"}, to="companies"
    )
    assert linkedin_api.inside(number) == ["companyName:Acme", "companyWebsiteDomain:acme.example"]


@pytest.mark.parametrize(
    "element",
    [
        {"action": "ADD", "city": "Berlin"},
        {"action": "ADD", "organizationUrn": "1337"},
        {"action": "ADD", "organizationUrn": "urn:li:organization:acme"},
        {"action": "ADD", "organizationUrn": "urn:li:company:1337"},
        {"action": "ADD", "companyName": "A", "stockSymbol": "TOOLONG"},
        {"action": "ADD", "companyName": "A", "industries": ["a", "b", "c", "d"]},
        {"action": "ADD", "companyName": "A", "companyPageUrl": "x" * 101},
        {"action": "ADD", "companyName": "A", "postalCode": "1" * 21},
        {"action": "ADD", "companyName": "A", "email": "a@b.c"},
    ],
)
def test_a_bad_company_is_refused(linkedin_api: LinkedIn, element: dict[str, Any]) -> None:
    number = linkedin_api.segment(kind="COMPANY")
    fine = {"action": "ADD", "companyName": "B"}
    statuses = [one["status"] for one in linkedin_api.tell(number, element, fine, to="companies").json()["elements"]]
    assert statuses == [400, 201]


def test_before_202502_a_bad_element_failed_the_whole_batch(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.emulator.control.config(active_versions=["202501", "202502", "202607"])
    batch = {"elements": [user("a"), {"action": "ADD"}, ids(("FOO", "x"))]}
    path = f"/rest/dmpSegments/{segment}/users"
    old = linkedin_api.post(path, batch, "BATCH_CREATE", headers={"LinkedIn-Version": "202501"})
    assert old.status_code == 422
    assert [line[:9] for line in old.json()["message"].splitlines()] == ["Index: 1,", "Index: 2,"]
    assert linkedin_api.inside(segment) == []
    new = linkedin_api.post(path, batch, "BATCH_CREATE", headers={"LinkedIn-Version": "202502"})
    assert [one["status"] for one in new.json()["elements"]] == [201, 400, 400]


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("plain", {"status", "message"}),
        ("message", {"message"}),
        ("detailed", {"status", "message", "code", "errorDetailType", "errorDetails"}),
    ],
)
def test_the_error_of_an_element_may_say_more_or_less(
    linkedin_api: LinkedIn, segment: int, form: str, names: set[str]
) -> None:
    linkedin_api.emulator.control.config(element_error=form, batch_index="details" if form == "detailed" else "none")
    verdict = linkedin_api.tell(segment, user("a"), ids(("FOO", "x"))).json()["elements"][1]
    assert (verdict["status"], verdict["error"].keys()) == (400, names)
    assert "is not an enum symbol" in verdict["error"]["message"]
    if form == "detailed":
        assert verdict["error"]["errorDetails"]["inputErrors"][0]["code"] == "FIELD_INVALID"
        assert verdict["error"]["errorDetails"]["batchIndex"] == 1


@pytest.mark.parametrize(("choice", "status"), [("400", 400), ("413", 413)])
def test_too_many_elements_may_be_too_large(linkedin_api: LinkedIn, segment: int, choice: str, status: int) -> None:
    linkedin_api.emulator.control.config(batch_limit=1, batch_over_limit=choice)
    reply = linkedin_api.tell(segment, user("a"), user("b"))
    assert (reply.status_code, reply.json()["status"]) == (status, status)
    assert linkedin_api.inside(segment) == []


@pytest.mark.parametrize(("choice", "inside"), [
    ("in_order", ["a"]), ("add_wins", ["a", "b"]), ("remove_wins", []),
])  # fmt: skip
def test_both_actions_in_one_batch(linkedin_api: LinkedIn, segment: int, choice: str, inside: list[str]) -> None:
    linkedin_api.emulator.control.config(same_batch=choice)
    batch = [user("a", "REMOVE"), user("a"), user("b"), user("b", "REMOVE")]
    assert linkedin_api.tell(segment, *batch).json() == {"elements": [GOOD] * 4}
    assert linkedin_api.inside(segment) == sorted(map(shown, inside))


def test_the_case_of_a_digest_may_not_matter(linkedin_api: LinkedIn, segment: int) -> None:
    upper = ids(("SHA256_EMAIL", digest("a").upper()))
    linkedin_api.tell(segment, upper)
    assert linkedin_api.inside(segment) == [f"SHA256_EMAIL:{digest('a').upper()}"]
    linkedin_api.emulator.control.config(digest_case="ignored")
    other = linkedin_api.segment()
    linkedin_api.tell(other, upper, {**ids(("GOOGLE_AID", "ABC")), "firstName": "A"})
    assert linkedin_api.inside(other) == ["GOOGLE_AID:ABC", shown("a")]


def test_apple_idfa_may_be_gone(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.emulator.control.config(apple_idfa="refuse")
    first, second = linkedin_api.tell(segment, ids(("APPLE_IDFA", "AEBE52E7")), user("a")).json()["elements"]
    message = 'ERROR :: /userIds/0/idType :: "APPLE_IDFA" is not an enum symbol\n'
    assert (first["error"]["message"], second) == (message, GOOD)
    single = linkedin_api.post(f"/rest/dmpSegments/{segment}/users", ids(("APPLE_IDFA", "AEBE52E7")))
    assert single.status_code == 422


def test_a_google_aid_may_be_held_to_its_documented_length(linkedin_api: LinkedIn, segment: int) -> None:
    dashed, plain = (ids(("GOOGLE_AID", value)) for value in ("38400000-8cf0-11bd-b23e-10b96e40000d", "3" * 32))
    assert linkedin_api.tell(segment, dashed, plain).json() == {"elements": [GOOD, GOOD]}
    linkedin_api.emulator.control.config(google_aid_limit=32)
    first, second = linkedin_api.tell(segment, dashed, plain).json()["elements"]
    assert ("out of range 0...32" in first["error"]["message"], second) == (True, GOOD)


def test_a_country_may_have_to_be_two_letters(linkedin_api: LinkedIn, segment: int) -> None:
    germany, de = user("a", country="Germany"), user("b", country="DE")
    assert linkedin_api.tell(segment, germany, de).json() == {"elements": [GOOD, GOOD]}
    linkedin_api.emulator.control.config(strict_country=True)
    first, second = linkedin_api.tell(segment, germany, de).json()["elements"]
    assert ("/country" in first["error"]["message"], second) == (True, GOOD)
    company = {"action": "ADD", "companyName": "Acme", "country": "Germany"}
    reply = linkedin_api.tell(linkedin_api.segment(kind="COMPANY"), company, to="companies")
    assert reply.json()["elements"][0]["status"] == 400


def test_the_wrong_kind_of_segment_may_be_404(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(wrong_kind="404")
    assert linkedin_api.tell(linkedin_api.segment(kind="COMPANY"), user("a")).status_code == 404


def test_elements_of_a_switched_schema_are_taken_one_by_one(linkedin_api: LinkedIn, segment: int) -> None:
    linkedin_api.emulator.control.config(apple_idfa="refuse")
    assert linkedin_api.tell(segment, user("a"), user("b", "REMOVE")).json() == {"elements": [GOOD, GOOD]}
    assert linkedin_api.inside(segment) == [shown("a")]
