"""Where events of a stream stand: on their way, or at their one end. Counted in the transaction that makes it true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from guestlist.app import streams
from guestlist.app.context import App
from guestlist.events.masking import hidden, sample
from guestlist.events.outcomes import Outcome, bucket
from guestlist.events.touched import Told, pack_sent, unpack_members, unpack_sent, unpack_told
from guestlist.ports import Flush, Standing, State
from guestlist.ports import Outcome as Answered
from guestlist.store.event_counts import Ends
from guestlist.store.event_members import EventMember
from guestlist.store.runs import Run
from guestlist.store.streams import Stream

SAMPLED = 3  # refusals of one run that are kept as samples
COUNTED = 200_000  # events that are looked up in the ledger at once

Verdict = tuple[Outcome, int, float]  # with the number of LinkedIn's reason where it refused, and when it answered
Ended = tuple[Told, Verdict]


class EventEnds:
    """The events of one stream activation."""

    def __init__(self, app: App, stream: Stream) -> None:
        self.app, self.store = app, app.store
        self._activation_id, self._key_id = stream.activation_id, stream.key_id

    # ── on their way ─────────────────────────────────────────────────────────────────────────────────────────────
    def latest(self, lists: Sequence[bytes], ends: Ends) -> dict[bytes, float]:
        """Member -> receipt of its last event; the events before that are superseded."""
        touched: dict[bytes, float] = {}
        for packed in lists:
            for member, received in unpack_members(packed, self._activation_id).items():
                before = touched.get(member)
                if before and received:
                    self.move(ends, before, Outcome.PENDING, Outcome.SUPERSEDED)
                touched[member] = received or before or 0.0
        return touched

    def move(self, ends: Ends, received: float, was: Outcome, now: Outcome, code: str = "") -> None:
        """An event goes on from one outcome to the next."""
        five = bucket(received)
        ends[self._activation_id, five, was, ""] -= 1
        ends[self._activation_id, five, now, code] += 1

    def told(
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
            ids = known_by(name, members.get(name), known)
            positions = sorted({at for id16 in ids for at in flush.positions.get(id16, ())})
            if positions:
                told.append(Told(received, name, tuple(positions)))
            elif held and name in members and not members[name].wanted:
                waiting.append(Told(received, name))
            else:
                self.move(ends, received, Outcome.PENDING, Outcome.IN_STEP)
        return told, waiting

    # ── at their end ─────────────────────────────────────────────────────────────────────────────────────────────
    def count(self, run: Run, *, held: bool, also: Callable[[], None] = lambda: None) -> None:
        """End the events that a closed run told; those without an answer wait for the next comparison, and so do those
        of members whose removal is ``held`` back. ``also``: what is written with it.
        """
        data = self.store.event_counts.of_run(run.id)
        if data is None:
            also()
            return
        ended, sent = list(self._ended(run, unpack_told(data), held=held)), self.store.event_counts.sent_by(run.id)
        with self.store.transaction():
            if self.store.event_counts.counted(run.id):
                self._end(ended, unpack_sent(sent))
            also()

    def leftovers(self, *, held: bool) -> None:
        """Events of runs that were closed, and nobody lived to count them."""
        for number in self.store.event_counts.uncounted(self._activation_id):
            self.count(self.store.runs.get(number), held=held)

    def sent(self, told: Iterable[Told], after: int, up_to: int) -> bytes:
        """Of these events those few that their folds kept."""
        found: dict[bytes, bytes] = {}
        for each in self.store.event_members.sent(self._key_id, after, up_to):
            found |= unpack_sent(each)
        names = {each.member for each in told} if found else set()
        return pack_sent({name: event for name, event in found.items() if name in names})

    def _end(self, ended: Sequence[Ended], sent: Mapping[bytes, bytes]) -> None:
        reasons = self.store.reasons.texts()
        ends: Ends = Counter()
        over = [every for every in ended if every[1][0] is not Outcome.PENDING]  # of the others removals are held back
        for (five, retried, end, number), events in Counter(
            (bucket(each.received), each.retried, end, number) for each, (end, number, _) in over
        ).items():
            ends[self._activation_id, five, Outcome.PENDING_RETRY if retried else Outcome.PENDING, ""] -= events
            ends[self._activation_id, five, end, reasons.get(number, "") if number else ""] += events
        self.store.event_counts.add(ends)
        taken = [(each.received, at) for each, (end, _, at) in over if end is Outcome.DELIVERED]
        self.store.event_counts.took(self._activation_id, taken)
        refused = [(each.member, reasons.get(number, "")) for each, (end, number, _) in over if end is Outcome.FAILED]
        self._sample(refused, sent)
        self._wait(ended)

    def _wait(self, ended: Iterable[Ended]) -> None:
        """Whatever has not ended: the next comparison does that."""
        again = [each for each, verdict in ended if verdict[0] is Outcome.PENDING]
        unanswered = (each for each, verdict in ended if verdict[0] is Outcome.PENDING_RETRY)
        again += [Told(each.received, each.member, (), True) for each in unanswered]
        self.store.waiting_events.add(self._activation_id, again)

    def _sample(self, refused: Sequence[tuple[bytes, str]], sent: Mapping[bytes, bytes]) -> None:
        """The event, what it made us ask of LinkedIn, and the answer, masked. Where many come at once not every event
        is kept that long: those that are come first.
        """
        some = dict(sorted(refused, key=lambda each: each[0] not in sent)[:SAMPLED])
        for member in self.store.event_members.some(self._key_id, some).values():
            asked = {
                "action": "ADD" if member.wanted else "REMOVE",
                "ids": [{"idType": kind.name, "idValue": hidden(value.hex())} for kind, value in member.ids.values()],
            }
            reason, now = some[member.member], self.app.clock.now()
            data = sample(sent.get(member.member), asked, {"status": 400, "message": reason})
            self.store.event_counts.sample(self._activation_id, Outcome.FAILED, reason, now, data)

    def _ended(self, run: Run, told: Sequence[Told], *, held: bool) -> Iterable[Ended]:
        """What became of each event."""
        placed = [each for each in told if each.positions]
        asked = [each for each in told if not each.positions]
        outcomes = self.store.runs.outcomes(run.id)
        results = _results(outcomes, {at for each in placed for at in each.positions})
        ends = {result: _worst((result,)) for result in set(results.values())}  # most are told in one place only
        for each in placed:
            at = each.positions
            yield each, ends[results[at[0]]] if len(at) == 1 else _worst([results[place] for place in at])
        last = max((each.at or 0.0 for each in outcomes), default=0.0)
        cut = any(each.result == "void" for each in outcomes)
        for first in range(0, len(asked), COUNTED):
            for each, end, number in self._by_ledger(run, asked[first : first + COUNTED], held=held, cut=cut):
                yield each, (end, number, last)

    def _by_ledger(
        self, run: Run, asked: Sequence[Told], *, held: bool, cut: bool
    ) -> Iterable[tuple[Told, Outcome, int]]:
        """Of everybody compared: who has an entry of this run was told by it. Where it was ``cut`` short, who has none
        was either in step or never told: the next comparison knows.
        """
        if not asked:
            return
        members = self.store.event_members.some(self._key_id, {each.member for each in asked})
        _, parts = self.store.ledgers.parts(run.ledger_id)
        known = self.app.flusher.relatives(parts, streams.keys_of(members.values()))
        for each in asked:
            member = members.get(each.member)
            ids = known_by(each.member, member, known)
            entries = [known[id16] for id16 in ids if id16 in known and known[id16].run == run.id]
            end, number = _by_entries([entry for entry in entries if entry.told.state or entry.told.refused])
            waits = cut or (held and member is not None and not member.wanted)
            yield each, Outcome.PENDING if waits and end is Outcome.IN_STEP else end, number


def known_by(name: bytes, member: EventMember | None, known: Mapping[bytes, Standing]) -> set[bytes]:
    """What a member may have been told by. A primaryId says whose element it labels: names have no key of their own."""
    ids = {name, *(member.ids if member else ())}
    return ids | {known[id16].told.owner for id16 in ids if id16 in known}


def _by_entries(entries: Sequence[Standing]) -> tuple[Outcome, int]:
    if not entries:
        return Outcome.IN_STEP, 0
    if any(entry.told.state is State.UNSURE and not entry.told.refused for entry in entries):
        return Outcome.PENDING_RETRY, 0
    refused = next((entry.told.refused for entry in entries if entry.told.refused), 0)
    return (Outcome.FAILED, refused) if refused else (Outcome.DELIVERED, 0)


def _results(outcomes: Sequence[Answered], wanted: set[int]) -> dict[int, tuple[str, int, float]]:
    """Position -> (accepted, unsure, void, refused), the number of the reason, and when LinkedIn answered."""
    results: dict[int, tuple[str, int, float]] = dict.fromkeys(wanted, ("void", 0, 0.0))
    for each in outcomes:
        covered = each.positions or range(each.first, each.first + each.count)
        results |= dict.fromkeys(wanted.intersection(covered), (each.result, 0, each.at or 0.0))
    for each in outcomes:
        results |= {at: ("unsure", 0, 0.0) for at in each.open if at in wanted}
        results |= {at: ("refused", number, each.at or 0.0) for at, number in each.refused.items() if at in wanted}
    return results


def _worst(results: Sequence[tuple[str, int, float]]) -> Verdict:
    """Of an event that is told in several places; it has ended when the last of them is answered."""
    found, last = {result: number for result, number, _ in results}, max(at for *_, at in results)
    if "unsure" in found or "void" in found:
        return Outcome.PENDING_RETRY, 0, last
    return (Outcome.FAILED, found["refused"], last) if "refused" in found else (Outcome.DELIVERED, 0, last)
