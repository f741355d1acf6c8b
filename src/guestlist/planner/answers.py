"""What became of each position of a run, told in few words by whoever closes it."""

from __future__ import annotations

from guestlist.ports import FoldRequest

VOID, ACCEPTED, UNSURE, REFUSED = 0, 1, 2, 3
_RESULTS = {"void": VOID, "accepted": ACCEPTED, "unsure": UNSURE}


def ranges(request: FoldRequest) -> list[tuple[int, int, int]]:
    """(first, past, result), neighbours with one result as one: usually that is all of a run."""
    ranges: list[tuple[int, int, int]] = []
    for first, past, result in sorted((o.first, o.first + o.count, _RESULTS[o.result]) for o in request.outcomes):
        if past == first:
            continue
        if ranges and ranges[-1][1] == first and ranges[-1][2] == result:
            ranges[-1] = (ranges[-1][0], past, result)
        else:
            ranges.append((first, past, result))
    return ranges


def exact(request: FoldRequest) -> dict[int, tuple[int, int]]:
    """position -> (result, reason) where a position is named; what is said of it inside a range wins."""
    exact: dict[int, tuple[int, int]] = {}
    for outcome in request.outcomes:
        exact |= dict.fromkeys(outcome.positions, (_RESULTS[outcome.result], 0))
    for outcome in request.outcomes:
        exact |= dict.fromkeys(outcome.open, (UNSURE, 0))
        exact |= {position: (REFUSED, reason) for position, reason in outcome.refused.items()}
    return exact | dict.fromkeys(request.changes.skip, (VOID, 0))


def each(request: FoldRequest, positions: int) -> list[tuple[int, int]]:
    """(result, reason) of every position; what nobody names never left."""
    results = [(VOID, 0)] * positions
    for first, past, result in reversed(ranges(request)):
        results[first:past] = [(result, 0)] * (min(past, positions) - first)
    for position, named in exact(request).items():
        if position < positions:
            results[position] = named
    return results
