"""Lists that are uploaded on a page: they arrive sealed, and nothing of a form that is not ours is kept."""

from __future__ import annotations

import asyncio
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet
import pytest

from guestlist.app import declared, uploads
from guestlist.core.permissions import Role
from guestlist.web import receiving
from tests.web.browser import ADDRESS
from tests.web.installed import Installed
from tests.web.sending import BOUNDARY, multipart, send, token, upload
from tests.web.test_activating import begun, main, step
from tests.world import digest

CSV = b"email,firstName\nann@example.com,Ann\nbob@example.com,Bob\n"


def kept(pages: Installed) -> list[str]:
    return [each.name for each in uploads.all_of(pages.app)]


def test_a_list_becomes_an_audience(pages: Installed) -> None:
    browser = upload(pages.signed_in(Role.MARKETER), CSV)
    assert (browser.status, browser.location) == (200, "/audiences/customers")
    assert "uploaded list list.csv" in browser.text
    assert "firstName" in browser.text
    made = pages.configuration.current().audiences["customers"]
    assert (made.members, made.source.upload) == ("people", "customers")


@pytest.mark.parametrize("file_name", ["Guests 2026.xlsx", "guests.parquet", "guests.jsonl", "guests.tsv"])
def test_a_list_of_every_format_goes_from_a_page_to_linkedin(pages: Installed, tmp_path: Path, file_name: str) -> None:
    """Uploaded, looked at, mapped by its header, activated, sent: all of it on pages."""
    browser = upload(pages.signed_in(Role.MARKETER), written(tmp_path / file_name), file_name=file_name)
    assert (browser.status, browser.location) == (200, "/audiences/customers")
    assert f"uploaded list {file_name}" in browser.text
    assert "bob@example.com" in browser.text  # a sample, for who may see members
    begun(browser, "people", "customers")
    assert dict(main(browser).fields)["s-email"] == "work email"
    step(browser)
    step(browser, **{"name-0": "guests"})
    pages.work()
    assert "Would be added 3" in browser.get(browser.location).text
    browser.submit("Finish")
    pages.work()
    assert pages.world.told("guests") == {digest(f"{name}@example.com") for name in ("ann", "bob", "zoë.müller")}
    asked = pages.world.emulator.control.requests(bodies=True)
    (sent,) = (each["body"] for each in asked if each["path"].endswith("/users"))
    people = json.loads(sent)["elements"]
    assert {each["firstName"] for each in people} == {"Ann", "Bob", "Zoë"}
    assert {each.get("country") for each in people} == {"DE", "FR", None}


ROWS: list[dict[str, str | None]] = [
    {"work email": "Ann@Example.com ", "first name": "Ann", "country": "DE"},
    {"work email": "bob@example.com", "first name": "Bob", "country": "FR"},
    {"work email": "zoë.müller@example.com", "first name": "Zoë", "country": None},
]


def written(path: Path) -> bytes:
    """As other programs write it."""
    names = list(ROWS[0])
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in [names, *([row[name] for name in names] for row in ROWS)]:
            book.active.append(row)
        book.save(path)
        book.close()
    elif path.suffix == ".parquet":
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, ROWS)))
    else:
        lines = [names, *([row[name] or "" for name in names] for row in ROWS)]
        path.write_text("".join("\t".join(line) + "\r\n" for line in lines), encoding="utf-8")
    return path.read_bytes()


def test_what_rests_and_what_is_left_over_is_sealed(pages: Installed, world_folder: Path) -> None:
    upload(pages.signed_in(), b"email\n" + b"ann@example.com\n" * 200_000)
    files = [each for each in world_folder.rglob("*") if each.is_file() and each.name != "people.csv"]
    assert any(each.stat().st_size > 3_000_000 for each in files)
    assert not [each for each in files if b"ann@example.com" in each.read_bytes()]


