import string
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkedin_emulator import restli
from tests.emulator.kit import ACCOUNT, LinkedIn

FIND = "/rest/dmpSegments?q=account&account="


@pytest.mark.parametrize("account", [ACCOUNT, quote(ACCOUNT, safe="")])
def test_a_urn_is_read_raw_and_encoded(linkedin_api: LinkedIn, account: str) -> None:
    number = linkedin_api.segment()
    assert [one["id"] for one in linkedin_api.get(FIND + account).json()["elements"]] == [number]


@pytest.mark.parametrize(
    "query",
    [
        "q=search&search=%28status%3A%28values%3AList%28ACTIVE%29%29%29",
        "q=search&search=(status:(values:List(ACTIVE)",
        "q=search&search=(colour:red)",
        "q=search&search=(test:maybe)",
        "q=search&pageSize=0",
        "q=search&pageSize=%C2%B2",
    ],
)
def test_structure_that_is_encoded_or_broken_is_param_invalid(linkedin_api: LinkedIn, query: str) -> None:
    reply = linkedin_api.get(f"/rest/adAccounts?{query}")
    assert reply.status_code == 400
    assert reply.json()["errorDetailType"] == "com.linkedin.common.error.BadRequest"
    problem = reply.json()["errorDetails"]["inputErrors"][0]
    assert problem["code"] == "PARAM_INVALID"
    assert problem["input"]["inputPath"]["fieldPath"] == query.split("&")[1].split("=", maxsplit=1)[0]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/rest/adSegments?q=accounts&accounts=List%28urn%3Ali%3AsponsoredAccount%3A516848833%29", "accounts"),
        ("/rest/adSegments?q=accounts&accounts=List(urn:li:sponsoredAccount:516848833)", "accounts"),
        ("/rest/adSegments?q=accounts&accounts=urn%3Ali%3AsponsoredAccount%3A516848833", "accounts"),
        ("/rest/dmpSegments?ids=List%281,2%29", "ids"),
        ("/rest/audienceCounts?q=targetingCriteriaV2&targetingCriteria=%28include%3Ax%29", "targetingCriteria"),
        ("/rest/me?fields=List(id)", "fields"),
        ("/rest/me?fields=a:(b", "fields"),
    ],
)
def test_a_value_in_the_wrong_form_names_its_parameter(linkedin_api: LinkedIn, path: str, name: str) -> None:
    reply = linkedin_api.get(path)
    assert reply.status_code == 400
    [problem] = reply.json()["errorDetails"]["inputErrors"]
    assert (problem["code"], problem["input"]["inputPath"]["fieldPath"]) == ("PARAM_INVALID", name)


