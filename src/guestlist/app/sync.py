"""One sync of one activation: finish what is open, look, plan, deliver, close."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from guestlist.app import activations, notices, planning, runs, segments, sight
from guestlist.app.context import App
from guestlist.app.delivery import ASKED_TO_STOP, ENDPOINT, GONE, INTERRUPTED, Delivery, Stop, Target, target_of
from guestlist.app.patience import Patient
from guestlist.app.planning import Case
from guestlist.app.results import RunState, SyncResult
from guestlist.app.turn import Turn, turn
from guestlist.config import Config
from guestlist.core.identity import IdType
from guestlist.core.text import masked
from guestlist.errors import (
    ConfigError,
    DeliveryError,
    GuestlistError,
    NeedsPerson,
    NeedsReauthorization,
    Refused,
    SourceError,
    StaleSource,
    StoreError,
    TryAgain,
    UnknownName,
    WaitsForLinkedIn,
)
from guestlist.ports import Destination, Plan, Refusals, Scan, SegmentSpec, SegmentStatus
from guestlist.store.activations import Activation
from guestlist.store.runs import ENDED, Run
from guestlist.store.segments import Segment

NONE_REFUSED = Refusals()
NOTHING_WAITS: dict[str, Any] = {"state": "", "reason": "", "waiting": None}
KEEP_ALIVE = 25 * 86_400.0
ROUNDS = 3  # a rebuild in the middle of a sync starts another round
ReadConfig = Callable[[], Config]  # the configuration as it is now; ConfigError while it cannot be carried out


@dataclass(frozen=True)
class Wish:
    """What a person asked of this one sync."""

    allow_removals: int | None = None
    resend: bool = False
    new_snapshot: bool = False


NOTHING_SPECIAL = Wish()


class Halt(Exception):
    """The sync ends here, in ``state``, because of ``reason``; never leaves this module."""

    def __init__(
        self, state: RunState, reason: str, run: Run | None = None, label: str = "", who: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reason)
        self.state, self.reason, self.run, self.label, self.who = state, reason, run, label, who


def sync(app: App, read_config: ReadConfig, name: str, wish: Wish = NOTHING_SPECIAL) -> SyncResult:
    """One activation, and whoever asked to hear of it is told. See ``sync_one``."""
    config = read_config()
    try:
        result = sync_one(app, read_config, name, wish)
    except GuestlistError as error:
        with suppress(StoreError):  # what was raised says more
            _ended(app, config, SyncResult(name, state="failed", reason=str(error)))
        raise
    _ended(app, config, result)
    return result


def _ended(app: App, config: Config, result: SyncResult) -> None:
    """Count failures in a row (being interrupted is none), and tell whoever asked."""
    activation = app.store.activations.get(result.activation)
    if activation is None:
        return
    fails = activation.fails_in_row + 1 if result.state == "failed" else 0
    if result.label != INTERRUPTED and fails != activation.fails_in_row:
        app.store.activations.update(activation.id, fails_in_row=fails)
    notices.after_sync(app, config, result)


def sync_one(app: App, read_config: ReadConfig, name: str, wish: Wish = NOTHING_SPECIAL) -> SyncResult:
    """Plan, deliver, settle, close. Expected ends are states of the result; ConfigError, SourceError and StoreError
    are raised (after they were written down). A second sync of the same activation waits for the first; what the
    configuration says once it has its turn counts.
    """
    began = app.clock.now()
    config = read_config()
    case = planning.case(config, name)
    activation = activations.ensure(app, config, name)
    if not case.sends:
        return SyncResult(name, state="disabled", reason=f"{_off(case)} is disabled{_where(config, case)}")
    with turn(app, activation) as mine:
        config = read_config()
        case = _still_wanted(app, config, mine.activation)
        if not case.sends:
            reason = f"{_off(case)} was disabled while this sync waited for another: nothing was sent"
            return SyncResult(name, state="disabled", reason=reason)
        result = _activity(app, config, case, mine, wish).ended()
    return replace(result, seconds=round(app.clock.now() - began, 3))


def _where(config: Config, case: Case) -> str:
    """Where that is said, if it is in the file."""
    section, name = ("destinations", case.wanted.destination) if case.wanted.enabled else ("activations", case.name)
    return "" if config.from_pages(section, name) else f" in {config.path.name}"


def _off(case: Case) -> str:
    return "the destination" if case.wanted.enabled else "the activation"


def _still_wanted(app: App, config: Config, activation: Activation) -> Case:
    """What the configuration says by now. ConfigError, UnknownName: what it says cannot be, or nothing."""
    if activation.name not in config.activations:
        raise UnknownName(
            f"Activation '{masked(activation.name)}' is not in {config.path} any more: nothing was sent for it."
        )
    activations.ensure(app, config, activation.name)
    return planning.case(config, activation.name)


def _activity(app: App, config: Config, case: Case, mine: Turn, wish: Wish) -> Sync:
    if case.audience.source.events is None:
        return Sync(app, case, mine, wish)
    from guestlist.app import stream_sync, streams  # noqa: PLC0415 - built on this page

    streams.ensure(app, config, case.name)
    return stream_sync.StreamSync(app, case, mine, wish)


class Sync:
    """A sync in progress, while it has its turn."""

    def __init__(self, app: App, case: Case, mine: Turn, wish: Wish) -> None:
        self.app, self.store, self.case, self.wish = app, app.store, case, wish
        self.turn, self.activation = mine, app.store.activations.by_id(mine.activation.id)
        self.tidies = True  # the ledger, whenever a run closes
        self.requests = 0
        self.told = self.continued = 0
        self.begun: int | None = None  # the number of the last run that this sync planned
        self.note = ""  # what a person should know of a sync that went well
        self._destination: Destination | None = None

    # ── the way through ──────────────────────────────────────────────────────────────────────────────────────────
    def ended(self) -> SyncResult:
        """``go``, and what ended it before its time is written down. Raises what is no state of the activation."""
        try:
            return self.go()
        except (SourceError, DeliveryError) as error:
            return self.failed(error)
        except GuestlistError as error:
            with suppress(StoreError):  # what was raised says more
                self.store.activations.update(self.activation.id, state="failed", reason=str(error))
            raise

    def go(self) -> SyncResult:
        """From what is open to a closed run, in rounds."""
        try:
            self._ready()
            finished = self._finish_open_runs()
            self._new_snapshot()
            for _ in range(ROUNDS):
                self._look_at_segment()
                if self._frozen():
                    if finished is not None:
                        return finished
                    return self._result("frozen", reason=planning.SENT_ONCE)
                result = self._round()
                if result is not None:
                    return result
        except Halt as halt:
            return self._halted(halt)
        return self._result("failed", reason="LinkedIn lets go of every LinkedIn audience that is made")

    def _round(self) -> SyncResult | None:
        """Plan and carry out once; None when the segment was lost meanwhile and a new one has to be filled."""
        runs.fold_late(self.app, self.activation.ledger_id)
        self._overlay()
        self._keep_alive()
        run = self._plan()
        if run is None:
            return self._result("frozen", reason=planning.SENT_ONCE)
        if not run.removes + run.adds:
            self._close(run, quiet=True)
            return self._done(run, NONE_REFUSED)
        return self._carry_out(run)

    # ── before a plan ────────────────────────────────────────────────────────────────────────────────────────────
    @property
    def destination(self) -> Destination:
        """LinkedIn, once it is needed."""
        if self._destination is None:
            self._destination = Patient(self.app, self.app.door.destination(self.activation.destination_id))
        return self._destination

    def _ready(self) -> None:
        """Nothing is tried while the destination waits for LinkedIn's next day or for a person."""
        number = self.activation.destination_id
        known = self.store.destinations.get(number)
        if known is None or self.store.destinations.credential(number)[0] is None:
            name = self.activation.destination
            raise Halt("parked", f"destination '{name}' is not connected: run `guestlist connect {name}`")
        until = known.waits.get(ENDPOINT[self.activation.members], 0.0)
        if until > self.app.clock.now():
            raise Halt("pending", "LinkedIn's day limit is used up; goes on at 00:00 UTC", self._open_run())
        if known.state:
            self._try_to_unpark(number)

    def _try_to_unpark(self, number: int) -> None:
        """A person may have mended it meanwhile, here or at LinkedIn: looking costs two requests."""
        try:
            account = self.destination.check()
        except NeedsPerson as still:
            self.store.destinations.park(number, still.label, str(still))
            raise Halt("parked", f"{still.label}: {still}", self._open_run(), still.label) from still
        self.store.destinations.update(number, member=account.member, account_name=account.name, role=account.role)
        self.store.destinations.unpark(number)

    def _open_run(self) -> Run | None:
        return self.store.runs.open_run(self.activation.id)

    def _finish_open_runs(self) -> SyncResult | None:
        """What an earlier sync left open is carried to its end (or closed, when it has become too old)."""
        finished = None
        runs.answer_receipts(self.app)
        self.store.runs.sweep(self.activation.id, self.app.clock.now())
        for run in reversed(self.store.runs.open_runs(self.activation.ledger_id)):
            too_old = self.app.clock.now() - run.started > runs.TOO_OLD and not _stays(run)
            another_epoch = run.segment_id is not None and run.epoch != self.activation.epoch
            if run.state == "closing" or too_old or another_epoch or not run.removes + run.adds:
                self._close(run, quiet=True)
            elif run.kind == "forget":
                self._carry_out(run)
            else:
                finished = self._continue(run)
            self._reread()
        return finished

    def _continue(self, run: Run) -> SyncResult | None:
        before = self.told
        try:
            result = self._carry_out(run)
        finally:
            self.continued += self.told - before
        return result and replace(result, continued=self.continued)

    def _reread(self) -> None:
        self.activation = self.store.activations.by_id(self.activation.id)

    def _frozen(self) -> bool:
        return self.case.wanted.mode == "snapshot" and self.activation.frozen

    def _new_snapshot(self) -> None:
        if self.wish.new_snapshot and self.case.wanted.mode == "snapshot" and self.activation.frozen:
            self.turn.begin_ledger()
            self._reread()

    def _look_at_segment(self) -> None:
        """Ask LinkedIn how the segment is; one that takes nobody any more is replaced (a new epoch)."""
        segment = self.store.segments.current(self.activation.ledger_id)
        if segment is None:
            self._nobody_is_in()
        if segment is None or segment.state == "intent":
            return
        if segment.state == "live":
            status = self._shown(segment)
            if (status is None and segments.is_young(self.app, segment)) or (status and status.status not in GONE):
                self._rename(segment)
                return
        if self.case.owner.wanted.mode == "snapshot":
            if self.case.thins:
                raise Halt("frozen", "LinkedIn no longer has the audience of the snapshot that it thins out")
            return
        if segment.state == "live":
            said = "LinkedIn no longer has the audience" if status is None else f"LinkedIn says {status.status}"
            segments.rebuild(self.app, self._owner(), segment, said)
            self._reread()
        name = self.case.owner.wanted.segment_title
        never = segments.NEVER_ASKED
        self.store.segments.begin(self._owner().id, segment.ledger_id, self._source_id(), name, never)
        self._reread()

    def _shown(self, segment: Segment) -> SegmentStatus | None:
        """What LinkedIn shows of it, asked again as long as it may lag; None: it is gone, or too young to be missed."""
        looks = partial(segments.watch, self.app, self.destination, segment, self.activation.ad_account)
        if segments.is_young(self.app, segment):
            return looks()
        status = sight.sought(self.app, segment.id, looks)
        if status is None and self.app.stop.is_set():
            raise Halt("failed", ASKED_TO_STOP, label=INTERRUPTED)
        return status

    def _nobody_is_in(self) -> None:
        """What is known without a segment was told to that of the store which this one is a copy of."""
        if self.store.ledgers.size(self.activation.ledger_id):
            self.store.ledgers.overlay(self.activation.ledger_id, "not_told")

    def _rename(self, segment: Segment) -> None:
        title = self.case.owner.wanted.segment_title
        if self.case.owner.wanted.rename == "propagate" and segment.name != title and segment.linkedin_id:
            self.destination.rename_segment(segment.linkedin_id, title)
            self.store.segments.rename(segment.id, title)

    def _overlay(self) -> None:
        """Tell everybody again where a person or the file's ``refresh`` asks for it."""
        last = self.activation.last_refresh_at or self.activation.created_at
        due = self.case.wanted.refresh is not None and self.app.clock.now() - last >= self.case.wanted.refresh
        if self.wish.resend or due:
            self.wish = replace(self.wish, resend=False)
            self.store.ledgers.overlay(self.activation.ledger_id, "again")
            self.store.activations.update(self.activation.id, last_refresh_at=self.app.clock.now())

    def _keep_alive(self) -> None:
        """LinkedIn archives what is not touched for 30 days: one member who is in is told again (as if unsure)."""
        last = self.activation.last_told_at
        idle = last is not None and self.app.clock.now() - last >= KEEP_ALIVE
        if self.case.wanted.keep_alive and idle:
            version, parts = self.store.ledgers.parts(self.activation.ledger_id)
            known = [each for each in self.app.planner.find(parts, sample=1) if each.id_type is not IdType.PRIMARY]
            runs.doubt(self.app, self.activation.ledger_id, version, parts, known)

    # ── planning ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _plan(self) -> Run | None:
        """A committed run; None: a snapshot froze meanwhile. Raises Halt when the guard stops it."""
        run = self.store.runs.begin(self.activation.id, "sync", self.app.clock.now())
        self.begun = run.id
        try:
            return self._planned(run)
        except BaseException as error:
            reason = str(error) if isinstance(error, (GuestlistError, Halt)) else type(error).__name__
            self.store.runs.give_up(run.id, "failed", reason, self.app.clock.now())
            if isinstance(error, GuestlistError):
                self.turn.give_back()
                self._reread()
            if isinstance(error, Halt):
                runs.ended_as(self.app, run.id, error.state)
            raise

    def _planned(self, run: Run) -> Run:
        with self.store.files.workspace(f"plan of run {run.id}", run.id) as folder:
            scan, chosen = self._list(folder)
            _, ledger = self.store.ledgers.parts(self.activation.ledger_id)
            request = planning.request(self.app, self.case, scan, chosen, ledger, folder)
            request = replace(request, run=run.id, write=True, rejected_before=self._rejected_before())
            plan = self.app.planner.plan(request, self.app.progress)
            at_rest = self._guard(plan)
            if at_rest:
                plan = self.app.planner.plan(replace(request, mode="add_only"), self.app.progress)
            snapshot = self.case.wanted.mode == "snapshot"
            changes: dict[str, Any] = {
                "mapping": {field: list(sources) for field, sources in chosen.items()},
                "last_synced_identity": [list(each) for each in plan.identity],
                "frozen": snapshot,
                **(at_rest or NOTHING_WAITS),
            }
            return runs.commit(
                self.app,
                run,
                plan,
                chosen,
                sealed=snapshot,
                allow_removals=self.wish.allow_removals,
                also=partial(self._also, run, changes),
            )

    def _list(self, _folder: Path) -> tuple[Scan, dict[str, tuple[str, ...]]]:
        """Who is wanted, and which of it is told as what."""
        scan = self.app.sources(self.case.audience, self.case.folder).open()
        return scan, planning.choose_mapping(self.case, self.activation, scan)

    def _also(self, run: Run, changes: Mapping[str, Any]) -> None:
        """What is committed together with a planned run."""
        self.store.activations.update(run.activation_id, **changes)

    def _rejected_before(self) -> str | None:
        current = self.store.rejected.get(self.activation.id)
        return None if current is None or current.file_id is None else str(self.store.files.open(current.file_id))

    def _guard(self, plan: Plan) -> dict[str, Any]:
        """Stops (Halt) a run that would remove too many; or says, in fields of the activation, that only its removals
        wait for a person while the additions go on; nothing: it may be carried out.
        """
        guard = planning.judge(self.case, plan, self.activation, self.wish.allow_removals)
        self.note = planning.note(plan, guard)
        if not guard.trips:
            return {}
        command = planning.allow_command(self.activation.name, guard.removals)
        reason = f"the removal guard stopped it: {guard.reason}. Nothing was sent. If that is right: `{command}`"
        waiting = {"removals": guard.removals, "known": guard.known, "allowed": guard.allowed, "who": list(guard.who)}
        waiting |= self._stopped_plan(plan)
        self.store.activations.update(self.activation.id, state="waiting", reason=reason, waiting=waiting)
        raise Halt("waiting", reason, who=guard.who)

    def _stopped_plan(self, plan: Plan) -> dict[str, Any]:
        """What people look at before they let somebody leave."""
        counts = plan.counts
        found = {"adds": counts.added + counts.changed, "unchanged": counts.unchanged, "rejected": counts.rejected}
        return {"plan": found, "members": list(planning.who_leaves(plan)), "at": self.app.clock.now()}

    # ── delivery ─────────────────────────────────────────────────────────────────────────────────────────────────
    def _owner(self) -> Activation:
        """Whose segment it is, whoever comes to look at it first."""
        of = self.activation.segment_of
        return self.activation if of is None else self.store.activations.by_id(of)

    def _source_id(self) -> str:
        return f"guestlist-{self.store.store_id}-{self._owner().name}"

    def _carry_out(self, run: Run) -> SyncResult | None:
        """Deliver and close; None when the segment was lost. Raises Halt where the run stays open."""
        target = self._target(run)
        with runs.opened_changes(self.app, run) as changes:
            delivery = Delivery(self.app, self.store.runs.get(run.id), changes, target)
            stop = delivery.deliver()
        self.requests += delivery.tally.requests
        self.told += delivery.tally.answered
        if stop is None:
            if runs.ENDED_AS in run.plan:  # an earlier sync had to leave it
                runs.ended_as(self.app, run.id, "done", "")
            return self._done(run, self._close(run))
        self._stopped(run, stop)
        return None

    def _target(self, run: Run) -> Target:
        segment = self._segment()
        if run.segment_id is None:
            self._reread()
            self.store.runs.attach(run.id, segment.id, segment.epoch)
        return target_of(self.app, self.destination, self.activation, segment)

    def _segment(self) -> Segment:
        spec = SegmentSpec(
            self.activation.ad_account,
            self.case.owner.wanted.segment_title,
            self.activation.members,
            self._source_id(),
            self.app.settings.linkedin_source_platform,
        )
        return segments.ensure(self.app, self._owner(), self.destination, spec)

    def _stopped(self, run: Run, stop: Stop) -> None:
        """Put a run that did not come to its end where it belongs."""
        number = self.activation.destination_id
        if stop.state == "rebuild":
            self._close(run, quiet=True)
            return
        if stop.state == "pending":
            self.store.destinations.wait(number, ENDPOINT[self.activation.members], stop.until)
            self.store.activations.update(self.activation.id, state="pending", reason=stop.text, wait_until=stop.until)
        if stop.whole_destination:
            self.store.destinations.park(number, stop.label, stop.text)
        stays = _stays(run) or stop.whole_destination or stop.state in ("pending", "interrupted")
        state: RunState = "failed" if stop.state == "interrupted" else stop.state
        reason = stop.text if stop.state in ("pending", "interrupted") else f"{stop.label}: {stop.text}"
        if stays:
            self.store.runs.wait(run.id, reason)
        else:
            self._close(run, quiet=True)
        runs.ended_as(self.app, run.id, state, reason)
        self.store.activations.update(self.activation.id, state=state, reason=reason)
        raise Halt(state, reason, self.store.runs.get(run.id), stop.label)

    def _close(self, run: Run, *, quiet: bool = False) -> Refusals:
        told = {} if quiet and not run.requests else {"last_told_at": self.app.clock.now()}
        refusals = runs.close(self.app, run, tidies=self.tidies, **self._at_rest(), **told)
        self._reread()
        if runs.lacks_rows(refusals):
            with suppress(SourceError, ConfigError):
                self._look_up(run, refusals)
        return refusals

    def _at_rest(self) -> dict[str, Any]:
        """The state of the activation while nothing is on its way."""
        return {"state": "", "reason": ""}

    def _look_up(self, run: Run, refusals: Refusals) -> None:
        """A large list is told without counting its rows: those that LinkedIn refused are found by reading it again,
        while it is still the list that was told.
        """
        scan = self.app.sources(self.case.audience, self.case.folder).open()
        if [list(each) for each in scan.identity] != self.activation.last_synced_identity:
            return
        with self.store.files.workspace(f"refused rows of run {run.id}") as folder:
            _, ledger = self.store.ledgers.parts(self.activation.ledger_id)
            chosen = planning.choose_mapping(self.case, self.activation, scan)
            request = planning.request(self.app, self.case, scan, chosen, ledger, folder)
            request = replace(request, run=run.id, write=True, rejected_before=self._rejected_before())
            runs.reject_anew(self.app, run, self.app.planner.plan(request, self.app.progress).rejected, refusals)

    # ── what is answered ─────────────────────────────────────────────────────────────────────────────────────────
    def _done(self, run: Run, refusals: Refusals) -> SyncResult:
        self._observe()
        return self._result("done", self.note, run, refusals)

    def _observe(self) -> None:
        """What LinkedIn says of the segment now; a failure here is nobody's concern."""
        segment = self.store.segments.current(self.activation.ledger_id)
        if self.requests and segment is not None and segment.linkedin_id:
            with _ignored():
                segments.watch(self.app, self.destination, segment, self.activation.ad_account)

    def _halted(self, halt: Halt) -> SyncResult:
        result = self._result(halt.state, halt.reason, halt.run, open_ones=halt.run is not None)
        return replace(result, label=halt.label, who=halt.who)

    def _result(
        self,
        state: RunState,
        reason: str = "",
        run: Run | None = None,
        refusals: Refusals = NONE_REFUSED,
        *,
        open_ones: bool = False,
    ) -> SyncResult:
        segment = self.store.segments.current(self.activation.ledger_id)
        waiting = waiting_in(self.app, run) if run is not None and open_ones else 0
        made = result_of(self.activation, segment, run, state, reason, refusals, self.requests, waiting)
        return replace(made, continued=self.continued, run=self.begun if run is None else run.id)

    def failed(self, error: SourceError | DeliveryError) -> SyncResult:
        """An error that ends this sync but not the activation: written down, answered as a state."""
        state = _state_of(error)
        reason = f"{error.label}: {error}" if isinstance(error, NeedsPerson) else str(error)
        number = self.activation.destination_id
        if isinstance(error, WaitsForLinkedIn):
            self.store.destinations.wait(number, ENDPOINT[self.activation.members], error.until)
        elif isinstance(error, NeedsReauthorization):
            self.store.destinations.park(number, error.label, str(error))
        run = self._open_run()
        if run is not None:
            runs.ended_as(self.app, run.id, state, reason)
        if run is not None and isinstance(error, (TryAgain, Refused)) and not _stays(run):
            self._close(run, quiet=True)
            run = None
        self.store.activations.update(self.activation.id, state=state, reason=reason)
        label = error.label if isinstance(error, NeedsPerson) else "stale" if isinstance(error, StaleSource) else ""
        return replace(self._result(state, reason, run, open_ones=run is not None), label=label)


