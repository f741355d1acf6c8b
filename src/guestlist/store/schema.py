"""Every table, column by column: SQL holds facts about files, runs and batches; members live in immutable parts.

Times are epoch seconds. Columns marked ``SEALED`` are AES-GCM blobs of the vault, ``TOKEN`` ones MultiFernet.
A change here needs a migration (``migrations/versions``) and its number in ``REVISIONS``; a test compares the two.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

REVISIONS = (
    "0001",
    "0002",
    "0003",
)  # every revision this program knows, oldest first; opening a store compares with the last one

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Time: sa.Double[float] = sa.Double()
Blob = sa.LargeBinary()
Json = sa.JSON(none_as_null=True)
SEALED: dict[str, Any] = {"sealed": "blob"}
TOKEN: dict[str, Any] = {"sealed": "token"}


def _id() -> sa.Column[int]:
    """A number that only grows: never given twice, also after the row is gone."""
    return sa.Column("id", Number, primary_key=True, autoincrement=True)


def _table(name: str, *columns: Any) -> sa.Table:
    return sa.Table(name, metadata, *columns, sqlite_autoincrement=any(c.name == "id" for c in columns))


def _column(name: str, kind: Any, *more: Any, null: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *more, nullable=null, **options)


# ── the store itself ─────────────────────────────────────────────────────────────────────────────────────────────
meta = _table(
    "meta",
    sa.Column("key", sa.Text, primary_key=True),  # store_id, names_key, ...
    _column("value", sa.Text),
    _column("secret", Blob, null=True, info=SEALED),  # the value where it must not be read: value is '' then
)

# ── whom we speak to ─────────────────────────────────────────────────────────────────────────────────────────────
destinations = _table(
    "destinations",
    _id(),  # stays through renames
    _column("name", sa.Text, unique=True),  # as in the yaml
    _column("former", Json),  # names it had before: whoever read the configuration then means it
    _column("ad_account", sa.Text),  # urn:li:sponsoredAccount:N
    _column("member", sa.Text),  # urn:li:person:X who authorised; '' before connect. The pace is counted per member
    _column("account_name", sa.Text),
    _column("role", sa.Text),  # LinkedIn's role of that member on the account when last checked
    _column("state", sa.Text),  # '' works; else the label of what parks it (errors.NeedsPerson.label)
    _column("reason", sa.Text),  # one sentence for people, beside state
    _column("authorised_at", Time, null=True),  # the last connect ...
    _column("authorised_by", sa.Text),  # ... and who of us did it; '' before
    _column("first_consent_at", Time, null=True),  # the refresh token's 365 days count from here
    _column("waits", Json),  # endpoint -> until: LinkedIn's day limit is used up
    _column("credential", Blob, null=True, info=TOKEN),  # ports.Token, client id and secret; null before connect
    _column("version", sa.Integer),  # grows with each saved credential: two refreshers cannot overwrite one another
)

# ── what is kept in step ─────────────────────────────────────────────────────────────────────────────────────────
ledgers = _table(
    "ledgers",  # what one segment was told; its rows are in ledger_parts
    _id(),
    _column("members", sa.Integer),  # core.identity.Kind
    _column("version", sa.Integer),  # grows with each change of the parts: writers compare and set it
    _column("epoch", sa.Integer),  # 0: no segment yet; each new segment (a rebuild) is one more
    _column(
        "segment_id", Number, null=True
    ),  # segments.id it speaks of now; null: none yet (no key: they refer both ways)
    _column("members_in", Number, null=True),  # told in so far; null: restored, the next merge counts them
    _column("created_at", Time),
)

activations = _table(
    "activations",
    _id(),  # stays through renames
    _column("name", sa.Text, unique=True),  # as in the yaml now; every name it ever had is in activation_names
    _column("destination_id", Number, sa.ForeignKey("destinations.id"), index=True),
    _column("ad_account", sa.Text),  # fixed when made: another account under the same name is another activation
    _column("audience", sa.Text),
    _column("members", sa.Integer),  # core.identity.Kind
    _column("mode", sa.Text),  # ports.Mode
    _column("yaml_path", sa.Text),  # the file that made it: two projects in one home are told apart
    _column("mapping", Json, null=True),  # LinkedIn field -> source fields; null until fixed by the first sync
    _column("ledger_id", Number, sa.ForeignKey("ledgers.id"), index=True),  # own, or another's (segment_of)
    _column("segment_of", Number, null=True),  # activations.id whose segment and ledger this one uses; null: own
    _column("state", sa.Text),  # '' nothing special; else what it waits for or why it stopped, set by the use cases
    _column("reason", sa.Text),
    _column("waiting", Json, null=True),  # a guard waits for a person: removals, known, masked samples; null: none
    _column("wait_until", Time, null=True),  # goes on by itself then
    _column("quiet_until", Time, null=True),  # an unanswered request may still land until then: tell nothing different
    _column("last_rebuild_at", Time, null=True),  # at most one new segment a day
    _column("last_told_at", Time, null=True),  # last accepted telling (keep_alive)
    _column("last_refresh_at", Time, null=True),  # everybody was told again (refresh)
    _column("frozen", sa.Boolean),  # a snapshot that was sent: later syncs send nothing
    _column("removed_at", Time, null=True),  # `remove`; the row stays: forget reaches its segments, its name is taken
    _column("fails_in_row", sa.Integer),  # failed runs since the last good one (notify at two)
    _column("last_run", Number, null=True),  # runs.id shown by status
    _column("last_synced_identity", Json, null=True),  # [[path, size, mtime_ns], ...] of the list last synced from
    _column("created_at", Time),
)

activation_names = _table(
    "activation_names",  # every name an activation ever had: sourceSegmentId contains it, so it is never given again
    sa.Column("name", sa.Text, primary_key=True),
    _column("activation_id", Number, sa.ForeignKey("activations.id")),
)

segments = _table(
    "segments",
    _id(),
    _column("activation_id", Number, sa.ForeignKey("activations.id"), index=True),  # that made it
    _column("ledger_id", Number, sa.ForeignKey("ledgers.id"), index=True),
    _column("epoch", sa.Integer),  # of the ledger when it was made
    _column("linkedin_id", sa.Text, null=True),  # null while LinkedIn has not confirmed it
    _column("source_segment_id", sa.Text, unique=True),  # guestlist-STORE-ACTIVATION, later ones @2 ...
    _column("name", sa.Text),
    _column("state", sa.Text),  # intent: written before POST; live: has its linkedin_id; dead: replaced or gone
    _column("created_at", Time),  # when LinkedIn was asked (0: not yet); after a crash it is looked up for a while
    _column("linkedin_status", sa.Text),  # LinkedIn's words when last asked, DELETED: it is not listed; '' never
    _column("input", Number, null=True),
    _column("matched", Number, null=True),
    _column("audience_size", Number, null=True),
    _column("ad_segment", sa.Text, null=True),
    _column("as_of", Time, null=True),  # when LinkedIn was last asked
    _column("unseen_since", Time, null=True),  # when it was first not shown, if it was not at any look since
)

ledger_parts = _table(
    "ledger_parts",  # known = all parts of a ledger in order of seq; for an identifier the row of the newest part wins
    sa.Column("ledger_id", Number, sa.ForeignKey("ledgers.id"), primary_key=True),
    sa.Column("seq", Number, primary_key=True, autoincrement=False),  # the ledger's version that wrote it; least: base
    _column("rows", Number),
    _column("data", Blob, null=True, info=SEALED),  # small parts: Arrow IPC stream ...
    _column("file_id", Number, sa.ForeignKey("files.id"), null=True),  # ... else a live file
    _column("read_as", sa.Text),  # ports.LedgerPart.read_as: how the stored states count now
)

# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
files = _table(
    "files",
    _id(),
    _column("path", sa.Text),  # relative to the data URL (work/...: a folder under home)
    # pending: the row is committed, bytes may exist; live: published, durable, named by others; dead: deleted after an
    # hour, for whoever looked it up just before; gone rows are deleted with their file
    _column("state", sa.Text, index=True),
    _column("owner", sa.Text),  # what it is for, for people
    _column("run_id", Number, null=True),  # pending and this run closed: nobody will publish it
    _column("rows", Number, null=True),
    _column("bytes", Number, null=True),  # compared on every opening
    _column("key", Blob, null=True, info=SEALED),  # the file's own key where its content is sealed (snapshots)
    _column("created_at", Time),
    _column("died_at", Time, null=True),
)

# ── runs and batches ─────────────────────────────────────────────────────────────────────────────────────────────
runs = _table(
    "runs",
    _id(),
    _column("activation_id", Number, sa.ForeignKey("activations.id"), index=True),
    _column("ledger_id", Number, sa.ForeignKey("ledgers.id"), index=True),
    _column("segment_id", Number, sa.ForeignKey("segments.id"), null=True),  # null until the segment is needed
    _column("epoch", sa.Integer),  # of the ledger: what a run of another epoch learned is not known of this segment
    _column("kind", sa.Text),  # sync, forget, refill, ...
    # planning: only its number is taken; planned: changes and batches are committed; delivering: someone claimed a
    # batch; waiting: for a person, a limit; closing: stopped, no batch can change any more, to be folded;
    # closed: its delta is in the ledger; failed: ended by an error before anything could be sent; void: given up
    # while planning, or its process died
    _column("state", sa.Text, index=True),
    _column("reason", sa.Text),
    _column("started", Time),
    _column("ended", Time, null=True),
    _column("counts", Json),  # ports.Counts
    _column("plan", Json),  # rejected by reason with masked samples, notes, what left in clear
    _column("mapping", Json, null=True),  # that was used
    _column("removed", Number),  # members who leave by it, told for the first time: every flush asks for a day of them
    _column("removes", Number),  # the shape of the changes: rows [0, removes) are REMOVE, then adds, then labels
    _column("adds", Number),
    _column("labels", Number),
    _column("changes", Blob, null=True, info=SEALED),  # up to 5,000 changes: Arrow IPC; null once closed
    _column("changes_file_id", Number, sa.ForeignKey("files.id"), null=True),  # more: a file that dies with the run
    _column("skip", Blob, null=True),  # packed positions that are never sent
    _column("sealed", sa.Boolean),  # a snapshot: its file is sealed and may wait however long
    _column("allow_removals", Number, null=True),  # what a person allowed for this run
    _column("requests", sa.Integer),  # sent to LinkedIn
    sa.Index("ix_runs_removed", "activation_id", "started", "removed"),
)

batches = _table(
    "batches",
    _id(),
    _column("run_id", Number, sa.ForeignKey("runs.id")),
    _column("phase", sa.Integer),  # 1 remove, 2 add: all of 1 is answered before 2 starts
    _column("first", Number),  # positions in the changes: [first, first + count) ...
    _column("count", Number),
    _column("positions", Blob, null=True),  # ... or exactly these (packed), count of them
    # ready: may be claimed from not_before on; claimed: someone may be sending it; settled: answered, outcome is final;
    # split: its children carry on; parked: waits for a person; void: the run stopped first
    _column("state", sa.Text),
    _column("tries", sa.Integer),  # attempts that burnt one
    _column("splits", sa.Integer),  # how deep below the batch that was planned
    _column("parent_id", Number, null=True),
    _column("not_before", Time),
    _column("claim", sa.Text, null=True),  # who claimed it: every later change must show this token
    _column("claimed_at", Time, null=True),
    _column("claim_until", Time, null=True),  # nobody may start a request that could outlive it
    _column("unsure", sa.Boolean),  # an attempt was sent and never answered: LinkedIn may have been told
    _column("settled_at", Time, null=True),  # when LinkedIn answered
    _column("outcome", Blob, null=True),  # packed exceptions of a settled batch: refused -> reason, open positions
    sa.Index("ix_batches_due", "run_id", "phase", "state", "not_before"),
)

attempts = _table(
    "attempts",
    _id(),
    _column("batch_id", Number, sa.ForeignKey("batches.id"), index=True),
    _column("run_id", Number, sa.ForeignKey("runs.id"), index=True),
    _column("started", Time),
    _column("ended", Time, index=True),
    _column("kind", sa.Text),  # core.delivery.Answer.kind
    _column("status", sa.Integer, null=True),
    _column("code", sa.Text),
    _column("text", sa.Text),  # normalised, without quoted values, at most 300 characters
    _column("elements", sa.Integer),
    _column("decision", sa.Text),  # what was done about it
)

late_attempts = _table(
    "late_attempts",  # answers that came after their claim was lost: their identifiers must become unsure
    _id(),
    _column("ledger_id", Number, sa.ForeignKey("ledgers.id"), index=True),
    _column("epoch", sa.Integer),
    _column("run_id", Number),
    _column("batch_id", Number),
    _column("at", Time),
    _column("removes", Number),
    _column("adds", Number),
    _column("changes", Blob, info=SEALED),  # Arrow IPC: the batch's rows of the changes file
    _column("folded_at", Time, null=True),  # a delta of the ledger holds them
)

reasons = _table(
    "reasons",  # LinkedIn's refusals by number: what ledgers and outcomes store
    _id(),
    _column("code", sa.Text),
    _column("text", sa.Text),
    sa.UniqueConstraint("code", "text"),
)

rejected = _table(
    "rejected",
    sa.Column("activation_id", Number, sa.ForeignKey("activations.id"), primary_key=True),
    _column("run_id", Number),
    _column("at", Time),
    _column("by_reason", Json),  # reason -> how many
    _column("samples", Json),  # reason -> up to ten [row, masked key]
    _column("file_id", Number, sa.ForeignKey("files.id"), null=True),  # all of them; null: none
)

# ── events ───────────────────────────────────────────────────────────────────────────────────────────────────────
write_keys = _table(
    "write_keys",
    sa.Column("name", sa.Text, primary_key=True),
    _column("digest", Blob, unique=True),  # SHA-256 of the key, which has 192 random bits; the key itself is nowhere
    _column("created_at", Time),
    _column("revoked_at", Time, null=True),
)

inbox = _table(
    "inbox",  # events that were acknowledged and not folded yet; one row per group commit, taken in the order of id
    _id(),
    _column("received_at", Time),  # of the oldest of them
    _column("events", sa.Integer),
    _column("size", sa.Integer),  # bytes of data before it was compressed
    _column("data", Blob, info=SEALED),  # events.posting: a list of postings, zstd
)

audience_keys = _table(
    "audience_keys",  # one key belongs to one audience for ever; each has a table of members of its own
    _id(),
    _column("key", sa.Text, unique=True),  # as in the file, `audience_key`
    _column("audience", sa.Text),
    _column("members", sa.Integer),  # core.identity.Kind
    _column("folded", Number),  # event_touched.seq of the last fold that changed a member
    _column("inside", Number),  # members that are in, counted by whoever writes them: counting a million takes long
    _column("heard", Number),  # all of its members
    _column("created_at", Time),
)

event_members = sa.Table(
    "event_members",  # per member the latest decision, whatever the order in which events arrived
    metadata,
    sa.Column("key_id", Number, sa.ForeignKey("audience_keys.id"), primary_key=True, autoincrement=False),
    sa.Column("member", Blob, primary_key=True),  # key16 of its primaryId, else of its strongest identifier
    _column("wanted", sa.Boolean),
    _column("at", sa.BigInteger),  # microseconds: when that was decided, by the event's own time ...
    _column("seq", Number),  # ... then by arrival (inbox.id) ...
    _column("place", sa.Integer),  # ... and by place in it
    _column("person", Blob, null=True, info=SEALED),  # primaryId and traits of the latest event that had any
    _column("person_at", sa.BigInteger),
    _column("person_seq", Number),
    _column("person_place", sa.Integer),
    sqlite_with_rowid=False,
)

event_identifiers = sa.Table(
    "event_identifiers",  # every identifier ever seen of a member
    metadata,
    sa.Column("key_id", Number, sa.ForeignKey("audience_keys.id"), primary_key=True, autoincrement=False),
    sa.Column("member", Blob, primary_key=True),
    sa.Column("id", Blob, primary_key=True),  # key16
    _column("t", sa.Integer),  # core.identity.IdType
    _column("v", Blob),  # digest, or the text; sealed where it is a name
    sa.Index("ix_event_identifiers_id", "key_id", "id"),
    sqlite_with_rowid=False,
)

event_touched = sa.Table(
    "event_touched",  # what each fold changed, until every activation of the key has looked at it
    metadata,
    sa.Column("key_id", Number, sa.ForeignKey("audience_keys.id"), primary_key=True, autoincrement=False),
    sa.Column("seq", Number, primary_key=True, autoincrement=False),  # grows by one each time
    _column("members", sa.Integer),
    _column("since", Time),  # receipt of the oldest event in it
    _column("data", Blob),  # packed (member, received): events.touched
    _column("sent", Blob, null=True, info=SEALED),  # a few of the events, masked, by member: events.touched
)

event_messages = _table(
    "event_messages",  # the messages that decided lately, so that one that comes again is known; one row per helping
    _id(),
    _column("messages", sa.Integer),
    _column("data", Blob),  # eight bytes of each: app.messages
)

streams = _table(
    "streams",  # how far each stream activation is
    sa.Column("activation_id", Number, sa.ForeignKey("activations.id"), primary_key=True, autoincrement=False),
    _column("key_id", Number, sa.ForeignKey("audience_keys.id"), index=True),
    _column("seen", Number),  # event_touched.seq up to which members were compared with the ledger
    _column("behind", sa.Text),  # why everybody has to be compared at the next sync; '' nobody: a flush is enough
    _column("looked_at", Time),  # when LinkedIn was last asked for the segment
    _column("compared_at", Time),  # when everybody was last compared
    _column("made_with", Json),  # rule, toggles, traits, mode of the last time that everybody was compared
    _column("epoch", sa.Integer),  # of the ledger then: another one has been told nobody
)

waiting_events = sa.Table(
    "waiting_events",  # told without an answer, or a removal that is held back: comparing everybody ends them
    metadata,
    sa.Column("activation_id", Number, primary_key=True, autoincrement=False),
    sa.Column("member", Blob, primary_key=True),
    sa.Column("received", Time, primary_key=True),
    sa.Column("retried", sa.Boolean, primary_key=True),  # it was told before, without an answer
    _column("events", sa.Integer),
    sqlite_with_rowid=False,
)

run_events = _table(
    "run_events",  # the events that a run tells
    sa.Column("run_id", Number, sa.ForeignKey("runs.id"), primary_key=True, autoincrement=False),
    _column("data", Blob),  # packed events and where the run tells them: events.touched
    _column("sent", Blob, null=True, info=SEALED),  # a few of them, masked, by member: events.touched
)

event_counts = sa.Table(
    "event_counts",  # every event ends in exactly one outcome, per activation (0: no activation, or all of them)
    metadata,
    sa.Column("activation_id", Number, primary_key=True, autoincrement=False),
    sa.Column("bucket", Number, primary_key=True, autoincrement=False),  # five minutes of receipt: epoch seconds / 300
    sa.Column("outcome", sa.Text, primary_key=True),  # events.outcomes.Outcome
    sa.Column("code", sa.Text, primary_key=True),  # a discard code, a reason; '' none
    _column("events", Number),
    sqlite_with_rowid=False,
)

event_latency = sa.Table(
    "event_latency",  # receipt to LinkedIn's 201, as a histogram
    metadata,
    sa.Column("activation_id", Number, primary_key=True, autoincrement=False),
    sa.Column("bucket", Number, primary_key=True, autoincrement=False),
    sa.Column("slot", sa.Integer, primary_key=True, autoincrement=False),  # of events.outcomes.SLOTS
    _column("events", Number),
    sqlite_with_rowid=False,
)

event_samples = _table(
    "event_samples",
    _id(),
    _column("activation_id", Number),
    _column("outcome", sa.Text),
    _column("code", sa.Text),
    _column("at", Time),
    _column("data", Blob, info=SEALED),  # JSON: sent, request, response, masked
    sa.Index("ix_event_samples_of", "activation_id", "outcome", "code"),
)

last_events = _table(
    "last_events",  # what activations are tried with: whichever server took it, every server knows it
    sa.Column("write_key", sa.Text, primary_key=True),  # its name
    _column("at", Time),  # when it came
    _column("data", Blob, info=SEALED),  # a posting of one event: events.posting
)

# ── forgetting ───────────────────────────────────────────────────────────────────────────────────────────────────
receipts = _table(
    "receipts",
    _id(),
    _column("asked", Json),  # [[masked value or what a list is called, whether nobody is known by it], ...]
    _column("state", sa.Text),  # incomplete until every target answered, then complete
    _column("created", Time),
    _column("completed", Time, null=True),
)

receipt_targets = _table(
    "receipt_targets",
    sa.Column("receipt_id", Number, sa.ForeignKey("receipts.id"), primary_key=True),
    sa.Column("ledger_id", Number, sa.ForeignKey("ledgers.id"), primary_key=True),
    _column("activation", sa.Text),  # its name then
    _column("segment", sa.Text),  # LinkedIn's id; '' none: nothing to tell
    _column("run_id", Number, null=True),  # that tells it
    _column("answered_at", Time, null=True),
)

suppressions = _table(
    "suppressions",
    _id(),
    _column("id16", Blob, index=True),  # key16 of the forgotten identifier
    _column("id_type", sa.Integer),  # core.identity.IdType
    _column("given16", Blob, index=True),  # key16 of the value it was asked by: itself, or a primaryId that led to it
    _column("receipt_id", Number, sa.ForeignKey("receipts.id"), index=True),
    _column("created", Time),
    _column("undone_at", Time, null=True),  # `forget --undo`: null still blocks
)

suppression_lists = _table(
    "suppression_lists",  # lists of people to be forgotten, until they are, or for a day
    _id(),
    _column("file_name", sa.Text),  # as it was called where it came from
    _column("format", sa.Text),  # csv, tsv, parquet, jsonl, xlsx
    _column("columns", Json),
    _column("chosen", sa.Text),  # the column that says who
    _column("job_id", Number, null=True),  # jobs.id that reads that column
    _column("file_id", Number, sa.ForeignKey("files.id")),  # sealed with a key of its own
    _column("uploaded_at", Time),
    _column("uploaded_by", sa.Text),
)

# ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────
notices = _table(
    "notices",
    sa.Column("key", sa.Text, primary_key=True),  # event and subject
    _column("open", sa.Boolean),  # began and is not over
    _column("since", Time),
    _column("sent_at", Time),  # the same thing at most once a day
)

pace = _table(
    "pace",
    sa.Column("key", sa.Text, primary_key=True),  # member and endpoint
    _column("slot", Time),  # core.pace.Pace.slot
    _column("closed_until", Time),  # after a 429
)

# ── who uses the pages and the API ───────────────────────────────────────────────────────────────────────────────
users = _table(
    "users",
    _id(),
    _column("name", sa.Text, unique=True),  # what somebody signs in with, case folded
    _column("role", sa.Text),  # core.permissions.Role
    _column("password", sa.Text, null=True),  # argon2id; null: not chosen yet, a link lets them choose it
    _column("fails", sa.Integer),  # wrong passwords in a row
    _column("locked_until", Time, null=True),
    _column("created_at", Time),
    _column("created_by", sa.Text),
    _column("signed_in_at", Time, null=True),
    _column("disabled_at", Time, null=True),
)

sessions = _table(
    "sessions",
    sa.Column("digest", Blob, primary_key=True),  # SHA-256 of the cookie's value, which has 256 random bits
    _column("user_id", Number, sa.ForeignKey("users.id"), index=True),
    _column("created_at", Time),
    _column("seen_at", Time),  # written at most once a minute
    _column("ends_at", Time),  # whatever is done with it
)

links = _table(
    "links",  # each lets somebody choose a password, once
    sa.Column("digest", Blob, primary_key=True),  # SHA-256 of what the link ends in
    _column("user_id", Number, sa.ForeignKey("users.id"), null=True),  # null: makes the first administrator
    _column("ends_at", Time),
)

api_tokens = _table(
    "api_tokens",
    sa.Column("name", sa.Text, primary_key=True),
    _column("digest", Blob, unique=True),  # SHA-256 of the token, which has 256 random bits; itself it is nowhere
    _column("role", sa.Text),
    _column("scopes", Json, null=True),  # permissions it is narrowed down to; null: all of its role
    _column("created_by", sa.Text),
    _column("created_at", Time),
    _column("ends_at", Time, null=True),
    _column("seen_at", Time, null=True),
    _column("revoked_at", Time, null=True),
)

# ── what the pages made ──────────────────────────────────────────────────────────────────────────────────────────
declared = _table(
    "declared",  # parts of a configuration, in the yaml's shape
    sa.Column("kind", sa.Text, primary_key=True),  # destinations, audiences, activations, settings
    sa.Column("name", sa.Text, primary_key=True),
    _column("body", Blob, info=SEALED),  # JSON; an address to notify is a secret
    _column("version", Number),  # grows with each change, never given twice to one name: what an ETag says
    _column("changed_at", Time),
    _column("changed_by", sa.Text),
)

uploads = _table(
    "uploads",
    _id(),
    _column("name", sa.Text, unique=True),  # what a source names it by
    _column("file_name", sa.Text),  # as it was called where it came from
    _column("format", sa.Text),  # csv, tsv, parquet, jsonl, xlsx
    _column("size", Number),  # bytes
    _column("rows", Number),  # without its header
    _column("columns", Number),  # how many
    _column("file_id", Number, sa.ForeignKey("files.id")),  # sealed with a key of its own
    _column("uploaded_at", Time),
    _column("uploaded_by", sa.Text),
)

drafts = _table(
    "drafts",  # wizards that somebody left, and rows that are not saved yet
    _id(),
    _column("user_id", Number, sa.ForeignKey("users.id"), index=True),
    _column("what", sa.Text),  # which wizard, or what would be changed
    _column("body", Blob, info=SEALED),  # JSON
    _column("changed_at", Time),
)

jobs = _table(
    "jobs",  # what somebody asked for that takes longer than an answer may; a worker does it
    _id(),
    _column("kind", sa.Text),  # app.jobs.Kind
    _column("subject", sa.Text),  # activation or destination; '' none
    _column("options", Blob, null=True, info=SEALED),  # JSON; may name people
    _column("asked_by", sa.Text),
    _column("asked_at", Time),
    _column("state", sa.Text, index=True),  # waiting, working, done, failed
    _column("starts", sa.Integer),  # workers that took it up; those before the last ended while they were at it
    _column("started_at", Time, null=True),
    _column("progress", Json, null=True),  # what, done, of
    _column("result", Blob, null=True, info=SEALED),  # JSON, as the command line prints it
    _column("reason", sa.Text),  # why it failed
    _column("ended_at", Time, null=True),
)

repeats = _table(
    "repeats",  # answers to requests that came with an idempotency key, for a day
    sa.Column("digest", Blob, primary_key=True),  # SHA-256 of who asked and the key
    _column("request", Blob),  # SHA-256 of what was asked: another request with that key is refused
    _column("answer", Blob, null=True, info=SEALED),  # JSON: status, headers, body; null: still at work
    _column("at", Time),
)

consents = _table(
    "consents",  # people who were sent to LinkedIn to allow something; each comes back once, within minutes
    sa.Column("digest", Blob, primary_key=True),  # SHA-256 of the state that has to come back, 192 random bits
    _column("destination", sa.Text),
    _column("redirect_url", sa.Text),
    _column("asked_by", sa.Text),  # nobody else may bring it back
    _column("ends_at", Time),
    _column("token", Blob, null=True, info=TOKEN),  # what they came back with, until they chose an ad account for it
)

readings = _table(
    "readings",  # what LinkedIn said of a segment, each time it said something else, and once a day
    sa.Column("segment_id", Number, sa.ForeignKey("segments.id"), primary_key=True),
    sa.Column("at", Time, primary_key=True),
    _column("status", sa.Text),
    _column("input", Number, null=True),
    _column("matched", Number, null=True),
    _column("audience_size", Number, null=True),
    _column("told", Number, null=True),  # members it holds by our own books
)

audit = _table(
    "audit",
    _id(),
    _column("at", Time),
    _column("who", sa.Text),
    _column("what", sa.Text),  # connect, create user, change activation, allow removals, forget ...
    _column("subject", sa.Text),
    _column("details", Json),
    *(sa.Index(f"ix_audit_{each}", each, "id") for each in ("who", "what", "subject")),
)
