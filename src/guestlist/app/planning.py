"""From an activation to a plan: which list, which mapping, which ledger; and what the removal guard says of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from guestlist.app import activations, runs
from guestlist.app.context import App
from guestlist.app.results import Guard
from guestlist.config import ActivationConfig, AudienceConfig, Config, DestinationConfig
from guestlist.core import guard, mapping, words
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError, SourceError
from guestlist.ports import Exclusion, LedgerPart, Plan, PlanRequest, Scan
from guestlist.store.activations import Activation

SENT_ONCE = "nothing was to do: the snapshot was sent, and its list is read again only for a new snapshot"
NAMED = 10  # of those who would leave, in a sentence
COMPLETE = ("mirror", "stream", "snapshot")  # modes whose list says everything: whoever is not on it has to go


@dataclass(frozen=True)
class Case:
    """One activation as the file describes it, resolved."""

    name: str
    wanted: ActivationConfig
    audience: AudienceConfig
    destination: DestinationConfig
    folder: Path
    thinned_by: tuple[Case, ...] = ()  # remove_only activations of its segment
    thins: Case | None = None  # remove_only: the one whose segment it is

    @property
    def members(self) -> Kind:
        """What the audience is made of."""
        return self.audience.kind

    @property
    def owner(self) -> Case:
        """Whose segment it feeds: its own, unless it thins out that of another."""
        return self.thins or self

    @property
    def sends(self) -> bool:
        """Whether anything may leave."""
        return self.wanted.enabled and self.destination.enabled


def case(config: Config, name: str) -> Case:
    """Resolve the names of the file."""
    thinned_by = tuple(_alone(config, other) for other, each in config.activations.items() if each.segment_of == name)
    alone = _alone(config, name)
    thins = alone.wanted.segment_of and _alone(config, alone.wanted.segment_of)
    return replace(alone, thinned_by=thinned_by, thins=thins or None)


def _alone(config: Config, name: str) -> Case:
    wanted = activations.entry(config, name)
    return Case(name, wanted, config.audiences[wanted.audience], config.destinations[wanted.destination], config.folder)


def choose_mapping(case: Case, fixed: Activation | None, scan: Scan) -> dict[str, tuple[str, ...]]:
    """The file's own, else the one fixed at the first sync, else guessed from the header; checked against the list.

    A later change of the header never changes a guessed mapping: a missing column is an error. ConfigError.
    """
    if case.wanted.mapping is not None:
        chosen = dict(case.wanted.mapping)
    elif fixed is not None and fixed.mapping is not None:
        chosen = {field: tuple(sources) for field, sources in fixed.mapping.items()}
    else:
        chosen = mapping.guess(case.members, scan.columns)
        if not mapping.identifies(case.members, chosen):
            raise ConfigError(
                f"No column of '{case.audience.source.shown}' looks like one LinkedIn could find "
                f"{case.audience.members} by: say which with `mapping:` under activation '{case.name}'."
            )
    mapping.check(
        case.members, chosen, scan.columns, case.destination.send_email, case.destination.send_google_advertising_id
    )
    return chosen


def request(
    app: App, case: Case, scan: Scan, chosen: dict[str, tuple[str, ...]], ledger: tuple[LedgerPart, ...], folder: Path
) -> PlanRequest:
    """All that the planner needs to count; a sync adds its run and where to write."""
    return PlanRequest(
        members=case.members,
        scan=scan,
        mapping=chosen,
        mode="mirror" if case.wanted.mode == "stream" else case.wanted.mode,
        ledger=ledger,
        key=app.store.meta.names_key,
        run=0,
        now=app.clock.now(),
        folder=str(folder),
        filter=case.audience.filter,
        derive=case.wanted.derive,
        send_email=case.destination.send_email,
        send_google_advertising_id=case.destination.send_google_advertising_id,
        suppressed=app.store.suppressions.active() if case.members is Kind.PEOPLE and not case.thins else (),
        excluded=tuple(exclusion(app, each) for each in case.thinned_by if _keeps_out(app, each)),
        refused=runs.refusal_texts(app),
        write=False,
    )


def exclusion(app: App, case: Case, *, always: bool = False) -> Exclusion:
    """The list of a remove_only activation as the plan of the one it thins out needs it. Raises as that plan would:
    without it nobody can say who has to stay out.
    """
    try:
        scan = app.sources(case.audience, case.folder).open()
        chosen = choose_mapping(case, app.store.activations.get(case.name), scan)
    except (ConfigError, SourceError) as error:
        raise type(error)(
            f"Whom '{case.name}' removed has to stay out of '{case.wanted.segment_of}', but: {error}"
        ) from None
    return Exclusion(scan, chosen, case.audience.filter, case.wanted.derive, always)


def _keeps_out(app: App, case: Case) -> bool:
    """Paused or not; one that was never synced, or was ended, keeps nobody out."""
    found = app.store.activations.get(case.name)
    return found is not None and found.removed_at is None


def judge(case: Case, plan: Plan, found: Activation | None, allow_removals: int | None = None) -> Guard:
    """What the removal guard says; only a complete list can remove by leaving out. Whoever is only told again that
    they are out left long ago. ``found``: its record, as it was before this plan.
    """
    counts = plan.counts
    known, removals = counts.known - counts.removed_before, counts.removed - counts.removed_before
    if case.wanted.mode not in COMPLETE:
        return Guard(known, removals, known, trips=False)
    verdict = guard.judge(
        case.wanted.max_removals,
        rows=counts.rows if case.audience.source.events is None else max(counts.rows, 1),  # no event is no accident
        known=known,
        removals=removals,
        override=allow_removals,
        first=found is None or found.last_synced_identity is None,
    )
    if not verdict.trips:
        return Guard(known, removals, verdict.allowed, trips=False, reason=verdict.reason)
    return Guard(known, removals, verdict.allowed, trips=True, reason=verdict.reason, who=who_leaves(plan)[:NAMED])


def who_leaves(plan: Plan) -> tuple[str, ...]:
    """Up to fifty of those who would leave; people by the beginning of a digest."""
    return guard.named(plan.leaving)


def note(plan: Plan, guard: Guard) -> str:
    """What a person should know of a plan that may be carried out."""
    counts = plan.counts
    if not guard.reason and counts.rows and counts.filtered == counts.rows:
        return f"the filter keeps none of the {words.counted(counts.rows, 'row')}"
    return guard.reason


def allow_command(name: str, removals: int) -> str:
    """What a person types to let it pass."""
    return f"guestlist sync {name} --allow-removals {removals}"