def _stays(run: Run) -> bool:
    """Never closed before everybody was answered: a snapshot's list is gone, and forgetting is a promise."""
    return run.sealed or run.kind == "forget"


def _state_of(error: SourceError | DeliveryError) -> RunState:
    if isinstance(error, NeedsPerson):
        return "parked"
    return "pending" if isinstance(error, WaitsForLinkedIn) else "failed"


@contextmanager
def _ignored() -> Iterator[None]:
    try:
        yield
    except DeliveryError:
        return


def result_of(
    activation: Activation,
    segment: Segment | None,
    run: Run | None,
    state: RunState,
    reason: str,
    refusals: Refusals,
    requests: int,
    waiting: int,
) -> SyncResult:
    """The fixed fields from what was counted, what was refused since, and (``waiting``) how much is still open."""
    counts = dict(run.counts) if run is not None else {}
    refused = refusals.added + refusals.changed
    return SyncResult(
        activation.name,
        segment.linkedin_id if segment is not None else None,
        added=counts.get("added", 0) - refusals.added,
        removed=counts.get("removed", 0),
        changed=counts.get("changed", 0) - refusals.changed,
        unchanged=counts.get("unchanged", 0),
        duplicates=counts.get("duplicates", 0),
        rejected=counts.get("rejected", 0) + refused,
        pending=waiting if state != "parked" else 0,
        parked=waiting if state == "parked" else 0,
        requests=requests,
        state=state,
        reason=reason,
    )


def waiting_in(app: App, run: Run) -> int:
    """Elements of a run that LinkedIn has not answered yet; what ended has none."""
    if run.state in ENDED:
        return 0
    counts = app.store.batches.counts(run.id)
    return sum(each.elements for each in counts if each.state in ("ready", "claimed", "parked"))
