"""Syncs of activations that events feed: everybody compared the long way, or a flush of whom events touched.

A flush is only the cheap way in between. ``streams.behind`` says why everybody has to be compared: it is set before
anything is sent and taken back by a clean end, so that a crash at any point costs a comparison and loses nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from guestlist.app import activations, planning, runs, streams
from guestlist.app.context import App
from guestlist.app.planning import Case
from guestlist.app.results import SyncResult
from guestlist.app.sync import NOTHING_SPECIAL, Halt, Sync, Wish
from guestlist.config import Config
from guestlist.errors import DeliveryError, SourceError
from guestlist.events.masking import hidden, sample
from guestlist.events.outcomes import Outcome, bucket
from guestlist.events.touched import Told, pack_told, unpack_members, unpack_told
from guestlist.ports import Flush, FlushRequest, Plan, Refusals, Scan, Standing, State
from guestlist.ports import Outcome as Ended
from guestlist.store.activations import Activation
from guestlist.store.event_counts import Ends
from guestlist.store.event_members import EventMember
from guestlist.store.runs import Run

COMPARE = 86_400.0  # everybody is compared once a day: a refused removal is tried again, and whatever drifted is seen
LOOK = 3600.0  # seconds between two looks at the segment of a stream that is told all the time
WINDOW = 86_400.0  # the removal guard of a stream counts this long
TOO_MANY = 50_000  # members that share identifiers with those of one flush: the long way is shorter then
SAMPLED = 3  # refusals of one run that are kept as samples
COUNTED = 200_000  # events that one comparison ends one by one


class StreamSync(Sync):
    """A sync of a stream in progress, under the ledger's lock. ``everybody`` False: a flush is enough, if it is."""

    def __init__(self, app: App, case: Case, activation: Activation, wish: Wish, *, everybody: bool = True) -> None:
        super().__init__(app, case, activation, wish)
        self.everybody = everybody
        self.stream = self._stream()
        self._then: Callable[[int], None] = _nothing  # what is committed together with a run

    def _stream(self) -> Any:
        stream = self.store.streams.get(self.activation.id)
        if stream is None:
            raise RuntimeError("a stream's records are made before it is synced")
        return stream

    # ── which way ────────────────────────────────────────────────────────────────────────────────────────────────
    def behind(self) -> str:
        """Why everybody has to be compared; "" a flush is enough."""
        self.stream = self._stream()
        if self.stream.behind:
            return str(self.stream.behind)
        if self.stream.epoch != self.activation.epoch:
            return "it feeds a new LinkedIn audience"
        if self.stream.made_with != streams.made_with(self.case):
            return "the file says something else of it"
        if self.app.clock.now() - self.stream.compared_at >= COMPARE:
            return "everybody is compared once a day"
        if self.activation.waiting is not None and self.app.clock.now() - self.stream.looked_at >= LOOK:
            return "removals wait for a person: perhaps they may go by now"
        last = self.activation.last_refresh_at or self.activation.created_at
        if self.case.wanted.refresh is not None and self.app.clock.now() - last >= self.case.wanted.refresh:
            return "everybody is told again (refresh)"
        return ""

    def _round(self) -> SyncResult | None:
        if self.everybody or self.behind():
            return super()._round()
        if runs.fold_late(self.app, self.activation.ledger_id):
            return super()._round()
        return self._flush()

    def _look_at_segment(self) -> None:
        """LinkedIn is asked once an hour: whatever happens to the segment meanwhile shows in its answers."""
        now = self.app.clock.now()
        if self.everybody or self.stream.behind or now - self.stream.looked_at >= LOOK:
            super()._look_at_segment()
            self.store.streams.update(self.activation.id, looked_at=now)

    def _look_up(self, run: Run, refusals: Refusals) -> None:
        """Members of a stream stand in no row of any list."""

    def _observe(self) -> None:
        if self.everybody:
            super()._observe()

    # ── everybody ────────────────────────────────────────────────────────────────────────────────────────────────
    def _list(self, folder: Path) -> tuple[Scan, dict[str, tuple[str, ...]]]:
        """Who is in, as of one moment; the members touched until then are part of it."""
        made_with, epoch = streams.made_with(self.case), self.activation.epoch
        with self.store.snapshot():
            seen, lists = self.store.event_members.touched(self.stream.key_id, self.stream.seen, 1 << 62)
            listed = streams.exported(self.app, self.case, self.stream.key_id, folder)
        told, ends = self._on_their_way(lists)

        def then(run_id: int) -> None:
            values = {"seen": seen, "behind": _marker(run_id), "made_with": made_with, "epoch": epoch, "retry": None}
            values["compared_at"] = self.app.clock.now()
            self.store.streams.update(self.activation.id, **values)
            self.store.event_counts.add(ends)
            self.store.event_counts.told_by(run_id, pack_told(told))
            self.store.event_members.drop_touched(self.stream.key_id, self._seen_by_all(seen))

        self._then = then
        return listed

    def _on_their_way(self, lists: Sequence[bytes]) -> tuple[list[Told], Ends]:
        """The events that the next answers end, and what of them has ended by now."""
        ends: Ends = Counter()
        touched = self._latest(lists, ends)
        told = unpack_told(self.stream.retry)
        told += [Told(received, member) for member, received in touched.items() if received]
        return told, ends

    def _latest(self, lists: Sequence[bytes], ends: Ends) -> dict[bytes, float]:
        """Member -> receipt of its last event; the events before that are superseded."""
        touched: dict[bytes, float] = {}
        for packed in lists:
            for member, received in unpack_members(packed).items():
                before = touched.get(member)
                if before and received:
                    self._move(ends, before, Outcome.PENDING, Outcome.SUPERSEDED)
                touched[member] = received or before or 0.0
        return touched

    def _move(self, ends: Ends, received: float, was: Outcome, now: Outcome, code: str = "") -> None:
        five = bucket(received)
        ends[self.activation.id, five, was, ""] -= 1
        ends[self.activation.id, five, now, code] += 1

    def _seen_by_all(self, seen: int) -> int:
        others = self.store.streams.of_key(self.stream.key_id)
        return min((each.seen for each in others if each.activation_id != self.activation.id), default=seen)

    def _also(self, run: Run) -> None:
        self._then(run.id)

    # ── the guard ────────────────────────────────────────────────────────────────────────────────────────────────
    def _guard(self, plan: Plan) -> dict[str, Any]:
        if self.case.wanted.mode != "stream":
            return super()._guard(plan)
        news = plan.counts.removed - plan.counts.removed_before
        return self._judged(news, plan.counts.known - plan.counts.removed_before)

    def _judged(self, leaving: int, known: int) -> dict[str, Any]:
        """Additions go on; removals wait for a person once too many left within a day."""
        gone = self.store.runs.removed_since(self.activation.id, self.app.clock.now() - WINDOW) if leaving else 0
        allowed, override = self.case.wanted.max_removals.of(known + gone), self.wish.allow_removals
        if gone + leaving <= allowed or (override is not None and leaving <= override):
            return {}
        return self._held_back(leaving, gone, known, allowed)

    def _held_back(self, leaving: int, gone: int, known: int, allowed: int) -> dict[str, Any]:
        command = planning.allow_command(self.activation.name, leaving)
        reason = (
            f"the removal guard holds removals back: {leaving:,} more would leave, {gone:,} of {known + gone:,} "
            f"members left within a day, and {allowed:,} are allowed. Additions go on. If that is right: `{command}`"
        )
        waiting = {"removals": leaving, "known": known, "allowed": allowed, "gone": gone}
        return {"state": "waiting", "reason": reason, "waiting": waiting}

    def _at_rest(self) -> dict[str, Any]:
        if self.activation.waiting is None:
            return super()._at_rest()
        return {"state": "waiting", "reason": self.activation.reason}

    # ── a flush ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _flush(self) -> SyncResult:
        """Compare whom events touched, and tell what differs."""
        most = self.case.wanted.batch.max_size
        seen, lists = self.store.event_members.touched(self.stream.key_id, self.stream.seen, most)
        ends: Ends = Counter()
        touched = self._latest(lists, ends)
        members, known = self._related(touched)
        if len(members) > TOO_MANY:
            self.store.streams.update(self.activation.id, behind="too many members share identifiers")
            return self._result("pending", "many members share identifiers: everybody is compared next")
        flush, held = self._planned_flush(members, known)
        told, waiting = self._told(touched, members, known, flush, ends, held=bool(held))
        stream: dict[str, Any] = {"seen": seen}
        if waiting:
            stream["retry"] = pack_told([*unpack_told(self.stream.retry), *waiting])
        if not flush.plan.changes.removes + flush.plan.changes.adds + flush.plan.changes.labels:
            self._advance(stream, ends, held)
            return self._result("done")
        run = self.store.runs.begin(self.activation.id, "flush", self.app.clock.now())

        def also() -> None:
            self._advance(stream | {"behind": _marker(run.id)}, ends, held)
            self.store.event_counts.told_by(run.id, pack_told(told))

        run = runs.commit(self.app, run, flush.plan, {}, also=also)
        self._reread()
        if not run.removes + run.adds:
            return self._done(run, self._close(run, quiet=True))
        return self._carry_out(run) or self._result("pending", "the LinkedIn audience is made again")

    def _advance(self, stream: dict[str, Any], ends: Ends, held: dict[str, Any]) -> None:
        """In one transaction: these folds were looked at."""
        with self.store.transaction():
            self.store.streams.update(self.activation.id, **stream)
            self.store.event_counts.add(ends)
            self.store.event_members.drop_touched(self.stream.key_id, self._seen_by_all(stream["seen"]))
            if held:
                self.store.activations.update(self.activation.id, **held)

    def _related(self, touched: Iterable[bytes]) -> tuple[dict[bytes, EventMember], Mapping[bytes, Standing]]:
        """The touched members, everybody they share an identifier with now or ever, and what the ledger knows of all of
        these: together they depend on nobody else.
        """
        table, key_id = self.store.event_members, self.stream.key_id
        _, parts = self.store.ledgers.parts(self.activation.ledger_id)
        members = table.some(key_id, set(touched))
        while True:
            ids = streams.keys_of(members.values())
            known = self.app.flusher.relatives(parts, ids)
            ids |= {key for id16, each in known.items() for key in (id16, each.told.owner, each.told.group)}
            others = table.carriers(key_id, ids) - members.keys()
            if not others or len(members) > TOO_MANY:
                return members, known
            members |= table.some(key_id, others)

    def _planned_flush(
        self, members: Mapping[bytes, EventMember], known: Mapping[bytes, Standing]
    ) -> tuple[Flush, dict[str, Any]]:
        """What to tell; and, where removals are held back, the state of the activation."""
        rows, suppressed = streams.Rows(self.case), self.store.suppressions.keys()
        wanted = tuple(element for _, element in streams.told_rows(rows, members.values(), suppressed))
        now, key = self.app.clock.now(), self.store.meta.names_key
        request = FlushRequest(self.activation.members, wanted, known, key, 0, now)
        flush = self.app.flusher.plan(request)
        if not flush.leaving:
            return flush, {}
        if (before := self.activation.waiting) is not None:
            leaving = int(before["removals"]) + flush.leaving
            held = self._held_back(leaving, int(before.get("gone", 0)), int(before["known"]), int(before["allowed"]))
        else:
            held = self._judged(flush.leaving, self.store.ledgers.members_in(self.activation.ledger_id))
        return (self.app.flusher.plan(replace(request, removals=False)), held) if held else (flush, {})

    def _told(
        self,
        touched: Mapping[bytes, float],
        members: Mapping[bytes, EventMember],
        known: Mapping[bytes, Standing],
        flush: Flush,
        ends: Ends,
        *,
        held: bool,
    ) -> tuple[list[Told], list[Told]]:
        """The events that the run tells, and those of members whose removal is held back; all others have nothing to
        tell.
        """
        told, waiting = [], []
        for name, received in touched.items():
            if not received:
                continue
            ids = _known_by(name, members.get(name), known)
            positions = sorted({at for id16 in ids for at in flush.positions.get(id16, ())})
            if positions:
                told.append(Told(received, name, tuple(positions)))
            elif held and name in members and not members[name].wanted:
                waiting.append(Told(received, name))
            else:
                self._move(ends, received, Outcome.PENDING, Outcome.IN_STEP)
        return told, waiting

    # ── after the answers ────────────────────────────────────────────────────────────────────────────────────────
    def _close(self, run: Run, *, quiet: bool = False) -> Refusals:
        self._reread()  # what waits for a person was written down with the run
        refusals = super()._close(run, quiet=quiet)
        outcomes = self.store.runs.outcomes(run.id)
        clean = all(each.result == "accepted" and not each.open for each in outcomes)
        with self.store.transaction():
            self._count(run, outcomes)
            if clean:
                self.store.streams.caught_up(self.activation.id, _marker(run.id), self.store.runs.get(run.id).epoch)
        return refusals

    def _count(self, run: Run, outcomes: Sequence[Ended]) -> None:
        """End the events that the run told; those without an answer wait for the next comparison."""
        data = self.store.event_counts.of_run(run.id)
        if data is None or not self.store.event_counts.counted(run.id):
            return
        ends: Ends = Counter()
        taken, again, refused = [], [], []
        reasons = self.store.reasons.texts()
        for each, end, number in self._ended(run, unpack_told(data), outcomes):
            if end is Outcome.PENDING:  # its removal is held back
                again.append(each)
                continue
            was = Outcome.PENDING_RETRY if each.retried else Outcome.PENDING
            self._move(ends, each.received, was, end, reasons.get(number, "") if number else "")
            if end is Outcome.DELIVERED:
                taken.append(each.received)
            elif end is Outcome.FAILED:
                refused.append((each.member, reasons.get(number, "")))
            elif end is Outcome.PENDING_RETRY:
                again.append(Told(each.received, each.member, (), retried=True))
        self.store.event_counts.add(ends)
        self.store.event_counts.took(self.activation.id, taken, self.app.clock.now())
        self._sample(refused)
        if again:
            waiting = [*unpack_told(self._stream().retry), *again]
            self.store.streams.update(self.activation.id, retry=pack_told(waiting))

    def _sample(self, refused: Sequence[tuple[bytes, str]]) -> None:
        """What was asked of LinkedIn and refused, masked; the event itself is not kept that long."""
        some = dict(refused[:SAMPLED])
        for member in self.store.event_members.some(self.stream.key_id, some).values():
            asked = {
                "action": "ADD" if member.wanted else "REMOVE",
                "ids": [{"idType": kind.name, "idValue": hidden(value.hex())} for kind, value in member.ids.values()],
            }
            reason, now = some[member.member], self.app.clock.now()
            data = sample(None, asked, {"status": 400, "message": reason})
            self.store.event_counts.sample(self.activation.id, Outcome.FAILED, reason, now, data)

    def _ended(self, run: Run, told: Sequence[Told], outcomes: Sequence[Ended]) -> Iterable[tuple[Told, Outcome, int]]:
        """What became of each event, and LinkedIn's reason where it refused."""
        placed = [each for each in told if each.positions]
        asked = [each for each in told if not each.positions]
        results = _results(outcomes, {at for each in placed for at in each.positions})
        for each in placed:
            yield each, *_worst(results[at] for at in each.positions)
        for first in range(0, len(asked), COUNTED):
            yield from self._by_ledger(run, asked[first : first + COUNTED])

    def _by_ledger(self, run: Run, asked: Sequence[Told]) -> Iterable[tuple[Told, Outcome, int]]:
        """Of everybody compared: who has an entry of this run was told by it."""
        if not asked:
            return
        members = self.store.event_members.some(self.stream.key_id, {each.member for each in asked})
        _, parts = self.store.ledgers.parts(run.ledger_id)
        known = self.app.flusher.relatives(parts, streams.keys_of(members.values()))
        held = self.activation.waiting is not None
        for each in asked:
            member = members.get(each.member)
            ids = _known_by(each.member, member, known)
            entries = [known[id16] for id16 in ids if id16 in known and known[id16].run == run.id]
            end, number = _by_entries([entry for entry in entries if entry.told.state or entry.told.refused])
            stays = held and member is not None and not member.wanted and end is Outcome.IN_STEP
            yield each, Outcome.PENDING if stays else end, number


