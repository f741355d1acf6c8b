import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkedin_emulator.audience import Audience
from linkedin_emulator.directory import Directory, Known
from tests.emulator.kit import LinkedIn, digest, user

DAY = 86_400
COUNTS = "/rest/audienceCounts?q=targetingCriteriaV2&targetingCriteria="


def told(linkedin: LinkedIn, segment: int, count: int, start: int = 0) -> None:
    linkedin.tell(segment, *[user(str(number)) for number in range(start, start + count)])
    linkedin.emulator.control.clock(advance=60)


def test_matched_is_a_stable_fraction_of_the_inputs(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    told(linkedin_api, number, 2_000)
    first = linkedin_api.record(number)
    assert first["inputCount"] == 2_000
    assert first["destinations"][0]["matchedCount"] == pytest.approx(1_200, abs=80)
    other = linkedin_api.segment()
    told(linkedin_api, other, 2_000)
    assert linkedin_api.destination(other)["matchedCount"] == first["destinations"][0]["matchedCount"]


@pytest.mark.parametrize(("fraction", "matched"), [(0.0, 0), (1.0, 500)])
def test_the_fraction_is_configurable(linkedin_api: LinkedIn, fraction: float, matched: int) -> None:
    linkedin_api.emulator.control.config(match_fraction=fraction)
    number = linkedin_api.segment()
    told(linkedin_api, number, 500)
    assert linkedin_api.destination(number)["matchedCount"] == matched


def test_changing_the_fraction_counts_anew(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    told(linkedin_api, number, 500)
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=0)
    destination = linkedin_api.destination(number)
    assert (destination["matchedCount"], destination["audienceSize"]) == (500, 500)


def test_counts_look_back_seven_days_and_the_size_over_everything(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=0, round_audience=False)
    number = linkedin_api.segment()
    told(linkedin_api, number, 1_000)
    linkedin_api.emulator.control.clock(advance=8 * DAY)
    told(linkedin_api, number, 200, start=900)
    record = linkedin_api.record(number)
    assert record["inputCount"] == 200
    assert record["destinations"][0]["matchedCount"] == 200
    assert record["destinations"][0]["audienceSize"] == 1_100


def test_the_size_is_rounded(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=0)
    number = linkedin_api.segment()
    told(linkedin_api, number, 1_234)
    assert linkedin_api.destination(number)["audienceSize"] == 1_200


@pytest.mark.parametrize(("count", "size"), [(299, 0), (300, 300)])
def test_below_300_the_size_is_0(linkedin_api: LinkedIn, count: int, size: int) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=0)
    number = linkedin_api.segment()
    told(linkedin_api, number, count)
    assert linkedin_api.destination(number)["audienceSize"] == size
    assert linkedin_api.emulator.control.segment(number)["targetable"] is (size > 0)


def test_who_has_opted_out_matches_but_is_not_in_the_size(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=1)
    number = linkedin_api.segment()
    told(linkedin_api, number, 500)
    destination = linkedin_api.destination(number)
    assert (destination["matchedCount"], destination["audienceSize"]) == (500, 0)


def test_an_archived_segment_shows_0(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1)
    number = linkedin_api.segment()
    told(linkedin_api, number, 500)
    linkedin_api.emulator.control.ripen(number, "ARCHIVED")
    assert linkedin_api.destination(number)["audienceSize"] == 0


def test_a_hash_of_the_wrong_form_never_matches(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=1)
    number = linkedin_api.segment()
    values = [digest("a").upper(), "someone@example.com", digest("a")[:-1]]
    linkedin_api.tell(
        number,
        *[{"action": "ADD", "userIds": [{"idType": "SHA256_EMAIL", "idValue": value}]} for value in values],
        user("a"),
    )
    record = linkedin_api.record(number)
    assert (record["inputCount"], record["destinations"][0]["matchedCount"]) == (4, 1)


@pytest.mark.parametrize(
    ("field", "value", "matched"),
    [
        ("companyWebsiteDomain", "acme.example", 1),
        ("companyWebsiteDomain", "https://acme.example", 0),
        ("companyWebsiteDomain", "acme.example/about", 0),
        ("companyEmailDomain", "ada@acme.example", 0),
        ("companyPageUrl", "https://www.linkedin.com/company/acme", 1),
        ("companyPageUrl", "https://acme.example", 0),
        ("companyName", "Acme: Tools / Parts", 1),
    ],
)
def test_a_domain_or_page_of_the_wrong_form_never_matches(
    linkedin_api: LinkedIn, field: str, value: str, matched: int
) -> None:
    linkedin_api.emulator.control.config(match_fraction=1)
    number = linkedin_api.segment(kind="COMPANY")
    reply = linkedin_api.tell(number, {"action": "ADD", field: value}, to="companies")
    assert reply.json() == {"elements": [{"status": 201}]}
    record = linkedin_api.record(number)
    assert (record["inputCount"], record["destinations"][0]["matchedCount"]) == (1, matched)
    linkedin_api.emulator.control.config(company_forms="any")
    assert linkedin_api.destination(number)["matchedCount"] == 1


