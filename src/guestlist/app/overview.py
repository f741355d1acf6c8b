"""What people look at: activations as they stand, runs, rejected rows."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from guestlist.app import activations, books, connection, schedule, segments
from guestlist.app import runs as runs_of
from guestlist.app.books import Books
from guestlist.app.context import App
from guestlist.app.delivery import GONE
from guestlist.app.results import Reached, RejectedRow, Removals, RunRow, StatusRow, SyncResult
from guestlist.app.sync import result_of, waiting_in
from guestlist.app.turn import holder
from guestlist.config import ActivationConfig, Config
from guestlist.core.mapping import nearest
from guestlist.core.text import masked
from guestlist.errors import REFRESH_TOKEN_EXPIRED, ConfigError, DeliveryError, UnknownName
from guestlist.ports import Refusals, RejectedWish
from guestlist.store.activations import Activation
from guestlist.store.runs import ENDED, Run
from guestlist.store.segments import DELETED, Segment


def known(app: App, name: str) -> Activation:
    """The store's record of an activation; UnknownName with the nearest name when it was never synced."""
    found = app.store.activations.get(name)
    if found is None or found.removed_at is not None:
        names = [each.name for each in app.store.activations.all(removed=False)]
        hint = nearest(name, names) or (f"; known are {', '.join(names)}" if names else "")
        raise UnknownName(f"Activation '{masked(name)}' was never synced{hint}.")
    return found


def status(
    app: App, config: Config | None, names: Collection[str] | None = None, *, live: bool = False
) -> list[StatusRow]:
    """Activations of the file and of the store, all of them unless ``names`` says which; ``live`` asks LinkedIn now.
    UnknownName.
    """
    there = {each.name: each for each in app.store.activations.all(removed=False)}
    described = list(config.activations) if config is not None else []
    known = [*described, *(each for each in there if each not in described)]
    for name in names or ():
        if name not in known:
            raise UnknownName(f"There is no activation '{masked(name)}'{nearest(name, known)}.")
    wanted = known if names is None else names
    synced = [there[each] for each in wanted if each in there]
    problems = {each.name: _ask(app, each) for each in synced} if live else {}
    read = books.opened(app, synced)
    return [_row(app, config, read, each, there.get(each), problems.get(each, "")) for each in wanted]


def words(config: Config, row: StatusRow) -> str:
    """What is looked through to find it, beside its state in the words of whoever shows it."""
    wanted = config.activations.get(row.activation)
    audience = wanted.audience if wanted is not None else ""
    return f"{row.activation} {audience} {row.destination} {row.linkedin_status}"


def at_linkedin(app: App) -> list[str]:
    """The names of those that have an audience at LinkedIn, in the order they were made."""
    found = app.store.activations.all(removed=False)
    current = app.store.segments.currents({each.ledger_id for each in found})
    return [each.name for each in found if each.ledger_id in current and current[each.ledger_id].linkedin_id]


def _row(app: App, config: Config | None, read: Books, name: str, found: Activation | None, problem: str) -> StatusRow:
    wanted = config.activations.get(name) if config is not None else None
    if found is None:
        destination = wanted.destination if wanted else ""
        disabled = wanted is not None and config is not None and not _is_enabled(config, wanted)
        state, reason = _DISABLED if disabled else ("never synced", "run `guestlist sync`")
        works_until = connection.stands(app, config, destination).works_until if config is not None else None
        return StatusRow(name, state, reason, destination=destination, works_until=works_until)
    segment, last = read.segments.get(found.ledger_id), read.last.get(found.id)
    mistaken = mistake(config, read, found) if config is not None else None
    state, reason = _state(app, config, read, found, mistaken)
    return StatusRow(
        name,
        state,
        problem or reason,
        segment_id=segment.linkedin_id if segment else None,
        linkedin_status=segment.linkedin_status if segment else "",
        input=segment.input if segment else None,
        matched=segment.matched if segment else None,
        audience_size=segment.audience_size if segment else None,
        as_of=segment.as_of if segment else None,
        last_run=last.started if last else None,
        destination=activations.destination_of(config, found) if config is not None else found.destination,
        segment_name=segment.name if segment else "",
        told=read.told.get(found.id),
        campaign_manager=campaign_manager(app, found.ad_account) if segment else "",
        next_run=schedule.due(app, config, name, found, last) if config is not None and wanted is not None else None,
        who=tuple((found.waiting or {}).get("who", ())) if state == "waiting" else (),
        works_until=read.works_until.get(found.destination_id),
        authorization_ended=_has_ended(app, read, found),
        mistake=mistaken.mistake if mistaken is not None else None,
    )


def _has_ended(app: App, read: Books, found: Activation) -> bool:
    """Whether LinkedIn refused the authorization of its destination, or its end is past."""
    fed, until = read.destinations.get(found.destination_id), read.works_until.get(found.destination_id)
    parked = fed is not None and fed.state == REFRESH_TOKEN_EXPIRED
    return parked or (until is not None and until <= app.clock.now())


_DISABLED = ("disabled", "nothing is sent, nothing is lost")


