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

    ``refused``: position -> number in ``store.reasons``. ``open``: positions whose answer is missing for good.
    """

    refused: Mapping[int, int] = field(default_factory=dict)
    open: tuple[int, ...] = ()

    def packed(self) -> bytes:
        """u32: how many refused, their positions, their reasons, then the open positions."""
        return pack([len(self.refused), *self.refused.keys(), *self.refused.values(), *self.open])

    @staticmethod
    def unpacked(packed: bytes | None) -> Exceptions:
        """What ``packed`` made; None is no exception."""
        count, *rest = unpack(packed) or (0,)
        return Exceptions(dict(zip(rest[:count], rest[count : 2 * count], strict=True)), tuple(rest[2 * count :]))
