"""What follows from an answer (core.delivery.decide)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core.delivery import (
    MAX_SPLITS,
    MAX_TRIES,
    Again,
    Answer,
    CheckSegment,
    Flight,
    GiveUp,
    Last,
    Park,
    Settle,
    Split,
    WaitUntil,
    backoff,
    decide,
    next_midnight_utc,
)
from guestlist.core.parts import Parts

NOW = 1_800_000_000.0


def answered(status: int, **more: object) -> Answer:
    return Answer("answered", NOW - 1, NOW, status, **more)  # type: ignore[arg-type]


def flight(size: int = 5000, tries: int = 1, **more: object) -> Flight:
    return Flight(size=size, tries=tries, **more)  # type: ignore[arg-type]


def test_200_means_look_inside() -> None:
    bad = {7: (400, "", "ERROR :: /userIds/0/idType :: … is not an enum symbol")}
    assert decide(flight(), answered(200, failed=bad, missing=(9,)), 0) == Settle(bad, (9,))


@pytest.mark.parametrize("kind", ["unanswered", "over", "not_sent"])
def test_what_passes_by_itself_is_tried_again_and_not_for_ever(kind: str) -> None:
    lost = Answer(kind, NOW - 60, NOW)  # type: ignore[arg-type]
    first, later = decide(flight(), lost, 0.5), decide(flight(tries=MAX_TRIES - 1), lost, 0.5)
    assert isinstance(first, Again)
    assert isinstance(later, Again)
    assert first.after < later.after <= 60
    assert isinstance(decide(flight(tries=MAX_TRIES), lost, 0.5), GiveUp)


@pytest.mark.parametrize("status", [500, 503, 409, 401, 408, 423])
def test_transient_statuses_are_tried_again(status: int) -> None:
    assert isinstance(decide(flight(), answered(status), 0), Again)


def test_a_fresh_segment_may_answer_404() -> None:
    assert isinstance(decide(flight(segment_age=30), answered(404), 0), Again)
    assert isinstance(decide(flight(segment_age=3600), answered(404), 0), CheckSegment)


def test_throttling_is_told_apart() -> None:
    assert decide(flight(), answered(429, scope="day"), 0) == WaitUntil(next_midnight_utc(NOW))
    minute = decide(flight(), answered(429, scope="minute"), 0)
    assert isinstance(minute, Again)
    assert minute.minute
    assert 0 < minute.after <= 60
    assert isinstance(decide(flight(), answered(429, scope="segments"), 0), Park)


def test_lost_authorisation_parks_the_destination_and_burns_no_try() -> None:
    lost = Answer("no_token", NOW, NOW, label="Refresh Token Expired")
    assert decide(flight(tries=MAX_TRIES), lost, 0) == Park("destination", "Refresh Token Expired", "")


def test_the_element_that_is_named_stands_alone() -> None:
    split = decide(flight(size=4), answered(422, index=2, text="ERROR"), 0)
    assert split == Split(((0, 1, 3), (2,)))


def test_halves_until_the_culprit_is_alone() -> None:
    assert decide(flight(size=5), answered(400, text="x"), 0) == Split(((0, 1), (2, 3, 4)))
    alone = decide(flight(size=1, accepted=4), answered(400, code="C", text="x"), 0)
    assert alone == Settle({0: (400, "C", "x")}, ())


def test_one_element_is_condemned_only_by_name_or_beside_others_that_were_taken() -> None:
    """Pitfall H7: a list of one to three rows must not pay for a wrong header."""
    refused = answered(400, text="x")
    assert isinstance(decide(flight(size=1), refused, 0), Park)
    assert decide(flight(size=1, others=1), refused, 0) == Last()
    assert decide(flight(size=1, others=1, quarters=("y",)), refused, 0) == Last()
    assert decide(flight(size=1, others=1, quarters=("x", None)), refused, 0) == Last()
    assert isinstance(decide(flight(size=1, others=1, quarters=("x",)), refused, 0), Park)
    condemned = Settle({0: (400, "", "x")}, ())
    assert decide(flight(size=1, others=1, quarters=("x",), accepted=1), refused, 0) == condemned
    assert decide(flight(size=1), answered(400, index=0, text="x"), 0) == condemned


def test_nobody_is_condemned_for_our_fault() -> None:
    """Pitfall H7: all quarters failing alike, 64 splits, a fifth refused."""
    assert isinstance(decide(flight(quarters=("x", "x", "x")), answered(400, text="x"), 0), Park)
    assert isinstance(decide(flight(quarters=("x", "x", "y")), answered(400, text="x"), 0), Split)
    assert isinstance(decide(flight(quarters=("x", "x", None)), answered(400, text="x"), 0), Split)
    assert isinstance(decide(flight(quarters=("x", "x", "x"), taken=1), answered(400, text="x"), 0), Split)
    assert isinstance(decide(flight(splits=MAX_SPLITS), answered(400, text="x"), 0), Park)
    bad = dict.fromkeys(range(30), (400, "", "no"))
    parked = decide(flight(size=100), answered(200, failed=bad), 0)
    assert isinstance(parked, Park)
    assert parked.who == "activation"
    few = dict.fromkeys(range(3), (400, "", "no"))
    assert isinstance(decide(flight(size=4), answered(200, failed=few), 0), Settle)


@given(st.integers(1, 5000), st.integers(0, 5000))
def test_a_split_loses_nobody(size: int, index: int) -> None:
    named = index if index < size else None
    decision = decide(flight(size=size), answered(400, index=named, text="x"), 0)
    if isinstance(decision, Split):
        assert sorted(p for part in decision.parts for p in part) == list(range(size))
        assert all(decision.parts)
        assert len(decision.parts) == 2
    else:
        assert size == 1


@given(st.integers(1, 50), st.floats(0, 1, exclude_max=True))
def test_backoff_stays_within_a_minute(tries: int, dice: float) -> None:
    assert 0.5 <= backoff(tries, dice) <= 60


@given(st.data(), st.integers(1, 300))
def test_a_delivery_ends_and_loses_nobody_whatever_is_answered(data: st.DataObject, size: int) -> None:
    """A run of one batch against a LinkedIn that says anything: in the end each is accepted, refused, or left open."""
    parts = Parts()
    waiting = [_made(parts, tuple(range(size)), 1, None)]  # positions, try, number
    last: set[tuple[int, ...]] = set()
    accepted: set[int] = set()
    refused: set[int] = set()
    open_ones: set[int] = set()
    splits = 0
    ended = False
    for step in range(20_000):
        if ended or not waiting:
            break
        waiting.sort(key=lambda each: each[0] in last)
        positions, tries, number = waiting.pop(0)
        others = sum(each[0] not in last for each in waiting)
        done = len(accepted) + len(refused)
        beside = parts.quarters_beside(number), parts.taken_beside(number)
        now = Flight(len(positions), tries, splits, done, len(refused), len(accepted), others, *beside)
        answer = data.draw(_answers(len(positions)), label="answer") if step < 60 else answered(400, text=f"{step}")
        parts.failed(number, answer.text)
        match decide(now, answer, 0.5):
            case Settle(refused=bad, missing=missing):
                refused |= {positions[i] for i in bad}
                accepted |= set(positions) - {positions[i] for i in (*bad, *missing)}
                parts.accepted(number, len(positions) - len({*bad, *missing}))
                waiting += [_made(parts, tuple(positions[i] for i in missing), tries + 1, number)] if missing else []
            case Again(minute=minute):
                waiting.append((positions, tries + (not minute), number))
            case CheckSegment() | Last() as decided:
                if isinstance(decided, Last):
                    assert positions not in last, "others are waited for once"
                    last.add(positions)
                waiting.append((positions, tries + 1, number))
            case Split(parts=pieces):
                splits += 1
                waiting += [_made(parts, tuple(positions[i] for i in piece), 1, number) for piece in pieces]
            case Park(settled=settled):
                kept = set() if settled is None else {*settled.refused, *settled.missing}
                told = set() if settled is None else set(positions) - {positions[i] for i in kept}
                accepted |= told
                open_ones |= set(positions) - told
                ended = True
            case GiveUp() | WaitUntil():
                open_ones |= set(positions)
                ended = True
    else:
        raise AssertionError("it goes on for ever")
    open_ones |= {position for positions, _, _ in waiting for position in positions}
    assert sorted([*accepted, *refused, *open_ones]) == list(range(size))
    assert splits <= MAX_SPLITS


def _made(parts: Parts, positions: tuple[int, ...], tries: int, parent: int | None) -> tuple[tuple[int, ...], int, int]:
    number = len(parts.sizes)
    parts.meet(number, parent, len(positions))
    return positions, tries, number


def _answers(size: int) -> st.SearchStrategy[Answer]:
    places = st.sets(st.integers(0, size - 1), max_size=5)
    inside = st.tuples(places, places).map(
        lambda both: answered(200, failed=dict.fromkeys(both[0], (400, "", "no")), missing=tuple(both[1] - both[0]))
    )
    lost = st.sampled_from(["unanswered", "over", "not_sent"]).map(lambda kind: Answer(kind, NOW, NOW))
    scopes = st.sampled_from(["minute", "day", "segments", "unknown"]).map(lambda scope: answered(429, scope=scope))
    whole = st.tuples(st.none() | st.integers(0, size), st.sampled_from("xyz")).map(
        lambda said: answered(400, index=said[0], text=said[1])
    )
    others = st.sampled_from([200, 401, 404, 409, 500, 503]).map(answered)
    return st.one_of(inside, inside, lost, whole, whole, whole, others, scopes)


def test_what_linkedin_said_has_no_gaps() -> None:
    said = decide(Flight(1, MAX_TRIES), Answer("answered", 0.0, 1.0, 500, text="oops"), 0.5)
    assert said == GiveUp(f"LinkedIn answered 500 oops; tried {MAX_TRIES} times")