def test_an_empty_list_is_a_list(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get("/rest/dmpSegments?ids=List()").json() == {"results": {}, "statuses": {}, "errors": {}}


def test_a_page_may_have_a_largest_size(linkedin_api: LinkedIn) -> None:
    numbers = [linkedin_api.segment(ready=False) for _ in range(3)]
    whole = linkedin_api.get(f"{FIND}{ACCOUNT}&start=0&count=1000").json()
    assert (len(whole["elements"]), whole["paging"]["count"]) == (3, 1000)
    linkedin_api.emulator.control.config(largest_count=2)
    page = linkedin_api.get(f"{FIND}{ACCOUNT}&start=0&count=1000").json()
    assert ([one["id"] for one in page["elements"]], page["paging"]["count"]) == (numbers[:2], 2)


def test_reserved_characters_must_be_encoded_in_simple_values(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get(f"{FIND}{ACCOUNT}&sourceSegmentId=a(b)").status_code == 400
    assert linkedin_api.get(f"{FIND}{ACCOUNT}&sourceSegmentId=a%28b%29").status_code == 200


def test_an_unknown_parameter_is_refused(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.get(f"{FIND}{ACCOUNT}&status=READY&page=2")
    assert (reply.status_code, reply.json()["code"]) == (400, "MULTIPLE_VALIDATIONS_FAILED")
    codes = [one["code"] for one in reply.json()["errorDetails"]["inputErrors"]]
    assert codes == ["QUERY_PARAM_NOT_ALLOWED"] * 2


def test_a_required_parameter_is_asked_for(linkedin_api: LinkedIn) -> None:
    reply = linkedin_api.get("/rest/dmpSegments?q=account")
    assert (reply.status_code, reply.json()["message"]) == (400, "Parameter 'account' is required")


@pytest.mark.parametrize(
    ("paging", "message"),
    [
        ("start=-1", "start/count parameters must be non-negative"),
        ("count=ten", "Invalid (non-integer) start/count parameters"),
    ],
)
def test_paging_parameters_are_checked(linkedin_api: LinkedIn, paging: str, message: str) -> None:
    assert linkedin_api.get(f"{FIND}{ACCOUNT}&{paging}").json() == {"status": 400, "message": message}


def test_fields_project_a_record(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    record = linkedin_api.get(f"/rest/dmpSegments/{number}?fields=id,destinations:(status)").json()
    assert record == {"id": number, "destinations": [{"status": "READY"}]}


def test_an_empty_value_is_tolerated(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    for empty in ("", "''"):
        found = linkedin_api.get(f"{FIND}{ACCOUNT}&sourceSegmentId={empty}").json()["elements"]
        assert [one["id"] for one in found] == [number]


def test_protocol_1_lists_and_keys(linkedin_api: LinkedIn) -> None:
    linkedin_api.headers["X-Restli-Protocol-Version"] = None  # type: ignore[assignment]
    linkedin_api.emulator.control.config(id_headers="both")
    first, second = linkedin_api.segment(), linkedin_api.segment()
    assert len(linkedin_api.get(f"/rest/dmpSegments?ids={first}&ids={second}").json()["results"]) == 2
    users = linkedin_api.get(f"/rest/adAccountUsers?q=accounts&accounts[0]={ACCOUNT}").json()["elements"]
    assert len(users) == 1
    key = f"account={ACCOUNT}&user=urn:li:person:AbC123xyz"
    assert linkedin_api.get(f"/rest/adAccountUsers/{key}").json()["role"] == "CAMPAIGN_MANAGER"
    search = "search.status.values[0]=ACTIVE&search.test=true"
    found = linkedin_api.get(f"/rest/adAccounts?q=search&{search}").json()["elements"]
    assert [one["id"] for one in found] == [516848835]


@pytest.mark.parametrize("search", ["search=x", "search.test=true&search.test.x=1", "search.a.b=1&search.a[0]=1"])
def test_protocol_1_records_that_contradict_themselves(linkedin_api: LinkedIn, search: str) -> None:
    headers = {"X-Restli-Protocol-Version": None}
    reply = linkedin_api.get(f"/rest/adAccounts?q=search&{search}", headers=headers)
    assert (reply.status_code, reply.json()["errorDetails"]["inputErrors"][0]["code"]) == (400, "PARAM_INVALID")


def test_protocol_1_has_its_own_id_and_error_headers(linkedin_api: LinkedIn) -> None:
    linkedin_api.headers["X-Restli-Protocol-Version"] = None  # type: ignore[assignment]
    body = {"account": ACCOUNT, "name": "x", "type": "USER", "sourcePlatform": "DIRECT_API"}
    reply = linkedin_api.post("/rest/dmpSegments", body)
    assert reply.status_code == 201
    assert reply.headers["x-linkedin-id"].isdigit()
    assert "x-restli-id" not in reply.headers
    failed = linkedin_api.post("/rest/dmpSegments", {})
    assert failed.headers["x-linkedin-error-response"] == "true"
    assert "x-restli-error-response" not in failed.headers


def test_an_unknown_protocol_version_is_refused(linkedin_api: LinkedIn) -> None:
    assert linkedin_api.get("/rest/me", headers={"X-Restli-Protocol-Version": "3.0.0"}).status_code == 400


TEXT = st.text(string.printable, max_size=8)
VALUE = st.recursive(
    TEXT, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
)


def written(value: Any) -> str:
    if isinstance(value, str):
        return restli.write_text(value)
    if isinstance(value, list):
        return f"List({','.join(map(written, value))})"
    return f"({','.join(f'{name}:{written(inner)}' for name, inner in value.items())})"


@given(st.dictionaries(st.text("abc", min_size=1), VALUE, max_size=3))
def test_whatever_is_written_is_read_back(record: dict[str, Any]) -> None:
    assert restli.read_structured(written(record), "record") == record
