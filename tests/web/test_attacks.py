"""What strangers put into headers, cookies and files: none of it leads elsewhere, is carried out or breaks us."""

from __future__ import annotations

import base64
import csv
import io
import random
import re
import time
import zipfile
from pathlib import Path

import openpyxl
import pyarrow
import pyarrow.parquet
import pytest

from guestlist.core.permissions import Role
from guestlist.web.spreadsheets import pieces
from tests.web.browser import ADDRESS
from tests.web.installed import PASSWORD, Installed, installed
from tests.web.sending import upload
from tests.world import World, emails

EVIL = "evil.example"


# ── headers ──────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_host_that_somebody_else_named_is_written_nowhere(pages: Installed) -> None:
    """Neither in links that are given to people nor in where an answer leads."""
    forged = {"host": EVIL, "x-forwarded-host": EVIL, "x-forwarded-proto": "https", "forwarded": f"host={EVIL}"}
    browser = pages.signed_in()
    for path in (
        "/",
        "/destinations",
        "/destinations/",
        "//destinations",
        "/settings/users",
        "/audiences/people",
        "/x",
    ):
        answered = browser._once("GET", path, None, {"accept": "text/html", **forged})
        assert EVIL not in answered.text + answered.headers.get("location", ""), path
    token = next(value for name, value in browser.get("/settings/users").form(_INVITE).fields if name == "csrf")
    fields = [("csrf", token), ("name", "dora"), ("role", "Analyst")]
    answered = browser._once("POST", "/settings/users", fields, {"origin": ADDRESS, **forged})
    assert re.findall(r"https?://[^/\"<]+(?=/setup/)", answered.text) == [ADDRESS]
    stranger = pages.browser()
    assert stranger._once("GET", "/activity", None, forged).headers["location"] == "/sign-in?next=%2Factivity"


_INVITE = "Create and show the link"


def test_a_form_is_not_ours_because_its_host_says_so(pages: Installed) -> None:
    """Another name for this machine, which a stranger's name server gave: its pages have no cookie of ours."""
    rebound = {"origin": f"http://{EVIL}", "host": EVIL}
    browser = pages.browser().get("/sign-in")
    fields = [("name", pages.user(Role.ADMINISTRATOR)), ("password", PASSWORD), ("csrf", "0" * 64)]
    assert browser._once("POST", "/sign-in", fields, rebound).status_code == 403


# ── cookies ──────────────────────────────────────────────────────────────────────────────────────────────────────
def said_cookies(made: Installed, origin: str) -> dict[str, str]:
    """All that signing in, a notice and a colour set: name, and the rest of the line."""
    browser = made.browser()
    lines = browser._once("GET", "/sign-in", None, {"accept": "text/html"}).headers.get_list("set-cookie")
    browser.get("/sign-in")
    fields = [*browser.form("Sign in").fields, ("name", made.user(Role.ADMINISTRATOR)), ("password", PASSWORD)]
    lines += browser._once("POST", "/sign-in", fields, {"origin": origin}).headers.get_list("set-cookie")
    token = [("csrf", browser.get("/settings/keys").form("Create and show the key").fields[0][1])]
    lines += browser._once("POST", "/theme", [*token, ("theme", "dark")], {"origin": origin}).headers.get_list(
        "set-cookie"
    )
    lines += browser._once("POST", "/sign-out", token, {"origin": origin}).headers.get_list("set-cookie")
    return {line.partition("=")[0]: line.partition(";")[2].lower() for line in lines if "max-age=0" not in line.lower()}


def test_every_cookie_stays_on_the_way_that_it_came(world: World) -> None:
    """Behind a proxy that speaks TLS none of them goes over a line that others can read."""
    world.write(emails("ann"))
    for address, secure in ((ADDRESS, False), ("https://guestlist.acme.example", True)):
        made = installed(world, address)
        cookies = said_cookies(made, address)
        assert {"guestlist_session", "guestlist_form", "guestlist_theme", "guestlist_notice"} <= set(cookies)
        for name, said in cookies.items():
            assert ("secure" in said.split("; ")) is secure, (name, said)
            assert "samesite=lax" in said, name
        made.web.close()


def test_a_session_begun_over_tls_is_kept_to_it_though_nobody_named_the_address(world: World) -> None:
    world.write(emails("ann"))
    made = installed(world)
    browser = made.browser().get("/sign-in")
    fields = [*browser.form("Sign in").fields, ("name", made.user(Role.ADMINISTRATOR)), ("password", PASSWORD)]
    answered = browser._once("POST", "/sign-in", fields, {"origin": "https://guestlist", "host": "guestlist"})
    (session,) = (each for each in answered.headers.get_list("set-cookie") if each.startswith("guestlist_session"))
    assert "secure" in session.lower()
    made.web.close()


