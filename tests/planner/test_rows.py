"""Rows normalised in SQL are the rows that the reference makes, whatever anybody wrote."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from guestlist.core.identity import Element, IdType, Kind, Reason, person
from guestlist.core.text import masked
from guestlist.planner import people
from guestlist.planner.connection import connect
from guestlist.planner.reference import opened, read_slow_rows
from guestlist.planner.rows import Rows
from guestlist.planner.shape import ACCEPTED, REASONS, SLOW, code, shape_of
from guestlist.ports import PlanRequest
from tests.planner.kit import KEY, scan_of

MAPPING = {
    "email": ("email", "email_2"),
    "googleAdvertisingId": ("gaid",),
    "firstName": ("first", "nick"),
    "lastName": ("last",),
    "title": ("title",),
    "company": ("company",),
    "country": ("land",),
    "primaryId": ("id",),
}
COLUMNS = [c for sources in MAPPING.values() for c in sources]

_BITS = [
    "a",
    "Z",
    " ",
    "  ",
    "\t",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\x01",
    "\x1c",
    "é",
    "İ",
    "\u212a",
    "ß",
    "漢",
    "😀",
    "@",
    "\uff20",
    ".",
    "\u3002",
    "'",
    '"',
]
_soup = st.lists(st.sampled_from(_BITS), max_size=8).map("".join)
_text = st.one_of(st.none(), st.text(max_size=12), _soup, st.text("ab ", min_size=30, max_size=60))
_mail = st.one_of(
    st.none(),
    st.sampled_from(
        ["a@x.com", " A@X.com", "a b@x.com", "É@x.com", "\u212a@x.com", "İ@x.com", "a@x", "@", "a@x.com\u200b"]
    ),
    st.sampled_from(["ab" * 32, "AB" * 32, "ab" * 64, "g" * 64, "a" * 64 + "@x.com", "a" * 65 + "@x.com"]),
    _soup,
    st.text(max_size=10).map(lambda text: text + "@x.com"),
)
_gaid = st.one_of(
    st.none(),
    st.sampled_from(
        ["0" * 32, "00000000-0000-0000-0000-000000000000", " 1111AAAA-0000-4000-8000-000000000001", "1" * 32, "x"]
    ),
    _soup,
)
_land = st.one_of(
    st.none(),
    st.sampled_from(
        ["de", "DE ", "Germany", "the United  States", "U.S.A.", "Côte d'Ivoire", "usé", "é", "T.", "a&", "Turkİye"]
    ),
    _soup,
)
ADDRESSES = [
    "ceo jane@x.com",
    "j @ x.com",
    "j@x\u3002com",
    "j\uff20x",
    "@x.com",
    "@ x.",
    "of @ x",
    "x@",
    "é@é",
    "a @b c.d",
]
ROW = st.fixed_dictionaries({
    "email": _mail, "email_2": _mail, "gaid": _gaid, "first": _text, "nick": _text, "last": _text, "title": _text,
    "company": _text, "land": _land, "id": st.one_of(_text, _mail),
})  # fmt: skip


def read(rows: list[dict[str, Any]], folder: str, slow: bool = True, **toggles: bool) -> list[dict[str, Any]]:
    path = Path(folder) / "list.parquet"
    table = pa.table({c: pa.array([row.get(c) for row in rows], pa.string()) for c in COLUMNS})
    pq.write_table(table, path)
    request = PlanRequest(Kind.PEOPLE, scan_of(path, COLUMNS), MAPPING, "mirror", (), KEY, 1, 0.0, folder, **toggles)
    with connect(folder, request.scan.paths) as session:
        spellings = people.country_table()
        known = pa.table({"spelling": list(spellings), "code": list(spellings.values())})
        session.register(people.COUNTRIES, known)
        made = Rows(request, shape_of(request), None)
        if slow:
            read_slow_rows(session, made)
        found: list[dict[str, Any]] = session.table(f"SELECT * FROM ({made.all()}) ORDER BY row").to_pylist()
        return found


def expected(row: dict[str, Any], **toggles: bool) -> dict[str, Any]:
    record = {f: tuple(v for c in sources if (v := row.get(c)) is not None) for f, sources in MAPPING.items()}
    made = person(record, **toggles)
    found = {
        "ip": made.primary.key16 if made.primary else None,
        "key": masked(made.primary.text) if made.primary else None,
    }
    if not isinstance(made, Element):
        return found | {"verdict": code(made.reason)}
    notes = sum(1 << REASONS.index(reason) for reason in made.notes)
    ids = [(i.type, i.key16, i.value) for i in made.identifiers]
    return found | {"verdict": ACCEPTED, "notes": notes, "ids": ids, **made.traits}


def shown(row: dict[str, Any]) -> dict[str, Any]:
    found = {"ip": row["ip"].bytes if row["ip"] else None, "key": row["key"], "verdict": row["verdict"]}
    if row["verdict"] != ACCEPTED:
        return found
    ids = [(row[f"t{k}"], row[f"i{k}"].bytes, row[f"v{k}"]) for k in (1, 2, 3) if row[f"i{k}"]]
    ids = [(IdType(t), i, opened(v, KEY) if t == IdType.NAMES else v) for t, i, v in ids]
    traits = {t: row[t] for t in people.PEOPLE_TRAITS if row[t] is not None}
    return found | {"notes": row["notes"], "ids": ids, **traits}


@settings(max_examples=60, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=30), st.booleans(), st.booleans())
@example([{"email": "a@x.com", "first": "Ann\x01", "last": "Lee"}], True, True)
@example(
    [{"email": "a@x.com", "title": f"{'x' * 45} {address}", "company": address} for address in ADDRESSES], True, True
)
@example(
    [{field: blank} for field in ("email", "gaid") for blank in ("\t", " \x0b", "\x1c\x1f", "\n", "\x01")], True, True
)
@example([{"first": "a@x.com", "last": "Lee", "company": "VP @ Acme"}], True, True)
def test_whatever_is_written_the_rows_are_the_references(rows: list[dict[str, Any]], mail: bool, google: bool) -> None:
    toggles = {"send_email": mail, "send_google_advertising_id": google}
    with tempfile.TemporaryDirectory() as folder:
        made = read(rows, folder, **toggles)
    assert [shown(row) for row in made] == [expected(row, **toggles) for row in rows]


def test_ordinary_rows_never_leave_sql(tmp_path: Path) -> None:
    ordinary = [
        {
            "email": " Ann.Lee@Example.com ",
            "first": "Ann",
            "last": "Lee",
            "title": "Head of  IT",
            "land": "United States",
        },
        {"email": "jürgen".replace("ü", "ue") + "@example.de", "first": "Jürgen", "last": "Müller", "company": "Łódź"},
        {"email": "nonsense", "gaid": "11111111-0000-4000-8000-000000000001", "first": "Анна", "id": "p 1"},
        {"email": "ab" * 32, "land": "DE", "title": "x" * 60},
        {"email": "c@example.com", "title": "ceo jane@x.com", "company": "VP @ Acme"},
        {"email": "nonsense"},
        {"first": "Ann"},
    ]
    made = read(ordinary, str(tmp_path), slow=False)
    assert SLOW not in [row["verdict"] for row in made]
    assert [shown(row) for row in made] == [expected(row) for row in ordinary]


def test_every_reason_has_a_verdict_of_its_own() -> None:
    codes = [code(reason) for reason in Reason]
    assert len(set(codes)) == len(codes)
    assert not {ACCEPTED, SLOW} & set(codes)
