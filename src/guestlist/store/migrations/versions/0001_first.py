"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ONLY_ADDED = {
    "sqlite": (
        "CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit only grows'); END",
        "CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit only grows'); END",
        # REPLACE deletes without asking the trigger above
        "CREATE TRIGGER audit_insert BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'audit only grows'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'audit only grows'; END $$",
        "CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_grows()",
    ),
}  # entries of the audit log are never changed and never taken out


def upgrade() -> None:
    """Make every table."""

    op.create_table(
        "audit",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_who", "audit", ["who", "id"], unique=False)
    op.create_index("ix_audit_what", "audit", ["what", "id"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["subject", "id"], unique=False)
    for statement in ONLY_ADDED[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "destinations",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("former", sa.JSON(), nullable=False),
        sa.Column("ad_account", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("account_name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("authorised_at", sa.Double(), nullable=True),
        sa.Column("authorised_by", sa.Text(), nullable=False),
        sa.Column("first_consent_at", sa.Double(), nullable=True),
        sa.Column("waits", sa.JSON(), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_destinations")),
        sa.UniqueConstraint("name", name=op.f("uq_destinations_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "files",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("run_id", Number, nullable=True),
        sa.Column("rows", Number, nullable=True),
        sa.Column("bytes", Number, nullable=True),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("died_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_files_state"), "files", ["state"], unique=False)
    op.create_table(
        "ledgers",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("segment_id", Number, nullable=True),
        sa.Column("members_in", Number, nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledgers")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("sent_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notices")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "pace",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("slot", sa.Double(), nullable=False),
        sa.Column("closed_until", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_pace")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "reasons",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reasons")),
        sa.UniqueConstraint("code", "text", name=op.f("uq_reasons_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "receipts",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("completed", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "activations",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("destination_id", Number, nullable=False),
        sa.Column("ad_account", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("yaml_path", sa.Text(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=True),
        sa.Column("ledger_id", Number, nullable=False),
        sa.Column("segment_of", Number, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waiting", sa.JSON(), nullable=True),
        sa.Column("wait_until", sa.Double(), nullable=True),
        sa.Column("quiet_until", sa.Double(), nullable=True),
        sa.Column("last_rebuild_at", sa.Double(), nullable=True),
        sa.Column("last_told_at", sa.Double(), nullable=True),
        sa.Column("last_refresh_at", sa.Double(), nullable=True),
        sa.Column("frozen", sa.Boolean(), nullable=False),
        sa.Column("removed_at", sa.Double(), nullable=True),
        sa.Column("fails_in_row", sa.Integer(), nullable=False),
        sa.Column("last_run", Number, nullable=True),
        sa.Column("last_synced_identity", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["destination_id"], ["destinations.id"], name=op.f("fk_activations_destination_id")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_activations_ledger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activations")),
        sa.UniqueConstraint("name", name=op.f("uq_activations_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_activations_destination_id"), "activations", ["destination_id"], unique=False)
    op.create_index(op.f("ix_activations_ledger_id"), "activations", ["ledger_id"], unique=False)
    op.create_table(
        "late_attempts",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("ledger_id", Number, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("run_id", Number, nullable=False),
        sa.Column("batch_id", Number, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("removes", Number, nullable=False),
        sa.Column("adds", Number, nullable=False),
        sa.Column("changes", sa.LargeBinary(), nullable=False),
        sa.Column("folded_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_late_attempts_ledger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_late_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_late_attempts_ledger_id"), "late_attempts", ["ledger_id"], unique=False)
    op.create_table(
        "ledger_parts",
        sa.Column("ledger_id", Number, nullable=False),
        sa.Column("seq", Number, autoincrement=False, nullable=False),
        sa.Column("rows", Number, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.Column("file_id", Number, nullable=True),
        sa.Column("read_as", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_ledger_parts_file_id")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_ledger_parts_ledger_id")),
        sa.PrimaryKeyConstraint("ledger_id", "seq", name=op.f("pk_ledger_parts")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "receipt_targets",
        sa.Column("receipt_id", Number, nullable=False),
        sa.Column("ledger_id", Number, nullable=False),
        sa.Column("activation", sa.Text(), nullable=False),
        sa.Column("segment", sa.Text(), nullable=False),
        sa.Column("run_id", Number, nullable=True),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_receipt_targets_ledger_id")),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_receipt_targets_receipt_id")),
        sa.PrimaryKeyConstraint("receipt_id", "ledger_id", name=op.f("pk_receipt_targets")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "suppressions",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("id16", sa.LargeBinary(), nullable=False),
        sa.Column("id_type", sa.Integer(), nullable=False),
        sa.Column("given16", sa.LargeBinary(), nullable=False),
        sa.Column("receipt_id", Number, nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("undone_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["receipt_id"], ["receipts.id"], name=op.f("fk_suppressions_receipt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_suppressions_given16"), "suppressions", ["given16"], unique=False)
    op.create_index(op.f("ix_suppressions_id16"), "suppressions", ["id16"], unique=False)
    op.create_index(op.f("ix_suppressions_receipt_id"), "suppressions", ["receipt_id"], unique=False)
    op.create_table(
        "activation_names",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("activation_id", Number, nullable=False),
        sa.ForeignKeyConstraint(["activation_id"], ["activations.id"], name=op.f("fk_activation_names_activation_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_activation_names")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "rejected",
        sa.Column("activation_id", Number, nullable=False),
        sa.Column("run_id", Number, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by_reason", sa.JSON(), nullable=False),
        sa.Column("samples", sa.JSON(), nullable=False),
        sa.Column("file_id", Number, nullable=True),
        sa.ForeignKeyConstraint(["activation_id"], ["activations.id"], name=op.f("fk_rejected_activation_id")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_rejected_file_id")),
        sa.PrimaryKeyConstraint("activation_id", name=op.f("pk_rejected")),
        sqlite_autoincrement=False,
    )
    op.create_table(
        "segments",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("activation_id", Number, nullable=False),
        sa.Column("ledger_id", Number, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("linkedin_id", sa.Text(), nullable=True),
        sa.Column("source_segment_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("linkedin_status", sa.Text(), nullable=False),
        sa.Column("input", Number, nullable=True),
        sa.Column("matched", Number, nullable=True),
        sa.Column("audience_size", Number, nullable=True),
        sa.Column("ad_segment", sa.Text(), nullable=True),
        sa.Column("as_of", sa.Double(), nullable=True),
        sa.Column("unseen_since", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["activation_id"], ["activations.id"], name=op.f("fk_segments_activation_id")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_segments_ledger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("source_segment_id", name=op.f("uq_segments_source_segment_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_segments_activation_id"), "segments", ["activation_id"], unique=False)
    op.create_index(op.f("ix_segments_ledger_id"), "segments", ["ledger_id"], unique=False)
    op.create_table(
        "runs",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("activation_id", Number, nullable=False),
        sa.Column("ledger_id", Number, nullable=False),
        sa.Column("segment_id", Number, nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=True),
        sa.Column("removed", Number, nullable=False),
        sa.Column("removes", Number, nullable=False),
        sa.Column("adds", Number, nullable=False),
        sa.Column("labels", Number, nullable=False),
        sa.Column("changes", sa.LargeBinary(), nullable=True),
        sa.Column("changes_file_id", Number, nullable=True),
        sa.Column("skip", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.Boolean(), nullable=False),
        sa.Column("allow_removals", Number, nullable=True),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["activation_id"], ["activations.id"], name=op.f("fk_runs_activation_id")),
        sa.ForeignKeyConstraint(["changes_file_id"], ["files.id"], name=op.f("fk_runs_changes_file_id")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledgers.id"], name=op.f("fk_runs_ledger_id")),
        sa.ForeignKeyConstraint(["segment_id"], ["segments.id"], name=op.f("fk_runs_segment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_runs_activation_id"), "runs", ["activation_id"], unique=False)
    op.create_index("ix_runs_removed", "runs", ["activation_id", "started", "removed"], unique=False)
    op.create_index(op.f("ix_runs_ledger_id"), "runs", ["ledger_id"], unique=False)
    op.create_index(op.f("ix_runs_state"), "runs", ["state"], unique=False)
    op.create_table(
        "batches",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("run_id", Number, nullable=False),
        sa.Column("phase", sa.Integer(), nullable=False),
        sa.Column("first", Number, nullable=False),
        sa.Column("count", Number, nullable=False),
        sa.Column("positions", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("splits", sa.Integer(), nullable=False),
        sa.Column("parent_id", Number, nullable=True),
        sa.Column("not_before", sa.Double(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.Double(), nullable=True),
        sa.Column("claim_until", sa.Double(), nullable=True),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.Double(), nullable=True),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_batches_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_batches_due", "batches", ["run_id", "phase", "state", "not_before"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", Number, autoincrement=True, nullable=False),
        sa.Column("batch_id", Number, nullable=False),
        sa.Column("run_id", Number, nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("elements", sa.Integer(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_attempts_batch_id")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_attempts_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_attempts_batch_id"), "attempts", ["batch_id"], unique=False)
    op.create_index(op.f("ix_attempts_ended"), "attempts", ["ended"], unique=False)
    op.create_index(op.f("ix_attempts_run_id"), "attempts", ["run_id"], unique=False)