@pytest.mark.parametrize(
    "value", [base64.urlsafe_b64encode(b"<script>alert(1)</script>").decode(), "%%%", "////", "a" * 4_000]
)
def test_a_notice_that_somebody_planted_is_text_or_nothing(pages: Installed, value: str) -> None:
    browser = pages.signed_in()
    browser.cookies["guestlist_notice"] = value
    browser.cookies["guestlist_theme"] = '"><script>alert(2)</script>'
    assert browser.get("/settings/password").status == 200
    assert browser.seen.inline == []
    assert "<script>alert" not in browser.response.text


# ── files that come ──────────────────────────────────────────────────────────────────────────────────────────────
ENTITIES = """<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY x SYSTEM "file:///etc/passwd">
<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">
<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;">]>"""


@pytest.mark.parametrize("entity", ["&x;", "&e;"])
def test_entities_of_a_workbook_are_not_followed(pages: Installed, tmp_path: Path, entity: str) -> None:
    plain, evil = tmp_path / "plain.xlsx", tmp_path / "evil.xlsx"
    book = openpyxl.Workbook()
    for row in (["email", "name"], ["ann@example.com", "ENTITY"]):
        book.active.append(row)
    book.save(plain)
    with zipfile.ZipFile(plain) as before, zipfile.ZipFile(evil, "w", zipfile.ZIP_DEFLATED) as after:
        for part in before.namelist():
            text = before.read(part)
            if part.endswith("sharedStrings.xml"):
                assert b"ENTITY" in text
                body = text.partition(b"?>")[2] if text.startswith(b"<?xml") else text
                text = ENTITIES.encode() + body.replace(b"ENTITY", entity.encode())
            after.writestr(part, text)
    began = time.monotonic()
    browser = upload(pages.signed_in(), evil.read_bytes(), file_name="evil.xlsx")
    assert browser.status in (200, 422)
    assert "root:" not in browser.response.text
    assert "aaaaaaaaaa" not in browser.response.text
    assert time.monotonic() - began < 20


def test_a_footer_that_lies_is_refused_or_read_and_never_a_fault_of_ours(pages: Installed, tmp_path: Path) -> None:
    """Lengths, offsets and counts of a Parquet file, each turned into something else."""
    file = tmp_path / "list.parquet"
    table = pyarrow.table({"email": [f"p{n}@example.com" for n in range(50)], "n": list(range(50))})
    pyarrow.parquet.write_table(table, file, compression="zstd")
    good, dice, browser = file.read_bytes(), random.Random(7), pages.signed_in()
    length = int.from_bytes(good[-8:-4], "little")
    footer = len(good) - 8 - length
    lies = [
        good[:-8] + number.to_bytes(4, "little") + good[-4:] for number in (0, 1, length * 1000, 0xFFFFFFFF, 1 << 31)
    ]
    for _ in range(40):
        changed = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            changed[dice.randrange(footer, len(good) - 8)] = dice.choice((0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)))
        lies.append(bytes(changed))
    seen = set()
    for number, lie in enumerate(lies):
        upload(browser, lie, f"list{number}", "list.parquet")
        seen.add(browser.status)
        assert browser.status in (200, 422), number
    assert seen == {200, 422}
    assert browser.get("/audiences").status == 200


# ── files that go ────────────────────────────────────────────────────────────────────────────────────────────────
FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "harmless;=1+1",
    "harmless\t=1+1",
    'harmless";=1+1',
    "harmless\n=1+1",
]


@pytest.mark.parametrize("text", FORMULAS, ids=repr)
def test_no_spreadsheet_finds_a_formula_in_what_is_downloaded(text: str) -> None:
    """Also where cells are parted by semicolons or tabs, and by programs that take wide signs for narrow ones."""
    said = "".join(pieces("row,key,reason", [(1, text, "not an e-mail address")]))
    for delimiter in ",;\t":
        for cell in re.split(f"[{delimiter}\r\n]", said):
            assert not cell.lstrip('"').startswith(SIGNS), (delimiter, cell)
    (_, cells) = csv.reader(io.StringIO(said, newline=""))
    assert cells[1].replace("'", "") == text.replace("'", "")  # beside the sign that makes it a text it is the same


SIGNS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def test_rejected_rows_are_downloaded_without_formulas(pages: Installed) -> None:
    pages.world.activation(mapping={"email": "email", "primaryId": "id"})
    pages.world.write([{"email": "nobody", "id": "\uff1d1+1"}, {"email": "nobody", "id": "x;=1+1"}])
    pages.world.sync()
    said = pages.signed_in(Role.MARKETER).get("/activations/main/rejected.csv").response.text
    assert {row["key"] for row in csv.DictReader(io.StringIO(said))} == {"'\uff1d1+1", "x;'=1+1"}