def _known_by(name: bytes, member: EventMember | None, known: Mapping[bytes, Standing]) -> set[bytes]:
    """What a member may have been told by. A primaryId says whose element it labels: names have no key of their own."""
    ids = {name, *(member.ids if member else ())}
    return ids | {known[id16].told.owner for id16 in ids if id16 in known}


def _by_entries(entries: Sequence[Standing]) -> tuple[Outcome, int]:
    if not entries:
        return Outcome.IN_STEP, 0
    if any(entry.told.state is State.UNSURE for entry in entries):
        return Outcome.PENDING_RETRY, 0
    refused = next((entry.told.refused for entry in entries if entry.told.refused), 0)
    return (Outcome.FAILED, refused) if refused else (Outcome.DELIVERED, 0)


def _results(outcomes: Sequence[Ended], wanted: set[int]) -> dict[int, tuple[str, int]]:
    """Position -> (accepted, unsure, void, refused), and the number of the reason."""
    results: dict[int, tuple[str, int]] = dict.fromkeys(wanted, ("void", 0))
    for each in outcomes:
        covered = each.positions or range(each.first, each.first + each.count)
        for at in wanted.intersection(covered):
            results[at] = each.result, 0
    for each in outcomes:
        results |= {at: ("unsure", 0) for at in each.open if at in wanted}
        results |= {at: ("refused", number) for at, number in each.refused.items() if at in wanted}
    return results


