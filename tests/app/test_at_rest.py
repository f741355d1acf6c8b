"""What rests under home while a large run is open: no e-mail address, whatever field somebody typed it into."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from guestlist.planner.ledger import SMALL
from tests.world import World

SECRET = "jane.roe@secret.example.com"


def texts(folder: Path) -> Iterator[str]:
    """What every file says, Parquet uncompressed."""
    for path in folder.rglob("*"):
        if path.suffix == ".parquet":
            yield str(pq.read_table(path).to_pylist())
        elif path.is_file():
            yield path.read_bytes().decode("latin-1")


PEOPLE = {"title": f"CEO {SECRET}", "company": SECRET, "firstName": "Jane", "lastName": SECRET}
COMPANY = {
    "companyName": SECRET,
    "industries": f"Law {SECRET}",
    "city": "Berlin",
    "state": SECRET,
    "postalCode": SECRET,
}


@pytest.mark.parametrize(("members", "typed", "kept"), [("people", PEOPLE, "Jane"), ("companies", COMPANY, "Berlin")])
def test_an_address_in_a_text_rests_nowhere(world: World, members: str, typed: dict[str, str], kept: str) -> None:
    world.yaml["audiences"]["people"]["members"] = members
    name = "email" if members == "people" else "companyWebsiteDomain"
    mapping = {field: field for field in (name, *typed, "primaryId")}
    world.activation(mapping=mapping)
    rows = [{name: f"p{n}@x{n}.com" if members == "people" else f"x{n}.com", "primaryId": SECRET} for n in range(SMALL)]
    world.write([*rows, {name: SECRET, **typed}, {"primaryId": SECRET, **typed}])
    found: list[str] = []
    world.hooks.before = lambda: found.extend(texts(world.folder / "home"))
    result = world.sync()
    assert (result.state, result.added, result.rejected) == ("done", SMALL + 1, 1)
    told = [each["body"] for each in world.emulator.control.requests(bodies=True)]
    assert any(kept in each for each in found), "the changes were not looked at"
    for each in (*found, *texts(world.folder / "home"), *map(str, told)):
        assert SECRET not in each
