"""Who is who: rows -> members -> elements, as keys only. The reference is ``core.membership``.

Most rows share no identifier with any other: such a row is a member and its element as it stands. Only the rows that
do share one (all rows of companies, whose elements hold one value per type) are looked at closely.

Temporary tables: ``plain`` is every row (``i1``.., ``ip``, ``th``, ``verdict``, ``notes``); ``close`` the keys s of
members looked at closely, ``carried`` their identifiers, ``kept`` who keeps which and in which element.
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from guestlist.core.identity import Kind
from guestlist.planner import sql
from guestlist.planner.connection import Session
from guestlist.planner.ledger import LEDGER
from guestlist.planner.rows import BY_REFERENCE, Rows
from guestlist.planner.shape import ACCEPTED, SLOW, Shape, fingerprint, print_of

WANTED = "wanted"  # id, elem, owner, prim, fp: every identifier and label of every element
WANTED_CLOSE = "wanted_close"  # the same, of members looked at closely only


def stage(session: Session, rows: Rows) -> None:
    """One pass over the list. Nothing of it is readable, whatever is spilled."""
    session.create("plain", keys(rows.shape, rows.all()))


def add_slow_rows(session: Session, rows: Rows) -> None:
    """The rows that the reference read take the place of their marks."""
    session.run(f"DELETE FROM plain WHERE verdict = {SLOW}")
    session.run(f"INSERT INTO plain {keys(rows.shape, f'FROM {BY_REFERENCE}')}")


def keys(shape: Shape, source: str) -> str:
    """What of each row is staged."""
    types = [f"t{k}" for k in shape.numbers] if shape.kind is Kind.COMPANIES else []
    columns = ", ".join(["row", "verdict", "notes", *shape.ids, *types, *(["ip"] if shape.primary else [])])
    printed = f"CASE WHEN verdict = {ACCEPTED} THEN {print_of(shape.traits)} END AS th"
    return f"SELECT {columns}, {printed} FROM ({source})"


def resolve(session: Session, shape: Shape, look: bool = True) -> None:
    """Find the members that need a closer look, and settle who keeps what. ``look`` False: take it that there are none
    (a list that is known to share nothing need not be searched for it).
    """
    _close(session, shape, look)
    session.create("carried", _carried(shape))
    session.create("members", _members(shape))
    session.create("keepers", _keepers())
    session.create("kept", _kept(shape))
    session.create("labels", _labels())
    session.create("prints", _prints())
    session.run(f"CREATE OR REPLACE TEMP VIEW {WANTED_CLOSE} AS {_wanted_close()}")
    anything = look and session.number("SELECT count(*) FROM close") > 0
    plain = _wanted_plain(shape, others="WHERE s NOT IN (FROM close)" if anything else "")
    session.run(f"CREATE OR REPLACE TEMP VIEW {WANTED} AS {sql.union([*plain, f'FROM {WANTED_CLOSE}'])}")


def valid_rows() -> str:
    """The rows that LinkedIn can be told of."""
    return f"(FROM plain WHERE verdict = {ACCEPTED})"


def unnested(shape: Shape, source: str, primary: bool = True) -> str:
    """(s, id, prim, t) of every identifier of every row; t only for companies."""
    typed = shape.kind is Kind.COMPANIES
    selects = [
        f"SELECT {shape.strongest} AS s, i{k} AS id, false AS prim, {f't{k}' if typed else '0::UTINYINT'} AS t "
        f"FROM {source} WHERE i{k} IS NOT NULL"
        for k in shape.numbers
    ]
    if shape.primary and primary:
        label = f"{sql.PRIMARY}::UTINYINT AS t"
        selects.append(
            f"SELECT {shape.strongest} AS s, ip AS id, true AS prim, {label} FROM {source} WHERE ip IS NOT NULL"
        )
    return sql.union(selects)


def _close(session: Session, shape: Shape, look: bool) -> None:
    """Rows that carry anything (a primaryId too) that another row carries, and all rows of companies."""
    if shape.kind is Kind.COMPANIES or not look:
        session.create("close_rows", f"SELECT * FROM {valid_rows()} {'' if look else 'LIMIT 0'}")
    else:
        every = unnested(shape, valid_rows())
        session.create("shared", f"SELECT id FROM ({every}) GROUP BY id HAVING count(*) > 1")
        keys = [*shape.ids, *(["ip"] if shape.primary else [])]
        hit = " OR ".join(f"coalesce({key} IN (FROM shared), false)" for key in keys)
        session.create("close_rows", f"SELECT * FROM {valid_rows()} WHERE {hit}")
    session.create("close", f"SELECT DISTINCT {shape.strongest} AS s FROM close_rows")


def _carried(shape: Shape) -> str:
    return f"SELECT DISTINCT s, id, prim, t FROM ({unnested(shape, 'close_rows')})"


def _members(shape: Shape) -> str:
    """The traits of one row count: the most of them, then the smallest hash; that is the smallest print."""
    return f"SELECT {shape.strongest} AS s, min(th) AS th, count(*) AS rows FROM close_rows GROUP BY ALL"


_SMALLEST = "arg_min(claim.s, row(beside.s IS NULL, claim.s <> claim.owner, claim.s))"


def _keepers() -> str:
    """An identifier stays with the element it was told in while a member carries both, an untold one with the member
    whose strongest it is; else it goes to the smallest member.
    """
    told = f"SELECT id, owner FROM {LEDGER} WHERE id IN (SELECT id FROM carried)"
    return f"""
        WITH told AS ({told}),
        claim AS (
            SELECT c.id, c.s, c.t, coalesce(told.owner, c.id) AS owner
            FROM carried AS c LEFT JOIN told ON told.id = c.id WHERE NOT c.prim)
        SELECT claim.id, {_SMALLEST} AS s, min(claim.t) AS t
        FROM claim LEFT JOIN (FROM carried WHERE NOT prim) AS beside ON beside.s = claim.s AND beside.id = claim.owner
        GROUP BY claim.id"""


def _kept(shape: Shape) -> str:
    """``elem``: one per person; a company's further values of a type are elements of their own."""
    if shape.kind is Kind.PEOPLE:
        return "SELECT id, s, s AS elem, t FROM keepers"
    rank = "row_number() OVER (PARTITION BY s, t ORDER BY id <> s, id)"
    elem = f"CASE WHEN {rank} = 1 THEN s ELSE md5(s::VARCHAR || id::VARCHAR)::UUID END"
    return f"SELECT id, s, {elem} AS elem, t FROM keepers"