def _worst(results: Iterable[tuple[str, int]]) -> tuple[Outcome, int]:
    found = dict(results)
    if "unsure" in found or "void" in found:
        return Outcome.PENDING_RETRY, 0
    return (Outcome.FAILED, found["refused"]) if "refused" in found else (Outcome.DELIVERED, 0)


def _marker(run_id: int) -> str:
    """Why everybody has to be compared while a run is on its way: nobody may have written down how it ended."""
    return f"run {run_id} has not come to a clean end"


def _nothing(_run_id: int) -> None:
    """A run that no list was read for."""


def flush(app: App, config: Config, name: str) -> SyncResult | None:
    """Tell what events changed; None: another process is at it, or it may not send now. Errors: see ``sync_one``."""
    case = planning.case(config, name)
    if not case.sends:
        return None
    streams.ensure(app, config, name)
    activation = activations.ensure(app, config, name)
    with app.store.lock(f"ledger-{activation.ledger_id}", wait=False) as mine:
        if not mine:
            return None
        activity = StreamSync(app, case, app.store.activations.by_id(activation.id), NOTHING_SPECIAL, everybody=False)
        try:
            return activity.go()
        except (SourceError, DeliveryError) as error:
            return activity.failed(error)


__all__ = ["Halt", "StreamSync", "flush"]
