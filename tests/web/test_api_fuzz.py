"""Whatever is asked of the API gets the answer that its description promises, and none that is a fault of ours."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from guestlist.web.api.needs import NEEDS
from tests.web.apikit import EVENTS, STREAM, Api
from tests.world import World, emails

EXAMPLES = 8


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    with furnished(tmp_path_factory.mktemp("fuzzed")) as api:
        yield api


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """One whose objects nothing else takes away."""
    with furnished(tmp_path_factory.mktemp("settled")) as api:
        api("POST", "/destinations/acme/take-over")
        yield api


@contextmanager
def furnished(folder: Path) -> Iterator[Api]:
    world = World(folder)
    world.connect()
    world.write([*emails("a", "b"), {"email": "nobody"}])
    world.sync()
    with structlog.testing.capture_logs():
        api = Api(world)
        api.make("audiences", "leads", EVENTS)
        api.make("activations", "leads", STREAM)
        api.make("destinations", "second", {"ad_account": 516848833})
        api("PUT", "/uploads/customers?file_name=customers.csv", b"email\nada@example.com\n")
        api("POST", "/users", {"name": "moe", "role": "Marketer"})
        api("POST", "/write-keys", {"name": "engage"})
        api("POST", "/tokens", {"name": "spare", "role": "Analyst"})
        api("POST", "/receipts", {"values": ["a@example.com"]})
        api.work()
        yield api
        api.close()
        world.close()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.getLogger("schemathesis").setLevel(logging.CRITICAL)
    with structlog.testing.capture_logs():
        yield


# ── the description ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture(scope="module")
def described(fuzzed: Api) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", fuzzed.web.asgi)


def test_it_is_valid_and_names_everything(described: Any) -> None:
    document = described.raw_schema
    assert document["openapi"].startswith("3.1")
    validate(document)
    operations = {
        f"{method.upper()} {path.removeprefix('/api/v1')}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if path.startswith("/api/v1/") and not path.endswith("/members")
    }
    assert set(operations) == set(NEEDS)
    assert len({each["operationId"] for each in operations.values()}) == len(operations)
    for name, operation in operations.items():
        assert operation["security"] == [{"bearer": []}], name
        assert operation["summary"], name
        assert str(NEEDS[name]) in operation["description"], name
        assert {"401", "403", "422", "503"} <= set(operation["responses"]), name
        for status, answer in operation["responses"].items():
            kinds = set(answer.get("content", {}))
            assert kinds == {"application/problem+json"} if status >= "400" else "application/problem+json" not in kinds
    assert "/v1/batch" in document["paths"]
    assert "/api/v1/audiences/{name}/members" in document["paths"]


def test_settings_are_described_as_the_file_is(described: Any) -> None:
    schemas = described.raw_schema["components"]["schemas"]
    assert schemas["NewDestination"]["properties"]["settings"]["$ref"] == "#/components/schemas/DestinationConfig"
    written = json.dumps(schemas)
    assert "x-model" not in written
    assert "prefixItems" not in written
    assert "ad_account" in schemas["DestinationConfig"]["properties"]


KNOWN = {
    "destinations": ("acme", "", "second"),
    "audiences": ("people", "leads", ""),
    "activations": ("main", "leads", ""),
    "uploads": ("customers", ""),
    "users": ("moe", ""),
    "write-keys": ("engage", ""),
    "tokens": ("spare", ""),
    "settings": ("limits", "notify"),
}


# ── by the description ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.slow
@pytest.mark.parametrize("operation", sorted(NEEDS))
def test_every_operation_answers_as_described(fuzzed: Api, described: Any, operation: str) -> None:
    method, path = operation.split()
    one = described[f"/api/v1{path}"][method]

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(one.as_strategy(), st.sampled_from(KNOWN.get(path.split("/")[1], ("",))))
    def is_answered(case: Any, known: str) -> None:
        if known and "{name}" in path:
            case.path_parameters["name"] = known
        response = case.call(headers={"authorization": f"Bearer {fuzzed.token}"})
        assert response.status_code < 500, response.text
        case.validate_response(
            response,
            checks=[
                schemathesis.checks.status_code_conformance,
                schemathesis.checks.content_type_conformance,
                schemathesis.checks.response_schema_conformance,
                schemathesis.checks.not_a_server_error,
            ],
        )

    is_answered()


# ── beyond it ────────────────────────────────────────────────────────────────────────────────────────────────────
KEYS = st.sampled_from(
    [
        "ad_account",
        "description",
        "enabled",
        "send_email",
        "members",
        "source",
        "file",
        "events",
        "write_keys",
        "max_age",
        "upload",
        "filter",
        "audience",
        "destination",
        "mode",
        "trigger",
        "audience_key",
        "action",
        "batch",
        "max_wait",
        "segment_of",
        "segment_name",
        "mapping",
        "email",
        "primaryId",
        "derive",
        "all",
        "any",
        "on",
        "is",
        "equals",
        "max_removals",
        "schedule",
        "every",
        "cron",
        "timezone",
        "refresh",
        "keep_alive",
        "url",
    ]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=6)
    | st.sampled_from(
        ["people", "companies", "leads", "acme", "main", "engage", "stream", "mirror", "snapshot", "remove_only", "15m",
         "20%", "0 6 * * *", "type = 'track'", "$.context.traits.email", "email", "UTC", "https://example.com"]
    )
)  # fmt: skip
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=8
)
SETTINGS = st.dictionaries(KEYS, JSON, max_size=5)
PLAUSIBLE = {
    "destinations": {"ad_account": 516848833},
    "audiences": EVENTS,
    "activations": STREAM,
}


@pytest.mark.slow
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(sorted(PLAUSIBLE)), SETTINGS, st.booleans(), st.sampled_from(["PATCH", "PUT", "POST"]))
def test_no_settings_are_too_odd(settled: Api, section: str, odd: dict[str, Any], whole: bool, method: str) -> None:
    """What a file could never hold (numbers, true, nothing, lists in lists) is judged like what it could."""
    name = {"destinations": "acme", "audiences": "leads", "activations": "leads"}[section]
    body = {"settings": odd if whole else {**PLAUSIBLE[section], **odd}}
    if method == "POST":
        done = settled("POST", f"/{section}", {"name": "odd", **body})
        settled("DELETE", f"/{section}/odd", if_match="*")
    else:
        done = settled(method, f"/{section}/{name}", body, if_match="*")
        if done.is_success:
            settled("PUT", f"/{section}/{name}", {"settings": PLAUSIBLE[section]}, if_match="*")
    assert done.status_code in (200, 201, 400, 409, 422), done.text
    settled.get("/activations")
