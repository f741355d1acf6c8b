"""The rows of a changes file as SQL: what each REMOVE, ADD and LABEL holds."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guestlist.core.identity import IdType, Kind
from guestlist.core.membership import Op, Why
from guestlist.planner import sql
from guestlist.planner.compare import TELL, Task, pile
from guestlist.planner.connection import Session
from guestlist.planner.desired import valid_rows
from guestlist.planner.ledger import LEDGER, full_value
from guestlist.planner.rows import Rows
from guestlist.planner.shape import ACCEPTED, Shape, fingerprint, print_of_nothing, trait_type

DRAFT_FILE = "draft.parquet"
DRAFT = "draft"  # rows of a first sync, written while they were read
ROW_GROUP = 40_960  # a batch of 5,000 is read from one or two of them
AS_PARQUET = f"FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PRESERVE_ORDER false, ROW_GROUP_SIZE {ROW_GROUP}"
_COLUMNS = ("op", "why", "t", "v", "was", "more", "owner", "grp", "fp", "row", "key")
_MORE = "STRUCT(t UTINYINT, was UTINYINT, v BLOB)[]"


@dataclass(frozen=True)
class Numbers:
    """How many rows there are of each; ``tell`` of the ``adds`` come from the list, the others from the ledger."""

    removes: int
    tell: int
    adds: int
    labels: int

    @property
    def all(self) -> int:
        """Rows of the file."""
        return self.removes + self.adds + self.labels


def numbers(session: Session, task: Task) -> Numbers:
    """Counted before anything is written."""
    kind = task.shape.kind
    tell = session.number(f"SELECT count(*) FROM {TELL}") + (plain_rows(session) if task.first else 0)
    refills = session.number(f"SELECT count(*) FROM ({_piled('refills', kind)})")
    removes = session.number(f"SELECT count(*) FROM ({_piled('going', kind)})")
    return Numbers(removes, tell, tell + refills, session.number("SELECT count(*) FROM labelled"))


def plain_rows(session: Session) -> int:
    """Rows that share nothing with any other."""
    valid = session.number(f"SELECT count(*) FROM {valid_rows()}")
    return valid - session.number("SELECT sum(rows) FROM members")


def selects(session: Session, task: Task, rows: Rows, numbers: Numbers) -> list[str]:
    """REMOVE rows, ADD rows, LABEL rows, in this order; only those that there are."""
    shape = task.shape
    parts = [_removals(shape)] if numbers.removes else []
    parts += _additions(session, task, rows) if numbers.tell else []
    parts += [_refills(shape)] if numbers.adds > numbers.tell else []
    return parts + ([_labels(shape)] if numbers.labels else [])


def _additions(session: Session, task: Task, rows: Rows) -> list[str]:
    shape, close = task.shape, session.number("SELECT count(*) FROM close")
    told = f"SELECT row FROM plain WHERE verdict = {ACCEPTED} AND {shape.strongest} IN (SELECT owner FROM {TELL})"
    apart = "WHERE s NOT IN (FROM close)" if close else ""
    if task.draft:
        parts = _drafted(shape, rows, apart, close > 0)
        rows = rows.pick(session, told)
    elif task.first:
        parts = [first(shape, f"SELECT * FROM ({rows.accepted()}) {apart}")]
    else:
        rows = rows.pick(session, told)
        parts = [_plain(shape, rows)]
    return [*parts, _close(shape, rows)] if close else parts


def _drafted(shape: Shape, rows: Rows, apart: str, close: bool) -> list[str]:
    """What is written already, but for rows that share something; and what the reference read."""
    columns = ", ".join([*_COLUMNS, *(sql.name(trait) for trait in shape.traits)])
    parts = [f"SELECT {columns} FROM {DRAFT}" + (" WHERE row NOT IN (SELECT row FROM close_rows)" if close else "")]
    return [*parts, first(shape, f"SELECT * FROM ({rows.read_by_reference()}) {apart}")] if rows.by_reference else parts


def _row(op: Op, why: str, told: str, owner: str, grp: str, fp: str) -> str:
    """The columns before the traits. ``told``: list of structs (t, was, v, id), the strongest first."""
    first = f"{told}[1]"
    rest = f"CASE WHEN len({told}) > 1 THEN [{{'t': x.t, 'was': x.was, 'v': x.v}} for x in {told}[2:]] END::{_MORE}"
    itself = f"{owner} = {first}.id AND {first}.t NOT IN {sql.OPAQUE}"
    return (
        f"{op:d}::UTINYINT AS op, ({why})::UTINYINT AS why, {first}.t AS t, {first}.v AS v, {first}.was AS was, "
        f"{rest} AS more, CASE WHEN {itself} THEN NULL ELSE {owner} END AS owner, nullif({grp}, {owner}) AS grp, "
        f"({fp})::UBIGINT AS fp"
    )


def _nothing(shape: Shape) -> str:
    traits = [f"NULL::{trait_type(trait)} AS {sql.name(trait)}" for trait in shape.traits]
    return ", ".join(["NULL::BIGINT AS row", "NULL::VARCHAR AS key", *traits])


# ── from the ledger ──────────────────────────────────────────────────────────────────────────────────────────────
def _piled(table: str, kind: Kind) -> str:
    """Identifiers of one owner and group make one element."""
    columns = f"owner, grp, id, t, state, {full_value()} AS v, {pile(kind)} AS pile"
    return f"""
        SELECT owner, grp, pile, list({{'t': t, 'was': state, 'v': v, 'id': id}} ORDER BY t, id) AS told,
            bit_xor(hash(id)) AS prints
        FROM (SELECT {columns} FROM {table}) GROUP BY owner, grp, pile"""


def _removals(shape: Shape) -> str:
    why = f"CASE WHEN owner IN (SELECT owner FROM going WHERE stays) THEN {Why.SHED:d} ELSE {Why.LEFT:d} END"
    columns = _row(Op.REMOVE, why, "told", "owner", "grp", "0")
    return f"SELECT {columns}, {_nothing(shape)} FROM ({_piled('going', shape.kind)})"


def _refills(shape: Shape) -> str:
    fp = f"xor({print_of_nothing(shape.traits)}, prints)"
    columns = _row(Op.ADD, f"{Why.AGAIN:d}", "told", "owner", "grp", fp)
    return f"SELECT {columns}, {_nothing(shape)} FROM ({_piled('refills', shape.kind)})"


def _labels(shape: Shape) -> str:
    return f"""
        SELECT {Op.LABEL:d}::UTINYINT AS op, NULL::UTINYINT AS why, t, id::BLOB AS v, state AS was,
            NULL::{_MORE} AS more, nullif(owner, id) AS owner, nullif(grp, owner) AS grp, fp::UBIGINT AS fp,
            {_nothing(shape)} FROM labelled"""


# ── from the list ────────────────────────────────────────────────────────────────────────────────────────────────
def _was(key: str) -> str:
    return f"CASE WHEN tell.was IS NULL THEN tell.base ELSE coalesce(tell.was[{key}], 0) END::UTINYINT"


def _traits(shape: Shape, source: str) -> str:
    return ", ".join([f"{source}.row", f"{source}.key", *(f"{source}.{sql.name(trait)}" for trait in shape.traits)])


def _told(shape: Shape, was: Callable[[str], str]) -> str:
    """The identifiers of a row as a list of structs, the strongest first, its label last."""
    entries = [
        f"CASE WHEN i{k} IS NOT NULL THEN {{'t': t{k}, 'was': {was(f'i{k}')}, 'v': v{k}, 'id': i{k}}} END"
        for k in shape.numbers
    ]
    if shape.primary:
        entry = f"{{'t': {sql.PRIMARY}::UTINYINT, 'was': 0::UTINYINT, 'v': ip::BLOB, 'id': ip}}"
        entries.append(f"CASE WHEN ip IS NOT NULL THEN {entry} END")
    return f"[x for x in [{', '.join(entries)}] if x IS NOT NULL]" if len(entries) > 1 else f"[{entries[0]}]"


def _plain(shape: Shape, rows: Rows) -> str:
    """Elements that are one row as it stands."""
    inner = f"""
        SELECT line.*, tell.owner AS named, tell.grp AS grp_, tell.fp, tell.why, {_told(shape, _was)} AS told
        FROM ({rows.accepted()}) AS line JOIN {TELL} AS tell ON tell.elem = line.s
        WHERE line.s NOT IN (FROM close)"""
    columns = f"{_row(Op.ADD, 'why', 'told', 'named', 'grp_', 'fp')}, {_traits(shape, 'lines')}"
    return f"SELECT {columns} FROM ({inner}) AS lines"


def first(shape: Shape, lines: str, beside: Sequence[str] = ()) -> str:
    """Every row of ``lines`` as it stands, when nothing is known; lists only where there is more than one identifier.

    ``beside``: columns of the lines that are wanted too.
    """
    several = " + ".join(f"({key} IS NOT NULL)::INTEGER" for key in (*shape.ids, *(["ip"] if shape.primary else [])))
    told = _told(shape, lambda _: "0::UTINYINT")
    more = f"CASE WHEN {several} > 1 THEN [{{'t': x.t, 'was': x.was, 'v': x.v}} for x in ({told})[2:]] END::{_MORE}"
    opaque = f"CASE WHEN {_of_strongest('t', shape)} IN {sql.OPAQUE} THEN s END::UUID"
    return f"""
        SELECT {Op.ADD:d}::UTINYINT AS op, {Why.NEW:d}::UTINYINT AS why, {_of_strongest("t", shape)} AS t,
            {_of_strongest("v", shape)} AS v, 0::UTINYINT AS was, {more} AS more, {opaque} AS owner,
            NULL::UUID AS grp, {", ".join([f"{fingerprint(shape.ids)} AS fp", _traits(shape, "lines"), *beside])}
        FROM ({lines}) AS lines"""


def _of_strongest(column: str, shape: Shape) -> str:
    last = shape.slots
    cases = " ".join(f"WHEN i{k} IS NOT NULL THEN {column}{k}" for k in range(1, last))
    return f"CASE {cases} ELSE {column}{last} END" if cases else f"{column}{last}"


def _close(shape: Shape, rows: Rows) -> str:
    """Elements made of several rows, or of parts of them: values by what each member keeps, traits of one row."""
    source = f"({rows.accepted()})"
    lines = f"SELECT * FROM {source} WHERE s IN (SELECT owner FROM {TELL}) AND s IN (FROM close)"
    entry = f"{{'t': v.t, 'was': {_was('v.id')}, 'v': v.v, 'id': v.id}}"
    label = f"{{'t': {sql.PRIMARY}::UTINYINT, 'was': 0::UTINYINT, 'v': id::BLOB, 'id': id}}"
    return f"""
        WITH lines AS MATERIALIZED ({lines}),
        vals AS ({_values(shape)}),
        told AS (
            SELECT tell.elem, list({entry} ORDER BY v.t, v.id <> v.s, v.id) AS told
            FROM vals AS v JOIN kept ON kept.id = v.id AND kept.s = v.s JOIN {TELL} AS tell ON tell.elem = kept.elem
            GROUP BY tell.elem),
        marked AS (SELECT s AS elem, list({label} ORDER BY id) AS labels FROM labels GROUP BY s),
        one AS (
            SELECT lines.* FROM lines JOIN members ON members.s = lines.s AND members.th = lines.th
            QUALIFY row_number() OVER (PARTITION BY lines.s ORDER BY lines.row) = 1),
        whole AS (
            SELECT one.*, tell.owner AS named, tell.grp AS grp_, tell.fp, tell.why,
                list_concat(told.told, coalesce(marked.labels, [])) AS told
            FROM {TELL} AS tell JOIN told ON told.elem = tell.elem JOIN one ON one.s = tell.owner
            LEFT JOIN marked ON marked.elem = tell.elem)
        SELECT {_row(Op.ADD, "why", "told", "named", "grp_", "fp")}, {_traits(shape, "whole")} FROM whole"""


def _values(shape: Shape) -> str:
    """What the identifiers of ``lines`` are told with. Of several spellings of a company's name the smallest counts,
    and the one that LinkedIn was told stays while it may hold the company: a REMOVE has to name it.
    """
    each = sql.union(
        f"SELECT s, i{k} AS id, t{k} AS t, v{k} AS v FROM lines WHERE i{k} IS NOT NULL" for k in shape.numbers
    )
    values = f"SELECT s, id, any_value(t) AS t, min(v) AS v FROM ({each}) GROUP BY s, id"
    if shape.kind is Kind.PEOPLE:
        return values
    spelled = f"SELECT id, v AS spelled FROM {LEDGER} WHERE t = {IdType.COMPANY_NAME:d} AND state IN {sql.MAY_BE_IN}"
    return f"SELECT * REPLACE (coalesce(spelled, v) AS v) FROM ({values}) LEFT JOIN ({spelled}) USING (id)"
