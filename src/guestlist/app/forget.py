"""``forget``: out of every people segment of the store, whatever its activation says, and never added again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from guestlist.app import runs, segments
from guestlist.app.context import App
from guestlist.app.delivery import deliver
from guestlist.app.explain import read_value
from guestlist.app.patience import Patient
from guestlist.app.results import Receipt
from guestlist.app.turn import lock_of
from guestlist.core import words
from guestlist.core.identity import Identifier, IdType, Kind
from guestlist.core.text import masked
from guestlist.errors import ConfigError, DeliveryError, UnknownName
from guestlist.ports import Changes, Counts, Known, State
from guestlist.store import forgetting
from guestlist.store.activations import Activation
from guestlist.store.runs import OPEN, Planned, Run

TOLD = (State.IN, State.UNSURE, State.OUT, State.NOT_TOLD)
EMAILS = (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)
NOBODY = "Nothing to forget: give addresses, digests, Google advertising ids or primaryId:VALUE."
MOST_SHOWN = 1_000  # values that a receipt shows one by one
NAMED_BY_VALUE = (*EMAILS, IdType.GOOGLE_AID)


@dataclass(frozen=True)
class Asked:
    """One value that is to be forgotten. ``shown``: masked, for the receipt. Its own identifier is the first."""

    shown: str
    identifiers: tuple[Identifier, ...]


def forget(app: App, values: Sequence[str]) -> Receipt:
    """REMOVE to every people segment, known there or not; blocks first, so that nobody is added meanwhile.

    Passes the removal guard, pauses and add_only. The receipt says ``incomplete`` until every segment has answered;
    syncs of its activations, or forgetting again, go on with it. What events said of them is erased; the keys they are
    blocked by stay. ConfigError names a value that cannot be used.
    """
    return forget_all(app, read(values))


def forget_all(app: App, asked: Sequence[Asked], listed_in: str = "") -> Receipt:
    """The same with what was read already. ``listed_in``: the list they stood in; the receipt names it and not them."""
    resume(app)
    now = app.clock.now()
    ledgers = _reached(app)
    asked = _with_known(app, asked, [ledger for ledger, _, _ in ledgers])
    wanted = {ledger: _wanted(app, ledger, asked) for ledger, _, _ in ledgers}
    named = frozenset[int]().union(*(each.named for each in wanted.values()))
    with app.store.transaction():
        targets = [forgetting.Target(ledger, activation.name, segment) for ledger, activation, segment in ledgers]
        receipt = app.store.receipts.create(_written(asked, named, listed_in), targets, now)
        blocked = _blocked(asked)
        app.store.suppressions.add(receipt.id, blocked, now)
        app.store.event_members.erase({each.id16 for each in blocked})
        app.store.last_events.erase()
        count = len(blocked)
        app.store.audit.add(app.who, "forget", f"receipt {receipt.id}", now, identifiers=count, list=listed_in or None)
        for ledger, activation, _ in ledgers:
            _commit(app, receipt.id, activation, wanted[ledger])
    for ledger, activation, _ in ledgers:
        _tell(app, receipt.id, activation, wanted[ledger], asked)
    return shown_receipt(app, app.store.receipts.get(receipt.id))


def read(values: Sequence[str]) -> list[Asked]:
    """What is to be forgotten. ConfigError names a value that cannot be, or says that there is none."""
    if not values:
        raise ConfigError(NOBODY)
    return [_asked(value) for value in values]


def _asked(value: str) -> Asked:
    identifiers, reason = read_value(Kind.PEOPLE, value)
    if not identifiers:
        raise ConfigError(f"'{masked(value)}' cannot be forgotten: {reason}. Nothing was forgotten.")
    return Asked(masked(value), identifiers)


def _with_known(app: App, asked: Sequence[Asked], ledgers: Sequence[int]) -> list[Asked]:
    """A ``primaryId`` is never sent: whoever it labels anywhere is forgotten by the identifiers they were told by."""
    labels = [each.key16 for one in asked for each in one.identifiers if each.type is IdType.PRIMARY]
    found: dict[bytes, dict[bytes, Identifier]] = {label: {} for label in labels}
    for ledger in ledgers if labels else ():
        _, parts = app.store.ledgers.parts(ledger)
        known = app.planner.find(parts, ids=labels)
        mates = _by_owner(app.planner.find(parts, owners=_owners(known)) if known else [])
        for label in known:
            for each in mates.get(label.owner16, ()):
                told = Identifier(each.id_type, each.value)
                if each.id_type in NAMED_BY_VALUE and told.key16 == each.id16:
                    found[label.id16][each.id16] = told
    more = ([i for each in one.identifiers for i in found.get(each.key16, {}).values()] for one in asked)
    return [Asked(one.shown, (*one.identifiers, *each)) for one, each in zip(asked, more, strict=True)]


def _owners(known: Sequence[Known]) -> list[bytes]:
    return list(dict.fromkeys(each.owner16 for each in known))


def _by_owner(known: Sequence[Known]) -> dict[bytes, list[Known]]:
    found: dict[bytes, list[Known]] = {}
    for each in known:
        found.setdefault(each.owner16, []).append(each)
    return found


def _written(asked: Sequence[Asked], named: frozenset[int], listed_in: str) -> list[list[object]]:
    """As the receipt keeps it: [masked value, whether nobody is known by it]. A ``primaryId`` is never sent: one that
    leads to nobody is told to no audience.
    """
    if listed_in or len(asked) > MOST_SHOWN:
        return [[f"{listed_in or 'a list'}: {words.counted(len(asked), 'person', 'people')}", False]]
    strangers = (
        place not in named and all(each.type is IdType.PRIMARY for each in one.identifiers)
        for place, one in enumerate(asked)
    )
    return [[one.shown, stranger] for one, stranger in zip(asked, strangers, strict=True)]


def _blocked(asked: Sequence[Asked]) -> list[forgetting.Blocked]:
    """Each identifier once, with the value that led to it."""
    found: dict[bytes, forgetting.Blocked] = {}
    for one in asked:
        given = one.identifiers[0].key16
        for each in one.identifiers:
            found.setdefault(each.key16, forgetting.Blocked(each.key16, each.type, given))
    return list(found.values())


def _reached(app: App) -> list[tuple[int, Activation, str]]:
    """Every people ledger with a live segment: removed activations and former snapshots included."""
    by_id = {each.id: each for each in app.store.activations.all()}
    live = [each for each in app.store.segments.all(live=True) if each.linkedin_id is not None]
    found = [(each.ledger_id, by_id[each.activation_id], each.linkedin_id or "") for each in live]
    return [each for each in found if each[1].members is Kind.PEOPLE]


@dataclass(frozen=True)
class _Wanted:
    """What has to be told to one segment, made of its ledger as it was in ``version``. ``named``: which of those asked
    for (their places) LinkedIn can be told by something.
    """

    ledger_id: int
    version: int
    named: frozenset[int]
    changes: Changes


def _wanted(app: App, ledger_id: int, asked: Sequence[Asked]) -> _Wanted:
    version, parts = app.store.ledgers.parts(ledger_id)
    known = app.planner.find(parts, ids=[each.key16 for one in asked for each in one.identifiers])
    mates = _by_owner(app.planner.find(parts, owners=_owners(known)) if known else [])
    groups = list(dict.fromkeys(each.group16 for each in known))
    relatives = app.planner.find(parts, groups=groups) if groups else []
    by_id = {each.id16: each for each in known}
    elements = [_element(each, _told_of(each, by_id, mates)) for each in asked]
    named = frozenset(place for place, element in enumerate(elements) if element)
    elements = [element for element in elements if element]
    gone = {each.id16 for element in elements for each in element}
    kin = {each.id16: each for each in relatives if each.state is State.IN and each.id16 not in gone}
    doubtful = [each for each in kin.values() if each.id_type is not IdType.PRIMARY]
    return _Wanted(ledger_id, version, named, app.elements.removals(elements, doubtful))


def _told_of(asked: Asked, by_id: Mapping[bytes, Known], mates: Mapping[bytes, Sequence[Known]]) -> list[Known]:
    """What is known of somebody, and what was ever told in the same element."""
    known = [by_id[each.key16] for each in asked.identifiers if each.key16 in by_id]
    return [*known, *(each for owner in _owners(known) for each in mates.get(owner, ()))]


def _commit(app: App, receipt: int, activation: Activation, wanted: _Wanted) -> int | None:
    """The run of REMOVEs, durable together with the receipt; None: there is nobody to name, so nothing has to be
    answered.
    """
    if not wanted.named:
        app.store.receipts.answered(receipt, wanted.ledger_id, app.clock.now())
        return None
    run = app.store.runs.begin(activation.id, "forget", app.clock.now(), wanted.ledger_id)
    planned = Planned(Counts(removed=len(wanted.named)), wanted.changes, runs.pieces(wanted.changes))
    app.store.runs.commit(run.id, planned)
    app.store.receipts.telling(receipt, wanted.ledger_id, run.id)
    return run.id


def _tell(app: App, receipt: int, activation: Activation, wanted: _Wanted, asked: Sequence[Asked]) -> None:
    """Carry out the run of one segment. What LinkedIn or a person has to do first leaves the receipt incomplete."""
    with app.store.lock(lock_of(wanted.ledger_id)):
        targets = app.store.receipts.get(receipt).targets
        number = next(each.run_id for each in targets if each.ledger_id == wanted.ledger_id)
        if number is not None and app.store.ledgers.get(wanted.ledger_id).version != wanted.version:
            number = _anew(app, receipt, activation, wanted.ledger_id, number, asked)
        if number is not None:
            _go_on(app, receipt, wanted.ledger_id, number)


def _anew(
    app: App, receipt: int, activation: Activation, ledger_id: int, number: int, asked: Sequence[Asked]
) -> int | None:
    """A sync ended while we waited for it: those it told together with somebody forgotten have to be named too."""
    wanted = _wanted(app, ledger_id, asked)
    with app.store.transaction():
        fresh = _commit(app, receipt, activation, wanted)
    old = app.store.runs.get(number)
    if old.state in OPEN:
        runs.close(app, old)
    return fresh


def _go_on(app: App, receipt: int, ledger_id: int, number: int) -> None:
    """With a run that tells a receipt's removals, under its ledger's lock."""
    run = app.store.runs.get(number)
    if run.state in OPEN:
        _carry_out(app, app.store.activations.by_id(run.activation_id), run)
    else:  # closed, and nobody lived to write that down
        app.store.receipts.answered(receipt, ledger_id, app.clock.now())


def _carry_out(app: App, activation: Activation, run: Run) -> None:
    """Deliver and close; whatever stands in the way leaves the run open, and the receipt incomplete."""
    segment = app.store.segments.current(run.ledger_id)
    if segment is None or segment.state != "live":
        runs.close(app, run)  # there is nobody left to be removed from
        return
    try:
        destination = Patient(app, app.door.destination(activation.destination_id))
        if run.segment_id is None:
            app.store.runs.attach(run.id, segment.id, segment.epoch)
        stop = deliver(app, run, destination, activation, segment)
        if stop is None:
            runs.close(app, run)
        elif stop.state == "rebuild":
            segments.watch(app, destination, segment, activation.ad_account)
            segments.let_go(app, activation, segment)
            runs.close(app, run)
        else:
            app.store.runs.wait(run.id, f"{stop.label}: {stop.text}")
    except (DeliveryError, ConfigError) as error:
        app.store.runs.wait(run.id, str(error))


def resume(app: App) -> None:
    """Go on with every receipt that is incomplete, whatever has become of its activation since."""
    for receipt in app.store.receipts.incomplete():
        for target in receipt.targets:
            if target.answered_at is None and target.run_id is not None:
                with app.store.lock(lock_of(target.ledger_id)):
                    _go_on(app, receipt.id, target.ledger_id, target.run_id)


def _element(asked: Asked, known: Sequence[Known]) -> list[Known]:
    """What one REMOVE names: what was asked (known or not) and what was ever told in the same element."""
    named = {each.key16: _stranger(each) for each in asked.identifiers}
    named |= {each.id16: each for each in known if each.state in TOLD or each.id16 in named}
    return sorted(
        (each for each in named.values() if each.id_type is not IdType.PRIMARY), key=lambda each: each.id_type
    )


def _stranger(identifier: Identifier) -> Known:
    key = identifier.key16
    return Known(key, identifier.type, State.NONE, key, key, 0, 0.0, 0, identifier.value)


def receipts(app: App) -> list[Receipt]:
    """All receipts, newest first."""
    return [shown_receipt(app, each) for each in app.store.receipts.all()]


def shown_receipt(app: App, receipt: forgetting.Receipt) -> Receipt:
    """For people: masked values, and where it was answered."""
    undone = app.store.suppressions.undone(receipt.id)
    segments = tuple((each.activation, each.segment, _answer(each)) for each in receipt.targets)
    values = tuple(str(each[0]) for each in receipt.asked)
    unknown = tuple(str(each[0]) for each in receipt.asked if each[1])
    state = "undone" if undone else receipt.state
    return Receipt(receipt.id, receipt.created, state, values, segments, unknown)


def _answer(target: forgetting.Target) -> str:
    if target.answered_at is None:
        return "waiting"
    return "answered" if target.run_id is not None else "unknown"


def undo(app: App, values: Sequence[str]) -> int:
    """Those who were forgotten may be added by their lists again; how many identifiers."""
    keys = {each.key16 for one in read(values) for each in one.identifiers}
    with _undoing(app, "") as done:
        done.append(app.store.suppressions.unblock(list(keys), app.clock.now()))
    return done[0]


def undo_receipt(app: App, number: int) -> int:
    """The same with all that one receipt blocked and no other does; how many identifiers. UnknownName."""
    if all(each.id != number for each in app.store.receipts.all()):
        raise UnknownName(f"There is no receipt {number}.")
    with _undoing(app, f"receipt {number}") as done:
        done.append(app.store.suppressions.undo(number, app.clock.now()))
    return done[0]


@contextmanager
def _undoing(app: App, subject: str) -> Iterator[list[int]]:
    """One transaction; the block says how many identifiers it let go."""
    done: list[int] = []
    with app.store.transaction():
        yield done
        app.store.streams.all_behind("somebody is no longer forgotten")  # no event says so
        app.store.audit.add(app.who, "undo forget", subject, app.clock.now(), identifiers=done[0])
