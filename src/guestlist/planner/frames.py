"""What the planner and its child say to each other: length-prefixed MessagePack, values as ``ports`` declares them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

import msgspec

from guestlist.errors import ConfigError, GuestlistError, SourceError, StoreError
from guestlist.ports import Delta, FoldRequest, Held, Known, LedgerPart, Plan, PlanRequest

_LENGTH = struct.Struct("<Q")
_ERRORS: dict[str, type[GuestlistError]] = {
    kind.__name__: kind for kind in (SourceError, ConfigError, StoreError, GuestlistError)
}


@dataclass(frozen=True)
class MergeRequest:
    """Arguments of ``Planner.merge``."""

    ledger: tuple[LedgerPart, ...]
    folder: str


@dataclass(frozen=True)
class FindRequest:
    """Arguments of ``Planner.find``."""

    ledger: tuple[LedgerPart, ...]
    ids: tuple[bytes, ...]
    owners: tuple[bytes, ...]
    groups: tuple[bytes, ...] = ()
    sample: int = 0


REQUESTS: dict[str, Any] = {"plan": PlanRequest, "fold": FoldRequest, "merge": MergeRequest, "find": FindRequest}
ANSWERS: dict[str, Any] = {"plan": Plan, "fold": Delta, "merge": Delta, "find": list[Known]}


def send(stream: IO[bytes], *parts: Any) -> None:
    """One message: a word and what belongs to it."""
    body = msgspec.msgpack.encode(parts, enc_hook=_nothing)
    stream.write(_LENGTH.pack(len(body)) + body)
    stream.flush()


def _nothing(held: Any) -> None:
    """What is held open stays so on this side."""
    if not isinstance(held, Held):
        raise NotImplementedError(f"{type(held).__name__} does not travel")
    if not held.whole:
        raise NotImplementedError("of this list only the beginning is there")


def receive(stream: IO[bytes]) -> tuple[str, Sequence[msgspec.Raw]] | None:
    """The next message; None when the other side is gone."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        return None
    word, *rest = msgspec.msgpack.decode(body, type=tuple[msgspec.Raw, ...])
    return msgspec.msgpack.decode(word, type=str), rest


def decoded(raw: msgspec.Raw, kind: Any) -> Any:
    """A part of a message as what it is."""
    return msgspec.msgpack.decode(raw, type=kind)


def name_of(error: Exception) -> str:
    """The name under which an error travels."""
    return next((name for name, kind in _ERRORS.items() if isinstance(error, kind)), GuestlistError.__name__)


def error_of(name: str, text: str) -> GuestlistError:
    """The error that was raised on the other side."""
    return _ERRORS.get(name, GuestlistError)(text)
