"""Delivery of one run: claim, pace, send, decide, settle; one batch is one request.

The loop owns every decision and every write; only the requests themselves fly in threads. A batch is claimed before it
is sent and settled after; whatever stops in between leaves a claimed batch, which may have been told.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from typing import Literal

from guestlist.app.context import App
from guestlist.core.delivery import (
    Again,
    Answer,
    CheckSegment,
    Decision,
    Flight,
    GiveUp,
    Park,
    Settle,
    Split,
    WaitUntil,
    decide,
)
from guestlist.core.identity import Kind
from guestlist.ports import Changes, Destination, Encoded
from guestlist.store.batches import Batch, BatchOutcome
from guestlist.store.runs import Run

REMOVALS, ADDITIONS = 1, 2
RATE = {Kind.PEOPLE: 600, Kind.COMPANIES: 300}  # requests a minute per authorised member (documented)
ENDPOINT = {Kind.PEOPLE: "users", Kind.COMPANIES: "companies"}


@dataclass(frozen=True)
class Target:
    """Where a run's elements go."""

    destination: Destination
    name: str  # of the destination, in the yaml
    member: str  # urn of the authorised member: the pace is theirs
    members: Kind
    segment_id: str
    account: str
    source_segment_id: str
    created_at: float


@dataclass(frozen=True)
class Stop:
    """Why a run did not come to its end now."""

    state: Literal["pending", "parked", "failed", "rebuild", "interrupted"]
    label: str
    text: str
    until: float | None = None
    whole_destination: bool = False


@dataclass
class Tally:
    """What this run has met so far; kept to decide, and shown."""

    requests: int = 0
    answered: int = 0
    refused: int = 0
    splits: int = 0
    settled: int = 0
    sibling_texts: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _InFlight:
    batch: Batch
    token: str
    encoded: Encoded


