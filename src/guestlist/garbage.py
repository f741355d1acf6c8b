"""How often Python looks for objects that keep each other alive."""

from __future__ import annotations

import gc

YOUNG, MIDDLE, OLD = 100_000, 20, 50


def seldom() -> None:
    """For a process whose work makes many objects and few cycles: what stands at the beginning is never looked through
    again, the rest seldom. Looking took a quarter of a flush's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
