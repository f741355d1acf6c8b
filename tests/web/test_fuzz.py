"""Whatever is sent gets an answer that is no fault of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import ignored_auth

from guestlist.events.acceptance import LARGEST
from guestlist.events.posting import decode
from tests.web.kit import Site, opened, zipped

PATHS = [
    "/v1/batch",
    "/v1/track",
    "/v1/a",
    "/hooks/segment",
    "/hooks/segment/audience",
    "/hooks/rudderstack",
    "/api/v1/audiences/accounts/members",
]
NAMES = st.sampled_from(
    ["batch", "type", "event", "userId", "sentAt", "writeKey", "context", "integrations", "action", "add", "remove"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["track", "record", "insert", "2026-05-28T20:26:40Z", "x" * 300])
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5))
EVENTS = st.lists(JSON | st.dictionaries(NAMES, JSON, max_size=4), max_size=6)
SHAPES = (
    JSON | EVENTS | st.fixed_dictionaries({"batch": EVENTS}) | st.fixed_dictionaries({"add": EVENTS, "remove": EVENTS})
)
TEXTS = SHAPES.map(lambda value: json.dumps(value).encode())
ODD = st.sampled_from(
    [b'{"batch":[{"type":"track","x":1e999}]}', b'{"batch":[{"type":"\\ud800x"}]}', b'{"type":"\\ud83d"}', b"\x1f\x8b"]
)
BODIES = (
    TEXTS | ODD | st.binary(max_size=30) | TEXTS.flatmap(lambda text: st.integers(0, len(text)).map(lambda n: text[:n]))
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "content_encoding": st.sampled_from(["gzip", "identity", "br", ""]),
        "content_type": st.sampled_from(["application/json", "text/plain", "multipart/form-data"]),
        "x_segment_signature": st.text("abcdef0123456789é", max_size=40).map(str.encode),
        "x_request_id": st.binary(max_size=20).map(lambda raw: bytes(b for b in raw if b > 0x1F and b != 0x7F)),
    },
)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("fuzzed")
    database = folder / "store.db"
    database.write_bytes(sqlite_template.read_bytes())
    with opened(folder, f"sqlite:///{database}", GUESTLIST_SEGMENT_SECRET="hush") as site:
        yield site


@pytest.fixture(autouse=True)
def _quiet(logged: list[Any]) -> None:
    """The log is not printed."""


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PATHS), BODIES, HEADERS, st.booleans())
def test_no_body_is_too_odd(fuzzed: Site, path: str, body: bytes, headers: dict[str, Any], zip_it: bool) -> None:
    if zip_it:
        body, headers = zipped(body), {**headers, "content_encoding": "gzip"}
    before = fuzzed.store.inbox.backlog().rows
    done = fuzzed.send(path, body, **headers)
    assert done.status_code in {200, 400, 401, 413}
    answer = done.json()
    if done.status_code != 200:
        assert set(answer) == {"code", "message"}
        assert fuzzed.store.inbox.backlog().rows == before
        return
    for row in fuzzed.store.inbox.take(1 << 30):
        for posting in decode(row.data):
            for event in posting.events:
                assert len(event) <= LARGEST + 40
                assert event.startswith(b"{")
                msgspec.json.decode(event, type=dict[str, msgspec.Raw])
        fuzzed.store.inbox.delete([row.id])


# ── by its description ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
def test_what_is_described_is_answered_as_described(fuzzed: Site) -> None:
    described = schemathesis.openapi.from_asgi("/openapi.json", fuzzed.web.asgi)
    operations = [each.ok() for each in described.get_all_operations()]
    assert len(operations) == 21
    for operation in operations:

        @settings(max_examples=15, deadline=None)
        @given(operation.as_strategy())
        def is_answered(case: Any) -> None:
            response = case.call(headers={"x-write-key": fuzzed.key})
            assert response.status_code < 500
            case.validate_response(response, excluded_checks=[ignored_auth])  # it does not know which key is right

        is_answered()
