"""Between SQL rows and frozen dataclasses, and between positions and bytes."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

import sqlalchemy as sa

T = TypeVar("T")


def load(cls: type[T], row: Mapping[str, Any] | sa.RowMapping) -> T:
    """The dataclass whose fields are columns of ``row``."""
    return cls(**{item.name: row[item.name] for item in fields(cls)})  # type: ignore[arg-type]


def pack(positions: Iterable[int]) -> bytes:
    """Positions as little-endian u32."""
    numbers = array("I", positions)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


def unpack(packed: bytes | None) -> tuple[int, ...]:
    """What ``pack`` was given; None is nothing."""
    numbers = array("I", packed or b"")
    if sys.byteorder == "big":
        numbers.byteswap()
    return tuple(numbers)


@dataclass(frozen=True)
class Exceptions:
    """What was not simply accepted in a settled batch, by position in the changes.

    ``refused``: position -> number in ``store.reasons``. ``open``: sent, and their answer is missing for good.
    ``void``: not sent (skipped when the batch was read, or not told in the end).
    """

    refused: Mapping[int, int] = field(default_factory=dict)
    open: tuple[int, ...] = ()
    void: tuple[int, ...] = ()

    def packed(self) -> bytes:
        """u32: how many refused and open, refused positions, their reasons, open positions, void positions."""
        refused = self.refused
        return pack([len(refused), len(self.open), *refused.keys(), *refused.values(), *self.open, *self.void])

    @staticmethod
    def unpacked(packed: bytes | None) -> Exceptions:
        """What ``packed`` made; None is no exception."""
        refused, missing, *rest = unpack(packed) or (0, 0)
        positions, reasons, others = rest[:refused], rest[refused : 2 * refused], rest[2 * refused :]
        return Exceptions(dict(zip(positions, reasons, strict=True)), tuple(others[:missing]), tuple(others[missing:]))
