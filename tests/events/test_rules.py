"""What an event decides: the truth tables of SEGMENT-20..31 and 40..47, by our own rules where they differ."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core.identity import IdType, Kind, key16
from guestlist.events import declared, outcomes
from guestlist.events.rules import Decided, Filtered, Rejected, Rule, Verdict

KEY = "new_users"
PERSONAS = {
    "computation_class": "audience",
    "computation_id": "aud_1",
    "computation_key": KEY,
    "namespace": "spa_1",
    "space_id": "spa_1",
}


def rule(members: Kind = Kind.PEOPLE, **said: Any) -> Rule:
    wanted = {"trigger": 'event = "Audience Entered" or event = "Audience Exited"', "action": "auto", "mapping": None}
    wanted |= said
    return declared.declared(members, wanted["trigger"], KEY, wanted["action"], wanted["mapping"]).rule()


def judge(event: dict[str, Any], **said: Any) -> Verdict:
    return rule(**said).judge(event, "track")


def track(event: str, **more: Any) -> dict[str, Any]:
    """SEGMENT-40."""
    said = {"type": "track", "event": event, "userId": "u1", "properties": {"audience_key": KEY, KEY: True}}
    return {**said, "context": {"personas": PERSONAS, "traits": {"email": "ann@example.com"}}, **more}


def decided(verdict: Verdict) -> Decided:
    assert isinstance(verdict, Decided), verdict
    return verdict


@pytest.mark.parametrize(("event", "wanted"), [("Audience Entered", True), ("Audience Exited", False)])
def test_the_events_name_decides(event: str, wanted: bool) -> None:
    """SEGMENT-27, 40, 44: the address sits in context.traits."""
    found = decided(judge(track(event)))
    assert found.wanted is wanted
    assert [each.type for each in found.identifiers] == [IdType.SHA256_EMAIL]
    assert found.member == key16(IdType.PRIMARY, b"u1")


@pytest.mark.parametrize(("action", "wanted"), [("add", True), ("remove", False)])
def test_a_fixed_action_looks_at_neither_name_nor_key(action: str, wanted: bool) -> None:
    """SEGMENT-28, 30."""
    event = track("Subscribed", properties={"audience_key": "another"})
    found = decided(judge(event, action=action, trigger='type = "track"'))
    assert found.wanted is wanted


def test_another_audiences_key_is_filtered_not_failed() -> None:
    """SEGMENT-28."""
    event = track("Audience Entered", properties={"audience_key": "another"})
    assert judge(event) == Filtered(outcomes.FILTERED_AT_MAPPING)


def test_the_computation_key_is_the_key_where_properties_have_none() -> None:
    """SEGMENT-21."""
    assert decided(judge(track("Audience Entered", properties={}))).wanted
    other = {"personas": {**PERSONAS, "computation_key": "another"}}
    assert judge(track("Audience Entered", properties={}, context=other)) == Filtered(outcomes.FILTERED_AT_MAPPING)


def test_an_event_without_any_key_is_filtered() -> None:
    assert judge(track("Audience Entered", properties={}, context={})) == Filtered(outcomes.FILTERED_AT_MAPPING)


@pytest.mark.parametrize(("value", "wanted"), [(True, True), (False, False), ("true", True), ("false", False)])
def test_identify_says_it_with_a_trait(value: bool, wanted: bool) -> None:
    """SEGMENT-41, 43, 44: journeys write it as a text."""
    event = {"type": "identify", "userId": "u1", "traits": {KEY: value, "email": "ann@example.com"}}
    found = decided(judge({**event, "context": {"personas": PERSONAS}}, trigger='type = "identify"'))
    assert found.wanted is wanted
    assert found.identifiers
    assert decided(judge(event, trigger='type = "identify"')).wanted is wanted  # the trait names the key itself


@pytest.mark.parametrize(("value", "wanted"), [(True, True), (False, False)])
def test_identify_of_rudderstacks_sdks_says_it_in_its_context(value: bool, wanted: bool) -> None:
    traits = {KEY: value, "email": "ann@example.com"}
    event = {"type": "identify", "userId": "u1", "context": {"traits": traits, "library": {"name": "rudderstack"}}}
    found = decided(judge(event, trigger='type = "identify"'))
    assert (found.wanted, len(found.identifiers)) == (wanted, 1)
    contrary = {**event, "traits": {KEY: not value}}
    assert decided(judge(contrary, trigger='type = "identify"')).wanted is not wanted
    visit = {**event, "type": "track", "event": "Visited"}  # there it is what is known of somebody, not what happens
    assert judge(visit, trigger='type = "track"') == Filtered(outcomes.FILTERED_AT_MAPPING)


@pytest.mark.parametrize("value", ["True", 1, None, "yes", "", {}, []])
def test_whatever_says_neither_is_a_rejection_and_never_an_add(value: Any) -> None:
    """SEGMENT-29."""
    event = {"type": "identify", "userId": "u1", "traits": {KEY: value}, "context": {"personas": PERSONAS}}
    assert judge(event, trigger='type = "identify"') == Rejected(outcomes.ACTION_MISSING)
    renamed = track("Entered my audience", properties={"audience_key": KEY})
    assert judge(renamed, trigger='type = "track"') == Rejected(outcomes.ACTION_MISSING)


def test_a_track_event_of_another_name_may_say_it_as_a_property() -> None:
    event = track("Entered my audience", properties={"audience_key": KEY, KEY: False})
    assert decided(judge(event, trigger='type = "track"')).wanted is False


def test_journeys_count_like_audiences() -> None:
    """SEGMENT-43."""
    personas = {**PERSONAS, "computation_class": "journey_step", "computation_key": KEY}
    assert decided(
        judge(track("Audience Entered", context={"personas": personas, "traits": {"email": "a@b.co"}}))
    ).wanted


@pytest.mark.parametrize("event", [{"type": "page", "userId": "u"}, {"type": "identify", "traits": {KEY: True}}, {}])
def test_what_the_trigger_does_not_match_is_filtered(event: dict[str, Any]) -> None:
    assert judge(event) == Filtered(outcomes.NO_MATCHING_MAPPING)


@pytest.mark.parametrize("name", ["LinkedIn Audiences", "Linkedin Audiences"])
def test_integrations_count_only_where_they_name_us(name: str) -> None:
    """SEGMENT-01, 45."""
    off = track("Audience Entered", integrations={"All": False, name: False})
    assert judge(off) == Filtered(outcomes.FILTERED_BY_INTEGRATIONS_OBJECT)
    for said in ({"All": False}, {"All": False, name: True}, {"All": False, name: {"x": 1}}, None, "odd"):
        assert decided(judge(track("Audience Entered", integrations=said))).wanted


def test_somebody_without_an_id_is_their_strongest_identifier() -> None:
    event = track("Audience Entered", userId=None)
    found = decided(judge(event))
    assert found.member == found.identifiers[0].key16


def test_nobody_at_all_is_a_rejection() -> None:
    """SEGMENT-31."""
    context = {"personas": PERSONAS}
    assert judge(track("Audience Entered", userId=None, context=context)) == Rejected("no identifier")
    bad = {**context, "traits": {"email": "no address"}}
    assert judge(track("Audience Entered", userId=None, context=bad)) == Rejected("not an e-mail address")
    assert decided(judge(track("Audience Entered", context=bad))).unusable == "not an e-mail address"


def test_groups_are_known_by_their_group() -> None:
    """SEGMENT-35, 52."""
    event = {
        "type": "group",
        "userId": "u1",
        "groupId": "g1",
        "traits": {KEY: True, "company_domain": "HTTPS://www.Example.com/x", "linkedin_company_id": 1337},
    }
    found = decided(judge(event, members=Kind.COMPANIES, trigger='type = "group"'))
    assert found.member == key16(IdType.PRIMARY, b"g1")
    assert {each.text for each in found.identifiers} == {"example.com", "urn:li:organization:1337"}


def test_companies_by_track_take_the_same_rules() -> None:
    event = track("Audience Entered", properties={"audience_key": KEY, "company_domain": " Example.COM "})
    found = decided(judge(event, members=Kind.COMPANIES))
    assert [each.text for each in found.identifiers] == ["example.com"]


def test_constants_and_directives_may_be_mapped() -> None:
    mapping = {
        "email": ({"@path": "$.context.traits.email"},),
        "country": (
            {"@if": {"exists": {"@path": "$.traits.country"}, "then": {"@path": "$.traits.country"}, "else": "DE"}},
        ),
    }
    assert b'"DE"' in decided(judge(track("Audience Entered"), mapping=mapping)).person


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["traits", "context", "properties", "personas", "email", KEY, "audience_key", "integrations"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(
    event=st.dictionaries(
        st.sampled_from(
            ["type", "event", "userId", "groupId", "traits", "context", "properties", "integrations", "action"]
        ),
        json_values | st.sampled_from(["track", "identify", "group", "record", "Audience Entered", "Audience Exited"]),
        max_size=8,
    ),
    action=st.sampled_from(["auto", "add", "remove"]),
    members=st.sampled_from(list(Kind)),
)
def test_no_event_ever_raises(event: dict[str, Any], action: str, members: Kind) -> None:
    said = rule(members, action=action, trigger='type != "none"')
    assert isinstance(said.judge(event, "rudderstack"), Decided | Filtered | Rejected)


@pytest.mark.parametrize("key", ["$.properties.audience_key", "${KEY}", "{{ key }}", "a || b", "properties.key"])
def test_a_key_is_a_literal(key: str) -> None:
    """SEGMENT-26."""
    with pytest.raises(declared.Mistake, match="the key itself"):
        declared.declared(Kind.PEOPLE, 'type = "track"', key, "auto", None)
