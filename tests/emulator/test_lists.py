from typing import Any

import pytest

from linkedin_emulator import lists
from tests.emulator.kit import ACCOUNT, LinkedIn, digest, shown

CONTACTS = "email,firstname,lastname,jobtitle,employeecompany,country,googleaid\n"
COMPANIES = (
    "companyname,companywebsite,companyemaildomain,linkedincompanypageurl,stocksymbol,"
    "industry,city,state,companycountry,zipcode\n"
)


def contacts(*emails: str) -> str:
    return CONTACTS + "".join(f"{email},,,,,,\n" for email in emails)


def upload(linkedin: LinkedIn, content: str) -> str:
    reply = linkedin.post("/rest/dmpSegments?action=generateUploadUrl", {"owner": ACCOUNT})
    assert reply.status_code == 200
    headers = {"Authorization": f"Bearer {linkedin.token}", "Content-Type": "text/csv"}
    stored = linkedin.http.post(reply.json()["value"], content=content.encode(), headers=headers)
    assert stored.status_code == 201
    location = stored.headers["location"]
    return location if location.startswith("urn:") else f"urn:li:media:{location}"


def attached(linkedin: LinkedIn, content: str, kind: str = "USER_LIST_UPLOAD") -> int:
    number = linkedin.segment(kind=kind, sourcePlatform="LIST_UPLOAD")
    reply = linkedin.post(f"/rest/dmpSegments/{number}/listUploads", {"inputFile": upload(linkedin, content)})
    assert reply.status_code == 201
    assert reply.headers["x-restli-id"]
    return number


def test_a_contact_list_fills_a_segment(linkedin_api: LinkedIn) -> None:
    rows = f" Ada@Example.com ,,,,,,\n{digest('b')},Bea,,,,,\n,Cyd,Doe,CTO,Acme,DE,\n,,,,,,38400000-8cf0\n,,,,,,\n"
    number = attached(linkedin_api, CONTACTS + rows)
    name = 'NAME:["Cyd","Doe","CTO","Acme","DE"]'
    expected = [shown("ada@example.com"), shown("b"), name, "GOOGLE_AID:38400000-8cf0"]
    assert linkedin_api.inside(number) == sorted(expected)
    assert linkedin_api.destination(number)["status"] == "BUILDING"
    record = linkedin_api.get("/rest/adSegments?q=accounts&accounts=List(urn%3Ali%3AsponsoredAccount%3A516848833)")
    assert record.json()["elements"][0]["type"] == "BULK"


def test_a_company_list_fills_a_segment(linkedin_api: LinkedIn) -> None:
    rows = "Acme,acme.example,,,,,,,,\nOnly Name,,,,,,,,,\n,nameless.example,,,,,,,,\n"
    expected = ["companyName:Only Name", "companyWebsiteDomain:acme.example"]
    for header in (COMPANIES, COMPANIES.replace("companyname", "Company name")):
        assert linkedin_api.inside(attached(linkedin_api, header + rows, "COMPANY_LIST_UPLOAD")) == expected


def test_a_new_list_replaces_the_old_one(linkedin_api: LinkedIn) -> None:
    number = attached(linkedin_api, contacts(digest("a")))
    body = {"inputFile": upload(linkedin_api, contacts(digest("b")))}
    linkedin_api.post(f"/rest/dmpSegments/{number}/listUploads", body)
    assert linkedin_api.inside(number) == [shown("b")]


def status_after_two_days(linkedin: LinkedIn, number: int) -> str:
    assert linkedin.destination(number)["status"] == "BUILDING"
    linkedin.emulator.control.clock(advance=2 * 86_400)
    return str(linkedin.destination(number)["status"])


@pytest.mark.parametrize("content", ["mail\nx\n", "", "email\nx\n", CONTACTS.replace("\n", ",shoe size\n"), COMPANIES])
def test_a_list_with_another_header_fails_while_building(linkedin_api: LinkedIn, content: str) -> None:
    number = attached(linkedin_api, content)
    assert status_after_two_days(linkedin_api, number) == "FAILED"


@pytest.mark.parametrize("header", [CONTACTS, CONTACTS.replace("\n", ",appleidfa\n"), CONTACTS.upper()])
def test_the_templates_header_is_taken(linkedin_api: LinkedIn, header: str) -> None:
    number = attached(linkedin_api, header + f"{digest('a')},,,,,,\n")
    assert status_after_two_days(linkedin_api, number) == "READY"


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("USER_LIST_UPLOAD", "email\nx\n", "READY"),
        ("COMPANY_LIST_UPLOAD", "companyname\nAcme\n", "READY"),
        ("COMPANY_LIST_UPLOAD", "companywebsite\nacme.example\n", "FAILED"),
        ("USER_LIST_UPLOAD", "email,shoe size\nx,42\n", "FAILED"),
        ("USER_LIST_UPLOAD", "", "FAILED"),
    ],
)
def test_columns_may_be_left_out(linkedin_api: LinkedIn, kind: str, content: str, status: str) -> None:
    linkedin_api.emulator.control.config(list_header="subset")
    assert status_after_two_days(linkedin_api, attached(linkedin_api, content, kind)) == status


