"""Rows by many keys at once, from the driver itself: folds and flushes ask for thousands of members a second, and what
SQLAlchemy does for each bound key and each row costs several times what the database does.
"""
# ruff: noqa: S608 - names come from the schema

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

import sqlalchemy as sa

from guestlist.errors import StoreError

WIDTHS = (8, 500)  # keys of one IN (...): few texts, so that the driver keeps what it prepared


def rows(
    connection: sa.Connection, columns: Collection[sa.Column[Any]], given: sa.Column[int], number: int,
    key: sa.Column[bytes], keys: Collection[bytes],
) -> Iterator[tuple[Any, ...]]:  # fmt: skip
    """``columns`` of the rows where ``given`` is ``number`` and ``key`` one of ``keys``, as the driver has them (with
    SQLite booleans are 0 and 1). StoreError when the database fails.
    """
    select = f"SELECT {', '.join(column.name for column in columns)} FROM {key.table} WHERE {given.name}"
    driver: Any = connection.connection.driver_connection
    try:
        if connection.dialect.name == "sqlite":
            for part in _parts(keys):
                text = f"{select} = ? AND {key.name} IN ({', '.join('?' * len(part))})"
                yield from driver.execute(text, (number, *part)).fetchall()
        elif keys:
            yield from driver.execute(f"{select} = %s AND {key.name} = ANY(%s)", (number, list(keys))).fetchall()
    except _errors(connection) as error:
        raise StoreError(f"The database did not do what was asked: {str(error).splitlines()[0]}.") from error


def _errors(connection: sa.Connection) -> type[Exception] | tuple[()]:
    """The driver's own: SQLAlchemy translates nothing here."""
    driver = connection.dialect.dbapi
    return () if driver is None else driver.Error


def _parts(keys: Collection[bytes]) -> Iterator[list[bytes]]:
    """As wide as one of ``WIDTHS``: the last key fills the rest."""
    rest = iter(keys)
    while part := list(islice(rest, WIDTHS[-1])):
        width = next(width for width in WIDTHS if len(part) <= width)
        yield part + [part[-1]] * (width - len(part))
