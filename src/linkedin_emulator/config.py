"""Every switch of the emulator, with its default; a guess about LinkedIn is always a switch."""

from typing import Any, Literal

import msgspec

USER, COMPANY = "USER", "COMPANY"
PLATFORMS = (
    "DIRECT_API",
    "AGENCY_API",
    "PARTNER_API",
    "LIST_UPLOAD",
    "LINKEDIN_BUSINESS_OBJECTIVE_BASED_AUDIENCES",
    "SEGMENT",
    "FAKE",
)


class Config(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The switches; `POST /_emulator/config` changes some, `reset` restores all."""

    # what a segment is made of
    removal: Literal["identifier", "member"] = "identifier"
    company_name_identifies: Literal["alone", "always"] = "alone"
    match_fraction: float = 0.6
    opted_out_fraction: float = 0.02
    round_audience: bool = True

    # the life of a segment
    segment_visible_after: float = 5.0
    ripening: Literal["immediately", "seconds", "reads", "stay", "fail"] = "seconds"
    ripening_seconds: float = 172_800.0
    ripening_reads: int = 1
    updating_seconds: float = 60.0
    archive_after_days: float = 30.0
    expire_after_days: float = 90.0
    terminal_add: Literal["refuse", "accept"] = "refuse"
    segments_per_account: int = 1_000
    duplicate_source_segment_id: Literal["accept", "conflict"] = "accept"
    destination_twice: Literal["conflict", "same_key"] = "conflict"
    source_platforms: tuple[str, ...] = PLATFORMS

    # how elements are judged
    batch_limit: int = 5_000
    schema_errors: Literal["element", "batch_422"] = "element"
    batch_index: Literal["none", "element", "error", "details"] = "none"
    strict_id_values: bool = False

    # the gateway
    active_versions: tuple[str, ...] | None = None
    malformed_version: Literal["426", "400"] = "426"
    id_headers: Literal["protocol", "both"] = "protocol"
    users_per_minute: int = 600
    companies_per_minute: int = 300
    member_calls_per_day: int | None = None
    app_calls_per_day: int | None = None
    retry_after: bool = False
    audiences_program: bool = True
    unseen_account_finder: Literal["forbidden", "empty"] = "forbidden"
    all_in_one_finder: bool = True
    paging_links: Literal["framework", "empty"] = "framework"

    # OAuth
    access_token_seconds: int = 5_184_000
    refresh_token_seconds: int = 31_536_000
    refresh_token_unit: Literal["seconds", "minutes"] = "seconds"  # noqa: S105
    scope_separator: Literal["comma", "space"] = "comma"
    reauthorization: Literal["renews", "keeps"] = "renews"
    refresh_error: Literal["invalid_request", "invalid_grant"] = "invalid_request"
    token_propagation_seconds: float = 0.0


def changed(config: Config, changes: dict[str, Any]) -> Config:
    """The configuration with some switches turned; raises `msgspec.ValidationError` for an unknown one."""
    return msgspec.convert({**msgspec.structs.asdict(config), **changes}, Config)
