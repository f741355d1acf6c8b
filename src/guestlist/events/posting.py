"""What one request brought: the unit that is acknowledged, kept in the inbox and folded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

Door = Literal["track", "segment", "rudderstack", "members", "file"]


class Posting(msgspec.Struct, frozen=True, array_like=True):
    """Events that came together.

    ``write_key``: the name of the key they came with. ``received_at``: epoch seconds. ``sent_at``: as the client wrote
    it (ISO 8601), "" where it did not. ``common``: JSON of a ``context`` and ``integrations`` that hold for every event
    that has none of its own, b"" none. ``events``: each a JSON object as it came, none larger than 32 KB. ``audience``:
    door ``members`` only: the audience; its events are ``{"action": "add"|"remove", "member": {LinkedIn field:
    value}}``.
    """

    write_key: str
    door: Door
    received_at: float
    sent_at: str
    common: bytes
    events: tuple[bytes, ...]
    audience: str = ""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(tuple[Posting, ...])


def encode(postings: Sequence[Posting]) -> bytes:
    """For the inbox, which seals it."""
    return _encoder.encode(tuple(postings))


def decode(data: bytes) -> tuple[Posting, ...]:
    """What ``encode`` was given."""
    return _decoder.decode(data)
