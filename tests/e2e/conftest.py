"""Both databases, for tests that use real processes."""

from __future__ import annotations

from tests.postgres import database_url, postgres_server

__all__ = ["database_url", "postgres_server"]
