"""Delivery of one run: claim, pace, send, decide, settle; one batch is one request.

The loop owns every decision and every write; only the requests themselves fly in threads. A batch is claimed before it
is sent and settled after; whatever stops in between leaves a claimed batch, which may have been told.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from guestlist.app import sight
from guestlist.app.context import App
from guestlist.app.patience import WAITING
from guestlist.core import words
from guestlist.core.delivery import (
    MAX_TRIES,
    Again,
    Answer,
    CheckSegment,
    Decision,
    Flight,
    GiveUp,
    Last,
    Park,
    Settle,
    Split,
    WaitUntil,
    decide,
)
from guestlist.core.identity import Kind
from guestlist.core.pace import Turn
from guestlist.core.parts import Parts
from guestlist.ports import Changes, Destination, Encoded, SegmentStatus
from guestlist.store.activations import Activation
from guestlist.store.batches import ADD_PHASE, REMOVE_PHASE, Batch, Piece
from guestlist.store.rows import Exceptions
from guestlist.store.runs import Run
from guestlist.store.segments import Segment

RATE = {Kind.PEOPLE: 600, Kind.COMPANIES: 300}  # requests a minute per authorised member (documented)
BURST = 6  # slots that a stream's request may run ahead of its own; a removal goes half as far, bulk not at all
ENDPOINT = {Kind.PEOPLE: "users", Kind.COMPANIES: "companies"}
PAUSE = 5.0  # longest nap: whoever waits notices a stop signal that soon
SHORT = 1.0  # naps that nobody is told of
INTERRUPTED = "Interrupted"  # label of a stop that somebody asked for
ASKED_TO_STOP = "it was asked to stop; run it again to go on"
CLAIM = 3.0  # a claim outlives a request, a refresh of the token and its replay


@dataclass(frozen=True)
class Target:
    """Where a run's elements go."""

    destination: Destination
    member: str  # urn of the authorised member: the pace is theirs
    members: Kind
    segment: int  # our own number of it
    segment_id: str
    account: str
    source_segment_id: str
    created_at: float
    unseen: bool = False  # at the last look


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
    accepted: Counter[int] = field(default_factory=Counter)  # by phase
    parts: Parts = field(default_factory=Parts)


@dataclass(frozen=True)
class _InFlight:
    batch: Batch
    token: str
    encoded: Encoded
    answered: float | None = None


