"""Which quarters lie beside one (core.parts)."""

from __future__ import annotations

from guestlist.core.parts import Parts


def family(*rows: tuple[int, int | None, int]) -> Parts:
    parts = Parts()
    for number, parent, size in rows:
        parts.meet(number, parent, size)
        parts.failed(number, f"t{number}")
    return parts


def test_a_quarter_has_three_beside_it_and_a_half_none() -> None:
    parts = family((1, None, 8), (2, 1, 4), (3, 1, 4), (4, 2, 2), (5, 2, 2), (6, 3, 2), (7, 3, 2))
    assert parts.quarters_beside(7) == ("t4", "t5", "t6")
    assert parts.quarters_beside(3) == ()
    assert parts.quarters_beside(1) == ()


def test_a_half_that_is_yet_to_be_split_leaves_it_open() -> None:
    assert family((1, None, 8), (2, 1, 4), (3, 1, 4), (4, 2, 2), (5, 2, 2)).quarters_beside(5) == ("t4", None)


def test_a_half_of_one_element_counts_as_a_quarter() -> None:
    assert family((1, None, 2), (2, 1, 1), (3, 1, 1)).quarters_beside(3) == ("t2",)
    three = family((1, None, 3), (2, 1, 1), (3, 1, 2))
    assert three.quarters_beside(2) == (None,)
    three.meet(4, 3, 1)
    three.meet(5, 3, 1)
    assert three.quarters_beside(5) == ("t2", None)
    three.failed(4, "t4")
    assert three.quarters_beside(5) == ("t2", "t4")


def test_what_was_taken_counts_for_all_parts_of_the_batch_and_no_other() -> None:
    parts = family((1, None, 8), (2, 1, 4), (3, 1, 4), (4, 2, 2), (9, None, 8))
    parts.accepted(4, 2)
    assert (parts.taken_beside(3), parts.taken_beside(1), parts.taken_beside(9)) == (2, 2, 0)
