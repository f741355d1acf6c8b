"""Which identifiers a row, a primaryId or an element ever joined: union-find in SQL over names of groups.

Tables: ``names`` (node, name) holds only nodes whose group has another name now; ``named`` (owner, grp) the group of
every suspect element's member.
"""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from guestlist.planner.connection import Session
from guestlist.planner.ledger import LEDGER

_APART = """
    SELECT count(*) FROM edges JOIN roots AS x ON x.node = a JOIN roots AS y ON y.node = b WHERE x.root <> y.root"""


def settle_groups(session: Session) -> None:
    """Only suspect members can join anything: the others are groups of their own, as the ledger says already."""
    session.create("nodes", _nodes())
    hubs = "SELECT *, min(node) OVER (PARTITION BY s) AS hub FROM nodes"
    session.create("edges", f"SELECT DISTINCT hub AS a, node AS b FROM ({hubs}) WHERE hub <> node")
    session.create(
        "roots", "SELECT DISTINCT node, node AS root FROM (SELECT a AS node FROM edges UNION SELECT b FROM edges)"
    )
    while session.number(_APART):
        _hook(session)
    session.create("names", _names())
    group = "any_value(coalesce(names.name, nodes.node))"
    session.create(
        "named", f"SELECT s AS owner, {group} AS grp FROM nodes LEFT JOIN names USING (node) WHERE id = s GROUP BY s"
    )


def _nodes() -> str:
    """(s, id, node, rank): the group each carried identifier is in. Rank 0: the ledger named it, 1: a member's
    strongest, 2: what nobody would name a group after.

    Of members looked at closely all identifiers count, also those that another member keeps. What only one row carries
    and the ledger does not know joins nothing, unless the ledger named a group after it and never told it.
    """
    return f"""
        WITH others AS (SELECT id FROM detail WHERE NOT known UNION SELECT id FROM carried),
        label AS MATERIALIZED (SELECT DISTINCT grp FROM {LEDGER} WHERE grp <> id AND grp IN (FROM others)),
        plainly AS (
            SELECT owner AS s, id FROM detail
            WHERE owner NOT IN (FROM close) AND (known OR id = owner OR id IN (FROM label))),
        every AS (FROM plainly UNION ALL SELECT s, id FROM carried),
        told AS (SELECT id, grp FROM {LEDGER} WHERE id IN (SELECT id FROM every))
        SELECT s, every.id, coalesce(told.grp, every.id) AS node,
            CASE WHEN told.id IS NOT NULL OR every.id IN (FROM label) THEN 0 WHEN every.id = s THEN 1 ELSE 2 END AS rank
        FROM every LEFT JOIN told ON told.id = every.id"""


def _hook(session: Session) -> None:
    """Every root goes to the smallest root next to it, and on to where that one goes."""
    ends = "FROM edges JOIN roots AS x ON x.node = a JOIN roots AS y ON y.node = b"
    pairs = f"SELECT x.root AS root, y.root AS other {ends} UNION ALL SELECT y.root, x.root {ends}"
    session.create("hooks", f"SELECT root, min(other) AS up FROM ({pairs}) WHERE other < root GROUP BY root")
    session.create(
        "roots",
        "SELECT node, coalesce(second.up, first.up, roots.root) AS root FROM roots "
        "LEFT JOIN hooks AS first ON first.root = roots.root LEFT JOIN hooks AS second ON second.root = first.up",
    )


def _names() -> str:
    ranked = "SELECT node, min(rank) AS rank FROM nodes GROUP BY node"
    best = f"SELECT root, arg_min(node, row(rank, node)) AS name FROM roots JOIN ({ranked}) USING (node) GROUP BY root"
    return f"SELECT node, name FROM roots JOIN ({best}) USING (root) WHERE node <> name"
