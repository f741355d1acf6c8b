"""Pages speak of people, companies and LinkedIn audiences: never in our own words, never of command lines."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from guestlist import config, web
from guestlist.app import (
    activations,
    api_tokens,
    connection,
    delivery,
    jobs,
    notices,
    overview,
    runs,
    segments,
    sync,
    users,
    write_keys,
)
from guestlist.errors import ConfigError
from guestlist.events import pipeline
from guestlist.linkedin import accounts, oauth, reactions, tokens
from guestlist.planner import ledger
from guestlist.web.pages import triggers
from guestlist.web.pages.commands import on_pages
from guestlist.web.pages.forms import beside
from guestlist.web.pages.states import plain
from guestlist.web.pages.table import PAGES
from tests.web.installed import Installed
from tests.web.test_activating import begun, of_events, step
from tests.world import emails

TEMPLATES = sorted((Path(web.__file__).parent / "templates").glob("*.html"))
OURS = re.compile(
    r"\b(?:ledgers?|epochs?|folds?|folded|flush(?:es|ed)?|deltas?|parked)\b"
    r"|\btold so far\b|\btold anew\b|\btell everybody\b|\btelling (?:linkedin|everybody)\b|\bmembers?\b",
    re.IGNORECASE,
)
OTHERS = re.compile(r"\bsegments?\b|\bguestlist (?:[a-z]+)\b")  # capitals: the company, its labels, our name
FEWEST = 4  # words of a sentence
MEANT = (
    "import segment.analytics",
    "/hooks/segment",
    "guestlist worker",  # nothing on a page can start one
    "guestlist serve",
)


def ours(text: str) -> list[str]:
    for each in MEANT:
        text = text.replace(each, " ")
    return OURS.findall(text) + OTHERS.findall(text)


def said(template: str) -> Iterator[str]:
    """What a template says by itself: its text, labels, and sentences handed to macros."""
    template = re.sub(r"\{#.*?#\}", " ", template, flags=re.DOTALL)
    blocks = re.findall(r"\{[{%].*?[}%]\}", template, flags=re.DOTALL)
    for each in blocks:
        yield from (text for text in re.findall(r'"([^"]*)"', each) if " " in text or text[:1].isupper())
    template = re.sub(r"\{[{%].*?[}%]\}", "", template, flags=re.DOTALL)
    yield from re.findall(r'(?:aria-label|title|placeholder|alt)="([^"]*)"', template)
    yield re.sub(r"<[^>]*>", " ", template)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_templates_say_it_in_plain_words(template: Path) -> None:
    assert [ours(text) for text in said(template.read_text()) if ours(text)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_a_count_that_may_be_one_is_not_followed_by_many(template: Path) -> None:
    """Bounds that are always more than one aside."""
    said = re.findall(
        r"\{\{ ?([\w.]+)\|(?:number|length) ?\}\}(?:</\w+>)? (?:people|companies|[a-z]+s)\b", template.read_text()
    )
    assert set(said) <= {"most", "looked"}


@pytest.mark.parametrize("text", ["39 told so far", "Members", "run `guestlist sync`", "its ledger", "a segment"])
def test_what_is_ours_is_noticed(text: str) -> None:
    assert ours(text)


@pytest.mark.parametrize("text", [*pipeline._MEANS.values(), *pipeline.SAID.values()])
def test_why_an_event_went_no_further_is_said_in_plain_words(text: str) -> None:
    assert ours(text) == []


@pytest.mark.parametrize(
    "module", [accounts, reactions, delivery, runs, segments, sync, ledger], ids=lambda each: str(each.__name__)
)
def test_reasons_are_given_in_plain_words(module: ModuleType) -> None:
    assert [text for text in _sentences(module) if ours(plain(text)) or "ad_account" in text] == []


@pytest.mark.parametrize(
    "module",
    [
        activations,
        api_tokens,
        connection,
        notices,
        overview,
        runs,
        sync,
        users,
        write_keys,
        accounts,
        oauth,
        reactions,
        tokens,
    ],
    ids=lambda each: str(each.__name__),
)
def test_what_is_done_with_a_command_is_done_on_the_pages(module: ModuleType) -> None:
    """No remedy is left out."""
    assert [text for text in _sentences(module) if "`guestlist" in on_pages(text)] == []


PARTS: dict[tuple[str, str], Mapping[str, Any]] = {
    ("destinations", "acme"): {"ad_account": "1"},
    ("destinations", "other"): {"ad_account": "2"},
    ("audiences", "people"): {"members": "people", "source": {"file": "people.csv"}},
    ("audiences", "hot"): {"members": "people", "source": {"events": {"write_keys": ["engage"]}}},
    ("activations", "main"): {"audience": "people", "destination": "acme"},
    ("activations", "live"): {"audience": "hot", "destination": "acme", "mode": "stream", "audience_key": "k"},
    ("settings", "limits"): {"mappings_per_destination": 3},
}
OF_LIST, OF_EVENTS = PARTS["activations", "main"], PARTS["activations", "live"]


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ({**OF_LIST, "mode": "snapshot", "enabled": False}, "A snapshot is sent once and cannot be paused."),
        ({**OF_LIST, "mode": "remove_only"}, "Choose from which activation's LinkedIn audience it removes."),
        ({**OF_LIST, "segment_of": "main"}, "Only Remove only takes from another activation."),
        (
            {**OF_LIST, "mode": "remove_only", "segment_of": "new"},
            "Choose an activation that has a LinkedIn audience of its own.",
        ),
        ({**OF_LIST, "mode": "stream"}, "Stream needs an audience of events; a list is kept in step with Mirror."),
        ({**OF_LIST, "audience_key": "k"}, "This goes with an audience of events."),
        ({**OF_LIST, "max_removals": "many"}, None),
        ({**OF_LIST, "on_delete": "burn"}, "It must be keep or delete."),
        ({**OF_EVENTS, "audience_key": None}, "Type the key by which the events name this audience."),
        ({**OF_EVENTS, "audience_key": "$.a"}, None),
        (OF_EVENTS, "Activation live feeds acme with this key already."),
        (
            {**OF_EVENTS, "destination": "other", "action": "add"},
            "It must be as in activation live, which has the same key.",
        ),
    ],
    ids=str,
)
def test_what_the_configuration_refuses_is_said_beside_fields_in_plain_words(
    wanted: Mapping[str, Any], sentence: str | None
) -> None:
    said = _beside({("activations", "new"): wanted})
    assert sentence in (None, said)
    assert ours(said) + re.findall(r"[a-z]+_[a-z_]+|activations\.", said) == []


def test_the_limit_of_activations_is_said_in_plain_words() -> None:
    said = _beside({("activations", each): OF_LIST for each in ("third", "fourth")})
    assert said == (
        "At most 3 activations may feed one destination; this is number 4 of acme. Those that are paused do not count."
    )


def _beside(more: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    with pytest.raises(ConfigError) as refused:
        config.judged(config.Document(config.PAGES, {}, {}), {**PARTS, **more})
    return beside(refused.value)


def _sentences(module: ModuleType) -> Iterator[str]:
    """What a module says, but for what it says of itself and names of a few words."""
    tree = ast.parse(Path(str(module.__file__)).read_text())
    whole = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    own = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in whole | own:
            continue
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(each.value) if isinstance(each, ast.Constant) else "X" for each in node.values)
        else:
            text = str(node.value) if isinstance(node, ast.Constant) else ""
        if text.count(" ") >= FEWEST - 1:
            yield text


def test_every_page_says_it_in_plain_words(pages: Installed) -> None:
    """After a run, while removals wait, the destination waits too, and a draft was planned."""
    world, wait = pages.world, "Authorise again: `guestlist connect acme`"
    world.write(emails(*(f"p{n}" for n in range(40))))
    world.sync()
    world.write(emails("p1"))
    assert world.sync().state == "waiting"
    of_events(pages)
    browser = pages.signed_in()
    step(begun(browser, "people", "people"))
    step(browser, **{"name-0": "newsletter", "mode-0": "mirror", "when-0": "manual"})
    jobs.ask_check(pages.app, pages.configuration.current(), "acme")
    browser.get("/activations/main").submit("Plan")
    pages.work()
    pages.app.store.destinations.park("acme", "Refresh Token Expired", wait)
    (number,) = set(re.findall(r'action="/activate/(\d+)/discard"', browser.get("/activate").response.text))
    found: dict[str, list[str]] = {}
    for path in _paths(number):
        browser.get(path)
        if browser.status == 200 and "html" in browser.response.headers["content-type"]:
            found[path] = ours(_seen(browser.response.text))
    assert {path: words for path, words in found.items() if words} == {}
    assert len(found) > 40


def _paths(draft: str) -> Iterator[str]:
    names = {
        "destinations": ["acme"],
        "activations": ["main"],
        "audiences": ["people", "intent"],
        "jobs": ["1", "2", "3"],
    }
    for page in PAGES:
        if page.method != "GET" or page.path in ("/jobs/{number}/events", "/activations/{name}/live"):  # a stream
            continue
        known = names.get(page.path.split("/")[1], [draft])
        yield from {re.sub(r"\{place\}", "1", re.sub(r"\{(?!place)\w+\}", each, page.path)) for each in known}


def _seen(page: str) -> str:
    """Without what a change was before and after, which says the file's keys."""
    page = re.sub(r'<details class="more"><summary>(?:Before|As it).*?</details>', " ", page, flags=re.DOTALL)
    page = re.sub(r'data-chart="[^"]*"', " ", page)
    labels = re.findall(r'(?:aria-label|title|placeholder)="([^"]*)"', page)
    return html.unescape(" ".join([*labels, re.sub(r"<[^>]*>", " ", page)]))


@pytest.mark.parametrize(
    ("trigger", "sentence"),
    [
        ("properties.seats >= 3", "Events count whose property seats is greater than or equal to 3."),
        ('type = "track" and traits.plan != null', "Events count whose type is track and whose trait plan exists."),
        (
            {"all": [{"on": "context", "path": "app.name", "op": "is_true"}]},
            "Events count whose context app.name is true.",
        ),
        ('(event = "a" or event = "b") and type = "track"', ""),
        ("event = ", ""),
    ],
)
def test_a_trigger_is_said_in_plain_words_where_conditions_can(trigger: Any, sentence: str) -> None:
    assert triggers.in_words(trigger) == sentence