def test_several_identifiers_of_one_element_are_one_input(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    element = user("a")
    element["userIds"].append({"idType": "GOOGLE_AID", "idValue": "38400000-8cf0-11bd-b23e-10b96e40000d"})
    linkedin_api.tell(number, element)
    assert linkedin_api.record(number)["inputCount"] == 1


def test_several_identifiers_of_one_member_are_one_in_the_size(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=0, round_audience=False)
    people = [{"id": f"p{n}", "identifiers": [digest(f"{n}"), digest(f"also {n}")]} for n in range(400)]
    people[0]["opted_out"] = True
    linkedin_api.emulator.control.seed({"directory": people})
    number = linkedin_api.segment()
    linkedin_api.tell(number, *[user(f"{n}") for n in range(400)], *[user(f"also {n}") for n in range(400)])
    record = linkedin_api.record(number)
    assert (record["inputCount"], record["destinations"][0]["matchedCount"]) == (800, 800)
    assert record["destinations"][0]["audienceSize"] == 399


def test_companies_count_companies_and_the_size_counts_members(linkedin_api: LinkedIn) -> None:
    linkedin_api.emulator.control.config(match_fraction=0)
    acme = {"id": "acme", "identifiers": ["companyWebsiteDomain:acme.example"], "headcount": 240_000}
    linkedin_api.emulator.control.seed({"directory": [acme]})
    number = linkedin_api.segment(kind="COMPANY")
    domains = ["acme.example", "unknown.example"]
    linkedin_api.tell(number, *[{"action": "ADD", "companyWebsiteDomain": d} for d in domains], to="companies")
    record = linkedin_api.record(number)
    destination = record["destinations"][0]
    assert (record["inputCount"], destination["matchedCount"], destination["audienceSize"]) == (2, 1, 240_000)


def criteria(*segments: int, exclude: int | None = None) -> str:
    facet = "urn%3Ali%3AadTargetingFacet%3AaudienceMatchingSegments"
    either = lambda urn: f"(or:({facet}:List(urn%3Ali%3AadSegment%3A{urn})))"  # noqa: E731
    without = f",exclude:{either(exclude)}" if exclude else ""
    return f"(include:(and:List({','.join(map(either, segments))})){without})"


def test_audience_counts_reach_over_segments(linkedin_api: LinkedIn, with_scopes: Any) -> None:
    linkedin_api.emulator.control.config(match_fraction=1, opted_out_fraction=0, round_audience=False)
    numbers = [linkedin_api.segment(), linkedin_api.segment()]
    told(linkedin_api, numbers[0], 1_000)
    told(linkedin_api, numbers[1], 1_000, start=600)
    first, second = (int(linkedin_api.destination(one)["destinationSegmentId"].split(":")[-1]) for one in numbers)
    anybody = with_scopes("openid")
    for asked, total in (
        (criteria(first), 1_000),
        (criteria(first, second), 400),
        (criteria(first, exclude=second), 600),
    ):
        assert anybody.get(COUNTS + asked).json()["elements"] == [{"active": 0, "total": total}]


def test_audience_counts_are_0_below_300(linkedin_api: LinkedIn) -> None:
    number = linkedin_api.segment()
    told(linkedin_api, number, 100)
    asked = criteria(int(linkedin_api.destination(number)["destinationSegmentId"].split(":")[-1]))
    assert linkedin_api.get(COUNTS + asked).json()["elements"] == [{"active": 0, "total": 0}]


@pytest.mark.parametrize(
    "asked", ["(include:(and:List()))", "(include:(or:List()))", criteria(1), "(include:(and:List((or:(x:List())))))"]
)
def test_audience_counts_refuse_what_they_cannot_read(linkedin_api: LinkedIn, asked: str) -> None:
    assert linkedin_api.get(COUNTS + asked).status_code == 400


CHANGES = st.lists(
    st.tuples(st.booleans(), st.lists(st.sampled_from([bytes([n]) * 32 for n in range(12)]), min_size=1, unique=True))
)


@given(CHANGES, st.booleans())
def test_counts_kept_on_the_way_equal_counts_taken_anew(changes: list[Any], by_member: bool) -> None:
    directory = Directory(7)
    directory.tune(0.7, 0.2)
    for number in range(0, 6, 2):
        directory.seed(Known(f"p{number}", number == 2), [bytes([number]) * 32, bytes([number + 1]) * 32])
    audience = Audience(directory, companies=False, by_member=by_member)
    dice = random.Random(1)
    for change in changes:
        audience.apply([change], dice.randrange(10**9, 10**9 + 3 * 3_600))
    present = audience.present()
    assert audience.size() == sum(directory.weight(member, companies=False) for member in present)
    assert 0 <= audience.matched(10**9) <= audience.inputs(10**9) <= len(audience.told)
    audience.recount(by_member=by_member)
    assert audience.size() == sum(directory.weight(member, companies=False) for member in present)
