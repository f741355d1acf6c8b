"""What each switch means, by area, for the documentation and `linkedin-emulator --switches`."""

AREAS: dict[str, dict[str, str]] = {
    "What a segment holds": {
        "removal": "what a segment holds, and so what REMOVE takes out: the identifiers told, or the members found "
        "through them",
        "company_name_identifies": "whether a company's name identifies it beside stronger fields",
        "match_fraction": "how many of all identifiers belong to somebody",
        "opted_out_fraction": "how many of those have opted out of third-party targeting",
        "round_audience": "whether `audienceSize` is rounded to two digits",
    },
    "Life of a segment": {
        "segment_visible_after": "seconds for which the sub-resources of a new segment answer 404",
        "ripening": "how BUILDING ends: at once, after seconds, after reads, never, or in failure",
        "ripening_seconds": "how long BUILDING takes",
        "ripening_reads": "how many reads BUILDING takes",
        "updating_seconds": "how long UPDATING takes after the last change",
        "archive_after_days": "idle days until ARCHIVED",
        "expire_after_days": "idle days until EXPIRED",
        "terminal_add": "whether a segment that is expired or failed refuses new data with 400",
    },
    "Segments": {
        "segments_per_account": "how many segments an account may have",
        "duplicate_source_segment_id": "whether a second segment of one type and `sourceSegmentId` is a 409",
        "destination_twice": "how a second LINKEDIN destination is refused: 409, or 400 with ENTITY_WITH_SAME_KEY…",
        "source_platforms": "the symbols `sourcePlatform` may have",
    },
    "Elements": {
        "batch_limit": "how many elements a batch may have",
        "schema_errors": "whether a bad element is refused alone or the whole batch with 422",
        "batch_index": "where the error of a refused element says its position, if anywhere",
        "strict_id_values": "whether an `idValue` that is no digest is refused",
    },
    "Gateway": {
        "active_versions": "the active versions as `YYYYMM`; empty means by the calendar",
        "malformed_version": "the status for a version header that is no version",
        "gateway_order": "whether the version is looked at before the token or after it",
        "bodies_of_401": "the bodies of 401 seen today, or those older connectors know (`Expired access token`)",
        "wrong_verb": "a verb without meaning at a path: the framework's 400, or the 405 of LinkedIn's documents",
        "foreign_content_type": "whether a body that calls itself something else than JSON is refused",
        "largest_body": "bytes in a body; more is 413",
        "id_headers": "the id of a new entity in one header, by protocol, or in both",
        "all_in_one_finder": "whether the finder of segments without start and count returns all of them at once",
        "largest_count": "the largest page; a greater `count` is cut to it",
        "paging_links": "whether pages carry `next` and `prev` links",
    },
    "Limits": {
        "users_per_minute": "calls to /users in a rolling minute, per member and application",
        "companies_per_minute": "calls to /companies in a rolling minute, per member and application",
        "member_calls_per_day": "calls a day to one endpoint, per member and application",
        "app_calls_per_day": "calls a day to one endpoint, per application",
        "retry_after": "whether a 429 carries Retry-After",
        "throttle_code": "whether the body of a 429 has the code TOO_MANY_REQUESTS",
        "throttle_text": "whether the text of a 429 says which limit (`… MINUTE limit …`), or, as documented, does not",
    },
    "Who may do what": {
        "audiences_program": "whether applications are approved for the Audiences program",
        "role_refusal": "the code of the 403 for a member whose role is not enough",
        "unseen_account_finder": "what the finder answers for an account on which the member has no role",
        "segment_404": "whether the 404 for a segment names it, or only says `Not Found`",
        "role_managers": "who may give and take roles on an ad account",
        "account_ids": "the `id` of an ad account in replies: its number, or its URN",
    },
    "Lists": {},
    "OAuth": {
        "access_token_seconds": "life of an access token",
        "refresh_token_seconds": "life of a refresh token, from the consent",
        "refresh_token_unit": "unit of `refresh_token_expires_in`",
        "scope_separator": "what separates scopes in a token reply",
        "reauthorization": "whether authorizing again starts the year of the refresh token anew",
        "old_access_tokens": "what a refresh does to the access tokens issued before",
        "refresh_token_rotation": "whether a refresh returns a new refresh token and ends the old one",
        "refresh_error": "the `error` of a refresh token that is no good any more",
        "token_propagation_seconds": "seconds for which a new access token is refused with 401 65601",
    },
}

MEANINGS = {name: meaning for area in AREAS.values() for name, meaning in area.items()}
"""The same without the areas."""
