"""Prints of a few rows are those that the planner's SQL makes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from guestlist.core.identity import Element, Identifier, IdType, Kind
from guestlist.planner.prints import TRAITS, Hashes
from tests.planner.kit import DuckPrints

HASHES = Hashes()
_text = st.one_of(st.text(min_size=1, max_size=12), st.sampled_from(["Ann", "Zoë", "漢😀", "a\x00b", " ", "x" * 80]))
_industries = st.lists(_text, min_size=1, max_size=3).map(tuple)


@st.composite
def rows(draw: st.DrawFn, kind: Kind) -> list[Element]:
    traits: Any = {name: _industries if name == "industries" else _text for name in TRAITS[kind]}
    some = st.fixed_dictionaries({}, optional=traits)
    ids = st.binary(min_size=32, max_size=32).map(lambda value: Identifier(IdType.SHA256_EMAIL, value))
    made = st.builds(lambda found, told: Element(tuple(found), told), st.lists(ids, min_size=1, max_size=3), some)
    return draw(st.lists(made, min_size=1, max_size=5))


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(list(Kind)))
def test_prints_of_a_few_rows_are_the_planners(data: st.DataObject, kind: Kind) -> None:
    made = data.draw(rows(kind))
    ours, theirs = HASHES.of(kind, made), DuckPrints(kind)
    assert ours.kind == theirs.kind == HASHES.kind
    for row in made:
        assert ours.traits(row.traits) == theirs.traits(row.traits)
        for identifier in row.identifiers:
            assert ours.identifier(identifier.key16) == theirs.identifier(identifier.key16)


def person(n: int) -> Element:
    return Element((Identifier(IdType.GOOGLE_AID, b"%d" % n),), {"firstName": str(n), "country": "DE"} if n % 3 else {})


def test_thousands_stay_in_order_whoever_asks_besides() -> None:
    lists = [[person(n) for n in range(first, first + 5_000)] for first in range(0, 80_000, 10_000)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda made: HASHES.of(Kind.PEOPLE, made), lists))
    theirs = DuckPrints(Kind.PEOPLE)
    for ours, made in zip(answers, lists, strict=True):
        for row in made[::977]:
            (identifier,) = row.identifiers
            assert ours.traits(row.traits) == theirs.traits(row.traits)
            assert ours.identifier(identifier.key16) == theirs.identifier(identifier.key16)


def test_no_rows_have_no_prints() -> None:
    assert HASHES.of(Kind.COMPANIES, []).kind == HASHES.kind