def test_a_list_of_companies_is_noticed_or_said(pages: Installed) -> None:
    browser = pages.signed_in()
    upload(browser, b"companyName,website\nAcme,acme.com\n", "acmes")
    upload(browser, b"companyName,email\nAcme,a@acme.com\n", "people-of-acme")
    proof = token(browser.get("/audiences/new"))
    fields = [("csrf", proof), ("name", "said"), ("members", "companies")]
    send(browser, "/audiences/new/upload", multipart(fields, b"companyName,email\nAcme,a@acme.com\n"))
    audiences = pages.configuration.current().audiences
    assert [audiences[each].members for each in ("acmes", "people-of-acme", "said")] == [
        "companies",
        "people",
        "companies",
    ]


def test_a_script_is_told_where_to_go_and_what_is_wrong(pages: Installed) -> None:
    browser = pages.signed_in()
    proof = token(browser.get("/audiences/new"))
    fields = [("csrf", proof), ("name", "customers"), ("members", "")]
    send(browser, "/audiences/new/upload", multipart(fields, CSV), accept="application/json")
    assert browser.response.json() == {"to": "/audiences/customers"}
    send(browser, "/audiences/new/upload", multipart(fields, CSV), accept="application/json")
    assert (browser.status, browser.response.json()) == (
        422,
        {"fault": "There is an audience 'customers' already: choose another name."},
    )


def test_a_script_is_told_in_a_sentence_what_was_refused_on_the_way(
    pages: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 2_000)
    browser = pages.signed_in()
    fields = [("csrf", token(browser.get("/audiences/new"))), ("name", "customers"), ("members", "")]
    for body, status, sentence in (
        (multipart(fields, CSV * 2_000), 413, "the most for one list"),
        (multipart([("csrf", "0" * 32), *fields[1:]], CSV), 403, "not sent from a page of this sign-in"),
        (multipart(fields, CSV)[:-40], 400, "did not come whole"),
    ):
        send(browser, "/audiences/new/upload", body, accept="application/json")
        assert browser.status == status
        assert sentence in browser.response.json()["fault"], browser.response.json()
    assert kept(pages) == []


def test_the_proof_may_come_as_a_header(pages: Installed) -> None:
    browser = pages.signed_in()
    proof = token(browser.get("/audiences/new"))
    body = multipart([("name", "customers")], CSV)
    assert send(browser, "/audiences/new/upload", body, x_csrf_token=proof).location == "/audiences/customers"


