"""Every switch of the emulator, with its default; a guess about LinkedIn is always a switch (see meanings.py)."""

from collections.abc import Iterator
from typing import Any, Literal, get_args

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
    name_identity: Literal["all_fields", "names"] = "all_fields"
    digest_case: Literal["exact", "ignored"] = "exact"
    company_forms: Literal["exact", "any"] = "exact"
    same_batch: Literal["in_order", "add_wins", "remove_wins"] = "in_order"
    match_fraction: float = 0.6
    opted_out_fraction: float = 0.02
    round_audience: bool = True

    # the life of a segment
    segment_visible_after: float = 5.0
    ripening: Literal["immediately", "seconds", "reads", "stay", "fail"] = "seconds"
    ripening_seconds: float = 172_800.0
    ripening_reads: int = 1
    failure_status: Literal["FAILED", "ERROR"] = "FAILED"
    updating_seconds: float = 60.0
    archive_after_days: float = 30.0
    expire_after_days: float = 90.0
    terminal_add: Literal["refuse", "accept"] = "refuse"

    # what a segment may be called, and how many there may be
    segments_per_account: int = 1_000
    duplicate_source_segment_id: Literal["accept", "conflict"] = "accept"
    duplicate_name: Literal["accept", "refuse"] = "accept"
    blank_name: Literal["refuse", "accept"] = "refuse"
    longest_name: int | None = None
    longest_description: int | None = None
    longest_source_segment_id: int | None = None
    access_policy: Literal["accept", "refuse"] = "accept"
    immutable_update: Literal["400", "422"] = "400"
    destination_twice: Literal["conflict", "same_key"] = "conflict"
    source_platforms: tuple[str, ...] = PLATFORMS

    # how elements are judged
    batch_limit: int = 5_000
    batch_over_limit: Literal["400", "413"] = "400"
    schema_errors: Literal["element", "batch_422"] = "element"
    batch_index: Literal["none", "element", "error", "details"] = "none"
    element_error: Literal["plain", "message", "detailed"] = "plain"
    strict_id_values: bool = False
    apple_idfa: Literal["accept", "refuse"] = "accept"
    google_aid_limit: int | None = None
    strict_country: bool = False
    wrong_kind: Literal["400", "404"] = "400"

    # the gateway
    active_versions: tuple[str, ...] | None = None
    malformed_version: Literal["426", "400"] = "426"
    gateway_order: Literal["version_first", "token_first"] = "version_first"
    bodies_of_401: Literal["current", "older"] = "current"
    wrong_verb: Literal["400", "405"] = "400"
    foreign_content_type: Literal["415", "accept"] = "415"
    largest_body: int | None = None
    id_headers: Literal["protocol", "both"] = "protocol"
    all_in_one_finder: bool = True
    largest_count: int | None = None
    paging_links: Literal["framework", "empty"] = "framework"

    # limits
    users_per_minute: int = 600
    companies_per_minute: int = 300
    member_calls_per_day: int | None = None
    app_calls_per_day: int | None = None
    retry_after: bool = False
    throttle_code: bool = False
    throttle_text: Literal["detailed", "documented"] = "detailed"

    # who may do what
    audiences_program: bool = True
    role_refusal: Literal["NO_PERMISSION_ON_ENTITY", "ACCESS_DENIED"] = "NO_PERMISSION_ON_ENTITY"
    unseen_account_finder: Literal["forbidden", "empty", "not_found"] = "forbidden"
    segment_404: Literal["message", "plain"] = "message"
    role_managers: Literal["account_managers", "every_role"] = "account_managers"
    account_ids: Literal["number", "urn"] = "number"

    # lists
    list_header: Literal["template", "subset"] = "template"
    small_list: Literal["never_serves", "fails"] = "never_serves"
    media_location: Literal["path", "urn"] = "path"
    list_upload_status: Literal["201", "200"] = "201"

    # OAuth
    access_token_seconds: int = 5_184_000
    refresh_token_seconds: int = 31_536_000
    refresh_token_unit: Literal["seconds", "minutes"] = "seconds"  # noqa: S105
    scope_separator: Literal["comma", "space"] = "comma"
    token_type: bool = True
    reauthorization: Literal["renews", "keeps"] = "renews"
    old_access_tokens: Literal["live", "revoked"] = "live"
    refresh_token_rotation: bool = False
    refresh_error: Literal["invalid_request", "invalid_grant"] = "invalid_request"
    client_error: Literal["invalid_client", "invalid_client_id"] = "invalid_client"
    introspection_errors: Literal["documented", "400"] = "documented"
    token_propagation_seconds: float = 0.0


FIELDS = {field.name: field for field in msgspec.structs.fields(Config)}


def changed(config: Config, changes: dict[str, Any]) -> Config:
    """The configuration with some switches turned; raises `msgspec.ValidationError` for an unknown one."""
    return msgspec.convert({**msgspec.structs.asdict(config), **changes}, Config)


def choices(name: str) -> list[Any]:
    """The settings of a switch that has only a few, the default first; none for a number, a text or a list."""
    field = FIELDS[name]
    if isinstance(field.default, bool):
        return [field.default, not field.default]
    listed = [one for one in get_args(field.type) if isinstance(one, str)]
    return [field.default, *(one for one in listed if one != field.default)] if listed else []


def other_settings(name: str) -> str:
    """What a switch may be turned to, in words for its kind: `"member"`, a number, a list."""
    listed = ", ".join(msgspec.json.encode(one).decode() for one in choices(name)[1:])
    return listed or ("a list" if "tuple" in str(FIELDS[name].type) else "a number")


CONDITIONS = ({"audiences_program": False}, {"ripening": "fail"})
"""Settings that are no reading of LinkedIn but something that befalls a client."""


def other_readings() -> Iterator[dict[str, Any]]:
    """Every switch turned to every setting that is not its default, one at a time: what a client must live with."""
    for name in FIELDS:
        turned = ({name: setting} for setting in choices(name)[1:])
        yield from (reading for reading in turned if reading not in CONDITIONS)
