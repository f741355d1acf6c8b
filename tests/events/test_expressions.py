"""Mapping expressions: what they read, JMESPath's own answers, Segment's directives, and sentences for mistakes."""

import json
import subprocess
import sys
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jmespath.visitor import TreeInterpreter

from guestlist.core.fields import FIELDS
from guestlist.errors import ConfigError
from guestlist.events import defaults
from guestlist.events.expressions import Source, compile_expression
from tests.events.json_values import events, keys, values

EVENT = {
    "userId": "u1",
    "event": "Audience Entered",
    "context": {"traits": {"email": "ada@example.org", "blank": ""}, "device": {}},
    "traits": {"email": "", "first name": "Ada", "0": "zero", "größe": 9, "list": ["a", None, "b"], "nil": None},
    "properties": {"zero": 0, "no": False, "items": [{"id": 1}, {"id": 2}], "Some Name": {"a.b": 7}},
}


def read(source: Source) -> Any:
    return compile_expression(source).get(EVENT)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("userId", "u1"), ("context.traits.email", "ada@example.org"), ("context.traits.nope", None),
        ("userId.inner", None), ("nope.nope.nope.nope", None), ("context.device", {}), (" userId ", "u1"),
        # the first that is something
        ("traits.email || context.traits.email", "ada@example.org"), ("nope || traits.nil || userId", "u1"),
        ("properties.zero || userId", 0), ("properties.no || userId", "u1"), ("context.device || userId", "u1"),
        ("userId || nope", "u1"), ("nope || traits.email", ""), ("nope || 'DE'", "DE"), ("nope||nil||`5`", 5),
        ("nope || (traits.email || userId)", "u1"),
        # as Segment writes them
        ("$.context.traits.email", "ada@example.org"), ("$.traits.email || $.context.traits.email", "ada@example.org"),
        ("$.nope || userId", "u1"), ("nope || $.userId", "u1"), ("$.traits.first name", "Ada"),
        ("$.traits['first name']", "Ada"), ('$.traits["first name"]', "Ada"), ("$.traits.größe", 9),
        ("$['traits'].first name || userId", "Ada"), ("$.properties.Some Name['a.b']", 7),
        ("$.properties.items[1].id", 2), ("$.properties.items.1.id", 2), ("$.properties.items[-1].id", 2),
        ("$.properties.items.9.id", None), ("$.properties.items[9]", None), ("$.traits.0", "zero"),
        ("to_string($.traits.größe)", "9"), ("$.properties.items[?id == `2`].id | [0]", 2),
        ("$.traits['a||b'] || userId", "u1"), ("join('$.x', $.traits.list[?@])", "a$.xb"), ("$.nope.x || 'DE'", "DE"),
        # JMESPath
        ('traits."first name"', "Ada"), ('traits."0"', "zero"), ("properties.items[0].id", 1),
        ("properties.items[*].id", [1, 2]), ("properties.items[].id | [0]", 1), ("length(userId)", 2),
        ("not_null(nope, traits.nil, userId)", "u1"), ("@.userId", "u1"), ("[userId, event] | [1]", "Audience Entered"),
        ("length(properties.zero)", None), ("length(properties.zero) || userId", "u1"), ("!nope && userId", "u1"),
        # constants
        ("'US'", "US"), ('`"US"`', "US"), ("`[1, 2]`", [1, 2]), (5, 5), (1.5, 1.5), (True, True), (False, False),
        (None, None), ({"@literal": "US"}, "US"), ({"@literal": 5}, 5), ({"@literal": {"@path": "userId"}}, "u1"),
        # several values
        (["userId", "nope", "event"], ["u1", "Audience Entered"]), (["nope"], None), ([], None),
        (["traits.list", "userId"], ["a", "b", "u1"]), ([["userId"], "'x'", 5], ["u1", "x", 5]),
        ([{"@path": "$.userId"}, "$.event"], ["u1", "Audience Entered"]),
        # @path
        ({"@path": "$.userId"}, "u1"), ({"@path": "userId"}, "u1"), ({"@path": "$.traits.first name"}, "Ada"),
        ({"@path": ["properties", "Some Name", "a.b"]}, 7), ({"@path": "properties.items.0.id"}, 1),
        ({"@path": "properties.items[0].id"}, 1), ({"@path": "$.nope.nope"}, None),
        # @if
        ({"@if": {"exists": {"@path": "$.userId"}, "then": 1, "else": 2}}, 1),
        ({"@if": {"exists": {"@path": "$.traits.nil"}, "then": 1, "else": 2}}, 2),
        ({"@if": {"exists": {"@path": "$.nope"}, "then": 1, "else": 2}}, 2),
        ({"@if": {"exists": {"@path": "$.traits.email"}, "then": 1, "else": 2}}, 1),
        ({"@if": {"blank": {"@path": "$.userId"}, "then": 1, "else": 2}}, 1),
        ({"@if": {"blank": {"@path": "$.traits.nil"}, "then": 1, "else": 2}}, 2),
        ({"@if": {"blank": {"@path": "$.nope"}, "then": 1, "else": 2}}, 2),
        ({"@if": {"blank": {"@path": "$.traits.email"}, "then": 1, "else": 2}}, 2),
        ({"@if": {"exists": {"@path": "$.userId"}, "then": {"@path": "$.event"}}}, "Audience Entered"),
        ({"@if": {"exists": {"@path": "$.nope"}, "then": "x"}}, None),
        ({"@if": {"exists": {"@path": "$.nope"}, "else": "userId"}}, "userId"),
        ({"@if": {"exists": {"@path": "$.nope"}, "then": 1,
                  "else": {"@if": {"blank": {"@path": "$.traits.email"}, "then": 2, "else": {"@path": "$.userId"}}}}},
         "u1"),
        ({"@if": {"exists": {"@path": "$.userId"}, "then": [{"@path": "$.userId"}, "x"]}}, ["u1", "x"]),
        # @template and @case
        ({"@template": "{{userId}}"}, "u1"),
        ({"@template": "{{ $.traits.first name }}-{{{properties.zero}}}"}, "Ada-0"),
        ({"@template": "{{nope}} {{properties.no}} {{traits.nil}}"}, " false "), ({"@template": "plain"}, "plain"),
        ({"@case": {"operator": "upper", "value": {"@path": "$.userId"}}}, "U1"),
        ({"@case": {"operator": "lower", "value": "ABC"}}, "abc"),
        ({"@case": {"operator": "lower", "value": {"@path": "$.properties.zero"}}}, 0),
    ],
)  # fmt: skip
def test_what_is_read(source: Source, expected: Any) -> None:
    found = read(source)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("$.context.traits.email || traits.email", ("context.traits.email", "traits.email")),
        ("$.traits['first name'].0", ('traits."first name"."0"',)),
        ("a.b[0].c", ("a.b[0].c",)),
        ("join(', ', [a.b, c, a.b])", ("a.b", "c")),
        ("items[?x == `1`].id | [0]", ("items", "id", "x", "[0]")),
        ("items[1:2]", ("items",)),
        ("'US'", ()),
        (5, ()),
        (["a", {"@path": "$.b"}, "a"], ("a", "b")),
        ({"@if": {"exists": {"@path": "$.a"}, "then": {"@path": "$.a"}, "else": {"@path": "b"}}}, ("a", "b")),
        ({"@template": "{{a}} {{b.c}}"}, ("a", "b.c")),
        ({"@case": {"operator": "lower", "value": {"@path": "$.a"}}}, ("a",)),
    ],
)
def test_paths_for_people(source: Source, paths: tuple[str, ...]) -> None:
    assert sorted(compile_expression(source).paths) == sorted(paths)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("", "An expression is empty; write a path such as traits.email."),
        (" ", "An expression is empty; write a path such as traits.email."),
        ("a b", 'Expression "a b", column 3: "b" cannot stand there.'),
        ("a.", 'Expression "a.", column 3: it ends too early.'),
        ("$.a || ", 'Expression "$.a || ", column 8: it ends too early.'),
        ("$.a == ==", 'Expression "$.a == ==", column 8: "==" cannot stand there.'),
        ("a[", 'Expression "a[", column 3: it ends too early.'),
        ("a-b", 'Expression "a-b", column 2: - cannot be read.'),
        ("'abc", "Expression \"'abc\", column 1: 'abc has no end."),
        ('a."b', 'Expression "a."b", column 3: "b has no end.'),
        ("`x`", "Expression \"`x`\", column 1: a text in backticks also needs quotes, or only '...'."),
        ("5", 'Expression "5", column 1: "5" cannot stand there.'),
        ("ada@example.org", 'Expression "a***@example.org", column 4: "@" cannot stand there.'),
        ("tolower(a)", 'Expression "tolower(a)", column 1: there is no function tolower(); there are abs, avg, ceil, '
                       "contains, ends_with, floor, join, keys, length, map, max, max_by, merge, min, min_by, "
                       "not_null, reverse, sort, sort_by, starts_with, sum, to_array, to_number, to_string, type, "
                       "values."),
        ("a || joi(a, b)", 'Expression "a || joi(a, b)", column 6: there is no function joi() (did you mean "join"?).'),
        ("join(a)", 'Expression "join(a)", column 1: join() takes 2 arguments, not 1.'),
        ("length()", 'Expression "length()", column 1: length() takes 1 argument, not 0.'),
        ("not_null()", 'Expression "not_null()", column 1: not_null() takes at least 1 argument, not 0.'),
        (["a", "b."], 'Expression "b.", column 3: it ends too early.'),
        ({}, 'An object in a mapping is one directive such as {"@path": ...}, not {}.'),
        ({"email": "a"}, 'An object in a mapping is one directive such as {"@path": ...}, not {email}.'),
        ({"@path": "a", "x": 1},
         'An object in a mapping is one directive such as {"@path": ...}, not {@path, x}.'),
        ({"@json": {}},
         "@json cannot be used in a mapping; there are @path, @if, @literal, @template, @case."),
        ({"@path": 5}, "@path holds a path such as $.traits.email."),
        ({"@path": {"@path": "$.a"}}, "@path holds a path such as $.traits.email."),
        ({"@path": "$.a == b"}, '@path holds a path such as $.traits.email, not "$.a == b".'),
        ({"@path": "a..b"}, '@path holds a path such as $.traits.email, not "a..b".'),
        ({"@if": 5}, "@if holds exists or blank, and then, else or both."),
        ({"@if": {"exists": 1, "them": 1}}, "@if holds exists or blank, and then, else or both."),
        ({"@if": {"then": 1}}, "@if needs one of exists and blank, and at least one of then and else."),
        ({"@if": {"exists": 1, "blank": 1, "then": 1}},
         "@if needs one of exists and blank, and at least one of then and else."),
        ({"@if": {"exists": 1}}, "@if needs one of exists and blank, and at least one of then and else."),
        ({"@if": {"exists": {"@nope": 1}, "then": 1}},
         "@nope cannot be used in a mapping; there are @path, @if, @literal, @template, @case."),
        ({"@template": 5}, "@template holds a text with {{paths}}."),
        ({"@template": "x {{ a | upcase }}"}, "@template, column 3: only paths can stand in {{ }}, no Liquid tags."),
        ({"@template": "{% if a %}"}, "@template can hold paths in {{ }} only, no Liquid tags."),
        ({"@template": "{{a"}, "@template can hold paths in {{ }} only, no Liquid tags."),
        ({"@case": {"operator": "snake", "value": 1}}, "@case holds an operator (lower or upper) and a value."),
        ({"@case": "x"}, "@case holds an operator (lower or upper) and a value."),
    ],
)  # fmt: skip
def test_mistakes(source: Source, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        compile_expression(source)
    assert str(caught.value) == sentence


def test_an_expression_too_deep_is_a_sentence() -> None:
    with pytest.raises(ConfigError, match="it cannot be read"):
        compile_expression("(" * 5000 + "a" + ")" * 5000)


@pytest.mark.parametrize("kind", list(defaults.MAPPING))
def test_the_defaults_map_fields_linkedin_knows_without_jmespath(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TreeInterpreter, "visit", None)
    for field, source in defaults.MAPPING[kind].items():
        assert field in FIELDS[kind]
        compile_expression(source).get(EVENT)


def test_jmespath_is_imported_only_when_something_is_compiled() -> None:
    code = "import sys, guestlist.events.expressions; print('jmespath' in sys.modules, 'lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────
def _quoted(key: str) -> str:
    plain = key.isascii() and key.isidentifier()
    return key if plain else json.dumps(key, ensure_ascii=False)


step = st.integers(-2, 2).map(lambda place: f"[{place}]")
paths = st.builds(
    lambda first, rest: first + "".join(part if part.startswith("[") else f".{part}" for part in rest),
    keys.map(_quoted),
    st.lists(keys.map(_quoted) | step, max_size=3),
)
literals = st.sampled_from(["'US'", "`5`", "`null`", "`false`", "''", "`[]`"])
simple = st.lists(paths | literals, min_size=1, max_size=4).map(" || ".join)


@given(simple, events)
def test_paths_give_what_jmespath_gives_without_it(text: str, event: dict[str, Any]) -> None:
    expected = jmespath.search(text, event)
    expression = compile_expression(text)
    visit, TreeInterpreter.visit = TreeInterpreter.visit, None  # type: ignore[assignment]
    try:
        found = expression.get(event)
    finally:
        TreeInterpreter.visit = visit  # type: ignore[method-assign]
    assert found == expected
    assert type(found) is type(expected)


@given(st.lists(keys, min_size=1, max_size=3), values)
def test_a_path_finds_what_was_put_there(path: list[str], value: Any) -> None:
    event: Any = value
    for key in reversed(path):
        event = {key: event}
    for source in (".".join(map(_quoted, path)), {"@path": path}):
        assert compile_expression(source).get(event) == value  # type: ignore[arg-type]


words = st.sampled_from(
    ["a", "traits", "$", ".", "[", "]", "0", "'x'", '"k"', "||", "|", "&&", "(", ")", "length", "join", "sort", ",",
     "@", "*", "[]", "?", "==", "`1`", "`x", "{", "}", ":", "!", "&", " "]
)  # fmt: skip


@given(st.lists(words, max_size=8).map("".join) | st.text(max_size=10), events)
def test_any_text_is_an_expression_or_a_sentence(text: str, event: dict[str, Any]) -> None:
    try:
        expression = compile_expression(text)
    except ConfigError as error:
        said = str(error)
    else:
        said = "."
        expression.get(event)
    assert said.endswith(".")
    assert "\n" not in said or "\n" in text


directives = st.recursive(
    values | paths.map(lambda text: {"@path": f"$.{text}"}) | st.builds(lambda text: {"@template": text}, st.text()),
    lambda inner: (
        st.fixed_dictionaries(
            {"@if": st.fixed_dictionaries({"exists": inner}, optional={"then": inner, "else": inner, "blank": inner})}
        )
        | st.builds(lambda value: {"@case": {"operator": "upper", "value": value}}, inner)
        | st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)


@given(directives, events)
def test_any_directive_reads_or_is_refused(source: Any, event: dict[str, Any]) -> None:
    try:
        expression = compile_expression(source)
    except ConfigError:
        return
    expression.get(event)
