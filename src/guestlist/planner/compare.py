"""Desired against told, as keys and fingerprints only. The reference is ``core.membership.plan``.

One full join finds every element that is not exactly as LinkedIn was told, and every identifier that no row carries
any more. What follows looks at those alone. Temporary tables: ``difference`` (what the join found), ``detail`` (the
identifiers of suspect elements beside what the ledger says of them), ``names`` (groups that grow together),
``elements`` (a verdict on each suspect), ``going`` (identifiers to remove), ``labelled`` (records that change).
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from dataclasses import dataclass

from guestlist.core.identity import IdType, Kind
from guestlist.core.membership import RETRY_REFUSED_REMOVAL, State, Why
from guestlist.planner import sql
from guestlist.planner.connection import Session
from guestlist.planner.desired import WANTED, WANTED_CLOSE, resolve, unnested, valid_rows
from guestlist.planner.groups import settle_groups
from guestlist.planner.ledger import LEDGER
from guestlist.planner.rows import KEPT_OUT
from guestlist.planner.shape import Shape
from guestlist.ports import PlanRequest

TELL = "tell"  # elem, owner, grp, fp, why, was (map of keys to states), base (state of keys that are not in the map)


@dataclass(frozen=True)
class Task:
    """What a comparison depends on besides the tables."""

    request: PlanRequest
    shape: Shape
    kind: int  # of the fingerprints made now
    first: bool = False  # nothing is known: rows that share nothing are told as they stand
    draft: bool = False  # and are written so already

    @property
    def complete(self) -> bool:
        """Whether what the list does not hold has to go."""
        return self.request.mode in ("mirror", "snapshot")


def compare(session: Session, task: Task) -> None:
    """Who is who, and what differs: fills the tables above.

    A list that shares no identifier between rows is the common case and is not searched for it: the join tells.
    """
    shape = task.shape
    resolve(session, shape, look=shape.kind is Kind.COMPANIES)
    session.create("difference", _difference(task))
    if shape.kind is Kind.PEOPLE and _shares(session):
        resolve(session, shape)
        session.create("difference", _difference(task))
    suspects = session.number("SELECT count(elem) FROM difference") + session.number("SELECT count(*) FROM kept")
    session.create("detail", _detail(WANTED) + ("" if suspects else " LIMIT 0"))
    _judge(session, task)


def compare_first(session: Session, task: Task) -> None:
    """Nothing is known: every row that shares nothing is new as it stands, and is not in these tables."""
    resolve(session, task.shape)
    session.create("difference", "SELECT NULL::UUID AS elem, NULL::UUID AS gone LIMIT 0")
    session.create("detail", _detail(WANTED_CLOSE))
    _judge(session, task)


def _judge(session: Session, task: Task) -> None:
    settle_groups(session)
    session.create("elements", _elements(task))
    gone = session.number("SELECT count(gone) FROM difference")
    session.create("going", _going(task) + ("" if gone else " LIMIT 0"))
    session.create(TELL, _tell())
    session.create("stay", _stay(task))
    session.create("labelled", _labelled(session))
    session.create("refills", _refills(task) + ("" if gone else " LIMIT 0"))


def _difference(task: Task) -> str:
    """``mark`` is null where an identifier is not plainly in, told by its own element in a group of its own.

    What is fine is one row with a count. ``side``: 0 both, 1 only the list (then with the identifier), 2 only the
    ledger.
    """
    plainly = f"state = {State.IN:d} AND refused = 0 AND kind = {task.kind} AND grp = owner AND fp <> 0"
    label = f"t = {sql.PRIMARY} AND grp = owner"
    mark = f"CASE WHEN {plainly} THEN xor(fp, hash(owner)) WHEN {label} THEN hash(owner) END"
    candidate = f"t <> {sql.PRIMARY} AND state IN ({State.IN:d}, {State.UNSURE:d}, {State.NOT_TOLD:d})"
    wanted = f"SELECT id, elem, CASE WHEN prim THEN hash(owner) ELSE xor(fp, hash(owner)) END AS mark FROM {WANTED}"
    known = f"SELECT id, {mark} AS mark, {candidate} AS candidate FROM {LEDGER}"
    return f"""
        SELECT CASE WHEN coalesce(w.mark = k.mark, false) THEN NULL ELSE w.elem END AS elem,
            CASE WHEN w.id IS NULL AND k.candidate THEN k.id END AS gone,
            CASE WHEN k.id IS NULL THEN w.id END AS fresh,
            CASE WHEN k.id IS NULL THEN 1 WHEN w.id IS NULL THEN 2 ELSE 0 END AS side, count(*) AS n
        FROM ({wanted}) AS w FULL JOIN ({known}) AS k ON w.id = k.id
        GROUP BY ALL"""


def _shares(session: Session) -> bool:
    """Whether the list holds any identifier twice: one the ledger lacks, or more matches than it has rows for."""
    fresh = session.number(
        "SELECT count(*) FROM (SELECT fresh FROM difference WHERE side = 1 GROUP BY fresh HAVING sum(n) > 1)"
    )
    matches = session.number("SELECT sum(n) FROM difference WHERE side = 0")
    alone = session.number("SELECT sum(n) FROM difference WHERE side = 2")
    return fresh > 0 or matches > session.number(f"SELECT count(*) FROM {LEDGER}") - alone


def _detail(wanted: str) -> str:
    """Identifiers and labels of elements that differ, or that were looked at closely."""
    suspects = "SELECT elem FROM difference WHERE elem IS NOT NULL UNION SELECT elem FROM kept"
    ids = f"SELECT * FROM {wanted} WHERE elem IN ({suspects})"
    told = f"SELECT * FROM {LEDGER} WHERE id IN (SELECT id FROM ids)"
    return f"""
        WITH ids AS MATERIALIZED ({ids}), told AS ({told})
        SELECT ids.*, told.id IS NOT NULL AS known, told.t, told.state, told.refused, told.answered,
            told.owner AS told_by, told.grp AS told_grp, told.fp AS told_fp, told.kind
        FROM ids LEFT JOIN told ON told.id = ids.id"""


def _elements(task: Task) -> str:
    """A verdict on each suspect: ``why`` it must be told, or ``refused`` as it is, or neither."""
    may, now = sql.MAY_BE_IN, task.kind
    refused = f"coalesce(refused <> 0 AND told_fp = fp AND kind = {now}, false)"
    equal = f"told_fp <> 0 AND refused = 0 AND (told_fp = fp OR kind <> {now})"
    return f"""
        WITH judged AS (
            SELECT elem, any_value(owner) AS owner, any_value(fp) AS fp,
                bool_and(known) FILTER (NOT prim) AS complete,
                bool_and({refused}) FILTER (NOT prim) AS same_refused,
                bool_or(coalesce(state IN {may}, false)) FILTER (NOT prim) AS was_in,
                bool_and(coalesce(state IN {may} AND {equal}, false)) FILTER (NOT prim) AS same,
                bool_or(coalesce(state = {State.UNSURE:d}, false)) FILTER (NOT prim) AS unsure,
                max(refused) FILTER (NOT prim) AS reason, max(answered) FILTER (NOT prim) AS answered,
                list(told_by) FILTER (prim AND known) AS labelled_by,
                map_from_entries(list(row(id, state)) FILTER (known AND state <> 0)) AS was
            FROM detail GROUP BY elem),
        moved AS (
            SELECT DISTINCT elem FROM (SELECT elem, unnest(labelled_by) AS id FROM judged WHERE NOT was_in)
            JOIN (SELECT id FROM {LEDGER} WHERE state IN {may}) USING (id))
        SELECT elem, owner, fp, answered, was, named.grp,
            CASE WHEN complete AND same_refused THEN reason ELSE 0 END AS refused,
            CASE WHEN complete AND same_refused THEN NULL
                WHEN NOT was_in THEN CASE WHEN moved.elem IS NULL THEN {Why.NEW:d} ELSE {Why.CHANGED:d} END
                WHEN NOT same THEN {Why.CHANGED:d} WHEN unsure THEN {Why.AGAIN:d} END AS why
        FROM judged LEFT JOIN moved USING (elem) JOIN named USING (owner)"""


def _going(task: Task) -> str:
    """Identifiers to remove, each with all that its telling needs; ``stays``: its member does not leave."""
    if not task.complete:
        return f"SELECT *, false AS stays FROM {LEDGER} WHERE false"
    gone = f"SELECT * FROM {LEDGER} WHERE id IN (SELECT gone FROM difference) AND {_removable(task)}"
    gone += f" AND id NOT IN (FROM {KEPT_OUT})"  # whoever told that removal tells it again
    kin = f"SELECT id, owner FROM {LEDGER} WHERE owner IN (SELECT owner FROM gone)"
    return f"""
        WITH gone AS MATERIALIZED ({gone}), kin AS MATERIALIZED ({kin}),
        here AS (SELECT DISTINCT owner FROM kin WHERE id IN (SELECT w.id FROM {WANTED} AS w))
        SELECT gone.* REPLACE (coalesce(names.name, gone.grp) AS grp), here.owner IS NOT NULL AS stays
        FROM gone LEFT JOIN here ON here.owner = gone.owner LEFT JOIN names ON names.node = gone.grp"""


def compare_removals(session: Session, task: Task) -> None:
    """remove_only, the same tables: identifiers that the list names and LinkedIn may hold have to go, with what they
    were told together with; what is unknown or out already is left alone, and nothing is ever added.
    """
    rows, shape = valid_rows(), task.shape
    session.create("members", f"SELECT {shape.strongest} AS s, count(*) AS rows FROM {rows} GROUP BY ALL")
    session.create("kept", "SELECT s FROM members")
    session.create("named_ids", f"SELECT DISTINCT id FROM ({unnested(shape, rows, primary=False)})")
    session.create("going", _going_by_name(task))
    session.create(
        "elements", "SELECT NULL::UUID AS elem, NULL::UUID AS owner, 0 AS refused, 0 AS answered WHERE false"
    )
    session.create(TELL, "SELECT NULL::UUID AS elem, NULL::UUID AS owner, NULL::UTINYINT AS why WHERE false")
    session.create("labelled", _doubted())
    session.create("refills", f"SELECT * FROM {LEDGER} WHERE false")


def _doubted() -> str:
    """Relatives of what goes may go with it, and nobody is added here: whoever wants them in tells them again."""
    return f"""
        SELECT id, t, {State.UNSURE:d}::UTINYINT AS state, owner, grp, 0::UBIGINT AS fp FROM {LEDGER}
        WHERE grp IN (SELECT grp FROM going) AND state = {State.IN:d} AND id NOT IN (SELECT id FROM going)"""


def _removable(task: Task) -> str:
    """What LinkedIn may hold; a removal that LinkedIn refused is tried once a day."""
    since = int((task.request.now - RETRY_REFUSED_REMOVAL) * 1e6)
    waits = f"refused <> 0 AND fp = 0 AND answered >= {since}"
    return f"t <> {sql.PRIMARY} AND state IN {sql.MAY_BE_IN} AND NOT ({waits})"


def _going_by_name(task: Task) -> str:
    named = f"SELECT DISTINCT owner, fp = 0 AS out FROM {LEDGER} WHERE id IN (FROM named_ids) AND {_removable(task)}"
    together = "EXISTS (FROM named WHERE named.owner = l.owner AND named.out = (l.fp = 0))"
    gone = f"SELECT * FROM {LEDGER} AS l WHERE {_removable(task)} AND {together}"
    other = f"t <> {sql.PRIMARY} AND state IN {sql.MAY_BE_IN} AND id NOT IN (SELECT id FROM gone)"
    here = f"SELECT DISTINCT owner FROM {LEDGER} WHERE owner IN (SELECT owner FROM gone) AND {other}"
    return f"""
        WITH named AS MATERIALIZED ({named}), gone AS MATERIALIZED ({gone}), here AS ({here})
        SELECT gone.*, here.owner IS NOT NULL AS stays FROM gone LEFT JOIN here ON here.owner = gone.owner"""


def _tell() -> str:
    """Suspects that must be told, and relatives of what is removed: LinkedIn may have removed the person behind it.

    An element that is not suspect is its own group, so that such relatives are found by the name of the group.
    """
    shaken = "SELECT grp FROM going"
    older = f"SELECT node FROM names WHERE name IN ({shaken}) UNION {shaken}"
    return f"""
        SELECT elem, owner, grp, fp, coalesce(why, {Why.AGAIN:d})::UTINYINT AS why, was, 0::UTINYINT AS base
        FROM elements WHERE why IS NOT NULL OR (refused = 0 AND grp IN ({shaken}))
        UNION ALL
        SELECT id AS elem, id AS owner, coalesce(names.name, id) AS grp, fp, {Why.AGAIN:d}::UTINYINT AS why,
            NULL::MAP(UUID, UTINYINT) AS was, {State.IN:d}::UTINYINT AS base
        FROM {LEDGER} LEFT JOIN names ON names.node = id
        WHERE id IN ({older}) AND owner = id AND grp = id AND state = {State.IN:d} AND refused = 0
            AND id NOT IN (SELECT gone FROM difference WHERE gone IS NOT NULL)
            AND id NOT IN (SELECT id FROM detail)"""


def _stay(task: Task) -> str:
    """Identifiers of suspects that are not told, where our records of them would change."""
    fresh_print = f"CASE WHEN NOT d.prim AND d.kind <> {task.kind} AND e.refused = 0 THEN d.fp ELSE 0 END"
    return f"""
        SELECT * FROM (
            SELECT d.id, d.owner, d.prim, d.known, e.grp, d.told_by, {fresh_print} AS fp
            FROM detail AS d JOIN elements AS e USING (elem) WHERE d.elem NOT IN (SELECT elem FROM {TELL}))
        WHERE NOT known OR owner <> told_by OR fp <> 0"""


def _labelled(session: Session) -> str:
    """Groups that grew together; elements that stay but are written down otherwise; primaryIds seen first.

    ``fp`` 0 keeps what is known; a fingerprint of another kind is refreshed.
    """
    label = f"{IdType.PRIMARY:d}::UTINYINT AS t, {State.NONE:d}::UTINYINT AS state"
    first = f"SELECT id, {label}, owner, grp, 0::UBIGINT AS fp FROM stay WHERE prim AND NOT known"
    if not session.number("SELECT (SELECT count(*) FROM names) + (SELECT count(*) FROM stay WHERE known)"):
        return first
    return f"""
        SELECT l.id, l.t, l.state, coalesce(stay.owner, l.owner) AS owner, coalesce(names.name, l.grp) AS grp,
            coalesce(stay.fp, 0)::UBIGINT AS fp
        FROM {LEDGER} AS l LEFT JOIN stay ON stay.id = l.id LEFT JOIN names ON names.node = l.grp
        WHERE stay.id IS NOT NULL OR names.node IS NOT NULL
        UNION ALL {first}"""


def _refills(task: Task) -> str:
    """add_only: whoever was ever added must be in, also when only the ledger remembers; not what a removal was last
    told of. Rows of the ledger; elements are made of those with one owner.
    """
    if task.request.mode != "add_only":
        return f"SELECT * FROM {LEDGER} WHERE false"
    forgotten = f"SELECT owner FROM {LEDGER} WHERE id IN (SELECT id FROM suppressed)"
    return f"""
        SELECT l.* REPLACE (coalesce(names.name, l.grp) AS grp)
        FROM {LEDGER} AS l LEFT JOIN names ON names.node = l.grp
        WHERE l.id IN (SELECT gone FROM difference) AND l.state IN ({State.NOT_TOLD:d}, {State.UNSURE:d})
            AND l.fp <> 0 AND l.refused = 0 AND l.owner NOT IN ({forgotten})"""


def pile(kind: Kind) -> str:
    """What besides owner and group parts identifiers into elements: for companies one value per type."""
    if kind is Kind.PEOPLE:
        return "0"
    return "row_number() OVER (PARTITION BY owner, grp, t ORDER BY id)"