@pytest.mark.parametrize("where", ["missing", "wrong", "behind the file", "of another site"])
def test_a_form_that_is_not_ours_is_refused_before_anything_is_kept(
    pages: Installed, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = pages.signed_in()
    proof = token(browser.get("/audiences/new"))

    def never(*_: object) -> None:
        raise AssertionError("nothing may be taken")

    monkeypatch.setattr(uploads, "arriving", never)
    fields = {"missing": [], "wrong": [("csrf", "0" * 64)], "behind the file": [], "of another site": [("csrf", proof)]}
    body = multipart([*fields[where], ("name", "customers")], CSV)
    if where == "behind the file":
        body = body.replace(f"--{BOUNDARY}--".encode(), multipart([("csrf", proof)], None)[:-2])
    origin = {"origin": "https://evil.example"} if where == "of another site" else {}
    assert send(browser, "/audiences/new/upload", body, **origin).status == 403
    assert "not sent from a page of this sign-in" in browser.text


def test_who_may_not_and_who_is_not_signed_in_sends_nothing(pages: Installed) -> None:
    analyst = pages.signed_in(Role.ANALYST)
    assert send(analyst, "/audiences/new/upload", multipart([], CSV)).status == 403
    assert "Manage Segments" in analyst.text
    nobody = pages.browser().get("/sign-in")
    assert send(nobody, "/audiences/new/upload", multipart([], CSV)).location.startswith("/sign-in")
    assert kept(pages) == []


def test_a_file_that_is_too_large_is_refused(pages: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 2_000_000)
    browser = upload(pages.signed_in(), b"email\n" + b"x" * 2_000_000)
    assert (browser.status, kept(pages)) == (413, [])
    assert "larger than 1 MB, the most for one list" in browser.text
    upload(browser, CSV)
    assert kept(pages) == ["customers"]


def test_what_says_itself_that_it_is_too_large_is_not_read(pages: Installed) -> None:
    browser = pages.signed_in()
    assert send(browser, "/audiences/new/upload", b"nothing of a form", content_length=str(2 << 30)).status == 413
    assert "larger than 1,024 MB" in browser.text


def test_a_field_without_end_is_refused(pages: Installed) -> None:
    browser = pages.signed_in()
    assert upload(browser, CSV, "x" * 10_000).status == 413
    proof = token(browser.get("/audiences/new"))
    many = [("csrf", proof)] * (receiving.MOST_FIELDS + 1)
    assert send(browser, "/audiences/new/upload", multipart(many, CSV)).status == 400


def test_a_body_that_is_cut_off_is_no_list(pages: Installed) -> None:
    browser = pages.signed_in()
    proof = token(browser.get("/audiences/new"))
    whole = multipart([("csrf", proof), ("name", "customers")], CSV * 100)
    for cut in (whole[:200], whole[: len(whole) // 2], whole[: -len(BOUNDARY) - 6]):
        assert send(browser, "/audiences/new/upload", cut).status == 400
        assert "did not come whole" in browser.text
    assert kept(pages) == []


def test_who_leaves_before_the_end_leaves_nothing(pages: Installed, world_folder: Path) -> None:
    browser = pages.signed_in()
    proof = token(browser.get("/audiences/new"))
    whole = multipart([("csrf", proof), ("name", "customers")], CSV * 100)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {
        "origin": ADDRESS,
        "cookie": cookies,
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "host": "guestlist",
    }
    messages = [{"type": "http.request", "body": whole[:500], "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send_(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/audiences/new/upload",
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(pages.web.asgi(scope, receive, send_))
    assert (sent, kept(pages)) == ([], [])
    assert not list((world_folder / "home" / "work").glob("*"))


def test_another_boundary_than_was_said_and_no_form_at_all(pages: Installed) -> None:
    browser = pages.signed_in()
    proof = token(browser.get("/audiences/new"))
    body = multipart([("csrf", proof), ("name", "customers")], CSV)
    assert send(browser, "/audiences/new/upload", body, "another").status == 400
    assert send(browser, "/audiences/new/upload", body, "").status == 415
    assert send(browser, "/audiences/new/upload", body, content_type="text/csv").status == 415
    assert browser.post("/audiences/new/upload", {"csrf": proof}).status == 415
    assert kept(pages) == []


@pytest.mark.parametrize("file_name", ["../../../etc/cron.d/list.csv", "..\\\\..\\\\list.csv", "/tmp/list.csv"])
def test_a_path_in_a_file_name_leads_nowhere(pages: Installed, file_name: str, world_folder: Path) -> None:
    before = {each for each in world_folder.rglob("*") if "home" not in each.parts}
    upload(pages.signed_in(), CSV, file_name=file_name)
    assert [(each.name, each.file_name) for each in uploads.all_of(pages.app)] == [("customers", "list.csv")]
    assert {each for each in world_folder.rglob("*") if "home" not in each.parts} == before


@pytest.mark.parametrize("name", ["../x", "..", "a/b", "", "<script>", "new"])
def test_a_name_that_cannot_be_one_is_refused_at_its_field(pages: Installed, name: str) -> None:
    browser = upload(pages.signed_in(), CSV, name)
    assert (browser.status, kept(pages)) == (422, [])
    assert 'id="f-name-upload"' in browser.response.text.partition("is-invalid")[2][:200]


def test_a_file_name_and_headers_that_are_scripts_are_shown_as_text(pages: Installed) -> None:
    script = '<img src=x onerror="alert(1)">'
    listed = f"email,{script.replace(chr(34), chr(39))}\nann@example.com,1\n".encode()
    browser = upload(pages.signed_in(), listed, file_name="<svg onload=alert(2)>.csv")
    assert (browser.status, browser.location) == (200, "/audiences/customers")
    assert "<img src=x onerror='alert(1)'>" in browser.text
    assert not browser.seen.inline
    assert "<img" not in browser.response.text
    assert "<svg onload" not in browser.get("/audiences").response.text


def test_nothing_chosen_and_what_is_no_list(pages: Installed) -> None:
    browser = pages.signed_in()
    assert "Choose a file." in upload(browser, None).text
    assert "Choose a file." in upload(browser, b"", file_name="").text
    assert upload(browser, b"\x89PNG", file_name="picture.png").status == 422
    assert "no known format" in browser.text
    assert "empty" in upload(browser, b"", file_name="list.csv").text
    assert upload(browser, b"ann@example.com\nbob@example.com\n").status == 422
    assert "no header" in browser.text
    assert kept(pages) == []


@pytest.mark.parametrize(
    ("file_name", "file", "said"),
    [
        ("Gäste 1.csv", "email,name\nx,y\nann@b.co,Müller\n".encode("latin-1"), "Gäste 1.csv, line 3, is not UTF-8: "),
        ("guests.csv", "email,name\nann@b.co,Müller\n".encode("utf-16"), "guests.csv is not UTF-8: "),
        (
            "guests.jsonl",
            '{"email": "Müller"}\n'.encode("latin-1"),
            "guests.jsonl, line 1, is not UTF-8: save it as UTF-8.",
        ),
    ],
)
def test_a_list_that_is_not_utf8_is_saved_anew_where_it_comes_from(
    pages: Installed, file_name: str, file: bytes, said: str
) -> None:
    browser = upload(pages.signed_in(), file, file_name=file_name)
    assert (browser.status, kept(pages)) == (422, [])
    assert said in browser.text
    assert "iconv" not in browser.text
    assert "/proc/" not in browser.text
    assert ("in Excel choose Save as, CSV UTF-8." in browser.text) == file_name.endswith(".csv")


def test_a_workbook_that_no_machine_could_open_is_refused_with_a_sentence(pages: Installed, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/workbook.xml", "<workbook/>")
        made.writestr("xl/worksheets/sheet1.xml", b" " * (65 << 20))
    browser = upload(pages.signed_in(), (tmp_path / "bomb.xlsx").read_bytes(), file_name="bomb.xlsx")
    assert (browser.status, kept(pages)) == (422, [])
    assert "bomb.xlsx is too large to be opened: unpacked it is far more than it seems" in browser.text


def test_another_list_takes_its_place_and_what_does_not_fit_is_said(pages: Installed) -> None:
    browser = upload(pages.signed_in(), CSV)
    body = {"audience": "customers", "destination": "acme", "mapping": {"email": "email"}}
    declared.create(pages.app, pages.configuration, "activations", "more", body)
    proof = token(browser.get("/audiences/customers"))
    path = "/audiences/customers/upload"
    send(browser, path, multipart([("csrf", proof)], b"work email\nann@example.com\n", "new.csv"))
    assert browser.location == "/audiences/customers"
    assert 'Waiting for you: the list is replaced, but more: The list has no column "email"' in browser.text
    assert "alert-success" not in browser.response.text
    assert "is replaced" not in browser.get("/audiences/customers").text, "it is told once"
    assert [each.file_name for each in uploads.all_of(pages.app)] == ["new.csv"]
    assert send(browser, "/audiences/people/upload", multipart([("csrf", proof)], CSV)).status == 422
    assert "no uploaded list" in browser.text


def test_a_list_of_companies_takes_no_place_of_one_of_people(pages: Installed) -> None:
    browser = upload(pages.signed_in(), CSV)
    path, body = "/audiences/customers/upload", [("csrf", token(browser.get("/audiences/customers")))]
    companies = b"companyName,website\nAcme Corp,acme.com\n"
    assert send(browser, path, multipart(body, companies, "new.csv")).status == 422
    assert "This is a list of companies, and the audience 'customers' is made of people" in browser.text
    assert [each.file_name for each in uploads.all_of(pages.app)] == ["list.csv"]
