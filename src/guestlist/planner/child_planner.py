"""The planner in a process of its own: its memory goes with it, and it takes no turn of the threads here."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from guestlist.errors import GuestlistError
from guestlist.planner import frames
from guestlist.ports import Delta, FoldRequest, Known, LedgerPart, Plan, PlanRequest, Progress

_COMMAND = (sys.executable, "-P", "-m", "guestlist.planner.child")


class ChildPlanner:
    """Implements ``ports.Planner``; each call starts a child and ends with it."""

    def plan(self, request: PlanRequest, progress: Progress | None = None) -> Plan:
        """See ``ports.Planner``."""
        plan: Plan = _call("plan", request, progress)
        return plan

    def fold(self, request: FoldRequest) -> Delta:
        """See ``ports.Planner``."""
        delta: Delta = _call("fold", request)
        return delta

    def merge(self, ledger: Sequence[LedgerPart], folder: str) -> Delta:
        """See ``ports.Planner``."""
        delta: Delta = _call("merge", frames.MergeRequest(tuple(ledger), folder))
        return delta

    def find(
        self,
        ledger: Sequence[LedgerPart],
        ids: Sequence[bytes] = (),
        owners: Sequence[bytes] = (),
        groups: Sequence[bytes] = (),
        sample: int = 0,
    ) -> list[Known]:
        """See ``ports.Planner``."""
        asked = frames.FindRequest(tuple(ledger), tuple(ids), tuple(owners), tuple(groups), sample)
        known: list[Known] = _call("find", asked)
        return known


def _call(word: str, request: Any, progress: Progress | None = None) -> Any:
    # Errors of the child's own (not those it reports) could quote data: nobody reads them.
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(_COMMAND, stdin=pipe, stdout=pipe, stderr=nowhere) as child:  # noqa: S603 - our own module
        try:
            return _dialogue(child, word, request, progress)
        finally:
            child.kill()


def _dialogue(child: subprocess.Popen[bytes], word: str, request: Any, progress: Progress | None) -> Any:
    if child.stdin is None or child.stdout is None:
        raise GuestlistError("The planner's process has no pipes.")
    try:
        frames.send(child.stdin, word, request)
    except BrokenPipeError:
        raise _died(child) from None
    while message := frames.receive(child.stdout):
        kind, parts = message
        if kind == "done":
            return frames.decoded(parts[0], frames.ANSWERS[word])
        if kind == "error":
            raise frames.error_of(*(frames.decoded(part, str) for part in parts))
        if progress is not None:
            what, done, of = (frames.decoded(part, str | int) for part in parts)
            progress(str(what), int(done), int(of))
    raise _died(child)


def _died(child: subprocess.Popen[bytes]) -> GuestlistError:
    code = child.wait()
    how = f"was killed (signal {-code}); perhaps the machine has too little memory" if code < 0 else f"ended ({code})"
    return GuestlistError(f"The planner's process {how}; nothing was changed.")
