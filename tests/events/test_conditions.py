"""Triggers in parts: Segment's own spelling in FQL and back, the limits of its builder, what it compares by text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.errors import ConfigError
from guestlist.events import conditions, fql
from guestlist.events.conditions import from_fql, textual, to_fql
from tests.events.json_values import events, keys, texts


def line(on: str, op: str, path: str | None = None, value: Any = None) -> dict[str, Any]:
    found = {"on": on, "op": op, "path": path, "value": value}
    return {key: each for key, each in found.items() if each is not None}


GOLDEN = [
    # SEGMENT's forms of each operator, as its builder writes them
    (line("event_type", "is", value="track"), 'type = "track"'),
    (line("event_type", "is_not", value="group"), 'type != "group"'),
    (line("event_name", "is", value="Page Viewed"), 'event = "Page Viewed"'),
    (line("event_name", "is_not", value="Page Viewed"), 'event != "Page Viewed"'),
    (line("event_name", "contains", value="Nike"), 'contains(event, "Nike")'),
    (line("event_name", "does_not_contain", value="Nike"), '!contains(event, "Nike")'),
    (line("event_name", "starts_with", value="X"), 'match(event, "X*")'),
    (line("event_name", "ends_with", value="X"), 'match(event, "*X")'),
    (line("property", "is", "audience_key", "k"), 'properties.audience_key = "k"'),
    (line("property", "is", "price", 100), "properties.price = 100"),
    (line("property", "less_than", "price", 100), "properties.price < 100"),
    (line("property", "less_than_or_equal_to", "price", 9.5), "properties.price <= 9.5"),
    (line("trait", "greater_than", "logins", -10), "traits.logins > -10"),
    (line("trait", "greater_than_or_equal_to", "logins", 10), "traits.logins >= 10"),
    (line("context", "exists", "app.name"), "context.app.name != null"),
    (line("property", "does_not_exist", "name"), "properties.name = null"),
    (line("property", "is_true", "premium"), "properties.premium = true"),
    (line("trait", "is_false", "premium"), "traits.premium = false"),
    (line("property", "contains", "name", "Nike"), 'contains(properties.name, "Nike")'),
    (line("trait", "does_not_contain", "name", "Nike"), '!contains(traits.name, "Nike")'),
    (line("property", "starts_with", "name", "X"), 'match(properties.name, "X*")'),
    (line("context", "ends_with", "page.path", "/thanks"), 'match(context.page.path, "*/thanks")'),
    # odd characters
    (line("property", "is", "product 1.price", "x"), 'properties.product\\ 1.price = "x"'),
    (line("property", "is", "größe", "it's"), 'properties.gr\\ö\\ße = "it\'s"'),
    (line("event_name", "starts_with", value="50% [a]*?\\"), 'match(event, "50% \\[a\\]\\*\\?\\\\*")'),
    (line("event_name", "is", value=""), 'event = ""'),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "text"), GOLDEN)
def test_golden_strings_both_ways(condition: dict[str, Any], text: str) -> None:
    assert to_fql({"all": [condition]}) == text
    assert from_fql(text) == {"all": [condition]}


def test_groups() -> None:
    entered, keyed = GOLDEN[2][0], GOLDEN[8][0]
    together, either = {"all": [entered, keyed]}, {"any": [entered, keyed]}
    assert to_fql(together) == 'event = "Page Viewed" and properties.audience_key = "k"'
    assert to_fql(either) == 'event = "Page Viewed" or properties.audience_key = "k"'
    assert from_fql(to_fql(together)) == together
    assert from_fql(to_fql(either)) == either
    assert from_fql(to_fql({"any": [entered]})) == {"all": [entered]}


def test_the_default_trigger_is_a_form() -> None:
    form = from_fql('event = "Audience Entered" or event = "Audience Exited"')
    assert form == {
        "any": [
            {"on": "event_name", "op": "is", "value": "Audience Entered"},
            {"on": "event_name", "op": "is", "value": "Audience Exited"},
        ]
    }


@pytest.mark.parametrize(
    "text",
    [
        'event = "a" and (type = "b" or type = "c")', "userId != null", "userId = 'x'", 'event in ["a"]',
        'match(event, "*")', 'match(event, "a*b*")', 'match(event, "Q?*")', 'match(event, "a")', "event = 'a\"b'",
        'event = "a~b"', "properties.a\\.b = 1", '!match(event, "a*")', "properties.x != true", "properties = null",
        'type = "a" or length(event) > 3', '"a" = event', "event != null", 'contains(type, "a")', "event < 5",
        "properties.x > length(event)", 'lowercase(event) = "a"', 'contains(event, "")', "properties.a\\[0\\] = 1",
        "type.x = 'a'", "!(event = 'a')", 'contains(event, properties.x)', "true", "properties.a",
    ],
)  # fmt: skip
def test_what_is_no_flat_group(text: str) -> None:
    assert from_fql(text) is None


def test_what_is_no_fql_is_an_error() -> None:
    with pytest.raises(ConfigError, match="column 8"):
        from_fql("event =! 5")


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, 'A trigger in parts is one group: either "all" or "any" with a list of conditions.'),
        ({"all": [], "any": []}, 'A trigger in parts is one group: either "all" or "any" with a list of conditions.'),
        ({"none": []}, 'A trigger in parts is one group: either "all" or "any" with a list of conditions.'),
        ([], 'A trigger in parts is one group: either "all" or "any" with a list of conditions.'),
        ({"all": []}, '"all" must be a list of at least one condition.'),
        ({"any": {"on": "event"}}, '"any" must be a list of at least one condition.'),
        ({"any": ["x"]}, "Condition 1 of any: it must have keys: on, op, and mostly path and value."),
        ({"all": [GOLDEN[0][0], {"any": []}]},
         "Condition 2 of all: groups cannot lie inside each other; write such a trigger as FQL."),
        ({"all": [{"field": "x"}]}, 'Condition 1 of all: there is no key "field".'),
        ({"all": [{"op": "is"}]}, 'Condition 1 of all: "on" is missing.'),
        ({"all": [{"on": "event_name"}]}, 'Condition 1 of all: "op" is missing.'),
        ({"all": [line("event_nam", "is", value="x")]},
         'Condition 1 of all: "event_nam" is no on (did you mean "event_name"?).'),
        ({"all": [line("property", "equals", "a", "x")]},
         'Condition 1 of all: "equals" is no op; there are is, is_not, contains, does_not_contain, starts_with, '
         "ends_with, less_than, less_than_or_equal_to, greater_than, greater_than_or_equal_to, exists, "
         "does_not_exist, is_true, is_false."),
        ({"all": [line("event_type", "contains", value="x")]},
         "Condition 1 of all: event_type cannot be compared by contains."),
        ({"all": [line("event_name", "exists")]}, "Condition 1 of all: event_name cannot be compared by exists."),
        ({"all": [line("event_name", "is", "a", "x")]}, "Condition 1 of all: event_name has no path."),
        ({"all": [line("property", "exists")]},
         "Condition 1 of all: property needs a path, such as plan or address.city."),
        ({"all": [line("property", "exists", "a..b")]},
         "Condition 1 of all: property needs a path, such as plan or address.city."),
        ({"all": [line("property", "exists", "items[0].id")]},
         "Condition 1 of all: array paths cannot be used; write such a trigger as FQL."),
        ({"all": [line("property", "exists", 'a"b')]}, 'Condition 1 of all: the path must not contain ".'),
        ({"all": [line("event_name", "is", value='a"b')]}, 'Condition 1 of all: the value must not contain ".'),
        ({"all": [line("event_name", "is", value="a~b")]}, "Condition 1 of all: the value must not contain ~."),
        ({"all": [line("property", "exists", "a", "x")]}, "Condition 1 of all: exists has no value."),
        ({"all": [line("property", "is", "a")]}, "Condition 1 of all: is needs a value."),
        ({"all": [line("property", "is", "a", True)]},
         "Condition 1 of all: for true and false there are is_true and is_false, not is."),
        ({"all": [line("property", "is", "a", ["x"])]},
         "Condition 1 of all: the value must be a text or a number."),
        ({"all": [line("property", "contains", "a", 5)]}, "Condition 1 of all: contains needs a text."),
        ({"all": [line("property", "starts_with", "a", "")]}, "Condition 1 of all: starts_with needs a text."),
        ({"all": [line("property", "less_than", "a", "many")]},
         "Condition 1 of all: less_than compares numbers only; the value must be one."),
        ({"all": [line("property", "less_than", "a", True)]},
         "Condition 1 of all: less_than compares numbers only; the value must be one."),
        ({"all": [line("property", "less_than", "a", 10**400)]},
         "Condition 1 of all: less_than compares numbers only; the value must be one."),
        ({"all": [line("property", "is", "a", float("nan"))]},
         "Condition 1 of all: the value must be a text or a number."),
    ],
)  # fmt: skip
def test_limits_are_errors_by_name(form: Any, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        to_fql(form)
    assert str(caught.value) == sentence


def test_a_number_may_come_as_text() -> None:
    assert to_fql({"all": [line("property", "less_than", "price", "9.50")]}) == "properties.price < 9.5"


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("op", "value", "actual", "expected"),
    [
        ("is", "123", 123, True), ("is", "123", "123", True), ("is", 123, "123", True), ("is", 123, 123.0, True),
        ("is", "123", 0, False), ("is", "true", True, True), ("is", "true", "true", True), ("is", "x", None, False),
        ("is", "null", None, False), ("is", "", None, False), ("is", "", "", True), ("is", "1.5", 1.5, True),
        ("is", "1", True, False), ("is", "a", ["a"], False), ("is", "1", [1], False), ("is", "0.00001", 1e-05, True),
        ("is", "1e-7", 1e-7, True), ("is", "1e+21", 1e21, True), ("is", "X", "x", False),
        ("is_not", "123", 123, False), ("is_not", "123", "123", False), ("is_not", 123, "123", False),
        ("is_not", "123", 456, True), ("is_not", "x", None, True), ("is_not", "x", ["x"], True),
        ("less_than", 10, 5, True), ("less_than", 10, 10, False), ("less_than", 10, "5", False),
        ("less_than", 10, None, False), ("less_than", 10, True, False), ("greater_than", 10, 10.5, True),
        ("greater_than_or_equal_to", 10, 10, True), ("less_than_or_equal_to", 10, 11, False),
        ("contains", "b", "abc", True), ("contains", "b", ["b"], False), ("contains", "5", 5, False),
        ("does_not_contain", "b", "xyz", True), ("does_not_contain", "b", "abc", False),
        ("does_not_contain", "b", None, False), ("does_not_contain", "b", 5, False),
        ("does_not_contain", "b", ["x"], False), ("starts_with", "x*", "x*y", True),
        ("starts_with", "x*", "xzy", False),
        ("starts_with", "5", 55, False), ("ends_with", "[a]", "b[a]", True), ("ends_with", "[a]", "ba", False),
        ("exists", None, "", True), ("exists", None, {}, True), ("exists", None, False, True),
        ("exists", None, None, False), ("does_not_exist", None, None, True), ("does_not_exist", None, 0, False),
        ("is_true", None, True, True), ("is_true", None, "true", False), ("is_true", None, 1, False),
        ("is_false", None, False, True), ("is_false", None, None, False), ("is_false", None, 0, False),
    ],
)  # fmt: skip
def test_types_as_the_builder_has_them(op: str, value: Any, actual: Any, expected: bool) -> None:
    found = conditions.compile({"all": [line("property", op, "a.b", value)]})
    assert found({"properties": {"a": {"b": actual}}}) is expected
    if actual is None:
        assert found({"properties": {}}) is expected


def test_only_what_text_changes_is_rewritten() -> None:
    text = 'event = "5" and properties.a = "5" and (traits.b != 7 or properties.c = "x") and properties.d = true'
    assert textual(fql.parse(text)).text() == (
        'event = "5" and string(properties.a) = "5" and (string(traits.b) != "7" or properties.c = "x") and '
        "properties.d = true"
    )


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────
allowed = texts.filter(lambda text: not set(text) & set('"~'))
filled = allowed.filter(bool)
path = st.lists(keys.filter(lambda key: not set(key) & set('"~[].')), min_size=1, max_size=3).map(".".join)
number = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9).filter(lambda value: not value.is_integer())
names = st.one_of(
    st.builds(lambda op, value: line("event_type", op, value=value), st.sampled_from(["is", "is_not"]), allowed),
    st.builds(lambda op, value: line("event_name", op, value=value), st.sampled_from(["is", "is_not"]), allowed),
    st.builds(
        lambda op, value: line("event_name", op, value=value),
        st.sampled_from(["contains", "does_not_contain", "starts_with", "ends_with"]),
        filled,
    ),
)
on = st.sampled_from(["property", "trait", "context"])
fields = st.one_of(
    st.builds(line, on, st.sampled_from(["is", "is_not"]), path, allowed | number),
    st.builds(line, on, st.sampled_from(["contains", "does_not_contain", "starts_with", "ends_with"]), path, filled),
    st.builds(line, on, st.sampled_from(["less_than", "greater_than_or_equal_to"]), path, number),
    st.builds(line, on, st.sampled_from(["exists", "does_not_exist", "is_true", "is_false"]), path),
)
lines = st.lists(names | fields, min_size=1, max_size=4)
forms = lines.map(lambda found: {"all": found}) | lines.map(lambda found: {"any" if len(found) > 1 else "all": found})


@given(forms)
def test_form_to_fql_and_back(form: dict[str, Any]) -> None:
    assert from_fql(to_fql(form)) == form


pieces = st.sampled_from(
    ["event", "type", "properties.a", "traits.a\\ b", "context.a.b", "userId", "=", "!=", "<", ">=", "and", "or", '"x"',
     '"5"', "5", "5.0", "true", "null", "contains(event, 'a')", "!contains(properties.a, 'a')", "match(event, 'a*')",
     "match(event, '*\\*')", "match(traits.a, '*a*')", "!", "(", ")"]
)  # fmt: skip
comparisons = st.builds(" ".join, st.tuples(pieces, pieces, pieces))


@given(st.builds(lambda parts, word: f" {word} ".join(parts), st.lists(comparisons | pieces, min_size=1, max_size=3),
                 st.sampled_from(["and", "or"])))  # fmt: skip
def test_fql_to_form_and_back(text: str) -> None:
    try:
        statement = fql.parse(text)
    except ConfigError:
        return
    form = from_fql(text)
    if form is not None:
        assert to_fql(form) == statement.text()


@given(forms, events)
def test_an_event_is_judged_like_its_fql_but_for_texts_that_are_numbers(form: Any, event: dict[str, Any]) -> None:
    of_form, of_fql = conditions.compile(form)(event), fql.compile(fql.parse(to_fql(form)))(event)
    assert of_form in (True, False)
    if textual(fql.parse(to_fql(form))).text() == to_fql(form):
        assert of_form is of_fql
