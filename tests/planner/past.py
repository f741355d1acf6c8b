"""A ledger with everything in it, made by the reference alone: what runs told, what was refused, lost and overlaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from guestlist.core import membership
from guestlist.core.identity import Element, Identifier, IdType
from guestlist.core.membership import Change, Op, Result, Told
from guestlist.planner.changes import stream
from guestlist.planner.ledger import EMPTY
from guestlist.planner.reference import sealed
from guestlist.ports import LedgerPart
from tests.planner.kit import KEY, DuckPrints, Line, Row, read_as

MODES = st.sampled_from(["mirror", "mirror", "add_only", "remove_only"])
OVERLAYS = st.sampled_from([None, None, None, "not_told", "unsure", "again"])
ANSWERS = st.sampled_from(["accepted"] * 6 + ["unsure", "open", "void", 7])


def elements(line: Line, rows: Sequence[Row]) -> list[Element]:
    """The rows that LinkedIn can be told of."""
    request = line.request([])
    return [made for row in rows if isinstance(made := line.element(row, request), Element)]


def in_order(changes: Sequence[Change]) -> list[Change]:
    """Always the same, so that the same draws mean the same answers."""
    return sorted(changes, key=lambda change: (change.op, change.ids[0], change.owner))


def answered(data: st.DataObject, changes: Sequence[Change]) -> list[Result]:
    return ["accepted" if change.op is Op.LABEL else data.draw(ANSWERS) for change in changes]


def live(line: Line, data: st.DataObject, lists: st.SearchStrategy[list[Row]], most: int = 3) -> None:
    """Some runs of the line, each with its part of the ledger."""
    values: dict[bytes, bytes | None] = {}
    for _ in range(data.draw(st.integers(0, most))):
        rows = elements(line, data.draw(lists))
        values |= {i.key16: kept(i) for row in rows for i in (*row.identifiers, row.primary) if i}
        decided = membership.plan(rows, line.ledger, data.draw(MODES), line.now, DuckPrints(line.kind))
        changes = in_order(decided.changes)
        line.now += 3600
        after = membership.settle(changes, answered(data, changes), line.ledger, line.now, DuckPrints(line.kind).kind)
        add(line, {i: told for i, told in after.items() if line.ledger.get(i) != told}, values)
        line.ledger = after
        if (how := data.draw(OVERLAYS)) is not None:
            line.parts.clear()
            add(line, line.ledger, values, read_as=how)
            line.ledger = {i: read_as(told, how) for i, told in line.ledger.items()}


def add(line: Line, rows: Mapping[bytes, Told], values: Mapping[bytes, bytes | None], **other: Any) -> None:
    lines = [
        {
            "id": id16, "t": told.id_type, "state": told.state, "refused": told.refused, "fp": told.fp,
            "owner": None if told.owner == id16 else told.owner,
            "grp": None if told.group == told.owner else told.group,
            "kind": told.kind, "at": round(told.at * 1e6), "run": line.run, "v": values[id16],
        }
        for id16, told in rows.items()
    ]  # fmt: skip
    table = pa.table({name: [each[name] for each in lines] for name in EMPTY.column_names}, schema=EMPTY.schema)
    line.parts.append(LedgerPart(len(line.parts) + 1, len(lines), data=stream(table), **other))


def kept(identifier: Identifier) -> bytes | None:
    if identifier.type is IdType.PRIMARY:
        return None
    if identifier.type is IdType.NAMES:
        return sealed(identifier.value, KEY)
    digest = identifier.type in (IdType.SHA256_EMAIL, IdType.SHA512_EMAIL)
    return identifier.value[16:] if digest else identifier.value
