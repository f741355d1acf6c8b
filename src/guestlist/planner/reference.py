"""Rows that SQL does not read: through ``core.identity`` itself, once, into a file of normalised rows."""
# ruff: noqa: S608 - names and values come from sql.py, shape.py and checked filters

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from guestlist.core.identity import Element, Identifier, IdType, Kind, Reason, Rejection, company, person
from guestlist.core.text import masked
from guestlist.planner import sql
from guestlist.planner.connection import Session
from guestlist.planner.rows import BY_REFERENCE, Rows
from guestlist.planner.shape import ACCEPTED, SLOW, Shape, cells_of, code
from guestlist.ports import PlanRequest

NONCE = 12
_Read = Callable[[Mapping[str, tuple[str | None, ...]]], Element | Rejection]


def sealed(plain: bytes, key: bytes) -> bytes:
    """A value that must not rest in clear: nonce(12), then AES-GCM."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, None)


def opened(value: bytes, key: bytes) -> bytes:
    """What ``sealed`` sealed."""
    return AESGCM(key).decrypt(value[:NONCE], value[NONCE:], None)


def read_slow_rows(session: Session, rows: Rows) -> None:
    """Let ``rows.all()`` hold the SLOW rows too. What is written for it is hashed like everything else."""
    shape, request = rows.shape, rows.request
    schema, read = _schema(shape), _reader(request)
    path = str(session.scratch / f"by-reference-{uuid.uuid4().hex}.parquet")
    cells = {field: cells_of(request, field) for field in request.mapping}
    query = f"SELECT row, COLUMNS('^c[0-9]+$') FROM ({rows.with_numbers().marked()}) WHERE verdict = {SLOW}"
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in session.reader(query):
            lines = [_line(read(record), row, request, shape) for row, record in _records(batch, cells)]
            writer.write_batch(_batch(lines, schema))
    read_rows = rows.without_kept_out(f"SELECT * FROM read_parquet({sql.text(path)})")
    session.run(f"CREATE OR REPLACE TEMP VIEW {BY_REFERENCE} AS {read_rows}")
    rows.by_reference = True


def _reader(request: PlanRequest) -> _Read:
    def read(record: Mapping[str, tuple[str | None, ...]]) -> Element | Rejection:
        cells = {field: tuple(cell for cell in values if cell is not None) for field, values in record.items()}
        if request.members is Kind.COMPANIES:
            return company(cells, request.derive)
        return person(cells, request.send_email, request.send_google_advertising_id)

    return read


def _records(
    batch: pa.RecordBatch, cells: Mapping[str, list[str]]
) -> Iterator[tuple[int | None, dict[str, tuple[str | None, ...]]]]:
    columns = {name: batch.column(name).to_pylist() for name in batch.schema.names}
    for n, row in enumerate(columns["row"]):
        yield row, {field: tuple(columns[c][n] for c in picked) for field, picked in cells.items()}


def _line(read: Element | Rejection, row: int | None, request: PlanRequest, shape: Shape) -> dict[str, Any]:
    notes = sum(1 << (code(reason) - 1) for reason in read.notes)
    line: dict[str, Any] = {"row": row, "notes": notes}
    if read.primary:
        line |= {"ip": read.primary.key16, "key": masked(read.primary.text)}
    if isinstance(read, Rejection):
        return line | {"verdict": code(read.reason)}
    if _carries(read, request.suppressed):
        return line | {"verdict": code(Reason.FORGOTTEN)}
    for k, identifier in zip(shape.numbers, read.identifiers, strict=False):
        line |= {f"t{k}": identifier.type, f"i{k}": identifier.key16, f"v{k}": _value(identifier, request.key)}
    traits = {t: list(v) if isinstance(v, tuple) else v for t, v in read.traits.items() if t in shape.traits}
    return line | {"verdict": ACCEPTED} | traits


def _carries(read: Element, suppressed: Iterable[bytes]) -> bool:
    carried = {identifier.key16 for identifier in (*read.identifiers, *((read.primary,) if read.primary else ()))}
    return not carried.isdisjoint(suppressed)


def _value(identifier: Identifier, key: bytes) -> bytes:
    return sealed(identifier.value, key) if identifier.type is IdType.NAMES else identifier.value


def _schema(shape: Shape) -> pa.Schema:
    slots = [(f"{c}{k}", kind) for k in shape.numbers for c, kind in zip("tiv", _SLOT, strict=True)]
    texts = [(trait, pa.list_(pa.string()) if trait == "industries" else pa.string()) for trait in shape.traits]
    head = [("row", pa.int64()), ("key", pa.string()), ("verdict", pa.uint8()), ("notes", pa.uint16())]
    return pa.schema([*head, *slots, ("ip", pa.uuid()), *texts])


_SLOT = (pa.uint8(), pa.uuid(), pa.binary())


def _batch(lines: list[dict[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    columns = [pa.array([line.get(field.name) for line in lines], field.type) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)