def _labels() -> str:
    """Who keeps a primaryId: a member that has an element; a duplicate's go where its strongest identifier is."""
    told = f"SELECT id, owner FROM {LEDGER} WHERE id IN (SELECT id FROM carried WHERE prim)"
    return f"""
        WITH told AS ({told}), has AS (SELECT DISTINCT s FROM kept),
        claim AS (
            SELECT DISTINCT c.id, coalesce(has.s, keepers.s) AS s, coalesce(told.owner, c.id) AS owner
            FROM carried AS c LEFT JOIN has ON has.s = c.s LEFT JOIN keepers ON keepers.id = c.s
            LEFT JOIN told ON told.id = c.id WHERE c.prim)
        SELECT claim.id, {_SMALLEST} AS s
        FROM claim LEFT JOIN (FROM carried WHERE NOT prim) AS beside ON beside.s = claim.s AND beside.id = claim.owner
        GROUP BY claim.id"""


def _prints() -> str:
    hashed = "bit_xor(hash(kept.id))"
    return f"SELECT elem, xor(any_value(members.th), {hashed}) AS fp FROM kept JOIN members USING (s) GROUP BY elem"


def _wanted_plain(shape: Shape, others: str) -> list[str]:
    """Rows as they stand."""
    row = f"SELECT *, {shape.strongest} AS s, {fingerprint(shape.ids)} AS fp FROM {valid_rows()}"
    rows = f"(SELECT * FROM ({row}) {others})"
    selects = [_of_row(f"i{k}", "false", rows) for k in shape.numbers]
    return [*selects, _of_row("ip", "true", rows)] if shape.primary else selects


def _wanted_close() -> str:
    """Members looked at closely by what they keep."""
    return sql.union(
        [
            "SELECT id, elem, s AS owner, false AS prim, fp FROM kept JOIN prints USING (elem)",
            "SELECT id, elem, s AS owner, true AS prim, fp FROM labels JOIN prints ON elem = s",
        ]
    )


def _of_row(key: str, label: str, rows: str) -> str:
    return f"SELECT {key} AS id, s AS elem, s AS owner, {label} AS prim, fp FROM {rows} WHERE {key} IS NOT NULL"
