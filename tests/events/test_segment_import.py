"""Replies of Segment's Public API become audiences and activations, and what cannot be carried over a sentence."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.core.identity import Kind
from guestlist.core.mapping import check
from guestlist.errors import ConfigError
from guestlist.events import defaults, fql
from guestlist.events.expressions import compile_expression
from guestlist.events.segment_import import from_subscriptions
from tests.events.json_values import values

ENTERED, EXITED = 'event = "Audience Entered"', 'event = "Audience Exited"'


def path(text: str) -> dict[str, Any]:
    return {"@path": text}


def either(first: str, second: str) -> dict[str, Any]:
    return {"@if": {"exists": path(first), "then": path(first), "else": path(second)}}


KEY = either("$.properties.audience_key", "$.context.personas.computation_key")
PEOPLE = {  # every field of the action with its default, and the one that has none
    "dmp_segment_name": KEY,
    "enable_batching": True,
    "email": either("$.context.traits.email", "$.traits.email"),
    "first_name": path("$.traits.firstName"),
    "last_name": path("$.traits.lastName"),
    "title": path("$.traits.title"),
    "company": path("$.traits.company"),
    "country": path("$.traits.country"),
    "google_advertising_id": path("$.context.device.advertisingId"),
    "source_segment_id": KEY,
    "personas_audience_key": "high_intent",
    "event_name": path("$.event"),
    "dmp_user_action": "AUTO",
}
COMPANIES = {
    "identifiers": {
        "companyDomain": either("$.traits.company_domain", "$.properties.company_domain"),
        "linkedInCompanyId": either("$.traits.linkedin_company_id", "$.properties.linkedin_company_id"),
    },
    "send_company_traits": False,
    "company_traits": {"city": path("$.traits.city")},
    "dmp_company_action": "ADD",
    "audience_source": "ENGAGE_RETL",
    "computation_key": path("$.context.personas.computation_key"),
    "enable_batching": True,
    "batch_size": 5000,
    "batch_keys": ["dmp_company_action", "audience_source", "segment_name", "computation_key"],
}


def subscription(settings: Any = None, **other: Any) -> dict[str, Any]:
    return {
        "id": "eoeXaMeAYcB2XvEApJDrQs", "name": "Sync To LinkedIn DMP Segment", "actionId": "i9V1H1emvbxxNuwB5bdALx",
        "actionSlug": "updateAudience", "destinationId": "64a86dea891aed4951a5b932", "modelId": "", "enabled": True,
        "trigger": defaults.TRIGGER, "settings": PEOPLE if settings is None else settings,
    } | other  # fmt: skip


def company(settings: Any = None, **other: Any) -> dict[str, Any]:
    return subscription(settings or COMPANIES, actionSlug="updateCompanyAudience", trigger='type = "track"') | other


def notes_of(*subscriptions: Any) -> list[str]:
    return list(from_subscriptions(list(subscriptions))["notes"])


def only(*subscriptions: Any) -> dict[str, Any]:
    found = from_subscriptions(list(subscriptions))
    [(name, activation)] = found["activations"].items()
    assert found["audiences"].keys() == {name}
    return dict(activation)


# ── what is carried over ─────────────────────────────────────────────────────────────────────────────────────────
SEGMENTS_OWN = {
    "email": "context.traits.email || traits.email",
    "googleAdvertisingId": "context.device.advertisingId",
    "firstName": "traits.firstName",
    "lastName": "traits.lastName",
    "title": "traits.title",
    "company": "traits.company",
    "country": "traits.country",
}


def test_a_mapping_left_at_its_defaults() -> None:
    reply = {"data": {"pagination": {"current": "MA==", "totalEntries": 1}, "subscriptions": [subscription()]}}
    assert from_subscriptions(reply, destination="main", write_keys=["engage", "web"]) == {
        "audiences": {
            "high_intent": {"members": "people", "source": {"events": {"write_keys": ["engage", "web"]}}},
        },
        "activations": {
            "high_intent": {
                "audience": "high_intent",
                "destination": "main",
                "enabled": True,
                "mode": "stream",
                "trigger": defaults.TRIGGER,
                "audience_key": "high_intent",
                "action": "auto",
                "mapping": SEGMENTS_OWN,
            }
        },
        "notes": [],
    }


@pytest.mark.parametrize("wrap", [
    lambda found: {"data": {"subscriptions": found}}, lambda found: {"data": {"data": {"subscriptions": found}}},
    lambda found: {"subscriptions": found}, lambda found: found,
])  # fmt: skip
def test_the_reply_or_its_list(wrap: Any) -> None:
    assert from_subscriptions(wrap([subscription()])) == from_subscriptions([subscription()])


@pytest.mark.parametrize("reply", [{}, {"data": {}}, "x", None, {"data": {"subscriptions": {}}}, {"errors": []}])
def test_anything_else_is_refused(reply: Any) -> None:
    with pytest.raises(ConfigError, match="This is no list of subscriptions"):
        from_subscriptions(reply)


def test_companies() -> None:
    found = company(COMPANIES | {"audience_source": "CONNECTIONS", "segment_name": "Key accounts"}, enabled=False)
    activation = only(found)
    assert activation["mapping"] == {
        "companyWebsiteDomain": "traits.company_domain || properties.company_domain",
        "organizationUrn": "traits.linkedin_company_id || properties.linkedin_company_id",
    }
    assert (activation["audience_key"], activation["action"], activation["enabled"]) == ("Key accounts", "add", False)
    assert activation["trigger"] == 'type = "track"'
    assert from_subscriptions([found])["audiences"]["Key accounts"]["members"] == "companies"


def test_company_traits_only_when_they_are_sent() -> None:
    more = {"computation_key": "k", "send_company_traits": True}
    identifiers = {"companyName": path("$.traits.name"), "companyEmailDomain": path("$.traits.mail"),
                   "companyPageUrl": path("$.traits.page")}  # fmt: skip
    traits = {"industries": path("$.traits.industries"), "stockSymbol": path("$.traits.ticker")}
    activation = only(company(COMPANIES | more | {"identifiers": identifiers, "company_traits": traits}))
    assert activation["mapping"] == {
        "companyName": "traits.name", "companyEmailDomain": "traits.mail", "companyPageUrl": "traits.page",
        "industries": "traits.industries", "stockSymbol": "traits.ticker",
    }  # fmt: skip
    assert "stockSymbol" not in only(company(COMPANIES | more | {"send_company_traits": False}))["mapping"]


@pytest.mark.parametrize(
    ("action", "expected"),
    [("AUTO", "auto"), ("ADD", "add"), ("REMOVE", "remove"), (None, "auto"), ({"@literal": "ADD"}, "add")],
)
def test_actions(action: Any, expected: str) -> None:
    trigger = {"add": ENTERED, "remove": EXITED}.get(expected, defaults.TRIGGER)
    assert only(subscription(PEOPLE | {"dmp_user_action": action}, trigger=trigger))["action"] == expected


@pytest.mark.parametrize(
    ("title", "expected"),
    [("High intent", "High intent"), (KEY, None), (path("$.properties.audience_key"), None), ("high_intent", None),
     ({"@template": "High intent"}, "High intent"), ("", None), (None, None)],
)  # fmt: skip
def test_display_names(title: Any, expected: str | None) -> None:
    found = subscription(PEOPLE | {"dmp_segment_name": title})
    assert only(found).get("segment_name") == expected
    assert notes_of(found) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (path("$.traits.first name"), 'traits."first name"'),
        (path("context.traits['work.mail']"), 'context.traits."work.mail"'),
        (path("$.traits.mails[0]"), "traits.mails[0]"),
        (path("$.traits.mails.0"), path("$.traits.mails.0")),
        (either("$.a", "$.b"), "a || b"),
        ({"@if": {"blank": path("$.a"), "then": path("$.a"), "else": either("$.b", "$.c")}}, "a || b || c"),
        ({"@if": {"exists": path("$.a"), "then": path("$.a"), "else": "US"}}, "a || 'US'"),
        ({"@if": {"exists": path("$.a"), "then": path("$.a")}}, "a"),
        ({"@if": {"exists": path("$.a"), "then": path("$.b")}}, {"@if": {"exists": path("$.a"), "then": path("$.b")}}),
        ("US", "'US'"),
        ("it's", {"@literal": "it's"}),
        ({"@literal": "US"}, "'US'"),
        ({"@template": "US"}, "'US'"),
        ({"@template": "{{ traits.email }}"}, "traits.email"),
        ({"@template": "{{{traits.email}}}"}, "traits.email"),
        ({"@template": "{{a}} {{b}}"}, {"@template": "{{a}} {{b}}"}),
        ({"@case": {"operator": "lower", "value": "A"}}, {"@case": {"operator": "lower", "value": "A"}}),
        (True, "`true`"),
        (5, "`5`"),
    ],
)  # fmt: skip
def test_values_as_written_by_hand(value: Any, expected: Any) -> None:
    found = only(subscription(PEOPLE | {"country": value}))["mapping"]["country"]
    assert found == expected
    compile_expression(found)


@pytest.mark.parametrize("value", ["", " ", None, {"@template": ""}])
def test_empty_values_are_left_out_silently(value: Any) -> None:
    found = subscription(PEOPLE | {"country": value})
    assert "country" not in only(found)["mapping"]
    assert notes_of(found) == []


def test_values_that_look_otherwise_are_compared_by_text_as_segment_does() -> None:
    trigger = 'event = "X" and properties.plan = 5 and properties.tier != "2" and properties.city = "Bonn"'
    found = only(subscription(trigger=trigger))["trigger"]
    assert found == (
        'event = "X" and string(properties.plan) = "5" and string(properties.tier) != "2" and properties.city = "Bonn"'
    )
    assert fql.compile(fql.parse(found))({"event": "X", "properties": {"plan": "5", "tier": 1, "city": "Bonn"}})


@pytest.mark.parametrize("condition", ['properties.audience_key = "k"', 'context.personas.computation_key = "k"'])
def test_a_key_in_the_trigger_is_the_key(condition: str) -> None:
    activation = only(company(trigger=f'event = "Audience Entered" and {condition}'))
    assert activation["audience_key"] == "k"


def test_an_adding_and_a_removing_mapping_become_one() -> None:
    add = subscription(PEOPLE | {"dmp_user_action": "ADD"}, trigger=ENTERED)
    remove = subscription(PEOPLE | {"dmp_user_action": "REMOVE"}, trigger=EXITED, name="Leavers")
    for pair in ([add, remove], [remove, add]):
        activation = only(*pair)
        assert (activation["action"], activation["trigger"]) == ("auto", defaults.TRIGGER)
    assert notes_of(add, remove) == [
        'Mapping 1 "Sync To LinkedIn DMP Segment" and Mapping 2 "Leavers" became one activation: one adds, the other '
        "removes."
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"enabled": False},
        {"trigger": defaults.TRIGGER},
        {"settings": PEOPLE | {"dmp_user_action": "REMOVE", "email": path("$.traits.mail")}},
        {"settings": PEOPLE | {"dmp_user_action": "ADD"}},
    ],
)
def test_mappings_that_differ_in_more_do_not_become_one(other: dict[str, Any]) -> None:
    add = subscription(PEOPLE | {"dmp_user_action": "ADD"}, trigger=ENTERED)
    remove = subscription(PEOPLE | {"dmp_user_action": "REMOVE"}, trigger=EXITED) | other
    assert (only(add, remove)["action"], only(add, remove)["trigger"]) == ("add", ENTERED)
    assert any("has the same audience key" in note for note in notes_of(add, remove))


def test_names_follow_the_keys() -> None:
    keys = ["a/b", "a-b", "x" * 200, " padded ", "a-b 2"]
    found = from_subscriptions([subscription(PEOPLE | {"personas_audience_key": key}) for key in keys])
    assert list(found["activations"]) == ["a-b", "a-b 2", "x" * 90, "padded", "a-b 2 2"]
    assert [each["audience_key"] for each in found["activations"].values()] == keys
    assert found["activations"].keys() == found["audiences"].keys()


# ── what is not ──────────────────────────────────────────────────────────────────────────────────────────────────
LABEL = 'Mapping 1 "Sync To LinkedIn DMP Segment"'


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        ("x", "it has no settings"),
        ({"name": 5, "settings": None}, "it has no settings"),
        (subscription({"url": "x"}, actionSlug="send"), "it is no mapping of the LinkedIn Audiences destination"),
        (subscription(modelId="m1"), "it reads a Reverse ETL model, not events; give Guestlist that list as a file"),
        (subscription(trigger=None), "it has no trigger"),
        (subscription(trigger="event = "),
         "its trigger cannot be read (FQL: it ends where a value was expected)"),
        (subscription(PEOPLE | {"dmp_user_action": path("$.a")}),
         "its dmp_user_action is not one of Auto Detect, Add and Remove"),
        (subscription(PEOPLE | {"personas_audience_key": {"@template": "m{{context.active}}"}}),
         "its audience key is read from the event; write it out, one activation for each audience"),
        (subscription(PEOPLE | {"personas_audience_key": None}),
         "it has no audience key of its own; write one activation for each audience, with its audience_key"),
        (company(), "it has no audience key of its own; write one activation for each audience, with its audience_key"),
        (company(COMPANIES | {"audience_source": "CONNECTIONS", "segment_name": path("$.event")}),
         "its audience key is read from the event; write it out, one activation for each audience"),
    ],
)  # fmt: skip
def test_mappings_left_out(found: Any, reason: str) -> None:
    result = from_subscriptions([found])
    label = LABEL if isinstance(found, dict) and found["name"] != 5 else "Mapping 1"
    assert result == {"audiences": {}, "activations": {}, "notes": [f"{label} was left out: {reason}."]}


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        ({"title": {"@replace": {"pattern": "a", "value": path("$.a")}}},
         'its field "title" was left out: @replace cannot be used in a mapping; there are @path, @if, @literal, '
         "@template, @case"),
        ({"title": ["a"]}, 'its field "title" was left out: it is neither a constant nor a directive'),
        ({"phone": path("$.traits.phone")}, 'its field "phone" has no counterpart and was left out'),
        ({"__segment_internal_sync_mode": "add"},
         'its field "__segment_internal_sync_mode" has no counterpart and was left out'),
        ({"source_segment_id": path("$.traits.other")},
         'its own "source_segment_id" was left out: Guestlist reads it from the event as Segment does by default'),
        ({"event_name": "Audience Entered"},
         'its own "event_name" was left out: Guestlist reads it from the event as Segment does by default'),
        ({"dmp_segment_name": path("$.traits.title")},
         "its display name is read from the event and was left out; the audience key is used"),
        ({"email": None, "google_advertising_id": None, "last_name": None},
         "nothing that is left in its mapping identifies anybody; complete the mapping before use"),
        ({"dmp_user_action": "ADD"},
         'its action is add and its trigger lets "Audience Exited" through, as it does in Segment; check both'),
        ({"dmp_user_action": "REMOVE"},
         'its action is remove and its trigger lets "Audience Entered" through, as it does in Segment; check both'),
    ],
)  # fmt: skip
def test_parts_left_out(settings: Any, note: str) -> None:
    assert notes_of(subscription(PEOPLE | settings)) == [f"{LABEL}: {note}."]
    assert only(subscription(PEOPLE | settings))["audience_key"] == "high_intent"


def test_company_identifiers_as_one_object_cannot_be_taken_apart() -> None:
    settings = COMPANIES | {"computation_key": "k", "identifiers": path("$.traits")}
    assert notes_of(company(settings, trigger=ENTERED)) == [
        f'{LABEL}: its field "identifiers" has no counterpart and was left out.',
        f"{LABEL}: nothing that is left in its mapping identifies anybody; complete the mapping before use.",
    ]


def test_one_key_feeds_one_activation() -> None:
    first, second = subscription(name="One"), company(COMPANIES | {"computation_key": "high_intent"}, name="Two")
    found = from_subscriptions([first, second])
    assert list(found["activations"]) == ["high_intent"]
    assert found["notes"] == [
        'Mapping 2 "Two" was left out: Mapping 1 "One" has the same audience key "high_intent", and a key belongs to '
        "one activation of a destination; write their triggers and mappings as one."
    ]


def test_further_pages_are_asked_for() -> None:
    reply = {"data": {"pagination": {"current": "MA==", "next": "MQ=="}, "subscriptions": []}}
    assert from_subscriptions(reply)["notes"] == [
        "The reply is one page of several: fetch the others too (pagination.next) and import them."
    ]


def test_nobodys_address_is_repeated() -> None:
    found = subscription(PEOPLE | {"ada@example.org": 1}, name="for ada@example.org")
    assert not any("ada@" in note for note in notes_of(found, "x", subscription(trigger="'ada@example.org'")))


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────
fields = st.sampled_from([*PEOPLE, *COMPANIES, "action", "segment_name", "other"])
directive = st.sampled_from([KEY, path("$.a.b"), path("a b"), {"@template": "{{a}}"}, {"@if": 5}, "k", "ADD"]) | values
anything = st.dictionaries(fields, directive, max_size=8)
subscriptions = st.builds(
    lambda settings, over, trigger, slug: subscription({**settings, **over}, trigger=trigger, actionSlug=slug),
    st.sampled_from([PEOPLE, COMPANIES, {}]),
    anything,
    st.sampled_from([defaults.TRIGGER, ENTERED, 'properties.audience_key = "k"', "type = 5", "oops("]),
    st.sampled_from(["updateAudience", "updateCompanyAudience", None]),
)


@given(st.lists(subscriptions | values, max_size=4))
def test_what_comes_out_can_be_read_again_and_nothing_vanishes(found: list[Any]) -> None:
    result = from_subscriptions(found)
    for activation in result["activations"].values():
        fql.parse(activation["trigger"])
        audience = result["audiences"][activation["audience"]]
        kind = Kind.PEOPLE if audience["members"] == "people" else Kind.COMPANIES
        for source in activation["mapping"].values():
            compile_expression(source)
        if not any("identifies anybody" in note for note in result["notes"]):
            check(kind, {target: (str(source),) for target, source in activation["mapping"].items()})
    left = sum("left out: " in note and note.startswith("Mapping") and "field" not in note for note in result["notes"])
    merged = sum("became one" in note for note in result["notes"])
    assert len(found) <= len(result["activations"]) + left + merged
