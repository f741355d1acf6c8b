import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.linkedin.replies import (
    Reply,
    batch_index,
    index_of,
    masked,
    missing_permission,
    of_reply,
    problem,
    throttle,
)
from guestlist.linkedin.restli import bare_id, encode, query
from tests.linkedin.kit import ACCOUNT, NOW, digest

HEX = digest("ada@example.com").hex()


SYMBOL, RANGE = " is not an enum symbol", " is out of range 0...35"
PROGRAM = "Not enough permissions to access: partnerApiDmpSegments.CREATE.20260701"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (f'ERROR :: /userIds/0/idType :: "PHONE"{SYMBOL}\n', f"ERROR :: /userIds/0/idType :: …{SYMBOL}"),
        (f'ERROR :: /firstName :: length of "Ada "the" Great"{RANGE}', f"ERROR :: /firstName :: length of …{RANGE}"),
        ("ERROR :: /name :: 19.9 cannot be coerced to String", "ERROR :: /name :: … cannot be coerced to String"),
        (f"idValue {HEX} of ada@example.com is odd", "idValue … of … is odd"),
        ("title can't be set to Head of Sales", "title can't be set to …"),
        ("country value Elbonia doesn't exist", "country value … doesn't exist"),
        ("aid 38400000-8cf0-11bd-b23e-10b96e40000d unknown", "aid … unknown"),
        ("Invalid organization urn urn:li:organization:77", "Invalid organization urn urn:li:organization:…"),
        ("name 'O''Neil' and “Ada” and \"cut off", "name … and … and …"),
        ("Index: 7, ERROR :: /action :: field is required", "ERROR :: /action :: field is required"),
        ("Index: 3, ERROR :: a\nERROR :: b\nIndex: 9, ERROR :: c\n", "ERROR :: a; ERROR :: b"),
        (PROGRAM, PROGRAM),
        ("Requested version 20240901 is not active", "Requested version 20240901 is not active"),
        ("Could not find DMP segment with ID 9821736", "Could not find DMP segment with ID 9821736"),
    ],
)  # fmt: skip
def test_messages_lose_every_value(message, text):
    assert masked(message) == text


@given(st.text(min_size=1), st.text(max_size=20).filter(lambda text: '"' not in text and "\n" not in text))
def test_nothing_quoted_survives(value, around):
    secret = value.replace("\n", " ").replace("\r", " ")
    text = masked(f'ERROR :: /firstName :: {around}"{secret}SECRET{secret}" is out of range')
    assert "SECRET" not in text


def test_a_long_message_is_cut():
    assert len(masked("word " * 1000)) == 300


@pytest.mark.parametrize(
    "error",
    [
        {"batchIndex": 4},
        {"batchIndex": "4"},
        {"error": {"batchIndex": 4}},
        {"errorDetails": {"x": [{"batchIndex": 4}]}},
        {"message": "Index: 4, ERROR :: /action :: missing"},
    ],
)
def test_the_index_is_found_wherever_it_is(error):
    assert index_of(error) == 4


def test_no_index():
    assert index_of({"message": "Index of nothing"}) is None
    assert index_of([]) is None
    assert batch_index({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"batchIndex": 1}}}}}}}}) is None


def test_a_problem_keeps_constants_only():
    about = problem(400, {"code": f"X{HEX}", "message": 5, "serviceErrorCode": "7"})
    assert (about.code, about.text, about.number) == ("", "", None)
    assert problem(400, {"code": "MISSING_FIELD", "message": "m"}).said == "LinkedIn answered 400 MISSING_FIELD: m"


@pytest.mark.parametrize(
    ("message", "code", "scope"),
    [
        ("Resource level throttle APPLICATION_AND_MEMBER DAY limit for calls is reached.", "", "day"),
        ("Resource level throttle APPLICATION_AND_MEMBER MINUTE limit for calls is reached.", "", "minute"),
        ("too many segments today", "SEGMENT_LIMIT_EXCEEDED", "segments"),
        ("Resource level throttle limit for calls to this resource is reached.", "", "unknown"),
    ],
)
def test_limits_are_told_apart(message, code, scope):
    assert throttle(problem(429, {"code": code, "message": message}), message) == scope


@pytest.mark.parametrize(
    ("message", "resource", "scope", "missing"),
    [
        ("Not enough permissions to access: partnerApiDmpSegments.CREATE.20260701", "dmpSegments", "rw_ads", "scope"),
        ("Not enough permissions to access: partnerApiDmpSegments.CREATE.20260701", "dmpSegments", "", "approval"),
        ("Not enough permissions to access: partnerApiX.GET.1", "dmpSegments", "rw_ads rw_dmp_segments", "approval"),
        ("Viewer may not have permission to manage", "dmpSegments", "rw_dmp_segments", "role"),
        ("Not enough permissions to access: GET /me", "me", "rw_ads", "scope"),
        ("whatever", "adAccounts", "r_ads", "role"),
    ],
)
def test_a_403_says_what_is_missing(message, resource, scope, missing):
    assert missing_permission(problem(403, {"message": message}), resource, scope) == missing


def test_a_reply_that_is_not_json_has_only_its_status():
    reply = Reply(400, {}, b"<html>", NOW, NOW)
    assert (reply.json(), reply.record(), of_reply(reply).text) == (None, {}, "")
    assert Reply(400, {}, b"[1]", NOW, NOW).record() == {}


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("", None), ("soon", None), ("Mon, 21 Sep 2026 14:13:30 GMT", 10.0)],
)
def test_retry_after(header, seconds):
    assert Reply(429, {"retry-after": header}, b"", NOW, NOW).retry_after() == seconds


@pytest.mark.parametrize("name", ["x-restli-id", "x-linkedin-id"])
def test_the_id_of_either_protocol(name):
    assert Reply(201, {name: "9821736"}, b"", NOW, NOW).created_id() == "9821736"


def test_encoding():
    key = {"account": ACCOUNT, "user": "urn:li:person:AbC"}
    assert encode(key) == "(account:urn%3Ali%3AsponsoredAccount%3A516848833,user:urn%3Ali%3Aperson%3AAbC)"
    assert encode(["a(b)", "c,d", "e:'f'"]) == "List(a%28b%29,c%2Cd,e%3A%27f%27)"
    assert encode([]) == "List()"
    assert (encode(True), encode(7), encode("")) == ("true", "7", "''")
    assert query({"q": "account", "account": ACCOUNT, "sourceSegmentId": "", "start": 0}) == (
        "q=account&account=urn%3Ali%3AsponsoredAccount%3A516848833&start=0"
    )
    assert bare_id("urn%3Ali%3AdmpSegment%3A5") == "5"
    assert json.dumps(bare_id("5")) == '"5"'