def _is_enabled(config: Config, wanted: ActivationConfig) -> bool:
    return wanted.enabled and config.destinations[wanted.destination].enabled


def _ask(app: App, found: Activation) -> str:
    """Let the books say what LinkedIn says now; why it cannot be asked."""
    segment = app.store.segments.current(found.ledger_id)
    if segment is None or not segment.linkedin_id:
        return ""
    try:
        there = segments.watch(app, app.door.destination(found.destination_id), segment, found.ad_account)
    except (DeliveryError, ConfigError) as error:
        return str(error)
    if there is not None:
        return ""
    if app.store.segments.by_id(segment.id).linkedin_status == DELETED:
        return "LinkedIn no longer has this audience; the next sync makes it again"
    return "LinkedIn does not show this audience just now: it may lag, look again in a few minutes"


def _state(
    app: App, config: Config | None, read: Books, found: Activation, mistaken: activations.MadeOfAnother | None
) -> tuple[str, str]:
    wanted = config.activations.get(found.name) if config is not None else None
    if config is not None and wanted is None:
        return "not in the file", "nothing is sent; `guestlist remove` ends it for good"
    if wanted is not None and config is not None and not _is_enabled(config, wanted):
        return _DISABLED
    if mistaken is not None:
        return "failed", str(mistaken)
    parked = read.destinations.get(found.destination_id)
    if parked is not None and parked.state:
        return "parked", f"{parked.state}: {parked.reason}"
    if found.state:
        return found.state, found.reason
    if by := _at_it(app, read, found):
        return "syncing", by
    if found.id in read.open:
        return "pending", "a sync was interrupted; the next one goes on"
    if found.frozen:
        return "frozen", "the snapshot was sent; its list is read again only for a new snapshot"
    segment = read.segments.get(found.ledger_id)
    if segment is not None and segment.linkedin_status in {*GONE, DELETED}:
        return "lost", f"lost at LinkedIn ({segment.linkedin_status}): it is made again at the next sync"
    return ("in step", "") if found.last_run is not None else ("never synced", "run `guestlist sync`")


def _at_it(app: App, read: Books, found: Activation) -> str | None:
    """Who is at a run of it, be it only planned yet; None: nobody."""
    ledgers, last = read.open.get(found.id, frozenset()), read.last.get(found.id)
    if last is not None and last.state == "planning":
        ledgers |= {last.ledger_id}
    return next(filter(None, (holder(app, each) for each in ledgers)), None)


def mistake(config: Config, read: Books, found: Activation) -> activations.MadeOfAnother | None:
    """Why a sync of it would be refused as the file is; None too while it is switched off."""
    wanted = config.activations.get(found.name)
    if wanted is None or not _is_enabled(config, wanted):
        return None
    return activations.mistake(config, found, wanted, read.keys.get(found.id))


def leaving(app: App, name: str) -> Removals | None:
    """Members whose removal waits for a person; None: nobody's does."""
    found = app.store.activations.get(name)
    if found is None or found.state != "waiting" or not (waiting := found.waiting) or not waiting.get("removals"):
        return None
    return Removals(
        name,
        int(waiting["removals"]),
        int(waiting.get("known", 0)),
        int(waiting.get("allowed", 0)),
        gone=int(waiting.get("gone", 0)),
        who=tuple(waiting.get("members", waiting.get("who", ()))),
        at=waiting.get("at"),
        **waiting.get("plan", {}),
    )


def campaign_manager(app: App, ad_account: str) -> str:
    """Where the account's matched audiences are listed for people. A guess, for LinkedIn documents no such address; the
    emulator has the same page.
    """
    number = ad_account.rsplit(":", 1)[-1]
    if (given := app.settings.linkedin_campaign_manager_url) is not None:
        return given.replace("{account}", number)
    parts = urlsplit(app.settings.linkedin_oauth_url)
    return f"{parts.scheme}://{parts.netloc}/campaignmanager/accounts/{number}/matched-audiences"


def runs(app: App, name: str | None = None, limit: int = 20, before: int | None = None) -> list[RunRow]:
    """The latest runs, newest first; the flushes of a stream are one run an hour. ``before``: the number of the last
    one of the page before this.
    """
    found = [known(app, name)] if name is not None else app.store.activations.all()
    return _runs(app, found, limit, before, everybody=name is None)


def run(app: App, name: str | None, number: int) -> RunRow:
    """One run, of an activation where it is named. UnknownName."""
    activation, found = known(app, name) if name is not None else None, app.store.runs.some([number])
    if not found or (activation is not None and found[0].activation_id != activation.id):
        of = f" of '{masked(name)}'" if name is not None else ""
        raise UnknownName(f"There is no run {number}{of}; what is old is not kept.")
    activation = activation or app.store.activations.by_id(found[0].activation_id)
    return _run_row(app, activation, app.store.segments.currents({activation.ledger_id}), found[0])


def latest_of(app: App, names: Collection[str], limit: int = 20, before: int | None = None) -> list[RunRow]:
    """The latest runs of some activations as ``runs`` shows them; those that were never synced have none."""
    found = [each for each in app.store.activations.all(removed=False) if each.name in names]
    return _runs(app, found, limit, before, everybody=False)


