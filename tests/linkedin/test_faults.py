"""The whole LinkedIn side against the emulator while things go wrong."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from guestlist.core.identity import Kind
from guestlist.errors import NeedsPerson, Refused, TryAgain
from guestlist.linkedin.client import Client
from guestlist.linkedin.destination import LinkedIn
from guestlist.linkedin.oauth import OAuth, token_from_response
from guestlist.linkedin.tokens import SharedTokens
from guestlist.linkedin.wire import elements
from guestlist.ports import SegmentSpec
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.running import RunningEmulator
from linkedin_emulator.transport import EmulatorTransport
from tests.linkedin.kit import ACCOUNT, CLIENT_ID, CLIENT_SECRET, NOW, OAUTH, VERSION, EmulatorClock, digest, row, rows

USERS = "/users$"


class Safe:
    """A stored token that two processes share."""

    def __init__(self, token):
        self.token, self.saves, self.lock = token, 0, threading.Lock()

    def load(self):
        return self.token

    def save(self, token):
        self.token, self.saves = token, self.saves + 1


@dataclass
class Line:
    emulator: Emulator
    destination: LinkedIn
    safe: Safe
    segment: str

    @property
    def inside(self):
        return self.emulator.control.segment(int(self.segment))["identifiers"]

    def fault(self, kind, path=USERS, times=1, **effect):
        self.emulator.control.fault({"kind": kind, **effect}, path=path, times=times)

    def tell(self, *names, op=2):
        body, sent = elements(rows(*(row(op, 1, digest(name)) for name in names)), Kind.PEOPLE, bytes)
        return self.destination.tell(self.segment, Kind.PEOPLE, body, len(sent))


def line(emulator, transport=None, url="", timeout=60.0, version=VERSION) -> Line:
    control = emulator.control
    control.clock(now=NOW)
    clock = EmulatorClock(control)
    safe = Safe(token_from_response(control.token(), NOW))
    bases = (f"{url}/rest", f"{url}/oauth/v2") if url else ("https://api.linkedin.com/rest", OAUTH)
    oauth = OAuth(bases[1], CLIENT_ID, CLIENT_SECRET, clock, transport=transport, timeout=timeout)
    tokens = SharedTokens(safe.load, safe.save, lambda: safe.lock, clock, oauth)
    client = Client(bases[0], version, tokens, clock, timeout=timeout, transport=transport, dice=lambda: 0.5)
    destination = LinkedIn(client, ACCOUNT, oauth)
    segment = control.seed({"segments": [{"account": 516848833, "name": "Readers"}]})["segments"][0]
    clock.sleep(60)
    return Line(emulator, destination, safe, str(segment))


@pytest.fixture
def told(request) -> Line:
    emulator = Emulator(frozen_clock=True)
    emulator.control.config(**getattr(request, "param", {}))
    return line(emulator, EmulatorTransport(emulator))


def ids(*names):
    return sorted(f"SHA256_EMAIL:{digest(name).hex()}" for name in names)


def test_it_works(told):
    answer = told.tell("a", "b")
    assert (answer.kind, answer.status, answer.failed, answer.missing) == ("answered", 200, {}, ())
    assert told.tell("a", op=1).status == 200
    assert told.inside == ids("b")


@pytest.mark.parametrize(
    ("fault", "kind", "status", "inside"),
    [
        ({"kind": "reset", "when": "before"}, "unanswered", None, []),
        ({"kind": "reset", "when": "after"}, "unanswered", None, ["a"]),
        ({"kind": "truncate"}, "over", None, ["a"]),
        ({"kind": "delay", "seconds": 61}, "unanswered", None, ["a"]),
        ({"kind": "timeout"}, "unanswered", None, []),
        ({"kind": "status", "status": 500}, "over", 500, []),
        ({"kind": "status", "status": 503, "after": True}, "over", 503, ["a"]),
        ({"kind": "status", "status": 502, "after": True}, "unanswered", 502, ["a"]),
        ({"kind": "status", "status": 504}, "unanswered", 504, []),
        ({"kind": "status", "status": 408}, "unanswered", 408, []),
        ({"kind": "status", "status": 409}, "answered", 409, []),
        ({"kind": "status", "status": 200, "body": "<html>"}, "over", 200, []),
    ],
)
def test_outages(told, fault, kind, status, inside):
    told.emulator.control.fault(fault, path=USERS)
    answer = told.tell("a")
    assert (answer.kind, answer.status) == (kind, status)
    assert told.inside == ids(*inside)
    assert told.tell("a").kind == "answered"


def test_a_delay_within_the_deadline_is_waited_for(told):
    told.fault("delay", seconds=59)
    assert told.tell("a").status == 200


def test_an_effect_that_lands_late(told):
    told.fault("timeout", lands_after=10)
    assert told.tell("a").kind == "unanswered"
    assert told.inside == []
    told.emulator.control.clock(advance=11)
    assert told.inside == ids("a")


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("kind", ["expired_token", "revoked_token"])
def test_a_401_is_healed_by_a_refresh(told, kind):
    told.fault(kind)
    assert told.tell("a").status == 200
    assert told.safe.saves == 1


def test_every_access_token_ends_at_once(told):
    told.emulator.control.expire_tokens()
    assert told.tell("a").status == 200
    assert told.tell("b").status == 200
    assert told.safe.saves == 1


def test_propagation_passes_by_itself(told):
    told.emulator.control.expire_tokens()
    told.fault("propagation", seconds=10, times=0)
    first = told.tell("a")
    assert (first.kind, first.status, first.label) == ("answered", 401, "")
    told.emulator.control.clock(advance=11)
    assert told.tell("a").status == 200
    assert told.safe.saves == 1


@pytest.mark.parametrize("told", [{"token_propagation_seconds": 20.0}], indirect=True)
def test_a_new_token_may_take_its_time(told):
    told.emulator.control.expire_tokens()
    assert told.tell("a").label == ""
    told.emulator.control.clock(advance=21)
    assert told.tell("a").status == 200
    assert told.safe.saves == 1


@pytest.mark.parametrize("told", [{"refresh_error": "invalid_grant"}, {}], indirect=True)
def test_a_withdrawn_consent_needs_a_person(told):
    told.emulator.control.revoke_tokens()
    answer = told.tell("a")
    assert (answer.kind, answer.label) == ("no_token", "Refresh Token Expired")


def test_an_outage_while_refreshing_is_not_a_dead_grant(told):
    told.emulator.control.expire_tokens()
    told.fault("status", path="accessToken", status=503)
    assert told.tell("a").kind == "not_sent"
    assert told.tell("a").status == 200


def test_a_refresh_that_is_refused_needs_a_person(told):
    told.emulator.control.expire_tokens()
    told.fault("status", path="accessToken", status=401, body={"error": "invalid_client"})
    assert told.tell("a").label == "Oauth Refresh Failed"


def test_a_token_that_linkedin_never_takes(told):
    told.fault("status", times=0, status=401, body={"serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN"})
    assert told.tell("a").label == ""
    told.emulator.control.clock(advance=31)
    assert told.tell("a").label == "Oauth Refresh Failed"
    assert told.safe.saves == 1
    told.emulator.control.clear_faults()
    assert told.tell("a").status == 200


def test_threads_refresh_once(told):
    told.emulator.control.expire_tokens()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: told.tell(f"p{number}"), range(16)))
    assert {answer.status for answer in answers} == {200}
    assert told.safe.saves == 1


# ── permissions, versions, limits ────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("scopes", "config", "role", "label"),
    [
        (["rw_ads", "r_basicprofile"], {}, "CAMPAIGN_MANAGER", "scope"),
        (None, {"audiences_program": False}, "CAMPAIGN_MANAGER", "approval"),
        (None, {}, "VIEWER", "role"),
    ],
)
def test_403_names_what_is_missing(told, scopes, config, role, label):
    control = told.emulator.control
    control.config(**config)
    control.seed({"roles": [{"account": 516848833, "member": "AbC123xyz", "role": role}]})
    told.safe.token = token_from_response(control.token(scopes=scopes), NOW)
    answer = told.tell("a")
    assert (answer.kind, answer.status, answer.label) == ("answered", 403, label)
    with pytest.raises(NeedsPerson) as error:
        told.destination.rename_segment(told.segment, "x")
    assert error.value.label == label


@pytest.mark.parametrize("told", [{"malformed_version": "426"}, {"malformed_version": "400"}], indirect=True)
@pytest.mark.parametrize("version", ["202501", "202712", "2026"])
def test_a_version_that_is_not_served(told, version):
    other = line(told.emulator, EmulatorTransport(told.emulator), version=version)
    answer = other.tell("a")
    if answer.status == 426:
        assert answer.label == "version"
        with pytest.raises(NeedsPerson) as error:
            other.destination.get_segment("1")
        assert error.value.label == "API version"
    else:
        assert (answer.status, answer.code, answer.index) == (400, "VERSION_MISSING", None)


@pytest.mark.parametrize("told", [{"users_per_minute": 2}, {"users_per_minute": 2, "retry_after": True}], indirect=True)
def test_the_minute_limit(told):
    answers = [told.tell("a") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].scope == "minute"
    told.emulator.control.clock(advance=answers[2].retry_after or 60)
    assert told.tell("a").status == 200


@pytest.mark.parametrize("told", [{"member_calls_per_day": 2}, {"app_calls_per_day": 2}], indirect=True)
def test_the_day_limit(told):
    assert [told.tell("a").scope for _ in range(3)] == ["", "", "day"]


@pytest.mark.parametrize("told", [{"segments_per_account": 1}], indirect=True)
def test_the_thousandth_and_first_segment(told):
    with pytest.raises(NeedsPerson, match="1,000") as error:
        told.destination.create_segment(SegmentSpec(ACCOUNT, "x", Kind.PEOPLE, "x", "DIRECT_API"))
    assert error.value.label == "SEGMENT_LIMIT_EXCEEDED"


def test_a_test_account_holds_no_audiences(told):
    test = "urn:li:sponsoredAccount:516848835"
    role = {"account": 516848835, "member": "AbC123xyz", "role": "ACCOUNT_MANAGER"}
    told.emulator.control.seed({"roles": [role]})
    with pytest.raises(NeedsPerson, match="test ad account"):
        told.destination.create_segment(SegmentSpec(test, "x", Kind.PEOPLE, "x", "DIRECT_API"))


@pytest.mark.parametrize("told", [{"duplicate_source_segment_id": "conflict"}], indirect=True)
def test_409_asks_to_look_again(told):
    spec = SegmentSpec(ACCOUNT, "x", Kind.PEOPLE, "same", "DIRECT_API")
    told.destination.create_segment(spec)
    with pytest.raises(TryAgain, match="looking the audience up again"):
        told.destination.create_segment(spec)


def test_an_unknown_platform_names_the_setting(told):
    with pytest.raises(Refused, match="GUESTLIST_LINKEDIN_SOURCE_PLATFORM"):
        told.destination.create_segment(SegmentSpec(ACCOUNT, "x", Kind.PEOPLE, "x", "NOT_MINE"))


def test_a_fresh_segment_is_a_404_for_a_while(told):
    told.segment = told.destination.create_segment(SegmentSpec(ACCOUNT, "x", Kind.PEOPLE, "x", "DIRECT_API"))
    assert told.tell("a").status == 404
    told.emulator.control.clock(advance=5)
    assert told.tell("a").status == 200


# ── elements ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("told", [{"batch_index": place} for place in ("none", "element", "error", "details")],
                         indirect=True)  # fmt: skip
@pytest.mark.parametrize(("status", "judged"), [(400, True), (403, True), (429, False), (500, False)])
def test_refused_elements(told, status, judged):
    message = f'"{digest("b").hex()}" is not welcome'
    told.fault("refuse_elements", positions=[1], status=status, message=message)
    answer = told.tell("a", "b", "c")
    assert answer.failed == ({1: (status, "", "… is not welcome")} if judged else {})
    assert answer.missing == (() if judged else (1,))
    assert told.inside == ids("a", "c")


@pytest.mark.parametrize("applied", [True, False])
def test_dropped_elements(told, applied):
    told.fault("drop_elements", count=2, applied=applied)
    answer = told.tell("a", "b", "c")
    assert (answer.failed, answer.missing) == ({}, (1, 2))
    assert told.inside == (ids("a", "b", "c") if applied else ids("a"))


@pytest.mark.parametrize("told", [{"schema_errors": "batch_422"}, {"schema_errors": "element"}], indirect=True)
def test_both_worlds_of_schema_errors(told):
    bad = {"action": "ADD", "userIds": [{"idType": "Lovelace", "idValue": "x"}]}
    good = {"action": "ADD", "userIds": [{"idType": "SHA256_EMAIL", "idValue": digest("a").hex()}]}
    answer = told.destination.tell(
        told.segment, Kind.PEOPLE, json.dumps({"elements": [good, bad, good, bad]}).encode(), 4
    )
    text = "ERROR :: /userIds/0/idType :: … is not an enum symbol"
    if answer.status == 200:
        assert answer.failed == {1: (400, "", text), 3: (400, "", text)}
    else:
        assert (answer.status, answer.index, answer.text) == (422, 1, text)


def test_too_many_elements_name_nobody(told):
    told.emulator.control.config(batch_limit=2)
    answer = told.tell("a", "b", "c")
    assert (answer.status, answer.index) == (400, None)


# ── over a real socket ───────────────────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def wired(linkedin: RunningEmulator) -> Line:
    linkedin.emulator.control.clock(frozen=True)
    return line(linkedin.emulator, url=linkedin.url, timeout=0.5)


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        ({"kind": "reset", "when": "after"}, "unanswered", None),
        ({"kind": "truncate"}, "over", 200),
        ({"kind": "delay", "seconds": 30}, "unanswered", None),
        ({"kind": "expired_token"}, "answered", 200),
    ],
)
def test_the_same_over_a_socket(wired, fault, kind, status):
    assert wired.tell("a").status == 200
    wired.emulator.control.fault(fault, path=USERS)
    answer = wired.tell("b")
    assert (answer.kind, answer.status) == (kind, status)
    assert wired.tell("c").status == 200
    assert wired.inside == ids("a", "b", "c")
    wired.destination.close()
