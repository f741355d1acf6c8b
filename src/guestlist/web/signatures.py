"""Signatures of Segment's webhooks: HMAC-SHA1 in hexadecimal.

``X-Segment-Signature`` covers the whole body. ``X-Signature`` covers the first event only, so it proves a body that
has no other.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence

import msgspec


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, events: Sequence[msgspec.Raw]) -> bool:
    """Whether whoever sent this knows the secret. ``events``: what the body holds."""
    whole = headers.get("x-segment-signature")
    if whole is not None:
        return _fits(secret, body, whole)
    first = headers.get("x-signature")
    if first is None or len(events) != 1:
        return False
    return _fits(secret, body, first) or _fits(secret, bytes(events[0]), first)


def _fits(secret: str, text: bytes, given: str) -> bool:
    expected = hmac.new(secret.encode(), text, "sha1").hexdigest()
    return hmac.compare_digest(expected.encode(), given.strip().lower().encode("utf-8", "replace"))
