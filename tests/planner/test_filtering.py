"""A filter is one expression over the columns, whatever somebody tries."""

from __future__ import annotations

from pathlib import Path

import pytest

from guestlist.core.identity import Kind
from guestlist.errors import ConfigError
from guestlist.planner.duck import DuckDBPlanner
from guestlist.planner.filtering import compiled
from guestlist.ports import PlanRequest
from tests.planner.kit import KEY, write_csv

COLUMNS = ["email", "consent", "age", "Opt In", "person.city"]

ATTACKS = [
    "true); copy (select 1) to 'pwn.csv'; select (1=1",
    "email in (select content from read_text('/etc/passwd'))",
    "email in (from glob('/home/*'))",
    "exists (select 1)",
    "(select 1) = 1",
    "true) union select * from list where (true",
    "true) order by (1",
    "true) limit (1",
    "true; select 1",
    "true); select (1 = 1",
    "read_text('/etc/passwd') is null",
    "getenv('HOME') = 'x'",
    "nextval('x') = 1",
    "sum(age) > 1",
    "row_number() over () = 1",
    "columns('.*') is null",
    "*",
    "email = $1",
    "age::json = 1",
    "main.lower(email) = 'x'",
    "list.email = 'x'",
    "email collate nocase = 'x'",
    "[x for x in [1]] = [1]",
    "1 --",
    "pg_sleep(1) is null",
    "current_setting('temp_directory') = 'x'",
    "",
]


@pytest.mark.parametrize("attack", ATTACKS[:-4] + ATTACKS[-3:])
def test_an_attack_is_refused_before_anything_runs(attack: str) -> None:
    with pytest.raises(ConfigError):
        compiled(attack, COLUMNS, typed=False)


def test_a_comment_is_dropped_not_run() -> None:
    assert "--" not in compiled("age = 1 -- or more", COLUMNS, typed=False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("konsent = 'yes'", "konsent (position 1); near it: consent"),
        ("age > 3 and lowr(email) = 'x'", "function lowr (position 13)"),
        ("age = ", "exactly one expression (position 8)"),
        ("age in (select 1)", "subquery"),
    ],
)
def test_the_sentence_names_the_place(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r".") as raised:
        compiled(text, COLUMNS, typed=False)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("consent = 'yes'", ["a@x.com"]),
        ("age > 9", ["b@x.com"]),  # a number, not a text: '10' > '9'
        ("age between 1 and 5 or age in (10.0)", ["a@x.com", "b@x.com"]),
        ("age = 'old'", ["c@x.com"]),
        ("consent <> 'yes'", ["b@x.com"]),  # NULL is not kept
        ('"Opt In" = true', ["a@x.com"]),
        ("lower(email) like 'C%' or email ilike 'C%'", ["c@x.com"]),
        ("consent is null", ["c@x.com"]),
        ("age % 2 = 1", ["a@x.com"]),
        ("age::integer > 0", ["a@x.com", "b@x.com"]),  # what fails is not kept
        ("person.city = 'Rome' and current_date > '2020-01-01'", ["b@x.com"]),
    ],
)
def test_what_is_kept(tmp_path: Path, text: str, kept: list[str]) -> None:
    rows = [
        {"email": "a@x.com", "consent": "yes", "age": "5", "Opt In": "true", "person.city": None},
        {"email": "b@x.com", "consent": "no", "age": "10", "Opt In": "nope", "person.city": "Rome"},
        {"email": "c@x.com", "consent": None, "age": "old", "Opt In": None, "person.city": None},
    ]
    scan = write_csv(tmp_path / "list.csv", rows, COLUMNS)
    mapping = {"email": ("email",)}
    request = PlanRequest(Kind.PEOPLE, scan, mapping, "mirror", (), KEY, 1, 0.0, str(tmp_path), filter=text)
    counts = DuckDBPlanner().plan(request).counts
    assert (counts.rows, counts.filtered, counts.added) == (3, 3 - len(kept), len(kept))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("amount::integer > 5", 1),
        ("amount > 30", 1),
        ("signed > DATE '2025-01-31'", 2),
        ("coalesce(consent, 'no') = 'no'", 2),
        ("CASE WHEN consent IS NULL THEN amount = 'many' ELSE false END", 1),
        ("NOT (consent = 'yes')", 0),
    ],
)
def test_what_the_reference_promises(tmp_path: Path, text: str, kept: int) -> None:
    rows = [
        {"email": "a@x.com", "amount": "100", "signed": "2025-02-01", "consent": "yes"},
        {"email": "b@x.com", "amount": "many", "signed": "2025-10-01"},
        {"email": "c@x.com", "signed": "soon"},
    ]
    columns = ["email", "amount", "signed", "consent"]
    scan = write_csv(tmp_path / "list.csv", rows, columns)
    mapping = {"email": ("email",)}
    request = PlanRequest(Kind.PEOPLE, scan, mapping, "mirror", (), KEY, 1, 0.0, str(tmp_path), filter=text)
    assert DuckDBPlanner().plan(request).counts.added == kept


@pytest.mark.parametrize("text", ["email", "age + 1", "'yes'", "cast(age as int)"])
def test_what_is_neither_true_nor_false_is_no_filter(tmp_path: Path, text: str) -> None:
    scan = write_csv(tmp_path / "list.csv", [{"email": "a@x.com", "age": "5"}], ["email", "age"])
    mapping = {"email": ("email",)}
    request = PlanRequest(Kind.PEOPLE, scan, mapping, "mirror", (), KEY, 1, 0.0, str(tmp_path), filter=text)
    with pytest.raises(ConfigError, match="true or false"):
        DuckDBPlanner().plan(request)
