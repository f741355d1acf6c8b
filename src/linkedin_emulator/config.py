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
    old_access_tokens: Literal["live", "revoked"] = "live"
    refresh_token_rotation: bool = False
    refresh_error: Literal["invalid_request", "invalid_grant"] = "invalid_request"
    token_propagation_seconds: float = 0.0


def changed(config: Config, changes: dict[str, Any]) -> Config:
    """The configuration with some switches turned; raises `msgspec.ValidationError` for an unknown one."""
    return msgspec.convert({**msgspec.structs.asdict(config), **changes}, Config)


MEANINGS = {
    "removal": "what a segment holds: the identifiers told, or the members found through them",
    "company_name_identifies": "whether a company's name identifies it beside stronger fields",
    "match_fraction": "how many of all identifiers belong to somebody",
    "opted_out_fraction": "how many of those have opted out of third-party targeting",
    "round_audience": "whether `audienceSize` is rounded to two digits",
    "segment_visible_after": "seconds for which the sub-resources of a new segment answer 404",
    "ripening": "how BUILDING ends: at once, after seconds, after reads, never, or in FAILED",
    "ripening_seconds": "how long BUILDING takes",
    "ripening_reads": "how many reads BUILDING takes",
    "updating_seconds": "how long UPDATING takes after the last change",
    "archive_after_days": "idle days until ARCHIVED",
    "expire_after_days": "idle days until EXPIRED",
    "terminal_add": "whether a segment that is expired or failed refuses new data with 400",
    "segments_per_account": "how many segments an account may have",
    "duplicate_source_segment_id": "whether a second segment of one type and `sourceSegmentId` is a 409",
    "destination_twice": "how a second LINKEDIN destination is refused: 409, or 400 with ENTITY_WITH_SAME_KEY…",
    "source_platforms": "the symbols `sourcePlatform` may have",
    "batch_limit": "how many elements a batch may have; more is 400 for the whole request",
    "schema_errors": "whether a bad element is refused alone or the whole batch with 422",
    "batch_index": "where the error of a refused element says its position, if anywhere",
    "strict_id_values": "whether an `idValue` that is no digest is refused",
    "active_versions": "the active versions as `YYYYMM`; empty means by the calendar",
    "malformed_version": "the status for a version header that is no version",
    "id_headers": "the id of a new entity in one header, by protocol, or in both",
    "users_per_minute": "calls to /users in a rolling minute, per member and application",
    "companies_per_minute": "calls to /companies in a rolling minute, per member and application",
    "member_calls_per_day": "calls a day to one endpoint, per member and application",
    "app_calls_per_day": "calls a day to one endpoint, per application",
    "retry_after": "whether a 429 carries Retry-After",
    "audiences_program": "whether applications are approved for the Audiences program",
    "unseen_account_finder": "what the finder answers for an account on which the member has no role",
    "all_in_one_finder": "whether the finder without start and count returns every segment at once",
    "paging_links": "whether pages carry `next` and `prev` links",
    "access_token_seconds": "life of an access token",
    "refresh_token_seconds": "life of a refresh token, from the consent",
    "refresh_token_unit": "unit of `refresh_token_expires_in`",
    "scope_separator": "what separates scopes in a token reply",
    "reauthorization": "whether authorizing again starts the year of the refresh token anew",
    "old_access_tokens": "what a refresh does to the access tokens issued before",
    "refresh_token_rotation": "whether a refresh returns a new refresh token and ends the old one",
    "refresh_error": "the `error` of a refresh token that is no good any more",
    "token_propagation_seconds": "seconds for which a new access token is refused with 401 65601",
}
"""What each switch means, for the documentation."""
