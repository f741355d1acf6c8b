"""The planner in a process of its own."""

from __future__ import annotations

from guestlist.planner.duck import DuckDBPlanner


class ChildPlanner(DuckDBPlanner):
    """Implements ``ports.Planner``."""
