"""What ports.Destination promises, held against the emulator under every guess about LinkedIn, and (marked ``live``)
against LinkedIn itself: GUESTLIST_LIVE_TOKEN_FILE (a token response) and GUESTLIST_LIVE_AD_ACCOUNT (a number).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from guestlist.core.delivery import Answer
from guestlist.core.identity import Kind
from guestlist.core.versions import NEWEST_TESTED
from guestlist.errors import TryAgain
from guestlist.linkedin.client import Client
from guestlist.linkedin.destination import LinkedIn
from guestlist.linkedin.oauth import token_from_response
from guestlist.ports import Destination, SegmentSpec, Token
from linkedin_emulator.emulator import Emulator
from linkedin_emulator.transport import EmulatorTransport

API = os.environ.get("GUESTLIST_LINKEDIN_API_URL", "https://api.linkedin.com/rest")
PLATFORM = os.environ.get("GUESTLIST_LINKEDIN_SOURCE_PLATFORM", "DIRECT_API")

GUESSES: tuple[dict[str, Any], ...] = (
    {},
    {"removal": "member"},
    {"company_name_identifies": "always"},
    {"schema_errors": "batch_422"},
    {"schema_errors": "batch_422", "batch_index": "element"},
    {"batch_index": "element"},
    {"batch_index": "error"},
    {"batch_index": "details"},
    {"strict_id_values": True},
    {"terminal_add": "accept"},
    {"duplicate_source_segment_id": "conflict"},
    {"destination_twice": "same_key"},
    {"segment_visible_after": 120.0},
    {"ripening": "immediately"},
    {"malformed_version": "400"},
    {"id_headers": "both"},
    {"retry_after": True},
    {"unseen_account_finder": "empty"},
    {"all_in_one_finder": False},
    {"paging_links": "empty"},
    {"round_audience": False},
    {"refresh_token_unit": "minutes"},
    {"scope_separator": "space"},
    {"reauthorization": "keeps"},
    {"refresh_error": "invalid_grant"},
)


@dataclass
class Fixed:
    """A token that needs no refreshing."""

    token: Token

    def current(self) -> Token:
        return self.token

    def refresh(self, stale: Token) -> Token:
        raise TryAgain("this test has one token only")


@dataclass
class Clock:
    now: Callable[[], float]
    sleep: Callable[[float], object]


@dataclass
class Subject:
    """A destination, and the time it lives in."""

    destination: Destination
    account: str
    clock: Clock
    live: bool = False
    made: list[str] = field(default_factory=list)

    def make(self, members: Kind = Kind.PEOPLE, **fields: str) -> tuple[str, SegmentSpec]:
        mark = f"guestlist-contract-{uuid.uuid4().hex[:12]}"
        spec = SegmentSpec(**{
            "account": self.account, "name": mark, "members": members, "source_segment_id": mark,
            "source_platform": PLATFORM, **fields,
        })  # fmt: skip
        self.made.append(self.destination.create_segment(spec))
        return self.made[-1], spec

    def tell(self, segment: str, members: Kind, *elements: dict[str, Any]) -> Answer:
        """A fresh segment answers 404 for a while; that is retried, not recreated."""
        body = json.dumps({"elements": elements}).encode()
        for _ in range(40):
            answer = self.destination.tell(segment, members, body, len(elements))
            if answer.status != 404:
                return answer
            self.clock.sleep(5)
        return answer


def emulated(guess: dict[str, Any]) -> Subject:
    emulator = Emulator(frozen_clock=True)
    control = emulator.control
    control.clock(now=1_790_000_000.0)
    control.config(**guess)
    clock = Clock(lambda: float(control.clock()["now"]), lambda seconds: control.clock(advance=seconds))
    tokens = Fixed(token_from_response(control.token(), clock.now()))
    clock.sleep(60)
    client = Client(
        "https://api.linkedin.com/rest",
        "202607",
        tokens,
        clock,
        transport=EmulatorTransport(emulator),
        dice=lambda: 0.5,
    )
    account = "urn:li:sponsoredAccount:516848833"
    return Subject(LinkedIn(client, account), account, clock)


def live() -> Subject:
    file, account = os.environ.get("GUESTLIST_LIVE_TOKEN_FILE"), os.environ.get("GUESTLIST_LIVE_AD_ACCOUNT")
    if not file or not account:
        pytest.skip("GUESTLIST_LIVE_TOKEN_FILE and GUESTLIST_LIVE_AD_ACCOUNT are not set")
    tokens = Fixed(token_from_response(json.loads(Path(file).read_text()), time.time()))
    clock = Clock(time.time, time.sleep)
    version = os.environ.get("GUESTLIST_LINKEDIN_VERSION", NEWEST_TESTED)
    urn = f"urn:li:sponsoredAccount:{account.rsplit(':', 1)[-1]}"
    return Subject(LinkedIn(Client(API, version, tokens, clock), urn), urn, clock, live=True)


def _name(guess: dict[str, Any] | None) -> str:
    if guess is None:
        return "linkedin"
    return ",".join(f"{key}={value}" for key, value in guess.items()) or "defaults"


@pytest.fixture(params=[*GUESSES, pytest.param(None, marks=pytest.mark.live)], ids=_name)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    subject = live() if request.param is None else emulated(request.param)
    yield subject
    for segment in subject.made:
        subject.destination.delete_segment(segment)
    subject.destination.close()  # type: ignore[attr-defined]


def person(name: str, action: str = "ADD", **traits: str) -> dict[str, Any]:
    digest = hashlib.sha256(f"{name}@guestlist.example".encode()).hexdigest()
    return {"action": action, "userIds": [{"idType": "SHA256_EMAIL", "idValue": digest}], **traits}


def test_check_names_the_account_and_the_role(subject: Subject):
    account = subject.destination.check()
    assert account.account == subject.account
    assert account.member.startswith("urn:li:person:")
    assert account.role in {"ACCOUNT_BILLING_ADMIN", "ACCOUNT_MANAGER", "CAMPAIGN_MANAGER", "CREATIVE_MANAGER"}
    assert account.name


def test_a_segment_is_found_renamed_and_deleted(subject: Subject):
    segment, spec = subject.make()
    subject.clock.sleep(5)
    (found,) = subject.destination.find_segments(subject.account, spec.source_segment_id)
    assert (found.segment_id, found.name, found.members) == (segment, spec.name, Kind.PEOPLE)
    assert found.source_platform == PLATFORM
    assert found.status in {"BUILDING", "READY"}
    assert segment in {status.segment_id for status in subject.destination.find_segments(subject.account)}
    subject.destination.rename_segment(segment, f"{spec.name} renamed")
    renamed = subject.destination.get_segment(segment)
    assert renamed is not None
    assert renamed.name == f"{spec.name} renamed"
    assert subject.destination.delete_segment(segment) is True
    assert subject.destination.delete_segment(segment) is False
    assert subject.destination.get_segment(segment) is None
    assert subject.destination.find_segments(subject.account, spec.source_segment_id) == []


def test_nobody_finds_what_was_never_made(subject: Subject):
    assert subject.destination.find_segments(subject.account, f"guestlist-{uuid.uuid4().hex}") == []


def test_more_segments_than_a_page(subject: Subject):
    if subject.live:
        pytest.skip("would fill a real ad account")
    made = {subject.make()[0] for _ in range(205)}
    assert made == {status.segment_id for status in subject.destination.find_segments(subject.account)}


def test_people_are_told(subject: Subject):
    segment, _ = subject.make()
    elements = [person("ada", firstName="Ada"), person("ada"), person("bob", "REMOVE"), person("eve")]
    answer = subject.tell(segment, Kind.PEOPLE, *elements)
    assert (answer.kind, answer.status, answer.failed, answer.missing) == ("answered", 200, {}, ())
    assert answer.ended_at >= answer.started_at
    names = {"action": "ADD", "firstName": "Ada", "lastName": "Lovelace"}
    assert subject.tell(segment, Kind.PEOPLE, names, person("never-told", "REMOVE")).failed == {}


def test_companies_are_told(subject: Subject):
    segment, _ = subject.make(Kind.COMPANIES)
    elements = (
        {"action": "ADD", "companyWebsiteDomain": "example.com", "companyName": "Example", "country": "US"},
        {"action": "ADD", "companyName": "Example only", "industries": ["Software"]},
        {"action": "REMOVE", "organizationUrn": "urn:li:organization:5622087"},
    )
    answer = subject.tell(segment, Kind.COMPANIES, *elements)
    assert (answer.kind, answer.status, answer.failed, answer.missing) == ("answered", 200, {}, ())


def test_a_bad_element_is_named_either_way(subject: Subject):
    """Either it alone is refused, or the batch is and says which one: both are lived with."""
    segment, _ = subject.make()
    bad = {"action": "ADD", "userIds": [{"idType": "SECRET_PHONE", "idValue": "+4912345"}]}
    answer = subject.tell(segment, Kind.PEOPLE, person("a"), bad, person("b"))
    if answer.status == 200:
        assert set(answer.failed) == {1}
        text = answer.failed[1][2]
    else:
        assert (answer.status, answer.index) == (422, 1)
        text = answer.text
    assert text
    assert "SECRET_PHONE" not in text


def test_a_segment_that_does_not_exist_is_a_404(subject: Subject):
    answer = subject.destination.tell("1", Kind.PEOPLE, json.dumps({"elements": [person("a")]}).encode(), 1)
    assert answer.kind == "answered"
    assert answer.status in (403, 404)


def test_a_full_batch_is_taken(subject: Subject):
    if subject.live:
        pytest.skip("would tell LinkedIn about 5,000 invented people")
    segment, _ = subject.make()
    answer = subject.tell(segment, Kind.PEOPLE, *(person(str(number)) for number in range(5_000)))
    assert (answer.status, answer.failed, answer.missing) == (200, {}, ())
