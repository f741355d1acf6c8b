from typing import Any

import pytest

from tests.emulator.kit import ACCOUNT, NOW, LinkedIn, user

BODY = {"account": ACCOUNT, "name": "CRM", "type": "USER", "sourcePlatform": "DIRECT_API"}
FIND = f"/rest/dmpSegments?q=account&account={ACCOUNT}"


def account(number: int) -> dict[str, Any]:
    return {**BODY, "account": f"urn:li:sponsoredAccount:{number}"}


def test_creating_answers_201_with_the_id_in_headers_only(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.post("/rest/dmpSegments", BODY)
    assert (reply.status_code, reply.content) == (201, b"")
    number = reply.headers["x-restli-id"]
    assert reply.headers["location"] == f"/dmpSegments/{number}"
    assert "x-linkedin-id" not in reply.headers
    linkedin_api.emulator.control.config(id_headers="both")
    assert "x-linkedin-id" in linkedin_api.post("/rest/dmpSegments", BODY).headers


def test_a_new_segment_is_building_and_has_no_counts(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(ready=False, sourceSegmentId="crm-17", description="nightly", accessPolicy="PRIVATE")
    now = int(NOW * 1000)
    record = linkedin_api.record(number)
    assert record.pop("destinations") == [
        {
            "destination": "LINKEDIN",
            "destinationSegmentId": "urn:li:adSegment:15326243",
            "status": "BUILDING",
            "created": now,
            "lastModified": now,
        }
    ]
    assert record == {
        "id": number,
        "name": "CRM open pipeline",
        "type": "USER",
        "account": ACCOUNT,
        "sourcePlatform": "DIRECT_API",
        "sourceSegmentId": "crm-17",
        "description": "nightly",
        "accessPolicy": "PRIVATE",
        "created": now,
        "lastModified": now,
    }


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"name": None}, "ERROR :: /name :: field is required but not found and has no default value"),
        ({"type": "PEOPLE"}, 'ERROR :: /type :: "PEOPLE" is not an enum symbol'),
        ({"sourcePlatform": "MINE"}, 'ERROR :: /sourcePlatform :: "MINE" is not an enum symbol'),
        ({"foo": 1}, "ERROR :: /foo :: unrecognized field found but not allowed"),
        ({"name": 19.9}, "ERROR :: /name :: 19.9 cannot be coerced to String"),
        ({"destinations": {}}, "ERROR :: /destinations :: array type is not backed by a DataList"),
        ({"destinations": ["LINKEDIN"]}, "ERROR :: /destinations/0 :: record type is not backed by a DataMap"),
        ({"destinations": [{"destination": "X"}]}, 'ERROR :: /destinations/0/destination :: "X" is not an enum symbol'),
    ],
)
def test_a_body_that_does_not_fit_the_schema_is_422(
    linkedin_api: LinkedIn, change: dict[str, Any], problem: str
) -> None:
    reply = linkedin_api.post("/rest/dmpSegments", {**BODY, **change})
    assert (reply.status_code, reply.json()) == (422, {"message": f"{problem}\n", "status": 422})


def test_every_problem_is_listed_one_per_line(linkedin_api: LinkedIn) -> None:
    message = linkedin_api.post("/rest/dmpSegments", {"account": "516848833"}).json()["message"]
    assert "Invalid Urn Format" in message
    assert message.count("field is required but not found") == 3
    assert message.count("\n") == 4


@pytest.mark.parametrize("body", ["{", "[]", '"text"'])
def test_a_body_that_is_no_record_is_400(linkedin_api: LinkedIn, body: str) -> None:
    reply = linkedin_api.call("POST", "/rest/dmpSegments", content=body)
    assert reply.status_code == 400
    assert reply.json()["message"].startswith("Error parsing entity body: ")


