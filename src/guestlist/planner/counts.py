"""What a plan found, counted. Rows count by their member; whoever keeps nothing is a duplicate."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from dataclasses import dataclass

from guestlist.core.identity import IdType
from guestlist.core.membership import State, Why
from guestlist.planner import sql
from guestlist.planner.compare import TELL, Task
from guestlist.planner.connection import Session
from guestlist.planner.ledger import LEDGER, full_value
from guestlist.planner.rejected import answer
from guestlist.planner.shape import ACCEPTED, EXCLUDED, FILTERED, KEPT_OUT_NOTE, REASONS
from guestlist.planner.telling import plain_rows
from guestlist.ports import LEAVING, Counts

_DOUBTED = f"state = {State.UNSURE:d} AND fp = 0"


@dataclass(frozen=True)
class Found:
    """The counts, the rejected rows by reason, the notes, and some of those who leave."""

    counts: Counts
    by_reason: dict[str, int]
    notes: dict[str, int]
    leaving: tuple[tuple[IdType, bytes], ...]


def count(session: Session, task: Task) -> Found:
    """From the tables of a comparison."""
    verdicts = dict(session.rows("SELECT verdict, count(*) FROM plain GROUP BY verdict"))
    by_reason = {str(reason): verdicts[n] for n, reason in enumerate(REASONS, 1) if verdicts.get(n)}
    members, told = _members(session), _verdicts(session)
    fresh = plain_rows(session) if task.first else 0
    refusals = _refusals(session, task)
    refused = sum(refusals.values())
    accepted = verdicts.get(ACCEPTED, 0)
    counts = Counts(
        rows=sum(verdicts.values()),
        filtered=verdicts.get(FILTERED, 0) + verdicts.get(EXCLUDED, 0),
        added=told.get("added", 0) + fresh,
        changed=told.get("changed", 0),
        unchanged=members - fresh - told.get("added", 0) - told.get("changed", 0) - refused,
        duplicates=accepted - members,
        rejected=sum(by_reason.values()) + refused,
        removed=session.number("SELECT count(DISTINCT owner) FROM going WHERE NOT stays"),
        known=_known(session),
        removed_before=session.number(f"SELECT count(*) FROM ({_removed_before()})"),
        refused=refused,
    )
    for reason, number in refusals.items():
        by_reason[reason] = by_reason.get(reason, 0) + number
    kept_out = {KEPT_OUT_NOTE: verdicts[EXCLUDED]} if EXCLUDED in verdicts else {}
    leaving = _leaving(session) if counts.removed > counts.removed_before else ()
    return Found(counts, by_reason, _notes(session) | kept_out, leaving)


def _members(session: Session) -> int:
    """Members that have an element: every row that is not looked at closely, and those that keep something."""
    rows = session.number(f"SELECT count(*) FROM plain WHERE verdict = {ACCEPTED}")
    close = session.number("SELECT sum(rows) FROM members")
    return rows - close + session.number("SELECT count(DISTINCT s) FROM kept")


def _verdicts(session: Session) -> dict[str, int]:
    """A member of several elements is added when all of them are new, changed when any of them is told."""
    untold = f"SELECT owner, NULL AS why FROM elements WHERE elem NOT IN (SELECT elem FROM {TELL})"
    new = f"bool_and(coalesce(why = {Why.NEW:d}, false))"
    verdict = f"CASE WHEN {new} THEN 'added' WHEN count(why) > 0 THEN 'changed' ELSE '' END"
    each = f"SELECT owner, {verdict} AS verdict FROM (SELECT owner, why FROM {TELL} UNION ALL {untold}) GROUP BY owner"
    return dict(session.rows(f"SELECT verdict, count(*) FROM ({each}) GROUP BY verdict"))


def _refusals(session: Session, task: Task) -> dict[str, int]:
    """Members of which nothing is told and something was refused as it is, by LinkedIn's reason."""
    session.create(
        "refused_members",
        f"SELECT owner, max(refused) AS refused, min(answered) FILTER (refused <> 0) AS answered FROM elements "
        f"WHERE owner NOT IN (SELECT owner FROM {TELL}) GROUP BY owner HAVING max(refused) > 0",
    )
    found = session.rows("SELECT refused, count(*) FROM refused_members GROUP BY refused")
    texts: dict[str, int] = {}
    for number, members in found:
        text = answer(number, task.request)
        texts[text] = texts.get(text, 0) + members
    return texts


def _removed_before() -> str:
    """Members that were last told to be out, all of them (fingerprint 0), and nobody is sure that it was heard."""
    return f"SELECT owner FROM going WHERE NOT stays GROUP BY owner HAVING bool_and({_DOUBTED})"


def _leaving(session: Session) -> tuple[tuple[IdType, bytes], ...]:
    """Some of the others, each by the strongest identifier that goes; always the same ones."""
    strongest = f"arg_min({{'t': t, 'v': {full_value()}}}, row(t, id))"
    some = f"GROUP BY owner HAVING NOT bool_and({_DOUBTED}) ORDER BY owner LIMIT {LEAVING}"
    rows = session.rows(f"SELECT {strongest} FROM going WHERE NOT stays {some}")
    return tuple((IdType(one["t"]), one["v"]) for (one,) in rows)


def _known(session: Session) -> int:
    """Owners that are identifiers themselves need no counting apart: most are."""
    inside = f"FROM {LEDGER} WHERE t <> {sql.PRIMARY} AND state IN {sql.MAY_BE_IN}"
    itself = session.number(f"SELECT count(*) {inside} AND owner = id")
    others = f"SELECT DISTINCT owner {inside} AND owner <> id"
    return itself + session.number(
        f"SELECT count(*) FROM ({others}) WHERE owner NOT IN (SELECT id {inside} AND owner = id)"
    )


def _notes(session: Session) -> dict[str, int]:
    found = session.rows(f"SELECT notes, count(*) FROM plain WHERE verdict = {ACCEPTED} AND notes <> 0 GROUP BY notes")
    counted = {str(r): sum(n for bits, n in found if bits >> i & 1) for i, r in enumerate(REASONS)}
    return {reason: number for reason, number in counted.items() if number}