class _Inline(Executor):
    """One thread: the request is made where it is submitted."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run it now."""
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Delivery:
    """The delivery of one run to one segment."""

    def __init__(self, app: App, run: Run, changes: Changes, target: Target) -> None:
        self.app, self.store, self.run, self.changes, self.target = app, app.store, run, changes, target
        self.tally = Tally()
        self._suppressed: tuple[tuple[int, int], frozenset[bytes]] = ((0, 0), frozenset())
        self.stop: Stop | None = None
        self._waiting: dict[int, Batch] = {}  # ready batches of the phase; the database agrees with it at every step
        self._flying: dict[Future[Answer], _InFlight] = {}
        self._last: set[int] = set()  # batches that the others of their phase are waited for with
        self._slot: float | None = None  # when the request that has its turn may start

    def deliver(self) -> Stop | None:
        """Both phases, removals first; None when everybody has been answered."""
        self._take_over()
        self.tally.settled = sum(each.state == "settled" for each in self.store.batches.of_run(self.run.id))
        for phase in (REMOVE_PHASE, ADD_PHASE):
            self._waiting = {each.id: each for each in self._ready(phase)}
            if self._waiting and self._quiet(phase):
                self._fly(phase)
            if self.stop is not None:
                return self.stop
        if self.target.unseen and self.tally.answered:
            self.store.segments.seen(self.target.segment)
        return None

    # ── before a phase ───────────────────────────────────────────────────────────────────────────────────────────
    def _ready(self, phase: int) -> list[Batch]:
        batches = self.store.batches.of_run(self.run.id)
        for each in batches:
            self.tally.parts.meet(each.id, each.parent_id, each.count)
        return [each for each in batches if each.phase == phase and each.state == "ready"]

    def _take_over(self) -> None:
        """Batches claimed by a process that is gone may have been told: they are repeated as they are."""
        now = self.app.clock.now()
        self.store.batches.unpark(self.run.id)
        for batch in self.store.batches.claimed(self.run.id):
            token, began = secrets.token_hex(8), batch.claimed_at or now
            if self.store.batches.take_over(batch.id, batch.claim or "", token, now + 60.0, now):
                gone = Answer("unanswered", began, now, text="its process ended before LinkedIn answered")
                self.store.attempts.add(self.run.id, batch.id, gone, batch.count, "TakeOver")
                self.store.batches.retry(batch.id, token, now, burn=False, unsure=True)

    def _quiet(self, phase: int) -> bool:
        """Wait until no request of the other phase can still be on its way; False when asked to stop meanwhile."""
        last = self.store.attempts.last_unanswered(self.run.ledger_id, other_than=phase)
        until = 0.0 if last is None else last + self.app.settings.request_lifetime
        while (left := until - self.app.clock.now()) > 0 and not self._ending():
            self.app.progress("waiting until no unanswered request can still arrive", 0, 0)
            self.app.clock.sleep(min(left, PAUSE))
        return not self._ending()

    # ── a phase ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _fly(self, phase: int) -> None:
        width = max(1, self.app.threads)
        self._show()
        executor: Executor = _Inline() if width == 1 else ThreadPoolExecutor(width, "deliver")
        with executor:
            while self._flying or (self._waiting and not self._ending()):
                room = (width if self.tally.settled else 1) - len(self._flying)  # the first of a run flies alone
                pause = self._launch(executor) if room > 0 and not self._ending() else PAUSE
                self._land(pause)

    def _ending(self) -> bool:
        if self.app.stop.is_set():
            self._end(Stop("interrupted", INTERRUPTED, ASKED_TO_STOP))
        return self.stop is not None

    def _launch(self, executor: Executor) -> float:
        """Start the next batch if it is due and has its turn; else how long there is nothing to start."""
        now = self.app.clock.now()
        if not self._waiting:
            return PAUSE
        batch = min(self._waiting.values(), key=self._turn)
        if batch.id in self._last and self._flying:
            return PAUSE
        if (pause := max(batch.not_before, self._slot or 0.0) - now) > 0.0:
            return pause
        token = secrets.token_hex(8)
        with self.store.transaction():  # one for both: whoever writes waits for others
            if self._slot is None:
                self._slot = now + self._reserve(now, batch.phase)
            if (pause := self._slot - now) > 0.0:
                return pause
            until = now + CLAIM * self.app.settings.request_timeout
            claimed = self.store.batches.claim(batch.id, token, until, now)
        self._slot = None
        del self._waiting[batch.id]
        if claimed:
            self._start(executor, batch, token)
        return 0.0

    def _turn(self, batch: Batch) -> tuple[bool, float, bool, int, int, int]:
        """Parts of what was refused as a whole go first, and halves before quarters before what they are split into:
        when all quarters fail alike it is our fault, and nobody was singled out by then.
        """
        return batch.id in self._last, batch.not_before, batch.splits == 0, batch.splits, batch.first, batch.id

    def _reserve(self, now: float, phase: int) -> float:
        """Streams come before removals, and removals before bulk."""
        turn: Turn = "stream" if self.run.kind == "flush" else "removal" if phase == REMOVE_PHASE else "bulk"
        return self.store.pace.reserve(self._pace_key, RATE[self.target.members], now, BURST, turn)

    @property
    def _pace_key(self) -> str:
        return pace_key(self.target.member, self.target.members)

    def _start(self, executor: Executor, batch: Batch, token: str) -> None:
        encoded = self.app.elements.encode(self.target.members, self.changes, batch.covers(), self._forgotten())
        flight = _InFlight(batch, token, encoded)
        if not encoded.positions:
            self._settle(flight, Settle())
            return
        self.tally.requests += 1
        tell, target = self.target.destination.tell, self.target
        future = executor.submit(tell, target.segment_id, target.members, encoded.body, len(encoded.positions))
        self._flying[future] = flight

    def _forgotten(self) -> frozenset[bytes]:
        """Whoever must not be added, as it is now: a delivery may take hours, and forgetting does not wait for it."""
        version = self.store.suppressions.version()
        if version != self._suppressed[0]:
            self._suppressed = version, self.store.suppressions.keys()
        return self._suppressed[1]

    def _land(self, pause: float) -> None:
        """Take in what has been answered; with nothing in the air, let time pass."""
        if not self._flying:
            if pause > 0 and self._waiting and not self._ending():
                if pause > SHORT:
                    self.app.progress(WAITING, 0, 0)
                self.app.clock.sleep(min(pause, PAUSE))
            return
        done, _ = wait(self._flying, timeout=min(pause, PAUSE), return_when=FIRST_COMPLETED)
        for future in done:
            self._answered(self._flying.pop(future), future.result())

    # ── after an answer ──────────────────────────────────────────────────────────────────────────────────────────
    def _answered(self, flight: _InFlight, answer: Answer) -> None:
        flight = replace(flight, answered=answer.ended_at)
        batch, size = flight.batch, len(flight.encoded.positions)
        facts = Flight(
            size=size,
            tries=batch.tries + 1,
            splits=self.tally.splits,
            answered=self.tally.answered,
            refused=self.tally.refused,
            accepted=self.tally.accepted[batch.phase],
            others=len(self._flying) + len(self._waiting.keys() - self._last),
            quarters=self.tally.parts.quarters_beside(batch.id),
            taken=self.tally.parts.taken_beside(batch.id),
            segment_age=self.app.clock.now() - self.target.created_at,
        )
        decision = decide(facts, answer, self.app.dice.random())
        unsure = True if answer.kind in ("unanswered", "over") else None
        with self.store.transaction() if isinstance(decision, Settle) else nullcontext():
            self.store.attempts.add(self.run.id, batch.id, answer, size, type(decision).__name__)
            self._carry_out(flight, answer, decision, unsure)

    def _carry_out(self, flight: _InFlight, answer: Answer, decision: Decision, unsure: bool | None) -> None:
        match decision:
            case Settle():
                self._settle(flight, decision)
            case Again(after=after, minute=minute):
                if minute:
                    self.store.pace.penalise(self._pace_key, self.app.clock.now() + after)
                self._again(flight, after, burn=not minute, unsure=unsure)
            case Split(parts=parts):
                self._split(flight, answer, parts)
            case Last():
                self._last.add(flight.batch.id)
                self._compare(flight.batch, answer)
                self._again(flight, 0.0, burn=False, unsure=unsure)
            case _:
                self._carry_out_end(flight, decision, unsure)

    def _carry_out_end(self, flight: _InFlight, decision: Decision, unsure: bool | None) -> None:
        """Decisions after which this run does not go on now, or perhaps not."""
        match decision:
            case CheckSegment(after=after):
                self._again(flight, after, burn=True, unsure=unsure)
                if self._lost():
                    self._end(Stop("rebuild", "Audience gone", "LinkedIn no longer lists the audience"))
            case WaitUntil(until=until):
                self._again(flight, 0.0, burn=False, unsure=unsure)
                self._end(
                    Stop("pending", "Day limit", "LinkedIn's day limit is used up; it goes on at 00:00 UTC", until)
                )
            case Park(who=who, label=label, text=text, settled=settled, look=look):
                self._park(flight, settled, unsure)
                if look and not self.run.sealed and self._lost():
                    self._end(Stop("rebuild", "Audience gone", text))
                self._end(Stop("parked", label, text, whole_destination=who == "destination"))
            case GiveUp(text=text):
                self._again(flight, 0.0, burn=False, unsure=unsure)
                self._end(Stop("failed", "Not delivered", text))

    def _lost(self) -> bool:
        """Whether LinkedIn takes nobody into the segment any more; whoever flies lands after that is known."""
        # Whoever is forgotten stays in an audience that was let go of by mistake; telling others again mends that.
        believed = math.inf if self.run.kind == "forget" else sight.FINDER_LAG
        return not alive(self.app, self.target, believed) and not self._ending()

    def _end(self, stop: Stop) -> None:
        self.stop = self.stop or stop

    def _park(self, flight: _InFlight, settled: Settle | None, unsure: bool | None) -> None:
        """What was accepted stays so; the others are as if never sent: nobody is condemned."""
        if settled is None:
            self._again(flight, 0.0, burn=False, unsure=unsure)
        else:
            self._settle(flight, Settle({}, settled.missing), untold=tuple(settled.refused))

    def _settle(self, flight: _InFlight, settle: Settle, untold: Sequence[int] = ()) -> None:
        """``settle`` and ``untold`` speak of places in the request; what is stored, of positions in the changes."""
        at = flight.encoded.positions
        refused = {
            at[i]: self.store.reasons.number(code or str(status), text)
            for i, (status, code, text) in settle.refused.items()
        }
        missing = tuple(at[i] for i in settle.missing)
        sent = set(at) - {at[i] for i in untold}
        void = tuple(position for position in flight.batch.covers() if position not in sent)
        patient = flight.batch.splits < MAX_TRIES
        again = [Piece(positions=missing, not_before=self.app.clock.now() + 1.0)] if missing and patient else []
        outcome = _outcome(flight.batch, refused, () if patient else missing, void)
        answered = flight.answered or self.app.clock.now()
        if not self.store.batches.settle(flight.batch.id, flight.token, outcome, answered, again):
            self._late(flight)
            return
        if missing and not patient:
            self._end(
                Stop(
                    "failed",
                    "Not delivered",
                    f"LinkedIn leaves {words.counted(len(missing), 'element')} without an answer",
                )
            )
        elif missing:
            self._reload(flight.batch.phase)
        self.tally.settled += 1
        self.tally.answered += len(sent) - len(missing)
        accepted = len(sent) - len(missing) - len(refused)
        self.tally.accepted[flight.batch.phase] += accepted
        self.tally.parts.accepted(flight.batch.id, accepted)
        self.tally.refused += len(refused)
        self._show()

    def _show(self) -> None:
        self.app.progress("sending to LinkedIn", self.tally.answered, self.changes.removes + self.changes.adds)

    def _reload(self, phase: int) -> None:
        self._waiting = {each.id: each for each in self._ready(phase)}

    def _again(self, flight: _InFlight, after: float, *, burn: bool, unsure: bool | None) -> None:
        batch, not_before = flight.batch, self.app.clock.now() + max(after, 0.0)
        if self.store.batches.retry(batch.id, flight.token, not_before, burn=burn, unsure=unsure):
            self._waiting[batch.id] = self.store.batches.get(batch.id)
        else:
            self._late(flight)

    def _split(self, flight: _InFlight, answer: Answer, parts: tuple[tuple[int, ...], ...]) -> None:
        at, batch = flight.encoded.positions, flight.batch
        sent = set(at)
        untold = [position for position in batch.covers() if position not in sent]
        children = [Piece(positions=tuple(at[i] for i in part)) for part in parts]
        self.tally.splits += 1
        self._compare(batch, answer)
        if untold:
            children[0] = Piece(positions=(*(children[0].positions or ()), *untold))
        if self.store.batches.split(batch.id, flight.token, children):
            self._reload(batch.phase)
        else:
            self._late(flight)

    def _compare(self, batch: Batch, answer: Answer) -> None:
        """Remember how it failed, for the other parts of the same batch."""
        if answer.index is None:
            self.tally.parts.failed(batch.id, answer.text)

    def _late(self, flight: _InFlight) -> None:
        """The claim was lost, so somebody else went on: what we sent may have come after what they sent."""
        rows = self.app.elements.keep(self.changes, flight.encoded.positions)
        self.store.attempts.late(self.run.id, flight.batch.id, rows, self.app.clock.now())


