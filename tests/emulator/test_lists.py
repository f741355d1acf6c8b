import pytest

from tests.emulator.kit import ACCOUNT, LinkedIn, digest, shown

CONTACTS = "email,firstname,lastname,jobtitle,employeecompany,country,googleaid\n"


def upload(linkedin: LinkedIn, content: str) -> str:
    reply = linkedin.post("/rest/dmpSegments?action=generateUploadUrl", {"owner": ACCOUNT})
    assert reply.status_code == 200
    headers = {"Authorization": f"Bearer {linkedin.token}", "Content-Type": "text/csv"}
    stored = linkedin.http.post(reply.json()["value"], content=content.encode(), headers=headers)
    assert stored.status_code == 201
    return f"urn:li:media:{stored.headers['location']}"


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
    rows = "Company name,companywebsite,country\n"
    content = "companyname,companywebsite,linkedincompanypageurl\nAcme,acme.example,\nOnly Name,,\n"
    number = attached(linkedin_api, content, "COMPANY_LIST_UPLOAD")
    assert linkedin_api.inside(number) == ["companyName:Only Name", "companyWebsiteDomain:acme.example"]
    assert linkedin_api.inside(attached(linkedin_api, rows, "COMPANY_LIST_UPLOAD")) == []


def test_a_new_list_replaces_the_old_one(linkedin_api: LinkedIn) -> None:
    number = attached(linkedin_api, f"email\n{digest('a')}\n")
    body = {"inputFile": upload(linkedin_api, f"email\n{digest('b')}\n")}
    linkedin_api.post(f"/rest/dmpSegments/{number}/listUploads", body)
    assert linkedin_api.inside(number) == [shown("b")]


@pytest.mark.parametrize("content", ["mail\nx\n", "", "email,shoe size\nx,42\n"])
def test_a_list_with_another_header_fails_while_building(linkedin_api: LinkedIn, content: str) -> None:
    number = attached(linkedin_api, content)
    assert linkedin_api.destination(number)["status"] == "BUILDING"
    linkedin_api.emulator.control.clock(advance=2 * 86_400)
    assert linkedin_api.destination(number)["status"] == "FAILED"


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