@pytest.mark.parametrize(
    ("choice", "count", "status"),
    [("never_serves", 299, "READY"), ("fails", 299, "FAILED"), ("fails", 300, "READY")],
)
def test_a_list_of_fewer_than_300_never_serves(linkedin_api: LinkedIn, choice: str, count: int, status: str) -> None:
    linkedin_api.emulator.control.config(small_list=choice, match_fraction=1, opted_out_fraction=0)
    number = attached(linkedin_api, contacts(*[digest(str(n)) for n in range(count)]))
    assert status_after_two_days(linkedin_api, number) == status
    assert linkedin_api.emulator.control.segment(number)["targetable"] is (count == 300)


def test_a_list_has_at_most_300000_records(linkedin_api: LinkedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lists.RECORDS == 300_000
    monkeypatch.setattr(lists, "RECORDS", 3)
    fits, exceeds = (attached(linkedin_api, CONTACTS + "x,,,,,,\n" * count) for count in (3, 4))
    assert status_after_two_days(linkedin_api, fits) == "READY"
    assert linkedin_api.destination(exceeds)["status"] == "FAILED"


def test_an_address_in_a_list_may_be_plain_or_sha256(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, ripening="immediately")
    number = attached(linkedin_api, contacts("a@example.com", digest("b"), digest("c").upper(), "ab" * 64, "nobody"))
    record = linkedin_api.record(number)
    assert (record["inputCount"], record["destinations"][0]["matchedCount"]) == (5, 3)


def test_a_list_goes_with_its_segment(linkedin_api: LinkedIn) -> None:
    media = upload(linkedin_api, contacts(digest("a")))
    numbers = [linkedin_api.segment(kind="USER_LIST_UPLOAD", sourcePlatform="LIST_UPLOAD") for _ in range(2)]
    paths = [f"/rest/dmpSegments/{number}/listUploads" for number in numbers]
    assert linkedin_api.post(paths[0], {"inputFile": media}).status_code == 201
    linkedin_api.call("DELETE", f"/rest/dmpSegments/{numbers[0]}")
    assert linkedin_api.post(paths[1], {"inputFile": media}).json()["code"] == "FIELD_VALUE_DOES_NOT_EXIST"


def test_an_upload_may_answer_with_a_whole_urn(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(media_location="urn")
    assert upload(linkedin_api, contacts()).startswith("urn:li:media:/AAYA")
    assert linkedin_api.inside(attached(linkedin_api, contacts(digest("a")))) == [shown("a")]


def test_attaching_a_list_may_answer_200(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(list_upload_status="200")
    number = linkedin_api.segment(kind="USER_LIST_UPLOAD", sourcePlatform="LIST_UPLOAD")
    body = {"inputFile": upload(linkedin_api, contacts())}
    assert linkedin_api.post(f"/rest/dmpSegments/{number}/listUploads", body).status_code == 200


def test_lists_may_be_attached_with_rw_ads(linkedin_api: LinkedIn, with_scopes: Any) -> None:
    number = linkedin_api.segment(kind="USER_LIST_UPLOAD", sourcePlatform="LIST_UPLOAD")
    body = {"inputFile": upload(linkedin_api, contacts())}
    path = f"/rest/dmpSegments/{number}/listUploads"
    assert with_scopes("r_ads").post(path, body).status_code == 403
    assert with_scopes("rw_ads").post(path, body).status_code == 201


def test_a_new_segment_takes_no_list_for_five_seconds(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(kind="USER_LIST_UPLOAD", sourcePlatform="LIST_UPLOAD", ready=False)
    body = {"inputFile": upload(linkedin_api, contacts())}
    assert linkedin_api.post(f"/rest/dmpSegments/{number}/listUploads", body).status_code == 404


def test_a_list_must_have_been_uploaded(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment(kind="USER_LIST_UPLOAD", sourcePlatform="LIST_UPLOAD")
    reply = linkedin_api.post(f"/rest/dmpSegments/{number}/listUploads", {"inputFile": "urn:li:media:/AAYA.csv"})
    assert (reply.status_code, reply.json()["code"]) == (400, "FIELD_VALUE_DOES_NOT_EXIST")


def test_a_streamed_segment_takes_no_list(linkedin_api: LinkedIn) -> None:
    body = {"inputFile": upload(linkedin_api, "email\n")}
    assert linkedin_api.post(f"/rest/dmpSegments/{linkedin_api.segment()}/listUploads", body).status_code == 400


def test_an_upload_needs_a_token_and_its_own_url(linkedin_api: LinkedIn) -> None:
    url = linkedin_api.post("/rest/dmpSegments?action=generateUploadUrl", {"owner": ACCOUNT}).json()["value"]
    assert linkedin_api.http.post(url, content=b"email\n").status_code == 401
    headers = {"Authorization": f"Bearer {linkedin_api.token}"}
    assert linkedin_api.http.post("/ambry/other.csv", content=b"email\n", headers=headers).status_code == 404
    too_large = bytes(20 * 2**20 + 1)
    assert linkedin_api.http.post(url, content=too_large, headers=headers).status_code == 400


def test_an_upload_url_needs_a_manager_of_its_owner(linkedin_api: LinkedIn) -> None:
    path = "/rest/dmpSegments?action=generateUploadUrl"
    assert linkedin_api.post(path, {"owner": "urn:li:sponsoredAccount:516848834"}).status_code == 403
    assert linkedin_api.post(path, {}).status_code == 422
