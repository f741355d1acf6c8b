"""``plan``: what a sync would do now, and lists for LinkedIn's upload page; nothing is sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from guestlist.app import activations, health, planning, streams
from guestlist.app.context import App
from guestlist.app.delivery import GONE, RATE
from guestlist.app.planning import Case
from guestlist.app.results import Guard, PlanResult
from guestlist.config import ActivationConfig, Config
from guestlist.core.delivery import BATCH_SIZE
from guestlist.core.fields import FIELDS
from guestlist.errors import ConfigError, SourceError
from guestlist.ports import LedgerPart, Lists, Plan, Scan
from guestlist.store.activations import Activation
from guestlist.store.segments import DELETED

NO_KEY = -1  # of an audience that no event ever came for
ADVISED = 10_000  # contacts, by LinkedIn


def plan(app: App, config: Config, name: str) -> PlanResult:
    """What a sync would do now. ConfigError, SourceError and StoreError are raised."""
    case = planning.case(config, name)
    activations.refuse_moved(app, config, case.wanted.destination)
    found = activations.existing(app, config, name)
    if found is not None and found.frozen and case.wanted.mode == "snapshot":
        return PlanResult(name, state="frozen", reason=planning.SENT_ONCE)
    chosen, made = _made(app, case, found, _ledger(app, config, case, found))
    guard = planning.judge(case, made, found)
    result = _result(case, made, guard, chosen)
    if not case.sends:
        return replace(result, state="disabled", reason="it is disabled: a sync would send nothing")
    if guard.trips:
        command = planning.allow_command(name, guard.removals)
        return replace(result, state="waiting", reason=f"the removal guard would stop it: {guard.reason}; `{command}`")
    return replace(result, reason=planning.note(made, guard))


def plans(app: App, config: Config, wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a first sync of activations would do that are not there yet (name -> in the yaml's shape): each as the JSON
    of ``plan``, or with ``problem``, a sentence that says why nobody knows.
    """
    there = {name: ActivationConfig.model_validate(body) for name, body in wanted.items()}
    tried = config.model_copy(update={"activations": {**config.activations, **there}})
    found: dict[str, dict[str, Any]] = {}
    for name in wanted:
        try:
            found[name] = plan(app, tried, name).json()
        except (ConfigError, SourceError) as error:
            found[name] = {"activation": name, "problem": str(error)}
    return found


def _ledger(app: App, config: Config, case: Case, found: Activation | None) -> tuple[LedgerPart, ...]:
    """What LinkedIn was told; nothing of an audience that takes nobody any more, since a sync makes another."""
    if found is None and case.wanted.segment_of is not None:
        found = activations.existing(app, config, case.wanted.segment_of)
    if found is None:
        return ()
    segment, parts = app.store.segments.current(found.ledger_id), app.store.ledgers.parts(found.ledger_id)[1]
    lost = segment is not None and segment.linkedin_status in (*GONE, DELETED)
    return tuple(replace(part, read_as="not_told") for part in parts) if lost else parts


def _made(
    app: App, case: Case, found: Activation | None, ledger: tuple[LedgerPart, ...]
) -> tuple[dict[str, tuple[str, ...]], Plan]:
    with app.store.files.workspace(f"plan of {case.name}") as folder:
        scan, chosen = _listed(app, case, found, folder)
        request = planning.request(app, case, scan, chosen, ledger, folder)
        return _shown(case, chosen), app.planner.plan(request, app.progress)


def _listed(app: App, case: Case, found: Activation | None, folder: Path) -> tuple[Scan, dict[str, tuple[str, ...]]]:
    """Who is wanted, and which of it is told as what."""
    if case.audience.source.events is None:
        scan = app.sources(case.audience, case.folder).open()
        return scan, planning.choose_mapping(case, found, scan)
    key = streams.key_of(app, case, found)
    with app.store.snapshot():
        return streams.exported(app, case, key.id if key is not None else NO_KEY, folder)


def _shown(case: Case, chosen: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """A mapping as the file would have it."""
    if case.audience.source.events is None:
        return chosen
    said = streams.declaration(case.wanted, case.audience).mapping
    return {field: tuple(map(str, sources)) for field, sources in said.items()}


def _result(case: Case, made: Plan, guard: Guard, chosen: dict[str, tuple[str, ...]]) -> PlanResult:
    counts = made.counts
    requests = math.ceil(made.changes.removes / BATCH_SIZE) + math.ceil(made.changes.adds / BATCH_SIZE)
    wanted = counts.added + counts.changed + counts.unchanged
    return PlanResult(
        case.name,
        adds=counts.added + counts.changed,
        removes=counts.removed,
        unchanged=counts.unchanged,
        rejected=counts.rejected,
        rejected_by_reason=dict(made.rejected.by_reason),
        requests=requests,
        seconds_at_limit=round(requests * 60 / RATE[case.members], 1),
        guard=guard,
        mapping=chosen,
        in_clear=made.traits_in_clear or _in_clear(case, chosen),
        notes=dict(made.notes),
        duplicates=counts.duplicates,
        advice=_advice(case, wanted),
    )


def _in_clear(case: Case, chosen: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    fields = FIELDS[case.members]
    return tuple(name for name in chosen if name in fields and name != "primaryId" and not fields[name].hashed)


def _advice(case: Case, wanted: int) -> str:
    needs = f"LinkedIn needs {health.NEEDED} matched people"
    if case.audience.members == "companies":
        return f"{needs} at these companies before it serves an audience."
    needs = f"{needs} before it serves an audience, and advises {ADVISED:,} contacts"
    return f"{needs}; this list has {wanted:,}."


def write_lists(app: App, config: Config, name: str, folder: Path) -> Lists:
    """Everyone wanted, as LinkedIn's own list template; needs no connection and leaves the ledger alone. Whom a
    remove_only activation of the same segment names is left out.
    """
    case = planning.case(config, name)
    found = activations.existing(app, config, name)
    with app.store.files.workspace(f"lists of {name}") as work:
        scan, chosen = _listed(app, case, found, work)
        request = planning.request(app, case, scan, chosen, (), work)
        excluded = tuple(planning.exclusion(app, each, always=True) for each in case.thinned_by)
        request = replace(request, mode="mirror", write=True, excluded=excluded)
        made = app.planner.plan(request, app.progress)
        return app.elements.write_lists(case.members, made.changes, folder, name)
