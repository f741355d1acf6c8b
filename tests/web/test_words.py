"""Pages speak of people, companies and LinkedIn audiences: never in our own words, never of command lines."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from guestlist import web
from guestlist.app import jobs
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
MEANT = (
    "This segment currently has",  # DYN-02 says it so
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


@pytest.mark.parametrize("text", ["39 told so far", "Members", "run `guestlist sync`", "its ledger", "a segment"])
def test_what_is_ours_is_noticed(text: str) -> None:
    assert ours(text)


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
