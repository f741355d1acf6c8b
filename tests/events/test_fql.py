"""FQL: Segment's documented examples, what the documents leave open, what is refused with which sentence."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guestlist.errors import ConfigError
from guestlist.events import fql_syntax
from guestlist.events.fql import DEEPEST, Fql, parse
from guestlist.events.fql import compile as compiled
from guestlist.events.fql_functions import FUNCTIONS
from guestlist.events.fql_syntax import Call, Comparison, Every, Listed, Literal, Node, Not, Some, joined
from tests.events.json_values import events, keys, numbers, scalars, texts

DOCUMENTED = json.loads((Path(__file__).parent / "documented_fql.json").read_text("utf-8"))


def holds(text: str, event: dict[str, Any]) -> bool:
    return compiled(parse(text))(event)


# ── what Segment documents ───────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("text", "expected"), DOCUMENTED["statements"])
def test_documented_statements(text: str, expected: bool) -> None:
    assert holds(text, DOCUMENTED["event"]) is expected


@pytest.mark.parametrize(("call", "expected"), DOCUMENTED["values"])
def test_documented_values(call: str, expected: str) -> None:
    assert holds(f"{call} = {expected}", {})
    assert not holds(f"{call} != {expected}", {})


@pytest.mark.parametrize(("text", "pattern", "expected"), DOCUMENTED["patterns"])
def test_documented_patterns(text: str, pattern: str, expected: bool) -> None:
    assert holds(f"match('{text}', '{pattern}')", {}) is expected
    assert holds(f"match(a, b) = {str(expected).lower()}", {"a": text, "b": pattern})


@pytest.mark.parametrize("text", DOCUMENTED["invalid"])
def test_documented_mistakes(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text)


# ── types ────────────────────────────────────────────────────────────────────────────────────────────────────────
EVENT = {
    "text": "5", "empty": "", "five": 5, "float": 5.0, "yes": True, "no": False, "nothing": None, "one": 1,
    "list": [1, "a", True], "nested": {"a": 1}, "mixed": "Käse-Laden",
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # equality is strict: one type, one value; a number is a number
        ("five = 5", True), ("five = float", True), ("five = 5.0", True), ("text = 5", False), ("five = '5'", False),
        ("text != 5", True), ("yes = true", True), ("one = true", False), ("yes = 1", False), ("no = false", True),
        ("no = 0", False), ("empty = ''", True), ("empty = null", False), ("nested = null", False),
        ("nested != null", True), ("nested = nested", True), ("list = [1, 'a', true]", True),
        ("list = [1, 'a', 1]", False), ("list != [1]", True), ("nothing = null", True), ("missing = null", True),
        ("missing = nothing", True), ("missing.inner = null", True), ("five.inner = null", True),
        ("list.0 = null", True), ("missing != 'x'", True), ("missing = 'x'", False),
        # order: numbers only
        ("five > 4", True), ("five >= 5.0", True), ("five < 5", False), ("five <= 5", True), ("text > 4", False),
        ("text <= 4", False), ("yes > 0", False), ("missing < 1", False), ("missing >= 0", False),
        # in
        ("five in [4, 5]", True), ("text in [5]", False), ("one in [true]", False), ("missing in [null]", True),
        ("'a' in list", True), ("true in list", True), ("2 in list", False), ("list in [1]", False),
        ("'a' in text", False), ("'a' in missing", False), ("five in []", False),
        # true, false, null and nothing else are conditions
        ("yes", True), ("no", False), ("text", False), ("missing", False), ("one", False), ("yes and text", False),
        ("yes or text", True), ("text or yes", True), ("!no", True), ("!yes", False), ("true", True), ("null", False),
        # functions
        ("contains(mixed, '-L')", True), ("contains(mixed, '-l')", False), ("contains(five, '5')", False),
        ("contains(list, 'a')", False), ("contains(mixed, '')", True), ("match(five, '5')", False),
        ("length(mixed) = 11", True), ("length(list) = 3", True), ("length(five) = 1", False),
        ("length(nested) = 1", False), ("lowercase(mixed) = 'käse-laden'", True), ("uppercase(text) = '5'", True),
        ("lowercase(five) = 5", False), ("lowercase(five) = null", False), ("typeof(nested) = 'object'", True),
        ("typeof(five) = typeof(float)", True), ("string(float) = '5'", True), ("string(yes) = 'true'", True),
        ("string(missing) = null", True), ("string(list) = '[1,\"a\",true]'", True), ("number(text) = 5", True),
        ("number(empty) = 0", False), ("number(yes) = 1", False), ("bool('true')", True), ("bool(five)", True),
        ("bool(missing)", False), ("!bool(missing)", True), ("bool(text)", False), ("!bool(text)", False),
        ("contains(lowercase(mixed), 'käse')", True), ("(five = 5) = yes", True), ("(five = 5 and no) = false", True),
    ],
)  # fmt: skip
def test_types(text: str, expected: bool) -> None:
    assert holds(text, EVENT) is expected


@pytest.mark.parametrize(
    "text",
    [
        "contains(five, '5')", "contains(missing, 'x')", "contains(missing, text)", "match(missing, text)",
        "contains(list, 'a')", "match(missing, '*')", "five > text",
        "text < 9", "missing >= 0", "'a' in missing", "'a' in text", "list in [1]", "text", "missing", "five",
        "length(five) = 1", "lowercase(five) != 'x'", "number(empty) != 1", "bool(text)", "(text = lowercase(five))",
        "contains(five, '5') = true", "contains(five, '5') = false",
    ],
)  # fmt: skip
def test_a_wrong_type_decides_nothing_and_neither_does_its_negation(text: str) -> None:
    assert not holds(text, EVENT)
    assert not holds(f"!({text})", EVENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!(missing and yes)", True),  # documented: and, or take null for false
        ("!(missing or no)", True),
        ("!(text and yes)", False),  # a text is neither
        ("!(text and no)", True),  # whatever the text was
        ("!(five > 9 or no)", True),
        ("!!yes", True),
        ("!(!yes)", True),
        ("!(five = 5 or five = 6)", False),
        ("!(event = 'a' or event = 'b')", True),
        ("!(null and true)", True),
    ],
)
def test_negation_of_groups(text: str, expected: bool) -> None:
    assert holds(text, EVENT) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("event = 'a' or event = 'b'", True), ("event = 'a' or event = 'c'", False),
        ("event = 'a' or type = 'b'", False),
        ("event = 'a' or event = 'b' or event = 'c'", True), ("event = 'c' or event = 'c' or type = 't'", True),
        ("type = 't' and event = 'b' and no = null", True), ("type = 't' and event = 'b' and no != null", False),
        ("type = 't' and event = 'a' or event = 'b'", True), ("type = 'x' and (event = 'a' or event = 'b')", False),
        ("a.b.c = 1", True), ("a.b.c.d = 1", False), ("a.b.c.d.e = 1", False), ("a.b.x.d.f = 2", True),
    ],
)  # fmt: skip
def test_groups_and_depths(text: str, expected: bool) -> None:
    assert holds(text, {"type": "t", "event": "b", "a": {"b": {"c": 1, "x": {"d": {"f": 2}}}}}) is expected


@pytest.mark.parametrize("event", [{"event": ["a"]}, {"event": {"a": 1}}, {"event": 5}, {}, {"event": None}])
def test_one_of_several_names_stands_any_event(event: dict[str, Any]) -> None:
    assert not holds("event = 'a' or event = 'b'", event)


def test_a_number_beyond_any_float_compares_exactly() -> None:
    assert holds(f"n > {'9' * 399}", {"n": 10**399})
    assert not holds("string(n) = 'x'", {"n": 10**5000})
    assert holds("n != 1.5", {"n": float("nan")})


def test_values_too_deep_to_compare_are_not_equal() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    assert not holds("a = b", {"a": deep, "b": json.loads(json.dumps(deep))})


# ── spelling ─────────────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("event='a'", 'event = "a"'),
        ("event = 'say \"x\"'", "event = 'say \"x\"'"),
        ("((a and b) and c) or (d or e)", "(a and b and c) or d or e"),
        ("a and (b or c)", "a and (b or c)"),
        ("! ( a )", "!a"),
        ("!(a = 1)", "!(a = 1)"),
        ("!(a and b)", "!(a and b)"),
        ("! ! a", "!!a"),
        ("a in ['x' ,1,null]", 'a in ["x", 1, null]'),
        ("x >= +1.50", "x >= 1.5"),
        ("x = 5.0", "x = 5"),
        ("x = -0.00000001", "x = -0.00000001"),
        ("contains( a,lowercase(b) )", "contains(a, lowercase(b))"),
        ("(a = 1) = (b)", "(a = 1) = b"),
        ("properties.in = 1", "properties.in = 1"),
        ("\\in = 1", "\\in = 1"),
        ("\\1st.a\\.b.\\ü = 1", "\\1st.a\\.b.\\ü = 1"),
        ("android = 1 or nullable = 2 or input = 3", "android = 1 or nullable = 2 or input = 3"),
        ("a\n  =\t1", "a = 1"),
    ],
)
def test_canonical_text(text: str, canonical: str) -> None:
    assert parse(text).text() == canonical
    assert parse(canonical).text() == canonical


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("properties.product\\ 1.price", ("properties", "product 1", "price")),
        ("a\\.b.c", ("a.b", "c")),
        ("a\\\\", ("a\\",)),
        ("\\größe", None),
        ("gr\\ö\\ße", ("größe",)),
        ("a-b._c.2nd.-", ("a-b", "_c", "2nd", "-")),
        ("\\or", ("or",)),
        ("a.or.null", ("a", "or", "null")),
    ],
)
def test_escapes_in_paths(text: str, keys: tuple[str, ...] | None) -> None:
    if keys is None:
        with pytest.raises(ConfigError):
            parse(text)
    else:
        assert parse(text).root == fql_syntax.Path(keys)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "FQL: it ends where a condition was expected."),
        ("event = ", "FQL: it ends where a value was expected."),
        ("event = 'a", "FQL, column 9: the text that begins here has no closing quote."),
        ("event == 'a'", 'FQL, column 8: "=" stands where a value was expected (equality is written with one "=").'),
        ("a and and b", 'FQL, column 7: "and" stands where a condition was expected.'),
        ("a = 1 AND b", 'FQL, column 7: "AND" stands where "and", "or" or the end was expected (write it small).'),
        ("a && b", 'FQL, column 3: "&" stands where a comparison (=, !=, <, <=, >, >=, in), "and", "or" or the end was '
                   'expected (write "and").'),
        ("a = 1 = 2", 'FQL, column 7: "=" stands where "and", "or" or the end was expected (parentheses say what '
                      "belongs together)."),
        ("!a = 1", 'FQL, column 4: "=" stands where "and", "or" or the end was expected (parentheses say what belongs '
                   "together)."),
        ("$.a = 1", 'FQL, column 1: "$" stands where a condition was expected (paths begin without "$.").'),
        ("a in [b]", 'FQL, column 7: "b" stands where a text, a number, true, false or null or "]" was expected.'),
        ("a in [1", 'FQL: it ends where "," or "]" was expected.'),
        ("contains(a, 'b'", 'FQL: it ends where "," or ")" was expected.'),
        ("a)", 'FQL, column 2: ")" stands where the end was expected.'),
        ("a = 1\nand\n  b c = 1", 'FQL, line 3, column 5: "c" stands where a comparison (=, !=, <, <=, >, >=, in), '
                                  '"and", "or" or the end was expected.'),
        ("contain(a, 'b')", 'FQL, column 1: there is no function "contain" (did you mean "contains"?).'),
        ("contains(a)", "FQL, column 1: contains takes 2 arguments, not 1."),
        ("a or length()", "FQL, column 6: length takes one argument, not 0."),
        ("contains(a, 5)", "FQL, column 13: argument 2 of contains must be a text, not a number."),
        ("length(5) = 1", "FQL, column 8: argument 1 of length must be a text or a list, not a number."),
        ("a < '5'", "FQL, column 5: what < compares must be a number, not a text."),
        ("a < null", "FQL, column 5: what < compares must be a number, not null."),
        ("a in 'x'", "FQL, column 6: what stands behind in must be a list, not a text."),
        ("['x'] in a", "FQL, column 1: what stands before in must be a text, a number, true or false or null, not a "
                       "list."),
        ("'x'", "FQL, column 1: a condition must be true or false, not a text."),
        ("a = 1 or length(a)", "FQL, column 10: a condition must be true or false, not a number."),
        ("!5", "FQL, column 2: a condition must be true or false, not a number."),
        ("match(a, '[z-a]')", "FQL, column 10: the pattern '[z-a]' cannot be read: the range \"z-a\" runs backwards."),
        ("match(a, '[a')", "FQL, column 10: the pattern '[a' cannot be read: its \"[\" has no \"]\"."),
        ("match(a, 'a\\')", "FQL, column 10: the pattern 'a\\' cannot be read: it ends in \"\\\"."),
        ("a = 1 'ada@example.org'", "FQL, column 7: '***@example.org' stands where \"and\", \"or\" or the end was "
                                    "expected."),
        (f"a = {'1' * 401}", "FQL, column 5: a number has at most 400 digits."),
        ("!" * DEEPEST + "a", f"FQL: more than {DEEPEST} parts lie inside each other; write it flatter."),
    ],
)  # fmt: skip
def test_mistakes(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("text", ["5abc = 1", "a..b = 1", "a.b. = 1", "größe = 1", "a = 1e5", "a = .5", "a = 1."])
def test_more_that_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="column"):
        parse(text)


def test_deep_parentheses_are_no_depth() -> None:
    assert parse("(" * 5000 + "a" + ")" * 5000).text() == "a"
    parse("!" * (DEEPEST - 1) + "a")


def test_the_parser_is_imported_only_when_something_is_parsed() -> None:
    code = "import sys, guestlist.events.conditions; print('lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────
quotable = texts.filter(lambda text: not ('"' in text and "'" in text))
literal = st.none() | st.booleans() | numbers | quotable
paths = st.lists(keys, min_size=1, max_size=3).map(lambda found: fql_syntax.Path(tuple(found)))
listed = st.lists(literal, max_size=3).map(lambda found: Listed(tuple(found)))
plain_text = st.sampled_from(["", "a", "a*", "5", "\\*", "[a-c]?"]).map(Literal)


def _operands(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    of_text = st.sampled_from([name for name, f in FUNCTIONS.items() if f.takes == (frozenset({"string"}),)])
    texty = paths | plain_text
    calls = st.builds(lambda name, argument: Call(name, (argument,)), of_text, texty)
    shown = st.builds(lambda name, argument: Call(name, (argument,)), st.sampled_from(["typeof", "string"]), paths)
    return paths | literal.map(Literal) | listed | calls | shown | inner


def _conditions(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    operands = _operands(inner)
    numeric = paths | numbers.map(Literal)
    some = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Comparison, st.sampled_from(["=", "!="]), operands, operands),
        st.builds(Comparison, st.sampled_from(["<", "<=", ">", ">="]), numeric, numeric),
        st.builds(Comparison, st.just("in"), paths | literal.map(Literal), paths | listed),
        st.builds(
            lambda name, a, b: Call(name, (a, b)), st.sampled_from(["contains", "match"]), paths, plain_text | paths
        ),
        inner.map(Not),
        some.map(lambda parts: joined(Every, parts)),
        some.map(lambda parts: joined(Some, parts)),
    )


statements = st.recursive(paths | st.sampled_from([True, False, None]).map(Literal), _conditions, max_leaves=8).map(Fql)


@given(statements)
def test_text_and_statement_are_each_others(statement: Fql) -> None:
    again = parse(statement.text())
    assert again == statement
    assert again.text() == statement.text()


@given(statements, events)
def test_no_event_makes_it_raise_and_nothing_is_both_true_and_false(statement: Fql, event: dict[str, Any]) -> None:
    yes, no = compiled(statement)(event), compiled(Fql(Not(statement.root)))(event)
    assert yes in (True, False)
    assert no in (True, False)
    assert not (yes and no)


@given(statements, events)
def test_parsing_the_text_changes_no_answer(statement: Fql, event: dict[str, Any]) -> None:
    assert compiled(parse(statement.text()))(event) == compiled(statement)(event)


@given(st.text(max_size=30) | st.lists(st.sampled_from(["a", "=", "'x'", "and", "(", ")", "!", "in", "[", "]", "5", ",",
                                                        "contains", "<", "\\", '"', "."])).map(" ".join))  # fmt: skip
def test_any_text_is_a_statement_or_a_sentence(text: str) -> None:
    try:
        statement = parse(text)
    except ConfigError as error:
        said = str(error)
    else:
        said = "FQL."
        assert parse(statement.text()) == statement
    assert said.startswith("FQL")
    assert said.endswith(".")


@given(scalars, scalars)
def test_equality_is_that_of_json(left: Any, right: Any) -> None:
    numeric = [type(side) in (int, float) for side in (left, right)]
    same = left == right and (all(numeric) or type(left) is type(right))
    assert holds("l = r", {"l": left, "r": right}) is same
    assert holds("l != r", {"l": left, "r": right}) is not same
