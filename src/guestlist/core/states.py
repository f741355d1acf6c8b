"""What is known of identifiers, and what a run changes: the words of planning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

from guestlist.core.identity import IdType, Traits

Mode = Literal["mirror", "stream", "add_only", "remove_only", "snapshot"]  # planners take stream for mirror
Result = Literal["accepted", "unsure", "open", "void"] | int  # int: refused, the number of LinkedIn's reason


class State(IntEnum):
    """What LinkedIn was told of an identifier, as far as we know; the number is stored."""

    NONE = 0  # never told (only a label, or refused at its first telling)
    IN = 1
    OUT = 2
    UNSURE = 3  # may have been told, never answered: tell it again, whichever way it is wanted now
    NOT_TOLD = 4  # was in, in a segment that is gone: nothing is known by the new one


class Op(IntEnum):
    """What a row of a changes file does."""

    REMOVE = 1
    ADD = 2
    LABEL = 3  # told to nobody: only our own records change (groups, owners, fingerprints of another kind)


class Why(IntEnum):
    """Why an element is told; what people see counted."""

    NEW = 1  # ADD: none of its identifiers was in          -> added
    CHANGED = 2  # ADD: one was in (or its primaryId's element was), something differs -> changed
    AGAIN = 3  # ADD: told before, told again (a removal of a relative, refresh, resend, unsure) -> changed
    LEFT = 4  # REMOVE: a member that no row wants          -> removed (what the guard counts)
    SHED = 5  # REMOVE: an identifier of a member that stays (changed e-mail, toggle off) -> not counted


MAY_BE_IN = (State.IN, State.UNSURE)


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Told:
    """What the ledger says of one identifier. ``fp`` 0: its last telling was a removal, or it was never told."""

    id_type: IdType
    state: State
    owner: bytes
    group: bytes
    fp: int = 0
    kind: int = 1
    refused: int = 0
    at: float = 0.0


Ledger = Mapping[bytes, Told]


@dataclass(frozen=True)
class Change:
    """One row of a changes file: identifiers with their state before, strongest first; labels only with ADD."""

    op: Op
    why: Why | None
    ids: tuple[tuple[bytes, IdType, State], ...]
    owner: bytes
    group: bytes
    fp: int = 0
    traits: Traits = field(default_factory=dict)