def pace_key(member: str, members: Kind) -> str:
    """LinkedIn counts per authorised member and endpoint."""
    return f"{member}/{ENDPOINT[members]}"


def slot_free_in(app: App, activation: Activation) -> float:
    """Seconds until a stream's request could leave now: whoever plans only then takes along what came meanwhile."""
    known = app.store.destinations.get(activation.destination_id)
    key = pace_key(known.member if known else "", activation.members)
    return app.store.pace.wait(key, RATE[activation.members], app.clock.now(), BURST, "stream")


def _outcome(batch: Batch, refused: Mapping[int, int], missing: tuple[int, ...], void: tuple[int, ...]) -> Exceptions:
    """A refusal says that this telling changed nothing. Where an earlier one was never answered it may have arrived,
    so nothing but an acceptance ends the doubt: those are told again, and by themselves.
    """
    if batch.unsure:
        return Exceptions(open=tuple(sorted({*refused, *missing, *void})))
    return Exceptions(refused, missing, void)


def target_of(app: App, destination: Destination, activation: Activation, segment: Segment) -> Target:
    """A live segment as somewhere to deliver to."""
    known = app.store.destinations.get(activation.destination_id)
    return Target(
        destination,
        known.member if known else "",
        activation.members,
        segment.id,
        segment.linkedin_id or "",
        activation.ad_account,
        segment.source_segment_id,
        born(segment),
        unseen=segment.unseen_since is not None,
    )


def deliver(app: App, run: Run, destination: Destination, activation: Activation, segment: Segment) -> Stop | None:
    """One run to one segment, without a sync around it."""
    target = target_of(app, destination, activation, segment)
    changes = app.store.runs.changes(run.id)
    return Delivery(app, app.store.runs.get(run.id), changes, target).deliver()


def born(segment: Segment) -> float:
    """When it was made, as far as a 404 is concerned: one that LinkedIn has shown before is not new."""
    return segment.created_at if segment.as_of is None else 0.0


def alive(app: App, target: Target, believed: float) -> bool:
    """Whether LinkedIn still shows the segment, in a state that takes members; waits as ``sight.sought``."""

    def looks() -> SegmentStatus | None:
        return sight.look(target.destination, target.account, target.segment_id, target.source_segment_id)

    found = sight.sought(app, target.segment, looks, believed=believed)
    return found is not None and found.status not in GONE


GONE = frozenset({"EXPIRED", "FAILED", "ERROR"})  # terminal states: nothing can be added any more (documented)
