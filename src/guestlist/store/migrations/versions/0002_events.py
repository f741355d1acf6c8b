"""Events: the inbox, the members they decide about, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of events."""

    op.create_table(
        "audience_keys",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("folded", Number, nullable=False),
        sa.Column("inside", Number, nullable=False),
        sa.Column("heard", Number, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audience_keys")),
        sa.UniqueConstraint("key", name=op.f("uq_audience_keys_key")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "event_counts",
        sa.Column("activation_id", Number, autoincrement=False, nullable=False),
        sa.Column("bucket", Number, autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("events", Number, nullable=False),
        sa.PrimaryKeyConstraint("activation_id", "bucket", "outcome", "code", name=op.f("pk_event_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_latency",
        sa.Column("activation_id", Number, autoincrement=False, nullable=False),
        sa.Column("bucket", Number, autoincrement=False, nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("events", Number, nullable=False),
        sa.PrimaryKeyConstraint("activation_id", "bucket", "slot", name=op.f("pk_event_latency")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_samples",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("activation_id", Number, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_samples")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_samples_of", "event_samples", ["activation_id", "outcome", "code"], unique=False)
    op.create_table(
        "last_events",
        sa.Column("write_key", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("write_key", name=op.f("pk_last_events")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "inbox",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "write_keys",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_write_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_write_keys_digest")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "event_identifiers",
        sa.Column("key_id", Number, autoincrement=False, nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("t", sa.Integer(), nullable=False),
        sa.Column("v", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["audience_keys.id"], name=op.f("fk_event_identifiers_key_id")),
        sa.PrimaryKeyConstraint("key_id", "member", "id", name=op.f("pk_event_identifiers")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_event_identifiers_id", "event_identifiers", ["key_id", "id"], unique=False)
    op.create_table(
        "event_members",
        sa.Column("key_id", Number, autoincrement=False, nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("seq", Number, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=True),
        sa.Column("person_at", sa.BigInteger(), nullable=False),
        sa.Column("person_seq", Number, nullable=False),
        sa.Column("person_place", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["audience_keys.id"], name=op.f("fk_event_members_key_id")),
        sa.PrimaryKeyConstraint("key_id", "member", name=op.f("pk_event_members")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_touched",
        sa.Column("key_id", Number, autoincrement=False, nullable=False),
        sa.Column("seq", Number, autoincrement=False, nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["key_id"], ["audience_keys.id"], name=op.f("fk_event_touched_key_id")),
        sa.PrimaryKeyConstraint("key_id", "seq", name=op.f("pk_event_touched")),
    )
    op.create_table(
        "event_messages",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_messages")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "streams",
        sa.Column("activation_id", Number, autoincrement=False, nullable=False),
        sa.Column("key_id", Number, nullable=False),
        sa.Column("seen", Number, nullable=False),
        sa.Column("behind", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.Double(), nullable=False),
        sa.Column("compared_at", sa.Double(), nullable=False),
        sa.Column("made_with", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activation_id"], ["activations.id"], name=op.f("fk_streams_activation_id")),
        sa.ForeignKeyConstraint(["key_id"], ["audience_keys.id"], name=op.f("fk_streams_key_id")),
        sa.PrimaryKeyConstraint("activation_id", name=op.f("pk_streams")),
        sqlite_autoincrement=False,
    )
    op.create_index(op.f("ix_streams_key_id"), "streams", ["key_id"], unique=False)
    op.create_table(
        "waiting_events",
        sa.Column("activation_id", Number, autoincrement=False, nullable=False),
        sa.Column("member", sa.LargeBinary(), nullable=False),
        sa.Column("received", sa.Double(), nullable=False),
        sa.Column("retried", sa.Boolean(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("activation_id", "member", "received", "retried", name=op.f("pk_waiting_events")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "run_events",
        sa.Column("run_id", Number, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("sent", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_run_events_run_id")),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_run_events")),
        sqlite_autoincrement=False,
    )
