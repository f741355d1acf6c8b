"""The reference itself: the rules by example, and that closing the difference closes it."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core.identity import Element, Identifier, IdType
from guestlist.core.members import Groups, Sha256Prints, owners
from guestlist.core.membership import Decided, Op, State, Told, Why, identifiers, plan, settle


def mail(letter: str) -> Identifier:
    return Identifier(IdType.SHA256_EMAIL, letter.encode() * 32)


def gaid(letter: str) -> Identifier:
    return Identifier(IdType.GOOGLE_AID, letter.encode())


def key(letter: str) -> bytes:
    return mail(letter).key16


def row(*found: Identifier, primary: str = "", **traits: str) -> Element:
    label = Identifier(IdType.PRIMARY, primary.encode()) if primary else None
    return Element(found, traits, label)


def accepted(decided: Decided, ledger: dict[bytes, Told]) -> dict[bytes, Told]:
    return settle(decided.changes, ["accepted"] * len(decided.changes), ledger)


def told(decided: Decided) -> set[tuple[Op, Why | None, frozenset[bytes]]]:
    return {(c.op, c.why, frozenset(identifiers(c))) for c in decided.changes if c.op is not Op.LABEL}


def test_a_first_plan_adds_and_a_second_has_nothing_to_do() -> None:
    rows = [row(mail("a"), gaid("1"), firstName="Ann"), row(mail("b"))]
    first = plan(rows, {})
    assert (first.added, first.known) == (2, 0)
    ledger = accepted(first, {})
    again = plan(rows[::-1], ledger)
    assert (again.changes, again.unchanged, again.known) == ((), 2, 2)


def test_rows_with_one_strongest_identifier_are_one_member_with_the_richest_traits() -> None:
    rows = [row(mail("a")), row(mail("a"), gaid("1"), firstName="Ann", lastName="Lee"), row(mail("a"), firstName="Bo")]
    decided = plan(rows, {})
    (change,) = decided.changes
    assert (decided.added, decided.duplicates) == (1, 2)
    assert change.traits == {"firstName": "Ann", "lastName": "Lee"}
    assert len(change.ids) == 2


def test_a_shared_identifier_stays_where_it_was_told_while_a_row_carries_both() -> None:
    ledger = accepted(plan([row(mail("b"), gaid("1"))], {}), {})
    both = {key("a"): [key("a"), gaid("1").key16], key("b"): [key("b"), gaid("1").key16]}
    assert owners(both, ledger)[gaid("1").key16] == key("b")
    assert owners(both, {})[gaid("1").key16] == key("a")
    gone = {key("a"): [key("a"), gaid("1").key16], key("c"): [key("c"), gaid("1").key16]}
    assert owners(gone, ledger)[gaid("1").key16] == key("a")


def test_a_members_strongest_stays_with_it_until_it_is_told_elsewhere() -> None:
    g = gaid("1").key16
    carried = {key("a"): [key("a"), g], g: [g]}
    assert owners(carried, {})[g] == g
    ledger = accepted(plan([row(mail("a"), gaid("1"))], {}), {})
    decided = plan([row(mail("a"), gaid("1")), row(gaid("1"))], ledger)
    assert (decided.unchanged, decided.duplicates) == (1, 1)


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        (State.IN, True, None),
        (State.IN, False, (Op.REMOVE, Why.LEFT)),
        (State.UNSURE, True, (Op.ADD, Why.AGAIN)),
        (State.UNSURE, False, (Op.REMOVE, Why.LEFT)),
        (State.OUT, True, (Op.ADD, Why.NEW)),
        (State.OUT, False, None),
        (State.NOT_TOLD, True, (Op.ADD, Why.NEW)),
        (State.NOT_TOLD, False, None),
        (State.NONE, False, None),
    ],
)
def test_what_each_state_asks_for(state: State, wanted: bool, expected: tuple[Op, Why] | None) -> None:
    prints = Sha256Prints()
    fp = prints.traits({}) ^ prints.identifier(key("a"))
    ledger = {key("a"): Told(IdType.SHA256_EMAIL, state, key("a"), key("a"), 0 if state is State.OUT else fp)}
    found = told(plan([row(mail("a"))] if wanted else [], ledger))
    assert found == ({(*expected, frozenset([key("a")]))} if expected else set())


def test_groups_take_the_oldest_name_and_never_come_apart() -> None:
    groups = Groups()
    for name, rank in ((b"c", 0), (b"b", 1), (b"a", 2)):
        groups.add(name, rank)
    groups.join(b"a", b"b")
    groups.join(b"b", b"c")
    assert {groups.of(name) for name in (b"a", b"b", b"c")} == {b"c"}


def test_a_further_value_of_a_company_is_an_element_of_its_own() -> None:
    urn = Identifier(IdType.ORGANIZATION_URN, b"urn:li:organization:1")
    sites = [Identifier(IdType.COMPANY_WEBSITE_DOMAIN, each) for each in (b"a.com", b"b.com")]
    decided = plan([Element((urn, *sites), {})], {})
    assert sorted(len(change.ids) for change in decided.changes) == [1, 2]
    assert decided.added == 1


_found = st.lists(
    st.sampled_from([mail(x) for x in "abc"] + [gaid(x) for x in "12"]), min_size=1, max_size=3, unique=True
)
_rows = st.lists(
    st.builds(
        lambda found, label, name: Element(
            tuple(sorted(found, key=lambda i: i.type)),
            {"firstName": name} if name else {},
            Identifier(IdType.PRIMARY, label.encode()) if label else None,
        ),
        _found,
        st.sampled_from(["", "p", "q"]),
        st.sampled_from(["", "Ann"]),
    ),
    max_size=6,
)


@given(st.lists(_rows, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_closing_the_difference_closes_it(lists: list[list[Element]], dice: random.Random) -> None:
    ledger: dict[bytes, Told] = {}
    for rows in lists:
        decided = plan(rows, ledger)
        assert len(rows) == decided.added + decided.changed + decided.unchanged + decided.duplicates + decided.refused
        ledger = accepted(decided, ledger)
        wanted = {i.key16 for each in rows for i in each.identifiers}
        assert {i for i, t in ledger.items() if t.state is State.IN} == wanted
    shuffled = dice.sample(lists[-1], len(lists[-1]))
    assert plan(shuffled, ledger).changes == ()


def test_while_a_guard_waits_nobody_leaves_and_nobody_is_told_again_for_it() -> None:
    ledger = accepted(plan([row(mail("a"), gaid("1"), primary="7"), row(mail("b"), gaid("2")), row(mail("c"))], {}), {})
    ledger = accepted(plan([row(mail("a"), primary="7"), row(gaid("1")), row(mail("b"), gaid("2"))], ledger), ledger)
    rows = [row(gaid("1")), row(mail("b")), row(mail("d"))]
    free, waits = plan(rows, ledger), plan(rows, ledger, removals=False)
    assert (free.removed, free.held, waits.removed, waits.held) == (1, 0, 0, 1)
    shed = Op.REMOVE, Why.SHED, frozenset([gaid("2").key16])
    others = {shed, (Op.ADD, Why.CHANGED, frozenset([key("b")])), (Op.ADD, Why.NEW, frozenset([key("d")]))}
    relative = Op.ADD, Why.AGAIN, frozenset([gaid("1").key16])
    assert told(free) == others | {relative, (Op.REMOVE, Why.LEFT, frozenset([key("a")]))}
    assert told(waits) == others
