"""The way of events as a picture: a river that loses at each stage what goes no further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from guestlist.events.pipeline import LOST, WAITING, Left, Stage

WIDTH, HEIGHT = 1000.0, 190.0  # of the picture, in its own units
_TOP, _RIVER = 46.0, 96.0  # where the river begins, and how wide it is with all events
_BAR, _LEAST = 10.0, 2.0
_FALL = 34.0  # how far what leaves falls


@dataclass(frozen=True)
class Column:
    """One stage: its bar, the river to the next stage and what leaves before it (SVG paths, "" none)."""

    stage: Stage
    x: float
    y: float
    height: float
    label: float
    anchor: str
    on: str
    off: str
    off_x: float
    off_y: float
    left: int
    colour: str
    share: float


def drawn(stages: Sequence[Stage]) -> list[Column]:
    """Stages from left to right; nothing where nothing came. Those that lost nobody first are left out."""
    if not stages or not stages[0].events:
        return []
    shown = [each for n, each in enumerate(stages) if n in (0, len(stages) - 1) or each.left]
    if not shown[0].left and len(shown) > 2:  # nobody left at once: the first loss stands at the beginning
        shown = [replace(shown[1], name=shown[0].name), *shown[2:]]
    step = (WIDTH - _BAR) / max(len(shown) - 1, 1)
    return [_column(shown, n, step) for n in range(len(shown))]


def _column(stages: Sequence[Stage], n: int, step: float) -> Column:
    stage, last = stages[n], n == len(stages) - 1
    total, x = stages[0].events, n * step
    height = _height(stage.events, total)
    left = sum(each.events for each in stage.left)
    stays = 0.0 if last else _height(stages[n + 1].events, total)
    falls = _height(left, total)
    begins, ends, bottom = x + _BAR, x + step, _TOP + height
    middle = (begins + ends) / 2
    on = "" if last or not stays else _ribbon(begins, ends, middle, _TOP, stays, _TOP)
    turn = begins + step * 0.42
    off = "" if not left else _ribbon(begins, turn, (begins + turn) / 2, bottom - falls, falls, bottom - falls + _FALL)
    label = x if n == 0 else WIDTH if last else x
    return Column(
        stage, x, _TOP, max(height, _LEAST if stage.events else 0.0), label, "end" if last else "start", on, off,
        turn + 4, bottom - falls / 2 + _FALL, left, _colour(stage.left), stage.events / total,
    )  # fmt: skip


def _height(events: int, total: int) -> float:
    return max(_RIVER * events / total, _LEAST) if events else 0.0


def _ribbon(begins: float, ends: float, middle: float, top: float, width: float, at: float) -> str:
    """From ``top`` to ``at`` in a curve, as wide as it is at its beginning."""
    return (
        f"M{begins:.1f} {top:.1f}C{middle:.1f} {top:.1f} {middle:.1f} {at:.1f} {ends:.1f} {at:.1f}V{at + width:.1f}"
        f"C{middle:.1f} {at + width:.1f} {middle:.1f} {top + width:.1f} {begins:.1f} {top + width:.1f}Z"
    )


def _colour(left: Sequence[Left]) -> str:
    """What most of those are that leave."""
    kinds = {each.outcome for each in left[:1]}
    return "lost" if kinds & set(LOST) else "waits" if kinds & set(WAITING) else "aside"
