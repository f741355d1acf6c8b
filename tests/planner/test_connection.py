"""Whatever would get past the check of a filter (pitfall C9) finds the door locked."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from guestlist.core.identity import Kind
from guestlist.errors import GuestlistError
from guestlist.planner import filtering
from guestlist.planner.connection import calculating, connect
from guestlist.planner.duck import DuckDBPlanner
from guestlist.ports import PlanRequest
from tests.planner.kit import KEY, write_csv

FORBIDDEN = [
    "SELECT content FROM read_text('{outside}/secret.txt')",
    "SELECT * FROM read_csv('{outside}/secret.txt')",
    "SELECT * FROM '{outside}/secret.csv'",
    "SELECT * FROM glob('{outside}/*')",
    "SELECT * FROM read_text('{folder}/../outside/secret.txt')",
    "COPY (SELECT 1) TO '{outside}/pwn.csv'",
    "ATTACH '{outside}/pwn.db'",
    "EXPORT DATABASE '{outside}/pwn'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET memory_limit = '90GB'",
    "SET temp_directory = '{outside}'",
    "RESET allowed_directories",
]


@pytest.mark.parametrize("query", FORBIDDEN)
def test_nothing_outside_is_read_or_written_and_nothing_unlocks_it(tmp_path: Path, query: str) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside"
    for each in (folder, outside):
        each.mkdir()
    for name in ("secret.txt", "secret.csv"):
        (outside / name).write_text("a\nb\n")
    before = sorted(outside.iterdir())
    with connect(str(folder), []) as session, pytest.raises(duckdb.Error):
        session.rows(query.format(folder=folder, outside=outside))
    assert sorted(outside.iterdir()) == before


@pytest.mark.parametrize("query", FORBIDDEN)
def test_the_connection_that_stays_in_the_worker_reaches_no_file(tmp_path: Path, query: str) -> None:
    for name in ("secret.txt", "secret.csv"):
        (tmp_path / name).write_text("a\nb\n")
    before = sorted(tmp_path.iterdir())
    with calculating() as connection, pytest.raises(duckdb.Error):
        connection.execute(query.format(folder=tmp_path / "folder", outside=tmp_path)).fetchall()
    assert sorted(tmp_path.iterdir()) == before


def test_what_it_needs_it_can(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("a\nb\n")
    with connect(str(tmp_path / "folder"), [str(tmp_path / "list.csv")]) as session:
        written = f"{session.scratch}/part.parquet"
        session.run(f"COPY (SELECT * FROM read_csv('{tmp_path}/list.csv')) TO '{written}' (FORMAT parquet)")
        assert session.number(f"SELECT count(*) FROM '{written}'") == 1


@pytest.mark.parametrize(
    "attack",
    [
        "true) UNION SELECT content, true, 1 FROM read_text('/etc/passwd') WHERE (true",
        "true); COPY (SELECT 1) TO '{folder}/../pwn.csv'; SELECT (1 = 1",
        "(SELECT count(*) FROM glob('/*')) > 0",
    ],
)
def test_an_attack_that_would_get_past_the_check_still_gets_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attack: str
) -> None:
    monkeypatch.setattr(filtering, "compiled", lambda expression, *_, **__: expression)
    scan = write_csv(tmp_path / "list.csv", [{"email": "a@x.com"}], ["email"])
    asked = attack.format(folder=tmp_path / "work")
    request = PlanRequest(
        Kind.PEOPLE, scan, {"email": ("email",)}, "mirror", (), KEY, 1, 0.0, str(tmp_path / "work"), filter=asked
    )
    with pytest.raises(GuestlistError) as raised:
        DuckDBPlanner().plan(request)
    assert "root" not in str(raised.value)
    assert not list(tmp_path.rglob("pwn*"))
