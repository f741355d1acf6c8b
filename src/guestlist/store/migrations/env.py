"""Run by alembic: one transaction for all revisions, on the engine it was given."""

from __future__ import annotations

from alembic import context

from guestlist.store import schema

engine = context.config.attributes["engine"]
with engine.connect().execution_options(guestlist_writes=True) as connection:
    context.configure(connection=connection, target_metadata=schema.metadata, render_as_batch=True)
    with connection.begin(), context.begin_transaction():
        context.run_migrations()
