import itertools

from hypothesis import given
from hypothesis import strategies as st

from linkedin_emulator.audience import Change
from linkedin_emulator.tellings import Arrival, Tellings

KEYS = [b"a", b"b", b"c"]
ELEMENTS = st.lists(st.tuples(st.booleans(), st.lists(st.sampled_from(KEYS), min_size=1, unique=True)), max_size=3)
EVENTS = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 2), ELEMENTS), max_size=14)


def actions(elements: list[Change], key: bytes) -> set[bool]:
    return {adds for adds, keys in elements if key in keys}


@given(EVENTS)
def test_every_pair_that_was_open_together_is_counted_once(events: list[tuple[int, int, list[Change]]]) -> None:
    """An event begins the request of its number, or lets it land when it is open."""
    tellings = Tellings()
    opened: dict[int, tuple[Arrival, int]] = {}
    landed: list[tuple[int, int, int, list[Change]]] = []
    for time, (number, segment, elements) in enumerate(events):
        if number not in opened:
            opened[number] = tellings.begin(0), time
            continue
        arrival, begun = opened.pop(number)
        tellings.land(arrival, 0, segment, elements)
        tellings.finish(arrival)
        landed.append((begun, time, segment, elements))
    alone = sum(len(actions(elements, key)) == 2 for *_, elements in landed for key in KEYS)
    pairs = 0
    for (begun, ended, segment, elements), other in itertools.combinations(landed, 2):
        if segment == other[2] and begun < other[1] and other[0] < ended:
            both = [(actions(elements, key), actions(other[3], key)) for key in KEYS]
            pairs += sum(bool(first) and bool(second) and first != second for first, second in both)
    assert tellings.count == len(tellings.overlaps) == alone + pairs