def _runs(app: App, found: Sequence[Activation], limit: int, before: int | None, *, everybody: bool) -> list[RunRow]:
    by_id = {each.id: each for each in found}
    segments_of = app.store.segments.currents({each.ledger_id for each in found})
    ids = None if everybody else by_id.keys()
    rows: list[RunRow] = []
    hours: dict[tuple[int, float], int | None] = {}  # where the hour of a stream is; None: on an earlier page
    if before is not None:
        hours |= {_hour(each): None for each in app.store.runs.first_flushes(ids, before)}
    for run in app.store.runs.newest(ids, limit + 1, before):
        is_flush, hour = run.kind == "flush", _hour(run)
        activation = by_id[run.activation_id]
        if is_flush and hour in hours:
            if (place := hours[hour]) is not None:
                rows[place] = _together(rows[place], _run_row(app, activation, segments_of, run))
        elif len(rows) < limit:
            hours |= {hour: len(rows)} if is_flush else {}
            rows.append(_run_row(app, activation, segments_of, run))
        elif run.started < min((at for (_, at), place in hours.items() if place is not None), default=math.inf):
            break  # until then an hour that is shown may have more of its flushes
    return rows


def _hour(run: Run) -> tuple[int, float]:
    return run.activation_id, run.started // HOUR * HOUR


def _together(hour: RunRow, run: RunRow) -> RunRow:
    """An hour of a stream with one more of its flushes: sums, under the number of the last of them."""
    total, one = hour.result, run.result
    sums = {each: getattr(total, each) + getattr(one, each) for each in _SUMMED}
    return RunRow(hour.run, run.started, replace(total, **sums), hour.reached.and_(run.reached), hour.removed)


HOUR = 3600.0
_SUMMED = ("added", "removed", "changed", "rejected", "requests", "seconds")


def _run_row(app: App, activation: Activation, segments_of: Mapping[int, Segment], run: Run) -> RunRow:
    segment, answers = segments_of.get(activation.ledger_id), runs_of.answers_of(app, run)
    refused, waiting = Refusals(answers.new, answers.changed), waiting_in(app, run)
    result = result_of(activation, segment, run, "done", run.reason, refused, run.requests, waiting)
    ended = run.ended if run.ended is not None else app.clock.now()
    excluded = run.counts.get("rejected", 0)
    reached = Reached(answers.accepted, excluded + answers.skipped, answers.refused + answers.unanswered)
    shown, removed = _shown(result, run, ended, _ended_as(app, run)), activation.removed_at is not None
    return RunRow(run.id, run.started, shown, reached, removed)


def _shown(result: SyncResult, run: Run, ended: float, state: str) -> SyncResult:
    values: dict[str, Any] = {"seconds": round(ended - run.started, 3), "state": state}
    return replace(result, **values)


def _ended_as(app: App, run: Run) -> str:
    """The state of a run in the words of ``sync`` and ``status``; ``syncing`` while a process is at it."""
    if (noted := run.plan.get(runs_of.ENDED_AS)) is not None:
        return str(noted)
    if run.state in ENDED:
        return "done" if run.state == "closed" else "failed"
    return "syncing" if holder(app, run.ledger_id) else "pending"


def rejected_in(app: App, name: str) -> int:
    """The number of the run whose rejected rows are kept; 0: none was yet."""
    current = app.store.rejected.get(known(app, name).id)
    return current.run_id if current is not None else 0


def rejected(app: App, name: str) -> Iterator[RejectedRow]:
    """Every row of the last run that was not sent or that LinkedIn refused."""
    current = app.store.rejected.get(known(app, name).id)
    if current is None or current.file_id is None:
        return
    for row, key, reason, since in app.elements.rejected(str(app.store.files.open(current.file_id))):
        yield RejectedRow(row, key, reason, since)


def some_rejected(app: App, name: str, wish: RejectedWish) -> tuple[list[RejectedRow], int]:
    """Some of the same, and how many the wish fits; none where it was never synced."""
    found = app.store.activations.get(name)
    current = app.store.rejected.get(found.id) if found is not None else None
    if current is None or current.file_id is None:
        return [], 0
    rows, total = app.elements.some_rejected(str(app.store.files.open(current.file_id)), wish)
    return [RejectedRow(*each) for each in rows], total


def rejected_samples(app: App, name: str) -> dict[str, list[tuple[int | None, str | None]]]:
    """Reason -> the first ten rows of the last run that it stopped: place in the list, masked primaryId."""
    found = app.store.activations.get(name)
    current = app.store.rejected.get(found.id) if found is not None else None
    if current is None:
        return {}
    return {reason: [(row, key) for row, key in some] for reason, some in current.samples.items()}


def rejected_by_reason(app: App, name: str) -> dict[str, int]:
    """How many rows of the last run were not sent or refused, most first; nothing where it was never synced."""
    found = app.store.activations.get(name)
    current = app.store.rejected.get(found.id) if found is not None else None
    return dict(sorted(current.by_reason.items(), key=lambda item: -item[1])) if current is not None else {}