def test_test_accounts_refuse_segments(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.post("/rest/dmpSegments", account(516848835))
    assert (reply.status_code, reply.json()["code"]) == (400, "SEGMENT_CREATION_NOT_ALLOWED_FOR_TEST_ACCOUNTS")


@pytest.mark.parametrize("number", [516848834, 516848899, 1])
def test_a_viewer_or_a_stranger_may_not_create(linkedin_api: LinkedIn, number: int) -> None:
    reply = linkedin_api.post("/rest/dmpSegments", account(number))
    assert (reply.status_code, reply.json()["code"]) == (403, "NO_PERMISSION_ON_ENTITY")


def test_the_403_for_a_role_may_look_like_a_missing_scope(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(role_refusal="ACCESS_DENIED")
    message = "Not enough permissions to access: partnerApiDmpSegments.CREATE.20260701"
    expected = {"status": 403, "serviceErrorCode": 100, "code": "ACCESS_DENIED", "message": message}
    assert linkedin_api.post("/rest/dmpSegments", account(516848834)).json() == expected


def test_a_missing_segment_may_be_called_not_found(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(segment_404="plain")
    plain = {"message": "Not Found", "status": 404}
    assert linkedin_api.tell(7, user("a")).json() == plain
    assert linkedin_api.get("/rest/dmpSegments?ids=List(7)").json()["errors"] == {"7": plain}
    assert linkedin_api.call("DELETE", "/rest/dmpSegments?ids=List(7)").json()["errors"] == {"7": plain}


@pytest.mark.parametrize("role", ["ACCOUNT_BILLING_ADMIN", "ACCOUNT_MANAGER", "CAMPAIGN_MANAGER", "CREATIVE_MANAGER"])
def test_every_role_but_viewer_manages_audiences(linkedin_api: LinkedIn, role: str) -> None:
    seeded = {"account": 516848833, "member": "AbC123xyz", "role": role}
    linkedin_api.emulator.control.seed({"roles": [seeded]})
    assert linkedin_api.tell(linkedin_api.segment(), user("a")).status_code == 200


def test_a_viewer_may_look_but_not_touch(linkedin_api: LinkedIn) -> None:
    [number] = linkedin_api.emulator.control.seed({"segments": [{"account": 516848834, "name": "x"}]})["segments"]
    assert linkedin_api.get(f"/rest/dmpSegments/{number}").status_code == 200
    assert linkedin_api.tell(number, user("a")).status_code == 403
    assert linkedin_api.call("DELETE", f"/rest/dmpSegments/{number}").status_code == 403
    patch = {"patch": {"$set": {"name": "y"}}}
    assert linkedin_api.post(f"/rest/dmpSegments/{number}", patch, "PARTIAL_UPDATE").status_code == 403


def test_the_segment_limit_is_a_429_of_its_own(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(segments_per_account=2)
    linkedin_api.segment()
    linkedin_api.segment(kind="COMPANY")
    reply = linkedin_api.post("/rest/dmpSegments", BODY)
    assert (reply.status_code, reply.json()["code"]) == (429, "SEGMENT_LIMIT_EXCEEDED")
    assert "serviceErrorCode" not in reply.json()


def test_names_and_source_ids_may_repeat(linkedin_api: LinkedIn) -> None:
    first, second = (linkedin_api.segment(sourceSegmentId="crm-17") for _ in range(2))
    assert first != second
    linkedin_api.emulator.control.config(duplicate_source_segment_id="conflict")
    reply = linkedin_api.post("/rest/dmpSegments", {**BODY, "sourceSegmentId": "crm-17"})
    assert (reply.status_code, reply.json()["code"]) == (409, "CONFLICT")
    company = {**BODY, "type": "COMPANY", "sourceSegmentId": "crm-17"}
    assert linkedin_api.post("/rest/dmpSegments", company).status_code == 201


def test_a_batch_get_separates_results_from_errors(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    reply = linkedin_api.get(f"/rest/dmpSegments?ids=List({number},1)&fields=id").json()
    assert reply["results"] == {str(number): {"id": number}}
    assert reply["statuses"] == {str(number): 200, "1": 404}
    assert reply["errors"]["1"]["status"] == 404


def test_the_finder_filters_by_platform_and_source_id(linkedin_api: LinkedIn) -> None:
    wanted = linkedin_api.segment(sourceSegmentId="crm-17", sourcePlatform="AGENCY_API")
    linkedin_api.segment(sourceSegmentId="crm-17")
    linkedin_api.segment(sourceSegmentId="crm-18", sourcePlatform="AGENCY_API")
    found = linkedin_api.get(f"{FIND}&sourcePlatform=AGENCY_API&sourceSegmentId=crm-17").json()
    assert [one["id"] for one in found["elements"]] == [wanted]
    assert found["paging"] == {"start": 0, "count": 10, "links": [], "total": 1}


def test_without_paging_the_finder_returns_everything(linkedin_api: LinkedIn) -> None:
    numbers = [linkedin_api.segment(ready=False) for _ in range(12)]
    assert [one["id"] for one in linkedin_api.get(FIND).json()["elements"]] == numbers
    linkedin_api.emulator.control.config(all_in_one_finder=False)
    assert [one["id"] for one in linkedin_api.get(FIND).json()["elements"]] == numbers[:10]


def test_the_finder_pages_with_links(linkedin_api: LinkedIn) -> None:
    numbers = [linkedin_api.segment(ready=False) for _ in range(5)]
    first = linkedin_api.get(f"{FIND}&start=0&count=2").json()
    assert [one["rel"] for one in first["paging"]["links"]] == ["next"]
    seen = [one["id"] for one in first["elements"]]
    reply = first
    while following := [link for link in reply["paging"]["links"] if link["rel"] == "next"]:
        assert following[0]["href"].startswith("/rest/dmpSegments?q=account&")
        reply = linkedin_api.get(following[0]["href"]).json()
        seen += [one["id"] for one in reply["elements"]]
    assert seen == numbers
    assert [one["rel"] for one in reply["paging"]["links"]] == ["prev"]
    linkedin_api.emulator.control.config(paging_links="empty")
    assert linkedin_api.get(f"{FIND}&start=0&count=2").json()["paging"]["links"] == []


def test_a_full_page_may_be_followed_by_an_empty_one(linkedin_api: LinkedIn) -> None:
    for _ in range(2):
        linkedin_api.segment(ready=False)
    first = linkedin_api.get(f"{FIND}&start=0&count=2").json()
    [following] = first["paging"]["links"]
    second = linkedin_api.get(following["href"]).json()
    assert second["elements"] == []
    assert [link["rel"] for link in second["paging"]["links"]] == ["prev"]


def test_the_finder_of_unseen_accounts(linkedin_api: LinkedIn) -> None:
    other, unknown = FIND.replace("516848833", "516848899"), FIND.replace("516848833", "0")
    assert linkedin_api.get(unknown).json()["elements"] == []
    assert linkedin_api.get(other).status_code == 403
    linkedin_api.emulator.control.config(unseen_account_finder="empty")
    assert linkedin_api.get(other).json()["elements"] == []
    linkedin_api.emulator.control.config(unseen_account_finder="not_found")
    assert linkedin_api.get(other).status_code == 404
    assert linkedin_api.get(FIND.replace(ACCOUNT, "516848833")).status_code == 400


def test_a_partial_update_changes_what_may_change(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(description="nightly")
    linkedin_api.emulator.control.clock(advance=60)
    patch = {"patch": {"$set": {"name": "New", "sourceSegmentId": "crm-99"}, "$delete": ["description"]}}
    reply = linkedin_api.post(f"/rest/dmpSegments/{number}", patch, "PARTIAL_UPDATE")
    assert (reply.status_code, reply.content) == (204, b"")
    record = linkedin_api.record(number)
    assert (record["name"], record["sourceSegmentId"]) == ("New", "crm-99")
    assert "description" not in record
    assert record["lastModified"] > record["created"]


@pytest.mark.parametrize("field", ["account", "type", "sourcePlatform", "destinations", "id"])
def test_the_rest_is_not_editable(linkedin_api: LinkedIn, field: str) -> None:
    number = linkedin_api.segment()
    patch = {"patch": {"$set": {field: "x"}}}
    reply = linkedin_api.post(f"/rest/dmpSegments/{number}", patch, "PARTIAL_UPDATE")
    assert (reply.status_code, reply.json()["code"]) == (400, "FIELD_NOT_EDITABLE")


def test_a_patch_is_checked(linkedin_api: LinkedIn) -> None:
    path = f"/rest/dmpSegments/{linkedin_api.segment()}"
    for patch in ("x", {"$put": {}}, {"$set": None}, {"$set": [{}]}, {"$delete": {}}, {"$delete": [{}]}):
        assert linkedin_api.post(path, {"patch": patch}, "PARTIAL_UPDATE").status_code == 400
    assert linkedin_api.post(path, {"name": "x"}, "PARTIAL_UPDATE").status_code == 400
    assert linkedin_api.post(path, {"patch": {"$set": {"name": 7}}}, "PARTIAL_UPDATE").status_code == 422
    assert linkedin_api.post(path, {"patch": {"$delete": ["name"]}}, "PARTIAL_UPDATE").status_code == 400
    policy = {"patch": {"$set": {"accessPolicy": "PRIVATE"}}}
    assert linkedin_api.post(path, policy, "PARTIAL_UPDATE").status_code == 204
    assert linkedin_api.get(path).json()["accessPolicy"] == "PRIVATE"


def test_deleting_is_204_and_then_404(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    assert linkedin_api.call("DELETE", f"/rest/dmpSegments/{number}").status_code == 204
    for method in ("DELETE", "GET"):
        reply = linkedin_api.call(method, f"/rest/dmpSegments/{number}")
        message = f"Could not find DMP segment with ID {number}"
        assert (reply.status_code, reply.json()["message"]) == (404, message)
    assert linkedin_api.get("/rest/adSegments/15326243").status_code == 404


def test_a_batch_delete_answers_for_each(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    reply = linkedin_api.call("DELETE", f"/rest/dmpSegments?ids=List({number},1)").json()
    assert reply["results"] == {str(number): {"status": 204}}
    assert reply["errors"]["1"]["status"] == 404


def test_a_key_must_be_a_number(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get("/rest/dmpSegments/urn%3Ali%3AdmpSegment%3A1").status_code == 400


def test_a_destination_can_be_given_later(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(destinations=[])
    path = f"/rest/dmpSegments/{number}/destinations"
    assert "destinations" not in linkedin_api.record(number)
    assert linkedin_api.get(path).json()["elements"] == []
    assert linkedin_api.get(f"{path}/LINKEDIN").status_code == 404
    reply = linkedin_api.post(path, {"destination": "LINKEDIN"})
    assert (reply.status_code, reply.headers["x-restli-id"]) == (201, "LINKEDIN")
    assert linkedin_api.get(f"{path}/LINKEDIN").json() == linkedin_api.destination(number)
    assert len(linkedin_api.get(path).json()["elements"]) == 1
    assert linkedin_api.post(path, {"destination": "FACEBOOK"}).status_code == 422


@pytest.mark.parametrize(
    ("choice", "status", "code"),
    [("conflict", 409, "CONFLICT"), ("same_key", 400, "ENTITY_WITH_SAME_KEY_ALREADY_EXISTS")],
)
def test_a_second_destination_is_refused(linkedin_api: LinkedIn, choice: str, status: int, code: str) -> None:
    linkedin_api.emulator.control.config(destination_twice=choice)
    path = f"/rest/dmpSegments/{linkedin_api.segment()}/destinations"
    reply = linkedin_api.post(path, {"destination": "LINKEDIN"})
    assert (reply.status_code, reply.json()["code"]) == (status, code)


def test_ad_segments_mirror_segments_with_a_destination(linkedin_api: LinkedIn) -> None:
    linkedin_api.segment(description="nightly")
    linkedin_api.segment(destinations=[])
    found = linkedin_api.get(
        "/rest/adSegments?q=accounts&accounts=List(urn%3Ali%3AsponsoredAccount%3A516848833)"
    ).json()
    [record] = found["elements"]
    assert (record["type"], record["status"], record["description"]) == ("MARKET_AUTOMATION", "READY", "nightly")
    assert record["approximateMemberCount"] == 0
    assert linkedin_api.get(f"/rest/adSegments/{record['id']}").json() == record


@pytest.mark.parametrize(
    ("field", "switch"),
    [
        ("name", "longest_name"),
        ("description", "longest_description"),
        ("sourceSegmentId", "longest_source_segment_id"),
    ],
)
def test_texts_may_have_a_longest_length(linkedin_api: LinkedIn, field: str, switch: str) -> None:
    long = {field: "x" * 4_000}
    assert linkedin_api.post("/rest/dmpSegments", {**BODY, **long}).status_code == 201
    linkedin_api.emulator.control.config(**{switch: 10})
    reply = linkedin_api.post("/rest/dmpSegments", {**BODY, **long})
    text = f"{field} length 4000 can't exceeded maximum 10 length"
    assert (reply.status_code, reply.json()["code"], reply.json()["message"]) == (400, "FIELD_LENGTH_TOO_LONG", text)
    number = linkedin_api.segment(name="short")
    patch = {"patch": {"$set": {field: "x" * 11}}}
    assert linkedin_api.post(f"/rest/dmpSegments/{number}", patch).json()["code"] == "FIELD_LENGTH_TOO_LONG"
    assert linkedin_api.post(f"/rest/dmpSegments/{number}", {"patch": {"$set": {field: "x" * 10}}}).status_code == 204


def test_names_may_have_to_differ(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(duplicate_name="refuse")
    number = linkedin_api.segment(name="CRM")
    linkedin_api.segment(name="Other")
    refused = linkedin_api.post("/rest/dmpSegments", BODY)
    assert (refused.status_code, refused.json()["code"]) == (400, "ENTITY_WITH_SAME_KEY_ALREADY_EXISTS")
    for name, status in (("CRM", 204), ("Other", 400)):
        patch = {"patch": {"$set": {"name": name}}}
        assert linkedin_api.post(f"/rest/dmpSegments/{number}", patch).status_code == status


@pytest.mark.parametrize(("choice", "status"), [("refuse", 400), ("accept", 201)])
def test_a_blank_name_is_refused(linkedin_api: LinkedIn, choice: str, status: int) -> None:
    linkedin_api.emulator.control.config(blank_name=choice)
    reply = linkedin_api.post("/rest/dmpSegments", {**BODY, "name": " "})
    assert reply.status_code == status
    assert status == 201 or reply.json()["code"] == "INVALID_VALUE_BLANK_FIELD"


def test_the_access_policy_may_be_gone(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(access_policy="refuse")
    reply = linkedin_api.post("/rest/dmpSegments", {**BODY, "accessPolicy": "PRIVATE"})
    message = "ERROR :: /accessPolicy :: unrecognized field found but not allowed\n"
    assert (reply.status_code, reply.json()["message"]) == (422, message)
    patch = {"patch": {"$set": {"accessPolicy": "PRIVATE"}}}
    assert linkedin_api.post(f"/rest/dmpSegments/{linkedin_api.segment()}", patch).status_code == 400


def test_an_immutable_field_may_be_a_422(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(immutable_update="422")
    patch = {"patch": {"$set": {"type": "COMPANY"}}}
    reply = linkedin_api.post(f"/rest/dmpSegments/{linkedin_api.segment()}", patch)
    assert (reply.status_code, "/type :: CreateOnly field" in reply.json()["message"]) == (422, True)


def test_the_platforms_of_an_application_can_be_chosen(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(source_platforms=["MINE"])
    assert linkedin_api.post("/rest/dmpSegments", {**BODY, "sourcePlatform": "MINE"}).status_code == 201
    assert linkedin_api.post("/rest/dmpSegments", BODY).status_code == 422
