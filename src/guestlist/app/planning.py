"""From an activation to a plan: which list, which mapping, which ledger; and what the removal guard says of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from guestlist.app import activations, runs
from guestlist.app.context import App
from guestlist.app.results import Guard
from guestlist.config import ActivationConfig, AudienceConfig, Config, DestinationConfig
from guestlist.core import guard, mapping
from guestlist.core.identity import Kind
from guestlist.errors import ConfigError
from guestlist.ports import LedgerPart, Plan, PlanRequest, Scan
from guestlist.store.activations import Activation

COMPLETE = ("mirror", "snapshot")  # modes whose list says everything: whoever is not on it has to go


@dataclass(frozen=True)
class Case:
    """One activation as the file describes it, resolved."""

    name: str
    wanted: ActivationConfig
    audience: AudienceConfig
    destination: DestinationConfig
    folder: Path

    @property
    def members(self) -> Kind:
        """What the audience is made of."""
        return self.audience.kind

    @property
    def sends(self) -> bool:
        """Whether anything may leave."""
        return self.wanted.enabled and self.destination.enabled


def case(config: Config, name: str) -> Case:
    """Resolve the names of the file."""
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
                f"No column of '{case.audience.source.file}' looks like one LinkedIn could find "
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
        mode=case.wanted.mode,
        ledger=ledger,
        key=app.store.meta.names_key,
        run=0,
        now=app.clock.now(),
        folder=str(folder),
        filter=case.audience.filter,
        derive=case.wanted.derive,
        send_email=case.destination.send_email,
        send_google_advertising_id=case.destination.send_google_advertising_id,
        suppressed=app.store.suppressions.active() if case.members is Kind.PEOPLE else (),
        refused=runs.refusal_texts(app),
        write=False,
    )


def judge(case: Case, plan: Plan, allow_removals: int | None = None) -> Guard:
    """What the removal guard says; only a complete list can remove by leaving out. Whoever is only told again that
    they are out left long ago.
    """
    counts = plan.counts
    known, removals = counts.known - counts.removed_before, counts.removed - counts.removed_before
    if case.wanted.mode not in COMPLETE:
        return Guard(known, removals, known, trips=False)
    verdict = guard.judge(
        case.wanted.max_removals, rows=counts.rows, known=known, removals=removals, override=allow_removals
    )
    if not verdict.trips:
        return Guard(known, removals, verdict.allowed, trips=False)
    names = guard.named(plan.leaving)
    reason = f"{verdict.reason} (who: {guard.who(names, removals)})" if names else verdict.reason
    return Guard(known, removals, verdict.allowed, trips=True, reason=reason, who=names)


def allow_command(name: str, removals: int) -> str:
    """What a person types to let it pass."""
    return f"guestlist sync {name} --allow-removals {removals}"