class _Inline(Executor):
    """One thread: the request is made where it is submitted."""

    def submit(self, fn, /, *args, **kwargs):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN002, ANN003, ANN201
        """Run it now."""
        future: Future[Answer] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Delivery:
    """The delivery of one run to one segment."""

    def __init__(self, app: App, run: Run, changes: Changes, target: Target) -> None:
        self.app, self.run, self.changes, self.target = app, run, changes, target
        self.tally = Tally()
        self.suppressed = app.store.suppressions.keys()
        self.stop: Stop | None = None
        self._slot: float | None = None  # when the reserved request may start

    def deliver(self) -> Stop | None:
        """Both phases, removals first; None when everybody has been answered."""
        self._take_over()
        for phase in (REMOVALS, ADDITIONS):
            batches = self.app.store.batches.open(self.run.id, phase)
            if not batches:
                continue
            self._wait_quiet(phase)
            self._phase(phase)
            if self.stop is not None:
                return self.stop
        return None

    # ── before a phase ───────────────────────────────────────────────────────────────────────────────────────────
    def _take_over(self) -> None:
        """Batches claimed by a process that is gone may have been told: they are repeated as they are."""
        for batch in self.app.store.batches.claimed(self.run.id):
            self._quiet(batch.phase, max(batch.claim_until or 0.0, self.app.clock.now()))
            self.app.store.batches.release(batch.id, unsure=True)

    def _wait_quiet(self, phase: int) -> None:
        """A different telling waits until no request of the other phase can still be on its way."""
        until = self.app.store.activations.quiet_until(self.run.ledger_id, other_than=phase)
        self._sleep_until(until, "waiting for requests without an answer to end")

    def _quiet(self, phase: int, ended_at: float) -> None:
        until = ended_at + self.app.settings.request_lifetime
        self.app.store.activations.be_quiet(self.run.ledger_id, phase, until)

    def _sleep_until(self, until: float, why: str) -> None:
        left = until - self.app.clock.now()
        while left > 0 and not self.app.stop.is_set():
            self.app.progress(why, 0, 0)
            self.app.clock.sleep(min(left, 5.0))
            left = until - self.app.clock.now()

    # ── a phase ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _phase(self, phase: int) -> None:
        width = max(1, self.app.threads)
        executor: Executor = _Inline() if width == 1 else ThreadPoolExecutor(width, "deliver")
        with executor:
            flying: dict[Future[Answer], _InFlight] = {}
            while True:
                waiting = [] if self._ending() else self.app.store.batches.open(self.run.id, phase)
                if not waiting and not flying:
                    return
                probing = self.tally.settled == 0 and not self.app.store.batches.any_settled(self.run.id)
                room = (1 if probing else width) - len(flying)
                launched = self._launch(executor, waiting, flying) if room > 0 else 0.0
                self._land(flying, launched)

    def _ending(self) -> bool:
        if self.app.stop.is_set() and self.stop is None:
            self.stop = Stop("interrupted", "Interrupted", "it was asked to stop; run it again to go on")
        return self.stop is not None

    def _launch(self, executor: Executor, waiting: list[Batch], flying: dict[Future[Answer], _InFlight]) -> float:
        """Start the next due batch if its time has come; how long to wait otherwise."""
        now = self.app.clock.now()
        ready = [batch for batch in waiting if batch.id not in {each.batch.id for each in flying.values()}]
        if not ready:
            return 60.0
        batch = min(ready, key=lambda each: (each.not_before, each.id))
        if batch.not_before > now:
            return batch.not_before - now
        if self._slot is None:
            self._slot = now + self._reserve(now)
        if self._slot > now:
            return self._slot - now
        self._slot = None
        launched = self._start(executor, batch)
        if launched is not None:
            flying[launched[0]] = launched[1]
        return 0.0

    def _reserve(self, now: float) -> float:
        key = f"{self.target.member}/{ENDPOINT[self.target.members]}"
        return self.app.store.pace.reserve(key, RATE[self.target.members], now)

    def _start(self, executor: Executor, batch: Batch) -> tuple[Future[Answer], _InFlight] | None:
        encoded = self.app.elements.encode(self.target.members, self.changes, batch.all_positions(), self.suppressed)
        token, now = secrets.token_hex(8), self.app.clock.now()
        if not self.app.store.batches.claim(batch.id, token, now, now + 3 * self.app.settings.request_timeout):
            return None
        flight = _InFlight(batch, token, encoded)
        if not encoded.positions:
            self._settle(flight, Settle())
            return None
        self.tally.requests += 1
        tell = self.target.destination.tell
        future = executor.submit(
            tell, self.target.segment_id, self.target.members, encoded.body, len(encoded.positions)
        )
        return future, flight

    def _land(self, flying: dict[Future[Answer], _InFlight], pause: float) -> None:
        """Take in what has been answered; with nothing in the air, let time pass."""
        if not flying:
            if pause > 0 and not self._ending():
                self.app.clock.sleep(min(pause, 5.0))
            return
        done, _ = wait(flying, timeout=min(pause, 5.0) if pause > 0 else 0, return_when=FIRST_COMPLETED)
        for future in done:
            self._answered(flying.pop(future), future.result())

    # ── after an answer ──────────────────────────────────────────────────────────────────────────────────────────
    def _answered(self, flight: _InFlight, answer: Answer) -> None:
        batch = flight.batch
        if answer.kind == "unanswered":
            self._quiet(batch.phase, answer.ended_at)
        facts = Flight(
            size=len(flight.encoded.positions),
            tries=batch.tries + 1,
            splits=self.tally.splits,
            answered=self.tally.answered,
            refused=self.tally.refused,
            sibling_text=self.tally.sibling_texts.get(batch.parent or 0),
            segment_age=self.app.clock.now() - self.target.created_at,
        )
        decision = decide(facts, answer, self.app.dice.random())
        self.app.store.attempts.add(batch.id, answer, len(flight.encoded.positions), type(decision).__name__)
        self._carry_out(flight, answer, decision)

    def _carry_out(self, flight: _InFlight, answer: Answer, decision: Decision) -> None:
        unsure = answer.kind in ("unanswered", "over")
        match decision:
            case Settle():
                self._settle(flight, decision)
            case Again(after=after, minute=minute):
                self._again(flight, after, counts=not minute, unsure=unsure)
            case Split(parts=parts):
                self._split(flight, answer, parts)
            case CheckSegment(after=after):
                self._check_segment(flight, after)
            case WaitUntil(until=until):
                self._again(flight, until - self.app.clock.now(), counts=False, unsure=unsure)
                self._end(
                    Stop("pending", "Day limit", "LinkedIn's day limit is used up; it goes on at 00:00 UTC", until)
                )
            case Park(who=who, label=label, text=text, settled=settled):
                if settled is not None:
                    self._settle(flight, replace(settled, refused={}), void=tuple(settled.refused))
                else:
                    self._again(flight, 0.0, counts=False, unsure=unsure)
                self._end(Stop("parked", label, text, whole_destination=who == "destination"))
            case GiveUp(text=text):
                self._again(flight, 0.0, counts=True, unsure=unsure)
                self._end(Stop("failed", "Not delivered", text))

    def _end(self, stop: Stop) -> None:
        self.stop = self.stop or stop

    def _settle(self, flight: _InFlight, settle: Settle, void: Sequence[int] = ()) -> None:
        """``settle`` and ``void`` speak of places in the request; what is stored speaks of positions in the changes."""
        at = flight.encoded.positions
        reasons = self.app.store.reasons
        refused = {
            at[i]: reasons.number(code or str(status), text) for i, (status, code, text) in settle.refused.items()
        }
        missing = tuple(at[i] for i in settle.missing)
        told = set(at) - set(missing) - {at[i] for i in void}
        untold = tuple(p for p in flight.batch.all_positions() if p not in told and p not in missing)
        outcome = BatchOutcome(refused=refused, void=untold, open=missing)
        if not self.app.store.batches.settle(flight.batch.id, flight.token, outcome, self.app.clock.now()):
            self._late(flight)
            return
        self.tally.settled += 1
        self.tally.answered += len(told)
        self.tally.refused += len(refused)
        self.app.progress("telling LinkedIn", self.tally.answered, 0)

    def _again(self, flight: _InFlight, after: float, *, counts: bool, unsure: bool) -> None:
        not_before = self.app.clock.now() + max(after, 0.0)
        if not self.app.store.batches.retry(flight.batch.id, flight.token, not_before, counts=counts, unsure=unsure):
            self._late(flight)

    def _split(self, flight: _InFlight, answer: Answer, parts: tuple[tuple[int, ...], ...]) -> None:
        at = flight.encoded.positions
        children = [tuple(at[i] for i in part) for part in parts]
        self.tally.splits += 1
        if flight.batch.parent is not None:
            self.tally.sibling_texts[flight.batch.parent] = answer.text
        if not self.app.store.batches.split(flight.batch.id, flight.token, children):
            self._late(flight)

    def _check_segment(self, flight: _InFlight, after: float) -> None:
        self._again(flight, after, counts=True, unsure=False)
        if not alive(self.target):
            self._end(Stop("rebuild", "Segment gone", "LinkedIn no longer lists the segment"))

    def _late(self, flight: _InFlight) -> None:
        """The claim was lost, so somebody else went on: what we sent may have come after what they sent."""
        rows = self.app.elements.keep(self.changes, flight.encoded.positions)
        self.app.store.attempts.late(self.run.ledger_id, flight.batch.id, rows, self.app.clock.now())


def alive(target: Target) -> bool:
    """Whether the finder still lists the segment, in a state that takes members."""
    found = target.destination.find_segments(target.account, target.source_segment_id)
    return any(each.segment_id == target.segment_id and each.status not in GONE for each in found)


GONE = frozenset({"EXPIRED", "FAILED", "ERROR"})  # terminal states: nothing can be added any more (documented)
