"""Syncs of activations that events feed: everybody compared the long way, or a flush of whom events touched.

A flush is only the cheap way in between. ``streams.behind`` says why everybody has to be compared: it is set before
anything is sent and taken back by a clean end, so that a crash at any point costs a comparison and loses nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from guestlist.app import activations, planning, runs, segments, streams
from guestlist.app.context import App
from guestlist.app.delivery import slot_free_in
from guestlist.app.event_ends import EventEnds
from guestlist.app.planning import Case
from guestlist.app.results import SyncResult
from guestlist.app.sync import NOTHING_SPECIAL, Halt, Sync, Wish
from guestlist.app.turn import Turn, turn
from guestlist.config import Config
from guestlist.core import guard
from guestlist.events.touched import Told, pack_told
from guestlist.ports import LEAVING, Flush, FlushRequest, Plan, Refusals, Scan, Standing
from guestlist.store.event_counts import Ends
from guestlist.store.event_members import EventMember
from guestlist.store.runs import Run

COMPARE = 86_400.0  # everybody is compared once a day: a refused removal is tried again, and whatever drifted is seen
LOOK = 3600.0  # seconds between two looks at the segment of a stream that is told all the time
WINDOW = 86_400.0  # the removal guard of a stream counts this long
LONGEST_WAIT = 5.0  # seconds that a flush waits for a turn before it is planned all the same
AT_ONCE = 4  # batches that one flush tells where so many wait: what it costs besides its changes is shared by more
TOO_MANY = 50_000  # members that share identifiers with those of one flush: the long way is shorter then


class StreamSync(Sync):
    """A sync of a stream in progress, under the ledger's lock. ``everybody`` False: a flush is enough, if it is."""

    def __init__(self, app: App, case: Case, mine: Turn, wish: Wish, *, everybody: bool = True) -> None:
        super().__init__(app, case, mine, wish)
        self.everybody = self.tidies = everybody  # between flushes others tidy: ``tidy``
        self.stream = self._stream()
        self.ends = EventEnds(app, self.stream)
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
            return streams.CHANGED
        if self.app.clock.now() - self.stream.compared_at >= COMPARE:
            return "everybody is compared once a day"
        if self.activation.waiting is not None and self.app.clock.now() - self.stream.looked_at >= LOOK:
            return "removals wait for a person: perhaps they may go by now"
        last = self.activation.last_refresh_at or self.activation.created_at
        if self.case.wanted.refresh is not None and self.app.clock.now() - last >= self.case.wanted.refresh:
            return "everybody is told again (refresh)"
        return ""

    def _finish_open_runs(self) -> SyncResult | None:
        self.ends.leftovers(held=self.activation.waiting is not None)
        return super()._finish_open_runs()

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
        """Not after each flush, but until LinkedIn has shown the segment: only so long a 404 means "not there yet"."""
        segment = self.store.segments.current(self.activation.ledger_id)
        if self.everybody or (segment is not None and segment.as_of is None):
            super()._observe()

    # ── everybody ────────────────────────────────────────────────────────────────────────────────────────────────
    def _list(self, folder: Path) -> tuple[Scan, dict[str, tuple[str, ...]]]:
        """Who is in, as of one moment; the members touched until then are part of it."""
        self.stream = self._stream()  # what this sync finished before may have moved it
        made_with, epoch = streams.made_with(self.case), self.activation.epoch
        self.store.event_members.recount(self.stream.key_id)
        with self.store.snapshot():
            seen, lists = self.store.event_members.touched(self.stream.key_id, self.stream.seen, 1 << 62)
            listed = streams.exported(self.app, self.case, self.stream.key_id, folder)
        told, ends = self._on_their_way(lists)
        sent = self.ends.sent(told, self.stream.seen, seen)

        def then(run_id: int) -> None:
            values = {"seen": seen, "behind": _marker(run_id), "made_with": made_with, "epoch": epoch}
            values["compared_at"] = self.app.clock.now()
            self.store.streams.update(self.activation.id, **values)
            self.store.waiting_events.drop(self.activation.id)
            self.store.event_counts.add(ends)
            self.store.event_counts.told_by(run_id, pack_told(told), sent)
            self.store.event_members.drop_touched(self.stream.key_id, self._seen_by_all(seen))

        self._then = then
        return listed

    def _on_their_way(self, lists: Sequence[bytes]) -> tuple[list[Told], Ends]:
        """The events that the next answers end, and what of them has ended by now."""
        ends: Ends = Counter()
        touched = self.ends.latest(lists, ends)
        told = self.store.waiting_events.all(self.activation.id)
        told += [Told(received, member) for member, received in touched.items() if received]
        return told, ends

    def _seen_by_all(self, seen: int) -> int:
        others = self.store.streams.of_key(self.stream.key_id)
        return min([seen, *(each.seen for each in others if each.activation_id != self.activation.id)])

    def _also(self, run: Run, changes: Mapping[str, Any]) -> None:
        super()._also(run, changes)
        self._then(run.id)

    # ── the guard ────────────────────────────────────────────────────────────────────────────────────────────────
    def _guard(self, plan: Plan) -> dict[str, Any]:
        if self.case.wanted.mode != "stream":
            return super()._guard(plan)
        news = plan.counts.removed - plan.counts.removed_before
        held = self._judged(news, plan.counts.known - plan.counts.removed_before)
        if held:
            held["waiting"] |= self._stopped_plan(plan)
        return held

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
            f"left within a day, and {allowed:,} are allowed. Additions go on. If that is right: `{command}`"
        )
        waiting = {"removals": leaving, "known": known, "allowed": allowed, "gone": gone}
        return {"state": "waiting", "reason": reason, "waiting": waiting}

    def _at_rest(self) -> dict[str, Any]:
        if self.activation.waiting is None:
            return super()._at_rest()
        return {"state": "waiting", "reason": self.activation.reason}

    def _done(self, run: Run, refusals: Refusals) -> SyncResult:
        """Additions went on; that removals wait is how the sync ended for whoever asked for it."""
        done = super()._done(run, refusals)
        if not self.everybody or self.activation.waiting is None:
            return done
        runs.ended_as(self.app, run.id, "waiting", self.activation.reason)
        return replace(done, state="waiting", reason=self.activation.reason)

    # ── a flush ──────────────────────────────────────────────────────────────────────────────────────────────────
    def _flush(self) -> SyncResult:
        """Compare whom events touched, and tell what differs."""
        self._await_slot()
        most = self.case.wanted.batch.max_size
        seen, lists = self.store.event_members.touched(self.stream.key_id, self.stream.seen, AT_ONCE * most)
        ends: Ends = Counter()
        touched = self.ends.latest(lists, ends)
        members, known = self._related(touched)
        if len(members) > TOO_MANY:
            self.store.streams.update(self.activation.id, behind="too many members share identifiers")
            return self._result("pending", "many entries share identifiers: everybody is compared next")
        flush, held = self._planned_flush(members, known)
        told, waiting = self.ends.told(touched, members, known, flush, ends, held=bool(held))
        stream: dict[str, Any] = {"seen": seen}
        if not flush.plan.changes.removes + flush.plan.changes.adds + flush.plan.changes.labels:
            self._advance(stream, ends, held, waiting)
            return self._result("done")
        packed, sent = pack_told(told), self.ends.sent(told, self.stream.seen, seen)
        with self.store.transaction():  # all at once: whoever writes waits for its turn each time
            run = self.store.runs.begin(self.activation.id, "flush", self.app.clock.now())
            run = runs.commit(self.app, run, flush.plan, {}, most=most)
            self._advance(stream | {"behind": _marker(run.id)}, ends, held, waiting)
            self.store.event_counts.told_by(run.id, packed, sent)
        self._reread()
        if not run.removes + run.adds:
            return self._done(run, self._close(run, quiet=True))
        return self._carry_out(run) or self._result("pending", "the LinkedIn audience is made again")

    def _await_slot(self) -> None:
        """A flush grows while it waits for its turn: what is planned now could not leave any sooner."""
        patience = self.app.clock.now() + LONGEST_WAIT
        while (free := slot_free_in(self.app, self.activation)) > 0 and not self.app.stop.is_set():
            if self.app.clock.now() + free > patience:
                return  # a closed minute, or a moved clock: delivery knows how to wait for that
            self.app.clock.sleep(free)

    def _advance(self, stream: dict[str, Any], ends: Ends, held: dict[str, Any], waiting: Sequence[Told]) -> None:
        """In one transaction: these folds were looked at."""
        with self.store.transaction():
            self.store.waiting_events.add(self.activation.id, waiting)
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
            own = streams.keys_of(members.values())
            known = self.app.flusher.relatives(parts, own)
            ids = own.union(*((id16, each.told.owner, each.told.group) for id16, each in known.items()))
            others = table.carriers(key_id, ids, own) - members.keys()
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
            leaving = int(before["removals"]) + max(flush.leaving - self._waiting_again(members), 0)
            held = self._held_back(leaving, int(before.get("gone", 0)), int(before["known"]), int(before["allowed"]))
        else:
            news = flush.leaving - flush.plan.counts.removed_before
            held = self._judged(news, segments.told(self.app, self.activation.ledger_id) or 0)
        if held:
            held["waiting"] |= {"members": self._who_leaves(members.values()), "at": now}
        return (self.app.flusher.plan(replace(request, removals=False)), held) if held else (flush, {})

    def _waiting_again(self, members: Mapping[bytes, EventMember]) -> int:
        """Of these who are out, those whose removal waits already."""
        out = [name for name, each in members.items() if not each.wanted]
        return len(self.store.waiting_events.among(self.activation.id, out))

    def _who_leaves(self, members: Iterable[EventMember]) -> list[str]:
        """Up to ``LEAVING`` of those who wait to leave, those named before first."""
        before = (self.activation.waiting or {}).get("members", [])
        gone = (min(each.ids.values()) for each in members if not each.wanted and each.ids)
        return list(dict.fromkeys([*before, *guard.named(list(islice(gone, LEAVING)))]))[:LEAVING]

    # ── after the answers ────────────────────────────────────────────────────────────────────────────────────────
    def _close(self, run: Run, *, quiet: bool = False) -> Refusals:
        self._reread()  # what waits for a person was written down with the run
        refusals = super()._close(run, quiet=quiet)
        outcomes = self.store.runs.outcomes(run.id)
        clean = all(each.result == "accepted" and not each.open for each in outcomes)

        def caught_up() -> None:
            if clean:
                self.store.streams.caught_up(self.activation.id, _marker(run.id), self.store.runs.get(run.id).epoch)

        self.ends.count(run, held=self.activation.waiting is not None, also=caught_up)
        return refusals


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
    with turn(app, activation, wait=False) as mine:
        if not mine.held:
            return None
        return StreamSync(app, case, mine, NOTHING_SPECIAL, everybody=False).ended()


def tidy(app: App, name: str, *, loads: bool = False) -> None:
    """What flushes leave for others to do: the ledger's deltas become few. ``loads``: all of it is in memory then, for
    the first flush; later ones bring what they need.
    """
    found = app.store.activations.get(name)
    if found is not None:
        runs.tidy(app, found.ledger_id, streams=True)
        if loads:
            app.flusher.relatives(app.store.ledgers.parts(found.ledger_id)[1], ())


__all__ = ["Halt", "StreamSync", "flush", "tidy"]
