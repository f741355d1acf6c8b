"""Packed lists of members that a fold touched, and of the events that a run tells."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import msgspec


class Told(msgspec.Struct, frozen=True, array_like=True):
    """An event on its way. ``received``: epoch seconds. ``positions``: where in the run's changes its member is told;
    () where the ledger has to be asked. ``retried``: it was told before, without an answer.
    """

    received: float
    member: bytes
    positions: tuple[int, ...] = ()
    retried: bool = False


_encoder = msgspec.msgpack.Encoder()
_members = msgspec.msgpack.Decoder(tuple[list[int], list[tuple[bytes, float]]])
_told = msgspec.msgpack.Decoder(list[Told])
_sent = msgspec.msgpack.Decoder(dict[bytes, bytes])


def pack_members(touched: Mapping[bytes, float], activations: Collection[int]) -> bytes:
    """For ``event_touched``: member -> receipt of the event that decided (0: its event has ended already), and the
    activations that these events were counted for.
    """
    return _encoder.encode((list(activations), list(touched.items())))


def unpack_members(data: bytes, activation: int) -> dict[bytes, float]:
    """What ``pack_members`` was given; for an activation that events were not counted for yet, all have ended."""
    counted, touched = _members.decode(data)
    return dict(touched) if activation in counted else dict.fromkeys((member for member, _ in touched), 0.0)


def pack_told(events: Iterable[Told]) -> bytes:
    """For ``run_events``."""
    return _encoder.encode(list(events))


def unpack_told(data: bytes | None) -> list[Told]:
    """What ``pack_told`` was given; None is nothing."""
    return _told.decode(data) if data else []


def pack_sent(masked: Mapping[bytes, bytes]) -> bytes:
    """A few events as people may look at them: member -> JSON (``events.masking``). b"": there are none."""
    return _encoder.encode(masked) if masked else b""


def unpack_sent(data: bytes) -> dict[bytes, bytes]:
    """What ``pack_sent`` was given; b"" is nothing."""
    return _sent.decode(data) if data else {}
